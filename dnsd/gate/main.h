/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the gate role: the one process that may change what the network carries.
 *
 * Used by programs/inspectd.c. gate_prepare() opens its sockets; gate_main() runs with
 * CAP_NET_ADMIN and CAP_NET_RAW and nothing else. Reads no packet: it does what inspect, which
 * does, orders within the limits of gate/holder.h.
 */
#ifndef GATE_MAIN_H
#define GATE_MAIN_H

void gate_prepare(unsigned number);
int gate_main(unsigned number);

#endif
