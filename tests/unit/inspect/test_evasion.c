/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_evasion - ways to carry a banned name past the watcher, and to blame others for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

static const struct packets_shape plain = {.link = LINK_ETHERNET};
static const struct span nothing = {NULL, 0};

/* What does not move the conversation: the receiver never takes it. */
static void forge(struct story *story, unsigned side, uint8_t flags, int32_t ahead,
                  struct span payload)
{
    struct segment s = packets_say_at(&story->talk, side, story->talk.said[side], payload);
    s.tcp_flags = flags;
    s.sequence += (uint32_t)ahead;
    watched_segment(story->w, &plain, &s);
}

static struct span part(struct span bytes, size_t from, size_t to)
{
    return span_of(bytes.at + from, to - from);
}

/* An event tells of the name, whatever else is said. */
static void assert_told(struct story *story)
{
    struct name banned;
    assert_int_equal(name_parse("x.banned.example", &banned), STATUS_OK);
    watch_finish(story->w->watcher);
    for (unsigned i = 0; i < story->w->event_count; i++) {
        if (name_equal(&story->w->events[i].question, &banned)) {
            watched_free(story->w);
            return;
        }
    }
    fail_msg("no event of %u tells of the name", story->w->event_count);
}

static void say_banned(struct story *story)
{
    story_say(story, 0, TCP_ACK | TCP_PSH, story_hello("x.banned.example"));
}

static void a_forged_reset_hides_nothing(void **state)
{
    static const int32_t ahead[] = {0, 1, -1, 1000000};
    for (size_t i = 0; i < COUNT_OF(ahead); i++) {
        struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
        story_shake_hands(&s);
        forge(&s, 0, TCP_RST, ahead[i], nothing);
        say_banned(&s);
        assert_told(&s);
    }
}

static void a_reset_within_the_hello_hides_nothing(void **state)
{
    static const uint8_t flags[] = {TCP_RST, TCP_RST | TCP_ACK, TCP_FIN | TCP_ACK};
    struct span hello = story_hello("x.banned.example");
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        for (size_t at = 1; at < hello.length; at += 7) {
            struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
            story_shake_hands(&s);
            story_say(&s, 0, TCP_ACK, part(hello, 0, at));
            forge(&s, 0, flags[i], 0, nothing);
            story_say(&s, 0, TCP_ACK, part(hello, at, hello.length));
            assert_told(&s);
        }
    }
}

static void a_forged_end_hides_nothing(void **state)
{
    static const int32_t ahead[] = {0, 1, -1, 100, 1000000};
    for (size_t i = 0; i < COUNT_OF(ahead); i++) {
        struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
        story_shake_hands(&s);
        forge(&s, 0, TCP_FIN | TCP_ACK, ahead[i], nothing);
        say_banned(&s);
        assert_told(&s);
    }
}

static void a_forged_beginning_hides_nothing(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    forge(&s, 0, TCP_SYN, 5000000, nothing);
    say_banned(&s);
    assert_told(&s);
}

static void a_beginning_within_the_hello_hides_nothing(void **state)
{
    struct span hello = story_hello("x.banned.example");
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, part(hello, 0, 40));
    forge(&s, 0, TCP_SYN, 5000000, nothing);
    story_say(&s, 0, TCP_ACK, part(hello, 40, hello.length));
    assert_told(&s);
}

/* The server answers another beginning: the first was lost, or given up. */
static void the_beginning_that_was_answered_counts(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    s.talk = packets_talk("10.1.2.3", 40000, "192.0.2.1", 443);
    s.talk.first[0] += 5000000;
    story_shake_hands(&s);
    say_banned(&s);
    assert_told(&s);
}

static void numbers_that_wrap_hide_nothing(void **state)
{
    for (uint32_t first = UINT32_MAX - 300; first != 5; first++) {
        struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
        s.talk.first[0] = first;
        story_shake_hands(&s);
        say_banned(&s);
        assert_told(&s);
        first += first < UINT32_MAX - 20 && first > 100 ? 12 : 0;
    }
}

/* The peer outside knocks first, so that it looks like the client. */
static void a_knock_from_outside_hides_nothing(void **state)
{
    for (unsigned reset = 0; reset < 2; reset++) {
        struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
        struct packets_talk knock = packets_talk("192.0.2.1", 443, "10.1.2.3", 40000);
        struct segment segment = packets_say(&knock, 0, TCP_SYN, nothing);
        watched_segment(s.w, &plain, &segment);
        segment = packets_say(&knock, 1, TCP_RST | TCP_ACK, nothing);
        if (reset == 1)
            watched_segment(s.w, &plain, &segment);
        story_shake_hands(&s);
        say_banned(&s);
        assert_told(&s);
    }
}

