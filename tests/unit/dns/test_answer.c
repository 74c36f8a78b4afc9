/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * answer - what is copied, what is compressed, what is left out when room is short.
 */
#include "dns/answer.h"

#include "dns/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "texts.h"

#define BYTES(literal)       span_of(literal, sizeof(literal) - 1)
#define HEADER(flags, extra) "\xab\xcd" flags "\0\1\0\0\0\0\0" extra
#define QUESTION             "\3wWw\7eXample\0\0\1\0\1"

#define PLAIN    BYTES(HEADER("\1\0", "\0") QUESTION)
#define WITH_OPT BYTES(HEADER("\1\x10", "\1") QUESTION "\0\0\x29\x10\0\0\0\0\0\0\0")
#define WITH_COOKIE                                                                                \
    BYTES(HEADER("\1\0", "\1") QUESTION "\0\0\x29\x10\0\0\0\0\0\0\014\0\012\0\010"                 \
                                        "abcdefgh")

static struct message query_of(struct span bytes)
{
    struct message m;
    assert_int_equal(message_read(bytes, &m), STATUS_OK);
    return m;
}

static struct message reply_of(struct span bytes)
{
    struct message m = query_of(bytes);
    assert_true(m.flags & FLAG_QR);
    return m;
}

static void header_and_question(void **state)
{
    uint8_t buffer[512];
    struct answer a;
    struct message query = query_of(WITH_OPT);
    answer_begin(&a, buffer, sizeof buffer, &query, RCODE_NXDOMAIN, FLAG_AD);
    struct span bytes = answer_end(&a, NULL);
    assert_int_equal(bytes.length, 29);
    assert_memory_equal(bytes.at, "\xab\xcd\x81\xb3\0\1\0\0\0\0\0\0" QUESTION, 29);
    struct message reply = reply_of(bytes);
    assert_int_equal(reply.flags, FLAG_QR | FLAG_RD | FLAG_RA | FLAG_AD | FLAG_CD | 3);
}

static void opcode_comes_back(void **state)
{
    uint8_t buffer[512], bytes[12] = {1, 2, 0x20 | 0x05, 0x7f}; /* NOTIFY, AA, RD, all below */
    struct answer a;
    struct message query = query_of(span_of(bytes, sizeof bytes));
    answer_begin(&a, buffer, sizeof buffer, &query, RCODE_NOTIMP, 0);
    struct message reply = reply_of(answer_end(&a, NULL));
    assert_int_equal(message_opcode(&reply), OPCODE_NOTIFY);
    assert_int_equal(reply.flags, 0x2000 | FLAG_QR | FLAG_RD | FLAG_RA | FLAG_CD | 4);
    assert_int_equal(reply.questions, 0);
}

static void formerr_without_a_question(void **state)
{
    uint8_t buffer[64];
    struct answer a;
    struct message query;
    assert_int_equal(message_read(BYTES("\xab\xcd\1\0\0\1\0\0\0\0\0\0\x80"), &query),
                     STATUS_MALFORMED);
    answer_begin(&a, buffer, sizeof buffer, &query, RCODE_FORMERR, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, 0, BYTES("1234"));
    struct span bytes = answer_end(&a, NULL);
    assert_int_equal(bytes.length, 12 + 15);
    struct message reply = reply_of(bytes);
    assert_int_equal(reply.questions, 0);
}

static void owners_are_pointers(void **state)
{
    uint8_t buffer[512];
    struct answer a;
    struct message query = query_of(PLAIN);
    struct name same = name_of("WWW.example"), other = name_of("example");
    answer_begin(&a, buffer, sizeof buffer, &query, 0, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, 60, BYTES("1234"));
    answer_record(&a, SECTION_ANSWER, &same, TYPE_A, 60, BYTES("1235"));
    answer_record(&a, SECTION_ANSWER, &other, TYPE_A, 60, BYTES("1236"));
    struct span bytes = answer_end(&a, NULL);
    assert_int_equal(bytes.length, 29 + 16 + 16 + 14 + 9);
    struct message reply = reply_of(bytes);
    struct records walk = records_of(&reply);
    struct record r;
    assert_true(records_next(&walk, &r) && name_equal(&r.owner, &same));
    assert_true(records_next(&walk, &r) && name_equal(&r.owner, &same));
    assert_true(records_next(&walk, &r) && name_equal(&r.owner, &other));
    assert_int_equal(r.ttl, 60);
    assert_int_equal(r.class, CLASS_IN);
    assert_memory_equal(r.data.at, "1236", 4);
}

