/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hello - strict about lengths, which every server checks; lenient inside extensions, which a
 * server that does not use them never opens.
 *
 * How GREASE (RFC 9849 6.2) is told from Encrypted ClientHello. What cannot be opened by any server
 * is certainly GREASE: an extension with broken lengths, no offer of TLS 1.3, a payload too short
 * for the smallest inner hello and its tag, an `enc` as long as no KEM makes one, an AEAD that
 * seals nothing.
 *
 * What has exactly the shape of the usual fakes is very probably GREASE, since nearly all hellos of
 * those clients carry one, unless the outer name is a public name of servers that do open it. A
 * real offer of that shape behind another public name is the price. The shape is HKDF-SHA256,
 * AES-128-GCM or ChaCha20-Poly1305, an X25519 `enc`, and one of these lengths of payload:
 * - BoringSSL (Chrome, Android): setup_ech_grease() takes 32 times a random number from 4 to 7 as
 *   the length of the inner hello, and adds the tag: 144, 176, 208, 240.
 * - NSS (Firefox): tls13_MaybeGreaseEch() makes the inner hello that it would have sent, with room
 *   for a name of 100 bytes, and pads it to one less than a multiple of 32 (to a multiple of it
 *   since Firefox 155); with the tag 239, 271 with more ciphers, or 240. Names of more than 100
 *   bytes, and tickets of any size, make other lengths, which are taken for possible offers.
 * All else cannot be told from a real one.
 */
#include "wire/hello.h"

enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_HEADER = 5, HANDSHAKE_HEADER = 4 };
enum { CLIENT_HELLO = 1, ALERT_WARNING = 1 };

enum extension {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_ALPN = 16,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_QUIC_PARAMETERS = 57,
    EXTENSION_ECH = 0xfe0d,
};

enum { TLS_1_3 = 0x0304 };

/* RFC 6066 3; a name of another type than host_name is skipped as if it had the same shape. */
static void server_name_read(struct span content, struct hello *out)
{
    struct cursor c = cursor_of(content), list = read_block16(&c);
    if (out->has_sni_extension)
        out->second_name = true;
    out->has_sni_extension = true;
    while (cursor_more(&list)) {
        uint8_t kind = read_u8(&list);
        struct span host = read_span(&list, read_u16(&list));
        if (list.failed || kind != 0)
            continue;
        if (out->server_name.length > 0)
            out->second_name = true;
        else
            out->server_name = host;
    }
}

static void alpn_read(struct span content, struct hello *out)
{
    struct cursor c = cursor_of(content);
    struct span list = read_span(&c, read_u16(&c));
    if (out->alpns.length > 0)
        return;
    out->alpns = list;
    c = cursor_of(list);
    out->alpn = read_span(&c, read_u8(&c));
}

/* RFC 8446 4.2.1: where it stands, the old place means nothing. */
static void versions_read(struct span content, struct hello *out)
{
    struct cursor c = cursor_of(content), list = read_block8(&c);
    uint16_t highest = 0;
    while (cursor_more(&list)) {
        uint16_t version = read_u16(&list);
        if (!list.failed && !hello_is_grease(version) && version > highest)
            highest = version;
    }
    if (highest > 0)
        out->version = highest;
}

/* Nenc of the KEMs of RFC 9180 7.1, of X-Wing and of draft-ietf-hpke-pq; 0: after a
 * HelloRetryRequest (RFC 9849 6.1.5). */
static bool is_length_of_enc(size_t length)
{
    static const uint16_t lengths[] = {0, 32, 56, 65, 97, 133, 768, 1088, 1120, 1153, 1568, 1665};
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        if (length == lengths[i])
            return true;
    return false;
}

/* Outer names of servers that are known to open it. */
static bool is_public_name(struct span name)
{
    return span_equal(name, span_text("cloudflare-ech.com"));
}

