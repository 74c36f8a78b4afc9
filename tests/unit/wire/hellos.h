/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hellos - ClientHellos made to order.
 *
 * Used by tests of what reads them. Never more than one at a time: they share a buffer.
 */
#ifndef TESTS_HELLOS_H
#define TESTS_HELLOS_H

#include "base/writer.h"
#include "wire/hello.h"

enum { HELLO_SIZE = 40000 };

/* What a hello is made of; zeroed: a sound one of TLS 1.2 without extensions. */
struct recipe {
    const char *name;   /* server_name, or NULL */
    const char *second; /* a second host_name beside it */
    const char *alpn;   /* one protocol, or NULL */
    uint16_t version;   /* in supported_versions; 0: none */
    struct span more;   /* extensions as bytes, behind the others */
    size_t padding;     /* of extension 21, at the very end; 0: none */
};

/* Begins a length of `size` bytes; length_end() stores it. */
static inline uint8_t *length_begin(struct writer *w, size_t size)
{
    return write_place(w, size);
}

static inline void length_end(struct writer *w, uint8_t *place, size_t size)
{
    size_t length = (size_t)(w->at - place) - size;
    for (size_t i = 0; i < size; i++)
        place[i] = (uint8_t)(length >> 8 * (size - 1 - i));
}

static inline void host_write(struct writer *w, const char *name)
{
    write_u8(w, 0);
    write_u16(w, (uint16_t)strlen(name));
    write_text(w, name);
}

static inline void name_write(struct writer *w, const struct recipe *recipe)
{
    write_u16(w, 0);
    uint8_t *extension = length_begin(w, 2), *list = length_begin(w, 2);
    host_write(w, recipe->name);
    if (recipe->second != NULL)
        host_write(w, recipe->second);
    length_end(w, list, 2);
    length_end(w, extension, 2);
}

static inline void alpn_write(struct writer *w, const char *alpn)
{
    size_t length = strlen(alpn);
    write_u16(w, 16);
    write_u16(w, (uint16_t)(length + 3));
    write_u16(w, (uint16_t)(length + 1));
    write_u8(w, (uint8_t)length);
    write_text(w, alpn);
}

static inline void padding_write(struct writer *w, size_t length)
{
    write_u16(w, 21);
    write_u16(w, (uint16_t)length);
    uint8_t *place = write_place(w, length);
    if (place != NULL)
        memset(place, 0, length);
}

/* The handshake message. */
static inline struct span hello_make(const struct recipe *recipe)
{
    static uint8_t buffer[HELLO_SIZE];
    struct writer w = writer_over(buffer, sizeof buffer);
    write_u8(&w, 1);
    uint8_t *message = length_begin(&w, 3);
    write_u16(&w, 0x0303);
    write_bytes(&w, "thirty-two bytes, all the random", 32);
    write_u8(&w, 0);
    write_u16(&w, 6);
    write_bytes(&w, "\x1a\x1a\x13\x01\xc0\x2f", 6);
    write_u16(&w, 0x0100);
    uint8_t *extensions = length_begin(&w, 2);
    if (recipe->name != NULL)
        name_write(&w, recipe);
    if (recipe->alpn != NULL)
        alpn_write(&w, recipe->alpn);
    if (recipe->version != 0) {
        write_bytes(&w, "\x00\x2b\x00\x05\x04\xfa\xfa", 7);
        write_u16(&w, recipe->version);
    }
    write_span(&w, recipe->more);
    if (recipe->padding > 0)
        padding_write(&w, recipe->padding);
    length_end(&w, extensions, 2);
    if (w.at == extensions + 2)
        w.at = extensions;
    length_end(&w, message, 3);
    return writer_span(&w);
}

/* Records of at most `most` bytes of content around a handshake message. */
static inline struct span records_make(struct span message, size_t most)
{
    static uint8_t buffer[6 * HELLO_SIZE];
    struct writer w = writer_over(buffer, sizeof buffer);
    for (size_t at = 0; at < message.length; at += most) {
        size_t length = message.length - at < most ? message.length - at : most;
        write_bytes(&w, "\x16\x03\x01", 3);
        write_u16(&w, (uint16_t)length);
        write_bytes(&w, message.at + at, length);
    }
    return writer_span(&w);
}

/* An encrypted_client_hello of the outer kind. */
static inline struct span ech_make(uint16_t kdf, uint16_t aead, size_t enc, size_t payload)
{
    static uint8_t buffer[4096];
    struct writer w = writer_over(buffer, sizeof buffer);
    write_u16(&w, 0xfe0d);
    uint8_t *extension = length_begin(&w, 2);
    write_u8(&w, 0);
    write_u16(&w, kdf);
    write_u16(&w, aead);
    write_u8(&w, 0x5c);
    write_u16(&w, (uint16_t)enc);
    memset(write_place(&w, enc), 0xaa, enc);
    write_u16(&w, (uint16_t)payload);
    memset(write_place(&w, payload), 0x55, payload);
    length_end(&w, extension, 2);
    return writer_span(&w);
}

#endif
