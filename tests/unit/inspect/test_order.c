/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_order - when a flow has been heard, and what a stop says of itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

enum { BULK = 1000, BULK_BYTES = 1400 };

static const char client[] = "10.1.2.3", server[] = "192.0.2.1";

/* How many packets of each order there were. */
struct tally {
    unsigned of[ORDER_STOP + 1];
};

static uint8_t bulk_bytes[BULK_BYTES];

static struct span bulk(size_t length)
{
    memset(bulk_bytes, 0xa5, sizeof bulk_bytes);
    return span_of(bulk_bytes, length);
}

/* One side says a thousand packets; the other acknowledges every second one. */
static struct tally transfer(struct story *s, unsigned side)
{
    struct tally tally = {0};
    for (unsigned i = 0; i < BULK; i++) {
        tally.of[story_say(s, side, TCP_ACK, bulk(BULK_BYTES))]++;
        if (i % 2 == 1)
            tally.of[story_say(s, !side, TCP_ACK, span_of(NULL, 0))]++;
    }
    return tally;
}

static void end(struct story *s)
{
    watched_free(s->w);
}

static void tls_is_heard_behind_its_handshake(void **state)
{
    for (unsigned side = 0; side < 2; side++) {
        struct story s = story_begin(client, server, 443);
        story_shake_hands(&s);
        assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("fine.example")), ORDER_PASS);
        assert_int_equal(story_say(&s, 1, TCP_ACK, bulk(1200)), ORDER_PASS);
        assert_int_equal(story_say(&s, 0, TCP_ACK, bulk(64)), ORDER_PASS_HEARD);
        struct tally tally = transfer(&s, side);
        assert_in_range(tally.of[ORDER_PASS], 0, BULK / 2); /* acknowledgements, by a slow kernel */
        assert_in_range(tally.of[ORDER_PASS_HEARD], BULK - 2, 2 * BULK);
        end(&s);
    }
}

/* A retry's hello is heard before. */
static void a_second_hello_is_still_looked_for(void **state)
{
    struct story s = story_begin(client, server, 443);
    story_shake_hands(&s);
    (void)story_say(&s, 0, TCP_ACK, story_hello("fine.example"));
    assert_int_equal(story_say(&s, 1, TCP_ACK, bulk(100)), ORDER_PASS);
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    end(&s);
}

static void bulk_of_nobodys_protocol_is_heard_soon(void **state)
{
    for (unsigned side = 0; side < 2; side++) {
        struct story s = story_begin(client, server, 5201);
        story_shake_hands(&s);
        assert_int_equal(
            story_say(&s, 0, TCP_ACK, span_text("x3kq5jzpyq7d2wnqhxoqv4ffl5k2eq6l3zzr")),
            ORDER_PASS);
        (void)story_say(&s, 1, TCP_ACK, span_of(NULL, 0));
        struct tally tally = transfer(&s, side);
        assert_in_range(tally.of[ORDER_PASS], 1, 40);
        end(&s);
    }
}

static struct span request(const char *host)
{
    static char text[256];
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    return span_text(text);
}

static void a_download_by_http_leaves_the_client_in_sight(void **state)
{
    struct story s = story_begin(client, server, 80);
    story_shake_hands(&s);
    assert_int_equal(story_say(&s, 0, TCP_ACK, request("fine.example")), ORDER_PASS);
    unsigned passed = 0;
    for (unsigned i = 0; i < BULK; i++) {
        enum watch_order order = story_say(&s, 1, TCP_ACK, bulk(BULK_BYTES));
        passed += order == ORDER_PASS;
        assert_true(order == ORDER_PASS || order == ORDER_PASS_SERVER_HEARD);
    }
    assert_in_range(passed, 1, 16);
    assert_int_equal(story_say(&s, 0, TCP_ACK, request("www.banned.example")), ORDER_STOP);
    end(&s);
}

/* What the client uploads is no request: heard, when the readers have seen what they keep. */
static void an_upload_by_http_is_heard(void **state)
{
    struct story s = story_begin(client, server, 80);
    story_shake_hands(&s);
    (void)story_say(&s, 0, TCP_ACK,
                    span_text("PUT / HTTP/1.1\r\nHost: fine.example\r\nContent-Length: 9999999\r\n"
                              "\r\n"));
    struct tally tally = transfer(&s, 0);
    assert_in_range(tally.of[ORDER_PASS], 1, 40);
    assert_true(tally.of[ORDER_PASS_HEARD] > BULK);
    end(&s);
}

