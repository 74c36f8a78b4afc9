/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - folders, doors, two children, and which policy they may read.
 */
#include "console/parent.h"

#include "base/log.h"
#include "base/refusal.h"
#include "console/orders.h"
#include "service/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STOP_MS = 5000, HISTORY_MODE = 02770, FOLDER_MODE = 0700 };

static const char *const role_words[] = {[CONSOLE_WEB] = "web", [CONSOLE_INGEST] = "ingest"};

void consoled_stop(struct consoled *consoled, int exit_code)
{
    struct console_post *web = &consoled->posts[CONSOLE_WEB];

    if (service_stop(&consoled->service, exit_code) && web->child != NULL)
        supervisor_drain(consoled->service.supervisor, web->child, STOP_MS);
}

struct counters consoled_sum(const struct consoled *consoled)
{
    struct counters sum = {0};
    for (size_t i = 0; i < CONSOLE_ROLES; i++)
        counters_add(&sum, consoled->posts[i].counters, consoled->posts[i].child != NULL);
    return sum;
}

/* What children are given, say, and how they end. */

static enum status give_doors(const struct consoled *consoled, struct child *child)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < consoled->config->consoled.listen_count; i++)
        status = supervisor_give(child, GIFT_TCP, i, consoled->doors.tcp[i]);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_TCP, TCP_PROXY, consoled->doors.proxy);
    return status;
}

static void on_birth(void *owner, struct child *child)
{
    const struct consoled *consoled = owner;
    const struct console_post *post = child->place;
    const struct policy_gift *policy = &consoled->service.policy;

    enum status status = supervisor_give(child, GIFT_CONFIG, 0, consoled->config_fd);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_COUNTERS, 0, post->counters_fd);
    if (status == STATUS_OK && post->role == CONSOLE_WEB)
        status = give_doors(consoled, child);
    if (status == STATUS_OK && post->role == CONSOLE_WEB)
        status = supervisor_give(child, GIFT_POLICY, policy->generation, policy->image);
    supervisor_start(consoled->service.supervisor, child, status);
    service_greet(&((struct consoled *)owner)->service, child);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    struct consoled *consoled = owner;
    if (service_is_ready(&consoled->service, child, parcel))
        ((struct console_post *)child->place)->served = true;
}

static void on_death(void *owner, struct child *child, int ended, bool is_last)
{
    struct consoled *consoled = owner;
    struct console_post *post = child->place;

    /* What does not work at the start is a mistake of the operator's, whom it has told. */
    if (!post->served && !consoled->in_service)
        consoled->failed = true;
    if (is_last)
        post->child = NULL;
    service_sweep_later(&consoled->service);
}

static const struct supervisor_events children_events = {on_birth, on_parcel, on_death};

static void say_in_service(struct consoled *consoled)
{
    const struct config *config = consoled->config;
    const char *scheme = config->consoled.certificate[0] != 0 ? "https" : "http";
    char text[ENDPOINT_TEXT_SIZE];

    for (uint32_t i = 0; i < config->consoled.listen_count; i++) {
        const struct endpoint *at = &config->consoled.listen[i];
        bool is_ipv6 = !address_is_ipv4(&at->address);
        log_info("the page is at %s://%s%s%s:%u/", scheme, is_ipv6 ? "[" : "",
                 address_text(&at->address, text), is_ipv6 ? "]" : "", at->port);
    }
    if (consoled->doors.proxy >= 0)
        log_info("a reverse proxy finds it at %s", config->consoled.socket);
    consoled->in_service = true;
    notify_service("READY=1");
}

static void on_sweep(void *owner)
{
    struct consoled *consoled = owner;
    const struct console_post *posts = consoled->posts;
    struct supervisor *supervisor = consoled->service.supervisor;

    if (!consoled->in_service && !consoled->service.stopping && posts[CONSOLE_WEB].served &&
        posts[CONSOLE_INGEST].served)
        say_in_service(consoled);
    if (consoled->failed && !consoled->service.stopping) {
        log_error("cannot start");
        consoled_stop(consoled, 1);
    }
    if (consoled->service.stopping && posts[CONSOLE_WEB].child == NULL &&
        posts[CONSOLE_INGEST].child != NULL)
        supervisor_drain(supervisor, posts[CONSOLE_INGEST].child, STOP_MS);
}

/* The policy. */

static void on_image(void *owner, int image, struct policy *policy)
{
    struct consoled *consoled = owner;
    struct child *web = consoled->posts[CONSOLE_WEB].child;

    service_adopt(&consoled->service, image, policy);
    const struct message_policy body = {++consoled->service.policy.generation};
    if (web != NULL && web->channel != NULL)
        supervisor_tell(consoled->service.supervisor, web, MESSAGE_POLICY, &body, sizeof body,
                        image);
}

/* Signals. */

