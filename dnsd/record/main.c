/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the record role: looks into the rings as often as there is something in them.
 */
#include "record/main.h"

#include "base/clock.h"
#include "base/refusal.h"
#include "events/chain.h"
#include "events/files.h"
#include "process/birth.h"
#include "process/channel.h"
#include "process/role.h"
#include "record/recorder.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum {
    POLL_MS = 20,      /* while events come */
    POLL_IDLE_MS = 50, /* after IDLE_POLLS looks without one */
    POLL_BUSY_MS = 1,  /* after a look that found BUSY_EVENTS */
    IDLE_POLLS = 50,
    BUSY_EVENTS = 1024,
    FOLDER_LOOK_MS = 1000 /* while the folder is not ours to write */
};

struct desk {
    struct gifts gifts;
    struct event_base *base;
    struct channel *parent;
    struct event *timer; /* libevent's; ours is not known here */
    struct recorder *recorder;
    unsigned idle;
};

static void adopt_policy(struct desk *desk, int fd, uint32_t generation)
{
    struct policy *policy;
    enum status status = policy_open_again(fd, &policy);
    close(fd);
    if (status != STATUS_OK)
        role_die("the policy cannot be mapped: %s", status_text(status));
    recorder_add_policy(desk->recorder, policy, generation);
    desk->gifts.counters->value[COUNT_POLICY_SWAPS]++;
}

static void adopt_ring(struct desk *desk, int fd, uint32_t owner)
{
    enum status status = recorder_add_ring(desk->recorder, fd, owner, clock_wall());
    close(fd);
    if (status != STATUS_OK)
        role_die("the event ring of worker %u cannot be mapped: %s", owner, status_text(status));
}

static void count(struct desk *desk)
{
    const struct journal_counts counts = recorder_counts(desk->recorder);
    uint64_t *value = desk->gifts.counters->value;
    static struct journal_counts before; /* the page outlives us, so only what is new is added */
    static uint64_t broken_before;
    uint64_t broken = recorder_broken(desk->recorder);

    value[COUNT_LINES] += counts.lines - before.lines;
    value[COUNT_BYTES_WRITTEN] += counts.bytes - before.bytes;
    value[COUNT_FILES_ROTATED] += counts.rotated - before.rotated;
    value[COUNT_FILES_REMOVED] += counts.removed - before.removed;
    value[COUNT_WRITE_ERRORS] += counts.errors - before.errors;
    value[COUNT_EVENTS_LOST] += broken - broken_before;
    before = counts;
    broken_before = broken;
}

static size_t poll_rings(struct desk *desk)
{
    size_t taken = recorder_poll(desk->recorder, clock_wall());
    count(desk);
    return taken;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct desk *desk = arg;
    size_t taken = poll_rings(desk);
    unsigned ms = POLL_MS;

    desk->idle = taken > 0 ? 0 : desk->idle + 1;
    if (taken >= BUSY_EVENTS)
        ms = POLL_BUSY_MS;
    else if (desk->idle > IDLE_POLLS)
        ms = POLL_IDLE_MS;
    const struct timeval after = clock_timeval(ms);
    event_add(desk->timer, &after);
}

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct desk *desk = owner;
    const struct message_gift *gift;
    const struct message_policy *policy;
    const struct message_level *level;

    if ((policy = parcel_open(parcel, MESSAGE_POLICY, sizeof *policy)) != NULL && parcel->fd >= 0) {
        poll_rings(desk); /* so that few events of old policies are left */
        adopt_policy(desk, parcel->fd, policy->generation);
    } else if ((gift = parcel_open(parcel, MESSAGE_GIFT, sizeof *gift)) != NULL &&
               gift->gift == GIFT_RING && parcel->fd >= 0) {
        adopt_ring(desk, parcel->fd, gift->number);
    } else if ((level = parcel_open(parcel, MESSAGE_LEVEL, sizeof *level)) != NULL) {
        log_set_level(level->level);
    } else if (parcel_open(parcel, MESSAGE_ROTATE, 0) != NULL) {
        recorder_rotate(desk->recorder, clock_wall());
    } else if (parcel_open(parcel, MESSAGE_DRAIN, 0) != NULL) {
        event_base_loopbreak(desk->base);
    } else {
        role_die("the parent sent message %u, which record does not know", parcel->kind);
    }
}

