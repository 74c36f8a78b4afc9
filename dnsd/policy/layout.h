/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * layout - the bytes of a policy image.
 *
 * Used by build.c, which writes them, image.c, which checks them, and decide.c, which reads them;
 * by no other file of dnsd. Numbers have the byte order of the machine that compiled. Offsets,
 * never pointers.
 *
 *   header
 *   buckets      for each bucket where its prints and its record begin; one more for their ends
 *   prints       for each name a byte of its hash; these two are small enough for the second cache,
 *                and most look-ups that find nothing read nothing else
 *   names        the records: where each name's entry ends, and the entries
 *   classes      all that rules have in common: list, kind, action, evidence, texts, groups
 *   addresses    sorted prefixes with rules
 *   clients      sorted prefixes with groups
 *   protocols    protocols with rules
 *   lists, groups
 *   order        for each group its lists in order, then for each list its rank in the group
 *   strings      texts, each ended by a zero byte, "" first
 *
 * A rule is known by one number: the offset of its entry in names; behind those the addresses;
 * behind those the protocols.
 */
#ifndef POLICY_LAYOUT_H
#define POLICY_LAYOUT_H

#include "base/address.h"
#include "base/hash.h"
#include "dns/name.h"

#include <assert.h>
#include <endian.h>

enum {
    IMAGE_VERSION = 1,
    IMAGE_ORDER = 0x01020304,
    IMAGE_ALIGN = 64,
    BUCKET_NAMES = 12,         /* in the mean */
    BUCKET_MOST = 255,         /* names of one bucket, rules of one prefix */
    BUCKET_BYTES = UINT16_MAX, /* of its entries */
    ENTRY_LINE = 3,
    ENTRY_LEAST = ENTRY_LINE + 3 + 1, /* line, class, a root: what entry_at() reads */
    PRINTS_PAD = 8,                   /* prints are read by eight */
    LINE_MOST = 0xffffff,
    CLASSES_MOST = 0x7fffff,
    IMAGE_GROUPS_MOST = 256,
    IMAGE_LISTS_MOST = 256,
    RANK_NONE = UINT16_MAX,
    INDEX_NONE = UINT32_MAX
};

static const uint8_t image_magic[8] = {'P', 'O', 'N', 'O', 'R', '\r', '\n', 0x1a};

enum part {
    PART_BUCKETS,
    PART_PRINTS,
    PART_NAMES,
    PART_CLASSES,
    PART_ADDRESSES,
    PART_CLIENTS,
    PART_PROTOCOLS,
    PART_LISTS,
    PART_GROUPS,
    PART_ORDER,
    PART_STRINGS,
    PART_COUNT
};

struct image_header {
    uint8_t magic[8];
    uint32_t version, byte_order;
    uint8_t checksum[32]; /* SHA-256 of all bytes behind it */
    uint64_t bytes, compiled_at;
    struct hash_key key;
    uint64_t below_labels[2], exact_labels[2]; /* bit n: some domain (name) has n labels */
    uint32_t default_group, unused;            /* INDEX_NONE: no group of that id */
    struct {
        uint64_t at, bytes;
    } parts[PART_COUNT];
};

/* The names whose hash leads here are prints `first` to that of the next bucket; their record is
 * at `record` in names. */
struct image_bucket {
    uint32_t first, record;
};

struct image_class {
    uint64_t groups[IMAGE_GROUPS_MOST / 64]; /* bit n: holds for group n */
    uint32_t until;
    uint32_t ticket, note, source; /* offsets into strings */
    uint32_t redirect, redirect_bytes;
    uint16_t list;
    uint8_t kind, exception, action, evidence, redirect_is_name, unused;
};

/* `parent`: the nearest entry before it that holds it. `owner`: a class, or a group. */
struct image_prefix {
    struct address base;
    uint32_t bits, parent, owner, line;
};

struct image_protocol {
    uint32_t protocol, owner, line;
};

struct image_list {
    uint64_t serial;
    uint8_t content[16]; /* of SHA-256 of the file */
    uint32_t id, title, app, authority, reference, owner, ticket, file;
    uint32_t rules, review_by, ede, unused;
};

struct image_group {
    uint32_t id;
    uint32_t order, rank; /* indexes into order */
    uint16_t lists;
    uint8_t observe_only, remove_ech, strict, unused[3];
};

static_assert(sizeof(struct image_class) == 64, "no hole that compile would have to clear");
static_assert(sizeof(struct image_prefix) == 32, "no hole");

/* A mapped image: where its parts are. Everything it points at was checked by policy_open(). */
struct policy {
    const struct image_header *header;
    const struct image_bucket *buckets;
    const uint8_t *prints, *names;
    const struct image_class *classes;
    const struct image_prefix *addresses, *clients;
    const struct image_protocol *protocols;
    const struct image_list *lists;
    const struct image_group *groups;
    const uint16_t *order;
    const char *strings;
    uint32_t bucket_count, name_count, names_bytes, class_count, address_count, client_count,
        protocol_count, list_count, group_count, order_count, strings_bytes;
    size_t bytes;   /* of the mapping */
    uint32_t today; /* exceptions that ended before it do not hold */
};

static inline uint32_t bucket_home(uint64_t hash, uint32_t bucket_count)
{
    return (uint32_t)((hash >> 32) * bucket_count >> 32);
}

static inline uint8_t print_of(uint64_t hash)
{
    return (uint8_t)hash;
}

/* Bit n: prints[n] is `print`; for the first `count` of at most eight. */
static inline unsigned prints_equal(const uint8_t *prints, uint32_t count, uint8_t print)
{
    const uint64_t ones = 0x0101010101010101, low_bits = 0x7f7f7f7f7f7f7f7f;
    uint64_t word;
    memcpy(&word, prints, sizeof word);
    word = le64toh(word) ^ ones * print;
    /* Bit 7 of each byte that is zero, exactly; then these bits side by side. */
    word = ~(((word & low_bits) + low_bits) | word | low_bits) >> 7;
    unsigned found = (unsigned)(word * 0x0102040810204080 >> 56);
    return count < 8 ? found & ((1u << count) - 1) : found;
}

/* A record: for each name where its entry ends, counted from the first entry, in 16 bits; then the
 * entries. Gives where the n-th begins or, for n - 1, ends. */
static inline const uint8_t *entry_border(const uint8_t *record, uint32_t count, uint32_t n)
{
    uint16_t border = 0;
    if (n > 0)
        memcpy(&border, record + 2 * (size_t)(n - 1), sizeof border);
    return record + 2 * (size_t)count + border;
}

/* An entry: the line in 24 bits, the class in one byte or three, the wire form of the name. */
struct entry_view {
    uint32_t line, class;
    const uint8_t *wire;
};

static inline struct entry_view entry_at(const uint8_t *at)
{
    struct entry_view view = {(uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2], at[3], at + 4};
    if ((at[3] & 0x80) != 0) {
        view.class = (uint32_t)(at[3] & 0x7f) << 16 | (uint32_t)at[4] << 8 | at[5];
        view.wire = at + 6;
    }
    return view;
}

#endif
