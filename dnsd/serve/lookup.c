/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lookup - cache in front, pending questions behind.
 */
#include "serve/lookup.h"

#include "serve/pending.h"
#include "serve/reply.h"
#include "serve/scrub.h"

enum {
    TICK_MS = 100,     /* deadlines are kept to within this */
    ASK_RETRY_MS = 20, /* a resolver that died is back within 200 ms */
    ASK_PATIENCE_MS = 500,
    FAILURE_FIRST_MS = 5000, /* doubled with each failure in a row, RFC 9520 3.2 */
    FAILURE_MOST_MS = 30000,
    PREFETCH_HITS = 2,
    PREFETCH_PART = 10 /* when less than a tenth of the life is left */
};

static uint8_t variant_of(const struct query *q)
{
    uint16_t type = q->asked.question.type;
    uint8_t variant = 0;
    if (q->asked.edns.wants_dnssec)
        variant |= VARIANT_DNSSEC;
    if (q->asked.flags & FLAG_CD)
        variant |= VARIANT_UNCHECKED;
    if ((type == TYPE_HTTPS || type == TYPE_SVCB) && q->group != GROUP_NONE &&
        policy_group(q->server->policy, q->group).remove_ech)
        variant |= VARIANT_NO_ECH;
    return variant;
}

static bool is_usable_stale(const struct server *s, const struct kept *kept, clock_ms now)
{
    return kept != NULL && !kept->failed &&
           now < kept->expires + (clock_ms)s->config->dnsd.stale_seconds * 1000;
}

static bool send_ask(struct server *s, struct inquiry *inquiry)
{
    const struct question_key *key = &inquiry->key;
    const uint8_t *behind_name = key->bytes + key->length - 5;
    struct cursor c = cursor_over(key->bytes, key->length);
    struct message_ask ask = {
        .id = inquiry->id,
        .type = load_u16(behind_name),
        .class = load_u16(behind_name + 2),
        .want_dnssec = (key_variant(key) & VARIANT_DNSSEC) != 0,
        .checking_disabled = (key_variant(key) & VARIANT_UNCHECKED) != 0,
    };
    if (name_read(&c, (struct span){0}, &ask.name) != STATUS_OK)
        return false;
    inquiry->unasked = !s->outlets.ask(s->outlets.owner, &ask);
    return !inquiry->unasked;
}

static struct inquiry *open_inquiry(struct server *s, const struct question_key *key, clock_ms now)
{
    struct inquiry *inquiry = pending_open(s->pending, key, now);
    if (inquiry == NULL)
        return NULL;
    s->counters->value[COUNT_PENDING] = pending_count(s->pending);
    (void)send_ask(s, inquiry); /* when no resolver could take it, time tries again */
    return inquiry;
}

static void close_inquiry(struct server *s, struct inquiry *inquiry)
{
    pending_close(s->pending, inquiry);
    s->counters->value[COUNT_PENDING] = pending_count(s->pending);
}

static void prefetch(struct query *q, struct kept *found)
{
    const struct server *s = q->server;
    if (!s->config->dnsd.prefetch || found->refreshing || found->failed ||
        found->hits < PREFETCH_HITS || q->when.now < found->retry_at ||
        (found->expires - q->when.now) * PREFETCH_PART > found->expires - found->stored ||
        pending_find(s->pending, &s->key) != NULL)
        return;
    found->refreshing = true;
    if (open_inquiry(q->server, &s->key, q->when.now) != NULL)
        query_count(q, COUNT_PREFETCHED);
}

static enum next take_stale(struct query *q, struct kept *kept)
{
    q->found = kept;
    q->stale = true;
    query_count(q, COUNT_STALE);
    return NEXT_STEP;
}

/* May the client have the stale answer without waiting? Yes when asking failed lately, or is taking
 * long already, or the configuration lets nobody wait. */
static bool is_stale_due(const struct server *s, const struct kept *kept, clock_ms now)
{
    const struct inquiry *under_way = pending_find(s->pending, &s->key);
    return now < kept->retry_at ||
           (under_way != NULL && now - under_way->since >= s->config->dnsd.stale_after_ms);
}

