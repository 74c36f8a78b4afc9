/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary_parts - what the files of the summary share: its statements, made at first use and kept.
 *
 * Used by summary.c, summary_devices.c and summary_incidents.c, and by nobody else.
 */
#ifndef STORE_SUMMARY_PARTS_H
#define STORE_SUMMARY_PARTS_H

#include "sqlite/sqlite.h"
#include "store/summary.h"

enum summary_statement {
    ASK_SCHEMA_VERSION,
    ASK_DATA_VERSION,
    SETTLE,
    ASK_SOURCES,
    KEEP_SOURCE,
    ASK_HEALTH,
    ADD_HEALTH,
    ASK_HITS,
    ADD_HITS,
    KEEP_DEVICE,
    KEEP_ADDRESS,
    ASK_DEVICE,
    ASK_DEVICES,
    ASK_ADDRESSES,
    NEW_INCIDENT,
    KEEP_INCIDENT,
    ASK_INCIDENT,
    ASK_INCIDENT_OF,
    ASK_INCIDENTS,
    ASK_INCIDENTS_OF,
    SUMMARY_STATEMENTS
};

struct summary {
    struct sqlite *db;
    struct sqlite_statement *statement[SUMMARY_STATEMENTS];
    bool writes;
    bool has_new_numbers; /* given since summary_settle() */
    uint64_t commits;     /* of our own: data_version tells only of others' */
};

/* NULL: summary_why() says why. */
struct sqlite_statement *summary_statement(struct summary *summary, enum summary_statement which);

/* A text column into a place of `size` bytes. */
void summary_text(struct sqlite_statement *s, int column, char *out, size_t size);

/* Parameters from 1 on, in the order of the calls; columns from 0 on. */
struct binder {
    struct sqlite_statement *s;
    int at;
};

static inline void bind_number(struct binder *b, uint64_t value)
{
    sqlite_bind_number(b->s, ++b->at, (int64_t)value);
}

static inline void bind_text(struct binder *b, const char *text)
{
    sqlite_bind_text(b->s, ++b->at, text);
}

static inline void bind_blob(struct binder *b, struct span bytes)
{
    sqlite_bind_blob(b->s, ++b->at, bytes);
}

static inline uint64_t take_number(struct binder *b)
{
    return (uint64_t)sqlite_number(b->s, b->at++);
}

static inline void take_text(struct binder *b, char *out, size_t size)
{
    summary_text(b->s, b->at++, out, size);
}

/* After the last row: NOT_FOUND is how a question ends, and `enough` how its asker ends it. */
static inline enum status summary_ended(struct sqlite_statement *s, enum status status)
{
    sqlite_reset(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

#endif
