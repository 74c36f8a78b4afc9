/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * supervisor - the children of a parent: born, heard, buried, born again.
 *
 * Used by the parents of dnsd, inspectd and consoled. Knows nothing of what a role does: births and
 * messages are the owner's. A child that dies is born again at once; one that dies again within a
 * second of its birth waits, longer each time. Holds at most CHILDREN_MOST.
 */
#ifndef SERVICE_SUPERVISOR_H
#define SERVICE_SUPERVISOR_H

#include "base/clock.h"
#include "process/channel.h"

#include <sys/types.h>

enum {
    CHILDREN_MOST = 256,
    BACKOFF_QUICK_MS = 1000, /* a life shorter than this is a failure to start */
    BACKOFF_STEP_MS = 100,
    BACKOFF_MOST_MS = 5000
};

struct supervisor;

struct child {
    const char *role; /* must outlive the child */
    unsigned number;
    void *place;             /* the owner's: what the child is for */
    pid_t pid;               /* -1 while it waits to be born again */
    struct channel *channel; /* NULL while pid is -1 */
    clock_ms born;
    unsigned restarts;     /* since the owner asked for it */
    unsigned quick_deaths; /* in a row */
    bool ready;            /* said MESSAGE_READY since its last birth */
    bool leaving;          /* draining or told to die: will not be born again */
    bool once;             /* does one job and is not born again */
};

struct supervisor_events {
    /* A new process: give it its gifts, then supervisor_start(). */
    void (*on_birth)(void *owner, struct child *child);
    /* What it says, but for MESSAGE_READY, which sets `ready` and comes here after. The parcel's
     * descriptor, if any, is closed afterwards. A message that is not expected: supervisor_kill().
     */
    void (*on_parcel)(void *owner, struct child *child, const struct parcel *parcel);
    /* Its process has ended (as waitpid(2) says). `is_last`: it is forgotten after this call. */
    void (*on_death)(void *owner, struct child *child, int ended, bool is_last);
};

/* `program` is the word before the role in ps and log. */
struct supervisor *supervisor_new(struct event_base *base, const char *program,
                                  const struct supervisor_events *events, void *owner);
/* Kills and buries whoever is left; on_death is called for each. */
void supervisor_free(struct supervisor *supervisor);

/* Asks for a child; its first birth is tried at once, later ones as needed. */
MUST_USE enum status supervisor_add(struct supervisor *supervisor, const char *role,
                                    unsigned number, bool once, void *place, struct child **out);
/* Gives a descriptor, which stays the caller's; without one (-1), nothing. */
MUST_USE enum status supervisor_give(struct child *child, enum gift gift, uint32_t number, int fd);
/* Says MESSAGE_START; a child that could not be `given` all it needs is ended instead. */
void supervisor_start(struct supervisor *supervisor, struct child *child, enum status given);
/* Says something, with a descriptor or without (-1), to a child that is alive; one that cannot hear
 * of it is ended, since it must not go on as before. */
void supervisor_tell(struct supervisor *supervisor, struct child *child, enum message_kind kind,
                     const void *body, size_t size, int fd);
/* Says MESSAGE_DRAIN; whoever is there after `ms` is killed. A child that is not alive is
 * forgotten. */
void supervisor_drain(struct supervisor *supervisor, struct child *child, unsigned ms);
/* Ends the process now; it is born again unless it is leaving. */
void supervisor_kill(struct supervisor *supervisor, struct child *child);
/* The same, and it is not born again. */
void supervisor_dismiss(struct supervisor *supervisor, struct child *child);

/* The next child behind `after` (NULL: the first), or NULL. */
struct child *supervisor_next(const struct supervisor *supervisor, const struct child *after);
size_t supervisor_count(const struct supervisor *supervisor);

/* Milliseconds to wait before a birth after so many quick deaths in a row: 0, 100, 200 … 5000. */
unsigned backoff_delay(unsigned quick_deaths);

#endif
