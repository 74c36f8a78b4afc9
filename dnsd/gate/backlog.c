/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backlog - a line of numbers for each queue.
 */
#include "gate/backlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_SIZE = 16384 };

struct backlog {
    int fd;
    unsigned count;
    struct backlog_queue queues[BACKLOG_QUEUES_MOST];
};

enum status backlog_open(struct backlog **out)
{
    struct backlog *backlog = calloc(1, sizeof *backlog);

    if (backlog == NULL)
        return STATUS_NO_MEMORY;
    backlog->fd = open("/proc/self/net/netfilter/nfnetlink_queue", O_RDONLY | O_CLOEXEC);
    if (backlog->fd < 0) {
        int why = errno;
        free(backlog);
        errno = why;
        return STATUS_SYSTEM;
    }
    *out = backlog;
    return STATUS_OK;
}

void backlog_close(struct backlog *backlog)
{
    if (backlog == NULL)
        return;
    close(backlog->fd);
    free(backlog);
}

static void read_line(struct backlog *backlog, const char *line)
{
    struct backlog_queue *queue = &backlog->queues[backlog->count];
    unsigned dropped, lost;

    if (backlog->count == BACKLOG_QUEUES_MOST)
        return;
    /* number, port, waiting, copy mode, copy range, dropped, lost to user space, last number */
    // NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers
    if (sscanf(line, "%u %*u %u %*u %*u %u %u %u", &queue->number, &queue->waiting, &dropped, &lost,
               &queue->last) != 5)
        return;
    queue->lost = (uint64_t)dropped + lost;
    backlog->count++;
}

/* The kernel gives about a page at a time, of whole lines. */
bool backlog_read(struct backlog *backlog)
{
    char text[TEXT_SIZE];
    ssize_t got;

    backlog->count = 0;
    for (off_t at = 0; (got = pread(backlog->fd, text, sizeof text - 1, at)) > 0; at += got) {
        text[got] = 0;
        for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
            read_line(backlog, line);
    }
    return got == 0;
}

const struct backlog_queue *backlog_of(const struct backlog *backlog, uint32_t number)
{
    for (unsigned i = 0; i < backlog->count; i++) {
        if (backlog->queues[i].number == number)
            return &backlog->queues[i];
    }
    return NULL;
}
