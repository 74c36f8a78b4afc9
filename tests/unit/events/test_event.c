/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * event - what another process may send, and what not.
 */
#include "events/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../dns/texts.h"
#include "wire/frame.h"

static struct event good(void)
{
    return (struct event){.verdict = {.rule = RULE_NONE, .noted = RULE_NONE},
                          .type = 1,
                          .class = 1,
                          .question = name_of("www.example")};
}

static void good_is_sound(void **state)
{
    struct event event = good();
    assert_true(event_is_sound(&event));
    event.matched_name = event.question;
    assert_true(event_is_sound(&event));
}

static void words_out_of_range_are_not(void **state)
{
    struct event event = good();
    event.verdict.action = ACTION_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.verdict.action = (enum action) - 1;
    assert_false(event_is_sound(&event));
    event = good();
    event.verdict.wanted = ACTION_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.verdict.evidence = EVIDENCE_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.seen = SEEN_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.transport = TRANSPORT_TCP + 1;
    assert_false(event_is_sound(&event));
}

static void broken_names_are_not(void **state)
{
    struct event event = good();
    event.question.length = 0;
    assert_false(event_is_sound(&event));
    event = good();
    event.question.wire[0] = 200;
    assert_false(event_is_sound(&event));
    event = good();
    event.question.wire[1] = 'W';
    assert_false(event_is_sound(&event));
    event = good();
    event.question.labels = 3;
    assert_false(event_is_sound(&event));
    event = good();
    event.matched_name.labels = 1;
    assert_false(event_is_sound(&event));
}

static void numbers_that_no_reader_can_hold_are_not(void **state)
{
    struct event event = good();
    event.lost_before = UINT64_C(1) << 53;
    assert_false(event_is_sound(&event));
    event = good();
    event.sampled_before = UINT64_MAX;
    assert_false(event_is_sound(&event));
    event = good();
    event.at = UINT64_MAX;
    assert_false(event_is_sound(&event));
}

static struct event wire_event(void)
{
    struct event event = good();
    event.kind = EVENT_WIRE;
    event.seen = SEEN_TLS;
    event.matched_name = (struct name){.length = 1};
    event.wire = (struct wire){.spoken = SPOKEN_TLS, .ending = ENDING_NAME, .tls_version = 0x0304};
    memcpy(event.wire.evidence, "hello", sizeof "hello");
    return event;
}

static void words_of_the_wire_out_of_range_are_not(void **state)
{
    static const struct {
        size_t at;
        unsigned count;
    } words[] = {
        {offsetof(struct event, kind), EVENT_KIND_COUNT},
        {offsetof(struct event, wire.spoken), SPOKEN_COUNT},
        {offsetof(struct event, wire.ending), ENDING_COUNT},
        {offsetof(struct event, wire.why), WHY_COUNT},
        {offsetof(struct event, wire.ech), ECH_COUNT},
        {offsetof(struct event, wire.resolved), RESOLVED_COUNT},
        {offsetof(struct event, wire.way), DETOUR_COUNT},
        {offsetof(struct event, wire.health), HEALTH_COUNT_OF},
        {offsetof(struct event, wire.tunnel), TUNNEL_COUNT},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        for (unsigned value = 0; value <= UINT8_MAX; value++) {
            struct event event = wire_event();
            ((uint8_t *)&event)[words[i].at] = (uint8_t)value;
            assert_int_equal(event_is_sound(&event), value < words[i].count);
        }
    }
}

static void texts_and_numbers_of_the_wire_have_an_end(void **state)
{
    struct event event = wire_event();
    event.wire.vlan = UINT32_C(1) << 24;
    assert_false(event_is_sound(&event));
    event = wire_event();
    event.wire.count = UINT64_C(1) << 53;
    assert_false(event_is_sound(&event));
    event = wire_event();
    memset(event.wire.evidence, 'x', sizeof event.wire.evidence);
    assert_false(event_is_sound(&event));
    event = wire_event();
    memset(event.wire.alpn, 'x', sizeof event.wire.alpn);
    assert_false(event_is_sound(&event));
    event = wire_event();
    memset(event.wire.ja4, 'x', sizeof event.wire.ja4);
    assert_false(event_is_sound(&event));
}

/* What the other side of a ring has, whatever stood there before. */
static struct event carried(const struct event *event)
{
    struct event arrived;
    memset(&arrived, 0xff, sizeof arrived);
    memcpy(&arrived, event, event_length(event));
    event_complete(&arrived, event_length(event));
    return arrived;
}

static void a_ring_carries_all_that_is_said(void **state)
{
    struct event event = good(), arrived;
    event.matched_name = (struct name){.length = 1};
    arrived = carried(&event);
    assert_true(event_length(&event) < offsetof(struct event, matched_name));
    assert_true(event_is_sound(&arrived));
    assert_true(name_equal(&arrived.question, &event.question));
    assert_int_equal(arrived.matched_name.labels, 0);

    event.matched_name = name_of("edge.example");
    arrived = carried(&event);
    assert_int_equal(event_length(&event), offsetof(struct event, wire));
    assert_true(event_is_sound(&arrived));
    assert_true(name_equal(&arrived.matched_name, &event.matched_name));
    assert_int_equal(arrived.wire.spoken, SPOKEN_UNKNOWN);

    event = wire_event();
    arrived = carried(&event);
    assert_true(event_is_sound(&arrived));
    assert_int_equal(arrived.wire.tls_version, 0x0304);
    assert_string_equal(arrived.wire.evidence, "hello");

    event.kind = EVENT_HEALTH;
    event.question = (struct name){.length = 1};
    event.wire = (struct wire){.health = HEALTH_DROPPED, .count = 12};
    arrived = carried(&event);
    assert_true(event_is_sound(&arrived));
    assert_int_equal(arrived.wire.count, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_is_sound),
        cmocka_unit_test(words_out_of_range_are_not),
        cmocka_unit_test(broken_names_are_not),
        cmocka_unit_test(numbers_that_no_reader_can_hold_are_not),
        cmocka_unit_test(words_of_the_wire_out_of_range_are_not),
        cmocka_unit_test(texts_and_numbers_of_the_wire_have_an_end),
        cmocka_unit_test(a_ring_carries_all_that_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
