/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue_rule - one transaction through libnftnl.
 */
#include "firewall/queue_rule.h"

#include "process/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/batch.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_NFQUEUE.h>

enum { BATCH_BYTES = 8192, BATCH_ROOM = 4096, REVISION = 3 };

static const char target_name[] = "NFQUEUE", try_chain[] = "look";

struct batch {
    struct mnl_nlmsg_batch *messages;
    uint32_t sequence;
    bool failed; /* no memory for something */
    char bytes[BATCH_BYTES];
};

static void batch_begin(struct batch *batch)
{
    *batch = (struct batch){.sequence = 1};
    batch->messages = mnl_nlmsg_batch_start(batch->bytes, BATCH_ROOM);
    if (batch->messages == NULL) {
        batch->failed = true;
        return;
    }
    nftnl_batch_begin(mnl_nlmsg_batch_current(batch->messages), batch->sequence);
    mnl_nlmsg_batch_next(batch->messages);
}

/* Where the next message's content goes; NULL: the batch failed. */
static struct nlmsghdr *batch_add(struct batch *batch, uint16_t kind, uint16_t flags)
{
    if (batch->failed)
        return NULL;
    return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch->messages), kind, NFPROTO_INET,
                                 flags, ++batch->sequence);
}

static void batch_next(struct batch *batch)
{
    mnl_nlmsg_batch_next(batch->messages);
}

static void add_table(struct batch *batch, uint16_t kind, uint16_t flags, const char *name)
{
    struct nftnl_table *table = nftnl_table_alloc();
    struct nlmsghdr *message = batch_add(batch, kind, flags);

    if (message != NULL && table != NULL &&
        nftnl_table_set_str(table, NFTNL_TABLE_NAME, name) == 0) {
        nftnl_table_nlmsg_build_payload(message, table);
        batch_next(batch);
    } else {
        batch->failed = true;
    }
    if (table != NULL)
        nftnl_table_free(table);
}

static void add_chain(struct batch *batch, const char *table, const char *name)
{
    struct nftnl_chain *chain = nftnl_chain_alloc();
    struct nlmsghdr *message = batch_add(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

    if (message != NULL && chain != NULL &&
        nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table) == 0 &&
        nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name) == 0) {
        nftnl_chain_nlmsg_build_payload(message, chain);
        batch_next(batch);
    } else {
        batch->failed = true;
    }
    if (chain != NULL)
        nftnl_chain_free(chain);
}

/* The expression takes over its info, which must be of malloc(). */
static struct nftnl_expr *target_of(const struct queue_rule *rule)
{
    struct nftnl_expr *target = nftnl_expr_alloc("target");
    struct xt_NFQ_info_v3 *info = calloc(1, sizeof *info);

    if (target == NULL || info == NULL) {
        if (target != NULL)
            nftnl_expr_free(target);
        free(info);
        return NULL;
    }
    info->queuenum = rule->first;
    info->queues_total = rule->count;
    info->flags = rule->bypass ? NFQ_FLAG_BYPASS : 0;
    nftnl_expr_set_str(target, NFTNL_EXPR_TG_NAME, target_name);
    nftnl_expr_set_u32(target, NFTNL_EXPR_TG_REV, REVISION);
    nftnl_expr_set(target, NFTNL_EXPR_TG_INFO, info, sizeof *info);
    return target; /* NOLINT(clang-analyzer-unix.Malloc): info is the target's now */
}

static void add_rule(struct batch *batch, const char *table, const char *chain,
                     const struct queue_rule *queue)
{
    struct nftnl_rule *rule = nftnl_rule_alloc();
    struct nftnl_expr *target = target_of(queue);
    struct nlmsghdr *message = batch_add(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_ACK);

    if (message != NULL && rule != NULL && target != NULL &&
        nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table) == 0 &&
        nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain) == 0) {
        nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
        nftnl_rule_add_expr(rule, target);
        target = NULL;
        nftnl_rule_nlmsg_build_payload(message, rule);
        batch_next(batch);
    } else {
        batch->failed = true;
    }
    if (target != NULL)
        nftnl_expr_free(target);
    if (rule != NULL)
        nftnl_rule_free(rule);
}

/* Waits until the rule, whose message asks for it, is acknowledged; errors come unasked. */
static enum status await(struct mnl_socket *socket, uint32_t sequence)
{
    char answer[BATCH_BYTES];

    for (;;) {
        ssize_t length = mnl_socket_recvfrom(socket, answer, sizeof answer);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return STATUS_SYSTEM;
        int left = (int)length;
        for (const struct nlmsghdr *m = (const void *)answer; mnl_nlmsg_ok(m, left);
             m = mnl_nlmsg_next(m, &left)) {
            const struct nlmsgerr *error = mnl_nlmsg_get_payload(m);
            if (m->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(m) < sizeof *error)
                continue;
            errno = -error->error;
            if (error->error != 0)
                return STATUS_SYSTEM;
            if (m->nlmsg_seq == sequence)
                return STATUS_OK;
        }
    }
}

/* Sends and forgets the batch; `sequence` is the rule's. */
static enum status batch_send(struct batch *batch, uint32_t sequence)
{
    struct mnl_socket *socket = NULL;
    enum status status = STATUS_NO_MEMORY;

    if (!batch->failed) {
        nftnl_batch_end(mnl_nlmsg_batch_current(batch->messages), ++batch->sequence);
        mnl_nlmsg_batch_next(batch->messages);
        status = STATUS_SYSTEM;
        socket = netlink_open();
    }
    if (socket != NULL && mnl_socket_sendto(socket, mnl_nlmsg_batch_head(batch->messages),
                                            mnl_nlmsg_batch_size(batch->messages)) > 0)
        status = await(socket, sequence);
    int why = errno;
    if (socket != NULL)
        mnl_socket_close(socket);
    if (batch->messages != NULL)
        mnl_nlmsg_batch_stop(batch->messages);
    errno = why;
    return status;
}

enum status queue_rule_add(const char *table, const char *chain, const struct queue_rule *rule)
{
    struct batch batch;

    batch_begin(&batch);
    add_rule(&batch, table, chain, rule);
    return batch_send(&batch, batch.sequence);
}

/* Made and removed in one transaction: it never is. */
enum status queue_rule_try(const char *table, const struct queue_rule *rule)
{
    struct batch batch;

    batch_begin(&batch);
    add_table(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, table);
    add_chain(&batch, table, try_chain);
    add_rule(&batch, table, try_chain, rule);
    uint32_t sequence = batch.sequence;
    add_table(&batch, NFT_MSG_DELTABLE, 0, table);
    return batch_send(&batch, sequence);
}
