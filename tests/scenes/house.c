/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * house - what the admin of a scene wrote becomes struct config, a policy image and a server.
 *
 *     config                  what stands below `dnsd:` in conf/ponor.yaml
 *     groups                  as there; without it: staff, 10.20.0.0/16, all lists in order;
 *                             without lists: none, so nothing is filtered
 *     list ID                 a YAML list, without `list`, `serial`, and `title` where it is the
 * id; rules alone need no `rules:` Both readers are the real ones; their files are memory files.
 */
#include "scene.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 64 };

/* Where a memory file came from, so that a problem in it can be said in places of the scene. */
struct paper {
    char path[PATH_SIZE];
    FILE *out;
    struct block block;
    unsigned lines_before; /* of ours, in front of the block */
};

static bool paper_open(struct paper *p, struct block block)
{
    int fd = memfd_create("scene", MFD_CLOEXEC);
    *p = (struct paper){.block = block};
    snprintf(p->path, sizeof p->path, "/proc/self/fd/%d", fd);
    p->out = fd < 0 ? NULL : fdopen(fd, "w");
    return p->out != NULL;
}

static void paper_close(struct paper *p)
{
    if (p->out != NULL)
        fclose(p->out);
    p->out = NULL;
}

static bool has_key(struct block block, const char *key)
{
    char begin[64];
    snprintf(begin, sizeof begin, "%s:", key);
    return block_find(block, begin) != NULL;
}

/* Defaults of scenes, unless the scene says otherwise. */
static unsigned write_defaults(struct block config, FILE *out)
{
    static const struct {
        const char *key, *value;
    } defaults[] = {{"sinkhole", "[192.0.2.99, \"2001:db8::99\"]"},
                    {"recurse", "{trust_anchor: \"\"}"}};
    unsigned lines = 0;
    for (size_t i = 0; i < COUNT_OF(defaults); i++)
        if (!has_key(config, defaults[i].key)) {
            fprintf(out, "  %s: %s\n", defaults[i].key, defaults[i].value);
            lines++;
        }
    return lines;
}

static void write_config(const struct house *house, const struct paper *lists, struct paper *p)
{
    fprintf(p->out, "gateway: scene\ndnsd:\n");
    p->lines_before = 2 + write_defaults(house->config, p->out);
    block_write(house->config, 2, p->out);
    fprintf(p->out, "lists:%s\n", house->list_count == 0 ? " []" : "");
    for (size_t i = 0; i < house->list_count; i++)
        fprintf(p->out, "  - list: %s\n    file: %s\n", house->lists[i].id, lists[i].path);
    if (house->groups.count > 0 || house->list_count > 0)
        fprintf(p->out, "groups:\n");
    if (house->groups.count > 0) {
        block_write(house->groups, 2, p->out);
    } else if (house->list_count > 0) {
        fprintf(p->out, "  - group: staff\n    clients: [10.20.0.0/16]\n    lists: [");
        for (size_t i = 0; i < house->list_count; i++)
            fprintf(p->out, "%s%s", i > 0 ? ", " : "", house->lists[i].id);
        fprintf(p->out, "]\n");
    }
    fflush(p->out);
}

static bool write_list(const char *id, struct block text, struct paper *p)
{
    if (!paper_open(p, text))
        return false;
    fprintf(p->out, "list: %s\nserial: 1\n", id);
    p->lines_before = 2;
    if (!has_key(text, "title")) {
        fprintf(p->out, "title: %s\n", id);
        p->lines_before++;
    }
    if (text.count > 0 && text.at->text[0] == '-') {
        fprintf(p->out, "rules:\n");
        p->lines_before++;
    }
    block_write(text, 0, p->out);
    fflush(p->out);
    return true;
}

/* The first error, at the scene's own line where it stands in a block. */
static bool fail_with(struct scene *scene, const struct problems *problems,
                      const struct paper *papers, size_t count)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *p = &problems->list[i];
        if (p->severity != SEVERITY_ERROR)
            continue;
        for (size_t j = 0; j < count; j++) {
            const struct paper *paper = &papers[j];
            size_t line = (size_t)p->line - paper->lines_before - 1;
            if (strcmp(paper->path, p->file) == 0 && p->line > paper->lines_before &&
                line < paper->block.count)
                scene->at = paper->block.at + line;
        }
        return fail(scene, "%s", p->text);
    }
    return fail(scene, "the policy cannot be made");
}

