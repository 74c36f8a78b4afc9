/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * community - the Community ID of a flow, version 1, seed 0: the same words in every sensor that
 * saw it (Zeek, Suricata, Wireshark), so that their records can be joined.
 *
 * Used by line. Never used to protect anything: it is SHA-1 of five facts that all may know.
 */
#ifndef EVENTS_COMMUNITY_H
#define EVENTS_COMMUNITY_H

#include "base/address.h"
#include "base/writer.h"

enum { COMMUNITY_TCP = 6, COMMUNITY_UDP = 17 };

/* Appends "1:" and 28 characters of base64. Both directions of a flow give the same. */
void community_write(struct writer *w, uint8_t ip_protocol, const struct address *source,
                     uint16_t source_port, const struct address *destination,
                     uint16_t destination_port);

#endif
