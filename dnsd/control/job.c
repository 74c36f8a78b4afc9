/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * job - a child, a pipe for what it says, and a rename.
 */
#include "control/job.h"

#include "base/clock.h"
#include "base/log.h"
#include "process/birth.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IMAGE_MODE = 0640, PATH_ROOM = CONFIG_PATH_SIZE + 8 };

const char job_role[] = "compile";

struct job {
    struct supervisor *supervisor;
    struct child *child;
    struct job_order order;
    char path[CONFIG_PATH_SIZE], path_new[PATH_ROOM], accept[COMPILE_ACCEPT_SIZE];
    char why[JOB_WHY_SIZE];
    int output, problems[2]; /* the file it writes; the pipe */
    struct event *on_text, *on_late;
    struct evbuffer *text;
    bool said_done, late;
    enum status said;
    void (*on_done)(void *owner, const struct job_result *result);
    void *owner;
};

static void close_given(struct job *job)
{
    if (job->output >= 0)
        close(job->output);
    if (job->problems[1] >= 0)
        close(job->problems[1]);
    job->output = job->problems[1] = -1;
}

static void job_free(struct job *job)
{
    close_given(job);
    if (job->on_text != NULL)
        event_free(job->on_text);
    if (job->on_late != NULL)
        event_free(job->on_late);
    if (job->text != NULL)
        evbuffer_free(job->text);
    if (job->problems[0] >= 0)
        close(job->problems[0]);
    free(job);
}

/* Reads what the role has said so far; what goes beyond the limit is dropped. */
static void read_text(struct job *job)
{
    char bytes[4096];
    ssize_t got;

    while ((got = read(job->problems[0], bytes, sizeof bytes)) > 0) {
        if (evbuffer_get_length(job->text) + (size_t)got <= JOB_TEXT_MOST)
            evbuffer_add(job->text, bytes, (size_t)got);
    }
    if (got == 0)
        event_del(job->on_text);
}

static void on_text(int fd, short what, void *owner)
{
    read_text(owner);
}

static void on_late(int fd, short what, void *owner)
{
    struct job *job = owner;
    job->late = true;
    supervisor_kill(job->supervisor, job->child);
}

static enum status open_output(struct job *job)
{
    job->output =
        open(job->path_new, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, IMAGE_MODE);
    if (job->output < 0) {
        log_error("cannot write %s: %s", job->path_new, strerror(errno));
        return STATUS_SYSTEM;
    }
    /* Only our end does not wait: the role may write more than a pipe holds. */
    return pipe2(job->problems, O_CLOEXEC) == 0 && fcntl(job->problems[0], F_SETFL, O_NONBLOCK) == 0
               ? STATUS_OK
               : STATUS_SYSTEM;
}

enum status job_start(struct event_base *base, struct supervisor *supervisor,
                      const struct job_order *order,
                      void (*on_done)(void *owner, const struct job_result *result), void *owner,
                      struct job **out)
{
    const struct timeval most = clock_timeval(JOB_MOST_MS);
    struct job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->supervisor = supervisor;
    job->order = *order;
    job->on_done = on_done;
    job->owner = owner;
    job->output = job->problems[0] = job->problems[1] = -1;
    snprintf(job->path, sizeof job->path, "%s", order->image);
    snprintf(job->path_new, sizeof job->path_new, "%s.new", order->image);
    snprintf(job->accept, sizeof job->accept, "%s", order->accept);
    enum status status = open_output(job);
    if (status == STATUS_OK) {
        job->text = evbuffer_new();
        job->on_text = event_new(base, job->problems[0], EV_READ | EV_PERSIST, on_text, job);
        job->on_late = evtimer_new(base, on_late, job);
        if (job->text == NULL || job->on_text == NULL || job->on_late == NULL)
            status = STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK)
        status = supervisor_add(supervisor, job_role, 0, true, job, &job->child);
    if (status != STATUS_OK) {
        job_free(job);
        return status;
    }
    event_add(job->on_text, NULL);
    event_add(job->on_late, &most);
    *out = job;
    return STATUS_OK;
}

void job_cancel(struct job *job)
{
    if (job == NULL)
        return;
    job->on_done = NULL;
    supervisor_dismiss(job->supervisor, job->child); /* job_ended() frees it */
}

void job_give(struct child *child)
{
    struct job *job = child->place;
    struct message_compile order = {0};
    enum status status = STATUS_OK;

    snprintf(order.file, sizeof order.file, "%s", job->order.config_file);
    snprintf(order.accept, sizeof order.accept, "%s", job->accept);
    if (job->order.running >= 0)
        status = supervisor_give(child, GIFT_POLICY, job->order.generation, job->order.running);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_OUTPUT, 0, job->output);
    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_OUTPUT, 1, job->problems[1]);
    if (status == STATUS_OK)
        status =
            channel_send(child->channel, MESSAGE_COMPILE, &order, sizeof order, span_of(NULL, 0));
    close_given(job);
    supervisor_start(job->supervisor, child, status);
}

void job_hear(struct child *child, const struct parcel *parcel)
{
    struct job *job = child->place;
    const struct message_done *done = parcel_open(parcel, MESSAGE_DONE, sizeof *done);

    if (done == NULL || done->status >= STATUS_COUNT) {
        supervisor_kill(job->supervisor, child);
        return;
    }
    job->said_done = true;
    job->said = done->status;
}

/* Looks at the whole image before it takes the old one's place. */
static enum status adopt(struct job *job, struct job_result *result)
{
    if (birth_image(job->path_new, &result->image, &result->policy) != STATUS_OK) {
        snprintf(job->why, sizeof job->why, "the compiled image is broken");
        return STATUS_CORRUPT;
    }
    if (rename(job->path_new, job->path) != 0) {
        snprintf(job->why, sizeof job->why, "cannot rename to %s: %s", job->path, strerror(errno));
        policy_close(result->policy);
        return STATUS_SYSTEM;
    }
    return STATUS_OK;
}

static enum status outcome_of(struct job *job, int ended)
{
    if (job->late)
        snprintf(job->why, sizeof job->why, "compiling took longer than %d s", JOB_MOST_MS / 1000);
    else if (!job->said_done && WIFSIGNALED(ended))
        snprintf(job->why, sizeof job->why, "the compile role was ended by signal %d",
                 WTERMSIG(ended));
    else if (!job->said_done)
        snprintf(job->why, sizeof job->why, "the compile role ended with code %d",
                 WEXITSTATUS(ended));
    else if (job->said != STATUS_OK)
        snprintf(job->why, sizeof job->why, "the policy does not compile: %s",
                 job->said == STATUS_INVALID ? "see the errors above" : status_text(job->said));
    else
        return STATUS_OK;
    return job->said_done && job->said != STATUS_OK ? job->said : STATUS_SYSTEM;
}

void job_ended(struct child *child, int ended)
{
    struct job *job = child->place;
    struct job_result result = {.image = -1, .why = job->why};

    if (job->on_done == NULL) {
        unlink(job->path_new);
        job_free(job);
        return;
    }
    read_text(job);
    evbuffer_add(job->text, "", 1);
    result.text = (const char *)evbuffer_pullup(job->text, -1);
    result.status = outcome_of(job, ended);
    if (result.status == STATUS_OK)
        result.status = adopt(job, &result);
    if (result.status != STATUS_OK) {
        unlink(job->path_new);
        if (result.image >= 0)
            close(result.image);
    }
    job->on_done(job->owner, &result);
    job_free(job);
}
