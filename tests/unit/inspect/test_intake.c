/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_intake - packets out of a lane, and an order for each of them, in their order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "inspect/intake.h"
#include "process/birth.h"
#include "story.h"

#include <poll.h>

struct place {
    struct story s;
    struct config config;
    struct gifts gifts;
    struct lane_files files;
    struct lane *gate;
    struct intake *intake;
};

static struct place *begin(void)
{
    struct place *p = calloc(1, sizeof *p);
    char why[CAPTURE_WHY_SIZE];

    assert_non_null(p);
    p->s = story_begin("10.1.2.3", "192.0.2.1", 443);
    p->config.inspectd.mode = INSPECT_INLINE;
    p->config.inspectd.gate.queue = 5300;
    p->gifts.config = &p->config;
    assert_int_equal(lane_make(&p->files), STATUS_OK);
    p->gifts.lanes[0] = p->files;
    p->gate = lane_open(&p->files);
    assert_non_null(p->gate);
    assert_int_equal(intake_open(&p->gifts, 3, why, &p->intake), STATUS_OK);
    return p;
}

static void end(struct place *p)
{
    intake_close(p->intake);
    lane_close(p->gate);
    lane_close_files(&p->files);
    watched_free(p->s.w);
    free(p);
}

static void show(struct place *p, uint64_t id, unsigned side, uint8_t flags, struct span payload)
{
    static struct lane_packet packet;
    const struct packets_shape raw = {.link = LINK_RAW};
    struct segment segment = packets_say(&p->s.talk, side, flags, payload);
    struct writer w = writer_over(packet.bytes, sizeof packet.bytes);

    packets_frame(&w, &raw, &segment);
    assert_false(w.failed);
    packet.id = id;
    packet.at = p->s.w->now += 1000;
    packet.sent = packet.length = (uint32_t)writer_length(&w);
    assert_true(lane_put_packet(p->gate, &packet));
}

static bool rings(int bell)
{
    struct pollfd wait = {.fd = bell, .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static bool read_all(struct place *p)
{
    char why[CAPTURE_WHY_SIZE];
    bool more;
    assert_int_equal(intake_read(p->intake, p->s.w->watcher, &more, why), STATUS_OK);
    return more;
}

static void every_packet_gets_its_order(void **state)
{
    struct place *p = begin();
    struct lane_order order;

    assert_string_equal(intake_name(p->intake), "queue 5303");
    show(p, 71, 0, TCP_SYN, span_of(NULL, 0));
    show(p, 72, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    show(p, 73, 0, TCP_ACK, story_hello("www.banned.example"));
    lane_ring_inspect(p->gate);
    assert_true(rings(intake_descriptor(p->intake)));
    assert_false(read_all(p));
    assert_false(rings(intake_descriptor(p->intake)));
    assert_true(rings(lane_gate_bell(p->gate)));
    for (uint64_t id = 71; id < 73; id++) {
        assert_true(lane_take_order(p->gate, &order));
        assert_int_equal(order.id, id);
        assert_int_equal(order.word, LANE_PASS);
    }
    assert_true(lane_take_order(p->gate, &order));
    assert_int_equal(order.id, 73);
    assert_int_equal(order.word, LANE_STOP);
    assert_int_equal(order.stop.server_port, 443);
    assert_int_equal(order.stop.rule, p->s.w->events[0].verdict.rule);
    assert_false(lane_take_order(p->gate, &order));
    end(p);
}

static void a_batch_leaves_the_rest(void **state)
{
    struct place *p = begin();
    struct lane_order order;
    unsigned ordered = 0;

    for (unsigned i = 0; i < 300; i++)
        show(p, 1 + i, 0, TCP_SYN, span_of(NULL, 0));
    lane_ring_inspect(p->gate);
    assert_true(read_all(p));
    assert_false(read_all(p));
    while (lane_take_order(p->gate, &order))
        ordered += order.id == ordered + 1;
    assert_int_equal(ordered, 300);
    end(p);
}

static void without_a_lane_there_is_nothing_to_read(void **state)
{
    static struct gifts gifts;
    static struct config config;
    char why[CAPTURE_WHY_SIZE];
    struct intake *intake;

    config.inspectd.mode = INSPECT_INLINE;
    gifts.config = &config;
    gifts.lanes[0] = (struct lane_files){-1, -1, -1, -1};
    assert_int_not_equal(intake_open(&gifts, 0, why, &intake), STATUS_OK);
    assert_non_null(strstr(why, "lane"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packet_gets_its_order),
        cmocka_unit_test(a_batch_leaves_the_rest),
        cmocka_unit_test(without_a_lane_there_is_nothing_to_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
