/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compile - reads the sources, looks at groups, and asks guard and build in turn.
 */
#include "policy/compile.h"

#include "base/clock.h"
#include "policy/decide.h"
#include "policy/source.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One run. */
struct compiling {
    const struct policy_source *source;
    struct problems *problems;
    struct build *build;
    struct guard *guard;
    struct reading *lists; /* as many as source->list_count */
};

/* The image names a list's file without its folder: it is carried between gateways. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The whole of a regular file, with a zero byte behind it; NULL after saying why not. */
static char *read_whole(const char *file, size_t *length, struct problems *problems)
{
    struct stat about;
    char *text = NULL;
    size_t used = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &about) != 0) {
        problem_error(problems, file, 0, 0, "cannot be opened (%s); check path and permissions",
                      strerror(errno));
        goto done;
    }
    if (!S_ISREG(about.st_mode) || about.st_size > SOURCE_BYTES_MOST) {
        problem_error(problems, file, 0, 0, "is not a regular file of at most %u MB; split it",
                      (unsigned)(SOURCE_BYTES_MOST >> 20));
        goto done;
    }
    text = malloc((size_t)about.st_size + 1);
    if (text == NULL) {
        problem_error(problems, file, 0, 0, "does not fit in memory; split it");
        goto done;
    }
    while (used < (size_t)about.st_size) {
        ssize_t n = read(fd, text + used, (size_t)about.st_size - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    if (used < (size_t)about.st_size || memchr(text, 0, used) != NULL) {
        problem_error(problems, file, 0, 0, "%s",
                      used < (size_t)about.st_size ? "became shorter while being read; try again"
                                                   : "is no text file: it has zero bytes");
        free(text);
        text = NULL;
        goto done;
    }
    text[used] = 0;
    *length = used;
done:
    if (fd >= 0)
        close(fd);
    return text;
}

static const struct source *find_source(const char *format)
{
    const struct source *const *at = sources;
    while (*at != NULL && strcmp((*at)->format, format) != 0)
        at++;
    return *at;
}

static bool is_id(const char *id)
{
    return id[0] != 0 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(id);
}

/* Each list has an id of its own, and the one that the configuration knows it by. */
static void check_id(const struct compiling *c, size_t number)
{
    const struct reading *r = &c->lists[number];
    const char *id = r->words.id, *expected = r->list->id;
    if (!is_id(id)) {
        problem_error(c->problems, r->list->file, r->id_line, 0,
                      "`%s` is no id for a list; use a-z, 0-9, - and _", id);
        return;
    }
    if (expected[0] != 0 && strcmp(id, expected) != 0)
        problem_error(c->problems, r->list->file, r->id_line, 0,
                      "the list is called %s here and %s in %s; give both one name", id, expected,
                      c->source->config_file);
    for (size_t i = 0; i < number; i++)
        if (c->lists[i].words.id != NULL && strcmp(c->lists[i].words.id, id) == 0)
            problem_error(c->problems, r->list->file, r->id_line, 0,
                          "the list %s stands in %s too; a list may be named once", id,
                          c->lists[i].list->file);
}

static void read_list(struct compiling *c, size_t number)
{
    const struct list_source *list = &c->source->lists[number];
    struct reading *r = &c->lists[number];
    uint8_t digest[EVP_MAX_MD_SIZE];
    const struct source *source = find_source(list->format);
    if (source == NULL) {
        problem_error(c->problems, c->source->config_file, list->line, 0,
                      "no list format is called `%s`; write yaml, hosts or domains", list->format);
        return;
    }
    size_t length;
    char *text = read_whole(list->file, &length, c->problems);
    if (text == NULL)
        return;
    *r = (struct reading){.policy = c->source,
                          .list = list,
                          .text = text,
                          .length = length,
                          .build = c->build,
                          .guard = c->guard,
                          .problems = c->problems};
    r->number = build_list(c->build, list->file);
    r->words = (struct build_words){.id = list->id,
                                    .title = list->title,
                                    .app = list->app,
                                    .authority = list->authority,
                                    .reference = list->reference,
                                    .owner = list->owner,
                                    .ticket = list->ticket,
                                    .file = last_part(list->file)};
    if (EVP_Digest(text, length, digest, NULL, EVP_sha256(), NULL) == 1)
        memcpy(r->words.content, digest, sizeof r->words.content);
    source->read(r);
    free(text);
    check_id(c, number);
    build_describe(c->build, r->number, &r->words);
}

/* A group asks lists that exist, each once. */
static bool group_is_sound(const struct compiling *c, const struct group_source *group)
{
    bool asked[LISTS_MOST] = {false};
    const char *file = c->source->config_file;
    for (size_t i = 0; i < group->list_count; i++) {
        uint16_t list = group->lists[i];
        if (list >= c->source->list_count || asked[list]) {
            problem_error(c->problems, file, group->line, 0,
                          "group %s asks a list twice, or one that is not there; correct `lists`",
                          group->id);
            return false;
        }
        asked[list] = true;
    }
    for (const struct group_source *other = c->source->groups; other < group; other++) {
        if (strcmp(other->id, group->id) == 0) {
            problem_error(c->problems, file, group->line, 0,
                          "group %s stands in line %u too; give one of them another name",
                          group->id, other->line);
            return false;
        }
    }
    return true;
}

/* Lists and groups into the build; STATUS_INVALID when anything was said against them. */
static enum status gather(struct compiling *c)
{
    const struct policy_source *source = c->source;
    size_t errors = c->problems->errors;
    if (source->list_count > LISTS_MOST || source->group_count > GROUPS_MOST) {
        problem_error(c->problems, source->config_file, 0, 0,
                      "there are %zu lists and %zu groups; at most %u and %u are possible",
                      source->list_count, source->group_count, LISTS_MOST, GROUPS_MOST);
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < source->list_count; i++)
        read_list(c, i);
    /* A list that could not be opened has no number, so groups would name the wrong ones. */
    for (size_t i = 0; i < source->group_count; i++)
        if (group_is_sound(c, &source->groups[i]) && c->problems->errors == errors)
            build_group(c->build, &source->groups[i]);
    enum status status = build_seal(c->build, source->config_file, c->problems);
    if (status == STATUS_TOO_LONG)
        problem_error(c->problems, source->config_file, 0, 0,
                      "the lists together pass a limit (%u names, %u addresses, %u lines a file); "
                      "shorten them",
                      BUILD_RULES_MOST, BUILD_ADDRESSES_MOST, BUILD_LINES_MOST);
    if (status != STATUS_OK)
        return status == STATUS_TOO_LONG ? STATUS_INVALID : status;
    for (size_t i = 0; i < source->list_count; i++) {
        const struct reading *r = &c->lists[i];
        if (r->words.id != NULL)
            guard_list(c->guard, r->list, &r->words, build_rules(c->build, r->number),
                       r->serial_line);
    }
    return c->problems->errors > errors ? STATUS_INVALID : STATUS_OK;
}

enum status policy_compile(const struct policy_source *source, const struct policy *running,
                           int out, struct problems *problems)
{
    struct compiling c = {.source = source, .problems = problems};
    enum status status = STATUS_NO_MEMORY;
    c.build = build_new();
    c.lists = calloc(source->list_count + 1, sizeof *c.lists);
    if (c.build == NULL || c.lists == NULL)
        goto done;
    c.guard = guard_new(source, running, build_key(c.build), problems);
    if (c.guard == NULL)
        goto done;
    status = gather(&c);
    if (status == STATUS_OK)
        status = build_write(c.build, clock_wall() / 1000000, out);
    if (status == STATUS_SYSTEM) {
        problem_error(problems, source->config_file, 0, 0, "the image cannot be written: %s",
                      strerror(errno));
        status = STATUS_INVALID;
    }
done:
    for (size_t i = 0; c.lists != NULL && i < source->list_count; i++)
        free(c.lists[i].memory);
    free(c.lists);
    guard_free(c.guard);
    build_free(c.build);
    return status;
}
