/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * repair - where the chain of a folder stands when record begins, and what a crash left behind.
 *
 * Used by journal_open(). Half a line at the end of the current file is moved into a file of its
 * own. When the head knows more lines than the files hold, or another hash, the chain goes on from
 * the head: so the break stays visible to verify for ever. Never removes a whole line.
 */
#ifndef RECORD_REPAIR_H
#define RECORD_REPAIR_H

#include "base/clock.h"
#include "events/chain.h"
#include "events/files.h"

struct repair {
    struct chain chain;   /* to go on from */
    uint64_t found;       /* number of the last line that is there */
    bool head_missing;    /* there are lines and no head */
    bool head_differs;    /* the head has another hash for the last line */
    uint64_t size, first; /* of the current file, and the number and time of its first line; */
    clock_us first_at;    /* first 0: no line */
    uint64_t torn_bytes;  /* half a line that was moved to `torn`; 0: none */
    char torn[FILE_NAME_SIZE];
};

MUST_USE enum status repair_folder(int folder, clock_us now, struct repair *out);

#endif
