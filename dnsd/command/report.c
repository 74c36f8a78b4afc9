/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - `ponor report`: a month in one page.
 *
 * Reads consoled's history, or the event files where there is none; needs no running program.
 */
#include "command/command.h"

#include "base/refusal.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
    struct report_month month;
    enum report_language language;
    bool as_html;
    const char *output; /* NULL: standard output */
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* Made in memory first: what goes wrong on the way there leaves the file of before as it is. */
static int write_file(const struct request *request, const struct report *report)
{
    char *made = NULL, why[REFUSAL_TEXT_SIZE];
    size_t length = 0;
    FILE *memory = open_memstream(&made, &length);
    FILE *out = stdout;
    bool fine = memory != NULL;

    if (fine && request->as_html)
        report_html(report, request->language, memory);
    else if (fine)
        report_markdown(report, request->language, memory);
    fine = fine && fclose(memory) == 0;
    if (fine && request->output != NULL)
        out = fopen(request->output, "we");
    if (!fine || out == NULL) {
        fprintf(stderr, "ponor: %s: %s%s\n", fine ? request->output : "report",
                refusal_text(errno, why), fine ? "; say with -o where it may stand" : "");
        free(made);
        return EXIT_NO;
    }
    fine = fwrite(made, 1, length, out) == length;
    fine = (out == stdout ? fflush(out) : fclose(out)) == 0 && fine;
    if (!fine)
        fprintf(stderr, "ponor: the report could not be written: %s\n", refusal_text(errno, why));
    free(made);
    return fine ? EXIT_YES : EXIT_NO;
}

static int make(const char *file, const struct request *request)
{
    struct config *config = command_read_config(file);
    struct report *report = calloc(1, sizeof *report);
    clock_us now = clock_wall();
    char why[STORE_WHY_SIZE] = "out of memory";
    struct past past;
    int code = EXIT_NO;

    if (config == NULL || report == NULL)
        goto done;
    if (past_open(config, now, why, &past) != STATUS_OK) {
        fprintf(stderr, "ponor: %s\n", why);
        goto done;
    }
    if (past.people == NULL)
        fprintf(stderr, "ponor: states are not known: %s\n", past.people_why);
    enum status status = report_gather(&past, &request->month, now, report);
    if (status != STATUS_OK)
        fprintf(stderr, "ponor: the history cannot be read: %s\n", status_text(status));
    past_close(&past);
    if (status == STATUS_OK)
        code = write_file(request, report);
done:
    free(report);
    free(config);
    return code;
}

static int help(void)
{
    printf(
        "usage: ponor report [--month YYYY-MM] [--html | --markdown] [--lang en|fr] [-o FILE]\n"
        "                    [-c FILE]\n\n"
        "A month for the people who decide: what was tried and what was stopped, by how many\n"
        "devices and how sure that is, under which authority, what changed since the month\n"
        "before, and what is not known. Without --month it is the last one that is over.\n"
        "Markdown on standard output, unless --html or a FILE that ends in .html says otherwise.\n"
        "The HTML page is complete in itself: no script, nothing is fetched.\n\n"
        "Needs no running program. Reads the history of consoled, or, where there is none, the\n"
        "folders of event files. docs/operate.md says more.\n");
    return EXIT_YES;
}

int command_report(int argc, char *argv[])
{
    if (command_flag(&argc, argv, "--help"))
        return help();
    const char *file = command_config(&argc, argv);
    const char *month = command_option(&argc, argv, "--month", NULL);
    const char *language = command_option(&argc, argv, "--lang", "en");
    struct request request = {.output = command_option(&argc, argv, "-o", NULL)};
    bool html = command_flag(&argc, argv, "--html");
    bool markdown = command_flag(&argc, argv, "--markdown");

    if (argc > 1)
        return command_usage("report", "there is an argument too many");
    if (html && markdown)
        return command_usage("report", "--html and --markdown exclude each other");
    if (strcmp(language, "en") != 0 && strcmp(language, "fr") != 0)
        return command_usage("report", "--lang wants en or fr");
    request.month = report_month_before(clock_wall());
    if (month != NULL && !report_month_read(month, &request.month))
        return command_usage("report", "--month wants a year and a month like 2026-11");
    if (request.month.from > clock_wall())
        return command_usage("report", "that month has not begun");
    request.language = strcmp(language, "fr") == 0 ? REPORT_FRENCH : REPORT_ENGLISH;
    request.as_html =
        html || (!markdown && request.output != NULL && ends_with(request.output, ".html"));
    return make(file, &request);
}
