/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * answer - writes the answer to one query.
 *
 * Used by every step that answers by itself, and by review when it changes an answer. The question
 * is copied from the query's own bytes, so its case comes back as it was (0x20). Owner names equal
 * to the question's are a pointer to it. A record that does not fit is taken back whole, as are
 * those behind it, and TC is set; additional records are left out without TC (RFC 2181 9). Never
 * writes past the limit that the caller gives.
 */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include "dns/message.h"

struct answer {
    struct writer w;
    uint16_t counts[SECTION_COUNT];
    enum section section;
    const struct name *asked; /* the question's name, in the query; NULL when there is none */
    size_t kept_back;         /* bytes behind w.end that answer_end() may use */
    uint8_t *data_length;     /* of the record being written */
    uint8_t *record_start;
    bool may_compress; /* its data */
    bool truncated;
};

/* `buffer` of `limit` bytes becomes the message: header (id, opcode, RD and CD of the query; QR,
 * RA; `rcode` lower bits; `flags` more bits such as FLAG_AD), and the question when the query has
 * one. `limit` is at least MESSAGE_HEADER; `query` stays until answer_end(). */
void answer_begin(struct answer *a, void *buffer, size_t limit, const struct message *query,
                  uint16_t rcode, uint16_t flags);

/* A record: begin, write its data to a->w, end. Sections only go forward. `owner` NULL is the
 * question's name. */
void answer_record_begin(struct answer *a, enum section section, const struct name *owner,
                         uint16_t type, uint16_t class, uint32_t ttl);
void answer_record_end(struct answer *a);

/* A name in the data of a record, uncompressed but for the question's own name, and that only in
 * the types of RFC 1035 (RFC 3597 4). */
void answer_name(struct answer *a, const struct name *name);

/* The whole of one simple record. */
void answer_record(struct answer *a, enum section section, const struct name *owner, uint16_t type,
                   uint32_t ttl, struct span data);

/* An SOA for a negative answer of ours (RFC 2308 3): mname and rname are `zone` and
 * hostmaster.`zone`, minimum and TTL are `ttl`. */
void answer_soa(struct answer *a, const struct name *zone, uint32_t serial, uint32_t ttl);

/* Appends the OPT (when `edns` is not NULL), stores the counts and gives the finished message.
 * answer_begin() keeps room for it, `EDNS_ROOM` bytes, when the query has an OPT, and
 * `EDNS_COOKIE_ROOM` more when that has a cookie; other options take what is left. */
struct span answer_end(struct answer *a, const struct edns_reply *edns);

enum { EDNS_ROOM = 11, EDNS_COOKIE_ROOM = 28 };

/* The limit for a UDP answer to this query: what its OPT allows, at most EDNS_UDP_SIZE; 512
 * without one. */
size_t answer_udp_limit(const struct message *query);

#endif
