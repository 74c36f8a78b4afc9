/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_forward - the forwarder against servers on loopback that answer well, late, wrongly or not.
 */
#include "resolve/port.h"
#include "resolve/upstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <unistd.h>

enum {
    SERVERS = 3,
    TIMEOUT = 240,
    AT_ONCE = TIMEOUT / 2,
    HELD_MOST = 8,
    ANSWERS_MOST = 4096,
    CONNECTIONS_MOST = 32
};

enum manner {
    GOOD,
    SILENT,
    WRONG_ID_FIRST,
    WRONG_ID_FLOOD,
    WRONG_CASE,
    NO_QUESTION,
    OTHER_PORT,
    CUT,
    OVERSIZE,
    LATE,
    SERVFAIL_EDE,
    REFUSED,
    BROKEN_RECORD,
    AUTHENTIC
};

struct server {
    enum manner udp, tcp;
    int fd;
    struct event *readable;
    struct evconnlistener *listener;
    struct bufferevent *connections[CONNECTIONS_MOST];
    unsigned connection_count, udp_asked, tcp_asked;
    uint16_t ports[ANSWERS_MOST]; /* from where it was asked */
    uint16_t ids[ANSWERS_MOST];
    uint8_t last[512];
    size_t last_length;
    unsigned delay;
};

struct held {
    struct server *server;
    struct sockaddr_in to;
    uint8_t bytes[512];
    size_t length;
    struct event *timer;
};

struct world {
    struct event_base *base;
    struct config config;
    struct counters counters;
    struct server servers[SERVERS];
    struct held held[HELD_MOST];
    unsigned held_count;
    void *forward;
    unsigned answered, expected;
    enum outcome outcome;
    bool secure;
    uint16_t ede, rcode, first_address;
    char why[128];
    uint8_t message[MESSAGE_MOST];
    size_t length;
    bool seen[ASKS_MOST];
};

static struct world world;

/* The servers. */

/* Turns a query into its answer: an A record 192.0.2.`last`. Gives the length. */
static size_t make_answer(uint8_t *bytes, size_t length, uint8_t last)
{
    static const uint8_t record[] = {0xc0, 12, 0, TYPE_A, 0,   CLASS_IN, 0, 0,
                                     0,    60, 0, 4,      192, 0,        2};
    size_t opt = length - 11; /* our queries end with an OPT without options */
    store_u16(bytes + 2, FLAG_QR | FLAG_RD | FLAG_RA);
    memmove(bytes + opt + sizeof record + 1, bytes + opt, 11);
    memcpy(bytes + opt, record, sizeof record);
    bytes[opt + sizeof record] = last;
    store_u16(bytes + 6, 1);
    return length + sizeof record + 1;
}

static size_t make_refusal(uint8_t *bytes, size_t length, uint16_t rcode, uint16_t ede)
{
    store_u16(bytes + 2, FLAG_QR | FLAG_RD | FLAG_RA | rcode);
    store_u16(bytes + length - 2, 6);
    store_u16(bytes + length, EDNS_OPTION_EDE);
    store_u16(bytes + length + 2, 2);
    store_u16(bytes + length + 4, ede);
    return length + 6;
}

static void say(struct server *s, const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
    assert_int_equal(sendto(s->fd, bytes, length, 0, (const struct sockaddr *)to, sizeof *to),
                     length);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    const struct held *h = arg;
    say(h->server, &h->to, h->bytes, h->length);
}

static void say_late(struct server *s, const struct sockaddr_in *to, const uint8_t *bytes,
                     size_t length)
{
    const struct timeval delay = {0, (suseconds_t)s->delay * 1000};
    struct held *h = &world.held[world.held_count++];
    assert_true(world.held_count <= HELD_MOST);
    *h = (struct held){.server = s, .to = *to, .length = length};
    memcpy(h->bytes, bytes, length);
    h->timer = evtimer_new(world.base, on_late, h);
    event_add(h->timer, &delay);
}

static void say_from_elsewhere(const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)sendto(fd, bytes, length, 0, (const struct sockaddr *)to, sizeof *to);
    close(fd);
}

