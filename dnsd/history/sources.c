/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sources - folders opened, begun, counted and kept.
 */
#include "history/sources.h"

#include "base/log.h"
#include "base/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct sources {
    const struct config *config;
    struct summary *summary;
    size_t count;
    struct source_folder folder[EVENT_FOLDERS_MOST];
    uint64_t breaks, skipped;
};

static const char *path_of(const struct sources *sources, const struct source_folder *folder)
{
    return sources->config->consoled.events[folder - sources->folder];
}

static void follow_end(struct sources *sources, struct source_folder *folder)
{
    if (folder->follow == NULL)
        return;
    sources->skipped += follow_skipped(folder->follow);
    follow_close(folder->follow);
    folder->follow = NULL;
}

enum status sources_open(const struct config *config, const int *folders, struct summary *summary,
                         struct sources **out)
{
    struct sources *sources = calloc(1, sizeof *sources);
    if (sources == NULL)
        return STATUS_NO_MEMORY;
    sources->config = config;
    sources->summary = summary;
    sources->count = config->consoled.events_count;
    for (size_t i = 0; i < sources->count; i++)
        sources->folder[i].fd = folders != NULL ? folders[i] : -1;
    enum status status = sources_load(sources);
    if (status != STATUS_OK) {
        sources_close(sources);
        return status;
    }
    sources_look(sources);
    *out = sources;
    return STATUS_OK;
}

void sources_close(struct sources *sources)
{
    if (sources == NULL)
        return;
    for (size_t i = 0; i < sources->count; i++) {
        follow_end(sources, &sources->folder[i]);
        if (sources->folder[i].is_ours)
            close(sources->folder[i].fd);
    }
    free(sources);
}

size_t sources_count(const struct sources *sources)
{
    return sources->count;
}

struct source_folder *sources_at(struct sources *sources, size_t at)
{
    return &sources->folder[at];
}

/* How far it was read. */

/* The one with the highest number is the one that goes on; where to look for its begin says the
 * latest one of which a line was read. */
static bool on_source(void *owner, const struct log_source *source)
{
    struct sources *sources = owner;
    for (size_t i = 0; i < sources->count; i++) {
        struct source_folder *folder = &sources->folder[i];
        if (strcmp(source->folder, sources->config->consoled.events[i]) != 0 ||
            source->number < folder->source.number)
            continue;
        folder->from.is_broken = folder->source.number != 0 && source->lines == 0;
        folder->source = *source;
        if (source->lines > 0) {
            folder->from.at.sequence = source->sequence;
            memcpy(folder->from.at.hash, source->hash, sizeof folder->from.at.hash);
        }
        if (source->last_at > folder->from.last_at)
            folder->from.last_at = source->last_at;
    }
    return true;
}

enum status sources_load(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct source_folder *folder = &sources->folder[i];
        follow_end(sources, folder);
        folder->is_changed = folder->is_broken = false;
        folder->from = (struct follow_from){.last_at = 0};
        folder->source = (struct log_source){.number = 0};
        memcpy(folder->source.folder, sources->config->consoled.events[i],
               sizeof folder->source.folder);
    }
    return summary_sources(sources->summary, on_source, sources);
}

/* Folders. */

static bool is_replaced(const struct source_folder *folder, const char *path)
{
    struct stat open_one, there;
    return folder->is_ours && fstat(folder->fd, &open_one) == 0 && stat(path, &there) == 0 &&
           (open_one.st_ino != there.st_ino || open_one.st_dev != there.st_dev);
}

static void say_refused(struct source_folder *folder, const char *path)
{
    char why[REFUSAL_TEXT_SIZE], user[REFUSAL_TEXT_SIZE];
    int error = errno;
    if (!folder->is_told && error == ENOENT)
        log_warning("the event folder %s is not there yet: it is read as soon as it is", path);
    else if (!folder->is_told)
        log_error("EVENTS ARE NOT READ: the event folder %s or a file in it: %s; give user %s "
                  "the group of the folder",
                  path, refusal_text(error, why), refusal_user(user));
    folder->is_told = true;
}

static void say_read(struct source_folder *folder, const char *path)
{
    if (folder->is_told)
        log_info("the event folder %s is read now", path);
    folder->is_told = false;
}

void sources_look(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct source_folder *folder = &sources->folder[i];
        const char *path = path_of(sources, folder);
        /* Only between batches: what was read and is not kept yet would be read again. */
        if (folder->fd >= 0 && (folder->is_changed || !is_replaced(folder, path)))
            continue;
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            say_refused(folder, path);
            continue;
        }
        follow_end(sources, folder);
        if (folder->is_ours)
            close(folder->fd);
        folder->fd = fd;
        folder->is_ours = true;
    }
}

/* A number is kept before the first row has it, so that it stays the same. */
static enum status number_make(struct sources *sources, struct source_folder *folder)
{
    enum status status = summary_begin(sources->summary);
    if (status != STATUS_OK)
        return status;
    status = summary_keep_source(sources->summary, &folder->source);
    if (status == STATUS_OK)
        status = summary_commit(sources->summary);
    if (status != STATUS_OK) {
        summary_rollback(sources->summary);
        folder->source.number = 0;
    }
    return status;
}

