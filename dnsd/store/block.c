/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * block - all that knows zstd.h.
 */
#include "store/block.h"

#include <stdlib.h>
#include <zstd.h>

enum { LEVEL = 1, LINES_MOST = 64 << 20 };

struct packer {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
    struct block_values values;
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

static enum status pack(struct packer *packer, const void *bytes, size_t length, bool checksum,
                        struct span *out)
{
    if (!make_room(packer, ZSTD_compressBound(length)))
        return STATUS_NO_MEMORY;
    ZSTD_CCtx_setParameter(packer->pack, ZSTD_c_checksumFlag, checksum);
    const size_t packed =
        ZSTD_compress2(packer->pack, packer->room, packer->room_size, bytes, length);
    if (ZSTD_isError(packed))
        return STATUS_NO_MEMORY;
    *out = span_of(packer->room, packed);
    return STATUS_OK;
}

/* One column of the rows, side by side; whether all are the same. */
static bool gather(struct block_values *v, const struct block_row *rows, uint32_t count,
                   struct place place)
{
    const uint8_t *at = (const uint8_t *)rows + place.offset;
    uint64_t before = 0, differing = 0;

    switch (place.width) {
    case 1:
        for (uint32_t i = 0; i < count; i++, at += sizeof *rows)
            differing |= (uint64_t)((v->u8[i] = *at) ^ v->u8[0]);
        break;
    case 2:
        for (uint32_t i = 0; i < count; i++, at += sizeof *rows)
            differing |= (uint64_t)((v->u16[i] = *(const uint16_t *)at) ^ v->u16[0]);
        break;
    case 4:
        for (uint32_t i = 0; i < count; i++, at += sizeof *rows)
            differing |= (v->u32[i] = *(const uint32_t *)at) ^ v->u32[0];
        break;
    default:
        for (uint32_t i = 0; i < count; i++, at += sizeof *rows) {
            const uint64_t value = *(const uint64_t *)at;
            v->u64[i] = value - before;
            before = place.is_growing ? value : 0;
            differing |= v->u64[i] ^ v->u64[0];
        }
    }
    return differing == 0;
}

/* No frame of zstd is as short as a value: what is not longer than a value is one. */
enum status packer_column(struct packer *packer, const struct block_row *rows, uint32_t count,
                          enum column column, struct span *out)
{
    const struct place place = place_of(column);
    if (gather(&packer->values, rows, count, place) && (!place.is_growing || count == 1)) {
        *out = span_of(packer->values.u8, place.width);
        return STATUS_OK;
    }
    return pack(packer, packer->values.u8, (size_t)count * place.width, false, out);
}

enum status packer_values(struct packer *packer, struct span packed, uint32_t count,
                          enum column column, struct block_values *out)
{
    const struct place place = place_of(column);

    out->width = place.width;
    out->is_same = packed.length == place.width;
    if (out->is_same) {
        memcpy(out->u8, packed.at, place.width);
        out->is_same = false;
        out->same = block_value(out, 0);
        out->is_same = true;
        return STATUS_OK;
    }
    if (count > BLOCK_ROWS)
        return STATUS_CORRUPT;
    const size_t length = (size_t)count * place.width;
    if (ZSTD_decompressDCtx(packer->unpack, out->u8, length, packed.at, packed.length) != length)
        return STATUS_CORRUPT;
    if (place.is_growing)
        for (uint32_t i = 1; i < count; i++)
            out->u64[i] += out->u64[i - 1];
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
    return pack(packer, lines.at, lines.length, true, out);
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
