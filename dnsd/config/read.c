/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * read - a file becomes a configuration: read as rows say, settled, checked, handed out.
 */
#include "config/check.h"
#include "config/options.h"
#include "config/sources.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct written *written_new(void)
{
    struct written *w = calloc(1, sizeof *w);
    if (w != NULL)
        yaml_defaults(&config_schema, w);
    return w;
}

void written_free(struct written *written)
{
    if (written == NULL)
        return;
    for (size_t i = 0; i < written->group_count; i++)
        free(written->groups[i]);
    free(written->lists);
    free(written);
}

/* The reader hands over no more than the row's `most`, which is also the room here. */
void written_add_list(void *owner, const void *item, struct yaml_place at)
{
    struct written *w = owner;
    if (w->lists == NULL)
        w->lists = calloc(LISTS_NAMED_MOST, sizeof *w->lists);
    if (w->lists == NULL) {
        w->no_memory = true;
        return;
    }
    struct list_written *list = &w->lists[w->list_count++];
    memcpy(list, item, sizeof *list);
    list->at = at;
}

void written_lost_list(void *owner)
{
    ((struct written *)owner)->lists_lost = true;
}

void written_lost_dnsd(void *owner)
{
    ((struct written *)owner)->dnsd_lost = true;
}

void written_add_group(void *owner, const void *item, struct yaml_place at)
{
    struct written *w = owner;
    struct group_written *group = malloc(sizeof *group);
    if (group == NULL) {
        w->no_memory = true;
        return;
    }
    memcpy(group, item, sizeof *group);
    group->at = at;
    w->groups[w->group_count++] = group;
}

void written_add_stub(void *owner, const void *item, struct yaml_place at)
{
    struct written *w = owner;
    uint32_t n = w->config.dnsd.stub_count++;
    memcpy(&w->config.dnsd.stubs[n], item, sizeof(struct stub));
    w->stubs_at[n] = at;
}

void written_add_leases(void *owner, const void *item, struct yaml_place at)
{
    struct written *w = owner;
    uint32_t n = w->config.consoled.lease_count++;
    memcpy(&w->config.consoled.leases[n], item, sizeof(struct config_leases));
    w->leases_at[n] = at;
}

/* Makes a path of the file one that holds in any working folder. */
static void settle_path(struct written *w, const char *folder, char *path, size_t size,
                        struct yaml_place at)
{
    char whole[PATH_MAX + CONFIG_PATH_SIZE];
    const char *rest = path;
    size_t length = strlen(folder);
    if (path[0] == 0 || path[0] == '/')
        return;
    /* `folder` is real, so its last part may go for each leading `..`. */
    for (;;) {
        if (strncmp(rest, "./", 2) == 0) {
            rest += 2;
        } else if (strncmp(rest, "../", 3) == 0) {
            rest += 3;
            while (length > 1 && folder[--length] != '/')
                ;
        } else {
            break;
        }
    }
    bool is_root = length <= 1;
    snprintf(whole, sizeof whole, "%.*s/%s", is_root ? 0 : (int)length, folder, rest);
    if (strlen(whole) >= size)
        problem_error(w->problems, w->file, at.line, at.column,
                      "the path %.120s... is longer than %zu bytes", whole, size - 1);
    else
        memcpy(path, whole, strlen(whole) + 1);
}

static void settle_console(struct written *w, const char *folder)
{
    struct config *c = &w->config;
    settle_path(w, folder, c->consoled.socket, CONFIG_PATH_SIZE, w->web_socket_at);
    settle_path(w, folder, c->consoled.control, CONFIG_PATH_SIZE, w->console_control_at);
    settle_path(w, folder, c->consoled.folder, CONFIG_PATH_SIZE, w->console_folder_at);
    settle_path(w, folder, c->consoled.page, CONFIG_PATH_SIZE, w->page_at);
    settle_path(w, folder, c->consoled.certificate, CONFIG_PATH_SIZE, w->certificate_at);
    settle_path(w, folder, c->consoled.key, CONFIG_PATH_SIZE, w->key_at);
    settle_path(w, folder, c->consoled.client_ca, CONFIG_PATH_SIZE, w->client_ca_at);
    settle_path(w, folder, c->consoled.store.folder, CONFIG_PATH_SIZE, w->store_folder_at);
    settle_path(w, folder, c->consoled.store.password_file, CONFIG_PATH_SIZE, w->password_file_at);
    settle_path(w, folder, c->consoled.inventory, CONFIG_PATH_SIZE, w->inventory_at);
    for (uint32_t i = 0; i < c->consoled.events_count; i++)
        settle_path(w, folder, c->consoled.events[i], CONFIG_PATH_SIZE, w->event_folders_at[i]);
    for (uint32_t i = 0; i < c->consoled.lease_count; i++)
        settle_path(w, folder, c->consoled.leases[i].file, CONFIG_PATH_SIZE, w->leases_at[i]);
}

