/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store - how fast rows are put, and how long pages and counts take.
 *
 *     store FOLDER ROWS DAYS     fills the folder, and asks each question many times
 *     store FOLDER 0 DAYS        asks only
 *
 * 5,000 clients, 200 names, 60 rules, 4 gateways; a line has 1300 bytes, of which 90 are new in
 * each: a chain, a port, a community id, times.
 */
#include "base/clock.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CLIENTS = 5000, NAMES = 200, RULES = 60, GATEWAYS = 4, BATCH = 4096, TIMES = 60 };
static const clock_us BEGIN = UINT64_C(1795478400000000), DAY = UINT64_C(86400000000);

static uint64_t next(uint64_t *state)
{
    uint64_t x = (*state += UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static const char *const apps[] = {"WeChat", "Kaspersky", "TikTok", "Encrypted DNS"};
static const char *const lists[] = {"wechat", "kaspersky", "tiktok", "encrypted-dns"};

struct texts {
    char name[64], rule[32], gateway[16], source[48], raw[2048];
};

static struct span text(const char *t)
{
    return span_text(t);
}

static void client_of(uint64_t number, struct address *out)
{
    *out = (struct address){{[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 20}};
    out->bytes[14] = (uint8_t)(number >> 8);
    out->bytes[15] = (uint8_t)number;
}

static void write_line(struct texts *t, const struct row *row, uint64_t random)
{
    uint64_t state = random;
    const int length = snprintf(
        t->raw, sizeof t->raw,
        "{\"@timestamp\":\"2026-11-24T03:00:00.%06uZ\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{"
        "\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"protocol\",\"denied\"],"
        "\"action\":\"dns-sinkhole\",\"reason\":\"name is on a list\",\"severity\":4,\"module\":"
        "\"ponor\",\"dataset\":\"ponor.dns\",\"sequence\":%llu,\"duration\":%llu},\"observer\":{"
        "\"vendor\":\"Ponor\",\"product\":\"dnsd\",\"type\":\"dns\",\"name\":\"%s\",\"version\":"
        "\"0.1.0\"},\"source\":{\"ip\":\"10.20.%u.%u\",\"port\":%u},\"destination\":{\"ip\":"
        "\"10.20.0.53\",\"port\":53},\"network\":{\"transport\":\"udp\",\"protocol\":\"dns\","
        "\"application\":\"wechat\",\"community_id\":\"1:%011llx%012llxk=\"},\"dns\":{\"type\":"
        "\"answer\",\"id\":\"%u\",\"op_code\":\"QUERY\",\"header_flags\":[\"RD\",\"RA\"],"
        "\"question\":{\"name\":\"%s\",\"type\":\"A\",\"class\":\"IN\",\"registered_domain\":"
        "\"qq.com\"},\"response_code\":\"NOERROR\"},\"rule\":{\"id\":\"%s\",\"name\":\"%s\","
        "\"ruleset\":\"%.*s\",\"category\":\"banned-app\",\"reference\":\"TBS notice of "
        "2023-10-30\",\"version\":\"2026112401\"},\"ponor\":{\"action\":\"sinkhole\",\"seen\":"
        "\"question\",\"group\":\"mobile\",\"app\":\"%.*s\",\"evidence\":\"installed\","
        "\"authority\":\"Treasury Board of Canada Secretariat, notice of 2023-10-30\",\"ticket\":"
        "\"SEC-2023-0117\",\"source\":\"%s\",\"ede\":15,\"lost\":0,\"chain\":\"%016llx%016llx%"
        "016llx"
        "%016llx\"}}",
        (unsigned)(row->at % 1000000), (unsigned long long)row->sequence,
        (unsigned long long)row->duration_ns, t->gateway, row->client.bytes[14],
        row->client.bytes[15], row->client_port, (unsigned long long)(next(&state) >> 20),
        (unsigned long long)(next(&state) >> 16), (unsigned)(next(&state) & 0xffff), t->name,
        t->rule, t->name, (int)row->word[WORD_LIST].length, row->word[WORD_LIST].at,
        (int)row->word[WORD_APP].length, row->word[WORD_APP].at, t->source,
        (unsigned long long)next(&state), (unsigned long long)next(&state),
        (unsigned long long)next(&state), (unsigned long long)next(&state));
    (void)length;
}

static void make(struct row *row, struct texts *t, uint64_t number, uint64_t rows, uint64_t days)
{
    uint64_t state = number;
    const uint64_t rule = next(&state) % RULES, app = rule % 4, gateway = next(&state) % GATEWAYS;

    snprintf(t->name, sizeof t->name, "n%u.short.weixin%u.qq.com", (unsigned)(next(&state) % NAMES),
             (unsigned)(rule % 7));
    snprintf(t->rule, sizeof t->rule, "%s:%u", lists[app], (unsigned)rule);
    snprintf(t->gateway, sizeof t->gateway, "gw-%02u", (unsigned)gateway);
    snprintf(t->source, sizeof t->source, "%s.yaml:%u", lists[app], (unsigned)rule);
    *row = (struct row){
        .at = BEGIN + days * DAY / rows * number + next(&state) % 100000,
        .sequence = number + 1,
        .source = (uint32_t)gateway + 1,
        .way = WAY_DNS,
        .evidence = EVIDENCE_INSTALLED,
        .severity = (uint8_t)(2 + rule % 4),
        .stopped = rule % 3 != 0,
        .has_client = true,
        .has_server = true,
        .client_port = (uint16_t)next(&state),
        .server_port = 53,
        .duration_ns = 20000 + next(&state) % 90000,
    };
    const uint64_t client = next(&state) % CLIENTS;
    client_of(client, &row->client);
    client_of(53, &row->server);
    row->device = client + 1;
    const char *const words[WORD_COUNT] = {apps[app],
                                           lists[app],
                                           t->rule,
                                           row->stopped ? "dns-sinkhole" : "dns-observe",
                                           "dns",
                                           "installed",
                                           client % 3 ? "mobile" : "office",
                                           t->gateway,
                                           "dnsd"};
    for (size_t i = 0; i < WORD_COUNT; i++)
        row->word[i] = text(words[i]);
    row->name = text(t->name);
    row->reason = text("name is on a list");
    row->authority = text("Treasury Board of Canada Secretariat, notice of 2023-10-30");
    row->ticket = text("SEC-2023-0117");
    row->rule_source = text(t->source);
    write_line(t, row, next(&state));
    row->raw = text(t->raw);
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void must(enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, status_text(status));
    exit(1);
}

static void fill(const struct config_store *options, uint64_t rows, uint64_t days)
{
    char why[STORE_WHY_SIZE];
    struct store *store;
    uint64_t spent = 0, cpu = 0, made = 0, bytes = 0;

    if (store_open(options, true, why, &store) != STATUS_OK) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    for (uint64_t number = 0; number < rows; number += BATCH) {
        static struct row batch[BATCH];
        static struct texts texts[BATCH];
        const uint64_t count = rows - number < BATCH ? rows - number : BATCH;
        for (uint64_t i = 0; i < count; i++) {
            make(&batch[i], &texts[i], number + i, rows, days);
            bytes += batch[i].raw.length;
        }
        const uint64_t begin = clock_ns(), cpu_begin = cpu_ns();
        for (uint64_t i = 0; i < count; i++)
            must(store_put(store, &batch[i]), "put");
        must(store_commit(store), "commit");
        store_tend(store, batch[count - 1].at);
        spent += clock_ns() - begin;
        cpu += cpu_ns() - cpu_begin;
        made += count;
    }
    store_close(store);
    must(store_open(options, false, why, &store), "open");
    struct store_facts facts;
    must(store_facts(store, &facts), "facts");
    printf("%llu rows of %llu bytes put: %.2f us a row (%.2f us of a core), %.0f rows/s; on disk "
           "%.1f bytes a row\n",
           (unsigned long long)made, (unsigned long long)(bytes / made),
           (double)spent / 1000 / (double)made, (double)cpu / 1000 / (double)made,
           1e9 * (double)made / (double)spent, (double)facts.bytes / (double)facts.rows);
    store_close(store);
}

static bool on_row(void *owner, const struct row *row)
{
    ++*(uint64_t *)owner;
    return true;
}

static bool on_count(void *owner, const struct store_count *count)
{
    *(uint64_t *)owner += count->rows;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* On a machine that is busy otherwise, what a core did says more than what a clock says. */
static void print(const char *what, uint64_t *ns, uint64_t cpu, uint64_t rows, bool complete)
{
    qsort(ns, TIMES, sizeof *ns, by_number);
    printf("%-50s p50 %6.1f max %6.1f core %6.1f ms %8llu rows%s\n", what,
           (double)ns[TIMES / 2] / 1e6, (double)ns[TIMES - 1] / 1e6, (double)cpu / TIMES / 1e6,
           (unsigned long long)rows, complete ? "" : " (more)");
}

struct question {
    const char *what;
    struct store_filter filter;
    bool with_raw, oldest_first, is_deep;
    uint32_t most;
};

static void ask(struct store *store, const struct question *q, uint64_t days)
{
    uint64_t ns[TIMES], rows = 0;
    const uint64_t cpu = cpu_ns();
    struct store_paged paged = {0};

    for (unsigned i = 0; i < TIMES; i++) {
        struct store_page page = {.most = q->most == 0 ? 100 : q->most,
                                  .patience_ms = 2000,
                                  .with_raw = q->with_raw,
                                  .oldest_first = q->oldest_first};
        if (q->is_deep) {
            page.has_after = true;
            page.after.at = BEGIN + days * DAY * (i + 1) / (TIMES + 2);
        }
        rows = 0;
        const uint64_t begin = clock_ns();
        must(store_page(store, &q->filter, &page, on_row, &rows, &paged), q->what);
        ns[i] = clock_ns() - begin;
    }
    print(q->what, ns, cpu_ns() - cpu, rows, paged.complete);
}

static void count(struct store *store, const char *what, const struct store_filter *filter,
                  enum word by, clock_us bucket)
{
    uint64_t ns[TIMES], rows = 0;
    const uint64_t cpu = cpu_ns();
    for (unsigned i = 0; i < TIMES; i++) {
        rows = 0;
        const uint64_t begin = clock_ns();
        must(store_counts(store, filter, by, bucket, on_count, &rows), what);
        ns[i] = clock_ns() - begin;
    }
    print(what, ns, cpu_ns() - cpu, rows, true);
}

static void ask_pages(struct store *store, uint64_t days)
{
    struct prefix one = {.bits = 128}, many = {.bits = 120}, few = {.bits = 128};
    client_of(777, &one.base);
    client_of(0x1200, &many.base);
    client_of(60000, &few.base);
    const struct question questions[] = {
        {"newest 100", {0}},
        {"newest 100 with lines", {0}, .with_raw = true},
        {"newest 500", {0}, .most = 500},
        {"oldest 100", {0}, .oldest_first = true},
        {"100 behind a place, anywhere", {0}, .is_deep = true},
        {"one day", {.from = BEGIN + DAY, .until = BEGIN + 2 * DAY}},
        {"app", {.word[WORD_APP] = "WeChat"}},
        {"rule", {.word[WORD_RULE] = "kaspersky:1"}},
        {"rule, with lines", {.word[WORD_RULE] = "kaspersky:1"}, .with_raw = true},
        {"list, gateway and group",
         {.word[WORD_LIST] = "wechat",
          .word[WORD_GATEWAY] = "gw-02",
          .word[WORD_GROUP] = "office"}},
        {"client", {.has_client = true, .client = one}},
        {"client, 500, with lines",
         {.has_client = true, .client = one},
         .with_raw = true,
         .most = 500},
        {"client, behind a place", {.has_client = true, .client = one}, .is_deep = true},
        {"client that never was", {.has_client = true, .client = few}},
        {"prefix of 256 clients", {.has_client = true, .client = many}},
        {"device", {.device = 778}},
        {"device that never was", {.device = 999999}},
        {"name and below", {.name = "n17.short.weixin3.qq.com"}},
        {"name with all below it", {.name = "qq.com"}},
        {"name that never was", {.name = "example.org"}},
        {"stopped, severity 5", {.has_stopped = true, .stopped = true, .least_severity = 5}},
        {"severity that never was", {.least_severity = 7}},
        {"client and rule", {.has_client = true, .client = one, .word[WORD_RULE] = "wechat:8"}},
        {"client, name and rule",
         {.has_client = true,
          .client = one,
          .name = "n17.short.weixin3.qq.com",
          .word[WORD_RULE] = "wechat:52"}},
        {"app and rule that never meet",
         {.word[WORD_APP] = "TikTok", .word[WORD_RULE] = "kaspersky:1"}},
        {"prefix, all below a name, severity that never was",
         {.has_client = true,
          .client = many,
          .name = "qq.com",
          .least_severity = 7,
          .traffic_only = true}},
    };
    for (size_t i = 0; i < COUNT_OF(questions); i++)
        ask(store, &questions[i], days);
}

static void ask_all(const struct config_store *options, uint64_t days)
{
    char why[STORE_WHY_SIZE];
    struct store *store;
    struct store_facts facts;
    uint64_t ns[TIMES];

    must(store_open(options, false, why, &store), "open");
    ask_pages(store, days);
    const struct store_filter none = {0}, app = {.word[WORD_APP] = "WeChat"},
                              day = {.from = BEGIN + DAY, .until = BEGIN + 2 * DAY};
    count(store, "counts: apps by hour", &none, WORD_APP, STORE_HOUR_US);
    count(store, "counts: rules, whole time", &none, WORD_RULE, 0);
    count(store, "counts: rules by hour", &none, WORD_RULE, STORE_HOUR_US);
    count(store, "counts: gateways by day", &none, WORD_GATEWAY, DAY);
    count(store, "counts: all by hour of one app", &app, WORD_COUNT, STORE_HOUR_US);
    count(store, "counts: actions of one day", &day, WORD_ACTION, STORE_HOUR_US);
    const uint64_t cpu = cpu_ns();
    for (unsigned i = 0; i < TIMES; i++) {
        const uint64_t begin = clock_ns();
        must(store_facts(store, &facts), "facts");
        ns[i] = clock_ns() - begin;
    }
    print("facts", ns, cpu_ns() - cpu, facts.rows, true);
    store_close(store);
}

int main(int count_of, char **words)
{
    struct config_store options = {.choice = STORE_SQLITE};

    if (count_of != 4) {
        fprintf(stderr, "usage: store FOLDER ROWS DAYS\n");
        return 2;
    }
    snprintf(options.folder, sizeof options.folder, "%s", words[1]);
    const uint64_t rows = strtoull(words[2], NULL, 10), days = strtoull(words[3], NULL, 10);
    if (rows > 0)
        fill(&options, rows, days);
    ask_all(&options, days);
    return 0;
}
