/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fold - maps, and lists of what was touched.
 */
#include "history/fold.h"

#include "history/map.h"

#include <stdio.h>
#include <stdlib.h>

/* Each batch may end with a break of every folder. */
enum { HEALTH_MOST = 256, TOUCHED_SIZE = FOLD_MOST + EVENT_FOLDERS_MOST };

/* A device under one of its addresses. */
struct host {
    struct device device;
    uint64_t number;
    struct device_address seen; /* rows 0: not touched */
};

struct fold {
    struct summary *summary;
    struct map *hosts, *incidents, *hits;
    struct host *host; /* that fold_device() gave last */
    struct host *touched_hosts[TOUCHED_SIZE];
    struct incident *touched_incidents[TOUCHED_SIZE];
    struct rule_hits *touched_hits[TOUCHED_SIZE];
    size_t host_count, incident_count, hit_count, health_count, health_last;
    uint64_t made;
    struct health health[HEALTH_MOST];
};

struct fold *fold_new(struct summary *summary)
{
    struct fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL)
        return NULL;
    fold->summary = summary;
    fold->hosts = map_new(sizeof(struct host));
    fold->incidents = map_new(sizeof(struct incident));
    fold->hits = map_new(sizeof(struct rule_hits));
    if (fold->hosts == NULL || fold->incidents == NULL || fold->hits == NULL) {
        fold_free(fold);
        return NULL;
    }
    return fold;
}

void fold_free(struct fold *fold)
{
    if (fold == NULL)
        return;
    map_free(fold->hosts);
    map_free(fold->incidents);
    map_free(fold->hits);
    free(fold);
}

/* Cut before a character that does not fit, and at a zero byte. */
static struct span text_cut(struct span text, size_t most)
{
    const uint8_t *zero = text.length > 0 ? memchr(text.at, 0, text.length) : NULL;
    if (zero != NULL)
        text.length = (size_t)(zero - text.at);
    if (text.length > most) {
        text.length = most;
        while (text.length > 0 && (text.at[text.length] & 0xc0) == 0x80)
            text.length--;
    }
    return text;
}

static void text_keep(char *out, struct span text)
{
    if (text.length > 0)
        memcpy(out, text.at, text.length);
    out[text.length] = 0;
}

/* Devices. */

enum status fold_device(struct fold *fold, const struct device *device,
                        const struct address *address, clock_us at, uint64_t *number)
{
    struct map_key key = map_key_of(fold->hosts, span_of(address->bytes, sizeof address->bytes),
                                    span_of(device->key, strnlen(device->key, sizeof device->key)));
    struct host *host = map_find(fold->hosts, key);
    if (host == NULL) {
        uint64_t made = 0;
        enum status status = summary_begin(fold->summary);
        if (status != STATUS_OK)
            return status;
        status = summary_keep_device(fold->summary, device, NULL, &made);
        if (status == STATUS_OK)
            status = summary_commit(fold->summary);
        if (status != STATUS_OK) {
            summary_rollback(fold->summary);
            return status;
        }
        host = map_add(fold->hosts, key);
        if (host == NULL)
            return STATUS_NO_MEMORY;
        host->number = made;
        host->seen.address = *address;
        fold->made++;
    }
    if (host->seen.rows == 0 || at >= host->seen.last)
        memcpy(&host->device, device, sizeof *device);
    fold->host = host;
    *number = host->number;
    return STATUS_OK;
}

static void host_count(struct fold *fold, clock_us at)
{
    struct device_address *seen = &fold->host->seen;
    if (seen->rows++ == 0) {
        fold->touched_hosts[fold->host_count++] = fold->host;
        seen->first = seen->last = at;
    }
    seen->first = at < seen->first ? at : seen->first;
    seen->last = at > seen->last ? at : seen->last;
}

