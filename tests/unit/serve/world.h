/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * world - a small policy, a server in it, and what it said to whom. For the tests of this folder.
 *
 * Groups: 0 "staff" (10.1.0.0/16) asks the lists; 1 "lab" (10.2.0.0/16) asks them and only
 * observes; 2 "ech" (10.3.0.0/16) asks none and keeps `ech`. Others are in no group.
 */
#ifndef TEST_SERVE_WORLD_H
#define TEST_SERVE_WORLD_H

#include "dns/answer.h"
#include "dns/text.h"
#include "policy/compile.h"
#include "serve/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../dns/texts.h"

#define MAYBE __attribute__((unused)) static

enum { STAFF = 0, LAB = 1, KEEPS_ECH = 2, LATE_MOST = 64, GENERATION = 7 };

/* The policy. */

static const char world_list[] =
    "list: apps\n"
    "title: Banned apps\n"
    "ticket: SEC-1\n"
    "serial: 1\n"
    "review_by: 2099-01-01\n"
    "action: sinkhole\n"
    "evidence: installed\n"
    "rules:\n"
    "  - domain: sink.example\n"
    "  - {domain: nx.example, action: nxdomain}\n"
    "  - {domain: nodata.example, action: nodata}\n"
    "  - {domain: refused.example, action: refused}\n"
    "  - {domain: drop.example, action: drop}\n"
    "  - {domain: tcp.example, action: truncate}\n"
    "  - {domain: moved.example, action: redirect, to: [garden.example]}\n"
    "  - {domain: there.example, action: redirect, to: [192.0.2.80, \"2001:db8::80\"]}\n"
    "  - {domain: seen.example, action: observe}\n"
    "  - {address: 203.0.113.0/24, action: nxdomain}\n"
    "  - {address: 198.51.100.7, action: observe}\n"
    "exceptions:\n"
    "  - domain: fine.sink.example\n"
    "    ticket: CHG-1\n"
    "    approved_by: [one, two]\n"
    "    until: 2099-01-01\n";

MAYBE void world_complain(const struct problems *problems)
{
    problems_print(problems, STDERR_FILENO);
    fail_msg("the list of world.h is not accepted");
}

MAYBE struct policy *world_policy(void)
{
    struct problems *problems = problems_new();
    int text = memfd_create("apps.yaml", 0), image = memfd_create("policy", MFD_ALLOW_SEALING);
    assert_non_null(problems);
    assert_true(text >= 0 && image >= 0);
    assert_int_equal(write(text, world_list, sizeof world_list - 1), sizeof world_list - 1);

    struct list_source list = {.format = "yaml", .line = 1};
    snprintf(list.file, sizeof list.file, "/proc/self/fd/%d", text);
    uint16_t first = 0;
    struct prefix clients[] = {prefix_of("10.1.0.0/16"), prefix_of("10.2.0.0/16"),
                               prefix_of("10.3.0.0/16")};
    struct group_source groups[] = {
        {.id = "staff",
         .clients = &clients[STAFF],
         .client_count = 1,
         .lists = &first,
         .list_count = 1,
         .remove_ech = true},
        {.id = "lab",
         .clients = &clients[LAB],
         .client_count = 1,
         .lists = &first,
         .list_count = 1,
         .remove_ech = true,
         .observe_only = true},
        {.id = "ech", .clients = &clients[KEEPS_ECH], .client_count = 1}};
    const struct policy_source source = {.config_file = "ponor.yaml",
                                         .lists = &list,
                                         .list_count = 1,
                                         .groups = groups,
                                         .group_count = COUNT_OF(groups),
                                         .today = 20261124};
    struct policy *policy;
    if (policy_compile(&source, NULL, image, problems) != STATUS_OK)
        world_complain(problems);
    assert_int_equal(policy_open(image, &policy), STATUS_OK);
    close(text);
    close(image);
    problems_free(problems);
    return policy;
}

/* The server, and what it did. */

struct world {
    struct config config;
    struct counters counters;
    struct policy *policy;
    struct server *server;
    struct moment when;
    bool resolver_is_down, recorder_is_full;
    unsigned asked, late, recorded;
    struct message_ask asks[LATE_MOST];
    struct event event;          /* the last one */
    uint8_t bytes[MESSAGE_MOST]; /* the last answer */
    size_t length;
    struct message reply; /* the same, read */
    struct peer to;
};

MAYBE bool world_ask(void *owner, const struct message_ask *ask)
{
    struct world *w = owner;
    if (w->resolver_is_down)
        return false;
    w->asks[w->asked++ % LATE_MOST] = *ask;
    return true;
}

MAYBE bool world_record(void *owner, const struct event *event)
{
    struct world *w = owner;
    if (w->recorder_is_full)
        return false;
    w->recorded++;
    w->event = *event;
    return true;
}

