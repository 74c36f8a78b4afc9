/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wire - what an event says of a flow on the wire, in numbers, and the words for them.
 *
 * Used by inspect, which fills it, and by line_wire, which writes it. Numbers cross a process
 * border: new words go to the end.
 */
#ifndef EVENTS_WIRE_H
#define EVENTS_WIRE_H

#include "base/span.h"
#include "policy/verdict.h"

/* What a flow speaks: network.protocol. */
enum spoken {
    SPOKEN_UNKNOWN,
    SPOKEN_TLS,
    SPOKEN_QUIC,
    SPOKEN_HTTP,
    SPOKEN_HTTP2,
    SPOKEN_DNS,
    SPOKEN_DNSCRYPT,
    SPOKEN_MMTLS,
    SPOKEN_OICQ,
    SPOKEN_SOCKS,
    SPOKEN_SMTP,
    SPOKEN_IMAP,
    SPOKEN_POP3,
    SPOKEN_XMPP,
    SPOKEN_MDNS,
    SPOKEN_COUNT
};

/* How a flow ended for us. */
enum ending { ENDING_NONE, ENDING_NAME, ENDING_NO_NAME, ENDING_AMBIGUOUS, ENDING_COUNT };

/* Why there is no name, or none that can be trusted. */
enum why {
    WHY_NONE,
    /* no-name */
    WHY_MIDSTREAM,    /* its beginning was not seen */
    WHY_SILENT,       /* the client said nothing */
    WHY_UNRECOGNISED, /* no reader knows what it says */
    WHY_NOT_SAID,     /* understood, and it says no name: TLS without SNI, HTTP/1.0 without Host */
    WHY_ADDRESS,      /* it says an address where a name stands */
    WHY_INVALID_NAME, /* it says something that is no domain name */
    WHY_UNFINISHED,   /* it ended, or went silent, before it had said all */
    WHY_HOLE,         /* part of it was never captured */
    WHY_CUT,          /* the capture kept only the beginning of its packets */
    WHY_TOO_LONG,     /* its name does not stand in the first 16 KiB */
    WHY_MALFORMED,    /* what it says contradicts its own protocol */
    WHY_VERSION,      /* a version of its protocol that no reader knows */
    WHY_SEALED,       /* cannot be decrypted by whoever listens only */
    WHY_NO_ROOM,      /* memory for gathering was used up */
    WHY_EVICTED,      /* its place in the table was needed */
    /* ambiguous */
    WHY_OVERLAP,      /* copies of the same bytes differ, and say different names */
    WHY_SECOND_HELLO, /* a second hello says another name */
    WHY_SECOND_NAME,  /* two names where one may stand */
    WHY_COUNT
};

/* Encrypted ClientHello (RFC 9849), extension fe0d of the outer hello. */
enum ech {
    ECH_NONE,
    ECH_GREASE,   /* certainly or very probably a fake: docs/inspector.md says how it is told */
    ECH_POSSIBLE, /* cannot be told from a real one */
    ECH_COUNT
};

/* Whether the client had been told the address by a DNS answer. */
enum resolved_by_us { RESOLVED_UNKNOWN, RESOLVED_NO, RESOLVED_YES, RESOLVED_COUNT };

/* The way around the resolver that it is; network.application where set. */
enum detour {
    DETOUR_NONE,
    DETOUR_DNS,
    DETOUR_DOT,
    DETOUR_DOH,
    DETOUR_DOQ,
    DETOUR_DNSCRYPT,
    DETOUR_HTTPDNS,
    DETOUR_PROXY,
    DETOUR_COUNT
};

/* What inspectd says about its own sight. */
enum health_kind {
    HEALTH_NONE,
    HEALTH_DROPPED,     /* the kernel had no room: `count` packets were not seen */
    HEALTH_FLOWS_FULL,  /* `count` flows were forgotten before they ended */
    HEALTH_GATHER_FULL, /* `count` flows could not be gathered */
    HEALTH_BLIND,       /* nothing was seen for `event.duration`: this process was away */
    HEALTH_EVENTS_LOST,
    HEALTH_COUNT_OF
};

extern const char *const spoken_words[],
    *const ending_words[], *const why_words[], *const ech_words[], *const detour_words[],
                                                                       *const health_words[];

enum { ALPN_SIZE = 16, JA4_SIZE = 37, EVIDENCE_SIZE = 104 };

/* Texts are zero-terminated, "" where there is nothing; any bytes may stand in them. */
struct wire {
    uint8_t spoken, ending, why, ech, resolved, way, health;
    uint8_t tunnel;       /* enum tunnel of wire/frame.h */
    uint16_t tls_version; /* the highest offered, as in TLS: 0x0304; 0: none */
    uint16_t segments;    /* packets of the client so far */
    uint32_t vlan;        /* outer id << 12 | inner id */
    uint64_t count;       /* of health */
    char alpn[ALPN_SIZE]; /* the first protocol offered */
    char ja4[JA4_SIZE];
    char evidence[EVIDENCE_SIZE]; /* what it was recognised by: "POST /mmtls/00ab12cd" */
};

/* Checks one that crossed a process border. */
bool wire_is_sound(const struct wire *wire);

/* Whether no rule is the reason, but that the client's group is strict about what no reader knows.
 */
static inline bool wire_is_strict(const struct wire *wire, const struct verdict *verdict)
{
    return wire->why == WHY_UNRECOGNISED && verdict->rule == RULE_NONE &&
           verdict->noted == RULE_NONE;
}

#endif