static void settle_paths(struct written *w)
{
    char folder[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(w->file, '/');
    struct config *c = &w->config;
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - w->file) + 1,
             slash == NULL ? "." : w->file);
    if (realpath(folder, real) == NULL)
        return; /* so the file in it could not be read, which was said */
    settle_path(w, real, c->image, sizeof c->image, w->image_at);
    settle_path(w, real, c->control, sizeof c->control, w->control_at);
    settle_path(w, real, c->dnsd.root_hints, sizeof c->dnsd.root_hints, w->root_hints_at);
    settle_path(w, real, c->dnsd.trust_anchor, sizeof c->dnsd.trust_anchor, w->trust_anchor_at);
    settle_path(w, real, c->dnsd.events.folder, sizeof c->dnsd.events.folder, w->folder_at);
    settle_path(w, real, c->dnsd.told, sizeof c->dnsd.told, w->told_at);
    settle_path(w, real, c->inspectd.control, sizeof c->inspectd.control, w->inspectd_control_at);
    settle_path(w, real, c->inspectd.events.folder, sizeof c->inspectd.events.folder,
                w->inspectd_folder_at);
    settle_console(w, real);
    for (size_t i = 0; i < w->list_count; i++)
        settle_path(w, real, w->lists[i].source.file, sizeof w->lists[i].source.file,
                    w->lists[i].file_at);
}

void config_settle(struct config *config)
{
    if (config->dnsd.workers == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        config->dnsd.workers = cores < 1              ? 1
                               : cores < WORKERS_MOST ? (uint32_t)cores
                                                      : WORKERS_MOST;
    }
    if (config->gateway[0] == 0 && gethostname(config->gateway, sizeof config->gateway - 1) != 0)
        snprintf(config->gateway, sizeof config->gateway, "ponor");
    if (config->consoled.events_count == 0) {
        memcpy(config->consoled.events[0], config->dnsd.events.folder, CONFIG_PATH_SIZE);
        memcpy(config->consoled.events[1], config->inspectd.events.folder, CONFIG_PATH_SIZE);
        config->consoled.events_count = 2;
    }
}

enum status config_defaults(struct config *out)
{
    struct written *w = written_new();
    if (w == NULL)
        return STATUS_NO_MEMORY;
    config_settle(&w->config);
    *out = w->config;
    written_free(w);
    return STATUS_OK;
}

enum status config_control_paths(const char *file, struct control_paths *out)
{
    enum status status = STATUS_NO_MEMORY;
    struct problems *problems = problems_new();
    struct written *w = written_new();
    if (problems == NULL || w == NULL)
        goto done;
    status = yaml_read_file(file, &config_schema, w, w, problems);
    w->file = file;
    w->problems = problems;
    if (status != STATUS_OK && status != STATUS_INVALID)
        goto done;
    settle_paths(w);
    memcpy(out->dnsd, w->config.control, CONFIG_PATH_SIZE);
    memcpy(out->inspectd, w->config.inspectd.control, CONFIG_PATH_SIZE);
    memcpy(out->consoled, w->config.consoled.control, CONFIG_PATH_SIZE);
    out->inspectd_wanted =
        w->config.inspectd.interface_count > 0 || w->config.inspectd.mode == INSPECT_INLINE;
    status = access(file, R_OK) == 0 ? STATUS_OK : STATUS_SYSTEM;
done:
    written_free(w);
    problems_free(problems);
    return status;
}

enum status config_read(const char *file, struct config *out, struct config_policy **policy,
                        struct problems *problems)
{
    size_t errors = problems->errors;
    enum status status = STATUS_NO_MEMORY;
    struct config_policy *made = NULL;
    struct written *w = written_new();
    if (w == NULL)
        goto done;

    status = yaml_read_file(file, &config_schema, w, w, problems);
    w->file = file;
    w->problems = problems;
    if (w->no_memory)
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK && status != STATUS_INVALID)
        goto done;
    settle_paths(w);
    if (!w->dnsd_lost)
        check_options(w);
    status = sources_make(w, &made);
    if (status == STATUS_OK && problems->errors > errors)
        status = STATUS_INVALID;
    if (status != STATUS_OK)
        goto done;
    config_settle(&w->config);
    *out = w->config;
    if (policy != NULL) {
        *policy = made;
        made = NULL;
    }
done:
    config_policy_free(made);
    written_free(w);
    return status;
}
