/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sockets as serve needs them; shared between configurations, and named when they cannot be had.
 */
#include "control/listeners.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../base/texts.h"
#include "base/random.h"

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    getsockopt(fd, level, name, &value, &length);
    return value;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    return port_from_sockaddr((struct sockaddr *)&address);
}

static ino_t inode_of(int fd)
{
    struct stat file;
    assert_int_equal(fstat(fd, &file), 0);
    return file.st_ino;
}

static struct config *config_for(const char *first, const char *second, uint16_t port)
{
    const char *const texts[] = {first, second};
    struct config *c = calloc(1, sizeof *c);
    for (int i = 0; i < 2 && texts[i] != NULL; i++) {
        c->dnsd.listen[i].address = address_of(texts[i]);
        c->dnsd.listen[i].port = port;
        c->dnsd.listen_count++;
    }
    return c;
}

/* A port that nobody uses now, UDP or TCP, on any address of these tests. Below the range from
 * which the kernel gives ports to clients: other tests run beside this one. */
static uint16_t free_port(void)
{
    static const char *const pairs[][2] = {{"127.0.0.1", "::1"}, {"127.0.0.2", "127.0.0.3"}};
    for (int tries = 0; tries < 100; tries++) {
        uint16_t port = (uint16_t)(20000 + random_below(10000));
        bool is_free = true;
        for (size_t i = 0; i < 2 && is_free; i++) {
            struct config *c = config_for(pairs[i][0], pairs[i][1], port);
            struct listeners l;
            char why[LISTENER_WHY_SIZE];
            is_free = listeners_open(c, NULL, NULL, why, &l) == STATUS_OK;
            if (is_free)
                listeners_close(&l);
            free(c);
        }
        if (is_free)
            return port;
    }
    fail_msg("no free port in 100 tries");
    return 0;
}