static void a_hello_without_a_name_needs_the_certificate(void **state)
{
    static const uint16_t versions[] = {0x0303, 0};
    static uint8_t room[4096];
    struct writer w = writer_over(room, sizeof room);
    const struct packets_hello hello = {.versions = versions};
    packets_client_hello(&w, &hello, 1);
    struct story s = story_begin(client, server, 443);
    story_shake_hands(&s);
    assert_int_equal(story_say(&s, 0, TCP_ACK, writer_span(&w)), ORDER_PASS);
    /* A handshake record that is not whole. */
    static const uint8_t record[] = {22, 3, 3, 0x3f, 0xff, 2, 0, 0x3f, 0xf0, 3, 3};
    assert_int_equal(story_say(&s, 1, TCP_ACK, span_of(record, sizeof record)), ORDER_PASS);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(story_say(&s, 1, TCP_ACK, bulk(BULK_BYTES)), ORDER_PASS);
    end(&s);
}

/* A server that is silent but for acknowledgements, and one that never has to acknowledge. */
static void nothing_is_heard_before_the_server_has_it(void **state)
{
    struct story s = story_begin(client, server, 443);
    story_shake_hands(&s);
    for (unsigned i = 0; i < 20; i++) { /* on the way nobody but us may get these */
        struct segment junk = packets_say_at(&s.talk, 0, 0, bulk(20));
        assert_int_equal(watched_segment(s.w, &s.shape, &junk), ORDER_PASS);
    }
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    end(&s);
}

static void words_before_tls_leave_it_in_sight(void **state)
{
    struct story s = story_begin(client, server, 21);
    story_shake_hands(&s);
    (void)story_say(&s, 1, TCP_ACK, span_text("220 files\r\n"));
    assert_int_equal(story_say(&s, 0, TCP_ACK, span_text("FEAT\r\n")), ORDER_PASS);
    (void)story_say(&s, 1, TCP_ACK, span_text("211 no features\r\n"));
    assert_int_equal(story_say(&s, 0, TCP_ACK, span_text("AUTH TLS\r\n")), ORDER_PASS);
    (void)story_say(&s, 1, TCP_ACK, span_text("234 go on\r\n"));
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    end(&s);
}

static struct span initial(const char *name, uint8_t id)
{
    static uint8_t room[2000], hello_room[1500];
    struct writer hello = writer_over(hello_room, sizeof hello_room);
    struct writer w = writer_over(room, sizeof room);
    const struct packets_hello h = {.server_name = name, .alpn = "h3", .quic = true};
    uint8_t ids[8] = {1, 2, 3, 4, 5, 6, 7, id};
    packets_hello(&hello, &h);
    const struct packets_range whole = {0, writer_length(&hello)};
    const struct packets_initial first = {
        .version = QUIC_V1, .destination_id = span_of(ids, sizeof ids), .least = 1200};
    packets_initial_of(&w, &first, writer_span(&hello), &whole, 1);
    return writer_span(&w);
}

static struct span short_header(void)
{
    static uint8_t bytes[1200];
    memset(bytes, 0x5a, sizeof bytes);
    return span_of(bytes, sizeof bytes);
}

static void quic_is_heard_when_the_server_goes_on(void **state)
{
    for (unsigned side = 0; side < 2; side++) {
        struct story s = story_begin(client, server, 443);
        struct tally tally = {0};
        assert_int_equal(story_datagram(&s, 0, initial("fine.example", 1)), ORDER_PASS);
        (void)story_datagram(&s, 1, short_header());
        for (unsigned i = 0; i < BULK; i++)
            tally.of[story_datagram(&s, side, short_header())]++;
        assert_int_equal(tally.of[ORDER_PASS], 0);
        end(&s);
    }
}

static void another_connection_on_the_same_ports_is_another_name(void **state)
{
    struct story s = story_begin(client, server, 443);
    (void)story_datagram(&s, 0, initial("fine.example", 1));
    (void)story_datagram(&s, 1, short_header());
    assert_int_equal(story_datagram(&s, 0, short_header()), ORDER_PASS_HEARD);
    assert_int_equal(story_datagram(&s, 0, initial("also.fine.example", 2)), ORDER_PASS);
    assert_int_equal(s.w->event_count, 0);
    assert_int_equal(story_datagram(&s, 0, initial("www.banned.example", 3)), ORDER_STOP);
    assert_int_equal(s.w->event_count, 1);
    end(&s);
}

