/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hello - cut at every byte, split into records of every size, and hellos that lie.
 */
#include "hellos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint8_t scratch[HELLO_MOST];

/* Where things stand in a hello of tests/packets with its usual ciphers. */
enum { SESSION_AT = 38, CIPHERS_AT = 71, COMPRESSIONS_AT = 87, EXTENSIONS_AT = 89 };

static const uint16_t no_versions[] = {0};

static enum status hello_of(const struct packets_hello *recipe, struct hello *out)
{
    size_t wanted = 0;
    return hello_read(hello_make(recipe), out, &wanted);
}

static void assert_span(struct span span, const char *text)
{
    assert_int_equal(span.length, strlen(text));
    assert_memory_equal(span.at, text, span.length);
}

static void says_what_is_in_it(void **state)
{
    struct hello hello;
    struct packets_hello recipe = {.server_name = "www.example.com", .alpn = "h2", .grease = true};
    assert_int_equal(hello_of(&recipe, &hello), STATUS_OK);
    assert_span(hello.server_name, "www.example.com");
    assert_span(hello.alpn, "h2");
    assert_int_equal(hello.legacy_version, 0x0303);
    assert_int_equal(hello.version, 0x0304); /* not the GREASE beside it */
    assert_int_equal(hello.ciphers.length, 16);
    assert_true(hello.has_sni_extension);
    assert_false(hello.second_name);
    assert_false(hello.has_quic_parameters);
    assert_int_equal(hello.ech, ECH_OFFER_NONE);

    recipe = (struct packets_hello){.versions = no_versions, .quic = true};
    assert_int_equal(hello_of(&recipe, &hello), STATUS_OK);
    assert_true(hello.has_quic_parameters);
    assert_false(hello.has_sni_extension);
    assert_int_equal(hello.version, 0x0303);

    uint8_t bare[EXTENSIONS_AT]; /* ends behind the compression methods */
    size_t wanted = 0;
    recipe = (struct packets_hello){0};
    memcpy(bare, hello_make(&recipe).at, sizeof bare);
    store_u32(bare, 1u << 24 | (sizeof bare - 4));
    assert_int_equal(hello_read(span_of(bare, sizeof bare), &hello, &wanted), STATUS_OK);
    assert_int_equal(hello.extensions.length, 0);
}

static void two_names_are_told(void **state)
{
    struct hello hello;
    struct packets_hello recipe = {.before = span_of("\0\0\0\x1a\0\x18\0\0\x09"
                                                     "a.example\0\0\x09"
                                                     "b.example",
                                                     30)};
    assert_int_equal(hello_of(&recipe, &hello), STATUS_OK);
    assert_span(hello.server_name, "a.example");
    assert_true(hello.second_name);

    /* The extension twice, the first one empty. */
    recipe = (struct packets_hello){.before = span_of("\0\0\0\0", 4), .server_name = "www"};
    assert_int_equal(hello_of(&recipe, &hello), STATUS_OK);
    assert_span(hello.server_name, "www");
    assert_true(hello.second_name);
}

static void every_cut_wants_the_rest(void **state)
{
    struct packets_hello recipe = {.server_name = "www.example.com", .padding = 700};
    struct span whole = hello_make(&recipe);
    struct hello hello;
    size_t wanted = 0;
    for (size_t length = 0; length < whole.length; length++) {
        struct span cut = span_of(whole.at, length);
        assert_int_equal(hello_read(cut, &hello, &wanted), STATUS_AGAIN);
        assert_int_equal(wanted, length < 4 ? 4 : whole.length);
        /* A name is read whole or not at all. */
        if (length > 0 && hello_read_begun(cut, &hello) == STATUS_OK && length < whole.length)
            assert_true(hello.server_name.length == 0 || hello.server_name.length == 15);
    }
    assert_int_equal(hello_read_begun(span_of(whole.at, 150), &hello), STATUS_OK);
    assert_span(hello.server_name, "www.example.com");
    assert_int_equal(hello_read_begun(span_of("\x02\x00", 2), &hello), STATUS_MALFORMED);
}

