/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_read - statements of a reader, and what it remembers.
 */
#include "sqlite/day_read.h"

#include "base/arena.h"
#include "sqlite/tail.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KEPT_PARTS = 8,
    KEPT_WORDS = 1 << 13,
    KEPT_BYTES = 4 << 20,
    KEPT_SPARE = 1 << 20, /* for the words of one row */
    BLOCKS_MOST = 1 << 20,
    WORD_IDS_MOST = 1 << 28
};

enum statement {
    LIST_BLOCKS,
    ONE_PART,
    ONE_TAIL,
    ONE_CUTS,
    ONE_LINE,
    ONE_WORD,
    FIND_WORD,
    RANGE_WORDS,
    LAST_WORD,
    FACTS,
    STATEMENT_COUNT
};

static const char list_blocks[] =
    "SELECT id, 0, rows, first, last FROM block WHERE last >= ?1 AND first <= ?2 "
    "UNION ALL SELECT id, 1, rows, first, last FROM tail WHERE last >= ?1 AND first <= ?2";

static const char facts[] =
    "SELECT min(first), max(last), sum(rows) FROM"
    " (SELECT first, last, rows FROM block UNION ALL SELECT first, last, rows FROM tail)";

static const char *const statements[STATEMENT_COUNT] = {
    [LIST_BLOCKS] = list_blocks,
    [ONE_PART] = "SELECT bytes FROM part WHERE id = ?1",
    [ONE_TAIL] = "SELECT bytes FROM tail WHERE id = ?1",
    [ONE_CUTS] = "SELECT cuts FROM block WHERE id = ?1",
    [ONE_LINE] = "SELECT bytes FROM line WHERE id = ?1",
    [ONE_WORD] = "SELECT text FROM word WHERE id = ?1",
    [FIND_WORD] = "SELECT id, text FROM word WHERE kind = ?1 AND key = ?2",
    [RANGE_WORDS] = "SELECT id, text FROM word WHERE kind = ?1 AND key >= ?2 AND key < ?3",
    [LAST_WORD] = "SELECT max(id) FROM word",
    [FACTS] = facts,
};

struct kept_part {
    struct day_block block; /* rows 0: nothing is kept here */
    uint32_t part;
    uint64_t used;
    uint8_t *bytes;
    size_t length;
};

struct kept_word {
    uint32_t id;
    uint32_t length;
    const uint8_t *text;
};

struct day_reader {
    struct sqlite *db;
    struct packer *packer; /* the caller's */
    struct sqlite_statement *statement[STATEMENT_COUNT];
    struct day_block *blocks;
    uint32_t block_count, block_room;
    int64_t tail_id; /* of `tail`; 0: none */
    uint8_t *tail_bytes;
    struct span tail;
    uint64_t uses;
    struct kept_part parts[KEPT_PARTS];
    struct arena texts;
    uint32_t word_count;
    struct kept_word words[KEPT_WORDS];
};

static enum status set_up(struct day_reader *r)
{
    const enum status status = arena_open(&r->texts, KEPT_BYTES);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        r->statement[i] = sqlite_prepare(r->db, statements[i]);
        if (r->statement[i] == NULL)
            return strncmp(sqlite_why(r->db), "no such table", 13) == 0 ? STATUS_AGAIN
                                                                        : STATUS_CORRUPT;
    }
    return STATUS_OK;
}

enum status day_reader_open(const char *folder, uint32_t day, struct packer *packer,
                            char why[SQLITE_WHY_SIZE], struct day_reader **out)
{
    char path[DAY_PATH_SIZE];
    struct day_reader *r = calloc(1, sizeof *r);

    snprintf(why, SQLITE_WHY_SIZE, "out of memory");
    if (r == NULL)
        return STATUS_NO_MEMORY;
    r->packer = packer;
    day_path(folder, day, path);
    enum status status = sqlite_open(path, SQLITE_FOR_READING, NULL, why, &r->db);
    if (status == STATUS_OK)
        status = day_format_check(r->db, path, why);
    if (status == STATUS_OK) {
        status = set_up(r);
        if (status != STATUS_OK)
            snprintf(why, SQLITE_WHY_SIZE, "%.150s: %.90s", path, sqlite_why(r->db));
    }
    if (status != STATUS_OK) {
        day_reader_close(r);
        return status;
    }
    *out = r;
    return STATUS_OK;
}

