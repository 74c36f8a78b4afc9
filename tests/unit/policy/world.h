/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * world - lists and groups written inside a test, compiled and opened.
 *
 * Used by the tests of policy. Every step that a test does not expect to fail is asserted.
 */
#ifndef TESTS_POLICY_WORLD_H
#define TESTS_POLICY_WORLD_H

#include "policy/compile.h"
#include "policy/decide.h"
#include "policy/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../dns/texts.h"

enum { WORLD_LISTS = 8, WORLD_GROUPS = 8, WORLD_CLIENTS = 8 };

struct world {
    struct policy_source source;
    struct list_source lists[WORLD_LISTS];
    struct group_source groups[WORLD_GROUPS];
    struct prefix clients[WORLD_GROUPS][WORLD_CLIENTS];
    uint16_t asked[WORLD_GROUPS][WORLD_LISTS];
    struct name names[8];
    struct prefix prefixes[8];
    int files[WORLD_LISTS], image;
    struct problems *problems;
    struct policy *policy;
};

static inline int file_of(struct span bytes)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.at, bytes.length), (ssize_t)bytes.length);
    return fd;
}

static inline void world_open(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->source = (struct policy_source){.config_file = "ponor.yaml",
                                       .lists = w->lists,
                                       .groups = w->groups,
                                       .protected_names = w->names,
                                       .protected_prefixes = w->prefixes,
                                       .today = 20261124};
    w->image = -1;
    w->problems = problems_new();
    assert_non_null(w->problems);
}

static inline void world_close(struct world *w)
{
    policy_close(w->policy);
    problems_free(w->problems);
    for (size_t i = 0; i < w->source.list_count; i++)
        close(w->files[i]);
    if (w->image >= 0)
        close(w->image);
}

static inline struct list_source *world_list(struct world *w, const char *format, const char *text)
{
    size_t n = w->source.list_count++;
    struct list_source *list = &w->lists[n];
    w->files[n] = file_of(span_text(text));
    snprintf(list->file, sizeof list->file, "/proc/self/fd/%d", w->files[n]);
    snprintf(list->format, sizeof list->format, "%s", format);
    if (strcmp(format, "yaml") != 0)
        snprintf(list->id, sizeof list->id, "list%zu", n);
    return list;
}

/* The name that the image keeps of a list's file. */
static inline const char *file_name(const struct world *w, size_t list)
{
    return strrchr(w->lists[list].file, '/') + 1;
}

/* A group of all lists so far, in their order, for clients separated by spaces. */
static inline struct group_source *world_group(struct world *w, const char *id, const char *clients)
{
    size_t n = w->source.group_count++;
    struct group_source *group = &w->groups[n];
    char text[PREFIX_TEXT_SIZE];
    int used;
    snprintf(group->id, sizeof group->id, "%s", id);
    group->clients = w->clients[n];
    for (; sscanf(clients, "%49s%n", text, &used) == 1; clients += used)
        group->clients[group->client_count++] = prefix_of(text);
    group->lists = w->asked[n];
    for (uint16_t i = 0; i < w->source.list_count; i++)
        group->lists[group->list_count++] = i;
    group->line = (unsigned)(10 * (n + 1));
    return group;
}

static inline enum status world_try(struct world *w, const struct policy *running)
{
    if (w->image >= 0)
        close(w->image);
    w->image = memfd_create("image", MFD_CLOEXEC);
    assert_true(w->image >= 0);
    return policy_compile(&w->source, running, w->image, w->problems);
}

static inline void world_compile(struct world *w)
{
    enum status status = world_try(w, NULL);
    if (status != STATUS_OK)
        problems_print(w->problems, 2);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(policy_open(w->image, &w->policy), STATUS_OK);
}

/* The n-th problem, exactly. */
static inline void assert_problem(const struct world *w, size_t n, enum severity severity,
                                  unsigned line, unsigned column, const char *text)
{
    assert_true(n < w->problems->count);
    const struct problem *p = &w->problems->list[n];
    assert_string_equal(p->text, text);
    assert_int_equal(p->severity, severity);
    assert_int_equal(p->line, line);
    assert_int_equal(p->column, column);
}

/* What a client gets when it asks for a name, or for an address when the text is one. */
static inline struct verdict ask(const struct world *w, const char *client, const char *what)
{
    const struct address from = address_of(client);
    struct subject subject = {.group = policy_group_of(w->policy, &from)};
    struct address destination;
    struct name name;
    if (address_parse(what, &destination) == STATUS_OK) {
        subject.destination = &destination;
    } else {
        name = name_of(what);
        subject.name = &name;
    }
    return decide(w->policy, &subject);
}

static inline void assert_action(const struct world *w, const char *what, enum action action)
{
    assert_string_equal(action_words[ask(w, "10.0.0.1", what).action], action_words[action]);
}

#endif
