/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dnsd - the gateway's resolver: its roles, and the options of its command line.
 *
 * Stays in the foreground and logs to standard error; systemd, or a shell, is its parent.
 */
#include "command/daemon.h"
#include "compile/compile.h"
#include "control/parent.h"
#include "record/main.h"
#include "resolve/main.h"
#include "serve/main.h"

static const struct role roles[] = {
    {"serve", serve_main, "_dnsd-serve", MAY_ANSWER, NULL},
    {"resolve", resolve_main, "_dnsd-resolve", MAY_CONNECT | MAY_READ_FILES, NULL},
    {"record", record_main, "_dnsd-record", MAY_WRITE_FOLDER, NULL},
    {"compile", compile_main, "_dnsd-compile", MAY_READ_FILES, NULL},
    {NULL, NULL, NULL, 0, NULL},
};

static int run(const struct daemon_options *options)
{
    return parent_run(options->config_file);
}

int main(int argc, char *argv[])
{
    static const struct daemon dnsd = {"dnsd", "c:h", "", "", roles, run};
    return daemon_main(argc, argv, &dnsd);
}
