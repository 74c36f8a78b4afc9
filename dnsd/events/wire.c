/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wire - the words, and the check at a process border.
 */
#include "events/wire.h"

#include "wire/frame.h"

const char *const spoken_words[] = {
    [SPOKEN_UNKNOWN] = "unknown",   [SPOKEN_TLS] = "tls",     [SPOKEN_QUIC] = "quic",
    [SPOKEN_HTTP] = "http",         [SPOKEN_HTTP2] = "http2", [SPOKEN_DNS] = "dns",
    [SPOKEN_DNSCRYPT] = "dnscrypt", [SPOKEN_MMTLS] = "mmtls", [SPOKEN_OICQ] = "oicq",
    [SPOKEN_SOCKS] = "socks",       [SPOKEN_SMTP] = "smtp",   [SPOKEN_IMAP] = "imap",
    [SPOKEN_POP3] = "pop3",         [SPOKEN_XMPP] = "xmpp",   [SPOKEN_MDNS] = "mdns",
    [SPOKEN_COUNT] = NULL,
};

const char *const ending_words[] = {
    [ENDING_NONE] = "none",           [ENDING_NAME] = "name", [ENDING_NO_NAME] = "no-name",
    [ENDING_AMBIGUOUS] = "ambiguous", [ENDING_COUNT] = NULL,
};

const char *const why_words[] = {
    [WHY_NONE] = "none",
    [WHY_MIDSTREAM] = "midstream",
    [WHY_SILENT] = "silent",
    [WHY_UNRECOGNISED] = "unrecognised",
    [WHY_NOT_SAID] = "not-said",
    [WHY_ADDRESS] = "address",
    [WHY_INVALID_NAME] = "invalid-name",
    [WHY_UNFINISHED] = "unfinished",
    [WHY_HOLE] = "hole",
    [WHY_CUT] = "cut",
    [WHY_TOO_LONG] = "too-long",
    [WHY_MALFORMED] = "malformed",
    [WHY_VERSION] = "version",
    [WHY_SEALED] = "sealed",
    [WHY_NO_ROOM] = "no-room",
    [WHY_EVICTED] = "evicted",
    [WHY_OVERLAP] = "overlap",
    [WHY_SECOND_HELLO] = "second-hello",
    [WHY_SECOND_NAME] = "second-name",
    [WHY_COUNT] = NULL,
};

const char *const ech_words[] = {
    [ECH_NONE] = "none",
    [ECH_GREASE] = "grease",
    [ECH_POSSIBLE] = "possible",
    [ECH_COUNT] = NULL,
};

const char *const detour_words[] = {
    [DETOUR_NONE] = "none",       [DETOUR_DNS] = "dns",     [DETOUR_DOT] = "dot",
    [DETOUR_DOH] = "doh",         [DETOUR_DOQ] = "doq",     [DETOUR_DNSCRYPT] = "dnscrypt",
    [DETOUR_HTTPDNS] = "httpdns", [DETOUR_PROXY] = "proxy", [DETOUR_COUNT] = NULL,
};

const char *const health_words[] = {
    [HEALTH_NONE] = "none",
    [HEALTH_DROPPED] = "packets-dropped",
    [HEALTH_FLOWS_FULL] = "flows-full",
    [HEALTH_GATHER_FULL] = "gather-full",
    [HEALTH_BLIND] = "blind",
    [HEALTH_EVENTS_LOST] = "events-lost",
    [HEALTH_COUNT_OF] = NULL,
};

static bool ends(const char *text, size_t size)
{
    return memchr(text, 0, size) != NULL;
}

bool wire_is_sound(const struct wire *wire)
{
    return wire->spoken < SPOKEN_COUNT && wire->ending < ENDING_COUNT && wire->why < WHY_COUNT &&
           wire->ech < ECH_COUNT && wire->resolved < RESOLVED_COUNT && wire->way < DETOUR_COUNT &&
           wire->tunnel < TUNNEL_COUNT && wire->health < HEALTH_COUNT_OF &&
           wire->count < UINT64_C(1) << 53 && wire->vlan < UINT32_C(1) << 24 &&
           ends(wire->alpn, sizeof wire->alpn) && ends(wire->ja4, sizeof wire->ja4) &&
           ends(wire->evidence, sizeof wire->evidence);
}
