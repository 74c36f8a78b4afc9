/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_tls - what a client and a server say of TLS, also behind STARTTLS; what was wanted is more
 * than there was, and a hello that was read gives a fingerprint.
 *
 * Two bytes of length of what the client says, two of its port, then both sides.
 */
#include "fuzz.h"

#include "sight/sight.h"
#include "wire/certificate.h"
#include "wire/ja4.h"

static void check(const struct talk *talk, enum heard heard, const struct sightings *seen)
{
    char ja4[JA4_TEXT_SIZE];
    assert(seen->count <= SIGHTINGS_MOST);
    assert(heard >= HEARD_MORE || seen->count == 0);
    assert(heard != HEARD_DONE || seen->count > 0);
    for (unsigned i = 0; i < seen->count; i++) {
        const struct sighting *sighting = &seen->list[i];
        assert(!sighting->has_name || name_is_sound(&sighting->name));
        assert(sighting->has_name || sighting->why != WHY_NONE);
        if (!sighting->has_hello)
            continue;
        ja4_write(&sighting->hello, sighting->hello_transport, ja4);
        assert(strlen(ja4) == JA4_TEXT_SIZE - 1);
    }
    assert(talk->complete[CLIENT] || seen->count > 0 || seen->want == 0 ||
           seen->want > talk->said[CLIENT].length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t scratch[HELLO_MOST];
    static struct sightings seen;
    struct name names[CERTIFICATE_NAMES_MOST];
    struct cursor c = cursor_over(data, size);
    size_t client = read_u16(&c), left;
    uint16_t port = read_u16(&c);
    left = cursor_left(&c);
    if (left > TALK_MOST * 2)
        return 0;
    struct talk talk = {.transport = IP_TCP, .server_port = port};
    talk.said[CLIENT] = read_span(&c, client < left ? client : left);
    talk.said[SERVER] = read_span(&c, cursor_left(&c));
    for (unsigned turn = 0; turn < 4; turn++) {
        const struct recogniser *row = turn % 2 == 0 ? &sight_tls : &sight_starttls;
        talk.complete[CLIENT] = talk.complete[SERVER] = turn >= 2;
        seen = (struct sightings){0};
        enum heard heard = row->look(&talk, &seen);
        check(&talk, heard, &seen);
        assert(heard < HEARD_MORE || turn < 2 || heard == HEARD_DONE);
    }
    unsigned count = 0;
    enum status status = certificate_names(talk.said[SERVER], scratch, names, &count);
    assert(count <= CERTIFICATE_NAMES_MOST && (status == STATUS_OK) == (count > 0));
    for (unsigned i = 0; i < count; i++)
        assert(name_is_sound(&names[i]));
    return 0;
}
