/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_quic - a flow of datagrams, of which some are sealed here so that frames and hellos are
 * reached: for each a byte of kind, two of length, and what it holds.
 */
#include "fuzz.h"

#include "packets/packets.h"
#include "sight/sight.h"

static const uint8_t ids[4][8] = {{1, 2, 3, 4, 5, 6, 7, 8}, {9, 8, 7, 6, 5, 4, 3, 2}};

static void check(const struct sightings *out, enum heard heard)
{
    assert(out->count <= SIGHTINGS_MOST && (out->count == 0 || heard >= HEARD_MORE));
    for (unsigned i = 0; i < out->count; i++) {
        const struct sighting *sighting = &out->list[i];
        struct hello again;
        size_t wanted;
        assert(sighting->spoken == SPOKEN_QUIC);
        assert(sighting->has_name || sighting->why != WHY_NONE || heard == HEARD_MORE);
        if (sighting->has_hello &&
            hello_read(sighting->hello.message, &again, &wanted) == STATUS_OK)
            assert(span_equal(again.extensions, sighting->hello.extensions));
    }
}

static struct span datagram_of(uint8_t kind, struct span bytes, struct writer *w)
{
    static const uint32_t versions[4] = {QUIC_V1, QUIC_V1, QUIC_V2, QUIC_DRAFT_29};
    if ((kind & 2) == 0 || bytes.length > 8192)
        return bytes;
    struct packets_initial initial = {.version = versions[kind >> 4 & 3],
                                      .destination_id = span_of(ids[kind >> 2 & 3], 8),
                                      .keys_from = span_of(ids[kind >> 6], 8)};
    packets_initial(w, &initial, bytes);
    return writer_span(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sights *sights;
    static struct sightings out;
    static uint8_t sealed[16384];
    static const struct address address;
    if (sights == NULL)
        sights = sights_new(1, sight_quic.memory_size);
    void *memory = NULL;
    struct talk talk = {.transport = IP_UDP, .client = &address, .server = &address};
    talk.memory = size % 16 == 0 ? NULL : &memory;
    talk.sights = sights;
    enum heard heard = HEARD_PERHAPS;
    for (struct cursor c = cursor_over(data, size); cursor_more(&c) && heard % 3 != 0;) {
        uint8_t kind = read_u8(&c);
        size_t length = read_u16(&c), left = cursor_left(&c);
        struct span bytes = read_span(&c, length < left ? length : left);
        struct writer w = writer_over(sealed, sizeof sealed);
        talk.from = kind & 1 ? SERVER : CLIENT;
        talk.said[talk.from] = datagram_of(kind, bytes, &w);
        talk.said[!talk.from] = (struct span){0};
        talk.datagrams[talk.from]++;
        talk.cut = length > left;
        memset(&out, 0, sizeof out);
        heard = sight_quic.look(&talk, &out);
        check(&out, heard);
    }
    sights_release(sights, memory);
    return 0;
}
