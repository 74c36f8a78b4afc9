/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * world - dnsd's parent with roles of the tests in place of serve, resolve and record, and the real
 * compile role. The parent runs in a child of the test.
 *
 * Used by test_parent.c and test_reload.c. The tests' serve answers a UDP packet with a line about
 * itself, so that what it was given shows.
 */
#ifndef UNIT_CONTROL_WORLD_H
#define UNIT_CONTROL_WORLD_H

#include "base/log.h"
#include "command/client.h"
#include "compile/compile.h"
#include "control/parent.h"
#include "events/event.h"
#include "process/birth.h"
#include "process/ring.h"
#include "process/role.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../base/texts.h"

enum { TEXT_SIZE = 1 << 16, PATH_SIZE = 128, WAIT_MS = 8000 };

static inline void say_ready(void)
{
    const uint32_t kind = MESSAGE_READY;
    if (send(ROLE_CHANNEL, &kind, sizeof kind, MSG_NOSIGNAL) < 0)
        _exit(1);
}

/* The next message of the parent: its kind, its first number, its descriptor. */
static inline bool hear(uint32_t *kind, uint32_t *number, int *fd)
{
    uint32_t words[512] = {0};
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {words, sizeof words};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    if (recvmsg(ROLE_CHANNEL, &header, 0) <= 0)
        return false;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    *fd = -1;
    if (c != NULL)
        memcpy(fd, CMSG_DATA(c), sizeof *fd);
    *kind = words[0];
    *number = words[1];
    return true;
}

static uint32_t level_heard; /* by the tests' serve */

static inline void answer(const struct gifts *gifts, int udp, uint32_t generation, unsigned number)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    char line[200], order[16] = "";
    struct event event = {.id = 1};
    struct ring *ring;
    unsigned channels = 0;

    if (recvfrom(udp, order, sizeof order - 1, 0, (struct sockaddr *)&from, &length) < 0)
        return;
    if (order[0] == 'e' && ring_open(gifts->ring[0], EVENT_DNS_SIZE, &ring) == STATUS_OK) {
        ring_put(ring, &event, EVENT_DNS_SIZE);
        ring_close(ring);
    }
    for (int i = 0; i < WORKERS_MOST; i++)
        channels += gifts->channel[i] >= 0;
    gifts->counters->value[COUNT_QUERIES]++;
    snprintf(line, sizeof line, "serve %u pid %d generation %u channels %u workers %u level %u",
             number, (int)getpid(), generation, channels, gifts->config->dnsd.workers, level_heard);
    sendto(udp, line, strlen(line), 0, (struct sockaddr *)&from, length);
}

static inline int serve_main(unsigned number)
{
    static struct gifts gifts;
    uint8_t secret[SECRET_SIZE];
    uint32_t kind, value;
    int fd;

    birth_take(&gifts);
    struct policy *policy = NULL;
    if (!birth_read(gifts.secret, secret, sizeof secret) || gifts.udp[0] < 0 || gifts.tcp[0] < 0 ||
        gifts.counters == NULL || policy_open(gifts.policy, &policy) != STATUS_OK)
        role_die("not all that serve needs was given");
    policy_close(policy);
    if (gifts.config->dnsd.pending_most == 77) /* the test asks for a configuration that fails */
        role_die("as the test asked");
    say_ready();
    for (;;) {
        struct pollfd sources[] = {{ROLE_CHANNEL, POLLIN, 0}, {gifts.udp[0], POLLIN, 0}};
        if (poll(sources, 2, -1) < 0)
            continue;
        if (sources[1].revents != 0)
            answer(&gifts, gifts.udp[0], gifts.generation, number);
        if (sources[0].revents == 0)
            continue;
        if (!hear(&kind, &value, &fd) || kind == MESSAGE_DRAIN)
            return 0;
        if (kind == MESSAGE_LEVEL)
            level_heard = value;
        if (kind == MESSAGE_POLICY)
            gifts.generation = value;
        if (kind == MESSAGE_GIFT && value == GIFT_CHANNEL)
            gifts.channel[0] = fd;
    }
}

static inline int plain_main(unsigned number)
{
    static struct gifts gifts;
    uint32_t kind, value;
    int fd;

    birth_take(&gifts);
    say_ready();
    while (hear(&kind, &value, &fd) && kind != MESSAGE_DRAIN)
        continue;
    return 0;
}

/* Counts what is in the rings at its end, so that the test sees that all were emptied. */
static inline int record_main(unsigned number)
{
    static struct gifts gifts;
    static struct ring *rings[RINGS_MOST];
    struct event event;
    struct pollfd parent = {ROLE_CHANNEL, POLLIN, 0};
    uint32_t kind = 0, value;
    int fd;

    birth_take(&gifts);
    if (gifts.folder < 0 || gifts.ring_count == 0)
        role_die("not all that record needs was given");
    for (uint32_t i = 0; i < gifts.ring_count; i++) {
        if (ring_open(gifts.ring[i], EVENT_DNS_SIZE, &rings[i]) != STATUS_OK)
            role_die("a ring is none");
    }
    say_ready();
    do {
        if (poll(&parent, 1, 5) > 0 && !hear(&kind, &value, &fd))
            return 0;
        for (uint32_t i = 0; i < gifts.ring_count; i++) {
            while (ring_peek(rings[i], &event)) {
                ring_take(rings[i], 0);
                ring_release(rings[i]);
                gifts.counters->value[COUNT_EVENTS]++;
            }
        }
    } while (kind != MESSAGE_DRAIN);
    return 0;
}

