/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * resolved - yes, no, and when silence says nothing.
 */
#include "inspect/resolved.h"

#include "process/told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../dns/texts.h"

enum { GRACE_MS = RESOLVED_GRACE_S * 1000 };

static const clock_ms start = UINT64_C(1795500000000);

static void learn(struct resolved *r, const char *client, const char *address, const char *name,
                  uint32_t ttl, clock_ms now)
{
    const struct address c = address_of(client), a = address_of(address);
    const struct name n = name == NULL ? (struct name){0} : name_of(name);
    resolved_learn(r, &c, &a, &n, ttl, now);
}

static enum resolved_by_us ask(struct resolved *r, const char *client, const char *address,
                               clock_ms now, struct name *name)
{
    const struct address c = address_of(client), a = address_of(address);
    bool by_dnsd;
    return resolved_ask(r, &c, &a, now, name, &by_dnsd);
}

static void expect_name(const struct name *name, const char *expected)
{
    char text[NAME_TEXT_SIZE];
    assert_string_equal(name_text(name, text), expected);
}

static void what_was_learned_counts_until_its_end(void **state)
{
    struct resolved *r = resolved_new(100);
    struct name name;
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, &name), RESOLVED_UNKNOWN);
    assert_int_equal(name.length, 0);
    learn(r, "10.0.0.1", "192.0.2.1", "www.example", 60, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, &name), RESOLVED_YES);
    expect_name(&name, "www.example");
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.2", start, &name), RESOLVED_NO);
    assert_int_equal(name.length, 0);
    assert_int_equal(ask(r, "10.0.0.2", "192.0.2.1", start, NULL), RESOLVED_UNKNOWN);

    clock_ms end = start + 60000 + GRACE_MS;
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", end, NULL), RESOLVED_YES);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", end + 1, NULL), RESOLVED_NO);
    learn(r, "10.0.0.1", "192.0.2.1", "www.example", 1, end + 1);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", end + 1, NULL), RESOLVED_YES);
    resolved_free(r);
    resolved_free(NULL);
    assert_null(resolved_new(0));
}

static void later_answers_make_it_longer_never_shorter(void **state)
{
    struct resolved *r = resolved_new(100);
    struct name name;
    learn(r, "10.0.0.1", "192.0.2.1", "www.example", 600, start);
    learn(r, "10.0.0.1", "192.0.2.1", "cdn.example", 1, start + 1000);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start + 600000 + GRACE_MS, &name),
                     RESOLVED_YES);
    expect_name(&name, "cdn.example");
    learn(r, "10.0.0.1", "192.0.2.1", NULL, 1200, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start + 1200000 + GRACE_MS, &name),
                     RESOLVED_YES);
    expect_name(&name, "cdn.example");
    learn(r, "10.0.0.1", "192.0.2.7", NULL, 1200, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.7", start, &name), RESOLVED_YES);
    assert_int_equal(name.length, 0);
    resolved_free(r);
}

static void ttls_have_a_limit(void **state)
{
    struct resolved *r = resolved_new(100);
    const clock_ms week = UINT64_C(7) * 86400000;
    learn(r, "10.0.0.1", "192.0.2.1", ".", 0x7fffffff, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start + week + GRACE_MS, NULL), RESOLVED_YES);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start + week + GRACE_MS + 1, NULL),
                     RESOLVED_NO);
    learn(r, "10.0.0.1", "192.0.2.2", ".", 0x80000000, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.2", start + GRACE_MS + 1, NULL), RESOLVED_NO);
    resolved_free(r);
}

static void long_names_keep_their_end(void **state)
{
    struct resolved *r = resolved_new(100);
    struct name name;
    learn(r, "10.0.0.1", "192.0.2.1",
          "a23456789012345678901234567890123456789012345678901234567890.b.c2345678901234567890.x",
          60, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, &name), RESOLVED_YES);
    expect_name(&name, "b.c2345678901234567890.x");
    resolved_free(r);
}

/* Full: the one silent longest goes, and of its client nothing is denied as long as it counted. */
static void full_is_not_no(void **state)
{
    struct resolved *r = resolved_new(4);
    learn(r, "10.0.0.1", "192.0.2.1", "one.example", 60, start);
    learn(r, "10.0.0.1", "192.0.2.2", "one.example", 60, start);
    learn(r, "10.0.0.2", "192.0.2.3", "one.example", 60, start);
    learn(r, "10.0.0.2", "192.0.2.4", "one.example", 60, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.9", start, NULL), RESOLVED_NO);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, NULL), RESOLVED_YES); /* it speaks */
    learn(r, "10.0.0.2", "192.0.2.5", "one.example", 60, start);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, NULL), RESOLVED_YES);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.2", start, NULL), RESOLVED_UNKNOWN);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.9", start, NULL), RESOLVED_UNKNOWN);
    assert_int_equal(ask(r, "10.0.0.2", "192.0.2.9", start, NULL), RESOLVED_NO);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.9", start + 60000 + GRACE_MS, NULL), RESOLVED_NO);
    resolved_free(r);
}

