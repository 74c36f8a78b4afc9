/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * quic_keys - keys of Initials (RFC 9001 5.2, RFC 9369 3.3) and what they open, by libcrypto.
 */
#include "wire/quic.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

enum { SECRET_SIZE = 32, SEAL_SIZE = 16, SAMPLE_SIZE = 16, NUMBER_MOST = 4, NONCE_SIZE = 12 };

struct recipe {
    const char *key, *iv, *header; /* labels */
    uint32_t version;
    uint8_t salt[20];
};

static const struct recipe recipes[] = {
    {"quic key", "quic iv", "quic hp", QUIC_V1, {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                                 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                                 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}},
    {"quicv2 key", "quicv2 iv", "quicv2 hp", QUIC_V2, {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
                                                       0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
                                                       0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}},
    {"quicv2 key", "quicv2 iv", "quicv2 hp", QUIC_V2_DRAFT, {0xa7, 0x07, 0xc2, 0x03, 0xa5,
                                                             0x9b, 0x47, 0x18, 0x4a, 0x1d,
                                                             0x62, 0xca, 0x57, 0x04, 0x06,
                                                             0xea, 0x7a, 0xe3, 0xe5, 0xd3}},
    {"quic key", "quic iv", "quic hp", QUIC_DRAFT_29, {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2,
                                                       0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
                                                       0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99}},
};

/* Kept: to find an algorithm by its name costs more than to use it. */
static struct {
    EVP_MAC_CTX *hmac;
    EVP_CIPHER_CTX *header, *seal;
} kept;

static bool kept_is_there(void)
{
    if (kept.seal != NULL)
        return true;
    char digest[] = "SHA256";
    OSSL_PARAM sha256[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_CIPHER *ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    EVP_MAC_CTX *hmac = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    EVP_CIPHER_CTX *header = EVP_CIPHER_CTX_new(), *seal = EVP_CIPHER_CTX_new();
    bool fine = hmac != NULL && ecb != NULL && gcm != NULL && header != NULL && seal != NULL &&
                EVP_MAC_CTX_set_params(hmac, sha256) == 1 &&
                EVP_EncryptInit_ex2(header, ecb, NULL, NULL, NULL) == 1 &&
                EVP_DecryptInit_ex2(seal, gcm, NULL, NULL, NULL) == 1;
    EVP_MAC_free(mac);
    EVP_CIPHER_free(ecb);
    EVP_CIPHER_free(gcm);
    if (fine) {
        kept.hmac = hmac;
        kept.header = header;
        kept.seal = seal;
        return true;
    }
    EVP_MAC_CTX_free(hmac);
    EVP_CIPHER_CTX_free(header);
    EVP_CIPHER_CTX_free(seal);
    return false;
}

static bool hmac_sha256(struct span key, struct span message, uint8_t out[SECRET_SIZE])
{
    size_t length;
    return EVP_MAC_init(kept.hmac, key.at, key.length, NULL) == 1 &&
           EVP_MAC_update(kept.hmac, message.at, message.length) == 1 &&
           EVP_MAC_final(kept.hmac, out, &length, SECRET_SIZE) == 1;
}

/* HKDF-Expand-Label with an empty context (RFC 8446 7.1); one block is enough for all of them. */
static bool expand(const uint8_t secret[SECRET_SIZE], const char *label, uint8_t *out, size_t size)
{
    static const char prefix[6] = {'t', 'l', 's', '1', '3', ' '};
    const size_t length = strlen(label);
    uint8_t message[40], block[SECRET_SIZE];
    size_t at = 0;
    message[at++] = 0;
    message[at++] = (uint8_t)size;
    message[at++] = (uint8_t)(sizeof prefix + length);
    memcpy(message + at, prefix, sizeof prefix);
    memcpy(message + at + sizeof prefix, label, length);
    at += sizeof prefix + length;
    message[at++] = 0; /* no context */
    message[at++] = 1; /* RFC 5869 2.3: the first block */
    if (!hmac_sha256(span_of(secret, SECRET_SIZE), span_of(message, at), block))
        return false;
    memcpy(out, block, size);
    return true;
}

enum status quic_initial_keys(uint32_t version, struct span destination_id, enum quic_side side,
                              struct quic_keys *out)
{
    const struct recipe *recipe = NULL;
    for (size_t i = 0; i < COUNT_OF(recipes); i++)
        if (recipes[i].version == version)
            recipe = &recipes[i];
    if (recipe == NULL || !kept_is_there())
        return STATUS_UNSUPPORTED;
    uint8_t initial[SECRET_SIZE], secret[SECRET_SIZE];
    bool fine =
        hmac_sha256(span_of(recipe->salt, sizeof recipe->salt), destination_id, initial) &&
        expand(initial, side == QUIC_CLIENT ? "client in" : "server in", secret, sizeof secret) &&
        expand(secret, recipe->key, out->key, sizeof out->key) &&
        expand(secret, recipe->iv, out->iv, sizeof out->iv) &&
        expand(secret, recipe->header, out->header, sizeof out->header);
    return fine ? STATUS_OK : STATUS_UNSUPPORTED;
}

/* The header as it was before RFC 9001 5.4; gives its length, 0 when libcrypto refuses. */
static size_t header_open(const struct quic_packet *packet, const struct quic_keys *keys,
                          uint8_t *out, uint8_t nonce[NONCE_SIZE])
{
    const uint8_t *protected = packet->whole.at;
    uint8_t mask[SAMPLE_SIZE];
    int length;
    if (EVP_EncryptInit_ex2(kept.header, NULL, keys->header, NULL, NULL) != 1 ||
        EVP_EncryptUpdate(kept.header, mask, &length, protected + packet->number_at + NUMBER_MOST,
                          SAMPLE_SIZE) != 1)
        return 0;
    memcpy(out, protected, packet->number_at);
    out[0] ^= mask[0] & 0x0f;
    memcpy(nonce, keys->iv, NONCE_SIZE);
    size_t size = (out[0] & 3u) + 1;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = protected[packet->number_at + i] ^ mask[i + 1];
        out[packet->number_at + i] = byte;
        nonce[NONCE_SIZE - size + i] ^= byte; /* RFC 9000 A.3: nothing came before, so it is all */
    }
    return packet->number_at + size;
}

