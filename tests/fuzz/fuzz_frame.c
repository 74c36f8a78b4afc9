/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_frame - what a frame carries lies within the frame, whatever the link.
 *
 * The first byte says the link, the second how much more than the rest was on the wire.
 */
#include "fuzz.h"

#include "wire/frame.h"

static void check_inside(struct span part, const uint8_t *data, size_t size)
{
    assert(part.at >= data && part.at <= data + size);
    assert(part.length <= (size_t)(data + size - part.at));
}

static void check_segment(const struct segment *s, const uint8_t *data, size_t size)
{
    check_inside(s->payload, data, size);
    assert(s->transport == IP_TCP || s->transport == IP_UDP);
    assert(s->tunnel < TUNNEL_COUNT && s->vlan < 1u << 24);
    assert(s->cut ? s->sent > s->payload.length : s->sent == s->payload.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment segment = {0};
    struct fragment fragment = {0};

    if (size < 2)
        return 0;
    enum link link = (enum link)(data[0] % (LINK_COUNT + 1));
    size_t sent = size - 2 + data[1];
    data += 2, size -= 2;
    enum frame frame = frame_read(link, span_of(data, size), sent, &segment, &fragment);
    assert(frame < FRAME_COUNT && (frame != FRAME_CUT || sent > size));
    if (frame == FRAME_SEGMENT)
        check_segment(&segment, data, size);
    if (frame == FRAME_FRAGMENT) {
        check_inside(fragment.bytes, data, size);
        assert(fragment.offset % 8 == 0 && (fragment.more || fragment.offset > 0));
    } else {
        fragment = (struct fragment){.protocol = size > 0 ? data[0] : 0, .is_ipv6 = sent & 1};
    }
    struct span joined = frame == FRAME_FRAGMENT ? fragment.bytes : span_of(data, size);
    frame = frame_read_joined(&fragment, joined, &segment);
    assert(frame < FRAME_COUNT && frame != FRAME_FRAGMENT && frame != FRAME_CUT);
    if (frame == FRAME_SEGMENT) {
        check_segment(&segment, data, size);
        assert(!segment.cut);
    }
    return 0;
}
