/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * events - `ponor events`: what was blocked or seen, for a person or a program; and `events
 * verify`.
 *
 * Reads the folder of event files and nothing else; needs no running program.
 */
#include "command/command.h"

#include "base/refusal.h"
#include "config/config.h"
#include "events/reader.h"
#include "events/verify.h"
#include "report/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH_USUAL = 120, FOLLOW_MS = 200, FOLLOW_BEFORE_S = 600, CELL_SIZE = 2304 };

enum column { TIME, CLIENT, APP, EVIDENCE, NAME, ACTION, RULE, TICKET, COLUMN_COUNT };

/* How columns grow, from 100 characters in all to 148; the last is never filled up. */
/* clang-format off */
static const struct {
    const char *title;
    int least, most;
    bool keep_end; /* of a text that is too long: of a name its end says more */
} columns[COLUMN_COUNT] = {
    [TIME]     = {"TIME",      8,  8, false},
    [CLIENT]   = {"CLIENT",   15, 15, false},
    [APP]      = {"APP",       9, 13, false},
    [EVIDENCE] = {"EVIDENCE",  9,  9, false},
    [NAME]     = {"NAME",     19, 59, true},
    [ACTION]   = {"ACTION",    8,  8, false},
    [RULE]     = {"RULE",     12, 16, true},
    [TICKET]   = {"TICKET",   13, 13, false},
};
/* clang-format on */

struct table {
    int width[COLUMN_COUNT];
    clock_us day; /* of the last row, in days */
};

struct view {
    bool follow, as_table;
    struct wanted wanted;
    struct table table;
};

