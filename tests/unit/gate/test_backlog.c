/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the kernel says of its queues: who waits, who came last, who found no room; for as many
 * queues as there may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/backlog.h"
#include "queued.h"

enum { CROWD = 100 };

static struct backlog *backlog;

static int begin(void **state)
{
    if (queued_is_there)
        assert_int_equal(backlog_open(&backlog), STATUS_OK);
    return 0;
}

static int end(void **state)
{
    if (queued_is_there)
        backlog_close(backlog);
    return 0;
}

static const struct backlog_queue *look(void)
{
    assert_true(backlog_read(backlog));
    return backlog_of(backlog, QUEUE);
}

static void without_a_queue_there_is_none(void **state)
{
    struct queued at;

    queued_need();
    assert_null(look());
    queued_open(&at, true);
    assert_non_null(look());
    assert_null(backlog_of(backlog, QUEUE + 1));
    queued_close(&at);
    assert_null(look());
}

static void what_waits_is_counted(void **state)
{
    struct queued at;

    queued_need();
    queued_open(&at, false);
    assert_int_equal(look()->waiting, 0);
    assert_int_equal(look()->last, 0);
    for (uint32_t i = 1; i <= 3; i++)
        queued_say(&at, i);
    const struct backlog_queue *queue = look();
    assert_int_equal(queue->number, QUEUE);
    assert_int_equal(queue->waiting, 3);
    assert_int_equal(queue->last, 3);
    assert_int_equal(queue->lost, 0);
    queued_close(&at);
}

static void what_finds_no_room_is_counted(void **state)
{
    struct queued at;
    const int little = 4096;

    queued_need();
    queued_open(&at, false);
    assert_int_equal(setsockopt(at.queue, SOL_SOCKET, SO_RCVBUFFORCE, &little, sizeof little), 0);
    for (uint32_t i = 1; i <= CROWD; i++)
        queued_say(&at, i);
    const struct backlog_queue *queue = look();
    assert_true(queue->waiting > 0);
    assert_true(queue->lost > 0);
    assert_int_equal(queue->waiting + queue->lost, CROWD);
    queued_close(&at);
}

/* More than the kernel says in one go. */
static void all_queues_are_seen(void **state)
{
    char why[CAPTURE_WHY_SIZE];
    int queues[BACKLOG_QUEUES_MOST];

    queued_need();
    for (uint16_t i = 0; i < BACKLOG_QUEUES_MOST; i++)
        assert_int_equal(capture_claim_queue(QUEUE + i, true, why, &queues[i]), STATUS_OK);
    assert_true(backlog_read(backlog));
    for (uint16_t i = 0; i < BACKLOG_QUEUES_MOST; i++) {
        assert_non_null(backlog_of(backlog, QUEUE + i));
        close(queues[i]);
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(without_a_queue_there_is_none),
        CASE(what_waits_is_counted),
        CASE(what_finds_no_room_is_counted),
        CASE(all_queues_are_seen),
    };
    return cmocka_run_group_tests(tests, queued_enter, NULL);
}