static void the_root_is_no_pointer(void **state)
{
    uint8_t buffer[512];
    struct answer a;
    struct message query = query_of(BYTES(HEADER("\1\0", "\0") "\0\0\2\0\1"));
    answer_begin(&a, buffer, sizeof buffer, &query, 0, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_NS, 60, BYTES("\1a\0"));
    assert_int_equal(answer_end(&a, NULL).length, 17 + 11 + 3);
}

static size_t data_length(uint16_t type)
{
    uint8_t buffer[512];
    struct answer a;
    struct message query = query_of(PLAIN);
    struct name same = name_of("www.example");
    answer_begin(&a, buffer, sizeof buffer, &query, 0, 0);
    answer_record_begin(&a, SECTION_ANSWER, NULL, type, CLASS_IN, 1);
    answer_name(&a, &same);
    answer_record_end(&a);
    struct message reply = reply_of(answer_end(&a, NULL));
    struct records walk = records_of(&reply);
    struct record r;
    struct name name;
    assert_true(records_next(&walk, &r));
    assert_int_equal(record_name(&walk, &r, 0, &name), STATUS_OK);
    assert_true(name_equal(&name, &same));
    return r.data.length;
}

static void only_old_types_are_compressed(void **state)
{
    assert_int_equal(data_length(TYPE_CNAME), 2);
    assert_int_equal(data_length(TYPE_NS), 2);
    assert_int_equal(data_length(TYPE_DNAME), 13);
    assert_int_equal(data_length(TYPE_SRV), 13);
}

static void soa(void **state)
{
    static const char *const zones[] = {"www.example", "example", "."};
    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        uint8_t buffer[512];
        struct answer a;
        struct message query = query_of(PLAIN);
        struct name zone = name_of(zones[i]), name, hostmaster;
        answer_begin(&a, buffer, sizeof buffer, &query, RCODE_NXDOMAIN, 0);
        answer_soa(&a, &zone, 2026112401, 300);
        struct message reply = reply_of(answer_end(&a, NULL));
        struct records walk = records_of(&reply);
        struct record r;
        assert_true(records_next(&walk, &r));
        assert_int_equal(r.section, SECTION_AUTHORITY);
        assert_int_equal(r.type, TYPE_SOA);
        assert_int_equal(r.ttl, 300);
        assert_true(name_equal(&r.owner, &zone));
        struct cursor c = cursor_of(r.data);
        assert_int_equal(name_read(&c, walk.message, &name), STATUS_OK);
        assert_true(name_equal(&name, &zone));
        assert_int_equal(name_read(&c, walk.message, &name), STATUS_OK);
        assert_int_equal(name_join(BYTES("hostmaster"), &zone, &hostmaster), STATUS_OK);
        assert_true(name_equal(&name, &hostmaster));
        assert_int_equal(read_u32(&c), 2026112401);
        read_skip(&c, 12);
        assert_int_equal(read_u32(&c), 300);
        assert_false(c.failed || cursor_more(&c));
    }
}

static void soa_of_the_longest_zone(void **state)
{
    uint8_t buffer[1232], label[50];
    struct answer a;
    struct message query = query_of(PLAIN);
    struct name zone = name_of(".");
    memset(label, 'z', sizeof label);
    for (int i = 0; i < 4; i++)
        assert_int_equal(name_join(span_of(label, 50), &zone, &zone), STATUS_OK);
    assert_int_equal(name_join(span_of(label, 40), &zone, &zone), STATUS_OK);
    answer_begin(&a, buffer, sizeof buffer, &query, 0, 0);
    answer_soa(&a, &zone, 1, 1);
    struct message reply = reply_of(answer_end(&a, NULL));
    assert_int_equal(reply.counts[SECTION_AUTHORITY], 1);
}