static bool is_shape_of_fakes(uint16_t kdf, uint16_t aead, size_t enc, size_t payload)
{
    enum { HKDF_SHA256 = 1, AES_128_GCM = 1, CHACHA20_POLY1305 = 3, X25519 = 32 };
    bool boring = payload == 144 || payload == 176 || payload == 208 || payload == 240;
    bool nss = payload == 239 || payload == 240 || payload == 271;
    return kdf == HKDF_SHA256 && (aead == AES_128_GCM || aead == CHACHA20_POLY1305) &&
           enc == X25519 && (boring || nss);
}

/* RFC 9849 5. */
static enum ech_offer ech_read(struct span content, const struct hello *hello)
{
    enum { OUTER = 0, INNER = 1, EXPORT_ONLY = 0xffff };
    /* Version, random, three empty vectors with one cipher and one compression method, the two
     * extensions that must be there; the tag of every AEAD. */
    enum { PAYLOAD_LEAST = 2 + 32 + 1 + 4 + 2 + 2 + 5 + 7 + 16 };
    struct cursor c = cursor_of(content);
    uint8_t kind = read_u8(&c);
    if (kind == INNER && content.length == 1)
        return ECH_OFFER_NONE; /* an inner hello, in the open: it hides nothing */
    uint16_t kdf = read_u16(&c), aead = read_u16(&c);
    read_skip(&c, 1);
    struct span enc = read_span(&c, read_u16(&c)), payload = read_span(&c, read_u16(&c));
    if (c.failed || cursor_more(&c) || kind != OUTER || hello->version < TLS_1_3 || kdf == 0 ||
        aead == 0 || aead == EXPORT_ONLY || !is_length_of_enc(enc.length) ||
        payload.length < PAYLOAD_LEAST)
        return ECH_OFFER_GREASE;
    if (is_shape_of_fakes(kdf, aead, enc.length, payload.length) &&
        !is_public_name(hello->server_name))
        return ECH_OFFER_GREASE;
    return ECH_OFFER_POSSIBLE;
}

/* As far as they are there: the last one may be cut off, which the cursor tells. */
static void extensions_read(struct cursor *c, struct hello *out)
{
    struct span ech = {0};
    while (cursor_more(c)) {
        uint16_t type = read_u16(c);
        uint16_t length = read_u16(c);
        struct span content = read_span(c, length);
        if (c->failed)
            break;
        if (type == EXTENSION_SERVER_NAME)
            server_name_read(content, out);
        else if (type == EXTENSION_ALPN)
            alpn_read(content, out);
        else if (type == EXTENSION_SUPPORTED_VERSIONS)
            versions_read(content, out);
        else if (type == EXTENSION_QUIC_PARAMETERS)
            out->has_quic_parameters = true;
        else if (type == EXTENSION_ECH)
            ech = content;
    }
    if (ech.at != NULL)
        out->ech = ech_read(ech, out);
}

/* Up to where extensions begin; the cursor fails where it is cut off. */
static bool beginning_read(struct cursor *c, struct hello *out)
{
    read_skip(c, HANDSHAKE_HEADER);
    out->legacy_version = out->version = read_u16(c);
    read_skip(c, 32);
    struct span session = read_span(c, read_u8(c));
    out->ciphers = read_span(c, read_u16(c));
    struct span compressions = read_span(c, read_u8(c));
    return c->failed || (session.length <= 32 && out->ciphers.length >= 2 &&
                         out->ciphers.length % 2 == 0 && compressions.length > 0);
}

enum status hello_read(struct span message, struct hello *out, size_t *wanted)
{
    struct cursor c = cursor_of(message);
    *out = (struct hello){0};
    *wanted = HANDSHAKE_HEADER;
    if (message.length > 0 && message.at[0] != CLIENT_HELLO)
        return STATUS_MALFORMED;
    size_t length = read_u32(&c) & 0xffffff;
    if (c.failed)
        return STATUS_AGAIN;
    *wanted = HANDSHAKE_HEADER + length;
    if (message.length < *wanted)
        return STATUS_AGAIN;
    out->message = span_of(message.at, *wanted);
    c = cursor_of(out->message);
    if (!beginning_read(&c, out) || c.failed)
        return STATUS_MALFORMED;
    if (!cursor_more(&c))
        return STATUS_OK; /* a hello without extensions, as in SSL 3 */
    out->extensions = read_span(&c, read_u16(&c));
    if (c.failed || cursor_more(&c))
        return STATUS_MALFORMED;
    c = cursor_of(out->extensions);
    extensions_read(&c, out);
    return c.failed ? STATUS_MALFORMED : STATUS_OK;
}