MAYBE void world_take(struct world *w, struct span bytes)
{
    memcpy(w->bytes, bytes.at, bytes.length);
    w->length = bytes.length;
    assert_int_equal(message_read(span_of(w->bytes, w->length), &w->reply), STATUS_OK);
}

MAYBE void world_reply(void *owner, const struct peer *peer, struct span message)
{
    struct world *w = owner;
    w->late++;
    w->to = *peer;
    w->length = 0;
    if (message.length > 0) /* none: it ended in silence */
        world_take(w, message);
}

MAYBE void world_config(struct config *config)
{
    memset(config, 0, sizeof *config);
    config->dnsd.allow[0] = prefix_of("10.0.0.0/8");
    config->dnsd.allow_count = 1;
    config->dnsd.sinkhole[0] = address_of("192.0.2.1");
    config->dnsd.sinkhole[1] = address_of("2001:db8::1");
    config->dnsd.sinkhole_count = 2;
    config->dnsd.block_ttl = 60;
    config->dnsd.rate_ipv4_prefix = 24;
    config->dnsd.rate_ipv6_prefix = 56;
    config->dnsd.rate_clients = 100;
    config->dnsd.rebinding_protection = true;
    config->dnsd.cache_bytes = 1 << 20;
    config->dnsd.cache_max_ttl = 86400;
    config->dnsd.cache_negative_ttl = 3600;
    config->dnsd.stale_seconds = 86400;
    config->dnsd.stale_after_ms = 1800;
    config->dnsd.prefetch = true;
    config->dnsd.pending_most = 8;
    config->dnsd.query_timeout_ms = 5000;
    config->dnsd.tcp_idle_ms = 10000;
    config->dnsd.events.sample = 1;
}

/* `w->config` is filled by world_config() and may be changed before. */
MAYBE void world_start(struct world *w)
{
    const struct outlets outlets = {w, world_reply, world_ask, world_record};
    const struct server_secrets secrets = {{1, 2}, {3, 4}};
    assert_int_equal(server_new(&w->config, &secrets, &w->counters, &outlets, &w->server),
                     STATUS_OK);
    w->policy = world_policy();
    w->when = (struct moment){1000000, UINT64_C(1795500000000000)};
    server_set_policy(w->server, w->policy, GENERATION);
}

MAYBE void world_stop(struct world *w)
{
    server_free(w->server);
    policy_close(w->policy);
}

MAYBE int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    world_config(&w->config);
    world_start(w);
    *state = w;
    return 0;
}

MAYBE int world_teardown(void **state)
{
    world_stop(*state);
    free(*state);
    return 0;
}

MAYBE void world_wait(struct world *w, uint64_t ms)
{
    w->when.now += ms;
    w->when.wall += ms * 1000;
}

/* Asking. */

enum ask_flags {
    ASK_DO = 1,
    ASK_AD = 2,
    ASK_CD = 4,
    ASK_NO_EDNS = 8,
    ASK_TCP = 16,
    ASK_NO_RD = 32,
    ASK_PADDING = 64,
    ASK_COOKIE = 128
};

/* A query's bytes; the name's case is kept. */
MAYBE size_t world_question(uint8_t *out, const char *text, uint16_t type, unsigned flags)
{
    struct writer w = writer_over(out, 512);
    write_u16(&w, 0xabcd);
    write_u16(&w, (uint16_t)((flags & ASK_NO_RD ? 0 : FLAG_RD) | (flags & ASK_AD ? FLAG_AD : 0) |
                             (flags & ASK_CD ? FLAG_CD : 0)));
    write_u16(&w, 1);
    write_u32(&w, 0);
    write_u16(&w, flags & ASK_NO_EDNS ? 0 : 1);
    while (*text != 0) {
        size_t length = strcspn(text, ".");
        write_u8(&w, (uint8_t)length);
        write_bytes(&w, text, length);
        text += length + (text[length] == '.');
    }
    write_u8(&w, 0);
    write_u16(&w, type);
    write_u16(&w, CLASS_IN);
    if (flags & ASK_NO_EDNS)
        return writer_length(&w);
    write_u8(&w, 0);
    write_u16(&w, TYPE_OPT);
    write_u16(&w, 4096);
    write_u16(&w, 0);
    write_u16(&w, flags & ASK_DO ? 0x8000 : 0);
    write_u16(&w, (uint16_t)((flags & ASK_PADDING ? 4 : 0) + (flags & ASK_COOKIE ? 12 : 0)));
    if (flags & ASK_PADDING)
        write_u32(&w, EDNS_OPTION_PADDING << 16);
    if (flags & ASK_COOKIE) {
        write_u32(&w, EDNS_OPTION_COOKIE << 16 | 8);
        write_text(&w, "abcdefgh");
    }
    return writer_length(&w);
}

