/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * birth - what a role is given before it begins.
 *
 * Used first of all by every role's main: birth_take() waits for the gifts of the parent until
 * MESSAGE_START. What comes later on ROLE_CHANNEL (a new policy, a channel to a restarted sibling)
 * is the role's own loop's to receive: it opens a channel over ROLE_CHANNEL after this returned.
 * Never returns half a birth: a parent that is gone or a message that is no gift ends the process.
 */
#ifndef PROCESS_BIRTH_H
#define PROCESS_BIRTH_H

#include "config/config.h"
#include "policy/image.h"
#include "process/counters.h"
#include "process/lane.h"
#include "process/message.h"

enum { RINGS_MOST = 2 * WORKERS_MOST }; /* of the workers in service, and of those that drain */

/* Descriptors are the role's own, -1 where nothing was given. */
struct gifts {
    const struct config *config;            /* mapped read-only; its log level is set already */
    struct counters *counters;              /* this process' page */
    int policy;                             /* an image for policy_open() */
    uint32_t generation;                    /* of that policy */
    int udp[LISTEN_MOST], tcp[LISTEN_MOST]; /* at the index of config->dnsd.listen */
    /* web: `tcp` at the index of config->consoled.listen, and the unix socket behind all of them */
    int channel[WORKERS_MOST];       /* at the number of the counterpart */
    int ring[RINGS_MOST];            /* serve: [0]; record: the first ring_count */
    uint32_t ring_owner[RINGS_MOST]; /* number of the serve process that writes it */
    uint32_t ring_count;
    int folder;           /* record: where it writes */
    enum program program; /* record: whose events */
    int output, problems; /* compile: the image to write; a pipe for problems' text */
    int secret;           /* memory file of SECRET_SIZE random bytes */
    int told;             /* serve, inspect: the table of what was told whom */
    int held;             /* gate: memory file of firewall/held.h */
    struct lane_files lanes[LANES_MOST]; /* gate: each at its number; inspect: the first */
    int queue[LANES_MOST];               /* the same; -1 in mode tap */
    struct message_compile order;        /* compile: what to do */
};

enum { TCP_PROXY = WEB_LISTEN_MOST, SECRET_SIZE = 32, COPY_MOST = 1 << 30 };

/* The policy that newborns get. */
struct policy_gift {
    int image;
    uint32_t generation;
};

void birth_take(struct gifts *out);

/* Copies the content of a small sealed memory file and closes it; false when its size is another.
 */
bool birth_read(int fd, void *out, size_t size);

/* The parent's side: a sealed memory file that holds these bytes and can only be read. */
MUST_USE enum status birth_wrap(const void *bytes, size_t size, int *fd_out);
/* The same with what a regular file holds now: whoever maps it never sees the file change or end
 * under him. STATUS_TOO_LONG: more than COPY_MOST bytes. */
MUST_USE enum status birth_copy(int file, int *fd_out);
/* The same with a policy image, opened and checked whole: a gift, and for the parent itself. */
MUST_USE enum status birth_image(const char *path, int *image, struct policy **policy);
/* The parent's side: opens a folder for record. One that is not there is made and given to `user`,
 * when this process may give it. -1: errno says why. */
int birth_folder(const char *path, const char *user);

#endif
