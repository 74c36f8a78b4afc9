/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inspect - how fast the inspector reads packets, and what memory it takes; figures for wire.py.
 *
 *   inspect generate KIND FILE [BYTES]     a capture to measure with (traffic.h)
 *   inspect time FILE [IMAGE]              a line of JSON for each of three rounds, from memory
 *   inspect memory FILE BUDGET [IMAGE]     one of one round, read in parts, with resident memory
 *
 * Time is that of the processor, so that others on the machine disturb little.
 */
#include "packets/watched.h"
#include "traffic.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

enum { FILE_HEADER = 24, PACKET_HEADER = 16, ROUNDS = 3, PART = 1 << 18, KIBIBYTE = 1024 };

static const uint64_t usual_budget = UINT64_C(512) << 20;

struct measured {
    struct watcher *watcher;
    uint64_t events, results;
};

static void on_event(void *owner, const struct event *event)
{
    struct measured *m = owner;
    m->events += event->kind == EVENT_WIRE;
}

static void on_result(void *owner, const struct result *result)
{
    struct measured *m = owner;
    m->results++;
    (void)result;
}

static void fail(const char *file, const char *why)
{
    fprintf(stderr, "inspect: %s: %s\n", file, why);
    exit(1);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* In bytes, out of /proc/self/status: "VmHWM:", "RssAnon:". */
static uint64_t resident(const char *what)
{
    char line[128];
    unsigned long kibibytes = 0;
    FILE *status = fopen("/proc/self/status", "re");
    if (status == NULL)
        return 0;
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, what, strlen(what)) == 0)
            kibibytes = strtoul(line + strlen(what), NULL, 10);
    }
    fclose(status);
    return (uint64_t)kibibytes * KIBIBYTE;
}

static struct policy *open_policy(const char *image)
{
    struct policy *policy;
    if (image == NULL)
        return watched_policy();
    int fd = open(image, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || policy_open(fd, &policy) != STATUS_OK)
        fail(image, "is no policy image");
    close(fd);
    return policy;
}

static struct measured *measured_new(const struct policy *policy, uint64_t budget)
{
    static struct measured m;
    const struct watch_limits limits = {.memory = budget, .tcp_seconds = 300, .udp_seconds = 60};
    const struct watch_output output = {&m, on_event, on_result};
    m = (struct measured){.watcher = watcher_new(&limits, &output)};
    watched_must(m.watcher != NULL, "watcher_new()");
    watcher_use(m.watcher, policy, 1);
    return &m;
}

static uint32_t number_at(const uint8_t *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof number);
    return le32toh(number);
}

/* A packet of a capture file, as libpcap hands it on; gives its bytes with those of its header. */
static inline size_t show(struct watcher *watcher, const uint8_t *at)
{
    size_t length = number_at(at + 8);
    const struct packet packet = {LINK_ETHERNET, span_of(at + PACKET_HEADER, length),
                                  number_at(at + 12),
                                  (clock_us)number_at(at) * 1000000 + number_at(at + 4)};
    (void)watch_packet(watcher, &packet);
    return PACKET_HEADER + length;
}

static void print_counts(const struct measured *m, double seconds)
{
    const struct watch_counts c = watch_counts(m->watcher);
    printf("{\"seconds\": %.4f, \"packets\": %llu, \"bytes\": %llu, \"flows\": %llu, "
           "\"judged\": %llu, \"named\": %llu, \"unnamed\": %llu, \"ambiguous\": %llu, "
           "\"events\": %llu, \"evicted\": %llu, \"refused\": %llu, \"flows_now\": %llu, "
           "\"malformed\": %llu, \"flow_bytes\": %zu",
           seconds, (unsigned long long)c.packets, (unsigned long long)c.bytes,
           (unsigned long long)c.flows, (unsigned long long)c.judged, (unsigned long long)c.named,
           (unsigned long long)c.unnamed, (unsigned long long)c.ambiguous,
           (unsigned long long)m->events, (unsigned long long)c.flows_evicted,
           (unsigned long long)c.gather_refused, (unsigned long long)c.flows_now,
           (unsigned long long)c.malformed, flows_bytes_each());
}