static void table_open(struct table *table)
{
    static const enum column growing[] = {RULE, APP, NAME};
    struct winsize window;
    int room = WIDTH_USUAL;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        room = window.ws_col;
    room -= COLUMN_COUNT - 1;
    for (int c = 0; c < COLUMN_COUNT; c++)
        room -= table->width[c] = columns[c].least;
    for (size_t i = 0; i < COUNT_OF(growing) && room > 0; i++) {
        int more = columns[growing[i]].most - columns[growing[i]].least;
        more = more < room ? more : room;
        table->width[growing[i]] += more;
        room -= more;
    }
    for (int c = 0; c < COLUMN_COUNT; c++)
        printf(c < TICKET ? "%-*s " : "%-*s\n", c < TICKET ? table->width[c] : 0, columns[c].title);
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static int characters(const char *text)
{
    int count = 0;
    for (; *text != 0; text++)
        count += !continues(*text);
    return count;
}

static void put_text(const char *text, int most)
{
    for (; *text != 0; text++) {
        if (!continues(*text) && most-- == 0)
            return;
        putchar(*text);
    }
}

static const char *text_tail(const char *text, int skip)
{
    for (; *text != 0; text++)
        if (!continues(*text) && skip-- == 0)
            break;
    return text;
}

/* What the files hold is others' text: a terminal obeys none of it. A client is never cut: it is
 * what the row is about. */
static void put_cell(const struct table *table, enum column column, const char *text)
{
    char clean[CELL_SIZE];
    text = shown_text(text, CELL_SIZE, clean, sizeof clean);
    int width = table->width[column], length = characters(text);
    if (length <= width || column == CLIENT) {
        put_text(text, length);
    } else if (columns[column].keep_end) {
        putchar('~');
        put_text(text_tail(text, length - width + 1), width - 1);
    } else {
        put_text(text, width - 1);
        putchar('~');
    }
    if (column == COLUMN_COUNT - 1)
        putchar('\n');
    else
        printf("%*s ", length < width ? width - length : 0, "");
}

enum { DATE_LENGTH = sizeof "2026-11-24" - 1, MOMENT_SIZE = sizeof "2026-11-24 03:00:00" };

static void moment_text(clock_us at, char out[MOMENT_SIZE])
{
    time_t seconds = (time_t)(at / 1000000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || strftime(out, MOMENT_SIZE, "%F %T", &utc) == 0)
        memset(out, 0, MOMENT_SIZE);
}

/* Without what the table shows anyway: where it was seen. */
static const char *action_text(const char *action)
{
    if (strncmp(action, "dns-", 4) == 0)
        return action + 4;
    return strncmp(action, "flow-", 5) == 0 ? action + 5 : action;
}

/* "name > what of the answer", "name (tls)", "192.0.2.1:8080 (mmtls)". */
static void name_text_of(const struct entry *e, char out[CELL_SIZE])
{
    const char *matched = strcmp(e->matched, e->server) == 0 ? "" : e->matched;
    const char *arrow = *matched != 0 ? " > " : "";
    if (!e->wire) {
        snprintf(out, CELL_SIZE, "%s%s%s", e->name, arrow, matched);
        return;
    }
    const char *how = strcmp(e->seen, "packet") != 0 ? e->seen
                      : *e->protocol != 0            ? e->protocol
                                                     : "address";
    if (strcmp(e->name, e->server) != 0)
        snprintf(out, CELL_SIZE, "%s%s%s (%s)", e->name, arrow, matched, how);
    else
        snprintf(out, CELL_SIZE,
                 strchr(e->name, ':') != NULL ? "[%s]:%" PRIu64 "%s%s (%s)"
                                              : "%s:%" PRIu64 "%s%s (%s)",
                 e->name, e->port, arrow, matched, how);
}

static void put_row(struct table *table, const struct entry *e)
{
    char moment[MOMENT_SIZE], name[CELL_SIZE];
    const char *text = moment + DATE_LENGTH + 1;
    clock_us day = e->at / (clock_us)86400000000;
    moment_text(e->at, moment);
    if (day != table->day)
        printf("-- %.*s, times are UTC\n", DATE_LENGTH, moment);
    table->day = day;
    if (e->lost > 0)
        printf("%s -- %" PRIu64 " events before this one were lost\n", text, e->lost);
    if (e->notice) {
        printf("%s -- %s: ", text, shown_text(e->action, CELL_SIZE, name, sizeof name));
        printf("%s\n", shown_text(e->reason, CELL_SIZE, name, sizeof name));
        return;
    }
    name_text_of(e, name);
    put_cell(table, TIME, text);
    put_cell(table, CLIENT, e->client);
    put_cell(table, APP, *e->app != 0 ? e->app : e->list);
    put_cell(table, EVIDENCE, e->evidence);
    put_cell(table, NAME, name);
    put_cell(table, ACTION, action_text(e->action));
    put_cell(table, RULE, e->rule);
    put_cell(table, TICKET, e->ticket);
}

static void show(struct view *view, const struct entry *entry)
{
    const struct wanted *w = &view->wanted;
    bool all = !w->has_client && w->app == NULL && w->list == NULL;
    if (!entry->sound) {
        fprintf(stderr, "%s:%" PRIu64 ": this is no line of an event file (see events verify)\n",
                entry->file, entry->line);
        return;
    }
    if (!reader_matches(entry, w))
        return;
    if (!view->as_table)
        printf("%.*s\n", (int)entry->raw.length, (const char *)entry->raw.at);
    else if (!entry->notice || all)
        put_row(&view->table, entry);
}

static int view_run(struct view *view, int folder)
{
    const struct timespec pause = {0, FOLLOW_MS * 1000000L};
    struct reader *reader;
    struct entry entry;
    enum status status = reader_open(folder, view->wanted.since, &reader);
    if (status == STATUS_OK && view->as_table)
        table_open(&view->table);
    while (status == STATUS_OK) {
        status = reader_next(reader, false, &entry);
        if (status == STATUS_OK) {
            show(view, &entry);
        } else if (status == STATUS_AGAIN && view->follow && fflush(stdout) == 0) {
            nanosleep(&pause, NULL);
            status = STATUS_OK;
        }
    }
    if (status == STATUS_AGAIN) {
        reader_close(reader);
        return fflush(stdout) == 0 ? EXIT_YES : EXIT_NO;
    }
    fprintf(stderr, "ponor: the events cannot be read: %s\n", status_text(status));
    return EXIT_NO;
}

bool command_since(const char *text, clock_us *out)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    uint64_t number = strtoull(text, &end, 10);
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        clock_us now = clock_wall();
        if (*end != units[i].unit || end[1] != 0 || number > UINT32_MAX)
            continue;
        uint64_t before = number * units[i].seconds * 1000000;
        *out = before < now ? now - before : 0;
        return true;
    }
    return reader_time(text, out);
}

/* Opens the folder that was named, or the one of the configuration; says why not. */
static int folder_open(const char *folder, const char *file, bool wire)
{
    static struct config config;
    if (folder == NULL) {
        struct problems *problems = problems_new();
        enum status status =
            problems == NULL ? STATUS_NO_MEMORY : config_read(file, &config, NULL, problems);
        if (status != STATUS_OK && problems != NULL)
            problems_print(problems, STDERR_FILENO);
        problems_free(problems);
        if (status != STATUS_OK) {
            fprintf(stderr, "ponor: %s: %s\n", file, status_text(status));
            return -1;
        }
        folder = wire ? config.inspectd.events.folder : config.dnsd.events.folder;
    }
    char why[REFUSAL_TEXT_SIZE];
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fprintf(stderr, "ponor: the events in %s cannot be read: %s%s\n", folder,
                refusal_text(errno, why),
                errno == EACCES ? "; its group may, or say --folder"
                                : "; say --folder where they are");
    return fd;
}

