/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_dns - both recognisers of DNS, and those of DNSCrypt: names are sound, texts end, and a
 * stream says no less than its beginning did.
 *
 * The first byte chooses port, side and cut; by TCP the second divides client from server.
 */
#include "fuzz.h"

#include "dns/name.h"
#include "sight/sight.h"

static void check(const struct sightings *out)
{
    assert(out->count <= SIGHTINGS_MOST && out->resolution_count <= RESOLUTIONS_MOST);
    assert(out->asked.length == 0 || name_is_sound(&out->asked));
    for (unsigned i = 0; i < out->count; i++) {
        const struct sighting *s = &out->list[i];
        assert(memchr(s->evidence, 0, sizeof s->evidence) != NULL);
        assert(s->has_name ? name_is_sound(&s->name) : s->why != WHY_NONE);
    }
}

static enum heard look(const struct recogniser *row, const struct talk *talk, unsigned *count)
{
    static struct sightings out;
    memset(&out, 0, sizeof out);
    enum heard heard = row->look(talk, &out);
    check(&out);
    *count = out.count;
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {53, 5300, 5353, 443};
    static const struct address address = {{[10] = 0xff, [11] = 0xff, 8, 8, 8, 8}};
    unsigned count, before;
    if (size < 2)
        return 0;
    const unsigned choice = data[0], split = data[1] * size / 256;
    struct talk talk = {.client = &address, .server = &address, .client_port = 40000};
    talk.server_port = ports[choice % 4];
    talk.from = choice & 4 ? SERVER : CLIENT;
    talk.cut = choice & 8;
    talk.datagrams[talk.from] = 1;
    talk.transport = IP_UDP;
    talk.said[talk.from] = span_of(data + 1, size - 1);
    look(&sight_dns_udp, &talk, &count);
    look(&sight_dnscrypt, &talk, &count);

    talk.transport = IP_TCP;
    const size_t length = split < 2 ? 0 : split - 2;
    talk.said[SERVER] = span_of(data + 2 + length, size - 2 - length);
    talk.said[CLIENT] = span_of(data + 2, length / 2);
    enum heard heard = look(&sight_dns_tcp, &talk, &before);
    talk.said[CLIENT] = span_of(data + 2, length);
    assert(look(&sight_dns_tcp, &talk, &count) >= HEARD_MORE || heard < HEARD_MORE);
    assert(count >= before);
    talk.complete[CLIENT] = talk.complete[SERVER] = true;
    look(&sight_dns_tcp, &talk, &count);
    look(&sight_dnscrypt_tcp, &talk, &count);
    return 0;
}
