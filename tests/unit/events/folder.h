/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * folder - a temporary folder of event files, for tests.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include "events/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[64];
    int fd;
};

static inline struct folder folder_make(void)
{
    struct folder folder = {.path = "/tmp/ponor-test-XXXXXX"};
    assert_non_null(mkdtemp(folder.path));
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder.fd >= 0);
    return folder;
}

static inline void folder_remove(struct folder *folder)
{
    DIR *dir = fdopendir(folder->fd);
    const struct dirent *entry;
    rewinddir(dir);
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder->path);
}

/* The whole of a file, zero-terminated; the caller frees it. */
static inline char *folder_read(const struct folder *folder, const char *name, size_t *length)
{
    struct stat status;
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    char *bytes = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
    bytes[status.st_size] = 0;
    *length = (size_t)status.st_size;
    close(fd);
    return bytes;
}

static inline void folder_write(const struct folder *folder, const char *name, const void *bytes,
                                size_t length)
{
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
}

static inline bool folder_has(const struct folder *folder, const char *name)
{
    return faccessat(folder->fd, name, F_OK, 0) == 0;
}

static inline size_t folder_count(const struct folder *folder)
{
    struct files files;
    assert_int_equal(files_list(folder->fd, &files), STATUS_OK);
    size_t count = files.count;
    files_free(&files);
    return count;
}

#endif
