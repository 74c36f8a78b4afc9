/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_filter - one condition a column; the next column is read only while rows are left.
 */
#include "store/day_filter.h"

#include <stdlib.h>

enum { CONDITIONS_MOST = WORD_COUNT + 6 };

enum test {
    TEST_EQUAL,
    TEST_LEAST,
    TEST_BITS,    /* value & mask == wanted */
    TEST_IN_SET,  /* the words are all known */
    TEST_IS_BELOW /* of a word that was not seen yet, the name is looked at */
};

struct condition {
    enum column column;
    enum test test;
    uint64_t wanted, mask;
    uint64_t *set, *seen; /* bits by number of the word */
    uint32_t last;        /* the highest number that has a bit */
};

struct day_filter {
    struct day_reader *reader;
    struct span zone; /* the name that was asked for */
    struct prefix client;
    uint32_t count;
    struct condition conditions[CONDITIONS_MOST];
    struct block_values values;
};

static bool bit_of(const uint64_t *bits, uint32_t at)
{
    return (bits[at / 64] >> (at % 64) & 1) != 0;
}

static void set_bit(uint64_t *bits, uint32_t at)
{
    bits[at / 64] |= UINT64_C(1) << (at % 64);
}

static struct condition *add(struct day_filter *f, enum column column, enum test test,
                             uint64_t wanted)
{
    struct condition *c = &f->conditions[f->count++];
    *c = (struct condition){.column = column, .test = test, .wanted = wanted};
    return c;
}

static enum column text_column(enum text text)
{
    return (enum column)(COLUMN_TEXT + (int)text);
}

static enum status make_set(struct day_filter *f, struct condition *c)
{
    enum status status = day_reader_last_word(f->reader, &c->last);
    if (status != STATUS_OK)
        return status;
    c->set = calloc(c->last / 64 + 1, sizeof *c->set);
    return c->set == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

struct fill {
    struct day_filter *filter;
    struct condition *condition;
    uint64_t found;
};

static void on_name(void *owner, uint32_t id, struct span text)
{
    struct fill *fill = owner;
    if (id > fill->condition->last || !day_name_is_below(text, fill->filter->zone))
        return;
    set_bit(fill->condition->set, id);
    fill->found++;
}

static void on_address(void *owner, uint32_t id, struct span text)
{
    struct fill *fill = owner;
    struct address address;
    if (id > fill->condition->last || !address_from_bytes(text, &address) ||
        !prefix_holds(&fill->filter->client, &address))
        return;
    set_bit(fill->condition->set, id);
    fill->found++;
}

/* After a range was asked for: with too many words in it, each is looked at once it is met. */
static enum status settle(struct fill *fill, enum status status)
{
    struct condition *c = fill->condition;

    if (status != STATUS_TOO_LONG)
        return status == STATUS_OK && fill->found == 0 ? STATUS_NOT_FOUND : status;
    memset(c->set, 0, (c->last / 64 + 1) * sizeof *c->set);
    c->seen = calloc(c->last / 64 + 1, sizeof *c->seen);
    c->test = TEST_IS_BELOW;
    return c->seen == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* Keys of names below: the zone's own, and those that go on behind it. */
static enum status want_name(struct day_filter *f, const char *name)
{
    uint8_t room[DAY_KEY_SIZE], until[DAY_KEY_SIZE + 1];

    f->zone = span_text(name);
    const struct span from = day_key(TEXT_NAME, f->zone, room);
    if (from.length == 0) { /* the root: whatever has a name */
        add(f, text_column(TEXT_NAME), TEST_LEAST, 1);
        return STATUS_OK;
    }
    struct condition *c = add(f, text_column(TEXT_NAME), TEST_IN_SET, 0);
    struct fill fill = {f, c, 0};
    enum status status = make_set(f, c);
    if (status != STATUS_OK)
        return status;
    memcpy(until, room, from.length);
    until[from.length] = '.' + 1;
    status = day_reader_words(f->reader, TEXT_NAME, from, span_of(until, from.length + 1), on_name,
                              &fill);
    return settle(&fill, status);
}

static enum status want_client(struct day_filter *f, const struct prefix *client)
{
    uint32_t id;

    f->client = *client;
    if (client->bits == 128) {
        const enum status status = day_reader_find_word(
            f->reader, TEXT_CLIENT, span_of(client->base.bytes, sizeof client->base.bytes), &id);
        add(f, text_column(TEXT_CLIENT), TEST_EQUAL, id);
        return status;
    }
    struct condition *c = add(f, text_column(TEXT_CLIENT), TEST_IN_SET, 0);
    struct fill fill = {f, c, 0};
    uint8_t until[17];
    enum status status = make_set(f, c);
    if (status != STATUS_OK)
        return status;
    for (unsigned i = 0; i < 16; i++) { /* the last address, and something behind it */
        const unsigned kept = client->bits >= 8 * (i + 1) ? 8
                              : client->bits <= 8 * i     ? 0
                                                          : client->bits - 8 * i;
        until[i] = (uint8_t)(client->base.bytes[i] | 0xffu >> kept);
    }
    until[16] = 0;
    status = day_reader_words(f->reader, TEXT_CLIENT, span_of(client->base.bytes, 16),
                              span_of(until, sizeof until), on_address, &fill);
    return settle(&fill, status);
}

static enum status want_word(struct day_filter *f, enum text word, const char *text)
{
    uint32_t id = 0;
    enum status status = STATUS_OK;
    if (text[0] != 0)
        status = day_reader_find_word(f->reader, word, span_text(text), &id);
    if (status == STATUS_OK)
        add(f, text_column(word), TEST_EQUAL, id);
    return status;
}

/* What leaves few rows and is read fast comes first. */
static enum status want_all(struct day_filter *f, const struct store_filter *wanted)
{
    enum status status = STATUS_OK;

