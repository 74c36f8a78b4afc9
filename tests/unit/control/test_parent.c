/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dnsd's parent with roles of this test in place of serve, resolve and record, and the real compile
 * role: births, deaths, reloads, refusals, the end. The parent runs in a child of this process.
 *
 * The test's serve answers a UDP packet with a line about itself, so that what it was given shows.
 */
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

static void say_ready(void)
{
    const uint32_t kind = MESSAGE_READY;
    if (send(ROLE_CHANNEL, &kind, sizeof kind, MSG_NOSIGNAL) < 0)
        _exit(1);
}

/* The next message of the parent: its kind, its first number, its descriptor. */
static bool hear(uint32_t *kind, uint32_t *number, int *fd)
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

static void answer(const struct gifts *gifts, int udp, uint32_t generation, unsigned number)
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
    snprintf(line, sizeof line, "serve %u pid %d generation %u channels %u workers %u", number,
             (int)getpid(), generation, channels, gifts->config->dnsd.workers);
    sendto(udp, line, strlen(line), 0, (struct sockaddr *)&from, length);
}

static int serve_main(unsigned number)
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
        if (kind == MESSAGE_POLICY)
            gifts.generation = value;
        if (kind == MESSAGE_GIFT && value == GIFT_CHANNEL)
            gifts.channel[0] = fd;
    }
}

static int plain_main(unsigned number)
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
static int record_main(unsigned number)
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

