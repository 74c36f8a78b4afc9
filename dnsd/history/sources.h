/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sources - the event folders, each with the chain that stands in it and how far it was read.
 *
 * Used by history. Opens folders, and looks again for those that are not there; begins where the
 * summary says; a break makes a new source. Never puts a row.
 */
#ifndef HISTORY_SOURCES_H
#define HISTORY_SOURCES_H

#include "config/config.h"
#include "history/follow.h"
#include "store/summary.h"

struct source_folder {
    struct log_source source; /* with what this batch added */
    int fd;                   /* -1: not there now */
    bool is_ours;             /* opened by us, by its path */
    bool is_told;             /* that it cannot be read */
    bool is_changed;          /* since it was kept */
    bool is_broken;           /* a break in this batch, after which a new source goes on */
    uint64_t missing;         /* lines, since the folder was opened */
    struct follow_from from;
    struct follow *follow; /* NULL: not begun */
};

struct sources;

/* `folders`: as history_open() has them; NULL: all are opened by their paths. */
MUST_USE enum status sources_open(const struct config *config, const int *folders,
                                  struct summary *summary, struct sources **out);
void sources_close(struct sources *sources);
size_t sources_count(const struct sources *sources);
struct source_folder *sources_at(struct sources *sources, size_t at);

/* Where the summary says that each was read to; what was read since holds no more. */
MUST_USE enum status sources_load(struct sources *sources);
/* Opens what was not there, and what is another folder now. */
void sources_look(struct sources *sources);

/* follow_next(), of a source that has a number; STATUS_AGAIN also where the folder is not there,
 * and behind a break until it is kept. */
MUST_USE enum status source_next(struct sources *sources, struct source_folder *folder,
                                 clock_us now, struct followed *out);
/* A line was put: counts it and takes it. A break: ends what is read of it in this batch. */
void source_count(struct source_folder *folder, const struct followed *line);
void source_break(struct source_folder *folder, const struct followed *line, clock_us now);
/* What an incident is to say of it; its texts live as long as the source. */
void source_break_row(const struct source_folder *folder, struct row *out);

bool sources_changed(const struct sources *sources);
bool sources_broken(const struct sources *sources);
/* Inside a transaction. It must be committed then, or sources_load() called. */
MUST_USE enum status sources_keep(struct sources *sources, clock_us now);
void sources_counts(const struct sources *sources, uint64_t *breaks, uint64_t *missing,
                    uint64_t *skipped);

#endif