static void both_begin_at_once(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_say(&s, 0, TCP_SYN, nothing);
    forge(&s, 1, TCP_SYN, 0, nothing);
    forge(&s, 0, TCP_SYN | TCP_ACK, -1, nothing);
    story_say(&s, 1, TCP_SYN | TCP_ACK, nothing);
    say_banned(&s);
    assert_told(&s);
}

static void out_of_order_hides_nothing(void **state)
{
    struct span hello = story_hello("x.banned.example");
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    for (size_t i = hello.length; i-- > 0;) {
        struct segment segment = packets_say_at(&s.talk, 0, i, part(hello, i, i + 1));
        watched_segment(s.w, &plain, &segment);
    }
    assert_told(&s);
}

static void urgent_or_no_flags_hide_nothing(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, 0, story_hello("x.banned.example"));
    assert_told(&s);
}

static void a_byte_outside_the_window_hides_nothing(void **state)
{
    static const int32_t ahead[] = {16383, 16384, 65536, 1 << 30, INT32_MAX, INT32_MIN, -1, -20000};
    for (size_t i = 0; i < COUNT_OF(ahead); i++) {
        struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
        story_shake_hands(&s);
        forge(&s, 0, TCP_ACK, ahead[i], span_text("x"));
        say_banned(&s);
        assert_told(&s);
    }
}

/* Of one question, in fragments of eight bytes. */
static void show_fragments(struct watched *w, const char *name, size_t from, uint8_t flip)
{
    static uint8_t transport[512], buffer[1024];
    uint8_t ask[64] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    struct segment s = packets_segment("10.1.2.3", 5353, "192.0.2.1", 53);
    struct writer datagram = writer_over(transport, sizeof transport);
    struct name asked;

    assert_int_equal(name_parse(name, &asked), STATUS_OK);
    memcpy(ask + 12, asked.wire, asked.length);
    memcpy(ask + 12 + asked.length, "\0\1\0\1", 4);
    s.transport = IP_UDP;
    s.payload = span_of(ask, 16u + asked.length);
    packets_transport(&datagram, &plain, &s);
    struct span all = writer_span(&datagram);
    for (size_t at = from; at < all.length; at += 8) {
        size_t end = at + 8 < all.length ? at + 8 : all.length;
        transport[at] ^= at == from ? flip : 0;
        struct fragment f = {.source = s.source,
                             .destination = s.destination,
                             .id = 7,
                             .protocol = IP_UDP,
                             .offset = (uint16_t)at,
                             .more = end < all.length,
                             .bytes = part(all, at, end)};
        struct writer frame = writer_over(buffer, sizeof buffer);
        packets_fragment(&frame, &plain, &f);
        watched_show(w, LINK_ETHERNET, writer_span(&frame));
        if (flip != 0)
            return;
    }
}

static void an_identification_used_again_hides_nothing(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    show_fragments(s.w, "fine.example", 0, 0);
    show_fragments(s.w, "x.banned.example", 0, 0);
    assert_told(&s);
}

/* Linux forgets a datagram whose fragments overlap, and begins anew with the next. */
static void fragments_that_differ_hide_no_later_datagram(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    show_fragments(s.w, "x.banned.example", 8, 1);
    show_fragments(s.w, "x.banned.example", 8, 2);
    show_fragments(s.w, "x.banned.example", 0, 0);
    assert_told(&s);
}

/* A question of one's own in between does not make the flow another's. */
static void who_never_said_it_is_not_blamed(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    struct packets_talk other = packets_talk("10.1.2.4", 40000, "192.0.2.1", 443);
    for (unsigned i = 0; i < 3; i++) {
        struct segment segment = packets_say(&other, i == 1, i == 0 ? TCP_SYN : TCP_ACK, nothing);
        watched_segment(s.w, &plain, &segment);
    }
    say_banned(&s);
    watch_finish(s.w->watcher);
    for (unsigned i = 0; i < s.w->event_count; i++)
        assert_true(address_equal(&s.w->events[i].client, &s.talk.ends.source));
    assert_told(&s);
}

static void flows_of_any_year_end(void **state)
{
    static const clock_us years[] = {0, 1800000000, 2783138806, 2783138807, 2783138808, 4294967290};
    for (size_t i = 0; i < COUNT_OF(years); i++) {
        struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
        s.w->now = years[i] * 1000000;
        story_shake_hands(&s);
        watch_finish(s.w->watcher);
        assert_int_equal(watch_counts(s.w->watcher).flows_now, 0);
        assert_int_equal(s.w->result_count, 1);
        watched_free(s.w);
    }
}

/* A first copy that dies on its way, and the true one behind the judgement. */
static void a_later_copy_of_the_end_of_a_hello_is_heard(void **state)
{
    struct span fine = story_hello("x.humble.example"), banned = story_hello("x.banned.example");
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    assert_int_equal(fine.length, banned.length);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, part(fine, 0, 20));
    struct segment copy = packets_say_at(&s.talk, 0, 20, part(banned, 20, banned.length));
    story_say(&s, 0, TCP_ACK, part(fine, 20, fine.length));
    watched_segment(s.w, &plain, &copy);
    assert_told(&s);
}

