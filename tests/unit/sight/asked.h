/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * asked - messages of DNS made to order, and the talk in which they are said.
 *
 * Used by tests of sight_dns, by UDP and by TCP. Never more than one scene at a time.
 */
#ifndef TESTS_SIGHT_ASKED_H
#define TESTS_SIGHT_ASKED_H

#include "base/writer.h"
#include "dns/message.h"
#include "dns/type.h"
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../dns/texts.h"

enum { ROOM = 4096 };

/* Messages. */

struct made {
    uint8_t bytes[ROOM];
    struct writer w;
};

static inline void begin(struct made *m, uint16_t flags)
{
    m->w = writer_over(m->bytes, ROOM);
    write_u16(&m->w, 0xabcd);
    write_u16(&m->w, flags);
    write_u32(&m->w, 0);
    write_u32(&m->w, 0);
}

static inline void count(struct made *m, unsigned section)
{
    uint8_t *place = m->bytes + 4 + 2 * (size_t)section;
    store_u16(place, (uint16_t)(load_u16(place) + 1));
}

static inline void add_question(struct made *m, const char *text, uint16_t type)
{
    const struct name name = name_of(text);
    write_span(&m->w, name_span(&name));
    write_u16(&m->w, type);
    write_u16(&m->w, CLASS_IN);
    count(m, 0);
}

static inline void add_record(struct made *m, unsigned section, const char *text, uint16_t type,
                              uint32_t ttl, const void *data, size_t length)
{
    const struct name name = name_of(text);
    write_span(&m->w, name_span(&name));
    write_u16(&m->w, type);
    write_u16(&m->w, CLASS_IN);
    write_u32(&m->w, ttl);
    write_u16(&m->w, (uint16_t)length);
    write_bytes(&m->w, data, length);
    count(m, 1 + section);
}

static inline void add_address(struct made *m, unsigned section, const char *owner,
                               const char *text, uint32_t ttl)
{
    const struct address a = address_of(text);
    if (address_is_ipv4(&a))
        add_record(m, section, owner, TYPE_A, ttl, a.bytes + 12, 4);
    else
        add_record(m, section, owner, TYPE_AAAA, ttl, a.bytes, 16);
}

static inline struct span made_span(const struct made *m)
{
    assert_false(m->w.failed);
    return writer_span(&m->w);
}

static inline struct span question(const char *text, uint16_t type)
{
    static struct made m;
    begin(&m, FLAG_RD);
    add_question(&m, text, type);
    return made_span(&m);
}

static inline struct span answer(const char *text, const char *address)
{
    static struct made m;
    begin(&m, FLAG_QR | FLAG_RD | FLAG_RA);
    add_question(&m, text, TYPE_A);
    add_address(&m, SECTION_ANSWER, text, address, 300);
    return made_span(&m);
}

/* Talks. */

struct scene {
    struct address client, server;
    struct talk talk;
    struct sightings out;
};

static inline void set_ports(struct scene *s, uint16_t client, uint16_t server)
{
    s->talk.client_port = client;
    s->talk.server_port = server;
}

static inline struct scene *scene(uint8_t transport)
{
    static struct scene s;
    s = (struct scene){.client = address_of("10.0.0.1"), .server = address_of("8.8.8.8")};
    s.talk = (struct talk){.transport = transport, .client = &s.client, .server = &s.server};
    set_ports(&s, 40000, 53);
    return &s;
}

/* Bytes in a place of their own size, so that a read behind them is found. */
static inline struct span own(struct span bytes)
{
    static uint8_t *copies[64];
    static unsigned turn;
    uint8_t **copy = &copies[turn++ % COUNT_OF(copies)];
    free(*copy);
    *copy = malloc(bytes.length == 0 ? 1 : bytes.length);
    if (bytes.length > 0)
        memcpy(*copy, bytes.at, bytes.length);
    return span_of(*copy, bytes.length);
}

static inline enum heard datagram(struct scene *s, enum side from, struct span bytes)
{
    s->out = (struct sightings){0};
    s->talk.from = from;
    s->talk.datagrams[from]++;
    s->talk.said[from] = own(bytes);
    s->talk.said[!from] = (struct span){0};
    return sight_dns_udp.look(&s->talk, &s->out);
}

static inline void expect_name(const struct sighting *sighting, const char *name, uint16_t type,
                               const char *evidence)
{
    char text[NAME_TEXT_SIZE];
    assert_true(sighting->has_name);
    assert_string_equal(name_text(&sighting->name, text), name);
    assert_int_equal(sighting->type, type);
    assert_int_equal(sighting->spoken, SPOKEN_DNS);
    assert_int_equal(sighting->seen, SEEN_DNS);
    assert_string_equal(sighting->evidence, evidence);
}

static inline void expect_resolution(const struct scene *s, unsigned n, const char *address,
                                     uint32_t ttl)
{
    const struct address a = address_of(address);
    assert_true(n < s->out.resolution_count);
    assert_true(address_equal(&s->out.resolutions[n].address, &a));
    assert_int_equal(s->out.resolutions[n].ttl, ttl);
}

static inline void expect_asked(const struct scene *s, const char *name)
{
    char text[NAME_TEXT_SIZE];
    assert_string_equal(name_text(&s->out.asked, text), name);
}

#endif
