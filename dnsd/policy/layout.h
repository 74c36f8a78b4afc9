/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * layout - the bytes of a policy image.
 *
 * Used by build.c, which writes them, image.c, which checks them, and decide.c, which reads them;
 * by no other file of dnsd. Numbers have the byte order of the machine that compiled. Offsets,
 * never pointers.
 *
 *   header
 *   buckets      cache lines of the hash table of names
 *   names        24-bit line and wire form of each name, grouped by class; then padding
 *   firsts       for each class the offset of its first name: finds the class of a name
 *   classes      all that rules have in common: list, kind, action, evidence, texts, groups
 *   addresses    sorted prefixes with rules
 *   clients      sorted prefixes with groups
 *   protocols    protocols with rules
 *   lists, groups
 *   order        for each group its lists in order, then for each list its rank in the group
 *   strings      texts, each ended by a zero byte, "" first
 *
 * A rule is known by one number: the offset of its name; behind those the addresses; behind those
 * the protocols.
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
    BUCKET_SLOTS = 12,
    BUCKET_CHAIN_MOST = 64, /* buckets that one look-up may visit */
    ENTRY_LINE = 3,         /* bytes of the line number before a name */
    ENTRY_MOST = ENTRY_LINE + NAME_MAX_WIRE,
    LINE_MOST = 0xffffff,
    IMAGE_GROUPS_MOST = 256,
    IMAGE_LISTS_MOST = 256,
    RANK_NONE = UINT16_MAX,
    INDEX_NONE = UINT32_MAX
};

static const uint8_t image_magic[8] = {'P', 'O', 'N', 'O', 'R', '\r', '\n', 0x1a};

enum part {
    PART_BUCKETS,
    PART_NAMES,
    PART_FIRSTS,
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
    uint32_t name_count, default_group;        /* INDEX_NONE: no group of that id */
    struct {
        uint64_t at, bytes;
    } parts[PART_COUNT];
};

/* One cache line. `more`: an entry that belongs here may stand in the next bucket. */
struct image_bucket {
    uint8_t prints[BUCKET_SLOTS];
    uint8_t count, more, unused[2];
    uint32_t entries[BUCKET_SLOTS]; /* offsets into names */
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

static_assert(sizeof(struct image_bucket) == 64, "a bucket is a cache line");
static_assert(sizeof(struct image_class) == 64, "no hole that compile would have to clear");
static_assert(sizeof(struct image_prefix) == 32, "no hole");

/* A mapped image: where its parts are. Everything it points at was checked by policy_open(). */
struct policy {
    const struct image_header *header;
    const struct image_bucket *buckets;
    const uint8_t *names;
    const uint32_t *firsts;
    const struct image_class *classes;
    const struct image_prefix *addresses, *clients;
    const struct image_protocol *protocols;
    const struct image_list *lists;
    const struct image_group *groups;
    const uint16_t *order;
    const char *strings;
    uint32_t bucket_count, names_bytes, class_count, address_count, client_count, protocol_count,
        list_count, group_count, order_count, strings_bytes;
    size_t bytes;   /* of the mapping */
    uint32_t today; /* exceptions that ended before it do not hold */
};

/* Bits of `prints` equal to `print`: bit n for slot n, among the first `count`. */
static inline unsigned bucket_matches(const struct image_bucket *bucket, uint8_t print)
{
    uint64_t ones = 0x0101010101010101, low, high = 0;
    memcpy(&low, bucket->prints, 8);
    memcpy(&high, bucket->prints + 8, 4);
    low = le64toh(low) ^ ones * print;
    high = le64toh(high) ^ ones * print;
    /* Bit 7 of each byte that is zero, exactly; then these bits side by side. */
    low = ~(((low & ~(ones << 7)) + ~(ones << 7)) | low | ~(ones << 7)) >> 7;
    high = ~(((high & ~(ones << 7)) + ~(ones << 7)) | high | ~(ones << 7)) >> 7;
    unsigned found = (unsigned)(low * 0x0102040810204080 >> 56) |
                     (unsigned)(high * 0x0102040810204080 >> 56) << 8;
    return found & ((1u << bucket->count) - 1);
}

static inline uint32_t bucket_home(uint64_t hash, uint32_t bucket_count)
{
    return (uint32_t)((hash >> 32) * bucket_count >> 32);
}

static inline uint8_t bucket_print(uint64_t hash)
{
    return (uint8_t)hash;
}

static inline uint32_t entry_line(const uint8_t *entry)
{
    return (uint32_t)entry[0] << 16 | (uint32_t)entry[1] << 8 | entry[2];
}

/* The class of the name at `offset`: the last whose first name is not behind it. */
static inline uint32_t class_of(const uint32_t *firsts, uint32_t count, uint32_t offset)
{
    uint32_t low = 0;
    while (count > 1) {
        uint32_t half = count / 2;
        low += firsts[low + half] <= offset ? half : 0;
        count -= half;
    }
    return low;
}

#endif
