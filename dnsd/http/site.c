/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * site - a folder walked once, and a sorted table.
 */
#include "http/site.h"

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

struct site {
    struct site_file at[SITE_MOST];
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

static enum status add_file(struct site *site, int fd, const char *path, size_t length)
{
    static const struct hash_key key = {0x5d0e7b1c2a9f4431, 0x91c3d07ea4b85f26};
    struct site_file *file = &site->at[site->count];

    if (site->count == SITE_MOST || length > SITE_BYTES_MOST - site->bytes)
        return STATUS_TOO_LONG;
    enum status status = read_whole(fd, length, &file->bytes);
    if (status != STATUS_OK)
        return status;
    snprintf(file->path, sizeof file->path, "%s", path);
    file->type = type_of(path);
    snprintf(file->tag, sizeof file->tag, "\"%016" PRIx64 "\"",
             hash_siphash24(&key, file->bytes.at, length));
    site->count++;
    site->bytes += length;
    return STATUS_OK;
}

static enum status walk(struct site *site, int fd, const char *path, unsigned depth);

static enum status add_entry(struct site *site, int folder, const char *name, const char *path,
                             unsigned depth)
{
    char whole[SITE_PATH_SIZE];
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
        return walk(site, fd, whole, depth + 1);
    else if (S_ISREG(about.st_mode))
        status = add_file(site, fd, whole, (size_t)about.st_size);
    close(fd);
    return status;
}

/* Takes over `fd`. */
static enum status walk(struct site *site, int fd, const char *path, unsigned depth)
{
    enum status status = depth > SITE_DEPTH ? STATUS_TOO_LONG : STATUS_OK;
    DIR *folder = status == STATUS_OK ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (folder == NULL) {
        close(fd);
        return status == STATUS_OK ? STATUS_SYSTEM : status;
    }
    while (status == STATUS_OK && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            status = add_entry(site, dirfd(folder), entry->d_name, path, depth);
    closedir(folder);
    return status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct site_file *)a)->path, ((const struct site_file *)b)->path);
}

static struct site_file *find(struct site *site, const char *path)
{
    struct site_file wanted;
    if (strlen(path) >= sizeof wanted.path)
        return NULL;
    snprintf(wanted.path, sizeof wanted.path, "%s", path);
    return bsearch(&wanted, site->at, site->count, sizeof wanted, by_path);
}

static void join_zipped(struct site *site)
{
    char path[SITE_PATH_SIZE + sizeof zipped_suffix];

    qsort(site->at, site->count, sizeof site->at[0], by_path);
    for (size_t i = 0; i < site->count; i++) {
        snprintf(path, sizeof path, "%s%s", site->at[i].path, zipped_suffix);
        const struct site_file *zipped = find(site, path);
        if (zipped != NULL)
            site->at[i].zipped = zipped->bytes, site->at[i].zipped_tag = zipped->tag;
    }
}

enum status site_read(const char *folder, char why[SITE_WHY_SIZE], struct site **out)
{
    char refusal[REFUSAL_TEXT_SIZE];
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = STATUS_SYSTEM;
    struct site *site = NULL;

    if (fd >= 0 && (site = calloc(1, sizeof *site)) == NULL)
        close(fd);
    else if (fd >= 0)
        status = walk(site, fd, "", 0);
    if (status == STATUS_OK) {
        join_zipped(site);
        *out = site;
        return STATUS_OK;
    }
    if (fd < 0 && errno == ENOENT)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_TOO_LONG)
        snprintf(why, SITE_WHY_SIZE, "%.160s holds more than %d files, or %d MiB", folder,
                 SITE_MOST, SITE_BYTES_MOST >> 20);
    else
        snprintf(why, SITE_WHY_SIZE, "cannot read %.160s: %s", folder,
                 refusal_text(errno, refusal));
    site_free(site);
    return status;
}

void site_free(struct site *site)
{
    if (site == NULL)
        return;
    for (size_t i = 0; i < site->count; i++)
        free((void *)(uintptr_t)site->at[i].bytes.at);
    free(site);
}

const struct site_file *site_find(const struct site *site, const char *path)
{
    return find((struct site *)(uintptr_t)site, path);
}
