/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_recurse - libunbound through stub zones and forwarding to an NSD on loopback, and the ends
 * of it: files that are missing, servers that are silent, a flush, a close with questions under
 * way.
 *
 * Without /usr/sbin/nsd its cases are skipped. Bogus answers and recursion from a root are proved
 * by the system tests.
 */
#include "resolve/upstream.h"

#include "signed_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../dns/texts.h"

#define NSD "/usr/sbin/nsd"

enum { TICKETS = 32 };

struct reply {
    unsigned times;
    enum outcome outcome;
    bool secure;
    uint16_t rcode, answers, ede;
    char why[256];
    uint8_t last_data[64];
    size_t length, last_length;
};

struct world {
    char folder[64];
    uint16_t port; /* of NSD */
    pid_t nsd;
    int silent; /* a socket that never answers */
    struct event_base *base;
    struct config config;
    struct counters counters;
    void *recurse;
    struct reply replies[TICKETS];
    unsigned answered;
};

static struct world world;

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", world.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int bind_somewhere(int type, uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    getsockname(fd, (struct sockaddr *)&at, &size);
    *port = ntohs(at.sin_port);
    return fd;
}

static struct endpoint on_loopback(uint16_t port)
{
    return (struct endpoint){.address = address_of("127.0.0.1"), .port = port};
}

static void write_zones(void)
{
    char config[1024], zone[4096];
    size_t length;
    snprintf(config, sizeof config,
             "server:\n ip-address: 127.0.0.1@%u\n username: \"\"\n zonesdir: \"%s\"\n"
             " database: \"\"\n pidfile: \"%s/nsd.pid\"\n xfrdfile: \"\"\n zonelistfile: "
             "\"%s/zone.list\"\n server-count: 1\n rrl-ratelimit: 0\n"
             "remote-control:\n control-enable: no\n"
             "zone:\n name: corp.test\n zonefile: corp\n"
             "zone:\n name: 10.in-addr.arpa\n zonefile: ten\n"
             "zone:\n name: signed.test\n zonefile: signed\n",
             world.port, world.folder, world.folder, world.folder);
    write_file("nsd.conf", config);
    write_file("signed", signed_zone);
    write_file("ten", "@ 60 IN SOA a. b. 1 60 60 60 60\n@ 60 IN NS ns.corp.test.\n"
                      "1.0.0 60 IN PTR www.corp.test.\n");
    length =
        (size_t)snprintf(zone, sizeof zone,
                         "@ 60 IN SOA a. b. 1 60 60 60 60\n@ 60 IN NS ns\nns 60 IN A 10.0.0.2\n"
                         "www 60 IN A 10.0.0.1\nalias 60 IN CNAME www\n"
                         "od\\.d\\@name 60 IN A 10.0.0.3\n");
    for (int i = 0; i < 30; i++) /* more than fits a datagram */
        length +=
            (size_t)snprintf(zone + length, sizeof zone - length, "big 60 IN TXT \"%060d\"\n", i);
    write_file("corp", zone);
}

/* Waits until NSD answers something. */
static bool nsd_is_up(void)
{
    static const uint8_t query[] = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
    const struct timeval wait = clock_timeval(100);
    struct sockaddr_storage to;
    uint16_t port;
    uint8_t answer[512];
    const struct endpoint at = on_loopback(world.port);
    socklen_t size = address_to_sockaddr(&at.address, at.port, AF_UNSPEC, &to);
    int fd = bind_somewhere(SOCK_DGRAM, &port);
    bool up = false;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    for (int i = 0; i < 50 && !up; i++) {
        (void)sendto(fd, query, sizeof query, 0, (struct sockaddr *)&to, size);
        up = recv(fd, answer, sizeof answer, 0) > 0;
    }
    close(fd);
    return up;
}

