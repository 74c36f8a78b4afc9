/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_reach - is anybody out there? Servers on loopback that answer, are silent, or are not there.
 */
#include "resolve/reach.h"

#include "base/writer.h"
#include "dns/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <unistd.h>

struct server {
    int fd;
    bool answers, forges;
    unsigned asked;
    struct event *readable;
};

static struct event_base *base;
static struct server server;
static unsigned lost;

static void on_lost(void *owner)
{
    lost++;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    uint8_t bytes[512];
    struct message m;
    ssize_t got = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
    assert_true(got > 0);
    assert_int_equal(message_read(span_of(bytes, (size_t)got), &m), STATUS_OK);
    assert_true(m.question.type == TYPE_NS && m.question.name.labels == 0);
    s->asked++;
    bytes[2] |= 0x80;
    bytes[0] ^= s->forges;
    if (s->answers || s->forges)
        sendto(fd, bytes, (size_t)got, 0, (struct sockaddr *)&from, size);
}

static struct endpoint open_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    server = (struct server){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)};
    assert_int_equal(bind(server.fd, (struct sockaddr *)&at, size), 0);
    getsockname(server.fd, (struct sockaddr *)&at, &size);
    server.readable = event_new(base, server.fd, EV_READ | EV_PERSIST, on_readable, &server);
    event_add(server.readable, NULL);
    return (struct endpoint){address_from_sockaddr((struct sockaddr *)&at), ntohs(at.sin_port)};
}

static void close_server(void)
{
    event_free(server.readable);
    close(server.fd);
}

static int set_up(void **state)
{
    base = event_base_new();
    lost = 0;
    return base == NULL;
}

static int tear_down(void **state)
{
    event_base_free(base);
    return 0;
}

static void turn(unsigned ms)
{
    const struct timeval most = clock_timeval(ms);
    event_base_loopexit(base, &most);
    event_base_dispatch(base);
}

static void test_one_that_answers_is_asked_once(void **state)
{
    const struct endpoint to = open_server();
    server.answers = true;
    struct reach *reach = reach_new(base, &to, 1, clock_now(), on_lost, NULL);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_OPEN); /* hope, until known */
    turn(REACH_PROBE_MS * 3 / 2);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_OPEN);
    assert_int_equal(server.asked, 1);
    reach_free(reach);
    close_server();
}

static void test_silence_is_noticed_and_ends(void **state)
{
    const struct endpoint to = open_server();
    struct reach *reach = reach_new(base, &to, 1, clock_now(), on_lost, NULL);
    turn(REACH_PROBE_MS + 200);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_SILENT);
    server.forges = true; /* another id is no answer */
    turn(REACH_PROBE_MS);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_SILENT);
    assert_int_equal(lost, 1); /* said once */
    server.forges = false;
    server.answers = true;
    turn(REACH_PROBE_MS + 200);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_OPEN);
    reach_free(reach);
    close_server();
}

static void test_a_closed_port_is_noticed_at_once(void **state)
{
    const struct endpoint to = open_server();
    close_server();
    struct reach *reach = reach_new(base, &to, 1, clock_now(), on_lost, NULL);
    turn(200);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_SILENT);
    reach_free(reach);
}

static void test_one_of_many_is_enough(void **state)
{
    struct endpoint to[20];
    to[0] = open_server();
    for (int i = 1; i < 20; i++)
        to[i] = (struct endpoint){to[0].address, 1};
    server.answers = true;
    struct reach *reach = reach_new(base, to, 20, clock_now(), on_lost, NULL);
    turn(REACH_PROBE_MS + 200);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_OPEN);
    reach_free(reach);
    close_server();
}

static void test_waiting_in_vain_leads_to_a_probe(void **state)
{
    const struct endpoint to = open_server();
    clock_ms now = clock_now();
    server.answers = true;
    struct reach *reach = reach_new(base, &to, 1, now, on_lost, NULL);
    turn(200);
    assert_int_equal(server.asked, 1);
    reach_waits(reach, now);
    assert_int_equal(reach_ask(reach, now + REACH_DOUBT_MS - 1), REACH_OPEN);
    reach_heard(reach);
    assert_int_equal(reach_ask(reach, now + REACH_DOUBT_MS * 2), REACH_OPEN);
    turn(100);
    assert_int_equal(server.asked, 1); /* nothing waits */
    reach_waits(reach, now + REACH_DOUBT_MS * 3);
    assert_int_equal(reach_ask(reach, now + REACH_DOUBT_MS * 4), REACH_OPEN);
    turn(100);
    assert_int_equal(server.asked, 2);
    reach_free(reach);
    close_server();
}

static void test_no_target_is_no_way(void **state)
{
    struct reach *reach = reach_new(base, NULL, 0, clock_now(), on_lost, NULL);
    assert_int_equal(reach_ask(reach, clock_now()), REACH_CLOSED);
    assert_false(reach_has_way(NULL, 0));
    reach_free(reach);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_one_that_answers_is_asked_once),   CASE(test_silence_is_noticed_and_ends),
        CASE(test_a_closed_port_is_noticed_at_once), CASE(test_one_of_many_is_enough),
        CASE(test_waiting_in_vain_leads_to_a_probe), CASE(test_no_target_is_no_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
