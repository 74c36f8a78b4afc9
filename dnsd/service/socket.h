/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socket - the control socket: one line in, lines out, and a last line `ok` or `error: …`.
 *
 * Used by the parent; the orders it obeys are a table of the caller's. A line has at most
 * ORDER_MOST bytes; at most ASKERS_MOST connections are open, and one that is silent for
 * ASKER_IDLE_SECONDS is closed. Whoever may open the socket (mode 0660) may give orders. SIGPIPE
 * must be ignored.
 */
#ifndef SERVICE_SOCKET_H
#define SERVICE_SOCKET_H

#include "base/status.h"

#include <stdbool.h>

enum { ORDER_MOST = 1024, ASKERS_MOST = 16, ASKER_IDLE_SECONDS = 60 };

struct event_base;
struct control_socket;
struct asker;

struct order {
    const char *word;
    const char *arguments; /* for `help` */
    /* Adds lines with asker_say() and ends with asker_end(); or says asker_wait() and is ended
     * later. */
    void (*run)(void *owner, struct asker *asker, char *arguments);
};

/* `path` is taken from a dead predecessor, never from a living one nor from a file of another kind.
 * On failure a log line says why. `orders` ends with a NULL word. */
MUST_USE enum status socket_open(struct event_base *base, const char *path,
                                 const struct order *orders, void *owner,
                                 struct control_socket **out);
/* Removes the path too. */
void socket_close(struct control_socket *socket);

/* A listening socket at a path, mode 0660 from its first moment, as above; it stays the caller's.
 * errno tells for STATUS_SYSTEM; otherwise a log line says why. */
MUST_USE enum status socket_claim(const char *path, int *out);

void asker_say(struct asker *asker, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text of several lines. */
void asker_say_text(struct asker *asker, const char *text);
/* `error` NULL: ok. The asker may ask again. */
void asker_end(struct asker *asker, const char *error);

/* The asker waits for a number of the owner's; socket_answer() ends all who wait for at most it. */
void asker_wait(struct asker *asker, unsigned number);
void socket_answer(struct control_socket *socket, unsigned number, const char *text,
                   const char *error);

#endif
