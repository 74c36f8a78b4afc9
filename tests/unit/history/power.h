/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * power - SQLite on a disk that loses, when the power fails, all that was not synced.
 *
 * A VFS around SQLite's own: each write keeps what stood there before, each sync forgets that. At
 * the chosen call, so many behind a sync, all that is kept is written back, and the process ends.
 */
#ifndef TESTS_POWER_H
#define TESTS_POWER_H

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POWER_PATH = 256, POWER_FAILED = 42 };

struct power_kept {
    struct power_kept *before;
    char path[POWER_PATH];
    sqlite3_int64 size, offset; /* size: of the file before */
    int length;
    unsigned char bytes[];
};

struct power_file {
    sqlite3_file file;
    char path[POWER_PATH];
    sqlite3_file inner[]; /* SQLite's own, larger than this says */
};

static struct power_kept *power_kept;
static unsigned power_syncs; /* until the calls are counted */
static unsigned power_left;  /* calls until it fails; 0: they are not counted */
static unsigned power_calls;
static sqlite3_vfs power_vfs;
static sqlite3_io_methods power_methods;

static inline sqlite3_file *power_inner(sqlite3_file *file)
{
    return ((struct power_file *)file)->inner;
}

/* As if the machine came up again. What shared memory says of the log is not believed: whoever
 * opens it first makes it anew. */
static inline void power_fail(void)
{
    for (const struct power_kept *kept = power_kept; kept != NULL; kept = kept->before) {
        int fd = open(kept->path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (pwrite(fd, kept->bytes, (size_t)kept->length, kept->offset) != kept->length ||
            ftruncate(fd, kept->size) != 0)
            _exit(1);
        close(fd);
    }
    _exit(POWER_FAILED);
}

static inline void power_call(void)
{
    if (power_left > 0 && --power_left == 0)
        power_fail();
}

static inline void power_forget(const char *path)
{
    struct power_kept **at = &power_kept;
    while (*at != NULL) {
        struct power_kept *kept = *at;
        if (strcmp(kept->path, path) == 0) {
            *at = kept->before;
            free(kept);
        } else {
            at = &kept->before;
        }
    }
}

static inline int power_keep(struct power_file *file, sqlite3_int64 offset, int length)
{
    struct power_kept *kept = calloc(1, sizeof *kept + (size_t)length);
    if (kept == NULL)
        return SQLITE_NOMEM;
    memcpy(kept->path, file->path, sizeof kept->path);
    kept->offset = offset;
    int code = file->inner->pMethods->xFileSize(file->inner, &kept->size);
    if (code == SQLITE_OK && offset < kept->size) {
        kept->length = kept->size - offset < length ? (int)(kept->size - offset) : length;
        code = file->inner->pMethods->xRead(file->inner, kept->bytes, kept->length, offset);
    }
    kept->before = power_kept;
    power_kept = kept;
    return code;
}

static inline int power_write(sqlite3_file *file, const void *bytes, int length,
                              sqlite3_int64 offset)
{
    power_call();
    int code = power_keep((struct power_file *)file, offset, length);
    return code != SQLITE_OK
               ? code
               : power_inner(file)->pMethods->xWrite(power_inner(file), bytes, length, offset);
}

static inline int power_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_int64 before = 0;
    power_call();
    int code = power_inner(file)->pMethods->xFileSize(power_inner(file), &before);
    if (code == SQLITE_OK && before > size)
        code = power_keep((struct power_file *)file, size, (int)(before - size));
    return code != SQLITE_OK ? code
                             : power_inner(file)->pMethods->xTruncate(power_inner(file), size);
}

static inline int power_sync(sqlite3_file *file, int flags)
{
    power_call();
    power_forget(((struct power_file *)file)->path);
    if (power_syncs > 0 && --power_syncs == 0)
        power_left = power_calls;
    return SQLITE_OK;
}

static inline int power_close(sqlite3_file *file)
{
    return power_inner(file)->pMethods->xClose(power_inner(file));
}

