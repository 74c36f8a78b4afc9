/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hellos - ClientHellos of tests/packets where one at a time is enough, in records of every size,
 * and offers of ECH of every shape.
 *
 * Used by tests of what reads them. Never more than one at a time: they share a buffer.
 */
#ifndef TESTS_HELLOS_H
#define TESTS_HELLOS_H

#include "packets/packets.h"
#include "wire/hello.h"

enum { HELLO_SIZE = 40000 };

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

/* The handshake message. */
static inline struct span hello_make(const struct packets_hello *recipe)
{
    static uint8_t buffer[HELLO_SIZE];
    struct writer w = writer_over(buffer, sizeof buffer);
    packets_hello(&w, recipe);
    return writer_span(&w);
}

/* Records of at most `most` bytes of content around a handshake message. */
static inline struct span records_make(struct span message, size_t most)
{
    static uint8_t buffer[6 * HELLO_SIZE];
    struct writer w = writer_over(buffer, sizeof buffer);
    for (size_t at = 0; at < message.length; at += most) {
        size_t length = message.length - at < most ? message.length - at : most;
        packets_record(&w, 22, span_of(message.at + at, length));
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
