/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words - words and environment become options.
 */
#include "words.h"

#include <stdio.h>
#include <stdlib.h>

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value == NULL ? otherwise : value;
}

void options_from_words(struct config_store *out, char **words)
{
    char *place = NULL;

    *out = (struct config_store){
        .choice = STORE_CLICKHOUSE,
        .keep_days = (uint32_t)strtoul(environment("PONOR_KEEP_DAYS", "36500"), NULL, 10),
        .keep_bytes = strtoull(environment("PONOR_KEEP_BYTES", "0"), NULL, 10)};
    snprintf(out->folder, sizeof out->folder, "%s", words[0]);
    for (char *one = strtok_r(words[1], ",", &place); one != NULL;
         one = strtok_r(NULL, ",", &place)) {
        struct endpoint *to = &out->servers[out->server_count++];
        if (endpoint_parse(one, &to->address, &to->port) != STATUS_OK) {
            fprintf(stderr, "%s is no server\n", one);
            exit(1);
        }
    }
    snprintf(out->database, sizeof out->database, "%s", words[2]);
    snprintf(out->cluster, sizeof out->cluster, "%s", words[3]);
    snprintf(out->user, sizeof out->user, "%s", environment("PONOR_USER", "default"));
    snprintf(out->password_file, sizeof out->password_file, "%s",
             environment("PONOR_PASSWORD_FILE", ""));
}
