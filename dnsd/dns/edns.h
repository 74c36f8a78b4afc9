/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * edns - the OPT record (RFC 6891): what a client says it can, and what we say back.
 *
 * Used by message_read() and by answers. Holds only what Ponor uses; unknown options are skipped,
 * as the RFC asks. Never keeps bytes: cookies are copied.
 */
#ifndef DNS_EDNS_H
#define DNS_EDNS_H

#include "base/cursor.h"
#include "base/writer.h"
#include "dns/type.h"

enum {
    EDNS_UDP_SIZE = 1232,       /* what we offer and never pass (DNS flag day 2020) */
    EDNS_OPTION_NSID = 3,       /* RFC 5001 */
    EDNS_OPTION_COOKIE = 10,    /* RFC 7873 */
    EDNS_OPTION_KEEPALIVE = 11, /* RFC 7828 */
    EDNS_OPTION_PADDING = 12,   /* RFC 7830 */
    EDNS_OPTION_EDE = 15,       /* RFC 8914 */
    COOKIE_CLIENT_SIZE = 8,
    COOKIE_MOST = 40,
    EDE_TEXT_MOST = 250
};

/* What a query's OPT said; `present` false when it had none. */
struct edns {
    bool present, wants_dnssec, wants_nsid, has_padding, has_keepalive;
    bool broken_cookie; /* a COOKIE option of a wrong length: FORMERR (RFC 7873 5.2.2) */
    uint8_t version, extended_rcode;
    uint8_t cookie_length; /* 0, 8 or 16..40 */
    uint16_t udp_size;     /* at least 512 */
    uint16_t ede;          /* the first EDE of an answer, or EDE_NONE */
    uint8_t cookie[COOKIE_MOST];
};

/* Reads the OPT record behind its owner and type: class, ttl, rdata. Of two cookies or EDEs the
 * first counts. MALFORMED when an option passes the record's end. */
MUST_USE enum status edns_read(struct cursor *record, struct edns *out);

/* What an answer's OPT is to carry. */
struct edns_reply {
    bool dnssec_ok;
    uint16_t rcode;           /* the upper 8 bits go into the OPT */
    struct span cookie, nsid; /* empty: none */
    uint16_t keepalive;       /* in 100 ms; 0: none */
    uint16_t ede;             /* EDE_NONE: none */
    struct span ede_text;     /* UTF-8, cut to EDE_TEXT_MOST */
    uint16_t pad_to;          /* block length of the whole message (RFC 8467); 0: none */
};

/* Appends an OPT record to a message that starts at w->start. An option that does not fit is left
 * out: they go in by weight, cookie first, padding last; the EDE text goes before the EDE. False,
 * and nothing written, when not even the empty OPT fits. Counts nothing: the caller adds one to
 * ARCOUNT if this gives true. */
bool edns_write(struct writer *w, const struct edns_reply *reply);

#endif