static void are_as_serve_needs_them(void **state)
{
    struct config *c = config_for("127.0.0.1", "::1", free_port());
    struct listeners l;
    char why[LISTENER_WHY_SIZE];
    assert_int_equal(listeners_open(c, NULL, NULL, why, &l), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(port_of(l.udp[i]), c->dnsd.listen[i].port);
        assert_int_equal(port_of(l.tcp[i]), c->dnsd.listen[i].port);
        assert_int_equal(option(l.udp[i], SOL_SOCKET, SO_REUSEPORT), 1);
        assert_int_equal(option(l.tcp[i], SOL_SOCKET, SO_REUSEPORT), 1);
        assert_int_equal(option(l.tcp[i], SOL_SOCKET, SO_ACCEPTCONN), 1);
        assert_true(option(l.udp[i], SOL_SOCKET, SO_RCVBUF) > 212992);
        assert_true(fcntl(l.udp[i], F_GETFL) & O_NONBLOCK);
        assert_true(fcntl(l.tcp[i], F_GETFD) & FD_CLOEXEC);
    }
    assert_int_equal(option(l.udp[0], IPPROTO_IP, IP_PKTINFO), 1);
    assert_int_equal(option(l.udp[0], IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_OMIT);
    assert_int_equal(option(l.udp[1], IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
    assert_int_equal(option(l.udp[1], IPPROTO_IPV6, IPV6_V6ONLY), 1);
    assert_int_equal(option(l.tcp[1], IPPROTO_IPV6, IPV6_V6ONLY), 1);
    assert_int_equal(l.udp[2], -1);

    /* A second worker has its own on the same port. */
    struct listeners second;
    assert_int_equal(listeners_open(c, NULL, NULL, why, &second), STATUS_OK);
    assert_int_not_equal(inode_of(l.udp[0]), inode_of(second.udp[0]));
    listeners_close(&second);
    listeners_close(&l);
    assert_int_equal(l.udp[0], -1);
    free(c);
}

static void are_kept_where_addresses_are_the_same(void **state)
{
    uint16_t port = free_port();
    struct config *before = config_for("127.0.0.1", "127.0.0.2", port);
    struct config *after = config_for("127.0.0.2", "127.0.0.3", port);
    struct listeners old, new;
    char why[LISTENER_WHY_SIZE];
    assert_int_equal(listeners_open(before, NULL, NULL, why, &old), STATUS_OK);
    assert_int_equal(listeners_open(after, &old, before, why, &new), STATUS_OK);
    assert_int_equal(inode_of(new.udp[0]), inode_of(old.udp[1]));
    assert_int_equal(inode_of(new.tcp[0]), inode_of(old.tcp[1]));
    assert_int_not_equal(inode_of(new.udp[1]), inode_of(old.udp[0]));
    listeners_close(&old);
    assert_int_equal(port_of(new.udp[0]), port); /* copies, not loans */
    listeners_close(&new);
    free(before);
    free(after);
}

static void say_what_cannot_be_had(void **state)
{
    uint16_t port = free_port();
    struct config *c = config_for("127.0.0.1", NULL, port);
    struct sockaddr_storage address;
    char why[LISTENER_WHY_SIZE] = "", expected[LISTENER_WHY_SIZE];
    struct listeners l;
    socklen_t length = address_to_sockaddr(&c->dnsd.listen[0].address, port, AF_UNSPEC, &address);
    int taken = socket(AF_INET, SOCK_STREAM, 0); /* without SO_REUSEPORT */
    assert_int_equal(bind(taken, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(taken, 1), 0);
    assert_int_equal(listeners_open(c, NULL, NULL, why, &l), STATUS_SYSTEM);
    snprintf(expected, sizeof expected,
             "cannot listen on 127.0.0.1@%u (TCP): Address already in use; "
             "`ss -lnptu sport = :%u` shows who has it",
             port, port);
    assert_string_equal(why, expected);
    assert_int_equal(l.udp[0], -1);
    close(taken);
    free(c);
}

static void a_second_server_would_share(void **state)
{
    uint16_t port = free_port();
    struct config *c = config_for("127.0.0.1", "127.0.0.2", port);
    char why[LISTENER_WHY_SIZE] = "";
    struct listeners l;
    assert_int_equal(listeners_probe(c, why), STATUS_OK);
    assert_int_equal(listeners_open(c, NULL, NULL, why, &l), STATUS_OK);
    assert_int_equal(listeners_probe(c, why), STATUS_SYSTEM);
    assert_non_null(strstr(why, "(UDP): Address already in use"));
    listeners_close(&l);
    assert_int_equal(listeners_probe(c, why), STATUS_OK);
    free(c);
}

enum { PACKETS = 64 };

static unsigned receive_all(int fd)
{
    char byte;
    unsigned count = 0;
    while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
        count++;
    return count;
}

/* Sends from so many ports that each of three sockets is met with near certainty. */
static void send_many(const struct config *c)
{
    struct sockaddr_storage to;
    socklen_t length =
        address_to_sockaddr(&c->dnsd.listen[0].address, c->dnsd.listen[0].port, AF_UNSPEC, &to);
    for (int i = 0; i < PACKETS; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, length), 1);
        close(fd);
    }
}

static void are_steered_away_from_those_that_close(void **state)
{
    struct config *c = config_for("127.0.0.1", NULL, free_port());
    struct listeners l[3];
    char why[LISTENER_WHY_SIZE];
    for (int i = 0; i < 3; i++)
        assert_int_equal(listeners_open(c, NULL, NULL, why, &l[i]), STATUS_OK);
    listeners_steer(&l[0], 2);
    send_many(c);
    unsigned first = receive_all(l[0].udp[0]), second = receive_all(l[1].udp[0]);
    assert_int_equal(first + second, PACKETS);
    assert_true(first > 0 && second > 0);
    assert_int_equal(receive_all(l[2].udp[0]), 0);
    listeners_close(&l[2]);
    send_many(c);
    assert_int_equal(receive_all(l[0].udp[0]) + receive_all(l[1].udp[0]), PACKETS);
    listeners_steer(&l[1], 1);
    send_many(c);
    assert_int_equal(receive_all(l[0].udp[0]), PACKETS);
    listeners_steer(&l[0], 0);
    send_many(c);
    assert_true(receive_all(l[1].udp[0]) > 0);
    listeners_close(&l[0]);
    listeners_close(&l[1]);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_as_serve_needs_them),
        cmocka_unit_test(are_kept_where_addresses_are_the_same),
        cmocka_unit_test(say_what_cannot_be_had),
        cmocka_unit_test(a_second_server_would_share),
        cmocka_unit_test(are_steered_away_from_those_that_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
