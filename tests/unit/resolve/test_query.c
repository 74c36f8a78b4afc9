/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_query - what is sent, and what is taken for an answer.
 */
#include "resolve/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../dns/texts.h"

static struct message_ask ask_for(const char *name, uint16_t type)
{
    struct message_ask ask = {.type = type, .class = CLASS_IN, .name = name_of(name)};
    return ask;
}

static void test_it_reads_back(void **state)
{
    struct message_ask ask = ask_for("www.example.com", TYPE_AAAA);
    struct message m;
    struct query q;
    ask.want_dnssec = ask.checking_disabled = 1;
    query_write(&ask, true, &q);
    assert_int_equal(message_read(span_of(q.bytes, q.length), &m), STATUS_OK);
    assert_true(name_equal(&m.question.name, &ask.name));
    assert_int_equal(m.question.type, TYPE_AAAA);
    assert_int_equal(m.question.class, CLASS_IN);
    assert_int_equal(m.flags, FLAG_RD | FLAG_AD | FLAG_CD);
    assert_int_equal(m.id, 0);
    assert_true(m.edns.present && m.edns.wants_dnssec);
    assert_int_equal(m.edns.udp_size, EDNS_UDP_SIZE);
    assert_int_equal(m.question_end, q.question_end);

    ask.want_dnssec = ask.checking_disabled = 0;
    query_write(&ask, true, &q);
    assert_int_equal(message_read(span_of(q.bytes, q.length), &m), STATUS_OK);
    assert_int_equal(m.flags, FLAG_RD | FLAG_AD);
    assert_true(m.edns.present && !m.edns.wants_dnssec);
}

static void test_the_longest_name_and_the_root(void **state)
{
    struct message_ask ask = {.type = TYPE_A, .class = CLASS_IN, .name = {.labels = 4}};
    static const uint8_t lengths[] = {63, 63, 63, 61};
    struct message m;
    struct query q;
    for (int i = 0; i < 4; i++) {
        ask.name.wire[ask.name.length++] = lengths[i];
        memset(ask.name.wire + ask.name.length, 'a', lengths[i]);
        ask.name.length = (uint8_t)(ask.name.length + lengths[i]);
    }
    ask.name.wire[ask.name.length++] = 0;
    assert_int_equal(ask.name.length, NAME_MAX_WIRE);
    assert_true(name_is_sound(&ask.name));
    query_write(&ask, true, &q);
    assert_int_equal(q.length, QUERY_MOST);
    assert_int_equal(message_read(span_of(q.bytes, q.length), &m), STATUS_OK);
    assert_true(name_equal(&m.question.name, &ask.name));

    ask = ask_for(".", TYPE_NS);
    query_write(&ask, true, &q);
    assert_int_equal(message_read(span_of(q.bytes, q.length), &m), STATUS_OK);
    assert_int_equal(m.question.name.labels, 0);
}

static void test_case_is_mixed_only_when_asked(void **state)
{
    const struct message_ask ask =
        ask_for("abcdefghijklmnopqrstuvwxyz.\\@0-_\\[\\200.test", TYPE_A);
    struct query first, q;
    unsigned upper = 0, differ = 0;
    query_write(&ask, false, &first);
    assert_memory_equal(first.bytes + MESSAGE_HEADER, ask.name.wire, ask.name.length);
    for (int i = 0; i < 64; i++) {
        query_write(&ask, true, &q);
        for (unsigned at = MESSAGE_HEADER; at < q.question_end; at++) {
            assert_int_equal(name_lower(q.bytes[at]), first.bytes[at]);
            upper += q.bytes[at] != first.bytes[at];
        }
        differ += memcmp(q.bytes, first.bytes, q.length) != 0;
    }
    assert_int_equal(differ, 64);
    assert_in_range(upper, 64 * 30 * 2 / 5, 64 * 30 * 3 / 5); /* 30 letters, one half each */
}

static void test_only_its_own_answer_matches(void **state)
{
    const struct message_ask ask = ask_for("www.example.com", TYPE_A);
    struct query q;
    uint8_t answer[QUERY_MOST];
    query_write(&ask, true, &q);
    for (unsigned cut = 0; cut <= q.length; cut++) {
        memcpy(answer, q.bytes, q.length);
        store_u16(answer, 0x1234);
        answer[2] |= 0x80;
        /* Everything up to the end of the question is needed, nothing behind it. */
        assert_int_equal(query_is_answered_by(&q, 0x1234, span_of(answer, cut)),
                         cut >= q.question_end);
    }
    assert_false(query_is_answered_by(&q, 0x1235, span_of(answer, q.length)));
    for (unsigned at = MESSAGE_HEADER; at < q.question_end; at++)
        for (int bit = 0; bit < 8; bit++) { /* 0x20 among them */
            answer[at] ^= (uint8_t)(1 << bit);
            assert_false(query_is_answered_by(&q, 0x1234, span_of(answer, q.length)));
            answer[at] ^= (uint8_t)(1 << bit);
        }
    answer[2] &= 0x7f; /* a query */
    assert_false(query_is_answered_by(&q, 0x1234, span_of(answer, q.length)));
    answer[2] |= 0x80 | 0x28; /* opcode UPDATE */
    assert_false(query_is_answered_by(&q, 0x1234, span_of(answer, q.length)));
    answer[2] &= 0x87;
    store_u16(answer + 4, 0); /* no question: FORMERR of a server without EDNS */
    assert_false(query_is_answered_by(&q, 0x1234, span_of(answer, q.length)));
    store_u16(answer + 4, 2);
    assert_false(query_is_answered_by(&q, 0x1234, span_of(answer, q.length)));
    store_u16(answer + 4, 1);
    assert_true(query_is_answered_by(&q, 0x1234, span_of(answer, q.length)));
}

static void test_restored_is_plain(void **state)
{
    const struct message_ask ask = ask_for("WWW.example.com", TYPE_A + 0x4142);
    struct query q, plain;
    query_write(&ask, true, &q);
    query_write(&ask, false, &plain);
    store_u16(q.bytes, 0xffff);
    query_restore(&q, q.bytes);
    assert_memory_equal(q.bytes, plain.bytes, q.length); /* type and class keep their bytes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_reads_back),
        cmocka_unit_test(test_the_longest_name_and_the_root),
        cmocka_unit_test(test_case_is_mixed_only_when_asked),
        cmocka_unit_test(test_only_its_own_answer_matches),
        cmocka_unit_test(test_restored_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
