/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clock - clock_gettime in the units we use.
 */
#include "base/clock.h"

#include <time.h>

static uint64_t nanoseconds(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

clock_ms clock_now(void)
{
    return nanoseconds(CLOCK_MONOTONIC) / 1000000u;
}

clock_us clock_wall(void)
{
    return nanoseconds(CLOCK_REALTIME) / 1000u;
}

uint64_t clock_ns(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

uint32_t clock_date(clock_us wall)
{
    const time_t seconds = (time_t)(wall / 1000000);
    struct tm day;
    gmtime_r(&seconds, &day);
    return (uint32_t)((day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday);
}

struct timeval clock_timeval(clock_ms duration)
{
    return (struct timeval){(time_t)(duration / 1000), (suseconds_t)(duration % 1000 * 1000)};
}
