/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message - whole messages, and every way in which one can be broken.
 */
#include "dns/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES(literal) span_of(literal, sizeof(literal) - 1)
#define QUESTION       "\3wWw\7example\0\0\1\0\1" /* 17 bytes: 12..28 */
#define OPT            "\0\0\x29\x04\xd0\0\0\x80\0\0\0"
#define A_RECORD       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"

/* A message with these counts and this body, in fresh memory of its exact size. */
struct packet {
    uint8_t *bytes;
    size_t length;
};

static struct span packet(struct packet *p, const uint16_t counts[4], struct span body)
{
    p->length = MESSAGE_HEADER + body.length;
    p->bytes = malloc(p->length);
    struct writer w = writer_over(p->bytes, p->length);
    write_u16(&w, 0xabcd);
    write_u16(&w, FLAG_RD | FLAG_CD | 0x03);
    for (int i = 0; i < 4; i++)
        write_u16(&w, counts[i]);
    write_span(&w, body);
    return writer_span(&w);
}

static enum status read_body(const uint16_t counts[4], struct span body, struct message *out)
{
    struct packet p;
    enum status status = message_read(packet(&p, counts, body), out);
    out->bytes = span_of(NULL, 0);
    free(p.bytes);
    return status;
}

#define COUNTS(q, a, n, x) ((const uint16_t[]){q, a, n, x})

static void query_with_opt(void **state)
{
    struct message m;
    assert_int_equal(read_body(COUNTS(1, 0, 0, 1), BYTES(QUESTION OPT), &m), STATUS_OK);
    char text[NAME_TEXT_SIZE];
    assert_true(m.has_header);
    assert_int_equal(m.id, 0xabcd);
    assert_int_equal(message_opcode(&m), OPCODE_QUERY);
    assert_int_equal(message_rcode(&m), RCODE_NXDOMAIN);
    assert_int_equal(m.flags & (FLAG_RD | FLAG_CD | FLAG_QR), FLAG_RD | FLAG_CD);
    assert_int_equal(m.questions, 1);
    assert_string_equal(name_text(&m.question.name, text), "www.example");
    assert_int_equal(m.question.type, TYPE_A);
    assert_int_equal(m.question.class, CLASS_IN);
    assert_int_equal(m.question_end, 29);
    assert_true(m.edns.present && m.edns.wants_dnssec);
    assert_int_equal(m.edns.udp_size, 1232);
}

static void no_opt_means_defaults(void **state)
{
    struct message m;
    memset(&m, 0xff, sizeof m); /* nothing of what was there before is left */
    assert_int_equal(read_body(COUNTS(1, 0, 0, 0), BYTES(QUESTION), &m), STATUS_OK);
    assert_false(m.edns.present || m.edns.wants_dnssec || m.edns.broken_cookie);
    assert_int_equal(m.edns.udp_size, 512);
    assert_int_equal(m.edns.ede, EDE_NONE);
    assert_int_equal(m.edns.cookie_length, 0);
    assert_int_equal(message_rcode(&m), 3);
}

static void extended_rcode(void **state)
{
    struct message m;
    assert_int_equal(read_body(COUNTS(0, 0, 0, 1), BYTES("\0\0\x29\2\0\1\0\0\0\0\0"), &m),
                     STATUS_OK);
    assert_int_equal(message_rcode(&m), 16 + 3);
}

static void every_cut_is_malformed(void **state)
{
    const struct span body = BYTES(QUESTION A_RECORD OPT);
    const uint16_t counts[] = {1, 1, 0, 1};
    struct message m;
    assert_int_equal(read_body(counts, body, &m), STATUS_OK);
    for (size_t length = 0; length < body.length; length++) {
        assert_int_equal(read_body(counts, span_of(body.at, length), &m), STATUS_MALFORMED);
        assert_true(m.has_header);
        assert_int_equal(m.questions, length >= 17);
    }
    for (size_t length = 0; length < MESSAGE_HEADER; length++) {
        uint8_t *bytes = calloc(1, length + 1);
        assert_int_equal(message_read(span_of(bytes, length), &m), STATUS_MALFORMED);
        assert_false(m.has_header);
        assert_int_equal(m.questions, 0);
        free(bytes);
    }
}

