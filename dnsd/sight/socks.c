/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socks - SOCKS 4, 4a and 5 (RFC 1928, RFC 1929, RFC 1961): what a proxy is asked to reach,
 * and what is said through it.
 */
#include "sight/sight.h"

#include <stdio.h>

enum {
    CONNECT = 1,
    BIND = 2,
    ASSOCIATE = 3, /* UDP */
    RESOLVE = 0xf0 /* Tor's own: a look-up through the proxy */
};

/* A request as far as it was read. */
struct wish {
    const char *version;
    uint8_t command;
    struct span host; /* as text, or 4 or 16 bytes where `is_bytes` */
    bool is_bytes;
    uint16_t port;
    size_t client_at, server_at; /* where what goes through begins */
};

static const char *command_word(uint8_t command)
{
    return command == CONNECT     ? "CONNECT"
           : command == BIND      ? "BIND"
           : command == ASSOCIATE ? "UDP ASSOCIATE"
                                  : "RESOLVE";
}

static enum heard wish_sight(const struct talk *talk, const struct wish *wish,
                             struct sightings *out)
{
    static const struct address none4 = {{[10] = 0xff, [11] = 0xff}}, none6;
    struct sighting *sighting = sight_add(out, SPOKEN_SOCKS, SEEN_PROXY);
    char text[ADDRESS_TEXT_SIZE] = "";
    sighting->protocol = PROTOCOL_SOCKS;
    sighting->way = DETOUR_PROXY;
    if (!wish->is_bytes) {
        sight_host(sighting, wish->host);
    } else {
        sighting->has_address = address_from_bytes(wish->host, &sighting->address);
        address_text(&sighting->address, text);
        sighting->why = WHY_ADDRESS;
    }
    if (sighting->has_address &&
        (address_equal(&sighting->address, &none4) || address_equal(&sighting->address, &none6))) {
        sighting->has_address = false; /* "I do not know yet", of UDP ASSOCIATE */
        sighting->why = WHY_NOT_SAID;
    }
    sight_evidence(sighting, "%s %s %s port %u", wish->version, command_word(wish->command),
                   wish->is_bytes ? text : sight_text(wish->host, 60), wish->port);
    if (wish->command != CONNECT)
        return HEARD_DONE;
    enum heard inner = sight_inner(talk, wish->client_at, wish->server_at, out);
    if (inner == HEARD_NOT_MINE || talk->complete[CLIENT])
        return HEARD_DONE;
    return inner == HEARD_DONE ? HEARD_DONE : HEARD_MORE;
}

/* The text up to a zero byte. */
static bool text_read(struct cursor *c, struct span *out)
{
    size_t left = cursor_left(c);
    const uint8_t *end = left == 0 ? NULL : memchr(c->at, 0, left);
    *out = read_span(c, end == NULL ? left : (size_t)(end - c->at));
    read_skip(c, 1);
    return end != NULL;
}

static bool is_printable(struct span s)
{
    for (size_t i = 0; i < s.length; i++)
        if (s.at[i] < ' ' || s.at[i] >= 0x7f)
            return false;
    return s.length < 256;
}

/* 04, command, port, address, user, 00; of an address 0.0.0.x the name behind it counts (4a). Many
 * protocols could begin so: without the proxy's answer nothing may follow it. */
static enum heard look4(const struct talk *talk, struct sightings *out)
{
    struct cursor c = cursor_of(talk->said[CLIENT]);
    struct span user, name = {0}, answer = talk->said[SERVER];
    struct wish wish = {.version = "SOCKS4", .is_bytes = true, .server_at = 8};
    read_skip(&c, 1);
    bool cut = cursor_left(&c) < 7;
    wish.command = read_u8(&c);
    if (!c.failed && wish.command != CONNECT && wish.command != BIND)
        return HEARD_NOT_MINE;
    wish.port = read_u16(&c);
    wish.host = read_span(&c, 4);
    if (cut)
        return HEARD_PERHAPS;
    bool named = wish.host.at[0] == 0 && wish.host.at[1] == 0 && wish.host.at[2] == 0;
    bool whole = text_read(&c, &user) && (!named || text_read(&c, &name));
    if (wish.port == 0 || !is_printable(user) || !is_printable(name) || wish.host.at[0] >= 224 ||
        (wish.host.at[0] == 0 && !named) || (named && wish.host.at[3] == 0))
        return HEARD_NOT_MINE;
    if (!whole)
        return HEARD_PERHAPS;
    if (named) {
        struct sighting probe = {0};
        sight_host(&probe, name);
        if (!probe.has_name && !probe.has_address)
            return HEARD_NOT_MINE;
        wish.version = "SOCKS4a";
        wish.is_bytes = false;
        wish.host = name;
    }
    bool answered =
        answer.length >= 2 && answer.at[0] == 0 && answer.at[1] >= 90 && answer.at[1] <= 93;
    bool refused = answer.length > 0 && (answer.at[0] != 0 || (answer.length > 1 && !answered));
    if (refused || talk->server_port == 53)
        return HEARD_NOT_MINE;
    if (!answered && !named && cursor_more(&c))
        return HEARD_PERHAPS;
    wish.client_at = (size_t)(c.at - talk->said[CLIENT].at);
    return wish_sight(talk, &wish, out);
}

