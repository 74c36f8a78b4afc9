/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source - the table of formats, and what they share.
 */
#include "policy/source.h"

#include "dns/type.h"
#include "yaml/schema.h"

const struct source *const sources[] = {&source_yaml, &source_hosts, &source_domains, NULL};

void source_name(struct reading *r, uint32_t class, const struct build_class *words,
                 const struct name *name, unsigned line, unsigned column)
{
    const struct rule_place at = {r->list->file, line, column};
    struct suffixes suffixes;
    suffixes_of(name, build_key(r->build), &suffixes);
    if (guard_name(r->guard, words, name, &suffixes, at))
        build_name(r->build, class, name, suffixes.hash[name->labels], line);
}

void source_prefix(struct reading *r, uint32_t class, const struct build_class *words,
                   const struct prefix *prefix, unsigned line, unsigned column)
{
    const struct rule_place at = {r->list->file, line, column};
    if (guard_prefix(r->guard, words, prefix, at))
        build_address(r->build, class, prefix, line);
}

struct plain plain_open(struct reading *r, enum rule_kind kind)
{
    struct plain plain = {
        .words = {.list = r->number,
                  .kind = kind,
                  .action = r->list->action != ACTION_PASS ? r->list->action : ACTION_SINKHOLE,
                  .evidence = r->list->evidence,
                  .ticket = "",
                  .note = "",
                  .source = ""},
    };
    plain.class = build_class(r->build, &plain.words);
    r->words.ede = r->list->authority[0] != 0 ? EDE_BLOCKED : EDE_FILTERED;
    return plain;
}

void plain_name(struct reading *r, const struct plain *plain, const char *text, unsigned line,
                unsigned column)
{
    char why[YAML_WHY_SIZE] = "";
    struct name name;
    if (yaml_name.read(NULL, span_text(text), &name, why))
        source_name(r, plain->class, &plain->words, &name, line, column);
    else if (why[0] != 0)
        problem_error(r->problems, r->list->file, line, column, "%s", why);
    else
        problem_error(r->problems, r->list->file, line, column, "`%.80s`: write %s", text,
                      yaml_name.expected);
}

struct lines lines_of(struct reading *r)
{
    return (struct lines){r->text, r->text + r->length, 0};
}

char *lines_next(struct lines *lines)
{
    if (lines->at >= lines->end)
        return NULL;
    char *line = lines->at, *end = memchr(line, '\n', (size_t)(lines->end - line));
    if (end == NULL)
        end = lines->end;
    lines->at = end + 1;
    lines->number++;
    char *comment = memchr(line, '#', (size_t)(end - line));
    if (comment != NULL)
        end = comment;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *end = 0;
    return line;
}
