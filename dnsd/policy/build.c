/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * build - gathering: texts and classes kept once, rules in growing arrays.
 *
 * seal.c makes tables of them and writes.
 */
#include "policy/seal.h"

#include "base/random.h"
#include "policy/suffixes.h"

#include <stdlib.h>

/* Room for `more` elements behind an array's last; NULL after remembering that memory is out. */
static void *append(struct build *build, struct array *array, size_t element, size_t more)
{
    if (array->at == NULL || array->count + more > array->room) {
        size_t room = array->room * 2 + more + 64;
        void *at = reallocarray(array->at, room, element);
        if (at == NULL) {
            build->failed = STATUS_NO_MEMORY;
            return NULL;
        }
        array->at = at;
        array->room = room;
    }
    void *place = (uint8_t *)array->at + array->count * element;
    array->count += more;
    return place;
}

static struct pool_slot *pool_find(const struct pool *pool, uint32_t hash, struct span record)
{
    uint32_t at = hash & (pool->slot_count - 1);
    for (; pool->slots[at].place != 0; at = (at + 1) & (pool->slot_count - 1)) {
        const struct pool_slot *slot = &pool->slots[at];
        if (slot->hash == hash && slot->place - 1 + record.length <= pool->used &&
            memcmp(pool->bytes + slot->place - 1, record.at, record.length) == 0)
            break;
    }
    return &pool->slots[at];
}

static bool pool_widen(struct pool *pool)
{
    uint32_t count = pool->slot_count == 0 ? 256 : pool->slot_count * 2;
    struct pool_slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        uint32_t at = pool->slots[i].hash & (count - 1);
        while (slots[at].place != 0)
            at = (at + 1) & (count - 1);
        slots[at] = pool->slots[i];
    }
    free(pool->slots);
    pool->slots = slots;
    pool->slot_count = count;
    return true;
}

/* The offset of a record in the pool, put there unless it was; 0 and a remembered failure when
 * memory is out. */
static uint32_t pool_keep(struct build *build, struct pool *pool, struct span record)
{
    uint32_t hash = (uint32_t)hash_bytes(&build->key, record.at, record.length);
    if (pool->kept * 2 >= pool->slot_count && !pool_widen(pool))
        goto full;
    struct pool_slot *slot = pool_find(pool, hash, record);
    if (slot->place != 0)
        return slot->place - 1;
    if (pool->used + record.length > pool->room) {
        size_t room = pool->room * 2 + record.length + 4096;
        uint8_t *grown = room < UINT32_MAX ? realloc(pool->bytes, room) : NULL;
        if (grown == NULL)
            goto full;
        pool->bytes = grown;
        pool->room = room;
    }
    memcpy(pool->bytes + pool->used, record.at, record.length);
    *slot = (struct pool_slot){hash, (uint32_t)pool->used + 1};
    pool->used += record.length;
    pool->kept++;
    return slot->place - 1;
full:
    build->failed = STATUS_NO_MEMORY;
    return 0;
}

static uint32_t keep_text(struct build *build, const char *text)
{
    return pool_keep(build, &build->strings, span_of(text, strlen(text) + 1));
}

struct build *build_new(void)
{
    struct build *build = calloc(1, sizeof *build);
    if (build == NULL)
        return NULL;
    random_bytes(&build->key, sizeof build->key);
    keep_text(build, ""); /* at offset 0 */
    build->header.default_group = INDEX_NONE;
    if (build->failed != STATUS_OK) {
        build_free(build);
        return NULL;
    }
    return build;
}

void build_free(struct build *build)
{
    if (build == NULL)
        return;
    void *const owned[] = {build->strings.bytes, build->strings.slots, build->classes.bytes,
                           build->classes.slots, build->wire.at,       build->entries.at,
                           build->addresses.at,  build->clients.at,    build->protocols.at,
                           build->groups.at,     build->order.at,      build->buckets,
                           build->prints,        build->names};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        free(owned[i]);
    free(build);
}

const struct hash_key *build_key(const struct build *build)
{
    return &build->key;
}

uint16_t build_list(struct build *build, const char *path)
{
    if (build->list_count == IMAGE_LISTS_MOST) {
        build->failed = STATUS_TOO_LONG;
        return IMAGE_LISTS_MOST - 1;
    }
    build->paths[build->list_count] = path;
    return build->list_count++;
}

