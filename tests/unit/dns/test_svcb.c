/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * svcb - parameters, hints, and the record without `ech`.
 */
#include "dns/svcb.h"

#include "dns/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BYTES(literal) span_of(literal, sizeof(literal) - 1)

static struct text_record record_of(const char *line)
{
    struct text_record record;
    assert_int_equal(text_record_parse(line, &record), STATUS_OK);
    return record;
}

static struct svcb svcb_of(const struct text_record *record)
{
    struct svcb svcb;
    assert_int_equal(svcb_read(span_of(record->data, record->length), &svcb), STATUS_OK);
    return svcb;
}

static void fields(void **state)
{
    struct text_record record = record_of("x. HTTPS 1 svc.example. alpn=h2,h3 port=8443 ech=AAAA");
    struct svcb svcb = svcb_of(&record);
    char text[NAME_TEXT_SIZE];
    assert_int_equal(svcb.priority, 1);
    assert_string_equal(name_text(&svcb.target, text), "svc.example");
    assert_true(svcb.has_ech);
    record = record_of("x. HTTPS 0 other.example.");
    svcb = svcb_of(&record);
    assert_int_equal(svcb.priority, 0);
    assert_int_equal(svcb.parameters.length, 0);
    assert_false(svcb.has_ech);
}

static void hints(void **state)
{
    static const char *const expected[] = {"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"};
    struct text_record record = record_of("x. SVCB 1 . port=53 ipv4hint=192.0.2.1,192.0.2.2 "
                                          "ech=AAAA ipv6hint=2001:db8::1,2001:db8::2 key7=x");
    struct svcb svcb = svcb_of(&record);
    struct address address;
    char text[ADDRESS_TEXT_SIZE];
    size_t place = 0;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(svcb_next_hint(&svcb, &place, &address));
        assert_string_equal(address_text(&address, text), expected[i]);
    }
    assert_false(svcb_next_hint(&svcb, &place, &address));
    assert_false(svcb_next_hint(&svcb, &place, &address));

    record = record_of("x. HTTPS 1 . alpn=h2");
    svcb = svcb_of(&record);
    place = 0;
    assert_false(svcb_next_hint(&svcb, &place, &address));
}

static void assert_without_ech(const char *before, const char *after)
{
    uint8_t bytes[512];
    struct text_record record = record_of(before), expected = record_of(after);
    struct svcb svcb = svcb_of(&record);
    struct writer w = writer_over(bytes, sizeof bytes);
    svcb_write_without_ech(&w, &svcb);
    assert_false(w.failed);
    assert_int_equal(writer_length(&w), expected.length);
    assert_memory_equal(bytes, expected.data, expected.length);
    for (size_t room = 0; room < expected.length; room++) {
        w = writer_over(bytes, room);
        svcb_write_without_ech(&w, &svcb);
        assert_true(w.failed);
    }
}

static void without_ech(void **state)
{
    assert_without_ech("x. HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1 ech=AAAAAAAA ipv6hint=2001:db8::1",
                       "x. HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1");
    assert_without_ech("x. HTTPS 1 a.b. ech=AAAA", "x. HTTPS 1 a.b.");
    assert_without_ech("x. HTTPS 1 . mandatory=ech ech=AAAA", "x. HTTPS 1 .");
    assert_without_ech("x. HTTPS 1 . mandatory=alpn,ech alpn=h2 ech=AAAA",
                       "x. HTTPS 1 . mandatory=alpn alpn=h2");
    assert_without_ech("x. HTTPS 0 a.", "x. HTTPS 0 a.");
}

static void malformed(void **state)
{
    const struct span broken[] = {
        BYTES(""),
        BYTES("\0"),
        BYTES("\0\1"),
        BYTES("\0\1\1a"),
        BYTES("\0\1\xc0\x0c"),
        BYTES("\0\1\0\0"),
        BYTES("\0\1\0\0\1"),
        BYTES("\0\1\0\0\1\0"),
        BYTES("\0\1\0\0\1\0\1"),
        BYTES("\0\1\0\0\3\0\2\0\x35\0\1\0\0"), /* keys fall */
        BYTES("\0\1\0\0\3\0\0\0\3\0\0"),       /* a key twice */
        BYTES("\0\1\0\0\4\0\0"),               /* an empty hint */
        BYTES("\0\1\0\0\4\0\5\1\2\3\4\5"),     /* one and a quarter */
        BYTES("\0\1\0\0\6\0\4\1\2\3\4"),       /* IPv4 in the IPv6 hint */
        BYTES("\0\1\0\0\0\0\1\5"),             /* half a key in mandatory */
    };
    struct svcb svcb;
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_int_equal(svcb_read(broken[i], &svcb), STATUS_MALFORMED);
    assert_int_equal(svcb_read(BYTES("\0\1\0\377\377\0\0"), &svcb), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(hints),
        cmocka_unit_test(without_ech),
        cmocka_unit_test(malformed),
    };
    return cmocka_run_group_tests_name("dns/svcb", tests, NULL, NULL);
}
