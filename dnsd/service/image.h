/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * image - waits for the compiled policy, and for each that takes its place.
 *
 * Used by the parents of inspectd and consoled. A new one is copied into sealed memory, opened and
 * checked whole before anybody hears of it; a broken one is said once, and the one before stays.
 * Notices a rename at once, and anything else (a folder that comes later, a link that points
 * elsewhere) within IMAGE_LOOK_MS. Never writes, never compiles.
 */
#ifndef SERVICE_IMAGE_H
#define SERVICE_IMAGE_H

#include "policy/image.h"

enum { IMAGE_LOOK_MS = 3000 };

struct event_base;
struct image_watch;

struct image_events {
    /* A good one that is not the same as before: memory file and policy are the receiver's now. */
    void (*on_image)(void *owner, int image, struct policy *policy);
    void (*on_look)(void *owner); /* or NULL: every IMAGE_LOOK_MS */
};

/* `path` and `events` must outlive it. The first look is image_look()'s. */
MUST_USE enum status image_watch_new(struct event_base *base, const char *path,
                                     const struct image_events *events, void *owner,
                                     struct image_watch **out);
void image_watch_free(struct image_watch *watch);
/* Looks now. */
void image_look(struct image_watch *watch);

#endif
