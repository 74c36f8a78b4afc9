/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recorder - every event that was handed over is a line, and every other is counted in one.
 */
#include "record/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events/reader.h"
#include "events/verify.h"
#include "process/ring.h"
#include "../events/folder.h"
#include "../events/sample.h"

#include <signal.h>
#include <sys/resource.h>

enum { SLOTS = 64 };

/* A serve process as far as record knows one. */
struct producer {
    int fd;
    struct ring *ring;
    uint64_t lost, put;
};

static struct folder folder;
static struct recorder *recorder;
static struct producer producers[2];
static struct event event;
static clock_us now;

static void ring_for(struct producer *producer, size_t size)
{
    assert_int_equal(ring_make(SLOTS, size, &producer->fd), STATUS_OK);
    assert_int_equal(ring_open(producer->fd, size, &producer->ring), STATUS_OK);
    producer->lost = producer->put = 0;
}

static void start(void)
{
    static const struct journal_limits none = {0};
    assert_int_equal(recorder_new(folder.fd, &none, "gw", PROGRAM_DNSD, now, &recorder), STATUS_OK);
    for (uint32_t i = 0; i < COUNT_OF(producers); i++)
        assert_int_equal(recorder_add_ring(recorder, producers[i].fd, i, now), STATUS_OK);
}

static int make(void **state)
{
    folder = folder_make();
    now = (clock_us)SAMPLE_AT_SECONDS * 1000000;
    for (size_t i = 0; i < COUNT_OF(producers); i++)
        ring_for(&producers[i], EVENT_DNS_SIZE);
    start();
    struct policy *policy = sample_policy();
    event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    recorder_add_policy(recorder, policy, 1);
    return 0;
}

static int drop(void **state)
{
    recorder_free(recorder, now);
    recorder = NULL;
    for (size_t i = 0; i < COUNT_OF(producers); i++) {
        ring_close(producers[i].ring);
        close(producers[i].fd);
    }
    folder_remove(&folder);
    return 0;
}

/* As serve does it: a count of what did not fit goes with the next that does. */
static void produce(struct producer *producer, uint32_t generation)
{
    event.generation = generation;
    event.lost_before = producer->lost;
    event.id = (uint16_t)producer->put;
    if (ring_put(producer->ring, &event, event_length(&event))) {
        producer->lost = 0;
        producer->put++;
    } else {
        producer->lost++;
    }
}

static struct verified stop(void)
{
    struct verified out;
    recorder_free(recorder, now);
    recorder = NULL;
    assert_int_equal(verify_folder(folder.fd, NULL, NULL, &out), STATUS_OK);
    assert_int_equal(out.findings, 0);
    return out;
}

/* Lines of the folder in which a text stands. */
static unsigned lines_with(const char *text)
{
    struct reader *reader;
    struct entry entry;
    unsigned count = 0;
    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    while (reader_next(reader, true, &entry) == STATUS_OK)
        count += memmem(entry.raw.at, entry.raw.length, text, strlen(text)) != NULL;
    reader_close(reader);
    return count;
}

static void all_rings_are_emptied(void **state)
{
    for (int i = 0; i < 10; i++)
        produce(&producers[0], 1);
    for (int i = 0; i < SLOTS; i++)
        produce(&producers[1], 1);
    assert_int_equal(recorder_poll(recorder, now), 10 + SLOTS);
    assert_int_equal(recorder_poll(recorder, now), 0);
    assert_int_equal(stop().lines, 10 + SLOTS);
}

