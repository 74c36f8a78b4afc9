/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * days_read - pages and counts over the days that are there now.
 *
 * The folder is listed anew for each question: days come and go, and somebody may build it anew. A
 * few days stay open as long as they are the same files.
 */
#include "store/days.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/day_counts.h"
#include "store/day_search.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPEN_MOST = 16, KNOWN_MOST = 1024 };

struct open_day {
    struct day_reader *reader; /* NULL: free */
    uint32_t day;
    uint64_t inode, used;
};

/* What a day held when its file had this size. */
struct known_day {
    uint32_t day;
    uint64_t inode, bytes;
    struct day_facts facts;
};

/* The file that could not be read last, as long as it is there. */
struct left_out {
    uint32_t day;
    uint64_t inode;
    char why[STORE_WHY_SIZE]; /* "": none */
};

struct days_reader {
    char folder[CONFIG_PATH_SIZE];
    struct packer *packer;
    struct open_day days[OPEN_MOST];
    uint64_t uses;
    struct known_day known[KNOWN_MOST]; /* by day, modulo */
    uint64_t told[KNOWN_MOST];          /* the file that is said to be broken */
    struct left_out left_out;
};

enum status days_reader_open(const struct config_store *options, char why[STORE_WHY_SIZE],
                             struct days_reader **out)
{
    struct days_reader *r = calloc(1, sizeof *r);
    struct day_files files = {0};

    snprintf(why, STORE_WHY_SIZE, "out of memory");
    if (r == NULL)
        return STATUS_NO_MEMORY;
    snprintf(r->folder, sizeof r->folder, "%s", options->folder);
    r->packer = packer_new();
    if (r->packer == NULL) {
        days_reader_close(r);
        return STATUS_NO_MEMORY;
    }
    *out = r;
    const enum status status = day_files_list(r->folder, &files);
    const bool is_empty = status != STATUS_OK || files.count == 0;
    day_files_free(&files);
    if (is_empty)
        snprintf(why, STORE_WHY_SIZE, "%.150s holds no days yet: consoled makes them from events",
                 r->folder);
    return is_empty ? STATUS_AGAIN : STATUS_OK;
}

static void close_day(struct open_day *open)
{
    day_reader_close(open->reader);
    *open = (struct open_day){0};
}

void days_reader_close(struct days_reader *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < OPEN_MOST; i++)
        close_day(&r->days[i]);
    packer_free(r->packer);
    free(r);
}

/* Is said once of each file; one that went just now is no trouble. */
static void note(struct days_reader *r, uint32_t day, const char *why)
{
    struct left_out *last = &r->left_out;
    char file[DAY_FILE_SIZE];
    uint64_t bytes, inode;

    if (!day_file_facts(r->folder, day, &bytes, &inode))
        return;
    *last = (struct left_out){.day = day, .inode = inode};
    snprintf(last->why, sizeof last->why, "%s cannot be read and is left out: %.200s",
             day_file(day, file), why);
    if (r->told[day % KNOWN_MOST] != inode)
        log_error("history: %s", last->why);
    r->told[day % KNOWN_MOST] = inode;
}

static bool is_left_out(const struct days_reader *r)
{
    uint64_t bytes, inode;
    return r->left_out.why[0] != 0 && day_file_facts(r->folder, r->left_out.day, &bytes, &inode) &&
           inode == r->left_out.inode;
}

/* Readers of days that are no longer there, or are other files, are closed. */
static void close_gone(struct days_reader *r)
{
    uint64_t bytes, inode;
    for (size_t i = 0; i < OPEN_MOST; i++)
        if (r->days[i].reader != NULL &&
            (!day_file_facts(r->folder, r->days[i].day, &bytes, &inode) ||
             inode != r->days[i].inode))
            close_day(&r->days[i]);
}

/* STATUS_NOT_FOUND: it cannot be read, or went just now; the others go on. */
static enum status open_day(struct days_reader *r, uint32_t day, struct open_day **out)
{
    struct open_day *place = &r->days[0];
    char why[SQLITE_WHY_SIZE];
    uint64_t bytes;

    for (size_t i = 0; i < OPEN_MOST; i++) {
        if (r->days[i].reader != NULL && r->days[i].day == day) {
            r->days[i].used = ++r->uses;
            *out = &r->days[i];
            return STATUS_OK;
        }
        if (place->reader != NULL && (r->days[i].reader == NULL || r->days[i].used < place->used))
            place = &r->days[i];
    }
    close_day(place);
    if (!day_file_facts(r->folder, day, &bytes, &place->inode))
        return STATUS_NOT_FOUND;
    const enum status status = day_reader_open(r->folder, day, r->packer, why, &place->reader);
    if (status != STATUS_OK) {
        if (status != STATUS_AGAIN && status != STATUS_NO_MEMORY)
            note(r, day, why);
        return status == STATUS_NO_MEMORY ? status : STATUS_NOT_FOUND;
    }
    place->day = day;
    place->used = ++r->uses;
    *out = place;
    return STATUS_OK;
}

