/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * talk_clickhouse - the store over ClickHouse, driven by a word; for tests that have servers.
 *
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER put FIRST ROWS EACH   rows, a commit after EACH
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER tend SECONDS          until nothing waits
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER check ROWS PAGES      every answer, told slowly
 *   talk_clickhouse FOLDER SERVERS DATABASE CLUSTER facts
 *
 * SERVERS as 127.0.0.1@8123,127.0.0.1@8124; CLUSTER "" for one server; the user's name and the file
 * of its password in PONOR_USER and PONOR_PASSWORD_FILE. Row number I is the same in every run.
 */
#include "rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SOURCES = 3, SEED = 17 };

static struct config_store options;
static struct made_row *all;
static size_t all_count;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "talk_clickhouse: %s: %s\n", what, why);
    exit(1);
}

static void make(struct made_row *out, uint64_t number)
{
    row_make(out, 1 + (uint32_t)(number % SOURCES), 1 + number / SOURCES, SEED, TEST_BEGIN,
             3 * TEST_DAY);
}

static struct store *open_store(bool writes)
{
    char why[STORE_WHY_SIZE];
    struct store *store = NULL;
    if (store_open(&options, writes, why, &store) != STATUS_OK)
        die("open", why);
    return store;
}

static void read_options(char **words)
{
    char *place = NULL, *rest = words[2];
    const char *user = getenv("PONOR_USER"), *password = getenv("PONOR_PASSWORD_FILE");

    options = (struct config_store){.choice = STORE_CLICKHOUSE, .keep_days = 36500};
    if (getenv("PONOR_KEEP_DAYS") != NULL)
        options.keep_days = (uint32_t)strtoul(getenv("PONOR_KEEP_DAYS"), NULL, 10);
    if (getenv("PONOR_KEEP_BYTES") != NULL)
        options.keep_bytes = strtoull(getenv("PONOR_KEEP_BYTES"), NULL, 10);
    snprintf(options.folder, sizeof options.folder, "%s", words[1]);
    for (char *one = strtok_r(rest, ",", &place); one != NULL; one = strtok_r(NULL, ",", &place)) {
        struct endpoint *to = &options.servers[options.server_count++];
        if (endpoint_parse(one, &to->address, &to->port) != STATUS_OK)
            die("server", one);
    }
    snprintf(options.database, sizeof options.database, "%s", words[3]);
    snprintf(options.cluster, sizeof options.cluster, "%s", words[4]);
    snprintf(options.user, sizeof options.user, "%s", user == NULL ? "default" : user);
    snprintf(options.password_file, sizeof options.password_file, "%s",
             password == NULL ? "" : password);
}

