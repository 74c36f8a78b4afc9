/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * neighbours - one dump of the kernel's table.
 */
#include "device/neighbours.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { PATIENCE_SECONDS = 1, ROOM = 32768 };

struct dump {
    clock_us from, until;
    void (*on)(void *owner, const struct lease *lease);
    void *owner;
};

static int on_attribute(const struct nlattr *attribute, void *data)
{
    const struct nlattr **attributes = data;
    const uint16_t type = mnl_attr_get_type(attribute);
    if (type == NDA_DST || type == NDA_LLADDR)
        attributes[type] = attribute;
    return MNL_CB_OK;
}

static struct span payload(const struct nlattr *attribute)
{
    return span_of(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
}

static int on_entry(const struct nlmsghdr *header, void *data)
{
    static const uint16_t wanted = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PERMANENT;
    static const uint8_t none[MAC_SIZE];
    const struct dump *dump = data;
    const struct nlattr *attributes[NDA_LLADDR + 1] = {NULL};
    const struct ndmsg *entry = mnl_nlmsg_get_payload(header);
    struct lease lease = {
        .has_mac = true, .from = dump->from, .until = dump->until, .known = DEVICE_NEIGHBOUR};
    if (header->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(header) < sizeof *entry ||
        (entry->ndm_state & wanted) == 0 || (entry->ndm_flags & NTF_PROXY) != 0 ||
        entry->ndm_type != RTN_UNICAST ||
        mnl_attr_parse(header, sizeof *entry, on_attribute, attributes) < 0 ||
        attributes[NDA_DST] == NULL || attributes[NDA_LLADDR] == NULL)
        return MNL_CB_OK;
    const struct span mac = payload(attributes[NDA_LLADDR]);
    if (!address_from_bytes(payload(attributes[NDA_DST]), &lease.address) ||
        mac.length != MAC_SIZE || memcmp(mac.at, none, MAC_SIZE) == 0 || (mac.at[0] & 1) != 0)
        return MNL_CB_OK;
    memcpy(lease.mac, mac.at, MAC_SIZE);
    dump->on(dump->owner, &lease);
    return MNL_CB_OK;
}

/* Asks for the table of all families. */
static bool ask(struct mnl_socket *socket, uint32_t sequence)
{
    uint8_t room[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct ndmsg))];
    struct nlmsghdr *header = mnl_nlmsg_put_header(room);
    header->nlmsg_type = RTM_GETNEIGH;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->nlmsg_seq = sequence;
    struct ndmsg *entry = mnl_nlmsg_put_extra_header(header, sizeof *entry);
    entry->ndm_family = AF_UNSPEC;
    return mnl_socket_sendto(socket, header, header->nlmsg_len) == (ssize_t)header->nlmsg_len;
}

enum status neighbours_read(clock_us now, clock_us hold_us,
                            void (*on)(void *owner, const struct lease *lease), void *owner)
{
    static const uint32_t sequence = 1; /* the socket is asked once */
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    struct dump dump = {.from = now, .until = now + hold_us, .on = on, .owner = owner};
    uint8_t room[ROOM];
    int more = MNL_CB_ERROR;
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == NULL)
        return STATUS_SYSTEM;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0 ||
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
                   sizeof patience) != 0 ||
        !ask(socket, sequence))
        goto done;
    do {
        const ssize_t got = mnl_socket_recvfrom(socket, room, sizeof room);
        more = got < 0 ? MNL_CB_ERROR
                       : mnl_cb_run(room, (size_t)got, sequence, mnl_socket_get_portid(socket),
                                    on_entry, &dump);
    } while (more > MNL_CB_STOP);
done:;
    const int why = errno;
    mnl_socket_close(socket);
    errno = why;
    return more == MNL_CB_ERROR ? STATUS_SYSTEM : STATUS_OK;
}