/* The answer in this manner, for both transports; 0: none. */
static size_t answer_in(enum manner manner, uint8_t *bytes, size_t length, uint8_t last)
{
    switch (manner) {
    case SERVFAIL_EDE:
        return make_refusal(bytes, length, RCODE_SERVFAIL, EDE_DNSSEC_BOGUS);
    case REFUSED:
        return make_refusal(bytes, length, RCODE_REFUSED, EDE_PROHIBITED);
    case CUT:
        store_u16(bytes + 2, FLAG_QR | FLAG_TC);
        return length;
    case OVERSIZE:
        memset(bytes + length, 0, 1400 - length);
        store_u16(bytes + 2, FLAG_QR);
        return 1400;
    case BROKEN_RECORD:
        length = make_answer(bytes, length, last);
        store_u16(bytes + 6, 2);
        return length;
    case AUTHENTIC:
        length = make_answer(bytes, length, last);
        bytes[3] |= FLAG_AD;
        return length;
    case NO_QUESTION:
        store_u16(bytes + 2, FLAG_QR | RCODE_FORMERR);
        memset(bytes + 4, 0, 8);
        return MESSAGE_HEADER;
    case WRONG_CASE:
        length = make_answer(bytes, length, last);
        for (uint8_t *at = bytes + MESSAGE_HEADER; *at != 0; at++)
            *at = name_lower(*at);
        return length;
    case SILENT:
        return 0;
    default:
        return make_answer(bytes, length, last);
    }
}

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    uint8_t bytes[2048];
    ssize_t got = recvfrom(fd, bytes, 512, 0, (struct sockaddr *)&from, &from_size);
    if (got < 0)
        return;
    s->ports[s->udp_asked % ANSWERS_MOST] = ntohs(from.sin_port);
    s->ids[s->udp_asked++ % ANSWERS_MOST] = load_u16(bytes);
    s->last_length = (size_t)got;
    memcpy(s->last, bytes, s->last_length);
    uint8_t last = (uint8_t)(s - world.servers + 1);
    size_t length = answer_in(s->udp, bytes, (size_t)got, last);
    if (s->udp == WRONG_ID_FIRST || s->udp == WRONG_ID_FLOOD) {
        for (int i = 0; i < (s->udp == WRONG_ID_FIRST ? 1 : PORT_WRONG_MOST); i++) {
            bytes[length - 12] = 66; /* a forged address */
            bytes[0] ^= (uint8_t)(1 + i);
            say(s, &from, bytes, length);
            bytes[0] ^= (uint8_t)(1 + i);
        }
        bytes[length - 12] = last;
    }
    if (s->udp == WRONG_ID_FLOOD)
        return;
    if (s->udp == OTHER_PORT)
        say_from_elsewhere(&from, bytes, length);
    else if (s->udp == LATE)
        say_late(s, &from, bytes, length);
    else if (length > 0)
        say(s, &from, bytes, length);
}

static void on_tcp_read(struct bufferevent *connection, void *arg)
{
    struct server *s = arg;
    uint8_t bytes[2048], head[2];
    size_t got = bufferevent_read(connection, bytes, sizeof bytes);
    if (got < 2 || got != 2u + load_u16(bytes))
        return;
    s->tcp_asked++;
    size_t length = answer_in(s->tcp, bytes + 2, got - 2, (uint8_t)(100 + (s - world.servers + 1)));
    store_u16(head, (uint16_t)length);
    if (length == 0)
        return;
    bufferevent_write(connection, head, 1); /* in two pieces */
    bufferevent_write(connection, head + 1, 1);
    bufferevent_write(connection, bytes + 2, length);
}