/* The same folder and chain under another product's name; its rings have room for the wire. */
static void inspectd_has_lines_of_its_own(void **state)
{
    static const struct journal_limits none = {0};
    const struct event before = event;
    struct producer inspector;
    ring_for(&inspector, sizeof event);
    recorder_free(recorder, now);
    assert_int_equal(recorder_new(folder.fd, &none, "gw", PROGRAM_INSPECTD, now, &recorder),
                     STATUS_OK);
    assert_int_equal(recorder_add_ring(recorder, producers[0].fd, 0, now), STATUS_CORRUPT);
    assert_int_equal(recorder_add_ring(recorder, inspector.fd, 0, now), STATUS_OK);
    recorder_add_policy(recorder, sample_policy(), 1);

    event.kind = EVENT_WIRE;
    event.seen = SEEN_TLS;
    event.wire = (struct wire){.spoken = SPOKEN_TLS, .ending = ENDING_NAME, .segments = 2};
    produce(&inspector, 1);
    event.kind = EVENT_HEALTH;
    event.wire = (struct wire){.health = HEALTH_DROPPED, .count = 12};
    produce(&inspector, 1);
    event.wire.health = HEALTH_COUNT_OF; /* of no sound process */
    produce(&inspector, 1);
    event = before;
    assert_int_equal(recorder_poll(recorder, now), 3);
    assert_int_equal(recorder_broken(recorder), 1);
    assert_int_equal(stop().lines, 2);
    assert_int_equal(lines_with("\"product\":\"inspectd\",\"type\":\"ids\""), 2);
    assert_int_equal(lines_with("\"dataset\":\"ponor.wire\""), 1);
    assert_int_equal(lines_with("\"dataset\":\"ponor.health\""), 1);
    assert_int_equal(lines_with("\"id\":\"wechat:14\""), 1);
    ring_close(inspector.ring);
    close(inspector.fd);
}

static void losses_of_all_are_added_up(void **state)
{
    for (int i = 0; i < SLOTS + 7; i++)
        produce(&producers[0], 1);
    for (int i = 0; i < SLOTS + 5; i++)
        produce(&producers[1], 1);
    recorder_poll(recorder, now);
    produce(&producers[0], 1);
    produce(&producers[1], 1);
    struct verified out = stop();
    assert_int_equal(out.lines, 2 * SLOTS + 2);
    assert_int_equal(out.lost, 7 + 5);
}

static void sampled_is_carried(void **state)
{
    event.sampled_before = 99;
    produce(&producers[0], 1);
    event.sampled_before = 0;
    produce(&producers[0], 1);
    assert_int_equal(stop().sampled, 99);
}

/* The disk is full for a while: lines + lost is exactly what was produced. */
static void full_disk_loses_nothing_uncounted(void **state)
{
    struct rlimit before, small;
    uint64_t produced = 0;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){10000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int round = 0; round < 50; round++, now += 20000) {
        for (int i = 0; i < 20; i++, produced += 2) {
            produce(&producers[0], 1);
            produce(&producers[1], 1);
        }
        recorder_poll(recorder, now);
    }
    uint64_t still = producers[0].lost + producers[1].lost;
    assert_in_range(still, 1, produced);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    recorder_poll(recorder, now);
    produce(&producers[0], 1);
    produce(&producers[1], 1);
    produced += 2;
    struct verified out = stop();
    assert_int_equal(out.lost, still);
    assert_int_equal(out.lines - 1 + out.lost, produced); /* one is the notice */
    assert_int_equal(lines_with("record-resumed"), 1);
}

static void event_waits_for_its_policy(void **state)
{
    produce(&producers[0], 1);
    produce(&producers[0], 2);
    produce(&producers[0], 2);
    produce(&producers[1], 1);
    assert_int_equal(recorder_poll(recorder, now), 2);
    now += POLICY_WAIT_US / 2;
    assert_int_equal(recorder_poll(recorder, now), 0);
    recorder_add_policy(recorder, sample_policy(), 2);
    assert_int_equal(recorder_poll(recorder, now), 2);
    assert_int_equal(stop().lines, 4);
    assert_int_equal(lines_with("\"app\":\"WeChat\""), 4);
}

static void policy_that_never_comes_costs_only_texts(void **state)
{
    produce(&producers[0], 9);
    assert_int_equal(recorder_poll(recorder, now), 0);
    now += POLICY_WAIT_US;
    assert_int_equal(recorder_poll(recorder, now), 1);
    produce(&producers[0], 0); /* older than what is known: it will not come */
    assert_int_equal(recorder_poll(recorder, now), 1);
    produce(&producers[0], 9); /* and at the end there is no time to wait */
    assert_int_equal(stop().lines, 3);
    assert_int_equal(lines_with("\"app\":\"WeChat\""), 0);
}

