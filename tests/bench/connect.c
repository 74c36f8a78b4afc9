/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connect - new TCP connections at a steady rate, each with a hello and its answer, and the other
 * end.
 *
 * Used by tests/bench/gate.py, inside its namespaces.
 *
 *   connect serve ANSWER PORT PORTS      answers a hello with the bytes of a file
 *   connect drive HELLO ADDRESS PORT PORTS RATE SECONDS LENGTH
 *
 * Drive begins RATE connections a second whatever becomes of them, over PORTS ports from PORT on;
 * one is done when LENGTH bytes of answer have come. It costs as little as it can, since it shares
 * its processor with what it measures: no acknowledgement of its own where data can bring it, and a
 * reset at the end. A line of JSON on standard output.
 */
#include "base/address.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { CONNECTIONS = 16384, BATCH = 256, BYTES_MOST = 16384, PORTS_MOST = 64 };

static const uint64_t patience = UINT64_C(5000000000), rest = UINT64_C(2000000000);

struct connection {
    uint64_t began; /* ns; 0: free */
    size_t received;
    bool answered; /* serve */
};

static struct connection connections[CONNECTIONS]; /* by descriptor */
static struct bytes {
    uint8_t at[BYTES_MOST];
    size_t length;
} hello, reply;
static size_t answer_length;
static uint32_t *took; /* microseconds of each that was done */
static size_t begun, done, failed;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "connect: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void read_file(const char *file, struct bytes *out)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, out->at, sizeof out->at);
    if (length <= 0)
        fail(file);
    out->length = (size_t)length;
    close(fd);
}

static bool say(int fd, const struct bytes *bytes)
{
    return send(fd, bytes->at, bytes->length, MSG_NOSIGNAL) == (ssize_t)bytes->length;
}

static unsigned number(const char *text, unsigned most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end != 0 || value == 0 || value > most) {
        errno = EINVAL;
        fail(text);
    }
    return (unsigned)value;
}

static void await(int loop, int fd, uint32_t what, int how)
{
    struct epoll_event event = {.events = what, .data.fd = fd};
    if (epoll_ctl(loop, how, fd, &event) != 0)
        fail("epoll_ctl");
}

/* The other end. */

static int listen_on(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1, wait = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait, sizeof wait) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0)
        fail("listen");
    return fd;
}

static void answer(int fd)
{
    uint8_t bytes[BYTES_MOST];
    ssize_t length = recv(fd, bytes, sizeof bytes, 0);
    struct connection *c = &connections[fd];

    if (length < 0 && errno == EAGAIN)
        return;
    if (length > 0 && (c->answered || (c->answered = say(fd, &reply))))
        return;
    c->answered = false;
    close(fd);
}

static _Noreturn void serve(unsigned port, unsigned ports)
{
    struct epoll_event events[BATCH];
    int loop = epoll_create1(EPOLL_CLOEXEC), last = loop;

    for (unsigned i = 0; i < ports; i++) {
        last = listen_on(port + i);
        await(loop, last, EPOLLIN, EPOLL_CTL_ADD);
    }
    for (;;) {
        int count = epoll_wait(loop, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd, from;
            if (fd > last) {
                answer(fd);
                continue;
            }
            while ((from = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                if (from >= CONNECTIONS)
                    fail("too many connections");
                await(loop, from, EPOLLIN, EPOLL_CTL_ADD);
                answer(from);
            }
        }
    }
}

/* This end. */

static void end(int fd, bool well, uint64_t now)
{
    struct connection *c = &connections[fd];
    if (well)
        took[done++] = (uint32_t)((now - c->began) / 1000);
    else
        failed++;
    c->began = 0;
    close(fd);
}

static void begin(int loop, const struct address *address, unsigned port, uint64_t now)
{
    struct sockaddr_storage to;
    socklen_t length = address_to_sockaddr(address, (uint16_t)port, AF_UNSPEC, &to);
    const struct linger reset = {1, 0};
    int at_once = 0, fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    begun++;
    if (fd < 0 || fd >= CONNECTIONS ||
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0 ||
        (connect(fd, (struct sockaddr *)&to, length) != 0 && errno != EINPROGRESS)) {
        failed++;
        if (fd >= 0)
            close(fd);
        return;
    }
    connections[fd] = (struct connection){.began = now};
    await(loop, fd, EPOLLOUT, EPOLL_CTL_ADD);
}

static void go_on(int loop, const struct epoll_event *event, uint64_t now)
{
    static uint8_t bytes[BYTES_MOST];
    int fd = event->data.fd;
    struct connection *c = &connections[fd];

    if ((event->events & EPOLLOUT) != 0) {
        if (!say(fd, &hello))
            end(fd, false, now);
        else
            await(loop, fd, EPOLLIN, EPOLL_CTL_MOD);
        return;
    }
    ssize_t length = recv(fd, bytes, sizeof bytes, 0);
    if (length <= 0) {
        end(fd, false, now);
        return;
    }
    c->received += (size_t)length;
    if (c->received >= answer_length)
        end(fd, true, now);
}

static void give_up(uint64_t now, uint64_t after)
{
    for (int fd = 0; fd < CONNECTIONS; fd++)
        if (connections[fd].began != 0 && now - connections[fd].began >= after)
            end(fd, false, now);
}

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void drive(const struct address *address, unsigned port, unsigned ports, unsigned rate,
                  unsigned seconds)
{
    struct epoll_event events[BATCH];
    int loop = epoll_create1(EPOLL_CLOEXEC);
    size_t all = (size_t)rate * seconds;
    uint64_t start = clock_ns(), now = start, filled = 0, look = start;

    took = calloc(all, sizeof *took);
    if (took == NULL || loop < 0)
        fail("memory");
    while (done + failed < all && now - start < seconds * UINT64_C(1000000000) + patience) {
        uint64_t due = (now - start) * rate / 1000000000;
        for (; begun < due && begun < all; filled = now - start)
            begin(loop, address, port + (unsigned)(begun % ports), now);
        int count = epoll_wait(loop, events, BATCH, 1);
        now = clock_ns();
        for (int i = 0; i < count; i++)
            go_on(loop, &events[i], now);
        if (now >= look) {
            give_up(now, rest);
            look = now + rest / 10;
        }
    }
    give_up(now, 0);
    qsort(took, done, sizeof *took, by_size);
    printf("{\"begun\":%zu,\"done\":%zu,\"failed\":%zu,\"rate\":%.0f,\"p50_us\":%u,\"p99_us\":%u,"
           "\"max_us\":%u}\n",
           begun, done, failed, filled ? (double)begun * 1e9 / (double)filled : 0.0,
           done ? took[done / 2] : 0, done ? took[done * 99 / 100] : 0, done ? took[done - 1] : 0);
}

int main(int argc, char *argv[])
{
    struct address address;

    if (argc == 5 && strcmp(argv[1], "serve") == 0) {
        read_file(argv[2], &reply);
        serve(number(argv[3], UINT16_MAX), number(argv[4], PORTS_MOST));
    }
    if (argc != 9 || strcmp(argv[1], "drive") != 0 || address_parse(argv[3], &address)) {
        fputs("usage: connect serve ANSWER PORT PORTS\n"
              "       connect drive HELLO ADDRESS PORT PORTS RATE SECONDS LENGTH\n",
              stderr);
        return 2;
    }
    read_file(argv[2], &hello);
    answer_length = number(argv[8], BYTES_MOST);
    drive(&address, number(argv[4], UINT16_MAX), number(argv[5], PORTS_MOST),
          number(argv[6], 1000000), number(argv[7], 3600));
    return 0;
}
