/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What elements.h promises, asked of nft: keys as the sets have them, times that begin anew, what
 * is not there taken out without failure, one bad element that costs no other. As root, in a
 * network of its own. With --measure it says what an element costs beside 100,000 static ones.
 */
#include "firewall/elements.h"

#include "firewall/table.h"
#include "wire/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include "../base/texts.h"
#include "apart.h"

#define SETS(family, address)                                                                      \
    "  set flow" family " {\n    type " address " . inet_service . " address                       \
    " . inet_service . inet_proto\n    flags timeout\n    counter\n  }\n"                          \
    "  set pair" family " {\n    type " address " . " address                                      \
    " . inet_proto . inet_service\n    flags timeout\n    counter\n  }\n"                          \
    "  set destination" family " {\n    type " address                                             \
    "\n    size 300\n    flags timeout\n    counter\n  }\n"

static const char table[] =
    "table inet ponor\ndelete table inet ponor\n"
    "table inet ponor {\n" SETS("4", "ipv4_addr") SETS("6", "ipv6_addr") "}\n";

static struct elements *elements;

static struct stop stop_of(enum hold hold, const char *client, const char *server)
{
    return (struct stop){.client = address_of(client),
                         .server = address_of(server),
                         .client_port = 40000,
                         .server_port = 443,
                         .transport = IP_TCP,
                         .hold = (uint8_t)hold};
}

static const char *list(const char *set)
{
    static char out[65536];
    const char *const arguments[] = {"nft", "-n", "list", "set", "inet", "ponor", set, NULL};
    assert_int_equal(run_nft(arguments, NULL, out, sizeof out), 0);
    return out;
}

static unsigned count_in(const char *set)
{
    unsigned count = 0;
    for (const char *at = list(set); (at = strstr(at, "expires")) != NULL; at++)
        count++;
    return count;
}

/* Of the first element, in seconds. */
static unsigned long number_of(const char *set, const char *what)
{
    const char *at = strstr(list(set), what);
    assert_non_null(at);
    return strtoul(at + strlen(what), NULL, 10);
}

static int begin(void **state)
{
    if (!is_apart)
        return 0;
    load(table);
    return elements_open(&elements) == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    elements_close(elements);
    elements = NULL;
    return 0;
}

static void keys_are_as_the_sets_have_them(void **state)
{
    const struct {
        enum hold hold;
        const char *client, *server, *set, *text;
    } cases[] = {
        {HOLD_FLOW, "10.1.2.3", "192.0.2.1", "flow4", "10.1.2.3 . 40000 . 192.0.2.1 . 443 . 6"},
        {HOLD_PAIR, "10.1.2.3", "192.0.2.1", "pair4", "10.1.2.3 . 192.0.2.1 . 6 . 443"},
        {HOLD_DESTINATION, "10.1.2.3", "192.0.2.1", "destination4", "192.0.2.1"},
        {HOLD_FLOW, "2001:db8::1", "2001:db8::2", "flow6",
         "2001:db8::1 . 40000 . 2001:db8::2 . 443 . 6"},
        {HOLD_PAIR, "2001:db8::1", "2001:db8::2", "pair6", "2001:db8::1 . 2001:db8::2 . 6 . 443"},
        {HOLD_DESTINATION, "2001:db8::1", "2001:db8::2", "destination6", "2001:db8::2"},
    };

    MUST_BE_APART();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct stop stop = stop_of(cases[i].hold, cases[i].client, cases[i].server);
        elements_add(elements, &stop, 300);
    }
    assert_int_equal(elements_send(elements), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = list(cases[i].set);
        if (strstr(text, cases[i].text) == NULL)
            fail_msg("no %s in %s", cases[i].text, text);
        assert_non_null(strstr(text, "counter packets 0"));
        assert_int_equal(number_of(cases[i].set, " timeout "), 300);
        assert_in_range(number_of(cases[i].set, " expires "), 200, 300);
    }
}

