/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * text - presentation format of records, by ldns.
 *
 * Used by `ponor`, by stub answers of the configuration and by test scenes: on text that an admin
 * or a test wrote. Never on bytes from the network inside a daemon.
 */
#ifndef DNS_TEXT_H
#define DNS_TEXT_H

#include "base/writer.h"
#include "dns/name.h"

/* "www.example. 60 IN A 192.0.2.1" -> owner, type, class, ttl, data, uncompressed. */
struct text_record {
    struct name owner;
    uint16_t type, class;
    uint32_t ttl;
    size_t length;
    uint8_t data[4096];
};

MUST_USE enum status text_record_parse(const char *line, struct text_record *out);

/* A whole message as dig-like lines into `out`; for people and for comparing in tests. */
MUST_USE enum status text_message(struct span message, char *out, size_t size);

#endif
