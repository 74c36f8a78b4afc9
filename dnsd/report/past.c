/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * past - opens what is there, or makes it.
 */
#include "report/past.h"

#include "base/refusal.h"
#include "history/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const clock_us LATER_US = UINT64_C(120) * 1000000;

enum { KEEP_DAYS = 36500, TRIES = 1000 };

static bool on_source(void *owner, const struct log_source *source)
{
    clock_us *read_at = owner;

    if (source->read_at > *read_at)
        *read_at = source->read_at;
    return true;
}

static enum status open_kept(struct past *past, const struct config_store *options,
                             char why[STORE_WHY_SIZE])
{
    enum status status = summary_open(options->folder, false, why, &past->summary);

    if (status == STATUS_OK)
        status = store_open(options, false, why, &past->store);
    if (status == STATUS_OK)
        status = summary_sources(past->summary, on_source, &past->read_at);
    return status;
}

static enum status read_on(struct history *history, clock_us now, unsigned idle_most)
{
    enum status status = STATUS_OK;
    unsigned idle = 0, tries = 0;
    uint64_t lines;

    while (status == STATUS_OK && idle < idle_most) {
        status = history_step(history, now, &lines);
        idle = lines > 0 ? 0 : idle + 1;
        if (status == STATUS_AGAIN && ++tries < TRIES)
            status = STATUS_OK;
    }
    return status;
}

/* History doubts a break in a file that was written just now, since it may be read in the middle of
 * a rotation: whoever comes later finds it again. */
static enum status read_all(struct history *history, clock_us now)
{
    enum status status = read_on(history, now, 1);

    return status == STATUS_OK ? read_on(history, now + LATER_US, 2) : status;
}

/* A folder that is not there has no events, and that is said; one that may not be read has some
 * that would be missing. */
static enum status folders_open(const struct config *config, int folders[],
                                char why[STORE_WHY_SIZE])
{
    enum status status = STATUS_NOT_FOUND;

    snprintf(why, STORE_WHY_SIZE, "no folder of event files is there; see `consoled: events:`");
    for (uint32_t i = 0; i < config->consoled.events_count; i++) {
        const char *path = config->consoled.events[i];
        char said[REFUSAL_TEXT_SIZE];
        folders[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folders[i] >= 0) {
            status = STATUS_OK;
        } else if (errno == ENOENT) {
            fprintf(stderr, "ponor: no events from %s: it is not there\n", path);
        } else {
            snprintf(why, STORE_WHY_SIZE,
                     "the events in %.110s cannot be read: %.80s; be root, or in its group", path,
                     refusal_text(errno, said));
            return STATUS_REFUSED;
        }
    }
    return status;
}

/* What the files say is put into a history of its own, with consoled's own means. */
static enum status make_history(const struct config *config, clock_us now, char why[STORE_WHY_SIZE])
{
    int folders[EVENT_FOLDERS_MOST];
    struct history *history = NULL;

    memset(folders, -1, sizeof folders);
    enum status status = folders_open(config, folders, why);
    if (status == STATUS_OK)
        status = history_open(config, folders, why, &history);
    if (status == STATUS_OK) {
        status = read_all(history, now);
        snprintf(why, STORE_WHY_SIZE, "the event files cannot be read into %.150s: %s",
                 config->consoled.store.folder, status_text(status));
        history_close(history);
    }
    for (uint32_t i = 0; i < config->consoled.events_count; i++) {
        if (folders[i] >= 0)
            close(folders[i]);
    }
    return status;
}

static enum status open_temporary(struct past *past, const struct config *config, clock_us now,
                                  char why[STORE_WHY_SIZE])
{
    struct config *copy = malloc(sizeof *copy);
    struct config_store *store;

    snprintf(why, STORE_WHY_SIZE, "out of memory");
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    *copy = *config;
    store = &copy->consoled.store;
    enum status status = scratch_open(&past->scratch);
    if (status != STATUS_OK) {
        snprintf(why, STORE_WHY_SIZE, "no temporary folder: %.100s: %s; set TMPDIR",
                 past->scratch.folder, strerror(errno));
        goto done;
    }
    past->is_temporary = true;
    past->read_at = now;
    snprintf(store->folder, sizeof store->folder, "%s", past->scratch.folder);
    store->choice = STORE_SQLITE;
    store->keep_days = KEEP_DAYS;
    store->keep_bytes = 0;
    status = make_history(copy, now, why);
    if (status == STATUS_OK)
        status = open_kept(past, store, why);
done:
    free(copy);
    return status;
}

enum status past_open(const struct config *config, clock_us now, char why[STORE_WHY_SIZE],
                      struct past *out)
{
    const char *folder = config->consoled.store.folder;

    *out = (struct past){0};
    enum status status = open_kept(out, &config->consoled.store, why);
    if (status == STATUS_AGAIN && access(folder, R_OK | X_OK) != 0 && errno == EACCES) {
        snprintf(why, STORE_WHY_SIZE,
                 "the history in %.150s cannot be read: permission denied; be root, or in its "
                 "group",
                 folder);
        status = STATUS_REFUSED;
    }
    if (status == STATUS_AGAIN) {
        past_close(out);
        status = open_temporary(out, config, now, why);
    }
    if (status != STATUS_OK) {
        past_close(out);
        return status;
    }
    if (people_open(config->consoled.folder, NULL, now, out->people_why, &out->people) != STATUS_OK)
        out->people = NULL;
    return STATUS_OK;
}

void past_close(struct past *past)
{
    if (past->people != NULL)
        people_close(past->people);
    if (past->store != NULL)
        store_close(past->store);
    if (past->summary != NULL)
        summary_close(past->summary);
    if (past->is_temporary && !scratch_close(&past->scratch))
        fprintf(stderr, "ponor: %s could not be removed: remove it by hand\n",
                past->scratch.folder);
    *past = (struct past){0};
}

void past_look(struct past *past, const struct incident *incident, struct past_incident *out)
{
    *out = (struct past_incident){.incident = incident};
    incident_score(incident, &out->score);
    if (summary_device(past->summary, incident->device, &out->seen) != STATUS_OK)
        snprintf(out->seen.device.key, sizeof out->seen.device.key, "device:%llu",
                 (unsigned long long)incident->device);
    if (past->people == NULL)
        return;
    if (case_find(past->people, out->seen.device.key, incident->app, &out->decided) == STATUS_OK)
        out->state = case_effective(&out->decided, incident->last, &out->reopened);
}
