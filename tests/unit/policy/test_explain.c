/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves policy/explain.c: the words, exactly.
 */
#include "world.h"

#include "dns/edns.h"
#include "policy/explain.h"

static struct world w;

static void open_lists(void)
{
    world_open(&w);
    world_list(&w, "yaml",
               "list: dns\ntitle: Encrypted DNS\nserial: 3\nrules:\n  - domain: doh.example\n");
    world_list(&w, "yaml",
               "list: look\ntitle: Look\nserial: 1\naction: observe\nrules:\n"
               "  - domain: chat.example\n");
    world_list(&w, "yaml",
               "list: chat\ntitle: Chat (App)\napp: Chat\nauthority: Board, notice of 2023-10-30\n"
               "reference: https://example.org/n\nowner: soc@agency.example\nticket: SEC-1\n"
               "serial: 2026112401\nevidence: visited\nrules:\n"
               "  - {domain: chat.example, note: a note, source: a capture}\n"
               "  - {name: own.chat.example, ticket: SEC-2}\n"
               "  - {address: 192.0.2.0/24, action: observe}\n"
               "exceptions:\n"
               "  - {domain: pay.chat.example, ticket: CHG-9, until: 2026-12-31, "
               "approved_by: [a.b, c.d]}\n");
    world_group(&w, "mobile", "10.0.0.0/8");
    world_group(&w, "lab", "10.9.0.0/16")->observe_only = true;
    world_compile(&w);
}

static void assert_explained(const char *client, const char *what, const char *format, ...)
{
    char expected[2048], text[2048];
    struct writer writer = writer_over(text, sizeof text - 1);
    const struct address from = address_of(client);
    struct subject subject = {.group = policy_group_of(w.policy, &from)};
    struct address destination;
    struct name name;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(expected, sizeof expected, format, arguments);
    va_end(arguments);
    if (address_parse(what, &destination) == STATUS_OK) {
        subject.destination = &destination;
    } else {
        name = name_of(what);
        subject.name = &name;
    }
    explain_fully(w.policy, &subject, &writer);
    assert_false(writer.failed);
    text[writer_length(&writer)] = 0;
    assert_string_equal(text, expected);
}

static void test_fully(void **state)
{
    open_lists();
    const char *dns = file_name(&w, 0), *look = file_name(&w, 1), *chat = file_name(&w, 2);
    assert_explained("10.0.0.1", "www.chat.example",
                     "www.chat.example → sinkhole (enforced)\n"
                     "because   domain chat.example, %s:11\n"
                     "note      a note\n"
                     "source    a capture\n"
                     "list      chat — Chat (App), serial 2026112401\n"
                     "app       Chat\n"
                     "evidence  visited\n"
                     "authority Board, notice of 2023-10-30 (https://example.org/n)\n"
                     "ticket    SEC-1\n"
                     "owner     soc@agency.example\n"
                     "noted     domain chat.example, %s:6\n"
                     "group     mobile (enforce), asked before: dns (nothing), look (observe)\n",
                     chat, look);
    assert_explained("10.9.0.1", "doh.example",
                     "doh.example → sinkhole (not enforced: the group only observes)\n"
                     "because   domain doh.example, %s:5\n"
                     "list      dns — Encrypted DNS, serial 3\n"
                     "group     lab (observe)\n",
                     dns);
    assert_explained("10.0.0.1", "192.0.2.9",
                     "192.0.2.9 → observe\n"
                     "because   address 192.0.2.0/24, %s:13\n"
                     "list      chat — Chat (App), serial 2026112401\n"
                     "app       Chat\n"
                     "evidence  visited\n"
                     "authority Board, notice of 2023-10-30 (https://example.org/n)\n"
                     "ticket    SEC-1\n"
                     "owner     soc@agency.example\n"
                     "group     mobile (enforce), asked: dns (nothing), look (nothing), chat "
                     "(observe)\n",
                     chat);
    assert_explained("10.0.0.1", "pay.chat.example",
                     "pay.chat.example → allow\n"
                     "because   exception for domain pay.chat.example, %s:15\n"
                     "source    approved by a.b, c.d\n"
                     "until     2026-12-31\n"
                     "list      chat — Chat (App), serial 2026112401\n"
                     "app       Chat\n"
                     "authority Board, notice of 2023-10-30 (https://example.org/n)\n"
                     "ticket    CHG-9\n"
                     "owner     soc@agency.example\n"
                     "noted     domain chat.example, %s:6\n"
                     "group     mobile (enforce), asked before: dns (nothing), look (observe)\n",
                     chat, look);
    assert_explained("10.0.0.1", "other.example",
                     "other.example → pass\n"
                     "because   none of the lists that the group asks has anything to say\n"
                     "group     mobile (enforce), asked: dns (nothing), look (nothing), chat "
                     "(nothing)\n");
    assert_explained("192.0.2.1", "www.chat.example",
                     "www.chat.example → pass\n"
                     "because   no group holds this client, and there is no group `default`\n");
    world_close(&w);
}

static void assert_brief(const char *what, const char *expected)
{
    char text[EDE_TEXT_MOST + 1];
    struct writer writer = writer_over(text, EDE_TEXT_MOST);
    const struct verdict v = ask(&w, "10.0.0.1", what);
    explain_briefly(w.policy, &v, &writer);
    assert_false(writer.failed);
    text[writer_length(&writer)] = 0;
    assert_string_equal(text, expected);
}

static void test_briefly(void **state)
{
    open_lists();
    assert_brief("www.chat.example", "Chat (App), SEC-1");
    assert_brief("own.chat.example", "Chat (App), SEC-2");
    assert_brief("doh.example", "Encrypted DNS");
    assert_brief("other.example", "");
    world_close(&w);
}

/* A long title makes room for the ticket, and is cut between characters. */
static void test_brief_limit(void **state)
{
    char title[LIST_TEXT_SIZE] = "", text[EDE_TEXT_MOST + 1];
    struct writer writer = writer_over(text, EDE_TEXT_MOST);
    world_open(&w);
    for (size_t i = 0; i + 2 < sizeof title; i += 2)
        memcpy(title + i, "\xc3\xa9", 3);
    struct list_source *list = world_list(&w, "domains", "a.example\n");
    memcpy(list->title, title, sizeof title);
    snprintf(list->ticket, sizeof list->ticket, "T-12");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    const struct verdict v = ask(&w, "10.0.0.1", "a.example");
    explain_briefly(w.policy, &v, &writer);
    assert_false(writer.failed);
    assert_int_equal(writer_length(&writer), EDE_TEXT_MOST);
    assert_memory_equal(text + EDE_TEXT_MOST - 8, "\xc3\xa9, T-12", 8);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fully),
        cmocka_unit_test(test_briefly),
        cmocka_unit_test(test_brief_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
