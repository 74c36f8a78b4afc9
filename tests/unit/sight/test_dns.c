/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_dns - who asked what, what was answered, and what only pretends, by UDP and TCP.
 */
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

static void begin(struct made *m, uint16_t flags)
{
    m->w = writer_over(m->bytes, ROOM);
    write_u16(&m->w, 0xabcd);
    write_u16(&m->w, flags);
    write_u32(&m->w, 0);
    write_u32(&m->w, 0);
}

static void count(struct made *m, unsigned section)
{
    uint8_t *place = m->bytes + 4 + 2 * (size_t)section;
    store_u16(place, (uint16_t)(load_u16(place) + 1));
}

static void add_question(struct made *m, const char *text, uint16_t type)
{
    const struct name name = name_of(text);
    write_span(&m->w, name_span(&name));
    write_u16(&m->w, type);
    write_u16(&m->w, CLASS_IN);
    count(m, 0);
}

static void add_record(struct made *m, unsigned section, const char *text, uint16_t type,
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

static void add_address(struct made *m, unsigned section, const char *owner, const char *text,
                        uint32_t ttl)
{
    const struct address a = address_of(text);
    if (address_is_ipv4(&a))
        add_record(m, section, owner, TYPE_A, ttl, a.bytes + 12, 4);
    else
        add_record(m, section, owner, TYPE_AAAA, ttl, a.bytes, 16);
}

static struct span made_span(const struct made *m)
{
    assert_false(m->w.failed);
    return writer_span(&m->w);
}

static struct span question(const char *text, uint16_t type)
{
    static struct made m;
    begin(&m, FLAG_RD);
    add_question(&m, text, type);
    return made_span(&m);
}

static struct span answer(const char *text, const char *address)
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

static void set_ports(struct scene *s, uint16_t client, uint16_t server)
{
    s->talk.client_port = client;
    s->talk.server_port = server;
}

static struct scene *scene(uint8_t transport)
{
    static struct scene s;
    s = (struct scene){.client = address_of("10.0.0.1"), .server = address_of("8.8.8.8")};
    s.talk = (struct talk){.transport = transport, .client = &s.client, .server = &s.server};
    set_ports(&s, 40000, 53);
    return &s;
}

/* Bytes in a place of their own size, so that a read behind them is found. */
static struct span own(struct span bytes)
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

static enum heard datagram(struct scene *s, enum side from, struct span bytes)
{
    s->out = (struct sightings){0};
    s->talk.from = from;
    s->talk.datagrams[from]++;
    s->talk.said[from] = own(bytes);
    s->talk.said[!from] = (struct span){0};
    return sight_dns_udp.look(&s->talk, &s->out);
}

static void expect_name(const struct sighting *sighting, const char *name, uint16_t type,
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

static void expect_resolution(const struct scene *s, unsigned n, const char *address, uint32_t ttl)
{
    const struct address a = address_of(address);
    assert_true(n < s->out.resolution_count);
    assert_true(address_equal(&s->out.resolutions[n].address, &a));
    assert_int_equal(s->out.resolutions[n].ttl, ttl);
}

static void expect_asked(const struct scene *s, const char *name)
{
    char text[NAME_TEXT_SIZE];
    assert_string_equal(name_text(&s->out.asked, text), name);
}

/* By UDP. */

static void questions_and_answers(void **state)
{
    struct scene *s = scene(IP_UDP);
    assert_int_equal(datagram(s, CLIENT, question("WWW.Example", TYPE_AAAA)), HEARD_MORE);
    assert_int_equal(s->out.count, 1);
    expect_name(&s->out.list[0], "www.example", TYPE_AAAA, "DNS question for www.example AAAA");
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    assert_int_equal(s->out.list[0].way, WAY_DNS);
    assert_int_equal(s->out.list[0].why, WHY_NONE);
    assert_int_equal(s->out.resolution_count, 0);

    assert_int_equal(datagram(s, SERVER, answer("www.example", "192.0.2.1")), HEARD_MORE);
    assert_int_equal(s->out.count, 0);
    assert_int_equal(s->out.resolution_count, 1);
    expect_resolution(s, 0, "192.0.2.1", 300);
    expect_asked(s, "www.example");

    assert_int_equal(datagram(s, CLIENT, question("other.example", TYPE_TXT)), HEARD_MORE);
    expect_name(&s->out.list[0], "other.example", TYPE_TXT, "DNS question for other.example TXT");
}

static void an_answer_alone_counts(void **state)
{
    struct scene *s = scene(IP_UDP);
    assert_int_equal(datagram(s, SERVER, answer("www.example", "192.0.2.1")), HEARD_MORE);
    assert_int_equal(s->out.count, 1);
    expect_name(&s->out.list[0], "www.example", TYPE_A, "DNS answer for www.example A");
    expect_resolution(s, 0, "192.0.2.1", 300);
}

static void whole_chains_and_hints(void **state)
{
    struct scene *s = scene(IP_UDP);
    struct made m;
    static const uint8_t service[] = "\0\1\0"
                                     "\0\4\0\10\300\0\2\11\300\0\2\12"                 /* v4 */
                                     "\0\6\0\20\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\11"; /* v6 */
    const struct name target = name_of("cdn.example");
    begin(&m, FLAG_QR | FLAG_RA);
    add_question(&m, "www.example", TYPE_HTTPS);
    add_address(&m, SECTION_ANSWER, "cdn.example", "2001:db8::1", 5); /* before its CNAME */
    add_record(&m, SECTION_ANSWER, "www.example", TYPE_CNAME, 60, target.wire, target.length);
    add_record(&m, SECTION_ANSWER, "cdn.example", TYPE_HTTPS, 7, service, sizeof service - 1);
    add_record(&m, SECTION_ANSWER, "cdn.example", TYPE_A, 7, "123", 3);      /* no address */
    add_record(&m, SECTION_ANSWER, "cdn.example", TYPE_HTTPS, 7, "\0\1", 2); /* no service */
    add_address(&m, SECTION_AUTHORITY, "ns.example", "192.0.2.77", 60);
    add_address(&m, SECTION_ADDITIONAL, "ns.example", "192.0.2.78", 60);
    datagram(s, SERVER, made_span(&m));
    assert_int_equal(s->out.resolution_count, 4);
    expect_resolution(s, 0, "2001:db8::1", 5);
    expect_resolution(s, 1, "192.0.2.9", 7);
    expect_resolution(s, 2, "192.0.2.10", 7);
    expect_resolution(s, 3, "2001:db8::9", 7);
    expect_asked(s, "www.example");
}

static void more_addresses_than_room(void **state)
{
    struct scene *s = scene(IP_UDP);
    struct made m;
    begin(&m, FLAG_QR | FLAG_RA);
    add_question(&m, "www.example", TYPE_A);
    for (unsigned i = 0; i < 100; i++)
        add_address(&m, SECTION_ANSWER, "www.example", "192.0.2.1", i);
    datagram(s, SERVER, made_span(&m));
    assert_int_equal(s->out.resolution_count, RESOLUTIONS_MOST);
    expect_resolution(s, RESOLUTIONS_MOST - 1, "192.0.2.1", RESOLUTIONS_MOST - 1);
}

static void a_certificate_of_dnscrypt(void **state)
{
    struct scene *s = scene(IP_UDP);
    datagram(s, CLIENT, question("2.DNSCrypt-cert.provider.example", TYPE_TXT));
    expect_name(&s->out.list[0], "2.dnscrypt-cert.provider.example", TYPE_TXT,
                "DNS question for 2.dnscrypt-cert.provider.example TXT");
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNSCRYPT);
    assert_int_equal(s->out.list[0].way, WAY_DNSCRYPT);
    datagram(s, CLIENT, question("2.dnscrypt-cert", TYPE_TXT)); /* nobody's */
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    datagram(s, CLIENT, question("2.dnscrypt-certs.example", TYPE_TXT));
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    datagram(s, CLIENT, question("2.dnscrypt-cert.provider.example", TYPE_A));
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    set_ports(s, 40000, 443);
    assert_int_equal(datagram(s, CLIENT, question("2.dnscrypt-cert.provider.example", TYPE_TXT)),
                     HEARD_MORE);
    assert_int_equal(s->out.list[0].way, WAY_DNSCRYPT);
}

static void long_names_leave_room_for_the_type(void **state)
{
    struct scene *s = scene(IP_UDP);
    datagram(s, CLIENT,
             question("a23456789012345678901234567890.b2345678901234567890123456789."
                      "c2345678901234567890123456789012345.example",
                      TYPE_AAAA));
    assert_int_equal(s->out.count, 1);
    assert_string_equal(s->out.list[0].evidence,
                        "DNS question for ...4567890123456789.c2345678901234567890123456789012345."
                        "example AAAA");
}

static void odd_messages_on_port_53(void **state)
{
    struct scene *s = scene(IP_UDP);
    struct made m;
    begin(&m, FLAG_RD);
    add_question(&m, "one.example", TYPE_A);
    add_question(&m, "two.example", TYPE_A);
    assert_int_equal(datagram(s, CLIENT, made_span(&m)), HEARD_MORE);
    expect_name(&s->out.list[0], "one.example", TYPE_A, "DNS question for one.example A");
    assert_int_equal(s->out.list[0].why, WHY_SECOND_NAME);

    begin(&m, FLAG_RD);
    add_question(&m, "one.example", TYPE_A);
    write_text(&m.w, "behind it");
    assert_int_equal(datagram(s, CLIENT, made_span(&m)), HEARD_MORE);
    expect_name(&s->out.list[0], "one.example", TYPE_A, "malformed DNS for one.example A");
    assert_int_equal(s->out.list[0].why, WHY_MALFORMED);

    begin(&m, FLAG_RD);
    assert_int_equal(datagram(s, CLIENT, made_span(&m)), HEARD_MORE);
    assert_false(s->out.list[0].has_name);
    assert_int_equal(s->out.list[0].why, WHY_NOT_SAID);

    begin(&m, 5 << OPCODE_SHIFT);
    add_question(&m, "zone.example", TYPE_SOA);
    assert_int_equal(datagram(s, CLIENT, made_span(&m)), HEARD_MORE);
    expect_name(&s->out.list[0], "zone.example", TYPE_SOA, "DNS message for zone.example SOA");

    /* An answer with something behind it is no answer for its client, and does not pass in silence.
     */
    begin(&m, FLAG_QR);
    add_question(&m, "www.example", TYPE_A);
    add_address(&m, SECTION_ANSWER, "www.example", "192.0.2.1", 60);
    write_text(&m.w, "more");
    assert_int_equal(datagram(s, SERVER, made_span(&m)), HEARD_MORE);
    assert_int_equal(s->out.resolution_count, 0);
    assert_int_equal(s->out.list[0].why, WHY_MALFORMED);

    begin(&m, FLAG_QR); /* a failure without a question */
    assert_int_equal(datagram(s, SERVER, made_span(&m)), HEARD_MORE);
    assert_int_equal(s->out.count, 0);
}

static void a_tunnel_on_port_53(void **state)
{
    struct scene *s = scene(IP_UDP);
    uint8_t bytes[1400];
    memset(bytes, 0xa5, sizeof bytes);
    assert_int_equal(datagram(s, CLIENT, span_of(bytes, 5)), HEARD_MORE);
    assert_int_equal(s->out.count, 1);
    assert_false(s->out.list[0].has_name);
    assert_int_equal(s->out.list[0].why, WHY_MALFORMED);
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    assert_string_equal(s->out.list[0].evidence, "not DNS: 5 bytes a5a5a5a5a5 on port 53");
    assert_int_equal(datagram(s, SERVER, span_of(bytes, 1399)), HEARD_MORE);
    assert_string_equal(s->out.list[0].evidence,
                        "not DNS: 1399 bytes a5a5a5a5a5a5a5a5a5a5a5a5 on port 53");
    memset(bytes, 0, sizeof bytes); /* a header of zeros, and then what no header speaks of */
    assert_int_equal(datagram(s, CLIENT, span_of(bytes, 500)), HEARD_MORE);
    assert_int_equal(s->out.list[0].why, WHY_MALFORMED);
    assert_int_equal(datagram(s, CLIENT, span_of(bytes, 0)), HEARD_PERHAPS);
}

/* What has the length of a DNSCrypt question is one if its answer is. */
static void dnscrypt_on_port_53(void **state)
{
    struct scene *s = scene(IP_UDP);
    uint8_t bytes[68 + 256];
    memset(bytes, 0xa5, sizeof bytes);
    assert_int_equal(datagram(s, CLIENT, span_of(bytes, sizeof bytes)), HEARD_PERHAPS);
    memcpy(bytes, "r6fnvWj8", 8);
    assert_int_equal(datagram(s, SERVER, span_of(bytes, 200)), HEARD_DONE);
    assert_int_equal(s->out.list[0].spoken, SPOKEN_DNSCRYPT);
}

static void the_beginning_of_a_datagram(void **state)
{
    struct scene *s = scene(IP_UDP);
    struct span whole = question("www.example", TYPE_A);
    s->talk.cut = true;
    struct made m;
    begin(&m, FLAG_QR);
    add_question(&m, "www.example", TYPE_A);
    add_address(&m, SECTION_ANSWER, "www.example", "192.0.2.1", 60);
    size_t first = writer_length(&m.w);
    add_address(&m, SECTION_ANSWER, "www.example", "192.0.2.2", 60);
    assert_int_equal(datagram(s, SERVER, span_of(m.bytes, first + 15)), HEARD_MORE);
    assert_int_equal(s->out.resolution_count, 1);
    expect_name(&s->out.list[0], "www.example", TYPE_A, "DNS answer for www.example A");
    assert_int_equal(datagram(s, CLIENT, span_of(whole.at, whole.length - 5)), HEARD_MORE);
    assert_false(s->out.list[0].has_name);
    assert_int_equal(s->out.list[0].why, WHY_CUT);
}

static void local_links_are_left_alone(void **state)
{
    static const struct {
        const char *server;
        uint16_t client_port, server_port;
        enum spoken spoken;
    } rows[] = {
        {"224.0.0.251", 5353, 5353, SPOKEN_MDNS},    {"ff02::fb", 5353, 5353, SPOKEN_MDNS},
        {"224.0.0.251", 40000, 5353, SPOKEN_MDNS},   {"10.0.0.9", 5353, 5353, SPOKEN_MDNS},
        {"10.0.0.9", 40000, 5353, SPOKEN_MDNS},      {"ff02::1:3", 40000, 5355, SPOKEN_MDNS},
        {"208.67.222.222", 40000, 5353, SPOKEN_DNS},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene *s = scene(IP_UDP);
        s->server = address_of(rows[i].server);
        set_ports(s, rows[i].client_port, rows[i].server_port);
        assert_int_equal(datagram(s, CLIENT, question("printer.local", TYPE_A)), HEARD_MORE);
        assert_int_equal(s->out.count, 1);
        assert_int_equal(s->out.list[0].spoken, rows[i].spoken);
        assert_int_equal(s->out.list[0].has_name, rows[i].spoken == SPOKEN_DNS);
        assert_int_equal(s->out.list[0].protocol,
                         rows[i].spoken == SPOKEN_DNS ? PROTOCOL_DNS : PROTOCOL_NONE);
    }
}

/* On another port only an everyday message is taken for DNS. */
static void other_ports(void **state)
{
    struct scene *s = scene(IP_UDP);
    struct made m;
    set_ports(s, 40000, 5300);
    assert_int_equal(datagram(s, CLIENT, question("www.example", TYPE_A)), HEARD_MORE);
    expect_name(&s->out.list[0], "www.example", TYPE_A, "DNS question for www.example A");
    assert_int_equal(datagram(s, SERVER, answer("www.example", "192.0.2.1")), HEARD_MORE);
    assert_int_equal(s->out.resolution_count, 1);
    for (unsigned bit = 0; bit < 16;
         bit++) { /* flags of a question: QR RD AD CD are all that may */
        begin(&m, (uint16_t)(1u << bit));
        add_question(&m, "www.example", TYPE_A);
        s->talk.datagrams[CLIENT] = 0;
        s->talk.datagrams[SERVER] = 0;
        unsigned may = FLAG_QR | FLAG_RD | FLAG_AD | FLAG_CD;
        assert_int_equal(datagram(s, CLIENT, made_span(&m)),
                         1u << bit & may ? HEARD_MORE : HEARD_PERHAPS);
        assert_int_equal(s->out.count, 1u << bit & may ? 1 : 0);
    }
    begin(&m, FLAG_RD);
    add_question(&m, "www.example", TYPE_A);
    write_u8(&m.w, 0);
    assert_int_equal(datagram(s, CLIENT, made_span(&m)), HEARD_PERHAPS);
    s->talk.datagrams[CLIENT] = 100;
    assert_int_equal(datagram(s, CLIENT, made_span(&m)), HEARD_NOT_MINE);
    set_ports(s, 137, 137);
    assert_int_equal(datagram(s, CLIENT, question("ckaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", TYPE_SRV)),
                     HEARD_NOT_MINE);
}

/* By TCP. */

static struct span stream(const struct span *messages, unsigned n)
{
    static uint8_t bytes[4 * ROOM];
    struct writer w = writer_over(bytes, sizeof bytes);
    for (unsigned i = 0; i < n; i++) {
        write_u16(&w, (uint16_t)messages[i].length);
        write_span(&w, messages[i]);
    }
    return own(writer_span(&w));
}

static struct span alone(struct span message)
{
    return stream(&message, 1);
}

static enum heard look_tcp(struct scene *s)
{
    s->out = (struct sightings){0};
    return sight_dns_tcp.look(&s->talk, &s->out);
}

static void streams_at_every_length(void **state)
{
    struct scene *s = scene(IP_TCP);
    const struct span both[] = {own(question("one.example", TYPE_A)),
                                own(question("two.example", TYPE_MX))};
    struct span whole = stream(both, 2);
    size_t first = 2 + both[0].length;
    for (size_t length = 0; length <= whole.length; length++) {
        s->talk.said[CLIENT] = own(span_of(whole.at, length));
        enum heard heard = look_tcp(s);
        assert_int_equal(heard, length < first ? HEARD_PERHAPS : HEARD_MORE);
        if (heard == HEARD_MORE)
            assert_int_equal(s->out.count, length < whole.length ? 1 : 2);
        size_t want = length < 2              ? 2
                      : length < first        ? first
                      : length < first + 2    ? first + 2
                      : length < whole.length ? whole.length
                                              : whole.length + 2;
        assert_int_equal(s->out.want, want);
    }
    expect_name(&s->out.list[0], "one.example", TYPE_A, "DNS question for one.example A");
    expect_name(&s->out.list[1], "two.example", TYPE_MX, "DNS question for two.example MX");
    s->talk.complete[CLIENT] = s->talk.complete[SERVER] = true;
    assert_int_equal(look_tcp(s), HEARD_DONE);
    s->talk.midstream = true;
    assert_int_equal(look_tcp(s), HEARD_NOT_MINE);
}

static void answers_by_tcp(void **state)
{
    struct scene *s = scene(IP_TCP);
    s->talk.said[CLIENT] = alone(question("www.example", TYPE_A));
    const struct span two[] = {own(answer("www.example", "192.0.2.1")),
                               own(answer("www.example", "192.0.2.2"))};
    s->talk.said[SERVER] = stream(two, 2);
    assert_int_equal(look_tcp(s), HEARD_MORE);
    assert_int_equal(s->out.resolution_count, 2);
    expect_asked(s, "www.example");
    const struct span mixed[] = {own(answer("one.example", "192.0.2.1")),
                                 own(answer("two.example", "192.0.2.2")),
                                 own(answer("two.example", "192.0.2.3"))};
    s->talk.said[SERVER] = stream(mixed, 3);
    assert_int_equal(look_tcp(s), HEARD_MORE);
    assert_int_equal(s->out.resolution_count, 3);
    assert_int_equal(s->out.asked.length, 0); /* which is which is not said */
}

static void many_questions_end_it(void **state)
{
    struct scene *s = scene(IP_TCP);
    struct span many[20];
    for (unsigned i = 0; i < COUNT_OF(many); i++)
        many[i] = own(question(i < SIGHTINGS_MOST ? "one.example" : "late.example", TYPE_A));
    s->talk.said[CLIENT] = stream(many, COUNT_OF(many));
    assert_int_equal(look_tcp(s), HEARD_MORE);
    assert_int_equal(s->out.count, SIGHTINGS_MOST);
    expect_name(&s->out.list[SIGHTINGS_MOST - 1], "one.example", TYPE_A,
                "DNS question for one.example A");
    s->talk.complete[SERVER] = true;
    assert_int_equal(look_tcp(s), HEARD_DONE);
}

static void what_is_no_dns_on_tcp_53(void **state)
{
    struct scene *s = scene(IP_TCP);
    struct span said = span_text("SSH-2.0-OpenSSH_9.2\r\n");
    s->talk.said[CLIENT] = own(said);
    assert_int_equal(look_tcp(s), HEARD_PERHAPS); /* others may still know it */
    assert_int_equal(s->out.count, 0);
    s->talk.complete[CLIENT] = true;
    assert_int_equal(look_tcp(s), HEARD_DONE);
    assert_int_equal(s->out.list[0].why, WHY_MALFORMED);
    assert_string_equal(s->out.list[0].evidence,
                        "not DNS: 21 bytes 5353482d322e302d4f70656e on port 53");

    struct span whole = alone(question("www.example", TYPE_A));
    s->talk.said[CLIENT] = own(span_of(whole.at, whole.length - 1)); /* ends too early */
    assert_int_equal(look_tcp(s), HEARD_DONE);
    assert_int_equal(s->out.list[0].why, WHY_MALFORMED);
    struct made m;
    begin(&m, FLAG_RD);
    add_question(&m, "www.example", TYPE_A);
    write_text(&m.w, "more");
    s->talk.said[CLIENT] = alone(made_span(&m));
    assert_int_equal(look_tcp(s), HEARD_DONE);
    expect_name(&s->out.list[0], "www.example", TYPE_A, "malformed DNS for www.example A");

    const struct span turned[] = {own(question("www.example", TYPE_A)), said};
    s->talk.said[CLIENT] = stream(turned, 2);
    s->talk.complete[CLIENT] = false;
    assert_int_equal(look_tcp(s), HEARD_MORE);
    assert_int_equal(s->out.count, 2);
    assert_int_equal(s->out.list[1].why, WHY_MALFORMED);
    s->talk.said[CLIENT] = (struct span){0};
    s->talk.complete[CLIENT] = true;
    assert_int_equal(look_tcp(s), HEARD_PERHAPS); /* silent */
}

static void other_ports_by_tcp(void **state)
{
    struct scene *s = scene(IP_TCP);
    struct span whole = alone(question("www.example", TYPE_A));
    set_ports(s, 40000, 5300);
    for (size_t length = 0; length < whole.length; length++) {
        s->talk.said[CLIENT] = own(span_of(whole.at, length));
        assert_int_equal(look_tcp(s), HEARD_PERHAPS);
    }
    s->talk.said[CLIENT] = own(whole);
    assert_int_equal(look_tcp(s), HEARD_MORE);
    expect_name(&s->out.list[0], "www.example", TYPE_A, "DNS question for www.example A");
    static const char *const others[] = {"\x16\3\1\2\0\1", "GET / HTTP/1.1\r\n", "\5\1",
                                         "\0\40abcdefgh"};
    static const size_t lengths[] = {6, 16, 2, 10};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        s->talk.said[CLIENT] = own(span_of(others[i], lengths[i]));
        assert_int_equal(look_tcp(s), HEARD_NOT_MINE);
    }
}

