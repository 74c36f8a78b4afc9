/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recorder - round robin over the rings.
 */
#include "record/recorder.h"

#include "base/log.h"
#include "process/birth.h"
#include "process/ring.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { TURN = 64 }; /* events of one ring before the next has its turn */

struct source {
    struct ring *ring;
    uint32_t owner;
    ino_t inode;
    clock_us retired_at; /* 0: its owner is in service */
    clock_us held_since;
    bool is_held; /* the next event waits for its policy, and those behind it */
};

struct kept {
    struct policy *policy;
    uint32_t generation;
    clock_us since; /* when it was first seen here; 0: not yet */
};

struct recorder {
    struct journal *journal;
    struct line_writer *lines;
    struct source sources[RINGS_MOST];
    size_t source_count;
    size_t event_size;                   /* of a record in the rings */
    struct kept policies[POLICIES_KEPT]; /* oldest generation first */
    size_t policy_count;
    uint64_t lost, broken; /* lost: not yet said in a line */
    struct event event;    /* the one in hand */
};

enum status recorder_new(int folder, const struct journal_limits *limits, const char *gateway,
                         enum program program, clock_us now, struct recorder **out)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);
    enum status status = STATUS_NO_MEMORY;
    if (recorder == NULL)
        return status;
    recorder->lines = line_writer_new(gateway, program_words[program], PONOR_VERSION);
    recorder->event_size = program == PROGRAM_DNSD ? EVENT_DNS_SIZE : sizeof(struct event);
    if (recorder->lines != NULL)
        status = journal_open(folder, limits, recorder->lines, now, &recorder->journal);
    if (status != STATUS_OK) {
        line_writer_free(recorder->lines);
        free(recorder);
        return status;
    }
    *out = recorder;
    return STATUS_OK;
}

static void source_close(struct recorder *recorder, size_t index)
{
    ring_close(recorder->sources[index].ring);
    recorder->sources[index] = recorder->sources[--recorder->source_count];
}

enum status recorder_add_ring(struct recorder *recorder, int fd, uint32_t owner, clock_us now)
{
    struct stat file;
    if (fstat(fd, &file) != 0)
        return STATUS_SYSTEM;
    for (size_t i = 0; i < recorder->source_count; i++) {
        struct source *old = &recorder->sources[i];
        if (old->inode == file.st_ino)
            return STATUS_OK;
        if (old->owner == owner && old->retired_at == 0)
            old->retired_at = now;
    }
    if (recorder->source_count == RINGS_MOST)
        return STATUS_TOO_LONG;
    struct source *source = &recorder->sources[recorder->source_count];
    *source = (struct source){.owner = owner, .inode = file.st_ino};
    enum status status = ring_open(fd, recorder->event_size, &source->ring);
    if (status != STATUS_OK)
        return status;
    ring_resume(source->ring, journal_written(recorder->journal));
    recorder->source_count++;
    return STATUS_OK;
}

static void oldest_close(struct recorder *recorder)
{
    struct kept *kept = recorder->policies;
    line_writer_forget(recorder->lines, kept[0].policy);
    policy_close(kept[0].policy);
    memmove(kept, kept + 1, (--recorder->policy_count) * sizeof *kept);
}

void recorder_add_policy(struct recorder *recorder, struct policy *policy, uint32_t generation)
{
    struct kept *kept = recorder->policies;
    size_t at = recorder->policy_count;
    while (at > 0 && kept[at - 1].generation >= generation)
        at--;
    bool is_known = at < recorder->policy_count && kept[at].generation == generation;
    bool is_too_old = at == 0 && recorder->policy_count == POLICIES_KEPT;
    if (is_known || is_too_old) {
        policy_close(policy);
        return;
    }
    if (recorder->policy_count == POLICIES_KEPT) {
        oldest_close(recorder);
        at--;
    }
    memmove(kept + at + 1, kept + at, (recorder->policy_count - at) * sizeof *kept);
    kept[at] = (struct kept){.policy = policy, .generation = generation};
    recorder->policy_count++;
}

static const struct policy *policy_of(const struct recorder *recorder, uint32_t generation)
{
    for (size_t i = recorder->policy_count; i-- > 0;)
        if (recorder->policies[i].generation == generation)
            return recorder->policies[i].policy;
    return NULL;
}

/* A policy that is still on its way to us. */
static bool is_to_come(const struct recorder *recorder, uint32_t generation)
{
    size_t count = recorder->policy_count;
    return count == 0 || generation > recorder->policies[count - 1].generation;
}