/* Whatever the limit: sound, within it, whole records only, TC when something is missing. */
static void every_limit(void **state)
{
    const struct span queries[] = {PLAIN, WITH_OPT, WITH_COOKIE};
    const struct edns_reply edns = {.ede = EDE_BLOCKED,
                                    .ede_text = BYTES("because"),
                                    .cookie = BYTES("0123456789abcdefABCDEFGH")};
    for (size_t q = 0; q < COUNT_OF(queries); q++) {
        for (size_t limit = MESSAGE_HEADER; limit < 400; limit++) {
            uint8_t buffer[401];
            struct answer a;
            struct message query = query_of(queries[q]);
            memset(buffer, 0x5a, sizeof buffer);
            answer_begin(&a, buffer, limit, &query, 0, 0);
            for (int i = 0; i < 8; i++)
                answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, 60, BYTES("1234"));
            answer_record(&a, SECTION_ANSWER, NULL, 10, 60, BYTES(""));
            struct span bytes = answer_end(&a, query.edns.present ? &edns : NULL);
            assert_true(bytes.length <= limit);
            assert_int_equal(buffer[limit], 0x5a);
            struct message reply = reply_of(bytes);
            assert_int_equal(!(reply.flags & FLAG_TC), reply.counts[SECTION_ANSWER] == 9);
            if (query.edns.present && limit >= 29 + EDNS_ROOM)
                assert_true(reply.edns.present);
            if (query.edns.cookie_length > 0 && limit >= 29 + EDNS_ROOM + EDNS_COOKIE_ROOM)
                assert_int_equal(reply.edns.cookie_length, COOKIE_SIZE);
            struct records walk = records_of(&reply);
            struct record r;
            for (unsigned i = 0; i < reply.counts[SECTION_ANSWER] && i < 8; i++)
                assert_true(records_next(&walk, &r) && r.data.length == 4);
        }
    }
}

/* A record of the answer, then in `section` one that does not fit and one that would. */
static struct message with_a_gap(enum section section)
{
    static uint8_t buffer[70];
    struct answer a;
    struct message query = query_of(PLAIN);
    uint8_t large[64] = {0};
    answer_begin(&a, buffer, sizeof buffer, &query, 0, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, 1, BYTES("1234"));
    answer_record(&a, section, NULL, TYPE_TXT, 1, span_of(large, sizeof large));
    answer_record(&a, section, NULL, TYPE_A, 1, BYTES("1235"));
    return reply_of(answer_end(&a, NULL));
}

static void nothing_follows_a_gap(void **state)
{
    struct message reply = with_a_gap(SECTION_ANSWER);
    assert_int_equal(reply.counts[SECTION_ANSWER], 1);
    assert_true(reply.flags & FLAG_TC);
}

static void additional_records_are_no_loss(void **state)
{
    struct message reply = with_a_gap(SECTION_ADDITIONAL);
    assert_int_equal(reply.counts[SECTION_ADDITIONAL], 1);
    assert_false(reply.flags & FLAG_TC);
}

static void no_room_for_a_header(void **state)
{
    for (size_t limit = 0; limit < MESSAGE_HEADER; limit++) {
        uint8_t buffer[12];
        struct answer a;
        struct message query = query_of(PLAIN);
        answer_begin(&a, buffer, limit, &query, 0, 0);
        answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, 1, BYTES(""));
        assert_int_equal(answer_end(&a, NULL).length, 0);
    }
}

static void long_data_is_taken_back(void **state)
{
    static uint8_t buffer[80000], data[70000];
    struct answer a;
    struct message query = query_of(PLAIN);
    answer_begin(&a, buffer, sizeof buffer, &query, 0, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_TXT, 1, span_of(data, sizeof data));
    struct message reply = reply_of(answer_end(&a, NULL));
    assert_int_equal(reply.counts[SECTION_ANSWER], 0);
    assert_true(reply.flags & FLAG_TC);
}

static void udp_limits(void **state)
{
    struct message m = {0};
    assert_int_equal(answer_udp_limit(&m), 512);
    m.edns = (struct edns){.present = true, .udp_size = 512};
    assert_int_equal(answer_udp_limit(&m), 512);
    m.edns.udp_size = 1000;
    assert_int_equal(answer_udp_limit(&m), 1000);
    m.edns.udp_size = 4096;
    assert_int_equal(answer_udp_limit(&m), EDNS_UDP_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_and_question),
        cmocka_unit_test(opcode_comes_back),
        cmocka_unit_test(formerr_without_a_question),
        cmocka_unit_test(owners_are_pointers),
        cmocka_unit_test(the_root_is_no_pointer),
        cmocka_unit_test(only_old_types_are_compressed),
        cmocka_unit_test(soa),
        cmocka_unit_test(soa_of_the_longest_zone),
        cmocka_unit_test(every_limit),
        cmocka_unit_test(nothing_follows_a_gap),
        cmocka_unit_test(additional_records_are_no_loss),
        cmocka_unit_test(no_room_for_a_header),
        cmocka_unit_test(long_data_is_taken_back),
        cmocka_unit_test(udp_limits),
    };
    return cmocka_run_group_tests_name("dns/answer", tests, NULL, NULL);
}