/* Whatever comes: no read outside (the sanitizers look), no more than there is room for. */
static void noise(void **state)
{
    struct scene *s = scene(IP_UDP);
    uint8_t bytes[600];
    srandom(11);
    for (unsigned i = 0; i < 100000; i++) {
        struct span base = i % 2 ? answer("www.example", "192.0.2.1") : question("a.b", TYPE_A);
        size_t length = base.length;
        memcpy(bytes, base.at, length);
        for (long n = random() % 4; n >= 0; n--)
            bytes[(size_t)random() % length] = (uint8_t)random();
        if (i % 3 == 0)
            length = (size_t)random() % (length + 1);
        set_ports(s, 40000, i % 5 ? 53 : 5300);
        s->talk.cut = i % 7 == 0;
        datagram(s, i % 4 ? CLIENT : SERVER, span_of(bytes, length));
        assert_true(s->out.count <= 1 && s->out.resolution_count <= RESOLUTIONS_MOST);
        for (unsigned n = 0; n < s->out.count; n++)
            assert_true(!s->out.list[n].has_name || name_is_sound(&s->out.list[n].name));
        s->talk.said[SERVER] = alone(span_of(bytes, length));
        s->talk.said[CLIENT] = s->talk.said[SERVER];
        look_tcp(s);
        s->talk.datagrams[0] = s->talk.datagrams[1] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_and_answers),
        cmocka_unit_test(an_answer_alone_counts),
        cmocka_unit_test(whole_chains_and_hints),
        cmocka_unit_test(more_addresses_than_room),
        cmocka_unit_test(a_certificate_of_dnscrypt),
        cmocka_unit_test(long_names_leave_room_for_the_type),
        cmocka_unit_test(odd_messages_on_port_53),
        cmocka_unit_test(a_tunnel_on_port_53),
        cmocka_unit_test(dnscrypt_on_port_53),
        cmocka_unit_test(the_beginning_of_a_datagram),
        cmocka_unit_test(local_links_are_left_alone),
        cmocka_unit_test(other_ports),
        cmocka_unit_test(streams_at_every_length),
        cmocka_unit_test(answers_by_tcp),
        cmocka_unit_test(many_questions_end_it),
        cmocka_unit_test(what_is_no_dns_on_tcp_53),
        cmocka_unit_test(other_ports_by_tcp),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests_name("inspect/sight_dns", tests, NULL, NULL);
}
