/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight - the rows, and what recognisers share.
 */
#include "sight/sight.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Who is met most often is asked first. */
const struct recogniser *const recognisers[] = {
    &sight_tls,      &sight_http,         &sight_mmtls,    &sight_dns_tcp, &sight_socks,
    &sight_starttls, &sight_dnscrypt_tcp, /* TCP; now UDP */
    &sight_quic,     &sight_dns_udp,      &sight_dnscrypt, &sight_oicq,    NULL,
};
enum { ROWS = COUNT_OF(recognisers) - 1 };
static_assert((int)ROWS <= (int)RECOGNISERS_MOST, "a bit for each");

uint16_t sight_candidates(uint8_t transport)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < (unsigned)ROWS; i++)
        if (recognisers[i]->transport == transport)
            bits |= 1u << i;
    return (uint16_t)bits;
}

/* What a datagram recogniser kept is of no use to another one. */
static void memory_leave(const struct talk *talk)
{
    if (talk->memory == NULL || *talk->memory == NULL)
        return;
    sights_release(talk->sights, *talk->memory);
    *talk->memory = NULL;
}

enum heard sight_ask(const struct talk *talk, uint16_t *candidates, struct sightings *out)
{
    const unsigned count = out->count, resolutions = out->resolution_count;
    size_t want = SIZE_MAX;
    for (unsigned i = 0; i < (unsigned)ROWS; i++) {
        if ((*candidates & 1u << i) == 0)
            continue;
        const struct recogniser *row = recognisers[i];
        out->want = 0;
        enum heard heard = row->look(talk, out);
        if (heard >= HEARD_MORE) {
            *candidates = (uint16_t)(1u << i);
            if (row->memory_size == 0)
                memory_leave(talk);
            return heard;
        }
        out->count = count;
        out->resolution_count = resolutions;
        if (heard == HEARD_PERHAPS) {
            want = out->want < want ? out->want : want;
            continue;
        }
        *candidates &= (uint16_t) ~(1u << i);
        if (row->memory_size > 0)
            memory_leave(talk);
    }
    out->want = want == SIZE_MAX ? 0 : want;
    return *candidates == 0 ? HEARD_NOT_MINE : HEARD_PERHAPS;
}

enum heard sight_inner(const struct talk *talk, size_t client_at, size_t server_at,
                       struct sightings *out)
{
    if (talk->depth > 0)
        return HEARD_NOT_MINE;
    struct talk inner = *talk;
    inner.depth = 1;
    inner.midstream = false;
    inner.said[CLIENT] = span_behind(talk->said[CLIENT], client_at);
    inner.said[SERVER] = span_behind(talk->said[SERVER], server_at);
    inner.memory = NULL;
    inner.sights = NULL;
    uint16_t candidates = sight_candidates(talk->transport);
    enum heard heard = sight_ask(&inner, &candidates, out);
    if (out->want > 0)
        out->want += client_at;
    return heard;
}

struct sighting *sight_add(struct sightings *out, enum spoken spoken, enum seen seen)
{
    if (out->count < SIGHTINGS_MOST)
        out->count++;
    struct sighting *sighting = &out->list[out->count - 1];
    *sighting = (struct sighting){.spoken = spoken, .seen = seen};
    return sighting;
}

/* "192.0.2.1", "2001:db8::1", the latter also in brackets and with a zone (RFC 6874). */
static bool host_is_address(struct span host, struct address *out)
{
    char text[ADDRESS_TEXT_SIZE];
    if (host.length > 2 && host.at[0] == '[' && host.at[host.length - 1] == ']')
        host = span_of(host.at + 1, host.length - 2);
    const uint8_t *zone = host.length == 0 ? NULL : memchr(host.at, '%', host.length);
    if (zone != NULL)
        host.length = (size_t)(zone - host.at);
    if (host.length == 0 || host.length >= sizeof text || memchr(host.at, 0, host.length) != NULL)
        return false;
    memcpy(text, host.at, host.length);
    text[host.length] = 0;
    return address_parse(text, out) == STATUS_OK;
}

/* Labels as they stand; no escapes, and nothing that ends a host in a URL (RFC 3986 3.2). What ends
 * in a number is meant as an address and is none. */
