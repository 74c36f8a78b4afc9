/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_line - what a line costs, and its dearest parts. Run by hand.
 */
#include "events/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "events/community.h"
#include "events/digest.h"
#include "sample.h"

enum { RUNS = 300000 };

static void print(const char *what, uint64_t since)
{
    printf("%-16s %5llu ns\n", what, (unsigned long long)((clock_ns() - since) / RUNS));
}

int main(void)
{
    static uint8_t buffer[LINE_MOST];
    struct policy *policy = sample_policy();
    struct line_writer *lines = line_writer_new("gw-01", "dnsd", "0.1.0");
    struct event event = sample_event(policy, "10.20.2.3", "szshort.weixin.qq.com");
    uint8_t chain[CHAIN_SIZE] = {0};
    size_t length = 0, sound = 0;

    uint64_t start = clock_ns();
    for (unsigned i = 0; i < RUNS; i++) {
        struct writer w = writer_over(buffer, sizeof buffer);
        event.at += 100;
        event.id = event.client_port = (uint16_t)i;
        line_write(lines, &event, policy, 1000000 + i, 0, chain, &w);
        length = writer_length(&w);
    }
    print("line_write", start);
    start = clock_ns();
    for (unsigned i = 0; i < RUNS; i++)
        digest_sha256(span_of(buffer, length - 1), chain);
    print("of it SHA-256", start);
    start = clock_ns();
    for (unsigned i = 0; i < RUNS; i++) {
        struct writer w = writer_over(buffer, sizeof buffer);
        community_write(&w, COMMUNITY_UDP, &event.client, (uint16_t)i, &event.server, 53);
    }
    print("of it community", start);
    start = clock_ns();
    for (unsigned i = 0; i < RUNS; i++) {
        event.id = (uint16_t)i;
        sound += event_is_sound(&event);
    }
    print("event_is_sound", start);
    printf("a line of %zu bytes, an event of %zu\n", length, sizeof event);
    line_writer_free(lines);
    policy_close(policy);
    return sound == RUNS ? 0 : 1;
}
