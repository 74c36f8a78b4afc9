/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fleet - the children that serve one configuration: serve ×N, resolve ×M, record; with what they
 * need.
 *
 * Used by the parent. A change of daemon options makes a new fleet, which comes into service before
 * the old one drains. What a child holds (sockets, ring, counters) is kept here, so that its
 * successor gets the same. Never reads what passes through any of it.
 */
#ifndef CONTROL_FLEET_H
#define CONTROL_FLEET_H

#include "config/config.h"
#include "control/listeners.h"
#include "process/birth.h"
#include "service/supervisor.h"

enum post_kind { POST_RECORD, POST_RESOLVE, POST_SERVE, POST_KINDS };
extern const char *const post_words[]; /* also the roles' names: "record", "resolve", "serve" */

/* What one child is for, and holds. */
struct post {
    struct fleet *fleet;
    enum post_kind kind;
    unsigned number;
    struct child *child; /* NULL: none */
    int counters_fd;
    struct counters *counters;
    int ring;                   /* serve: its events; otherwise -1 */
    struct listeners listeners; /* serve */
};

enum fleet_state { FLEET_COMING, FLEET_SERVING, FLEET_LEAVING };

enum { POSTS_MOST = 1 + RESOLVERS_MOST + WORKERS_MOST };

struct fleet {
    struct config config;
    enum fleet_state state;
    int config_fd;
    int folder; /* of the events */
    int told;   /* the table of what was told whom, or -1 */
    clock_ms since;
    size_t post_count;
    struct post posts[POSTS_MOST]; /* record, then resolve, then serve */
    struct fleet *next;            /* older ones, which are leaving */
};

/* Claims all that the configuration asks for: sockets, rings, folder. `before` (or NULL) may share
 * its sockets. On failure `why` says what could not be had. No child is started. */
MUST_USE enum status fleet_new(const struct config *config, const struct fleet *before,
                               char why[LISTENER_WHY_SIZE], struct fleet **out);
/* All its children must be gone. */
void fleet_free(struct fleet *fleet);

/* Starts children: record only `with_record`, or later with fleet_start_record(). */
MUST_USE enum status fleet_launch(struct fleet *fleet, struct supervisor *supervisor,
                                  bool with_record);
MUST_USE enum status fleet_start_record(struct fleet *fleet, struct supervisor *supervisor);

/* For the supervisor's on_birth: gives the newborn all that its post holds, in the order of
 * enum gift, then starts it. `secret` is for serve. Record also gets the rings of older fleets. */
void fleet_give(struct supervisor *supervisor, struct child *child,
                const struct policy_gift *policy, int secret);

/* Before a fleet with fewer workers takes over: nothing new may reach sockets that will be closed.
 * `workers` 0 ends it. */
void fleet_steer(const struct fleet *fleet, unsigned workers);

/* Whether every serve process is in service. */
bool fleet_is_ready(const struct fleet *fleet);
/* How many children of a kind there are, living or waiting to be born. */
unsigned fleet_count(const struct fleet *fleet, enum post_kind kind);
/* Asks all children of a kind to leave within `ms`. */
void fleet_drain(struct fleet *fleet, struct supervisor *supervisor, enum post_kind kind,
                 unsigned ms);
void fleet_dismiss(struct fleet *fleet, struct supervisor *supervisor);
/* The most restarts of any serve child since the fleet's birth. */
unsigned fleet_worst_restarts(const struct fleet *fleet);

/* Adds what its children counted. `with_levels`: also what is there now (cache entries and such).
 */
void fleet_count_up(const struct fleet *fleet, bool with_levels, struct counters *sum);

#endif
