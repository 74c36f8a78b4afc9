/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files - the event files of a folder, in the order in which they were written.
 *
 * Used by record's journal (rotation, quota) and by reader. The current file is blocked.jsonl; a
 * full one is renamed to blocked-TIME-SEQUENCE.jsonl after the time and number of its first line.
 * Order is by that number: a clock may go back. Other files in the folder are not seen. Never opens
 * a file.
 */
#ifndef EVENTS_FILES_H
#define EVENTS_FILES_H

#include "base/clock.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { FILE_NAME_SIZE = 64, FILES_MOST = 65536 };
#define FILES_CURRENT "blocked.jsonl"

struct event_file {
    char name[FILE_NAME_SIZE];
    uint64_t first; /* sequence number of its first line; UINT64_MAX: the current file */
    clock_us at;    /* time of its first line; 0: the current file */
    uint64_t bytes, inode;
};

struct files {
    struct event_file *list; /* oldest first, the current file last */
    size_t count;
};

/* STATUS_TOO_LONG with more than FILES_MOST. files_free() in any case. */
MUST_USE enum status files_list(int folder, struct files *out);
void files_free(struct files *files);

/* The name of a full file whose first line has this time and number. */
void files_name(clock_us at, uint64_t first, char out[FILE_NAME_SIZE]);

#endif
