/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * certificates - the first flight of a TLS server, made to order.
 *
 * Used by tests of what reads them. Never more than one at a time: they share a buffer.
 */
#ifndef TESTS_CERTIFICATES_H
#define TESTS_CERTIFICATES_H

#include "hellos.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

/* DER of a certificate with this common name (or NULL) and these alternative names, written as
 * OpenSSL's configuration has them ("DNS:a.example,IP:192.0.2.1", or NULL). */
static inline struct span certificate_make(const char *common, const char *alternative)
{
    static uint8_t buffer[1 << 14];
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *x = X509_new();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    if (common != NULL)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                   (const unsigned char *)common, -1, -1, 0);
    if (alternative != NULL) {
        X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
        assert(names != NULL);
        X509_add_ext(x, names, -1);
        X509_EXTENSION_free(names);
    }
    X509_sign(x, key, NULL);
    unsigned char *at = buffer;
    int length = i2d_X509(x, NULL);
    assert(length > 0 && (size_t)length <= sizeof buffer);
    (void)i2d_X509(x, &at);
    X509_free(x);
    EVP_PKEY_free(key);
    return span_of(buffer, (size_t)length);
}

/* ServerHello of this version, then Certificate unless `der` is empty, then ServerHelloDone;
 * without records. */
static inline struct span flight_make(uint16_t version, struct span der)
{
    static uint8_t buffer[1 << 15];
    struct writer w = writer_over(buffer, sizeof buffer);
    write_u8(&w, 2);
    uint8_t *message = length_begin(&w, 3);
    write_u16(&w, 0x0303);
    write_bytes(&w, "thirty-two bytes, all the random", 32);
    write_bytes(&w, "\x00\xc0\x2f\x00", 4);
    uint8_t *extensions = length_begin(&w, 2);
    write_bytes(&w, "\x00\x17\x00\x00", 4);
    if (version == 0x0304)
        write_bytes(&w, "\x00\x2b\x00\x02\x03\x04", 6);
    length_end(&w, extensions, 2);
    length_end(&w, message, 3);
    if (der.length > 0) {
        write_u8(&w, 11);
        message = length_begin(&w, 3);
        uint8_t *list = length_begin(&w, 3), *entry = length_begin(&w, 3);
        write_span(&w, der);
        length_end(&w, entry, 3);
        length_end(&w, list, 3);
        length_end(&w, message, 3);
    }
    write_bytes(&w, "\x0e\x00\x00\x00", 4);
    return writer_span(&w);
}

#endif