MAYBE enum fate world_send(struct world *w, const char *client, struct span bytes, bool tcp)
{
    uint8_t buffer[MESSAGE_MOST];
    struct writer reply = writer_over(buffer, tcp ? (size_t)MESSAGE_MOST : (size_t)EDNS_UDP_SIZE);
    struct peer peer = {.client = address_of(client),
                        .server = address_of("10.0.0.53"),
                        .client_port = 4000,
                        .server_port = 53,
                        .transport = tcp ? TRANSPORT_TCP : TRANSPORT_UDP,
                        .connection = tcp};
    enum fate fate = server_query(w->server, &peer, bytes, w->when, &reply);
    assert_int_equal(fate == FATE_ANSWERED, writer_length(&reply) > 0);
    if (fate == FATE_ANSWERED)
        world_take(w, writer_span(&reply));
    return fate;
}

MAYBE enum fate world_query(struct world *w, const char *client, const char *name, uint16_t type,
                            unsigned flags)
{
    uint8_t bytes[512];
    size_t length = world_question(bytes, name, type, flags);
    return world_send(w, client, span_of(bytes, length), (flags & ASK_TCP) != 0);
}

/* Answering: a message of resolve's to its question `n`, of lines as in a zone file; sections are
 * divided by "--", and the first word may be a code such as NXDOMAIN. */
MAYBE size_t world_message(const struct message_ask *ask, const char *const *lines, uint8_t *out)
{
    struct writer w = writer_over(out, MESSAGE_MOST);
    uint16_t counts[SECTION_COUNT] = {0}, rcode = 0;
    enum section section = SECTION_ANSWER;
    memset(write_place(&w, MESSAGE_HEADER), 0, MESSAGE_HEADER);
    write_span(&w, name_span(&ask->name));
    write_u16(&w, ask->type);
    write_u16(&w, ask->class);
    if (*lines != NULL && rcode_parse(*lines, &rcode) == STATUS_OK)
        lines++;
    for (; *lines != NULL; lines++) {
        static struct text_record record;
        if (strcmp(*lines, "--") == 0) {
            section++;
            continue;
        }
        assert_int_equal(text_record_parse(*lines, &record), STATUS_OK);
        write_span(&w, name_span(&record.owner));
        write_u16(&w, record.type);
        write_u16(&w, record.class);
        write_u32(&w, record.ttl);
        write_u16(&w, (uint16_t)record.length);
        write_bytes(&w, record.data, record.length);
        counts[section]++;
    }
    store_u16(out + 2, (uint16_t)(FLAG_QR | FLAG_RA | rcode));
    store_u16(out + 4, 1);
    for (int i = 0; i < SECTION_COUNT; i++)
        store_u16(out + 6 + 2 * i, counts[i]);
    return writer_length(&w);
}

MAYBE void world_answer_as(struct world *w, unsigned n, enum outcome outcome, bool secure,
                           const char *const *lines)
{
    static uint8_t bytes[MESSAGE_MOST];
    const struct message_ask *ask = &w->asks[n % LATE_MOST];
    size_t length = lines == NULL ? 0 : world_message(ask, lines, bytes);
    struct message_answer answer = {.id = ask->id,
                                    .outcome = (uint8_t)outcome,
                                    .secure = secure,
                                    .length = (uint16_t)length,
                                    .ede = EDE_NONE};
    server_answer(w->server, &answer, span_of(bytes, length), w->when);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Asks, and lets resolve answer the question that this made. */
MAYBE void world_resolve(struct world *w, const char *client, const char *name, uint16_t type,
                         unsigned flags, const char *const *lines)
{
    unsigned asked = w->asked, late = w->late;
    assert_int_equal(world_query(w, client, name, type, flags), FATE_WAITING);
    assert_int_equal(w->asked, asked + 1);
    world_answer_as(w, asked, OUTCOME_ANSWER, false, lines);
    assert_int_equal(w->late, late + 1);
}

/* Looking at the last answer. */

MAYBE uint16_t world_rcode(const struct world *w)
{
    return message_rcode(&w->reply);
}

/* The n-th record of a section; fails when there is none. */
MAYBE struct record world_at(const struct world *w, enum section section, unsigned n)
{
    struct record record;
    for (struct records walk = records_of(&w->reply); records_next(&walk, &record);)
        if (record.section == section && n-- == 0)
            return record;
    fail_msg("no such record");
    return record;
}

MAYBE bool world_has(const struct world *w, enum section section, uint16_t type)
{
    struct record record;
    for (struct records walk = records_of(&w->reply); records_next(&walk, &record);)
        if (record.section == section && record.type == type)
            return true;
    return false;
}

MAYBE void world_expect(const struct world *w, uint16_t rcode, unsigned answers, uint16_t ede)
{
    assert_int_equal(world_rcode(w), rcode);
    assert_int_equal(w->reply.counts[SECTION_ANSWER], answers);
    assert_int_equal(w->reply.edns.ede, ede);
}

#endif
