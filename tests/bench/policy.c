/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench/policy - what a list costs, by size: to compile, to open, to keep, to ask.
 *
 * Used by `./dev bench policy`. Names are made from a seed and look like those of published lists
 * (19 characters in the mean; a third below a registered name). A look-up is timed with the clock
 * before and after it, and the clock's own time is taken off; names come in no order that a cache
 * could learn. Times of one look-up are medians; hits in
 * batches, which overlap, are means. Bars are those of the project.
 */
#include "base/clock.h"
#include "policy/compile.h"
#include "policy/decide.h"
#include "policy/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LOOKUPS = 200000, NAME_ROOM = 64 };

/* The start of a struct name, so that the questions themselves take little of the cache. */
struct short_name {
    uint8_t length, labels, wire[NAME_ROOM];
};

static uint64_t seed = 20261124;

static uint32_t below(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 32) * limit >> 32);
}

static const char *const parts[] = {
    "ad",     "click", "media", "track", "data",  "net",     "web",    "shop",   "online", "best",
    "free",   "game",  "play",  "video", "pay",   "bank",    "news",   "login",  "cloud",  "host",
    "cash",   "deal",  "coin",  "love",  "date",  "chat",    "live",   "sport",  "gift",   "car",
    "home",   "fast",  "smart", "top",   "pro",   "digital", "market", "social", "find",   "soft",
    "studio", "photo", "music", "film",  "store", "group",   "world",  "city",   "green",  "blue"};
static const char *const ends[] = {"com", "com", "com", "com",   "com",    "net",  "org",
                                   "ru",  "xyz", "top", "info",  "online", "site", "shop",
                                   "de",  "cn",  "io",  "co.uk", "com.br", "club"};
static const char *const hosts[] = {"ads", "track", "metrics", "pixel", "stats", "cdn",  "img",
                                    "api", "log",   "t",       "s",     "m",     "media"};

#define ANY(words) (words)[below(COUNT_OF(words))]

/* A name that looks real and, by its number, is not made twice. */
static void make_name(char out[NAME_ROOM], uint32_t number)
{
    int length = below(3) == 0 ? snprintf(out, NAME_ROOM, "%s.", ANY(hosts)) : 0;
    snprintf(out + length, NAME_ROOM - (size_t)length, "%s%s%u.%s", ANY(parts),
             below(2) == 0 ? ANY(parts) : "", number, ANY(ends));
}

static int memory_file(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) {
        perror("memfd_create");
        exit(1);
    }
    return fd;
}

static void keep_name(const char *text, struct short_name *out)
{
    struct name name;
    if (name_parse(text, &name) != STATUS_OK || name.length > NAME_ROOM)
        exit(1);
    memcpy(out, &name, 2u + name.length);
}

/* `count` names as a list in one of our formats; the names also into `names`, for hits. */
static int make_list(const char *format, uint32_t count, struct short_name *names)
{
    int fd = memory_file("list");
    FILE *file = fdopen(dup(fd), "w");
    bool yaml = strcmp(format, "yaml") == 0;
    uint32_t step = count > LOOKUPS ? count / LOOKUPS : 1;
    if (yaml)
        fprintf(file, "list: bench\ntitle: Bench\nserial: 1\nrules:\n");
    seed = 20261124;
    for (uint32_t i = 0; i < count; i++) {
        char text[NAME_ROOM];
        make_name(text, i);
        fprintf(file, yaml ? "  - domain: %s\n" : "%s\n", text);
        if (names != NULL && i % step == 0 && i / step < LOOKUPS)
            keep_name(text, &names[i / step]);
    }
    fclose(file);
    return fd;
}

/* Compiles one list for everybody; seconds, with the growth guard at work where `running` is given.
 */
