/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * type - words and numbers, both ways, over the whole range.
 */
#include "dns/type.h"

#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_type_comes_back(void **state)
{
    for (unsigned type = 0; type <= 65535; type++) {
        char text[WORD_SIZE];
        uint16_t again = (uint16_t)~type;
        assert_true(strlen(type_text((uint16_t)type, text)) < WORD_SIZE);
        assert_int_equal(type_parse(text, &again), STATUS_OK);
        assert_int_equal(again, type);
    }
}

static void every_rcode_comes_back(void **state)
{
    for (unsigned rcode = 0; rcode <= 4095; rcode++) {
        char text[WORD_SIZE];
        uint16_t again = (uint16_t)~rcode;
        assert_int_equal(rcode_parse(rcode_text((uint16_t)rcode, text), &again), STATUS_OK);
        assert_int_equal(again, rcode);
    }
}

static void words(void **state)
{
    char text[WORD_SIZE];
    uint16_t type;
    assert_string_equal(type_text(TYPE_HTTPS, text), "HTTPS");
    assert_string_equal(type_text(TYPE_NSEC3PARAM, text), "NSEC3PARAM");
    assert_string_equal(type_text(1234, text), "TYPE1234");
    assert_string_equal(class_text(CLASS_IN, text), "IN");
    assert_string_equal(class_text(CLASS_CH, text), "CH");
    assert_string_equal(class_text(65535, text), "CLASS65535");
    assert_string_equal(rcode_text(RCODE_BADCOOKIE, text), "BADCOOKIE");
    assert_string_equal(rcode_text(100, text), "RCODE100");
    assert_string_equal(opcode_text(OPCODE_NOTIFY, text), "NOTIFY");
    assert_string_equal(opcode_text(15, text), "OPCODE15");
    assert_int_equal(type_parse("aaaa", &type), STATUS_OK);
    assert_int_equal(type, TYPE_AAAA);
    assert_int_equal(type_parse("type65", &type), STATUS_OK);
    assert_int_equal(type, TYPE_HTTPS);
}

static void no_words(void **state)
{
    static const char *const texts[] = {"",       "B",      "TYPE",   "TYPE65536",   "TYPE99999",
                                        "TYPE-1", "TYPE 1", "TYPE1 ", "TYPE0000001", "28",
                                        "A "};
    uint16_t number;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(type_parse(texts[i], &number), STATUS_MALFORMED);
    assert_int_equal(rcode_parse("RCODE4096", &number), STATUS_MALFORMED);
    assert_int_equal(rcode_parse("NOPE", &number), STATUS_MALFORMED);
}

static void kinds(void **state)
{
    assert_true(type_is_dnssec(TYPE_RRSIG));
    assert_true(type_is_dnssec(TYPE_NSEC));
    assert_true(type_is_dnssec(TYPE_NSEC3));
    assert_false(type_is_dnssec(TYPE_DS));
    assert_false(type_is_dnssec(TYPE_DNSKEY));
    assert_true(type_is_meta(TYPE_OPT));
    assert_true(type_is_meta(TYPE_ANY));
    assert_true(type_is_meta(TYPE_TSIG));
    assert_true(type_is_meta(128));
    assert_false(type_is_meta(127));
    assert_false(type_is_meta(256));
    assert_false(type_is_meta(TYPE_A));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(every_rcode_comes_back),
        cmocka_unit_test(words),
        cmocka_unit_test(no_words),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests_name("dns/type", tests, NULL, NULL);
}