static void datagrams_of_nobodys_protocol_are_heard_soon(void **state)
{
    for (unsigned side = 0; side < 2; side++) {
        struct story s = story_begin(client, server, 51820);
        unsigned passed = story_datagram(&s, 0, bulk(148)) == ORDER_PASS;
        for (unsigned i = 0; i < BULK; i++)
            passed += story_datagram(&s, side, bulk(BULK_BYTES)) == ORDER_PASS;
        assert_in_range(passed, 1, 40);
        end(&s);
    }
}

static void who_is_in_no_group_is_heard_at_once(void **state)
{
    struct story s = story_begin("172.16.0.9", server, 443);
    assert_int_equal(story_say(&s, 0, TCP_SYN, span_of(NULL, 0)), ORDER_PASS_HEARD);
    /* Whom somebody outside calls may answer with a flow of its own. */
    story_next(&s, "198.51.100.9", client, 443);
    assert_int_equal(story_say(&s, 0, TCP_SYN, span_of(NULL, 0)), ORDER_PASS);
    /* Nobody knows who is in which group before there is a policy. */
    watcher_use(s.w->watcher, NULL, 0);
    story_next(&s, "172.16.0.9", server, 443);
    assert_int_equal(story_say(&s, 0, TCP_SYN, span_of(NULL, 0)), ORDER_PASS);
    end(&s);
}

static void a_tunnel_is_never_heard(void **state)
{
    struct story s = story_begin(client, server, 443);
    s.talk.ends.tunnel = TUNNEL_GRE;
    story_shake_hands(&s);
    (void)story_say(&s, 0, TCP_ACK, story_hello("fine.example"));
    struct tally tally = transfer(&s, 1);
    assert_int_equal(tally.of[ORDER_PASS], BULK + BULK / 2);
    story_next(&s, client, server, 443);
    s.talk.ends.tunnel = TUNNEL_GRE;
    story_shake_hands(&s);
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    struct stop stop;
    (void)watch_stop(s.w->watcher, &stop);
    assert_int_equal(stop.hold, HOLD_FLOW);
    end(&s);
}

static void a_policy_swap_leaves_open_flows(void **state)
{
    struct story heard = story_begin(client, server, 443);
    story_shake_hands(&heard);
    (void)story_say(&heard, 0, TCP_ACK, story_hello("fine.example"));
    (void)story_say(&heard, 1, TCP_ACK, bulk(100));
    struct packets_talk first = heard.talk;
    story_next(&heard, client, server, 443);
    story_shake_hands(&heard);
    (void)story_say(&heard, 0, TCP_ACK, story_hello("www.banned.example"));
    struct policy *next = watched_policy();
    watcher_use(heard.w->watcher, next, 2);
    assert_int_equal(story_say(&heard, 0, TCP_ACK, bulk(10)), ORDER_STOP);
    struct stop stop;
    (void)watch_stop(heard.w->watcher, &stop);
    assert_int_equal(stop.generation, 1);
    heard.talk = first;
    assert_int_equal(story_say(&heard, 0, TCP_ACK, bulk(10)), ORDER_PASS_HEARD);
    end(&heard);
    policy_close(next);
}

static void a_stop_says_what_a_reset_needs(void **state)
{
    struct story s = story_begin(client, server, 443);
    struct stop stop;
    story_shake_hands(&s);
    struct span hello = story_hello("www.banned.example");
    struct segment segment = packets_say(&s.talk, 0, TCP_ACK | TCP_FIN, hello);
    assert_int_equal(watched_segment(s.w, &s.shape, &segment), ORDER_STOP);
    assert_true(watch_stop(s.w->watcher, &stop));
    assert_true(address_equal(&stop.client, &segment.source));
    assert_true(address_equal(&stop.server, &segment.destination));
    assert_int_equal(stop.client_port, 40000);
    assert_int_equal(stop.server_port, 443);
    assert_int_equal(stop.transport, IP_TCP);
    assert_false(stop.from_server);
    assert_int_equal(stop.sequence, segment.sequence);
    assert_int_equal(stop.acknowledgement, segment.acknowledgement);
    assert_int_equal(stop.length, hello.length + 1);
    assert_int_equal(stop.hold, HOLD_FLOW);
    assert_int_equal(stop.seen, SEEN_TLS);
    assert_int_equal(stop.evidence, EVIDENCE_VISITED);
    assert_int_equal(stop.rule, s.w->events[0].verdict.rule);
    assert_int_equal(stop.list, s.w->events[0].verdict.list);

    segment = packets_say(&s.talk, 1, TCP_ACK, span_text("too late"));
    assert_int_equal(watched_segment(s.w, &s.shape, &segment), ORDER_STOP);
    (void)watch_stop(s.w->watcher, &stop);
    assert_true(stop.from_server);
    assert_true(address_equal(&stop.server, &segment.source));
    assert_int_equal(stop.rule, s.w->events[0].verdict.rule);
    end(&s);
}

