/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * statements - what feed asks, as text.
 *
 * Used by feed alone. With a cluster `events` leads to tables `events_local` of all servers;
 * without, it is the table. Never asks.
 */
#ifndef CLICKHOUSE_STATEMENTS_H
#define CLICKHOUSE_STATEMENTS_H

#include "clickhouse/server.h"

/* How many of our tables the server has; statement_tables() of them are all. */
void statement_look(struct writer *w, const struct config_store *options);
unsigned statement_tables(const struct config_store *options);
/* The database and each table, from 0 on; false: no further one. */
bool statement_create(struct writer *w, const struct config_store *options, unsigned at);
void statement_insert(struct writer *w, const struct config_store *options);
/* How many rows of a batch there are on a day; how many INSERTs of this query_id run. */
void statement_count(struct writer *w, const struct config_store *options, uint64_t history,
                     uint64_t number, uint16_t day);
void statement_running(struct writer *w, const char *query_id);
/* Rows of one source and sequence become one now, not when ClickHouse merges. */
void statement_heal(struct writer *w, const struct config_store *options, uint16_t day);
/* The days before `day`, a line each, as "2026-11-24"; and one of them to be dropped. */
void statement_days(struct writer *w, const struct config_store *options, uint16_t day);
void statement_drop(struct writer *w, const struct config_store *options, const char *day);

#endif
