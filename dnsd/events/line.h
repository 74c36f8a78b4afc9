/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line - an event as one line of JSON in Elastic Common Schema names (docs/events.md).
 *
 * Used by record, and by `ponor events` in tests of its reader. Pure ASCII, every other byte
 * escaped. The texts of a rule are rendered once per rule and policy, then copied. Never fails on a
 * hostile name.
 */
#ifndef EVENTS_LINE_H
#define EVENTS_LINE_H

#include "base/writer.h"
#include "events/chain.h"
#include "events/event.h"
#include "policy/image.h"

enum { LINE_MOST = 16384 }; /* with its newline; a usual one has 1300 bytes */

struct line_writer;

/* `gateway` is observer.name; `version` ours. NULL when out of memory. */
struct line_writer *line_writer_new(const char *gateway, const char *product, const char *version);
void line_writer_free(struct line_writer *writer);

/* Appends one line with its newline to `w`, which has room for LINE_MOST. `policy` NULL: a policy
 * that is not known any more, the rule's texts are left out. `lost` counts events never written
 * since the line before (event->lost_before is the caller's to add); `chain` is the hash of the
 * line before and becomes the hash of this one. */
void line_write(struct line_writer *writer, const struct event *event, const struct policy *policy,
                uint64_t sequence, uint64_t lost, uint8_t chain[CHAIN_SIZE], struct writer *w);

/* A line that is no event of traffic but a word of the program itself ("record-started"…). */
struct notice {
    const char *action, *reason;
    const char *file;     /* the file that it is about, or NULL */
    uint64_t first, last; /* the sequence numbers that it is about; 0: none */
};
void line_write_notice(struct line_writer *writer, clock_us at, const struct notice *notice,
                       uint64_t sequence, uint64_t lost, uint8_t chain[CHAIN_SIZE],
                       struct writer *w);

/* Drops the texts of rules that belong to this policy, before it is closed. */
void line_writer_forget(struct line_writer *writer, const struct policy *policy);

#endif
