/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * consoled - the analyst's page, its history and its API: its roles, and the options of its command
 * line.
 *
 * Stays in the foreground and logs to standard error; systemd, or a shell, is its parent.
 */
#include "command/daemon.h"
#include "console/parent.h"
#include "ingest/main.h"
#include "web/main.h"

static const struct role roles[] = {
    {"ingest", ingest_main, "_consoled-ingest", MAY_READ_FILES | MAY_WRITE_FOLDER | MAY_USE_GROUPS,
     NULL},
    {"web", web_main, "_consoled-web",
     MAY_ANSWER | MAY_READ_FILES | MAY_WRITE_FOLDER | MAY_USE_GROUPS, web_prepare},
    {NULL, NULL, NULL, 0, NULL},
};

static int run(const struct daemon_options *options)
{
    return consoled_run(options->config_file);
}

int main(int argc, char *argv[])
{
    static const struct daemon consoled = {"consoled", "c:h", "", "", roles, run};
    return daemon_main(argc, argv, &consoled);
}
