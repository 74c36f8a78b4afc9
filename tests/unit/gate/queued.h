/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queued - a network namespace of the test's own, in which UDP to oneself waits in a queue.
 *
 * Used by tests of gate, capture and inspect that need a queue of the kernel's. Skips without root.
 */
#ifndef TESTS_QUEUED_H
#define TESTS_QUEUED_H

#include "capture/capture.h"

#include <arpa/inet.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUEUE = 77, QUEUED_PORT = 9999 };

struct queued {
    int queue; /* the claimed descriptor; whoever closes it says so by -1 */
    int receiver, sender;
};

static bool queued_is_there;

static inline void queued_command(const char *const argv[])
{
    char *none[] = {NULL};
    pid_t pid;
    int ended;

    assert_int_equal(posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, none), 0);
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_int_equal(ended, 0);
}

/* For the group's setup. */
static inline int queued_enter(void **state)
{
    queued_is_there = geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
    if (!queued_is_there)
        return 0;
    queued_command((const char *[]){"/sbin/ip", "link", "set", "lo", "up", NULL});
    queued_command((const char *[]){"/usr/sbin/iptables-nft", "-A", "OUTPUT", "-p", "udp", "-j",
                                    "NFQUEUE", "--queue-num", "77", NULL});
    return 0;
}

static inline void queued_need(void)
{
    if (!queued_is_there)
        skip();
}

static inline void queued_open(struct queued *q, bool fails_open)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(QUEUED_PORT),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int room = 1 << 24; /* what waits in the queue is still the sender's */
    char why[CAPTURE_WHY_SIZE];

    assert_int_equal(capture_claim_queue(QUEUE, fails_open, why, &q->queue), STATUS_OK);
    q->receiver = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    q->sender = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(q->receiver, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setsockopt(q->sender, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    assert_int_equal(bind(q->receiver, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(connect(q->sender, (struct sockaddr *)&at, sizeof at), 0);
}

static inline void queued_close(struct queued *q)
{
    if (q->queue >= 0)
        close(q->queue);
    close(q->receiver);
    close(q->sender);
}

static inline void queued_say(const struct queued *q, uint32_t number)
{
    assert_int_equal(send(q->sender, &number, sizeof number, 0), sizeof number);
}

/* The next number that has arrived; 0: none. */
static inline uint32_t queued_heard(const struct queued *q)
{
    uint32_t number;
    return recv(q->receiver, &number, sizeof number, 0) == sizeof number ? number : 0;
}

#endif
