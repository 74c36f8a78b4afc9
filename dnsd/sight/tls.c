/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls - the names in a TLS handshake, on any port.
 */
#include "sight/sight.h"
#include "wire/certificate.h"

enum { PORT_853 = 853, HELLO_BEGUN = 6 };

/* Where hellos, and a server's flight, are joined that lie in several records: of one call, for
 * what a sighting's `hello` points to. One thread, so one is enough. */
static uint8_t first_scratch[HELLO_MOST], later_scratch[HELLO_MOST];

static const enum ech ech_of[] = {
    [ECH_OFFER_NONE] = ECH_NONE,
    [ECH_OFFER_GREASE] = ECH_GREASE,
    [ECH_OFFER_POSSIBLE] = ECH_POSSIBLE,
};

/* Among the protocols offered; with `prefix`, what begins with it. */
static bool alpn_has(const struct hello *hello, const char *protocol, bool prefix)
{
    struct cursor c = cursor_of(hello->alpns);
    struct span wanted = span_text(protocol);
    while (cursor_more(&c)) {
        struct span offered = read_span(&c, read_u8(&c));
        if (prefix && offered.length > wanted.length)
            offered.length = wanted.length;
        if (!c.failed && span_equal(offered, wanted))
            return true;
    }
    return false;
}

static void name_fill(struct sighting *sighting, const struct hello *hello)
{
    sight_host(sighting, hello->server_name);
    if (hello->server_name.length == 0)
        sighting->why = hello->has_sni_extension ? WHY_INVALID_NAME : WHY_NOT_SAID;
    else if (hello->second_name)
        sighting->why = WHY_SECOND_NAME;
}

static void dns_mark(struct sighting *sighting, bool quic)
{
    sighting->protocol = quic ? PROTOCOL_DOQ : PROTOCOL_DOT;
    sighting->way = quic ? DETOUR_DOQ : DETOUR_DOT;
}

struct sighting *sight_hello(struct sightings *out, enum spoken spoken, const struct hello *hello)
{
    const bool quic = spoken == SPOKEN_QUIC;
    struct sighting *sighting = sight_add(out, spoken, quic ? SEEN_QUIC : SEEN_TLS);
    sighting->ech = ech_of[hello->ech];
    sighting->tls_version = hello->version;
    sighting->has_hello = true;
    sighting->hello_transport = quic ? 'q' : 't';
    sighting->hello = *hello;
    const char *alpn = sight_text(hello->alpn, ALPN_SIZE - 1);
    memcpy(sighting->alpn, alpn, strlen(alpn) + 1);
    name_fill(sighting, hello);
    /* RFC 7858 has no ALPN of its own but `dot` (IANA); RFC 9250 4.1.1, and its drafts' doq-i00. */
    if (quic ? alpn_has(hello, "doq", false) || alpn_has(hello, "doq-i", true)
             : alpn_has(hello, "dot", false))
        dns_mark(sighting, quic);
    sight_evidence(sighting, "ClientHello, SNI %s%s%s",
                   hello->server_name.length > 0 ? sight_text(hello->server_name, 60) : "none",
                   alpn[0] != 0 ? ", ALPN " : "", alpn);
    if (hello->ech == ECH_OFFER_POSSIBLE && out->count < SIGHTINGS_MOST) {
        struct sighting *hidden = sight_add(out, spoken, sighting->seen);
        *hidden = *sighting;
        hidden->protocol = PROTOCOL_ECH;
        hidden->way = DETOUR_NONE;
        sight_evidence(hidden, "encrypted_client_hello behind %s",
                       hello->server_name.length > 0 ? sight_text(hello->server_name, 60)
                                                     : "no name");
    }
    return sighting;
}

/* A record of a handshake, whatever is in it. RFC 8446 5.1. */
static bool begins_like_tls(struct span said)
{
    return said.length >= 3 && said.at[0] == 22 && said.at[1] == 3 && said.at[2] <= 4;
}

/* RFC 5246 E.2: a hello in the shape of SSL 2, which has no place for a name. */
static enum heard ssl2_look(struct span said, struct sightings *out)
{
    struct cursor c = cursor_of(said);
    uint16_t length = read_u16(&c);
    uint8_t kind = read_u8(&c);
    uint16_t version = read_u16(&c), ciphers = read_u16(&c);
    uint16_t session = read_u16(&c), challenge = read_u16(&c);
    bool begun = said.length < 1 || (said.at[0] & 0x80) != 0;
    begun = begun && (said.length < 3 || said.at[2] == 1) && (said.length < 4 || said.at[3] == 3);
    if (begun && c.failed) {
        out->want = 11;
        return HEARD_PERHAPS;
    }
    if (!begun || kind != 1 || version > 0x0304 || ciphers == 0 || ciphers % 3 != 0 ||
        session > 32 || challenge < 16 || challenge > 32 ||
        (length & 0x7fff) != 9 + ciphers + session + challenge)
        return HEARD_NOT_MINE;
    struct sighting *sighting = sight_add(out, SPOKEN_TLS, SEEN_TLS);
    sighting->why = WHY_MALFORMED;
    sighting->tls_version = version;
    sight_evidence(sighting, "ClientHello in the shape of SSL 2");
    return HEARD_DONE;
}