static const struct role roles[] = {
    {"serve", serve_main, NULL, 0},
    {"resolve", plain_main, NULL, 0},
    {"record", record_main, NULL, 0},
    {"compile", compile_main, NULL, 0},
    {NULL, NULL, NULL, 0},
};

/* The world: a folder with a configuration and a list, and the parent in a process. */

struct world {
    char folder[PATH_SIZE], config[PATH_SIZE], list[PATH_SIZE], control[PATH_SIZE];
    uint16_t port;
    unsigned workers, pending;
    int udp;
    pid_t parent;
};

static inline void write_file(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void write_file(const char *path, const char *format, ...)
{
    va_list arguments;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

static inline void write_config(const struct world *w, const char *more)
{
    write_file(w->config,
               "image: policy.image\ncontrol: control.sock\nlog: error\n"
               "lists:\n  - {list: one, file: one.yaml}\n"
               "groups:\n  - {group: default, clients: [127.0.0.0/8], lists: [one]}\n"
               "dnsd:\n  listen: [127.0.0.1@%u]\n  workers: %u\n  resolvers: 1\n  mode: forward\n"
               "  pending: %u\n"
               "  forward:\n    to: [127.0.0.1@9]\n  events:\n    folder: events\n%s",
               w->port, w->workers, w->pending, more);
}

static inline void write_list(const struct world *w, unsigned serial, const char *domain)
{
    write_file(
        w->list,
        "list: one\ntitle: One\napp: One\nauthority: a test\nreference: https://example.com/\n"
        "owner: a@example.com\nticket: T-1\nserial: %u\nreview_by: 2099-01-01\n"
        "action: sinkhole\nrules:\n  - domain: %s\n",
        serial, domain);
}

static inline uint16_t free_port(void)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    const struct address loopback = address_of("127.0.0.1");
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    length = address_to_sockaddr(&loopback, 0, AF_INET, &address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return port_from_sockaddr((struct sockaddr *)&address);
}

static inline void start(struct world *w)
{
    w->parent = fork();
    if (w->parent == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a test that fails leaves nobody behind */
        log_open("dnsd", LOG_LEVEL_ERROR);
        _exit(parent_run(w->config));
    }
}

/* One question to serve; what it says, or "" after `ms`. */
static inline const char *ask_serve(struct world *w, const char *order, int ms)
{
    static char line[256];
    struct pollfd source = {w->udp, POLLIN, 0};
    line[0] = 0;
    if (send(w->udp, order, strlen(order), 0) < 0)
        return line;
    if (poll(&source, 1, ms) <= 0)
        return line;
    ssize_t got = recv(w->udp, line, sizeof line - 1, MSG_DONTWAIT);
    line[got > 0 ? got : 0] = 0;
    return line;
}

/* Asks until the answer holds `text`. */
static inline const char *expect_serve(struct world *w, const char *text)
{
    clock_ms begin = clock_now();
    const char *line = "";
    while (clock_now() - begin < WAIT_MS) {
        line = ask_serve(w, "?", 100);
        if (strstr(line, text) != NULL)
            return line;
    }
    fail_msg("serve never said `%s`, last `%s`", text, line);
    return line;
}

static inline enum status order(const struct world *w, const char *line, char text[TEXT_SIZE],
                                char why[CLIENT_WHY_SIZE])
{
    int out = memfd_create("answer", 0);
    why[0] = 0;
    memset(text, 0, TEXT_SIZE);
    enum status status = client_ask(w->control, line, out, why);
    assert_true(pread(out, text, TEXT_SIZE - 1, 0) >= 0);
    close(out);
    return status;
}

static inline struct world *world_open(void)
{
    struct sockaddr_storage address;
    const struct address loopback = address_of("127.0.0.1");
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "/tmp/ponor-test-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->config, sizeof w->config, "%.60s/ponor.yaml", w->folder);
    snprintf(w->list, sizeof w->list, "%.60s/one.yaml", w->folder);
    snprintf(w->control, sizeof w->control, "%.60s/control.sock", w->folder);
    w->port = free_port();
    w->workers = 1;
    w->pending = 1000;
    write_config(w, "");
    write_list(w, 1, "banned.example");
    socklen_t length = address_to_sockaddr(&loopback, w->port, AF_INET, &address);
    w->udp = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(connect(w->udp, (struct sockaddr *)&address, length), 0);
    return w;
}

static inline int wait_for_end(struct world *w)
{
    int ended = -1;
    clock_ms begin = clock_now();
    while (waitpid(w->parent, &ended, WNOHANG) == 0) {
        if (clock_now() - begin > WAIT_MS)
            fail_msg("the parent does not end");
        usleep(5000);
    }
    w->parent = 0;
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -WTERMSIG(ended);
}

static inline void world_close(struct world *w)
{
    static const char *const names[] = {"ponor.yaml", "one.yaml", "policy.image", "events"};
    char path[PATH_SIZE * 2];
    if (w->parent > 0) {
        kill(w->parent, SIGTERM);
        assert_int_equal(wait_for_end(w), 0);
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", w->folder, names[i]);
        remove(path);
    }
    assert_int_equal(rmdir(w->folder), 0); /* nothing else was left */
    close(w->udp);
    free(w);
}

static inline int pid_in(const char *line)
{
    const char *at = strstr(line, "pid ");
    return at == NULL ? -1 : (int)strtol(at + 4, NULL, 10);
}

#endif
