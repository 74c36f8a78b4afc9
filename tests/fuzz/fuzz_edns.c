/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_edns - what is read keeps its limits; what is written, into any room, is read back.
 */
#include "fuzz.h"

#include "dns/cookie.h"

static void check_reply(const struct edns *asked, struct span text, size_t room)
{
    uint8_t buffer[1024], fresh[COOKIE_SIZE];
    struct writer w = writer_over(buffer, room % sizeof buffer);
    struct address client = {{1, 2, 3}};
    struct hash_key secret = {1, 2};
    struct edns_reply reply = {.rcode = RCODE_BADVERS,
                               .ede = EDE_BLOCKED,
                               .ede_text = text,
                               .nsid = text,
                               .pad_to = room % 500u,
                               .dnssec_ok = true};
    if (asked->cookie_length > 0) {
        cookie_make(asked, &client, &secret, 1000, fresh);
        reply.cookie = span_of(fresh, sizeof fresh);
    }
    if (!edns_write(&w, &reply)) {
        assert(writer_length(&w) == 0 && writer_room(&w) < 11);
        return;
    }
    struct cursor c = cursor_of(writer_span(&w));
    struct edns back;
    read_skip(&c, 3);
    assert(edns_read(&c, &back) == STATUS_OK && !cursor_more(&c));
    assert(back.extended_rcode == 1 && back.wants_dnssec && !back.broken_cookie);
    if (back.cookie_length > 0)
        assert(cookie_check(&back, &client, &secret, 1000) == COOKIE_GOOD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor c = cursor_over(data, size);
    struct edns edns;
    enum status status = edns_read(&c, &edns);
    assert(edns.present && edns.udp_size >= 512);
    assert(edns.cookie_length == 0 || edns.cookie_length == COOKIE_CLIENT_SIZE ||
           (edns.cookie_length >= 16 && edns.cookie_length <= COOKIE_MOST));
    assert(status == STATUS_MALFORMED || !c.failed);
    check_reply(&edns, span_of(data, size), edns.udp_size);
    return 0;
}
