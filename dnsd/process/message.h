/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message - all that our processes can say to each other.
 *
 * Used on every channel. Each message is one packet: a kind, then the struct of that kind, then,
 * where the struct says so, bytes. Arrival checks kind and exact length (parcel_open); whoever
 * receives a message that it does not expect ends itself and is restarted. Never holds a pointer.
 */
#ifndef PROCESS_MESSAGE_H
#define PROCESS_MESSAGE_H

#include "base/address.h"
#include "dns/message.h"

enum message_kind {
    /* parent -> role */
    MESSAGE_GIFT = 1, /* a descriptor, and what it is */
    MESSAGE_START,    /* all gifts of birth were given: begin */
    MESSAGE_POLICY,   /* a descriptor: the new image */
    MESSAGE_DRAIN,    /* take nothing new, finish what is under way, leave */
    MESSAGE_LEVEL,    /* log level */
    MESSAGE_FLUSH,    /* forget cached answers */
    MESSAGE_ROTATE,   /* record: begin a new file */
    MESSAGE_RELEASE,  /* gate: hold an address no longer */
    MESSAGE_FIREWALL, /* gate: the table was loaded anew; its sets are empty */
    /* role -> parent */
    MESSAGE_READY, /* in service */
    MESSAGE_DONE,  /* compile: finished, with a status */
    /* serve <-> resolve */
    MESSAGE_ASK,
    MESSAGE_ANSWER,
    /* parent -> compile */
    MESSAGE_COMPILE, /* what to compile; comes among the gifts, before MESSAGE_START */
};

/* How long a role may drain; then it leaves with work undone, or the parent kills it. */
enum { DRAIN_MS = 10000 };

enum gift {
    GIFT_CONFIG,   /* memory file of struct config */
    GIFT_POLICY,   /* generation in `number` */
    GIFT_UDP,      /* a bound socket; `number`: index of the listen address */
    GIFT_TCP,      /* a listening socket */
    GIFT_CHANNEL,  /* a channel to the role `number` of the other kind; replaces an older one */
    GIFT_RING,     /* memory file of an event ring; `number`: whose */
    GIFT_COUNTERS, /* memory file of this process' counters */
    GIFT_FOLDER,   /* record: the folder it may write in; `number`: enum program */
    GIFT_OUTPUT,   /* compile: `number` 0 the image to write, 1 a pipe for problems */
    GIFT_SECRET,   /* memory file: keys shared by all serve processes (cookies) */
    GIFT_TOLD,     /* process/told.h: serve writes, inspect reads; replaces an older one */
    /* process/lane.h, for gate and inspect; `number`: which lane */
    GIFT_LANE_ORDERS,
    GIFT_LANE_BELL,
    GIFT_QUEUE, /* the kernel's queue of the same lane: inspect reads it, gate gives verdicts */
    GIFT_HELD,  /* gate: the table of what is held */
};

/* Whose events record writes. */
enum program { PROGRAM_DNSD, PROGRAM_INSPECTD, PROGRAM_COUNT };
extern const char *const program_words[]; /* "dnsd", "inspectd", NULL */

struct message_gift {
    uint32_t gift, number;
};
struct message_policy {
    uint32_t generation;
};
struct message_level {
    uint32_t level;
};
struct message_flush {
    struct name below;
}; /* the root: everything */
struct message_release {
    struct address address; /* a client's or a server's */
};
struct message_done {
    uint32_t status, problems;
};

enum { COMPILE_FILE_SIZE = 256, COMPILE_ACCEPT_SIZE = 1024 };
struct message_compile {
    char file[COMPILE_FILE_SIZE];     /* the configuration */
    char accept[COMPILE_ACCEPT_SIZE]; /* ids of lists whose max_change does not hold; spaces between
                                       */
};

/* Question of serve to resolve. `id` comes back in the answer. */
struct message_ask {
    uint32_t id;
    uint16_t type, class;
    uint8_t want_dnssec, checking_disabled;
    struct name name;
};

enum outcome {
    OUTCOME_ANSWER,      /* the bytes are a DNS message: id 0, with or without data */
    OUTCOME_BOGUS,       /* DNSSEC validation failed; bytes are the message, for CD */
    OUTCOME_UNREACHABLE, /* no upstream or authority answered: EDE 22 */
    OUTCOME_NETWORK,     /* the network said no: EDE 23 */
    OUTCOME_FAILED,      /* anything else: SERVFAIL */
    OUTCOME_COUNT
};

/* Answer of resolve to serve, followed by `length` bytes of message. */
struct message_answer {
    uint32_t id;
    uint8_t outcome; /* enum outcome */
    uint8_t secure;  /* validated: AD may be set */
    uint16_t length;
    uint16_t ede;  /* EDE_NONE, or what the upstream said */
    char why[126]; /* zero-terminated: why bogus or failed; "" when nothing to say */
};

enum { MESSAGE_BYTES_MOST = sizeof(uint32_t) + sizeof(struct message_answer) + MESSAGE_MOST };

#endif
