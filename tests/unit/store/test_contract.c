/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_contract - each kind of store keeps the same contract.
 *
 *   test_store_contract                                             SQLite, rows of its own
 *   test_store_contract FOLDER SERVERS DATABASE CLUSTER ROWS TIMES  ClickHouse, which has the rows
 *
 * The second is for tests that have servers: talk_clickhouse.c puts the rows.
 */
#include "contract.h"
#include "words.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static struct config_store options;
static size_t rows = 6000;
static uint64_t times = 300;
static struct store *store; /* of who reads */

/* In commits of every size, each row twice now and then. */
static void fill(void)
{
    struct store *writer = store_opened(&options, true);
    struct made_row made;
    uint64_t random = 5;

    for (size_t i = 0; i < rows; i++) {
        row_number(&made, i);
        assert_int_equal(store_put(writer, &made.row), STATUS_OK);
        if (random_next(&random) % 5 == 0)
            assert_int_equal(store_put(writer, &made.row), STATUS_OK);
        if (random_next(&random) % (i < rows / 2 ? 40 : 4000) == 0)
            assert_int_equal(store_commit(writer), STATUS_OK);
    }
    assert_int_equal(store_commit(writer), STATUS_OK);
    store_close(writer);
}

static int set_up(void **state)
{
    if (options.choice == STORE_SQLITE) {
        folder_make(&options);
        fill();
    }
    contract_begin(rows);
    store = store_opened(&options, false);
    return 0;
}

static int tear_down(void **state)
{
    store_close(store);
    contract_end();
    if (options.choice == STORE_SQLITE)
        folder_remove(&options);
    return 0;
}

static void every_page_is_as_wanted(void **state)
{
    for (uint64_t seed = 0; seed < times; seed++)
        contract_page(store, seed);
}

static void short_of_patience_nothing_is_left_out(void **state)
{
    unsigned short_ones = 0;
    for (uint64_t seed = 0; seed < 1 + times / 10; seed++)
        contract_short_page(store, seed, &short_ones);
    if (options.choice == STORE_SQLITE) /* a millisecond is not enough for 6000 rows */
        assert_true(short_ones > 0);
}

static void counts_are_as_counted(void **state)
{
    for (uint64_t seed = 0; seed < 1 + times / 5; seed++)
        contract_counts(store, seed);
}

static void each_row_is_found_by_its_place(void **state)
{
    for (uint64_t seed = 0; seed < times; seed++)
        contract_find(store, seed);
}

static void what_is_kept_is_known(void **state)
{
    contract_facts(store);
}

static void a_reader_writes_nothing(void **state)
{
    struct made_row made;
    row_number(&made, rows);
    assert_int_equal(store_put(store, &made.row), STATUS_REFUSED);
    assert_int_equal(store_commit(store), STATUS_REFUSED);
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_as_wanted),
        cmocka_unit_test(short_of_patience_nothing_is_left_out),
        cmocka_unit_test(counts_are_as_counted),
        cmocka_unit_test(each_row_is_found_by_its_place),
        cmocka_unit_test(what_is_kept_is_known),
        cmocka_unit_test(a_reader_writes_nothing),
    };
    if (count == 7) {
        options_from_words(&options, words + 1);
        rows = strtoull(words[5], NULL, 10);
        times = strtoull(words[6], NULL, 10);
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
