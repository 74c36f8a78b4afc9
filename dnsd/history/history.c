/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * history - a batch: lines of all folders in turn, then the store, then one transaction.
 */
#include "history/history.h"

#include "base/log.h"
#include "history/fold.h"
#include "history/known.h"
#include "history/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* While a backlog is read, the summary is written only each KEEP_LINES or KEEP_US: what is touched
 * often is then written once. */
enum { BATCH_LINES = 8192, KEEP_LINES = 65536, SHARE_LEAST = 128, FOLDER_MODE = 02770 };

static const clock_us TEND_US = 1000000, KEEP_US = 1000000, DAY_US = UINT64_C(86400000000);

struct history {
    const struct config *config;
    struct store *store;
    struct summary *summary;
    struct sources *sources;
    struct known *known;
    struct fold *fold;
    struct history_counts counts;
    clock_us tended, kept, day; /* day: of the row that was put last */
    size_t turn;                /* the folder that begins the next batch */
    bool no_room;               /* the store takes nothing more now */
    uint64_t put; /* lines that are in the store, and that the summary does not know yet */
    bool is_stale;
};

static enum status open_parts(struct history *history, const int *folders, char why[STORE_WHY_SIZE])
{
    const struct config *config = history->config;
    const char *folder = config->consoled.store.folder;

    if (mkdir(folder, FOLDER_MODE & ACCESSPERMS) == 0) {
        (void)chmod(folder, FOLDER_MODE); /* RestrictSUIDSGID= of systemd refuses the group's bit */
    } else if (errno != EEXIST) {
        snprintf(why, STORE_WHY_SIZE, "%.160s cannot be made: %s", folder, strerror(errno));
        return STATUS_SYSTEM;
    }
    enum status status = summary_open(folder, true, why, &history->summary);
    if (status == STATUS_OK)
        status = store_open(&config->consoled.store, true, why, &history->store);
    if (status != STATUS_OK)
        return status;
    snprintf(why, STORE_WHY_SIZE, "out of memory");
    history->fold = fold_new(history->summary);
    status = history->fold == NULL ? STATUS_NO_MEMORY : known_open(config, &history->known);
    if (status == STATUS_OK)
        status = sources_open(config, folders, history->summary, &history->sources);
    if (status != STATUS_OK && status != STATUS_NO_MEMORY)
        snprintf(why, STORE_WHY_SIZE, "%.160s/summary.sqlite cannot be read: %s", folder,
                 status_text(status));
    if (status == STATUS_OK)
        why[0] = 0;
    return status;
}

enum status history_open(const struct config *config, const int *folders, char why[STORE_WHY_SIZE],
                         struct history **out)
{
    struct history *history = calloc(1, sizeof *history);
    if (history == NULL) {
        snprintf(why, STORE_WHY_SIZE, "out of memory");
        return STATUS_NO_MEMORY;
    }
    history->config = config;
    enum status status = open_parts(history, folders, why);
    if (status != STATUS_OK) {
        history_close(history);
        return status;
    }
    *out = history;
    return STATUS_OK;
}

void history_close(struct history *history)
{
    if (history == NULL)
        return;
    sources_close(history->sources);
    known_close(history->known);
    fold_free(history->fold);
    store_close(history->store);
    summary_close(history->summary);
    free(history);
}

/* Lines. */

static enum status device_find(struct history *history, struct row *row)
{
    struct device device;
    char text[MAC_TEXT_SIZE];
    uint8_t mac[MAC_SIZE];
    bool has_mac = false;

    if (!row->has_client)
        return STATUS_OK;
    if (row->mac.length > 0 && row->mac.length < sizeof text) {
        memcpy(text, row->mac.at, row->mac.length);
        text[row->mac.length] = 0;
        has_mac = mac_parse(text, mac);
    }
    devices_find(known_devices(history->known), &row->client, row->at, has_mac ? mac : NULL,
                 &device);
    return fold_device(history->fold, &device, &row->client, row->at, &row->device);
}

/* A store may commit a day when another one comes. */
static enum status day_settle(struct history *history, const struct row *row)
{
    if (row->at / DAY_US == history->day)
        return STATUS_OK;
    enum status status = summary_settle(history->summary);
    if (status == STATUS_OK)
        history->day = row->at / DAY_US;
    return status;
}

static enum status line_take(struct history *history, struct source_folder *folder,
                             struct followed *line)
{
    line->row.source = folder->source.number;
    enum status status = device_find(history, &line->row);
    if (status == STATUS_OK)
        status = day_settle(history, &line->row);
    if (status == STATUS_OK)
        status = store_put(history->store, &line->row);
    if (status == STATUS_AGAIN) {
        history->no_room = true;
        return status;
    }
    if (status == STATUS_OK)
        status = fold_row(history->fold, &line->row);
    if (status == STATUS_OK)
        source_count(folder, line);
    return status;
}

static bool is_full(const struct history *history, uint64_t lines)
{
    return lines >= BATCH_LINES || history->no_room || fold_is_full(history->fold);
}

