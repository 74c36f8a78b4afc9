/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * edns - options read, options written, and what goes first when room is short.
 */
#include "dns/edns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BYTES(literal) span_of(literal, sizeof(literal) - 1)

/* class, ttl, length, options: what stands behind the owner and the type. */
static enum status read_options(struct span options, struct edns *out)
{
    uint8_t bytes[4096];
    struct writer w = writer_over(bytes, sizeof bytes);
    write_bytes(&w, "\x04\xd0\0\0\x80\0", 6);
    write_u16(&w, (uint16_t)options.length);
    write_span(&w, options);
    struct cursor c = cursor_of(writer_span(&w));
    enum status status = edns_read(&c, out);
    assert_true(status != STATUS_OK || c.at == c.end);
    return status;
}

static void fixed_part(void **state)
{
    struct edns edns;
    struct cursor c = cursor_over("\x01\x00\xab\x01\x80\x00\x00\x00", 8);
    assert_int_equal(edns_read(&c, &edns), STATUS_OK);
    assert_true(edns.present);
    assert_true(edns.wants_dnssec);
    assert_int_equal(edns.udp_size, 512); /* 256 means 512 (RFC 6891 6.2.3) */
    assert_int_equal(edns.extended_rcode, 0xab);
    assert_int_equal(edns.version, 1);
    assert_int_equal(edns.ede, EDE_NONE);
    c = cursor_over("\xff\xff\x00\x00\x7f\xff\x00\x00", 8);
    assert_int_equal(edns_read(&c, &edns), STATUS_OK);
    assert_false(edns.wants_dnssec);
    assert_int_equal(edns.udp_size, 65535);
}

static void options(void **state)
{
    struct edns edns;
    assert_int_equal(read_options(BYTES("\0\3\0\0"             /* NSID */
                                        "\0\012\0\010abcdefgh" /* COOKIE */
                                        "\0\013\0\0"           /* KEEPALIVE */
                                        "\377\377\0\3xyz"      /* unknown */
                                        "\0\017\0\4\0\022ab"   /* EDE 18 */
                                        "\0\017\0\2\0\1"       /* a second EDE */
                                        "\0\014\0\2\0\0"),     /* PADDING */
                                  &edns),
                     STATUS_OK);
    assert_true(edns.wants_nsid && edns.has_padding && edns.has_keepalive);
    assert_false(edns.broken_cookie);
    assert_int_equal(edns.cookie_length, 8);
    assert_memory_equal(edns.cookie, "abcdefgh", 8);
    assert_int_equal(edns.ede, EDE_PROHIBITED);
    assert_int_equal(read_options(BYTES("\0\017\0\1x"), &edns), STATUS_OK);
    assert_int_equal(edns.ede, EDE_NONE);
}

static void cookie_lengths(void **state)
{
    for (unsigned length = 0; length <= 60; length++) {
        uint8_t bytes[64] = {0, EDNS_OPTION_COOKIE, 0, (uint8_t)length};
        struct edns edns;
        memset(bytes + 4, 'c', length);
        assert_int_equal(read_options(span_of(bytes, 4 + length), &edns), STATUS_OK);
        bool sound = length == 8 || (length >= 16 && length <= 40);
        assert_int_equal(edns.broken_cookie, !sound);
        assert_int_equal(edns.cookie_length, sound ? length : 0);
    }
}

static void first_cookie_counts(void **state)
{
    struct edns edns;
    assert_int_equal(read_options(BYTES("\0\012\0\010abcdefgh\0\012\0\010ABCDEFGH"), &edns),
                     STATUS_OK);
    assert_memory_equal(edns.cookie, "abcdefgh", 8);
}

