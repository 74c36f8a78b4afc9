/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * quic - the long headers of QUIC and what an Initial packet of the client holds.
 *
 * Used by sight/quic.c. Versions 1 (RFC 9000, 9001), 2 (RFC 9369) and draft-29. Initial
 * packets are readable by whoever sees the first one: their keys come from its destination
 * connection id. Keys by OpenSSL (quic_keys.c alone includes it). Never keeps anything between
 * calls but fetched algorithms, never reads other packets than Initials.
 */
#ifndef WIRE_QUIC_H
#define WIRE_QUIC_H

#include "base/cursor.h"
#include "base/status.h"

enum {
    QUIC_V1 = 0x00000001,
    QUIC_V2 = 0x6b3343cf,
    QUIC_V2_DRAFT = 0x709a50c4, /* RFC 9369 before it was one, which libraries still speak */
    QUIC_DRAFT_29 = 0xff00001d
};
enum { QUIC_ID_MOST = 20, QUIC_DATAGRAM_MOST = 65527 };

enum quic_kind {
    QUIC_INITIAL,
    QUIC_ZERO_RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_NEGOTIATION,
    QUIC_UNKNOWN
};

/* One packet of a datagram, which may hold several (RFC 9000 12.2). */
struct quic_packet {
    enum quic_kind kind;
    uint32_t version;
    struct span destination_id, source_id, token;
    struct span whole; /* header and payload, as far as `length` says */
    size_t number_at;  /* where in `whole` the protected packet number begins */
};

/* The next packet. False at the end, or at a short header (1-RTT), padding or nonsense. A version
 * that is not known gives kind QUIC_UNKNOWN and the rest of the datagram. */
bool quic_next(struct cursor *datagram, struct quic_packet *out);
bool quic_version_is_known(uint32_t version);

/* What opens the Initials of one connection, from one side. */
struct quic_keys {
    uint8_t key[16], iv[12], header[16];
};
enum quic_side { QUIC_CLIENT, QUIC_SERVER };
MUST_USE enum status quic_initial_keys(uint32_t version, struct span destination_id,
                                       enum quic_side side, struct quic_keys *out);

/* Removes both protections (RFC 9001 5.3, 5.4) into `out`, of at least packet->whole.length bytes;
 * gives the frames. STATUS_MALFORMED: it is not sealed with these keys. */
MUST_USE enum status quic_open(const struct quic_packet *packet, const struct quic_keys *keys,
                               uint8_t *out, struct span *frames);

/* The next CRYPTO frame among the frames of an Initial; others that may stand there are passed
 * over. False at the end; a frame that may not stand there sets frames->failed. */
bool quic_next_crypto(struct cursor *frames, uint64_t *offset, struct span *bytes);

#endif
