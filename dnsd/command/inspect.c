/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inspect - `ponor inspect`: what inspectd would have seen in a saved capture.
 *
 * The same code as inspectd's, in one process and without privileges.
 */
#include "capture/capture.h"
#include "command/command.h"
#include "command/sightings.h"
#include "compile/compile.h"
#include "inspect/setup.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 4096 };

struct inspection {
    struct config *config;
    struct policy *policy;
    struct capture *capture;
    struct watcher *watcher;
    struct sightings_printer *printer;
    struct prefix resolvers[SETUP_RESOLVERS_MOST];
};

/* Beside an image it matters little: defaults do where the file cannot be used. */
static struct config *read_config(const char *file, const char *image)
{
    struct config *config = command_read_config(file);
    if (config != NULL || image == NULL)
        return config;
    fprintf(stderr, "ponor inspect: the defaults of all options hold, not %s\n", file);
    config = calloc(1, sizeof *config);
    if (config != NULL && config_defaults(config) == STATUS_OK)
        return config;
    free(config);
    return NULL;
}

static void on_packet(void *owner, const struct captured *captured)
{
    struct inspection *i = owner;
    const struct packet packet = {captured->link, captured->bytes, captured->sent, captured->at};
    (void)watch_packet(i->watcher, &packet);
}

static bool open_watcher(struct inspection *i, const struct sightings_wanted *wanted)
{
    i->printer = sightings_printer_new(wanted, i->config->gateway, i->policy);
    if (i->printer == NULL)
        return false;
    const struct watch_output output = {i->printer, sightings_print_event, sightings_print_result};
    i->watcher = setup_watcher(i->config, &output, i->resolvers);
    if (i->watcher == NULL)
        return false;
    watcher_use(i->watcher, i->policy, 1);
    return true;
}

/* What was read before the end of a broken file counts. */
static int read_all(struct inspection *i)
{
    char why[CAPTURE_WHY_SIZE];
    enum status status;
    unsigned count;

    do {
        status = capture_file.read(i->capture, BATCH, on_packet, i, &count, why);
    } while (status == STATUS_OK);
    watch_finish(i->watcher);
    const struct watch_counts counts = watch_counts(i->watcher);
    sightings_print_counts(i->printer, &counts);
    if (status == STATUS_CLOSED)
        return EXIT_YES;
    fflush(stdout);
    fprintf(stderr, "ponor inspect: %s; what was read before is above\n", why);
    return EXIT_NO;
}

static int inspect(const struct capture_options *options, const char *file, const char *image,
                   const struct sightings_wanted *wanted)
{
    char why[CAPTURE_WHY_SIZE];
    struct inspection *i = calloc(1, sizeof *i);
    int code = EXIT_NO;

    if (i == NULL)
        return EXIT_NO;
    i->config = read_config(file, image);
    i->policy = i->config == NULL ? NULL : compile_or_open(file, image);
    if (i->policy == NULL)
        goto done;
    if (capture_file.open(options, why, &i->capture) != STATUS_OK)
        fprintf(stderr, "ponor inspect: %s\n", why);
    else if (!open_watcher(i, wanted))
        fprintf(stderr, "ponor inspect: no memory for `inspectd: memory` of the configuration; "
                        "make it smaller\n");
    else
        code = read_all(i);
done:
    watcher_free(i->watcher);
    sightings_printer_free(i->printer);
    if (i->capture != NULL)
        capture_file.close(i->capture);
    policy_close(i->policy);
    free(i->config);
    free(i);
    return code;
}

int command_inspect(int argc, char *argv[])
{
    const char *file = command_config(&argc, argv);
    const char *image = command_option(&argc, argv, "--image", NULL);
    struct capture_options options = {.filter = command_option(&argc, argv, "--filter", "")};
    bool table = command_flag(&argc, argv, "--table");
    const struct sightings_wanted wanted = {.json = command_flag(&argc, argv, "--json"),
                                            .all = command_flag(&argc, argv, "--all")};

    if (argc != 2)
        return command_usage(argv[0], "it needs one capture, or - for standard input");
    if (table && wanted.json)
        return command_usage(argv[0], "it prints either --json or a --table");
    options.place = argv[1];
    return inspect(&options, file, image, &wanted);
}
