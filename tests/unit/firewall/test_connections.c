/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What connections.h promises: a connection is forgotten, and one that there is not is none. As
 * root, in a network of its own.
 */
#include "firewall/connections.h"

#include "wire/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include "../base/texts.h"
#include "apart.h"

static const char table[] = "table inet ponor {\n"
                            "  chain out {\n"
                            "    type filter hook output priority 0;\n"
                            "    ct state new accept\n"
                            "  }\n"
                            "}\n";

/* Says something to a port of the loopback; gives what a stop of it would say. */
static struct stop speak(int type, const char *server)
{
    struct stop stop = {.client = address_of(server),
                        .server = address_of(server),
                        .server_port = 4433,
                        .transport = type == SOCK_DGRAM ? IP_UDP : IP_TCP};
    struct sockaddr_storage where, own;
    socklen_t size = address_to_sockaddr(&stop.server, stop.server_port, AF_UNSPEC, &where);
    socklen_t own_size = sizeof own;
    const int on = 1;

    int listener = socket(where.ss_family, type, 0), fd = socket(where.ss_family, type, 0);
    assert_true(listener >= 0 && fd >= 0);
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&where, size), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&where, size), 0);
    assert_int_equal(send(fd, "x", 1, 0), 1);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &own_size), 0);
    stop.client_port = port_from_sockaddr((struct sockaddr *)&own);
    close(fd);
    close(listener);
    return stop;
}

static void a_connection_is_forgotten(void **state)
{
    const struct {
        int type;
        const char *server;
    } cases[] = {{SOCK_DGRAM, "127.0.0.1"},
                 {SOCK_DGRAM, "::1"},
                 {SOCK_STREAM, "127.0.0.1"},
                 {SOCK_STREAM, "::1"}};
    struct connections *connections;

    MUST_BE_APART();
    load(table);
    assert_int_equal(connections_open(&connections), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stop stop = speak(cases[i].type, cases[i].server), other = stop;
        other.transport = stop.transport == IP_TCP ? IP_UDP : IP_TCP;
        assert_int_equal(connections_forget(connections, &other), STATUS_NOT_FOUND);
        other = stop;
        other.client_port++;
        assert_int_equal(connections_forget(connections, &other), STATUS_NOT_FOUND);
        assert_int_equal(connections_forget(connections, &stop), STATUS_OK);
        assert_int_equal(connections_forget(connections, &stop), STATUS_NOT_FOUND);
    }
    connections_close(connections);
}

static void families_do_not_mix(void **state)
{
    const struct stop stop = {
        .client = address_of("10.0.0.1"), .server = address_of("2001:db8::1"), .transport = IP_TCP};
    struct connections *connections;

    MUST_BE_APART();
    assert_int_equal(connections_open(&connections), STATUS_OK);
    assert_int_equal(connections_forget(connections, &stop), STATUS_NOT_FOUND);
    connections_close(connections);
}

static void without_the_capability_errno_tells(void **state)
{
    struct connections *connections;
    int code;

    MUST_BE_APART();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct stop stop = {.client = address_of("10.0.0.1"),
                                  .server = address_of("10.0.0.2"),
                                  .transport = IP_TCP};
        bool is_right = setuid(65534) == 0 && connections_open(&connections) == STATUS_OK &&
                        connections_forget(connections, &stop) == STATUS_SYSTEM && errno == EPERM;
        _exit(is_right ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_forgotten),
        cmocka_unit_test(families_do_not_mix),
        cmocka_unit_test(without_the_capability_errno_tells),
    };
    go_apart();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
