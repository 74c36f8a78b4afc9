/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sightings - what fuzzers of recognisers have in common.
 *
 * Used by fuzz_http.c and fuzz_mmtls.c. The first byte says how a flow is, the next two how much of
 * the rest the client said; the server said what is behind that.
 */
#ifndef TESTS_FUZZ_SIGHTINGS_H
#define TESTS_FUZZ_SIGHTINGS_H

#include "fuzz.h"

#include "inspect/gather.h"
#include "sight/sight.h"

/* False: too short to say anything. */
static inline bool talk_of(const uint8_t *data, size_t size, struct talk *out)
{
    static const struct address server = {{[10] = 0xff, 0xff, 192, 0, 2, 9}};
    if (size < 3)
        return false;
    size_t all = size - 3, client = (size_t)(data[1] << 8 | data[2]);
    if (client > all)
        client = all;
    *out = (struct talk){.transport = IP_TCP, .server = &server, .datagrams = {1, 1}};
    out->midstream = data[0] & 1;
    out->complete[CLIENT] = data[0] & 2;
    out->complete[SERVER] = data[0] & 4;
    out->cut = data[0] & 8;
    out->depth = data[0] >> 4 & 1;
    out->server_port = data[0] & 32 ? 8000 : 443;
    out->said[CLIENT] = span_of(data + 3, client < GATHER_MOST ? client : GATHER_MOST);
    out->said[SERVER] = span_of(data + 3 + client, all - client);
    return true;
}

static inline void sightings_check(const struct sightings *out, enum heard heard)
{
    assert(out->count <= SIGHTINGS_MOST);
    assert(heard >= HEARD_MORE || out->count == 0);
    for (unsigned i = 0; i < out->count; i++) {
        const struct sighting *s = &out->list[i];
        assert(s->spoken < SPOKEN_COUNT && s->seen < SEEN_COUNT && s->protocol < PROTOCOL_COUNT);
        assert(s->way < DETOUR_COUNT && s->why < WHY_COUNT && s->ech < ECH_COUNT);
        assert(!s->has_name || name_is_sound(&s->name));
        assert(s->has_name || s->has_address || s->why != WHY_NONE);
        assert(memchr(s->evidence, 0, EVIDENCE_SIZE) != NULL);
    }
}

/* Who says yes in the end must not have said no on the way: nobody would have asked again. */
static inline void look_check(const struct recogniser *row, const struct talk *talk)
{
    static struct sightings out;
    out.count = out.resolution_count = 0;
    out.want = 0;
    enum heard heard = row->look(talk, &out);
    sightings_check(&out, heard);
    struct talk before = *talk;
    before.said[CLIENT].length /= 2;
    before.complete[CLIENT] = before.complete[SERVER] = false;
    out.count = 0;
    enum heard earlier = row->look(&before, &out);
    sightings_check(&out, earlier);
    assert(heard < HEARD_MORE || talk->transport == IP_UDP || earlier != HEARD_NOT_MINE);
}

#endif
