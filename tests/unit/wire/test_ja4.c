/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ja4 - the examples of its specification, and hellos with nothing in them.
 */
#include "wire/ja4.h"

#include "base/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* The specification's example, in the order in which that client says it, with GREASE as it does.
 */
static const uint16_t ciphers[] = {0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
                                   0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
static const uint16_t extensions[] = {0xcaca, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469,
                                      0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
                                      0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xfafa};
static const uint16_t signatures[] = {0x0403, 0x0804, 0x0401, 0x0503,
                                      0x0805, 0x0501, 0x0806, 0x0601};

static struct span numbers(uint8_t *buffer, size_t size, const uint16_t *list, size_t count)
{
    struct writer w = writer_over(buffer, size);
    for (size_t i = 0; i < count; i++)
        write_u16(&w, list[i]);
    return writer_span(&w);
}

/* Extensions that are empty, but for signature_algorithms. */
static struct span empty_extensions(uint8_t *buffer, size_t size, bool has_signatures)
{
    struct writer w = writer_over(buffer, size);
    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        bool filled = extensions[i] == 0x000d && has_signatures;
        write_u16(&w, extensions[i]);
        write_u16(&w, filled ? 2 + sizeof signatures : 0);
        if (!filled)
            continue;
        write_u16(&w, sizeof signatures);
        for (size_t s = 0; s < COUNT_OF(signatures); s++)
            write_u16(&w, signatures[s]);
    }
    return writer_span(&w);
}

static struct hello example(bool has_signatures)
{
    static uint8_t cipher_bytes[64], extension_bytes[256];
    return (struct hello){
        .version = 0x0304,
        .ciphers = numbers(cipher_bytes, sizeof cipher_bytes, ciphers, COUNT_OF(ciphers)),
        .extensions = empty_extensions(extension_bytes, sizeof extension_bytes, has_signatures),
        .has_sni_extension = true,
        .alpn = span_text("h2"),
    };
}

static void assert_ja4(const struct hello *hello, char transport, const char *expected)
{
    char text[JA4_TEXT_SIZE];
    memset(text, 'x', sizeof text);
    ja4_write(hello, transport, text);
    assert_string_equal(text, expected);
}

/* t13d1516h2_8daaf6152771_b186095e22b6 is shown in many places as the JA4 of this very hello. It is
 * of a draft, which hashed all extensions, those of the name and of ALPN too, and no signature
 * algorithms: sha256("0000,0005,000a,000b,000d,0010,..."). The specification has left it. */
static void the_examples_of_the_specification(void **state)
{
    struct hello hello = example(true);
    assert_ja4(&hello, 't', "t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_ja4(&hello, 'q', "q13d1516h2_8daaf6152771_e5627efa2ab1");
    hello = example(false); /* without signature algorithms there is no underscore either */
    assert_ja4(&hello, 't', "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

static void alpn_as_its_table_says(void **state)
{
    static const struct {
        const char *alpn, *expected;
    } cases[] = {
        {"h2", "h2"},
        {"http/1.1", "h1"},
        {"", "00"},
        {"h", "hh"},
        {"\xab", "ab"},
        {"\xab\xcd", "ad"},
        {"\x30\xab", "3b"},
        {"\x30\x31\xab\xcd", "3d"},
        {"\x30\xab\xcd\x31", "01"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[JA4_TEXT_SIZE];
        struct hello hello = {.version = 0x0303, .alpn = span_text(cases[i].alpn)};
        ja4_write(&hello, 't', text);
        assert_memory_equal(text + 8, cases[i].expected, 2);
    }
}

static void nothing_is_zeros(void **state)
{
    struct hello hello = {0};
    assert_ja4(&hello, 't', "t00i000000_000000000000_000000000000");
    hello.ciphers = span_of("\x0a\x0a", 2); /* GREASE is nothing */
    hello.version = 0x0300;
    assert_ja4(&hello, 'd', "ds3i000000_000000000000_000000000000");
    static const uint8_t name_alone[] = {0, 0, 0, 0};
    hello.extensions = span_of(name_alone, sizeof name_alone); /* counted, not hashed */
    hello.has_sni_extension = true;
    assert_ja4(&hello, 't', "ts3d000100_000000000000_000000000000");
}

/* The order in which they are said does not matter; counts stop at 99; a cut list is no harm. */
static void many_and_shuffled(void **state)
{
    static uint8_t bytes[2 * 5000], shuffled[2 * 5000];
    char first[JA4_TEXT_SIZE], second[JA4_TEXT_SIZE];
    struct writer w = writer_over(bytes, sizeof bytes);
    for (unsigned i = 0; i < 5000; i++)
        write_u16(&w, (uint16_t)(i * 7919));
    memcpy(shuffled, bytes, sizeof bytes);
    srand(1);
    for (size_t i = 4999; i > 0; i--) {
        size_t j = (size_t)rand() % (i + 1);
        uint16_t a = load_u16(shuffled + 2 * i), b = load_u16(shuffled + 2 * j);
        store_u16(shuffled + 2 * i, b);
        store_u16(shuffled + 2 * j, a);
    }
    struct hello hello = {.version = 0x0301, .ciphers = span_of(bytes, sizeof bytes)};
    hello.extensions = span_of("\x00\x0d\x00\x04\x00\x09\x04\x03\xff\x01\x00\x00\x00\x17\x00", 15);
    ja4_write(&hello, 't', first);
    hello.ciphers.at = shuffled;
    ja4_write(&hello, 't', second);
    assert_string_equal(first, second);
    assert_memory_equal(first, "t10i990200_", 11);
    hello.ciphers.length = 60000 < sizeof shuffled ? 60000 : sizeof shuffled;
    ja4_write(&hello, 't', second);
    assert_int_equal(strlen(second), JA4_TEXT_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_specification),
        cmocka_unit_test(alpn_as_its_table_says),
        cmocka_unit_test(nothing_is_zeros),
        cmocka_unit_test(many_and_shuffled),
    };
    return cmocka_run_group_tests_name("wire/ja4", tests, NULL, NULL);
}
