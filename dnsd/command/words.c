/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words - the table of words of `ponor`.
 */
#include "command/command.h"

#include <stddef.h>

/* clang-format off */
const struct command commands[] = {
    {"check", "",
        "names all errors and warnings of configuration and lists", command_check},
    {"compile", "[-o FILE] [--accept-change LIST]",
        "makes the policy image without dnsd", command_compile},
    {"explain", "NAME|ADDRESS [--client IP] [--lists | --image FILE]",
        "what the policy says about it, and why", command_explain},
    {"test", "FILE [--image FILE]",
        "runs a table of `client, name, expect` rows", command_test},
    {"inspect", "FILE [--json | --table] [--all] [--filter EXPRESSION] [--image FILE]",
        "what inspectd would have seen in a saved capture (pcap, pcapng)", command_inspect},
    {"events", "[verify] [--help]",
        "reads the event files; proves that nobody changed them", command_events, .helps = true},
    {"audit", "[--folder FOLDER]",
        "proves that nobody changed what people did at the console", command_audit},
    {"incidents", "[--state STATES] [--app APP] [--since T] [--json | --table]",
        "which device tried which app, how sure that is, and why", command_incidents,
        .helps = true},
    {"report", "[--month YYYY-MM] [--html | --markdown] [--lang en|fr] [-o FILE]",
        "a month for the people who decide, as a page or as Markdown", command_report,
        .helps = true},
    {"firewall", "[--print | --apply | --remove | --status] [--image FILE]",
        "the kernel's table that keeps banned apps from their servers: shows, loads, removes it",
        command_firewall},
    {"release", "ADDRESS",
        "frees what is held: an address of a client or a server", command_remote},
    {"status", "",
        "processes, policy and counters of dnsd, inspectd and consoled", command_remote},
    {"counters", "",
        "all counters, a line each", command_remote},
    {"reload", "[--accept-change LIST]",
        "compiles configuration and lists, and puts them in service", command_remote},
    {"flush", "[NAME]",
        "forgets cached answers at and below NAME, or all", command_remote},
    {"log", "error|warning|info|debug",
        "sets how much dnsd logs, until it stops", command_remote},
    {"rotate", "",
        "begins a new event file", command_remote},
    {"stop", "",
        "stops dnsd, after what it has under way", command_remote},
    {"show", "",
        "the configuration in effect, defaults included", command_show},
    {"options", "[--manual]",
        "a commented example of all options, or their manual", command_options},
    {NULL},
};
/* clang-format on */
