/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A desk on a real queue of the kernel's, in a network namespace of the test's own: what becomes of
 * packets when inspect answers, when it is silent, far behind, or answers for others.
 */
#include "gate/desk.h"

#include "firewall/held.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { QUEUE = 77, PATIENCE_MS = 100, STEP_MS = 5, PORT = 9999 };

static const struct queue_marks marks = {1 << 28, 1 << 29, 1 << 30};

static bool has_namespace;
static struct event_base *base;
static struct lane_files files;
static struct lane *inspect;
static struct desk *desk;
static struct counters *counters;
static struct holder *holder;
static struct config config;
static int receiver, sender;

static void command(const char *const argv[])
{
    char *none[] = {NULL};
    pid_t pid;
    int ended;

    assert_int_equal(posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, none), 0);
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_int_equal(ended, 0);
}

static int begin_all(void **state)
{
    has_namespace = geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
    if (!has_namespace)
        return 0;
    command((const char *[]){"/sbin/ip", "link", "set", "lo", "up", NULL});
    command((const char *[]){"/usr/sbin/iptables-nft", "-A", "OUTPUT", "-p", "udp", "-j", "NFQUEUE",
                             "--queue-num", "77", NULL});
    return 0;
}

static int begin_with(bool closed)
{
    const struct desk_options options = {.patience_ms = PATIENCE_MS, .closed = closed};
    struct desk_options with_queue = options;
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char why[QUEUE_WHY_SIZE];
    int fd, room = 1 << 24; /* what waits in the queue is still the sender's */

    if (!has_namespace)
        return 0;
    assert_int_equal(config_defaults(&config), STATUS_OK);
    config.inspectd.mode = INSPECT_INLINE;
    assert_int_equal(counters_make(&fd), STATUS_OK);
    counters = counters_open(fd);
    close(fd);
    assert_int_equal(held_make(64, &fd), STATUS_OK);
    holder = holder_new(&config, fd, counters);
    assert_non_null(holder);
    close(fd);
    assert_int_equal(lane_make(&files), STATUS_OK);
    inspect = lane_open(&files);
    assert_int_equal(queue_open(QUEUE, !closed, &marks, why, &with_queue.queue), STATUS_OK);
    desk = desk_new(&with_queue, &files, holder, counters);
    assert_non_null(desk);
    base = event_base_new();
    assert_int_equal(desk_run(desk, base), STATUS_OK);
    receiver = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setsockopt(sender, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    assert_int_equal(bind(receiver, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(connect(sender, (struct sockaddr *)&at, sizeof at), 0);
    return 0;
}

static int begin_open(void **state)
{
    return begin_with(false);
}

static int begin_closed(void **state)
{
    return begin_with(true);
}

static int end(void **state)
{
    if (!has_namespace)
        return 0;
    desk_free(desk);
    holder_free(holder);
    lane_close(inspect);
    lane_close_files(&files);
    event_base_free(base);
    close(receiver);
    close(sender);
    return 0;
}

static void need_namespace(void)
{
    if (!has_namespace)
        skip();
}

static void say(uint32_t number)
{
    assert_int_equal(send(sender, &number, sizeof number, 0), sizeof number);
}

/* Gives time to desk and kernel. */
static void run(unsigned ms)
{
    for (unsigned passed = 0; passed < ms; passed += STEP_MS) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        desk_tick(desk, clock_now());
        usleep(STEP_MS * 1000);
    }
    event_base_loop(base, EVLOOP_NONBLOCK);
}

/* How many numbers have come; they must be those from `first` on, in order. */
static unsigned heard_from(uint32_t first)
{
    uint32_t number;
    unsigned count = 0;

    while (recv(receiver, &number, sizeof number, 0) == sizeof number)
        assert_int_equal(number, first + count++);
    return count;
}

static void answer(const struct lane_packet *packet, enum lane_word word)
{
    struct lane_order order = {.id = packet->id, .word = word};
    if (word == LANE_STOP)
        order.stop = (struct stop){.rule = RULE_NONE, .transport = IPPROTO_UDP};
    assert_true(lane_put_order(inspect, &order));
    lane_ring_gate(inspect);
}

static struct lane_packet packet;

static void a_packet_passes_when_it_may(void **state)
{
    need_namespace();
    say(1);
    run(20);
    assert_int_equal(heard_from(1), 0);
    assert_true(lane_take_packet(inspect, &packet));
    assert_int_equal(packet.sent, 20 + 8 + 4);
    assert_int_equal(packet.length, packet.sent);
    assert_int_equal(packet.bytes[0], 0x45);
    answer(&packet, LANE_PASS);
    run(20);
    assert_int_equal(heard_from(1), 1);
    assert_int_equal(counters->value[COUNT_QUEUED], 1);
    assert_int_equal(counters->value[COUNT_BYPASSED], 0);
}

static void words_of_different_kinds_keep_their_order(void **state)
{
    static const enum lane_word words[] = {LANE_PASS, LANE_PASS_HEARD, LANE_PASS,
                                           LANE_PASS_SERVER_HEARD, LANE_PASS};
    need_namespace();
    for (uint32_t i = 0; i < COUNT_OF(words); i++)
        say(i);
    run(20);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        assert_true(lane_take_packet(inspect, &packet));
        answer(&packet, words[i]);
    }
    run(20);
    /* Each at its verdict: plain passes go behind those with a mark. */
    unsigned count = 0;
    uint32_t number, seen = 0;
    while (recv(receiver, &number, sizeof number, 0) == sizeof number) {
        seen |= UINT32_C(1) << number;
        count++;
    }
    assert_int_equal(count, COUNT_OF(words));
    assert_int_equal(seen, 0x1f);
}

static void silence_opens_what_is_open(void **state)
{
    need_namespace();
    say(1);
    say(2);
    run(PATIENCE_MS / 2);
    assert_int_equal(heard_from(1), 0);
    run(PATIENCE_MS);
    assert_int_equal(heard_from(1), 2);
    assert_int_equal(counters->value[COUNT_BYPASSED], 2);
    say(3); /* blind: at once, and shown all the same */
    run(10);
    assert_int_equal(heard_from(3), 1);
    for (unsigned i = 0; i < 3; i++)
        assert_true(lane_take_packet(inspect, &packet));
    answer(&packet, LANE_PASS); /* it has caught up */
    run(10);
    say(4);
    run(20);
    assert_int_equal(heard_from(4), 0);
    assert_true(lane_take_packet(inspect, &packet));
    answer(&packet, LANE_PASS);
    run(20);
    assert_int_equal(heard_from(4), 1);
}

static void silence_closes_what_is_closed(void **state)
{
    need_namespace();
    say(1);
    run(PATIENCE_MS * 2);
    say(2);
    run(20);
    assert_int_equal(heard_from(1), 0);
    assert_int_equal(counters->value[COUNT_BYPASSED], 2);
    assert_true(lane_take_packet(inspect, &packet));
    assert_true(lane_take_packet(inspect, &packet));
    answer(&packet, LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 0); /* its verdict was another */
    say(3);
    run(10);
    assert_true(lane_take_packet(inspect, &packet));
    answer(&packet, LANE_PASS);
    run(10);
    assert_int_equal(heard_from(3), 1);
}

static void an_order_that_is_missing_is_made_up_for(void **state)
{
    need_namespace();
    for (uint32_t i = 1; i <= 3; i++)
        say(i);
    run(20);
    for (unsigned i = 0; i < 3; i++)
        assert_true(lane_take_packet(inspect, &packet));
    answer(&packet, LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 3);
    assert_int_equal(counters->value[COUNT_BYPASSED], 2);
}

static void orders_about_others_change_nothing(void **state)
{
    need_namespace();
    say(1);
    run(20);
    packet.id = 5;
    answer(&packet, LANE_PASS);
    packet.id = UINT64_MAX;
    answer(&packet, LANE_PASS);
    run(20);
    assert_int_equal(heard_from(1), 0);
    assert_int_equal(counters->value[COUNT_BYPASSED], 0);
}

/* More than may wait at a time: the rest stays in the kernel. */
static void a_crowd_waits_and_none_is_lost(void **state)
{
    enum { CROWD = 3 * LANE_SLOTS };
    unsigned heard = 0;

    need_namespace();
    for (uint32_t i = 0; i < CROWD; i++)
        say(i);
    for (unsigned round = 0; round < 200 && heard < CROWD; round++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        while (lane_take_packet(inspect, &packet)) {
            struct lane_order order = {.id = packet.id, .word = LANE_PASS};
            assert_true(lane_put_order(inspect, &order));
        }
        lane_ring_gate(inspect);
        event_base_loop(base, EVLOOP_NONBLOCK);
        heard += heard_from(heard);
    }
    assert_int_equal(heard, CROWD);
    assert_int_equal(counters->value[COUNT_QUEUE_OVERRUNS], 0);
}

static void who_ends_leaves_nobody_waiting(void **state)
{
    need_namespace();
    say(1);
    run(20);
    desk_free(desk);
    desk = NULL;
    usleep(10000);
    assert_int_equal(heard_from(1), 1);
}

static void a_queue_has_one_owner(void **state)
{
    char why[QUEUE_WHY_SIZE];
    struct queue *other;

    need_namespace();
    assert_int_equal(queue_open(QUEUE, true, &marks, why, &other), STATUS_SYSTEM);
    assert_non_null(strstr(why, "queue 77"));
    assert_non_null(strstr(why, "another program has it"));
}

int main(void)
{
#define OPEN(f)   cmocka_unit_test_setup_teardown(f, begin_open, end)
#define CLOSED(f) cmocka_unit_test_setup_teardown(f, begin_closed, end)
    const struct CMUnitTest tests[] = {
        OPEN(a_packet_passes_when_it_may),
        OPEN(words_of_different_kinds_keep_their_order),
        OPEN(silence_opens_what_is_open),
        CLOSED(silence_closes_what_is_closed),
        OPEN(an_order_that_is_missing_is_made_up_for),
        OPEN(orders_about_others_change_nothing),
        OPEN(a_crowd_waits_and_none_is_lost),
        OPEN(who_ends_leaves_nobody_waiting),
        OPEN(a_queue_has_one_owner),
    };
    return cmocka_run_group_tests(tests, begin_all, NULL);
}
