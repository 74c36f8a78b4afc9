/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * image - a compiled policy mapped, checked, and read in words.
 */
#include "policy/image.h"

#include "base/log.h"
#include "policy/layout.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

static const struct image_header no_header = {.default_group = INDEX_NONE};
static const struct policy no_policy = {
    .header = &no_header, .names = (const uint8_t *)"", .strings = ""};

const struct policy *policy_none(void)
{
    return &no_policy;
}

/* One part as an array; NULL when it does not lie whole and aligned behind the part before it. */
static const void *part_of(const struct image_header *header, enum part part, size_t element,
                           uint32_t *count)
{
    uint64_t at = header->parts[part].at, bytes = header->parts[part].bytes;
    uint64_t before =
        part == 0 ? sizeof *header : header->parts[part - 1].at + header->parts[part - 1].bytes;
    if (at % IMAGE_ALIGN != 0 || at < before || at > header->bytes || bytes > header->bytes - at ||
        bytes % element != 0 || bytes / element >= UINT32_MAX)
        return NULL;
    *count = (uint32_t)(bytes / element);
    return (const uint8_t *)header + at;
}

static bool parts_are_sound(struct policy *p)
{
    const struct image_header *h = p->header;
    p->buckets = part_of(h, PART_BUCKETS, sizeof *p->buckets, &p->bucket_count);
    p->prints = part_of(h, PART_PRINTS, 1, &p->name_count);
    p->names = part_of(h, PART_NAMES, 1, &p->names_bytes);
    p->classes = part_of(h, PART_CLASSES, sizeof *p->classes, &p->class_count);
    p->addresses = part_of(h, PART_ADDRESSES, sizeof *p->addresses, &p->address_count);
    p->clients = part_of(h, PART_CLIENTS, sizeof *p->clients, &p->client_count);
    p->protocols = part_of(h, PART_PROTOCOLS, sizeof *p->protocols, &p->protocol_count);
    p->lists = part_of(h, PART_LISTS, sizeof *p->lists, &p->list_count);
    p->groups = part_of(h, PART_GROUPS, sizeof *p->groups, &p->group_count);
    p->order = part_of(h, PART_ORDER, sizeof *p->order, &p->order_count);
    p->strings = part_of(h, PART_STRINGS, 1, &p->strings_bytes);
    if (p->buckets == NULL || p->prints == NULL || p->names == NULL || p->classes == NULL ||
        p->addresses == NULL || p->clients == NULL || p->protocols == NULL || p->lists == NULL ||
        p->groups == NULL || p->order == NULL || p->strings == NULL)
        return false;
    if (p->bucket_count == 0 || p->name_count < PRINTS_PAD || p->strings_bytes == 0)
        return false;
    p->bucket_count--; /* the last one is an end */
    p->name_count -= PRINTS_PAD;
    uint64_t rules = (uint64_t)p->names_bytes + p->address_count + p->protocol_count;
    return rules < RULE_NONE && p->strings[0] == 0 && p->strings[p->strings_bytes - 1] == 0;
}

/* A record fills its bytes with entries that hold a class and some name. */
static bool record_is_sound(const struct policy *p, uint32_t bucket)
{
    const struct image_bucket *here = &p->buckets[bucket], *next = here + 1;
    uint32_t start = here->record, end = next->record, count = next->first - here->first;
    if (next->first < here->first || count > BUCKET_MOST || end < start || end > p->names_bytes ||
        2 * count > end - start)
        return false;
    const uint8_t *record = p->names + start, *at = record + 2 * (size_t)count;
    for (uint32_t n = 0; n < count; n++) {
        const uint8_t *finish = entry_border(record, count, n + 1);
        if (finish > p->names + end || finish < at + ENTRY_LEAST ||
            entry_at(at).class >= p->class_count)
            return false;
        at = finish;
    }
    return at == p->names + end;
}

static bool names_are_sound(struct policy *p)
{
    for (uint32_t bucket = 0; bucket < p->bucket_count; bucket++)
        if (!record_is_sound(p, bucket))
            return false;
    return p->buckets[p->bucket_count].first == p->name_count;
}

static bool is_text(const struct policy *p, uint32_t offset)
{
    return offset < p->strings_bytes;
}