enum status source_next(struct sources *sources, struct source_folder *folder, clock_us now,
                        struct followed *out)
{
    enum status status = STATUS_OK;
    if (folder->fd < 0 || folder->is_broken)
        return STATUS_AGAIN;
    if (folder->follow == NULL)
        status = follow_open(folder->fd, &folder->from, &folder->follow);
    if (status != STATUS_OK)
        return status;
    status = follow_next(folder->follow, now, out);
    if (status == STATUS_SYSTEM) {
        say_refused(folder, path_of(sources, folder));
        return STATUS_AGAIN;
    }
    if (status != STATUS_OK)
        return status;
    say_read(folder, path_of(sources, folder));
    return folder->source.number == 0 ? number_make(sources, folder) : STATUS_OK;
}

/* Counting. */

static void word_keep(char out[CONFIG_WORD_SIZE], struct span word)
{
    size_t length = word.length < CONFIG_WORD_SIZE ? word.length : CONFIG_WORD_SIZE - 1;
    if (length == 0)
        return;
    memcpy(out, word.at, length);
    out[length] = 0;
}

void source_count(struct source_folder *folder, const struct followed *line)
{
    struct log_source *source = &folder->source;
    const struct row *row = &line->row;

    source->sequence = line->at.sequence;
    memcpy(source->hash, line->at.hash, sizeof source->hash);
    if (source->lines++ == 0 || row->at < source->first_at)
        source->first_at = row->at;
    if (row->at > source->last_at)
        source->last_at = row->at;
    source->missing += line->missing;
    folder->missing += line->missing;
    source->lost += row->lost;
    source->sampled += row->sampled;
    word_keep(source->gateway, row->word[WORD_GATEWAY]);
    word_keep(source->program, row->word[WORD_PROGRAM]);
    if (line->missing > 0)
        log_warning("%s: %s", source->folder, line->why);
    folder->from.at = line->at;
    if (row->at > folder->from.last_at)
        folder->from.last_at = row->at;
    folder->from.is_broken = false;
    folder->is_changed = true;
    follow_take(folder->follow);
}

void source_break(struct source_folder *folder, const struct followed *line, clock_us now)
{
    struct log_source *source = &folder->source;

    source->breaks++;
    source->missing += line->missing;
    folder->missing += line->missing;
    memcpy(source->broken, line->why, sizeof source->broken);
    source->broken_at = line->row.at;
    if (source->broken_at == 0)
        source->broken_at = folder->from.last_at != 0 ? folder->from.last_at : now;
    log_error("THE CHAIN OF EVENTS IS BROKEN in %s: %s; `ponor events verify` says more",
              source->folder, line->why);
    folder->is_broken = folder->is_changed = true;
    follow_take(folder->follow);
}

void source_break_row(const struct source_folder *folder, struct row *out)
{
    const struct log_source *source = &folder->source;
    const char *gateway = source->gateway[0] != 0 ? source->gateway : source->folder;

    *out = (struct row){.at = source->broken_at,
                        .source = source->number,
                        .kind = ROW_NOTICE,
                        .way = WAY_INTEGRITY,
                        .severity = UINT8_MAX};
    out->word[WORD_APP] = span_text("Chain of events");
    out->word[WORD_WAY] = span_text(way_words[WAY_INTEGRITY]);
    out->word[WORD_GATEWAY] = span_text(gateway);
    out->word[WORD_PROGRAM] = span_text(source->program);
    out->name = out->reason = span_text(source->broken);
}

bool sources_changed(const struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->folder[i].is_changed)
            return true;
    return false;
}

bool sources_broken(const struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (sources->folder[i].is_broken)
            return true;
    return false;
}

/* The broken one is past, and one without a line yet goes on. */
static enum status next_make(struct sources *sources, struct source_folder *folder)
{
    struct log_source next = {.read_at = folder->source.read_at};
    memcpy(next.folder, folder->source.folder, sizeof next.folder);
    memcpy(next.gateway, folder->source.gateway, sizeof next.gateway);
    memcpy(next.program, folder->source.program, sizeof next.program);
    folder->source.is_past = true;
    enum status status = summary_keep_source(sources->summary, &folder->source);
    if (status == STATUS_OK)
        status = summary_keep_source(sources->summary, &next);
    if (status != STATUS_OK)
        return status;
    folder->source = next;
    folder->from.is_broken = true;
    folder->is_broken = false;
    sources->breaks++;
    return STATUS_OK;
}

enum status sources_keep(struct sources *sources, clock_us now)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct source_folder *folder = &sources->folder[i];
        if (!folder->is_changed)
            continue;
        folder->source.read_at = now;
        enum status status = folder->is_broken
                                 ? next_make(sources, folder)
                                 : summary_keep_source(sources->summary, &folder->source);
        if (status != STATUS_OK)
            return status;
        folder->is_changed = false;
    }
    return STATUS_OK;
}

void sources_counts(const struct sources *sources, uint64_t *breaks, uint64_t *missing,
                    uint64_t *skipped)
{
    *breaks = sources->breaks;
    *missing = 0;
    *skipped = sources->skipped;
    for (size_t i = 0; i < sources->count; i++) {
        *missing += sources->folder[i].missing;
        if (sources->folder[i].follow != NULL)
            *skipped += follow_skipped(sources->folder[i].follow);
    }
}