static void record(struct recorder *recorder, const struct event *event)
{
    if (!event_is_sound(event)) {
        recorder->lost++;
        if (recorder->broken++ == 0)
            log_error("a process sent an event that is none; such are counted as lost");
        return;
    }
    uint64_t lost = recorder->lost + event->lost_before;
    recorder->lost = 0;
    journal_event(recorder->journal, event, policy_of(recorder, event->generation), lost);
}

/* One event of a source; false when there is none, or none yet. */
static bool source_take(struct recorder *recorder, struct source *source, clock_us now)
{
    struct event *event = &recorder->event;
    size_t length = ring_peek(source->ring, event);
    if (length == 0)
        return false;
    event_complete(event, length);
    if (!source->is_held)
        source->held_since = now;
    source->is_held = policy_of(recorder, event->generation) == NULL &&
                      is_to_come(recorder, event->generation) && now >= source->held_since &&
                      now - source->held_since < POLICY_WAIT_US;
    if (source->is_held)
        return false;
    ring_take(source->ring, journal_last(recorder->journal) + 1);
    record(recorder, event);
    return true;
}

static size_t turn(struct recorder *recorder, clock_us now)
{
    size_t taken = 0;
    for (size_t i = 0; i < recorder->source_count; i++)
        for (unsigned n = 0; n < TURN && journal_has_room(recorder->journal); n++)
            if (source_take(recorder, &recorder->sources[i], now))
                taken++;
            else
                break;
    return taken;
}

static void retired_close(struct recorder *recorder, clock_us now)
{
    for (size_t i = recorder->source_count; i-- > 0;) {
        const struct source *source = &recorder->sources[i];
        if (source->retired_at != 0 && now > source->retired_at + RING_RETIRED_US &&
            ring_waiting(source->ring) == 0)
            source_close(recorder, i);
    }
}

/* A policy of which no event can come any more: it was replaced long ago and the rings are empty.
 */
static void replaced_close(struct recorder *recorder, clock_us now)
{
    for (size_t i = 0; i < recorder->policy_count; i++)
        if (recorder->policies[i].since == 0)
            recorder->policies[i].since = now;
    for (size_t i = 0; i < recorder->source_count; i++)
        if (ring_waiting(recorder->sources[i].ring) > 0)
            return;
    while (recorder->policy_count > 1 && now > recorder->policies[1].since + POLICY_RETIRED_US)
        oldest_close(recorder);
}

/* Writes what was taken. Until it is written, the rings keep it too. */
static void flush(struct recorder *recorder, clock_us now)
{
    uint64_t last = journal_last(recorder->journal);
    journal_flush(recorder->journal, now);
    if (journal_written(recorder->journal) < last)
        return;
    for (size_t i = 0; i < recorder->source_count; i++)
        ring_release(recorder->sources[i].ring);
}

size_t recorder_poll(struct recorder *recorder, clock_us now)
{
    size_t taken = 0, more;
    do {
        if (!journal_has_room(recorder->journal))
            flush(recorder, now);
        more = turn(recorder, now);
        taken += more;
    } while (more > 0 && taken < POLL_MOST);
    flush(recorder, now);
    retired_close(recorder, now);
    replaced_close(recorder, now);
    return taken;
}

void recorder_free(struct recorder *recorder, clock_us now)
{
    if (recorder == NULL)
        return;
    /* Nobody will send a policy any more. */
    while (recorder_poll(recorder, now) > 0)
        ;
    recorder_poll(recorder, now + POLICY_WAIT_US);
    journal_close(recorder->journal, now);
    while (recorder->source_count > 0)
        source_close(recorder, recorder->source_count - 1);
    line_writer_free(recorder->lines);
    for (size_t i = 0; i < recorder->policy_count; i++)
        policy_close(recorder->policies[i].policy);
    free(recorder);
}

void recorder_rotate(struct recorder *recorder, clock_us now)
{
    flush(recorder, now);
    journal_rotate(recorder->journal, now);
}

void recorder_notice(struct recorder *recorder, clock_us now, const char *action,
                     const char *reason)
{
    const struct notice notice = {.action = action, .reason = reason};
    log_info("events: %s: %s", action, reason);
    journal_notice(recorder->journal, now, &notice);
}

uint64_t recorder_broken(const struct recorder *recorder)
{
    return recorder->broken;
}

struct journal_counts recorder_counts(const struct recorder *recorder)
{
    return journal_counts(recorder->journal);
}