static void the_time_begins_anew(void **state)
{
    const struct stop stop = stop_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1");

    MUST_BE_APART();
    elements_add(elements, &stop, 100);
    assert_int_equal(elements_send(elements), STATUS_OK);
    elements_add(elements, &stop, 7200);
    assert_int_equal(elements_send(elements), STATUS_OK);
    assert_int_equal(count_in("flow4"), 1);
    assert_int_equal(number_of("flow4", " timeout "), 7200);
    assert_in_range(number_of("flow4", " expires "), 7100, 7200);
    elements_add(elements, &stop, 90); /* and shorter, as often as one likes in one batch */
    elements_add(elements, &stop, 80);
    assert_int_equal(elements_send(elements), STATUS_OK);
    assert_int_equal(number_of("flow4", " timeout "), 80);
    assert_in_range(number_of("flow4", " expires "), 1, 80);
}

static void the_order_of_a_batch_holds(void **state)
{
    const struct stop a = stop_of(HOLD_PAIR, "10.0.0.1", "192.0.2.1"),
                      b = stop_of(HOLD_PAIR, "10.0.0.2", "192.0.2.1");

    MUST_BE_APART();
    elements_add(elements, &a, 60);
    elements_remove(elements, &a);
    elements_remove(elements, &b);
    elements_add(elements, &b, 60);
    assert_int_equal(elements_send(elements), STATUS_OK);
    assert_int_equal(count_in("pair4"), 1);
    assert_non_null(strstr(list("pair4"), "10.0.0.2 . 192.0.2.1"));
}

static void what_is_not_there_goes_without_failure(void **state)
{
    const struct stop a = stop_of(HOLD_DESTINATION, "2001:db8::1", "2001:db8::2"),
                      b = stop_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1");

    MUST_BE_APART();
    elements_remove(elements, &a);
    assert_int_equal(elements_send(elements), STATUS_OK);
    elements_add(elements, &b, 60);
    elements_remove(elements, &a);
    assert_int_equal(elements_send(elements), STATUS_OK);
    assert_int_equal(count_in("flow4"), 1);
    elements_remove(elements, &b);
    assert_int_equal(elements_send(elements), STATUS_OK);
    assert_int_equal(count_in("flow4"), 0);
    assert_int_equal(elements_send(elements), STATUS_OK); /* nothing */
}

static void more_than_a_batch_holds(void **state)
{
    struct stop stop = stop_of(HOLD_FLOW, "2001:db8::1", "2001:db8::2");

    MUST_BE_APART();
    for (unsigned i = 0; i < 600; i++) {
        stop.client_port = (uint16_t)(1000 + i);
        elements_add(elements, &stop, 60);
    }
    assert_int_equal(elements_send(elements), STATUS_OK);
    assert_int_equal(count_in("flow6"), 600);
}

/* The set of destinations has room for 300. */
static void a_full_set_costs_no_other(void **state)
{
    struct stop stop = stop_of(HOLD_DESTINATION, "10.0.0.1", "192.0.2.1");
    const struct stop other = stop_of(HOLD_PAIR, "10.0.0.1", "192.0.2.1");

    MUST_BE_APART();
    for (unsigned i = 0; i < 350; i++) {
        stop.server.bytes[14] = (uint8_t)(i >> 8);
        stop.server.bytes[15] = (uint8_t)i;
        elements_add(elements, &stop, 60);
    }
    elements_add(elements, &other, 60);
    assert_int_equal(elements_send(elements), STATUS_SYSTEM);
    assert_int_equal(errno, ENFILE);
    assert_int_equal(count_in("destination4"), 300);
    assert_int_equal(count_in("pair4"), 1);
    elements_add(elements, &other, 60);
    assert_int_equal(elements_send(elements), STATUS_OK); /* all of that is over */
}

