/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_http - every request of a stream; what is read stays inside it.
 */
#include "sightings.h"

#include "wire/http.h"

static void inside(struct span part, struct span whole)
{
    assert(part.length == 0 ||
           (part.at >= whole.at && part.at + part.length <= whole.at + whole.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk talk;
    struct http_head head;
    uint16_t port = 0;
    if (!talk_of(data, size, &talk))
        return 0;
    struct span said = talk.said[CLIENT];
    if (http_read(said, &head) == STATUS_OK) {
        assert(head.length > 0 && head.length <= said.length && head.target.length > 0);
        inside(head.host, said);
        inside(head.other_host, said);
        inside(head.path, head.target);
        inside(head.authority, head.target);
        inside(http_host(head.host, &port), head.host);
    }
    look_check(&sight_http, &talk);
    return 0;
}
