/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves yaml/kinds: each kind takes what it promises, refuses the rest, says why, and writes back
 * what it reads.
 */
#include "yaml/schema.h"
#include "base/address.h"
#include "dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static const char *const words[] = {"pass", "enforce", "observe", NULL};

/* clang-format off */
static const struct yaml_row
    text_row    = {"k", &yaml_text,    .size = 8},
    id_row      = {"k", &yaml_id,      .size = 8},
    word_row    = {"k", &yaml_word,    .size = 4, .words = words, .least = 1},
    small_row   = {"k", &yaml_count,   .size = 2},
    count_row   = {"k", &yaml_count,   .size = 4, .least = 1, .limit = 64},
    bytes_row   = {"k", &yaml_bytes,   .size = 8},
    ms_row      = {"k", &yaml_ms,      .size = 4},
    seconds_row = {"k", &yaml_seconds, .size = 4, .limit = 7 * 86400},
    bool_row    = {"k", &yaml_bool,    .size = 1},
    date_row    = {"k", &yaml_date,    .size = 4},
    address_row = {"k", &yaml_address, .size = sizeof(struct address)},
    prefix_row  = {"k", &yaml_prefix,  .size = sizeof(struct prefix)},
    name_row    = {"k", &yaml_name,    .size = sizeof(struct name)};

static const struct {
    const struct yaml_row *row;
    const char *text, *back; /* NULL: refused */
    const char *why;         /* then: "" expected, or the clause */
    uint64_t value;
} cases[] = {
    {&text_row, "seven77", "seven77"},
    {&text_row, "eight888", NULL, "8 bytes are too long, at most 7 fit"},
    {&text_row, "", "\"\""},
    {&text_row, "a\"b\\", "\"a\\\"b\\\\\""},
    {&text_row, "- x", "\"- x\""},
    {&text_row, "caf\xc3\xa9\n\n", "\"caf\xc3\xa9\""},
    {&text_row, "a\nb", NULL, "the text has a control character or a line break"},
    {&text_row, "\x1b", NULL, "the text has a control character or a line break"},
    {&text_row, "\xc2\x9b", NULL, "the text has a control character or a line break"},
    {&text_row, "\xed\xa0\x80", NULL, "the text has a control character or a line break"},
    {&text_row, "\xf4\x90\x80\x80", NULL, "the text has a control character or a line break"},
    {&text_row, "\xc0\xaf", NULL, "the text has a control character or a line break"},
    {&text_row, "\xe2\x82", NULL, "the text has a control character or a line break"},
    {&text_row, "\xf0\x9f\xa6\x8a", "\"\xf0\x9f\xa6\x8a\""},

    {&id_row, "tik-tok", "tik-tok"},
    {&id_row, "TikTok", NULL, ""},
    {&id_row, "-a", NULL, ""},
    {&id_row, "a b", NULL, ""},
    {&id_row, "", NULL, ""},
    {&id_row, "abcdefgh", NULL, "8 bytes are too long, at most 7 fit"},

    {&word_row, "enforce", "enforce", .value = 1},
    {&word_row, "observe", "observe", .value = 2},
    {&word_row, "pass", NULL, "`pass` is none of enforce, observe"},
    {&word_row, "obsreve", NULL, "`obsreve` is none of enforce, observe; did you mean observe?"},

    {&small_row, "0", "0"},
    {&small_row, "65535", "65535", .value = 65535},
    {&small_row, "65536", NULL, "65536 is more than 65535"},
    {&count_row, "0", NULL, "0 is less than 1"},
    {&count_row, "65", NULL, "65 is more than 64"},
    {&count_row, "99999999999999999999999", NULL, "99999999999999999999999 is more than 64"},
    {&count_row, "-1", NULL, ""},
    {&count_row, "1.5", NULL, ""},
    {&count_row, "0x10", NULL, ""},
    {&count_row, "many", NULL, ""},

    {&bytes_row, "4096", "4K", .value = 4096},
    {&bytes_row, "4097", "4097", .value = 4097},
    {&bytes_row, "64K", "64K", .value = 65536},
    {&bytes_row, "64M", "64M", .value = 64 << 20},
    {&bytes_row, "4G", "4G", .value = UINT64_C(4) << 30},
    {&bytes_row, "0", "0"},
    {&bytes_row, "64MB", NULL, ""},
    {&bytes_row, "99999999999G", NULL, "99999999999G is more than 18446744073709551615"},

    {&ms_row, "500ms", "500ms", .value = 500},
    {&ms_row, "1800ms", "1800ms", .value = 1800},
    {&ms_row, "5s", "5s", .value = 5000},
    {&ms_row, "120s", "2m", .value = 120000},
    {&ms_row, "0", "0ms"},
    {&ms_row, "5", NULL, "5 has no unit: write 5ms or 5s"},
    {&ms_row, "50d", NULL, "50d is more than 4294967295ms"},
    {&ms_row, "5 s", NULL, ""},

    {&seconds_row, "60", "1m", .value = 60},
    {&seconds_row, "1d", "1d", .value = 86400},
    {&seconds_row, "36h", "36h", .value = 36 * 3600},
    {&seconds_row, "8d", NULL, "8d is more than 7d"},
    {&seconds_row, "500ms", NULL, ""},

    {&bool_row, "yes", "yes", .value = 1},
    {&bool_row, "true", "yes", .value = 1},
    {&bool_row, "no", "no"},
    {&bool_row, "false", "no"},
    {&bool_row, "on", NULL, ""},
    {&bool_row, "1", NULL, ""},

    {&date_row, "2026-12-31", "2026-12-31", .value = 20261231},
    {&date_row, "2028-02-29", "2028-02-29", .value = 20280229},
    {&date_row, "2026-02-29", NULL, "2026-02-29 is not in the calendar"},
    {&date_row, "2026-13-01", NULL, "2026-13-01 is not in the calendar"},
    {&date_row, "31.12.2026", NULL, ""},
    {&date_row, "2026-1-1", NULL, ""},

    {&address_row, "192.0.2.1", "192.0.2.1"},
    {&address_row, "2001:DB8::1", "2001:db8::1"},
    {&address_row, "192.0.2.1/32", NULL, ""},
    {&address_row, "192.0.2.256", NULL, ""},

    {&prefix_row, "10.0.0.0/8", "10.0.0.0/8"},
    {&prefix_row, "2001:db8::/32", "2001:db8::/32"},
    {&prefix_row, "192.0.2.7", "192.0.2.7/32"},
    {&prefix_row, "10.1.2.3/8", NULL,
     "10.1.2.3/8 has bits set behind the prefix; write 10.0.0.0/8"},
    {&prefix_row, "10.0.0.0/33", NULL, ""},

    {&name_row, "WWW.Example.com.", "www.example.com"},
    {&name_row, ".", "."},
    {&name_row, "_sip._tcp.example", "_sip._tcp.example"},
    {&name_row, "https://www.example.com/x", NULL,
     "`https://www.example.com/x`: write only the name, without https:// and path"},
    {&name_row, "*.example.com", NULL,
     "`*.example.com`: write no *: a domain means the name and all below it"},
    {&name_row, "caf\xc3\xa9.example", NULL,
     "`caf\xc3\xa9.example`: write an internationalised name in its ASCII form, xn--..."},
    {&name_row, "a..b", NULL, "`a..b`: there is nothing between two of its dots"},
    {&name_row, "a.b:443", NULL, "`a.b:443`: write only the name, without a port"},
    {&name_row, "x@a.b", NULL, "`x@a.b`: write only the name, without user and @"},
    {&name_row, "a\\032b", NULL, ""},
    {&name_row, "", NULL, ""},
    {&name_row, "a234567890123456789012345678901234567890123456789012345678901234.example", NULL,
     "`a234567890123456789012345678901234567890123456789012345678901234.example`: a label has "
     "at most 63 letters, a name at most 253"},
};
/* clang-format on */

