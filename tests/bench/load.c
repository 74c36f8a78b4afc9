/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * load - asks a DNS server on loopback as fast as it answers, or at a steady rate, and measures.
 *
 * Used by tests/bench/dns.py. Closed loop: --outstanding questions are always under way. Open loop:
 * --rate questions a second whatever comes back. The CPU time of the processes named by --pids is
 * read from the kernel over the measured interval. One line of JSON on standard output. Never asks
 * an address that is not loopback.
 */
#include "base/address.h"
#include "base/clock.h"
#include "base/writer.h"
#include "dns/name.h"
#include "dns/type.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SOCKETS = 8,
    BATCH = 32,
    SLOTS_MOST = 4096,
    QUERY_SIZE = 300,
    ANSWER_SIZE = 4096,
    TIMEOUT_NS = 1000000000,
    LATENCY_BUCKETS = 400 /* eighths of a power of two, in ns */
};

struct query {
    uint16_t length;
    uint8_t bytes[QUERY_SIZE];
};

struct slot {
    uint64_t sent; /* ns; 0: free */
    uint8_t turn;
};

static struct query *queries;
static size_t query_count, next_query;
static struct slot slots[SOCKETS][SLOTS_MOST / SOCKETS];
static unsigned outstanding = 128, unique;
static double seconds = 2, rate;
static int sockets[SOCKETS];
static uint64_t sent, answered, lost, longest_silence, longest_latency, last_answer;
static uint64_t latency[LATENCY_BUCKETS], rcodes[16];
static uint64_t first_unlike, last_unlike; /* when --expect was not met */
static int expected = -1;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* "name TYPE" a line -> wire queries. */
static void read_queries(const char *file)
{
    char line[NAME_TEXT_SIZE + 32], text[NAME_TEXT_SIZE], type_word[WORD_SIZE];
    FILE *in = fopen(file, "re");
    size_t room = 0;
    if (in == NULL)
        fail(file);
    while (fgets(line, sizeof line, in) != NULL) {
        struct name name;
        uint16_t type = TYPE_A;
        int words = sscanf(line, "%1015s %15s", text, type_word);
        if (words < 1 || name_parse(text, &name) != STATUS_OK ||
            (words == 2 && type_parse(type_word, &type) != STATUS_OK))
            continue;
        if (query_count == room) {
            room = room ? room * 2 : 1024;
            queries = realloc(queries, room * sizeof *queries);
            if (queries == NULL)
                fail("memory");
        }
        struct query *q = &queries[query_count++];
        struct writer w = writer_over(q->bytes, sizeof q->bytes);
        write_bytes(&w, "\0\0\1\0\0\1\0\0\0\0\0\0", 12);
        if (unique)
            write_bytes(&w, "\010xxxxxxxx", 9);
        write_span(&w, name_span(&name));
        write_u16(&w, type);
        write_u16(&w, CLASS_IN);
        if (w.failed)
            query_count--;
        q->length = (uint16_t)writer_length(&w);
    }
    fclose(in);
    if (query_count == 0)
        fail("no queries");
}

