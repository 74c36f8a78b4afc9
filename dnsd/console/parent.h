/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - consoled's first process: it binds, spawns ingest and web, and restarts them.
 *
 * Used by programs/consoled.c (consoled_run) and, as a struct, by orders.c. Reads root's
 * configuration and control lines of at most 1 kB. Never reads an event, never speaks HTTP, never
 * opens a database.
 */
#ifndef CONSOLE_PARENT_H
#define CONSOLE_PARENT_H

#include "console/doors.h"
#include "process/counters.h"
#include "service/image.h"
#include "service/service.h"

/* In the order of their ends: people leave before what they look at. */
enum console_role { CONSOLE_WEB, CONSOLE_INGEST, CONSOLE_ROLES };

struct console_post {
    enum console_role role;
    struct child *child; /* NULL: none */
    int counters_fd;
    struct counters *counters;
    bool served; /* it, or one before it, was in service */
};

struct consoled {
    struct service service;
    struct config *config;
    int config_fd;
    struct doors doors;
    struct image_watch *watch; /* the compiled policy, where there is one: lists and rules */
    struct console_post posts[CONSOLE_ROLES];
    bool in_service, failed;
};

/* Runs until it is told to stop; gives the exit code. */
int consoled_run(const char *config_file);

void consoled_stop(struct consoled *consoled, int exit_code);
struct counters consoled_sum(const struct consoled *consoled);

#endif
