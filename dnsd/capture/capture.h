/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * capture - where packets come from: one row each.
 *
 * Used by the inspect role (an interface, or a queue of the kernel's) and by `ponor inspect` (a
 * file). live.c and file.c are libpcap's. Never looks into a packet.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"
#include "wire/frame.h"

enum {
    CAPTURE_WHY_SIZE = 512,
    QUEUE_BYTES_MOST = 16384 + 512, /* of a packet: what inspect/gather.h keeps, and headers */
    QUEUE_LENGTH = 16384,           /* packets that may wait for their verdict */
};

struct capture_options {
    const char *place;  /* interface or file */
    const char *filter; /* of pcap-filter(7), or "" */
    uint32_t snap;      /* bytes kept of a packet */
    uint64_t buffer;    /* bytes in the kernel */
    bool promiscuous;
    uint16_t fanout; /* group of processes that share an interface; 0: alone */
    bool at_once;    /* each packet as it comes, rather than blocks of them: somebody races it */
    int descriptor;  /* queue: the one that was claimed; the capture's from now on */
};

struct captured {
    enum link link;
    struct span bytes; /* valid until the callback returns */
    size_t sent;
    clock_us at;
    uint32_t id, mark; /* queue: the kernel's, for the verdict */
};

struct capture_counts {
    uint64_t received, dropped, interface_dropped; /* since it was opened */
};

struct capture;

struct capture_source {
    const char *name; /* "live", "file", "queue" */
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

extern const struct capture_source capture_live, capture_file, capture_queue;

/* Whether an interface is there and this process may read it; opens nothing. For the parent, so
 * that what an operator has to correct is said before anything is started. */
MUST_USE enum status capture_probe(const char *interface, char why[CAPTURE_WHY_SIZE]);

/* Claims a queue of the kernel's (NFQUEUE) for whoever holds the descriptor: to read packets from
 * it needs no capability, to give a verdict needs CAP_NET_ADMIN. For the parent. `fails_open`:
 * packets that find it full pass; otherwise they are dropped. */
MUST_USE enum status capture_claim_queue(uint16_t number, bool fails_open,
                                         char why[CAPTURE_WHY_SIZE], int *fd_out);

/* libpcap's number of a link type as ours; false: we cannot read it. For the sources alone. */
bool capture_link(int dlt, enum link *out);

#endif
