/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * days_write - which day a row goes to; what is too old, too much, or broken.
 *
 * When anything fails, all that was put since the last commit is given up at once, so that no later
 * row of a source is kept without the ones before it; it is put again.
 */
#include "store/days.h"

#include "base/log.h"
#include "sqlite/day_read.h"
#include "sqlite/day_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_MOST = 4, BROKEN_MOST = 8 };

static const clock_us LOOK_US = 60000000, IDLE_US = 600000000, SETTLE_US = 3000000;

struct open_day {
    struct day_writer *writer; /* NULL: free */
    uint32_t day;
    bool is_settled; /* what was committed is in the file itself */
    uint64_t used;   /* order of use */
    clock_us used_at;
};

struct broken_day {
    uint32_t day;
    enum status status; /* STATUS_CORRUPT, STATUS_UNSUPPORTED */
};

struct days_writer {
    struct config_store options;
    struct packer *packer;
    struct open_day days[OPEN_MOST];
    struct open_day *latest;
    uint64_t uses;
    enum status failed; /* since the last commit; until the next one nothing is taken */
    struct broken_day broken[BROKEN_MOST];
    uint32_t broken_count;
    clock_us now, looked_at, said_at;
};

/* Who went back to an older version finds out before anything is read: the newest day alone is
 * looked at, others when rows come for them. */
static enum status check_newest(struct days_writer *w, char why[STORE_WHY_SIZE])
{
    struct day_files files;
    struct day_reader *reader = NULL;
    char said[SQLITE_WHY_SIZE];

    enum status status = day_files_list(w->options.folder, &files);
    if (status == STATUS_OK && files.count > 0)
        status = day_reader_open(w->options.folder, files.days[files.count - 1], w->packer, said,
                                 &reader);
    day_reader_close(reader);
    day_files_free(&files);
    if (status != STATUS_UNSUPPORTED)
        return STATUS_OK;
    snprintf(why, STORE_WHY_SIZE, "%s", said);
    return status;
}

enum status days_writer_open(const struct config_store *options, char why[STORE_WHY_SIZE],
                             struct days_writer **out)
{
    snprintf(why, STORE_WHY_SIZE, "out of memory");
    struct days_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return STATUS_NO_MEMORY;
    w->options = *options;
    w->packer = packer_new();
    if (w->packer == NULL) {
        free(w);
        return STATUS_NO_MEMORY;
    }
    if ((mkdir(options->folder, 0750) != 0 && errno != EEXIST) ||
        access(options->folder, W_OK | X_OK) != 0) {
        snprintf(why, STORE_WHY_SIZE, "%.150s: %.40s: make the folder, and let us write in it",
                 options->folder, strerror(errno));
        days_writer_close(w);
        return STATUS_SYSTEM;
    }
    const enum status status = check_newest(w, why);
    if (status != STATUS_OK) {
        days_writer_close(w);
        return status;
    }
    *out = w;
    return STATUS_OK;
}

static void close_day(struct open_day *open)
{
    day_writer_close(open->writer);
    *open = (struct open_day){0};
}

static void close_all(struct days_writer *w)
{
    for (size_t i = 0; i < OPEN_MOST; i++)
        close_day(&w->days[i]);
    w->latest = NULL;
}

void days_writer_close(struct days_writer *w)
{
    if (w == NULL)
        return;
    close_all(w);
    packer_free(w->packer);
    free(w);
}

/* A line a minute: who cannot write tries again every second. */
static void say(struct days_writer *w, const char *what, const char *why)
{
    if (w->said_at != 0 && w->now < w->said_at + LOOK_US)
        return;
    w->said_at = w->now == 0 ? 1 : w->now;
    log_warning("history: %s: %s", what, why);
}

/* `status`: STATUS_CORRUPT, or STATUS_UNSUPPORTED, which says itself what to do. */
static void note_broken(struct days_writer *w, uint32_t day, enum status status, const char *why)
{
    char file[DAY_FILE_SIZE];

    if (status == STATUS_UNSUPPORTED)
        log_error("history: %s", why);
    else
        log_error("history: %s is broken and takes no more rows (%s): stop consoled and delete the "
                  "folder, it is made again from the event files",
                  day_file(day, file), why);
    if (w->broken_count < BROKEN_MOST)
        w->broken[w->broken_count++] = (struct broken_day){day, status};
}

/* STATUS_OK: as far as is known, rows of this day can be put. */
static enum status known_broken(const struct days_writer *w, uint32_t day)
{
    for (uint32_t i = 0; i < w->broken_count; i++)
        if (w->broken[i].day == day)
            return w->broken[i].status;
    return STATUS_OK;
}

/* Gives up what was put since the last commit. No room, or a disk that does not write, is only
 * for now. */
static enum status give_up(struct days_writer *w, uint32_t day, enum status status, const char *why)
{
    char file[DAY_FILE_SIZE];

    if (status == STATUS_CORRUPT)
        note_broken(w, day, status, why);
    else if (status == STATUS_TOO_LONG)
        say(w, "no room for rows; make some, or lower `keep_days` or `keep_bytes`", why);
    else
        say(w, day_file(day, file), why);
    if (status != STATUS_CORRUPT && status != STATUS_NO_MEMORY)
        status = STATUS_AGAIN;
    close_all(w);
    return status;
}

static enum status commit_day(struct days_writer *w, struct open_day *open)
{
    const enum status status = day_writer_commit(open->writer);
    if (status == STATUS_OK)
        return STATUS_OK;
    char why[SQLITE_WHY_SIZE];
    snprintf(why, sizeof why, "%s", day_writer_why(open->writer));
    return give_up(w, open->day, status, why);
}