static bool host_is_name(struct span host, struct name *out)
{
    uint8_t wire[NAME_MAX_WIRE];
    size_t start = 0;
    bool number = true;
    if (host.length == 0 || host.length + 2 > sizeof wire)
        return false;
    for (size_t i = 0; i <= host.length; i++) {
        uint8_t byte = i < host.length ? host.at[i] : '.';
        if (byte <= ' ' || byte >= 0x7f || strchr("/\\@:?#[]%\"<>", byte) != NULL)
            return false;
        if (byte != '.') {
            number = (i == start || number) && byte >= '0' && byte <= '9';
            wire[i + 1] = byte;
            continue;
        }
        if (i - start == 0 || i - start > 63)
            return false;
        wire[start] = (uint8_t)(i - start);
        start = i + 1;
    }
    wire[start] = 0;
    struct cursor c = cursor_over(wire, start + 1);
    return !number && name_read(&c, (struct span){0}, out) == STATUS_OK;
}

void sight_host(struct sighting *sighting, struct span host)
{
    if (host.length > 1 && host.at[host.length - 1] == '.')
        host.length--;
    sighting->has_name = false;
    sighting->has_address = host_is_address(host, &sighting->address);
    if (sighting->has_address)
        sighting->why = WHY_ADDRESS;
    else if (host.length == 0)
        sighting->why = WHY_NOT_SAID;
    else if (host_is_name(host, &sighting->name))
        sighting->has_name = true;
    else
        sighting->why = WHY_INVALID_NAME;
}

void sight_evidence(struct sighting *sighting, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(sighting->evidence, sizeof sighting->evidence, format, arguments) < 0)
        sighting->evidence[0] = 0;
    va_end(arguments);
}

const char *sight_text(struct span bytes, size_t most)
{
    static char texts[4][EVIDENCE_SIZE];
    static unsigned turn;
    char *text = texts[turn++ % COUNT_OF(texts)];
    size_t length = bytes.length < most ? bytes.length : most;
    if (length >= EVIDENCE_SIZE)
        length = EVIDENCE_SIZE - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = bytes.at[i] >= ' ' && bytes.at[i] < 0x7f ? (char)bytes.at[i] : '?';
    text[length] = 0;
    return text;
}

/* A slab; pieces never used yet begin at `fresh`, so that unused memory does not become real. */
struct sights {
    size_t most, size, fresh;
    size_t hand; /* the piece that is taken from its flow next, when none is free */
    uint64_t refused;
    void *free;      /* released pieces, each pointing to the next */
    void ***holders; /* of each piece: where its flow keeps it; NULL: free */
    uint8_t *slab;
};

struct sights *sights_new(size_t most, size_t size)
{
    if (most == 0 || size == 0 || size > (size_t)1 << 24 || most > (size_t)1 << 32)
        return NULL;
    struct sights *sights = calloc(1, sizeof *sights);
    if (sights == NULL)
        return NULL;
    sights->most = most;
    sights->size = (size + 15) & ~(size_t)15;
    sights->holders = calloc(most, sizeof *sights->holders);
    sights->slab = calloc(most, sights->size);
    if (sights->holders == NULL || sights->slab == NULL) {
        sights_free(sights);
        return NULL;
    }
    return sights;
}

void sights_free(struct sights *sights)
{
    if (sights == NULL)
        return;
    free(sights->holders);
    free(sights->slab);
    free(sights);
}

static size_t piece_number(const struct sights *sights, const void *piece)
{
    return (size_t)((const uint8_t *)piece - sights->slab) / sights->size;
}

/* Takes a piece from the flow that, going round, has had it for long. */
static void *take_away(struct sights *sights)
{
    size_t number = sights->hand++ % sights->most;
    *sights->holders[number] = NULL;
    sights->refused++;
    return sights->slab + number * sights->size;
}

void *sight_memory(const struct talk *talk)
{
    struct sights *sights = talk->sights;
    void *piece;
    if (talk->memory == NULL || sights == NULL)
        return NULL;
    if (*talk->memory != NULL)
        return *talk->memory;
    if (sights->free != NULL) {
        piece = sights->free;
        memcpy(&sights->free, piece, sizeof sights->free);
    } else if (sights->fresh < sights->most) {
        piece = sights->slab + sights->size * sights->fresh++;
    } else {
        piece = take_away(sights);
    }
    sights->holders[piece_number(sights, piece)] = talk->memory;
    return *talk->memory = memset(piece, 0, sights->size);
}

void sights_release(struct sights *sights, void *memory)
{
    if (memory == NULL)
        return;
    sights->holders[piece_number(sights, memory)] = NULL;
    memcpy(memory, &sights->free, sizeof sights->free);
    sights->free = memory;
}

uint64_t sights_refused(const struct sights *sights)
{
    return sights->refused;
}
