/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * server - the ClickHouse servers of the configuration, and how they are asked.
 *
 * Used by feed and by the store, each with one of its own. A statement is text; a value in it goes
 * through quote(), which leaves nothing that a server could read otherwise. What a server refuses
 * is said in words for an operator. Never asks again by itself what may have changed something.
 */
#ifndef CLICKHOUSE_SERVER_H
#define CLICKHOUSE_SERVER_H

#include "base/clock.h"
#include "base/writer.h"
#include "config/config.h"

enum { SERVER_WHY_SIZE = 256, SERVER_STATEMENT_SIZE = 8192 };

struct remote;

struct server_ask {
    const char *statement;
    struct span rows;     /* for INSERT … FORMAT Native */
    const char *query_id; /* NULL: any */
    const char *settings; /* "&insert_distributed_sync=1", or NULL */
    clock_ms patience_ms;
    size_t most; /* bytes of an answer */
};

/* Reads the password. STATUS_INVALID, see why. */
MUST_USE enum status remote_new(const struct config_store *options, char why[SERVER_WHY_SIZE],
                                struct remote **out);
void remote_free(struct remote *server);

/* Begins to ask the server whose turn it is. */
MUST_USE enum status remote_begin(struct remote *server, const struct server_ask *ask);
/* STATUS_AGAIN: still under way at `until`. STATUS_OK: the answer, which lives until the next one.
 * STATUS_NOT_FOUND: no such database or table. STATUS_EXISTS: a statement of this query_id is under
 * way. STATUS_TOO_LONG: time ran out, or the answer is too long. STATUS_CLOSED: no answer; was it
 * a change, nobody knows whether it was made. STATUS_REFUSED: neither. All but the first two: see
 * remote_why(). */
MUST_USE enum status remote_wait(struct remote *server, clock_ms until, struct span *out);
/* What went wrong last: which server, what, and what to do. */
const char *remote_why(const struct remote *server);
/* The next ask goes to the next server; false: it is the first one again. */
bool remote_turn(struct remote *server);

/* Begin and wait, at one server after the other while they cannot be reached. One that takes too
 * long is not asked the next time. */
MUST_USE enum status remote_answer(struct remote *server, const struct server_ask *ask,
                                   struct span *out);

/* 'text': letters, digits and a few signs stand for themselves, all else as \xHH. */
void quote(struct writer *w, struct span text);
void write_number(struct writer *w, uint64_t value);
/* The statement in `w` ends here; "" when it did not fit. */
const char *statement_end(struct writer *w);
/* The number that is a TabSeparated answer of one line; false: it is none. */
bool answer_number(struct span answer, uint64_t *out);

#endif
