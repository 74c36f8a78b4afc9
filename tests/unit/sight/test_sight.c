/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight - rows, hosts, evidence, streams inside streams, and memory that ends.
 */
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned bits(unsigned value)
{
    return (unsigned)__builtin_popcount(value);
}

static void rows(void **state)
{
    unsigned tcp = sight_candidates(IP_TCP), udp = sight_candidates(IP_UDP);
    assert_int_equal(tcp & udp, 0);
    assert_int_equal(bits(tcp), 7);
    assert_int_equal(bits(udp), 4);
    for (unsigned i = 0; i < bits(tcp | udp); i++) {
        assert_non_null(recognisers[i]->look);
        assert_int_equal((tcp >> i & 1) != 0, recognisers[i]->transport == IP_TCP);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(recognisers[i]->name, recognisers[j]->name);
    }
}

static enum heard ask(const char *client, size_t length, uint16_t *candidates,
                      struct sightings *out)
{
    struct talk talk = {.transport = IP_TCP, .server_port = 8080};
    talk.said[CLIENT] = span_of(client, length);
    *out = (struct sightings){0};
    return sight_ask(&talk, candidates, out);
}

/* Whoever says yes is alone; who says no is not asked again. */
static void candidates_go(void **state)
{
    static const char hello[] = "\x16\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1";
    struct sightings out;
    uint16_t all = sight_candidates(IP_TCP), left = all;
    assert_int_equal(ask(hello, 1, &left, &out), HEARD_PERHAPS);
    assert_true(bits(left) < bits(all));
    assert_int_equal(ask(hello, 3, &left, &out), HEARD_PERHAPS);
    assert_int_equal(out.count, 0);
    assert_int_equal(ask(hello, 12, &left, &out), HEARD_DONE);
    assert_int_equal(bits(left), 1);
    assert_string_equal(recognisers[__builtin_ctz(left)]->name, "mmtls");
    assert_int_equal(out.count, 1);

    uint16_t none = 0;
    assert_int_equal(ask("GET / HTTP/1.1\r\nHost: a.b\r\n\r\n", 29, &none, &out), HEARD_NOT_MINE);
    assert_int_equal(out.count, 0);
}

/* A stream behind others' bytes is read as if it began there, and only one level deep. */
static void inner(void **state)
{
    static const char text[] = "junkGET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    struct talk talk = {.transport = IP_TCP, .midstream = true};
    struct sightings out = {0};
    talk.said[CLIENT] = span_text(text);
    assert_int_equal(sight_inner(&talk, 4, 100, &out), HEARD_MORE);
    assert_int_equal(out.count, 1);
    assert_true(out.list[0].has_name);
    talk.depth = 1;
    assert_int_equal(sight_inner(&talk, 4, 0, &out), HEARD_NOT_MINE);
    assert_int_equal(out.count, 1);
    talk.depth = 0;
    assert_int_equal(sight_inner(&talk, SIZE_MAX, SIZE_MAX, &out), HEARD_PERHAPS);
}

static void adding(void **state)
{
    struct sightings out = {0};
    for (unsigned i = 0; i < 20; i++) {
        struct sighting *s = sight_add(&out, SPOKEN_TLS, SEEN_TLS);
        assert_int_equal(s->type, 0);
        s->type = (uint16_t)(i + 1);
        assert_ptr_equal(s, &out.list[i < SIGHTINGS_MOST ? i : SIGHTINGS_MOST - 1]);
    }
    assert_int_equal(out.count, SIGHTINGS_MOST);
    assert_int_equal(out.list[SIGHTINGS_MOST - 1].type, 20);
}