static void test_cases(void **state)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        union {
            uint64_t number;
            char text[8];
            struct name name;
            struct prefix prefix;
        } field = {0};
        char why[YAML_WHY_SIZE] = "", back[100] = "";
        const struct yaml_row *row = cases[i].row;
        struct span text = span_text(cases[i].text);

        bool read = row->kind->read(row, text, &field, why);
        if (read != (cases[i].back != NULL))
            fail_msg("`%s`: %s %s", cases[i].text, read ? "taken" : "refused", why);
        if (!read) {
            assert_string_equal(why, cases[i].why);
            continue;
        }
        struct writer w = writer_over(back, sizeof back - 1);
        row->kind->write(row, &field, &w);
        assert_string_equal(back, cases[i].back);
        if (cases[i].value != 0)
            assert_int_equal(field.number, cases[i].value);
    }
}

/* A narrow field keeps its neighbours. */
static void test_field_sizes(void **state)
{
    struct {
        uint8_t a, b;
        uint16_t c, d;
        uint32_t e, f;
    } s = {1, 2, 3, 4, 5, 6};
    char why[YAML_WHY_SIZE] = "";
    assert_true(bool_row.kind->read(&bool_row, span_text("no"), &s.a, why));
    assert_true(small_row.kind->read(&small_row, span_text("300"), &s.c, why));
    assert_true(count_row.kind->read(&count_row, span_text("64"), &s.e, why));
    assert_int_equal(s.a, 0);
    assert_int_equal(s.b, 2);
    assert_int_equal(s.c, 300);
    assert_int_equal(s.d, 4);
    assert_int_equal(s.e, 64);
    assert_int_equal(s.f, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_field_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
