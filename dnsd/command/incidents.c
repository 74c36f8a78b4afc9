/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incidents - `ponor incidents`: which device, which app, how sure, what was decided.
 *
 * Reads consoled's history, or the event files where there is none; needs no running program. JSON
 * has the fields of the API, a line an incident.
 */
#include "command/command.h"
#include "view/incident_json.h"
#include "report/past.h"
#include "report/shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_USUAL = 120, WIDTH_LEAST = 100, CELL_SIZE = 512 };

enum column { LAST, DEVICE, APP, SURE, ATTEMPTS, STOPPED, STATE, WHY, COLUMN_COUNT };

/* The last takes what is left. */
static const struct {
    const char *title;
    int width;
} columns[COLUMN_COUNT] = {
    [LAST] = {"LAST SEEN", 16}, [DEVICE] = {"DEVICE", 20}, [APP] = {"APP", 13},
    [SURE] = {"SURE", 11},      [ATTEMPTS] = {"TRIED", 6}, [STOPPED] = {"STOPPED", 7},
    [STATE] = {"STATE", 14},    [WHY] = {"WHY", 0},
};

struct view {
    struct past past;
    bool states[CASE_STATES], as_table;
    const char *app;
    int why_width;
    uint64_t shown;
};

static int length_of(const char *text)
{
    int length = 0;

    while (shown_next(&text) != 0)
        length++;
    return length;
}

static void put_cell(const struct view *view, enum column column, const char *text)
{
    char shown[CELL_SIZE];
    int width = column == WHY ? view->why_width : columns[column].width, length = length_of(text);

    shown_text(text, (unsigned)(length > width ? width - 1 : width), shown, sizeof shown);
    fputs(shown, stdout);
    if (column == WHY)
        putchar('\n');
    else
        printf("%*s ", width - length_of(shown), "");
}

static void put_row(const struct view *view, const struct past_incident *found)
{
    const struct incident *incident = found->incident;
    char text[NUMBER_SIZE], sure[NUMBER_SIZE];
    snprintf(sure, sizeof sure, "%s %u", confidence_words[found->score.confidence],
             found->score.points);
    put_cell(view, LAST, shown_minute(incident->last, text));
    put_cell(view, DEVICE, shown_device(&found->seen.device));
    put_cell(view, APP, incident->app);
    put_cell(view, SURE, sure);
    snprintf(text, sizeof text, "%llu", (unsigned long long)incident->attempts);
    put_cell(view, ATTEMPTS, text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)incident->stopped);
    put_cell(view, STOPPED, text);
    put_cell(view, STATE,
             view->past.people == NULL ? "not known"
             : found->reopened         ? "new (reopened)"
                                       : case_state_words[found->state]);
    put_cell(view, WHY, found->score.reason_count > 0 ? found->score.reasons[0].text : "");
}

static void put_json(const struct view *view, const struct past_incident *found)
{
    struct json *json = json_new();

    json_open_object(json, NULL);
    incident_json(json, found->incident, &found->seen,
                  view->past.people == NULL ? NULL : &found->decided);
    json_close_object(json);
    struct span written = json_written(json);
    printf("%.*s\n", (int)written.length, (const char *)written.at);
    json_free(json);
}

static bool on_incident(void *owner, const struct incident *incident)
{
    struct view *view = owner;
    struct past_incident found;

    if (view->app != NULL && strcasecmp(view->app, incident->app) != 0)
        return true;
    past_look(&view->past, incident, &found);
    if (!view->states[found.state])
        return true;
    view->shown++;
    if (view->as_table)
        put_row(view, &found);
    else
        put_json(view, &found);
    return ferror(stdout) == 0;
}

static void table_open(struct view *view)
{
    struct winsize window;
    int room = WIDTH_USUAL;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        room = window.ws_col > WIDTH_LEAST ? window.ws_col : WIDTH_LEAST;
    for (int c = 0; c < WHY; c++)
        room -= columns[c].width + 1;
    view->why_width = room > CELL_SIZE / 4 ? CELL_SIZE / 4 : room;
    printf("-- times are UTC\n");
    for (int c = 0; c < COLUMN_COUNT; c++)
        put_cell(view, (enum column)c, columns[c].title);
}

