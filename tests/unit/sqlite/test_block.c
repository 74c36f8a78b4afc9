/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_block - columns and lines come back as they went in; broken ones are called so.
 */
#include "sqlite/block.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static uint64_t random_next(uint64_t *state)
{
    uint64_t x = (*state += UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Values of every width, the same in some columns, wild in others. */
static void make(struct block_row *row, uint64_t *state, unsigned shape)
{
    uint8_t bytes[sizeof *row];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = shape == 0 ? (uint8_t)random_next(state) : 0;
    memcpy(row, bytes, sizeof bytes);
    if (shape == 0)
        return;
    row->at = UINT64_C(1795478400000000) + random_next(state) % (shape == 1 ? 1000 : UINT64_MAX);
    row->sequence = random_next(state) % 70000;
    row->device = random_next(state) % 300;
    row->lost = shape == 2 ? UINT64_MAX : 0;
    row->severity = 4;
    row->text[TEXT_CLIENT] = (uint32_t)(random_next(state) % 5000);
    row->text[WORD_RULE] = (uint32_t)(random_next(state) % 60) << 16;
}

static void columns_come_back(void **state)
{
    static struct block_row rows[BLOCK_ROWS], back[BLOCK_ROWS];
    static struct block_values values;
    static const uint32_t counts[] = {1, 2, 3, 17, 255, 256, 1000, BLOCK_ROWS};
    struct packer *packer = packer_new();
    struct span packed;
    uint64_t random = 9;

    for (unsigned i = 0; i < 3 * COUNT_OF(counts); i++) {
        const uint32_t count = counts[i / 3];
        for (uint32_t r = 0; r < count; r++)
            make(&rows[r], &random, i % 3);
        for (int c = 0; c < COLUMN_COUNT; c++) {
            assert_int_equal(packer_column(packer, rows, count, (enum column)c, &packed),
                             STATUS_OK);
            assert_int_equal(packer_values(packer, packed, count, (enum column)c, &values),
                             STATUS_OK);
            for (uint32_t r = 0; r < count; r++)
                block_fill(&back[r], (enum column)c, &values, r);
        }
        for (uint32_t r = 0; r < count; r++) {
            assert_memory_equal(rows[r].text, back[r].text, sizeof rows[r].text);
            assert_true(
                rows[r].at == back[r].at && rows[r].sequence == back[r].sequence &&
                rows[r].device == back[r].device && rows[r].lost == back[r].lost &&
                rows[r].sampled == back[r].sampled && rows[r].count == back[r].count &&
                rows[r].duration_ns == back[r].duration_ns && rows[r].source == back[r].source &&
                rows[r].client_port == back[r].client_port &&
                rows[r].server_port == back[r].server_port && rows[r].kind == back[r].kind &&
                rows[r].flags == back[r].flags && rows[r].way == back[r].way &&
                rows[r].evidence == back[r].evidence && rows[r].severity == back[r].severity);
        }
    }
    packer_free(packer);
}

/* Whatever stands in a file: no byte beyond it is read, and none beyond a block is written. */
static void broken_ones_are_called_so(void **state)
{
    static struct block_row rows[64];
    static struct block_values values;
    struct packer *packer = packer_new(), *other = packer_new();
    struct span packed, lines;
    uint64_t random = 4;
    unsigned broken = 0;

    for (uint32_t r = 0; r < COUNT_OF(rows); r++)
        make(&rows[r], &random, 1);
    for (unsigned i = 0; i < 3000; i++) {
        const enum column column = (enum column)(random_next(&random) % COLUMN_COUNT);
        assert_int_equal(packer_column(packer, rows, COUNT_OF(rows), column, &packed), STATUS_OK);
        size_t length = random_next(&random) % (packed.length + 1);
        uint8_t *copy = malloc(length + 1); /* so that a sanitizer sees each byte too much */
        memcpy(copy, packed.at, length);
        if (length > 0)
            copy[random_next(&random) % length] ^= (uint8_t)random_next(&random);
        copy = realloc(copy, length > 0 ? length : 1);
        const enum status status = packer_values(
            other, span_of(copy, length), (uint32_t)(random_next(&random) % 3000), column, &values);
        broken += status == STATUS_CORRUPT;
        assert_true(status == STATUS_OK || status == STATUS_CORRUPT);
        assert_true(packer_unpack_lines(other, span_of(copy, length), &lines) == STATUS_CORRUPT);
        free(copy);
    }
    assert_true(broken > 1000);
    packer_free(packer);
    packer_free(other);
}

static void lines_come_back(void **state)
{
    static uint8_t text[300000];
    struct packer *packer = packer_new(), *other = packer_new();
    struct span packed, back;
    uint64_t random = 1;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)('a' + random_next(&random) % 9);
    assert_int_equal(packer_lines(packer, span_of(text, sizeof text), &packed), STATUS_OK);
    assert_true(packed.length < sizeof text);
    assert_int_equal(packer_unpack_lines(other, packed, &back), STATUS_OK);
    assert_true(span_equal(back, span_of(text, sizeof text)));
    uint8_t *copy = malloc(packed.length);
    memcpy(copy, packed.at, packed.length);
    copy[packed.length / 2] ^= 1; /* the checksum tells */
    assert_int_equal(packer_unpack_lines(other, span_of(copy, packed.length), &back),
                     STATUS_CORRUPT);
    free(copy);
    packer_free(packer);
    packer_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_come_back),
        cmocka_unit_test(broken_ones_are_called_so),
        cmocka_unit_test(lines_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
