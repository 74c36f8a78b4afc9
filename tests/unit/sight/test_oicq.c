/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_oicq - one datagram of QQ, and all that differ from it in one thing.
 */
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint8_t login[] = {2, 0x16, 0x21, 0, 0x22, 0x12, 0x34, 0x3b, 0x9a, 0xca, 0, 1, 2, 3};

static struct sightings out;

static enum heard look(const uint8_t *bytes, size_t length, uint16_t port, enum side from, bool cut)
{
    struct talk talk = {
        .transport = IP_UDP, .server_port = port, .from = from, .cut = cut, .datagrams = {1, 1}};
    talk.said[from] = span_of(bytes, length);
    out = (struct sightings){0};
    return sight_oicq.look(&talk, &out);
}

static void a_login(void **state)
{
    assert_int_equal(look(login, sizeof login, 8000, CLIENT, false), HEARD_DONE);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.list[0].protocol, PROTOCOL_OICQ);
    assert_int_equal(out.list[0].spoken, SPOKEN_OICQ);
    assert_string_equal(out.list[0].evidence, "OICQ to port 8000: version 1621, command 0022");
}

static void elsewhere(void **state)
{
    assert_int_equal(look(login, sizeof login, 8001, CLIENT, false), HEARD_NOT_MINE);
    assert_int_equal(look(login, sizeof login, 8000, SERVER, false), HEARD_PERHAPS);
    assert_int_equal(look(login, sizeof login - 1, 8000, CLIENT, true), HEARD_PERHAPS);
    assert_int_equal(out.count, 0);
}

static void one_thing_wrong(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } cases[] = {{0, 3}, {1, 0}, {1, 0x40}, {3, 0x77}, {4, 0x23}, {sizeof login - 1, 2}};
    uint8_t bytes[sizeof login];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memcpy(bytes, login, sizeof login);
        bytes[cases[i].at] = cases[i].value;
        assert_int_equal(look(bytes, sizeof bytes, 8000, CLIENT, false), HEARD_NOT_MINE);
    }
    memcpy(bytes, login, sizeof login);
    memset(bytes + 7, 0, 4); /* nobody's number */
    assert_int_equal(look(bytes, sizeof bytes, 8000, CLIENT, false), HEARD_NOT_MINE);
    bytes[7] = 9, bytes[10] = 3; /* a head, and no byte behind it */
    for (size_t length = 0; length <= 11; length++)
        assert_int_equal(look(bytes, length, 8000, CLIENT, false), HEARD_NOT_MINE);
    assert_int_equal(out.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login),
        cmocka_unit_test(elsewhere),
        cmocka_unit_test(one_thing_wrong),
    };
    return cmocka_run_group_tests_name("inspect/sight_oicq", tests, NULL, NULL);
}
