/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * block - all that knows zstd.h.
 */
#include "sqlite/block.h"

#include "base/writer.h"

#include <stdlib.h>
#include <zstd.h>

enum { LEVEL = 1, LINES_MOST = 64 << 20 };

/* A packed column: a byte that says how wide its values are and how they are kept; of a growing one
 * the first value, 8 bytes; then the values. Numbers are as this machine has them. */
enum {
    KEPT_WIDTH = 3, /* 1 << this many bytes a value */
    KEPT_SAME = 4,  /* one value, which all rows have */
    KEPT_ZSTD = 8
};

struct packer {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
    uint64_t wide[BLOCK_ROWS];
    uint8_t narrow[BLOCK_ROWS * 8];
    uint8_t *room; /* packed or unpacked bytes */
    size_t room_size;
};

struct place {
    uint16_t offset;
    uint8_t width;
    bool is_growing; /* differences to the value before are kept */
};

#define PLACE(field, growing)                                                                      \
    {                                                                                              \
        offsetof(struct block_row, field), sizeof(((struct block_row *)NULL)->field), growing      \
    }

static const struct place places[COLUMN_TEXT] = {
    [COLUMN_AT] = PLACE(at, true),
    [COLUMN_SEQUENCE] = PLACE(sequence, true),
    [COLUMN_DEVICE] = PLACE(device, false),
    [COLUMN_LOST] = PLACE(lost, false),
    [COLUMN_SAMPLED] = PLACE(sampled, false),
    [COLUMN_ITEMS] = PLACE(count, false),
    [COLUMN_DURATION] = PLACE(duration_ns, false),
    [COLUMN_SOURCE] = PLACE(source, false),
    [COLUMN_CLIENT_PORT] = PLACE(client_port, false),
    [COLUMN_SERVER_PORT] = PLACE(server_port, false),
    [COLUMN_KIND] = PLACE(kind, false),
    [COLUMN_FLAGS] = PLACE(flags, false),
    [COLUMN_WAY] = PLACE(way, false),
    [COLUMN_EVIDENCE] = PLACE(evidence, false),
    [COLUMN_SEVERITY] = PLACE(severity, false),
};

static struct place place_of(enum column column)
{
    if (column < COLUMN_TEXT)
        return places[column];
    return (struct place){
        (uint16_t)(offsetof(struct block_row, text) + (column - COLUMN_TEXT) * sizeof(uint32_t)),
        sizeof(uint32_t), false};
}

struct packer *packer_new(void)
{
    struct packer *packer = calloc(1, sizeof *packer);
    if (packer == NULL)
        return NULL;
    packer->pack = ZSTD_createCCtx();
    packer->unpack = ZSTD_createDCtx();
    if (packer->pack == NULL || packer->unpack == NULL) {
        packer_free(packer);
        return NULL;
    }
    ZSTD_CCtx_setParameter(packer->pack, ZSTD_c_compressionLevel, LEVEL);
    return packer;
}

void packer_free(struct packer *packer)
{
    if (packer == NULL)
        return;
    ZSTD_freeCCtx(packer->pack);
    ZSTD_freeDCtx(packer->unpack);
    free(packer->room);
    free(packer);
}

static bool make_room(struct packer *packer, size_t size)
{
    if (size <= packer->room_size)
        return true;
    uint8_t *room = realloc(packer->room, size);
    if (room == NULL)
        return false;
    packer->room = room;
    packer->room_size = size;
    return true;
}

static enum status pack(struct packer *packer, const void *bytes, size_t length, size_t before,
                        bool checksum, size_t *packed)
{
    if (!make_room(packer, before + ZSTD_compressBound(length)))
        return STATUS_NO_MEMORY;
    ZSTD_CCtx_setParameter(packer->pack, ZSTD_c_checksumFlag, checksum);
    *packed = ZSTD_compress2(packer->pack, packer->room + before, packer->room_size - before, bytes,
                             length);
    return ZSTD_isError(*packed) ? STATUS_NO_MEMORY : STATUS_OK;
}

static uint64_t load(const uint8_t *at, unsigned width)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (width) {
    case 1:
        return *at;
    case 2:
        memcpy(&two, at, 2);
        return two;
    case 4:
        memcpy(&four, at, 4);
        return four;
    default:
        memcpy(&eight, at, 8);
        return eight;
    }
}

