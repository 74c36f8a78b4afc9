/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * opened - what an interface and a file have in common once libpcap has opened them.
 *
 * Used by live.c and file.c alone. Never opens anything itself.
 */
#ifndef CAPTURE_OPENED_H
#define CAPTURE_OPENED_H

#include "capture/capture.h"

struct pcap;

struct capture {
    struct pcap *pcap;
    enum link link;
    struct capture_counts counts;
    uint32_t dropped, interface_dropped; /* at the last look; libpcap's go round */
};

/* Takes over `pcap`, also when it fails: STATUS_UNSUPPORTED names a link type that we cannot read.
 */
MUST_USE enum status opened_new(struct pcap *pcap, const char *place, char why[CAPTURE_WHY_SIZE],
                                struct capture **out);
void opened_close(struct capture *capture);

/* STATUS_INVALID: `filter` is not one of pcap-filter(7). NULL and "" let everything through. */
MUST_USE enum status opened_filter(struct capture *capture, const char *filter,
                                   char why[CAPTURE_WHY_SIZE]);

/* pcap_dispatch(3PCAP). What was handed on before an error is in `*count`. */
int opened_dispatch(struct capture *capture, unsigned most,
                    void (*on_packet)(void *owner, const struct captured *packet), void *owner,
                    unsigned *count);

#endif
