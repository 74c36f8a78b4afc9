/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Link types by the numbers of pcap-linktype(7), not by libpcap's names.
 */
#include "capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void link_types_that_can_be_read(void **state)
{
    static const struct {
        int dlt;
        enum link link;
    } good[] = {{1, LINK_ETHERNET}, {113, LINK_COOKED},  {276, LINK_COOKED2}, {12, LINK_RAW},
                {14, LINK_RAW},     {101, LINK_RAW},     {228, LINK_RAW},     {229, LINK_RAW},
                {0, LINK_LOOPBACK}, {108, LINK_LOOPBACK}};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        enum link link = LINK_COUNT;
        assert_true(capture_link(good[i].dlt, &link));
        assert_int_equal(link, good[i].link);
    }
}

static void link_types_that_cannot(void **state)
{
    static const int bad[] = {-1, 2, 9, 105, 127, 189, 277, 1 << 20};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        enum link link = LINK_COUNT;
        assert_false(capture_link(bad[i], &link));
        assert_int_equal(link, LINK_COUNT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_types_that_can_be_read),
        cmocka_unit_test(link_types_that_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