static bool redirect_is_sound(const struct policy *p, const struct image_class *class)
{
    if (class->redirect > p->strings_bytes ||
        class->redirect_bytes > p->strings_bytes - class->redirect)
        return false;
    if (!class->redirect_is_name)
        return class->redirect_bytes % sizeof(struct address) == 0;
    struct cursor c = cursor_over(p->strings + class->redirect, class->redirect_bytes);
    struct name name;
    return name_read(&c, (struct span){0}, &name) == STATUS_OK && !cursor_more(&c);
}

static bool classes_are_sound(struct policy *p)
{
    for (uint32_t i = 0; i < p->class_count; i++) {
        const struct image_class *class = &p->classes[i];
        if (class->list >= p->list_count || class->kind > RULE_PROTOCOL ||
            class->action >= ACTION_COUNT || class->evidence >= EVIDENCE_COUNT ||
            !is_text(p, class->ticket) || !is_text(p, class->note) || !is_text(p, class->source) ||
            !redirect_is_sound(p, class))
            return false;
    }
    return true;
}

static bool prefixes_are_sound(const struct image_prefix *prefixes, uint32_t count, uint32_t owners)
{
    for (uint32_t i = 0; i < count; i++)
        if (prefixes[i].bits > 128 || prefixes[i].owner >= owners ||
            (prefixes[i].parent != INDEX_NONE && prefixes[i].parent >= i))
            return false;
    return true;
}

static bool addresses_are_sound(struct policy *p)
{
    return prefixes_are_sound(p->addresses, p->address_count, p->class_count);
}

static bool clients_are_sound(struct policy *p)
{
    return prefixes_are_sound(p->clients, p->client_count, p->group_count);
}

static bool protocols_are_sound(struct policy *p)
{
    for (uint32_t i = 0; i < p->protocol_count; i++)
        if (p->protocols[i].owner >= p->class_count || p->protocols[i].protocol >= PROTOCOL_COUNT)
            return false;
    return true;
}

static bool lists_are_sound(struct policy *p)
{
    for (uint32_t i = 0; i < p->list_count; i++) {
        const struct image_list *list = &p->lists[i];
        if (!is_text(p, list->id) || !is_text(p, list->title) || !is_text(p, list->app) ||
            !is_text(p, list->authority) || !is_text(p, list->reference) ||
            !is_text(p, list->owner) || !is_text(p, list->ticket) || !is_text(p, list->file))
            return false;
    }
    return p->list_count <= IMAGE_LISTS_MOST;
}

static bool groups_are_sound(struct policy *p)
{
    uint32_t none = p->header->default_group;
    for (uint32_t i = 0; i < p->group_count; i++) {
        const struct image_group *group = &p->groups[i];
        if (!is_text(p, group->id) || group->order > p->order_count ||
            group->rank > p->order_count || group->lists > p->list_count ||
            group->lists > p->order_count - group->order ||
            p->list_count > p->order_count - group->rank)
            return false;
        for (uint32_t n = 0; n < group->lists; n++)
            if (p->order[group->order + n] >= p->list_count)
                return false;
        for (uint32_t n = 0; n < p->list_count; n++) {
            uint16_t rank = p->order[group->rank + n];
            if (rank != RANK_NONE && (rank >= group->lists || p->order[group->order + rank] != n))
                return false;
        }
    }
    return p->group_count <= IMAGE_GROUPS_MOST && (none == INDEX_NONE || none < p->group_count);
}

static bool header_is_sound(struct policy *p)
{
    const struct image_header *h = p->header;
    return p->bytes >= sizeof *h && memcmp(h->magic, image_magic, sizeof image_magic) == 0 &&
           h->version == IMAGE_VERSION && h->byte_order == IMAGE_ORDER && h->bytes == p->bytes;
}

static bool checksum_is_right(struct policy *p)
{
    uint8_t digest[sizeof p->header->checksum];
    size_t from = offsetof(struct image_header, checksum) + sizeof digest;
    return EVP_Digest((const uint8_t *)p->header + from, p->bytes - from, digest, NULL,
                      EVP_sha256(), NULL) == 1 &&
           memcmp(digest, p->header->checksum, sizeof digest) == 0;
}

