/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files - a folder walked once, and a sorted table.
 */
#include "http/files.h"

#include "base/hash.h"
#include "base/refusal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct files {
    struct file at[FILES_MOST];
    size_t count, bytes;
};

/* The suffix of what was compressed before. */
static const char zipped_suffix[] = ".gz";

static const char *type_of(const char *path)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {{".html", "text/html; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".svg", "image/svg+xml"},
                 {".png", "image/png"},
                 {".ico", "image/x-icon"},
                 {".json", "application/json"},
                 {".webmanifest", "application/manifest+json"},
                 {".woff2", "font/woff2"},
                 {".txt", "text/plain; charset=utf-8"}};
    const char *suffix = strrchr(path, '.');

    for (size_t i = 0; suffix != NULL && i < COUNT_OF(types); i++)
        if (strcmp(suffix, types[i].suffix) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static enum status read_whole(int fd, size_t length, struct span *out)
{
    uint8_t *bytes = malloc(length + 1);
    size_t got = 0;

    if (bytes == NULL)
        return STATUS_NO_MEMORY;
    while (got < length) {
        ssize_t more = read(fd, bytes + got, length - got);
        if (more <= 0) {
            if (more == 0)
                errno = EIO;
            free(bytes);
            return STATUS_SYSTEM;
        }
        got += (size_t)more;
    }
    *out = span_of(bytes, length);
    return STATUS_OK;
}

static enum status add_file(struct files *files, int fd, const char *path, size_t length)
{
    static const struct hash_key key = {0x5d0e7b1c2a9f4431, 0x91c3d07ea4b85f26};
    struct file *file = &files->at[files->count];

    if (files->count == FILES_MOST || length > FILES_BYTES_MOST - files->bytes)
        return STATUS_TOO_LONG;
    enum status status = read_whole(fd, length, &file->bytes);
    if (status != STATUS_OK)
        return status;
    snprintf(file->path, sizeof file->path, "%s", path);
    file->type = type_of(path);
    snprintf(file->tag, sizeof file->tag, "\"%016" PRIx64 "\"",
             hash_siphash24(&key, file->bytes.at, length));
    files->count++;
    files->bytes += length;
    return STATUS_OK;
}

static enum status walk(struct files *files, int fd, const char *path, unsigned depth);

static enum status add_entry(struct files *files, int folder, const char *name, const char *path,
                             unsigned depth)
{
    char whole[FILES_PATH_SIZE];
    struct stat about;

    if (snprintf(whole, sizeof whole, "%s/%s", path, name) >= (int)sizeof whole)
        return STATUS_TOO_LONG;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ELOOP ? STATUS_OK : STATUS_SYSTEM;
    enum status status = STATUS_OK;
    if (fstat(fd, &about) != 0)
        status = STATUS_SYSTEM;
    else if (S_ISDIR(about.st_mode))
        return walk(files, fd, whole, depth + 1);
    else if (S_ISREG(about.st_mode))
        status = add_file(files, fd, whole, (size_t)about.st_size);
    close(fd);
    return status;
}

/* Takes over `fd`. */
static enum status walk(struct files *files, int fd, const char *path, unsigned depth)
{
    enum status status = depth > FILES_DEPTH ? STATUS_TOO_LONG : STATUS_OK;
    DIR *folder = status == STATUS_OK ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (folder == NULL) {
        close(fd);
        return status == STATUS_OK ? STATUS_SYSTEM : status;
    }
    while (status == STATUS_OK && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            status = add_entry(files, dirfd(folder), entry->d_name, path, depth);
    closedir(folder);
    return status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static struct file *find(struct files *files, const char *path)
{
    struct file wanted;
    if (strlen(path) >= sizeof wanted.path)
        return NULL;
    snprintf(wanted.path, sizeof wanted.path, "%s", path);
    return bsearch(&wanted, files->at, files->count, sizeof wanted, by_path);
}

static void join_zipped(struct files *files)
{
    char path[FILES_PATH_SIZE + sizeof zipped_suffix];

    qsort(files->at, files->count, sizeof files->at[0], by_path);
    for (size_t i = 0; i < files->count; i++) {
        snprintf(path, sizeof path, "%s%s", files->at[i].path, zipped_suffix);
        const struct file *zipped = find(files, path);
        if (zipped != NULL)
            files->at[i].zipped = zipped->bytes;
    }
}

enum status files_read(const char *folder, char why[FILES_WHY_SIZE], struct files **out)
{
    char refusal[REFUSAL_TEXT_SIZE];
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = STATUS_SYSTEM;
    struct files *files = NULL;

    if (fd >= 0 && (files = calloc(1, sizeof *files)) == NULL)
        close(fd);
    else if (fd >= 0)
        status = walk(files, fd, "", 0);
    if (status == STATUS_OK) {
        join_zipped(files);
        *out = files;
        return STATUS_OK;
    }
    if (fd < 0 && errno == ENOENT)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_TOO_LONG)
        snprintf(why, FILES_WHY_SIZE, "%.160s holds more than %d files, or %d MiB", folder,
                 FILES_MOST, FILES_BYTES_MOST >> 20);
    else
        snprintf(why, FILES_WHY_SIZE, "cannot read %.160s: %s", folder,
                 refusal_text(errno, refusal));
    files_free(files);
    return status;
}

void files_free(struct files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->count; i++)
        free((void *)(uintptr_t)files->at[i].bytes.at);
    free(files);
}

const struct file *files_find(const struct files *files, const char *path)
{
    return find((struct files *)(uintptr_t)files, path);
}