enum status quic_open(const struct quic_packet *packet, const struct quic_keys *keys, uint8_t *out,
                      struct span *frames)
{
    const struct span whole = packet->whole;
    *frames = span_of(out, 0);
    if (packet->kind != QUIC_INITIAL || whole.length > QUIC_DATAGRAM_MOST ||
        packet->number_at > whole.length ||
        whole.length - packet->number_at < NUMBER_MOST + SAMPLE_SIZE)
        return STATUS_MALFORMED;
    if (!kept_is_there())
        return STATUS_UNSUPPORTED;
    uint8_t nonce[NONCE_SIZE], seal[SEAL_SIZE];
    size_t header = header_open(packet, keys, out, nonce);
    if (header == 0)
        return STATUS_UNSUPPORTED;
    size_t sealed = whole.length - header - SEAL_SIZE;
    memcpy(seal, whole.at + whole.length - SEAL_SIZE, SEAL_SIZE);
    int length;
    if (EVP_DecryptInit_ex2(kept.seal, NULL, keys->key, nonce, NULL) != 1 ||
        EVP_DecryptUpdate(kept.seal, NULL, &length, out, (int)header) != 1 ||
        EVP_DecryptUpdate(kept.seal, out + header, &length, whole.at + header, (int)sealed) != 1 ||
        EVP_CIPHER_CTX_ctrl(kept.seal, EVP_CTRL_AEAD_SET_TAG, SEAL_SIZE, seal) != 1 ||
        EVP_DecryptFinal_ex(kept.seal, out + header + sealed, &length) != 1)
        return STATUS_MALFORMED;
    *frames = span_of(out + header, sealed);
    return STATUS_OK;
}
