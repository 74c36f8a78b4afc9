/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * place - first the file, then the line.
 */
#include "history/place.h"

#include "events/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEAR = 1 << 16 }; /* so few bytes are read from one end to the other */

struct search {
    int folder;
    const struct chain *at;
    struct row_reader *reader;
    struct lines *lines;
};

/* What the next line of ours says; the lines stand at it then. STATUS_AGAIN: none follows. */
static enum status next_sound(const struct search *search, struct row *row)
{
    struct span line, chain;
    enum status status;
    while ((status = lines_peek(search->lines, &line)) == STATUS_OK) {
        if (row_read(search->reader, line, row, &chain) == STATUS_OK)
            return STATUS_OK;
        lines_take(search->lines, line);
    }
    return status;
}

static enum status file_open(int folder, const char *name, int *out)
{
    *out = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*out >= 0)
        return STATUS_OK;
    return errno == ENOENT ? STATUS_AGAIN : STATUS_SYSTEM; /* renamed just now */
}

/* The first line of ours in a file. */
static enum status first_of(const struct search *search, const struct event_file *file,
                            struct row *row)
{
    int fd;
    enum status status = file_open(search->folder, file->name, &fd);
    if (status != STATUS_OK)
        return status;
    lines_begin(search->lines, fd, 0);
    status = next_sound(search, row);
    close(fd);
    return status;
}

/* The lines stand at a line that is not behind the one with our number, and near it. */
static enum status halve(const struct search *search, int fd)
{
    struct stat file;
    if (fstat(fd, &file) != 0)
        return STATUS_SYSTEM;
    uint64_t low = 0, high = (uint64_t)file.st_size;
    while (high - low > NEAR) {
        uint64_t middle = low + (high - low) / 2;
        struct row row = {.sequence = 0};
        struct span rest;

        lines_begin(search->lines, fd, middle - 1);
        enum status status = lines_peek(search->lines, &rest);
        if (status == STATUS_OK) {
            lines_take(search->lines, rest);
            status = next_sound(search, &row);
        }
        if (status != STATUS_OK && status != STATUS_AGAIN)
            return status;
        if (status == STATUS_OK && search->lines->offset < high &&
            row.sequence <= search->at->sequence)
            low = search->lines->offset;
        else
            high = middle;
    }
    lines_begin(search->lines, fd, low);
    return STATUS_OK;
}

/* On to the line with our number; `all`: whatever the order, with our hash. */
static enum status walk(const struct search *search, bool all, enum place_found *found)
{
    uint8_t hash[CHAIN_SIZE];
    struct row row;
    enum status status;

    *found = PLACE_CUT;
    while ((status = next_sound(search, &row)) == STATUS_OK) {
        if (!all && row.sequence > search->at->sequence)
            return STATUS_OK;
        bool is_number = row.sequence == search->at->sequence, is_same = false;
        if (is_number) {
            digest_sha256(row.raw, hash);
            is_same = memcmp(hash, search->at->hash, CHAIN_SIZE) == 0;
        }
        lines_take(search->lines, row.raw);
        if (is_same || (is_number && !all)) {
            *found = is_same ? PLACE_BEHIND : PLACE_CHANGED;
            return STATUS_OK;
        }
    }
    return status == STATUS_AGAIN ? STATUS_OK : status;
}

static enum status in_file(const struct search *search, struct place *out)
{
    enum place_found anywhere;
    enum status status = file_open(search->folder, out->file.name, &out->fd);
    if (status == STATUS_OK)
        status = halve(search, out->fd);
    if (status == STATUS_OK)
        status = walk(search, false, &out->found);
    out->offset = search->lines->offset;
    if (status != STATUS_OK || out->found == PLACE_BEHIND)
        return status;
    lines_begin(search->lines, out->fd, 0);
    status = walk(search, true, &anywhere);
    if (anywhere == PLACE_BEHIND) {
        out->found = PLACE_BEHIND;
        out->offset = search->lines->offset;
    }
    return status;
}

/* The last file that does not begin behind our line; `count`: there is none. */
static enum status file_of(const struct search *search, const struct files *files, size_t *out)
{
    for (size_t i = files->count; i-- > 0;) {
        struct row row = {.sequence = files->list[i].first};
        enum status status = STATUS_OK;
        if (files->list[i].first == UINT64_MAX)
            status = first_of(search, &files->list[i], &row);
        if (status != STATUS_OK && status != STATUS_AGAIN)
            return status;
        if (status == STATUS_OK && row.sequence <= search->at->sequence) {
            *out = i;
            return STATUS_OK;
        }
    }
    *out = files->count;
    return STATUS_OK;
}

static enum status at_first(const struct search *search, const struct files *files,
                            enum place_found found, struct place *out)
{
    if (out->fd >= 0)
        close(out->fd);
    out->found = found;
    out->file = files->list[0];
    out->offset = 0;
    return file_open(search->folder, out->file.name, &out->fd);
}

static enum status in_files(const struct search *search, const struct files *files,
                            clock_us last_at, struct place *out)
{
    size_t which = files->count;
    struct row row;

    if (files->count == 0)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (search->at->sequence > 0)
        status = file_of(search, files, &which);
    if (status != STATUS_OK)
        return status;
    if (which == files->count)
        return at_first(search, files, PLACE_BEFORE_ALL, out);
    out->file = files->list[which];
    status = in_file(search, out);
    if (status != STATUS_OK || out->found == PLACE_BEHIND)
        return status;
    status = first_of(search, &files->list[0], &row);
    if (status == STATUS_OK && row.at > last_at)
        return at_first(search, files, PLACE_OTHER, out);
    return status == STATUS_AGAIN ? STATUS_OK : status;
}

enum status place_find(int folder, const struct chain *at, clock_us last_at,
                       struct row_reader *reader, struct lines *lines, struct place *out)
{
    const struct search search = {folder, at, reader, lines};
    struct files files;

    *out = (struct place){.found = PLACE_NOTHING, .fd = -1};
    enum status status = files_list(folder, &files);
    if (status == STATUS_OK)
        status = in_files(&search, &files, last_at, out);
    files_free(&files);
    if (status == STATUS_OK) {
        lines_begin(lines, out->fd, out->offset);
    } else if (out->fd >= 0) {
        close(out->fd);
        out->fd = -1;
    }
    return status;
}
