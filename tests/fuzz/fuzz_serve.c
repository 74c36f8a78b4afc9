/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_serve - an upstream's answer, behind a sound header and question, on its way to a client
 * that is filtered: what the client is sent is sound, and leads nowhere that is listed. The leak is
 * looked for here without any code of review or scrub.
 *
 * Of the input, two bytes choose question and outcome, four the rcode and how many records are
 * counted; what is left are the records.
 */
#include "compiled.h"

#include "dns/svcb.h"
#include "serve/server.h"

#include <stdlib.h>

enum { CHOICES = 6, ASK_DO = 1, ASK_CD = 2, ASK_TCP = 4, SAID_BOGUS = 8 };

static const char list_text[] = "list: fuzz\ntitle: Fuzz\nserial: 1\nrules:\n"
                                "  - domain: chat.example\n"
                                "  - address: 203.0.113.0/24\n"
                                "  - address: 2001:db8:66::/48\n";
static const uint16_t types[] = {TYPE_A,  TYPE_AAAA, TYPE_HTTPS, TYPE_SVCB,
                                 TYPE_MX, TYPE_TXT,  TYPE_CNAME, TYPE_RRSIG};

static struct counters counters;
static struct message_ask asked;
static uint8_t late[MESSAGE_MOST];
static size_t late_length;

static bool on_ask(void *owner, const struct message_ask *ask)
{
    asked = *ask;
    return true;
}

static void on_reply(void *owner, const struct peer *peer, struct span message)
{
    memcpy(late, message.at, message.length);
    late_length = message.length;
}

static bool on_record(void *owner, const struct event *event)
{
    return true;
}

static struct server *server_once(void)
{
    static struct config config;
    static struct server *server;
    static const struct outlets outlets = {NULL, on_reply, on_ask, on_record};
    static const struct server_secrets secrets;
    if (server != NULL)
        return server;
    config.dnsd.allow_count = 1; /* ::/0 */
    config.dnsd.block_ttl = 60;
    config.dnsd.rebinding_protection = true;
    config.dnsd.cache_bytes = 1 << 20;
    config.dnsd.cache_max_ttl = 86400;
    config.dnsd.cache_negative_ttl = 3600;
    config.dnsd.pending_most = 8;
    config.dnsd.query_timeout_ms = 5000;
    config.dnsd.events.sample = 1;
    const struct policy *policy =
        compiled("yaml", (const uint8_t *)list_text, sizeof list_text - 1);
    assert(policy != NULL &&
           server_new(&config, &secrets, &counters, &outlets, &server) == STATUS_OK);
    server_set_policy(server, policy, 1);
    return server;
}

static bool is_listed_name(const struct name *name)
{
    struct name listed;
    return name_parse("chat.example", &listed) == STATUS_OK && name_is_below(name, &listed);
}

/* The bytes of an address that any client could take for one that is listed. */
static bool is_listed_address(const uint8_t *at, size_t length)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, nat64[12] = {0, 0x64, 0xff, 0x9b};
    bool is_inside = length == 16 && (memcmp(at, mapped, 12) == 0 || memcmp(at, nat64, 12) == 0);
    if (length == 16 && memcmp(at, "\x20\x01\x0d\xb8\0\x66", 6) == 0)
        return true;
    return (length == 4 || is_inside) && memcmp(at + length - 4, "\313\0\161", 3) == 0;
}

static void check_record(const struct records *walk, const struct record *record)
{
    struct name target;
    struct svcb svcb;
    struct address hint;
    switch (record->type) {
    case TYPE_A:
    case TYPE_AAAA:
        assert(record->data.length == (record->type == TYPE_A ? 4 : 16));
        assert(!is_listed_address(record->data.at, record->data.length));
        break;
    case TYPE_CNAME:
    case TYPE_DNAME:
        assert(record_name(walk, record, 0, &target) == STATUS_OK && !is_listed_name(&target));
        break;
    case TYPE_HTTPS:
    case TYPE_SVCB:
        assert(svcb_read(record->data, &svcb) == STATUS_OK && !is_listed_name(&svcb.target));
        for (size_t place = 0; svcb_next_hint(&svcb, &place, &hint);)
            assert(!is_listed_address(hint.bytes, sizeof hint.bytes));
        break;
    default:
        break;
    }
}

