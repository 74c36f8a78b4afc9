/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source - the formats in which rules come.
 *
 * Used by compile, which finds the format of a list here, and by source_x.c, which read one each. A
 * new format is a new file and a new row. Never knows what an image looks like.
 */
#ifndef POLICY_SOURCE_H
#define POLICY_SOURCE_H

#include "policy/guard.h"

enum { SOURCE_BYTES_MOST = 1 << 29 };

/* One list being read. */
struct reading {
    const struct policy_source *policy;
    const struct list_source *list;
    uint16_t number; /* in the image */
    char *text;      /* of the file, ours to cut; a zero byte follows */
    size_t length;
    struct build *build;
    const struct guard *guard;
    struct problems *problems;
    struct build_words words;      /* the source fills in what its file says */
    unsigned id_line, serial_line; /* in the file; 0: the configuration says it */
    void *memory;                  /* what words point at, when the source had to claim it */
};

struct source {
    const char *format;
    void (*read)(struct reading *r); /* errors go to problems */
};

/* NULL-terminated. */
extern const struct source *const sources[];
extern const struct source source_yaml, source_hosts, source_domains;

/* One rule, past the guards, into the build. */
void source_name(struct reading *r, uint32_t class, const struct build_class *words,
                 const struct name *name, unsigned line, unsigned column);
void source_prefix(struct reading *r, uint32_t class, const struct build_class *words,
                   const struct prefix *prefix, unsigned line, unsigned column);

/* For formats of a name or so a line: one class for all rules, in the words of the configuration.
 */
struct plain {
    struct build_class words;
    uint32_t class;
};
struct plain plain_open(struct reading *r, enum rule_kind kind);
/* `text` must be zero-terminated; what is no host name is an error with its place. */
void plain_name(struct reading *r, const struct plain *plain, const char *text, unsigned line,
                unsigned column);

/* Line by line: each zero-terminated, without comment and white space at its end. */
struct lines {
    char *at, *end;
    unsigned number; /* of the line just given, from 1 */
};
struct lines lines_of(struct reading *r);
char *lines_next(struct lines *lines); /* NULL: no more */

#endif