void day_reader_close(struct day_reader *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite_free(r->statement[i]);
    sqlite_close(r->db);
    for (size_t i = 0; i < KEPT_PARTS; i++)
        free(r->parts[i].bytes);
    arena_close(&r->texts);
    free(r->blocks);
    free(r->tail_bytes);
    free(r);
}

const char *day_reader_why(struct day_reader *r)
{
    return sqlite_why(r->db);
}

struct sqlite *day_reader_db(struct day_reader *r)
{
    return r->db;
}

/* A tail's number is given again once it became a block: nothing about tails outlives a begin. */
enum status day_reader_begin(struct day_reader *r)
{
    const enum status status = sqlite_run(r->db, "BEGIN");
    if (status != STATUS_OK)
        return status;
    r->tail_id = 0;
    for (size_t i = 0; i < KEPT_PARTS; i++)
        if (r->parts[i].block.is_tail)
            r->parts[i].block.rows = 0;
    return STATUS_OK;
}

void day_reader_end(struct day_reader *r)
{
    if (sqlite_run(r->db, "COMMIT") != STATUS_OK)
        return; /* the transaction ended by itself */
}

static enum status add_block(struct day_reader *r, const struct day_block *block)
{
    if (r->block_count == r->block_room) {
        const uint32_t room = r->block_room == 0 ? 1024 : r->block_room * 2;
        if (room > BLOCKS_MOST)
            return STATUS_TOO_LONG;
        struct day_block *blocks = realloc(r->blocks, room * sizeof *blocks);
        if (blocks == NULL)
            return STATUS_NO_MEMORY;
        r->blocks = blocks;
        r->block_room = room;
    }
    r->blocks[r->block_count++] = *block;
    return STATUS_OK;
}

enum status day_reader_blocks(struct day_reader *r, clock_us from, clock_us last,
                              struct day_block **out, uint32_t *count)
{
    struct sqlite_statement *s = r->statement[LIST_BLOCKS];
    enum status status;

    r->block_count = 0;
    sqlite_bind_number(s, 1, from > INT64_MAX ? INT64_MAX : (int64_t)from);
    sqlite_bind_number(s, 2, last > INT64_MAX ? INT64_MAX : (int64_t)last);
    while ((status = sqlite_step(s)) == STATUS_OK) {
        const struct day_block block = {.id = sqlite_number(s, 0),
                                        .is_tail = sqlite_number(s, 1) != 0,
                                        .rows = (uint32_t)sqlite_number(s, 2),
                                        .first = (clock_us)sqlite_number(s, 3),
                                        .last = (clock_us)sqlite_number(s, 4)};
        status = block.rows == 0 || block.rows > BLOCK_ROWS ? STATUS_CORRUPT : add_block(r, &block);
        if (status != STATUS_OK)
            break;
    }
    sqlite_reset(s);
    *out = r->blocks;
    *count = r->block_count;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* One row with one value; the bytes live until the statement is reset. What a block needs and is
 * not there is damage. */
static enum status one(struct sqlite_statement *s, int64_t id, struct span *out)
{
    sqlite_bind_number(s, 1, id);
    const enum status status = sqlite_step(s);
    if (status == STATUS_OK)
        *out = sqlite_bytes(s, 0);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

static enum status load_tail(struct day_reader *r, int64_t id)
{
    struct sqlite_statement *s = r->statement[ONE_TAIL];
    struct span bytes;

