/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * elements - one transaction for all that was gathered.
 *
 * To take out what may not be there fails a whole transaction, and kernels before 6.3 know no other
 * way. So each element is added, taken out, and added again where it shall stay: nobody sees the
 * steps between, and its time begins anew on every kernel.
 */
#include "firewall/elements.h"

#include "firewall/table.h"
#include "process/netlink.h"
#include "wire/frame.h"

#include <errno.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <libnftnl/batch.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

enum {
    GATHERED_MOST = 128,
    STEPS = 3,          /* messages for an element */
    MESSAGE_ROOM = 256, /* bytes that one may need */
    KEY_MOST = 48       /* flow, IPv6: 16 + 4 + 16 + 4 + 4 */
};

struct key {
    uint8_t bytes[KEY_MOST];
    uint32_t length;
};

struct element {
    struct key key;
    enum hold hold;
    bool is_ipv6;
    uint32_t seconds; /* 0: to remove */
};

struct elements {
    struct mnl_socket *socket;
    uint32_t sequence;
    size_t count;
    enum status status; /* of what had to be sent before elements_send() */
    int why;            /* its errno */
    struct element gathered[GATHERED_MOST];
    uint8_t batch[(GATHERED_MOST * STEPS + 2) * MESSAGE_ROOM];
};

static const char *const set_names[HOLD_COUNT][2] = {
    [HOLD_FLOW] = {FIREWALL_FLOW "4", FIREWALL_FLOW "6"},
    [HOLD_PAIR] = {FIREWALL_PAIR "4", FIREWALL_PAIR "6"},
    [HOLD_DESTINATION] = {FIREWALL_DESTINATION "4", FIREWALL_DESTINATION "6"},
};

enum status elements_open(struct elements **out)
{
    const int on = 1;
    struct elements *elements = calloc(1, sizeof *elements);

    if (elements == NULL)
        return STATUS_NO_MEMORY;
    elements->socket = netlink_open();
    if (elements->socket == NULL) {
        int why = errno;
        free(elements);
        errno = why;
        return STATUS_SYSTEM;
    }
    /* Answers without what was asked: many failures of one batch then find room. */
    (void)mnl_socket_setsockopt(elements->socket, NETLINK_CAP_ACK, (void *)&on, sizeof on);
    *out = elements;
    return STATUS_OK;
}

void elements_close(struct elements *elements)
{
    if (elements == NULL)
        return;
    mnl_socket_close(elements->socket);
    free(elements);
}

/* Each field of a key takes whole words of 4 bytes. */
static void put(struct key *key, const void *bytes, uint32_t length)
{
    memcpy(key->bytes + key->length, bytes, length);
    key->length += (length + 3) & ~UINT32_C(3);
}

static void put_address(struct key *key, const struct address *address, bool is_ipv6)
{
    put(key, is_ipv6 ? address->bytes : address->bytes + 12, is_ipv6 ? 16 : 4);
}

static void put_port(struct key *key, uint16_t port)
{
    const uint8_t bytes[2] = {(uint8_t)(port >> 8), (uint8_t)port};
    put(key, bytes, sizeof bytes);
}

static struct key key_of(const struct stop *stop, bool is_ipv6)
{
    struct key key = {.length = 0};

    if (stop->hold != HOLD_DESTINATION)
        put_address(&key, &stop->client, is_ipv6);
    if (stop->hold == HOLD_FLOW)
        put_port(&key, stop->client_port);
    put_address(&key, &stop->server, is_ipv6);
    if (stop->hold == HOLD_FLOW)
        put_port(&key, stop->server_port);
    if (stop->hold != HOLD_DESTINATION)
        put(&key, &stop->transport, sizeof stop->transport);
    if (stop->hold == HOLD_PAIR)
        put_port(&key, stop->server_port);
    return key;
}

static void gather(struct elements *elements, const struct stop *stop, uint32_t seconds)
{
    const bool is_ipv6 = !address_is_ipv4(&stop->server);

    if (stop->hold >= HOLD_COUNT ||
        (stop->hold != HOLD_DESTINATION && is_ipv6 == address_is_ipv4(&stop->client)))
        return;
    if (elements->count == GATHERED_MOST) {
        enum status status = elements_send(elements);
        elements->status = status;
        elements->why = errno;
    }
    elements->gathered[elements->count++] = (struct element){
        .key = key_of(stop, is_ipv6), .hold = stop->hold, .is_ipv6 = is_ipv6, .seconds = seconds};
}

void elements_add(struct elements *elements, const struct stop *stop, uint32_t seconds)
{
    gather(elements, stop, seconds > 0 ? seconds : 1);
}

void elements_remove(struct elements *elements, const struct stop *stop)
{
    gather(elements, stop, 0);
}