static enum heard malformed(struct sightings *out, const char *evidence)
{
    struct sighting *sighting = sight_add(out, SPOKEN_TLS, SEEN_TLS);
    sighting->why = WHY_MALFORMED;
    sight_evidence(sighting, "%s", evidence);
    return HEARD_DONE;
}

/* A hello that is not whole: waits, or makes do with what there is when no more will come. */
static enum heard begun_look(const struct talk *talk, struct span message, size_t wanted,
                             struct sightings *out)
{
    struct hello hello;
    const struct span said = talk->said[CLIENT];
    out->want = wanted;
    bool ours = message.length >= HELLO_BEGUN && message.at[4] == 3;
    if (!talk->complete[CLIENT])
        return ours || (begins_like_tls(said) && message.length > 0) ? HEARD_MORE : HEARD_PERHAPS;
    if (!ours || hello_read_begun(message, &hello) != STATUS_OK)
        return begins_like_tls(said) ? malformed(out, "handshake record without a ClientHello")
                                     : HEARD_NOT_MINE;
    struct sighting *sighting = sight_hello(out, SPOKEN_TLS, &hello);
    if (hello.server_name.length == 0)
        sighting->why = said.length >= TALK_MOST ? WHY_TOO_LONG : WHY_UNFINISHED;
    if (talk->server_port == PORT_853)
        dns_mark(sighting, false);
    return HEARD_DONE;
}

/* A later hello in what was said so far: after a HelloRetryRequest, or where there should be none.
 * Between two, change_cipher_spec and early data may stand (RFC 8446 D.4, 4.2.10). */
static void second_look(struct span said, size_t used, const struct hello *first,
                        struct sightings *out)
{
    enum { CHANGE_CIPHER_SPEC = 20, APPLICATION_DATA = 23 };
    struct cursor c = cursor_of(said);
    read_skip(&c, used);
    while (cursor_more(&c)) {
        struct span rest = span_of(c.at, cursor_left(&c)), message;
        struct hello hello;
        size_t taken = 0, wanted = 0;
        if (rest.at[0] == CHANGE_CIPHER_SPEC || rest.at[0] == APPLICATION_DATA) {
            read_skip(&c, 3);
            read_skip(&c, read_u16(&c));
            continue;
        }
        if (hello_from_records(rest, later_scratch, &message, &taken, &wanted) != STATUS_OK ||
            hello_read(message, &hello, &wanted) != STATUS_OK)
            return;
        if (!span_equal(hello.server_name, first->server_name)) {
            sight_hello(out, SPOKEN_TLS, &hello)->why = WHY_SECOND_HELLO;
            return;
        }
        read_skip(&c, taken);
    }
}

/* Without a name from the client, that of the server's certificate. */
static enum heard server_look(const struct talk *talk, const struct sighting *client,
                              struct sightings *out)
{
    struct name names[CERTIFICATE_NAMES_MOST];
    unsigned count = 0;
    enum status status = certificate_names(talk->said[SERVER], later_scratch, names, &count);
    if (status == STATUS_AGAIN)
        return talk->complete[SERVER] ? HEARD_DONE : HEARD_MORE;
    for (unsigned i = 0; status == STATUS_OK && i < count && out->count < SIGHTINGS_MOST; i++) {
        struct sighting *sighting = sight_add(out, SPOKEN_TLS, SEEN_CERTIFICATE);
        sighting->has_name = true;
        sighting->name = names[i];
        sighting->tls_version = client->tls_version;
        sight_evidence(sighting, "Certificate, name %u of %u", i + 1, count);
    }
    return HEARD_DONE;
}

enum heard sight_tls_look(const struct talk *talk, struct sightings *out)
{
    const struct span said = talk->said[CLIENT];
    struct span message;
    struct hello hello;
    size_t used = 0, wanted = 0;
    if (said.length > 0 && (said.at[0] & 0x80) != 0)
        return talk->midstream ? HEARD_NOT_MINE : ssl2_look(said, out);
    enum status status = hello_from_records(said, first_scratch, &message, &used, &wanted);
    if (status == STATUS_AGAIN)
        return begun_look(talk, message, wanted, out);
    if (status == STATUS_OK)
        status = hello_read(message, &hello, &wanted);
    if (status != STATUS_OK)
        return talk->midstream || !begins_like_tls(said)
                   ? HEARD_NOT_MINE
                   : malformed(out, "handshake record, and no ClientHello can be read in it");
    struct sighting *sighting = sight_hello(out, SPOKEN_TLS, &hello);
    if (talk->server_port == PORT_853)
        dns_mark(sighting, false);
    if (hello.server_name.length > 0) {
        second_look(said, used, &hello, out);
        return HEARD_DONE;
    }
    enum heard heard = server_look(talk, sighting, out);
    second_look(said, used, &hello, out);
    return heard;
}

const struct recogniser sight_tls = {"tls", IP_TCP, sight_tls_look, 0};
