/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * talk_clickhouse - the store over ClickHouse, driven by a word; for tests that have servers.
 *
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER put FIRST ROWS EACH   rows, a commit after EACH
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER tend SECONDS          until nothing waits
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER hear SECONDS TEXT     until it is why rows wait
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER facts
 *
 * The first four as words.h says. Row number I is that of row_number().
 */
#include "rows.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct config_store options;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "talk_clickhouse: %s: %s\n", what, why);
    exit(1);
}

static struct store *open_store(bool writes)
{
    char why[STORE_WHY_SIZE];
    struct store *store = NULL;
    if (store_open(&options, writes, why, &store) != STATUS_OK)
        die("open", why);
    return store;
}

static void put(uint64_t first, uint64_t rows, uint64_t each)
{
    struct store *store = open_store(true);
    struct made_row made;

    for (uint64_t i = first; i < first + rows; i++) {
        row_number(&made, i);
        enum status status = store_put(store, &made.row);
        if (status != STATUS_OK)
            die("put", status_text(status));
        if ((i - first + 1) % each != 0 && i + 1 < first + rows)
            continue;
        while ((status = store_commit(store)) == STATUS_AGAIN) {
            puts("full");
            fflush(stdout);
            store_tend(store, clock_wall());
        }
        if (status != STATUS_OK)
            die("commit", status_text(status));
        printf("committed %" PRIu64 "\n", i + 1);
        fflush(stdout);
        store_tend(store, clock_wall());
    }
    store_close(store);
}

static void say_facts(const struct store_facts *facts)
{
    printf("rows %" PRIu64 " waiting %" PRIu64 " first %" PRIu64 " last %" PRIu64 " bytes %" PRIu64
           " why %s\n",
           facts->rows, facts->waiting, facts->first, facts->last, facts->bytes, facts->why);
    fflush(stdout);
}

/* Until nothing waits, or until `text` is why; then says how it is. */
static void go_on(unsigned seconds, const char *text)
{
    struct store *store = open_store(true);
    const clock_ms end = clock_now() + seconds * UINT64_C(1000);
    const struct timespec pause = {.tv_nsec = 20000000};
    struct store_facts facts;

    do {
        store_tend(store, clock_wall());
        if (store_facts(store, &facts) != STATUS_OK)
            die("facts", "no answer");
        nanosleep(&pause, NULL);
    } while (clock_now() < end &&
             (text == NULL ? facts.waiting > 0 : strstr(facts.why, text) == NULL));
    say_facts(&facts);
    store_close(store);
}

int main(int count, char **words)
{
    if (count < 6)
        die("usage", "FOLDER SERVERS DATABASE CLUSTER put|tend|hear|facts ...");
    options_from_words(&options, words + 1);
    const char *verb = words[5];
    uint64_t number[3] = {0};
    for (int i = 6; i < count && i < 9; i++)
        number[i - 6] = strtoull(words[i], NULL, 10);
    if (strcmp(verb, "put") == 0 && count == 9) {
        put(number[0], number[1], number[2]);
    } else if (strcmp(verb, "tend") == 0) {
        go_on((unsigned)number[0], NULL);
    } else if (strcmp(verb, "hear") == 0 && count == 8) {
        go_on((unsigned)number[0], words[7]);
    } else if (strcmp(verb, "facts") == 0) {
        struct store *store = open_store(false);
        struct store_facts facts;
        if (store_facts(store, &facts) != STATUS_OK)
            die("facts", "no answer");
        say_facts(&facts);
        store_close(store);
    } else {
        die("usage", verb);
    }
    return 0;
}