/* In this order: each relies on the ones before. */
static const struct {
    const char *what;
    bool (*is_sound)(struct policy *);
} checks[] = {
    {"header (another version or machine?)", header_is_sound},
    {"parts", parts_are_sound},
    {"checksum", checksum_is_right},
    {"names", names_are_sound},
    {"lists", lists_are_sound},
    {"classes", classes_are_sound},
    {"addresses", addresses_are_sound},
    {"groups", groups_are_sound},
    {"clients", clients_are_sound},
    {"protocols", protocols_are_sound},
};

/* The checks that set where the parts are; the others read all of them. */
enum { CHECKS_OF_PLACES = 2, CHECKS_ALL = COUNT_OF(checks) };

static enum status open_and_check(int fd, size_t check_count, struct policy **out)
{
    struct stat file;
    if (fstat(fd, &file) != 0)
        return STATUS_SYSTEM;
    if (file.st_size < (off_t)sizeof(struct image_header)) {
        log_error("policy image: %lld bytes are too short for one", (long long)file.st_size);
        return STATUS_CORRUPT;
    }
    struct policy *p = calloc(1, sizeof *p);
    if (p == NULL)
        return STATUS_NO_MEMORY;
    p->bytes = (size_t)file.st_size;
    void *map = mmap(NULL, p->bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (map == MAP_FAILED) {
        free(p);
        return STATUS_SYSTEM;
    }
    p->header = map;
    for (size_t i = 0; i < check_count; i++) {
        if (!checks[i].is_sound(p)) {
            log_error("policy image: its %s cannot be right; it is not used", checks[i].what);
            policy_close(p);
            return STATUS_CORRUPT;
        }
    }
    *out = p;
    return STATUS_OK;
}

enum status policy_open(int fd, struct policy **out)
{
    return open_and_check(fd, CHECKS_ALL, out);
}

enum status policy_open_again(int fd, struct policy **out)
{
    const int sealed = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & sealed) != sealed)
        return STATUS_REFUSED;
    return open_and_check(fd, CHECKS_OF_PLACES, out);
}

void policy_close(struct policy *policy)
{
    if (policy == NULL)
        return;
    munmap((void *)(uintptr_t)policy->header, policy->bytes);
    free(policy);
}

void policy_expire(struct policy *policy, uint32_t today)
{
    policy->today = today;
}

struct policy_facts policy_facts(const struct policy *p)
{
    struct policy_facts facts = {
        .compiled_at = p->header->compiled_at,
        .lists = p->list_count,
        .groups = p->group_count,
        .names = p->name_count,
        .addresses = p->address_count,
        .rules = p->name_count + p->address_count + p->protocol_count,
        .bytes = p->bytes,
    };
    memcpy(facts.checksum, p->header->checksum, sizeof facts.checksum);
    return facts;
}

struct list_view policy_list(const struct policy *p, uint16_t list)
{
    const struct image_list *from = &p->lists[list];
    struct list_view view = {
        .id = p->strings + from->id,
        .title = p->strings + from->title,
        .app = p->strings + from->app,
        .authority = p->strings + from->authority,
        .reference = p->strings + from->reference,
        .owner = p->strings + from->owner,
        .ticket = p->strings + from->ticket,
        .file = p->strings + from->file,
        .serial = from->serial,
        .rules = from->rules,
        .review_by = from->review_by,
        .ede = (uint16_t)from->ede,
    };
    memcpy(view.content, from->content, sizeof view.content);
    return view;
}

