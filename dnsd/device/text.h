/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * text - pieces of lease files: lines, words, numbers, times, host names, DUIDs.
 *
 * Used by the readers of leases, and by device.c. Clients of DHCP choose what stands in these
 * files: whatever its bytes, a host name comes out short, printable and UTF-8. Never allocates.
 */
#ifndef DEVICE_TEXT_H
#define DEVICE_TEXT_H

#include "device/leases.h"

static const clock_us SECOND_US = 1000000;

/* The lines of a text, without their ends (LF or CRLF). A last line without an end is still being
 * written, and is not given. */
struct lines {
    struct span rest;
    uint64_t number; /* of the line given last, from 1 */
};
bool text_line(struct lines *lines, struct span *line);

/* Cuts off what stands before the next `end`, or all; false: nothing is left. */
bool text_cut(struct span *rest, char end, struct span *out);
bool text_is(struct span text, const char *word);

int hex_value(uint8_t c); /* -1: no digit */
/* Digits alone, and it fits. */
bool text_number(struct span text, uint64_t *out);
bool text_address(struct span text, struct address *out);
bool text_mac(struct span text, uint8_t out[MAC_SIZE]);
/* The link-layer address in a DUID (RFC 8415 11.2, 11.4), given as bytes, or as hexadecimal digits
 * in pairs with or without colons. */
bool duid_mac(struct span duid, uint8_t out[MAC_SIZE]);
bool text_duid_mac(struct span text, uint8_t out[MAC_SIZE]);

/* What is not printable, and what is no UTF-8, becomes U+FFFD; what is too long ends in U+2026. */
void text_host(struct span text, char out[DEVICE_TEXT_SIZE]);

/* Counts a line that cannot be read; of the first it is said why. */
void leases_bad(struct leases_read *out, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Seconds as microseconds; false: beyond what we can say. */
bool seconds_us(uint64_t seconds, clock_us *out);

#endif