/* Differences of both signs as small numbers: 0, -1, 1, -2, … */
static uint64_t fold(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static uint64_t unfold(uint64_t folded)
{
    return folded >> 1 ^ (0 - (folded & 1));
}

/* One column of the rows; gives all bits that any value has, and whether all are the same. */
static uint64_t gather(struct packer *packer, const struct block_row *rows, uint32_t count,
                       struct place place, bool *is_same)
{
    const uint8_t *at = (const uint8_t *)rows + place.offset;
    uint64_t *wide = packer->wide, bits = 0, differing = 0;

    for (uint32_t i = 0; i < count; i++, at += sizeof *rows)
        wide[i] = load(at, place.width);
    if (place.is_growing) {
        for (uint32_t i = count - 1; i > 0; i--)
            wide[i] = fold(wide[i] - wide[i - 1]);
        wide[0] = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        bits |= wide[i];
        differing |= wide[i] ^ wide[0];
    }
    *is_same = differing == 0;
    return bits;
}

/* As few bytes a value as hold them all; gives how many. */
static unsigned narrow(struct packer *packer, uint32_t count, uint64_t bits)
{
    const uint64_t *wide = packer->wide;
    if (bits <= UINT8_MAX) {
        for (uint32_t i = 0; i < count; i++)
            packer->narrow[i] = (uint8_t)wide[i];
        return 0;
    }
    if (bits <= UINT16_MAX) {
        for (uint32_t i = 0; i < count; i++)
            memcpy(packer->narrow + (size_t)i * 2, &(uint16_t){(uint16_t)wide[i]}, 2);
        return 1;
    }
    if (bits <= UINT32_MAX) {
        for (uint32_t i = 0; i < count; i++)
            memcpy(packer->narrow + (size_t)i * 4, &(uint32_t){(uint32_t)wide[i]}, 4);
        return 2;
    }
    memcpy(packer->narrow, wide, (size_t)count * 8);
    return 3;
}

/* Packing must save a fifth, else it only costs time when it is read. */
enum status packer_column(struct packer *packer, const struct block_row *rows, uint32_t count,
                          enum column column, struct span *out)
{
    const struct place place = place_of(column);
    const size_t before = place.is_growing ? 9 : 1;
    bool is_same;

    const uint64_t bits = gather(packer, rows, count, place, &is_same);
    const unsigned width = narrow(packer, count, bits);
    const size_t length = (is_same ? 1 : (size_t)count) << width;
    size_t packed;
    const enum status status = pack(packer, packer->narrow, length, before, false, &packed);
    if (status != STATUS_OK)
        return status;
    const bool is_packed = packed < length / 5 * 4;
    if (!is_packed) {
        memcpy(packer->room + before, packer->narrow, length);
        packed = length;
    }
    packer->room[0] = (uint8_t)(width | (is_same ? KEPT_SAME : 0) | (is_packed ? KEPT_ZSTD : 0));
    if (place.is_growing)
        memcpy(packer->room + 1, (const uint8_t *)rows + place.offset, 8);
    *out = span_of(packer->room, before + packed);
    return STATUS_OK;
}

static void grow(struct packer *packer, struct block_values *out, uint32_t count, uint64_t first)
{
    uint64_t value = first;
    for (uint32_t i = 0; i < count; i++)
        packer->wide[i] = value += unfold(block_value(out, i));
    memcpy(out->u64, packer->wide, count * sizeof *out->u64);
    out->width = 8;
    out->is_same = false;
}

enum status packer_values(struct packer *packer, struct span packed, uint32_t count,
                          enum column column, struct block_values *out)
{
    const struct place place = place_of(column);
    const size_t before = place.is_growing ? 9 : 1;

    if (packed.length < before || count == 0 || count > BLOCK_ROWS)
        return STATUS_CORRUPT;
    const uint8_t kept = packed.at[0];
    const struct span bytes = span_behind(packed, before);
    out->width = (uint8_t)(1u << (kept & KEPT_WIDTH));
    out->is_same = (kept & KEPT_SAME) != 0;
    const size_t length = (out->is_same ? 1 : (size_t)count) * out->width;
    if ((kept & KEPT_ZSTD) != 0) {
        if (ZSTD_decompressDCtx(packer->unpack, out->u8, length, bytes.at, bytes.length) != length)
            return STATUS_CORRUPT;
    } else {
        if (bytes.length != length)
            return STATUS_CORRUPT;
        memcpy(out->u8, bytes.at, length);
    }
    if (out->is_same)
        out->same = load(out->u8, out->width);
    if (place.is_growing)
        grow(packer, out, count, load(packed.at + 1, 8));
    return STATUS_OK;
}

void block_fill(struct block_row *row, enum column column, const struct block_values *values,
                uint32_t at)
{
    const struct place place = place_of(column);
    const uint64_t value = block_value(values, at);
    uint8_t *to = (uint8_t *)row + place.offset;

    switch (place.width) {
    case 1:
        *to = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)to = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)to = (uint32_t)value;
        break;
    default:
        *(uint64_t *)to = value;
    }
}

enum status packer_lines(struct packer *packer, struct span lines, struct span *out)
{
    size_t packed;
    const enum status status = pack(packer, lines.at, lines.length, 0, true, &packed);
    if (status == STATUS_OK)
        *out = span_of(packer->room, packed);
    return status;
}

enum status packer_unpack_lines(struct packer *packer, struct span packed, struct span *out)
{
    const unsigned long long length = ZSTD_getFrameContentSize(packed.at, packed.length);
    if (length > LINES_MOST) /* also what says no length */
        return STATUS_CORRUPT;
    if (!make_room(packer, (size_t)length + 1))
        return STATUS_NO_MEMORY;
    if (ZSTD_decompressDCtx(packer->unpack, packer->room, (size_t)length, packed.at,
                            packed.length) != length)
        return STATUS_CORRUPT;
    *out = span_of(packer->room, (size_t)length);
    return STATUS_OK;
}

enum status block_part_of(struct span cuts, size_t step, uint32_t row, uint32_t *part,
                          uint32_t *first)
{
    *part = UINT32_MAX;
    for (size_t at = 0; at + 2 <= cuts.length; at += step) {
        const uint32_t cut = load_u16(cuts.at + at);
        if (cut > row)
            continue;
        *part = (uint32_t)(at / step);
        *first = cut;
    }
    return *part == UINT32_MAX ? STATUS_CORRUPT : STATUS_OK;
}

enum status block_line(struct span lines, uint32_t first, uint32_t row, struct span *out)
{
    for (uint32_t i = first; lines.length >= 4; i++) {
        const uint32_t length = load_u32(lines.at);
        lines = span_behind(lines, 4);
        if (length > lines.length)
            return STATUS_CORRUPT;
        if (i == row) {
            *out = span_of(lines.at, length);
            return STATUS_OK;
        }
        lines = span_behind(lines, length);
    }
    return STATUS_CORRUPT;
}
