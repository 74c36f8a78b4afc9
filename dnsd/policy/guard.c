/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * guard - the checks; the only file that knows libpsl.
 */
#include "policy/guard.h"

#include <libpsl.h>
#include <stdlib.h>

/* A set of hashes that may say yes too often, never no: one bit for each. */
enum {
    FILTER_BITS = 1 << 20,
    CHANGE_FREE = 20 /* rules; of a small list they are many percent, and still an edit */
};

struct filter {
    uint64_t words[FILTER_BITS / 64];
};

struct guard {
    const struct policy_source *source;
    const struct policy *running;
    struct problems *problems;
    psl_ctx_t *suffixes;
    struct filter protected, above; /* protected names; they and the names above them */
};

static void filter_add(struct filter *filter, uint64_t hash)
{
    hash %= FILTER_BITS;
    filter->words[hash / 64] |= UINT64_C(1) << hash % 64;
}

static bool filter_has(const struct filter *filter, uint64_t hash)
{
    hash %= FILTER_BITS;
    return (filter->words[hash / 64] >> hash % 64 & 1) != 0;
}

struct guard *guard_new(const struct policy_source *source, const struct policy *running,
                        const struct hash_key *key, struct problems *problems)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL)
        return NULL;
    guard->source = source;
    guard->running = running;
    guard->problems = problems;
    /* The distribution's file where it is newer than the library; the library's own without one. */
    guard->suffixes = psl_latest(NULL);
    if (guard->suffixes == NULL) {
        guard_free(guard);
        return NULL;
    }
    for (size_t i = 0; i < source->protected_name_count; i++) {
        const struct name *name = &source->protected_names[i];
        struct suffixes suffixes;
        suffixes_of(name, key, &suffixes);
        if (name->labels > 0)
            filter_add(&guard->protected, suffixes.hash[name->labels]);
        for (unsigned n = 1; n <= name->labels; n++)
            filter_add(&guard->above, suffixes.hash[n]);
    }
    return guard;
}

void guard_free(struct guard *guard)
{
    if (guard == NULL)
        return;
    psl_free(guard->suffixes);
    free(guard);
}

/* Plain text for libpsl: lists hold host names only, so there is nothing to escape. */
static const char *host_text(const struct name *name, char out[NAME_MAX_WIRE + 1])
{
    memcpy(out, name->wire + 1, name->length - 1u);
    for (unsigned at = 0; name->wire[at] != 0; at += 1u + name->wire[at])
        if (at > 0)
            out[at - 1] = '.';
    out[name->length - 2] = 0;
    return out;
}

/* The root and the suffixes that registries own: never. Suffixes that a company lets others
 * register under (github.io): not with all below them, unless the rule only observes. */
static bool is_public(const struct guard *guard, const struct build_class *class,
                      const struct name *name)
{
    char text[NAME_MAX_WIRE + 1];
    if (name->labels == 0)
        return true;
    host_text(name, text);
    if (!psl_is_public_suffix(guard->suffixes, text))
        return false;
    return psl_is_public_suffix2(guard->suffixes, text, PSL_TYPE_ICANN) ||
           (class->kind == RULE_DOMAIN && class->action != ACTION_OBSERVE);
}

/* The protected name that a rule about `name` would touch, or NULL. */
static const struct name *touched(const struct guard *guard, const struct build_class *class,
                                  const struct name *name, const struct suffixes *suffixes)
{
    bool maybe = filter_has(&guard->above, suffixes->hash[name->labels]);
    for (unsigned n = 1; n <= name->labels && !maybe; n++)
        maybe = filter_has(&guard->protected, suffixes->hash[n]);
    for (size_t i = 0; maybe && i < guard->source->protected_name_count; i++) {
        const struct name *protected = &guard->source->protected_names[i];
        if (protected->labels == 0)
            continue;
        if (name_is_below(name, protected) ||
            (class->kind == RULE_DOMAIN && name_is_below(protected, name)))
            return protected;
    }
    return NULL;
}

