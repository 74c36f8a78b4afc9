/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * capture - where packets come from: one row each.
 *
 * Used by the inspect role (an interface) and by `ponor inspect` (a file). live.c and file.c are
 * libpcap's; a queue of the kernel gets its row when packets are stopped inline. Never looks into a
 * packet.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"
#include "wire/frame.h"

enum { CAPTURE_WHY_SIZE = 512 };

struct capture_options {
    const char *place;  /* interface or file */
    const char *filter; /* of pcap-filter(7), or "" */
    uint32_t snap;      /* bytes kept of a packet */
    uint64_t buffer;    /* bytes in the kernel */
    bool promiscuous;
    uint16_t fanout; /* group of processes that share an interface; 0: alone */
};

struct captured {
    enum link link;
    struct span bytes; /* valid until the callback returns */
    size_t sent;
    clock_us at;
};

struct capture_counts {
    uint64_t received, dropped, interface_dropped; /* since it was opened */
};

struct capture;

struct capture_source {
    const char *name; /* "live", "file" */
    /* On failure `why` says what and what to do. */
    enum status (*open)(const struct capture_options *options, char why[CAPTURE_WHY_SIZE],
                        struct capture **out);
    /* Hands on at most `most` packets that are there. STATUS_OK; STATUS_CLOSED: no more will come;
     * STATUS_MALFORMED, STATUS_SYSTEM: `why` says more. */
    enum status (*read)(struct capture *capture, unsigned most,
                        void (*on_packet)(void *owner, const struct captured *packet), void *owner,
                        unsigned *count, char why[CAPTURE_WHY_SIZE]);
    int (*descriptor)(const struct capture *capture); /* for a loop; -1: none is needed */
    struct capture_counts (*counts)(struct capture *capture);
    void (*close)(struct capture *capture);
};

extern const struct capture_source capture_live, capture_file;

/* Whether an interface is there and this process may read it; opens nothing. For the parent, so
 * that what an operator has to correct is said before anything is started. */
MUST_USE enum status capture_probe(const char *interface, char why[CAPTURE_WHY_SIZE]);

/* libpcap's number of a link type as ours; false: we cannot read it. For the sources alone. */
bool capture_link(int dlt, enum link *out);

#endif