static void without_a_table_there_is_none(void **state)
{
    const struct stop stop = stop_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1");

    MUST_BE_APART();
    load("delete table inet ponor\n");
    for (unsigned i = 0; i < 3; i++)
        elements_add(elements, &stop, 60);
    assert_int_equal(elements_send(elements), STATUS_NOT_FOUND);
    elements_remove(elements, &stop);
    assert_int_equal(elements_send(elements), STATUS_NOT_FOUND);
    load(table);
    elements_add(elements, &stop, 60);
    assert_int_equal(elements_send(elements), STATUS_OK);
}

static void what_is_no_element_is_none(void **state)
{
    struct stop stop = stop_of(HOLD_FLOW, "10.0.0.1", "2001:db8::1");

    MUST_BE_APART();
    elements_add(elements, &stop, 60);
    stop.hold = HOLD_COUNT;
    elements_add(elements, &stop, 60);
    assert_int_equal(elements_send(elements), STATUS_OK);
    assert_int_equal(count_in("flow6"), 0);
    assert_int_equal(count_in("flow4"), 0);
}

static void without_the_capability_errno_tells(void **state)
{
    const struct stop stop = stop_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1");
    int code;

    MUST_BE_APART();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setuid(65534) != 0 || elements_open(&elements) != STATUS_OK)
            _exit(1);
        elements_add(elements, &stop, 60);
        _exit(elements_send(elements) == STATUS_SYSTEM && errno == EPERM ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
}

static double us_for(unsigned count, unsigned batch, bool is_new)
{
    struct stop stop = stop_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1");
    const uint64_t began = clock_ns();

    if (is_new)
        stop.server_port = (uint16_t)batch;
    for (unsigned i = 0; i < count; i++) {
        stop.client.bytes[14] = (uint8_t)(i >> 8);
        stop.client.bytes[15] = (uint8_t)i;
        elements_add(elements, &stop, 300);
        if ((i + 1) % batch == 0)
            assert_int_equal(elements_send(elements), STATUS_OK);
    }
    assert_int_equal(elements_send(elements), STATUS_OK);
    return (double)(clock_ns() - began) / 1000 / count;
}

static void measure(void **state)
{
    enum { STATIC = 100000, COUNT = 10000 };
    char *script;
    size_t size;

    MUST_BE_APART();
    FILE *file = open_memstream(&script, &size);
    assert_non_null(file);
    fprintf(file, "table inet ponor {\n  set static4 {\n    type ipv4_addr\n    flags interval\n"
                  "    elements = {");
    for (unsigned i = 0; i < STATIC; i++)
        fprintf(file, "%s %u.%u.%u.%u/31", i == 0 ? "" : ",", 11 + (i >> 14), i >> 6 & 255,
                (i & 63) << 2, 0u);
    fprintf(file, " }\n  }\n}\n");
    assert_int_equal(fclose(file), 0);
    load(script);
    free(script);
    printf("# new, single: %.1f us\n", us_for(COUNT, 1, true));
    printf("# new, batches of 100: %.1f us each\n", us_for(COUNT, 100, true));
    printf("# again, single: %.1f us\n", us_for(COUNT, 1, true));
    printf("# again, batches of 100: %.1f us each\n", us_for(COUNT, 100, true));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_as_the_sets_have_them, begin, end),
        cmocka_unit_test_setup_teardown(the_time_begins_anew, begin, end),
        cmocka_unit_test_setup_teardown(the_order_of_a_batch_holds, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_there_goes_without_failure, begin, end),
        cmocka_unit_test_setup_teardown(more_than_a_batch_holds, begin, end),
        cmocka_unit_test_setup_teardown(a_full_set_costs_no_other, begin, end),
        cmocka_unit_test_setup_teardown(without_a_table_there_is_none, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_element_is_none, begin, end),
        cmocka_unit_test_setup_teardown(without_the_capability_errno_tells, begin, end),
    };
    const struct CMUnitTest only[] = {cmocka_unit_test_setup_teardown(measure, begin, end)};

    go_apart();
    if (argc > 1 && strcmp(argv[1], "--measure") == 0)
        return cmocka_run_group_tests(only, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
