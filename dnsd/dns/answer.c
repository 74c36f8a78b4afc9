/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * answer - header, question, records, OPT, in that order.
 */
#include "dns/answer.h"

#include <assert.h>

enum {
    POINTER_TO_QUESTION = 0xc000 | MESSAGE_HEADER,
    LAST_COMPRESSED_TYPE = TYPE_TXT, /* of RFC 1035 */
    SOA_REFRESH = 3600,
    SOA_RETRY = 600,
    SOA_EXPIRE = 86400
};

void answer_begin(struct answer *a, void *buffer, size_t limit, const struct message *query,
                  uint16_t rcode, uint16_t flags)
{
    size_t room = !query->edns.present             ? 0
                  : query->edns.cookie_length == 0 ? EDNS_ROOM
                                                   : EDNS_ROOM + EDNS_COOKIE_ROOM;
    *a = (struct answer){.w = writer_over(buffer, limit)};
    uint8_t *header = write_place(&a->w, MESSAGE_HEADER);
    if (header == NULL)
        return;
    a->kept_back = room < writer_room(&a->w) ? room : writer_room(&a->w);
    a->w.end -= a->kept_back;
    memset(header, 0, MESSAGE_HEADER);
    store_u16(header, query->id);
    store_u16(header + 2, (uint16_t)(FLAG_QR | FLAG_RA | flags | (rcode & RCODE_MASK) |
                                     (query->flags & (OPCODE_MASK << OPCODE_SHIFT)) |
                                     (query->flags & (FLAG_RD | FLAG_CD))));
    if (query->questions != 1)
        return;
    size_t length = (size_t)query->question_end - MESSAGE_HEADER;
    if (writer_room(&a->w) < length) {
        a->truncated = true;
        return;
    }
    write_bytes(&a->w, query->bytes.at + MESSAGE_HEADER, length);
    store_u16(header + 4, 1);
    a->asked = &query->question.name;
}

static bool is_asked(const struct answer *a, const struct name *name)
{
    return a->asked != NULL && a->asked->length > 1 &&
           (name == a->asked || name_equal(name, a->asked));
}

static void owner_write(struct answer *a, const struct name *owner)
{
    if (owner == NULL)
        owner = a->asked;
    if (owner == NULL)
        write_u8(&a->w, 0);
    else if (is_asked(a, owner))
        write_u16(&a->w, POINTER_TO_QUESTION);
    else
        write_span(&a->w, name_span(owner));
}

void answer_record_begin(struct answer *a, enum section section, const struct name *owner,
                         uint16_t type, uint16_t class, uint32_t ttl)
{
    assert(section >= a->section);
    a->section = section;
    a->may_compress = type <= LAST_COMPRESSED_TYPE;
    a->record_start = a->w.at;
    a->w.failed |= a->truncated;
    owner_write(a, owner);
    uint8_t *fixed = write_place(&a->w, 10);
    a->data_length = fixed != NULL ? fixed + 8 : NULL;
    if (fixed == NULL)
        return;
    store_u16(fixed, type);
    store_u16(fixed + 2, class);
    store_u32(fixed + 4, ttl);
}

void answer_record_end(struct answer *a)
{
    bool fits = !a->w.failed && a->data_length != NULL;
    size_t length = fits ? (size_t)(a->w.at - a->data_length) - 2 : 0;
    if (!fits || length > UINT16_MAX || a->counts[a->section] == UINT16_MAX) {
        a->w.at = a->record_start;
        a->w.failed = false;
        a->truncated |= a->section != SECTION_ADDITIONAL;
        return;
    }
    store_u16(a->data_length, (uint16_t)length);
    a->counts[a->section]++;
}

void answer_name(struct answer *a, const struct name *name)
{
    if (a->may_compress && is_asked(a, name))
        write_u16(&a->w, POINTER_TO_QUESTION);
    else
        write_span(&a->w, name_span(name));
}

void answer_record(struct answer *a, enum section section, const struct name *owner, uint16_t type,
                   uint32_t ttl, struct span data)
{
    answer_record_begin(a, section, owner, type, CLASS_IN, ttl);
    write_span(&a->w, data);
    answer_record_end(a);
}

void answer_soa(struct answer *a, const struct name *zone, uint32_t serial, uint32_t ttl)
{
    static const char hostmaster[] = "\012hostmaster";
    answer_record_begin(a, SECTION_AUTHORITY, zone, TYPE_SOA, CLASS_IN, ttl);
    answer_name(a, zone);
    if (zone->length + sizeof hostmaster - 1 <= NAME_MAX_WIRE)
        write_text(&a->w, hostmaster);
    answer_name(a, zone);
    write_u32(&a->w, serial);
    write_u32(&a->w, SOA_REFRESH);
    write_u32(&a->w, SOA_RETRY);
    write_u32(&a->w, SOA_EXPIRE);
    write_u32(&a->w, ttl);
    answer_record_end(a);
}

struct span answer_end(struct answer *a, const struct edns_reply *edns)
{
    if (writer_length(&a->w) < MESSAGE_HEADER)
        return span_of(a->w.start, 0);
    a->w.end += a->kept_back;
    a->kept_back = 0;
    uint8_t *header = a->w.start;
    unsigned opt =
        edns != NULL && a->counts[SECTION_ADDITIONAL] < UINT16_MAX && edns_write(&a->w, edns);
    if (a->truncated)
        header[2] |= FLAG_TC >> 8;
    for (size_t s = 0; s < SECTION_COUNT; s++)
        store_u16(header + 6 + 2 * s, a->counts[s]);
    store_u16(header + 10, (uint16_t)(a->counts[SECTION_ADDITIONAL] + opt));
    return writer_span(&a->w);
}

size_t answer_udp_limit(const struct message *query)
{
    if (!query->edns.present)
        return 512;
    return query->edns.udp_size < EDNS_UDP_SIZE ? query->edns.udp_size : EDNS_UDP_SIZE;
}
