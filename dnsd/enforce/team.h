/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * team - the children of inspectd, with what they need: inspect ×N, record, and gate where flows
 * are stopped.
 *
 * Used by the parent. What a child holds (ring, counters) is kept here, so that its successor gets
 * the same. Never reads what passes through any of it.
 */
#ifndef ENFORCE_TEAM_H
#define ENFORCE_TEAM_H

#include "config/config.h"
#include "firewall/held.h"
#include "process/birth.h"
#include "service/supervisor.h"

#include <sys/stat.h>

enum post_kind { POST_RECORD, POST_GATE, POST_INSPECT, POST_KINDS };

/* What one child is for, and holds. */
struct post {
    struct team *team;
    enum post_kind kind;
    bool served; /* it, or one before it, was in service */
    unsigned number;
    struct child *child; /* NULL: none */
    int counters_fd;
    struct counters *counters;
    int ring;               /* inspect: its events; otherwise -1 */
    struct lane_files lane; /* inspect, where there is a gate: to it */
    int queue;              /* inspect, in mode inline: the kernel's; otherwise -1 */
};

enum { POSTS_MOST = 2 + RINGS_MOST, TEAM_WHY_SIZE = 512 };

struct team {
    struct config config;
    int config_fd;
    int folder;            /* of the events */
    int told;              /* dnsd's table of what it told whom; -1: none now */
    struct stat told_file; /* which file that is */
    int held_fd;           /* what gate holds; -1: there is no gate */
    struct held *held;     /* the same, to read */
    size_t post_count;
    struct post posts[POSTS_MOST]; /* record, then gate, then inspect */
};

/* Claims all that the configuration asks for. On failure `why` says what could not be had. No child
 * is started. `unwatched_ms`: how long nobody has watched before; 0: not known. */
MUST_USE enum status team_new(const struct config *config, uint64_t unwatched_ms,
                              char why[TEAM_WHY_SIZE], struct team **out);
/* All its children must be gone. */
void team_free(struct team *team);

MUST_USE enum status team_launch(struct team *team, struct supervisor *supervisor);
/* For the supervisor's on_birth: gives the newborn all that its post holds, then starts it. */
void team_give(struct supervisor *supervisor, struct child *child,
               const struct policy_gift *policy);
/* Looks whether dnsd has made its table anew, and gives it to all who inspect. */
void team_look(struct team *team, struct supervisor *supervisor);

/* To all living children of a kind, as supervisor_tell(). */
void team_tell(struct team *team, struct supervisor *supervisor, enum post_kind kind,
               enum message_kind message, const void *body, size_t size, int fd);
void team_drain(struct team *team, struct supervisor *supervisor, enum post_kind kind, unsigned ms);

/* How many inspect processes a configuration wants. */
unsigned team_inspectors(const struct config *config);
/* Where an inspect's packets come from: an interface, or "queue 5300". Returns `out`. */
enum { TEAM_PLACE_SIZE = CONFIG_WORD_SIZE };
const char *team_place(const struct post *post, char out[TEAM_PLACE_SIZE]);

/* How many children of a kind there are, living or waiting to be born. */
unsigned team_count(const struct team *team, enum post_kind kind);
/* Whether gate and every inspect process are in service. */
bool team_is_ready(const struct team *team);
struct counters team_sum(const struct team *team);

#endif