enum status hello_read_begun(struct span beginning, struct hello *out)
{
    struct cursor c = cursor_of(beginning);
    *out = (struct hello){.message = beginning};
    if (beginning.length == 0 || beginning.at[0] != CLIENT_HELLO || !beginning_read(&c, out))
        return STATUS_MALFORMED;
    size_t extensions = read_u16(&c), left = cursor_left(&c);
    out->extensions = read_span(&c, extensions < left ? extensions : left);
    struct cursor list = cursor_of(out->extensions);
    extensions_read(&list, out);
    return STATUS_OK;
}

/* A record's header; as much as is there of it must be one of a handshake, or of a warning, which a
 * server may let pass (RFC 5246 7.2). Its version means nothing (RFC 8446 5.1). */
static enum status record_read(struct cursor *c, bool *handshake, size_t *length)
{
    uint8_t type = read_u8(c);
    bool sound = c->failed || type == RECORD_HANDSHAKE || type == RECORD_ALERT;
    uint8_t major = read_u8(c);
    sound = sound && (c->failed || major == 3);
    read_skip(c, 1);
    *length = read_u16(c);
    *handshake = type == RECORD_HANDSHAKE;
    if (!sound || *length > TLS_RECORD_MOST || (!c->failed && !*handshake && *length != 2))
        return STATUS_MALFORMED;
    return c->failed ? STATUS_AGAIN : STATUS_OK;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How long the message is whose beginning this is; its header, while that is not there. */
static size_t message_length(struct span message)
{
    struct cursor c = cursor_of(message);
    size_t length = read_u32(&c) & 0xffffff;
    return HANDSHAKE_HEADER + (c.failed ? 0 : length);
}

/* Adds a record's content to the message; in place while one record holds it all. */
static void message_join(struct span *message, struct span content, uint8_t *scratch)
{
    size_t length = message->length, more = least(content.length, HELLO_MOST - length);
    if (length == 0) {
        *message = span_of(content.at, more);
        return;
    }
    if (more == 0)
        return;
    if (message->at != scratch)
        memcpy(scratch, message->at, length);
    memcpy(scratch + length, content.at, more);
    *message = span_of(scratch, length + more);
}

enum status hello_from_records(struct span stream, uint8_t *scratch, struct span *message,
                               size_t *used, size_t *wanted)
{
    struct cursor c = cursor_of(stream);
    size_t seen = 0; /* of the message; more than was joined when that is too long */
    *message = (struct span){0};
    *used = 0;
    for (;;) {
        bool handshake = false;
        size_t length = 0, at = stream.length - cursor_left(&c);
        enum status status = record_read(&c, &handshake, &length);
        *wanted = at + RECORD_HEADER;
        if (status != STATUS_OK)
            return status;
        struct span content = read_span(&c, least(length, cursor_left(&c)));
        if (!handshake && content.length > 0 && content.at[0] != ALERT_WARNING)
            return STATUS_MALFORMED;
        if (handshake) {
            message_join(message, content, scratch);
            seen += content.length;
        }
        if (message->length > 0 && message->at[0] != CLIENT_HELLO)
            return STATUS_MALFORMED;
        size_t whole = message_length(*message);
        size_t left = length - content.length;
        if (message->length >= whole) {
            *used = stream.length - cursor_left(&c) + left;
            *message = span_of(message->at, whole);
            return STATUS_OK;
        }
        if (left == 0 && seen < whole)
            continue;
        *wanted = stream.length + (seen < whole ? least(left, whole - seen) : 1);
        return STATUS_AGAIN;
    }
}