static void on_tcp(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                   int size, void *arg)
{
    struct server *s = arg;
    struct bufferevent *connection = bufferevent_socket_new(world.base, fd, BEV_OPT_CLOSE_ON_FREE);
    assert_in_range(s->connection_count, 0, CONNECTIONS_MOST - 1);
    s->connections[s->connection_count++] = connection;
    bufferevent_setcb(connection, on_tcp_read, NULL, NULL, s);
    bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static struct endpoint server_open(struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    struct endpoint e;
    for (s->listener = NULL; s->listener == NULL;) { /* one port free for both */
        at.sin_port = 0;
        s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
        getsockname(s->fd, (struct sockaddr *)&at, &size);
        s->listener = evconnlistener_new_bind(world.base, on_tcp, s, LEV_OPT_CLOSE_ON_FREE, 8,
                                              (struct sockaddr *)&at, sizeof at);
        if (s->listener == NULL)
            close(s->fd);
    }
    s->readable = event_new(world.base, s->fd, EV_READ | EV_PERSIST, on_udp, s);
    event_add(s->readable, NULL);
    e.address = address_from_sockaddr((struct sockaddr *)&at);
    e.port = ntohs(at.sin_port);
    return e;
}

static void server_close(struct server *s)
{
    if (s->readable == NULL)
        return;
    event_free(s->readable);
    evconnlistener_free(s->listener);
    for (unsigned i = 0; i < s->connection_count; i++)
        bufferevent_free(s->connections[i]);
    close(s->fd);
    s->readable = NULL;
}

/* The client. */

static void on_answer(void *owner, uint32_t ticket, const struct upstream_answer *answer)
{
    struct message m;
    assert_false(world.seen[ticket]); /* each exactly once */
    world.seen[ticket] = true;
    world.outcome = answer->outcome;
    world.secure = answer->secure;
    world.ede = answer->ede;
    snprintf(world.why, sizeof world.why, "%s", answer->why);
    world.length = answer->message.length;
    if (world.length > 0)
        memcpy(world.message, answer->message.at, world.length);
    world.first_address = 0;
    if (answer->outcome == OUTCOME_ANSWER) {
        struct record record;
        assert_int_equal(message_read(answer->message, &m), STATUS_OK);
        assert_int_equal(m.id, 0);
        world.rcode = message_rcode(&m);
        struct records walk = records_of(&m);
        if (m.counts[SECTION_ANSWER] > 0 && records_next(&walk, &record))
            world.first_address = record.data.at[3];
    }
    if (++world.answered == world.expected)
        event_base_loopbreak(world.base);
}

static void start(unsigned servers)
{
    const struct upstream_setup setup = {&world.config, world.base, &world.counters, on_answer,
                                         NULL};
    world.config.dnsd.forward_count = servers;
    assert_int_equal(upstream_forward.open(&setup, &world.forward), STATUS_OK);
}

static void ask_type(uint32_t ticket, const char *name, uint16_t type)
{
    struct message_ask ask = {.id = 1, .type = type, .class = CLASS_IN};
    assert_int_equal(name_parse(name, &ask.name), STATUS_OK);
    world.seen[ticket] = false;
    world.expected++;
    upstream_forward.ask(world.forward, ticket, &ask);
}

static void turn(unsigned ms)
{
    const struct timeval most = {ms / 1000, ms % 1000 * 1000};
    event_base_loopexit(world.base, &most);
    event_base_dispatch(world.base);
}

/* Asks and waits; gives the ms that it took. */
static clock_ms ask(const char *name)
{
    clock_ms from = clock_now();
    ask_type(1, name, TYPE_A);
    if (world.answered < world.expected)
        turn(5000);
    assert_int_equal(world.answered, world.expected);
    return clock_now() - from;
}

static int set_up(void **state)
{
    memset(&world, 0, sizeof world);
    world.base = event_base_new();
    world.config.dnsd.forward_timeout_ms = TIMEOUT;
    world.config.dnsd.forward_sockets = 4;
    world.config.dnsd.forward_randomize_case = 1;
    for (int i = 0; i < SERVERS; i++)
        world.config.dnsd.forward_to[i] = server_open(&world.servers[i]);
    return 0;
}

static int tear_down(void **state)
{
    upstream_forward.close(world.forward);
    for (int i = 0; i < SERVERS; i++)
        server_close(&world.servers[i]);
    for (unsigned i = 0; i < world.held_count; i++)
        event_free(world.held[i].timer);
    event_base_free(world.base);
    return 0;
}

static uint64_t counted(enum counter counter)
{
    return world.counters.value[counter];
}

/* The cases. */

static void test_a_good_answer(void **state)
{
    static const char question[] = "\3www\7example\3com";
    start(1);
    ask("www.Example.com");
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
    assert_int_equal(world.first_address, 1);
    assert_int_equal(world.ede, EDE_NONE);
    assert_false(world.secure);
    assert_memory_equal(world.message + MESSAGE_HEADER, question, sizeof question); /* lower */
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 0);
}

static void test_secure_is_what_the_server_says(void **state)
{
    world.servers[0].udp = AUTHENTIC;
    start(1);
    ask("www.example.com");
    assert_true(world.secure);
}

static void test_a_wrong_id_is_ignored(void **state)
{
    world.servers[0].udp = WRONG_ID_FIRST;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 1);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 1);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 0);
}

static void test_many_wrong_ids_lead_to_tcp(void **state)
{
    world.servers[0].udp = WRONG_ID_FLOOD;
    start(1);
    assert_in_range(ask("www.example.com"), 0, TIMEOUT - 1);
    assert_int_equal(world.first_address, 101);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), PORT_WRONG_MOST);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 1);
}