/* Nor does it help to say first what nobody knows. */
static void a_hello_in_place_of_other_words_is_heard(void **state)
{
    struct span banned = story_hello("x.banned.example");
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    struct segment copy = packets_say_at(&s.talk, 0, 0, banned);
    story_say(&s, 0, TCP_ACK, span_text("\x01\x02\x03\x04 words that no reader knows"));
    watched_segment(s.w, &plain, &copy);
    assert_told(&s);
}

static void a_second_hello_in_small_segments_is_heard(void **state)
{
    for (size_t size = 1; size < 8; size++) {
        struct span hello = story_hello("x.banned.example");
        struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
        story_shake_hands(&s);
        story_say(&s, 0, TCP_ACK, story_hello("fine.example"));
        story_say(&s, 1, TCP_ACK, span_text("retry"));
        for (size_t at = 0; at < hello.length; at += size)
            story_say(&s, 0, TCP_ACK,
                      part(hello, at, at + size < hello.length ? at + size : hello.length));
        assert_told(&s);
    }
}

/* Flows of one packet each want all memory that names are gathered in. */
static void others_do_not_take_the_memory(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    for (uint16_t port = 1024; port < 20000; port++) {
        struct packets_talk talk = packets_talk("10.1.2.9", port, "192.0.2.9", 443);
        struct segment segment = packets_say(&talk, 0, TCP_SYN, nothing);
        watched_segment(s.w, &plain, &segment);
        segment = packets_say_at(&talk, 0, port % 2 == 0 ? 16000 : 1, span_text("x"));
        watched_segment(s.w, &plain, &segment);
    }
    assert_true(watch_counts(s.w->watcher).gather_refused > 10000);
    watched_forget(s.w);
    story_shake_hands(&s);
    struct span hello = story_hello("x.banned.example");
    story_say(&s, 0, TCP_ACK, part(hello, 0, 100));
    story_say(&s, 0, TCP_ACK, part(hello, 100, hello.length));
    assert_told(&s);
}

/* What is inside a tunnel has the same ports as what is outside, and is another flow. */
static void a_tunnel_hides_nothing(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    story_shake_hands(&s);
    story_say(&s, 0, TCP_ACK, story_hello("fine.example"));
    s.talk = packets_talk("10.1.2.3", s.talk.ends.source_port, "192.0.2.1", 443);
    s.talk.ends.tunnel = TUNNEL_GRE;
    story_shake_hands(&s);
    say_banned(&s);
    assert_told(&s);
}

/* Another receiver may have made another datagram of fragments that differ. */
static void fragments_that_differ_are_doubtful(void **state)
{
    struct story s = story_watched("10.1.2.3", "192.0.2.1", 443);
    show_fragments(s.w, "fine.example", 8, 1);
    show_fragments(s.w, "fine.example", 8, 2);
    show_fragments(s.w, "fine.example", 0, 0);
    assert_true(s.w->event_count > 0);
    assert_int_equal(s.w->events[0].wire.ending, ENDING_AMBIGUOUS);
    assert_int_equal(s.w->events[0].wire.why, WHY_OVERLAP);
    watched_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forged_reset_hides_nothing),
        cmocka_unit_test(a_reset_within_the_hello_hides_nothing),
        cmocka_unit_test(a_forged_end_hides_nothing),
        cmocka_unit_test(a_forged_beginning_hides_nothing),
        cmocka_unit_test(a_beginning_within_the_hello_hides_nothing),
        cmocka_unit_test(the_beginning_that_was_answered_counts),
        cmocka_unit_test(numbers_that_wrap_hide_nothing),
        cmocka_unit_test(a_knock_from_outside_hides_nothing),
        cmocka_unit_test(both_begin_at_once),
        cmocka_unit_test(out_of_order_hides_nothing),
        cmocka_unit_test(urgent_or_no_flags_hide_nothing),
        cmocka_unit_test(a_byte_outside_the_window_hides_nothing),
        cmocka_unit_test(an_identification_used_again_hides_nothing),
        cmocka_unit_test(fragments_that_differ_hide_no_later_datagram),
        cmocka_unit_test(who_never_said_it_is_not_blamed),
        cmocka_unit_test(flows_of_any_year_end),
        cmocka_unit_test(a_later_copy_of_the_end_of_a_hello_is_heard),
        cmocka_unit_test(a_hello_in_place_of_other_words_is_heard),
        cmocka_unit_test(a_second_hello_in_small_segments_is_heard),
        cmocka_unit_test(others_do_not_take_the_memory),
        cmocka_unit_test(a_tunnel_hides_nothing),
        cmocka_unit_test(fragments_that_differ_are_doubtful),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
