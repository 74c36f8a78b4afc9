/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inspectd - the gateway's packet inspector: its roles, and the options of its command line.
 *
 * Stays in the foreground and logs to standard error; systemd, or a shell, is its parent.
 */
#include "command/daemon.h"
#include "enforce/parent.h"
#include "firewall/main.h"
#include "gate/main.h"
#include "inspect/main.h"
#include "record/main.h"

static const struct role roles[] = {
    {"inspect", inspect_main, "_inspectd-inspect", 0, inspect_prepare},
    {"record", record_main, "_inspectd-record", MAY_WRITE_FOLDER, NULL},
    {"gate", gate_main, "_inspectd-gate", MAY_SHAPE_NETWORK, gate_prepare},
    {"firewall", firewall_main, NULL, MAY_SHAPE_NETWORK, NULL},
    {NULL, NULL, NULL, 0, NULL},
};

static const char options[] =
    "  -i INTERFACE  read its packets, instead of those of the configuration; several are\n"
    "                named one by one, and `any` is all\n\n"
    "A saved capture is read by `ponor inspect FILE`.\n";

static int run(const struct daemon_options *given)
{
    return inspectd_run(given->config_file, given->interfaces, given->interface_count);
}

int main(int argc, char *argv[])
{
    static const struct daemon inspectd = {"inspectd", "c:i:h", "[-i INTERFACE]... ",
                                           options,    roles,   run};
    return daemon_main(argc, argv, &inspectd);
}
