/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_first - what a first packet is reason enough for, DNS that is led to dnsd, and what nobody
 * can tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "capture/capture.h"
#include "process/told.h"
#include "story.h"

static const char client[] = "10.1.2.3", strict[] = "10.8.2.3", trial[] = "10.7.2.3",
                  server[] = "192.0.2.1", others[] = "198.51.100.53", ours[] = "192.0.2.53";
static struct prefix resolver;

static struct story begin(const char *from, const char *to, uint16_t port)
{
    struct story s = story_begin(from, to, port);
    assert_int_equal(prefix_parse("192.0.2.53/32", &resolver), STATUS_OK);
    watcher_resolvers(s.w->watcher, &resolver, 1);
    return s;
}

static enum watch_order syn(struct story *s)
{
    return story_say(s, 0, TCP_SYN, span_of(NULL, 0));
}

static const struct event *only_event(const struct story *s)
{
    assert_int_equal(s->w->event_count, 1);
    return &s->w->events[0];
}

static struct stop stop_of(const struct story *s)
{
    struct stop stop;
    (void)watch_stop(s->w->watcher, &stop);
    return stop;
}

static void end(struct story *s)
{
    watched_free(s->w);
}

/* Port 853. */

static void a_syn_to_port_853_is_stopped(void **state)
{
    struct story s = begin(client, server, 853);
    assert_int_equal(syn(&s), ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_PAIR);
    assert_int_equal(stop_of(&s).protocol, PROTOCOL_DOT);
    const struct event *event = only_event(&s);
    assert_int_equal(event->verdict.action, ACTION_SINKHOLE);
    assert_int_equal(event->seen, SEEN_PACKET);
    assert_int_equal(event->wire.way, DETOUR_DOT);
    assert_int_equal(event->wire.ending, ENDING_NONE);
    /* A hello without a name says nothing more; one with a name does. */
    static uint8_t room[1024];
    struct writer w = writer_over(room, sizeof room);
    packets_client_hello(&w, &(struct packets_hello){0}, 1);
    (void)story_say(&s, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    (void)story_say(&s, 0, TCP_ACK, writer_span(&w));
    assert_int_equal(s.w->event_count, 1);
    story_next(&s, client, server, 853);
    story_shake_hands(&s);
    (void)story_say(&s, 0, TCP_ACK, story_hello("resolver.example"));
    assert_int_equal(s.w->event_count, 3);
    end(&s);
}

static void a_datagram_to_port_853_is_stopped(void **state)
{
    struct story s = begin(client, server, 853);
    assert_int_equal(story_datagram(&s, 0, span_text("anything")), ORDER_STOP);
    assert_int_equal(stop_of(&s).protocol, PROTOCOL_DOQ);
    assert_int_equal(stop_of(&s).transport, IP_UDP);
    assert_int_equal(stop_of(&s).length, 8);
    end(&s);
}

static void our_own_resolver_may_be_asked_so(void **state)
{
    struct story s = begin(client, ours, 853);
    assert_int_equal(syn(&s), ORDER_PASS);
    (void)story_say(&s, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("dns.agency.example")), ORDER_PASS);
    assert_int_equal(s.w->event_count, 0);
    end(&s);
}

static void a_trial_only_notes_it(void **state)
{
    struct story s = begin(trial, server, 853);
    assert_int_equal(syn(&s), ORDER_PASS);
    assert_int_equal(only_event(&s)->verdict.action, ACTION_OBSERVE);
    assert_int_equal(only_event(&s)->verdict.wanted, ACTION_SINKHOLE);
    end(&s);
}

/* Plain DNS. */

static void led_dns_is_no_reason_to_stop(void **state)
{
    struct story s = begin(client, others, 53);
    watcher_redirects_dns(s.w->watcher, true, true);
    assert_int_equal(story_datagram(&s, 0, story_question("www.banned.example")), ORDER_PASS);
    assert_int_equal(only_event(&s)->verdict.action, ACTION_REDIRECT);
    assert_int_equal(only_event(&s)->verdict.wanted, ACTION_SINKHOLE);
    watched_forget(s.w);
    story_next(&s, client, others, 53);
    assert_int_equal(story_datagram(&s, 0, story_question("fine.example")), ORDER_PASS);
    assert_int_equal(only_event(&s)->verdict.action, ACTION_REDIRECT);
    assert_int_equal(only_event(&s)->verdict.wanted, ACTION_OBSERVE);
    watched_forget(s.w);
    story_next(&s, client, "203.0.113.53", 53); /* whose address is on the list as well */
    assert_int_equal(syn(&s), ORDER_PASS);
    assert_int_equal(only_event(&s)->verdict.action, ACTION_REDIRECT);
    end(&s);
}