enum next lookup_recall(struct query *q)
{
    struct server *s = q->server;
    clock_ms now = q->when.now;

    if (q->found != NULL) /* it waited for this */
        return NEXT_STEP;
    if ((q->asked.flags & FLAG_RD) == 0)
        return reply_code(q, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE, "recursion was not asked for");
    cache_key(s->cache, query_sought(q), q->asked.question.type, q->asked.question.class,
              variant_of(q), &s->key);
    struct kept *kept = cache_find(s->cache, &s->key);
    if (kept == NULL)
        return NEXT_STEP;
    kept->recent = true;
    if (now < kept->expires) {
        if (kept->hits < UINT8_MAX)
            kept->hits++;
        prefetch(q, kept);
        q->found = kept;
        query_count(q, COUNT_HITS);
        return NEXT_STEP;
    }
    if (!is_usable_stale(s, kept, now))
        return NEXT_STEP;
    if (s->config->dnsd.stale_after_ms == 0 && now >= kept->retry_at &&
        pending_find(s->pending, &s->key) == NULL)
        (void)open_inquiry(s, &s->key, now); /* nobody waits for it */
    return is_stale_due(s, kept, now) ? take_stale(q, kept) : NEXT_STEP;
}

static enum next give_up(struct query *q, const char *why)
{
    struct kept *kept = cache_find(q->server->cache, &q->server->key);
    if (is_usable_stale(q->server, kept, q->when.now))
        return take_stale(q, kept);
    return reply_code(q, RCODE_SERVFAIL, EDE_OTHER, why);
}

enum next lookup_resolve(struct query *q)
{
    struct server *s = q->server;
    if (q->found != NULL)
        return NEXT_STEP;
    struct inquiry *inquiry = pending_find(s->pending, &s->key);
    if (inquiry != NULL) {
        query_count(q, COUNT_JOINED);
    } else {
        query_count(q, COUNT_MISSES);
        inquiry = open_inquiry(s, &s->key, q->when.now);
    }
    if (inquiry == NULL)
        return give_up(q, "too many questions are under way");
    if (!pending_join(s->pending, inquiry, q))
        return give_up(q, "too many clients wait for this");
    return NEXT_WAIT;
}

/* Lets those that waited go on with what was found. */
static void deliver(struct server *s, uint32_t chain, struct kept *found, bool stale,
                    struct moment when)
{
    struct waiter waiter;
    while (pending_next(s->pending, &chain, &waiter)) {
        struct query *q = &waiter.query;
        size_t room = query_is_udp(q) ? (size_t)EDNS_UDP_SIZE : (size_t)MESSAGE_MOST;
        struct writer reply = writer_over(s->late, room);
        q->reply = &reply;
        q->when = when;
        q->found = found;
        q->stale = stale;
        if (stale)
            query_count(q, COUNT_STALE);
        if (query_resume(q) != FATE_WAITING) /* nothing is written for one that ends in silence */
            s->outlets.reply(s->outlets.owner, &q->peer, writer_span(&reply));
    }
}

/* How long a failure is remembered; counts it. */
static clock_ms pause_after(uint8_t *failures)
{
    clock_ms pause = (clock_ms)FAILURE_FIRST_MS << (*failures < 3 ? *failures : 3);
    if (*failures < UINT8_MAX)
        ++*failures;
    return pause < FAILURE_MOST_MS ? pause : FAILURE_MOST_MS;
}

/* Asking brought nothing: the stale answer if there is one, else s->made, a SERVFAIL. A failure of
 * the Internet is remembered for a while; one of ours says nothing about the next question. */
static void settle_failure(struct server *s, struct inquiry *inquiry, bool ours, struct moment when)
{
    const struct question_key key = inquiry->key;
    struct kept *before = cache_find(s->cache, &key);
    uint8_t failures = before != NULL ? before->failures : 0;
    clock_ms pause = ours ? 0 : pause_after(&failures);

    uint32_t chain = pending_leave(inquiry);
    close_inquiry(s, inquiry);
    if (is_usable_stale(s, before, when.now)) {
        before->failures = failures;
        before->retry_at = when.now + pause;
        before->refreshing = false;
        deliver(s, chain, before, when.now >= before->expires, when);
        return;
    }
    s->made->failures = failures;
    s->made->expires = when.now + pause;
    if (!ours)
        cache_keep(s->cache, &key, s->made);
    deliver(s, chain, s->made, false, when);
}

