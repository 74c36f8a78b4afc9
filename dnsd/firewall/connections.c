/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connections - the original tuple to conntrack, and its answer.
 */
#include "firewall/connections.h"

#include "process/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

struct connections {
    struct mnl_socket *socket;
    uint32_t sequence;
};

enum status connections_open(struct connections **out)
{
    struct connections *connections = calloc(1, sizeof *connections);

    if (connections == NULL)
        return STATUS_NO_MEMORY;
    connections->socket = netlink_open();
    if (connections->socket == NULL) {
        int why = errno;
        free(connections);
        errno = why;
        return STATUS_SYSTEM;
    }
    *out = connections;
    return STATUS_OK;
}

void connections_close(struct connections *connections)
{
    if (connections == NULL)
        return;
    mnl_socket_close(connections->socket);
    free(connections);
}

static struct nf_conntrack *tuple_of(const struct stop *stop)
{
    const bool is_ipv4 = address_is_ipv4(&stop->server);
    const size_t from = is_ipv4 ? 12 : 0;
    struct nf_conntrack *tuple = nfct_new();

    if (tuple == NULL)
        return NULL;
    nfct_set_attr_u8(tuple, ATTR_ORIG_L3PROTO, is_ipv4 ? AF_INET : AF_INET6);
    nfct_set_attr_u8(tuple, ATTR_ORIG_L4PROTO, stop->transport);
    nfct_set_attr(tuple, is_ipv4 ? ATTR_ORIG_IPV4_SRC : ATTR_ORIG_IPV6_SRC,
                  stop->client.bytes + from);
    nfct_set_attr(tuple, is_ipv4 ? ATTR_ORIG_IPV4_DST : ATTR_ORIG_IPV6_DST,
                  stop->server.bytes + from);
    nfct_set_attr_u16(tuple, ATTR_ORIG_PORT_SRC, htons(stop->client_port));
    nfct_set_attr_u16(tuple, ATTR_ORIG_PORT_DST, htons(stop->server_port));
    return tuple;
}

static bool request_send(struct connections *connections, const struct nf_conntrack *tuple)
{
    uint8_t bytes[1024] __attribute__((aligned(8))) = {0};
    struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);

    message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    message->nlmsg_seq = ++connections->sequence;
    struct nfgenmsg *head = mnl_nlmsg_put_extra_header(message, sizeof *head);
    head->nfgen_family = nfct_get_attr_u8(tuple, ATTR_ORIG_L3PROTO);
    head->version = NFNETLINK_V0;
    if (nfct_nlmsg_build(message, tuple) < 0)
        return false;
    return mnl_socket_sendto(connections->socket, message, message->nlmsg_len) >= 0;
}

static int answer_read(struct connections *connections)
{
    uint8_t bytes[4096] __attribute__((aligned(8)));

    for (unsigned tries = 0; tries < 64; tries++) {
        ssize_t length = mnl_socket_recvfrom(connections->socket, bytes, sizeof bytes);
        const struct nlmsghdr *message = (const void *)bytes;
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return errno == EAGAIN ? ETIMEDOUT : errno;
        if ((size_t)length >= sizeof *message + sizeof(struct nlmsgerr) &&
            message->nlmsg_type == NLMSG_ERROR && message->nlmsg_seq == connections->sequence)
            return -((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
    }
    return ETIMEDOUT;
}

enum status connections_forget(struct connections *connections, const struct stop *stop)
{
    if (address_is_ipv4(&stop->client) != address_is_ipv4(&stop->server))
        return STATUS_NOT_FOUND;
    struct nf_conntrack *tuple = tuple_of(stop);
    if (tuple == NULL)
        return STATUS_NO_MEMORY;
    int why = request_send(connections, tuple) ? answer_read(connections) : errno;
    nfct_destroy(tuple);
    errno = why;
    return why == 0 ? STATUS_OK : why == ENOENT ? STATUS_NOT_FOUND : STATUS_SYSTEM;
}
