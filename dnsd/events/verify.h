/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verify - is what stands in a folder of event files what was written?
 *
 * Used by `ponor events verify` and by tests. Finds a changed line, missing lines, a changed order,
 * a cut end and missing files, and says where. docs/events.md says what a chain without a key
 * cannot find. Never writes.
 */
#ifndef EVENTS_VERIFY_H
#define EVENTS_VERIFY_H

#include "base/status.h"
#include "events/chain.h"

struct verified {
    uint64_t lines, files;
    uint64_t findings;      /* 0: all is as it was written */
    uint64_t first;         /* sequence number of the first line */
    struct chain end;       /* of the last line: compare it with a copy kept elsewhere */
    uint64_t lost, sampled; /* what the lines themselves say is missing */
};

/* Says each finding with its file and line (0: the folder as a whole). STATUS_OK also when there
 * are findings; anything else: the folder could not be read. */
MUST_USE enum status verify_folder(int folder,
                                   void (*say)(void *owner, const char *file, uint64_t line,
                                               const char *text),
                                   void *owner, struct verified *out);

#endif