void build_describe(struct build *build, uint16_t list, const struct build_words *words)
{
    struct image_list *to = &build->lists[list];
    to->id = keep_text(build, words->id);
    to->title = keep_text(build, words->title);
    to->app = keep_text(build, words->app);
    to->authority = keep_text(build, words->authority);
    to->reference = keep_text(build, words->reference);
    to->owner = keep_text(build, words->owner);
    to->ticket = keep_text(build, words->ticket);
    to->file = keep_text(build, words->file);
    to->serial = words->serial;
    to->review_by = words->review_by;
    to->ede = words->ede;
    memcpy(to->content, words->content, sizeof to->content);
}

uint32_t build_class(struct build *build, const struct build_class *class)
{
    struct image_class made;
    memset(&made, 0, sizeof made);
    made.list = class->list;
    made.kind = (uint8_t) class->kind;
    made.exception = class->exception;
    made.action = (uint8_t) class->action;
    made.evidence = (uint8_t) class->evidence;
    made.until = class->until;
    made.ticket = keep_text(build, class->ticket);
    made.note = keep_text(build, class->note);
    made.source = keep_text(build, class->source);
    if (class->redirect.length > 0)
        made.redirect = pool_keep(build, &build->strings, class->redirect);
    made.redirect_bytes = (uint32_t) class->redirect.length;
    made.redirect_is_name = class->redirect_is_name;
    for (size_t i = 0; i < COUNT_OF(made.groups); i++)
        made.groups[i] = class->some_groups ? class->groups[i] : UINT64_MAX;
    uint32_t place = pool_keep(build, &build->classes, span_of(&made, sizeof made));
    if (place / sizeof made > CLASSES_MOST)
        build->failed = STATUS_TOO_LONG;
    return place / (uint32_t)sizeof made;
}

void build_name(struct build *build, uint32_t class, const struct name *name, uint64_t hash,
                unsigned line)
{
    if (build->entries.count == BUILD_RULES_MOST || line > LINE_MOST) {
        build->failed = STATUS_TOO_LONG;
        return;
    }
    uint8_t *wire = append(build, &build->wire, 1, name->length);
    struct entry *entry = append(build, &build->entries, sizeof *entry, 1);
    if (wire == NULL || entry == NULL)
        return;
    memcpy(wire, name->wire, name->length);
    entry->hash = hash;
    entry->wire = (uint32_t)(build->wire.count - name->length);
    entry->line = line;
    entry->class = class;
    entry->length = name->length;
    entry->labels = name->labels;
}

static void add_prefix(struct build *build, struct array *array, uint32_t owner,
                       const struct prefix *prefix, unsigned line)
{
    if (array->count == BUILD_ADDRESSES_MOST) {
        build->failed = STATUS_TOO_LONG;
        return;
    }
    struct image_prefix *entry = append(build, array, sizeof *entry, 1);
    if (entry != NULL)
        *entry = (struct image_prefix){prefix->base, prefix->bits, INDEX_NONE, owner, line};
}

void build_address(struct build *build, uint32_t class, const struct prefix *prefix, unsigned line)
{
    add_prefix(build, &build->addresses, class, prefix, line);
}

void build_protocol(struct build *build, uint32_t class, enum protocol protocol, unsigned line)
{
    struct image_protocol *entry = append(build, &build->protocols, sizeof *entry, 1);
    if (entry != NULL)
        *entry = (struct image_protocol){protocol, class, line};
}

void build_group(struct build *build, const struct group_source *source)
{
    uint32_t number = (uint32_t)build->groups.count, start = (uint32_t)build->order.count;
    size_t lists = source->list_count;
    struct image_group *group = append(build, &build->groups, sizeof *group, 1);
    uint16_t *order = append(build, &build->order, sizeof *order, lists + build->list_count);
    if (group == NULL || order == NULL)
        return;
    memset(group, 0, sizeof *group);
    group->id = keep_text(build, source->id);
    group->order = start;
    group->rank = start + (uint32_t)lists;
    group->lists = (uint16_t)lists;
    group->observe_only = source->observe_only;
    group->remove_ech = source->remove_ech;
    group->strict = source->strict;
    for (size_t i = 0; i < build->list_count; i++)
        order[lists + i] = RANK_NONE;
    for (size_t i = 0; i < lists; i++) {
        order[i] = source->lists[i];
        order[lists + source->lists[i]] = (uint16_t)i;
    }
    for (size_t i = 0; i < source->client_count; i++)
        add_prefix(build, &build->clients, number, &source->clients[i], source->line);
    if (strcmp(source->id, "default") == 0)
        build->header.default_group = number;
}
