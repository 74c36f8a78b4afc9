/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fleet - posts, their belongings, and what a newborn on each is given.
 */
#include "control/fleet.h"

#include "base/log.h"
#include "events/event.h"
#include "process/ring.h"
#include "process/told.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

const char *const post_words[] = {"record", "resolve", "serve", NULL};

/* What was told whom: where the configuration wants it written, that must be possible. */
static enum status open_told(struct fleet *fleet, char why[LISTENER_WHY_SIZE])
{
    const char *path = fleet->config.dnsd.told;
    if (path[0] == 0)
        return STATUS_OK;
    enum status status = told_make(path, fleet->config.dnsd.told_slots, &fleet->told);
    if (status != STATUS_OK)
        snprintf(why, LISTENER_WHY_SIZE, "cannot make the table %.180s: %s", path,
                 status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    return status;
}

static void post_close(struct post *post)
{
    listeners_close(&post->listeners);
    if (post->counters != NULL)
        munmap(post->counters, sizeof *post->counters);
    if (post->counters_fd >= 0)
        close(post->counters_fd);
    if (post->ring >= 0)
        close(post->ring);
}

static const struct post *same_post(const struct fleet *before, const struct post *post)
{
    for (size_t i = 0; before != NULL && i < before->post_count; i++) {
        if (before->posts[i].kind == post->kind && before->posts[i].number == post->number)
            return &before->posts[i];
    }
    return NULL;
}

static enum status post_open(struct fleet *fleet, enum post_kind kind, unsigned number,
                             const struct fleet *before, char why[LISTENER_WHY_SIZE])
{
    struct post *post = &fleet->posts[fleet->post_count++];
    *post = (struct post){fleet, kind, number, .counters_fd = -1, .ring = -1};
    listeners_clear(&post->listeners);

    enum status status = counters_make(&post->counters_fd);
    if (status == STATUS_OK)
        post->counters = counters_open(post->counters_fd);
    if (status == STATUS_OK && kind == POST_SERVE)
        status = ring_make(fleet->config.dnsd.events.ring_slots, EVENT_DNS_SIZE, &post->ring);
    if (status != STATUS_OK || post->counters == NULL) {
        snprintf(why, LISTENER_WHY_SIZE, "cannot make shared memory for %s %u: %s",
                 post_words[kind], number, strerror(errno));
        return STATUS_SYSTEM;
    }
    if (kind != POST_SERVE)
        return STATUS_OK;
    const struct post *same = same_post(before, post);
    return listeners_open(&fleet->config, same == NULL ? NULL : &same->listeners,
                          same == NULL ? NULL : &before->config, why, &post->listeners);
}

enum status fleet_new(const struct config *config, const struct fleet *before,
                      char why[LISTENER_WHY_SIZE], struct fleet **out)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL)
        return STATUS_NO_MEMORY;
    fleet->config = *config;
    fleet->state = FLEET_COMING;
    fleet->config_fd = fleet->told = -1;
    fleet->since = clock_now();
    fleet->folder = birth_folder(config->dnsd.events.folder, "_dnsd-record");
    enum status status = fleet->folder < 0 ? STATUS_SYSTEM : STATUS_OK;
    if (status != STATUS_OK)
        snprintf(why, LISTENER_WHY_SIZE, "cannot open the folder of events %.180s: %s",
                 config->dnsd.events.folder, strerror(errno));
    if (status == STATUS_OK)
        status = open_told(fleet, why);
    if (status == STATUS_OK && before == NULL)
        status = listeners_probe(config, why);
    if (status == STATUS_OK)
        status = birth_wrap(config, sizeof *config, &fleet->config_fd);
    if (status == STATUS_OK)
        status = post_open(fleet, POST_RECORD, 0, before, why);
    for (unsigned i = 0; status == STATUS_OK && i < config->dnsd.resolvers; i++)
        status = post_open(fleet, POST_RESOLVE, i, before, why);
    for (unsigned i = 0; status == STATUS_OK && i < config->dnsd.workers; i++)
        status = post_open(fleet, POST_SERVE, i, before, why);
    if (status != STATUS_OK) {
        fleet_free(fleet);
        return status;
    }
    *out = fleet;
    return STATUS_OK;
}

void fleet_free(struct fleet *fleet)
{
    if (fleet == NULL)
        return;
    for (size_t i = 0; i < fleet->post_count; i++)
        post_close(&fleet->posts[i]);
    if (fleet->config_fd >= 0)
        close(fleet->config_fd);
    if (fleet->folder >= 0)
        close(fleet->folder);
    if (fleet->told >= 0)
        close(fleet->told);
    free(fleet);
}

static enum status post_fill(struct post *post, struct supervisor *supervisor)
{
    return supervisor_add(supervisor, post_words[post->kind], post->number, false, post,
                          &post->child);
}

enum status fleet_launch(struct fleet *fleet, struct supervisor *supervisor, bool with_record)
{
    enum status status = STATUS_OK;
    for (size_t i = with_record ? 0 : 1; status == STATUS_OK && i < fleet->post_count; i++)
        status = post_fill(&fleet->posts[i], supervisor);
    return status;
}

enum status fleet_start_record(struct fleet *fleet, struct supervisor *supervisor)
{
    return post_fill(&fleet->posts[0], supervisor);
}

