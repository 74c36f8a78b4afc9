/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * starttls - four protocols up to their upgrade, one byte at a time; and their neighbours.
 */
#include "sight/sight.h"

#include "../wire/certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct sightings seen;
static struct talk talk;

static enum heard look(struct span client, const char *server, uint16_t port)
{
    talk = (struct talk){.transport = IP_TCP, .server_port = port};
    talk.said[CLIENT] = client;
    talk.said[SERVER] = span_text(server);
    seen = (struct sightings){0};
    return sight_starttls.look(&talk, &seen);
}

static enum heard look_text(const char *client, const char *server, uint16_t port)
{
    return look(span_text(client), server, port);
}

/* A client's words, then its hello. */
static struct span client_make(const char *words, const struct packets_hello *recipe)
{
    static uint8_t buffer[4096];
    struct writer w = writer_over(buffer, sizeof buffer);
    write_text(&w, words);
    write_span(&w, records_make(hello_make(recipe), 16384));
    return writer_span(&w);
}

static void assert_named(const char *name, enum spoken spoken, const char *evidence)
{
    char text[NAME_TEXT_SIZE];
    assert_int_equal(seen.count, 1);
    assert_true(seen.list[0].has_name);
    assert_string_equal(name_text(&seen.list[0].name, text), name);
    assert_int_equal(seen.list[0].spoken, spoken);
    assert_int_equal(seen.list[0].seen, SEEN_TLS);
    assert_true(seen.list[0].has_hello);
    assert_string_equal(seen.list[0].evidence, evidence);
}

#define STREAM                                                                                     \
    "<stream:stream to='example.com' version='1.0' xmlns='jabber:client' "                         \
    "xmlns:stream='http://etherx.jabber.org/streams'>"

static const struct {
    const char *words, *greeting;
    uint16_t port;
    enum spoken spoken;
    const char *evidence;
} conversations[] = {
    {"EHLO me.example\r\nSTARTTLS\r\n", "220 mx\r\n", 25, SPOKEN_SMTP, "SMTP"},
    {"ehlo [192.0.2.1]\r\nnoop\r\nstarttls\r\n", "", 10025, SPOKEN_SMTP, "SMTP"},
    {"a1 CAPABILITY\r\na2 STARTTLS\r\n", "* OK ready\r\n", 10143, SPOKEN_IMAP, "IMAP"},
    {"a STARTTLS\r\n", "", 143, SPOKEN_IMAP, "IMAP"},
    {"CAPA\r\nSTLS\r\n", "+OK\r\n", 10110, SPOKEN_POP3, "POP3"},
    {"<?xml version='1.0'?>" STREAM "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "", 5222,
     SPOKEN_XMPP, "XMPP"},
    {STREAM "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'></starttls>\n", "", 1, SPOKEN_XMPP,
     "XMPP"},
};

static void upgrades_at_every_cut(void **state)
{
    struct packets_hello recipe = {.server_name = "mail.example.com", .padding = 300};
    for (size_t i = 0; i < COUNT_OF(conversations); i++) {
        char evidence[EVIDENCE_SIZE] = "STARTTLS in ";
        struct span said = client_make(conversations[i].words, &recipe);
        for (size_t length = 0; length < said.length; length++) {
            enum heard heard =
                look(span_of(said.at, length), conversations[i].greeting, conversations[i].port);
            assert_true(heard == HEARD_PERHAPS || heard == HEARD_MORE);
            assert_int_equal(seen.count, 0);
            assert_true(seen.want <= said.length);
        }
        assert_int_equal(look(said, conversations[i].greeting, conversations[i].port), HEARD_DONE);
        memcpy(evidence + 12, conversations[i].evidence, 5);
        memcpy(evidence + 16, ": ClientHello, SNI mail.example.com", 36);
        assert_named("mail.example.com", conversations[i].spoken, evidence);
    }
}

