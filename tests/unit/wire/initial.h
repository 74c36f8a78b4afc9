/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * initial - makes what a QUIC client or server sends first: sealed Initials around CRYPTO frames.
 *
 * Used by tests of quic and sight_quic. Never used to open one: that is what is tested.
 */
#ifndef TESTS_WIRE_INITIAL_H
#define TESTS_WIRE_INITIAL_H

#include "base/writer.h"
#include "wire/quic.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static inline size_t hex_read(const char *text, uint8_t *out)
{
    size_t length = 0;
    for (unsigned byte; sscanf(text + 2 * length, "%2x", &byte) == 1; length++)
        out[length] = (uint8_t)byte;
    return length;
}

struct initial {
    uint32_t version;
    struct span destination, source, token;
    struct span keys_from; /* an id; empty: `destination` */
    enum quic_side side;
    uint32_t number;
    unsigned number_size; /* 1 to 4 */
    size_t least;         /* PADDING makes the packet at least so long */
};

static inline struct initial initial_of(uint32_t version, struct span id)
{
    return (struct initial){.version = version, .destination = id, .number_size = 1};
}

static inline void write_varint2(struct writer *w, size_t value)
{
    write_u16(w, (uint16_t)(0x4000 | value));
}

static inline void write_crypto(struct writer *frames, size_t offset, struct span bytes)
{
    write_u8(frames, 6);
    write_varint2(frames, offset);
    write_varint2(frames, bytes.length);
    write_span(frames, bytes);
}

static inline void write_id(struct writer *w, struct span id)
{
    write_u8(w, (uint8_t)id.length);
    write_span(w, id);
}

/* Encrypts in place behind `header`, and adds the seal; then hides the header. */
static inline void initial_protect(const struct quic_keys *keys, const struct initial *initial,
                                   uint8_t *packet, size_t header, size_t sealed)
{
    uint8_t nonce[12], mask[16];
    size_t number_at = header - initial->number_size;
    int length;
    memcpy(nonce, keys->iv, sizeof nonce);
    for (unsigned i = 0; i < 4; i++)
        nonce[11 - i] ^= (uint8_t)(initial->number >> 8 * i);
    EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new(), *hide = EVP_CIPHER_CTX_new();
    if (EVP_EncryptInit_ex(seal, EVP_aes_128_gcm(), NULL, keys->key, nonce) != 1 ||
        EVP_EncryptUpdate(seal, NULL, &length, packet, (int)header) != 1 ||
        EVP_EncryptUpdate(seal, packet + header, &length, packet + header, (int)sealed) != 1 ||
        EVP_EncryptFinal_ex(seal, packet + header + sealed, &length) != 1 ||
        EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_AEAD_GET_TAG, 16, packet + header + sealed) != 1 ||
        EVP_EncryptInit_ex(hide, EVP_aes_128_ecb(), NULL, keys->header, NULL) != 1 ||
        EVP_EncryptUpdate(hide, mask, &length, packet + number_at + 4, 16) != 1)
        abort();
    packet[0] ^= mask[0] & 0x0f;
    for (unsigned i = 0; i < initial->number_size; i++)
        packet[number_at + i] ^= mask[i + 1];
    EVP_CIPHER_CTX_free(seal);
    EVP_CIPHER_CTX_free(hide);
}

static inline void write_initial(struct writer *w, const struct initial *initial,
                                 struct span frames)
{
    static const uint8_t zeros[2048];
    struct quic_keys keys;
    struct span id = initial->keys_from.length > 0 ? initial->keys_from : initial->destination;
    if (quic_initial_keys(initial->version, id, initial->side, &keys) != STATUS_OK)
        abort();
    uint8_t *packet = w->at;
    uint8_t type = initial->version == QUIC_V2 ? 0x10 : 0;
    write_u8(w, (uint8_t)(0xc0 | type | (initial->number_size - 1)));
    write_u32(w, initial->version);
    write_id(w, initial->destination);
    write_id(w, initial->source);
    if (initial->side == QUIC_CLIENT && initial->token.length >= 64)
        abort();
    write_id(w, initial->token); /* below 64 bytes a varint is a byte */
    size_t header = (size_t)(w->at - packet) + 2 + initial->number_size;
    size_t padding = 0;
    if (header + frames.length + 16 < initial->least)
        padding = initial->least - header - frames.length - 16;
    if (initial->number_size + frames.length + padding < 4)
        padding = 4 - initial->number_size - frames.length;
    size_t sealed = frames.length + padding;
    write_varint2(w, initial->number_size + sealed + 16);
    for (unsigned i = initial->number_size; i > 0; i--)
        write_u8(w, (uint8_t)(initial->number >> 8 * (i - 1)));
    write_span(w, frames);
    write_bytes(w, zeros, padding);
    (void)write_place(w, 16);
    if (w->failed)
        abort();
    initial_protect(&keys, initial, packet, header, sealed);
}

/* A ClientHello for `name`, at least `least` bytes long by an extension before the name. */
static inline void write_hello(struct writer *w, const char *name, const char *alpn, size_t least)
{
    static const uint8_t zeros[1 << 16];
    size_t host = strlen(name), protocol = strlen(alpn);
    uint8_t *start = w->at;
    write_text(w, "\1");
    write_bytes(w, zeros, 3);
    write_u16(w, 0x0303);
    write_bytes(w, zeros, 32 + 1);
    write_u16(w, 2);
    write_u16(w, 0x1301);
    write_u16(w, 0x0100);
    uint8_t *extensions = write_place(w, 2);
    size_t rest = (size_t)(w->at - start) + (host > 0 ? host + 9 : 0) + protocol + 7 + 7 + 4;
    size_t padding = rest + 4 < least ? least - rest - 4 : 0;
    write_u16(w, 21);
    write_u16(w, (uint16_t)padding);
    write_bytes(w, zeros, padding);
    if (host > 0) {
        write_u16(w, 0);
        write_u16(w, (uint16_t)(host + 5));
        write_u16(w, (uint16_t)(host + 3));
        write_u8(w, 0);
        write_u16(w, (uint16_t)host);
        write_text(w, name);
    }
    write_u16(w, 16);
    write_u16(w, (uint16_t)(protocol + 3));
    write_u16(w, (uint16_t)(protocol + 1));
    write_u8(w, (uint8_t)protocol);
    write_text(w, alpn);
    write_bytes(w, "\0\x2b\0\3\2\3\4", 7);
    write_bytes(w, "\0\x39\0\0", 4);
    if (w->failed)
        abort();
    store_u16(extensions, (uint16_t)(w->at - extensions - 2));
    store_u32(start, 1u << 24 | (uint32_t)(w->at - start - 4));
}

#endif
