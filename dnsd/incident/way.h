/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * way - how an app tried to reach its servers, in one word.
 *
 * Used by history, which reads it from an event line, by incidents, which collect them, and by all
 * who print. Numbers are kept in the history database: new words go to the end. Never more than 32.
 */
#ifndef INCIDENT_WAY_H
#define INCIDENT_WAY_H

#include "base/span.h"

#include <stdint.h>

enum way {
    WAY_UNKNOWN,
    WAY_DNS,       /* asked our resolver */
    WAY_ANSWER,    /* asked our resolver for a name whose answer leads there */
    WAY_TLS,       /* TLS server name */
    WAY_QUIC,      /* QUIC server name */
    WAY_HTTP,      /* HTTP host */
    WAY_ADDRESS,   /* an address on a list, or one that was never resolved */
    WAY_MMTLS,     /* WeChat's own protocol */
    WAY_OICQ,      /* QQ's */
    WAY_OTHER_DNS, /* plain DNS to another resolver */
    WAY_DOT,
    WAY_DOH,
    WAY_DOQ,
    WAY_DNSCRYPT,
    WAY_HTTPDNS,
    WAY_PROXY,
    WAY_CERTIFICATE, /* the name in a TLS 1.2 server's certificate */
    WAY_ECH,
    WAY_UNRESOLVED, /* a protocol that no reader knows, to an address never resolved */
    WAY_INTEGRITY,  /* no traffic: the chain of a gateway's events is broken */
    WAY_COUNT
};

extern const char *const way_words[]; /* "dns", "answer", …; NULL-terminated, indexed by the enum */

/* From what an event line says: event.dataset, ponor.seen, network.protocol, network.application,
 * rule.name, each empty where it is not said. */
struct way_texts {
    struct span dataset, seen, protocol, application, rule_name;
};
enum way way_of(const struct way_texts *texts);

#endif
