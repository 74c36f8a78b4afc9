/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message - a DNS message as it came: header, question, OPT, and a walk over its records.
 *
 * Used for queries by serve and for answers by resolve and review. Everything is bounded by the
 * message's own bytes. Never copies records, never follows a pointer forward.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include "base/writer.h"
#include "dns/edns.h"
#include "dns/name.h"

enum { MESSAGE_HEADER = 12, MESSAGE_MOST = 65535 };

/* clang-format off */
/* Bits of the second header word (RFC 1035 4.1.1, RFC 4035). */
enum {
    FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100, FLAG_RA = 0x0080,
    FLAG_AD = 0x0020, FLAG_CD = 0x0010, OPCODE_SHIFT = 11, OPCODE_MASK = 0xf, RCODE_MASK = 0xf
};
/* clang-format on */

struct question {
    struct name name;
    uint16_t type, class;
};

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTION_COUNT };

struct message {
    struct span bytes;
    bool has_header; /* at least 12 bytes: an error answer can name the id */
    uint16_t id, flags;
    uint16_t questions; /* those that were read */
    uint16_t counts[SECTION_COUNT];
    struct question question; /* the first; valid when questions > 0 */
    uint16_t question_end;    /* offset behind the last question that was read */
    struct edns edns;
};

static inline uint8_t message_opcode(const struct message *m)
{
    return m->flags >> OPCODE_SHIFT & OPCODE_MASK;
}

/* The 12-bit code of a message that was read whole (RFC 6891 6.1.3). */
static inline uint16_t message_rcode(const struct message *m)
{
    return (uint16_t)(m->edns.extended_rcode << 4 | (m->flags & RCODE_MASK));
}

/* Reads a whole message. MALFORMED when anything in it is (a record cut short, two OPTs, an OPT
 * outside the additional section, bytes left over behind the last record); `out` then holds what
 * could be read: look at has_header and questions. A message with other than one question is read,
 * and its records too. */
MUST_USE enum status message_read(struct span bytes, struct message *out);

struct record {
    struct name owner;
    enum section section;
    uint16_t type, class;
    uint32_t ttl;
    struct span data; /* inside the message; names in it may be compressed */
    uint16_t ttl_at;  /* offset of the TTL in the message */
};

/* A walk over the records of a message that message_read() accepted, OPT included:
 *     struct records walk = records_of(&message);
 *     while (records_next(&walk, &record)) … */
struct records {
    struct cursor at;
    struct span message;
    uint16_t left[SECTION_COUNT];
};

struct records records_of(const struct message *m);
bool records_next(struct records *walk, struct record *out);

/* The name that a record's data is (CNAME, DNAME, NS, PTR), or begins with at `offset` (MX 2,
 * SRV 6). */
MUST_USE enum status record_name(const struct records *walk, const struct record *record,
                                 size_t offset, struct name *out);

#endif