static void every_record_size_gives_the_message(void **state)
{
    struct packets_hello recipe = {.server_name = "www.example.com", .padding = 1300};
    struct span whole = hello_make(&recipe), message;
    for (size_t most = 1; most < whole.length + 2; most++) {
        struct span stream = records_make(whole, most);
        size_t used = 0, wanted = 0, looks = 0, has = 0;
        enum status status;
        do { /* never more than is said to be wanted */
            status = hello_from_records(span_of(stream.at, has), scratch, &message, &used, &wanted);
            assert_true(status == STATUS_OK || (wanted > has && wanted <= stream.length));
            has = status == STATUS_OK ? has : wanted;
        } while (status == STATUS_AGAIN && looks++ < 5000);
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(has, stream.length);
        assert_int_equal(used, stream.length);
        assert_true(span_equal(message, whole));
    }
}

static enum status records_look(const char *bytes, size_t length)
{
    struct span message;
    size_t used = 0, wanted = 0;
    return hello_from_records(span_of(bytes, length), scratch, &message, &used, &wanted);
}

static void other_records_are_told_early(void **state)
{
    assert_int_equal(records_look("", 0), STATUS_AGAIN);
    assert_int_equal(records_look("G", 1), STATUS_MALFORMED);
    assert_int_equal(records_look("\x16\xf1", 2), STATUS_MALFORMED); /* mmtls */
    assert_int_equal(records_look("\x16\x03\x01\x41\x01", 5), STATUS_MALFORMED);
    assert_int_equal(records_look("\x16\x03\x01\x00\x04\x02", 6), STATUS_MALFORMED);
    assert_int_equal(records_look("\x17\x03\x03\x00\x04", 5), STATUS_MALFORMED);
    assert_int_equal(records_look("\x15\x03\x01\x00\x02\x02", 6), STATUS_MALFORMED); /* fatal */
    assert_int_equal(records_look("\x15\x03\x01\x00\x02\x01\x00", 7), STATUS_AGAIN);
    assert_int_equal(records_look("\x16\x03\x01\x00\x00", 5), STATUS_AGAIN); /* an empty record */
}

static void warnings_and_empty_records_hide_nothing(void **state)
{
    struct packets_hello recipe = {.server_name = "www.example.com"};
    struct span whole = hello_make(&recipe), message;
    uint8_t buffer[512];
    struct writer w = writer_over(buffer, sizeof buffer);
    size_t used = 0, wanted = 0;
    write_bytes(&w, "\x15\x03\x01\x00\x02\x01\x5a\x16\x03\x7f\x00\x00", 12);
    write_span(&w, records_make(whole, 50));
    assert_int_equal(hello_from_records(writer_span(&w), scratch, &message, &used, &wanted),
                     STATUS_OK);
    assert_true(span_equal(message, whole));
    assert_int_equal(used, writer_length(&w));
}

static void a_hello_too_long_is_never_whole(void **state)
{
    struct packets_hello recipe = {.server_name = "www.example.com", .padding = 30000};
    struct span stream = records_make(hello_make(&recipe), 16384), message;
    struct hello hello;
    size_t used = 0, wanted = 0;
    for (size_t length = 5; length <= stream.length; length += 100) {
        assert_int_equal(
            hello_from_records(span_of(stream.at, length), scratch, &message, &used, &wanted),
            STATUS_AGAIN);
        assert_true(wanted > length && message.length <= HELLO_MOST);
    }
    assert_int_equal(hello_read_begun(message, &hello), STATUS_OK);
    assert_span(hello.server_name, "www.example.com");
}

/* One byte of a sound hello changed. */
static enum status changed(const struct packets_hello *recipe, size_t at, uint8_t byte)
{
    uint8_t copy[1024];
    struct span whole = hello_make(recipe);
    struct hello hello;
    size_t wanted = 0;
    memcpy(copy, whole.at, whole.length);
    copy[at] = byte;
    return hello_read(span_of(copy, whole.length), &hello, &wanted);
}