enum status policy_find_list(const struct policy *p, const char *id, uint16_t *out)
{
    for (uint16_t i = 0; i < p->list_count; i++) {
        if (strcmp(p->strings + p->lists[i].id, id) == 0) {
            *out = i;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

static bool is_name_rule(const struct policy *p, uint32_t rule)
{
    return rule < p->names_bytes;
}

/* Finds line and class of a rule; false when there is no such rule. */
static bool rule_place(const struct policy *p, uint32_t rule, uint32_t *line, uint32_t *class)
{
    if (is_name_rule(p, rule)) {
        if (p->names_bytes - rule < ENTRY_LEAST)
            return false;
        const struct entry_view entry = entry_at(p->names + rule);
        *line = entry.line;
        *class = entry.class;
        return entry.class < p->class_count;
    }
    rule -= p->names_bytes;
    if (rule < p->address_count) {
        *line = p->addresses[rule].line;
        *class = p->addresses[rule].owner;
        return true;
    }
    rule -= p->address_count;
    if (rule >= p->protocol_count)
        return false;
    *line = p->protocols[rule].line;
    *class = p->protocols[rule].owner;
    return true;
}

bool policy_rule(const struct policy *p, uint32_t rule, struct rule_view *out)
{
    uint32_t line, number;
    *out = (struct rule_view){.ticket = "", .note = "", .source = ""};
    if (!rule_place(p, rule, &line, &number))
        return false;
    const struct image_class *class = &p->classes[number];
    *out = (struct rule_view){
        .kind = class->kind,
        .exception = class->exception,
        .action = class->action,
        .evidence = class->evidence,
        .list = class->list,
        .line = line,
        .class = number,
        .ticket = p->strings + class->ticket,
        .note = p->strings + class->note,
        .source = p->strings + class->source,
        .until = class->until,
        .redirect = span_of(p->strings + class->redirect, class->redirect_bytes),
        .redirect_is_name = class->redirect_is_name,
    };
    return true;
}

static void prefix_rule_text(const struct image_prefix *entry, char *out)
{
    const struct prefix prefix = {entry->base, (uint8_t)entry->bits};
    if (prefix.bits == 128)
        address_text(&prefix.base, out);
    else
        prefix_text(&prefix, out);
}

const char *policy_rule_text(const struct policy *p, uint32_t rule, char out[NAME_TEXT_SIZE])
{
    uint32_t line, class;
    out[0] = 0;
    if (!rule_place(p, rule, &line, &class))
        return out;
    if (is_name_rule(p, rule)) {
        const struct entry_view entry = entry_at(p->names + rule);
        struct cursor c = cursor_over(entry.wire, (size_t)(p->names + p->names_bytes - entry.wire));
        struct name name;
        if (name_read(&c, (struct span){0}, &name) == STATUS_OK)
            name_text(&name, out);
        return out;
    }
    rule -= p->names_bytes;
    if (rule < p->address_count)
        prefix_rule_text(&p->addresses[rule], out);
    else
        snprintf(out, NAME_TEXT_SIZE, "%s",
                 protocol_words[p->protocols[rule - p->address_count].protocol]);
    return out;
}

void policy_rules(const struct policy *p, void (*on)(void *owner, uint32_t rule, uint16_t list),
                  void *owner)
{
    for (uint32_t bucket = 0; bucket < p->bucket_count; bucket++) {
        const uint8_t *record = p->names + p->buckets[bucket].record;
        uint32_t count = p->buckets[bucket + 1].first - p->buckets[bucket].first;
        for (uint32_t n = 0; n < count; n++) {
            const uint8_t *at = entry_border(record, count, n);
            on(owner, (uint32_t)(at - p->names), p->classes[entry_at(at).class].list);
        }
    }
    for (uint32_t i = 0; i < p->address_count; i++)
        on(owner, p->names_bytes + i, p->classes[p->addresses[i].owner].list);
    for (uint32_t i = 0; i < p->protocol_count; i++)
        on(owner, p->names_bytes + p->address_count + i, p->classes[p->protocols[i].owner].list);
}

struct group_view policy_group(const struct policy *p, uint16_t group)
{
    const struct image_group *from = &p->groups[group];
    return (struct group_view){
        .id = p->strings + from->id,
        .observe_only = from->observe_only,
        .remove_ech = from->remove_ech,
        .strict = from->strict,
        .lists = from->lists,
    };
}

uint16_t policy_group_list(const struct policy *p, uint16_t group, uint16_t n)
{
    return p->order[p->groups[group].order + n];
}

static bool prefix_at(const struct image_prefix *prefixes, uint32_t count, uint32_t n,
                      struct prefix *out)
{
    if (n >= count)
        return false;
    *out = (struct prefix){prefixes[n].base, (uint8_t)prefixes[n].bits};
    return true;
}

bool policy_client_prefix(const struct policy *p, uint32_t n, struct prefix *out)
{
    return prefix_at(p->clients, p->client_count, n, out);
}

bool policy_address_prefix(const struct policy *p, uint32_t n, struct prefix *out)
{
    return prefix_at(p->addresses, p->address_count, n, out);
}
