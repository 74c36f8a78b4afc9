/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary - what is small and lasts: how far each folder was read, devices, incidents, hits of
 * rules, health of gateways. One SQLite file, summary.sqlite in the history folder.
 *
 * Used by history, which writes it, and by web and `ponor`, which read it. All that one batch
 * changes is one transaction, together with how far its folders were read: killed at any moment,
 * nothing is counted twice or left out. Never keeps rows (store.h).
 */
#ifndef STORE_SUMMARY_H
#define STORE_SUMMARY_H

#include "device/device.h"
#include "incident/incident.h"
#include "store/store.h"

struct summary;

/* The chain of one event folder. When a folder holds another chain than before (a gateway was set
 * up anew), or its chain is broken, a new source goes on from there: numbers begin again. */
struct log_source {
    uint32_t number; /* from 1; 0: not kept yet */
    char folder[CONFIG_PATH_SIZE];
    char gateway[CONFIG_WORD_SIZE], program[CONFIG_WORD_SIZE]; /* as its lines say; "" before */
    uint64_t sequence;                                         /* of the last line read */
    uint8_t hash[32];           /* of that line: the next one must carry it */
    clock_us first_at, last_at; /* of its lines */
    clock_us read_at;           /* when something was read last */
    uint64_t lines, breaks, missing, lost, sampled;
    char broken[STORE_WHY_SIZE]; /* the latest break, in words; "" none */
    clock_us broken_at;
    bool is_past; /* another source of the same folder goes on */
};

/* Health of a gateway's program, from its health lines and notices. */
struct health {
    char gateway[CONFIG_WORD_SIZE], program[CONFIG_WORD_SIZE];
    uint64_t dropped, flows_full, gather_full, events_lost, blind_us, restarts;
    clock_us last_at;     /* of its latest line of any kind */
    clock_us last_bad_at; /* of its latest health line */
    char last_bad[INCIDENT_TEXT_SIZE];
};

struct rule_hits {
    char list[INCIDENT_TEXT_SIZE], rule[INCIDENT_TEXT_SIZE];
    uint64_t rows, stopped;
    clock_us first, last;
};

/* `folder`: of the history. Readers get STATUS_AGAIN before anything was written. */
MUST_USE enum status summary_open(const char *folder, bool writes, char why[STORE_WHY_SIZE],
                                  struct summary **out);
void summary_close(struct summary *summary);
/* What went wrong last, in words. */
const char *summary_why(struct summary *summary);

/* Writing: begin, changes, commit; or rollback. A reader may begin, too: until its commit all that
 * it reads is of one moment. */
MUST_USE enum status summary_begin(struct summary *summary);
MUST_USE enum status summary_commit(struct summary *summary);
void summary_rollback(struct summary *summary);
/* Other commits outlive our death, and a power failure may take the latest back. Behind this one
 * the numbers that were given stay given, so that rows may carry them. Between transactions. */
MUST_USE enum status summary_settle(struct summary *summary);
/* Kept under its number; number 0 is given one. */
MUST_USE enum status summary_keep_source(struct summary *summary, struct log_source *source);
/* Rows of a device under one address. */
struct device_address {
    struct address address;
    clock_us first, last;
    uint64_t rows;
};
/* Finds the device of this key, or makes it; gives its number. Of two texts the one holds that was
 * known for the later event. `seen`: what was not told yet: first and last of the device and of the
 * address are widened, the address' rows grow (rows 0: it has no address); NULL: nothing is counted
 * now. */
MUST_USE enum status summary_keep_device(struct summary *summary, const struct device *device,
                                         const struct device_address *seen, uint64_t *number);
/* id 0: by device and app, made when missing. Sets id, clears is_changed. */
MUST_USE enum status summary_keep_incident(struct summary *summary, struct incident *incident);
MUST_USE enum status summary_add_hits(struct summary *summary, const struct rule_hits *more);
MUST_USE enum status summary_add_health(struct summary *summary, const struct health *more);

/* Reading. Callbacks give false: enough. */
MUST_USE enum status summary_sources(struct summary *summary,
                                     bool (*on)(void *owner, const struct log_source *source),
                                     void *owner);
MUST_USE enum status summary_health(struct summary *summary,
                                    bool (*on)(void *owner, const struct health *health),
                                    void *owner);
MUST_USE enum status summary_hits(struct summary *summary, const char *list,
                                  bool (*on)(void *owner, const struct rule_hits *hits),
                                  void *owner);
/* One: STATUS_NOT_FOUND. By device and app, for who folds. */
MUST_USE enum status summary_incident(struct summary *summary, uint64_t id, struct incident *out);
MUST_USE enum status summary_incident_of(struct summary *summary, uint64_t device, const char *app,
                                         struct incident *out);
/* All that had an attempt at or after `since`, latest first; device 0: of all. */
MUST_USE enum status summary_incidents(struct summary *summary, clock_us since, uint64_t device,
                                       bool (*on)(void *owner, const struct incident *incident),
                                       void *owner);

struct device_seen {
    uint64_t number;
    struct device device;
    clock_us first, last;
    uint64_t incidents, attempts, stopped;
    struct address latest; /* the address it had last */
};
MUST_USE enum status summary_device(struct summary *summary, uint64_t number,
                                    struct device_seen *out);
/* Those whose key, host, owner, tag or address holds `text` (NULL: all), latest first, behind the
 * first `skip`. */
MUST_USE enum status summary_devices(struct summary *summary, const char *text, uint32_t skip,
                                     bool (*on)(void *owner, const struct device_seen *seen),
                                     void *owner);
MUST_USE enum status summary_device_addresses(struct summary *summary, uint64_t number,
                                              bool (*on)(void *owner,
                                                         const struct device_address *address),
                                              void *owner);
/* Changes whenever anything was committed: for who waits for news. */
uint64_t summary_version(struct summary *summary);

#endif
