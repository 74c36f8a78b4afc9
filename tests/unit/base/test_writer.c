/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * writer - byte order, the end of the buffer, and that failure sticks.
 */
#include "base/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void network_byte_order(void **state)
{
    uint8_t bytes[32];
    struct writer w = writer_over(bytes, sizeof bytes);
    write_u8(&w, 0x81);
    write_u16(&w, 0x8283);
    write_u32(&w, 0x84858687);
    write_u64(&w, 0x88898a8b8c8d8e8f);
    write_text(&w, "text");
    write_span(&w, span_of("\0x", 2));
    assert_false(w.failed);
    assert_int_equal(writer_length(&w), 21);
    assert_memory_equal(bytes,
                        "\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8ftext\0x", 21);
    assert_int_equal(load_u16(bytes), 0x8182);
    assert_int_equal(load_u32(bytes), 0x81828384);
    store_u16(bytes, 0xfffe);
    store_u32(bytes + 2, 0xfdfcfbfa);
    assert_memory_equal(bytes, "\xff\xfe\xfd\xfc\xfb\xfa\x87", 7);
    assert_int_equal(writer_span(&w).length, 21);
}

static void failure_sticks(void **state)
{
    uint8_t bytes[4] = {0};
    struct writer w = writer_over(bytes, 3);
    write_u16(&w, 0x0102);
    write_u32(&w, 0xffffffff); /* does not fit: nothing of it is written */
    assert_true(w.failed);
    assert_int_equal(writer_length(&w), 2);
    assert_int_equal(writer_room(&w), 0);
    write_u8(&w, 0xff); /* would fit */
    write_bytes(&w, NULL, 0);
    assert_null(write_place(&w, 0));
    assert_true(w.failed);
    assert_memory_equal(bytes, "\1\2\0\0", 4);
    assert_int_equal(writer_span(&w).length, 2);
}

static void to_the_last_byte(void **state)
{
    for (size_t size = 0; size < 20; size++) {
        uint8_t bytes[20];
        memset(bytes, 0x5a, sizeof bytes);
        struct writer w = writer_over(bytes, size);
        assert_int_equal(writer_room(&w), size);
        write_text(&w, "0123456789");
        assert_int_equal(w.failed, size < 10);
        assert_int_equal(writer_length(&w), size < 10 ? 0 : 10);
        for (size_t i = size; i < sizeof bytes; i++)
            assert_int_equal(bytes[i], 0x5a);
        w = writer_over(bytes, size);
        assert_null(write_place(&w, SIZE_MAX));
        assert_true(w.failed);
    }
}

static void nothing_is_something(void **state)
{
    uint8_t bytes[1];
    struct writer w = writer_over(bytes, 0);
    write_bytes(&w, NULL, 0);
    write_text(&w, "");
    assert_false(w.failed);
    write_u8(&w, 1);
    assert_true(w.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_byte_order),
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(to_the_last_byte),
        cmocka_unit_test(nothing_is_something),
    };
    return cmocka_run_group_tests_name("base/writer", tests, NULL, NULL);
}
