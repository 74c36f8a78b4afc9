/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * team - posts, their belongings, and what a newborn on each is given.
 */
#include "enforce/team.h"

#include "base/log.h"
#include "base/refusal.h"
#include "capture/capture.h"
#include "events/event.h"
#include "process/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const role_of[] = {
    [POST_RECORD] = "record", [POST_GATE] = "gate", [POST_INSPECT] = "inspect"};

static void post_close(struct post *post)
{
    if (post->counters != NULL)
        munmap(post->counters, sizeof *post->counters);
    if (post->counters_fd >= 0)
        close(post->counters_fd);
    if (post->ring >= 0)
        close(post->ring);
    lane_close_files(&post->lane);
    if (post->queue >= 0)
        close(post->queue);
}

static enum status post_open(struct team *team, enum post_kind kind, unsigned number,
                             char why[TEAM_WHY_SIZE])
{
    const struct config_gate *gate = &team->config.inspectd.gate;
    struct post *post = &team->posts[team->post_count++];
    *post = (struct post){.team = team,
                          .kind = kind,
                          .number = number,
                          .counters_fd = -1,
                          .ring = -1,
                          .lane = {-1, -1},
                          .queue = -1};

    enum status status = counters_make(&post->counters_fd);
    if (status == STATUS_OK)
        post->counters = counters_open(post->counters_fd);
    if (status == STATUS_OK && kind == POST_INSPECT)
        status =
            ring_make(team->config.inspectd.events.ring_slots, sizeof(struct event), &post->ring);
    if (status == STATUS_OK && kind == POST_INSPECT && team->config.inspectd.mode != INSPECT_WATCH)
        status = lane_make(&post->lane);
    if (status != STATUS_OK || post->counters == NULL) {
        snprintf(why, TEAM_WHY_SIZE, "cannot make shared memory for %s %u: %s", role_of[kind],
                 number, strerror(errno));
        return STATUS_SYSTEM;
    }
    if (kind == POST_INSPECT && team->config.inspectd.mode == INSPECT_INLINE)
        status = capture_claim_queue((uint16_t)(gate->queue + number), gate->bypass == BYPASS_OPEN,
                                     why, &post->queue);
    return status;
}

/* Whether the table that is there is another than ours; opens it. */
static bool open_told(struct team *team)
{
    const char *path = team->config.dnsd.told;
    struct stat file;

    if (path[0] == 0 || stat(path, &file) != 0 ||
        (team->told >= 0 && file.st_dev == team->told_file.st_dev &&
         file.st_ino == team->told_file.st_ino))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (team->told >= 0)
        close(team->told);
    team->told = fd;
    team->told_file = file;
    return true;
}

static enum status hold_open(struct team *team, char why[TEAM_WHY_SIZE])
{
    enum status status = held_make(team->config.inspectd.gate.hold_most, &team->held_fd);

    if (status == STATUS_OK)
        status = held_open(team->held_fd, false, &team->held);
    if (status != STATUS_OK)
        snprintf(why, TEAM_WHY_SIZE, "cannot make the table of what is held: %s",
                 status_text(status));
    return status;
}

static enum status posts_open(struct team *team, uint64_t unwatched_ms, char why[TEAM_WHY_SIZE])
{
    const struct config *config = &team->config;
    const unsigned inspectors = team_inspectors(config);

    if (inspectors > RINGS_MOST) {
        snprintf(why, TEAM_WHY_SIZE, "%u interfaces with %u workers each are more than %d",
                 config->inspectd.interface_count, config->inspectd.workers, RINGS_MOST);
        return STATUS_TOO_LONG;
    }
    enum status status = post_open(team, POST_RECORD, 0, why);
    if (status == STATUS_OK && config->inspectd.mode != INSPECT_WATCH)
        status = hold_open(team, why);
    if (status == STATUS_OK && config->inspectd.mode != INSPECT_WATCH)
        status = post_open(team, POST_GATE, 0, why);
    for (unsigned i = 0; status == STATUS_OK && i < inspectors; i++) {
        status = post_open(team, POST_INSPECT, i, why);
        const clock_ms now = clock_now();
        if (status == STATUS_OK && unwatched_ms > 0 && unwatched_ms < now)
            team->posts[team->post_count - 1].counters->alive = now - unwatched_ms;
    }
    return status;
}

enum status team_new(const struct config *config, uint64_t unwatched_ms, char why[TEAM_WHY_SIZE],
                     struct team **out)
{
    char refusal[REFUSAL_TEXT_SIZE];
    struct team *team = calloc(1, sizeof *team);

    snprintf(why, TEAM_WHY_SIZE, "out of memory");
    if (team == NULL)
        return STATUS_NO_MEMORY;
    team->config = *config;
    team->config_fd = team->told = team->held_fd = -1;
    team->folder = birth_folder(config->inspectd.events.folder, "_inspectd-record");
    enum status status = team->folder < 0 ? STATUS_SYSTEM : STATUS_OK;
    if (status != STATUS_OK)
        snprintf(why, TEAM_WHY_SIZE, "cannot open the folder of events %.180s: %s",
                 config->inspectd.events.folder, refusal_text(errno, refusal));
    if (status == STATUS_OK)
        status = birth_wrap(config, sizeof *config, &team->config_fd);
    if (status == STATUS_OK)
        status = posts_open(team, unwatched_ms, why);
    if (status != STATUS_OK) {
        team_free(team);
        return status;
    }
    open_told(team);
    *out = team;
    return STATUS_OK;
}