    if (wanted->device != 0)
        add(f, COLUMN_DEVICE, TEST_EQUAL, wanted->device);
    for (int i = 0; i < WORD_COUNT && status == STATUS_OK; i++)
        if (wanted->word[i] != NULL)
            status = want_word(f, (enum text)i, wanted->word[i]);
    if (status == STATUS_OK && wanted->has_client)
        status = want_client(f, &wanted->client);
    if (status == STATUS_OK && wanted->name != NULL)
        status = want_name(f, wanted->name);
    if (wanted->has_stopped)
        add(f, COLUMN_FLAGS, TEST_BITS, wanted->stopped ? BLOCK_STOPPED : 0)->mask = BLOCK_STOPPED;
    if (wanted->traffic_only)
        add(f, COLUMN_KIND, TEST_EQUAL, ROW_TRAFFIC);
    if (wanted->least_severity > 0)
        add(f, COLUMN_SEVERITY, TEST_LEAST, wanted->least_severity);
    return status;
}

enum status day_filter_new(struct day_reader *reader, const struct store_filter *filter,
                           struct day_filter **out)
{
    struct day_filter *f = calloc(1, sizeof *f);
    if (f == NULL)
        return STATUS_NO_MEMORY;
    f->reader = reader;
    const enum status status = want_all(f, filter);
    if (status != STATUS_OK) {
        day_filter_free(f);
        return status;
    }
    *out = f;
    return STATUS_OK;
}

void day_filter_free(struct day_filter *f)
{
    if (f == NULL)
        return;
    for (uint32_t i = 0; i < f->count; i++) {
        free(f->conditions[i].set);
        free(f->conditions[i].seen);
    }
    free(f);
}

static enum status look_at_word(struct day_filter *f, struct condition *c, uint32_t id)
{
    struct fill fill = {f, c, 0};
    struct span text;

    day_reader_forget_some(f->reader);
    const enum status status = day_reader_word(f->reader, id, &text);
    if (status != STATUS_OK)
        return status;
    set_bit(c->seen, id);
    if (c->column == text_column(TEXT_NAME))
        on_name(&fill, id, text);
    else
        on_address(&fill, id, text);
    return STATUS_OK;
}

static enum status passes(struct day_filter *f, struct condition *c, uint64_t value, bool *out)
{
    enum status status = STATUS_OK;
    switch (c->test) {
    case TEST_EQUAL:
        *out = value == c->wanted;
        return STATUS_OK;
    case TEST_LEAST:
        *out = value >= c->wanted;
        return STATUS_OK;
    case TEST_BITS:
        *out = (value & c->mask) == c->wanted;
        return STATUS_OK;
    case TEST_IS_BELOW:
        if (value != 0 && value <= c->last && !bit_of(c->seen, (uint32_t)value))
            status = look_at_word(f, c, (uint32_t)value);
        break;
    default:
        break;
    }
    *out = value != 0 && value <= c->last && bit_of(c->set, (uint32_t)value);
    return status;
}

/* The common cases without a call a row. */
static uint32_t keep_equal_u8(const uint8_t *v, uint8_t wanted, uint16_t *rows, uint32_t count)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint16_t row = rows[i];
        rows[left] = row;
        left += v[row] == wanted;
    }
    return left;
}

static uint32_t keep_equal_u16(const uint16_t *v, uint16_t wanted, uint16_t *rows, uint32_t count)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint16_t row = rows[i];
        rows[left] = row;
        left += v[row] == wanted;
    }
    return left;
}

static uint32_t keep_equal(const struct block_values *v, uint64_t wanted, uint16_t *rows,
                           uint32_t count)
{
    if (v->width < 8 && wanted >> (8 * v->width) != 0) /* no value of the block is as big */
        return 0;
    if (v->width == 1)
        return keep_equal_u8(v->u8, (uint8_t)wanted, rows, count);
    if (v->width == 2)
        return keep_equal_u16(v->u16, (uint16_t)wanted, rows, count);
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint16_t row = rows[i];
        rows[left] = row;
        left += block_value(v, row) == wanted;
    }
    return left;
}

static enum status keep(struct day_filter *f, struct condition *c, uint16_t *rows, uint32_t *count)
{
    const struct block_values *v = &f->values;
    enum status status = STATUS_OK;
    uint32_t left = 0;
    bool is_kept = true;

    if (v->is_same) {
        status = passes(f, c, v->same, &is_kept);
        *count = is_kept ? *count : 0;
        return status;
    }
    if (c->test == TEST_EQUAL) {
        *count = keep_equal(v, c->wanted, rows, *count);
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < *count && status == STATUS_OK; i++) {
        status = passes(f, c, block_value(v, rows[i]), &is_kept);
        rows[left] = rows[i];
        left += is_kept;
    }
    *count = left;
    return status;
}

enum status day_filter_block(struct day_filter *f, const struct day_block *block, uint16_t *rows,
                             uint32_t *count)
{
    enum status status = STATUS_OK;

    for (uint32_t i = 0; i < block->rows; i++)
        rows[i] = (uint16_t)i;
    *count = block->rows;
    for (uint32_t i = 0; i < f->count && *count != 0 && status == STATUS_OK; i++) {
        struct condition *c = &f->conditions[i];
        status = day_reader_values(f->reader, block, c->column, &f->values);
        if (status == STATUS_OK)
            status = keep(f, c, rows, count);
    }
    return status;
}
