/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verdicts - messages of nfnetlink_queue in one buffer, one behind the other.
 *
 * Plain passes are one message: the kernel passes all packets up to a number, which is what orders
 * in the order of packets make possible.
 */
#include "gate/verdicts.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_SIZE = 1 << 14, VERDICT_SIZE = 128 };

struct verdicts {
    int fd;
    uint16_t number;
    struct verdicts_marks marks;
    bool passes; /* packets up to pass_to are to pass */
    uint32_t pass_to;
    size_t used; /* of `out` */
    char out[SEND_SIZE];
};

struct verdicts *verdicts_new(int fd, uint16_t number, const struct verdicts_marks *marks)
{
    struct verdicts *verdicts = calloc(1, sizeof *verdicts);

    if (verdicts == NULL)
        return NULL;
    verdicts->fd = fd;
    verdicts->number = number;
    verdicts->marks = *marks;
    return verdicts;
}

void verdicts_free(struct verdicts *verdicts)
{
    if (verdicts == NULL)
        return;
    close(verdicts->fd);
    free(verdicts);
}

/* Of a packet that is gone already (its interface went down) the kernel sends an error to the
 * socket, where inspect passes over it. */
static void flush(struct verdicts *verdicts)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

    if (verdicts->used > 0)
        (void)!sendto(verdicts->fd, verdicts->out, verdicts->used, 0,
                      (const struct sockaddr *)&kernel, sizeof kernel);
    verdicts->used = 0;
}

static void put(struct verdicts *verdicts, enum nfqnl_msg_types type, uint32_t id, int verdict,
                uint32_t mark)
{
    if (sizeof verdicts->out - verdicts->used < VERDICT_SIZE)
        flush(verdicts);
    struct nlmsghdr *message =
        nfq_nlmsg_put(verdicts->out + verdicts->used, (int)type, verdicts->number);
    nfq_nlmsg_verdict_put(message, (int)id, verdict);
    if (mark != 0)
        nfq_nlmsg_verdict_put_mark(message, mark);
    verdicts->used += MNL_ALIGN(message->nlmsg_len);
}

/* Before any other verdict, so that packets leave in the order in which they came. */
static void put_passes(struct verdicts *verdicts)
{
    if (verdicts->passes)
        put(verdicts, NFQNL_MSG_VERDICT_BATCH, verdicts->pass_to, NF_ACCEPT, 0);
    verdicts->passes = false;
}

void verdicts_put(struct verdicts *verdicts, uint32_t id, uint32_t mark, enum lane_word word)
{
    const struct verdicts_marks *ours = &verdicts->marks;

    if (word != LANE_PASS)
        put_passes(verdicts);
    switch (word) {
    case LANE_PASS_SERVER_HEARD:
        put(verdicts, NFQNL_MSG_VERDICT, id, NF_ACCEPT, mark | ours->server_heard);
        break;
    case LANE_PASS_HEARD:
        put(verdicts, NFQNL_MSG_VERDICT, id, NF_ACCEPT, mark | ours->heard);
        break;
    case LANE_STOP: /* through the chain again: there it is answered */
        put(verdicts, NFQNL_MSG_VERDICT, id, NF_REPEAT, mark | ours->stopped);
        break;
    default:
        verdicts->passes = true;
        verdicts->pass_to = id;
    }
}

void verdicts_all(struct verdicts *verdicts, uint32_t last, bool pass)
{
    put_passes(verdicts);
    put(verdicts, NFQNL_MSG_VERDICT_BATCH, last, pass ? NF_ACCEPT : NF_DROP, 0);
    flush(verdicts);
}

void verdicts_send(struct verdicts *verdicts)
{
    put_passes(verdicts);
    flush(verdicts);
}
