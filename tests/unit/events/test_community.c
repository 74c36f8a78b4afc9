/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * community - the baselines of the specification (corelight/community-id-spec, baseline/).
 */
#include "events/community.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../dns/texts.h"
#include "events/chain.h"
#include "events/digest.h"

static void assert_id(uint8_t ip_protocol, const char *source, uint16_t source_port,
                      const char *destination, uint16_t destination_port, const char *expected)
{
    char text[64];
    const struct address a = address_of(source), b = address_of(destination);
    for (int turn = 0; turn < 2; turn++) {
        struct writer w = writer_over(text, sizeof text - 1);
        if (turn == 0)
            community_write(&w, ip_protocol, &a, source_port, &b, destination_port);
        else
            community_write(&w, ip_protocol, &b, destination_port, &a, source_port);
        *w.at = 0;
        assert_string_equal(text, expected);
    }
}

static void ids_are_those_of_the_specification(void **state)
{
    assert_id(COMMUNITY_TCP, "128.232.110.120", 34855, "66.35.250.204", 80,
              "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    assert_id(COMMUNITY_UDP, "192.168.1.52", 54585, "8.8.8.8", 53,
              "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
    assert_id(COMMUNITY_TCP, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943,
              "2607:f8b0:400c:c03::1a", 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
}

static void digests_are_those_of_the_standard(void **state)
{
    uint8_t sum[SHA256_SIZE], expected[SHA256_SIZE];
    for (int again = 0; again < 2; again++) {
        digest_sha256(span_text("abc"), sum);
        assert_true(chain_hex_read(
            span_text("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            expected));
        assert_memory_equal(sum, expected, sizeof sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_those_of_the_specification),
        cmocka_unit_test(digests_are_those_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
