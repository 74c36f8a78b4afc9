/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scrub - what is kept of an answer, what is taken out, and how long it lives.
 */
#include "world.h"

#include "serve/scrub.h"

static const char nobody[] = "10.9.0.1"; /* of no group: nothing but scrub acts */

static void only_what_answers_is_kept_in_order(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0,
                  LINES("b.example 60 IN A 192.0.2.5", "evil.example 60 IN A 192.0.2.66",
                        "a.example 60 IN CNAME b.example", "www.example 60 IN CNAME a.example",
                        "b.example 60 IN TXT x", "--", "example 60 IN NS ns.example", "--",
                        "ns.example 60 IN A 192.0.2.53"));
    world_expect(w, RCODE_NOERROR, 3, EDE_NONE);
    struct name last = name_of("b.example");
    struct record record = world_at(w, SECTION_ANSWER, 2);
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).type, TYPE_CNAME);
    assert_int_equal(world_at(w, SECTION_ANSWER, 1).type, TYPE_CNAME);
    assert_true(name_equal(&record.owner, &last));
    assert_int_equal(w->reply.counts[SECTION_AUTHORITY], 0);
    assert_int_equal(w->reply.counts[SECTION_ADDITIONAL], 1); /* the OPT */
}

static void names_in_data_survive(void **state)
{
    static const struct {
        uint16_t type;
        const char *line;
    } rows[] = {
        {TYPE_MX, "www.example 60 IN MX 10 mail.www.example."},
        {TYPE_NS, "www.example 60 IN NS ns.www.example."},
        {TYPE_SOA, "www.example 60 IN SOA a.www.example. b.example. 1 2 3 4 5"},
        {TYPE_SRV, "www.example 60 IN SRV 1 2 443 www.example."},
        {TYPE_NAPTR, "www.example 60 IN NAPTR 1 2 \"u\" \"E2U+sip\" \"\" www.example."},
        {TYPE_TXT, "www.example 60 IN TXT \"one\" \"two\""},
        {TYPE_PTR, "www.example 60 IN PTR other."},
        {TYPE_TLSA, "www.example 60 IN TLSA 3 1 1 abcdef"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text_record want;
        assert_int_equal(text_record_parse(rows[i].line, &want), STATUS_OK);
        world_resolve(w, nobody, "www.example", rows[i].type, 0, LINES(rows[i].line));
        world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
        struct record got = world_at(w, SECTION_ANSWER, 0);
        uint8_t data[4096];
        struct writer out = writer_over(data, sizeof data);
        scrub_write_data(&out, w->reply.bytes, &got, NULL);
        assert_int_equal(writer_length(&out), want.length);
        assert_memory_equal(data, want.data, want.length);
    }
}

static void chain_is_compressed_and_readable(void **state)
{
    struct world *w = *state;
    world_resolve(
        w, nobody, "www.long-name-of-a-customer.example", TYPE_A, 0,
        LINES("www.long-name-of-a-customer.example 60 IN CNAME x.edge-of-the-network.example",
              "x.edge-of-the-network.example 60 IN CNAME y.edge-of-the-network.example",
              "y.edge-of-the-network.example 60 IN A 192.0.2.1",
              "y.edge-of-the-network.example 60 IN A 192.0.2.2"));
    world_expect(w, RCODE_NOERROR, 4, EDE_NONE);
    struct name y = name_of("y.edge-of-the-network.example");
    for (unsigned i = 2; i < 4; i++) {
        struct record record = world_at(w, SECTION_ANSWER, i);
        assert_true(name_equal(&record.owner, &y));
    }
    /* header, question, two CNAMEs, two addresses of 16 bytes, OPT */
    assert_int_equal(w->length, 12 + 41 + (12 + 24) + (12 + 4) + 2 * 16 + 11);
}

static void loops_and_endless_chains_fail(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "a.example", TYPE_A, 0,
                  LINES("a.example 60 IN CNAME b.example", "b.example 60 IN CNAME a.example"));
    world_expect(w, RCODE_SERVFAIL, 0, EDE_INVALID_DATA);
}

