/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_roots - where recursion begins.
 */
#include "resolve/roots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void read_line(struct roots *roots, const char *text)
{
    char line[256];
    snprintf(line, sizeof line, "%s", text);
    roots_read_line(roots, line);
}

static const char *text_of(const struct endpoint *server)
{
    static char text[ENDPOINT_TEXT_SIZE];
    return endpoint_text(&server->address, server->port, text);
}

static void test_addresses_are_found_in_any_column(void **state)
{
    struct roots roots = {0};
    read_line(&roots, "; 192.0.2.9 in a comment\n");
    read_line(&roots, ".  3600000  NS  A.ROOT-SERVERS.NET.\r\n");
    read_line(&roots, "");
    assert_int_equal(roots.count, 0);
    read_line(&roots, "A.ROOT-SERVERS.NET.\t3600000\tIN\tA\t192.0.2.1\r\n");
    read_line(&roots, "A.ROOT-SERVERS.NET. AAAA 2001:db8::1 ; 192.0.2.9");
    read_line(&roots, "   192.0.2.2   ");
    assert_int_equal(roots.count, 3);
    assert_string_equal(text_of(&roots.servers[0]), "192.0.2.1@53");
    assert_string_equal(text_of(&roots.servers[1]), "2001:db8::1@53");
    assert_string_equal(text_of(&roots.servers[2]), "192.0.2.2@53");
}

static void test_the_limit_holds(void **state)
{
    struct roots roots = {0};
    for (int i = 0; i < ROOTS_MOST + 10; i++)
        read_line(&roots, "192.0.2.1 192.0.2.2");
    assert_int_equal(roots.count, ROOTS_MOST);
}

static void test_the_configuration_goes_first(void **state)
{
    static struct config config;
    struct roots roots;
    assert_int_equal(roots_find(&config, &roots), STATUS_OK);
    assert_int_equal(roots.count, 8); /* by heart */
    for (unsigned i = 0; i < roots.count; i++)
        assert_int_equal(roots.servers[i].port, 53);

    snprintf(config.dnsd.root_hints, sizeof config.dnsd.root_hints, "/nonexistent/hints");
    assert_int_equal(roots_find(&config, &roots), STATUS_NOT_FOUND);

    config.dnsd.recurse_via_count = 1;
    config.dnsd.recurse_via[0].port = 5353;
    assert_int_equal(roots_find(&config, &roots), STATUS_OK);
    assert_int_equal(roots.count, 1);
    assert_int_equal(roots.servers[0].port, 5353);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_found_in_any_column),
        cmocka_unit_test(test_the_limit_holds),
        cmocka_unit_test(test_the_configuration_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
