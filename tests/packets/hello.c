/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets/hello - a ClientHello (RFC 8446 4.1.2) and the records around it.
 */
#include "packets/packets.h"

enum { GREASE = 0x3a3a, GREASE_ALSO = 0xcaca, X25519 = 29, SECP256R1 = 23, X25519MLKEM768 = 4588 };

static void write_filler(struct writer *w, size_t length, uint8_t seed)
{
    uint8_t *place = write_place(w, length);
    uint32_t state = 0x9e3779b9u + seed * 2654435761u;
    for (size_t i = 0; place != NULL && i < length; i++) {
        state = state * 1664525u + 1013904223u;
        place[i] = (uint8_t)(state >> 24);
    }
}

/* A length of two bytes, stored when what it counts has been written. */
static uint8_t *open_block(struct writer *w)
{
    return write_place(w, 2);
}

static void close_block(struct writer *w, uint8_t *block)
{
    if (!w->failed)
        store_u16(block, (uint16_t)(w->at - block - 2));
}

static uint8_t *open_extension(struct writer *w, uint16_t type)
{
    write_u16(w, type);
    return open_block(w);
}

static void write_constant(struct writer *w, uint16_t type, const void *bytes, size_t length)
{
    uint8_t *extension = open_extension(w, type);
    write_bytes(w, bytes, length);
    close_block(w, extension);
}

static void write_server_name(struct writer *w, const char *name)
{
    uint8_t *extension = open_extension(w, 0), *list = open_block(w);
    write_u8(w, 0);
    uint8_t *host = open_block(w);
    write_text(w, name);
    close_block(w, host);
    close_block(w, list);
    close_block(w, extension);
}

static void write_alpn(struct writer *w, const char *names)
{
    uint8_t *extension = open_extension(w, 16), *list = open_block(w);
    for (size_t length = strcspn(names, ",");; names += length + 1) {
        length = strcspn(names, ",");
        write_u8(w, (uint8_t)length);
        write_bytes(w, names, length);
        if (names[length] == 0)
            break;
    }
    close_block(w, list);
    close_block(w, extension);
}

static void write_versions(struct writer *w, const struct packets_hello *hello)
{
    static const uint16_t usual[] = {0x0304, 0x0303, 0};
    const uint16_t *versions = hello->versions != NULL ? hello->versions : usual;
    if (versions[0] == 0)
        return;
    uint8_t *extension = open_extension(w, 43), *count = write_place(w, 1), *start = w->at;
    if (hello->grease)
        write_u16(w, GREASE);
    for (; *versions != 0; versions++)
        write_u16(w, *versions);
    if (!w->failed)
        *count = (uint8_t)(w->at - start);
    close_block(w, extension);
}

static void write_groups(struct writer *w, const struct packets_hello *hello)
{
    uint8_t *extension = open_extension(w, 10), *list = open_block(w);
    if (hello->grease)
        write_u16(w, GREASE);
    if (hello->key_share == PACKETS_MLKEM)
        write_u16(w, X25519MLKEM768);
    write_u16(w, X25519);
    write_u16(w, SECP256R1);
    close_block(w, list);
    close_block(w, extension);
}

static void write_share(struct writer *w, uint16_t group, size_t length, uint8_t seed)
{
    write_u16(w, group);
    write_u16(w, (uint16_t)length);
    write_filler(w, length, seed);
}

static void write_shares(struct writer *w, const struct packets_hello *hello)
{
    size_t length = hello->key_share == 0 ? 32 : hello->key_share;
    uint8_t *extension = open_extension(w, 51), *list = open_block(w);
    if (hello->grease)
        write_share(w, GREASE, 1, hello->seed);
    if (length == PACKETS_MLKEM)
        write_share(w, X25519MLKEM768, length, (uint8_t)(hello->seed + 1));
    write_share(w, X25519, length == PACKETS_MLKEM ? 32 : length, (uint8_t)(hello->seed + 2));
    close_block(w, list);
    close_block(w, extension);
}

/* RFC 9849 5: outer, HKDF-SHA256 and AES-128-GCM, id, encapsulated key, payload. */
static void write_ech(struct writer *w, const struct packets_hello *hello)
{
    uint8_t *extension = open_extension(w, 0xfe0d);
    write_bytes(w, "\0\0\1\0\1", 5);
    write_u8(w, (uint8_t)(hello->seed * 37 + 11));
    write_u16(w, 32);
    write_filler(w, 32, (uint8_t)(hello->seed + 3));
    write_u16(w, (uint16_t)hello->ech);
    write_filler(w, hello->ech, (uint8_t)(hello->seed + 4));
    close_block(w, extension);
}

static void write_extensions(struct writer *w, const struct packets_hello *hello)
{
    uint8_t *all = open_block(w);
    write_span(w, hello->before);
    if (hello->grease)
        write_constant(w, GREASE, "", 0);
    if (hello->server_name != NULL)
        write_server_name(w, hello->server_name);
    write_groups(w, hello);
    write_constant(w, 13, "\0\6\4\3\10\4\4\1", 8);
    if (hello->alpn != NULL)
        write_alpn(w, hello->alpn);
    write_versions(w, hello);
    write_constant(w, 45, "\1\1", 2);
    write_shares(w, hello);
    if (hello->quic) /* initial_max_data, RFC 9000 18.2 */
        write_constant(w, 57, "\4\4\x80\x10\0\0", 6);
    if (hello->ech > 0)
        write_ech(w, hello);
    if (hello->grease)
        write_constant(w, GREASE_ALSO, "", 1);
    if (hello->padding > 0) {
        uint8_t *padding = open_extension(w, 21), *place = write_place(w, hello->padding);
        if (place != NULL)
            memset(place, 0, hello->padding);
        close_block(w, padding);
    }
    write_span(w, hello->behind);
    close_block(w, all);
}

void packets_hello(struct writer *w, const struct packets_hello *hello)
{
    static const uint16_t usual[] = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0};
    uint8_t *start = w->at;
    write_u32(w, 0);
    write_u16(w, hello->legacy_version != 0 ? hello->legacy_version : 0x0303);
    write_filler(w, 32, hello->seed);
    write_u8(w, hello->quic ? 0 : 32);
    write_filler(w, hello->quic ? 0 : 32, (uint8_t)(hello->seed + 5));
    uint8_t *ciphers = open_block(w);
    if (hello->grease)
        write_u16(w, GREASE);
    for (const uint16_t *c = hello->ciphers != NULL ? hello->ciphers : usual; *c != 0; c++)
        write_u16(w, *c);
    close_block(w, ciphers);
    write_u16(w, 0x0100);
    write_extensions(w, hello);
    if (!w->failed)
        store_u32(start, 1u << 24 | (uint32_t)(w->at - start - 4));
}

void packets_record(struct writer *w, uint8_t type, struct span bytes)
{
    write_u8(w, type);
    write_u16(w, 0x0301);
    write_u16(w, (uint16_t)bytes.length);
    write_span(w, bytes);
}

void packets_records(struct writer *w, struct span message, unsigned count)
{
    size_t from = 0;
    for (unsigned i = 1; i <= count; i++) {
        size_t to = message.length * i / count;
        if (to > from)
            packets_record(w, 22, span_of(message.at + from, to - from));
        from = to;
    }
}

void packets_client_hello(struct writer *w, const struct packets_hello *hello, unsigned count)
{
    uint8_t message[1 << 16];
    struct writer m = writer_over(message, sizeof message);
    packets_hello(&m, hello);
    packets_records(w, writer_span(&m), count);
    w->failed |= m.failed;
}
