/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * csv - cell by cell.
 */
#include "view/csv.h"

#include "base/writer.h"

#include <inttypes.h>
#include <time.h>

enum { TIME_SIZE = 40, WORDS_SIZE = 2048 };

/* Cells. */

static void cell_span(FILE *out, struct span text)
{
    static const char formula[] = "=+-@\t\r\n";

    fputc('"', out);
    if (text.length > 0 && text.at[0] != 0 && strchr(formula, text.at[0]) != NULL)
        fputc('\'', out);
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '"')
            fputc('"', out);
        fputc(text.at[i] < ' ' || text.at[i] == 0x7f ? ' ' : text.at[i], out);
    }
    fputc('"', out);
}

static void next_span(FILE *out, struct span text)
{
    fputc(',', out);
    cell_span(out, text);
}

static void next_text(FILE *out, const char *text)
{
    next_span(out, span_text(text));
}

static void next_number(FILE *out, uint64_t number)
{
    fprintf(out, ",%" PRIu64, number);
}

static void cell_time(FILE *out, clock_us at)
{
    char text[TIME_SIZE] = "";
    time_t seconds = (time_t)(at / 1000000);
    struct tm utc;

    if (at != 0 && gmtime_r(&seconds, &utc) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (text[0] != 0)
        fprintf(out, "%s.%06uZ", text, (unsigned)(at % 1000000));
}

static void next_side(FILE *out, bool has, const struct address *address, uint16_t port)
{
    char text[ADDRESS_TEXT_SIZE];

    next_text(out, has ? address_text(address, text) : "");
    fputc(',', out);
    if (has)
        fprintf(out, "%u", port);
}

/* Rows. */

const char csv_row_heading[] =
    "at,kind,app,list,rule,action,way,evidence,group,gateway,program,client,client_port,server,"
    "server_port,name,reason,severity,stopped,device,host,owner,tag,source,sequence\r\n";

const char *row_kind_word(uint8_t kind)
{
    static const char *const words[] = {
        [ROW_TRAFFIC] = "traffic", [ROW_NOTICE] = "notice", [ROW_HEALTH] = "health"};
    return kind < COUNT_OF(words) ? words[kind] : "";
}

void csv_row(FILE *out, const struct row *row, const struct device *device)
{
    cell_time(out, row->at);
    next_text(out, row_kind_word(row->kind));
    for (size_t i = 0; i < WORD_COUNT; i++)
        next_span(out, row->word[i]);
    next_side(out, row->has_client, &row->client, row->client_port);
    next_side(out, row->has_server, &row->server, row->server_port);
    next_span(out, row->name);
    next_span(out, row->reason);
    next_number(out, row->severity);
    next_text(out, row->stopped ? "yes" : "no");
    next_text(out, device->key);
    next_text(out, device->host);
    next_text(out, device->owner);
    next_text(out, device->tag);
    next_number(out, row->source);
    next_number(out, row->sequence);
    fputs("\r\n", out);
}

/* Incidents. */

const char csv_incident_heading[] =
    "id,device,known,mac,host,tag,owner,device_group,address,app,first,last,attempts,stopped,"
    "points,confidence,reasons,state,reopened,assignee,list,rule,authority,ticket,group,gateway,"
    "names,ways\r\n";

static void next_device(FILE *out, const struct device_seen *seen)
{
    char text[ADDRESS_TEXT_SIZE], mac[MAC_TEXT_SIZE];

    next_text(out, seen->device.key);
    next_text(out, device_known_words[seen->device.known]);
    next_text(out, seen->device.has_mac ? mac_text(seen->device.mac, mac) : "");
    next_text(out, seen->device.host);
    next_text(out, seen->device.tag);
    next_text(out, seen->device.owner);
    next_text(out, seen->device.group);
    next_text(out, seen->device.known == DEVICE_GATEWAY ? "" : address_text(&seen->latest, text));
}

static void next_score(FILE *out, const struct incident *incident)
{
    char words[WORDS_SIZE];
    struct writer w = writer_over(words, sizeof words);
    struct score score;

    incident_score(incident, &score);
    for (uint32_t i = 0; i < score.reason_count; i++) {
        write_text(&w, i == 0 ? "" : "; ");
        write_text(&w, score.reasons[i].text);
    }
    next_number(out, score.points);
    next_text(out, confidence_words[score.confidence]);
    next_span(out, writer_span(&w));
}

static void next_case(FILE *out, const struct case_now *decided, clock_us last)
{
    bool reopened;

    next_text(out, case_state_words[case_effective(decided, last, &reopened)]);
    next_text(out, reopened ? "yes" : "no");
    next_text(out, decided->assignee);
}

static void next_texts(FILE *out, const struct incident *incident)
{
    char words[WORDS_SIZE + INCIDENT_NAMES * INCIDENT_TEXT_SIZE];
    struct writer names = writer_over(words, sizeof words);

    next_text(out, incident->list);
    next_text(out, incident->rule);
    next_text(out, incident->authority);
    next_text(out, incident->ticket);
    next_text(out, incident->group);
    next_text(out, incident->gateway);
    for (size_t i = 0; i < INCIDENT_NAMES && incident->names[i][0] != 0; i++) {
        write_text(&names, i == 0 ? "" : " ");
        write_text(&names, incident->names[i]);
    }
    next_span(out, writer_span(&names));
    struct writer ways = writer_over(words, sizeof words);
    for (size_t i = 0; i < WAY_COUNT; i++)
        if (incident->ways[i] > 0) {
            write_text(&ways, writer_length(&ways) == 0 ? "" : " ");
            write_text(&ways, way_words[i]);
        }
    next_span(out, writer_span(&ways));
}

void csv_incident(FILE *out, const struct incident *incident, const struct device_seen *seen,
                  const struct case_now *decided)
{
    fprintf(out, "%" PRIu64, incident->id);
    next_device(out, seen);
    next_text(out, incident->app);
    fputc(',', out);
    cell_time(out, incident->first);
    fputc(',', out);
    cell_time(out, incident->last);
    next_number(out, incident->attempts);
    next_number(out, incident->stopped);
    next_score(out, incident);
    next_case(out, decided, incident->last);
    next_texts(out, incident);
    fputs("\r\n", out);
}
