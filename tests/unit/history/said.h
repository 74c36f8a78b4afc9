/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * said - all that a history says, as a text: two histories of the same files say the same.
 */
#ifndef TESTS_SAID_H
#define TESTS_SAID_H

#include "world.h"

static inline bool say_source(void *owner, const struct log_source *source)
{
    char hex[CHAIN_HEX + 1] = "";
    struct writer w = writer_over(hex, CHAIN_HEX);
    chain_hex_write(&w, source->hash);
    fprintf(owner,
            "source %u %s %s %s: %" PRIu64 " %s, %" PRIu64 " to %" PRIu64 ", lines %" PRIu64
            " breaks %" PRIu64 " missing %" PRIu64 " lost %" PRIu64 " broken \"%s\" past %d\n",
            source->number, strrchr(source->folder, '/'), source->gateway, source->program,
            source->sequence, hex, source->first_at, source->last_at, source->lines, source->breaks,
            source->missing, source->lost, source->broken, source->is_past);
    return true;
}

static inline bool say_health(void *owner, const struct health *health)
{
    fprintf(owner,
            "health %s %s: dropped %" PRIu64 " restarts %" PRIu64 " last %" PRIu64 " bad %" PRIu64
            " \"%s\"\n",
            health->gateway, health->program, health->dropped, health->restarts, health->last_at,
            health->last_bad_at, health->last_bad);
    return true;
}

static inline bool say_hits(void *owner, const struct rule_hits *hits)
{
    fprintf(owner, "hits %s %s: %" PRIu64 " %" PRIu64 ", %" PRIu64 " to %" PRIu64 "\n", hits->list,
            hits->rule, hits->rows, hits->stopped, hits->first, hits->last);
    return true;
}

/* Devices have numbers by the order in which folders were read: their keys are the same. */
struct sayer {
    FILE *out;
    struct summary *summary;
};

static inline bool say_incident(void *owner, const struct incident *incident)
{
    const struct sayer *sayer = owner;
    struct device_seen seen;
    assert_int_equal(summary_device(sayer->summary, incident->device, &seen), STATUS_OK);
    fprintf(sayer->out,
            "incident %s %s: %" PRIu64 " to %" PRIu64 ", attempts %" PRIu64 " stopped %" PRIu64
            " hours %u days %u unresolved %" PRIu64,
            seen.device.key, incident->app, incident->first, incident->last, incident->attempts,
            incident->stopped, incident->hours, incident->days, incident->unresolved);
    for (size_t i = 0; i < EVIDENCE_COUNT; i++)
        fprintf(sayer->out, " %" PRIu64, incident->evidence[i]);
    for (size_t i = 0; i < WAY_COUNT; i++)
        fprintf(sayer->out, " %" PRIu64, incident->ways[i]);
    fprintf(sayer->out, " installed %u %u built-in %" PRIu64 ", %" PRIu64 " %s %s %s %s",
            incident->installed_hours, incident->installed_days, incident->built_in,
            incident->decided_at, incident->list, incident->rule, incident->ticket,
            incident->gateway);
    for (size_t i = 0; i < INCIDENT_NAMES && incident->names[i][0] != 0; i++)
        fprintf(sayer->out, " %s@%" PRIu64, incident->names[i], incident->name_at[i]);
    fputc('\n', sayer->out);
    return true;
}

static inline bool say_device(void *owner, const struct device_seen *seen)
{
    fprintf(owner,
            "device %s: %" PRIu64 " to %" PRIu64 ", incidents %" PRIu64 " attempts %" PRIu64
            " stopped %" PRIu64 "\n",
            seen->device.key, seen->first, seen->last, seen->incidents, seen->attempts,
            seen->stopped);
    return true;
}

static inline bool say_count(void *owner, const struct store_count *count)
{
    fprintf(owner, "count %" PRIu64 " \"%s\": %" PRIu64 " %" PRIu64 "\n", count->at, count->word,
            count->rows, count->stopped);
    return true;
}

static inline int said_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in order of their text: what has no order says nothing by it. */
static inline char *said_sort(char *text)
{
    size_t count = 0, i = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    char **lines = calloc(count + 1, sizeof *lines), *sorted = malloc(strlen(text) + 1), *rest;
    assert_true(lines != NULL && sorted != NULL);
    for (char *at = strtok_r(text, "\n", &rest); at != NULL; at = strtok_r(NULL, "\n", &rest))
        lines[i++] = at;
    qsort(lines, i, sizeof *lines, said_order);
    char *to = sorted;
    for (size_t k = 0; k < i; k++)
        to += sprintf(to, "%s\n", lines[k]); /* lint: as long as the text that it came from */
    *to = 0;
    free(lines);
    free(text);
    return sorted;
}

/* The caller frees it. */
static inline char *world_said(const struct world *world)
{
    const struct config_store *options = &world->config->consoled.store;
    char why[STORE_WHY_SIZE], *text = NULL;
    size_t length;
    struct summary *summary;
    struct store *store;
    FILE *out = open_memstream(&text, &length);
    struct sayer sayer = {out, NULL};

    assert_non_null(out);
    assert_int_equal(summary_open(options->folder, false, why, &summary), STATUS_OK);
    assert_int_equal(store_open(options, false, why, &store), STATUS_OK);
    sayer.summary = summary;
    assert_int_equal(summary_sources(summary, say_source, out), STATUS_OK);
    assert_int_equal(summary_health(summary, say_health, out), STATUS_OK);
    assert_int_equal(summary_hits(summary, NULL, say_hits, out), STATUS_OK);
    assert_int_equal(summary_incidents(summary, 0, 0, say_incident, &sayer), STATUS_OK);
    assert_int_equal(summary_devices(summary, NULL, 0, say_device, out), STATUS_OK);
    for (int by = 0; by <= WORD_COUNT; by++) {
        const struct store_filter all = {.from = 0};
        assert_int_equal(store_counts(store, &all, (enum word)by,
                                      by == WORD_APP ? STORE_HOUR_US : 0, say_count, out),
                         STATUS_OK);
    }
    store_close(store);
    summary_close(summary);
    fclose(out);
    return said_sort(text);
}

/* The same but for sources, whose numbers go by the order of folders. */
static inline char *said_without_sources(const struct world *world)
{
    char *said = world_said(world), *from = strstr(said, "\nsource "), *to = from;
    assert_non_null(from);
    while (strncmp(to + 1, "source ", 7) == 0)
        to = strchr(to + 1, '\n');
    memmove(from, to, strlen(to) + 1);
    return said;
}

#endif
