/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * seal - gathered rules become the tables of an image, and a file.
 */
#include "policy/seal.h"

#include "policy/suffixes.h"

#include <openssl/evp.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { FETCH_AHEAD = 16 };

static const struct image_class *class_at(const struct build *build, uint32_t class)
{
    return (const struct image_class *)(const void *)build->classes.bytes + class;
}

static const char *entry_text(const struct build *build, const struct entry *entry,
                              char out[NAME_TEXT_SIZE])
{
    struct name name = {.length = entry->length, .labels = entry->labels};
    memcpy(name.wire, (const uint8_t *)build->wire.at + entry->wire, entry->length);
    return name_text(&name, out);
}

/* A rule met again in its own list: counted when it says the same, else a contradiction. */
static void note_repeat(struct build *build, uint32_t class, uint32_t line, uint32_t old_class,
                        uint32_t old_line, const char *text, struct problems *problems)
{
    const struct image_class *a = class_at(build, class), *b = class_at(build, old_class);
    struct repeats *repeats = &build->repeats[a->list];
    uint32_t first = line < old_line ? line : old_line, later = line < old_line ? old_line : line;
    if (a->action != b->action) {
        problem_error(problems, build->paths[a->list], later, 0,
                      "%s has another action in line %u; leave one of the two", text, first);
        return;
    }
    if (repeats->count++ == 0) {
        repeats->line = later;
        repeats->first_line = first;
    }
}

/* Would these two say the same about the same? Exceptions for other groups or other times do not.
 */
static bool is_repeat(const struct build *build, uint32_t a, uint32_t b)
{
    const struct image_class *x = class_at(build, a), *y = class_at(build, b);
    return x->list == y->list && x->kind == y->kind && x->exception == y->exception &&
           x->until == y->until && memcmp(x->groups, y->groups, sizeof x->groups) == 0;
}

/* Entry numbers by bucket, else as they came; each bucket's `first` becomes the end of its own.
 * NULL when memory is out. */