static void contradictions_are_malformed(void **state)
{
    struct packets_hello recipe = {.server_name = "www.example.com"};
    size_t length = hello_make(&recipe).length;
    assert_int_equal(changed(&recipe, 0, 2), STATUS_MALFORMED);
    assert_int_equal(changed(&recipe, 3, (uint8_t)(length - 5)), STATUS_MALFORMED);
    static const struct {
        size_t at;
        uint8_t byte;
        enum status status;
    } cases[] = {
        {SESSION_AT, 33, STATUS_MALFORMED},
        {CIPHERS_AT + 1, 5, STATUS_MALFORMED}, /* half a cipher */
        {CIPHERS_AT + 1, 0, STATUS_MALFORMED}, /* none */
        {COMPRESSIONS_AT, 0, STATUS_MALFORMED},
        {EXTENSIONS_AT, 1, STATUS_MALFORMED},     /* behind the end */
        {EXTENSIONS_AT + 4, 1, STATUS_MALFORMED}, /* server_name behind the end */
        {EXTENSIONS_AT + 7, 0, STATUS_OK},        /* its list empty: lenient inside */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(changed(&recipe, cases[i].at, cases[i].byte), cases[i].status);
}

static enum ech_offer ech_of(const char *name, uint16_t version, struct span extension)
{
    struct hello hello;
    const uint16_t versions[] = {version, 0};
    struct packets_hello recipe = {.server_name = name, .versions = versions, .behind = extension};
    assert_int_equal(hello_of(&recipe, &hello), STATUS_OK);
    return hello.ech;
}

static void grease_is_told_as_far_as_it_can(void **state)
{
    const char *any = "www.example.com", *public_name = "cloudflare-ech.com";
    /* Shapes of fakes, unless the outer name is known to be a front. */
    for (size_t payload = 144; payload <= 240; payload += 32) {
        assert_int_equal(ech_of(any, 0x0304, ech_make(1, 1, 32, payload)), ECH_OFFER_GREASE);
        assert_int_equal(ech_of(public_name, 0x0304, ech_make(1, 1, 32, payload)),
                         ECH_OFFER_POSSIBLE);
    }
    static const size_t of_nss[] = {239, 240, 271};
    for (size_t i = 0; i < COUNT_OF(of_nss); i++)
        assert_int_equal(ech_of(any, 0x0304, ech_make(1, 3, 32, of_nss[i])), ECH_OFFER_GREASE);
    assert_int_equal(ech_of(any, 0x0304, ech_make(1, 2, 32, 240)), ECH_OFFER_POSSIBLE);
    /* Others could be real. */
    assert_int_equal(ech_of(any, 0x0304, ech_make(1, 1, 32, 272)), ECH_OFFER_POSSIBLE);
    assert_int_equal(ech_of(any, 0x0304, ech_make(2, 2, 65, 176)), ECH_OFFER_POSSIBLE);
    assert_int_equal(ech_of(any, 0x0304, ech_make(1, 1, 0, 176)), ECH_OFFER_POSSIBLE);
    /* Nobody can open these. */
    assert_int_equal(ech_of(public_name, 0, ech_make(1, 1, 32, 272)), ECH_OFFER_GREASE);
    assert_int_equal(ech_of(public_name, 0x0304, ech_make(1, 1, 33, 272)), ECH_OFFER_GREASE);
    assert_int_equal(ech_of(public_name, 0x0304, ech_make(1, 1, 32, 70)), ECH_OFFER_GREASE);
    assert_int_equal(ech_of(public_name, 0x0304, ech_make(1, 0xffff, 32, 272)), ECH_OFFER_GREASE);
    assert_int_equal(ech_of(public_name, 0x0304, span_of("\xfe\x0d\x00\x02\x00\x00", 6)),
                     ECH_OFFER_GREASE);
    assert_int_equal(ech_of(public_name, 0x0304, span_of("\xfe\x0d\x00\x01\x01", 5)),
                     ECH_OFFER_NONE); /* an inner hello */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_in_it),
        cmocka_unit_test(two_names_are_told),
        cmocka_unit_test(every_cut_wants_the_rest),
        cmocka_unit_test(every_record_size_gives_the_message),
        cmocka_unit_test(other_records_are_told_early),
        cmocka_unit_test(warnings_and_empty_records_hide_nothing),
        cmocka_unit_test(a_hello_too_long_is_never_whole),
        cmocka_unit_test(contradictions_are_malformed),
        cmocka_unit_test(grease_is_told_as_far_as_it_can),
    };
    return cmocka_run_group_tests_name("wire/hello", tests, NULL, NULL);
}