static enum status hosts_keep(struct fold *fold)
{
    for (size_t i = 0; i < fold->host_count; i++) {
        struct host *host = fold->touched_hosts[i];
        uint64_t number;
        enum status status =
            summary_keep_device(fold->summary, &host->device, &host->seen, &number);
        if (status != STATUS_OK)
            return status;
        host->seen.rows = 0;
    }
    fold->host_count = 0;
    return STATUS_OK;
}

/* Incidents. */

static enum status incident_count(struct fold *fold, const struct row *row)
{
    struct span app = text_cut(row->word[WORD_APP], INCIDENT_TEXT_SIZE - 1);
    struct map_key key =
        map_key_of(fold->incidents, span_of(&row->device, sizeof row->device), app);
    struct incident *incident = map_find(fold->incidents, key);
    if (incident == NULL) {
        struct incident kept = {.device = row->device};
        char text[INCIDENT_TEXT_SIZE];
        text_keep(text, app);
        enum status status = summary_incident_of(fold->summary, row->device, text, &kept);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        if (status == STATUS_NOT_FOUND) {
            kept = (struct incident){.device = row->device};
            memcpy(kept.app, text, sizeof text);
        }
        incident = map_add(fold->incidents, key);
        if (incident == NULL)
            return STATUS_NO_MEMORY;
        *incident = kept;
        incident->is_changed = false;
    }
    if (!incident->is_changed)
        fold->touched_incidents[fold->incident_count++] = incident;
    incident_add(incident, row);
    incident->is_changed = true;
    return STATUS_OK;
}

static enum status incidents_keep(struct fold *fold)
{
    for (size_t i = 0; i < fold->incident_count; i++) {
        enum status status = summary_keep_incident(fold->summary, fold->touched_incidents[i]);
        if (status != STATUS_OK)
            return status;
        fold->touched_incidents[i]->is_changed = false;
    }
    fold->incident_count = 0;
    return STATUS_OK;
}

/* Rules. */

static enum status hit_count(struct fold *fold, const struct row *row)
{
    struct span list = text_cut(row->word[WORD_LIST], INCIDENT_TEXT_SIZE - 1);
    struct span rule = text_cut(row->word[WORD_RULE], INCIDENT_TEXT_SIZE - 1);
    char name[INCIDENT_TEXT_SIZE];

    if (list.length == 0 || rule.length == 0)
        return STATUS_OK;
    text_keep(name, list);
    struct map_key key = map_key_of(fold->hits, span_of(name, list.length + 1), rule);
    struct rule_hits *hits = map_find(fold->hits, key);
    if (hits == NULL) {
        hits = map_add(fold->hits, key);
        if (hits == NULL)
            return STATUS_NO_MEMORY;
        text_keep(hits->list, list);
        text_keep(hits->rule, rule);
    }
    if (hits->rows++ == 0) {
        fold->touched_hits[fold->hit_count++] = hits;
        hits->first = hits->last = row->at;
    }
    hits->stopped += row->stopped;
    hits->first = row->at < hits->first ? row->at : hits->first;
    hits->last = row->at > hits->last ? row->at : hits->last;
    return STATUS_OK;
}

static enum status hits_keep(struct fold *fold)
{
    for (size_t i = 0; i < fold->hit_count; i++) {
        struct rule_hits *hits = fold->touched_hits[i];
        enum status status = summary_add_hits(fold->summary, hits);
        if (status != STATUS_OK)
            return status;
        hits->rows = hits->stopped = 0;
    }
    fold->hit_count = 0;
    return STATUS_OK;
}

/* Health. */

static bool is_of(const struct health *health, struct span gateway, struct span program)
{
    return span_equal(span_text(health->gateway), gateway) &&
           span_equal(span_text(health->program), program);
}

static struct health *health_of(struct fold *fold, const struct row *row)
{
    struct span gateway = text_cut(row->word[WORD_GATEWAY], CONFIG_WORD_SIZE - 1);
    struct span program = text_cut(row->word[WORD_PROGRAM], CONFIG_WORD_SIZE - 1);
    size_t i = fold->health_last;

