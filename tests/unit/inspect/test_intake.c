/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_intake - packets out of a queue of the kernel's, and an order for each of them, in their
 * order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../gate/queued.h"
#include "inspect/intake.h"
#include "process/birth.h"
#include "story.h"

#include <fcntl.h>
#include <poll.h>

static struct config config;
static struct gifts gifts;
static struct queued at;
static struct story s;
static struct lane *gate;
static struct intake *intake;

static int begin_all(void **state)
{
    queued_enter(state);
    if (!queued_is_there)
        return 0;
    queued_command((const char *[]){"/sbin/ip", "route", "add", "192.0.2.0/24", "dev", "lo", NULL});
    queued_command((const char *[]){"/sbin/ip", "route", "add", "10.0.0.0/8", "dev", "lo", NULL});
    queued_command((const char *[]){"/usr/sbin/iptables-nft", "-A", "OUTPUT", "-p", "tcp", "-j",
                                    "NFQUEUE", "--queue-num", "77", NULL});
    return 0;
}

static int begin(void **state)
{
    char why[CAPTURE_WHY_SIZE];

    if (!queued_is_there)
        return 0;
    config.inspectd.mode = INSPECT_INLINE;
    config.inspectd.gate.queue = QUEUE - 3;
    s = story_begin("10.1.2.3", "192.0.2.1", 443);
    queued_open(&at, true);
    gifts.config = &config;
    gifts.queue[0] = fcntl(at.queue, F_DUPFD_CLOEXEC, 0);
    assert_int_equal(lane_make(&gifts.lanes[0]), STATUS_OK);
    gate = lane_open(&gifts.lanes[0]);
    assert_non_null(gate);
    assert_int_equal(intake_open(&gifts, 3, why, &intake), STATUS_OK);
    return 0;
}

static int end(void **state)
{
    if (!queued_is_there)
        return 0;
    intake_close(intake);
    lane_close(gate);
    lane_close_files(&gifts.lanes[0]);
    queued_close(&at);
    watched_free(s.w);
    return 0;
}

static bool read_all(void)
{
    char why[CAPTURE_WHY_SIZE];
    bool more;
    assert_int_equal(intake_read(intake, s.w->watcher, &more, why), STATUS_OK);
    return more;
}

static bool rings(int descriptor)
{
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static unsigned orders(uint32_t *last)
{
    struct lane_order order;
    unsigned count = 0;

    for (; lane_take_order(gate, &order); count++) {
        if (*last != 0)
            assert_int_equal(order.id, *last + 1);
        *last = order.id;
    }
    return count;
}

static void every_packet_gets_its_order(void **state)
{
    struct lane_order order;
    const int mark = 0x1234;

    queued_need();
    assert_string_equal(intake_name(intake), "queue 77");
    assert_false(rings(intake_descriptor(intake)));
    assert_int_equal(setsockopt(at.sender, SOL_SOCKET, SO_MARK, &mark, sizeof mark), 0);
    queued_say(&at, 1);
    queued_say(&at, 2);
    assert_true(rings(intake_descriptor(intake)));
    assert_false(read_all());
    assert_true(rings(lane_bell(gate)));
    for (uint32_t id = 1; id <= 2; id++) {
        assert_true(lane_take_order(gate, &order));
        assert_int_equal(order.id, id);
        assert_int_equal(order.mark, mark);
        assert_int_equal(order.word, LANE_PASS_HEARD); /* neither end is in a group */
    }
    assert_false(lane_take_order(gate, &order));
}

/* What the story says next, as a packet of the kernel's. */
static void send_segment(unsigned side, uint8_t flags, struct span payload)
{
    const struct packets_shape raw = {.link = LINK_RAW};
    struct segment segment = packets_say(&s.talk, side, flags, payload);
    struct sockaddr_storage to;
    uint8_t bytes[2048];
    struct writer w = writer_over(bytes, sizeof bytes);
    int sender = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

    packets_frame(&w, &raw, &segment);
    assert_false(w.failed);
    const socklen_t size = address_to_sockaddr(&segment.destination, 0, AF_UNSPEC, &to);
    assert_int_equal(
        sendto(sender, bytes, writer_length(&w), 0, (const struct sockaddr *)&to, size),
        writer_length(&w));
    close(sender);
}

static void a_stop_says_what_it_is_about(void **state)
{
    struct lane_order order;

    queued_need();
    send_segment(0, TCP_SYN, span_of(NULL, 0));
    send_segment(1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    send_segment(0, TCP_ACK, story_hello("www.banned.example"));
    assert_false(read_all());
    for (uint32_t id = 1; id < 3; id++) {
        assert_true(lane_take_order(gate, &order));
        assert_int_equal(order.id, id);
        assert_int_equal(order.word, LANE_PASS);
    }
    assert_true(lane_take_order(gate, &order));
    assert_int_equal(order.id, 3);
    assert_int_equal(order.word, LANE_STOP);
    assert_int_equal(order.stop.transport, IP_TCP);
    assert_int_equal(order.stop.client_port, 40000);
    assert_int_equal(order.stop.server_port, 443);
    assert_int_equal(order.stop.rule, s.w->events[0].verdict.rule);
    assert_false(lane_take_order(gate, &order));
}

static void a_batch_leaves_the_rest(void **state)
{
    uint32_t last = 0;

    queued_need();
    for (uint32_t i = 1; i <= 300; i++)
        queued_say(&at, i);
    assert_true(read_all());
    assert_false(read_all());
    assert_int_equal(orders(&last), 300);
}

/* A packet that was taken and for which there is no order would never pass. */
static void no_packet_is_taken_without_room_for_its_order(void **state)
{
    uint32_t last = 0;

    queued_need();
    for (uint32_t i = 1; i <= LANE_SLOTS + 100; i++)
        queued_say(&at, i);
    for (unsigned i = 0; i < 10; i++)
        (void)read_all();
    assert_int_equal(orders(&last), LANE_SLOTS);
    assert_false(read_all());
    assert_int_equal(orders(&last), 100);
}

static void without_its_gifts_it_does_not_begin(void **state)
{
    static struct config wanted;
    static struct gifts none;
    char why[CAPTURE_WHY_SIZE];
    struct intake *got;

    wanted.inspectd.mode = INSPECT_INLINE;
    none.config = &wanted;
    none.queue[0] = -1;
    none.lanes[0] = (struct lane_files){-1, -1};
    assert_int_not_equal(intake_open(&none, 0, why, &got), STATUS_OK);
    assert_non_null(strstr(why, "queue"));
    none.queue[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_not_equal(intake_open(&none, 0, why, &got), STATUS_OK);
    assert_non_null(strstr(why, "lane"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(every_packet_gets_its_order),
        CASE(a_stop_says_what_it_is_about),
        CASE(a_batch_leaves_the_rest),
        CASE(no_packet_is_taken_without_room_for_its_order),
        cmocka_unit_test(without_its_gifts_it_does_not_begin),
    };
    return cmocka_run_group_tests(tests, begin_all, NULL);
}
