/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * decide - what the rules weigh, and which list speaks first.
 *
 * A look-up gathers, for each list that the group asks, the heaviest rule that meets the subject.
 * Then the lists are asked in the group's order.
 */
#include "policy/decide.h"

#include "policy/image.h"
#include "policy/layout.h"
#include "policy/suffixes.h"

/* A heavier rule beats a lighter one of its list: an exception any rule; then a name an address,
 * and an address a protocol; then the longer; then the exact name the domain. */
enum { WEIGHT_ADDRESS = 1 << 9, WEIGHT_NAME = 2 << 9, WEIGHT_EXCEPTION = 4 << 9 };

enum { CACHE_LINE = 64 };

struct best {
    uint32_t rule, class, weight;
};

struct scale {
    const struct policy *policy;
    const uint16_t *ranks; /* by list */
    uint16_t group;
    uint64_t spoke[IMAGE_LISTS_MOST / 64]; /* bit n: the list of rank n has a best */
    struct best best[IMAGE_LISTS_MOST];    /* by rank; the others are not set */
};

static void weigh(struct scale *s, uint32_t rule, uint32_t class_index, uint32_t weight)
{
    const struct image_class *class = &s->policy->classes[class_index];
    uint16_t rank = s->ranks[class->list];
    if (rank == RANK_NONE || (class->groups[s->group / 64] >> s->group % 64 & 1) == 0 ||
        (class->until != 0 && class->until < s->policy->today))
        return;
    if (class->exception)
        weight += WEIGHT_EXCEPTION;
    struct best *best = &s->best[rank];
    uint64_t bit = UINT64_C(1) << rank % 64;
    if ((s->spoke[rank / 64] & bit) != 0 &&
        (best->weight > weight || (best->weight == weight && best->rule < rule)))
        return;
    s->spoke[rank / 64] |= bit;
    *best = (struct best){rule, class_index, weight};
}

static bool has_bit(const uint64_t bits[2], unsigned n)
{
    return (bits[n / 64] >> n % 64 & 1) != 0;
}

/* The suffixes of a name that some rule could be about, each with its bucket on the way. */
struct probes {
    unsigned count;
    uint8_t labels[NAME_MAX_LABELS];
    struct suffixes suffixes;
};

static inline void probes_find(const struct policy *p, const struct name *name, struct probes *out)
{
    const struct image_header *h = p->header;
    out->count = 0;
    if (p->bucket_count == 0)
        return;
    suffixes_start(name, &out->suffixes);
    uint64_t hash = h->key.low;
    for (unsigned n = 1; n <= name->labels; n++) {
        hash = suffix_add(hash, &h->key, name, out->suffixes.start[n]);
        if (!has_bit(h->below_labels, n) && (n != name->labels || !has_bit(h->exact_labels, n)))
            continue;
        __builtin_prefetch(&p->buckets[bucket_home(hash, p->bucket_count)]);
        out->suffixes.hash[n] = hash;
        out->labels[out->count++] = (uint8_t)n;
    }
}

/* Asks for all cache lines of a record at once, so that they cost one wait. */
static inline void fetch_record(const struct policy *p, uint32_t home)
{
    for (uint32_t at = p->buckets[home].record; at < p->buckets[home + 1].record; at += CACHE_LINE)
        __builtin_prefetch(p->names + at);
}

/* The n-th name of a bucket has the right print: is it the one? */
static void weigh_entry(struct scale *s, uint32_t home, uint32_t n, const struct name *name,
                        unsigned labels, unsigned start)
{
    const struct policy *p = s->policy;
    const uint8_t *record = p->names + p->buckets[home].record;
    fetch_record(p, home);
    uint32_t count = p->buckets[home + 1].first - p->buckets[home].first;
    const uint8_t *at = entry_border(record, count, n), *next = entry_border(record, count, n + 1);
    const struct entry_view entry = entry_at(at);
    size_t length = name->length - start;
    if (length != (size_t)(next - entry.wire) ||
        memcmp(entry.wire, name->wire + start, length) != 0)
        return;
    bool exact = p->classes[entry.class].kind == RULE_NAME;
    if (!exact || start == 0)
        weigh(s, (uint32_t)(at - p->names), entry.class, WEIGHT_NAME + labels * 2 + exact);
}

/* The names of a bucket whose print is that of the hash: gives one after the other, `*n` from 0 on;
 * false when there are no more. */
static inline bool next_match(const struct policy *p, uint32_t home, uint64_t hash, uint32_t *n)
{
    uint32_t first = p->buckets[home].first, count = p->buckets[home + 1].first - first;
    while (*n < count) {
        uint32_t most = count - *n;
        unsigned found = prints_equal(p->prints + first + *n, most, print_of(hash));
        if (found != 0) {
            *n += (uint32_t)__builtin_ctz(found);
            return true;
        }
        *n += 8;
    }
    return false;
}

static void weigh_name(struct scale *s, const struct name *name)
{
    const struct policy *p = s->policy;
    struct probes probes;
    probes_find(p, name, &probes);
    for (unsigned i = 0; i < probes.count; i++) {
        unsigned labels = probes.labels[i];
        uint64_t hash = probes.suffixes.hash[labels];
        uint32_t home = bucket_home(hash, p->bucket_count);
        for (uint32_t n = 0; next_match(p, home, hash, &n); n++)
            weigh_entry(s, home, n, name, labels, probes.suffixes.start[labels]);
    }
}

