/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * way - the words, and which fields of a line decide. docs/events.md says what the fields mean.
 */
#include "incident/way.h"

#include <stddef.h>

const char *const way_words[] = {
    [WAY_UNKNOWN] = "unknown",
    [WAY_DNS] = "dns",
    [WAY_ANSWER] = "answer",
    [WAY_TLS] = "tls",
    [WAY_QUIC] = "quic",
    [WAY_HTTP] = "http",
    [WAY_ADDRESS] = "address",
    [WAY_MMTLS] = "mmtls",
    [WAY_OICQ] = "oicq",
    [WAY_OTHER_DNS] = "other-dns",
    [WAY_DOT] = "dot",
    [WAY_DOH] = "doh",
    [WAY_DOQ] = "doq",
    [WAY_DNSCRYPT] = "dnscrypt",
    [WAY_HTTPDNS] = "httpdns",
    [WAY_PROXY] = "proxy",
    [WAY_CERTIFICATE] = "certificate",
    [WAY_ECH] = "ech",
    [WAY_UNRESOLVED] = "unresolved",
    [WAY_INTEGRITY] = "integrity",
    [WAY_COUNT] = NULL,
};

/* One word of a field, and the way that it says. */
struct said {
    const char *word;
    enum way way;
};

/* A protocol of the app says more than where its name stood. */
static const struct said protocols[] = {
    {"mmtls", WAY_MMTLS}, {"oicq", WAY_OICQ}, {"dnscrypt", WAY_DNSCRYPT}, {NULL, WAY_UNKNOWN}};

/* network.application where it is a way around the resolver; else it is the app. */
static const struct said applications[] = {{"dns", WAY_OTHER_DNS},     {"dot", WAY_DOT},
                                           {"doh", WAY_DOH},           {"doq", WAY_DOQ},
                                           {"dnscrypt", WAY_DNSCRYPT}, {"httpdns", WAY_HTTPDNS},
                                           {"proxy", WAY_PROXY},       {NULL, WAY_UNKNOWN}};

static const struct said rules[] = {{"protocol ech", WAY_ECH},
                                    {"protocol unresolved", WAY_UNRESOLVED},
                                    {"protocol mmtls", WAY_MMTLS},
                                    {"protocol oicq", WAY_OICQ},
                                    {NULL, WAY_UNKNOWN}};

static const struct said places[] = {{"tls", WAY_TLS},
                                     {"quic", WAY_QUIC},
                                     {"http", WAY_HTTP},
                                     {"dns", WAY_OTHER_DNS},
                                     {"certificate", WAY_CERTIFICATE},
                                     {"proxy", WAY_PROXY},
                                     {NULL, WAY_UNKNOWN}};

static bool is(struct span text, const char *word)
{
    return span_equal(text, span_text(word));
}

static enum way find(const struct said *words, struct span text)
{
    for (; text.length > 0 && words->word != NULL; words++) {
        if (is(text, words->word))
            return words->way;
    }
    return WAY_UNKNOWN;
}

static enum way of_wire(const struct way_texts *texts)
{
    const struct {
        const struct said *words;
        struct span text;
    } asked[] = {{protocols, texts->protocol},
                 {applications, texts->application},
                 {rules, texts->rule_name},
                 {places, texts->seen}};

    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        enum way way = find(asked[i].words, asked[i].text);
        if (way != WAY_UNKNOWN)
            return way;
    }
    if (!is(texts->seen, "packet"))
        return WAY_UNKNOWN;
    /* Without a rule it was a strict group: nobody knows the protocol. */
    return texts->rule_name.length > 0 ? WAY_ADDRESS : WAY_UNRESOLVED;
}

enum way way_of(const struct way_texts *texts)
{
    if (is(texts->dataset, "ponor.dns"))
        return is(texts->seen, "answer") ? WAY_ANSWER : WAY_DNS;
    return is(texts->dataset, "ponor.wire") ? of_wire(texts) : WAY_UNKNOWN;
}
