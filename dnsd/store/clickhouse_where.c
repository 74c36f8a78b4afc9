/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clickhouse_where - one condition after another.
 */
#include "store/clickhouse_where.h"

#include "clickhouse/columns.h"

enum { NAME_SIZE = 1024 };

static void write_condition(struct writer *w, const char *text, uint64_t value)
{
    write_text(w, text);
    write_number(w, value);
}

void where_time(struct writer *w, clock_us from, clock_us until)
{
    write_condition(w, "date >= toDate(", columns_day(from));
    if (until != 0)
        write_condition(w, ") AND date <= toDate(", columns_day(until - 1));
    write_condition(w, ") AND at >= ", from);
    if (until != 0)
        write_condition(w, " AND at < ", until);
}

void where_words(struct writer *w, const struct store_filter *filter)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (filter->word[i] == NULL)
            continue;
        write_text(w, " AND `");
        write_text(w, word_names[i]);
        write_text(w, "` = ");
        quote(w, span_text(filter->word[i]));
    }
    if (filter->has_stopped)
        write_condition(w, " AND stopped = ", filter->stopped);
}

static void write_ends(struct writer *w, const char *before, const char *zone, const char *behind)
{
    char text[NAME_SIZE + 8];
    struct writer name = writer_over(text, sizeof text);

    write_text(&name, before);
    write_text(&name, zone);
    write_text(&name, behind);
    write_text(w, "endsWith(lower(name), ");
    quote(w, writer_span(&name));
    write_text(w, ")");
    w->failed |= name.failed;
}

/* A dot behind an odd number of backslashes is a byte of a label and parts none. */
static void write_below(struct writer *w, const char *zone, const char *behind)
{
    write_text(w, "(");
    write_ends(w, ".", zone, behind);
    write_text(w, " AND (NOT ");
    write_ends(w, "\\.", zone, behind);
    write_text(w, " OR (");
    write_ends(w, "\\\\.", zone, behind);
    write_text(w, " AND NOT ");
    write_ends(w, "\\\\\\.", zone, behind);
    write_text(w, ")))");
}

static void write_name(struct writer *w, const char *name)
{
    char zone[NAME_SIZE], with_root[NAME_SIZE + 1];
    size_t length = strlen(name);

    if (length > 0 && name[length - 1] == '.')
        length--;
    if (length == 0) {
        write_text(w, " AND name != ''");
        return;
    }
    if (length >= NAME_SIZE) {
        w->failed = true;
        return;
    }
    for (size_t i = 0; i < length; i++)
        zone[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    zone[length] = 0;
    memcpy(with_root, zone, length);
    memcpy(with_root + length, ".", 2);
    write_text(w, " AND (lower(name) IN (");
    quote(w, span_text(zone));
    write_text(w, ", ");
    quote(w, span_text(with_root));
    write_text(w, ") OR ");
    write_below(w, zone, "");
    write_text(w, " OR ");
    write_below(w, zone, ".");
    write_text(w, ")");
}

static void write_address(struct writer *w, const char *sign, const struct address *address)
{
    write_text(w, sign);
    quote(w, span_of(address->bytes, sizeof address->bytes));
    write_text(w, ", 16)");
}

static void write_client(struct writer *w, const struct prefix *client)
{
    struct address last = client->base;
    for (unsigned bit = client->bits; bit < 128; bit++)
        last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    write_address(w, " AND bitAnd(flags, 8) != 0 AND client >= toFixedString(", &client->base);
    write_address(w, " AND client <= toFixedString(", &last);
}

void where_rest(struct writer *w, const struct store_filter *filter)
{
    if (filter->device != 0)
        write_condition(w, " AND device = ", filter->device);
    if (filter->traffic_only)
        write_condition(w, " AND kind = ", ROW_TRAFFIC);
    if (filter->least_severity > 0)
        write_condition(w, " AND severity >= ", filter->least_severity);
    if (filter->has_client)
        write_client(w, &filter->client);
    if (filter->name != NULL)
        write_name(w, filter->name);
}

void where_after(struct writer *w, const struct store_place *place, bool oldest_first)
{
    const char *sign = oldest_first ? " > " : " < ";

    write_text(w, " AND (at");
    write_condition(w, sign, place->at);
    write_condition(w, " OR (at = ", place->at);
    write_text(w, " AND (source");
    write_condition(w, sign, place->source);
    write_condition(w, " OR (source = ", place->source);
    write_text(w, " AND sequence");
    write_condition(w, sign, place->sequence);
    write_text(w, "))))");
}
