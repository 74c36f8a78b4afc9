/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unwatched - for how long nobody watched before this inspectd began.
 *
 * Used by the parent. While it lives it touches a file beside its control socket twice a second;
 * the next one reads from it when that ended, be it by stop or by kill -9. After a restart of the
 * machine the file is gone, and nothing is known. Never blocks for it: without the file there is no
 * answer.
 */
#ifndef ENFORCE_UNWATCHED_H
#define ENFORCE_UNWATCHED_H

#include "base/clock.h"
#include "base/status.h"

struct event_base;
struct unwatched;

/* `control`: the path of the socket. */
MUST_USE enum status unwatched_new(struct event_base *base, const char *control,
                                   struct unwatched **out);
/* The file stays: the time of this moment is in it. */
void unwatched_free(struct unwatched *unwatched);
/* 0: not known. */
clock_ms unwatched_ms(const struct unwatched *unwatched);

#endif