static uint32_t *order_entries(const struct build *build)
{
    const struct entry *entries = build->entries.at;
    uint32_t count = (uint32_t)build->entries.count, sum = 0;
    uint32_t *order = calloc(count + 1u, sizeof *order);
    if (order == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        build->buckets[bucket_home(entries[i].hash, build->bucket_count)].first++;
    for (uint32_t i = 0; i <= build->bucket_count; i++) {
        uint32_t here = build->buckets[i].first;
        build->buckets[i].first = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++)
        order[build->buckets[bucket_home(entries[i].hash, build->bucket_count)].first++] = i;
    return order;
}

/* The entries of one bucket that are not repeats, ready to be written. */
struct gathered {
    const struct entry *entries[BUCKET_MOST];
    unsigned count;
    size_t bytes;
};

static const uint8_t *entry_wire(const struct build *build, const struct entry *entry)
{
    return (const uint8_t *)build->wire.at + entry->wire;
}

static size_t entry_bytes(const struct entry *entry)
{
    return ENTRY_LINE + (entry->class < 0x80 ? 1u : 3u) + entry->length;
}

static void gather_entry(struct build *build, struct gathered *to, const struct entry *entry,
                         struct problems *problems)
{
    char text[NAME_TEXT_SIZE];
    for (unsigned i = 0; i < to->count; i++) {
        const struct entry *old = to->entries[i];
        if (old->hash != entry->hash || old->length != entry->length ||
            memcmp(entry_wire(build, old), entry_wire(build, entry), entry->length) != 0 ||
            !is_repeat(build, entry->class, old->class))
            continue;
        note_repeat(build, entry->class, entry->line, old->class, old->line,
                    entry_text(build, entry, text), problems);
        return;
    }
    if (to->count == BUCKET_MOST || to->bytes + entry_bytes(entry) > BUCKET_BYTES) {
        problem_error(problems, build->paths[class_at(build, entry->class)->list], entry->line, 0,
                      "%s stands in too many rules; leave some of them out",
                      entry_text(build, entry, text));
        return;
    }
    to->entries[to->count++] = entry;
    to->bytes += entry_bytes(entry);
}

static void count_rule(struct build *build, uint32_t class)
{
    build->lists[class_at(build, class)->list].rules += !class_at(build, class)->exception;
}

static uint8_t *write_entry(const struct build *build, const struct entry *entry, uint8_t *to)
{
    *to++ = (uint8_t)(entry->line >> 16);
    *to++ = (uint8_t)(entry->line >> 8);
    *to++ = (uint8_t)entry->line;
    if (entry->class >= 0x80) {
        *to++ = (uint8_t)(0x80 | entry->class >> 16);
        *to++ = (uint8_t)(entry->class >> 8);
    }
    *to++ = (uint8_t)entry->class;
    memcpy(to, entry_wire(build, entry), entry->length);
    return to + entry->length;
}

static void write_bucket(struct build *build, const struct gathered *from)
{
    uint8_t *ends = build->names + build->names_bytes;
    uint8_t *first = ends + 2 * (size_t)from->count, *at = first;
    for (unsigned i = 0; i < from->count; i++) {
        const struct entry *entry = from->entries[i];
        bool below = class_at(build, entry->class)->kind == RULE_DOMAIN;
        uint64_t *labels = below ? build->header.below_labels : build->header.exact_labels;
        labels[entry->labels / 64] |= UINT64_C(1) << entry->labels % 64;
        at = write_entry(build, entry, at);
        uint16_t end = (uint16_t)(at - first);
        memcpy(ends + 2 * (size_t)i, &end, sizeof end);
        build->prints[build->name_count++] = print_of(entry->hash);
        count_rule(build, entry->class);
    }
    build->names_bytes = (uint32_t)(at - build->names);
}

static bool names_claim(struct build *build)
{
    size_t count = build->entries.count;
    build->bucket_count = (uint32_t)(count / BUCKET_NAMES + 1);
    /* Each entry has its end, line and class before the name. */
    size_t bytes = build->wire.count + count * (2 + ENTRY_LINE + 3) + 1;
    build->names = bytes < RULE_NONE ? malloc(bytes) : NULL;
    build->prints = calloc(count + PRINTS_PAD, 1);
    build->buckets = calloc(build->bucket_count + 1u, sizeof *build->buckets);
    return build->names != NULL && build->prints != NULL && build->buckets != NULL;
}

static void seal_names(struct build *build, struct problems *problems)
{
    const struct entry *entries = build->entries.at;
    uint32_t *order = names_claim(build) ? order_entries(build) : NULL;
    if (order == NULL) {
        build->failed = STATUS_NO_MEMORY;
        return;
    }
    for (uint32_t bucket = 0, i = 0; bucket < build->bucket_count; bucket++) {
        uint32_t end = build->buckets[bucket].first;
        struct gathered gathered;
        gathered.count = 0;
        gathered.bytes = 0;
        for (; i < end; i++) {
            if (i + FETCH_AHEAD < build->entries.count) {
                __builtin_prefetch(&entries[order[i + FETCH_AHEAD]]);
                __builtin_prefetch(entry_wire(build, &entries[order[i + FETCH_AHEAD / 2]]));
            }
            gather_entry(build, &gathered, &entries[order[i]], problems);
        }
        build->buckets[bucket] = (struct image_bucket){build->name_count, build->names_bytes};
        write_bucket(build, &gathered);
    }
    build->buckets[build->bucket_count] =
        (struct image_bucket){build->name_count, build->names_bytes};
    free(order);
}

static int prefix_order(const void *left, const void *right)
{
    const struct image_prefix *a = left, *b = right;
    int order = memcmp(&a->base, &b->base, sizeof a->base);
    if (order == 0)
        order = (a->bits > b->bits) - (a->bits < b->bits);
    if (order == 0)
        order = (a->owner > b->owner) - (a->owner < b->owner);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static bool same_prefix(const struct image_prefix *a, const struct image_prefix *b)
{
    return a->bits == b->bits && address_equal(&a->base, &b->base);
}

/* Takes out what stands twice. Prefixes are sorted, so it stands together. */
static void drop_repeats(struct build *build, struct problems *problems)
{
    struct image_prefix *prefixes = build->addresses.at;
    size_t kept = 0, first = 0; /* first: of those kept that are the same prefix */
    for (size_t i = 0; i < build->addresses.count; i++) {
        const struct image_prefix at = prefixes[i];
        if (kept > 0 && !same_prefix(&prefixes[first], &at))
            first = kept;
        size_t old = first;
        while (old < kept && !is_repeat(build, prefixes[old].owner, at.owner))
            old++;
        char text[PREFIX_TEXT_SIZE];
        const struct prefix shown = {at.base, (uint8_t)at.bits};
        if (old < kept) {
            note_repeat(build, at.owner, at.line, prefixes[old].owner, prefixes[old].line,
                        prefix_text(&shown, text), problems);
            continue;
        }
        if (kept - first == BUCKET_MOST) {
            problem_error(problems, build->paths[class_at(build, at.owner)->list], at.line, 0,
                          "%s stands in too many rules; leave some of them out",
                          prefix_text(&shown, text));
            continue;
        }
        prefixes[kept++] = at;
        count_rule(build, at.owner);
    }
    build->addresses.count = kept;
}

/* The parent of a prefix is the last before it that holds it, found along the parents of the one
 * just before. */
static void link_parents(struct array *array)
{
    struct image_prefix *prefixes = array->at;
    for (size_t i = 1; i < array->count; i++) {
        uint32_t parent = (uint32_t)i - 1;
        while (parent != INDEX_NONE) {
            const struct prefix holder = {prefixes[parent].base, (uint8_t)prefixes[parent].bits};
            if (prefix_holds(&holder, &prefixes[i].base))
                break;
            parent = prefixes[parent].parent;
        }
        prefixes[i].parent = parent;
    }
}

static void sort_prefixes(struct array *array)
{
    if (array->count > 1)
        qsort(array->at, array->count, sizeof(struct image_prefix), prefix_order);
}

/* After sorting, the same clients stand side by side. */
static void refuse_shared(const struct build *build, const char *config_file,
                          struct problems *problems)
{
    const struct image_prefix *clients = build->clients.at;
    const struct image_group *groups = build->groups.at;
    for (size_t i = 1; i < build->clients.count; i++) {
        const struct prefix shown = {clients[i].base, (uint8_t)clients[i].bits};
        const char *strings = (const char *)build->strings.bytes;
        char text[PREFIX_TEXT_SIZE];
        if (same_prefix(&clients[i - 1], &clients[i]))
            problem_error(problems, config_file, clients[i].line, 0,
                          "clients %s of group %s stand in group %s too; take them out of one",
                          prefix_text(&shown, text), strings + groups[clients[i].owner].id,
                          strings + groups[clients[i - 1].owner].id);
    }
}

enum status build_seal(struct build *build, const char *config_file, struct problems *problems)
{
    if (build->failed == STATUS_OK)
        seal_names(build, problems);
    sort_prefixes(&build->addresses);
    drop_repeats(build, problems);
    link_parents(&build->addresses);
    sort_prefixes(&build->clients);
    link_parents(&build->clients);
    refuse_shared(build, config_file, problems);
    for (size_t i = 0; i < build->protocols.count; i++) {
        const struct image_protocol *protocols = build->protocols.at;
        count_rule(build, protocols[i].owner);
    }
    for (uint16_t i = 0; i < build->list_count; i++) {
        const struct repeats *repeats = &build->repeats[i];
        if (repeats->count > 0)
            problem_warning(problems, build->paths[i], repeats->line, 0,
                            "already said in line %u (%u such rules were left out); remove it",
                            repeats->first_line, repeats->count);
    }
    return build->failed;
}

uint32_t build_rules(const struct build *build, uint16_t list)
{
    return build->lists[list].rules;
}

/* A file being written from front to back, and the checksum of what was written. */
struct output {
    int fd;
    EVP_MD_CTX *digest;
    uint64_t at;
    bool failed;
};

static void put(struct output *to, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    if (to->failed || length == 0)
        return;
    to->failed = EVP_DigestUpdate(to->digest, bytes, length) != 1;
    while (length > 0 && !to->failed) {
        ssize_t done = pwrite(to->fd, from, length, (off_t)to->at);
        if (done < 0 && errno == EINTR)
            continue;
        to->failed = done <= 0;
        if (done > 0) {
            from += done;
            to->at += (uint64_t)done;
            length -= (size_t)done;
        }
    }
}

static void put_zeros(struct output *to, uint64_t until)
{
    static const uint8_t zeros[IMAGE_ALIGN];
    if (until > to->at && !to->failed) /* then it is less than IMAGE_ALIGN */
        put(to, zeros, (size_t)(until - to->at));
}

static uint64_t align(uint64_t at)
{
    return (at + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
}

/* Lays the parts out behind the header. */
static void lay_out(const struct build *build, struct image_header *header,
                    struct span parts[PART_COUNT])
{
    const struct span all[PART_COUNT] = {
        [PART_BUCKETS] = {(const uint8_t *)build->buckets,
                          (build->bucket_count + 1u) * sizeof *build->buckets},
        [PART_PRINTS] = {build->prints, (size_t)build->name_count + PRINTS_PAD},
        [PART_NAMES] = {build->names, build->names_bytes},
        [PART_CLASSES] = {build->classes.bytes, build->classes.used},
        [PART_ADDRESSES] = {build->addresses.at,
                            build->addresses.count * sizeof(struct image_prefix)},
        [PART_CLIENTS] = {build->clients.at, build->clients.count * sizeof(struct image_prefix)},
        [PART_PROTOCOLS] = {build->protocols.at,
                            build->protocols.count * sizeof(struct image_protocol)},
        [PART_LISTS] = {(const uint8_t *)build->lists, build->list_count * sizeof build->lists[0]},
        [PART_GROUPS] = {build->groups.at, build->groups.count * sizeof(struct image_group)},
        [PART_ORDER] = {build->order.at, build->order.count * sizeof(uint16_t)},
        [PART_STRINGS] = {build->strings.bytes, build->strings.used},
    };
    uint64_t at = align(sizeof *header);
    for (unsigned i = 0; i < PART_COUNT; i++) {
        /* The padding behind the last text or redirect ends it. */
        uint64_t bytes = all[i].length + (i == PART_STRINGS);
        parts[i] = all[i];
        header->parts[i].at = at;
        header->parts[i].bytes = bytes;
        at = align(at + bytes);
    }
    header->bytes = at;
}

enum status build_write(const struct build *build, uint64_t compiled_at, int out)
{
    enum { HASHED_FROM = offsetof(struct image_header, checksum) + 32 };
    struct output to = {.fd = out, .digest = EVP_MD_CTX_new(), .at = HASHED_FROM};
    struct image_header header = build->header;
    struct span parts[PART_COUNT];

    memcpy(header.magic, image_magic, sizeof header.magic);
    header.version = IMAGE_VERSION;
    header.byte_order = IMAGE_ORDER;
    header.key = build->key;
    header.compiled_at = compiled_at;
    lay_out(build, &header, parts);
    to.failed = to.digest == NULL || EVP_DigestInit_ex(to.digest, EVP_sha256(), NULL) != 1;
    if (to.failed)
        goto done;
    put(&to, (const uint8_t *)&header + HASHED_FROM, sizeof header - HASHED_FROM);
    for (unsigned i = 0; i < PART_COUNT; i++) {
        put_zeros(&to, header.parts[i].at);
        put(&to, parts[i].at, parts[i].length);
    }
    put_zeros(&to, header.bytes);
    to.failed |= EVP_DigestFinal_ex(to.digest, header.checksum, NULL) != 1 ||
                 pwrite(out, &header, HASHED_FROM, 0) != HASHED_FROM;
done:
    EVP_MD_CTX_free(to.digest);
    return to.failed ? STATUS_SYSTEM : STATUS_OK;
}