static void broken_options(void **state)
{
    const struct span broken[] = {BYTES("\0"),          BYTES("\0\3"),
                                  BYTES("\0\3\0"),      BYTES("\0\3\0\1"),
                                  BYTES("\0\3\0\0\0"),  BYTES("\0\012\0\010abcdefg"),
                                  BYTES("\0\3\377\377")};
    struct edns edns;
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_int_equal(read_options(broken[i], &edns), STATUS_MALFORMED);
    for (size_t length = 0; length < 8; length++) {
        struct cursor c = cursor_over("\x04\xd0\0\0\0\0\0\0", length);
        assert_int_equal(edns_read(&c, &edns), STATUS_MALFORMED);
    }
}

static struct span written(struct writer *w, const struct edns_reply *reply)
{
    assert_true(edns_write(w, reply));
    assert_false(w->failed);
    return writer_span(w);
}

/* Finds an option in an OPT record at the start of `opt`; NULL when absent. */
static const uint8_t *option_of(struct span opt, unsigned code, size_t *length)
{
    struct cursor c = cursor_of(opt);
    read_skip(&c, 9);
    struct cursor at = read_block16(&c);
    assert_false(c.failed);
    assert_false(cursor_more(&c));
    const uint8_t *found = NULL;
    while (cursor_more(&at)) {
        unsigned here = read_u16(&at);
        struct span data = read_span(&at, read_u16(&at));
        if (here == code) {
            assert_null(found);
            found = data.at, *length = data.length;
        }
    }
    assert_false(at.failed);
    return found;
}

static void plain_opt(void **state)
{
    uint8_t bytes[64];
    struct writer w = writer_over(bytes, sizeof bytes);
    struct span opt = written(&w, &(struct edns_reply){.ede = EDE_NONE});
    assert_int_equal(opt.length, 11);
    assert_memory_equal(opt.at, "\0\0\051\x04\xd0\0\0\0\0\0\0", 11);
    w = writer_over(bytes, sizeof bytes);
    opt = written(&w,
                  &(struct edns_reply){.ede = EDE_NONE, .dnssec_ok = true, .rcode = RCODE_BADVERS});
    assert_memory_equal(opt.at, "\0\0\051\x04\xd0\1\0\x80\0\0\0", 11);
}

static void every_option_is_read_back(void **state)
{
    uint8_t bytes[512];
    size_t length = 0;
    struct writer w = writer_over(bytes, sizeof bytes);
    struct edns_reply reply = {.cookie = BYTES("0123456789abcdefABCDEFGH"),
                               .nsid = BYTES("gw1"),
                               .keepalive = 300,
                               .ede = EDE_BLOCKED,
                               .ede_text = BYTES("WeChat"),
                               .pad_to = 128};
    struct span opt = written(&w, &reply);
    assert_int_equal(opt.length % 128, 0);
    assert_memory_equal(option_of(opt, EDNS_OPTION_NSID, &length), "gw1", 3);
    assert_memory_equal(option_of(opt, EDNS_OPTION_KEEPALIVE, &length), "\1\x2c", 2);
    assert_memory_equal(option_of(opt, EDNS_OPTION_EDE, &length), "\0\017WeChat", 8);
    assert_int_equal(length, 8);

    struct cursor c = cursor_over(opt.at + 3, opt.length - 3);
    struct edns edns;
    assert_int_equal(edns_read(&c, &edns), STATUS_OK);
    assert_int_equal(edns.cookie_length, 24);
    assert_memory_equal(edns.cookie, reply.cookie.at, 24);
    assert_int_equal(edns.ede, EDE_BLOCKED);
    assert_true(edns.has_padding && edns.has_keepalive && edns.wants_nsid);
}

static void text_then_ede_give_way(void **state)
{
    for (size_t size = 0; size <= 64; size++) {
        uint8_t bytes[64];
        size_t length = 0;
        struct writer w = writer_over(bytes, size);
        const struct edns_reply reply = {.ede = EDE_FILTERED, .ede_text = BYTES("0123456789")};
        bool fits = edns_write(&w, &reply);
        assert_false(w.failed);
        assert_int_equal(fits, size >= 11);
        if (!fits) {
            assert_int_equal(writer_length(&w), 0);
            continue;
        }
        const uint8_t *ede = option_of(writer_span(&w), EDNS_OPTION_EDE, &length);
        assert_int_equal(ede != NULL, size >= 11 + 6);
        if (ede != NULL)
            assert_int_equal(length, size >= 11 + 16 ? 12 : 2);
    }
}

