/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store - where rows are kept: one interface, a backend a file.
 *
 * Used by history, which puts rows, and by web and `ponor`, which ask. A backend keeps rows for
 * days and forgets whole days. What is small and lasts (incidents, devices, how far each folder was
 * read) is summary.h's. Never decides what a row means.
 *
 * A row is known by source and sequence, and rows of a source come in that order. Putting one that
 * is kept already changes nothing: whoever was killed begins again before the place where it
 * stopped.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/status.h"
#include "config/config.h"
#include "incident/row.h"

enum { STORE_WHY_SIZE = 256, STORE_NAME_SIZE = 256 };

struct store; /* a backend's own, which begins with `const struct store_kind *kind` */

/* Which rows; zeroed: all. */
struct store_filter {
    clock_us from, until;         /* from <= at < until; until 0: no end */
    const char *word[WORD_COUNT]; /* exactly this; NULL: any */
    bool has_client;
    struct prefix client;
    uint64_t device;  /* 0: any */
    const char *name; /* this name and all below it, letter case aside; NULL: any */
    bool has_stopped, stopped;
    bool traffic_only; /* no notices, no health */
    uint8_t least_severity;
};

/* A place in the order of rows: by time, then source, then sequence. */
struct store_place {
    clock_us at;
    uint32_t source;
    uint64_t sequence;
};

struct store_page {
    bool has_after;           /* begin behind this place */
    struct store_place after; /* in the direction of `oldest_first` */
    bool oldest_first;
    uint32_t most;        /* rows to give */
    uint32_t patience_ms; /* look and load no longer: `complete` is then false; 0: no limit */
    bool with_raw;        /* also `raw`, which costs more */
};

struct store_paged {
    bool complete;              /* false: there may be more behind `reached` */
    struct store_place reached; /* the place to go on behind */
};

/* One bucket of a count over time, or a value with its count. `word` lives during the call. */
struct store_count {
    clock_us at;      /* begin of the bucket; 0 without buckets */
    const char *word; /* value of `by` */
    uint64_t rows, stopped;
};

typedef bool (*store_on_row)(void *owner, const struct row *row); /* false: enough */
typedef bool (*store_on_count)(void *owner, const struct store_count *count);

struct store_facts {
    clock_us first, last;     /* of the rows kept; 0: none */
    uint64_t rows, bytes;     /* on disk, as far as is known */
    uint64_t waiting;         /* batches in a spool that the database does not have yet */
    char why[STORE_WHY_SIZE]; /* why they wait; "" */
};

struct store_kind {
    const char *name; /* "sqlite", "clickhouse" */

    /* `writes`: for history alone; others read while it writes. STATUS_AGAIN to a reader: nothing
     * was ever written. `why` says what is wrong and what to do. */
    enum status (*open)(const struct config_store *options, bool writes, char why[STORE_WHY_SIZE],
                        struct store **out);
    void (*close)(struct store *store);

    /* Writing. What was put is safe once commit() gave STATUS_OK. STATUS_AGAIN: no room now; commit
     * what was put, and put it again later. */
    enum status (*put)(struct store *store, const struct row *row);
    enum status (*commit)(struct store *store);
    /* Called at least once a second by who writes: sends what waits, forgets days that are too old
     * or too many bytes. */
    void (*tend)(struct store *store, clock_us now);

    /* Reading. A page goes on behind `reached`: whoever asks again comes further. STATUS_AGAIN: not
     * now, or not within so little patience. */
    enum status (*page)(struct store *store, const struct store_filter *filter,
                        const struct store_page *page, store_on_row on_row, void *owner,
                        struct store_paged *out);
    /* Counts by the hour or coarser, from roll-ups: of the filter only from, until, words and
     * stopped are heard. bucket_us 0: one count a value for the whole time, else a multiple of an
     * hour. `by` WORD_COUNT: one value, "". Order: by time, then by rows, most first. */
    enum status (*counts)(struct store *store, const struct store_filter *filter, enum word by,
                          clock_us bucket_us, store_on_count on_count, void *owner);
    /* One row with its raw line. STATUS_NOT_FOUND. */
    enum status (*find)(struct store *store, const struct store_place *place, store_on_row on_row,
                        void *owner);
    enum status (*facts)(struct store *store, struct store_facts *out);
};

extern const struct store_kind store_sqlite, store_clickhouse;
extern const struct store_kind *const store_kinds[]; /* by enum store_choice of the config */

static const clock_us STORE_HOUR_US = UINT64_C(3600000000);

MUST_USE enum status store_open(const struct config_store *options, bool writes,
                                char why[STORE_WHY_SIZE], struct store **out);
/* The functions above of a store; these are the names to call. */
void store_close(struct store *store);
MUST_USE enum status store_put(struct store *store, const struct row *row);
MUST_USE enum status store_commit(struct store *store);
void store_tend(struct store *store, clock_us now);
MUST_USE enum status store_page(struct store *store, const struct store_filter *filter,
                                const struct store_page *page, store_on_row on_row, void *owner,
                                struct store_paged *out);
MUST_USE enum status store_counts(struct store *store, const struct store_filter *filter,
                                  enum word by, clock_us bucket_us, store_on_count on_count,
                                  void *owner);
MUST_USE enum status store_find(struct store *store, const struct store_place *place,
                                store_on_row on_row, void *owner);
MUST_USE enum status store_facts(struct store *store, struct store_facts *out);

#endif
