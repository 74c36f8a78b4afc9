/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_dnscrypt - what is certain, what may be, and what is not.
 */
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../base/texts.h"

enum { HEAD = 68, ANSWER_LEAST = 8 + 24 + 16 + 64 };

static uint8_t noise[8192], answer[8192], relayed[8192];

static int fill(void **state)
{
    srandom(3);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(random() | 1);
    memcpy(answer, noise, sizeof answer);
    memcpy(answer, "r6fnvWj8", 8);
    memcpy(relayed, noise, sizeof relayed);
    memcpy(relayed,
           "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7\1\273", 28);
    return 0;
}

static struct talk talk;
static struct sightings out;

static enum heard datagram(enum side from, const uint8_t *bytes, size_t length, bool cut)
{
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, bytes, length);
    talk = (struct talk){.transport = IP_UDP, .from = from, .cut = cut, .server_port = 443};
    talk.said[from] = span_of(copy, length);
    out = (struct sightings){0};
    enum heard heard = sight_dnscrypt.look(&talk, &out);
    free(copy);
    return heard;
}

static void expect_sighting(const char *evidence)
{
    assert_int_equal(out.count, 1);
    assert_int_equal(out.list[0].spoken, SPOKEN_DNSCRYPT);
    assert_int_equal(out.list[0].protocol, PROTOCOL_DNSCRYPT);
    assert_int_equal(out.list[0].way, DETOUR_DNSCRYPT);
    assert_int_equal(out.list[0].why, WHY_SEALED);
    assert_false(out.list[0].has_name);
    assert_string_equal(out.list[0].evidence, evidence);
}

static void answers_are_certain(void **state)
{
    assert_int_equal(datagram(SERVER, answer, 200, false), HEARD_DONE);
    expect_sighting("DNSCrypt answer by UDP: r6fnvWj8, 200 bytes");
    assert_int_equal(datagram(SERVER, answer, ANSWER_LEAST, false), HEARD_DONE);
    assert_int_equal(datagram(SERVER, answer, ANSWER_LEAST - 1, false), HEARD_NOT_MINE);
    assert_int_equal(datagram(SERVER, answer, 8, true), HEARD_DONE);
    assert_int_equal(datagram(SERVER, answer, 7, true), HEARD_PERHAPS);
    answer[3] ^= 1;
    assert_int_equal(datagram(SERVER, answer, 200, false), HEARD_NOT_MINE);
    assert_int_equal(out.count, 0);
    answer[3] ^= 1;
}

static void questions_may_be(void **state)
{
    for (size_t length = 0; length < 4200; length++) {
        bool may =
            length == 0 || (length >= HEAD + 256 && length <= 4096 && (length - HEAD) % 64 == 0);
        assert_int_equal(datagram(CLIENT, noise, length, false),
                         may ? HEARD_PERHAPS : HEARD_NOT_MINE);
        assert_int_equal(out.count, 0);
    }
    assert_int_equal(datagram(CLIENT, noise, 100, true), HEARD_PERHAPS);
}

static void relays_say_it(void **state)
{
    assert_int_equal(datagram(CLIENT, relayed, 28 + HEAD + 256, false), HEARD_DONE);
    expect_sighting("DNSCrypt question for a relay to hand on to 192.0.2.7@443");
    assert_int_equal(datagram(CLIENT, relayed, 27, false), HEARD_NOT_MINE);
}

static struct span framed(const uint8_t *bytes, size_t said, size_t there)
{
    static uint8_t *copies[2];
    static unsigned turn;
    uint8_t **copy = &copies[turn++ % 2];
    free(*copy);
    *copy = malloc(2 + there);
    (*copy)[0] = (uint8_t)(said >> 8);
    (*copy)[1] = (uint8_t)said;
    memcpy(*copy + 2, bytes, there);
    return span_of(*copy, 2 + there);
}

static enum heard look_tcp(struct span client, struct span server)
{
    talk = (struct talk){.transport = IP_TCP, .said = {client, server}, .server_port = 443};
    out = (struct sightings){0};
    return sight_dnscrypt_tcp.look(&talk, &out);
}

static void by_tcp(void **state)
{
    const struct span none = {0};
    assert_int_equal(look_tcp(none, none), HEARD_PERHAPS);
    assert_int_equal(look_tcp(span_of("\1", 1), none), HEARD_PERHAPS);
    assert_int_equal(look_tcp(framed(noise, HEAD + 64, 0), none), HEARD_PERHAPS);
    assert_int_equal(look_tcp(framed(noise, HEAD + 65, 10), none), HEARD_NOT_MINE);
    assert_int_equal(look_tcp(span_of("\x16\3\1\2\0\1\0\1", 8), none), HEARD_NOT_MINE);
    for (size_t there = 0; there < 8; there++)
        assert_int_equal(look_tcp(framed(noise, HEAD + 64, HEAD + 64), framed(answer, 200, there)),
                         HEARD_PERHAPS);
    assert_int_equal(look_tcp(framed(noise, HEAD + 64, HEAD + 64), framed(answer, 200, 8)),
                     HEARD_DONE);
    expect_sighting("DNSCrypt answer by TCP: r6fnvWj8, 200 bytes");
    assert_int_equal(look_tcp(framed(noise, HEAD + 64, HEAD + 64), framed(answer, 50, 50)),
                     HEARD_NOT_MINE);
    assert_int_equal(look_tcp(framed(noise, HEAD + 64, HEAD + 64), framed(noise, 200, 8)),
                     HEARD_NOT_MINE);
    talk.midstream = true;
    talk.said[SERVER] = framed(answer, 200, 200);
    assert_int_equal(sight_dnscrypt_tcp.look(&talk, &out), HEARD_NOT_MINE);
}

static void relays_by_tcp(void **state)
{
    const size_t length = 28 + HEAD + 64;
    for (size_t there = 0; there < 28; there++)
        assert_int_equal(look_tcp(framed(relayed, length, there), (struct span){0}), HEARD_PERHAPS);
    assert_int_equal(look_tcp(framed(relayed, length, 28), (struct span){0}), HEARD_DONE);
    expect_sighting("DNSCrypt question for a relay to hand on to 192.0.2.7@443");
    relayed[9] = 1;
    assert_int_equal(look_tcp(framed(relayed, length, 28), (struct span){0}), HEARD_NOT_MINE);
    relayed[9] = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_certain), cmocka_unit_test(questions_may_be),
        cmocka_unit_test(relays_say_it),       cmocka_unit_test(by_tcp),
        cmocka_unit_test(relays_by_tcp),
    };
    return cmocka_run_group_tests_name("inspect/sight_dnscrypt", tests, fill, NULL);
}