static double compile(const char *format, int list, const struct policy *running, int out)
{
    struct prefix everybody = {0};
    uint16_t lists[] = {0};
    struct list_source source = {.id = "bench", .title = "Bench", .action = ACTION_SINKHOLE};
    struct group_source group = {
        .id = "all", .clients = &everybody, .client_count = 1, .lists = lists, .list_count = 1};
    struct policy_source policy = {.config_file = "bench",
                                   .lists = &source,
                                   .list_count = 1,
                                   .groups = &group,
                                   .group_count = 1,
                                   .max_change_percent = 50};
    struct problems *problems = problems_new();
    snprintf(source.file, sizeof source.file, "/proc/self/fd/%d", list);
    snprintf(source.format, sizeof source.format, "%s", format);
    if (strcmp(format, "yaml") == 0)
        source.title[0] = 0;
    uint64_t start = clock_ns();
    enum status status = policy_compile(&policy, running, out, problems);
    double seconds = (double)(clock_ns() - start) / 1e9;
    problems_print(problems, 2);
    problems_free(problems);
    if (status != STATUS_OK)
        exit(1);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t median(uint32_t *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* Median nanoseconds of decide(), and how many were blocked. */
static uint32_t time_decide(const struct policy *policy, const struct short_name *names,
                            uint32_t count, uint32_t *blocked)
{
    static uint32_t took[LOOKUPS], clock_took[LOOKUPS];
    *blocked = 0;
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        struct name asked; /* in the cache, as if just read */
        memcpy(&asked, &names[(uint64_t)i * 7919 % count], sizeof *names);
        const struct subject subject = {.name = &asked};
        uint64_t first = clock_ns();
        uint64_t start = clock_ns();
        *blocked += action_blocks(decide(policy, &subject).action);
        took[i] = (uint32_t)(clock_ns() - start);
        clock_took[i] = (uint32_t)(start - first);
    }
    return median(took, LOOKUPS) - median(clock_took, LOOKUPS);
}

/* Mean nanoseconds of decide() in batches, as serve asks: first all names are announced. */
static double time_batches(const struct policy *policy, const struct short_name *names,
                           uint32_t count)
{
    enum { BATCH = 32 };
    static struct name asked[BATCH];
    uint64_t took = 0;
    for (uint32_t i = 0; i + BATCH <= LOOKUPS; i += BATCH) {
        for (uint32_t n = 0; n < BATCH; n++)
            memcpy(&asked[n], &names[(uint64_t)(i + n) * 7919 % count], sizeof *names);
        uint64_t start = clock_ns();
        for (uint32_t n = 0; n < BATCH; n++)
            decide_prefetch(policy, &asked[n]);
        for (uint32_t n = 0; n < BATCH; n++) {
            const struct subject subject = {.name = &asked[n]};
            (void)decide(policy, &subject);
        }
        took += clock_ns() - start;
    }
    return (double)took / (LOOKUPS / BATCH * BATCH);
}

/* Nanoseconds of one read that must wait for the one before, in as many bytes as the image has:
 * what the machine takes for a hit's one visit to memory, whatever the table. */
static double time_memory(size_t bytes)
{
    enum { LINE = 64, READS = 300000 };
    uint32_t count = (uint32_t)(bytes / LINE), at = 0;
    uint8_t *lines = malloc((size_t)count * LINE);
    if (lines == NULL)
        exit(1);
    /* A walk through all lines that no prefetcher guesses: a full-period generator of numbers. */
    uint32_t period = 1;
    while (period < count)
        period *= 2;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t next = i;
        do
            next = (next * 1664525u + 1013904223u) & (period - 1);
        while (next >= count);
        memcpy(lines + (size_t)i * LINE, &next, sizeof next);
    }
    uint64_t start = clock_ns();
    for (uint32_t i = 0; i < READS; i++)
        memcpy(&at, lines + (size_t)at * LINE, sizeof at);
    double took = (double)(clock_ns() - start) / READS;
    volatile uint32_t used = at;
    (void)used;
    free(lines);
    return took;
}

static void measure(uint32_t count, struct short_name *hits, const struct short_name *misses)
{
    struct policy *policy;
    uint32_t blocked, passed, known = count < LOOKUPS ? count : LOOKUPS;
    int list = make_list("domains", count, hits), image = memory_file("image");
    double first = compile("domains", list, NULL, image);
    if (policy_open(image, &policy) != STATUS_OK)
        exit(1);
    int again = memory_file("image");
    double seconds = compile("domains", list, policy, again);
    policy_close(policy);

    uint64_t start = clock_ns();
    if (policy_open(image, &policy) != STATUS_OK)
        exit(1);
    double open_ms = (double)(clock_ns() - start) / 1e6;
    const struct policy_facts facts = policy_facts(policy);
    uint32_t miss_ns = time_decide(policy, misses, LOOKUPS, &passed);
    uint32_t hit_ns = time_decide(policy, hits, known, &blocked);
    printf("%9u  %9.2f  %7.2f  %12.1f  %7.1f  %7u  %6u  %9.0f  %9.0f\n", count, first, seconds,
           (double)facts.bytes / facts.names, open_ms, miss_ns, hit_ns,
           time_batches(policy, hits, known), time_memory(facts.bytes));
    if (blocked != LOOKUPS || passed != 0)
        printf("           wrong: %u of %u hits were blocked, and %u misses\n", blocked, LOOKUPS,
               passed);
    policy_close(policy);
    close(list);
    close(image);
    close(again);
}

int main(void)
{
    static const uint32_t counts[] = {10000, 100000, 1000000, 5000000};
    struct short_name *hits = calloc(LOOKUPS, sizeof *hits);
    struct short_name *misses = calloc(LOOKUPS, sizeof *misses);
    if (hits == NULL || misses == NULL)
        return 1;
    seed = 77;
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        char text[NAME_ROOM];
        make_name(text, 900000000 + i * 3);
        keep_name(text, &misses[i]);
    }
    printf("  domains  compile s  again s  bytes/domain  open ms  miss ns  hit ns  hit/batch  "
           "memory ns\n");
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        measure(counts[i], hits, misses);
    int list = make_list("yaml", 1000000, NULL), image = memory_file("image");
    printf("1,000,000 rules of a YAML list: %.2f s to compile\n",
           compile("yaml", list, NULL, image));
    printf("bars at 1,000,000: compile 2 s, 32 bytes a domain, open 50 ms, decide 150 ns\n");
    free(hits);
    free(misses);
    return 0;
}