/* Reads a byte of each page, so that no round pays for the first visit. */
static void visit(const uint8_t *bytes, size_t size)
{
    volatile uint8_t seen;
    for (size_t at = 0; at < size; at += 4096)
        seen = bytes[at];
    (void)seen;
}

static int time_file(const char *file, const char *image)
{
    struct policy *policy = open_policy(image);
    struct stat facts;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0)
        fail(file, strerror(errno));
    size_t size = (size_t)facts.st_size;
    const uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED || size < FILE_HEADER)
        fail(file, "is no capture, or too large for the memory");
    visit(bytes, size);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct measured *m = measured_new(policy, usual_budget);
        const uint8_t *at = bytes + FILE_HEADER, *end = bytes + size;
        double start = cpu_seconds();
        while (at < end)
            at += show(m->watcher, at);
        print_counts(m, cpu_seconds() - start);
        printf("}\n");
        watcher_free(m->watcher);
    }
    policy_close(policy);
    return 0;
}

/* Only PART of the file is in memory, so that what is resident is the watcher's. */
static int weigh_file(const char *file, uint64_t budget, const char *image)
{
    static uint8_t part[PART];
    struct policy *policy = open_policy(image);
    FILE *in = fopen(file, "rbe");
    if (in == NULL || fread(part, 1, FILE_HEADER, in) != FILE_HEADER)
        fail(file, "is no capture");
    uint64_t before = resident("VmRSS:");
    struct measured *m = measured_new(policy, budget);
    double start = cpu_seconds();
    while (fread(part, 1, PACKET_HEADER, in) == PACKET_HEADER) {
        size_t length = number_at(part + 8);
        if (length > PART - PACKET_HEADER || fread(part + PACKET_HEADER, 1, length, in) != length)
            fail(file, "ends in the middle of a packet");
        (void)show(m->watcher, part);
    }
    print_counts(m, cpu_seconds() - start);
    printf(", \"budget\": %llu, \"resident\": %llu, \"before\": %llu, \"peak\": %llu}\n",
           (unsigned long long)budget, (unsigned long long)resident("VmRSS:"),
           (unsigned long long)before, (unsigned long long)resident("VmHWM:"));
    fclose(in);
    watcher_free(m->watcher);
    policy_close(policy);
    return 0;
}

static int generate(const char *kind, const char *file, const char *bytes)
{
    const struct traffic_kind *k = traffic_kinds;
    while (k->name != NULL && strcmp(k->name, kind) != 0)
        k++;
    if (k->name == NULL)
        fail(kind, "is no kind of traffic (they stand below the usage)");
    FILE *out = fopen(file, "wbe");
    if (out == NULL)
        fail(file, strerror(errno));
    (void)setvbuf(out, NULL, _IOFBF, 1 << 20);
    bool fine = traffic_write(kind, out, bytes != NULL ? strtoull(bytes, NULL, 10) : k->bytes);
    if (fclose(out) != 0 || !fine)
        fail(file, "could not be written whole");
    return 0;
}

int main(int argc, char *argv[])
{
    const char *word = argc > 2 ? argv[1] : "";
    if (strcmp(word, "generate") == 0 && argc > 3)
        return generate(argv[2], argv[3], argc > 4 ? argv[4] : NULL);
    if (strcmp(word, "time") == 0)
        return time_file(argv[2], argc > 3 ? argv[3] : NULL);
    if (strcmp(word, "memory") == 0 && argc > 3)
        return weigh_file(argv[2], strtoull(argv[3], NULL, 10), argc > 4 ? argv[4] : NULL);
    fprintf(stderr, "usage: inspect generate KIND FILE [BYTES] | time FILE [IMAGE] | "
                    "memory FILE BUDGET [IMAGE]\n");
    for (const struct traffic_kind *k = traffic_kinds; k->name != NULL; k++)
        fprintf(stderr, "  %-8s %s\n", k->name, k->what);
    return 2;
}