    if (r->tail_id == id)
        return STATUS_OK;
    r->tail_id = 0;
    enum status status = one(s, id, &bytes);
    if (status == STATUS_OK) {
        uint8_t *tail = realloc(r->tail_bytes, bytes.length + 1);
        if (tail == NULL) {
            status = STATUS_NO_MEMORY;
        } else {
            if (bytes.length > 0)
                memcpy(tail, bytes.at, bytes.length);
            r->tail_bytes = tail;
            r->tail = span_of(tail, bytes.length);
            r->tail_id = id;
        }
    }
    sqlite_reset(s);
    return status;
}

enum status day_reader_values(struct day_reader *r, const struct day_block *block,
                              enum column column, struct block_values *out)
{
    struct span packed;
    enum status status;

    if (block->is_tail) {
        status = load_tail(r, block->id);
        if (status == STATUS_OK)
            status = tail_column(r->tail, column, &packed);
        return status == STATUS_OK ? packer_values(r->packer, packed, block->rows, column, out)
                                   : status;
    }
    struct sqlite_statement *s = r->statement[ONE_PART];
    status = one(s, day_part_id(column, block->id), &packed);
    if (status == STATUS_OK)
        status = packer_values(r->packer, packed, block->rows, column, out);
    sqlite_reset(s);
    return status;
}

/* In which part of the lines a row is, and which row begins that part. */
static enum status part_of(struct day_reader *r, const struct day_block *block, uint32_t row,
                           uint32_t *part, uint32_t *first)
{
    struct sqlite_statement *s = r->statement[ONE_CUTS];
    struct span cuts;

    if (block->is_tail) {
        const enum status tail = load_tail(r, block->id);
        return tail == STATUS_OK ? tail_part_of(r->tail, row, part, first) : tail;
    }
    enum status status = one(s, block->id, &cuts);
    if (status == STATUS_OK)
        status = block_part_of(cuts, 2, row, part, first);
    sqlite_reset(s);
    return status;
}

static enum status unpack_part(struct day_reader *r, const struct day_block *block, uint32_t part,
                               struct span *out)
{
    struct sqlite_statement *s = r->statement[ONE_LINE];
    struct span packed;

    if (block->is_tail) {
        const enum status tail = tail_part(r->tail, part, &packed);
        return tail == STATUS_OK ? packer_unpack_lines(r->packer, packed, out) : tail;
    }
    enum status status = one(s, day_line_id(block->id, part), &packed);
    if (status == STATUS_OK)
        status = packer_unpack_lines(r->packer, packed, out);
    sqlite_reset(s);
    return status;
}

/* The unpacked part, which is kept in place of the one not used longest. */
static enum status keep_part(struct day_reader *r, const struct day_block *block, uint32_t part,
                             struct kept_part **out)
{
    struct kept_part *oldest = &r->parts[0];
    struct span bytes;

    for (size_t i = 0; i < KEPT_PARTS; i++) {
        struct kept_part *kept = &r->parts[i];
        if (kept->block.rows != 0 && kept->block.id == block->id && kept->part == part &&
            kept->block.is_tail == block->is_tail) {
            *out = kept;
            kept->used = ++r->uses;
            return STATUS_OK;
        }
        if (kept->used < oldest->used)
            oldest = kept;
    }
    const enum status status = unpack_part(r, block, part, &bytes);
    if (status != STATUS_OK)
        return status;
    oldest->block.rows = 0;
    uint8_t *room = realloc(oldest->bytes, bytes.length + 1);
    if (room == NULL)
        return STATUS_NO_MEMORY;
    memcpy(room, bytes.at, bytes.length);
    *oldest = (struct kept_part){*block, part, ++r->uses, room, bytes.length};
    *out = oldest;
    return STATUS_OK;
}

enum status day_reader_line(struct day_reader *r, const struct day_block *block, uint32_t row,
                            struct span *out)
{
    struct kept_part *kept;
    uint32_t part, first = 0;

