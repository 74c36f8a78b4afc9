/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_write - rows in memory become words, roll-ups, and a block or a tail.
 *
 * The rows of small commits stay in memory after they were written as tails, and are written again
 * as one: as a bigger tail when there are many, as a block when there are enough rows.
 */
#include "sqlite/day_write.h"

#include "base/writer.h"
#include "sqlite/day_hours.h"
#include "sqlite/day_words.h"
#include "sqlite/tail.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ENOUGH_ROWS = BLOCK_ROWS / 2, /* at a commit: so many become a block */
    TAILS_MOST = 32,              /* of one pending block, before they are put together */
    PARTS_MOST = 128,             /* of a block's lines */
    SOURCES_MOST = 4096,          /* in one file; each is a folder, or a break of its chain */
    HEAD_SIZE = TAIL_HEAD + TAIL_PART * PARTS_MOST
};

enum statement {
    ADD_BLOCK,
    ADD_PART,
    ADD_LINE,
    ADD_TAIL,
    DROP_TAILS,
    ADD_HOUR,
    KEEP_POSITION,
    STATEMENT_COUNT
};

static const char *const statements[STATEMENT_COUNT] = {
    [ADD_BLOCK] = "INSERT INTO block(first, last, rows, cuts) VALUES (?1, ?2, ?3, ?4)",
    [ADD_PART] = "INSERT INTO part(id, bytes) VALUES (?1, ?2)",
    [ADD_LINE] = "INSERT INTO line(id, bytes) VALUES (?1, ?2)",
    [ADD_TAIL] = "INSERT INTO tail(first, last, rows, bytes) VALUES (?1, ?2, ?3, ?4)",
    [DROP_TAILS] = "DELETE FROM tail WHERE id >= ?1",
    [ADD_HOUR] = "INSERT INTO hour VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
                 " ON CONFLICT DO UPDATE SET rows = rows + excluded.rows",
    [KEEP_POSITION] = "INSERT INTO position(source, sequence) VALUES (?1, ?2)"
                      " ON CONFLICT DO UPDATE SET sequence = excluded.sequence",
};

struct position {
    uint32_t source;
    bool is_changed;
    uint64_t sequence;
};

struct bytes {
    uint8_t *at;
    size_t length, size;
};

struct day_writer {
    struct sqlite *db;
    struct packer *packer; /* the caller's */
    struct day_words *words;
    struct sqlite_statement *statement[STATEMENT_COUNT];
    bool is_begun, has_too_many; /* sources */
    struct position *positions;
    uint32_t position_count, position_latest;
    uint32_t row_count, kept_count; /* kept: in tails of this file */
    uint32_t tail_count;
    int64_t first_tail;
    size_t line_at[BLOCK_ROWS + 1]; /* in `lines` */
    struct bytes lines, tail;
    struct block_row rows[BLOCK_ROWS];
    struct day_hours hours;
};

static bool bytes_make_room(struct bytes *bytes, size_t more)
{
    if (bytes->size - bytes->length >= more)
        return true;
    const size_t size = (bytes->length + more) * 3 / 2;
    uint8_t *at = realloc(bytes->at, size);
    if (at == NULL)
        return false;
    bytes->at = at;
    bytes->size = size;
    return true;
}

static bool bytes_add(struct bytes *bytes, struct span more)
{
    if (!bytes_make_room(bytes, more.length))
        return false;
    if (more.length > 0)
        memcpy(bytes->at + bytes->length, more.at, more.length);
    bytes->length += more.length;
    return true;
}