static void on_close(void *owner)
{
    event_base_loopbreak(((struct desk *)owner)->base);
}

static const struct config_events *events_of(const struct gifts *gifts)
{
    return gifts->program == PROGRAM_INSPECTD ? &gifts->config->inspectd.events
                                              : &gifts->config->dnsd.events;
}

static bool may_use(int folder, const char *name, int how)
{
    return faccessat(folder, name, how, 0) == 0 || errno == ENOENT;
}

static bool folder_is_usable(int folder)
{
    return may_use(folder, ".", R_OK | W_OK | X_OK) &&
           may_use(folder, FILES_CURRENT, R_OK | W_OK) &&
           may_use(folder, CHAIN_HEAD_FILE, R_OK | W_OK);
}

/* An operator who gives us the folder needs to do nothing else. What the parent says meanwhile is
 * for a process in service: the next life is born with it. */
static void wait_for_folder(const struct gifts *gifts)
{
    struct pollfd parent = {.fd = ROLE_CHANNEL, .events = POLLIN};
    const char *path = events_of(gifts)->folder;
    char user[REFUSAL_TEXT_SIZE];

    if (folder_is_usable(gifts->folder))
        return;
    refusal_user(user);
    log_error("NO EVENT IS WRITTEN: user %s may not write %s or a file in it; as root: "
              "chown -R %s: %s",
              user, path, user, path);
    while (!folder_is_usable(gifts->folder)) {
        if (poll(&parent, 1, FOLDER_LOOK_MS) != 0)
            _exit(0);
    }
    log_info("the folder of events can be written now");
}

static void open_desk(struct desk *desk)
{
    static const struct channel_events events = {on_parcel, NULL, on_close};
    const struct config_events *of = events_of(&desk->gifts);
    const struct journal_limits limits = {
        .rotate_bytes = of->rotate_bytes,
        .rotate_seconds = of->rotate_seconds,
        .quota_bytes = of->quota_bytes,
    };

    if (desk->gifts.folder < 0)
        role_die("the parent gave no folder for events");
    wait_for_folder(&desk->gifts);
    enum status status = recorder_new(desk->gifts.folder, &limits, desk->gifts.config->gateway,
                                      desk->gifts.program, clock_wall(), &desk->recorder);
    if (status != STATUS_OK)
        role_die("the folder of events cannot be used: %s", status_text(status));
    if (desk->gifts.policy >= 0)
        adopt_policy(desk, desk->gifts.policy, desk->gifts.generation);
    for (uint32_t i = 0; i < desk->gifts.ring_count; i++)
        adopt_ring(desk, desk->gifts.ring[i], desk->gifts.ring_owner[i]);
    desk->base = event_base_new();
    if (desk->base != NULL) {
        desk->parent = channel_open(desk->base, ROLE_CHANNEL, &events, desk);
        desk->timer = evtimer_new(desk->base, on_timer, desk);
    }
    if (desk->parent == NULL || desk->timer == NULL)
        role_die("out of memory");
}

int record_main(unsigned number)
{
    static struct desk desk;
    birth_take(&desk.gifts);
    open_desk(&desk);
    recorder_notice(desk.recorder, clock_wall(), "record-started",
                    "events are written from now on");
    if (channel_send(desk.parent, MESSAGE_READY, NULL, 0, (struct span){0}) != STATUS_OK)
        return 1;
    on_timer(-1, 0, &desk);
    event_base_dispatch(desk.base);
    recorder_notice(desk.recorder, clock_wall(), "record-stopped", "the program was told to stop");
    poll_rings(&desk);
    recorder_free(desk.recorder, clock_wall());
    return 0;
}
