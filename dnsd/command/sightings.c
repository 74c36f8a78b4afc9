/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sightings - rows of a table; events/line.h makes the lines.
 */
#include "command/sightings.h"

#include "events/escape.h"
#include "events/line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TIME_SIZE = 96, CLEAN_SIZE = 160, MICROSECONDS = 1000000 };

struct sightings_printer {
    struct sightings_wanted wanted;
    const struct policy *policy;
    struct line_writer *lines;
    bool has_head;
    uint64_t events, lines_written;
    uint64_t unnamed[WHY_COUNT], ambiguous[WHY_COUNT];
    uint8_t chain[CHAIN_SIZE];
    uint8_t line[LINE_MOST];
};

struct sightings_printer *sightings_printer_new(const struct sightings_wanted *wanted,
                                                const char *gateway, const struct policy *policy)
{
    struct sightings_printer *printer = calloc(1, sizeof *printer);
    if (printer == NULL)
        return NULL;
    printer->wanted = *wanted;
    printer->policy = policy;
    printer->lines = line_writer_new(gateway, "inspectd", PONOR_VERSION);
    if (printer->lines == NULL) {
        free(printer);
        return NULL;
    }
    return printer;
}

void sightings_printer_free(struct sightings_printer *printer)
{
    if (printer == NULL)
        return;
    line_writer_free(printer->lines);
    free(printer);
}

/* `between`: what stands between day and time. */
static const char *time_text(clock_us at, char between, char out[TIME_SIZE])
{
    const time_t seconds = (time_t)(at / MICROSECONDS);
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL) /* no capture of ours is from that year */
        parts = (struct tm){0};
    snprintf(out, TIME_SIZE, "%04d-%02d-%02d%c%02d:%02d:%02d.%06u", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, between, parts.tm_hour, parts.tm_min, parts.tm_sec,
             (unsigned)(at % MICROSECONDS));
    return out;
}

