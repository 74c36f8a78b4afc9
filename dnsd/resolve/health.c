/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * health - a smoothed time, a count of failures, a pause.
 */
#include "resolve/health.h"

enum { RTT_SHIFT = 3, RTT_MOST_MS = 60000 };

static void measure(struct health *h, clock_ms rtt)
{
    uint32_t eighths = (uint32_t)(rtt < RTT_MOST_MS ? rtt : RTT_MOST_MS) << RTT_SHIFT;
    /* rtt = 7/8 rtt + 1/8 sample (RFC 6298 2); at least 1, which means "measured". */
    h->rtt = h->rtt == 0 ? eighths : h->rtt - (h->rtt >> RTT_SHIFT) + (eighths >> RTT_SHIFT);
    if (h->rtt == 0)
        h->rtt = 1;
}

void health_answered(struct health *h, clock_ms rtt, clock_ms now)
{
    measure(h, rtt);
    h->answered_at = now;
    h->failures = 0;
    h->pause = 0;
    h->network = false;
}

void health_refused(struct health *h, clock_ms timeout, clock_ms now)
{
    health_answered(h, timeout, now);
}

void health_failed(struct health *h)
{
    if (h->failures < UINT16_MAX)
        h->failures++;
}

/* What many questions learn at one moment counts once. */
static void fall_silent(struct health *h, clock_ms now)
{
    if (health_is_silent(h) && now < h->again_at)
        return;
    uint32_t pause = h->pause == 0 ? HEALTH_PAUSE_MS : h->pause * 2;
    h->pause = pause < HEALTH_PAUSE_MOST_MS ? pause : HEALTH_PAUSE_MOST_MS;
    h->again_at = now + h->pause;
}

void health_silenced(struct health *h, clock_ms now)
{
    h->network = false;
    fall_silent(h, now);
}

void health_unreachable(struct health *h, clock_ms now)
{
    h->network = true;
    fall_silent(h, now);
}

bool health_is_due(const struct health *h, clock_ms now)
{
    if (health_is_silent(h))
        return now >= h->again_at;
    return h->failures >= HEALTH_FAILURES &&
           (h->answered_at == 0 || now - h->answered_at >= HEALTH_QUIET_MS);
}

static bool is_better(const struct health *a, const struct health *b)
{
    return a->failures != b->failures ? a->failures < b->failures : a->rtt < b->rtt;
}

int health_choose(const struct health *all, unsigned count, uint32_t tried)
{
    int best = HEALTH_NOBODY;
    for (unsigned i = 0; i < count; i++)
        if ((tried >> i & 1) == 0 && !health_is_silent(&all[i]) &&
            (best == HEALTH_NOBODY || is_better(&all[i], &all[best])))
            best = (int)i;
    return best;
}

int health_beside(const struct health *all, unsigned count, int chosen, uint32_t lot)
{
    if (count < 2 || all[chosen].rtt == 0 || lot % HEALTH_EXPLORE != 0)
        return HEALTH_NOBODY;
    unsigned other = lot / HEALTH_EXPLORE % (count - 1);
    other += other >= (unsigned)chosen;
    return health_is_silent(&all[other]) ? HEALTH_NOBODY : (int)other;
}