static inline int power_read(sqlite3_file *file, void *out, int length, sqlite3_int64 offset)
{
    return power_inner(file)->pMethods->xRead(power_inner(file), out, length, offset);
}

static inline int power_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return power_inner(file)->pMethods->xFileSize(power_inner(file), out);
}

static inline int power_lock(sqlite3_file *file, int how)
{
    return power_inner(file)->pMethods->xLock(power_inner(file), how);
}

static inline int power_unlock(sqlite3_file *file, int how)
{
    return power_inner(file)->pMethods->xUnlock(power_inner(file), how);
}

static inline int power_reserved(sqlite3_file *file, int *out)
{
    return power_inner(file)->pMethods->xCheckReservedLock(power_inner(file), out);
}

static inline int power_control(sqlite3_file *file, int what, void *out)
{
    return power_inner(file)->pMethods->xFileControl(power_inner(file), what, out);
}

static inline int power_sector(sqlite3_file *file)
{
    return power_inner(file)->pMethods->xSectorSize(power_inner(file));
}

static inline int power_device(sqlite3_file *file)
{
    return power_inner(file)->pMethods->xDeviceCharacteristics(power_inner(file));
}

static inline int power_shm_map(sqlite3_file *file, int region, int size, int extend,
                                void volatile **out)
{
    return power_inner(file)->pMethods->xShmMap(power_inner(file), region, size, extend, out);
}

static inline int power_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return power_inner(file)->pMethods->xShmLock(power_inner(file), offset, count, flags);
}

static inline void power_shm_barrier(sqlite3_file *file)
{
    power_inner(file)->pMethods->xShmBarrier(power_inner(file));
}

static inline int power_shm_unmap(sqlite3_file *file, int remove)
{
    return power_inner(file)->pMethods->xShmUnmap(power_inner(file), remove);
}

static inline int power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                             int *out)
{
    struct power_file *own = (struct power_file *)file;
    sqlite3_vfs *inner = vfs->pAppData;
    memset(own, 0, sizeof *own);
    snprintf(own->path, sizeof own->path, "%s", name != NULL ? name : "");
    int code = inner->xOpen(inner, name, own->inner, flags, out);
    own->file.pMethods = own->inner->pMethods != NULL ? &power_methods : NULL;
    return code;
}

static inline int power_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    sqlite3_vfs *inner = vfs->pAppData;
    power_forget(name);
    return inner->xDelete(inner, name, sync);
}

/* From now on; it fails so many calls behind so many syncs. */
static inline void power_begin(unsigned syncs, unsigned calls)
{
    sqlite3_vfs *inner = sqlite3_vfs_find(NULL);
    power_methods = (sqlite3_io_methods){.iVersion = 2,
                                         .xClose = power_close,
                                         .xRead = power_read,
                                         .xWrite = power_write,
                                         .xTruncate = power_truncate,
                                         .xSync = power_sync,
                                         .xFileSize = power_size,
                                         .xLock = power_lock,
                                         .xUnlock = power_unlock,
                                         .xCheckReservedLock = power_reserved,
                                         .xFileControl = power_control,
                                         .xSectorSize = power_sector,
                                         .xDeviceCharacteristics = power_device,
                                         .xShmMap = power_shm_map,
                                         .xShmLock = power_shm_lock,
                                         .xShmBarrier = power_shm_barrier,
                                         .xShmUnmap = power_shm_unmap};
    power_vfs = *inner;
    power_vfs.zName = "power";
    power_vfs.pAppData = inner;
    power_vfs.szOsFile = (int)sizeof(struct power_file) + inner->szOsFile;
    power_vfs.xOpen = power_open;
    power_vfs.xDelete = power_delete;
    power_syncs = syncs;
    power_calls = calls;
    if (sqlite3_vfs_register(&power_vfs, 1) != SQLITE_OK)
        _exit(1);
}

#endif
