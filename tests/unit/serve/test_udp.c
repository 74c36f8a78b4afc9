/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp - on real sockets: what arrived before a worker is told to leave is answered.
 */
#include "world.h"

#include "serve/udp.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <sys/socket.h>

enum { QUESTIONS = 200 };

static int loopback_socket(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
    return fd;
}

static unsigned answers_at(int client)
{
    uint8_t bytes[EDNS_UDP_SIZE];
    unsigned count = 0;
    while (recv(client, bytes, sizeof bytes, 0) > 0)
        count++;
    return count;
}

static void what_has_arrived_is_answered_before_we_go(void **state)
{
    struct world *w = *state;
    struct event_base *base = event_base_new();
    struct sockaddr_in at, from;
    uint8_t question[512];
    struct udp *udp;
    int server = loopback_socket(&at), client = loopback_socket(&from);
    size_t length = world_question(question, "localhost", TYPE_A, 0);

    w->config.dnsd.allow[0] = prefix_of("127.0.0.0/8");
    assert_int_equal(udp_open(base, server, 0, w->server, &udp), STATUS_OK);
    for (int i = 0; i < QUESTIONS; i++)
        assert_int_equal(sendto(client, question, length, 0, (struct sockaddr *)&at, sizeof at),
                         (ssize_t)length);
    udp_drain(udp);
    assert_int_equal(answers_at(client), QUESTIONS);

    /* What comes later is for others who read this socket. */
    assert_int_equal(sendto(client, question, length, 0, (struct sockaddr *)&at, sizeof at),
                     (ssize_t)length);
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(answers_at(client), 0);
    udp_close(udp);
    close(client);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_has_arrived_is_answered_before_we_go, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