/* A place for one more day: the one that was not used longest is committed and closed. */
static enum status free_place(struct days_writer *w, struct open_day **out)
{
    struct open_day *oldest = &w->days[0];
    for (size_t i = 0; i < OPEN_MOST && oldest->writer != NULL; i++)
        if (w->days[i].writer == NULL || w->days[i].used < oldest->used)
            oldest = &w->days[i];
    if (oldest->writer != NULL) {
        const enum status status = commit_day(w, oldest);
        if (status != STATUS_OK)
            return status;
        close_day(oldest);
    }
    *out = oldest;
    return STATUS_OK;
}

static enum status open_day(struct days_writer *w, uint32_t day, struct open_day **out)
{
    char why[SQLITE_WHY_SIZE];
    struct open_day *open;

    if (w->latest != NULL && w->latest->day == day) {
        *out = w->latest;
        return STATUS_OK;
    }
    for (size_t i = 0; i < OPEN_MOST; i++)
        if (w->days[i].writer != NULL && w->days[i].day == day) {
            *out = w->latest = &w->days[i];
            return STATUS_OK;
        }
    enum status status = known_broken(w, day);
    if (status != STATUS_OK)
        return status;
    status = free_place(w, &open);
    if (status != STATUS_OK) {
        w->failed = status;
        return status;
    }
    status = day_writer_open(w->options.folder, day, w->packer, why, &open->writer);
    if (status == STATUS_CORRUPT || status == STATUS_UNSUPPORTED) {
        note_broken(w, day, status, why); /* nothing was put into it: the other days go on */
        return status;
    }
    if (status != STATUS_OK) {
        w->failed = give_up(w, day, status, why);
        return w->failed;
    }
    open->day = day;
    *out = w->latest = open;
    return STATUS_OK;
}

enum status days_writer_put(struct days_writer *w, const struct row *row)
{
    struct open_day *open = NULL;
    char why[SQLITE_WHY_SIZE];

    if (w->failed != STATUS_OK)
        return w->failed;
    enum status status = open_day(w, day_of(row->at), &open);
    if (status != STATUS_OK)
        return status;
    open->used = ++w->uses;
    open->used_at = w->now;
    open->is_settled = false;
    status = day_writer_put(open->writer, row);
    if (status == STATUS_OK)
        return STATUS_OK;
    snprintf(why, sizeof why, "%s", day_writer_why(open->writer));
    w->failed = give_up(w, open->day, status, why);
    return w->failed;
}

enum status days_writer_commit(struct days_writer *w)
{
    enum status status = w->failed;

    w->failed = STATUS_OK;
    for (size_t i = 0; i < OPEN_MOST && status == STATUS_OK; i++)
        if (w->days[i].writer != NULL)
            status = commit_day(w, &w->days[i]);
    return status;
}

/* Days that nobody used for a while are closed; what was committed moves from the log into the
 * file once there is a moment of rest. */
static void tend_open(struct days_writer *w)
{
    for (size_t i = 0; i < OPEN_MOST; i++) {
        struct open_day *open = &w->days[i];
        if (open->writer == NULL)
            continue;
        if (!open->is_settled && w->now > open->used_at + SETTLE_US) {
            day_writer_checkpoint(open->writer);
            open->is_settled = true;
        }
        if (w->now > open->used_at + IDLE_US) {
            if (day_end(open->day) <= w->now)
                day_writer_finish(open->writer);
            if (w->latest == open)
                w->latest = NULL;
            close_day(open);
        }
    }
}

/* False: rows of it wait for their commit. */
static bool let_go(struct days_writer *w, uint32_t day)
{
    for (size_t i = 0; i < OPEN_MOST; i++) {
        struct open_day *open = &w->days[i];
        if (open->writer == NULL || open->day != day)
            continue;
        if (!day_writer_is_idle(open->writer))
            return false;
        if (w->latest == open)
            w->latest = NULL;
        close_day(open);
    }
    return true;
}

static void remove_day(struct days_writer *w, uint32_t day, const char *why)
{
    char file[DAY_FILE_SIZE];

    day_file(day, file);
    if (day_file_remove(w->options.folder, day) == STATUS_OK)
        log_info("history: %s was removed: %s", file, why);
    else
        log_warning("history: %s cannot be removed: %s", file, strerror(errno));
}

/* Oldest days first; never the newest one, nor one of today or later. */
static void forget_days(struct days_writer *w)
{
    struct day_files files;
    const uint32_t today = day_of(w->now);
    uint64_t total = 0, bytes, inode;

    if (day_files_list(w->options.folder, &files) != STATUS_OK)
        return;
    for (size_t i = 0; i < files.count; i++)
        if (day_file_facts(w->options.folder, files.days[i], &bytes, &inode))
            total += bytes;
    for (size_t i = 0; i + 1 < files.count && files.days[i] < today; i++) {
        const uint32_t day = files.days[i];
        const bool is_old = w->options.keep_days != 0 && day + w->options.keep_days <= today;
        const bool is_much = w->options.keep_bytes != 0 && total > w->options.keep_bytes;
        if (!(is_old || is_much) || !let_go(w, day))
            break;
        if (!day_file_facts(w->options.folder, day, &bytes, &inode))
            continue;
        remove_day(w, day,
                   is_old ? "it is older than `keep_days`"
                          : "all days together are more than `keep_bytes`");
        total -= bytes;
    }
    day_files_free(&files);
}

void days_writer_tend(struct days_writer *w, clock_us now)
{
    w->now = now;
    tend_open(w);
    if (w->looked_at != 0 && now >= w->looked_at && now < w->looked_at + LOOK_US)
        return;
    w->looked_at = now;
    w->broken_count = 0; /* somebody may have put it right */
    forget_days(w);
}
