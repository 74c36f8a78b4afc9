/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A queue of the kernel's has one owner, who may come while packets do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../gate/queued.h"

#include <signal.h>
#include <sys/prctl.h>

static void a_queue_has_one_owner(void **state)
{
    struct queued at;
    char why[CAPTURE_WHY_SIZE];
    int other;

    queued_need();
    queued_open(&at, true);
    assert_int_equal(capture_claim_queue(QUEUE, true, why, &other), STATUS_SYSTEM);
    assert_int_equal(other, -1);
    assert_non_null(strstr(why, "queue 77"));
    assert_non_null(strstr(why, "another program has it"));
    assert_non_null(strstr(why, "`queue` of `gate`"));
    queued_close(&at);
    assert_int_equal(capture_claim_queue(QUEUE, true, why, &other), STATUS_OK);
    close(other);
}

/* Sends to nobody, without end. */
static void flood(void)
{
    static const char large[1400];
    const struct sockaddr_in nobody = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int sender = socket(AF_INET, SOCK_DGRAM, 0);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        (void)sendto(sender, large, sizeof large, MSG_DONTWAIT, (const struct sockaddr *)&nobody,
                     sizeof nobody);
}

/* After a restart the table is there already: packets come before the kernel's answer does. */
static void it_can_be_claimed_while_packets_come(void **state)
{
    char why[CAPTURE_WHY_SIZE];
    unsigned failed = 0;
    int fd, ended;

    queued_need();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        flood();
    for (unsigned i = 0; i < 20000; i++) {
        if (capture_claim_queue(QUEUE, true, why, &fd) == STATUS_OK) {
            close(fd);
        } else {
            failed++;
            print_message("# %s\n", why);
        }
    }
    kill(child, SIGKILL);
    waitpid(child, &ended, 0);
    assert_int_equal(failed, 0);
}

static unsigned seen;
static uint32_t last;

static void on_packet(void *owner, const struct captured *packet)
{
    const int *mark = owner;

    assert_int_equal(packet->link, LINK_RAW);
    assert_int_equal(packet->bytes.length, 20 + 8 + 4);
    assert_int_equal(packet->sent, packet->bytes.length);
    assert_int_equal(packet->bytes.at[0], 0x45);
    assert_int_equal(packet->mark, *mark);
    assert_int_equal(packet->id, last + 1);
    last = packet->id;
    seen++;
}

static void packets_come_with_number_and_mark(void **state)
{
    struct queued at;
    struct capture *capture;
    char why[CAPTURE_WHY_SIZE];
    const int mark = 0x1234;
    unsigned count;

    queued_need();
    queued_open(&at, false);
    assert_int_equal(setsockopt(at.sender, SOL_SOCKET, SO_MARK, &mark, sizeof mark), 0);
    for (uint32_t i = 1; i <= 3; i++)
        queued_say(&at, i);
    const struct capture_options options = {.place = "queue 77", .descriptor = at.queue};
    assert_int_equal(capture_queue.open(&options, why, &capture), STATUS_OK);
    at.queue = -1;
    void *owner = &(int){mark};
    assert_int_equal(capture_queue.read(capture, 2, on_packet, owner, &count, why), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(capture_queue.read(capture, 2, on_packet, owner, &count, why), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(seen, 3);
    assert_int_equal(capture_queue.counts(capture).received, 3);
    assert_int_equal(capture_queue.counts(capture).dropped, 0);
    capture_queue.close(capture);
    queued_close(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_has_one_owner),
        cmocka_unit_test(it_can_be_claimed_while_packets_come),
        cmocka_unit_test(packets_come_with_number_and_mark),
    };
    return cmocka_run_group_tests(tests, queued_enter, NULL);
}
