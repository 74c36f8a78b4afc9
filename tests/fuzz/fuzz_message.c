/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_message - a message that was read can be walked whole; any header can be answered.
 */
#include "fuzz.h"

#include "dns/answer.h"
#include "dns/svcb.h"

static void check_record(const struct records *walk, const struct record *r, struct span bytes)
{
    static const size_t offsets[] = {0, 2, 6};
    struct name name;
    struct svcb svcb;
    assert(name_is_sound(&r->owner));
    assert(r->ttl_at + 4u <= bytes.length && load_u32(bytes.at + r->ttl_at) == r->ttl);
    assert(r->data.at >= bytes.at && r->data.at + r->data.length <= bytes.at + bytes.length);
    for (size_t i = 0; i < COUNT_OF(offsets); i++)
        assert(record_name(walk, r, offsets[i], &name) != STATUS_OK || name_is_sound(&name));
    assert(svcb_read(r->data, &svcb) != STATUS_OK || name_is_sound(&svcb.target));
}

static void check_answer(const struct message *query, size_t limit)
{
    static uint8_t buffer[EDNS_UDP_SIZE];
    const struct edns_reply edns = {.ede = EDE_BLOCKED, .ede_text = span_text("why")};
    struct answer a;
    struct message reply;
    answer_begin(&a, buffer, limit, query, RCODE_FORMERR, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, 1, span_of("1234", 4));
    answer_soa(&a, query->questions > 0 ? &query->question.name : &(struct name){1, 0, {0}}, 1, 1);
    struct span bytes = answer_end(&a, query->edns.present ? &edns : NULL);
    assert(bytes.length <= limit && message_read(bytes, &reply) == STATUS_OK);
    assert(reply.id == query->id && message_opcode(&reply) == message_opcode(query));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    struct message m;
    enum status status = message_read(bytes, &m);
    assert(status == STATUS_OK || status == STATUS_MALFORMED);
    assert(m.questions == 0 || name_is_sound(&m.question.name));
    assert(m.edns.udp_size >= 512 && m.edns.cookie_length <= COOKIE_MOST);
    if (m.has_header) {
        check_answer(&m, MESSAGE_HEADER + size % 100);
        check_answer(&m, answer_udp_limit(&m));
    }
    if (status != STATUS_OK)
        return 0;
    unsigned left = m.counts[0] + m.counts[1] + m.counts[2];
    struct records walk = records_of(&m);
    for (struct record r; records_next(&walk, &r); left--)
        check_record(&walk, &r, bytes);
    assert(left == 0 && !walk.at.failed && !cursor_more(&walk.at));
    return 0;
}
