/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * feed - rows into ClickHouse: a spool, tables that are made, batches that are sent, days that go.
 *
 * Used by the store of who writes. Never blocks longer than FEED_SLICE_MS, whatever the servers do;
 * never reads rows back.
 *
 * Why no row is lost or counted twice. A batch is on the disk before commit says so, keeps its
 * number and its bytes, and goes only once the database has it (spool.h). Each day of it is one
 * INSERT of one block (below max_insert_block_size) into one partition, which ClickHouse does whole
 * or not at all. When nobody knows whether an INSERT was done:
 * - on a cluster it is sent again. `events` is a Distributed table that parts a block by
 *   cityHash64(source, sequence) and waits for its shards (insert_distributed_sync), so each shard
 *   gets the same rows as before, and ReplicatedMergeTree leaves out a block whose hash stands in
 *   ZooKeeper; no batch is sent in between, and the hashes are kept for years.
 * - on one server, the server is asked first: is that INSERT still running (it is known by its
 *   query_id, of which the server runs one at a time), and how many rows of this batch are there?
 * Beneath both, the engine is a Replacing one whose key ends in source and sequence, so that even
 * rows that somebody copied in by hand become one; and a count that is too high is healed at once.
 */
#ifndef CLICKHOUSE_FEED_H
#define CLICKHOUSE_FEED_H

#include "clickhouse/server.h"
#include "incident/row.h"

enum { FEED_SLICE_MS = 500 };

struct feed;

MUST_USE enum status feed_open(const struct config_store *options, char why[SERVER_WHY_SIZE],
                               struct feed **out);
void feed_close(struct feed *feed);

/* As of a store (store.h). */
MUST_USE enum status feed_put(struct feed *feed, const struct row *row);
MUST_USE enum status feed_commit(struct feed *feed);
void feed_tend(struct feed *feed, clock_us wall);

#endif