/* More clients than are remembered: a forgotten one is not known again. */
static void a_flood_of_clients_denies_nothing(void **state)
{
    struct resolved *r = resolved_new(64);
    char client[32];
    learn(r, "10.0.0.1", "192.0.2.1", "one.example", 60, start);
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(client, sizeof client, "10.9.%u.%u", i / 250, i % 250);
        learn(r, client, "192.0.2.1", "one.example", 60, start);
        assert_int_equal(ask(r, client, "192.0.2.1", start, NULL), RESOLVED_YES);
    }
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, NULL), RESOLVED_UNKNOWN);
    resolved_free(r);
}

/* Both ends of dnsd's table, and its file. */
struct table {
    struct told *writer, *reader;
    int fd;
};

static struct table make_table(size_t slots)
{
    char path[] = "/tmp/resolved-XXXXXX";
    struct table t;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(told_make(path, slots, &t.fd), STATUS_OK);
    assert_int_equal(told_open(t.fd, true, &t.writer), STATUS_OK);
    assert_int_equal(told_open(t.fd, false, &t.reader), STATUS_OK);
    unlink(path);
    return t;
}

static void free_table(struct table *t)
{
    told_close(t->writer);
    told_close(t->reader);
    close(t->fd);
}

static void tell(struct told *told, const char *client, const char *address, const char *name,
                 clock_ms until)
{
    const struct address c = address_of(client), a = address_of(address);
    const struct name n = name_of(name);
    told_write(told, &c, &a, &n, (uint32_t)(until / 1000));
}

static void what_dnsd_told_counts_too(void **state)
{
    struct resolved *r = resolved_new(100);
    struct table t = make_table(1024);
    struct name name;
    resolved_use(r, t.reader);
    tell(t.writer, "10.0.0.1", "192.0.2.1", "www.example", start + 60000);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.9", start, NULL), RESOLVED_UNKNOWN);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, &name), RESOLVED_YES);
    expect_name(&name, "www.example");
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.9", start, &name), RESOLVED_NO);
    assert_int_equal(name.length, 0);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start + 60000 + GRACE_MS, NULL), RESOLVED_YES);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start + 60001 + GRACE_MS, NULL), RESOLVED_NO);
    resolved_use(r, NULL);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, NULL), RESOLVED_NO);
    resolved_free(r);
    free_table(&t);
}

static void what_dnsd_forgot_is_not_denied(void **state)
{
    struct resolved *r = resolved_new(100);
    struct table t = make_table(4);
    char address[32];
    resolved_use(r, t.reader);
    learn(r, "10.0.0.1", "192.0.2.200", "www.example", 60, start);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(address, sizeof address, "192.0.2.%u", i);
        tell(t.writer, "10.0.0.1", address, "www.example", start + 60000 + 1000 * i);
    }
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.100", start, NULL), RESOLVED_NO);
    tell(t.writer, "10.0.0.1", "192.0.2.10", "www.example", start + 90000);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.0", start, NULL), RESOLVED_UNKNOWN);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.10", start, NULL), RESOLVED_YES);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.0", start + 61000 + GRACE_MS, NULL), RESOLVED_NO);
    resolved_free(r);
    free_table(&t);
}

/* Then silence says nothing, and nobody dies of it. */
static void what_cannot_be_read_is_not_denied(void **state)
{
    struct resolved *r = resolved_new(100);
    struct table t = make_table(1024);
    resolved_use(r, t.reader);
    tell(t.writer, "10.0.0.1", "192.0.2.1", "www.example", start + 60000);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, NULL), RESOLVED_YES);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.9", start, NULL), RESOLVED_NO);
    assert_int_equal(ftruncate(t.fd, 0), 0);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.1", start, NULL), RESOLVED_UNKNOWN);
    assert_int_equal(ask(r, "10.0.0.1", "192.0.2.9", start, NULL), RESOLVED_UNKNOWN);
    resolved_free(r);
    free_table(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learned_counts_until_its_end),
        cmocka_unit_test(later_answers_make_it_longer_never_shorter),
        cmocka_unit_test(ttls_have_a_limit),
        cmocka_unit_test(long_names_keep_their_end),
        cmocka_unit_test(full_is_not_no),
        cmocka_unit_test(a_flood_of_clients_denies_nothing),
        cmocka_unit_test(what_dnsd_told_counts_too),
        cmocka_unit_test(what_dnsd_forgot_is_not_denied),
        cmocka_unit_test(what_cannot_be_read_is_not_denied),
    };
    return cmocka_run_group_tests_name("inspect/resolved", tests, NULL, NULL);
}
