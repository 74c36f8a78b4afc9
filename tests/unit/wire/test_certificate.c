/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * certificate - which names, from what is there, and flights that lie.
 */
#include "wire/certificate.h"

#include "certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint8_t scratch[HELLO_MOST];
static struct name names[CERTIFICATE_NAMES_MOST];
static unsigned count;

static enum status look(struct span stream)
{
    count = 99;
    return certificate_names(stream, scratch, names, &count);
}

static enum status look_at(const char *common, const char *alternative)
{
    return look(records_make(flight_make(0x0303, certificate_make(common, alternative)), 16384));
}

static void assert_name(unsigned i, const char *expected)
{
    char text[NAME_TEXT_SIZE];
    assert_true(i < count);
    assert_string_equal(name_text(&names[i], text), expected);
}

static void names_of_hosts(void **state)
{
    assert_int_equal(look_at("Other", "DNS:www.example.com,IP:192.0.2.1,DNS:*.Example.org"),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_name(0, "www.example.com");
    assert_name(1, "example.org");

    assert_int_equal(look_at("mail.example.com", NULL), STATUS_OK); /* only without the others */
    assert_int_equal(count, 1);
    assert_name(0, "mail.example.com");
    assert_int_equal(look_at("Example Authority", NULL), STATUS_NOT_FOUND);
    assert_int_equal(look_at("device", NULL), STATUS_NOT_FOUND);
    assert_int_equal(look_at(NULL, NULL), STATUS_NOT_FOUND);
    assert_int_equal(look_at(NULL, "IP:192.0.2.1"), STATUS_NOT_FOUND);
    assert_int_equal(count, 0);
}

static void no_more_names_than_fit(void **state)
{
    assert_int_equal(look_at(NULL, "DNS:a.x,DNS:b.x,DNS:c.x,DNS:d.x,DNS:e.x,DNS:f.x,DNS:g.x,"
                                   "DNS:h.x,DNS:i.x,DNS:j.x"),
                     STATUS_OK);
    assert_int_equal(count, CERTIFICATE_NAMES_MOST);
    assert_name(7, "h.x");
}

static void names_that_are_none(void **state)
{
    assert_int_equal(look_at(NULL, "DNS:*,DNS:*.,DNS:a b,DNS:.,DNS:a..b,DNS:back\\slash"),
                     STATUS_NOT_FOUND);
}

static void however_it_is_cut(void **state)
{
    static uint8_t copy[1 << 12];
    struct span der = certificate_make(NULL, "DNS:www.example.com");
    struct span flight = flight_make(0x0303, der);
    size_t known = flight.length - 4; /* behind the entry: ServerHelloDone */
    for (size_t most = 1; most < flight.length + 2; most += most < 40 ? 1 : 37) {
        struct span stream = records_make(flight, most);
        bool found = false;
        for (size_t length = 0; length <= stream.length; length++) {
            enum status status = look(span_of(stream.at, length));
            assert_true(status == (found ? STATUS_OK : STATUS_AGAIN) || status == STATUS_OK);
            found = status == STATUS_OK;
        }
        assert_true(found);
    }
    memcpy(copy, records_make(flight, 16384).at, 5 + known);
    assert_int_equal(look(span_of(copy, 5 + known)), STATUS_OK);
    assert_int_equal(look(span_of(copy, 5 + known - 1)), STATUS_AGAIN);
}

static void none_to_see(void **state)
{
    struct span der = certificate_make(NULL, "DNS:www.example.com");
    assert_int_equal(look(records_make(flight_make(0x0304, der), 16384)), STATUS_NOT_FOUND);
    assert_int_equal(look(records_make(flight_make(0x0303, (struct span){0}), 16384)),
                     STATUS_NOT_FOUND);
    assert_int_equal(look(span_text("HTTP/1.1 400")), STATUS_NOT_FOUND);
    assert_int_equal(look(span_of("\x15\x03\x03\x00\x02\x02\x28", 7)), STATUS_NOT_FOUND);
    assert_int_equal(look((struct span){0}), STATUS_AGAIN);

    /* Taken up again: change_cipher_spec behind the ServerHello. */
    uint8_t resumed[256];
    struct span flight = flight_make(0x0303, (struct span){0});
    struct writer w = writer_over(resumed, sizeof resumed);
    write_span(&w, records_make(span_of(flight.at, flight.length - 4), 16384));
    assert_int_equal(look(writer_span(&w)), STATUS_AGAIN);
    write_bytes(&w, "\x14\x03\x03\x00\x01\x01", 6);
    assert_int_equal(look(writer_span(&w)), STATUS_NOT_FOUND);
}

static void flights_that_lie(void **state)
{
    static uint8_t copy[1 << 12];
    struct span der = certificate_make(NULL, "DNS:www.example.com");
    struct span stream = records_make(flight_make(0x0303, der), 16384);
    size_t at = stream.length - 4 - der.length; /* of the certificate */
    memcpy(copy, stream.at, stream.length);
    copy[at - 1]++; /* longer than its list */
    assert_int_equal(look(span_of(copy, stream.length)), STATUS_MALFORMED);
    copy[at - 1] -= 2; /* cut off in itself */
    assert_int_equal(look(span_of(copy, stream.length)), STATUS_MALFORMED);
    copy[at - 1]++;
    for (size_t i = 0; i < der.length; i++) { /* any byte changed: an answer, and no crash */
        copy[at + i] ^= 0xff;
        enum status status = look(span_of(copy, stream.length));
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED ||
                    status == STATUS_NOT_FOUND);
        copy[at + i] ^= 0xff;
    }
    assert_int_equal(look(span_of(copy, stream.length)), STATUS_OK);
    copy[1] = 0xf1;
    assert_int_equal(look(span_of(copy, stream.length)), STATUS_MALFORMED);
}

static void what_never_ends_is_given_up(void **state)
{
    static uint8_t flight[HELLO_SIZE / 2];
    struct span beginning = flight_make(0x0303, certificate_make(NULL, "DNS:a.x"));
    memcpy(flight, beginning.at, beginning.length);
    size_t at = 4 + (size_t)flight[3] + 4; /* the lengths of list and entry: 4 MiB */
    flight[at - 3] = 0x40, flight[at] = 0x3f, flight[at + 1] = 0xff, flight[at + 3] = 0x3f;
    flight[at - 2] = flight[at - 1] = 0, flight[at + 2] = 0xfd;
    assert_int_equal(look(records_make(span_of(flight, HELLO_MOST - 1), 16384)), STATUS_AGAIN);
    assert_int_equal(look(records_make(span_of(flight, sizeof flight), 16384)), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_hosts),
        cmocka_unit_test(no_more_names_than_fit),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(however_it_is_cut),
        cmocka_unit_test(none_to_see),
        cmocka_unit_test(flights_that_lie),
        cmocka_unit_test(what_never_ends_is_given_up),
    };
    return cmocka_run_group_tests_name("wire/certificate", tests, NULL, NULL);
}