static void test_a_wrong_case_leads_to_tcp(void **state)
{
    world.servers[0].udp = WRONG_CASE;
    start(1);
    ask("abcdefghijklmnopqrstuvwxyz.example.com");
    assert_int_equal(world.first_address, 101);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 1);
}

static void test_case_may_stay(void **state)
{
    world.config.dnsd.forward_randomize_case = 0;
    world.servers[0].udp = WRONG_CASE;
    start(1);
    ask("abcdefghijklmnopqrstuvwxyz.example.com");
    assert_int_equal(world.first_address, 1);
}

static void test_no_question_leads_to_tcp(void **state)
{
    world.servers[0].udp = NO_QUESTION;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 101);
}

static void test_another_source_port_is_not_heard(void **state)
{
    world.servers[0].udp = OTHER_PORT;
    start(2);
    world.servers[1].udp = GOOD;
    assert_true(ask("www.example.com") >= TIMEOUT - 1 || world.first_address == 2);
    assert_int_equal(world.first_address, 2);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_cut_leads_to_tcp(void **state)
{
    world.servers[0].udp = CUT;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 101);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 1);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_a_datagram_too_long_leads_to_tcp(void **state)
{
    world.servers[0].udp = OVERSIZE;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 101);
}

static void test_tcp_that_fails_leads_to_another(void **state)
{
    world.servers[0].udp = CUT;
    world.servers[0].tcp = NO_QUESTION;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
}

static void test_tcp_that_hangs_ends(void **state)
{
    world.servers[0].udp = CUT;
    world.servers[0].tcp = SILENT;
    start(1);
    assert_in_range(ask("www.example.com"), TIMEOUT - 1, 3 * TIMEOUT);
    assert_int_equal(world.outcome, OUTCOME_FAILED);
}

static void test_silence_leads_to_another(void **state)
{
    world.servers[0].udp = SILENT;
    start(2);
    assert_in_range(ask("www.example.com"), TIMEOUT - 1, 2 * TIMEOUT);
    assert_int_equal(world.first_address, 2);
    assert_int_equal(counted(COUNT_UPSTREAM_TIMEOUTS), 1);
    for (int i = 0; i < 20; i++)
        assert_in_range(ask("again.example.com"), 0, AT_ONCE); /* it is the second choice now */
}

static void test_a_late_answer_still_counts(void **state)
{
    world.servers[0].udp = LATE;
    world.servers[0].delay = TIMEOUT + 50;
    world.servers[1].udp = SILENT;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 1);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_an_answer_after_the_end_is_no_attack(void **state)
{
    world.servers[0].udp = LATE;
    world.servers[0].delay = TIMEOUT + 80;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    turn(200);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_all_silent_ends_and_then_fails_at_once(void **state)
{
    world.servers[0].udp = world.servers[1].udp = SILENT;
    start(2);
    for (int i = 0; i < 3; i++) {
        ask("www.example.com");
        assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
    }
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
    assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
    assert_int_equal(world.ede, EDE_NONE);
    world.servers[0].udp = GOOD; /* and it is found again, soon */
    for (int i = 0; i < 40 && world.outcome != OUTCOME_ANSWER; i++) {
        turn(100);
        ask("www.example.com");
    }
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
}

static void test_a_closed_port_is_known_at_once(void **state)
{
    server_close(&world.servers[0]);
    start(2);
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
    assert_int_equal(world.first_address, 2);
}

static void test_all_closed_fails_at_once(void **state)
{
    for (int i = 0; i < SERVERS; i++)
        server_close(&world.servers[i]);
    start(3);
    for (int i = 0; i < 5; i++) {
        assert_in_range(ask("www.example.com"), 0, AT_ONCE);
        assert_int_equal(world.outcome, OUTCOME_NETWORK);
    }
}

static void test_servfail_is_asked_elsewhere(void **state)
{
    world.servers[0].udp = SERVFAIL_EDE;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
}

static void test_a_refusal_of_all_is_passed_on(void **state)
{
    for (int i = 0; i < SERVERS; i++)
        world.servers[i].udp = SERVFAIL_EDE;
    start(3);
    ask("www.example.com");
    assert_int_equal(world.outcome, OUTCOME_FAILED);
    assert_int_equal(world.ede, EDE_DNSSEC_BOGUS);
    assert_string_equal(world.why, "the upstream said SERVFAIL");
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(world.servers[i].udp_asked, 1);
}

static void test_refused_is_asked_elsewhere(void **state)
{
    world.servers[0].udp = REFUSED;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    assert_true(world.servers[0].udp_asked <= 2); /* the second: beside, at most */
}

static void test_a_broken_message_is_asked_elsewhere(void **state)
{
    world.servers[0].udp = BROKEN_RECORD;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 1);
}

