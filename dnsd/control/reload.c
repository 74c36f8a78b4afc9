/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reload - read the configuration; claim what is new in it; compile; adopt; bring the new fleet in.
 *
 * Each step continues the one before when its event comes: on_compiled(), then reload_look().
 */
#include "control/reload.h"

#include "base/clock.h"
#include "base/log.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { READY_MOST_MS = 15000, RESTARTS_MOST = 3, TEXT_MOST = 64 * 1024 };

struct reload {
    struct parent *parent;
    struct job *job;      /* compiling */
    struct fleet *coming; /* claimed; launched when it is in parent->fleets */
    bool under_way, launched, again;
    unsigned run; /* number of this or the last run */
    char accept[COMPILE_ACCEPT_SIZE], accept_next[COMPILE_ACCEPT_SIZE];
    char *text; /* problems of this run */
    struct event *on_late, *on_begin;
    clock_ms since;
    struct config next;
};

static void begin_run(struct reload *r);

static bool is_start(const struct reload *r)
{
    return parent_serving(r->parent) == NULL;
}

/* A line of a run's problems, as "FILE:LINE:COLUMN: error: TEXT", goes to the log with its level.
 */
static void log_text(const char *text)
{
    while (*text != 0) {
        int length = (int)strcspn(text, "\n");
        if (memmem(text, (size_t)length, ": warning: ", 11) != NULL)
            log_warning("%.*s", length, text);
        else
            log_error("%.*s", length, text);
        text += length + (text[length] == '\n');
    }
}

/* The end of a run. `why` NULL: it went well. */
static void finish(struct reload *r, const char *why)
{
    char summary[SERVICE_TEXT_SIZE] = "", wrong[LISTENER_WHY_SIZE + 64];
    bool at_start = is_start(r);

    r->under_way = false;
    r->launched = false;
    r->coming = NULL;
    event_del(r->on_late);
    if (why == NULL) {
        log_info("%s", service_policy_text(&r->parent->service, summary));
    } else {
        snprintf(wrong, sizeof wrong, "%s%s", why, at_start ? "" : "; what runs goes on running");
        log_error("%s: %s", at_start ? "cannot start" : "reload refused", wrong);
    }
    char *text = NULL;
    if (asprintf(&text, "%s%s", r->text == NULL ? "" : r->text, summary) < 0)
        text = NULL;
    free(r->text);
    r->text = NULL;
    socket_answer(r->parent->service.socket, r->run, text == NULL ? "" : text,
                  why == NULL ? NULL : wrong);
    free(text);
    if (at_start && why != NULL) {
        parent_stop(r->parent, 1); /* frees us */
        return;
    }
    if (r->again)
        event_active(r->on_begin, 0, 0);
}

static void keep_text(struct reload *r, const char *text)
{
    free(r->text);
    r->text = strdup(text);
}

/* What problems_print() writes, as text. */
static void keep_problems(struct reload *r, const struct problems *problems)
{
    int fd = memfd_create("problems", MFD_CLOEXEC);
    char *text = calloc(1, TEXT_MOST + 1);

    if (fd >= 0 && text != NULL) {
        problems_print(problems, fd);
        if (pread(fd, text, TEXT_MOST, 0) > 0)
            keep_text(r, text);
    }
    free(text);
    if (fd >= 0)
        close(fd);
    if (r->text != NULL)
        log_text(r->text);
}

/* The fleet of a run that failed before it was launched, or after. */
static void drop_coming(struct reload *r)
{
    if (r->coming == NULL)
        return;
    if (r->launched)
        parent_discard(r->parent, r->coming);
    else
        fleet_free(r->coming);
    r->coming = NULL;
}

static void launch(struct reload *r)
{
    const struct timeval most = clock_timeval(READY_MOST_MS);
    struct parent *p = r->parent;
    const struct fleet *serving = parent_serving(p);
    bool is_first = serving == NULL;

    if (!is_first && r->coming->config.dnsd.workers < serving->config.dnsd.workers)
        fleet_steer(r->coming, r->coming->config.dnsd.workers);
    r->coming->next = p->fleets;
    p->fleets = r->coming;
    r->launched = true;
    event_add(r->on_late, &most);
    /* With a fleet in service its record still writes: parent_switch() sees to the successor. */
    if (fleet_launch(r->coming, p->service.supervisor, is_first) != STATUS_OK) {
        drop_coming(r);
        finish(r, "the processes of the new configuration cannot be started");
    }
}