static void names(void **state)
{
    static const struct {
        const char *host, *name;
    } cases[] = {
        {"WWW.Example.com", "www.example.com"},
        {"example.com.", "example.com"},
        {"localhost", "localhost"},
        {"a_b.xn--p1ai", "a_b.xn--p1ai"},
        {"*.example", "*.example"},
        {"1.2.3.example", "1.2.3.example"},
        {"1.2.3.4a", "1.2.3.4a"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sighting s = {0};
        char text[NAME_TEXT_SIZE];
        sight_host(&s, span_text(cases[i].host));
        assert_true(s.has_name && !s.has_address);
        assert_int_equal(s.why, WHY_NONE);
        assert_true(name_is_sound(&s.name));
        assert_string_equal(name_text(&s.name, text), cases[i].name);
    }
}

static void addresses(void **state)
{
    static const char *const cases[] = {
        "192.0.2.1", "192.0.2.1.", "2001:db8::1", "[2001:db8::1]", "[fe80::1%25eth0]", "::1",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sighting s = {0};
        sight_host(&s, span_text(cases[i]));
        assert_true(s.has_address && !s.has_name);
        assert_int_equal(s.why, WHY_ADDRESS);
    }
}

static void no_hosts(void **state)
{
    char label[65], whole[300];
    memset(label, 'a', 64);
    label[64] = 0;
    for (size_t i = 0; i < sizeof whole; i++)
        whole[i] = i % 2 ? '.' : 'a';
    const struct span cases[] = {
        span_text("a..b"),       span_text(".a"),          span_text("."),
        span_text(".."),         span_text("a b"),         span_text("a/b"),
        span_text("a\\046b.c"),  span_text("\xc3\xa9.ca"), span_of("a\0b.example", 11),
        span_text("1.2.3.4.5"),  span_text("256.1.1.1"),   span_text("2130706433"),
        span_text(label),        span_of(whole, 255),      span_of(whole, 300),
        span_text("[192.0.2.1"), span_text("a:80"),        span_text("%"),
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sighting s = {0};
        sight_host(&s, cases[i]);
        if (s.has_name || s.has_address || s.why != WHY_INVALID_NAME)
            fail_msg("case %zu was taken", i);
    }
    struct sighting s = {0};
    sight_host(&s, span_of(whole, 253));
    assert_true(s.has_name && s.name.length == NAME_MAX_WIRE);
    sight_host(&s, (struct span){0});
    assert_int_equal(s.why, WHY_NOT_SAID);
    assert_false(s.has_name);
}

static void evidence(void **state)
{
    struct sighting s = {0};
    struct span bytes = span_of("GET\0\n\xff /", 8);
    sight_evidence(&s, "%s|%s|%s", sight_text(bytes, 100), sight_text(bytes, 3),
                   sight_text((struct span){0}, 5));
    assert_string_equal(s.evidence, "GET??? /|GET|");
    char long_text[300];
    memset(long_text, 'x', sizeof long_text);
    sight_evidence(&s, "%s%s", sight_text(span_of(long_text, 300), 300), "tail");
    assert_int_equal(strlen(s.evidence), EVIDENCE_SIZE - 1);
}

static void memory_ends(void **state)
{
    struct sights *sights = sights_new(2, 100);
    void *of[3] = {NULL, NULL, NULL};
    struct talk talk = {.transport = IP_UDP, .sights = sights};
    for (unsigned i = 0; i < 3; i++) {
        talk.memory = &of[i];
        uint8_t *piece = sight_memory(&talk);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        assert_ptr_equal(sight_memory(&talk), piece);
        for (unsigned byte = 0; byte < 100; byte++)
            assert_int_equal(piece[byte], 0);
        memset(piece, 0xff, 100);
    }
    /* The third took that of the first. */
    assert_null(of[0]);
    assert_ptr_not_equal(of[1], of[2]);
    assert_int_equal(sights_refused(sights), 1);
    void *released = of[1];
    sights_release(sights, of[1]);
    sights_release(sights, NULL);
    talk.memory = &of[0];
    uint8_t *piece = sight_memory(&talk);
    assert_ptr_equal(piece, released);
    assert_int_equal(sights_refused(sights), 1);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(piece[i], 0);
    talk.sights = NULL;
    talk.memory = NULL;
    assert_null(sight_memory(&talk));
    sights_free(sights);
    sights_free(NULL);
    assert_null(sights_new(0, 1));
    assert_null(sights_new(1, 0));
    assert_null(sights_new(SIZE_MAX, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),     cmocka_unit_test(candidates_go), cmocka_unit_test(inner),
        cmocka_unit_test(adding),   cmocka_unit_test(names),         cmocka_unit_test(addresses),
        cmocka_unit_test(no_hosts), cmocka_unit_test(evidence),      cmocka_unit_test(memory_ends),
    };
    return cmocka_run_group_tests_name("inspect/sight", tests, NULL, NULL);
}