static enum status read_positions(struct day_writer *w)
{
    struct sqlite_statement *s = sqlite_prepare(w->db, "SELECT source, sequence FROM position");
    if (s == NULL)
        return STATUS_CORRUPT;
    enum status status;
    while ((status = sqlite_step(s)) == STATUS_OK && w->position_count < SOURCES_MOST)
        w->positions[w->position_count++] = (struct position){
            .source = (uint32_t)sqlite_number(s, 0), .sequence = (uint64_t)sqlite_number(s, 1)};
    sqlite_free(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status == STATUS_OK ? STATUS_CORRUPT : status;
}

static enum status set_up(struct day_writer *w)
{
    w->words = day_words_new(w->db);
    w->positions = calloc(SOURCES_MOST, sizeof *w->positions);
    if (w->words == NULL || w->positions == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        w->statement[i] = sqlite_prepare(w->db, statements[i]);
        if (w->statement[i] == NULL)
            return STATUS_CORRUPT;
    }
    return read_positions(w);
}

static enum status open_file(struct day_writer *w, const char *path, char why[SQLITE_WHY_SIZE])
{
    enum status status = sqlite_open(path, SQLITE_FOR_BLOBS, "", why, &w->db);
    if (status == STATUS_OK)
        status = day_format_check(w->db, path, why);
    if (status != STATUS_OK)
        return status;
    status = sqlite_run(w->db, day_schema);
    if (status == STATUS_OK)
        status = set_up(w);
    if (status != STATUS_OK)
        snprintf(why, SQLITE_WHY_SIZE, "%.150s: %.90s", path, sqlite_why(w->db));
    return status;
}

enum status day_writer_open(const char *folder, uint32_t day, struct packer *packer,
                            char why[SQLITE_WHY_SIZE], struct day_writer **out)
{
    char path[DAY_PATH_SIZE];
    struct day_writer *w = calloc(1, sizeof *w);

    snprintf(why, SQLITE_WHY_SIZE, "out of memory");
    if (w == NULL)
        return STATUS_NO_MEMORY;
    w->packer = packer;
    day_path(folder, day, path);
    const enum status status = open_file(w, path, why);
    if (status != STATUS_OK) {
        day_writer_close(w);
        return status;
    }
    *out = w;
    return STATUS_OK;
}

void day_writer_close(struct day_writer *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite_free(w->statement[i]);
    day_words_free(w->words);
    sqlite_close(w->db);
    free(w->positions);
    free(w->lines.at);
    free(w->tail.at);
    free(w);
}

const char *day_writer_why(struct day_writer *w)
{
    return w->has_too_many ? "more chains of events in one day than its file holds"
                           : sqlite_why(w->db);
}

/* The place where the source's position is kept, made when missing; NULL: too many. */
static struct position *position_of(struct day_writer *w, uint32_t source)
{
    if (w->position_latest < w->position_count && w->positions[w->position_latest].source == source)
        return &w->positions[w->position_latest];
    uint32_t i = 0;
    while (i < w->position_count && w->positions[i].source != source)
        i++;
    if (i == SOURCES_MOST)
        return NULL;
    if (i == w->position_count)
        w->positions[w->position_count++] = (struct position){.source = source};
    w->position_latest = i;
    return &w->positions[i];
}

static struct span address_span(bool is_there, const struct address *address)
{
    return is_there ? span_of(address->bytes, sizeof address->bytes) : span_of(NULL, 0);
}

static enum status words_of(struct day_writer *w, const struct row *row, struct block_row *out)
{
    const struct span texts[TEXT_COUNT] = {
        [TEXT_NAME] = row->name,
        [TEXT_CLIENT] = address_span(row->has_client, &row->client),
        [TEXT_SERVER] = address_span(row->has_server, &row->server),
        [TEXT_REASON] = row->reason,
        [TEXT_AUTHORITY] = row->authority,
        [TEXT_TICKET] = row->ticket,
        [TEXT_RULE_SOURCE] = row->rule_source,
        [TEXT_MAC] = row->mac,
        [TEXT_INTERFACE] = row->interface,
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < TEXT_COUNT && status == STATUS_OK; i++)
        status = day_words_number(w->words, (enum text)i, i < WORD_COUNT ? row->word[i] : texts[i],
                                  &out->text[i]);
    return status;
}

static void copy_numbers(const struct row *row, struct block_row *out)
{
    out->at = row->at;
    out->sequence = row->sequence;
    out->device = row->device;
    out->lost = row->lost;
    out->sampled = row->sampled;
    out->count = row->count;
    out->duration_ns = row->duration_ns;
    out->source = row->source;
    out->client_port = row->client_port;
    out->server_port = row->server_port;
    out->kind = row->kind;
    out->flags = (uint8_t)((row->stopped ? BLOCK_STOPPED : 0) | (row->allowed ? BLOCK_ALLOWED : 0) |
                           (row->unresolved ? BLOCK_UNRESOLVED : 0));
    out->way = row->way;
    out->evidence = row->evidence;
    out->severity = row->severity;
}

/* Where each part of the lines of rows `from`… begins; gives how many parts. */
static uint32_t cut_lines(const struct day_writer *w, uint32_t from, uint32_t cuts[PARTS_MOST])
{
    uint32_t parts = 0;
    for (uint32_t i = from; i < w->row_count; i++) {
        if (parts == 0 || (parts < PARTS_MOST &&
                           (i - cuts[parts - 1] >= BLOCK_PART_ROWS ||
                            w->line_at[i] - w->line_at[cuts[parts - 1]] >= BLOCK_PART_BYTES)))
            cuts[parts++] = i;
    }
    return parts;
}

static struct span lines_of(const struct day_writer *w, const uint32_t *cuts, uint32_t parts,
                            uint32_t part)
{
    const uint32_t end = part + 1 < parts ? cuts[part + 1] : w->row_count;
    return span_of(w->lines.at + w->line_at[cuts[part]], w->line_at[end] - w->line_at[cuts[part]]);
}

static void bind_times(struct sqlite_statement *s, const struct block_row *rows, uint32_t count)
{
    uint64_t first = UINT64_MAX, last = 0;
    for (uint32_t i = 0; i < count; i++) {
        first = rows[i].at < first ? rows[i].at : first;
        last = rows[i].at > last ? rows[i].at : last;
    }
    sqlite_bind_number(s, 1, (int64_t)first);
    sqlite_bind_number(s, 2, (int64_t)last);
    sqlite_bind_number(s, 3, count);
}

static enum status add_bytes(struct sqlite_statement *s, int64_t id, struct span bytes)
{
    sqlite_bind_number(s, 1, id);
    sqlite_bind_blob(s, 2, bytes);
    return sqlite_do(s);
}

static enum status drop_tails(struct day_writer *w)
{
    if (w->tail_count == 0)
        return STATUS_OK;
    sqlite_bind_number(w->statement[DROP_TAILS], 1, w->first_tail);
    w->tail_count = 0;
    return sqlite_do(w->statement[DROP_TAILS]);
}

/* All rows in memory become a block. */
static enum status write_block(struct day_writer *w)
{
    uint32_t cuts[PARTS_MOST];
    uint8_t room[2 * PARTS_MOST];
    struct writer text = writer_over(room, sizeof room);
    struct sqlite_statement *s = w->statement[ADD_BLOCK];
    struct span packed;

