/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * problems - everything that is wrong with what a person wrote, each with its place and a remedy.
 *
 * Used by all readers of configuration and lists. A run goes on after the first problem, so that
 * one run names them all. Holds at most PROBLEMS_MOST; what came after is counted.
 */
#ifndef YAML_PROBLEMS_H
#define YAML_PROBLEMS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROBLEMS_MOST = 200, PROBLEM_TEXT = 400, PROBLEM_FILE = 256 };

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct problem {
    enum severity severity;
    unsigned line, column; /* from 1; 0: the file as a whole */
    char file[PROBLEM_FILE], text[PROBLEM_TEXT];
};

struct problems {
    size_t count, errors, warnings; /* count: those kept; errors and warnings: all of them */
    struct problem list[PROBLEMS_MOST];
};

struct problems *problems_new(void);
void problems_free(struct problems *problems);

/* Text is one sentence that says what is wrong and what to do, without the place. */
void problem_error(struct problems *problems, const char *file, unsigned line, unsigned column,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
void problem_warning(struct problems *problems, const char *file, unsigned line, unsigned column,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "FILE:LINE:COLUMN: error: TEXT" for each into `out`, in file and line order. */
void problems_print(const struct problems *problems, int out);

/* The word of `words` (NULL-terminated) nearest to a mistyped one, or NULL when none is near. */
const char *problem_hint(const char *typed, const char *const words[]);

#endif
