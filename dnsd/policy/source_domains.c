/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source_domains - plain lists: one domain a line, it and all below it; `#` begins a comment.
 */
#include "policy/source.h"

static void domains_read(struct reading *r)
{
    struct plain plain = plain_open(r, RULE_DOMAIN);
    struct lines lines = lines_of(r);
    for (char *line = lines_next(&lines); line != NULL; line = lines_next(&lines)) {
        size_t indent = strspn(line, " \t");
        if (line[indent] != 0)
            plain_name(r, &plain, line + indent, lines.number, (unsigned)indent + 1);
    }
}

const struct source source_domains = {"domains", domains_read};