/* A day in which something broke is closed; the others go on. */
static enum status end_day(struct days_reader *r, struct open_day *open, enum status status)
{
    if (status == STATUS_OK || status == STATUS_NO_MEMORY || status == STATUS_TOO_LONG) {
        day_reader_end(open->reader);
        return status;
    }
    note(r, open->day,
         status == STATUS_CORRUPT ? "it is broken; stop consoled and delete the folder, it is made "
                                    "again from the event files"
                                  : day_reader_why(open->reader));
    close_day(open);
    return STATUS_NOT_FOUND;
}

struct paging {
    struct days_reader *reader;
    const struct store_page *page;
    struct day_search search;
    struct store_place after;
    uint32_t left;
    bool is_done; /* nothing more is to be looked at */
    struct store_paged *out;
};

/* One search of a day. */
static enum status search_part(struct paging *p, struct open_day *open, bool *is_whole)
{
    struct day_searched found;

    p->search.most = p->left < DAY_SEARCH_MOST ? p->left : DAY_SEARCH_MOST;
    const enum status status = day_search(open->reader, &p->search, &found);
    p->left -= found.rows;
    if (found.has_reached) {
        p->after = p->out->reached = found.reached;
        p->search.after = &p->after;
    }
    if (found.ran_out || found.is_enough || (p->left == 0 && !found.is_whole))
        p->is_done = true;
    *is_whole = found.is_whole;
    return status;
}

static enum status search_day(struct paging *p, uint32_t day)
{
    struct open_day *open;
    bool is_whole = false;

    enum status status = open_day(p->reader, day, &open);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = day_reader_begin(open->reader);
    while (status == STATUS_OK && !p->is_done && !is_whole)
        status = search_part(p, open, &is_whole);
    status = end_day(p->reader, open, status);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static bool is_in_range(const struct paging *p, uint32_t day)
{
    const struct store_filter *f = p->search.filter;
    if (day_end(day) <= f->from || (f->until != 0 && day_begin(day) >= f->until))
        return false;
    if (p->search.after == NULL)
        return true;
    return p->search.oldest_first ? day >= day_of(p->after.at) : day <= day_of(p->after.at);
}

/* Where to go on when this day was not begun. */
static struct store_place before_day(const struct paging *p, uint32_t day)
{
    if (p->search.oldest_first)
        return day == 0 ? (struct store_place){0}
                        : (struct store_place){day_begin(day) - 1, UINT32_MAX, UINT64_MAX};
    return (struct store_place){day_end(day), 0, 0};
}

/* Time is over before this day, and who asks again comes further than this time. */
static bool ran_out_before(const struct paging *p, uint32_t day)
{
    const struct store_place place = before_day(p, day), *after = &p->page->after;
    if (p->search.until == 0 || clock_ns() <= p->search.until)
        return false;
    return !p->page->has_after || place.at != after->at || place.source != after->source ||
           place.sequence != after->sequence;
}

static enum status search_days(struct paging *p, const struct day_files *files)
{
    enum status status = STATUS_OK;
    bool is_begun = false;

    for (size_t i = 0; i < files->count && status == STATUS_OK && !p->is_done; i++) {
        const uint32_t day = files->days[p->search.oldest_first ? i : files->count - 1 - i];
        if (!is_in_range(p, day))
            continue;
        if (p->left == 0 || (is_begun && ran_out_before(p, day))) {
            if (p->left > 0)
                p->out->reached = before_day(p, day);
            p->is_done = true;
            break;
        }
        status = search_day(p, day);
        is_begun = true;
    }
    p->out->complete = status == STATUS_OK && !p->is_done;
    return status;
}

/* So much later than now; 0: never. */
static uint64_t later(uint64_t ns)
{
    return ns == 0 ? 0 : clock_ns() + ns;
}

/* Two thirds of the patience are for looking, the rest for rows that were found. */
enum status days_reader_page(struct days_reader *r, const struct store_filter *filter,
                             const struct store_page *page, store_on_row on_row, void *owner,
                             struct store_paged *out)
{
    struct day_files files;
    struct paging p = {.reader = r, .page = page, .left = page->most, .out = out};