/* Up to `share` lines of a folder. */
static enum status folder_take(struct history *history, struct source_folder *folder,
                               uint64_t share, clock_us now, uint64_t *lines)
{
    struct followed line;
    enum status status = STATUS_OK;

    while (share-- > 0 && !is_full(history, *lines)) {
        status = source_next(history->sources, folder, now, &line);
        if (status != STATUS_OK)
            break;
        if (line.is_break) {
            source_break(folder, &line, now);
            break;
        }
        status = line_take(history, folder, &line);
        if (status != STATUS_OK)
            break;
        ++*lines;
    }
    return status == STATUS_AGAIN ? STATUS_OK : status;
}

/* Each folder has its share, and what others leave. */
static enum status batch_take(struct history *history, clock_us now, uint64_t *lines)
{
    size_t count = sources_count(history->sources);
    uint64_t share = count == 0 ? 0 : BATCH_LINES / count, before;

    if (share < SHARE_LEAST)
        share = SHARE_LEAST;
    do {
        before = *lines;
        for (size_t i = 0; i < count && !is_full(history, *lines); i++) {
            struct source_folder *folder =
                sources_at(history->sources, (history->turn + i) % count);
            enum status status = folder_take(history, folder, share, now, lines);
            if (status != STATUS_OK)
                return status;
        }
    } while (*lines > before && !is_full(history, *lines));
    history->turn = count == 0 ? 0 : (history->turn + 1) % count;
    return STATUS_OK;
}

/* Batches. */

static enum status breaks_keep(struct history *history)
{
    for (size_t i = 0; i < sources_count(history->sources); i++) {
        struct source_folder *folder = sources_at(history->sources, i);
        struct row row;
        if (!folder->is_broken)
            continue;
        source_break_row(folder, &row);
        enum status status = fold_break(history->fold, &row);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status summary_keep(struct history *history, clock_us now)
{
    enum status status = summary_begin(history->summary);
    if (status != STATUS_OK)
        return status;
    status = breaks_keep(history);
    if (status == STATUS_OK)
        status = fold_keep(history->fold);
    if (status == STATUS_OK)
        status = sources_keep(history->sources, now);
    if (status == STATUS_OK)
        status = summary_commit(history->summary);
    if (status != STATUS_OK)
        summary_rollback(history->summary);
    history->put = 0;
    history->kept = now;
    return status;
}

/* The numbers that rows carry before the rows, and the store before how far was read: whoever is
 * killed between them puts the same rows again, which changes nothing. */
static enum status batch_keep(struct history *history, clock_us now, uint64_t lines)
{
    enum status status = lines > 0 ? summary_settle(history->summary) : STATUS_OK;
    if (status == STATUS_OK && lines > 0)
        status = store_commit(history->store);
    if (status != STATUS_OK)
        return status;
    history->put += lines;
    bool is_backlog = lines >= BATCH_LINES && history->put < KEEP_LINES && now >= history->kept &&
                      now < history->kept + KEEP_US && !fold_is_full(history->fold) &&
                      !sources_broken(history->sources);
    return is_backlog || !sources_changed(history->sources) ? STATUS_OK
                                                            : summary_keep(history, now);
}

/* Nothing of a batch that failed holds: begin again where the summary says. */
static enum status begin_again(struct history *history)
{
    history->is_stale = true;
    struct fold *fold = fold_new(history->summary);
    if (fold == NULL)
        return STATUS_NO_MEMORY;
    fold_free(history->fold);
    history->fold = fold;
    history->put = 0;
    enum status status = sources_load(history->sources);
    history->is_stale = status != STATUS_OK;
    return status;
}

static void tend(struct history *history, clock_us now)
{
    if (now >= history->tended && now < history->tended + TEND_US)
        return;
    history->tended = now;
    store_tend(history->store, now);
    sources_look(history->sources);
}

enum status history_step(struct history *history, clock_us now, uint64_t *lines)
{
    enum status status = STATUS_OK;

    *lines = 0;
    if (history->is_stale)
        status = begin_again(history);
    if (status != STATUS_OK)
        return status;
    tend(history, now);
    known_look(history->known, now);
    history->no_room = false;
    status = batch_take(history, now, lines);
    if (status == STATUS_OK)
        status = batch_keep(history, now, *lines);
    if (status != STATUS_OK) {
        *lines = 0;
        int error = errno;
        (void)!begin_again(history);
        errno = error;
        return status;
    }
    history->counts.lines += *lines;
    history->counts.rows += *lines;
    history->counts.batches += *lines > 0;
    return *lines == 0 && history->no_room ? STATUS_AGAIN : STATUS_OK;
}

struct history_counts history_counts(const struct history *history)
{
    struct history_counts counts = history->counts;
    sources_counts(history->sources, &counts.breaks, &counts.missing, &counts.skipped);
    counts.devices = fold_devices(history->fold);
    counts.leases = devices_lease_count(known_devices(history->known));
    counts.bad_leases = known_bad(history->known);
    return counts;
}
