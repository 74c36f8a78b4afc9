/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tell - who was given an address is in the table, who was not is not.
 */
#include "world.h"

#include "process/told.h"
#include "serve/reply.h"

static const char staff[] = "10.1.0.5";

struct place {
    struct world w;
    struct told *writer, *reader;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    char path[] = "/tmp/tell-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(told_make(path, 1024, &fd), STATUS_OK);
    assert_int_equal(told_open(fd, true, &p->writer), STATUS_OK);
    assert_int_equal(told_open(fd, false, &p->reader), STATUS_OK);
    close(fd);
    unlink(path);
    world_config(&p->w.config);
    world_start(&p->w);
    server_set_told(p->w.server, p->writer);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    world_stop(&p->w);
    told_close(p->writer);
    told_close(p->reader);
    free(p);
    return 0;
}

static bool is_told(const struct place *p, const char *client, const char *address,
                    struct name *name, uint32_t *until)
{
    const struct address c = address_of(client), a = address_of(address);
    return told_read(p->reader, &c, &a, name, until);
}

static void expect_told(const struct place *p, const char *client, const char *address,
                        const char *expected, uint64_t seconds)
{
    char text[NAME_TEXT_SIZE];
    struct name name;
    uint32_t until;
    if (!is_told(p, client, address, &name, &until))
        fail_msg("%s was not told %s", client, address);
    assert_string_equal(name_text(&name, text), expected);
    assert_int_equal(until, p->w.when.wall / 1000000 + seconds);
}

static void expect_not_told(const struct place *p, const char *client, const char *address)
{
    uint32_t until;
    if (is_told(p, client, address, NULL, &until))
        fail_msg("%s was told %s", client, address);
}

static void fresh_and_cached(void **state)
{
    struct place *p = *state;
    world_resolve(&p->w, staff, "WWW.plain.example", TYPE_A, 0,
                  LINES("www.plain.example. 60 IN CNAME cdn.example.",
                        "cdn.example. 300 IN A 192.0.2.1", "cdn.example. 300 IN A 192.0.2.2"));
    expect_told(p, staff, "192.0.2.1", "www.plain.example", 300);
    expect_told(p, staff, "192.0.2.2", "www.plain.example", 300);
    expect_not_told(p, "10.1.0.6", "192.0.2.1");

    world_wait(&p->w, 40000);
    assert_int_equal(world_query(&p->w, "10.1.0.6", "www.plain.example", TYPE_A, 0), FATE_ANSWERED);
    expect_told(p, "10.1.0.6", "192.0.2.1", "www.plain.example", 260);
    assert_int_equal(world_query(&p->w, staff, "www.plain.example", TYPE_A, ASK_TCP),
                     FATE_ANSWERED);
    expect_told(p, staff, "192.0.2.1", "www.plain.example", 260);
    /* Of no group: nothing is filtered for them, and yet they are told. */
    assert_int_equal(world_query(&p->w, "10.9.0.1", "www.plain.example", TYPE_A, 0), FATE_ANSWERED);
    expect_told(p, "10.9.0.1", "192.0.2.1", "www.plain.example", 260);
}

static void ipv6_and_hints(void **state)
{
    struct place *p = *state;
    world_resolve(&p->w, staff, "six.example", TYPE_AAAA, 0,
                  LINES("six.example. 300 IN AAAA 2001:db8::9"));
    expect_told(p, staff, "2001:db8::9", "six.example", 300);
    world_resolve(&p->w, staff, "svc.example", TYPE_HTTPS, 0,
                  LINES("svc.example. 300 IN HTTPS 1 . ipv4hint=192.0.2.8 ipv6hint=2001:db8::8"));
    expect_told(p, staff, "192.0.2.8", "svc.example", 300);
    expect_told(p, staff, "2001:db8::8", "svc.example", 300);
}

static void what_was_not_given(void **state)
{
    struct place *p = *state;
    /* Blocked by its name, by its address, and after it was cached. */
    assert_int_equal(world_query(&p->w, staff, "sink.example", TYPE_A, 0), FATE_ANSWERED);
    expect_not_told(p, staff, "192.0.2.1");
    world_resolve(&p->w, staff, "hidden.example", TYPE_A, 0,
                  LINES("hidden.example. 300 IN A 203.0.113.5"));
    assert_int_equal(world_rcode(&p->w), RCODE_NXDOMAIN);
    assert_int_equal(world_query(&p->w, staff, "hidden.example", TYPE_A, 0), FATE_ANSWERED);
    expect_not_told(p, staff, "203.0.113.5");
    /* Who only observes gets it, and both the event and the entry are there. */
    unsigned before = p->w.recorded;
    assert_int_equal(world_query(&p->w, "10.2.0.1", "hidden.example", TYPE_A, 0), FATE_ANSWERED);
    assert_int_equal(p->w.recorded, before + 1);
    expect_told(p, "10.2.0.1", "203.0.113.5", "hidden.example", 300);
    /* Nothing, and an address that stands elsewhere. */
    world_resolve(&p->w, staff, "none.example", TYPE_A, 0,
                  LINES("--", "none.example. 300 IN SOA ns. h. 1 2 3 4 300", "--",
                        "ns.none.example. 300 IN A 192.0.2.99"));
    expect_not_told(p, staff, "192.0.2.99");
}

