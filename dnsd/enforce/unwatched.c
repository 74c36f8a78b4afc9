/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unwatched - the time of a file.
 */
#include "enforce/unwatched.h"

#include "base/log.h"
#include "config/config.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOUCH_MS = 500, FILE_MODE = 0640, SUFFIX_ROOM = 8 };

struct unwatched {
    int fd; /* -1: there is no such file */
    clock_ms before;
    struct event *timer;
};

static void touch(int fd, short what, void *owner)
{
    const struct unwatched *unwatched = owner;
    (void)futimens(unwatched->fd, NULL);
}

/* A file that was not there says nothing, nor does one from tomorrow. */
static clock_ms age_of(int fd, bool was_there)
{
    struct stat file;

    if (!was_there || fstat(fd, &file) != 0)
        return 0;
    const clock_us at =
        (clock_us)file.st_mtim.tv_sec * 1000000 + (clock_us)file.st_mtim.tv_nsec / 1000;
    const clock_us now = clock_wall();
    return now > at ? (now - at) / 1000 : 0;
}

enum status unwatched_new(struct event_base *base, const char *control, struct unwatched **out)
{
    const struct timeval each = clock_timeval(TOUCH_MS);
    char path[CONFIG_PATH_SIZE + SUFFIX_ROOM];
    struct unwatched *unwatched = calloc(1, sizeof *unwatched);

    if (unwatched == NULL)
        return STATUS_NO_MEMORY;
    snprintf(path, sizeof path, "%s.alive", control);
    bool was_there = access(path, F_OK) == 0;
    unwatched->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (unwatched->fd < 0) {
        log_warning("after a crash nobody will know how long nothing was watched: %s: %s", path,
                    strerror(errno));
        *out = unwatched;
        return STATUS_OK;
    }
    unwatched->before = age_of(unwatched->fd, was_there);
    touch(-1, 0, unwatched);
    unwatched->timer = event_new(base, -1, EV_PERSIST, touch, unwatched);
    if (unwatched->timer == NULL || event_add(unwatched->timer, &each) != 0) {
        unwatched_free(unwatched);
        return STATUS_NO_MEMORY;
    }
    *out = unwatched;
    return STATUS_OK;
}

void unwatched_free(struct unwatched *unwatched)
{
    if (unwatched == NULL)
        return;
    if (unwatched->timer != NULL)
        event_free(unwatched->timer);
    if (unwatched->fd >= 0)
        close(unwatched->fd);
    free(unwatched);
}

clock_ms unwatched_ms(const struct unwatched *unwatched)
{
    return unwatched->before;
}
