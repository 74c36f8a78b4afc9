/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * audit - `ponor audit`: whether the console's audit lines are as they were written.
 *
 * Needs no running program, and may be used beside one.
 */
#include "command/command.h"

#include "config/config.h"
#include "events/chain.h"
#include "people/cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int verify(const char *folder)
{
    struct audit_verified v;
    char why[PEOPLE_WHY_SIZE];
    uint8_t hex[CHAIN_HEX];
    struct writer w = writer_over(hex, sizeof hex);

    enum status status = audit_verify(folder, &v, why);
    if (status != STATUS_OK && status != STATUS_CORRUPT) {
        fprintf(stderr, "ponor: the audit lines cannot be read: %s\n", why);
        return EXIT_NO;
    }
    printf("%" PRIu64 " lines in %s, numbers %d to %" PRIu64 "\n", v.lines, folder, v.lines > 0,
           v.last);
    chain_hex_write(&w, v.hash);
    printf("hash of the last line: %.*s\n", CHAIN_HEX, (const char *)hex);
    if (status == STATUS_CORRUPT) {
        printf("%s/%s\nNOT as written\n", folder, why);
        return EXIT_NO;
    }
    printf("all lines are as they were written%s\n",
           v.has_known_end ? "" : "; without people.sqlite, whether more came behind is not known");
    return EXIT_YES;
}

int command_audit(int argc, char *argv[])
{
    const char *file = command_config(&argc, argv);
    const char *folder = command_option(&argc, argv, "--folder", NULL);

    if (argc > 1)
        return command_usage("audit", "it takes --folder and -c, nothing else");
    if (folder != NULL)
        return verify(folder);
    struct config *config = command_read_config(file);
    if (config == NULL)
        return EXIT_NO;
    int code = verify(config->consoled.folder);
    free(config);
    return code;
}
