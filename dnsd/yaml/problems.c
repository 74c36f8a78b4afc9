/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * problems - kept, ordered, printed; and the nearest word to a typing error.
 */
#include "yaml/problems.h"
#include "base/span.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WORD_MOST = 48 }; /* longer words get no hint */

struct problems *problems_new(void)
{
    return calloc(1, sizeof(struct problems));
}

void problems_free(struct problems *problems)
{
    free(problems);
}

/* Control characters of ASCII and of C1 in UTF-8 become `?`: what a list says must not steer the
 * terminal of the person who checks it. */
static void make_printable(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at != 0; at++) {
        if (*at < 0x20 || *at == 0x7f)
            *at = '?';
        if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
            at[0] = at[1] = '?';
    }
}

__attribute__((format(printf, 6, 0))) static void keep(struct problems *problems,
                                                       enum severity severity, const char *file,
                                                       unsigned line, unsigned column,
                                                       const char *format, va_list arguments)
{
    if (severity == SEVERITY_ERROR)
        problems->errors++;
    else
        problems->warnings++;
    if (problems->count == PROBLEMS_MOST)
        return;
    struct problem *p = &problems->list[problems->count++];
    *p = (struct problem){.severity = severity, .line = line, .column = column};
    snprintf(p->file, sizeof p->file, "%s", file);
    vsnprintf(p->text, sizeof p->text, format, arguments);
    make_printable(p->file);
    make_printable(p->text);
}

void problem_error(struct problems *problems, const char *file, unsigned line, unsigned column,
                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep(problems, SEVERITY_ERROR, file, line, column, format, arguments);
    va_end(arguments);
}

void problem_warning(struct problems *problems, const char *file, unsigned line, unsigned column,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    keep(problems, SEVERITY_WARNING, file, line, column, format, arguments);
    va_end(arguments);
}

/* By file, line and column; what stands at one place, in the order in which it was found. */
static int compare(const void *left, const void *right, void *list)
{
    unsigned one = *(const unsigned *)left, other = *(const unsigned *)right;
    const struct problem *a = (const struct problem *)list + one;
    const struct problem *b = (const struct problem *)list + other;
    int files = strcmp(a->file, b->file);
    if (files != 0)
        return files;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return one < other ? -1 : one > other;
}

void problems_print(const struct problems *problems, int out)
{
    unsigned order[PROBLEMS_MOST];
    for (unsigned i = 0; i < problems->count; i++)
        order[i] = i;
    qsort_r(order, problems->count, sizeof *order, compare, (void *)problems->list);

    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *p = &problems->list[order[i]];
        const char *severity = p->severity == SEVERITY_ERROR ? "error" : "warning";
        if (p->line == 0)
            dprintf(out, "%s: %s: %s\n", p->file, severity, p->text);
        else
            dprintf(out, "%s:%u:%u: %s: %s\n", p->file, p->line, p->column, severity, p->text);
    }
    size_t all = problems->errors + problems->warnings;
    if (all > problems->count)
        dprintf(out, "and %zu more problems, not listed\n", all - problems->count);
}

/* How many letters must be added, dropped, changed or swapped with their neighbour (optimal string
 * alignment). Both words are at most WORD_MOST long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MOST + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    size_t length = strlen(b);

    for (unsigned j = 0; j <= length; j++)
        above[j] = j;
    memcpy(before, above, sizeof rows[0]);
    for (unsigned i = 1; a[i - 1] != 0; i++) {
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        unsigned *oldest = before;
        before = above, above = row, row = oldest;
    }
    return above[length];
}

const char *problem_hint(const char *typed, const char *const words[])
{
    const char *nearest = NULL;
    size_t length = strlen(typed);
    if (length > WORD_MOST)
        return NULL;
    unsigned best = length < 3 ? 2 : (unsigned)length / 3 + 2; /* one more than allowed */
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strlen(words[i]) > WORD_MOST)
            continue;
        unsigned far = distance(typed, words[i]);
        if (far < best && far < strlen(words[i])) {
            best = far;
            nearest = words[i];
        }
    }
    return nearest;
}