static void a_chain_of_twelve_is_too_long(void **state)
{
    struct world *w = *state;
    char lines[13][64];
    const char *pointers[14] = {0};
    for (unsigned links = 11; links <= 12; links++) {
        for (unsigned i = 0; i < links; i++)
            snprintf(lines[i], sizeof lines[i], "n%u-%u.example 60 IN CNAME n%u-%u.example", links,
                     i, links, i + 1);
        snprintf(lines[links], sizeof lines[links], "n%u-%u.example 60 IN A 192.0.2.1", links,
                 links);
        for (unsigned i = 0; i <= links; i++)
            pointers[i] = lines[i];
        world_resolve(w, nobody, links == 11 ? "n11-0.example" : "n12-0.example", TYPE_A, 0,
                      pointers);
        if (links == 11)
            world_expect(w, RCODE_NOERROR, 12, EDE_NONE);
        else
            world_expect(w, RCODE_SERVFAIL, 0, EDE_INVALID_DATA);
    }
}

static void dname_stays_beside_its_cname(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "a.old.example", TYPE_A, 0,
                  LINES("a.old.example 60 IN CNAME a.new.example",
                        "a.new.example 60 IN A 192.0.2.5", "old.example 60 IN DNAME new.example"));
    world_expect(w, RCODE_NOERROR, 3, EDE_NONE);
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).type, TYPE_DNAME);
    world_resolve(w, nobody, "b.old.example", TYPE_A, 0,
                  LINES("YXDOMAIN", "old.example 60 IN DNAME new.example"));
    world_expect(w, RCODE_YXDOMAIN, 1, EDE_NONE);
}

/* 64 kB of addresses behind a chain: kept whole, for those who ask by TCP. */
static void the_largest_answer(void **state)
{
    static uint8_t bytes[MESSAGE_MOST];
    struct world *w = *state;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_TCP), FATE_WAITING);
    size_t length =
        world_message(&w->asks[0], LINES("www.example 60 IN CNAME www.example.net"), bytes);
    uint16_t count = 1, owner = (uint16_t)(0xc000 | (length - 17));
    struct writer out = writer_over(bytes, sizeof bytes - 11);
    out.at += length;
    for (; writer_room(&out) >= 16; count++) {
        write_u16(&out, owner);
        write_u32(&out, TYPE_A << 16 | CLASS_IN);
        write_u32(&out, 60);
        write_u16(&out, 4);
        write_u32(&out, 0xc6120000 + count);
    }
    store_u16(bytes + 6, count);
    struct message_answer answer = {.id = w->asks[0].id,
                                    .outcome = OUTCOME_ANSWER,
                                    .length = (uint16_t)writer_length(&out),
                                    .ede = EDE_NONE};
    server_answer(w->server, &answer, writer_span(&out), w->when);
    world_expect(w, RCODE_NOERROR, count, EDE_NONE);
    assert_true(count > 4000);
}

static void answers_to_other_questions_fail(void **state)
{
    struct world *w = *state;
    uint8_t bytes[512];
    assert_int_equal(world_query(w, nobody, "a.example", TYPE_A, 0), FATE_WAITING);
    struct message_ask other = w->asks[0];
    other.name = name_of("b.example");
    size_t length = world_message(&other, LINES("a.example 60 IN A 192.0.2.1"), bytes);
    struct message_answer answer = {.id = w->asks[0].id,
                                    .outcome = OUTCOME_ANSWER,
                                    .length = (uint16_t)length,
                                    .ede = EDE_NONE};
    server_answer(w->server, &answer, span_of(bytes, length), w->when);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_INVALID_DATA);

    assert_int_equal(world_query(w, nobody, "c.example", TYPE_A, 0), FATE_WAITING);
    answer.id = w->asks[1].id; /* and bytes that are no message */
    server_answer(w->server, &answer, span_of("\xff\xff\xff", 3), w->when);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_INVALID_DATA);
}

