/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets/initial - Initials of QUIC, sealed (RFC 9000 17.2.2, RFC 9001 5, RFC 9369 3).
 */
#include "packets/packets.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum { SEAL_SIZE = 16, SAMPLE_AT = 4, LEAST_BEHIND_NUMBER = 4 };

/* RFC 9000 16, as short as it can be. */
static void write_varint(struct writer *w, uint64_t value)
{
    if (value < 1u << 6) {
        write_u8(w, (uint8_t)value);
    } else if (value < 1u << 14) {
        write_u16(w, (uint16_t)(0x4000 | value));
    } else if (value < 1u << 30) {
        write_u32(w, (uint32_t)(0x80000000 | value));
    } else {
        write_u64(w, UINT64_C(0xc000000000000000) | value);
    }
}

static void write_zeros(struct writer *w, size_t length)
{
    uint8_t *place = write_place(w, length);
    if (place != NULL)
        memset(place, 0, length);
}

void packets_id(struct writer *w, struct span id)
{
    write_u8(w, (uint8_t)id.length);
    write_span(w, id);
}

void packets_crypto(struct writer *frames, uint64_t offset, struct span bytes)
{
    write_u8(frames, 6);
    write_varint(frames, offset);
    write_varint(frames, bytes.length);
    write_span(frames, bytes);
}

/* RFC 9001 5.3 and 5.4: seals what is behind `header` in place, then hides bits of the header. */
static void protect(const struct quic_keys *keys, uint32_t number, size_t number_size,
                    uint8_t *packet, size_t header, size_t length)
{
    uint8_t nonce[sizeof keys->iv], mask[16], *number_at = packet + header - number_size;
    int made;
    memcpy(nonce, keys->iv, sizeof nonce);
    for (unsigned i = 0; i < 4; i++)
        nonce[sizeof nonce - 1 - i] ^= (uint8_t)(number >> 8 * i);
    EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new(), *hide = EVP_CIPHER_CTX_new();
    if (seal == NULL || hide == NULL ||
        EVP_EncryptInit_ex(seal, EVP_aes_128_gcm(), NULL, keys->key, nonce) != 1 ||
        EVP_EncryptUpdate(seal, NULL, &made, packet, (int)header) != 1 ||
        EVP_EncryptUpdate(seal, packet + header, &made, packet + header, (int)length) != 1 ||
        EVP_EncryptFinal_ex(seal, packet + header + length, &made) != 1 ||
        EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_AEAD_GET_TAG, SEAL_SIZE, packet + header + length) !=
            1 ||
        EVP_EncryptInit_ex(hide, EVP_aes_128_ecb(), NULL, keys->header, NULL) != 1 ||
        EVP_EncryptUpdate(hide, mask, &made, number_at + SAMPLE_AT, sizeof mask) != 1)
        abort();
    packet[0] ^= mask[0] & 0x0f;
    for (size_t i = 0; i < number_size; i++)
        number_at[i] ^= mask[i + 1];
    EVP_CIPHER_CTX_free(seal);
    EVP_CIPHER_CTX_free(hide);
}

void packets_initial(struct writer *w, const struct packets_initial *initial, struct span frames)
{
    uint32_t version = initial->version != 0 ? initial->version : QUIC_V1;
    size_t number_size = initial->number_size != 0 ? initial->number_size : 4, padding = 0;
    struct span from = initial->keys_from.length > 0 ? initial->keys_from : initial->destination_id;
    struct quic_keys keys;
    if (number_size > 4 ||
        quic_initial_keys(version, from, initial->server ? QUIC_SERVER : QUIC_CLIENT, &keys) !=
            STATUS_OK)
        abort();
    uint8_t *packet = w->at;
    write_u8(w, (uint8_t)(0xc0 | (version == QUIC_V2 ? 0x10 : 0) | (number_size - 1)));
    write_u32(w, version);
    packets_id(w, initial->destination_id);
    packets_id(w, initial->source_id);
    write_varint(w, initial->token.length);
    write_span(w, initial->token);
    uint8_t *length_at = write_place(w, 2); /* of two bytes always: the padding depends on it */
    for (size_t i = number_size; i > 0; i--)
        write_u8(w, (uint8_t)(initial->number >> 8 * (i - 1)));
    size_t header = (size_t)(w->at - packet);
    if (header + frames.length + SEAL_SIZE < initial->least)
        padding = initial->least - header - frames.length - SEAL_SIZE;
    if (number_size + frames.length + padding < LEAST_BEHIND_NUMBER)
        padding = LEAST_BEHIND_NUMBER - number_size - frames.length;
    write_span(w, frames);
    write_zeros(w, padding);
    (void)write_place(w, SEAL_SIZE);
    size_t sealed = frames.length + padding;
    if (w->failed)
        return;
    store_u16(length_at, (uint16_t)(0x4000 | (number_size + sealed + SEAL_SIZE)));
    protect(&keys, initial->number, number_size, packet, header, sealed);
}

void packets_initial_of(struct writer *w, const struct packets_initial *initial, struct span stream,
                        const struct packets_range *ranges, size_t count)
{
    uint8_t frames[1 << 14];
    struct writer f = writer_over(frames, sizeof frames);
    for (size_t i = 0; i < count; i++)
        packets_crypto(&f, ranges[i].offset,
                       span_of(stream.at + ranges[i].offset, ranges[i].length));
    packets_initial(w, initial, writer_span(&f));
    w->failed |= f.failed;
}