    const uint32_t parts = cut_lines(w, 0, cuts);
    for (uint32_t i = 0; i < parts; i++)
        write_u16(&text, (uint16_t)cuts[i]);
    bind_times(s, w->rows, w->row_count);
    sqlite_bind_blob(s, 4, writer_span(&text));
    enum status status = sqlite_do(s);
    const int64_t block = sqlite_last_id(w->db);
    for (int c = 0; c < COLUMN_COUNT && status == STATUS_OK; c++) {
        status = packer_column(w->packer, w->rows, w->row_count, (enum column)c, &packed);
        if (status == STATUS_OK)
            status = add_bytes(w->statement[ADD_PART], day_part_id((enum column)c, block), packed);
    }
    for (uint32_t i = 0; i < parts && status == STATUS_OK; i++) {
        status = packer_lines(w->packer, lines_of(w, cuts, parts, i), &packed);
        if (status == STATUS_OK)
            status = add_bytes(w->statement[ADD_LINE], day_line_id(block, i), packed);
    }
    if (status == STATUS_OK)
        status = drop_tails(w);
    w->row_count = w->kept_count = 0;
    w->lines.length = 0;
    return status;
}

/* The rows from `from` on become one value. */
static enum status pack_tail(struct day_writer *w, uint32_t from, struct span *out)
{
    uint32_t cuts[PARTS_MOST];
    uint8_t head[HEAD_SIZE];
    struct writer text = writer_over(head, sizeof head);
    struct span packed;
    enum status status = STATUS_OK;

    const uint32_t parts = cut_lines(w, from, cuts);
    const size_t head_size = TAIL_HEAD + (size_t)parts * TAIL_PART;
    w->tail.length = 0;
    if (!bytes_make_room(&w->tail, head_size))
        return STATUS_NO_MEMORY;
    w->tail.length = head_size;
    for (int c = 0; c < COLUMN_COUNT && status == STATUS_OK; c++) {
        status =
            packer_column(w->packer, w->rows + from, w->row_count - from, (enum column)c, &packed);
        if (status == STATUS_OK && !bytes_add(&w->tail, packed))
            status = STATUS_NO_MEMORY;
        write_u32(&text, (uint32_t)packed.length);
    }
    write_u32(&text, parts);
    for (uint32_t i = 0; i < parts && status == STATUS_OK; i++) {
        status = packer_lines(w->packer, lines_of(w, cuts, parts, i), &packed);
        if (status == STATUS_OK && !bytes_add(&w->tail, packed))
            status = STATUS_NO_MEMORY;
        write_u32(&text, (uint32_t)packed.length);
        write_u16(&text, (uint16_t)(cuts[i] - from));
    }
    if (status != STATUS_OK)
        return status;
    memcpy(w->tail.at, head, head_size);
    *out = span_of(w->tail.at, w->tail.length);
    return STATUS_OK;
}

static enum status write_tail(struct day_writer *w)
{
    struct sqlite_statement *s = w->statement[ADD_TAIL];
    const uint32_t from = w->tail_count >= TAILS_MOST ? 0 : w->kept_count;
    struct span bytes;

