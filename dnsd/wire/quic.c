/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * quic - long headers (RFC 9000 17.2, RFC 8999) and the frames of an Initial (RFC 9000 12.4, 19).
 */
#include "wire/quic.h"

enum { LONG_HEADER = 0x80, SEAL_SIZE = 16 };

/* By the two bits of the type, RFC 9000 17.2 and RFC 9369 3.2. */
static const enum quic_kind kinds[4] = {QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY};
static const enum quic_kind kinds_v2[4] = {QUIC_RETRY, QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE};

static bool is_v2(uint32_t version)
{
    return version == QUIC_V2 || version == QUIC_V2_DRAFT;
}

bool quic_version_is_known(uint32_t version)
{
    return version == QUIC_V1 || is_v2(version) || version == QUIC_DRAFT_29;
}

/* RFC 9000 16: the two highest bits say how many bytes. */
static uint64_t read_varint(struct cursor *c)
{
    uint8_t first = read_u8(c);
    uint64_t value = first & 0x3f;
    for (unsigned more = (1u << (first >> 6)) - 1; more > 0; more--)
        value = value << 8 | read_u8(c);
    return value;
}

/* That many bytes, where the number may be larger than a size_t. */
static struct span read_long_span(struct cursor *c, uint64_t length)
{
    if (length > cursor_left(c))
        c->failed = true;
    return read_span(c, (size_t)length);
}

/* What is behind the connection ids, up to the packet's end. */
static void read_rest(struct cursor *c, const uint8_t *start, struct quic_packet *out)
{
    if (out->kind == QUIC_RETRY) { /* 17.2.5: token and seal take the whole datagram */
        size_t left = cursor_left(c);
        out->token = read_span(c, left < SEAL_SIZE ? SEAL_SIZE : left - SEAL_SIZE);
        read_skip(c, SEAL_SIZE);
        return;
    }
    if (out->kind == QUIC_INITIAL)
        out->token = read_long_span(c, read_varint(c));
    uint64_t length = read_varint(c);
    out->number_at = (size_t)(c->at - start);
    (void)read_long_span(c, length);
}

bool quic_next(struct cursor *datagram, struct quic_packet *out)
{
    if (!cursor_more(datagram) || (*datagram->at & LONG_HEADER) == 0)
        return false;
    const uint8_t *start = datagram->at;
    *out = (struct quic_packet){.kind = QUIC_UNKNOWN};
    uint8_t first = read_u8(datagram);
    out->version = read_u32(datagram);
    out->destination_id = read_span(datagram, read_u8(datagram));
    out->source_id = read_span(datagram, read_u8(datagram));
    if (!quic_version_is_known(out->version)) {
        if (out->version == 0) /* 17.2.1: a list of versions */
            out->kind = QUIC_NEGOTIATION;
        size_t left = cursor_left(datagram);
        read_skip(datagram, left);
        datagram->failed |= out->version == 0 && (left == 0 || left % 4 != 0);
    } else if (out->destination_id.length > QUIC_ID_MOST || out->source_id.length > QUIC_ID_MOST) {
        datagram->failed = true;
    } else {
        out->kind = (is_v2(out->version) ? kinds_v2 : kinds)[first >> 4 & 3];
        read_rest(datagram, start, out);
    }
    out->whole = span_of(start, (size_t)(datagram->at - start));
    return !datagram->failed;
}

static void skip_padding(struct cursor *c)
{
    static const uint8_t zeros[16];
    while (cursor_left(c) >= sizeof zeros && memcmp(c->at, zeros, sizeof zeros) == 0)
        read_skip(c, sizeof zeros);
    while (cursor_more(c) && *c->at == 0)
        read_skip(c, 1);
}

/* 19.3: largest, delay, count, first; then gap and length each; then three counts of ECN. */
static void skip_ack(struct cursor *c, bool has_ecn)
{
    (void)read_varint(c);
    (void)read_varint(c);
    uint64_t count = read_varint(c);
    (void)read_varint(c);
    for (; count > 0 && !c->failed; count--) {
        (void)read_varint(c);
        (void)read_varint(c);
    }
    for (unsigned i = 0; i < 3 && has_ecn; i++)
        (void)read_varint(c);
}

/* 19.19: error, type of frame, reason. */
static void skip_close(struct cursor *c)
{
    (void)read_varint(c);
    (void)read_varint(c);
    (void)read_long_span(c, read_varint(c));
}

bool quic_next_crypto(struct cursor *frames, uint64_t *offset, struct span *bytes)
{
    enum { PADDING, PING, ACK, ACK_ECN, CRYPTO = 6, CLOSE = 0x1c };
    while (cursor_more(frames)) {
        skip_padding(frames);
        if (!cursor_more(frames))
            return false;
        /* Longer than need be is forbidden, but a server may let it pass: 12.4. */
        switch (read_varint(frames)) {
        case PADDING:
        case PING:
            break;
        case ACK:
            skip_ack(frames, false);
            break;
        case ACK_ECN:
            skip_ack(frames, true);
            break;
        case CRYPTO:
            *offset = read_varint(frames);
            *bytes = read_long_span(frames, read_varint(frames));
            return !frames->failed;
        case CLOSE:
            skip_close(frames);
            break;
        default:
            frames->failed = true;
        }
    }
    return false;
}
