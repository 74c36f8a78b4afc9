/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_dns - by UDP: who asked what, what was answered, and what only pretends.
 */
#include "asked.h"

static void questions_and_answers(void **state)
{
    struct scene *s = scene(IP_UDP);
    assert_int_equal(datagram(s, CLIENT, question("WWW.Example", TYPE_AAAA)), HEARD_MORE);
    assert_int_equal(s->out.count, 1);
    expect_name(&s->out.list[0], "www.example", TYPE_AAAA, "DNS question for www.example AAAA");
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    assert_int_equal(s->out.list[0].way, DETOUR_DNS);
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
    assert_int_equal(s->out.list[0].way, DETOUR_DNSCRYPT);
    datagram(s, CLIENT, question("2.dnscrypt-cert", TYPE_TXT)); /* nobody's */
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    datagram(s, CLIENT, question("2.dnscrypt-certs.example", TYPE_TXT));
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    datagram(s, CLIENT, question("2.dnscrypt-cert.provider.example", TYPE_A));
    assert_int_equal(s->out.list[0].protocol, PROTOCOL_DNS);
    set_ports(s, 40000, 443);
    assert_int_equal(datagram(s, CLIENT, question("2.dnscrypt-cert.provider.example", TYPE_TXT)),
                     HEARD_MORE);
    assert_int_equal(s->out.list[0].way, DETOUR_DNSCRYPT);
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
    };
    return cmocka_run_group_tests_name("sight/dns", tests, NULL, NULL);
}
