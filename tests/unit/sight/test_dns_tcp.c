/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_dns - by TCP: streams at every length, and what is no DNS; and noise by both.
 */
#include "asked.h"

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
        cmocka_unit_test(streams_at_every_length), cmocka_unit_test(answers_by_tcp),
        cmocka_unit_test(many_questions_end_it),   cmocka_unit_test(what_is_no_dns_on_tcp_53),
        cmocka_unit_test(other_ports_by_tcp),      cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests_name("sight/dns_tcp", tests, NULL, NULL);
}