static void put(uint64_t first, uint64_t rows, uint64_t each)
{
    struct store *store = open_store(true);
    struct made_row made;

    for (uint64_t i = first; i < first + rows; i++) {
        make(&made, i);
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

static void tend(unsigned seconds)
{
    struct store *store = open_store(true);
    const clock_ms end = clock_now() + seconds * UINT64_C(1000);
    const struct timespec pause = {.tv_nsec = 20000000};
    struct store_facts facts = {.waiting = 1};

    store_tend(store, clock_wall());
    while (clock_now() < end && facts.waiting > 0) {
        store_tend(store, clock_wall());
        if (store_facts(store, &facts) != STATUS_OK)
            die("facts", "no answer");
        nanosleep(&pause, NULL);
    }
    say_facts(&facts);
    store_close(store);
}

/* Checks. */

static int by_place(const void *a, const void *b)
{
    return row_order(&((const struct made_row *)a)->row, &((const struct made_row *)b)->row);
}

/* made_row is moved when it is sorted; its texts go along. */
static void settle(struct made_row *made)
{
    struct row *row = &made->row;
    struct span *const rest[] = {&row->name,        &row->reason, &row->authority, &row->ticket,
                                 &row->rule_source, &row->mac,    &row->interface};
    for (size_t i = 0; i < WORD_COUNT; i++)
        row->word[i].at = (const uint8_t *)made->text[i];
    for (size_t i = 0; i < COUNT_OF(rest); i++)
        rest[i]->at = (const uint8_t *)made->text[WORD_COUNT + i];
    row->raw.at = (const uint8_t *)made->raw;
}

struct check {
    const struct store_filter *filter;
    bool oldest_first, with_raw;
    size_t next; /* in `all`, in the direction of the page */
    uint64_t rows;
    bool is_wrong;
};

static const struct row *next_wanted(struct check *check)
{
    while (check->next < all_count) {
        const size_t at = check->oldest_first ? check->next : all_count - 1 - check->next;
        check->next++;
        if (row_is_wanted(&all[at].row, check->filter))
            return &all[at].row;
    }
    return NULL;
}

static bool on_row(void *owner, const struct row *row)
{
    struct check *check = owner;
    const struct row *wanted = next_wanted(check);
    check->rows++;
    check->is_wrong = wanted == NULL || !row_is_same(wanted, row, check->with_raw);
    return !check->is_wrong;
}

static bool check_page(struct store *store, uint64_t seed, uint64_t *random)
{
    struct store_filter filter;
    struct store_paged paged = {0};

    filter_make(&filter, seed, TEST_BEGIN, 3 * TEST_DAY);
    struct check check = {.filter = &filter,
                          .oldest_first = random_next(random) % 2 == 0,
                          .with_raw = random_next(random) % 4 == 0};
    struct store_page page = {.oldest_first = check.oldest_first,
                              .most = 1 + (uint32_t)(random_next(random) % 3000),
                              .with_raw = check.with_raw};
    while (!paged.complete) {
        const uint64_t before = check.rows;
        if (store_page(store, &filter, &page, on_row, &check, &paged) != STATUS_OK ||
            check.is_wrong || (!paged.complete && check.rows != before + page.most))
            return false;
        page.after = paged.reached;
        page.has_after = true;
    }
    return next_wanted(&check) == NULL;
}

struct sum {
    uint64_t rows, stopped, wanted_rows, wanted_stopped;
    clock_us at, bucket_us;
    const struct store_filter *filter;
    enum word by;
    bool is_wrong;
};

/* Rows of the hours of the filter, by its words, in a bucket, with a word. */
static void count_slowly(struct sum *sum, const struct store_count *count)
{
    const struct store_filter *f = sum->filter;
    struct store_filter hours = {.from = f->from - f->from % STORE_HOUR_US,
                                 .until =
                                     (f->until + STORE_HOUR_US - 1) / STORE_HOUR_US * STORE_HOUR_US,
                                 .has_stopped = f->has_stopped,
                                 .stopped = f->stopped};
    memcpy(hours.word, f->word, sizeof hours.word);
    sum->wanted_rows = sum->wanted_stopped = 0;
    for (size_t i = 0; i < all_count; i++) {
        const struct row *row = &all[i].row;
        if (!row_is_wanted(row, &hours))
            continue;
        if (count != NULL && sum->bucket_us != 0 && row->at - row->at % sum->bucket_us != count->at)
            continue;
        if (count != NULL && sum->by < WORD_COUNT &&
            !span_equal(row->word[sum->by], span_text(count->word)))
            continue;
        sum->wanted_rows++;
        sum->wanted_stopped += row->stopped;
    }
}

static bool on_count(void *owner, const struct store_count *count)
{
    struct sum *sum = owner;
    count_slowly(sum, count);
    if (count->rows != sum->wanted_rows || count->stopped != sum->wanted_stopped ||
        count->at < sum->at)
        sum->is_wrong = true;
    sum->at = count->at;
    sum->rows += count->rows;
    return !sum->is_wrong;
}

static bool check_counts(struct store *store, uint64_t seed)
{
    static const clock_us buckets[] = {0, 1, 6, 24};
    struct store_filter filter;

    filter_make(&filter, seed, TEST_BEGIN, 3 * TEST_DAY);
    struct sum sum = {.filter = &filter,
                      .by = (enum word)(seed % (WORD_COUNT + 1)),
                      .bucket_us = buckets[seed % 4] * STORE_HOUR_US};
    if (store_counts(store, &filter, sum.by, sum.bucket_us, on_count, &sum) != STATUS_OK ||
        sum.is_wrong)
        return false;
    count_slowly(&sum, NULL);
    return sum.rows == sum.wanted_rows;
}

static bool on_found(void *owner, const struct row *row)
{
    const struct row **wanted = owner;
    if (!row_is_same(*wanted, row, true))
        *wanted = NULL;
    return true;
}

static bool check_find(struct store *store, uint64_t number)
{
    const struct row *wanted = &all[number % all_count].row;
    const struct row *found = wanted;
    struct store_place place = {wanted->at, wanted->source, wanted->sequence};
    if (store_find(store, &place, on_found, &found) != STATUS_OK || found == NULL)
        return false;
    place.sequence += UINT64_C(1) << 40;
    return store_find(store, &place, on_found, &found) == STATUS_NOT_FOUND;
}

static void check(uint64_t rows, uint64_t pages)
{
    struct store *store = open_store(false);
    uint64_t random = 3;

    all_count = rows;
    all = calloc(rows, sizeof *all);
    if (all == NULL)
        die("check", "out of memory");
    for (uint64_t i = 0; i < rows; i++)
        make(&all[i], i);
    qsort(all, rows, sizeof *all, by_place);
    for (uint64_t i = 0; i < rows; i++)
        settle(&all[i]);
    for (uint64_t seed = 0; seed < pages; seed++) {
        char number[24];
        snprintf(number, sizeof number, "%" PRIu64, seed);
        if (!check_page(store, seed, &random))
            die("page", number);
        if (!check_counts(store, seed))
            die("counts", number);
        if (!check_find(store, random_next(&random)))
            die("find", number);
    }
    struct store_facts facts;
    if (store_facts(store, &facts) != STATUS_OK || facts.rows != rows ||
        facts.first != all[0].row.at || facts.last != all[rows - 1].row.at)
        die("facts", facts.why);
    store_close(store);
    free(all);
    puts("as wanted");
}

int main(int count, char **words)
{
    if (count < 6)
        die("usage", "FOLDER SERVERS DATABASE CLUSTER put|tend|check|facts ...");
    read_options(words);
    const char *verb = words[5];
    uint64_t number[3] = {0};
    for (int i = 6; i < count && i < 9; i++)
        number[i - 6] = strtoull(words[i], NULL, 10);
    if (strcmp(verb, "put") == 0 && count == 9) {
        put(number[0], number[1], number[2]);
    } else if (strcmp(verb, "tend") == 0) {
        tend((unsigned)number[0]);
    } else if (strcmp(verb, "check") == 0) {
        check(number[0], number[1]);
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