static void many_policies_keep_the_newest(void **state)
{
    for (uint32_t generation = 2; generation < 50; generation++) {
        recorder_add_policy(recorder, sample_policy(), generation);
        produce(&producers[0], generation - 3 > 40 ? 1 : generation);
        recorder_poll(recorder, now);
    }
    recorder_add_policy(recorder, sample_policy(), 49); /* known already */
    recorder_add_policy(recorder, sample_policy(), 3);  /* too old */
    produce(&producers[0], 49 - POLICIES_KEPT + 1);
    produce(&producers[0], 49 - POLICIES_KEPT);
    recorder_poll(recorder, now);
    stop();
    assert_int_equal(lines_with("\"rule\":"), 48 - 6 + 1);
}

static void replaced_policies_are_closed_when_no_event_waits(void **state)
{
    recorder_add_policy(recorder, sample_policy(), 2);
    recorder_poll(recorder, now);
    now += POLICY_RETIRED_US + 1;
    produce(&producers[0], 1); /* late, and in time: it waited in its ring */
    recorder_poll(recorder, now);
    recorder_poll(recorder, now);
    produce(&producers[0], 1);
    produce(&producers[0], 2); /* the newest stays, however old */
    now += 10 * (clock_us)POLICY_RETIRED_US;
    recorder_poll(recorder, now);
    stop();
    assert_int_equal(lines_with("\"rule\":"), 2);
}

static void broken_event_is_counted_as_lost(void **state)
{
    struct event broken = event;
    broken.question.length = 3;
    assert_true(ring_put(producers[0].ring, &broken, EVENT_DNS_SIZE));
    broken = event;
    broken.verdict.action = 77;
    assert_true(ring_put(producers[0].ring, &broken, EVENT_DNS_SIZE));
    produce(&producers[0], 1);
    recorder_poll(recorder, now);
    assert_int_equal(recorder_broken(recorder), 2);
    struct verified out = stop();
    assert_int_equal(out.lines, 1);
    assert_int_equal(out.lost, 2);
}

static void replaced_worker_is_read_to_its_end(void **state)
{
    struct producer next;
    ring_for(&next, EVENT_DNS_SIZE);
    assert_int_equal(recorder_add_ring(recorder, next.fd, 0, now), STATUS_OK);
    assert_int_equal(recorder_add_ring(recorder, next.fd, 0, now), STATUS_OK); /* known */
    produce(&producers[0], 1);
    produce(&next, 1);
    assert_int_equal(recorder_poll(recorder, now), 2);
    now += RING_RETIRED_US + 1;
    produce(&producers[0], 1);
    assert_int_equal(recorder_poll(recorder, now), 1);
    recorder_poll(recorder, now);
    produce(&producers[0], 1);
    produce(&next, 1);
    assert_int_equal(recorder_poll(recorder, now), 1); /* the old ring is closed now */
    ring_close(next.ring);
    close(next.fd);
}

/* What record took and wrote survives it; what it did not take waits in the ring for the next. */
static void restart_goes_on_in_the_rings(void **state)
{
    for (int i = 0; i < 5; i++)
        produce(&producers[0], 1);
    recorder_poll(recorder, now);
    recorder_free(recorder, now);
    for (int i = 0; i < 5; i++)
        produce(&producers[0], 1);
    start();
    recorder_add_policy(recorder, sample_policy(), 1);
    assert_int_equal(recorder_poll(recorder, now), 5);
    assert_int_equal(stop().lines, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_rings_are_emptied, make, drop),
        cmocka_unit_test_setup_teardown(inspectd_has_lines_of_its_own, make, drop),
        cmocka_unit_test_setup_teardown(losses_of_all_are_added_up, make, drop),
        cmocka_unit_test_setup_teardown(sampled_is_carried, make, drop),
        cmocka_unit_test_setup_teardown(full_disk_loses_nothing_uncounted, make, drop),
        cmocka_unit_test_setup_teardown(event_waits_for_its_policy, make, drop),
        cmocka_unit_test_setup_teardown(policy_that_never_comes_costs_only_texts, make, drop),
        cmocka_unit_test_setup_teardown(many_policies_keep_the_newest, make, drop),
        cmocka_unit_test_setup_teardown(replaced_policies_are_closed_when_no_event_waits, make,
                                        drop),
        cmocka_unit_test_setup_teardown(broken_event_is_counted_as_lost, make, drop),
        cmocka_unit_test_setup_teardown(replaced_worker_is_read_to_its_end, make, drop),
        cmocka_unit_test_setup_teardown(restart_goes_on_in_the_rings, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