static void check_reply(struct span query, struct span bytes, bool tcp)
{
    struct message m;
    assert(message_read(bytes, &m) == STATUS_OK && (m.flags & FLAG_QR) != 0);
    assert(bytes.length <= (tcp ? (size_t)MESSAGE_MOST : (size_t)EDNS_UDP_SIZE));
    assert(m.question_end <= query.length && load_u16(query.at) == m.id);
    assert(memcmp(bytes.at + MESSAGE_HEADER, query.at + MESSAGE_HEADER,
                  m.question_end - (size_t)MESSAGE_HEADER) == 0);
    assert(m.counts[SECTION_ADDITIONAL] == 1 && m.edns.present);
    struct records walk = records_of(&m);
    for (struct record r; records_next(&walk, &r);)
        if (r.section == SECTION_ANSWER)
            check_record(&walk, &r);
    assert(!walk.at.failed);
}

static struct span write_query(uint8_t *out, size_t size, uint16_t type, uint8_t choices)
{
    static const uint8_t name[] = "\3WwW\5plain\7example";
    struct writer w = writer_over(out, size);
    write_u16(&w, 0xabcd);
    write_u16(&w, FLAG_RD | ((choices & ASK_CD) != 0 ? FLAG_CD : 0));
    write_u32(&w, 1 << 16);
    write_u32(&w, 1);
    write_bytes(&w, name, sizeof name);
    write_u32(&w, (uint32_t)type << 16 | CLASS_IN);
    write_u8(&w, 0);
    write_u32(&w, TYPE_OPT << 16 | EDNS_UDP_SIZE);
    write_u32(&w, (choices & ASK_DO) != 0 ? 0x8000 : 0);
    write_u16(&w, 0);
    return writer_span(&w);
}

static struct span write_answer(uint8_t *out, const uint8_t *data, size_t size)
{
    struct writer w = writer_over(out, MESSAGE_MOST);
    write_u16(&w, 0);
    write_u16(&w, (uint16_t)(FLAG_QR | (data[2] & RCODE_MASK)));
    write_u16(&w, 1);
    for (int i = 3; i < CHOICES; i++)
        write_u16(&w, data[i]);
    write_span(&w, name_span(&asked.name));
    write_u16(&w, asked.type);
    write_u16(&w, asked.class);
    size_t room = writer_room(&w);
    write_bytes(&w, data + CHOICES, size - CHOICES < room ? size - CHOICES : room);
    return writer_span(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t reply[MESSAGE_MOST], said[MESSAGE_MOST];
    static const struct name root = {.length = 1};
    static const struct moment when = {1000000, 1000000};
    struct server *server = server_once();
    uint8_t question[64];
    if (size < CHOICES)
        return 0;

    bool tcp = (data[1] & ASK_TCP) != 0;
    const struct peer peer = {.transport = tcp ? TRANSPORT_TCP : TRANSPORT_UDP};
    struct span query =
        write_query(question, sizeof question, types[data[0] % COUNT_OF(types)], data[1]);
    size_t room = tcp ? (size_t)MESSAGE_MOST : (size_t)EDNS_UDP_SIZE;
    struct writer w = writer_over(reply, room);
    assert(server_query(server, &peer, query, when, &w) == FATE_WAITING);

    const struct message_answer answer = {.id = asked.id,
                                          .outcome = (data[1] & SAID_BOGUS) != 0 ? OUTCOME_BOGUS
                                                                                 : OUTCOME_ANSWER,
                                          .secure = 1,
                                          .ede = EDE_NONE};
    late_length = 0;
    server_answer(server, &answer, write_answer(said, data, size), when);
    check_reply(query, span_of(late, late_length), tcp);

    /* Once more, from the cache if it was kept: the same, or asked for anew. */
    w = writer_over(reply, room);
    if (server_query(server, &peer, query, when, &w) == FATE_ANSWERED) {
        check_reply(query, writer_span(&w), tcp);
        assert(span_equal(writer_span(&w), span_of(late, late_length)));
    } else {
        server_answer(server, &(struct message_answer){.id = asked.id, .outcome = OUTCOME_FAILED},
                      (struct span){0}, when);
    }
    server_flush(server, &root);
    return 0;
}