static void write_file(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void write_file(const char *path, const char *format, ...)
{
    va_list arguments;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

static void write_config(const struct world *w, const char *more)
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

static void write_list(const struct world *w, unsigned serial, const char *domain)
{
    write_file(
        w->list,
        "list: one\ntitle: One\napp: One\nauthority: a test\nreference: https://example.com/\n"
        "owner: a@example.com\nticket: T-1\nserial: %u\nreview_by: 2099-01-01\n"
        "action: sinkhole\nrules:\n  - domain: %s\n",
        serial, domain);
}

static uint16_t free_port(void)
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

static void start(struct world *w)
{
    w->parent = fork();
    if (w->parent == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a test that fails leaves nobody behind */
        log_open("dnsd", LOG_LEVEL_ERROR);
        _exit(parent_run(w->config));
    }
}

/* One question to serve; what it says, or "" after `ms`. */
static const char *ask_serve(struct world *w, const char *order, int ms)
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
static const char *expect_serve(struct world *w, const char *text)
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

static enum status order(const struct world *w, const char *line, char text[TEXT_SIZE],
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

static struct world *world_open(void)
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

static int wait_for_end(struct world *w)
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

static void world_close(struct world *w)
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

static char text[TEXT_SIZE], why[CLIENT_WHY_SIZE];

static int pid_in(const char *line)
{
    const char *at = strstr(line, "pid ");
    return at == NULL ? -1 : (int)strtol(at + 4, NULL, 10);
}

static void starts_serves_and_stops(void **state)
{
    struct world *w = world_open();
    start(w);
    expect_serve(w, "serve 0 pid ");
    assert_non_null(strstr(expect_serve(w, "generation 1"), "channels 1 workers 1"));
    assert_int_equal(order(w, "status", text, why), STATUS_OK);
    assert_non_null(strstr(text, "generation 1"));
    assert_non_null(strstr(text, "One"));
    assert_non_null(strstr(text, "record 0"));
    assert_int_equal(order(w, "counters", text, why), STATUS_OK);
    assert_non_null(strstr(text, "queries "));
    assert_int_equal(order(w, "log debug", text, why), STATUS_OK);
    assert_int_equal(order(w, "log loud", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "flush no..name", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "reload now", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "stop", text, why), STATUS_OK);
    assert_int_equal(wait_for_end(w), 0);
    assert_int_not_equal(access(w->control, F_OK), 0);
    world_close(w);
}

static void a_killed_role_is_back_and_meets_the_others(void **state)
{
    struct world *w = world_open();
    start(w);
    int first = pid_in(expect_serve(w, "serve 0"));
    expect_serve(w, "channels 1");
    clock_ms begin = clock_now();
    kill(first, SIGKILL);
    const char *line = "";
    while (clock_now() - begin < WAIT_MS && (pid_in(line) < 0 || pid_in(line) == first))
        line = ask_serve(w, "?", 20);
    assert_true(clock_now() - begin < 200);
    assert_int_not_equal(pid_in(line), first);
    assert_non_null(strstr(line, "channels 1"));
    assert_int_equal(order(w, "status", text, why), STATUS_OK);
    const char *row = strstr(text, "serve 0");
    assert_non_null(row);
    assert_non_null(strstr(row, "1  in service"));
    world_close(w);
}

static void a_reload_changes_the_policy_alone(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    write_list(w, 2, "other.example");
    assert_int_equal(order(w, "reload", text, why), STATUS_OK);
    assert_non_null(strstr(text, "policy generation 2"));
    assert_int_equal(pid_in(expect_serve(w, "generation 2")), pid);
    kill(w->parent, SIGHUP);
    expect_serve(w, "generation 3");
    world_close(w);
}

static void what_is_wrong_is_named_and_changes_nothing(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    write_list(w, 2, "com");
    assert_int_equal(order(w, "reload", text, why), STATUS_REFUSED);
    assert_non_null(strstr(text, "one.yaml:12:"));
    assert_non_null(strstr(text, "error"));
    write_list(w, 3, "other.example");
    write_config(w, "bogus: 1\n");
    assert_int_equal(order(w, "reload", text, why), STATUS_REFUSED);
    assert_non_null(strstr(text, "bogus"));
    write_config(w, "");
    assert_int_equal(order(w, "reload --accept-change nobody", text, why), STATUS_REFUSED);
    assert_non_null(strstr(text, "nobody"));
    assert_int_equal(pid_in(expect_serve(w, "generation 1")), pid);
    assert_int_equal(order(w, "reload --accept-change=one --accept-change one", text, why),
                     STATUS_OK);
    assert_int_equal(order(w, "reload --accept-change", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "reload --accept-changeXone", text, why), STATUS_REFUSED);
    expect_serve(w, "generation 2");
    world_close(w);
}

static void changed_options_bring_new_processes_without_a_gap(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    for (int i = 0; i < 10; i++)
        assert_string_not_equal(ask_serve(w, "event", 1000), "");
    w->workers = 2;
    write_config(w, "");
    assert_int_equal(order(w, "reload", text, why), STATUS_OK);
    /* From here on every question is answered, by old or new. */
    unsigned answered = 0;
    for (int i = 0; i < 200; i++)
        answered += ask_serve(w, "event", 1000)[0] != 0;
    assert_int_equal(answered, 200);
    assert_int_not_equal(pid_in(expect_serve(w, "workers 2")), pid);
    clock_ms begin = clock_now();
    do {
        assert_int_equal(order(w, "status", text, why), STATUS_OK);
    } while (clock_now() - begin < WAIT_MS &&
             (strstr(text, "leaving") != NULL || strstr(text, "record 0") == NULL));
    assert_null(strstr(text, "leaving"));
    assert_non_null(strstr(text, "serve 1"));
    assert_non_null(strstr(text, "record 0"));
    /* No event and no count was lost with the processes that left. */
    do {
        assert_int_equal(order(w, "counters", text, why), STATUS_OK);
    } while (clock_now() - begin < WAIT_MS && strstr(text, "\nevents 210\n") == NULL);
    assert_non_null(strstr(text, "\nevents 210\n"));
    world_close(w);
}

static void fewer_workers_lose_no_question(void **state)
{
    struct world *w = world_open();
    w->workers = 3;
    write_config(w, "");
    start(w);
    expect_serve(w, "workers 3");
    w->workers = 1;
    write_config(w, "");
    pid_t asker = fork();
    if (asker == 0)
        _exit((int)client_ask(w->control, "reload", memfd_create("answer", 0), why));
    unsigned answered = 0, asked = 0, after = 0;
    clock_ms begin = clock_now();
    while (after < 300 && clock_now() - begin < WAIT_MS) {
        /* A new port each time: it may be any worker that is asked. */
        struct sockaddr_storage to;
        socklen_t length = sizeof to;
        assert_int_equal(getpeername(w->udp, (struct sockaddr *)&to, &length), 0);
        close(w->udp);
        w->udp = socket(AF_INET, SOCK_DGRAM, 0);
        assert_int_equal(connect(w->udp, (struct sockaddr *)&to, length), 0);
        const char *line = ask_serve(w, "?", 2000);
        asked++;
        answered += line[0] != 0;
        after += strstr(line, "workers 1") != NULL;
    }
    assert_int_equal(after, 300);
    assert_int_equal(answered, asked);
    int ended;
    assert_int_equal(waitpid(asker, &ended, 0), asker);
    assert_int_equal(ended, 0);
    world_close(w);
}

static void options_that_do_not_work_are_taken_back(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    w->pending = 77;
    write_config(w, "");
    assert_int_equal(order(w, "reload", text, why), STATUS_REFUSED);
    assert_non_null(strstr(why, "do not stay alive"));
    assert_int_equal(pid_in(expect_serve(w, "workers 1")), pid);
    w->pending = 1000;
    write_config(w, "");
    assert_int_equal(order(w, "reload", text, why), STATUS_OK);
    world_close(w);
}

static void reloads_that_meet_are_all_answered(void **state)
{
    enum { MANY = 8 };
    struct world *w = world_open();
    pid_t askers[MANY];
    int ended;
    start(w);
    expect_serve(w, "generation 1");
    for (int i = 0; i < MANY; i++) {
        askers[i] = fork();
        if (askers[i] == 0)
            _exit((int)client_ask(w->control, "reload", memfd_create("answer", 0), why));
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(waitpid(askers[i], &ended, 0), askers[i]);
        assert_int_equal(ended, 0);
    }
    world_close(w);
}

static void a_bad_policy_at_the_start_leaves_the_old_or_nothing(void **state)
{
    struct world *w = world_open();
    write_list(w, 1, "com");
    start(w);
    assert_int_equal(wait_for_end(w), 1);
    assert_int_not_equal(access(w->control, F_OK), 0);

    write_list(w, 1, "banned.example");
    start(w);
    expect_serve(w, "generation 1");
    kill(w->parent, SIGINT);
    assert_int_equal(wait_for_end(w), 0);

    write_list(w, 2, "com");
    start(w);
    expect_serve(w, "generation 1"); /* with the image of the run before */
    world_close(w);
}

/* The parent of a process; -1 when it is gone. */
static int parent_of(int pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY), parent = -1;
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, line, sizeof line - 1);
    close(fd);
    const char *behind = got > 0 ? strrchr(line, ')') : NULL;
    return behind != NULL && sscanf(behind, ") %*c %d", &parent) == 1 ? parent : -1;
}

static void children_do_not_outlive_a_parent_that_is_killed(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    kill(w->parent, SIGKILL);
    assert_int_equal(wait_for_end(w), -SIGKILL);
    clock_ms begin = clock_now();
    while (kill(pid, 0) == 0 && clock_now() - begin < WAIT_MS) {
        char path[64], line[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || read(fd, line, sizeof line - 1) <= 0 || strstr(line, ") Z") != NULL) {
            close(fd);
            break; /* dead, whoever buries it */
        }
        close(fd);
        usleep(2000);
    }
    assert_true(clock_now() - begin < 1000);
    start(w); /* the path of the dead parent is taken */
    /* Until its last child is gone, one of the dead parent's may still answer. */
    begin = clock_now();
    while (parent_of(pid_in(expect_serve(w, "generation 1"))) != w->parent)
        assert_true(clock_now() - begin < WAIT_MS);
    world_close(w);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_serves_and_stops),
        cmocka_unit_test(a_killed_role_is_back_and_meets_the_others),
        cmocka_unit_test(a_reload_changes_the_policy_alone),
        cmocka_unit_test(what_is_wrong_is_named_and_changes_nothing),
        cmocka_unit_test(changed_options_bring_new_processes_without_a_gap),
        cmocka_unit_test(fewer_workers_lose_no_question),
        cmocka_unit_test(options_that_do_not_work_are_taken_back),
        cmocka_unit_test(reloads_that_meet_are_all_answered),
        cmocka_unit_test(a_bad_policy_at_the_start_leaves_the_old_or_nothing),
        cmocka_unit_test(children_do_not_outlive_a_parent_that_is_killed),
    };
    int code;
    if (role_run(argc, argv, roles, "dnsd", &code))
        return code;
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
