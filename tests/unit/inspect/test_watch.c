/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_watch - whole lives of packets: who says what to whom, and what becomes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

static const struct packets_shape plain = {.link = LINK_ETHERNET};

static void assert_last(const struct story *story, const char *expected)
{
    char text[NAME_TEXT_SIZE + 64];
    assert_string_equal(watched_last(story->w, text), expected);
}

static void a_banned_name_is_an_event(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK | TCP_PSH, story_hello("web.banned.example"));
    assert_last(&s, "name web.banned.example");
    assert_int_equal(s.w->event_count, 1);
    const struct event *event = &s.w->events[0];
    assert_int_equal(event->seen, SEEN_TLS);
    assert_int_equal(event->verdict.wanted, ACTION_SINKHOLE);
    assert_int_equal(event->verdict.action, ACTION_OBSERVE);
    assert_int_equal(event->client_port, s.talk.ends.source_port);
    assert_int_equal(event->server_port, 443);
    assert_memory_equal(event->wire.ja4, "t13d", 4);
    assert_string_equal(event->wire.alpn, "h2");
    assert_int_equal(event->wire.resolved, RESOLVED_UNKNOWN);
    watched_free(s.w);
}

static void who_is_in_no_banned_group_is_named_only(void **state)
{
    struct story s = story_watched("10.9.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, story_hello("web.banned.example"));
    assert_last(&s, "name web.banned.example");
    assert_int_equal(s.w->event_count, 0);
    watched_free(s.w);
}

static void the_order_is_to_stop(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    watcher_enforces(s.w->watcher, true);
    story_shake_hands(&s);
    struct segment segment = packets_say(&s.talk, 0, TCP_ACK, story_hello("banned.example"));
    assert_int_equal(watched_segment(s.w, &plain, &segment), ORDER_STOP);
    assert_int_equal(s.w->events[0].verdict.action, ACTION_SINKHOLE);
    /* And so for all that comes after; and from the first packet where the address is enough. */
    segment = packets_say(&s.talk, 1, TCP_ACK, span_text("too late"));
    assert_int_equal(watched_segment(s.w, &plain, &segment), ORDER_STOP);
    s.talk = packets_talk("10.1.2.3", 999, "203.0.113.9", 8080);
    segment = packets_say(&s.talk, 0, TCP_SYN, span_of(NULL, 0));
    assert_int_equal(watched_segment(s.w, &plain, &segment), ORDER_STOP);
    s.talk = packets_talk("10.1.2.3", 999, "192.0.2.9", 8080);
    segment = packets_say(&s.talk, 0, TCP_SYN, span_of(NULL, 0));
    assert_int_equal(watched_segment(s.w, &plain, &segment), ORDER_PASS);
    watched_free(s.w);
}

static void an_address_is_seen_at_the_first_packet(void **state)
{
    struct story s = story_watched("10.1.2.3", "203.0.113.9", 8080);
    story_say(&s, 0, TCP_SYN, span_of(NULL, 0));
    assert_int_equal(s.w->event_count, 1);
    assert_int_equal(s.w->events[0].seen, SEEN_PACKET);
    assert_true(s.w->events[0].has_address);
    story_say(&s, 0, TCP_SYN, span_of(NULL, 0));
    assert_int_equal(s.w->event_count, 1);
    watched_free(s.w);
}

static void a_second_hello_of_another_name_is_ambiguous(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, story_hello("fine.example"));
    assert_last(&s, "name fine.example");
    story_say(&s, 1, TCP_ACK, span_text("retry"));
    story_say(&s, 0, TCP_ACK, story_hello("x.banned.example"));
    assert_last(&s, "ambiguous second-hello x.banned.example");
    assert_int_equal(s.w->event_count, 1);
    assert_int_equal(s.w->events[0].wire.ending, ENDING_AMBIGUOUS);
    watched_free(s.w);
}

static void a_second_hello_of_the_same_name_is_a_retry(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, story_hello("banned.example"));
    story_say(&s, 0, TCP_ACK, story_hello("banned.example"));
    assert_last(&s, "name banned.example");
    assert_int_equal(s.w->event_count, 1);
    assert_int_equal(s.w->result_count, 1);
    watched_free(s.w);
}

static void another_copy_of_the_hello_is_ambiguous(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    struct segment again =
        packets_say_at(&s.talk, 0, s.talk.said[0], story_hello("www.banned.example"));
    story_say(&s, 0, TCP_ACK, story_hello("www.harmles.example"));
    watched_segment(s.w, &plain, &again);
    assert_last(&s, "ambiguous overlap www.banned.example");
    assert_int_equal(s.w->event_count, 1);
    watched_free(s.w);
}

static void midstream_is_said(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    s.talk.said[0] = s.talk.said[1] = 5000;
    story_say(&s, 0, TCP_ACK, span_text("\x17\x03\x03\x40\x00 nothing that begins anything"));
    watch_finish(s.w->watcher);
    assert_last(&s, "no-name midstream");
    watched_free(s.w);
}