/* Blocked for a name in the chain: where that leads is known, under the name that is to blame. */
static void what_a_blocked_chain_leads_to(void **state)
{
    struct place *p = *state;
    world_resolve(
        &p->w, staff, "cloak.example", TYPE_A, 0,
        LINES("cloak.example. 300 IN CNAME x.nx.example.", "x.nx.example. 300 IN A 192.0.2.70"));
    assert_int_equal(world_rcode(&p->w), RCODE_NXDOMAIN);
    expect_told(p, staff, "192.0.2.70", "x.nx.example", 300);
    expect_not_told(p, "10.1.0.6", "192.0.2.70");
    world_resolve(
        &p->w, staff, "silent.example", TYPE_A, 0,
        LINES("silent.example. 300 IN CNAME drop.example.", "drop.example. 300 IN A 192.0.2.71"));
    expect_told(p, staff, "192.0.2.71", "drop.example", 300);
    /* By TCP the answer passes, and is one as others are. */
    world_resolve(
        &p->w, staff, "again.example", TYPE_A, ASK_TCP,
        LINES("again.example. 300 IN CNAME tcp.example.", "tcp.example. 300 IN A 192.0.2.72"));
    expect_told(p, staff, "192.0.2.72", "again.example", 300);
    server_set_told(p->w.server, NULL);
    assert_int_equal(world_query(&p->w, "10.1.0.7", "cloak.example", TYPE_A, 0), FATE_ANSWERED);
    expect_not_told(p, "10.1.0.7", "192.0.2.70");
}

/* An answer that did not fit was none. */
static void cut_answers(void **state)
{
    struct place *p = *state;
    const char *lines[101] = {0};
    char texts[100][64];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(texts[i], sizeof texts[i], "big.example. 300 IN A 192.0.2.%u", i + 1);
        lines[i] = texts[i];
    }
    world_resolve(&p->w, staff, "big.example", TYPE_A, 0, lines);
    assert_true(p->w.reply.flags & FLAG_TC);
    for (unsigned i = 0; i < 100; i++)
        expect_not_told(p, staff, strrchr(texts[i], ' ') + 1);
    assert_int_equal(world_query(&p->w, staff, "big.example", TYPE_A, ASK_TCP), FATE_ANSWERED);
    unsigned told = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint32_t until;
        told += is_told(p, staff, strrchr(texts[i], ' ') + 1, NULL, &until);
    }
    assert_int_equal(told, TELL_MOST);
}

static void stale_answers_hold_for_their_ttl(void **state)
{
    struct place *p = *state;
    p->w.config.dnsd.stale_after_ms = 0;
    world_resolve(&p->w, staff, "old.example", TYPE_A, 0, LINES("old.example. 60 IN A 192.0.2.1"));
    world_wait(&p->w, 600000);
    assert_int_equal(world_query(&p->w, staff, "old.example", TYPE_A, 0), FATE_ANSWERED);
    assert_int_equal(p->w.reply.edns.ede, EDE_STALE_ANSWER);
    expect_told(p, staff, "192.0.2.1", "old.example", 30);
}

static void redirected_answers_tell_what_stands_there(void **state)
{
    struct place *p = *state;
    world_resolve(&p->w, staff, "moved.example", TYPE_A, 0,
                  LINES("garden.example. 300 IN A 192.0.2.44"));
    expect_told(p, staff, "192.0.2.44", "moved.example", 300);
    assert_int_equal(p->w.recorded, 1); /* and the event is still written */
}

static void without_a_table(void **state)
{
    struct place *p = *state;
    server_set_told(p->w.server, NULL);
    world_resolve(&p->w, staff, "www.example", TYPE_A, 0, LINES("www.example. 60 IN A 192.0.2.1"));
    assert_int_equal(world_query(&p->w, staff, "www.example", TYPE_A, 0), FATE_ANSWERED);
    expect_not_told(p, staff, "192.0.2.1");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fresh_and_cached),
        TEST(ipv6_and_hints),
        TEST(what_was_not_given),
        TEST(what_a_blocked_chain_leads_to),
        TEST(cut_answers),
        TEST(stale_answers_hold_for_their_ttl),
        TEST(redirected_answers_tell_what_stands_there),
        TEST(without_a_table),
    };
    return cmocka_run_group_tests_name("serve/tell", tests, NULL, NULL);
}