static void cookie_goes_before_the_rest(void **state)
{
    uint8_t bytes[11 + 28 + 5];
    size_t length = 0;
    struct writer w = writer_over(bytes, sizeof bytes);
    struct span opt =
        written(&w, &(struct edns_reply){.ede = EDE_BLOCKED,
                                         .nsid = BYTES("gateway"),
                                         .cookie = BYTES("0123456789abcdefABCDEFGH")});
    assert_non_null(option_of(opt, EDNS_OPTION_COOKIE, &length));
    assert_null(option_of(opt, EDNS_OPTION_NSID, &length));
    assert_null(option_of(opt, EDNS_OPTION_EDE, &length));
}

static void long_text_is_cut_between_characters(void **state)
{
    uint8_t bytes[1024];
    char text[400];
    size_t length = 0;
    memset(text, 'x', sizeof text);
    memcpy(text + 248, "\xe2\x82\xac", 3); /* three bytes over the border at 250 */
    struct writer w = writer_over(bytes, sizeof bytes);
    struct span opt = written(
        &w, &(struct edns_reply){.ede = EDE_BLOCKED, .ede_text = span_of(text, sizeof text)});
    assert_non_null(option_of(opt, EDNS_OPTION_EDE, &length));
    assert_int_equal(length, 2 + 248);
    memcpy(text + 247, "\xe2\x82\xacx", 4); /* ends just there */
    w = writer_over(bytes, sizeof bytes);
    opt = written(&w,
                  &(struct edns_reply){.ede = EDE_BLOCKED, .ede_text = span_of(text, sizeof text)});
    option_of(opt, EDNS_OPTION_EDE, &length);
    assert_int_equal(length, 2 + EDE_TEXT_MOST);
    memset(text, 0x80, sizeof text); /* no character begins at all */
    w = writer_over(bytes, sizeof bytes);
    opt = written(&w,
                  &(struct edns_reply){.ede = EDE_BLOCKED, .ede_text = span_of(text, sizeof text)});
    option_of(opt, EDNS_OPTION_EDE, &length);
    assert_int_equal(length, 2);
}

static void padding_fills_a_block(void **state)
{
    for (size_t before = 0; before < 300; before++) {
        uint8_t bytes[1024] = {0};
        struct writer w = writer_over(bytes, sizeof bytes);
        write_place(&w, before);
        assert_true(edns_write(&w, &(struct edns_reply){.ede = EDE_NONE, .pad_to = 128}));
        assert_int_equal(writer_length(&w) % 128, 0);
        assert_true(writer_length(&w) < before + 15 + 128);
        assert_int_equal(load_u16(bytes + before + 9), writer_length(&w) - before - 11);
    }
    for (size_t size = 11; size < 128; size++) {
        uint8_t bytes[128];
        struct writer w = writer_over(bytes, size);
        assert_true(edns_write(&w, &(struct edns_reply){.ede = EDE_NONE, .pad_to = 128}));
        assert_int_equal(writer_length(&w), size < 15 ? 11 : size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_part),
        cmocka_unit_test(options),
        cmocka_unit_test(cookie_lengths),
        cmocka_unit_test(first_cookie_counts),
        cmocka_unit_test(broken_options),
        cmocka_unit_test(plain_opt),
        cmocka_unit_test(every_option_is_read_back),
        cmocka_unit_test(text_then_ede_give_way),
        cmocka_unit_test(cookie_goes_before_the_rest),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(padding_fills_a_block),
    };
    return cmocka_run_group_tests_name("dns/edns", tests, NULL, NULL);
}