static void silence_is_said(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    watch_finish(s.w->watcher);
    assert_last(&s, "no-name silent");
    watched_free(s.w);
}

static void what_nobody_knows_is_said(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 4444);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK,
              span_text("\x01\x02\x03\x04 a protocol of nobody's, and long enough"));
    watch_finish(s.w->watcher);
    assert_last(&s, "no-name unrecognised");
    watched_free(s.w);
}

static void data_in_the_first_segment_is_heard(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    struct segment open = packets_say(&s.talk, 0, TCP_SYN, story_hello("fast.banned.example"));
    watched_segment(s.w, &plain, &open);
    assert_last(&s, "name fast.banned.example");
    watched_free(s.w);
}

static void ports_that_are_used_again_are_a_new_flow(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, story_hello("one.banned.example"));
    struct packets_talk again = packets_talk("10.1.2.3", s.talk.ends.source_port, "192.0.2.1", 443);
    again.first[0] = s.talk.first[0] + 777777;
    s.talk = again;
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, story_hello("two.banned.example"));
    assert_last(&s, "name two.banned.example");
    assert_int_equal(s.w->event_count, 2);
    watched_free(s.w);
}

/* As PostgreSQL, MySQL, LDAP and others do. */
static void tls_behind_other_words_is_heard(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 5432);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, span_of("\0\0\0\x08\x04\xd2\x16\x2f", 8));
    story_say(&s, 1, TCP_ACK, span_text("S"));
    story_say(&s, 0, TCP_ACK, story_hello("db.banned.example"));
    assert_last(&s, "name db.banned.example");
    assert_int_equal(s.w->event_count, 1);
    assert_int_equal(s.w->events[0].wire.ending, ENDING_NAME);
    watched_free(s.w);
}

/* Until the server answers another copy may come; then the memory is given back. */
static void nothing_is_kept_behind_the_answer(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, story_hello("fine.example"));
    assert_int_equal(watch_counts(s.w->watcher).judged, 0);
    story_say(&s, 1, TCP_ACK, span_text("hello, client"));
    assert_int_equal(watch_counts(s.w->watcher).judged, 1);
    assert_int_equal(s.w->result_count, 1);
    watched_free(s.w);
}

static void mmtls_is_known_byte_by_byte(void **state)
{
    static const uint8_t hello[] = {0x16, 0xf1, 4, 0,    0xa1, 0, 0,    0,
                                    0x9d, 1,    4, 0xf1, 1,    0, 0xa8, 0x2f};
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 8080);
    story_shake_hands(&s);
    for (size_t i = 0; i < sizeof hello; i++)
        story_say(&s, 0, TCP_ACK, span_of(hello + i, 1));
    assert_int_equal(s.w->event_count, 1);
    assert_int_equal(s.w->events[0].wire.spoken, SPOKEN_MMTLS);
    assert_int_equal(s.w->events[0].verdict.evidence, EVIDENCE_INSTALLED);
    watched_free(s.w);
}

static void the_table_forgets_the_oldest(void **state)
{
    struct watched *w = watched_new(16 << 20);
    for (uint32_t i = 0; i < 200000; i++) {
        struct packets_talk talk = packets_talk("10.1.2.3", 1, "192.0.2.1", 443);
        talk.ends.source_port = (uint16_t)(1024 + i % 60000);
        talk.ends.destination.bytes[14] = (uint8_t)(i / 60000);
        struct segment segment = packets_say(&talk, 0, TCP_SYN, span_of(NULL, 0));
        watched_segment(w, &plain, &segment);
    }
    struct watch_counts counts = watch_counts(w->watcher);
    assert_int_equal(counts.flows, 200000);
    assert_int_equal(counts.flows_evicted + counts.flows_now, 200000);
    assert_true(counts.flows_evicted > 0);
    assert_int_equal(w->results[0].why, WHY_EVICTED);
    watched_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_banned_name_is_an_event),
        cmocka_unit_test(who_is_in_no_banned_group_is_named_only),
        cmocka_unit_test(the_order_is_to_stop),
        cmocka_unit_test(an_address_is_seen_at_the_first_packet),
        cmocka_unit_test(a_second_hello_of_another_name_is_ambiguous),
        cmocka_unit_test(a_second_hello_of_the_same_name_is_a_retry),
        cmocka_unit_test(another_copy_of_the_hello_is_ambiguous),
        cmocka_unit_test(midstream_is_said),
        cmocka_unit_test(silence_is_said),
        cmocka_unit_test(what_nobody_knows_is_said),
        cmocka_unit_test(data_in_the_first_segment_is_heard),
        cmocka_unit_test(ports_that_are_used_again_are_a_new_flow),
        cmocka_unit_test(tls_behind_other_words_is_heard),
        cmocka_unit_test(nothing_is_kept_behind_the_answer),
        cmocka_unit_test(mmtls_is_known_byte_by_byte),
        cmocka_unit_test(the_table_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
