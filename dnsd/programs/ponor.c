/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ponor - the admin's command line; the words are in command/command.c.
 */
#include "base/log.h"
#include "command/command.h"

int main(int argc, char *argv[])
{
    log_open("ponor", LOG_LEVEL_WARNING);
    return command_run(argc, argv, commands);
}
