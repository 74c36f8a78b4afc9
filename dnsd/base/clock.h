/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clock - the two times.
 *
 * Used by the files that own a loop; they hand `now` down. Logic never calls these: a test must be
 * able to say what time it is.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

typedef uint64_t clock_ms; /* milliseconds, monotonic, for life times */
typedef uint64_t clock_us; /* microseconds since 1970, UTC, for people */

clock_ms clock_now(void);
clock_us clock_wall(void);
uint64_t clock_ns(void); /* monotonic, for durations that are reported */

/* The day (UTC) as YYYYMMDD, which lists write too. */
uint32_t clock_date(clock_us wall);

/* A duration as libevent and the socket options take it. */
struct timeval clock_timeval(clock_ms duration);

#endif
