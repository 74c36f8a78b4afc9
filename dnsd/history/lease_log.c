/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lease_log - one file, and the one that takes its place.
 */
#include "history/lease_log.h"

#include "base/log.h"
#include "config/config.h"
#include "device/leases.h"
#include "history/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NEW_FILE LEASE_LOG_FILE ".new"

enum { BUFFER = 1 << 16, PATH_SIZE = CONFIG_PATH_SIZE + 32, FILE_MODE = 0640 };

struct lease_log {
    struct devices *devices;
    char folder[CONFIG_PATH_SIZE];
    int fd;           /* -1: not written */
    uint64_t size;    /* of the file: whole lines */
    uint64_t compact; /* its size when it was written anew; 0: not known */
    bool is_unread;   /* it may hold what we do not know, and is left as it is */
    bool is_behind;   /* something could not be written, and is in `devices` alone */
    struct writer w;
    uint8_t buffer[BUFFER];
};

static bool write_whole(int fd, struct span bytes)
{
    while (bytes.length > 0) {
        const ssize_t done = write(fd, bytes.at, bytes.length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes = span_behind(bytes, (size_t)done);
    }
    return true;
}

/* Reading. */

struct loading {
    struct lease_log *log;
    enum status status;
};

static void on_logged(void *owner, const struct lease *lease)
{
    struct loading *loading = owner;
    bool is_news;
    enum status status =
        devices_add_lease(loading->log->devices, lease, (enum device_known)lease->known, &is_news);
    if (status != STATUS_OK)
        loading->status = status;
}

static enum status load(struct lease_log *log, const char *path, clock_us now)
{
    struct loading loading = {log, STATUS_OK};
    struct leases_read result;
    size_t length;
    char *text;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return errno == ENOENT ? STATUS_OK : STATUS_SYSTEM;
    enum status status = whole_file_read(fd, &text, &length);
    const int why = errno;
    close(fd);
    if (status == STATUS_OK) {
        lease_own.read(span_of(text, length), now, on_logged, &loading, &result);
        status = loading.status;
        while (length > 0 && text[length - 1] != '\n') /* half a line, which a crash left */
            length--;
        log->size = length;
        if (result.bad > 0)
            log_warning("%s: %" PRIu64 " lines cannot be read, the first is line %" PRIu64 ": %s",
                        path, result.bad, result.first_bad, result.why);
    }
    free(text);
    errno = why;
    return status;
}

/* Writing anew. */

struct copying {
    struct lease_log *log;
    int fd;
    bool is_fine;
    uint64_t size;
    int why;
};

static void copy_flush(struct copying *copying)
{
    const struct span bytes = writer_span(&copying->log->w);

    if (copying->is_fine && !write_whole(copying->fd, bytes)) {
        copying->is_fine = false;
        copying->why = errno;
    }
    copying->size += bytes.length;
    copying->log->w = writer_over(copying->log->buffer, sizeof copying->log->buffer);
}

static void on_known(void *owner, const struct lease *lease)
{
    struct copying *copying = owner;

    if (writer_room(&copying->log->w) < LEASE_LINE_MOST)
        copy_flush(copying);
    lease_write(&copying->log->w, lease, (enum device_known)lease->known);
}

static void folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!fsync(fd);
    close(fd);
}

/* The buffer is empty. False: all is as it was. */
static bool write_anew(struct lease_log *log)
{
    char path[PATH_SIZE], new_path[PATH_SIZE];
    struct copying copying = {.log = log, .is_fine = true};

    snprintf(path, sizeof path, "%s/%s", log->folder, LEASE_LOG_FILE);
    snprintf(new_path, sizeof new_path, "%s/%s", log->folder, NEW_FILE);
    (void)unlink(new_path);
    copying.fd =
        open(new_path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (copying.fd < 0)
        return false;
    devices_leases(log->devices, on_known, &copying);
    copy_flush(&copying);
    if (!copying.is_fine || fsync(copying.fd) != 0 || rename(new_path, path) != 0) {
        const int why = copying.is_fine ? errno : copying.why;
        close(copying.fd);
        (void)unlink(new_path);
        errno = why;
        return false;
    }
    folder_sync(log->folder);
    if (log->fd >= 0)
        close(log->fd);
    log->fd = copying.fd;
    log->size = log->compact = copying.size;
    return true;
}

/* Appending. */

static void say_behind(struct lease_log *log)
{
    if (!log->is_behind)
        log_error(
            "%s/%s cannot be written: %s; make room, and let consoled write there: until then "
            "a restart forgets leases that were learned since",
            log->folder, LEASE_LOG_FILE, strerror(errno));
    log->is_behind = true;
}

static void append(struct lease_log *log)
{
    const struct span bytes = writer_span(&log->w);

    if (bytes.length == 0)
        return;
    log->w = writer_over(log->buffer, sizeof log->buffer);
    if (log->is_behind || log->fd < 0) /* all of it is written anew */
        return;
    if (write_whole(log->fd, bytes) && fdatasync(log->fd) == 0) {
        log->size += bytes.length;
        return;
    }
    say_behind(log);
    (void)!ftruncate(log->fd, (off_t)log->size);
}

void lease_log_add(struct lease_log *log, const struct lease *lease, enum device_known known)
{
    if (writer_room(&log->w) < LEASE_LINE_MOST)
        append(log);
    lease_write(&log->w, lease, known);
}

void lease_log_flush(struct lease_log *log)
{
    append(log);
    if (log->is_unread ||
        (!log->is_behind && (log->size <= LEASE_LOG_LEAST || log->size <= 2 * log->compact)))
        return;
    if (!write_anew(log)) {
        say_behind(log);
        return;
    }
    if (log->is_behind)
        log_info("%s/%s is written again, and nothing is missing in it", log->folder,
                 LEASE_LOG_FILE);
    log->is_behind = false;
}

/* Behind whole lines. */
static void begin(struct lease_log *log)
{
    if (log->is_unread)
        log->size = (uint64_t)lseek(log->fd, 0, SEEK_END);
    else if (ftruncate(log->fd, (off_t)log->size) != 0)
        say_behind(log);
}

struct lease_log *lease_log_open(const char *folder, struct devices *devices, clock_us now)
{
    struct lease_log *log = calloc(1, sizeof *log);
    char path[PATH_SIZE];

    if (log == NULL)
        return NULL;
    log->devices = devices;
    log->w = writer_over(log->buffer, sizeof log->buffer);
    snprintf(log->folder, sizeof log->folder, "%s", folder);
    snprintf(path, sizeof path, "%s/%s", folder, LEASE_LOG_FILE);
    enum status status = load(log, path, now);
    if (status != STATUS_OK) {
        log->is_unread = true;
        log_error("%s cannot be read: %s; older events may be attributed to addresses alone. Let "
                  "consoled read it, and start consoled again",
                  path, status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    }
    log->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (log->fd < 0)
        say_behind(log);
    else
        begin(log);
    return log;
}

void lease_log_close(struct lease_log *log)
{
    if (log == NULL)
        return;
    lease_log_flush(log);
    if (log->fd >= 0)
        close(log->fd);
    free(log);
}