static void on_stop(void *owner, int exit_code)
{
    consoled_stop(owner, exit_code);
}

static void on_reload(void *owner)
{
    struct consoled *consoled = owner;
    log_info("a new policy is taken when it appears, lease files and inventory too; a new "
             "certificate and new options need a restart");
    image_look(consoled->watch);
}

/* Beginning and end. */

/* A folder that is not there is made and given to its user, and to a group (NULL: the user's).
 * systemd's RestrictSUIDSGID= refuses every mkdir() and chmod() with the bit of the group, be the
 * folder there or not: under it, systemd-tmpfiles makes the folders. */
static enum status make_folder(const char *path, mode_t mode, const char *user, const char *shared)
{
    const struct passwd *owner = geteuid() == 0 ? getpwnam(user) : NULL;
    const struct group *group = owner != NULL && shared != NULL ? getgrnam(shared) : NULL;
    char why[REFUSAL_TEXT_SIZE];

    if (mkdir(path, mode & ACCESSPERMS) != 0) {
        if (errno == EEXIST)
            return STATUS_OK;
        log_error("cannot make the folder %s: %s", path, refusal_text(errno, why));
        return STATUS_SYSTEM;
    }
    if ((owner != NULL &&
         chown(path, owner->pw_uid, group != NULL ? group->gr_gid : owner->pw_gid) != 0) ||
        chmod(path, mode) != 0)
        log_warning("cannot give %s to user %s with mode %04o: %s; do so by hand, or let "
                    "`systemd-tmpfiles --create ponor.conf` make it",
                    path, user, (unsigned)mode, strerror(errno));
    return STATUS_OK;
}

static enum status open_posts(struct consoled *consoled)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < CONSOLE_ROLES; i++) {
        struct console_post *post = &consoled->posts[i];
        post->role = (enum console_role)i;
        status = counters_make(&post->counters_fd);
        if (status == STATUS_OK)
            post->counters = counters_open(post->counters_fd);
        if (status == STATUS_OK && post->counters == NULL)
            status = STATUS_SYSTEM;
    }
    if (status != STATUS_OK)
        log_error("cannot make shared memory: %s", strerror(errno));
    return status;
}

static enum status open_all(struct consoled *consoled)
{
    static const struct image_events events = {on_image, NULL};
    const struct config *config = consoled->config;
    char why[DOORS_WHY_SIZE];

    enum status status = service_open(&consoled->service, config->consoled.control);
    if (status == STATUS_OK)
        status = make_folder(config->consoled.folder, FOLDER_MODE, "_consoled-web", NULL);
    if (status == STATUS_OK)
        status = make_folder(config->consoled.store.folder, HISTORY_MODE, "_consoled-ingest",
                             "_consoled");
    if (status == STATUS_OK)
        status = open_posts(consoled);
    if (status == STATUS_OK)
        status = birth_wrap(config, sizeof *config, &consoled->config_fd);
    if (status != STATUS_OK)
        return status;
    status = doors_open(config, why, &consoled->doors);
    if (status != STATUS_OK) {
        log_error("%s", why);
        return status;
    }
    status =
        image_watch_new(consoled->service.base, config->image, &events, consoled, &consoled->watch);
    for (size_t i = 0; status == STATUS_OK && i < CONSOLE_ROLES; i++)
        status = supervisor_add(consoled->service.supervisor, role_words[i], 0, false,
                                &consoled->posts[i], &consoled->posts[i].child);
    return status;
}

static void close_all(struct consoled *consoled)
{
    image_watch_free(consoled->watch);
    service_close(&consoled->service);
    doors_close(&consoled->doors, consoled->config->consoled.socket);
    for (size_t i = 0; i < CONSOLE_ROLES; i++) {
        if (consoled->posts[i].counters != NULL)
            munmap(consoled->posts[i].counters, sizeof(struct counters));
        if (consoled->posts[i].counters_fd >= 0)
            close(consoled->posts[i].counters_fd);
    }
    if (consoled->config_fd >= 0)
        close(consoled->config_fd);
    free(consoled->config);
}

int consoled_run(const char *config_file)
{
    static const struct service_kind kind = {"consoled", &children_events, consoled_orders,
                                             on_sweep,   on_stop,          on_reload};
    struct consoled consoled = {.config_fd = -1,
                                .posts = {{.counters_fd = -1}, {.counters_fd = -1}}};

    memset(&consoled.doors, 0xff, sizeof consoled.doors);
    service_clear(&consoled.service, &kind, config_file, &consoled);
    consoled.config = service_config(config_file);
    if (consoled.config == NULL)
        return 1;
    if (open_all(&consoled) == STATUS_OK) {
        image_look(consoled.watch);
        event_base_dispatch(consoled.service.base);
    }
    close_all(&consoled);
    return consoled.service.exit_code;
}