static void broken_bytes_never_hurt(void **state)
{
    struct world *w = *state;
    static uint8_t bytes[MESSAGE_MOST], broken[MESSAGE_MOST];
    srandom(1);
    for (unsigned i = 0; i < 3000; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%u.example", i);
        assert_int_equal(world_query(w, i % 2 ? nobody : "10.1.0.5", name,
                                     i % 3 ? TYPE_A : TYPE_HTTPS, i % 5 ? 0 : ASK_DO),
                         FATE_WAITING);
        const struct message_ask *ask = &w->asks[(w->asked - 1) % LATE_MOST];
        char cname[80], rest[80];
        snprintf(cname, sizeof cname, "%s 60 IN CNAME t%u.example", name, i);
        snprintf(rest, sizeof rest,
                 i % 3 ? "t%u.example 60 IN A 192.0.2.1"
                       : "t%u.example 60 IN HTTPS 1 . ech=AAAA ipv4hint=192.0.2.1",
                 i);
        size_t length =
            world_message(ask, LINES(cname, rest, "--", "example 9 IN SOA a. b. 1 2 3 4 5"), bytes);
        memcpy(broken, bytes, length);
        for (long n = random() % 4; n > 0; n--)
            broken[12 + (size_t)random() % (length - 12)] = (uint8_t)random();
        if (random() % 4 == 0)
            length = (size_t)random() % length;
        struct message_answer answer = {
            .id = ask->id, .outcome = OUTCOME_ANSWER, .ede = EDE_NONE, .length = (uint16_t)length};
        unsigned late = w->late;
        server_answer(w->server, &answer, span_of(broken, length), w->when);
        assert_int_equal(w->late,
                         late + 1); /* read by world_reply(): whatever it is, it is sound */
    }
}

static void dnssec_records_only_when_asked_for(void **state)
{
    static const char sig[] =
        "www.example 60 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 example. AAAA";
    struct world *w = *state;
    const char *const *lines = LINES("www.example 60 IN A 192.0.2.1", sig, "--",
                                     "a.example 60 IN NSEC b.example. A RRSIG");
    world_resolve(w, nobody, "www.example", TYPE_A, 0, lines);
    assert_false(w->asks[0].want_dnssec);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    assert_int_equal(w->reply.counts[SECTION_AUTHORITY], 0);
    world_resolve(w, nobody, "www.example", TYPE_A, ASK_DO, lines);
    assert_true(w->asks[1].want_dnssec);
    world_expect(w, RCODE_NOERROR, 2, EDE_NONE);
    assert_int_equal(world_at(w, SECTION_ANSWER, 1).type, TYPE_RRSIG);
    assert_true(world_has(w, SECTION_AUTHORITY, TYPE_NSEC));
    world_resolve(w, nobody, "www.example", TYPE_RRSIG, 0, LINES(sig));
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
}

static void negative_answers_live_by_their_soa(void **state)
{
    static const struct {
        const char *soa;
        uint32_t ttl; /* 0: not cached */
    } rows[] = {
        {"example 900 IN SOA a. b. 1 2 3 4 300", 300},
        {"example 120 IN SOA a. b. 1 2 3 4 300", 120},
        {"example 99999 IN SOA a. b. 1 2 3 4 99999", 3600},
        {"example 0 IN SOA a. b. 1 2 3 4 300", 0},
        {"elsewhere 900 IN SOA a. b. 1 2 3 4 300", 0},
    };
    struct world *w = *state;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        char name[32];
        snprintf(name, sizeof name, "n%u.example", i);
        world_resolve(w, nobody, name, TYPE_A, 0, LINES("NXDOMAIN", "--", rows[i].soa));
        world_expect(w, RCODE_NXDOMAIN, 0, EDE_NONE);
        assert_int_equal(w->reply.counts[SECTION_AUTHORITY], i < 4);
        enum fate fate = world_query(w, nobody, name, TYPE_A, 0);
        assert_int_equal(fate, rows[i].ttl > 0 ? FATE_ANSWERED : FATE_WAITING);
        if (rows[i].ttl > 0)
            assert_int_equal(world_at(w, SECTION_AUTHORITY, 0).ttl, rows[i].ttl);
    }
}

