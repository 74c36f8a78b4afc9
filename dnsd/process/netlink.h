/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * netlink - a socket to the kernel's netfilter that never waits for ever.
 *
 * Used by capture's queue and by firewall. The kernel answers inside the call that asks, so whoever
 * waits longer than NETLINK_PATIENCE_SECONDS waits in vain: EAGAIN. libmnl.
 */
#ifndef PROCESS_NETLINK_H
#define PROCESS_NETLINK_H

struct mnl_socket;

enum { NETLINK_PATIENCE_SECONDS = 1 };

/* NULL: there is none, with errno. The caller closes it by mnl_socket_close(). */
struct mnl_socket *netlink_open(void);

#endif
