/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * image - the compiled policy: one immutable file, mapped read-only by every process.
 *
 * Used through these functions; the layout is policy/layout.h, which only image.c, decide.c and
 * seal.c read or write. Never changed in place: a new policy is a new file.
 */
#ifndef POLICY_IMAGE_H
#define POLICY_IMAGE_H

#include "base/address.h"
#include "dns/name.h"
#include "policy/verdict.h"

#include <stddef.h>

struct policy;

/* Maps the file behind `fd` (which stays the caller's) and checks checksum and every offset once.
 * STATUS_CORRUPT, and a log line that says what, when anything is wrong. */
MUST_USE enum status policy_open(int fd, struct policy **out);
/* The same for an image that a process of ours has opened so before, without reading all of it
 * again: what serves must not stand still for that. Only sealed memory is taken (STATUS_REFUSED),
 * since it cannot have changed. */
MUST_USE enum status policy_open_again(int fd, struct policy **out);
void policy_close(struct policy *policy);

/* From now on exceptions whose `until` is before `today` (YYYYMMDD) do not hold. Whoever owns a
 * loop calls it when the day changes; compile leaves out those that had ended before. */
void policy_expire(struct policy *policy, uint32_t today);

/* A policy with no lists and no groups, built in: what dnsd has before its first image. */
const struct policy *policy_none(void);

struct policy_facts {
    uint64_t compiled_at; /* Unix seconds */
    uint32_t lists, groups, names, addresses, rules;
    size_t bytes;
    uint8_t checksum[32]; /* SHA-256 of the content */
};
struct policy_facts policy_facts(const struct policy *policy);

/* Texts point into the image; "" where the list does not say. */
struct list_view {
    const char *id, *title, *app, *authority, *reference, *owner, *ticket, *file;
    uint64_t serial;
    uint32_t rules;
    uint32_t review_by;  /* YYYYMMDD, 0: not said */
    uint16_t ede;        /* EDE_BLOCKED, EDE_CENSORED or EDE_FILTERED */
    uint8_t content[16]; /* of the SHA-256 of its file */
};
struct list_view policy_list(const struct policy *policy, uint16_t list);
/* The index of a list by id; STATUS_NOT_FOUND. */
MUST_USE enum status policy_find_list(const struct policy *policy, const char *id, uint16_t *out);

enum rule_kind { RULE_DOMAIN, RULE_NAME, RULE_ADDRESS, RULE_PROTOCOL };
struct rule_view {
    enum rule_kind kind;
    bool exception;
    enum action action;
    enum evidence evidence;
    uint16_t list;
    uint32_t line;
    uint32_t class;                     /* rules of one class differ in line and text alone */
    const char *ticket, *note, *source; /* "" unless the rule has its own */
    uint32_t until;                     /* YYYYMMDD of an exception, 0: none */
    struct span redirect; /* REDIRECT: a name as wire, or addresses of 16 bytes each */
    bool redirect_is_name;
};
/* `rule` is one that decide() gave for this policy. Another number is safe to ask: it gives false,
 * or the view of some rule. */
bool policy_rule(const struct policy *policy, uint32_t rule, struct rule_view *out);
/* The name, prefix or protocol that the rule is about; "" where policy_rule() gives false. Returns
 * `out`. */
const char *policy_rule_text(const struct policy *policy, uint32_t rule, char out[NAME_TEXT_SIZE]);

/* All rules there are, with the list of each: by address of their bytes, which means nothing. */
void policy_rules(const struct policy *policy,
                  void (*on)(void *owner, uint32_t rule, uint16_t list), void *owner);

struct group_view {
    const char *id;
    bool observe_only; /* mode: observe */
    bool remove_ech;
    bool strict; /* for the inspector */
    uint16_t lists;
};
struct group_view policy_group(const struct policy *policy, uint16_t group);
/* The n-th list that the group asks. */
uint16_t policy_group_list(const struct policy *policy, uint16_t group, uint16_t n);

/* The n-th prefix of clients, and of rules about addresses; false behind the last. Between their
 * borders (and those of IPv4 rules behind NAT64) neither policy_group_of() nor decide() on a
 * destination changes its answer. */
bool policy_client_prefix(const struct policy *policy, uint32_t n, struct prefix *out);
bool policy_address_prefix(const struct policy *policy, uint32_t n, struct prefix *out);

#endif