static int start_nsd(void **state)
{
    char file[128];
    snprintf(world.folder, sizeof world.folder, "/tmp/ponor-recurse-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    if (access(NSD, X_OK) != 0)
        return 0;
    close(bind_somewhere(SOCK_STREAM, &world.port));
    write_zones();
    snprintf(file, sizeof file, "%s/nsd.conf", world.folder);
    world.nsd = fork();
    if (world.nsd == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        dup2(null, STDOUT_FILENO);
        execl(NSD, NSD, "-d", "-c", file, (char *)NULL);
        _exit(127);
    }
    assert_true(nsd_is_up());
    return 0;
}

static int stop_nsd(void **state)
{
    static const char *const names[] = {"nsd.conf", "corp",      "ten",    "signed",
                                        "nsd.pid",  "zone.list", "anchor", "hints"};
    char path[128];
    if (world.nsd > 0) {
        kill(world.nsd, SIGTERM);
        waitpid(world.nsd, NULL, 0);
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", world.folder, names[i]);
        unlink(path);
    }
    return rmdir(world.folder);
}

static void on_answer(void *owner, uint32_t ticket, const struct upstream_answer *answer)
{
    struct reply *reply = &world.replies[ticket];
    struct message m;
    reply->times++;
    reply->outcome = answer->outcome;
    reply->secure = answer->secure;
    reply->ede = answer->ede;
    reply->length = answer->message.length;
    snprintf(reply->why, sizeof reply->why, "%s", answer->why);
    if (answer->message.length > 0) {
        struct record record;
        assert_int_equal(message_read(answer->message, &m), STATUS_OK);
        assert_int_equal(m.id, 0);
        reply->rcode = message_rcode(&m);
        reply->answers = m.counts[SECTION_ANSWER];
        struct records walk = records_of(&m);
        while (records_next(&walk, &record) && record.section == SECTION_ANSWER) {
            reply->last_length = record.data.length < 64 ? record.data.length : 64;
            memcpy(reply->last_data, record.data.at, reply->last_length);
        }
    }
    world.answered++;
    if (ticket == 0)
        event_base_loopbreak(world.base);
}

static enum status try_start(void)
{
    const struct upstream_setup setup = {&world.config, world.base, &world.counters, on_answer,
                                         NULL};
    return upstream_recurse.open(&setup, &world.recurse);
}

static void turn(unsigned ms)
{
    const struct timeval most = clock_timeval(ms);
    event_base_loopexit(world.base, &most);
    event_base_dispatch(world.base);
}

static void ask_only(uint32_t ticket, const char *name, uint16_t type)
{
    struct message_ask ask = {
        .type = type, .class = CLASS_IN, .want_dnssec = 1, .name = name_of(name)};
    world.replies[ticket] = (struct reply){0};
    upstream_recurse.ask(world.recurse, ticket, &ask);
}

static const struct reply *ask(const char *name, uint16_t type)
{
    ask_only(0, name, type);
    if (world.replies[0].times == 0)
        turn(8000);
    assert_int_equal(world.replies[0].times, 1);
    return &world.replies[0];
}

static int set_up(void **state)
{
    uint16_t port;
    struct stub *stubs = world.config.dnsd.stubs;
    memset(&world.config, 0, sizeof world.config);
    memset(world.replies, 0, sizeof world.replies);
    world.answered = 0;
    world.recurse = NULL;
    world.silent = bind_somewhere(SOCK_DGRAM, &port);
    world.base = event_base_new();
    stubs[0].zone = name_of("corp.test");
    stubs[1].zone = name_of("10.in-addr.arpa");
    stubs[2].zone = name_of("silent.test");
    stubs[3].zone = name_of("signed.test");
    stubs[0].servers[0] = stubs[1].servers[0] = on_loopback(world.port);
    stubs[2].servers[0] = on_loopback(port);
    stubs[3].servers[0] = on_loopback(world.port);
    for (unsigned i = 0; i < 4; i++)
        stubs[i].server_count = 1;
    world.config.dnsd.stub_count = 4;
    world.config.dnsd.qname_minimisation = 1;
    world.config.dnsd.query_timeout_ms = 5000;
    /* Never the Internet: everything else goes to where nothing answers. */
    world.config.dnsd.recurse_via[0] = on_loopback(port);
    world.config.dnsd.recurse_via_count = 1;
    return 0;
}

static int tear_down(void **state)
{
    if (world.recurse != NULL)
        upstream_recurse.close(world.recurse);
    event_base_free(world.base);
    close(world.silent);
    return 0;
}

static void need_nsd(void)
{
    if (world.nsd == 0)
        skip();
    assert_int_equal(try_start(), STATUS_OK);
}

/* The cases. */

static void test_a_stub_zone_is_answered(void **state)
{
    need_nsd();
    const struct reply *r = ask("www.corp.test", TYPE_A); /* .test is not answered by libunbound */
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_int_equal(r->answers, 1);
    assert_int_equal(r->last_length, 4);
    assert_memory_equal(r->last_data, "\12\0\0\1", 4);
    assert_false(r->secure);
    assert_int_equal(ask("www.corp.test", TYPE_A)->answers, 1); /* from its cache, inside ask() */
}

static void test_a_chain_and_a_long_answer(void **state)
{
    need_nsd();
    const struct reply *r = ask("alias.corp.test", TYPE_A);
    assert_int_equal(r->answers, 2);
    assert_memory_equal(r->last_data, "\12\0\0\1", 4);
    r = ask("big.corp.test", TYPE_TXT);
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_int_equal(r->answers, 30);
    assert_true(r->length > EDNS_UDP_SIZE);
}

static void test_nothing_there(void **state)
{
    need_nsd();
    const struct reply *r = ask("absent.corp.test", TYPE_A);
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_int_equal(r->rcode, RCODE_NXDOMAIN);
    r = ask("www.corp.test", TYPE_AAAA);
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_int_equal(r->rcode, RCODE_NOERROR);
    assert_int_equal(r->answers, 0);
}

static void test_odd_names_survive_the_text(void **state)
{
    need_nsd();
    const struct reply *r = ask("od\\.d\\@name.corp.test", TYPE_A);
    assert_int_equal(r->rcode, RCODE_NOERROR);
    assert_memory_equal(r->last_data, "\12\0\0\3", 4);
    r = ask("\\000\\255\\\"\\(.corp.test", TYPE_A);
    assert_int_equal(r->rcode, RCODE_NXDOMAIN);
}

static void test_private_reverse_zones_reach_their_stub(void **state)
{
    need_nsd();
    const struct reply *r = ask("1.0.0.10.in-addr.arpa", TYPE_PTR);
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_int_equal(r->answers, 1);
}

static bool file_says(const char *name, const char *word)
{
    char path[128], text[4096] = "";
    snprintf(path, sizeof path, "%s/%s", world.folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return strstr(text, word) != NULL;
}

static void trust(const char *anchor)
{
    struct config *config = &world.config;
    write_file("anchor", anchor);
    snprintf(config->dnsd.trust_anchor, sizeof config->dnsd.trust_anchor, "%s/anchor",
             world.folder);
}

static void test_signatures_are_checked(void **state)
{
    trust(signed_anchor);
    need_nsd();
    const struct reply *r = ask("www.signed.test", TYPE_A);
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_true(r->secure);
    r = ask("absent.signed.test", TYPE_A);
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_int_equal(r->rcode, RCODE_NXDOMAIN);
    assert_true(r->secure);
    for (int i = 0; i < 2; i++) { /* fresh, and from libunbound's cache */
        r = ask("bad.signed.test", TYPE_A);
        assert_int_equal(r->outcome, OUTCOME_BOGUS);
        assert_int_equal(r->ede, EDE_DNSSEC_BOGUS);
        assert_false(r->secure);
        assert_int_equal(r->answers, 2); /* what it says, for CD: A and RRSIG */
    }
    assert_non_null(strstr(r->why, "bad.signed.test"));
    assert_true(file_says("anchor", "VALID")); /* RFC 5011: the file was written anew */
}

static void test_a_negative_anchor_lets_an_unsigned_zone_pass(void **state)
{
    struct config *config = &world.config;
    if (world.nsd == 0)
        skip();
    trust(". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n");
    config->dnsd.negative_anchors[0] = name_of("corp.test");
    config->dnsd.negative_anchor_count = 1;
    need_nsd();
    const struct reply *r = ask("www.corp.test", TYPE_A);
    assert_int_equal(r->outcome, OUTCOME_ANSWER);
    assert_false(r->secure);
}

static void test_a_flush_forgets_and_asks_again(void **state)
{
    need_nsd();
    assert_int_equal(ask("www.corp.test", TYPE_A)->answers, 1);
    ask_only(1, "alias.corp.test", TYPE_A);
    ask_only(2, "www.silent.test", TYPE_A);
    upstream_recurse.forget(world.recurse);
    assert_int_equal(ask("www.corp.test", TYPE_A)->answers, 1);
    turn(300);
    assert_int_equal(world.replies[1].times, 1); /* what was under way is answered, once */
    assert_int_equal(world.replies[1].answers, 2);
    assert_int_equal(world.replies[2].times, 0);
}

static void test_silence_is_known_after_a_probe(void **state)
{
    assert_int_equal(try_start(), STATUS_OK);
    turn(1300);
    clock_ms from = clock_now();
    const struct reply *r = ask("www.example.com", TYPE_A);
    assert_int_equal(r->outcome, OUTCOME_UNREACHABLE);
    assert_in_range(clock_now() - from, 0, 500);
}

static void test_a_closed_port_is_unreachable_soon(void **state)
{
    close(world.silent);
    assert_int_equal(try_start(), STATUS_OK);
    clock_ms from = clock_now();
    assert_int_equal(ask("www.example.com", TYPE_A)->outcome, OUTCOME_UNREACHABLE);
    assert_in_range(clock_now() - from, 0, 2000);
    world.silent = -1;
}

static void test_one_that_waits_too_long_is_answered(void **state)
{
    world.config.dnsd.query_timeout_ms = 600;
    assert_int_equal(try_start(), STATUS_OK);
    clock_ms from = clock_now();
    assert_int_equal(ask("www.silent.test", TYPE_A)->outcome, OUTCOME_UNREACHABLE);
    assert_in_range(clock_now() - from, 600, 2500);
}

static void test_it_closes_with_questions_under_way(void **state)
{
    assert_int_equal(try_start(), STATUS_OK);
    for (uint32_t i = 0; i < TICKETS; i++)
        ask_only(i, "www.silent.test", TYPE_A + (uint16_t)i);
    turn(50);
    upstream_recurse.close(world.recurse);
    world.recurse = NULL;
    assert_int_equal(world.answered, 0);
}

static void test_missing_files_are_refused(void **state)
{
    struct config *config = &world.config;
    snprintf(config->dnsd.trust_anchor, sizeof config->dnsd.trust_anchor, "%s/absent",
             world.folder);
    assert_int_equal(try_start(), STATUS_INVALID);
    config->dnsd.trust_anchor[0] = 0;
    config->dnsd.recurse_via_count = 0;
    snprintf(config->dnsd.root_hints, sizeof config->dnsd.root_hints, "%s/absent", world.folder);
    assert_int_equal(try_start(), STATUS_INVALID);
}

static void test_hints_say_where_to_begin(void **state)
{
    struct config *config = &world.config;
    write_file("hints",
               "; a root of our own\n.\t3600 IN NS a.root.\na.root. 3600 IN A 127.0.0.1 ; here\n"
               "a.root. 3600 AAAA ::1\n");
    config->dnsd.recurse_via_count = 0;
    snprintf(config->dnsd.root_hints, sizeof config->dnsd.root_hints, "%s/hints", world.folder);
    assert_int_equal(try_start(), STATUS_OK);
    turn(100);
    assert_int_equal(ask("www.example.com", TYPE_A)->outcome, OUTCOME_UNREACHABLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_stub_zone_is_answered),
        CASE(test_a_chain_and_a_long_answer),
        CASE(test_nothing_there),
        CASE(test_odd_names_survive_the_text),
        CASE(test_private_reverse_zones_reach_their_stub),
        CASE(test_signatures_are_checked),
        CASE(test_a_negative_anchor_lets_an_unsigned_zone_pass),
        CASE(test_a_flush_forgets_and_asks_again),
        CASE(test_silence_is_known_after_a_probe),
        CASE(test_a_closed_port_is_unreachable_soon),
        CASE(test_one_that_waits_too_long_is_answered),
        CASE(test_it_closes_with_questions_under_way),
        CASE(test_missing_files_are_refused),
        CASE(test_hints_say_where_to_begin),
    };
    return cmocka_run_group_tests(tests, start_nsd, stop_nsd);
}
