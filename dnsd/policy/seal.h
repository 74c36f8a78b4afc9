/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * seal - what build.c gathers, before and after it becomes tables.
 *
 * Used by build.c and seal.c alone.
 */
#ifndef POLICY_SEAL_H
#define POLICY_SEAL_H

#include "policy/build.h"
#include "policy/layout.h"

struct array {
    void *at;
    size_t count, room;
};

/* Bytes, each record kept once. */
struct pool {
    uint8_t *bytes;
    size_t used, room;
    struct pool_slot {
        uint32_t hash, place; /* place: offset + 1; 0: empty */
    } * slots;
    uint32_t slot_count, kept;
};

struct entry {
    uint64_t hash;
    uint32_t wire, line, class;
    uint8_t length, labels;
};

struct build {
    enum status failed; /* the first thing that went wrong */
    struct hash_key key;
    struct pool strings, classes;
    struct array wire;                          /* bytes of the names of entries */
    struct array entries;                       /* struct entry */
    struct array addresses, clients, protocols; /* as in the image */
    struct array groups, order;
    struct image_list lists[IMAGE_LISTS_MOST];
    const char *paths[IMAGE_LISTS_MOST]; /* of their files, for messages */
    uint16_t list_count;

    /* Since build_seal(). */
    struct image_header header;
    struct image_bucket *buckets;
    uint8_t *prints, *names;
    uint32_t bucket_count, name_count, names_bytes;
    struct repeats {
        uint32_t count, line, first_line; /* of rules that stand twice; the first such */
    } repeats[IMAGE_LISTS_MOST];
};

#endif