    *out = (struct store_paged){.reached = page->after};
    p.after = page->after;
    p.search = (struct day_search){
        .filter = filter,
        .after = page->has_after ? &p.after : NULL,
        .oldest_first = page->oldest_first,
        .with_raw = page->with_raw,
        .until = later(page->patience_ms * UINT64_C(666667)),
        .give_until = later(page->patience_ms * UINT64_C(1000000)),
        .on_row = on_row,
        .owner = owner,
    };
    close_gone(r);
    enum status status = day_files_list(r->folder, &files);
    if (status == STATUS_SYSTEM) { /* no folder: no rows */
        out->complete = true;
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = search_days(&p, &files);
    day_files_free(&files);
    return status;
}

enum status days_reader_find(struct days_reader *r, const struct store_place *place,
                             store_on_row on_row, void *owner)
{
    const struct store_filter all = {0};
    const struct day_search search = {.filter = &all,
                                      .only = place,
                                      .most = 1,
                                      .with_raw = true,
                                      .on_row = on_row,
                                      .owner = owner};
    struct day_searched found = {0};
    struct open_day *open;

    close_gone(r);
    enum status status = open_day(r, day_of(place->at), &open);
    if (status != STATUS_OK)
        return status;
    status = day_reader_begin(open->reader);
    if (status == STATUS_OK)
        status = day_search(open->reader, &search, &found);
    status = end_day(r, open, status);
    return status == STATUS_OK && found.rows == 0 ? STATUS_NOT_FOUND : status;
}

static enum status count_day(struct days_reader *r, struct day_counts *counts, uint32_t day)
{
    struct open_day *open;

    enum status status = open_day(r, day, &open);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = day_reader_begin(open->reader);
    if (status == STATUS_OK)
        status = day_counts_add(counts, open->reader);
    status = end_day(r, open, status);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status days_reader_counts(struct days_reader *r, const struct store_filter *filter,
                               enum word by, clock_us bucket_us, store_on_count on_count,
                               void *owner)
{
    struct day_files files = {0};

    if (bucket_us % STORE_HOUR_US != 0)
        return STATUS_INVALID;
    struct day_counts *counts = day_counts_new(filter, by, bucket_us);
    if (counts == NULL)
        return STATUS_NO_MEMORY;
    close_gone(r);
    enum status status = day_files_list(r->folder, &files);
    if (status == STATUS_SYSTEM)
        status = STATUS_OK;
    for (size_t i = 0; i < files.count && status == STATUS_OK; i++)
        if (day_end(files.days[i]) > filter->from &&
            (filter->until == 0 || day_begin(files.days[i]) < filter->until))
            status = count_day(r, counts, files.days[i]);
    if (status == STATUS_OK)
        day_counts_give(counts, on_count, owner);
    day_counts_free(counts);
    day_files_free(&files);
    return status;
}

/* The file of a day that is over does not change: it is asked once. */
static enum status facts_of(struct days_reader *r, uint32_t day, struct known_day *out)
{
    struct known_day *known = &r->known[day % KNOWN_MOST];
    struct open_day *open;
    uint64_t bytes = 0, inode = 0;

    if (!day_file_facts(r->folder, day, &bytes, &inode))
        return STATUS_NOT_FOUND;
    *out = (struct known_day){day, inode, bytes, {0}};
    if (known->day == day && known->inode == inode && known->bytes == bytes &&
        day_end(day) < clock_wall()) {
        *out = *known;
        return STATUS_OK;
    }
    enum status status = open_day(r, day, &open);
    if (status != STATUS_OK)
        return status;
    status = day_reader_begin(open->reader);
    if (status == STATUS_OK)
        status = day_reader_facts(open->reader, &out->facts);
    status = end_day(r, open, status);
    if (status == STATUS_OK)
        *known = *out;
    return status;
}

enum status days_reader_facts(struct days_reader *r, struct store_facts *out)
{
    struct day_files files = {0};
    struct known_day one = {0};

    *out = (struct store_facts){0};
    close_gone(r);
    enum status status = day_files_list(r->folder, &files);
    for (size_t i = 0; i < files.count && status == STATUS_OK; i++) {
        one = (struct known_day){0};
        status = facts_of(r, files.days[i], &one);
        out->bytes += one.bytes;
        if (status == STATUS_OK && one.facts.rows > 0) {
            out->rows += one.facts.rows;
            out->first = out->first == 0 ? one.facts.first : out->first;
            out->last = one.facts.last;
        }
        if (status == STATUS_NOT_FOUND)
            status = STATUS_OK;
    }
    if (is_left_out(r))
        snprintf(out->why, sizeof out->why, "%s", r->left_out.why);
    day_files_free(&files);
    return status == STATUS_SYSTEM ? STATUS_OK : status;
}