static void test_a_stub_zone_goes_to_its_server(void **state)
{
    struct stub *stubs = world.config.dnsd.stubs;
    world.config.dnsd.stub_count = 2;
    assert_int_equal(name_parse("internal", &stubs[0].zone), STATUS_OK);
    assert_int_equal(name_parse("deep.internal", &stubs[1].zone), STATUS_OK);
    stubs[0].servers[0] = world.config.dnsd.forward_to[1];
    stubs[1].servers[0] = world.config.dnsd.forward_to[2];
    stubs[0].server_count = stubs[1].server_count = 1;
    start(1);
    ask("www.internal");
    assert_int_equal(world.first_address, 2);
    ask("www.deep.internal");
    assert_int_equal(world.first_address, 3);
    ask("deep.internal");
    assert_int_equal(world.first_address, 3);
    ask("notinternal");
    assert_int_equal(world.first_address, 1);
}

static void test_no_upstream_fails(void **state)
{
    start(0);
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
    assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
}

static unsigned different(const uint16_t *numbers, unsigned count)
{
    static bool seen[65536];
    unsigned found = 0;
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < count; i++) {
        found += !seen[numbers[i]];
        seen[numbers[i]] = true;
    }
    return found;
}

static void test_ports_and_ids_are_many(void **state)
{
    world.config.dnsd.forward_sockets = 16;
    start(1);
    for (int i = 0; i < 600; i++)
        ask("www.example.com");
    assert_int_equal(different(world.servers[0].ports, 600), 16);
    assert_in_range(different(world.servers[0].ids, 600), 580, 600);
}

static void test_a_burst_is_answered_whole(void **state)
{
    start(3);
    for (uint32_t i = 0; i < 400; i++) /* more than a batch, and less than a socket's buffer */
        ask_type(i, "www.example.com", TYPE_A);
    turn(5000);
    assert_int_equal(world.answered, 400);
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
}

static void test_every_ticket_at_once_is_answered(void **state)
{
    world.servers[0].udp = SILENT;
    start(1);
    for (uint32_t i = 0; i < ASKS_MOST; i++)
        ask_type(i, "www.example.com", TYPE_A);
    turn(5000);
    assert_int_equal(world.answered, ASKS_MOST);
    assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
}

static void test_it_closes_with_questions_under_way(void **state)
{
    world.servers[0].udp = SILENT;
    world.servers[1].udp = CUT;
    world.servers[1].tcp = SILENT;
    start(2);
    for (uint32_t i = 0; i < 20; i++)
        ask_type(i, "www.example.com", TYPE_A);
    turn(TIMEOUT + 40);
    assert_true(counted(COUNT_UPSTREAM_TCP) > 0);
    assert_int_equal(world.answered, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_good_answer),
        CASE(test_secure_is_what_the_server_says),
        CASE(test_a_wrong_id_is_ignored),
        CASE(test_many_wrong_ids_lead_to_tcp),
        CASE(test_a_wrong_case_leads_to_tcp),
        CASE(test_case_may_stay),
        CASE(test_no_question_leads_to_tcp),
        CASE(test_another_source_port_is_not_heard),
        CASE(test_cut_leads_to_tcp),
        CASE(test_a_datagram_too_long_leads_to_tcp),
        CASE(test_tcp_that_fails_leads_to_another),
        CASE(test_tcp_that_hangs_ends),
        CASE(test_silence_leads_to_another),
        CASE(test_a_late_answer_still_counts),
        CASE(test_an_answer_after_the_end_is_no_attack),
        CASE(test_all_silent_ends_and_then_fails_at_once),
        CASE(test_a_closed_port_is_known_at_once),
        CASE(test_all_closed_fails_at_once),
        CASE(test_servfail_is_asked_elsewhere),
        CASE(test_a_refusal_of_all_is_passed_on),
        CASE(test_refused_is_asked_elsewhere),
        CASE(test_a_broken_message_is_asked_elsewhere),
        CASE(test_a_stub_zone_goes_to_its_server),
        CASE(test_no_upstream_fails),
        CASE(test_ports_and_ids_are_many),
        CASE(test_a_burst_is_answered_whole),
        CASE(test_every_ticket_at_once_is_answered),
        CASE(test_it_closes_with_questions_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
