/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watched - a watcher with a small policy, and what it said: for the tests that show it packets.
 *
 * Clients of 10.0.0.0/8 and 2001:db8:1::/48 are asked about the list `apps`, those of 10.9.0.0/16
 * about nothing; the group of 10.8.0.0/16 is strict, and 10.7.0.0/16 only observes.
 */
#ifndef TESTS_WATCHED_H
#define TESTS_WATCHED_H

#include "inspect/watch.h"
#include "packets/packets.h"
#include "policy/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WATCHED_EVENTS = 64, WATCHED_RESULTS = 64 };

struct watched {
    struct watcher *watcher;
    struct policy *policy;
    clock_us now;
    unsigned event_count, result_count; /* of those kept, from the beginning */
    unsigned heard;                     /* orders that a flow, or its server, was heard */
    enum watch_order order;             /* the last one */
    struct event events[WATCHED_EVENTS];
    struct result results[WATCHED_RESULTS];
};

static const char watched_list[] =
    "list: apps\n"
    "title: Banned apps\n"
    "app: Kaspersky\n"
    "ticket: SEC-1\n"
    "serial: 1\n"
    "review_by: 2099-01-01\n"
    "action: sinkhole\n"
    "evidence: visited\n"
    "rules:\n"
    "  - domain: banned.example\n"
    "  - {domain: seen.example, action: observe}\n"
    "  - {domain: doh.example, evidence: bypass}\n"
    "  - address: 203.0.113.0/24\n"
    "  - {protocol: mmtls, evidence: installed}\n"
    "  - {protocol: dot, evidence: bypass}\n"
    "  - {protocol: doq, evidence: bypass}\n"
    "  - {protocol: dns, action: observe, evidence: bypass}\n"
    "  - {protocol: http-proxy, action: observe, evidence: bypass}\n";

static inline void watched_must(bool holds, const char *what)
{
    if (!holds) {
        printf("Bail out! %s\n", what);
        abort();
    }
}

static inline struct policy *watched_policy(void)
{
    static const char *const clients_text[] = {"10.0.0.0/8", "2001:db8:1::/48"};
    struct problems *problems = problems_new();
    int text = memfd_create("apps.yaml", 0), image = memfd_create("policy", MFD_ALLOW_SEALING);
    struct list_source list = {.format = "yaml", .line = 1};
    static const char *const others_text[] = {"10.9.0.0/16", "10.8.0.0/16", "10.7.0.0/16"};
    struct prefix clients[2], others[3];
    uint16_t first = 0;
    struct policy *policy = NULL;

    watched_must(write(text, watched_list, sizeof watched_list - 1) > 0, "memory");
    snprintf(list.file, sizeof list.file, "/proc/self/fd/%d", text);
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        watched_must(prefix_parse(clients_text[i], &clients[i]) == STATUS_OK, "prefix");
    for (size_t i = 0; i < COUNT_OF(others); i++)
        watched_must(prefix_parse(others_text[i], &others[i]) == STATUS_OK, "prefix");
    struct group_source groups[] = {
        {.id = "staff", .clients = clients, .client_count = 2, .lists = &first, .list_count = 1},
        {.id = "free", .clients = others, .client_count = 1},
        {.id = "strict",
         .clients = others + 1,
         .client_count = 1,
         .lists = &first,
         .list_count = 1,
         .strict = true},
        {.id = "trial",
         .clients = others + 2,
         .client_count = 1,
         .lists = &first,
         .list_count = 1,
         .observe_only = true,
         .strict = true}};
    const struct policy_source source = {.config_file = "ponor.yaml",
                                         .lists = &list,
                                         .list_count = 1,
                                         .groups = groups,
                                         .group_count = COUNT_OF(groups),
                                         .today = 20261124};
    if (policy_compile(&source, NULL, image, problems) != STATUS_OK)
        problems_print(problems, STDERR_FILENO);
    watched_must(policy_open(image, &policy) == STATUS_OK, "the list of watched.h");
    close(text);
    close(image);
    problems_free(problems);
    return policy;
}

static inline void watched_on_event(void *owner, const struct event *event)
{
    struct watched *w = owner;
    watched_must(event_is_sound(event), "an event that is not sound");
    if (w->event_count < WATCHED_EVENTS)
        w->events[w->event_count++] = *event;
}

static inline void watched_on_result(void *owner, const struct result *result)
{
    struct watched *w = owner;
    if (w->result_count < WATCHED_RESULTS)
        w->results[w->result_count++] = *result;
}

static inline struct watched *watched_new(uint64_t memory)
{
    struct watched *w = calloc(1, sizeof *w);
    const struct watch_limits limits = {.memory = memory, .tcp_seconds = 600, .udp_seconds = 120};
    const struct watch_output output = {w, watched_on_event, watched_on_result};

    watched_must(w != NULL, "memory");
    w->policy = watched_policy();
    w->now = 1800000000000000;
    w->watcher = watcher_new(&limits, &output);
    watched_must(w->watcher != NULL, "watcher_new()");
    watcher_use(w->watcher, w->policy, 1);
    return w;
}

static inline void watched_free(struct watched *w)
{
    watcher_free(w->watcher);
    policy_close(w->policy);
    free(w);
}

static inline void watched_forget(struct watched *w)
{
    w->event_count = w->result_count = w->heard = 0;
}

/* Shows it one frame, a millisecond after the one before. */
static inline enum watch_order watched_show(struct watched *w, enum link link, struct span frame)
{
    w->now += 1000;
    const struct packet packet = {link, frame, frame.length, w->now};
    w->order = watch_packet(w->watcher, &packet);
    w->heard += w->order == ORDER_PASS_HEARD || w->order == ORDER_PASS_SERVER_HEARD;
    return w->order;
}

/* The same for a segment in a frame of this shape. */
static inline enum watch_order watched_segment(struct watched *w, const struct packets_shape *shape,
                                               const struct segment *segment)
{
    static uint8_t buffer[70000];
    struct writer frame = writer_over(buffer, sizeof buffer);
    packets_frame(&frame, shape, segment);
    watched_must(!frame.failed, "a frame that does not fit");
    return watched_show(w, shape->link, writer_span(&frame));
}

/* The name of the last result, or why there is none: "name banned.example", "no-name silent". */
static inline const char *watched_last(const struct watched *w, char out[NAME_TEXT_SIZE + 64])
{
    char text[NAME_TEXT_SIZE];
    if (w->result_count == 0)
        return "nothing";
    const struct result *last = &w->results[w->result_count - 1];
    const char *what = last->name.length > 0 ? name_text(&last->name, text) : "";
    snprintf(out, NAME_TEXT_SIZE + 64, "%s %s%s%s", ending_words[last->ending],
             last->why != WHY_NONE ? why_words[last->why] : "",
             last->why != WHY_NONE && *what != 0 ? " " : "", what);
    return out;
}

#endif