/* Whoever only looks on is told again when the flow goes on, but not for every packet. */
/* The same ports, used again: nothing of what was stopped clings to them. */
static void behind_a_stop_a_new_connection_is_a_new_one(void **state)
{
    struct story s = story_begin(client, server, 443);

    story_shake_hands(&s);
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    assert_int_equal(story_say(&s, 0, TCP_ACK | TCP_FIN, span_of(NULL, 0)), ORDER_STOP);
    s.talk = packets_talk(client, 40000, server, 443);
    s.talk.first[0] += 1000000;
    assert_int_equal(story_say(&s, 0, TCP_SYN, span_of(NULL, 0)), ORDER_PASS);
    assert_int_equal(story_say(&s, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0)), ORDER_PASS);
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("www.banned.example")), ORDER_STOP);
    s.talk = packets_talk(client, 40000, server, 443);
    s.talk.first[0] += 2000000;
    assert_int_equal(story_say(&s, 0, TCP_SYN, span_of(NULL, 0)), ORDER_PASS);
    assert_int_equal(story_say(&s, 0, TCP_ACK, story_hello("fine.example")), ORDER_PASS);
    end(&s);
}

static void a_stop_is_news_ever_more_rarely(void **state)
{
    struct story s = story_begin(client, "203.0.113.9", 443);
    struct stop stop;
    unsigned news = 0;
    assert_int_equal(story_say(&s, 0, TCP_SYN, span_of(NULL, 0)), ORDER_STOP);
    assert_true(watch_stop(s.w->watcher, &stop));
    assert_int_equal(stop.length, 1);
    assert_int_equal(stop.hold, HOLD_PAIR);
    for (unsigned i = 0; i < BULK; i++) {
        assert_int_equal(story_say(&s, 0, TCP_ACK, bulk(100)), ORDER_STOP);
        news += watch_stop(s.w->watcher, &stop);
        assert_int_equal(story_say(&s, 1, TCP_ACK, span_of(NULL, 0)), ORDER_STOP);
        assert_false(watch_stop(s.w->watcher, &stop));
    }
    assert_in_range(news, 5, 10);
    /* The same ports once more: another flow. */
    s.talk = packets_talk(client, 40000, "203.0.113.9", 443);
    s.talk.first[0] += 777777;
    assert_int_equal(story_say(&s, 0, TCP_SYN, span_of(NULL, 0)), ORDER_STOP);
    assert_true(watch_stop(s.w->watcher, &stop));
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_is_heard_behind_its_handshake),
        cmocka_unit_test(a_second_hello_is_still_looked_for),
        cmocka_unit_test(bulk_of_nobodys_protocol_is_heard_soon),
        cmocka_unit_test(a_download_by_http_leaves_the_client_in_sight),
        cmocka_unit_test(an_upload_by_http_is_heard),
        cmocka_unit_test(a_hello_without_a_name_needs_the_certificate),
        cmocka_unit_test(nothing_is_heard_before_the_server_has_it),
        cmocka_unit_test(words_before_tls_leave_it_in_sight),
        cmocka_unit_test(quic_is_heard_when_the_server_goes_on),
        cmocka_unit_test(another_connection_on_the_same_ports_is_another_name),
        cmocka_unit_test(datagrams_of_nobodys_protocol_are_heard_soon),
        cmocka_unit_test(who_is_in_no_group_is_heard_at_once),
        cmocka_unit_test(a_tunnel_is_never_heard),
        cmocka_unit_test(a_policy_swap_leaves_open_flows),
        cmocka_unit_test(a_stop_says_what_a_reset_needs),
        cmocka_unit_test(behind_a_stop_a_new_connection_is_a_new_one),
        cmocka_unit_test(a_stop_is_news_ever_more_rarely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
