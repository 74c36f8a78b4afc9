/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pending - slots of questions, chained by hash and by age; slots of clients, chained by question.
 */
#include "serve/pending.h"

#include <stdlib.h>

struct pending {
    uint32_t most, count, bucket_mask, id_bits, serial;
    uint32_t free_inquiry, free_waiter;    /* chains of places that were used before */
    uint32_t inquiries_used, waiters_used; /* places behind these never were: no memory yet */
    uint32_t oldest, youngest;
    uint32_t waiters_most, per_question_most;
    uint32_t *buckets;
    struct inquiry *inquiries;
    struct waiter *waiters;
};

struct pending *pending_new(uint32_t most)
{
    struct pending *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    most = most < 1 ? 1 : most > 1u << 20 ? 1u << 20 : most;
    while (1u << p->id_bits < most)
        p->id_bits++;
    p->most = most;
    p->waiters_most = 2 * most;
    p->per_question_most = most < 16 ? 16 : most;
    p->bucket_mask = (1u << p->id_bits) - 1;
    p->buckets = malloc((p->bucket_mask + (size_t)1) * sizeof *p->buckets);
    p->inquiries = calloc(most, sizeof *p->inquiries);
    p->waiters = calloc(p->waiters_most, sizeof *p->waiters);
    if (p->buckets == NULL || p->inquiries == NULL || p->waiters == NULL) {
        pending_free(p);
        return NULL;
    }
    memset(p->buckets, 0xff, (p->bucket_mask + (size_t)1) * sizeof *p->buckets);
    p->oldest = p->youngest = p->free_inquiry = p->free_waiter = PENDING_NONE;
    return p;
}

void pending_free(struct pending *pending)
{
    if (pending == NULL)
        return;
    free(pending->buckets);
    free(pending->inquiries);
    free(pending->waiters);
    free(pending);
}

static struct inquiry *inquiry_at(struct pending *p, uint32_t index)
{
    return index == PENDING_NONE ? NULL : &p->inquiries[index];
}

static uint32_t index_of(const struct pending *p, const struct inquiry *inquiry)
{
    return (uint32_t)(inquiry - p->inquiries);
}

static uint32_t *bucket_of(struct pending *p, const struct question_key *key)
{
    return &p->buckets[key->hash & p->bucket_mask];
}

struct inquiry *pending_find(struct pending *pending, const struct question_key *key)
{
    struct inquiry *q = inquiry_at(pending, *bucket_of(pending, key));
    while (q != NULL &&
           (q->key.length != key->length || memcmp(q->key.bytes, key->bytes, key->length) != 0))
        q = inquiry_at(pending, q->chain);
    return q;
}

struct inquiry *pending_by_id(struct pending *pending, uint32_t id)
{
    uint32_t index = id & pending->bucket_mask;
    if (index >= pending->most)
        return NULL;
    struct inquiry *q = &pending->inquiries[index];
    return q->open && q->id == id ? q : NULL;
}

static uint32_t inquiry_claim(struct pending *p)
{
    uint32_t index = p->free_inquiry;
    if (index != PENDING_NONE)
        p->free_inquiry = p->inquiries[index].chain;
    else if (p->inquiries_used < p->most)
        index = p->inquiries_used++;
    return index;
}

static uint32_t waiter_claim(struct pending *p)
{
    uint32_t index = p->free_waiter;
    if (index != PENDING_NONE)
        p->free_waiter = p->waiters[index].next;
    else if (p->waiters_used < p->waiters_most)
        index = p->waiters_used++;
    return index;
}

struct inquiry *pending_open(struct pending *pending, const struct question_key *key, clock_ms now)
{
    uint32_t index = inquiry_claim(pending);
    if (index == PENDING_NONE)
        return NULL;
    struct inquiry *q = &pending->inquiries[index];
    uint32_t *bucket = bucket_of(pending, key);
    pending->serial++;

    q->key = *key;
    q->id = pending->serial << pending->id_bits | index;
    q->since = now;
    q->first = q->last = PENDING_NONE;
    q->waiting = 0;
    q->open = true;
    q->unasked = q->asked_again = q->stale_tried = false;
    q->chain = *bucket;
    *bucket = index;
    q->older = pending->youngest;
    q->younger = PENDING_NONE;
    if (q->older != PENDING_NONE)
        pending->inquiries[q->older].younger = index;
    else
        pending->oldest = index;
    pending->youngest = index;
    pending->count++;
    return q;
}

void pending_close(struct pending *pending, struct inquiry *inquiry)
{
    uint32_t index = index_of(pending, inquiry);
    uint32_t *link = bucket_of(pending, &inquiry->key);
    while (*link != index)
        link = &pending->inquiries[*link].chain;
    *link = inquiry->chain;

    if (inquiry->older != PENDING_NONE)
        pending->inquiries[inquiry->older].younger = inquiry->younger;
    else
        pending->oldest = inquiry->younger;
    if (inquiry->younger != PENDING_NONE)
        pending->inquiries[inquiry->younger].older = inquiry->older;
    else
        pending->youngest = inquiry->older;

    inquiry->open = false;
    inquiry->chain = pending->free_inquiry;
    pending->free_inquiry = index;
    pending->count--;
}

bool pending_join(struct pending *pending, struct inquiry *inquiry, const struct query *query)
{
    uint32_t index =
        inquiry->waiting < pending->per_question_most ? waiter_claim(pending) : PENDING_NONE;
    if (index == PENDING_NONE)
        return false;
    struct waiter *w = &pending->waiters[index];
    w->query = *query;
    w->next = PENDING_NONE;
    memcpy(w->head, query->asked.bytes.at, query->asked.question_end);
    if (inquiry->last != PENDING_NONE)
        pending->waiters[inquiry->last].next = index;
    else
        inquiry->first = index;
    inquiry->last = index;
    inquiry->waiting++;
    return true;
}

uint32_t pending_leave(struct inquiry *inquiry)
{
    uint32_t chain = inquiry->first;
    inquiry->first = inquiry->last = PENDING_NONE;
    inquiry->waiting = 0;
    return chain;
}

bool pending_next(struct pending *pending, uint32_t *chain, struct waiter *out)
{
    uint32_t index = *chain;
    if (index == PENDING_NONE)
        return false;
    struct waiter *w = &pending->waiters[index];
    *out = *w;
    out->query.asked.bytes = out->query.bytes = span_of(out->head, out->query.asked.question_end);
    *chain = w->next;
    w->next = pending->free_waiter;
    pending->free_waiter = index;
    return true;
}

struct inquiry *pending_oldest(struct pending *pending)
{
    return inquiry_at(pending, pending->oldest);
}

struct inquiry *pending_younger(struct pending *pending, const struct inquiry *inquiry)
{
    return inquiry_at(pending, inquiry->younger);
}

uint32_t pending_count(const struct pending *pending)
{
    return pending->count;
}