/* What the client says between its greeting and its request; false: nothing that is known. */
static bool login_skip(struct cursor *c)
{
    if (!cursor_more(c) || *c->at != 1)
        return !cursor_more(c) || *c->at == 5;
    read_skip(c, 1);
    uint8_t length = read_u8(c);
    read_skip(c, length); /* the user (RFC 1929) */
    read_block8(c);       /* the password */
    return c->failed || length > 0;
}

/* An address as both requests and answers have it; false: an unknown kind. */
static bool place_read(struct cursor *c, struct wish *wish)
{
    uint8_t kind = read_u8(c);
    wish->is_bytes = kind != 3;
    if (c->failed)
        return true;
    if (kind != 1 && kind != 3 && kind != 4)
        return false;
    wish->host = read_span(c, kind == 1 ? 4 : kind == 4 ? 16 : read_u8(c));
    wish->port = read_u16(c);
    return true;
}

/* Where the proxy's answers end: method, login, reply. Far behind when they are not there. */
static size_t answers_end(struct span said, bool login)
{
    struct wish place = {0};
    struct cursor c = cursor_of(said);
    read_skip(&c, login ? 4 : 2);
    read_skip(&c, 3);
    return place_read(&c, &place) && !c.failed ? (size_t)(c.at - said.at) : SIZE_MAX;
}

/* A greeting, and no request that could be read. */
static enum heard greeting_sight(const struct talk *talk, bool agreed, bool sealed,
                                 struct sightings *out)
{
    if (!agreed)
        return sealed || talk->complete[CLIENT] ? HEARD_NOT_MINE : HEARD_PERHAPS;
    if (!sealed && !talk->complete[CLIENT])
        return HEARD_MORE;
    struct sighting *sighting = sight_add(out, SPOKEN_SOCKS, SEEN_PROXY);
    sighting->protocol = PROTOCOL_SOCKS;
    sighting->way = DETOUR_PROXY;
    sighting->why = sealed ? WHY_SEALED : WHY_UNFINISHED;
    sight_evidence(sighting, "SOCKS5 method %02x", talk->said[SERVER].at[1]);
    return HEARD_DONE;
}

/* 05, methods; perhaps a login; then 05, command, 00, address, port. */
static enum heard look5(const struct talk *talk, struct sightings *out)
{
    struct span said = talk->said[CLIENT], answer = talk->said[SERVER];
    struct cursor c = cursor_of(said);
    read_skip(&c, 1);
    struct cursor methods = read_block8(&c);
    bool agreed =
        answer.length >= 2 && answer.at[0] == 5 && !c.failed &&
        (answer.at[1] == 0xff || memchr(methods.at, answer.at[1], cursor_left(&methods)) != NULL);
    if ((said.length > 1 && said.at[1] == 0) || (answer.length >= 2 && !c.failed && !agreed))
        return HEARD_NOT_MINE;
    if (c.failed || !cursor_more(&c))
        return greeting_sight(talk, agreed, false, out);
    struct wish wish = {.version = "SOCKS5"};
    bool login = *c.at == 1, known = login_skip(&c);
    if (known && cursor_more(&c)) {
        known = read_u8(&c) == 5;
        wish.command = read_u8(&c);
        known &= c.failed || (wish.command >= CONNECT && wish.command <= ASSOCIATE) ||
                 wish.command == RESOLVE || wish.command == RESOLVE + 1;
        known &= read_u8(&c) == 0 && place_read(&c, &wish);
    } else {
        c.failed = true;
    }
    if (!known || c.failed)
        return greeting_sight(talk, agreed, !known, out);
    wish.client_at = (size_t)(c.at - said.at);
    wish.server_at = answers_end(answer, login);
    return wish_sight(talk, &wish, out);
}

static enum heard look(const struct talk *talk, struct sightings *out)
{
    struct span said = talk->said[CLIENT];
    if (talk->midstream)
        return HEARD_NOT_MINE;
    if (said.length == 0)
        return talk->complete[CLIENT] ? HEARD_NOT_MINE : HEARD_PERHAPS;
    enum heard heard = said.at[0] == 4   ? look4(talk, out)
                       : said.at[0] == 5 ? look5(talk, out)
                                         : HEARD_NOT_MINE;
    return heard == HEARD_PERHAPS && talk->complete[CLIENT] ? HEARD_NOT_MINE : heard;
}

const struct recogniser sight_socks = {.name = "socks", .transport = IP_TCP, .look = look};