static bool lets_pass(const struct build_class *class)
{
    return class->exception || class->action == ACTION_ALLOW;
}

bool guard_name(const struct guard *guard, const struct build_class *class, const struct name *name,
                const struct suffixes *suffixes, struct rule_place at)
{
    char text[NAME_TEXT_SIZE], other[NAME_TEXT_SIZE];
    const char *word = class->exception ? "exception" : "rule";
    if (is_public(guard, class, name)) {
        problem_error(guard->problems, at.file, at.line, at.column,
                      "%s is a public suffix: the %s would hold for everybody below it; name the "
                      "domains that are meant",
                      name_text(name, text), word);
        return false;
    }
    if (lets_pass(class))
        return true;
    const struct name *protected = touched(guard, class, name, suffixes);
    if (protected == NULL)
        return true;
    problem_error(guard->problems, at.file, at.line, at.column,
                  "%s meets the protected name %s; remove the rule, or the name from "
                  "`protect:` in %s",
                  name_text(name, text), name_text(protected, other), guard->source->config_file);
    return false;
}

bool guard_prefix(const struct guard *guard, const struct build_class *class,
                  const struct prefix *prefix, struct rule_place at)
{
    char text[PREFIX_TEXT_SIZE], other[PREFIX_TEXT_SIZE];
    if (lets_pass(class))
        return true;
    for (size_t i = 0; i < guard->source->protected_prefix_count; i++) {
        const struct prefix *protected = &guard->source->protected_prefixes[i];
        const struct prefix *wide = prefix->bits < protected->bits ? prefix : protected;
        const struct prefix *narrow = wide == prefix ? protected : prefix;
        if (!prefix_holds(wide, &narrow->base))
            continue;
        problem_error(guard->problems, at.file, at.line, at.column,
                      "%s meets the protected address %s; remove the rule, or the address "
                      "from `protect:` in %s",
                      prefix_text(prefix, text), prefix_text(protected, other),
                      guard->source->config_file);
        return false;
    }
    return true;
}

static void guard_serial(const struct guard *guard, const char *file,
                         const struct build_words *words, const struct list_view *old,
                         unsigned line)
{
    if (words->serial < old->serial)
        problem_error(guard->problems, file, line, 0,
                      "serial %llu is lower than %llu of the running list %s; if the older text is "
                      "meant, give it a higher serial",
                      (unsigned long long)words->serial, (unsigned long long)old->serial,
                      words->id);
    else if (words->serial == old->serial && words->serial != 0 &&
             memcmp(words->content, old->content, sizeof words->content) != 0)
        problem_error(guard->problems, file, line, 0,
                      "the list %s has changed since the running one and its serial %llu has not; "
                      "raise the serial",
                      words->id, (unsigned long long)words->serial);
}

void guard_list(const struct guard *guard, const struct list_source *source,
                const struct build_words *words, uint32_t rules, unsigned line)
{
    unsigned most = guard->source->max_change_percent;
    uint16_t index;
    if (rules == 0)
        problem_warning(guard->problems, source->file, 0, 0,
                        "the list %s has no rules; add some, or take it out of the configuration",
                        words->id);
    if (guard->running == NULL || policy_find_list(guard->running, words->id, &index) != STATUS_OK)
        return;
    const struct list_view old = policy_list(guard->running, index);
    guard_serial(guard, source->file, words, &old, line);
    uint64_t change = rules > old.rules ? rules - old.rules : old.rules - rules;
    if (most == 0 || source->accept_change || (change <= CHANGE_FREE && rules > 0) ||
        change * 100 <= (uint64_t)old.rules * most)
        return;
    problem_error(guard->problems, source->file, 0, 0,
                  "the list %s goes from %u to %u rules, more than max_change (%u%%) at once; look "
                  "at it, then use --accept-change=%s",
                  words->id, old.rules, rules, most, words->id);
}
