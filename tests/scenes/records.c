/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * records - presentation text becomes the records of a message.
 */
#include "scene.h"

#include "dns/text.h"

enum { LINE_SIZE = 8192, POINTER_TO_QUESTION = 0xc000 | MESSAGE_HEADER };

static void record_write(const struct text_record *record, const struct name *asked,
                         struct writer *out)
{
    if (name_equal(&record->owner, asked) && asked->labels > 0)
        write_u16(out, POINTER_TO_QUESTION);
    else
        write_span(out, name_span(&record->owner));
    write_u16(out, record->type);
    write_u16(out, record->class);
    write_u32(out, record->ttl);
    write_u16(out, (uint16_t)record->length);
    write_bytes(out, record->data, record->length);
}

/* "@" and "*" in the first two words become a name and a number. */
static void line_write(const char *text, const struct name *asked, char *out, size_t size)
{
    char owner[NAME_TEXT_SIZE], ttl[32];
    int used = 0;
    if (sscanf(text, "%1000s %31s%n", owner, ttl, &used) != 2 || used == 0) {
        snprintf(out, size, "%s", text);
        return;
    }
    if (strcmp(owner, "@") == 0) {
        name_text(asked, owner);
        owner[strlen(owner) + 1] = 0;
        owner[strlen(owner)] = '.';
    }
    if (strcmp(ttl, "*") == 0)
        snprintf(ttl, sizeof ttl, "%d", ANY_TTL);
    snprintf(out, size, "%s %s%s", owner, ttl, text + used);
}

static bool read_line(struct scene *scene, const char *text, const struct name *asked,
                      struct writer *out)
{
    static struct text_record record;
    static char whole[LINE_SIZE];
    line_write(text, asked, whole, sizeof whole);
    if (text_record_parse(whole, &record) != STATUS_OK)
        return fail(scene, "no record: %s", whole);
    record_write(&record, asked, out);
    return true;
}

bool records_write(struct scene *scene, struct block lines, const struct name *asked,
                   struct writer *out, uint16_t counts[SECTION_COUNT])
{
    static char one[LINE_SIZE];
    enum section section = SECTION_ANSWER;
    for (const struct line *at = lines.at; at < block_end(lines); at++) {
        unsigned times = 1;
        int used = 0;
        scene->at = at;
        if (strcmp(at->text, "authority") == 0 || strcmp(at->text, "additional") == 0) {
            section = at->text[1] == 'u' ? SECTION_AUTHORITY : SECTION_ADDITIONAL;
            continue;
        }
        if (sscanf(at->text, "times %u %n", &times, &used) != 1)
            used = 0;
        for (unsigned i = 1; i <= times; i++) {
            const char *text = at->text + used;
            if (used > 0)
                text = numbered(text, i, one, sizeof one);
            if (!read_line(scene, text, asked, out))
                return false;
            counts[section]++;
        }
    }
    return !out->failed || fail(scene, "more records than a message holds");
}