static void what_is_not_led_is_stopped(void **state)
{
    struct story s = begin(client, others, 53);
    assert_int_equal(story_datagram(&s, 0, story_question("www.banned.example")), ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_FLOW);
    watcher_redirects_dns(s.w->watcher, false, true); /* nobody could answer it */
    story_next(&s, client, others, 53);
    assert_int_equal(story_datagram(&s, 0, story_question("www.banned.example")), ORDER_STOP);
    watcher_redirects_dns(s.w->watcher, true, true);
    story_next(&s, client, others, 53); /* TLS on that port is what it is */
    story_shake_hands(&s);
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    story_next(&s, client, others, 5353); /* only port 53 is led */
    assert_int_equal(story_datagram(&s, 0, story_question("www.banned.example")), ORDER_STOP);
    watched_forget(s.w);
    story_next(&s, client, ours, 53);
    assert_int_equal(story_datagram(&s, 0, story_question("www.banned.example")), ORDER_PASS);
    assert_int_equal(s.w->event_count, 0);
    end(&s);
}

/* Addresses of names. */

struct table_of_dnsd {
    struct told *writer, *reader;
};

static struct table_of_dnsd dnsd_tells(struct story *s, const char *name, const char *address)
{
    char path[] = "/tmp/first-XXXXXX";
    struct table_of_dnsd t;
    struct address c, a;
    struct name n;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(told_make(path, 1024, &fd), STATUS_OK);
    assert_int_equal(told_open(fd, true, &t.writer), STATUS_OK);
    assert_int_equal(told_open(fd, false, &t.reader), STATUS_OK);
    close(fd);
    unlink(path);
    assert_int_equal(address_parse(client, &c), STATUS_OK);
    assert_int_equal(address_parse(address, &a), STATUS_OK);
    assert_int_equal(name_parse(name, &n), STATUS_OK);
    told_write(t.writer, &c, &a, &n, (uint32_t)(s->w->now / 1000000) + 300);
    watcher_told(s->w->watcher, t.reader);
    return t;
}

static void end_with(struct story *s, struct table_of_dnsd *t)
{
    end(s);
    told_close(t->writer);
    told_close(t->reader);
}

static void an_address_of_an_observed_name(void **state)
{
    struct story s = begin(client, server, 443);
    struct table_of_dnsd t = dnsd_tells(&s, "cdn.seen.example", server);
    char text[NAME_TEXT_SIZE];

    watcher_told_names(s.w->watcher, TOLD_IGNORE);
    assert_int_equal(syn(&s), ORDER_PASS);
    assert_int_equal(s.w->event_count, 0);

    watcher_told_names(s.w->watcher, TOLD_OBSERVE);
    story_next(&s, client, server, 443);
    assert_int_equal(syn(&s), ORDER_PASS);
    const struct event *event = only_event(&s);
    assert_int_equal(event->seen, SEEN_PACKET);
    assert_int_equal(event->verdict.action, ACTION_OBSERVE);
    assert_string_equal(event->wire.evidence, "resolved as cdn.seen.example");
    assert_string_equal(name_text(&event->matched_name, text), "cdn.seen.example");
    assert_int_equal(event->wire.resolved, RESOLVED_YES);

    watcher_told_names(s.w->watcher, TOLD_STOP);
    watched_forget(s.w);
    story_next(&s, client, server, 443);
    assert_int_equal(syn(&s), ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_FLOW); /* others may be behind it */
    assert_int_equal(only_event(&s)->verdict.action, ACTION_DROP);
    assert_int_equal(only_event(&s)->verdict.wanted, ACTION_OBSERVE);
    story_next(&s, "10.1.2.4", server, 443); /* who was not told it */
    assert_int_equal(syn(&s), ORDER_PASS);
    end_with(&s, &t);
}

/* Dnsd has seen it behind a banned name and told nobody. */
static void an_address_that_was_kept_from_the_client(void **state)
{
    struct story s = begin(client, server, 443);
    struct table_of_dnsd t = dnsd_tells(&s, "x.banned.example", server);

    watcher_told_names(s.w->watcher, TOLD_OBSERVE);
    assert_int_equal(syn(&s), ORDER_PASS);
    const struct event *event = only_event(&s);
    assert_int_equal(event->verdict.action, ACTION_OBSERVE);
    assert_int_equal(event->verdict.wanted, ACTION_SINKHOLE);
    assert_int_equal(event->wire.resolved, RESOLVED_NO);
    assert_string_equal(event->wire.evidence, "address of x.banned.example, kept from the client");
    watcher_told_names(s.w->watcher, TOLD_STOP);
    story_next(&s, client, server, 443);
    assert_int_equal(syn(&s), ORDER_STOP);
    end_with(&s, &t);
}

/* What nobody can tell. */

