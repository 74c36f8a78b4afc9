/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * build - rules gathered in memory, sealed into the tables of an image, written to a file.
 *
 * Used by compile and its sources, in this order: lists with their rules; groups; seal; write.
 * Running out of memory or of a limit is remembered and given by
 * build_seal(), so that a source need not look at every call. Never judges a rule.
 */
#ifndef POLICY_BUILD_H
#define POLICY_BUILD_H

#include "policy/compile.h"
#include "policy/image.h"

enum {
    BUILD_RULES_MOST = 16000000,    /* names of all lists together */
    BUILD_ADDRESSES_MOST = 1000000, /* prefixes of all lists, and of all clients */
    BUILD_LINES_MOST = 0xffffff     /* of one file */
};

struct build;

/* The words of a list. All texts are copied; none is NULL. */
struct build_words {
    const char *id, *title, *app, *authority, *reference, *owner, *ticket, *file;
    uint64_t serial;
    uint32_t review_by;
    uint16_t ede;
    uint8_t content[16]; /* of the SHA-256 of its file */
};

/* All that rules can have in common. No text is NULL. */
struct build_class {
    uint16_t list;
    enum rule_kind kind;
    bool exception;
    enum action action;
    enum evidence evidence;
    const char *ticket, *note, *source;
    uint32_t until;
    struct span redirect;
    bool redirect_is_name;
    bool some_groups; /* an exception for those of `groups` alone, bit n for group n */
    uint64_t groups[GROUPS_MOST / 64];
};

struct build *build_new(void);
void build_free(struct build *build);

/* The key of the hashes that build_name() takes (policy/suffixes.h). */
const struct hash_key *build_key(const struct build *build);

/* Begins the next list and gives its number. `path` is for messages and not copied. */
uint16_t build_list(struct build *build, const char *path);
/* Gives a list its words, before or after its rules. */
void build_describe(struct build *build, uint16_t list, const struct build_words *words);

/* The number of a class; equal classes have one number. */
uint32_t build_class(struct build *build, const struct build_class *class);

/* `hash` is that of the whole name. */
void build_name(struct build *build, uint32_t class, const struct name *name, uint64_t hash,
                unsigned line);
void build_address(struct build *build, uint32_t class, const struct prefix *prefix, unsigned line);
void build_protocol(struct build *build, uint32_t class, enum protocol protocol, unsigned line);

/* After the last list; the lists it names exist, each once. */
void build_group(struct build *build, const struct group_source *group);

/* Makes the tables: warns of rules that stand twice in a list, refuses those that contradict each
 * other and clients that stand in two groups. STATUS_TOO_LONG: a limit above was passed. */
MUST_USE enum status build_seal(struct build *build, const char *config_file,
                                struct problems *problems);

/* After build_seal(): the rules of a list that are no exceptions. */
uint32_t build_rules(const struct build *build, uint16_t list);

MUST_USE enum status build_write(const struct build *build, uint64_t compiled_at, int out);

#endif