/* Text of a list or of a packet; a terminal obeys no byte of it. */
static const char *clean(const char *text, char out[CLEAN_SIZE])
{
    size_t i = 0;
    for (; text[i] != 0 && i + 1 < CLEAN_SIZE; i++)
        out[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
    out[i] = 0;
    return out;
}

static void print_line(struct sightings_printer *p, const struct event *event)
{
    struct writer w = writer_over(p->line, sizeof p->line);
    line_write(p->lines, event, p->policy, ++p->lines_written, 0, p->chain, &w);
    fwrite(p->line, 1, writer_length(&w), stdout);
}

/* "wechat:12", and the word that analysts see. */
static void find_rule(const struct sightings_printer *p, const struct verdict *v,
                      char rule[CLEAN_SIZE], char app[CLEAN_SIZE])
{
    uint32_t number = v->rule != RULE_NONE ? v->rule : v->noted;
    struct rule_view view;

    snprintf(rule, CLEAN_SIZE, "-");
    snprintf(app, CLEAN_SIZE, "-");
    if (number == RULE_NONE || !policy_rule(p->policy, number, &view))
        return;
    const struct list_view list = policy_list(p->policy, view.list);
    snprintf(rule, CLEAN_SIZE, "%.100s:%u", list.id, view.line);
    clean(list.app, app);
}

static void print_head(struct sightings_printer *p)
{
    if (p->has_head)
        return;
    p->has_head = true;
    printf("%-26s %-15s %-14s %-9s %-32s %-11s %-9s %-18s %s\n", "TIME (UTC)", "CLIENT", "APP",
           "EVIDENCE", "NAME OR ADDRESS", "SEEN", "WOULD", "RULE", "BY");
}

static void print_row(struct sightings_printer *p, const struct event *event)
{
    char at[TIME_SIZE], client[ADDRESS_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE], name[NAME_TEXT_SIZE],
        rule[CLEAN_SIZE], app[CLEAN_SIZE], evidence[CLEAN_SIZE];
    const struct verdict *v = &event->verdict;
    const char *what = event->question.labels > 0
                           ? name_text(&event->question, name)
                           : endpoint_text(&event->server, event->server_port, server);

    find_rule(p, v, rule, app);
    p->events++;
    print_head(p);
    printf("%-26s %-15s %-14s %-9s %-32s %-11s %-9s %-18s %s\n", time_text(event->at, ' ', at),
           address_text(&event->client, client), app, evidence_words[v->evidence], what,
           seen_words[event->seen], action_words[v->wanted], rule,
           clean(event->wire.evidence, evidence));
}

void sightings_print_event(void *owner, const struct event *event)
{
    struct sightings_printer *p = owner;
    if (p->wanted.json)
        print_line(p, event);
    else
        print_row(p, event);
}

static void print_flow(struct sightings_printer *p, const struct result *r)
{
    char at[TIME_SIZE], ends[2][ENDPOINT_TEXT_SIZE], name[NAME_TEXT_SIZE] = "";
    const struct flow_key *key = &r->key;
    unsigned client = r->client_is;

    if (r->name.length > 0)
        name_text(&r->name, name);
    endpoint_text(&key->address[client], key->port[client], ends[0]);
    endpoint_text(&key->address[1 - client], key->port[1 - client], ends[1]);
    print_head(p);
    printf("%-26.19s %s > %s %s %s: %s(%s%s%s), %u packets\n", time_text(r->began, ' ', at),
           ends[0], ends[1], key->transport == IP_TCP ? "tcp" : "udp", spoken_words[r->spoken],
           ending_words[r->ending], r->why == WHY_NONE ? "" : why_words[r->why],
           r->why != WHY_NONE && name[0] != 0 ? ": " : "", name, r->packets);
}

static void print_flow_line(const struct result *r)
{
    char at[TIME_SIZE], text[2][ADDRESS_TEXT_SIZE];
    uint8_t name[NAME_TEXT_SIZE * 6]; /* every byte as \u00XX */
    struct writer w = writer_over(name, sizeof name);
    const struct flow_key *key = &r->key;
    unsigned client = r->client_is;

    if (r->name.length > 0)
        escape_name(&w, &r->name);
    printf("{\"@timestamp\":\"%sZ\",\"event\":{\"kind\":\"event\",\"dataset\":\"ponor.flow\"},"
           "\"source\":{\"ip\":\"%s\",\"port\":%u},\"destination\":{\"ip\":\"%s\",\"port\":%u},"
           "\"network\":{\"transport\":\"%s\",\"protocol\":\"%s\",\"packets\":%u},"
           "\"ponor\":{\"ending\":\"%s\",\"why\":\"%s\",\"name\":\"%.*s\",\"seen\":\"%s\"}}\n",
           time_text(r->began, 'T', at), address_text(&key->address[client], text[0]),
           key->port[client], address_text(&key->address[1 - client], text[1]),
           key->port[1 - client], key->transport == IP_TCP ? "tcp" : "udp", spoken_words[r->spoken],
           r->packets, ending_words[r->ending], why_words[r->why], (int)writer_length(&w),
           (const char *)name, seen_words[r->seen]);
}

void sightings_print_result(void *owner, const struct result *result)
{
    struct sightings_printer *p = owner;

    if (result->ending == ENDING_NO_NAME)
        p->unnamed[result->why]++;
    else if (result->ending == ENDING_AMBIGUOUS)
        p->ambiguous[result->why]++;
    if (!p->wanted.all)
        return;
    if (p->wanted.json)
        print_flow_line(result);
    else
        print_flow(p, result);
}

static void print_reasons(FILE *out, const char *word, uint64_t sum, const uint64_t by[WHY_COUNT])
{
    const char *comma = "";

    fprintf(out, "%12" PRIu64 " %s", sum, word);
    for (int why = 0; why < WHY_COUNT; why++) {
        if (by[why] == 0)
            continue;
        fprintf(out, "%s %s %" PRIu64, comma[0] == 0 ? ":" : comma, why_words[why], by[why]);
        comma = ",";
    }
    fputc('\n', out);
}

void sightings_print_counts(struct sightings_printer *printer, const struct watch_counts *counts)
{
    FILE *out = printer->wanted.json ? stderr : stdout;

    if (!printer->wanted.json)
        fprintf(out, "%s\n",
                printer->events == 0 ? "nothing that the policy has a word about\n" : "");
    fprintf(out,
            "%12" PRIu64 " packets, %" PRIu64 " bytes; %" PRIu64 " cut by the capture, %" PRIu64
            " malformed, %" PRIu64 " neither TCP nor UDP, %" PRIu64 " fragments\n",
            counts->packets, counts->bytes, counts->cut, counts->malformed, counts->other,
            counts->fragments);
    fprintf(out,
            "%12" PRIu64 " flows; %" PRIu64 " forgotten for want of room, %" PRIu64
            " not gathered for want of room\n",
            counts->flows, counts->flows_evicted, counts->gather_refused);
    fprintf(out, "%12" PRIu64 " named\n", counts->named);
    print_reasons(out, "without a name", counts->unnamed, printer->unnamed);
    print_reasons(out, "ambiguous", counts->ambiguous, printer->ambiguous);
    fprintf(out, "%12" PRIu64 " events\n", counts->events);
}
