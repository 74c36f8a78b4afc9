/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incidents - read as a whole, then only what is new of each.
 */
#include "web/incidents.h"

#include "base/log.h"
#include "base/writer.h"

#include <stdio.h>
#include <stdlib.h>

enum { CACHE_LEAST_MS = 1000, CACHE_SHARE = 20, TEXT_SIZE = 4096 };

struct incident_cache {
    struct brief *at;
    size_t count, room;
    uint64_t version; /* of the summary */
    uint64_t file;    /* which summary */
    clock_ms next;    /* not read again before */
    bool cases_changed;
};

enum case_state brief_state(const struct brief *brief)
{
    bool reopened;
    return case_effective(&brief->decided, brief->last, &reopened);
}

/* Reading. */

struct reading {
    struct web *web;
    struct summary *summary;
    struct incident_cache *old, *new;
    bool failed;
};

static int by_id(const void *a, const void *b)
{
    const struct brief *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void add_text(struct writer *w, const char *text)
{
    for (; *text != 0; text++)
        write_u8(w, (uint8_t)(*text >= 'A' && *text <= 'Z' ? *text + ('a' - 'A') : *text));
    write_u8(w, '\n');
}

/* All by which people look for it. What does not fit is not found. */
static char *text_of(const struct incident *incident, const struct device_seen *seen)
{
    char room[TEXT_SIZE], address[ADDRESS_TEXT_SIZE];
    struct writer w = writer_over(room, sizeof room);
    const char *const texts[] = {seen->device.key,
                                 seen->device.host,
                                 seen->device.owner,
                                 seen->device.tag,
                                 seen->device.group,
                                 incident->app,
                                 address_text(&seen->latest, address)};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        add_text(&w, texts[i]);
    for (size_t i = 0; i < INCIDENT_NAMES && incident->names[i][0] != 0; i++)
        add_text(&w, incident->names[i]);
    return strndup(room, writer_length(&w));
}

/* What nothing has changed of is taken over. False: out of memory, or the summary cannot be read.
 */
static bool fill(const struct reading *reading, const struct incident *incident,
                 struct brief *brief)
{
    const struct incident_cache *old = reading->old;
    struct device_seen seen = {.number = 0};
    struct brief *known = NULL;

    if (old != NULL && old->count > 0)
        known = bsearch(brief, old->at, old->count, sizeof *brief, by_id);
    if (known != NULL && known->text != NULL) {
        brief->key = known->key;
        brief->decided = known->decided;
        known->key = NULL;
        if (known->attempts == brief->attempts) {
            brief->text = known->text;
            known->text = NULL;
            return true;
        }
    }
    if (summary_device(reading->summary, brief->device, &seen) == STATUS_AGAIN)
        return false;
    brief->text = text_of(incident, &seen);
    if (brief->key == NULL) {
        brief->key = strdup(seen.device.key);
        if (brief->key != NULL &&
            case_find(reading->web->people, brief->key, brief->app, &brief->decided) != STATUS_OK)
            brief->decided = (struct case_now){.state = CASE_NEW};
    }
    return brief->text != NULL && brief->key != NULL;
}

static bool on_incident(void *owner, const struct incident *incident)
{
    struct reading *reading = owner;
    struct incident_cache *cache = reading->new;
    struct score score;

    if (cache->count == cache->room) {
        size_t room = cache->room == 0 ? 256 : cache->room * 2;
        struct brief *at = realloc(cache->at, room * sizeof *at);
        if (at == NULL) {
            reading->failed = true;
            return false;
        }
        cache->at = at;
        cache->room = room;
    }
    incident_score(incident, &score);
    struct brief *brief = &cache->at[cache->count];
    *brief = (struct brief){.id = incident->id,
                            .device = incident->device,
                            .attempts = incident->attempts,
                            .first = incident->first,
                            .last = incident->last,
                            .points = (uint8_t)score.points,
                            .confidence = (uint8_t)score.confidence,
                            .app = strdup(incident->app)};
    cache->count++;
    reading->failed = brief->app == NULL || !fill(reading, incident, brief);
    return !reading->failed && cache->count < BRIEFS_MOST;
}

static void free_cache(struct incident_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->count; i++) {
        free(cache->at[i].app);
        free(cache->at[i].key);
        free(cache->at[i].text);
    }
    free(cache->at);
    free(cache);
}

void incidents_free(struct web *web)
{
    free_cache(web->incidents);
    web->incidents = NULL;
}

void web_cases_changed(struct web *web)
{
    if (web->incidents != NULL)
        web->incidents->cases_changed = true;
}

static enum status read_all(struct web *web, struct summary *summary)
{
    struct incident_cache *cache = calloc(1, sizeof *cache);
    struct reading reading = {.web = web, .summary = summary, .new = cache};
    clock_ms began = clock_now();

