/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * statements - SQL of ClickHouse 18.16.
 */
#include "clickhouse/statements.h"

#include "clickhouse/columns.h"

#include <time.h>

enum { DAY_TEXT_SIZE = 11 };

/* "2026-11-24" */
static const char *day_text(uint16_t day, char out[DAY_TEXT_SIZE])
{
    const time_t seconds = (time_t)day * 86400;
    struct tm utc;

    out[0] = 0;
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(out, DAY_TEXT_SIZE, "%Y-%m-%d", &utc);
    return out;
}

static bool is_cluster(const struct config_store *options)
{
    return options->cluster[0] != 0;
}

/* remote_new() let no name through that would need escapes. */
static void write_table(struct writer *w, const struct config_store *options, bool local)
{
    write_text(w, "`");
    write_text(w, options->database);
    write_text(w, local && is_cluster(options) ? "`.`events_local`" : "`.`events`");
}

static void write_on_cluster(struct writer *w, const struct config_store *options)
{
    if (!is_cluster(options))
        return;
    write_text(w, " ON CLUSTER `");
    write_text(w, options->cluster);
    write_text(w, "`");
}

void statement_look(struct writer *w, const struct config_store *options)
{
    write_text(w, "SELECT count() FROM system.tables WHERE database = ");
    quote(w, span_text(options->database));
    write_text(w, is_cluster(options) ? " AND name IN ('events', 'events_local')"
                                      : " AND name = 'events'");
}

unsigned statement_tables(const struct config_store *options)
{
    return is_cluster(options) ? 2 : 1;
}

static void write_create(struct writer *w, const struct config_store *options, bool local)
{
    char columns[COLUMNS_TEXT_SIZE];

    columns_with_types(columns);
    write_text(w, "CREATE TABLE IF NOT EXISTS ");
    write_table(w, options, local);
    write_on_cluster(w, options);
    write_text(w, " (");
    write_text(w, columns);
    write_text(w, ") ENGINE = ");
}

static void create_rows(struct writer *w, const struct config_store *options)
{
    write_create(w, options, true);
    if (is_cluster(options)) {
        write_text(w, "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/");
        write_text(w, options->database);
        write_text(w, "/events', '{replica}')");
    } else {
        write_text(w, "ReplacingMergeTree()");
    }
    write_text(w, " PARTITION BY date ORDER BY (history, at, source, sequence)");
    if (is_cluster(options))
        write_text(w, " SETTINGS replicated_deduplication_window = 1000,"
                      " replicated_deduplication_window_seconds = 315360000");
}

static void create_distributed(struct writer *w, const struct config_store *options)
{
    write_create(w, options, false);
    write_text(w, "Distributed(`");
    write_text(w, options->cluster);
    write_text(w, "`, `");
    write_text(w, options->database);
    write_text(w, "`, events_local, cityHash64(source, sequence))");
}

bool statement_create(struct writer *w, const struct config_store *options, unsigned at)
{
    switch (at) {
    case 0:
        write_text(w, "CREATE DATABASE IF NOT EXISTS `");
        write_text(w, options->database);
        write_text(w, "`");
        write_on_cluster(w, options);
        return true;
    case 1:
        create_rows(w, options);
        return true;
    case 2:
        if (is_cluster(options))
            create_distributed(w, options);
        return is_cluster(options);
    default:
        return false;
    }
}

void statement_insert(struct writer *w, const struct config_store *options)
{
    char columns[COLUMNS_TEXT_SIZE];

    columns_to_write(columns);
    write_text(w, "INSERT INTO ");
    write_table(w, options, false);
    write_text(w, " (");
    write_text(w, columns);
    write_text(w, ") FORMAT Native");
}

void statement_count(struct writer *w, const struct config_store *options, uint64_t history,
                     uint64_t number, uint16_t day)
{
    write_text(w, "SELECT count() FROM ");
    write_table(w, options, false);
    write_text(w, " WHERE history = ");
    write_number(w, history);
    write_text(w, " AND batch = ");
    write_number(w, number);
    write_text(w, " AND date = toDate(");
    write_number(w, day);
    write_text(w, ")");
}

void statement_running(struct writer *w, const char *query_id)
{
    write_text(w, "SELECT count() FROM system.processes WHERE query_id = ");
    quote(w, span_text(query_id));
}

void statement_heal(struct writer *w, const struct config_store *options, uint16_t day)
{
    char text[DAY_TEXT_SIZE];

    write_text(w, "OPTIMIZE TABLE ");
    write_table(w, options, true);
    write_text(w, " PARTITION ");
    quote(w, span_text(day_text(day, text)));
    write_text(w, " FINAL");
}

void statement_days(struct writer *w, const struct config_store *options, uint16_t day)
{
    write_text(w, "SELECT DISTINCT partition FROM ");
    if (is_cluster(options)) {
        write_text(w, "cluster(");
        quote(w, span_text(options->cluster));
        write_text(w, ", system.parts)");
    } else {
        write_text(w, "system.parts");
    }
    write_text(w, " WHERE active AND database = ");
    quote(w, span_text(options->database));
    write_text(w, is_cluster(options) ? " AND table = 'events_local'" : " AND table = 'events'");
    write_text(w, " AND max_date < toDate(");
    write_number(w, day);
    write_text(w, ") ORDER BY partition LIMIT 1000");
}

void statement_drop(struct writer *w, const struct config_store *options, const char *day)
{
    write_text(w, "ALTER TABLE ");
    write_table(w, options, true);
    write_on_cluster(w, options);
    write_text(w, " DROP PARTITION ");
    quote(w, span_text(day));
}
