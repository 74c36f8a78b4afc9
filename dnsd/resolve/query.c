/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * query - header, question, OPT, by hand: they hardly vary.
 */
#include "resolve/query.h"

#include "base/random.h"

#include <assert.h>

enum { LABEL_LENGTH_MOST = 63, UPPER = 0x20, OPT_DO = 0x8000 };

/* Turns each letter of the name upper with probability one half. Length bytes are below 'A'. */
static void mix_case(uint8_t *name, size_t length)
{
    uint8_t bits[(NAME_MAX_WIRE + 7) / 8];
    random_bytes(bits, (length + 7) / 8);
    for (size_t i = 0; i < length; i++)
        if (name[i] >= 'a' && name[i] <= 'z' && (bits[i / 8] >> i % 8 & 1) != 0)
            name[i] ^= UPPER;
}

void query_write(const struct message_ask *ask, bool randomize_case, struct query *out)
{
    struct writer w = writer_over(out->bytes, sizeof out->bytes);
    static_assert(LABEL_LENGTH_MOST < 'a', "a length byte is no letter");
    write_u16(&w, 0);
    write_u16(&w, FLAG_RD | FLAG_AD | (ask->checking_disabled ? FLAG_CD : 0));
    write_u16(&w, 1);
    write_u16(&w, 0);
    write_u16(&w, 0);
    write_u16(&w, 1);
    write_span(&w, name_span(&ask->name));
    write_u16(&w, ask->type);
    write_u16(&w, ask->class);
    out->question_end = (uint16_t)writer_length(&w);
    write_u8(&w, 0);
    write_u16(&w, TYPE_OPT);
    write_u16(&w, EDNS_UDP_SIZE);
    write_u32(&w, ask->want_dnssec ? OPT_DO : 0);
    write_u16(&w, 0);
    out->length = (uint16_t)writer_length(&w);
    if (randomize_case)
        mix_case(out->bytes + MESSAGE_HEADER, ask->name.length);
}

bool query_is_answered_by(const struct query *query, uint16_t id, struct span answer)
{
    struct cursor c = cursor_of(answer);
    uint16_t answer_id = read_u16(&c), flags = read_u16(&c), questions = read_u16(&c);
    read_skip(&c, 6);
    struct span question = read_span(&c, (size_t)query->question_end - MESSAGE_HEADER);
    return !c.failed && answer_id == id && (flags & FLAG_QR) != 0 &&
           (flags >> OPCODE_SHIFT & OPCODE_MASK) == OPCODE_QUERY && questions == 1 &&
           span_equal(question, span_of(query->bytes + MESSAGE_HEADER, question.length));
}

void query_restore(const struct query *query, uint8_t *answer)
{
    store_u16(answer, 0);
    for (size_t i = MESSAGE_HEADER; i + 4 < query->question_end; i++)
        answer[i] = name_lower(query->bytes[i]);
}
