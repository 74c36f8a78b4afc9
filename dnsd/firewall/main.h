/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the firewall role: loads the table once, and ends.
 *
 * Used by programs/inspectd.c; inspectd's parent starts it with each policy. Stays root, with
 * CAP_NET_ADMIN and CAP_NET_RAW alone, since nft must be able to use them. Exit code 0: the table
 * is in force.
 */
#ifndef FIREWALL_MAIN_H
#define FIREWALL_MAIN_H

int firewall_main(unsigned number);

#endif