static uint32_t date_of(clock_us wall)
{
    time_t seconds = (time_t)(wall / 1000000);
    struct tm day;
    gmtime_r(&seconds, &day);
    return (uint32_t)((day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday);
}

void house_new_day(struct scene *scene)
{
    policy_expire(scene->policy, date_of(scene->when.wall));
}

/* Compiles into a new image and maps it. */
static enum status make_policy(struct scene *scene, const struct config_policy *written,
                               struct problems *problems, struct policy **out)
{
    int fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return STATUS_SYSTEM;
    enum status status = policy_compile(config_policy_source(written), NULL, fd, problems);
    if (status == STATUS_OK)
        status = policy_open(fd, out);
    close(fd);
    return status;
}

/* The effective configuration and the policy, from all that is written now. */
static bool read_house(struct scene *scene, struct config *config, struct policy **policy)
{
    const struct house *house = &scene->house;
    struct paper papers[LISTS_ASKED_MOST + 1] = {{{0}}};
    struct problems *problems = problems_new();
    struct config_policy *written = NULL;
    struct paper *own = &papers[house->list_count];
    bool sound = problems != NULL && paper_open(own, house->config);
    for (size_t i = 0; sound && i < house->list_count; i++)
        sound = write_list(house->lists[i].id, house->lists[i].text, &papers[i]);
    if (sound) {
        write_config(house, papers, own);
        sound = config_read(own->path, config, &written, problems) == STATUS_OK;
    }
    if (sound) {
        config_policy_set_today(written, scene->when.wall);
        sound = make_policy(scene, written, problems, policy) == STATUS_OK;
    }
    if (!sound && problems != NULL)
        fail_with(scene, problems, papers, house->list_count + 1);
    for (size_t i = 0; i <= house->list_count; i++)
        paper_close(&papers[i]);
    config_policy_free(written);
    problems_free(problems);
    return sound;
}

/* A list with a new text, or a new list behind the others. */
static bool take_list(struct scene *scene, const char *id, struct block text)
{
    struct house *house = &scene->house;
    size_t i = 0;
    while (i < house->list_count && strcmp(house->lists[i].id, id) != 0)
        i++;
    if (i == LISTS_ASKED_MOST)
        return fail(scene, "more than %d lists", LISTS_ASKED_MOST);
    house->lists[i].id = id;
    house->lists[i].text = text;
    house->list_count += i == house->list_count;
    return true;
}

bool house_read(struct scene *scene, struct block whole)
{
    for (const struct line *at = whole.at; at < block_end(whole); at = line_next(at, whole)) {
        struct block below = block_below(at, block_end(whole));
        scene->at = at;
        if (strcmp(at->text, "config") == 0)
            scene->house.config = below;
        else if (strcmp(at->text, "groups") == 0)
            scene->house.groups = below;
        else if (strncmp(at->text, "list ", 5) == 0 && !take_list(scene, at->text + 5, below))
            return false;
    }
    return true;
}

bool house_open(struct scene *scene)
{
    const struct outlets outlets = {scene, client_reply, upstream_ask, log_record};
    const struct server_secrets secrets = {{1, 2}, {3, 4}};
    if (!read_house(scene, &scene->config, &scene->policy))
        return false;
    if (server_new(&scene->config, &secrets, &scene->counters, &outlets, &scene->server) !=
        STATUS_OK)
        return fail(scene, "no memory for a server");
    server_set_policy(scene->server, scene->policy, ++scene->generation);
    return true;
}

void house_close(struct scene *scene)
{
    server_free(scene->server);
    policy_close(scene->policy);
}

/* As serve does it: the new one stands before the old one goes. */
static bool reload(struct scene *scene)
{
    static struct config unchanged;
    struct policy *next;
    if (!read_house(scene, &unchanged, &next))
        return false;
    server_set_policy(scene->server, next, ++scene->generation);
    policy_close(scene->policy);
    scene->policy = next;
    return true;
}

bool house_list(struct scene *scene, const struct words *words, struct block below)
{
    if (words->count != 2)
        return fail(scene, "write: list ID, and its text below");
    return take_list(scene, scene->at->text + strlen("list "), below) && reload(scene);
}

bool house_groups(struct scene *scene, const struct words *words, struct block below)
{
    scene->house.groups = below;
    return reload(scene);
}