/* "new,acknowledged"; false: no word, or one that is none. */
static bool states_read(const char *text, bool states[CASE_STATES])
{
    if (*text == 0)
        return false;
    while (*text != 0) {
        size_t length = strcspn(text, ",");
        int state = 0;
        while (state < CASE_STATES && (strlen(case_state_words[state]) != length ||
                                       strncmp(case_state_words[state], text, length) != 0))
            state++;
        if (state == CASE_STATES)
            return false;
        states[state] = true;
        text += length + (text[length] == ',');
    }
    return true;
}

static int view_run(struct view *view, const char *file, clock_us since, bool by_state)
{
    struct config *config = command_read_config(file);
    struct past *past = &view->past;
    char why[STORE_WHY_SIZE];

    if (config == NULL)
        return EXIT_NO;
    enum status status = past_open(config, clock_wall(), why, past);
    free(config);
    if (status != STATUS_OK) {
        fprintf(stderr, "ponor: %s\n", why);
        return EXIT_NO;
    }
    if (past->people == NULL && by_state) {
        fprintf(stderr, "ponor: --state cannot be answered: %s\n", past->people_why);
        past_close(past);
        return EXIT_NO;
    }
    if (past->people == NULL)
        fprintf(stderr, "ponor: only the evidence is shown, states are not known: %s\n",
                past->people_why);
    if (view->as_table)
        table_open(view);
    status = summary_incidents(past->summary, since, 0, on_incident, view);
    past_close(past);
    if (status == STATUS_OK && view->as_table && view->shown == 0)
        printf("-- no incident\n");
    if (status != STATUS_OK)
        fprintf(stderr, "ponor: the history cannot be read: %s\n", status_text(status));
    return status == STATUS_OK && fflush(stdout) == 0 ? EXIT_YES : EXIT_NO;
}

static int help(void)
{
    printf(
        "usage: ponor incidents [--state STATES] [--app APP] [--since 90s|10m|2h|3d|TIME]\n"
        "                       [--json | --table] [-c FILE]\n\n"
        "One line for each device and app: last seen, how sure it is that the app is installed\n"
        "(0 to 100, and a word), how often it was tried and stopped, what people decided, and\n"
        "why. STATES are words of new, acknowledged, closed, false-positive, with commas\n"
        "between; TIME is like 2026-11-24T03:00 (UTC), and what was last seen before it is left\n"
        "out. On a terminal as a table, otherwise JSON with the fields of the API, a line each.\n\n"
        "Needs no running program. Reads the history of consoled, or, where there is none, the\n"
        "folders of event files. docs/operate.md says what the words mean.\n");
    return EXIT_YES;
}

int command_incidents(int argc, char *argv[])
{
    if (command_flag(&argc, argv, "--help"))
        return help();
    const char *file = command_config(&argc, argv);
    const char *states = command_option(&argc, argv, "--state", NULL);
    const char *since = command_option(&argc, argv, "--since", NULL);
    bool json = command_flag(&argc, argv, "--json"), table = command_flag(&argc, argv, "--table");
    struct view view = {.app = command_option(&argc, argv, "--app", NULL),
                        .as_table = table || (!json && isatty(STDOUT_FILENO))};
    clock_us from = 0;

    if (argc > 1)
        return command_usage("incidents", "there is an argument too many");
    if (json && table)
        return command_usage("incidents", "--json and --table exclude each other");
    if (since != NULL && !command_since(since, &from))
        return command_usage("incidents",
                             "--since wants 90s, 10m, 2h, 3d or 2026-11-24T03:00 (UTC)");
    if (!states_read(states != NULL ? states : "new,acknowledged,closed,false-positive",
                     view.states))
        return command_usage("incidents",
                             "--state wants words of new, acknowledged, closed, false-positive, "
                             "with commas between");
    return view_run(&view, file, from, states != NULL);
}