static void ttls_are_held_within_limits(void **state)
{
    struct world *w = *state;
    w->config.dnsd.cache_min_ttl = 30;
    w->config.dnsd.cache_max_ttl = 600;
    world_resolve(w, nobody, "a.example", TYPE_A, 0, LINES("a.example 5 IN A 192.0.2.1"));
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).ttl, 30);
    world_resolve(w, nobody, "b.example", TYPE_A, 0, LINES("b.example 86400 IN A 192.0.2.1"));
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).ttl, 600);
    world_resolve(w, nobody, "c.example", TYPE_A, 0, LINES("c.example 4000000000 IN A 192.0.2.1"));
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).ttl, 30); /* RFC 2181 8: it means 0 */
}

static void internal_addresses_of_public_names_go(void **state)
{
    struct world *w = *state;
    world_resolve(
        w, nobody, "a.example", TYPE_A, ASK_DO,
        LINES("a.example 60 IN A 192.168.1.1", "a.example 60 IN A 192.0.2.1",
              "a.example 60 IN RRSIG A 8 2 60 20300101000000 20200101000000 1 example. AAAA"));
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED); /* and no signature: it would be wrong */
    assert_memory_equal(world_at(w, SECTION_ANSWER, 0).data.at, "\xc0\0\2\1", 4);
    assert_int_equal(w->counters.value[COUNT_REBINDING], 1);
    world_resolve(w, nobody, "b.example", TYPE_AAAA, 0,
                  LINES("b.example 60 IN AAAA ::ffff:10.0.0.1", "b.example 60 IN AAAA fd00::1"));
    world_expect(w, RCODE_NOERROR, 0, EDE_BLOCKED);
    assert_int_equal(world_query(w, nobody, "b.example", TYPE_AAAA, 0), FATE_ANSWERED);
    world_resolve(w, nobody, "c.example", TYPE_HTTPS, 0,
                  LINES("c.example 60 IN HTTPS 1 . ipv4hint=127.0.0.1"));
    world_expect(w, RCODE_NOERROR, 0, EDE_BLOCKED);
}

/* One record, as raw data: a blocked address hidden in what a strict reader calls malformed. */
static void what_review_cannot_read_goes(void **state)
{
    static const struct {
        uint16_t type, length;
        const char *data;
        unsigned kept;
    } rows[] = {
        {TYPE_A, 4, "\313\0\161\11", 1},
        {TYPE_A, 5, "\313\0\161\11\0", 0},
        {TYPE_A, 16, "\313\0\161\11\0\0\0\0\0\0\0\0\0\0\0\0", 0},
        {TYPE_AAAA, 4, "\313\0\161\11", 0},
        {TYPE_HTTPS, 11, "\0\1\0\0\4\0\4\313\0\161\11", 1},
        {TYPE_HTTPS, 12, "\0\1\0\0\4\0\5\313\0\161\11\0", 0},      /* a hint of 5 bytes */
        {TYPE_SVCB, 15, "\0\1\0\0\4\0\4\313\0\161\11\0\2\0\0", 0}, /* keys that go down */
        {TYPE_HTTPS, 4, "\0\1\300\14", 0},                         /* a compressed target */
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t bytes[512];
        char name[32];
        snprintf(name, sizeof name, "n%zu.example", i);
        assert_int_equal(world_query(w, nobody, name, rows[i].type, 0), FATE_WAITING);
        const struct message_ask *ask = &w->asks[w->asked - 1];
        struct writer out = writer_over(bytes, sizeof bytes);
        out.at += world_message(ask, LINES("NOERROR"), bytes);
        store_u16(bytes + 6, 1);
        write_u16(&out, 0xc00c);
        write_u16(&out, rows[i].type);
        write_u16(&out, CLASS_IN);
        write_u32(&out, 60);
        write_u16(&out, rows[i].length);
        write_bytes(&out, rows[i].data, rows[i].length);
        const struct message_answer answer = {
            .id = ask->id, .outcome = OUTCOME_ANSWER, .ede = EDE_NONE};
        server_answer(w->server, &answer, writer_span(&out), w->when);
        world_expect(w, RCODE_NOERROR, rows[i].kept, EDE_NONE);
    }
}

