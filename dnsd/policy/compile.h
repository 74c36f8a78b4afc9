/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compile - lists and groups become one image file.
 *
 * Used by `ponor compile`, `ponor check` and dnsd's compile role, and by no process that holds a
 * socket. Reads every list, applies the guards of docs/lists.md, names every problem of a run.
 * Never writes an image when there is an error; never touches the running one.
 */
#ifndef POLICY_COMPILE_H
#define POLICY_COMPILE_H

#include "base/address.h"
#include "dns/name.h"
#include "policy/verdict.h"
#include "yaml/problems.h"

#include <stddef.h>

enum {
    LIST_ID_SIZE = 64,
    LIST_TEXT_SIZE = 256,
    GROUP_CLIENTS_MOST = 1024,
    GROUPS_MOST = 256,
    PROTECT_MOST = 4096
};

/* One source of rules as the configuration names it. For YAML lists the texts come from the file
 * and must be empty here; for plain formats they come from here. */
struct list_source {
    char file[PROBLEM_FILE];
    char format[16]; /* "yaml", "hosts", "domains" */
    char id[LIST_ID_SIZE], title[LIST_TEXT_SIZE], app[LIST_TEXT_SIZE], authority[LIST_TEXT_SIZE],
        reference[LIST_TEXT_SIZE], owner[LIST_TEXT_SIZE], ticket[LIST_TEXT_SIZE];
    enum action action;
    enum evidence evidence;
    bool accept_change; /* --accept-change: max_change does not hold this time */
    unsigned line;      /* where the configuration names it */
};

struct group_source {
    char id[LIST_ID_SIZE];
    struct prefix *clients;
    size_t client_count;
    uint16_t *lists; /* indexes into policy_source.lists, in order */
    size_t list_count;
    bool observe_only, remove_ech, strict;
    unsigned line;
};

struct policy_source {
    const char *config_file; /* for messages */
    struct list_source *lists;
    size_t list_count;
    struct group_source *groups;
    size_t group_count;
    struct name *protected_names; /* these, above and below them: no rule */
    size_t protected_name_count;
    struct prefix *protected_prefixes; /* no rule may meet these */
    size_t protected_prefix_count;
    unsigned max_change_percent; /* 0: no limit */
    uint32_t today;              /* YYYYMMDD: exceptions that ended are left out, with a warning */
};

struct policy; /* policy/image.h */

/* Compiles into the empty file `out`. `running` (or NULL) is what serial and max_change compare
 * with. STATUS_INVALID: see `problems`; what `out` holds is then not an image. */
MUST_USE enum status policy_compile(const struct policy_source *source,
                                    const struct policy *running, int out,
                                    struct problems *problems);

#endif