/* A channel between a newborn and each living child of the other kind. */
static enum status give_channels(const struct post *post, struct child *child, enum post_kind other)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < post->fleet->post_count; i++) {
        const struct post *peer = &post->fleet->posts[i];
        int ends[2];
        if (peer->kind != other || peer->child == NULL || peer->child->channel == NULL)
            continue;
        if (channel_pair(ends) != STATUS_OK)
            return STATUS_SYSTEM;
        status = supervisor_give(child, GIFT_CHANNEL, peer->number, ends[0]);
        /* A peer that cannot take its end is dying, and meets the newborn at its own rebirth. */
        if (status == STATUS_OK &&
            supervisor_give(peer->child, GIFT_CHANNEL, post->number, ends[1]) != STATUS_OK)
            log_debug("%s %u is not there to meet %s %u", post_words[other], peer->number,
                      post_words[post->kind], post->number);
        close(ends[0]);
        close(ends[1]);
    }
    return status;
}

static enum status give_to_serve(const struct post *post, struct child *child, int secret)
{
    enum status status = STATUS_OK;
    const struct listeners *l = &post->listeners;

    for (uint32_t i = 0; status == STATUS_OK && i < LISTEN_MOST; i++)
        status = supervisor_give(child, GIFT_UDP, i, l->udp[i]);
    for (uint32_t i = 0; status == STATUS_OK && i < LISTEN_MOST; i++)
        status = supervisor_give(child, GIFT_TCP, i, l->tcp[i]);
    if (status == STATUS_OK)
        status = give_channels(post, child, POST_RESOLVE);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_RING, post->number, post->ring);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_COUNTERS, 0, post->counters_fd);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_SECRET, 0, secret);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_TOLD, 0, post->fleet->told);
    return status;
}

static enum status give_to_record(const struct post *post, struct child *child)
{
    enum status status = STATUS_OK;
    unsigned given = 0;

    for (const struct fleet *f = post->fleet; f != NULL; f = f->next) {
        for (size_t i = 0; status == STATUS_OK && i < f->post_count && given < RINGS_MOST; i++) {
            if (f->posts[i].ring < 0)
                continue;
            status = supervisor_give(child, GIFT_RING, f->posts[i].number, f->posts[i].ring);
            given++;
        }
    }
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_COUNTERS, 0, post->counters_fd);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_FOLDER, 0, post->fleet->folder);
    return status;
}

void fleet_give(struct supervisor *supervisor, struct child *child,
                const struct policy_gift *policy, int secret)
{
    const struct post *post = child->place;
    enum status status = supervisor_give(child, GIFT_CONFIG, 0, post->fleet->config_fd);

    if (status == STATUS_OK && post->kind != POST_RESOLVE)
        status = supervisor_give(child, GIFT_POLICY, policy->generation, policy->image);
    if (status == STATUS_OK && post->kind == POST_SERVE)
        status = give_to_serve(post, child, secret);
    else if (status == STATUS_OK && post->kind == POST_RECORD)
        status = give_to_record(post, child);
    else if (status == STATUS_OK)
        status = give_channels(post, child, POST_SERVE);
    if (status == STATUS_OK && post->kind == POST_RESOLVE)
        status = supervisor_give(child, GIFT_COUNTERS, 0, post->counters_fd);
    supervisor_start(supervisor, child, status);
}

void fleet_steer(const struct fleet *fleet, unsigned workers)
{
    for (size_t i = 0; i < fleet->post_count; i++) {
        const struct post *post = &fleet->posts[i];
        if (post->kind == POST_SERVE && post->number == 0)
            listeners_steer(&post->listeners, workers);
    }
}

bool fleet_is_ready(const struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->post_count; i++) {
        const struct post *post = &fleet->posts[i];
        if (post->kind == POST_SERVE && (post->child == NULL || !post->child->ready))
            return false;
    }
    return true;
}

unsigned fleet_count(const struct fleet *fleet, enum post_kind kind)
{
    unsigned count = 0;
    for (size_t i = 0; i < fleet->post_count; i++)
        count += fleet->posts[i].kind == kind && fleet->posts[i].child != NULL;
    return count;
}

void fleet_drain(struct fleet *fleet, struct supervisor *supervisor, enum post_kind kind,
                 unsigned ms)
{
    for (size_t i = 0; i < fleet->post_count; i++) {
        struct post *post = &fleet->posts[i];
        if (post->kind == kind && post->child != NULL && !post->child->leaving)
            supervisor_drain(supervisor, post->child, ms);
    }
}

void fleet_dismiss(struct fleet *fleet, struct supervisor *supervisor)
{
    for (size_t i = 0; i < fleet->post_count; i++) {
        if (fleet->posts[i].child != NULL)
            supervisor_dismiss(supervisor, fleet->posts[i].child);
    }
}

unsigned fleet_worst_restarts(const struct fleet *fleet)
{
    unsigned worst = 0;
    for (size_t i = 0; i < fleet->post_count; i++) {
        const struct post *post = &fleet->posts[i];
        if (post->kind == POST_SERVE && post->child != NULL && post->child->restarts > worst)
            worst = post->child->restarts;
    }
    return worst;
}

void fleet_count_up(const struct fleet *fleet, bool with_levels, struct counters *sum)
{
    for (size_t i = 0; i < fleet->post_count; i++) {
        if (fleet->posts[i].counters != NULL)
            counters_add(sum, fleet->posts[i].counters, with_levels);
    }
}