static enum watch_order say_unknown(struct story *s)
{
    (void)syn(s);
    (void)story_say(s, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    return story_say(s, 0, TCP_ACK, span_text("\1\2\3\4\5\6\7\10 a protocol of nobody's"));
}

static void a_strict_group_stops_what_nobody_knows(void **state)
{
    struct story s = begin(strict, others, 4444);
    assert_int_equal(say_unknown(&s), ORDER_PASS); /* no answer was ever seen: nobody knows */
    story_answer(&s, strict, "fine.example", server);
    story_next(&s, strict, server, 4444);
    assert_int_equal(say_unknown(&s), ORDER_PASS);
    story_next(&s, strict, "192.168.1.1", 4444);
    assert_int_equal(say_unknown(&s), ORDER_PASS);
    assert_int_equal(s.w->event_count, 0);
    story_next(&s, strict, others, 4444);
    assert_int_equal(say_unknown(&s), ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_PAIR);
    assert_int_equal(stop_of(&s).rule, RULE_NONE);
    assert_int_equal(stop_of(&s).protocol, PROTOCOL_UNRESOLVED);
    const struct event *event = only_event(&s);
    assert_int_equal(event->verdict.action, ACTION_DROP);
    assert_int_equal(event->verdict.rule, RULE_NONE);
    assert_int_equal(event->wire.why, WHY_UNRECOGNISED);
    assert_true(wire_is_strict(&event->wire, &event->verdict));
    end(&s);
}

/* As gate shows what the kernel has put together: only as much as readers keep. */
static void size_is_no_way_out(void **state)
{
    static uint8_t room[70000], unknown[60000] = {1, 2, 3, 4};
    struct story s = begin(strict, others, 4444);
    story_answer(&s, strict, "fine.example", server);
    (void)syn(&s);
    (void)story_say(&s, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    struct segment segment = packets_say(&s.talk, 0, TCP_ACK, span_of(unknown, sizeof unknown));
    const struct packets_shape raw = {.link = LINK_RAW};
    struct writer w = writer_over(room, sizeof room);
    packets_frame(&w, &raw, &segment);
    const struct packet packet = {LINK_RAW, span_of(room, QUEUE_BYTES_MOST), writer_length(&w),
                                  s.w->now + 1000};
    assert_int_equal(watch_packet(s.w->watcher, &packet), ORDER_STOP);
    assert_int_equal(stop_of(&s).length, sizeof unknown);
    end(&s);
}

static void others_are_not_strict(void **state)
{
    struct story s = begin(client, others, 4444);
    story_answer(&s, client, "fine.example", server);
    assert_int_equal(say_unknown(&s), ORDER_PASS);
    assert_int_equal(s.w->event_count, 0);
    story_answer(&s, trial, "fine.example", server);
    story_next(&s, trial, others, 4444);
    assert_int_equal(say_unknown(&s), ORDER_PASS);
    assert_int_equal(only_event(&s)->verdict.action, ACTION_OBSERVE);
    assert_int_equal(only_event(&s)->verdict.wanted, ACTION_DROP);
    end(&s);
}

static void holds(void **state)
{
    static const uint8_t mmtls[] = {0x16, 0xf1, 4, 0,    0xa1, 0, 0,    0,
                                    0x9d, 1,    4, 0xf1, 1,    0, 0xa8, 0x2f};
    struct story s = begin(client, server, 8080);
    story_shake_hands(&s);
    assert_int_equal(story_say(&s, 0, TCP_ACK, span_of(mmtls, sizeof mmtls)), ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_PAIR);
    assert_int_equal(stop_of(&s).evidence, EVIDENCE_INSTALLED);
    story_next(&s, client, server, 443);
    story_shake_hands(&s);
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_FLOW);
    story_next(&s, client, "203.0.113.7", 443);
    assert_int_equal(syn(&s), ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_PAIR);
    story_next(&s, client, server, 80); /* an address that is said is not where the flow goes */
    story_shake_hands(&s);
    assert_int_equal(
        story_say(&s, 0, TCP_ACK, span_text("GET / HTTP/1.1\r\nHost: 203.0.113.7\r\n\r\n")),
        ORDER_STOP);
    assert_int_equal(stop_of(&s).hold, HOLD_FLOW);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_to_port_853_is_stopped),
        cmocka_unit_test(a_datagram_to_port_853_is_stopped),
        cmocka_unit_test(our_own_resolver_may_be_asked_so),
        cmocka_unit_test(a_trial_only_notes_it),
        cmocka_unit_test(led_dns_is_no_reason_to_stop),
        cmocka_unit_test(what_is_not_led_is_stopped),
        cmocka_unit_test(an_address_of_an_observed_name),
        cmocka_unit_test(an_address_that_was_kept_from_the_client),
        cmocka_unit_test(a_strict_group_stops_what_nobody_knows),
        cmocka_unit_test(size_is_no_way_out),
        cmocka_unit_test(others_are_not_strict),
        cmocka_unit_test(holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