static void malformed_messages(void **state)
{
    const struct {
        uint16_t counts[4];
        struct span body;
    } broken[] = {
        {{1, 0, 0, 0}, BYTES(QUESTION "x")},       /* a byte too many */
        {{1, 0, 0, 2}, BYTES(QUESTION OPT OPT)},   /* two OPTs */
        {{1, 1, 0, 0}, BYTES(QUESTION OPT)},       /* an OPT in the answer */
        {{1, 0, 1, 0}, BYTES(QUESTION OPT)},       /* in the authority */
        {{1, 0, 0, 1}, BYTES(QUESTION "\1x" OPT)}, /* an OPT with a name */
        {{1, 0, 0, 1}, BYTES(QUESTION "\xc0\x18\0\x29\x04\xd0\0\0\0\0\0\0")}, /* a pointer to . */
        {{1, 0, 0, 1},
         BYTES(QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\4\0\3\0\1")}, /* option too long */
        {{1, 1, 0, 0}, BYTES(QUESTION "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\5\xc0\0\2\1")},
        {{1, 1, 0, 0}, BYTES(QUESTION "\xc0\x1d\0\1\0\1\0\0\0\x3c\0\0")}, /* owner is itself */
        {{1, 65535, 65535, 65535}, BYTES(QUESTION)},
        {{65535, 0, 0, 0}, BYTES(QUESTION)},
        {{1, 0, 0, 0}, BYTES("\xc0\x00\0\1\0\1")}, /* a name made of the header */
        {{0, 0, 0, 0}, BYTES("\0")},
    };
    struct message m;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        assert_int_equal(read_body(broken[i].counts, broken[i].body, &m), STATUS_MALFORMED);
        assert_true(m.has_header);
    }
}

static void a_broken_second_question_spares_the_first(void **state)
{
    struct message m;
    assert_int_equal(read_body(COUNTS(2, 0, 0, 0), BYTES(QUESTION "\1a\x80"), &m),
                     STATUS_MALFORMED);
    assert_int_equal(m.questions, 1);
    assert_int_equal(m.question_end, 29);
    assert_true(name_is_sound(&m.question.name));
    assert_int_equal(m.question.name.labels, 2);
}

static void other_numbers_of_questions(void **state)
{
    struct packet p;
    struct message m;
    struct record r;
    assert_int_equal(read_body(COUNTS(0, 0, 0, 0), BYTES(""), &m), STATUS_OK);
    assert_int_equal(m.questions, 0);
    assert_int_equal(
        message_read(packet(&p, COUNTS(2, 1, 0, 0), BYTES(QUESTION "\xc0\x0c\0\x1c\0\1" A_RECORD)),
                     &m),
        STATUS_OK);
    assert_int_equal(m.questions, 2);
    assert_int_equal(m.question.type, TYPE_A);
    struct records walk = records_of(&m);
    assert_true(records_next(&walk, &r));
    assert_int_equal(r.type, TYPE_A);
    assert_false(records_next(&walk, &r));
    free(p.bytes);
}

static void the_walk(void **state)
{
    struct packet p;
    struct message m;
    struct record r;
    struct name target, www;
    char text[NAME_TEXT_SIZE];
    /* 29: CNAME to a.example (41..44); 45: A of that; 61: NS; then an MX; then OPT. */
    struct span bytes = packet(&p, COUNTS(1, 2, 1, 2),
                               BYTES(QUESTION "\xc0\x0c\0\5\0\1\0\0\0\x0a\0\4\1A\xc0\x10"
                                              "\xc0\x29\0\1\0\1\x7f\xff\xff\xff\0\4\xc0\0\2\1"
                                              "\xc0\x10\0\2\0\1\0\0\0\0\0\2\xc0\x0c"
                                              "\xc0\x10\0\017\0\1\0\0\0\1\0\4\0\5\xc0\x29" OPT));
    assert_int_equal(message_read(bytes, &m), STATUS_OK);
    struct records walk = records_of(&m);

    assert_true(records_next(&walk, &r));
    assert_int_equal(r.section, SECTION_ANSWER);
    assert_int_equal(r.type, TYPE_CNAME);
    assert_int_equal(r.ttl, 10);
    assert_int_equal(load_u32(bytes.at + r.ttl_at), 10);
    assert_true(name_equal(&r.owner, &m.question.name));
    assert_int_equal(record_name(&walk, &r, 0, &target), STATUS_OK);
    assert_string_equal(name_text(&target, text), "a.example");
    assert_int_equal(record_name(&walk, &r, 5, &target), STATUS_MALFORMED);
    assert_int_equal(record_name(&walk, &r, 4, &target), STATUS_MALFORMED);

    assert_true(records_next(&walk, &r));
    assert_int_equal(r.ttl, 0x7fffffff);
    assert_int_equal(r.data.length, 4);
    assert_memory_equal(r.data.at, "\xc0\0\2\1", 4);
    assert_true(records_next(&walk, &r));
    assert_int_equal(r.section, SECTION_AUTHORITY);
    assert_int_equal(record_name(&walk, &r, 0, &www), STATUS_OK);
    assert_true(name_equal(&www, &m.question.name));
    assert_true(records_next(&walk, &r));
    assert_int_equal(r.section, SECTION_ADDITIONAL);
    assert_int_equal(record_name(&walk, &r, 2, &target), STATUS_OK);
    assert_string_equal(name_text(&target, text), "a.example");
    assert_true(records_next(&walk, &r));
    assert_int_equal(r.type, TYPE_OPT);
    assert_false(records_next(&walk, &r));
    assert_false(records_next(&walk, &r));
    free(p.bytes);
}

/* 64 kB of pointers, each to the one before, and as many records as fit that lead into them. */
static void a_chain_of_pointers_costs_little(void **state)
{
    static uint8_t bytes[MESSAGE_MOST];
    struct writer w = writer_over(bytes, sizeof bytes);
    struct message m;
    write_bytes(&w, "\0\0\0\0\0\1\0\1\0\0\0\0", 12);
    write_bytes(&w, "\0\0\1\0\1\0\0\xff\0\1\0\0\0\0", 14); /* question; record of unknown length */
    uint8_t *length = write_place(&w, 2);
    for (size_t at = writer_length(&w); at < 0x3ffe; at += 2)
        write_u16(&w, (uint16_t)(0xc000 | (at == 28 ? 12 : at - 2)));
    store_u16(length, (uint16_t)(writer_length(&w) - 28));
    unsigned records = 1;
    for (; writer_room(&w) >= 12; records++) {
        write_u16(&w, 0xfffc);
        write_bytes(&w, "\0\1\0\1\0\0\0\0\0\0", 10);
    }
    store_u16(bytes + 6, (uint16_t)records);
    assert_int_equal(message_read(writer_span(&w), &m), STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_with_opt),
        cmocka_unit_test(no_opt_means_defaults),
        cmocka_unit_test(extended_rcode),
        cmocka_unit_test(every_cut_is_malformed),
        cmocka_unit_test(malformed_messages),
        cmocka_unit_test(a_broken_second_question_spares_the_first),
        cmocka_unit_test(other_numbers_of_questions),
        cmocka_unit_test(the_walk),
        cmocka_unit_test(a_chain_of_pointers_costs_little),
    };
    return cmocka_run_group_tests_name("dns/message", tests, NULL, NULL);
}