/* The most specific of sorted prefixes that holds the address; the others that do are its parents.
 */
static uint32_t prefix_find(const struct image_prefix *prefixes, uint32_t count,
                            const struct address *address)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(&prefixes[middle].base, address, sizeof *address) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t at = low > 0 ? low - 1 : INDEX_NONE;
    while (at != INDEX_NONE) {
        const struct prefix prefix = {prefixes[at].base, (uint8_t)prefixes[at].bits};
        if (prefix_holds(&prefix, address))
            break;
        at = prefixes[at].parent;
    }
    return at;
}

static void weigh_prefixes(struct scale *s, const struct address *address)
{
    const struct policy *p = s->policy;
    uint32_t at = prefix_find(p->addresses, p->address_count, address);
    for (; at != INDEX_NONE; at = p->addresses[at].parent)
        weigh(s, p->names_bytes + at, p->addresses[at].owner,
              WEIGHT_ADDRESS + p->addresses[at].bits);
}

/* What is said of an IPv4 server is said of it behind NAT64, too. */
static void weigh_address(struct scale *s, const struct address *address)
{
    struct address inside;
    weigh_prefixes(s, address);
    if (address_behind_nat64(address, &inside))
        weigh_prefixes(s, &inside);
}

static void weigh_protocol(struct scale *s, enum protocol protocol)
{
    const struct policy *p = s->policy;
    for (uint32_t i = 0; i < p->protocol_count; i++)
        if (p->protocols[i].protocol == protocol)
            weigh(s, p->names_bytes + p->address_count + i, p->protocols[i].owner, 0);
}

static void weigh_subject(struct scale *s, const struct policy *policy,
                          const struct subject *subject)
{
    s->policy = policy;
    s->ranks = policy->order + policy->groups[subject->group].rank;
    s->group = subject->group;
    memset(s->spoke, 0, sizeof s->spoke);
    if (subject->name != NULL)
        weigh_name(s, subject->name);
    if (subject->destination != NULL)
        weigh_address(s, subject->destination);
    if (subject->protocol != PROTOCOL_NONE)
        weigh_protocol(s, subject->protocol);
}

/* What the heaviest rule of a list says. */
static enum action action_of(const struct image_class *class)
{
    return class->exception ? ACTION_ALLOW : class->action;
}

/* Takes in what a list says; true when it ends the search. */
static bool hear(const struct scale *s, const struct best *best, struct verdict *v)
{
    const struct image_class *class = &s->policy->classes[best->class];
    enum action action = action_of(class);
    if (action == ACTION_OBSERVE && v->noted == RULE_NONE)
        v->noted = best->rule;
    if (action == ACTION_OBSERVE && v->rule != RULE_NONE)
        return false;
    bool only_looks = s->policy->groups[s->group].observe_only && action_blocks(action);
    v->wanted = action;
    v->action = only_looks ? ACTION_OBSERVE : action;
    v->evidence = class->evidence;
    v->list = class->list;
    v->rule = best->rule;
    return action != ACTION_OBSERVE;
}

static struct verdict verdict_none(const struct subject *subject)
{
    return (struct verdict){.group = subject->group, .rule = RULE_NONE, .noted = RULE_NONE};
}

struct verdict decide(const struct policy *policy, const struct subject *subject)
{
    struct verdict v = verdict_none(subject);
    struct scale s;
    if (subject->group >= policy->group_count)
        return v;
    weigh_subject(&s, policy, subject);
    for (unsigned word = 0; word < COUNT_OF(s.spoke); word++)
        for (uint64_t left = s.spoke[word]; left != 0; left &= left - 1)
            if (hear(&s, &s.best[word * 64 + (unsigned)__builtin_ctzll(left)], &v))
                return v;
    return v;
}

struct verdict decide_aloud(const struct policy *policy, const struct subject *subject,
                            struct said said[LISTS_MOST], unsigned *count)
{
    struct verdict v = verdict_none(subject);
    struct scale s = {.policy = policy};
    *count = 0;
    if (subject->group >= policy->group_count)
        return v;
    weigh_subject(&s, policy, subject);
    const struct image_group *group = &policy->groups[subject->group];
    for (unsigned rank = 0; rank < group->lists; rank++) {
        struct said *say = &said[(*count)++];
        *say = (struct said){policy->order[group->order + rank], ACTION_PASS, RULE_NONE};
        if ((s.spoke[rank / 64] >> rank % 64 & 1) == 0)
            continue;
        say->action = action_of(&policy->classes[s.best[rank].class]);
        say->rule = s.best[rank].rule;
        if (hear(&s, &s.best[rank], &v))
            break;
    }
    return v;
}

void decide_prefetch(const struct policy *policy, const struct name *name)
{
    struct probes probes;
    probes_find(policy, name, &probes);
    for (unsigned i = 0; i < probes.count; i++) {
        uint64_t hash = probes.suffixes.hash[probes.labels[i]];
        uint32_t home = bucket_home(hash, policy->bucket_count), n = 0;
        if (next_match(policy, home, hash, &n))
            fetch_record(policy, home);
    }
}

uint16_t policy_group_of(const struct policy *policy, const struct address *client)
{
    uint32_t at = prefix_find(policy->clients, policy->client_count, client);
    uint32_t group = at != INDEX_NONE ? policy->clients[at].owner : policy->header->default_group;
    return group == INDEX_NONE ? GROUP_NONE : (uint16_t)group;
}