static void on_finding(void *owner, const char *file, uint64_t line, const char *text)
{
    if (line > 0)
        printf("%s:%" PRIu64 ": %s\n", file, line, text);
    else
        printf("%s%s%s\n", file, *file != 0 ? ": " : "", text);
}

static int verify(int folder)
{
    struct verified v;
    uint8_t hex[CHAIN_HEX];
    struct writer w = writer_over(hex, sizeof hex);
    enum status status = verify_folder(folder, on_finding, NULL, &v);
    if (status != STATUS_OK) {
        fprintf(stderr, "ponor: the events cannot be read: %s\n", status_text(status));
        return EXIT_NO;
    }
    printf("%" PRIu64 " lines in %" PRIu64 " files, numbers %" PRIu64 " to %" PRIu64 "\n", v.lines,
           v.files, v.first, v.end.sequence);
    printf("lost before they were written: %" PRIu64 ", left out by sampling: %" PRIu64 "\n",
           v.lost, v.sampled);
    chain_hex_write(&w, v.end.hash);
    printf("hash of the last line: %.*s\n", CHAIN_HEX, (const char *)hex);
    if (v.findings > 0)
        printf("NOT as written: %" PRIu64 " findings\n", v.findings);
    else
        printf("all lines are as they were written\n");
    return v.findings > 0 ? EXIT_NO : EXIT_YES;
}

static int view_events(int argc, char *argv[], const char *folder, const char *file, bool wire)
{
    struct view view = {.follow = command_flag(&argc, argv, "--follow")};
    bool json = command_flag(&argc, argv, "--json"), table = command_flag(&argc, argv, "--table");
    const char *client = command_option(&argc, argv, "--client", NULL);
    const char *since = command_option(&argc, argv, "--since", NULL);
    view.wanted.app = command_option(&argc, argv, "--app", NULL);
    view.wanted.list = command_option(&argc, argv, "--list", NULL);
    view.as_table = table || (!json && isatty(STDOUT_FILENO));

    if (argc > 1)
        return command_usage("events", "there is an argument too many");
    if (json && table)
        return command_usage("events", "--json and --table exclude each other");
    view.wanted.has_client = client != NULL;
    if (client != NULL && prefix_parse(client, &view.wanted.client) != STATUS_OK)
        return command_usage("events", "--client wants an address or a prefix like 10.20.0.0/16");
    if (since != NULL && !command_since(since, &view.wanted.since))
        return command_usage("events", "--since wants 90s, 10m, 2h, 3d or 2026-11-24T03:00 (UTC)");
    if (since == NULL && view.follow)
        view.wanted.since = clock_wall() - (clock_us)FOLLOW_BEFORE_S * 1000000;
    int fd = folder_open(folder, file, wire);
    return fd < 0 ? EXIT_NO : view_run(&view, fd);
}

static int help(void)
{
    printf(
        "usage: ponor events [--wire] [--follow] [--client IP|PREFIX] [--app APP] [--list ID]\n"
        "                    [--since 90s|10m|2h|3d|2026-11-24T03:00] [--json|--table]\n"
        "       ponor events verify [--wire]\n"
        "both:  [--folder FOLDER] [-c FILE]\n\n"
        "Shows what dnsd blocked or noted; with --wire, what inspectd saw on the wire: name or\n"
        "address:port and how it was seen, and what it says of its own sight. On a terminal as a\n"
        "table, otherwise the JSON lines as they stand in the files. --follow begins ten minutes\n"
        "ago unless --since says otherwise, and goes on over rotations. Each program has a folder\n"
        "and a chain of its own: verify proves that no line of it was changed, removed or moved;\n"
        "its exit code is 1 when one was. Fields, chain and limits: docs/events.md\n");
    return EXIT_YES;
}

int command_events(int argc, char *argv[])
{
    if (command_flag(&argc, argv, "--help"))
        return help();
    const char *file = command_config(&argc, argv);
    const char *folder = command_option(&argc, argv, "--folder", NULL);
    bool wire = command_flag(&argc, argv, "--wire");
    if (argc < 2 || strcmp(argv[1], "verify") != 0)
        return view_events(argc, argv, folder, file, wire);
    if (argc > 2)
        return command_usage("events", "verify takes --wire, --folder and -c, nothing else");
    int fd = folder_open(folder, file, wire);
    return fd < 0 ? EXIT_NO : verify(fd);
}