    enum status status = from == 0 ? drop_tails(w) : STATUS_OK;
    if (status == STATUS_OK)
        status = pack_tail(w, from, &bytes);
    if (status != STATUS_OK)
        return status;
    bind_times(s, w->rows + from, w->row_count - from);
    sqlite_bind_blob(s, 4, bytes);
    status = sqlite_do(s);
    if (w->tail_count++ == 0)
        w->first_tail = sqlite_last_id(w->db);
    w->kept_count = w->row_count;
    return status;
}

static enum status write_hours(struct day_writer *w)
{
    struct sqlite_statement *s = w->statement[ADD_HOUR];
    enum status status = STATUS_OK;

    for (uint32_t i = 0; i < w->hours.count && status == STATUS_OK; i++) {
        const struct day_hour *hour = &w->hours.slots[w->hours.used[i]];
        sqlite_bind_number(s, 1, hour->hour);
        for (int word = 0; word < WORD_COUNT; word++)
            sqlite_bind_number(s, 2 + word, hour->word[word]);
        sqlite_bind_number(s, 2 + WORD_COUNT, hour->stopped);
        sqlite_bind_number(s, 3 + WORD_COUNT, (int64_t)hour->rows);
        status = sqlite_do(s);
    }
    day_hours_clear(&w->hours);
    return status;
}

static enum status write_positions(struct day_writer *w)
{
    struct sqlite_statement *s = w->statement[KEEP_POSITION];
    enum status status = STATUS_OK;

    for (uint32_t i = 0; i < w->position_count && status == STATUS_OK; i++) {
        if (!w->positions[i].is_changed)
            continue;
        sqlite_bind_number(s, 1, w->positions[i].source);
        sqlite_bind_number(s, 2, (int64_t)w->positions[i].sequence);
        status = sqlite_do(s);
        w->positions[i].is_changed = false;
    }
    return status;
}

static enum status begin(struct day_writer *w)
{
    if (w->is_begun)
        return STATUS_OK;
    const enum status status = sqlite_run(w->db, "BEGIN IMMEDIATE");
    w->is_begun = status == STATUS_OK;
    return status;
}

static bool keep_line(struct day_writer *w, struct span raw)
{
    uint8_t length[4];
    store_u32(length, (uint32_t)raw.length);
    w->line_at[w->row_count] = w->lines.length;
    if (!bytes_add(&w->lines, span_of(length, sizeof length)) || !bytes_add(&w->lines, raw))
        return false;
    w->line_at[w->row_count + 1] = w->lines.length;
    return true;
}

enum status day_writer_put(struct day_writer *w, const struct row *row)
{
    struct position *position = position_of(w, row->source);
    w->has_too_many = position == NULL;
    if (position == NULL)
        return STATUS_REFUSED;
    if (row->sequence <= position->sequence)
        return STATUS_OK;
    enum status status = begin(w);
    if (status == STATUS_OK && (w->row_count == BLOCK_ROWS || w->lines.length >= BLOCK_BYTES))
        status = write_block(w);
    if (status == STATUS_OK && day_hours_are_full(&w->hours))
        status = write_hours(w);
    struct block_row *out = &w->rows[w->row_count];
    if (status == STATUS_OK)
        status = words_of(w, row, out);
    if (status == STATUS_OK && !keep_line(w, row->raw))
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        return status;
    copy_numbers(row, out);
    day_hours_add(&w->hours, out);
    w->row_count++;
    position->sequence = row->sequence;
    position->is_changed = true;
    return STATUS_OK;
}

enum status day_writer_commit(struct day_writer *w)
{
    if (!w->is_begun)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (w->row_count >= ENOUGH_ROWS || w->lines.length >= BLOCK_BYTES)
        status = write_block(w);
    else if (w->row_count > w->kept_count)
        status = write_tail(w);
    if (status == STATUS_OK)
        status = write_hours(w);
    if (status == STATUS_OK)
        status = write_positions(w);
    if (status == STATUS_OK)
        status = sqlite_run(w->db, "COMMIT");
    w->is_begun = status != STATUS_OK;
    return status;
}

bool day_writer_is_idle(const struct day_writer *w)
{
    return !w->is_begun;
}

void day_writer_checkpoint(struct day_writer *w)
{
    if (!w->is_begun && sqlite_run(w->db, "PRAGMA wal_checkpoint(PASSIVE)") != STATUS_OK)
        return; /* a reader is in the way, or the disk is full: next time */
}

void day_writer_finish(struct day_writer *w)
{
    if (!w->is_begun && sqlite_run(w->db, "PRAGMA optimize") != STATUS_OK)
        return; /* only statistics */
}