static void open_sockets(const char *target)
{
    static const struct prefix ipv4_loopback = {{{[10] = 0xff, [11] = 0xff, [12] = 127}}, 104};
    struct address address;
    struct sockaddr_storage to;
    uint16_t port = 53;
    int size = 4 << 20;
    if (endpoint_parse(target, &address, &port) != STATUS_OK ||
        !prefix_holds(&ipv4_loopback, &address)) {
        errno = EPERM;
        fail("only loopback is asked");
    }
    socklen_t length = address_to_sockaddr(&address, port, AF_UNSPEC, &to);
    for (int i = 0; i < SOCKETS; i++) {
        sockets[i] = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (sockets[i] < 0 || connect(sockets[i], (struct sockaddr *)&to, length) < 0)
            fail("socket");
        setsockopt(sockets[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
}

/* CPU nanoseconds of all threads of the processes. */
static uint64_t cpu_of(const char *pids)
{
    uint64_t total = 0;
    char path[128], *next;
    for (const char *at = pids; at != NULL && *at != 0; at = *next == ',' ? next + 1 : NULL) {
        unsigned long pid = strtoul(at, &next, 10);
        snprintf(path, sizeof path, "/proc/%lu/task", pid);
        DIR *tasks = opendir(path);
        const struct dirent *task;
        while (tasks != NULL && (task = readdir(tasks)) != NULL) {
            unsigned long long ran = 0;
            snprintf(path, sizeof path, "/proc/%lu/task/%.20s/schedstat", pid, task->d_name);
            FILE *in = task->d_name[0] == '.' ? NULL : fopen(path, "re");
            if (in != NULL && fscanf(in, "%llu", &ran) == 1)
                total += ran;
            if (in != NULL)
                fclose(in);
        }
        if (tasks != NULL)
            closedir(tasks);
    }
    return total;
}

static unsigned bucket_of(uint64_t ns)
{
    unsigned power = ns < 8 ? 0 : 63 - (unsigned)__builtin_clzll(ns);
    unsigned bucket = power * 8 + (power >= 3 ? (unsigned)(ns >> (power - 3)) & 7 : 0);
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

static double latency_at(double part)
{
    uint64_t seen = 0, target = (uint64_t)((double)answered * part);
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        if ((seen += latency[i]) > target)
            return (double)(1ull << (i / 8)) * (1 + (i % 8) / 8.0) / 1000.0;
    return 0;
}

/* Sends one question for each of the named slots of a socket. */
static void send_slots(int s, const unsigned *which, unsigned count, uint64_t now)
{
    static uint64_t serial; /* begins elsewhere each run, so that no run meets another's names */
    static struct query copies[BATCH];
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];
    if (serial == 0)
        serial = now;
    for (unsigned i = 0; i < count; i++) {
        struct slot *slot = &slots[s][which[i]];
        copies[i] = queries[next_query++ % query_count];
        store_u16(copies[i].bytes, (uint16_t)(++slot->turn << 8 | which[i]));
        if (unique)
            for (unsigned k = 0, x = (unsigned)++serial * 2654435761u; k < 8; k++, x >>= 4)
                copies[i].bytes[13 + k] = (uint8_t)('a' + (x & 15));
        slot->sent = now;
        parts[i] = (struct iovec){copies[i].bytes, copies[i].length};
        headers[i] = (struct mmsghdr){{.msg_iov = &parts[i], .msg_iovlen = 1}, 0};
    }
    for (unsigned done = 0; done < count;) {
        int n = sendmmsg(sockets[s], headers + done, count - done, 0);
        if (n > 0)
            done += (unsigned)n;
        else if (errno != EAGAIN && errno != ECONNREFUSED && errno != EINTR)
            fail("send");
    }
    sent += count;
}

static unsigned slots_each(void)
{
    unsigned each = outstanding / SOCKETS;
    return each == 0 ? 1 : each > 256 ? 256 : each;
}

static void take_answer(int s, const uint8_t *answer, size_t length, uint64_t now)
{
    unsigned which = answer[1];
    struct slot *slot = &slots[s][which];
    if (length < 12 || slot->sent == 0 || answer[0] != slot->turn)
        return;
    uint64_t took = now - slot->sent;
    latency[bucket_of(took)]++;
    if (took > longest_latency)
        longest_latency = took;
    if (now - last_answer > longest_silence)
        longest_silence = now - last_answer;
    last_answer = now;
    rcodes[answer[3] & 15]++;
    if (expected >= 0 && (answer[3] & 15) != expected) {
        first_unlike = first_unlike ? first_unlike : now;
        last_unlike = now;
    }
    slot->sent = 0;
    answered++;
}

static void receive(int s, uint64_t now)
{
    static uint8_t bytes[BATCH][ANSWER_SIZE];
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){bytes[i], sizeof bytes[i]};
        headers[i] = (struct mmsghdr){{.msg_iov = &parts[i], .msg_iovlen = 1}, 0};
    }
    for (;;) {
        int n = recvmmsg(sockets[s], headers, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++)
            take_answer(s, bytes[i], headers[i].msg_len, now);
        if (n < BATCH)
            return;
    }
}

/* Fills free slots of a socket, at most `most`; what waits too long is lost. */
static unsigned refill(int s, unsigned most, uint64_t now)
{
    unsigned which[BATCH], count = 0;
    for (unsigned i = 0; i < slots_each() && count < most && count < BATCH; i++) {
        struct slot *slot = &slots[s][i];
        if (slot->sent != 0 && now - slot->sent > TIMEOUT_NS) {
            lost++;
            slot->sent = 0;
        }
        if (slot->sent == 0)
            which[count++] = i;
    }
    if (count > 0)
        send_slots(s, which, count, now);
    return count;
}

static void run(void)
{
    uint64_t start = clock_ns(), end = start + (uint64_t)(seconds * 1e9), now = start;
    struct pollfd wait[SOCKETS];
    double due = 0;
    for (int s = 0; s < SOCKETS; s++)
        wait[s] = (struct pollfd){sockets[s], POLLIN, 0};
    last_answer = start;
    while (now < end) {
        if (rate > 0) {
            due = (double)(now - start) * rate / 1e9 - (double)sent;
            for (int s = 0; s < SOCKETS && due >= 1; s++)
                due -= refill(s, due > BATCH ? BATCH : (unsigned)due, now);
        } else {
            for (int s = 0; s < SOCKETS; s++)
                refill(s, BATCH, now);
        }
        poll(wait, SOCKETS, 1);
        now = clock_ns();
        for (int s = 0; s < SOCKETS; s++)
            receive(s, now);
    }
    for (int rounds = 0; rounds < 20; rounds++) {
        poll(wait, SOCKETS, 10);
        now = clock_ns();
        for (int s = 0; s < SOCKETS; s++)
            receive(s, now);
    }
    for (int s = 0; s < SOCKETS; s++)
        for (unsigned i = 0; i < slots_each(); i++)
            lost += slots[s][i].sent != 0;
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"target", 1, NULL, 't'},  {"queries", 1, NULL, 'q'}, {"outstanding", 1, NULL, 'o'},
        {"seconds", 1, NULL, 's'}, {"rate", 1, NULL, 'r'},    {"unique", 0, NULL, 'u'},
        {"pids", 1, NULL, 'p'},    {"expect", 1, NULL, 'e'},  {0}};
    const char *target = "127.0.0.1@5300", *file = NULL, *pids = "";
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        /* clang-format off */
        switch (o) {
        case 't': target = optarg; break;
        case 'q': file = optarg; break;
        case 'o': outstanding = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': seconds = strtod(optarg, NULL); break;
        case 'r': rate = strtod(optarg, NULL); break;
        case 'u': unique = 1; break;
        case 'p': pids = optarg; break;
        case 'e': expected = (int)strtoul(optarg, NULL, 10); break;
        default: return 2;
        }
        /* clang-format on */
    }
    if (file == NULL) {
        fputs("usage: load --queries FILE [--target 127.0.0.1@PORT] [--seconds N]\n"
              "    [--outstanding N | --rate N] [--unique] [--pids P,P] [--expect RCODE]\n",
              stderr);
        return 2;
    }
    read_queries(file);
    open_sockets(target);
    uint64_t cpu = cpu_of(pids), wall = clock_ns();
    run();
    cpu = cpu_of(pids) - cpu;
    wall = clock_ns() - wall;
    printf("{\"sent\":%llu,\"answered\":%llu,\"lost\":%llu,\"qps\":%.0f,\"cpu_us\":%.3f,"
           "\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_ms\":%.2f,\"silence_ms\":%.2f,"
           "\"noerror\":%llu,\"servfail\":%llu,\"nxdomain\":%llu,\"unlike_ms\":%.2f}\n",
           (unsigned long long)sent, (unsigned long long)answered, (unsigned long long)lost,
           (double)answered / seconds, answered ? (double)cpu / 1000.0 / (double)answered : 0.0,
           latency_at(0.5), latency_at(0.99), (double)longest_latency / 1e6,
           (double)longest_silence / 1e6, (unsigned long long)rcodes[0],
           (unsigned long long)rcodes[2], (unsigned long long)rcodes[3],
           first_unlike ? (double)(last_unlike - first_unlike) / 1e6 + 0.01 : 0.0);
    return 0;
}
