/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check_policy - lists and groups that must fit together.
 */
#include "config/check.h"

#include "base/refusal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define SAY(written, place, ...)                                                                   \
    problem_error((written)->problems, (written)->file, (place).line, (place).column, __VA_ARGS__)

/* What a YAML list says itself must not stand here too. */
static void check_texts(const struct written *w, const struct list_written *list)
{
    static const char *const keys[] = {"title", "app",    "authority", "reference",
                                       "owner", "ticket", "action",    "evidence"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (list->format == LIST_YAML && list->texts_at[i].line != 0)
            SAY(w, list->texts_at[i], "`%s` of a YAML list stands in its own file", keys[i]);
    if (list->format != LIST_YAML && list->source.action == ACTION_REDIRECT)
        SAY(w, list->texts_at[6],
            "`action: redirect` needs a target, which only a rule of a YAML list can name");
}

void check_lists(const struct written *w)
{
    char why[REFUSAL_TEXT_SIZE];
    for (size_t i = 0; i < w->list_count; i++) {
        const struct list_written *list = &w->lists[i];
        for (size_t j = 0; j < i; j++)
            if (strcmp(list->source.id, w->lists[j].source.id) == 0) {
                SAY(w, list->at, "the list `%s` stands here twice, first on line %u",
                    list->source.id, w->lists[j].at.line);
                break;
            }
        if (list->source.file[0] == 0 || access(list->source.file, R_OK) != 0)
            SAY(w, list->file_at, "the list `%s`: %.200s cannot be read: %s", list->source.id,
                list->source.file, refusal_text(list->source.file[0] == 0 ? ENOENT : errno, why));
        check_texts(w, list);
    }
}

static void check_group_lists(const struct written *w, const struct group_written *group)
{
    const char *ids[LISTS_NAMED_MOST + 1] = {NULL};
    for (size_t i = 0; i < w->list_count; i++)
        ids[i] = w->lists[i].source.id;
    for (uint32_t i = 0; i < group->list_count; i++) {
        size_t known = 0;
        while (ids[known] != NULL && strcmp(ids[known], group->lists[i]) != 0)
            known++;
        const char *hint = problem_hint(group->lists[i], ids);
        if (ids[known] == NULL && w->lists_lost)
            continue;
        if (ids[known] == NULL && hint != NULL)
            SAY(w, group->lists_at[i], "no list is called `%s`; did you mean `%s`?",
                group->lists[i], hint);
        else if (ids[known] == NULL)
            SAY(w, group->lists_at[i], "no list is called `%s`; `lists:` must name it first",
                group->lists[i]);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(group->lists[i], group->lists[j]) == 0) {
                SAY(w, group->lists_at[i], "the group asks the list `%s` twice", group->lists[i]);
                break;
            }
    }
}

/* A client prefix and where it was written. */
struct claim {
    struct prefix prefix;
    const struct group_written *group;
    struct yaml_place at;
};

static int compare_claims(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    int order = memcmp(&a->prefix.base, &b->prefix.base, sizeof a->prefix.base);
    if (order == 0)
        order = (int)a->prefix.bits - (int)b->prefix.bits;
    if (order == 0)
        order = (a->at.line > b->at.line) - (a->at.line < b->at.line);
    return order != 0 ? order : (a->at.column > b->at.column) - (a->at.column < b->at.column);
}

/* The longest prefix wins, so only equal ones are a contradiction. */
static void check_clients(const struct written *w)
{
    char text[PREFIX_TEXT_SIZE];
    size_t count = 0, n = 0;
    for (size_t i = 0; i < w->group_count; i++)
        count += w->groups[i]->client_count;
    struct claim *claims = calloc(count + 1, sizeof *claims);
    if (claims == NULL) {
        problem_error(w->problems, w->file, 0, 0, "no memory to compare the groups' clients");
        return;
    }
    for (size_t i = 0; i < w->group_count; i++)
        for (uint32_t j = 0; j < w->groups[i]->client_count; j++)
            claims[n++] =
                (struct claim){w->groups[i]->clients[j], w->groups[i], w->groups[i]->clients_at[j]};
    qsort(claims, count, sizeof *claims, compare_claims);
    for (size_t i = 1; i < count; i++) {
        const struct claim *a = &claims[i - 1], *b = &claims[i];
        if (a->prefix.bits == b->prefix.bits && address_equal(&a->prefix.base, &b->prefix.base))
            SAY(w, b->at, "the clients %s are in the group `%s` too, on line %u",
                prefix_text(&b->prefix, text), a->group->id, a->at.line);
    }
    free(claims);
}

void check_groups(const struct written *w)
{
    for (size_t i = 0; i < w->group_count; i++) {
        const struct group_written *group = w->groups[i];
        for (size_t j = 0; j < i; j++)
            if (strcmp(group->id, w->groups[j]->id) == 0) {
                SAY(w, group->at, "the group `%s` stands here twice, first on line %u", group->id,
                    w->groups[j]->at.line);
                break;
            }
        if (group->client_count == 0 && strcmp(group->id, "default") != 0)
            SAY(w, group->at,
                "the group `%s` has no clients; only `default` needs none, it has all others",
                group->id);
        check_group_lists(w, group);
    }
    check_clients(w);
}