/* One message about one element; what it takes, 0 without memory. */
static size_t message_write(uint8_t *at, uint16_t type, const struct element *element,
                            uint16_t flags, uint32_t sequence)
{
    struct nftnl_set *set = nftnl_set_alloc();
    struct nftnl_set_elem *elem = nftnl_set_elem_alloc();
    const uint64_t milliseconds = (uint64_t)element->seconds * 1000;

    if (set == NULL || elem == NULL ||
        nftnl_set_set_str(set, NFTNL_SET_TABLE, FIREWALL_TABLE) != 0 ||
        nftnl_set_set_str(set, NFTNL_SET_NAME, set_names[element->hold][element->is_ipv6]) != 0 ||
        nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, element->key.bytes, element->key.length) !=
            0) {
        if (elem != NULL)
            nftnl_set_elem_free(elem);
        if (set != NULL)
            nftnl_set_free(set);
        return 0;
    }
    if (type == NFT_MSG_NEWSETELEM && milliseconds > 0)
        nftnl_set_elem_set_u64(elem, NFTNL_SET_ELEM_TIMEOUT, milliseconds);
    nftnl_set_elem_add(set, elem);
    struct nlmsghdr *message =
        nftnl_nlmsg_build_hdr((char *)at, type, NFPROTO_INET, flags, sequence);
    nftnl_set_elems_nlmsg_build_payload(message, set);
    nftnl_set_free(set); /* and its element */
    return NLMSG_ALIGN(message->nlmsg_len);
}

/* The batch's length, 0 without memory; messages have the numbers *first..*last, and the kernel
 * answers the last one. */
static size_t batch_write(struct elements *elements, const struct element *some, size_t count,
                          uint32_t *first, uint32_t *last)
{
    uint8_t *const start = elements->batch, *at = start;
    const uint16_t types[STEPS] = {NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM};

    *first = ++elements->sequence;
    at += NLMSG_ALIGN(nftnl_batch_begin((char *)at, *first)->nlmsg_len);
    for (size_t i = 0; i < count; i++) {
        const unsigned steps = some[i].seconds > 0 ? STEPS : STEPS - 1;
        for (unsigned step = 0; step < steps; step++) {
            const bool is_last = i + 1 == count && step + 1 == steps;
            size_t length =
                message_write(at, types[step], &some[i],
                              (uint16_t)((types[step] == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0) |
                                         (is_last ? NLM_F_ACK : 0)),
                              ++elements->sequence);
            if (length == 0)
                return 0;
            at += length;
        }
    }
    *last = elements->sequence;
    at += NLMSG_ALIGN(nftnl_batch_end((char *)at, ++elements->sequence)->nlmsg_len);
    return (size_t)(at - start);
}

/* The first error that the kernel has with messages first..last, 0 for none. */
static int answer_read(struct elements *elements, uint32_t first, uint32_t last)
{
    uint8_t bytes[4096] __attribute__((aligned(8)));
    int why = 0;

    for (unsigned tries = 0; tries < 2 * GATHERED_MOST * STEPS; tries++) {
        ssize_t length = mnl_socket_recvfrom(elements->socket, bytes, sizeof bytes);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return why != 0 ? why : errno == EAGAIN ? ETIMEDOUT : errno;
        const struct nlmsghdr *message = (const void *)bytes;
        if ((size_t)length < sizeof *message + sizeof(struct nlmsgerr) ||
            message->nlmsg_type != NLMSG_ERROR || message->nlmsg_seq - first > last - first)
            continue; /* late, of a batch before */
        const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
        if (why == 0)
            why = -answer->error;
        if (message->nlmsg_seq == last || message->nlmsg_seq == first)
            return why;
    }
    return why != 0 ? why : ETIMEDOUT;
}

static enum status send_some(struct elements *elements, const struct element *some, size_t count)
{
    uint32_t first, last;
    size_t length = batch_write(elements, some, count, &first, &last);

    if (length == 0)
        return STATUS_NO_MEMORY;
    if (mnl_socket_sendto(elements->socket, elements->batch, length) < 0)
        return STATUS_SYSTEM;
    errno = answer_read(elements, first, last);
    return errno == 0 ? STATUS_OK : errno == ENOENT ? STATUS_NOT_FOUND : STATUS_SYSTEM;
}

enum status elements_send(struct elements *elements)
{
    const size_t count = elements->count;
    enum status before = elements->status;
    int why = elements->why;

    elements->count = 0;
    elements->status = STATUS_OK;
    enum status status = count > 0 ? send_some(elements, elements->gathered, count) : STATUS_OK;
    /* One that cannot be (its set is full, say) must not keep the others out; where nobody answers,
     * to ask again for each would be to wait for each. */
    if (status == STATUS_SYSTEM && count > 1 && errno != ETIMEDOUT && errno != EAGAIN &&
        errno != EPERM) {
        enum status all = STATUS_OK;
        int first_why = 0;
        for (size_t i = 0; i < count; i++) {
            status = send_some(elements, elements->gathered + i, 1);
            if (status != STATUS_OK && all == STATUS_OK) {
                all = status;
                first_why = errno;
            }
        }
        status = all;
        errno = first_why;
    }
    if (before == STATUS_OK)
        return status;
    errno = why;
    return before;
}

bool elements_have_table(struct elements *elements)
{
    const uint32_t sequence = ++elements->sequence;
    struct nlmsghdr *message = nftnl_nlmsg_build_hdr((char *)elements->batch, NFT_MSG_GETTABLE,
                                                     NFPROTO_INET, NLM_F_ACK, sequence);

    mnl_attr_put_strz(message, NFTA_TABLE_NAME, FIREWALL_TABLE);
    return mnl_socket_sendto(elements->socket, message, message->nlmsg_len) < 0 ||
           answer_read(elements, sequence, sequence) != ENOENT;
}
