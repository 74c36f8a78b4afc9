/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * netlink - opened, bound, and bounded both ways.
 */
#include "process/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>
#include <sys/time.h>

struct mnl_socket *netlink_open(void)
{
    const struct timeval patience = {.tv_sec = NETLINK_PATIENCE_SECONDS};
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

    if (socket == NULL)
        return NULL;
    const int fd = mnl_socket_get_fd(socket);
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0)
        return socket;
    const int why = errno;
    mnl_socket_close(socket);
    errno = why;
    return NULL;
}
