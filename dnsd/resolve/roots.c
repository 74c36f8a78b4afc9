/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * roots - from the configuration, a file, or by heart.
 */
#include "resolve/roots.h"

#include <stdio.h>

enum { LINE_SIZE = 512, DNS_PORT = 53 };

static void add(struct roots *roots, const char *text)
{
    struct endpoint server = {.port = DNS_PORT};
    if (roots->count < ROOTS_MOST && address_parse(text, &server.address) == STATUS_OK)
        roots->servers[roots->count++] = server;
}

void roots_read_line(struct roots *roots, char *line)
{
    line[strcspn(line, ";\r\n")] = 0;
    for (char *word = line + strspn(line, " \t"); *word != 0;) {
        size_t length = strcspn(word, " \t");
        char *next = word + length + strspn(word + length, " \t");
        word[length] = 0;
        add(roots, word);
        word = next;
    }
}

static enum status read_file(const char *path, struct roots *roots)
{
    char line[LINE_SIZE];
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        while (fgets(line, sizeof line, file) != NULL)
            roots_read_line(roots, line);
        fclose(file);
    }
    if (roots->count == 0)
        log_error("the root hints %s cannot be read, or name no address", path);
    return roots->count == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

enum status roots_find(const struct config *config, struct roots *out)
{
    /* a, d, k and m.root-servers.net. */
    static const char *const well_known[] = {
        "198.41.0.4",   "2001:503:ba3e::2:30", "199.7.91.13",  "2001:500:2d::d",
        "193.0.14.129", "2001:7fd::1",         "202.12.27.33", "2001:dc3::35",
    };
    out->count = 0;
    for (unsigned i = 0; i < config->dnsd.recurse_via_count; i++)
        out->servers[out->count++] = config->dnsd.recurse_via[i];
    if (out->count > 0)
        return STATUS_OK;
    if (config->dnsd.root_hints[0] != 0)
        return read_file(config->dnsd.root_hints, out);
    for (size_t i = 0; i < COUNT_OF(well_known); i++)
        add(out, well_known[i]);
    return STATUS_OK;
}
