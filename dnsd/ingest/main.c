/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - steps until nothing is new, then looks again.
 */
#include "ingest/main.h"

#include "base/clock.h"
#include "base/log.h"
#include "history/history.h"
#include "process/birth.h"
#include "process/channel.h"
#include "process/role.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

enum { BUSY_MS = 0, IDLE_MS = 200, TROUBLE_MS = 1000 };

struct taker {
    struct gifts gifts;
    struct event_base *base;
    struct channel *parent;
    struct event *timer; /* libevent's */
    struct history *history;
    struct history_counts counted;
    enum status trouble; /* that was said; STATUS_OK: none */
};

static void count(struct taker *taker)
{
    const struct history_counts now = history_counts(taker->history), *before = &taker->counted;
    uint64_t *value = taker->gifts.counters->value;

    value[COUNT_LINES] += now.lines - before->lines;
    value[COUNT_BATCHES] += now.batches - before->batches;
    value[COUNT_CHAIN_BREAKS] += now.breaks - before->breaks;
    value[COUNT_LINES_MISSING] += now.missing - before->missing;
    value[COUNT_LINES_SKIPPED] += now.skipped - before->skipped;
    value[COUNT_LEASES_NOW] = now.leases;
    taker->counted = now;
}

static bool open_history(struct taker *taker)
{
    char why[STORE_WHY_SIZE] = "";
    enum status status = history_open(taker->gifts.config, NULL, why, &taker->history);
    if (status == STATUS_OK) {
        if (taker->trouble != STATUS_OK)
            log_info("history can be opened now");
        taker->trouble = STATUS_OK;
        return true;
    }
    taker->history = NULL;
    if (taker->trouble != status)
        log_error("NO EVENT REACHES THE PAGE: history cannot be opened: %s",
                  why[0] != 0 ? why : status_text(status));
    taker->trouble = status;
    return false;
}

static void say_trouble(struct taker *taker, enum status status)
{
    const char *folder = taker->gifts.config->consoled.store.folder;

    if (status == taker->trouble)
        return;
    if (status == STATUS_OK)
        log_info("history is written again");
    else if (status == STATUS_AGAIN)
        log_warning("the store has no room now; events wait in their files, and nothing is lost");
    else if (status == STATUS_TOO_LONG)
        log_error("the disk of %s is full; events wait in their files: make room, or lower "
                  "history.keep_days or keep_bytes",
                  folder);
    else if (status == STATUS_CORRUPT)
        log_error(
            "a file in %s is damaged: stop consoled, delete all in it but leases.log, and start "
            "it; all is read again from the event files",
            folder);
    else
        log_error("history in %s cannot be written: %s; it is tried again", folder,
                  status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    taker->trouble = status;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct taker *taker = arg;
    uint64_t lines = 0;
    clock_ms pause = TROUBLE_MS;

    if (taker->history != NULL || open_history(taker)) {
        enum status status = history_step(taker->history, clock_wall(), &lines);
        say_trouble(taker, status);
        count(taker);
        if (status == STATUS_OK)
            pause = lines > 0 ? BUSY_MS : IDLE_MS;
    }
    const struct timeval after = clock_timeval(pause);
    event_add(taker->timer, &after);
}

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct taker *taker = owner;
    const struct message_level *level;

    if ((level = parcel_open(parcel, MESSAGE_LEVEL, sizeof *level)) != NULL)
        log_set_level(level->level);
    else if (parcel_open(parcel, MESSAGE_DRAIN, 0) != NULL)
        event_base_loopbreak(taker->base);
    else
        role_die("the parent sent message %u, which ingest does not know", parcel->kind);
}

static void on_close(void *owner)
{
    event_base_loopbreak(((struct taker *)owner)->base);
}

int ingest_main(unsigned number)
{
    static const struct channel_events events = {on_parcel, NULL, on_close};
    static struct taker taker;

    birth_take(&taker.gifts);
    taker.base = event_base_new();
    if (taker.base != NULL) {
        taker.parent = channel_open(taker.base, ROLE_CHANNEL, &events, &taker);
        taker.timer = evtimer_new(taker.base, on_timer, &taker);
    }
    if (taker.parent == NULL || taker.timer == NULL || taker.gifts.counters == NULL)
        role_die("out of memory");
    open_history(&taker);
    if (channel_send(taker.parent, MESSAGE_READY, NULL, 0, (struct span){0}) != STATUS_OK)
        return 1;
    on_timer(-1, 0, &taker);
    event_base_dispatch(taker.base);
    history_close(taker.history);
    return 0;
}
