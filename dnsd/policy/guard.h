/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * guard - what a list may not say, however well it is written.
 *
 * Used by sources for each rule and by compile for each list. Refuses public suffixes, protected
 * names and addresses, serials that go down, sudden growth and shrinking; says what, where, and
 * what to do. Never changes a rule.
 */
#ifndef POLICY_GUARD_H
#define POLICY_GUARD_H

#include "policy/build.h"
#include "policy/suffixes.h"

struct guard;

/* `running` may be NULL; both must outlive the guard. `key` is that of the suffixes. */
struct guard *guard_new(const struct policy_source *source, const struct policy *running,
                        const struct hash_key *key, struct problems *problems);
void guard_free(struct guard *guard);

/* Where a rule stands, for messages. */
struct rule_place {
    const char *file;
    unsigned line, column;
};

/* False: refused, and said why. `suffixes` are those of `name`. */
bool guard_name(const struct guard *guard, const struct build_class *class, const struct name *name,
                const struct suffixes *suffixes, struct rule_place at);
bool guard_prefix(const struct guard *guard, const struct build_class *class,
                  const struct prefix *prefix, struct rule_place at);

/* A list as a whole, once its rules are counted. `line` is that of its serial. */
void guard_list(const struct guard *guard, const struct list_source *source,
                const struct build_words *words, uint32_t rules, unsigned line);

#endif
