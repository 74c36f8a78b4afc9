/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tcp - on real sockets: whoever connected before a worker is told to leave is answered, and then
 * the connection ends.
 */
#include "world.h"

#include "serve/tcp.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <sys/socket.h>

static int connect_to(const struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
    return fd;
}

static void ask(int client)
{
    uint8_t question[2 + 512];
    size_t length = world_question(question + 2, "localhost", TYPE_A, 0);
    store_u16(question, (uint16_t)length);
    assert_int_equal(send(client, question, length + 2, 0), (ssize_t)length + 2);
}

static ssize_t bytes_at(int client)
{
    uint8_t bytes[512];
    return recv(client, bytes, sizeof bytes, MSG_DONTWAIT);
}

static void run_for(struct event_base *base, unsigned ms)
{
    const struct timeval time = {ms / 1000, (ms % 1000) * 1000};
    event_base_loopexit(base, &time);
    event_base_dispatch(base);
}

static void who_has_connected_is_answered_before_we_go(void **state)
{
    struct world *w = *state;
    struct event_base *base = event_base_new();
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    struct tcp *tcp;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    w->config.dnsd.allow[0] = prefix_of("127.0.0.0/8");
    w->config.dnsd.tcp_connections = w->config.dnsd.tcp_per_client = 20;
    w->config.dnsd.tcp_pipeline = 4;
    w->config.dnsd.tcp_total_ms = 100000;
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 20), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    assert_int_equal(tcp_new(base, &w->config, w->server, &w->counters, &tcp), STATUS_OK);
    assert_int_equal(tcp_listen(tcp, listener, 0), STATUS_OK);

    int waiting = connect_to(&at), asking = connect_to(&at);
    ask(asking);
    tcp_drain(tcp);
    ask(waiting);
    run_for(base, 100);
    assert_true(bytes_at(asking) > 20);
    assert_true(bytes_at(waiting) > 20);
    assert_int_equal(bytes_at(asking), -1); /* open still */

    run_for(base, 1000);
    assert_int_equal(bytes_at(asking), 0);
    assert_int_equal(bytes_at(waiting), 0);
    assert_int_equal(w->counters.value[COUNT_TCP_OPEN], 0);
    close(asking);
    close(waiting);
    tcp_free(tcp);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_has_connected_is_answered_before_we_go, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