static void fail(struct server *s, struct inquiry *inquiry, uint16_t ede, const char *why,
                 struct moment when)
{
    scrub_failure(&inquiry->key, ede, why, when.now, s->made);
    settle_failure(s, inquiry, ede == EDE_NOT_READY, when);
}

static void count_cache(struct server *s)
{
    const struct cache_use use = cache_use(s->cache);
    s->counters->value[COUNT_CACHE_ENTRIES] = use.entries;
    s->counters->value[COUNT_CACHE_BYTES] = use.bytes;
    s->counters->value[COUNT_CACHE_EVICTED] = use.evicted;
}

void lookup_arrive(struct server *s, const struct message_answer *answer, struct span message,
                   struct moment when)
{
    struct inquiry *inquiry = pending_by_id(s->pending, answer->id);
    if (inquiry == NULL)
        return;
    struct scrub_notes notes = {0};
    const struct question_key key = inquiry->key;
    scrub_answer(s->config, &key, answer, message, when.now, s->made, &notes);
    s->counters->value[COUNT_REBINDING] += notes.rebinding;
    s->counters->value[COUNT_BOGUS] += answer->outcome == OUTCOME_BOGUS;
    if (s->made->failed) {
        settle_failure(s, inquiry, false, when);
    } else {
        uint32_t chain = pending_leave(inquiry);
        close_inquiry(s, inquiry);
        if (s->made->expires > when.now)
            cache_keep(s->cache, &key, s->made);
        deliver(s, chain, s->made, false, when);
    }
    count_cache(s);
}

void lookup_flush(struct server *s, const struct name *below)
{
    cache_flush(s->cache, below);
    count_cache(s);
}

/* Which of our questions it held is not known here: all are asked once more, and the first answer
 * to each counts. */
void lookup_resolver_lost(struct server *s, struct moment when)
{
    struct inquiry *next;
    for (struct inquiry *at = pending_oldest(s->pending); at != NULL; at = next) {
        next = pending_younger(s->pending, at);
        if (at->asked_again) {
            fail(s, at, EDE_NOT_READY, "resolving was interrupted twice", when);
            continue;
        }
        at->asked_again = true;
        (void)send_ask(s, at);
    }
}

/* Those that have waited long enough get the stale answer; the question goes on without them. */
static void try_stale(struct server *s, struct inquiry *inquiry, struct moment when)
{
    struct kept *kept = cache_find(s->cache, &inquiry->key);
    inquiry->stale_tried = true;
    if (is_usable_stale(s, kept, when.now))
        deliver(s, pending_leave(inquiry), kept, when.now >= kept->expires, when);
}

/* One question's deadlines; it may be closed by this. */
static void keep_time(struct server *s, struct inquiry *inquiry, struct moment when)
{
    clock_ms age = when.now - inquiry->since;
    bool is_late = age >= s->config->dnsd.query_timeout_ms;
    if (inquiry->unasked && (is_late || (age >= ASK_PATIENCE_MS && !inquiry->asked_again)))
        fail(s, inquiry, EDE_NOT_READY, "no resolver is running", when);
    else if (is_late)
        fail(s, inquiry, EDE_NO_REACHABLE_AUTHORITY, "no answer in time", when);
    else if (inquiry->unasked)
        (void)send_ask(s, inquiry);
    else if (!inquiry->stale_tried && age >= s->config->dnsd.stale_after_ms)
        try_stale(s, inquiry, when);
}

unsigned lookup_tick(struct server *s, struct moment when)
{
    struct inquiry *next;
    unsigned wait = TICK_MS;
    for (struct inquiry *at = pending_oldest(s->pending); at != NULL; at = next) {
        next = pending_younger(s->pending, at);
        if (at->unasked)
            wait = ASK_RETRY_MS;
        keep_time(s, at, when);
    }
    return wait;
}