void team_free(struct team *team)
{
    if (team == NULL)
        return;
    for (size_t i = 0; i < team->post_count; i++)
        post_close(&team->posts[i]);
    held_close(team->held);
    const int fds[] = {team->config_fd, team->folder, team->told, team->held_fd};
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    free(team);
}

unsigned team_inspectors(const struct config *config)
{
    return config->inspectd.workers *
           (config->inspectd.mode == INSPECT_INLINE ? 1 : config->inspectd.interface_count);
}

const char *team_place(const struct post *post, char out[TEAM_PLACE_SIZE])
{
    const struct config *config = &post->team->config;

    if (post->kind != POST_INSPECT)
        snprintf(out, TEAM_PLACE_SIZE, "%s", "");
    else if (config->inspectd.mode == INSPECT_INLINE)
        snprintf(out, TEAM_PLACE_SIZE, "queue %u", config->inspectd.gate.queue + post->number);
    else
        snprintf(out, TEAM_PLACE_SIZE, "%s",
                 config->inspectd.interfaces[post->number / config->inspectd.workers]);
    return out;
}

enum status team_launch(struct team *team, struct supervisor *supervisor)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < team->post_count; i++) {
        struct post *post = &team->posts[i];
        status = supervisor_add(supervisor, role_of[post->kind], post->number, false, post,
                                &post->child);
    }
    return status;
}

static enum status give_lane(struct child *child, unsigned number, const struct post *post)
{
    enum status status = supervisor_give(child, GIFT_LANE_ORDERS, number, post->lane.orders);

    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_LANE_BELL, number, post->lane.bell);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_QUEUE, number, post->queue);
    return status;
}

static enum status give_to_record(const struct post *post, struct child *child)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < post->team->post_count; i++)
        status = supervisor_give(child, GIFT_RING, post->team->posts[i].number,
                                 post->team->posts[i].ring);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_FOLDER, PROGRAM_INSPECTD, post->team->folder);
    return status;
}

static enum status give_to_gate(const struct post *post, struct child *child)
{
    enum status status = supervisor_give(child, GIFT_HELD, 0, post->team->held_fd);
    for (size_t i = 0; status == STATUS_OK && i < post->team->post_count; i++) {
        const struct post *other = &post->team->posts[i];
        if (other->kind == POST_INSPECT)
            status = give_lane(child, other->number, other);
    }
    return status;
}

static enum status give_to_inspect(const struct post *post, struct child *child)
{
    enum status status = supervisor_give(child, GIFT_RING, post->number, post->ring);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_TOLD, 0, post->team->told);
    if (status == STATUS_OK)
        status = give_lane(child, 0, post);
    return status;
}

void team_give(struct supervisor *supervisor, struct child *child, const struct policy_gift *policy)
{
    static enum status (*const give[])(const struct post *,
                                       struct child *) = {[POST_RECORD] = give_to_record,
                                                          [POST_GATE] = give_to_gate,
                                                          [POST_INSPECT] = give_to_inspect};
    const struct post *post = child->place;
    enum status status = supervisor_give(child, GIFT_CONFIG, 0, post->team->config_fd);

    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_POLICY, policy->generation, policy->image);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_COUNTERS, 0, post->counters_fd);
    if (status == STATUS_OK)
        status = give[post->kind](post, child);
    supervisor_start(supervisor, child, status);
}

void team_look(struct team *team, struct supervisor *supervisor)
{
    const struct message_gift body = {GIFT_TOLD, 0};
    if (open_told(team))
        team_tell(team, supervisor, POST_INSPECT, MESSAGE_GIFT, &body, sizeof body, team->told);
}

void team_tell(struct team *team, struct supervisor *supervisor, enum post_kind kind,
               enum message_kind message, const void *body, size_t size, int fd)
{
    for (size_t i = 0; i < team->post_count; i++) {
        const struct post *post = &team->posts[i];
        if (post->kind == kind && post->child != NULL)
            supervisor_tell(supervisor, post->child, message, body, size, fd);
    }
}

void team_drain(struct team *team, struct supervisor *supervisor, enum post_kind kind, unsigned ms)
{
    for (size_t i = 0; i < team->post_count; i++) {
        struct post *post = &team->posts[i];
        if (post->kind == kind && post->child != NULL && !post->child->leaving)
            supervisor_drain(supervisor, post->child, ms);
    }
}

unsigned team_count(const struct team *team, enum post_kind kind)
{
    unsigned count = 0;
    for (size_t i = 0; i < team->post_count; i++)
        count += team->posts[i].kind == kind && team->posts[i].child != NULL;
    return count;
}

bool team_is_ready(const struct team *team)
{
    for (size_t i = 0; i < team->post_count; i++) {
        const struct post *post = &team->posts[i];
        if (post->kind != POST_RECORD && (post->child == NULL || !post->child->ready))
            return false;
    }
    return true;
}

struct counters team_sum(const struct team *team)
{
    struct counters sum = {0};
    for (size_t i = 0; i < team->post_count; i++)
        counters_add(&sum, team->posts[i].counters, true);
    return sum;
}
