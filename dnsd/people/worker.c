/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * worker - places under a mutex; the thread works on its place without it.
 */
#include "people/worker.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum state { PLACE_FREE, PLACE_WAITING, PLACE_UNDER_WAY, PLACE_DONE };

struct place {
    enum state state;
    uint64_t turn; /* which came into this state before which */
    void *owner;
    struct password_job job; /* the thread's while it is under way */
};

struct worker {
    void (*run)(struct password_job *job);
    pthread_t thread;
    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t news;   /* a job, or the end */
    int bell;
    bool ends;
    uint64_t turns;
    struct place places[WORKER_JOBS];
};

/* Whose turn it is; NULL: nobody's. */
static struct place *next(struct worker *worker, enum state state)
{
    struct place *found = NULL;
    for (size_t i = 0; i < WORKER_JOBS; i++) {
        struct place *place = &worker->places[i];
        if (place->state != state)
            continue;
        if (found == NULL || (state == PLACE_WAITING && place->job.urgent != found->job.urgent
                                  ? place->job.urgent
                                  : place->turn < found->turn))
            found = place;
    }
    return found;
}

static void move(struct worker *worker, struct place *place, enum state state)
{
    place->state = state;
    place->turn = worker->turns++;
}

static void ring(const struct worker *worker)
{
    const uint64_t one = 1;
    if (write(worker->bell, &one, sizeof one) != sizeof one)
        log_error("nobody hears that a password was compared: %s", strerror(errno));
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct place *place;

    pthread_mutex_lock(&worker->mutex);
    while (!worker->ends) {
        if ((place = next(worker, PLACE_WAITING)) == NULL) {
            pthread_cond_wait(&worker->news, &worker->mutex);
            continue;
        }
        move(worker, place, PLACE_UNDER_WAY);
        pthread_mutex_unlock(&worker->mutex);
        worker->run(&place->job);
        pthread_mutex_lock(&worker->mutex);
        move(worker, place, PLACE_DONE);
        ring(worker);
    }
    pthread_mutex_unlock(&worker->mutex);
    return NULL;
}

/* Signals are for the loop of who made it. */
static int start(struct worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&worker->thread, NULL, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct worker *worker_new(void (*run)(struct password_job *job))
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return NULL;
    worker->run = run;
    worker->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = worker->bell < 0 ? errno : 0;
    if (error == 0)
        error = pthread_mutex_init(&worker->mutex, NULL);
    if (error == 0)
        error = pthread_cond_init(&worker->news, NULL);
    if (error == 0)
        error = start(worker);
    if (error == 0)
        return worker;
    if (worker->bell >= 0)
        close(worker->bell);
    free(worker);
    errno = error;
    return NULL;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->mutex);
    worker->ends = true;
    pthread_cond_signal(&worker->news);
    pthread_mutex_unlock(&worker->mutex);
    pthread_join(worker->thread, NULL);
    pthread_cond_destroy(&worker->news);
    pthread_mutex_destroy(&worker->mutex);
    close(worker->bell);
    explicit_bzero(worker->places, sizeof worker->places);
    free(worker);
}

int worker_bell(const struct worker *worker)
{
    return worker->bell;
}

enum status worker_give(struct worker *worker, const struct password_job *job, void *owner)
{
    pthread_mutex_lock(&worker->mutex);
    struct place *place = next(worker, PLACE_FREE);
    if (place != NULL) {
        place->job = *job;
        place->owner = owner;
        move(worker, place, PLACE_WAITING);
        pthread_cond_signal(&worker->news);
    }
    pthread_mutex_unlock(&worker->mutex);
    return place != NULL ? STATUS_OK : STATUS_AGAIN;
}

bool worker_take(struct worker *worker, struct password_job *out, void **owner)
{
    uint64_t rings;
    if (read(worker->bell, &rings, sizeof rings) < 0 && errno != EAGAIN)
        log_error("the bell of passwords cannot be read: %s", strerror(errno));
    pthread_mutex_lock(&worker->mutex);
    struct place *place = next(worker, PLACE_DONE);
    if (place != NULL) {
        *out = place->job;
        *owner = place->owner;
        explicit_bzero(place, sizeof *place);
    }
    pthread_mutex_unlock(&worker->mutex);
    return place != NULL;
}