static void internal_names_may_have_internal_addresses(void **state)
{
    struct world *w = *state;
    w->config.dnsd.rebind_allow[0] = name_of("corp.example");
    w->config.dnsd.rebind_allow_count = 1;
    w->config.dnsd.stubs[0].zone = name_of("intra.example");
    w->config.dnsd.stub_count = 1;
    world_resolve(w, nobody, "a.corp.example", TYPE_A, 0, LINES("a.corp.example 60 IN A 10.0.0.1"));
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    world_resolve(
        w, nobody, "portal.example", TYPE_A, 0,
        LINES("portal.example 60 IN CNAME a.intra.example", "a.intra.example 60 IN A 10.0.0.2"));
    world_expect(w, RCODE_NOERROR, 2, EDE_NONE);
    w->config.dnsd.rebinding_protection = false;
    world_resolve(w, nobody, "b.example", TYPE_A, 0, LINES("b.example 60 IN A 10.0.0.1"));
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
}

static void ech_is_taken_out_for_groups_that_want_it(void **state)
{
    static const char *const lines[] = {
        "www.example 60 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1 ech=AAAA",
        "www.example 60 IN RRSIG HTTPS 8 2 60 20300101000000 20200101000000 1 example. AAAA", NULL};
    struct world *w = *state;
    assert_int_equal(world_query(w, "10.1.0.5", "www.example", TYPE_HTTPS, ASK_DO), FATE_WAITING);
    assert_int_equal(world_query(w, "10.3.0.5", "www.example", TYPE_HTTPS, ASK_DO), FATE_WAITING);
    assert_int_equal(w->asked, 2);
    world_answer_as(w, 0, OUTCOME_ANSWER, true, lines);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE); /* no signature */
    assert_false(w->reply.flags & FLAG_AD);
    size_t without = world_at(w, SECTION_ANSWER, 0).data.length;
    world_answer_as(w, 1, OUTCOME_ANSWER, true, lines);
    world_expect(w, RCODE_NOERROR, 2, EDE_NONE);
    assert_true(w->reply.flags & FLAG_AD);
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).data.length, without + 4 + 3);
    for (unsigned i = 0; i < 4; i++) { /* and from the cache */
        world_query(w, i % 2 ? "10.1.0.5" : "10.3.0.5", "www.example", TYPE_HTTPS, ASK_DO);
        assert_int_equal(w->reply.counts[SECTION_ANSWER], i % 2 ? 1 : 2);
    }
    assert_int_equal(w->asked, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_what_answers_is_kept_in_order),
        TEST(names_in_data_survive),
        TEST(chain_is_compressed_and_readable),
        TEST(loops_and_endless_chains_fail),
        TEST(a_chain_of_twelve_is_too_long),
        TEST(dname_stays_beside_its_cname),
        TEST(the_largest_answer),
        TEST(answers_to_other_questions_fail),
        TEST(broken_bytes_never_hurt),
        TEST(dnssec_records_only_when_asked_for),
        TEST(negative_answers_live_by_their_soa),
        TEST(ttls_are_held_within_limits),
        TEST(internal_addresses_of_public_names_go),
        TEST(what_review_cannot_read_goes),
        TEST(internal_names_may_have_internal_addresses),
        TEST(ech_is_taken_out_for_groups_that_want_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