static void on_compiled(void *owner, const struct job_result *result)
{
    struct reload *r = owner;
    struct parent *p = r->parent;

    r->job = NULL;
    keep_text(r, result->text);
    log_text(result->text);
    if (result->status == STATUS_OK) {
        log_info("compiled in %llu ms", (unsigned long long)(clock_now() - r->since));
        parent_adopt(p, result->image, result->policy);
    } else if (is_start(r) && p->service.image != NULL) {
        const struct policy_facts facts = policy_facts(p->service.image);
        log_error("%s", result->why);
        log_error("STARTING WITH THE POLICY OF AN EARLIER RUN (%u rules, compiled %llu s ago): "
                  "correct the errors above, then say `ponor reload`",
                  facts.rules, (unsigned long long)(clock_wall() / 1000000 - facts.compiled_at));
    } else {
        drop_coming(r);
        finish(r, result->why);
        return;
    }
    if (r->coming != NULL)
        launch(r);
    else
        finish(r, NULL);
}

void reload_look(struct reload *reload)
{
    struct reload *r = reload;
    if (!r->launched)
        return;
    if (fleet_is_ready(r->coming)) {
        parent_switch(r->parent, r->coming);
        finish(r, NULL);
    } else if (fleet_worst_restarts(r->coming) >= RESTARTS_MOST) {
        drop_coming(r);
        finish(r, "the processes of the new configuration do not stay alive");
    }
}

static void on_late(int fd, short what, void *owner)
{
    struct reload *r = owner;
    drop_coming(r);
    finish(r, "the processes of the new configuration are not ready in time");
}

/* Reads the file again; gives false, with the run finished, when it is no good. */
static bool read_config(struct reload *r)
{
    static const char why[] = "the configuration has errors";
    struct problems *problems = problems_new();
    if (problems == NULL) {
        finish(r, status_text(STATUS_NO_MEMORY));
        return false;
    }
    enum status status = config_read(r->parent->service.config_file, &r->next, NULL, problems);
    if (status != STATUS_OK) {
        keep_problems(r, problems);
        finish(r, status == STATUS_INVALID ? why : status_text(status));
    }
    problems_free(problems);
    return status == STATUS_OK;
}

/* Claims what a changed configuration needs, before anything else is touched. */
static bool claim_fleet(struct reload *r)
{
    char why[LISTENER_WHY_SIZE] = "out of memory";
    const struct fleet *serving = parent_serving(r->parent);

    /* Byte by byte: config_read() clears what it fills, and a false difference costs a drain only.
     */
    if (serving != NULL && span_equal(span_of(&serving->config, sizeof serving->config),
                                      span_of(&r->next, sizeof r->next)))
        return true;
    if (serving != NULL && strcmp(serving->config.control, r->next.control) != 0)
        log_warning("`control` changes with the next start only");
    if (fleet_new(&r->next, serving, why, &r->coming) == STATUS_OK)
        return true;
    finish(r, why);
    return false;
}

static void begin_run(struct reload *r)
{
    r->under_way = true;
    r->again = false;
    r->run++;
    r->since = clock_now();
    memcpy(r->accept, r->accept_next, sizeof r->accept);
    r->accept_next[0] = 0;
    if (!read_config(r) || !claim_fleet(r))
        return;
    const struct service *s = &r->parent->service;
    const struct job_order order = {s->config_file, r->next.image, r->accept, s->policy.image,
                                    s->policy.generation};
    if (job_start(s->base, s->supervisor, &order, on_compiled, r, &r->job) != STATUS_OK) {
        drop_coming(r);
        finish(r, "the compile role cannot be started");
    }
}

static void on_begin(int fd, short what, void *owner)
{
    struct reload *r = owner;
    if (!r->under_way)
        begin_run(r);
}

static void add_accepted(struct reload *r, const char *accept)
{
    size_t used = strlen(r->accept_next);
    if (accept[0] != 0)
        snprintf(r->accept_next + used, sizeof r->accept_next - used, "%s%s", used > 0 ? " " : "",
                 accept);
}

unsigned reload_ask(struct reload *reload, const char *accept)
{
    add_accepted(reload, accept);
    reload->again = true;
    if (!reload->under_way)
        event_active(reload->on_begin, 0, 0);
    return reload->run + 1;
}

bool reload_is_under_way(const struct reload *reload)
{
    return reload->under_way;
}

enum status reload_new(struct parent *parent, struct reload **out)
{
    struct reload *r = calloc(1, sizeof *r);
    if (r == NULL)
        return STATUS_NO_MEMORY;
    r->parent = parent;
    r->on_late = evtimer_new(parent->service.base, on_late, r);
    r->on_begin = event_new(parent->service.base, -1, 0, on_begin, r);
    if (r->on_late == NULL || r->on_begin == NULL) {
        reload_free(r);
        return STATUS_NO_MEMORY;
    }
    *out = r;
    return STATUS_OK;
}

void reload_free(struct reload *reload)
{
    if (reload == NULL)
        return;
    job_cancel(reload->job);
    if (reload->coming != NULL && !reload->launched)
        fleet_free(reload->coming);
    if (reload->on_late != NULL)
        event_free(reload->on_late);
    if (reload->on_begin != NULL)
        event_free(reload->on_begin);
    free(reload->text);
    free(reload);
}