    if (cache == NULL)
        return STATUS_NO_MEMORY;
    if (web->incidents != NULL && web->incidents->file == web->history.file)
        reading.old = web->incidents;
    cache->version = summary_version(summary);
    cache->file = web->history.file;
    enum status status = summary_incidents(summary, 0, 0, on_incident, &reading);
    if (status == STATUS_OK && reading.failed)
        status = STATUS_AGAIN;
    if (cache->count > 0)
        qsort(cache->at, cache->count, sizeof cache->at[0], by_id);
    clock_ms now = clock_now(), wait = (now - began) * CACHE_SHARE;
    cache->next = now + (wait < CACHE_LEAST_MS ? CACHE_LEAST_MS : wait);
    free_cache(web->incidents); /* of which parts were taken */
    web->incidents = status == STATUS_OK ? cache : NULL;
    if (status != STATUS_OK)
        free_cache(cache);
    return status;
}

/* Cases alone: the summary did not change by it. */
static void find_cases(struct web *web)
{
    struct incident_cache *cache = web->incidents;

    for (size_t i = 0; i < cache->count; i++) {
        struct brief *brief = &cache->at[i];
        if (case_find(web->people, brief->key, brief->app, &brief->decided) != STATUS_OK)
            brief->decided = (struct case_now){.state = CASE_NEW};
    }
    cache->cases_changed = false;
}

static bool is_of_this_history(const struct web *web)
{
    return web->incidents != NULL && web->incidents->file == web->history.file;
}

enum status incidents_look(struct web *web, struct briefs *out)
{
    struct summary *summary;

    enum status status = web_summary(web, &summary);
    if (status == STATUS_OK && !is_of_this_history(web))
        status = read_all(web, summary);
    if (status != STATUS_OK)
        return status;
    if (web->incidents->cases_changed)
        find_cases(web);
    *out = (struct briefs){web->incidents->at, web->incidents->count};
    return STATUS_OK;
}

void incidents_refresh(struct web *web)
{
    struct summary *summary;

    if (web_summary(web, &summary) != STATUS_OK)
        return;
    if (!is_of_this_history(web) || (clock_now() >= web->incidents->next &&
                                     web->incidents->version != summary_version(summary)))
        if (read_all(web, summary) != STATUS_OK)
            log_debug("the incidents could not be read; again in a moment");
}

static int by_device(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

enum status incidents_count(struct web *web, clock_us from, struct incident_totals *out)
{
    struct briefs cache;
    size_t count = 0;

    memset(out, 0, sizeof *out);
    enum status status = incidents_look(web, &cache);
    if (status != STATUS_OK)
        return status;
    uint64_t *devices = calloc(cache.count + 1, sizeof *devices);
    if (devices == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < cache.count; i++) {
        out->states[brief_state(&cache.at[i])]++;
        if (cache.at[i].last >= from)
            devices[count++] = cache.at[i].device;
    }
    if (count > 0)
        qsort(devices, count, sizeof *devices, by_device);
    for (size_t i = 0; i < count; i++)
        out->devices += i == 0 || devices[i] != devices[i - 1];
    free(devices);
    return STATUS_OK;
}

int brief_by_score(const void *a, const void *b)
{
    const struct brief *x = *(const struct brief *const *)a, *y = *(const struct brief *const *)b;
    if (x->points != y->points)
        return x->points > y->points ? -1 : 1;
    return x->last > y->last ? -1 : x->last < y->last;
}

int brief_by_last(const void *a, const void *b)
{
    const struct brief *x = *(const struct brief *const *)a, *y = *(const struct brief *const *)b;
    return x->last > y->last ? -1 : x->last < y->last;
}

int brief_by_attempts(const void *a, const void *b)
{
    const struct brief *x = *(const struct brief *const *)a, *y = *(const struct brief *const *)b;
    return x->attempts > y->attempts ? -1 : x->attempts < y->attempts;
}

uint32_t incidents_newest(struct web *web, uint32_t most, uint64_t *ids)
{
    struct briefs cache;
    size_t count = 0;

    if (incidents_look(web, &cache) != STATUS_OK)
        return 0;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): a table of pointers
    const struct brief **found = calloc(cache.count + 1, sizeof(*found));
    if (found == NULL)
        return 0;
    for (size_t i = 0; i < cache.count; i++)
        if (brief_state(&cache.at[i]) == CASE_NEW)
            found[count++] = &cache.at[i];
    if (count > 0)
        // NOLINTNEXTLINE(bugprone-sizeof-expression): a table of pointers
        qsort(found, count, sizeof(*found), brief_by_score);
    if (count > most)
        count = most;
    for (size_t i = 0; i < count; i++)
        ids[i] = found[i]->id;
    free(found);
    return (uint32_t)count;
}