    enum status status = part_of(r, block, row, &part, &first);
    if (status == STATUS_OK)
        status = keep_part(r, block, part, &kept);
    if (status != STATUS_OK)
        return status;
    return block_line(span_of(kept->bytes, kept->length), first, row, out);
}

void day_reader_forget_some(struct day_reader *r)
{
    if (r->word_count < KEPT_WORDS / 2 && r->texts.used < KEPT_BYTES - KEPT_SPARE)
        return;
    memset(r->words, 0, sizeof r->words);
    r->word_count = 0;
    arena_reset(&r->texts);
}

enum status day_reader_word(struct day_reader *r, uint32_t id, struct span *out)
{
    struct sqlite_statement *s = r->statement[ONE_WORD];
    uint32_t at = id * 0x9e3779b1u % KEPT_WORDS;

    *out = span_of("", 0);
    if (id == 0)
        return STATUS_OK;
    while (r->words[at].id != 0 && r->words[at].id != id)
        at = (at + 1) % KEPT_WORDS;
    if (r->words[at].id == id) {
        *out = span_of(r->words[at].text, r->words[at].length);
        return STATUS_OK;
    }
    struct span text;
    enum status status = one(s, id, &text);
    if (status == STATUS_OK) {
        const uint8_t *kept = arena_copy(&r->texts, text.at, text.length);
        if (kept == NULL || r->word_count >= KEPT_WORDS - 1) {
            status = STATUS_TOO_LONG;
        } else {
            r->words[at] = (struct kept_word){id, (uint32_t)text.length, kept};
            r->word_count++;
            *out = span_of(kept, text.length);
        }
    }
    sqlite_reset(s);
    return status;
}

enum status day_reader_find_word(struct day_reader *r, enum text kind, struct span text,
                                 uint32_t *id)
{
    struct sqlite_statement *s = r->statement[FIND_WORD];
    uint8_t room[DAY_KEY_SIZE];
    enum status status;

    sqlite_bind_number(s, 1, kind);
    sqlite_bind_blob(s, 2, day_key(kind, text, room));
    while ((status = sqlite_step(s)) == STATUS_OK)
        if (span_equal(sqlite_bytes(s, 1), text)) {
            *id = (uint32_t)sqlite_number(s, 0);
            break;
        }
    sqlite_reset(s);
    return status;
}

enum status day_reader_words(struct day_reader *r, enum text kind, struct span from,
                             struct span until,
                             void (*on)(void *owner, uint32_t id, struct span text), void *owner)
{
    struct sqlite_statement *s = r->statement[RANGE_WORDS];
    enum status status;
    uint32_t count = 0;

    sqlite_bind_number(s, 1, kind);
    sqlite_bind_blob(s, 2, from);
    sqlite_bind_blob(s, 3, until);
    while ((status = sqlite_step(s)) == STATUS_OK) {
        if (count++ == DAY_WORDS_MOST) {
            status = STATUS_TOO_LONG;
            break;
        }
        on(owner, (uint32_t)sqlite_number(s, 0), sqlite_bytes(s, 1));
    }
    sqlite_reset(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status day_reader_last_word(struct day_reader *r, uint32_t *id)
{
    struct sqlite_statement *s = r->statement[LAST_WORD];
    enum status status = sqlite_step(s);
    if (status == STATUS_OK)
        *id = (uint32_t)sqlite_number(s, 0);
    if (status == STATUS_OK && (uint64_t)sqlite_number(s, 0) > WORD_IDS_MOST)
        status = STATUS_CORRUPT;
    sqlite_reset(s);
    return status;
}

enum status day_reader_facts(struct day_reader *r, struct day_facts *out)
{
    struct sqlite_statement *s = r->statement[FACTS];
    const enum status status = sqlite_step(s);
    if (status == STATUS_OK)
        *out = (struct day_facts){(clock_us)sqlite_number(s, 0), (clock_us)sqlite_number(s, 1),
                                  (uint64_t)sqlite_number(s, 2)};
    sqlite_reset(s);
    return status;
}
