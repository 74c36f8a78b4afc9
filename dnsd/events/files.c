/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files - names to numbers and back.
 */
#include "events/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void files_name(clock_us at, uint64_t first, char out[FILE_NAME_SIZE])
{
    char time_text[sizeof "20261124T030000Z"] = "00000000T000000Z";
    time_t seconds = (time_t)(at / 1000000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(time_text, sizeof time_text, "%Y%m%dT%H%M%SZ", &utc);
    snprintf(out, FILE_NAME_SIZE, "blocked-%s-%09" PRIu64 ".jsonl", time_text, first);
}

/* Only names that files_name() would give are ours. */
static bool name_read(const char *name, struct event_file *out)
{
    struct tm utc = {0};
    char again[FILE_NAME_SIZE];

    if (strlen(name) >= sizeof out->name)
        return false;
    memcpy(out->name, name, strlen(name) + 1);
    out->first = UINT64_MAX;
    out->at = 0;
    if (strcmp(name, FILES_CURRENT) == 0)
        return true;
    const char *number = strptime(name, "blocked-%Y%m%dT%H%M%SZ-", &utc);
    if (number == NULL)
        return false;
    out->first = strtoull(number, NULL, 10);
    out->at = (clock_us)timegm(&utc) * 1000000;
    files_name(out->at, out->first, again);
    return strcmp(name, again) == 0;
}

static int compare(const void *a, const void *b)
{
    const struct event_file *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

/* Appends room for one more. */
static struct event_file *grow(struct files *files, size_t *room)
{
    if (files->count == *room) {
        size_t more = *room == 0 ? 64 : *room * 2;
        struct event_file *list = realloc(files->list, more * sizeof *list);
        if (list == NULL)
            return NULL;
        files->list = list;
        *room = more;
    }
    return &files->list[files->count];
}

static enum status entries_read(DIR *dir, struct files *out)
{
    const struct dirent *entry;
    size_t room = 0;
    while ((entry = readdir(dir)) != NULL) {
        struct stat status;
        struct event_file *file = grow(out, &room);
        if (file == NULL)
            return STATUS_NO_MEMORY;
        if (!name_read(entry->d_name, file) ||
            fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        file->bytes = (uint64_t)status.st_size;
        file->inode = (uint64_t)status.st_ino;
        if (++out->count > FILES_MOST)
            return STATUS_TOO_LONG;
    }
    return STATUS_OK;
}

enum status files_list(int folder, struct files *out)
{
    *out = (struct files){0};
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return STATUS_SYSTEM;
    }
    enum status status = entries_read(dir, out);
    closedir(dir);
    if (out->count > 0)
        qsort(out->list, out->count, sizeof *out->list, compare);
    return status;
}

void files_free(struct files *files)
{
    free(files->list);
    *files = (struct files){0};
}
