/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verdict - the words themselves.
 */
#include "policy/verdict.h"

#include <stddef.h>

const char *const action_words[] = {
    [ACTION_PASS] = "pass",         [ACTION_ALLOW] = "allow",       [ACTION_OBSERVE] = "observe",
    [ACTION_SINKHOLE] = "sinkhole", [ACTION_NXDOMAIN] = "nxdomain", [ACTION_NODATA] = "nodata",
    [ACTION_REFUSED] = "refused",   [ACTION_DROP] = "drop",         [ACTION_TRUNCATE] = "truncate",
    [ACTION_REDIRECT] = "redirect", [ACTION_COUNT] = NULL,
};

const char *const evidence_words[] = {
    [EVIDENCE_NONE] = "none",       [EVIDENCE_INSTALLED] = "installed",
    [EVIDENCE_VISITED] = "visited", [EVIDENCE_UPDATE] = "update",
    [EVIDENCE_BYPASS] = "bypass",   [EVIDENCE_CONTEXT] = "context",
    [EVIDENCE_COUNT] = NULL,
};

const char *const protocol_words[] = {
    [PROTOCOL_NONE] = "none",   [PROTOCOL_MMTLS] = "mmtls",
    [PROTOCOL_OICQ] = "oicq",   [PROTOCOL_HTTPDNS] = "httpdns",
    [PROTOCOL_DOT] = "dot",     [PROTOCOL_DOQ] = "doq",
    [PROTOCOL_DOH] = "doh",     [PROTOCOL_DNSCRYPT] = "dnscrypt",
    [PROTOCOL_DNS] = "dns",     [PROTOCOL_MMTLS_TUNNEL] = "mmtls-tunnel",
    [PROTOCOL_SOCKS] = "socks", [PROTOCOL_HTTP_PROXY] = "http-proxy",
    [PROTOCOL_ECH] = "ech",     [PROTOCOL_UNRESOLVED] = "unresolved",
    [PROTOCOL_COUNT] = NULL,
};

const char *const seen_words[] = {
    [SEEN_QUESTION] = "question", [SEEN_ANSWER] = "answer",
    [SEEN_TLS] = "tls",           [SEEN_QUIC] = "quic",
    [SEEN_HTTP] = "http",         [SEEN_DNS] = "dns",
    [SEEN_PACKET] = "packet",     [SEEN_CERTIFICATE] = "certificate",
    [SEEN_PROXY] = "proxy",       [SEEN_COUNT] = NULL,
};