static void a_refused_upgrade_is_tried_again(void **state)
{
    struct packets_hello recipe = {.server_name = "mail.example.com"};
    struct span said = client_make("EHLO me\r\nSTARTTLS\r\nNOOP\r\nSTARTTLS\r\n", &recipe);
    assert_int_equal(look(said, "220 mx\r\n", 25), HEARD_DONE);
    assert_true(seen.list[0].has_name);
    said = client_make("EHLO me\r\nDATA\r\nSTARTTLS\r\n", &recipe);
    assert_int_equal(look(said, "220 mx\r\n", 25), HEARD_DONE);
    assert_true(seen.list[0].has_name);
}

static void the_server_may_name_itself(void **state)
{
    static uint8_t server[4096];
    struct packets_hello recipe = {0};
    struct writer w = writer_over(server, sizeof server);
    write_text(&w, "220 mx\r\n250 STARTTLS\r\n220 go\r\n");
    struct span said = client_make("EHLO me\r\nSTARTTLS\r\n", &recipe);
    assert_int_equal(look(said, "220 mx\r\n", 25), HEARD_MORE);
    assert_int_equal(seen.list[0].why, WHY_NOT_SAID);
    struct span der = certificate_make(NULL, "DNS:mx.example.com");
    write_span(&w, records_make(flight_make(0x0303, der), 16384));
    said = client_make("EHLO me\r\nSTARTTLS\r\n", &recipe);
    talk.said[CLIENT] = said;
    talk.said[SERVER] = writer_span(&w);
    seen = (struct sightings){0};
    assert_int_equal(sight_starttls.look(&talk, &seen), HEARD_DONE);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.list[1].seen, SEEN_CERTIFICATE);
    assert_int_equal(seen.list[1].spoken, SPOKEN_SMTP);
    assert_true(seen.list[1].has_name);
}

static void without_an_upgrade(void **state)
{
    static const struct {
        const char *client, *server;
        enum spoken spoken;
    } cases[] = {
        {"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "220 mx\r\n", SPOKEN_SMTP},
        {"a LOGIN me secret\r\n", "* OK\r\n", SPOKEN_IMAP},
        {"USER me\r\nPASS secret\r\n", "+OK\r\n", SPOKEN_POP3},
        {STREAM "<auth>", "", SPOKEN_XMPP},
        {STREAM "<starttls/>garbage behind it", "", SPOKEN_XMPP},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)look_text(cases[i].client, cases[i].server, 9);
        talk.complete[CLIENT] = talk.complete[SERVER] = true;
        seen = (struct sightings){0};
        assert_int_equal(sight_starttls.look(&talk, &seen), HEARD_DONE);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.list[0].spoken, cases[i].spoken);
        assert_int_equal(seen.list[0].why, WHY_NOT_SAID);
    }
}

static void neighbours_are_not_robbed(void **state)
{
    static const char *const others[] = {
        "GET / HTTP/1.1\r\n",
        "POST /mmtls/00ab12cd HTTP/1.1\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "USER anonymous\r\n", /* FTP, by its greeting */
        "AUTH TLS\r\n",
        "<html>",
        "<?xml version='1.0'?><policy-file-request/>\n\n\n",
        "\x05\x01\x00",
        "\x16\x03\x01\x02\x00\x01",
        "EHLOX me\r\n",
        "a1 FETCH 1\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        (void)look_text(others[i], "220 ready\r\n", 21);
        talk.complete[CLIENT] = true;
        seen = (struct sightings){0};
        assert_int_equal(sight_starttls.look(&talk, &seen), HEARD_NOT_MINE);
    }
    assert_int_equal(look_text("G", "", 80), HEARD_PERHAPS); /* a tag, perhaps */
    assert_int_equal(look_text("GET /", "", 80), HEARD_NOT_MINE);
    assert_int_equal(look_text("EHLO me\r\n", "220 ", 25), HEARD_MORE);
    talk.midstream = true;
    assert_int_equal(sight_starttls.look(&talk, &seen), HEARD_NOT_MINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upgrades_at_every_cut),
        cmocka_unit_test(a_refused_upgrade_is_tried_again),
        cmocka_unit_test(the_server_may_name_itself),
        cmocka_unit_test(without_an_upgrade),
        cmocka_unit_test(neighbours_are_not_robbed),
    };
    return cmocka_run_group_tests_name("sight/starttls", tests, NULL, NULL);
}
