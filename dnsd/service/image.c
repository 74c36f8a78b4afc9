/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * image - inotify on the image's folder, and a timer for what inotify cannot tell.
 */
#include "service/image.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/refusal.h"
#include "process/birth.h"

#include <errno.h>
#include <event2/event.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct image_watch {
    const char *path;
    const struct image_events *events;
    void *owner;
    int notices;      /* of inotify */
    int folder;       /* its watch of the folder; -1: none now */
    int said;         /* errno that was said last; 0: none */
    bool has_one;     /* `checksum` is that of the one in service */
    struct stat seen; /* the file that was looked at last */
    uint8_t checksum[sizeof((struct policy_facts *)0)->checksum];
    struct event *on_notice, *on_timer;
};

static void watch_folder(struct image_watch *w)
{
    char copy[CONFIG_PATH_SIZE];

    snprintf(copy, sizeof copy, "%s", w->path);
    if (w->folder < 0)
        w->folder = inotify_add_watch(w->notices, dirname(copy),
                                      IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF |
                                          IN_ONLYDIR);
}

static void say_none(struct image_watch *w, int error)
{
    char why[REFUSAL_TEXT_SIZE];

    if (w->said == error)
        return;
    w->said = error;
    if (w->has_one)
        log_warning("the policy %s: %s; the one before stays in service", w->path,
                    refusal_text(error, why));
    else if (error == ENOENT)
        log_warning("there is no policy yet: waiting for %s, which `dnsd` or `ponor compile` makes",
                    w->path);
    else
        log_error("waiting for a policy: %s: %s", w->path, refusal_text(error, why));
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The same content again: compiled by hand, or dnsd was started anew. */
static bool is_news(struct image_watch *w, const struct policy *policy)
{
    const struct policy_facts facts = policy_facts(policy);
    if (w->has_one && memcmp(w->checksum, facts.checksum, sizeof w->checksum) == 0)
        return false;
    memcpy(w->checksum, facts.checksum, sizeof w->checksum);
    w->has_one = true;
    return true;
}

void image_look(struct image_watch *watch)
{
    struct stat file;
    struct policy *policy;
    int image = -1;

    watch_folder(watch);
    if (stat(watch->path, &file) != 0) {
        say_none(watch, errno);
        watch->seen = (struct stat){0};
        return;
    }
    if (is_same_file(&file, &watch->seen))
        return;
    watch->seen = file;
    errno = 0;
    enum status status = birth_image(watch->path, &image, &policy);
    if (status == STATUS_SYSTEM) {
        say_none(watch, errno);
        return;
    }
    watch->said = 0;
    if (status != STATUS_OK) {
        log_error("the policy %s cannot be used: %s; %s", watch->path, status_text(status),
                  watch->has_one ? "the one before stays in service" : "waiting for another");
        return;
    }
    if (is_news(watch, policy)) {
        watch->events->on_image(watch->owner, image, policy);
        return;
    }
    policy_close(policy);
    close(image);
}

static void on_notice(int fd, short what, void *owner)
{
    /* What exactly happened does not matter: stat(2) says what is there now. */
    char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    struct image_watch *w = owner;
    ssize_t got;

    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= got;) {
            const struct inotify_event *notice = (const void *)(bytes + at);
            at += (ssize_t)(sizeof *notice + notice->len);
            if (notice->wd != w->folder)
                continue;
            if ((notice->mask & IN_MOVE_SELF) != 0)
                inotify_rm_watch(fd, w->folder);
            if ((notice->mask & (IN_MOVE_SELF | IN_IGNORED)) != 0)
                w->folder = -1;
        }
    }
    image_look(w);
}

static void on_timer(int fd, short what, void *owner)
{
    struct image_watch *w = owner;
    image_look(w);
    if (w->events->on_look != NULL)
        w->events->on_look(w->owner);
}

enum status image_watch_new(struct event_base *base, const char *path,
                            const struct image_events *events, void *owner,
                            struct image_watch **out)
{
    const struct timeval each = clock_timeval(IMAGE_LOOK_MS);
    struct image_watch *w = calloc(1, sizeof *w);

    if (w == NULL)
        return STATUS_NO_MEMORY;
    w->path = path;
    w->events = events;
    w->owner = owner;
    w->folder = -1;
    w->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->notices < 0)
        log_warning("a new policy is noticed within %d s only: %s; raise "
                    "fs.inotify.max_user_instances with sysctl",
                    IMAGE_LOOK_MS / 1000, strerror(errno));
    else
        w->on_notice = event_new(base, w->notices, EV_READ | EV_PERSIST, on_notice, w);
    w->on_timer = event_new(base, -1, EV_PERSIST, on_timer, w);
    if ((w->notices >= 0 && (w->on_notice == NULL || event_add(w->on_notice, NULL) != 0)) ||
        w->on_timer == NULL || event_add(w->on_timer, &each) != 0) {
        image_watch_free(w);
        log_error("cannot start: %s", status_text(STATUS_NO_MEMORY));
        return STATUS_NO_MEMORY;
    }
    *out = w;
    return STATUS_OK;
}

void image_watch_free(struct image_watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->on_notice != NULL)
        event_free(watch->on_notice);
    if (watch->on_timer != NULL)
        event_free(watch->on_timer);
    if (watch->notices >= 0)
        close(watch->notices);
    free(watch);
}
