/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source_hosts - hosts files that block: an address of nowhere, and names, each exactly.
 *
 * What such files say about the machine itself (localhost and its kin) is passed over. A line that
 * points a name at a real address blocks nothing, and is warned of.
 */
#include "policy/source.h"

static bool is_own(const char *name)
{
    static const char *const own[] = {
        "localhost",     "localhost.localdomain", "local",        "broadcasthost",
        "ip6-localhost", "ip6-loopback",          "ip6-localnet", "ip6-mcastprefix",
        "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "0.0.0.0",
    };
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return false;
}

/* 0.0.0.0/8, 127.0.0.0/8, :: and ::1 lead nowhere. */
static bool leads_nowhere(const struct address *address)
{
    static const struct prefix nowhere[] = {
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0}}, 104},
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}}, 104},
        {{{0}}, 127},
    };
    for (size_t i = 0; i < COUNT_OF(nowhere); i++)
        if (prefix_holds(&nowhere[i], address))
            return true;
    return false;
}

/* Cuts the next word off; NULL when there is none. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t");
    if (*word == 0)
        return NULL;
    char *end = word + strcspn(word, " \t");
    *at = *end != 0 ? end + 1 : end;
    *end = 0;
    return word;
}

/* Does the first word of a line say that the names behind it are blocked? */
static bool is_block(struct reading *r, const char *word, unsigned line, unsigned column)
{
    struct address address;
    if (address_parse(word, &address) != STATUS_OK) {
        problem_error(r->problems, r->list->file, line, column,
                      "`%.80s` is no address; a line of a hosts file is `0.0.0.0 name`", word);
        return false;
    }
    if (leads_nowhere(&address))
        return true;
    problem_warning(r->problems, r->list->file, line, column,
                    "%s is a real address, so the line blocks nothing and was left out; "
                    "write 0.0.0.0 to block",
                    word);
    return false;
}

static void hosts_read(struct reading *r)
{
    struct plain plain = plain_open(r, RULE_NAME);
    struct lines lines = lines_of(r);
    for (char *line = lines_next(&lines); line != NULL; line = lines_next(&lines)) {
        char *at = line, *first = next_word(&at);
        bool known = false;
        for (char *word = next_word(&at); word != NULL; word = next_word(&at)) {
            if (is_own(word))
                continue;
            if (!known && !is_block(r, first, lines.number, (unsigned)(first - line) + 1))
                break;
            known = true;
            plain_name(r, &plain, word, lines.number, (unsigned)(word - line) + 1);
        }
    }
}

const struct source source_hosts = {"hosts", hosts_read};
