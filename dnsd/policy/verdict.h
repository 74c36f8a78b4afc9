/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verdict - the words in which the brain answers.
 *
 * Used by decide and by everybody who obeys it. Numbers are part of the image and of events: new
 * words go to the end.
 */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum action {
    ACTION_PASS, /* no list has anything to say */
    ACTION_ALLOW,
    ACTION_OBSERVE,
    ACTION_SINKHOLE,
    ACTION_NXDOMAIN,
    ACTION_NODATA,
    ACTION_REFUSED,
    ACTION_DROP,
    ACTION_TRUNCATE,
    ACTION_REDIRECT,
    ACTION_COUNT
};

enum evidence {
    EVIDENCE_NONE,
    EVIDENCE_INSTALLED,
    EVIDENCE_VISITED,
    EVIDENCE_UPDATE,
    EVIDENCE_BYPASS,
    EVIDENCE_CONTEXT,
    EVIDENCE_COUNT
};

/* What the inspector recognises on the wire; rules name them as `protocol:`. */
enum protocol {
    PROTOCOL_NONE,
    PROTOCOL_MMTLS,
    PROTOCOL_OICQ,
    PROTOCOL_HTTPDNS,
    PROTOCOL_DOT,
    PROTOCOL_DOQ,
    PROTOCOL_DOH,
    PROTOCOL_DNSCRYPT,
    PROTOCOL_DNS,          /* plain DNS to another resolver than ours */
    PROTOCOL_MMTLS_TUNNEL, /* looks like mmtls inside HTTP, and is not */
    PROTOCOL_SOCKS,
    PROTOCOL_HTTP_PROXY, /* CONNECT, or an absolute-form request to another host */
    PROTOCOL_ECH,        /* a ClientHello that may hide its name */
    PROTOCOL_UNRESOLVED, /* unknown to every reader, towards an address that nobody told the client
                          */
    PROTOCOL_COUNT
};

/* Where the subject was seen. */
enum seen {
    SEEN_QUESTION,
    SEEN_ANSWER,
    SEEN_TLS,
    SEEN_QUIC,
    SEEN_HTTP,
    SEEN_DNS,
    SEEN_PACKET,
    SEEN_CERTIFICATE, /* of a TLS 1.2 server: weaker than what the client says */
    SEEN_PROXY,       /* what a client asked a proxy to reach */
    SEEN_COUNT
};

/* Words as in lists and events, NULL-terminated, indexed by the enum. */
extern const char *const action_words[];
extern const char *const evidence_words[];
extern const char *const protocol_words[];
extern const char *const seen_words[];

static inline bool action_blocks(enum action action)
{
    return action >= ACTION_SINKHOLE;
}

enum { RULE_NONE = UINT32_MAX };

struct verdict {
    enum action action; /* what to do now */
    enum action wanted; /* what the rule says; differs in a group that only observes */
    enum evidence evidence;
    uint16_t group;
    uint16_t list;  /* index in the image; valid unless rule is RULE_NONE */
    uint32_t rule;  /* for policy_rule(); RULE_NONE when nothing matched */
    uint32_t noted; /* the first rule that only observes, or RULE_NONE */
};

#endif
