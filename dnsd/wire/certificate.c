/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * certificate - ServerHello, Certificate, its first entry (RFC 5246 7.4.2), read by OpenSSL.
 */
#include "wire/certificate.h"

#include "wire/hello.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { RECORD_HANDSHAKE = 22, RECORD_HEADER = 5 };
enum { SERVER_HELLO = 2, CERTIFICATE = 11 };
enum { SUPPORTED_VERSIONS = 43, TLS_1_3 = 0x0304 };

/* What handshake records carry, joined; up to the first of another kind, which sets *ends. */
static enum status handshakes_join(struct span stream, uint8_t *scratch, struct span *joined,
                                   bool *ends)
{
    struct cursor c = cursor_of(stream);
    size_t length = 0;
    *ends = false;
    while (cursor_left(&c) >= RECORD_HEADER && length < HELLO_MOST) {
        uint8_t type = read_u8(&c), major = read_u8(&c);
        read_skip(&c, 1);
        size_t content = read_u16(&c);
        *ends = type != RECORD_HANDSHAKE;
        if (*ends && length > 0)
            break;
        if (*ends || major != 3 || content > TLS_RECORD_MOST)
            return *ends ? STATUS_NOT_FOUND : STATUS_MALFORMED;
        size_t there = cursor_left(&c) < content ? cursor_left(&c) : content;
        struct span bytes = read_span(&c, there);
        size_t fits = HELLO_MOST - length < there ? HELLO_MOST - length : there;
        if (fits > 0)
            memcpy(scratch + length, bytes.at, fits);
        length += fits;
    }
    *ends |= length == HELLO_MOST;
    *joined = span_of(scratch, length);
    return STATUS_OK;
}

static size_t read_u24(struct cursor *c)
{
    size_t high = read_u8(c);
    return high << 16 | read_u16(c);
}

/* RFC 8446 4.1.3: 1.3 is chosen in an extension; then no certificate is to be seen. */
static bool is_sealed(struct span server_hello)
{
    struct cursor c = cursor_of(server_hello);
    read_skip(&c, 2 + 32);
    read_skip(&c, read_u8(&c));
    read_skip(&c, 2 + 1);
    struct cursor extensions = read_block16(&c);
    while (cursor_more(&extensions)) {
        uint16_t type = read_u16(&extensions);
        struct cursor content = read_block16(&extensions);
        if (type == SUPPORTED_VERSIONS && read_u16(&content) >= TLS_1_3)
            return true;
    }
    return false;
}

/* The first entry behind a ServerHello; its message need not be whole. */
static enum status certificate_find(struct span joined, struct span *out)
{
    struct cursor c = cursor_of(joined);
    uint8_t type = read_u8(&c);
    if (c.failed)
        return STATUS_AGAIN;
    if (type != SERVER_HELLO)
        return STATUS_NOT_FOUND;
    struct span server_hello = read_span(&c, read_u24(&c));
    if (!c.failed && is_sealed(server_hello))
        return STATUS_NOT_FOUND;
    type = read_u8(&c);
    if (c.failed)
        return STATUS_AGAIN;
    if (type != CERTIFICATE)
        return STATUS_NOT_FOUND; /* without one, or taken up again by a ticket */
    size_t message = read_u24(&c), list = read_u24(&c), length = read_u24(&c);
    if (c.failed)
        return STATUS_AGAIN;
    if (list + 3 != message || length + 3 > list)
        return list == 0 ? STATUS_NOT_FOUND : STATUS_MALFORMED;
    *out = read_span(&c, length);
    return c.failed ? STATUS_AGAIN : STATUS_OK;
}

/* A host's name; the label with a wildcard is left away (RFC 6125 6.4.3). */
static bool name_of(const ASN1_STRING *string, struct name *out)
{
    char text[256];
    const uint8_t *bytes = ASN1_STRING_get0_data(string);
    int length = ASN1_STRING_length(string);
    if (bytes == NULL || length <= 0 || (size_t)length >= sizeof text)
        return false;
    size_t start = 0;
    for (size_t i = 0; i < (size_t)length; i++) {
        if (bytes[i] == '*')
            start = SIZE_MAX;
        else if (bytes[i] == '.' && start == SIZE_MAX)
            start = i + 1;
        else if (bytes[i] <= ' ' || bytes[i] >= 0x7f || bytes[i] == '\\')
            return false;
    }
    if (start >= (size_t)length)
        return false;
    memcpy(text, bytes + start, (size_t)length - start);
    text[(size_t)length - start] = 0;
    return name_parse(text, out) == STATUS_OK && out->labels > 0;
}

static void alternative_names(X509 *certificate, struct name names[], unsigned *count)
{
    GENERAL_NAMES *list = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(list) && *count < CERTIFICATE_NAMES_MOST; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);
        if (name->type == GEN_DNS && name_of(name->d.dNSName, &names[*count]))
            ++*count;
    }
    GENERAL_NAMES_free(list);
}

/* "www.example.com", not "Example Root Authority": a name has a dot. */
static void common_name(X509 *certificate, struct name names[], unsigned *count)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0)
        return;
    const ASN1_STRING *string = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    if (name_of(string, &names[0]) && names[0].labels > 1)
        *count = 1;
}

enum status certificate_names(struct span server_stream, uint8_t *scratch,
                              struct name names[CERTIFICATE_NAMES_MOST], unsigned *count)
{
    struct span joined = {0}, entry = {0};
    bool ends = false;
    *count = 0;
    enum status status = handshakes_join(server_stream, scratch, &joined, &ends);
    if (status == STATUS_OK)
        status = certificate_find(joined, &entry);
    if (status == STATUS_AGAIN && ends)
        return STATUS_NOT_FOUND;
    if (status != STATUS_OK)
        return status;
    const unsigned char *at = entry.at;
    X509 *certificate = d2i_X509(NULL, &at, (long)entry.length);
    if (certificate != NULL) {
        alternative_names(certificate, names, count);
        if (*count == 0)
            common_name(certificate, names, count);
    }
    status = certificate == NULL ? STATUS_MALFORMED : *count == 0 ? STATUS_NOT_FOUND : STATUS_OK;
    X509_free(certificate);
    ERR_clear_error();
    return status;
}