    if (i < fold->health_count && is_of(&fold->health[i], gateway, program))
        return &fold->health[i];
    for (i = 0; i < fold->health_count; i++)
        if (is_of(&fold->health[i], gateway, program))
            break;
    struct health *health = &fold->health[i];
    fold->health_last = i;
    if (i == fold->health_count) {
        fold->health_count++;
        *health = (struct health){.last_at = 0};
        text_keep(health->gateway, gateway);
        text_keep(health->program, program);
    }
    return health;
}

static void health_count(struct fold *fold, const struct row *row)
{
    struct health *health = health_of(fold, row);
    const struct {
        const char *action;
        uint64_t *sum, more;
    } sums[] = {{"packets-dropped", &health->dropped, row->count},
                {"flows-full", &health->flows_full, row->count},
                {"gather-full", &health->gather_full, row->count},
                {"events-lost", &health->events_lost, row->count},
                {"blind", &health->blind_us, row->duration_ns / 1000}};

    if (row->at > health->last_at)
        health->last_at = row->at;
    if (row->kind == ROW_NOTICE)
        health->restarts += span_equal(row->word[WORD_ACTION], span_text("record-started"));
    if (row->kind != ROW_HEALTH)
        return;
    for (size_t i = 0; i < COUNT_OF(sums); i++)
        if (span_equal(row->word[WORD_ACTION], span_text(sums[i].action)))
            *sums[i].sum += sums[i].more;
    if (row->at >= health->last_bad_at) {
        health->last_bad_at = row->at;
        text_keep(health->last_bad, text_cut(row->reason, INCIDENT_TEXT_SIZE - 1));
    }
}

static enum status health_keep(struct fold *fold)
{
    for (size_t i = 0; i < fold->health_count; i++) {
        enum status status = summary_add_health(fold->summary, &fold->health[i]);
        if (status != STATUS_OK)
            return status;
    }
    fold->health_count = fold->health_last = 0;
    return STATUS_OK;
}

/* All of it. */

bool fold_is_full(const struct fold *fold)
{
    return fold->host_count == FOLD_MOST || fold->incident_count == FOLD_MOST ||
           fold->hit_count == FOLD_MOST || fold->health_count == HEALTH_MOST;
}

enum status fold_row(struct fold *fold, const struct row *row)
{
    enum status status = STATUS_OK;
    if (incident_wants(row))
        status = incident_count(fold, row);
    if (status == STATUS_OK && row->kind == ROW_TRAFFIC)
        status = hit_count(fold, row);
    if (status != STATUS_OK)
        return status;
    if (row->device != 0)
        host_count(fold, row->at);
    health_count(fold, row);
    return STATUS_OK;
}

enum status fold_break(struct fold *fold, struct row *row)
{
    static const char kind[] = "gateway:";
    struct device device = {.known = DEVICE_GATEWAY};
    const struct device_address seen = {.first = row->at, .last = row->at};

    memcpy(device.key, kind, sizeof kind - 1);
    text_keep(device.key + sizeof kind - 1,
              text_cut(row->word[WORD_GATEWAY], sizeof device.key - sizeof kind));
    text_keep(device.host, text_cut(row->word[WORD_GATEWAY], sizeof device.host - 1));
    enum status status = summary_keep_device(fold->summary, &device, &seen, &row->device);
    return status == STATUS_OK ? incident_count(fold, row) : status;
}

static void forget_many(struct map *map)
{
    if (map_count(map) > FOLD_MOST)
        map_clear(map);
}

enum status fold_keep(struct fold *fold)
{
    enum status status = hosts_keep(fold);
    if (status == STATUS_OK)
        status = incidents_keep(fold);
    if (status == STATUS_OK)
        status = hits_keep(fold);
    if (status == STATUS_OK)
        status = health_keep(fold);
    if (status != STATUS_OK)
        return status;
    forget_many(fold->hosts);
    forget_many(fold->incidents);
    forget_many(fold->hits);
    return STATUS_OK;
}

uint64_t fold_devices(const struct fold *fold)
{
    return fold->made;
}
