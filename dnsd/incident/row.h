/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * row - one line of an event file as history keeps it.
 *
 * Used by history (which reads lines), incidents (which count rows) and store (which keeps them).
 * Texts are as a person reads them, UTF-8 without JSON's escapes; empty: the line does not say.
 * They live as long as the line they came from.
 */
#ifndef INCIDENT_ROW_H
#define INCIDENT_ROW_H

#include "base/address.h"
#include "base/clock.h"
#include "base/span.h"
#include "incident/way.h"
#include "policy/verdict.h"

/* Texts with few different values, by which people filter and count. */
enum word {
    WORD_APP,      /* ponor.app, or the list's id */
    WORD_LIST,     /* rule.ruleset */
    WORD_RULE,     /* rule.id, "wechat:14" */
    WORD_ACTION,   /* event.action, "dns-sinkhole" */
    WORD_WAY,      /* way_words */
    WORD_EVIDENCE, /* ponor.evidence */
    WORD_GROUP,    /* ponor.group */
    WORD_GATEWAY,  /* observer.name */
    WORD_PROGRAM,  /* observer.product: dnsd, inspectd */
    WORD_COUNT
};
extern const char *const word_names[]; /* "app", "list", …: as in URLs and columns */

enum row_kind {
    ROW_TRAFFIC, /* ponor.dns, ponor.wire */
    ROW_NOTICE,  /* ponor.notice: a word of the program */
    ROW_HEALTH,  /* ponor.health */
};

struct row {
    clock_us at;
    uint64_t sequence;
    uint32_t source; /* which chain of which folder: number in the summary */
    uint64_t device; /* number in the summary, found for its time; 0: no client */
    uint8_t kind;    /* enum row_kind */
    uint8_t way;     /* enum way */
    uint8_t evidence, severity;
    bool stopped;    /* event.type has `denied` */
    bool allowed;    /* an exception spoke */
    bool unresolved; /* ponor.resolved_by_us is false */
    bool has_client, has_server;
    struct address client, server;
    uint16_t client_port, server_port;
    uint64_t lost, sampled, count, duration_ns; /* ponor.lost, .sampled, .count; event.duration */
    struct span word[WORD_COUNT];
    struct span name; /* the name that was asked, or seen; else empty */
    struct span reason, authority, ticket, rule_source, mac, interface;
    struct span raw; /* the line, without its newline */
};

#endif
