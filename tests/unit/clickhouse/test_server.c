/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_server - values in statements, and what an operator is told.
 *
 * Real servers are in tests/system/test_clickhouse.py.
 */
#include "clickhouse/post.h"
#include "clickhouse/server.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct config_store options;

/* What a server reads: no quote or backslash that is not ours, no byte outside printable ASCII. */
static void no_value_leaves_its_quotes(void **state)
{
    char room[2048];
    uint8_t all[256];

    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    struct writer w = writer_over(room, sizeof room);
    quote(&w, span_of(all, sizeof all));
    assert_false(w.failed);
    size_t length = writer_length(&w), bytes = 0;
    assert_true(room[0] == '\'' && room[length - 1] == '\'');
    for (size_t i = 1; i + 1 < length; bytes++) {
        unsigned value = (uint8_t)room[i];
        assert_true(value != '\'' && value >= ' ' && value <= '~');
        i++;
        if (value == '\\') {
            assert_int_equal(room[i], 'x');
            const char digits[] = {room[i + 1], room[i + 2], 0};
            value = (unsigned)strtoul(digits, NULL, 16);
            i += 3;
        }
        assert_int_equal(value, bytes);
    }
    assert_int_equal(bytes, 256);
}

static void hostile_values_are_text(void **state)
{
    static const struct {
        const char *value, *wanted;
    } cases[] = {
        {"", "''"},
        {"WeChat", "'WeChat'"},
        {"dl.a-b.example:53/x_y z", "'dl.a-b.example:53/x_y z'"},
        {"' OR 1=1 --", "'\\x27 OR 1\\x3D1 --'"},
        {"\\'; DROP TABLE events", "'\\x5C\\x27\\x3B DROP TABLE events'"},
        {"\\", "'\\x5C'"},
        {"é\n", "'\\xC3\\xA9\\x0A'"},
        {"`{}%$#&+", "'\\x60\\x7B\\x7D\\x25\\x24\\x23\\x26\\x2B'"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char room[256];
        struct writer w = writer_over(room, sizeof room);
        quote(&w, span_text(cases[i].value));
        assert_string_equal(statement_end(&w), cases[i].wanted);
    }
}

static void a_statement_that_does_not_fit_is_none(void **state)
{
    char room[8];
    struct writer w = writer_over(room, sizeof room);
    quote(&w, span_text("a long value"));
    assert_string_equal(statement_end(&w), "");
    w = writer_over(room, sizeof room);
    write_number(&w, UINT64_C(1234567));
    assert_string_equal(statement_end(&w), "1234567");
}

static void an_answer_is_a_number_or_none(void **state)
{
    static const char *const none[] = {
        "", "\n", "42", "42\n\n", "42 \n", "-1\n", "<html>\n", "4x\n", "99999999999999999999\n"};
    uint64_t number;

    assert_true(answer_number(span_text("42\n"), &number));
    assert_int_equal(number, 42);
    assert_true(answer_number(span_text("0\n"), &number));
    assert_int_equal(number, 0);
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(answer_number(span_text(none[i]), &number));
}

static void a_target_is_escaped(void **state)
{
    char out[32];
    assert_true(post_escape(span_text("a b&c=%\n"), out, sizeof out));
    assert_string_equal(out, "a%20b%26c%3D%25%0A");
    assert_false(post_escape(span_text("aaaaaaaaaa bbbbbbbbbb cccccccccc"), out, sizeof out));
}

static void wants(const char *text, enum status wanted)
{
    char why[SERVER_WHY_SIZE] = "";
    struct remote *server = NULL;
    assert_int_equal(remote_new(&options, why, &server), wanted);
    if (strstr(why, text) == NULL)
        fail_msg("%s", why);
    remote_free(server);
}

static int set_options(void **state)
{
    options = (struct config_store){.server_count = 1};
    snprintf(options.database, sizeof options.database, "ponor");
    snprintf(options.user, sizeof options.user, "default");
    return address_parse("127.0.0.1", &options.servers[0].address);
}

static void what_is_configured_is_checked(void **state)
{
    options.server_count = 2;
    wants("without `cluster` has one server", STATUS_INVALID);
    options.server_count = 1;
    snprintf(options.database, sizeof options.database, "a`b");
    wants("are words of letters", STATUS_INVALID);
    set_options(state);
    snprintf(options.cluster, sizeof options.cluster, "x' ");
    wants("are words of letters", STATUS_INVALID);
    set_options(state);
    snprintf(options.user, sizeof options.user, "a\r\nX-Other: b");
    wants("are words of letters", STATUS_INVALID);
}

static void the_password_is_a_line(void **state)
{
    char file[] = "/tmp/test_server_XXXXXX";
    int fd = mkstemp(file);
    snprintf(options.password_file, sizeof options.password_file, "%s", file);
    assert_true(write(fd, "se\tcret\n", 8) == 8);
    wants("must be the password, in printable ASCII", STATUS_INVALID);
    assert_int_equal(ftruncate(fd, 0), 0);
    wants("must be the password", STATUS_INVALID);
    assert_true(pwrite(fd, "secret\nmore\n", 12, 0) == 12);
    char why[SERVER_WHY_SIZE];
    struct remote *server = NULL;
    assert_int_equal(remote_new(&options, why, &server), STATUS_OK);
    remote_free(server);
    close(fd);
    unlink(file);
    wants("No such file", STATUS_INVALID);
}

/* A server that answers each connection with the same text; NULL: with silence. */
static pid_t serve(const char *answer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    options.servers[0].port = ntohs(at.sin_port);
    pid_t child = fork();
    if (child != 0) {
        close(listener);
        return child;
    }
    for (;;) {
        char request[65536];
        int fd = accept(listener, NULL, NULL);
        while (answer == NULL)
            pause();
        if (fd >= 0 && read(fd, request, sizeof request) > 0 &&
            write(fd, answer, strlen(answer)) < 0)
            _exit(1);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
}

static enum status ask(const char *answer, clock_ms patience, char why[SERVER_WHY_SIZE],
                       char out[64])
{
    struct remote *server = NULL;
    struct span got = {0};
    const struct server_ask ask = {.statement = "SELECT 1", .patience_ms = patience, .most = 1024};
    pid_t child = serve(answer);

    assert_int_equal(remote_new(&options, why, &server), STATUS_OK);
    enum status status = remote_answer(server, &ask, &got);
    snprintf(why, SERVER_WHY_SIZE, "%s", remote_why(server));
    if (status == STATUS_OK)
        snprintf(out, 64, "%.*s", (int)got.length, (const char *)got.at);
    remote_free(server);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return status;
}

#define EXCEPTION(code, text)                                                                      \
    "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\nCode: " #code                  \
    ", e.displayText() = DB::Exception: " text ", e.what() = DB::Exception\n"

static void refusals_are_words_for_an_operator(void **state)
{
    static const struct {
        const char *answer;
        enum status status;
        const char *wanted;
    } cases[] = {
        {EXCEPTION(193, "Wrong password for user ponor"), STATUS_REFUSED,
         ": Wrong password for user ponor (193); set `password_file` of `clickhouse`"},
        {EXCEPTION(291, "Access denied to database x"), STATUS_REFUSED, "<allow_databases>"},
        {EXCEPTION(225, "Can't create replicated table without ZooKeeper"), STATUS_REFUSED,
         "a cluster needs ZooKeeper"},
        {EXCEPTION(60, "Table ponor.events doesn't exist."), STATUS_NOT_FOUND, "(60)"},
        {EXCEPTION(216, "Query with id = x is already running."), STATUS_EXISTS, "(216)"},
        {EXCEPTION(159, "Timeout exceeded"), STATUS_TOO_LONG, "(159)"},
        {EXCEPTION(9999, "a\x1b[31mb"), STATUS_REFUSED, ": a?[31mb (9999)"},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n<html", STATUS_REFUSED,
         "answers HTTP 404 and is no ClickHouse server"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", STATUS_CLOSED, "gave no answer"},
        {"no HTTP at all", STATUS_CLOSED, "gave no answer"},
        {"", STATUS_CLOSED, "gave no answer"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char why[SERVER_WHY_SIZE], out[64];
        assert_int_equal(ask(cases[i].answer, 60000, why, out), cases[i].status);
        if (strstr(why, cases[i].wanted) == NULL)
            fail_msg("case %zu: %s", i, why);
        assert_memory_equal(why, "127.0.0.1@", 10);
    }
}

static void answers_are_whole_and_have_a_limit(void **state)
{
    char why[SERVER_WHY_SIZE], out[64], long_answer[4096];

    assert_int_equal(ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "3\r\n12\n\r\n2\r\n34\r\n0\r\n\r\n",
                         60000, why, out),
                     STATUS_OK);
    assert_string_equal(out, "12\n34");
    snprintf(long_answer, sizeof long_answer,
             "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n%02000d", 1);
    assert_int_equal(ask(long_answer, 60000, why, out), STATUS_TOO_LONG);
    clock_ms before = clock_now();
    assert_int_equal(ask(NULL, 300, why, out), STATUS_TOO_LONG);
    assert_true(clock_now() - before >= 290);
}

static void nobody_there_is_said(void **state)
{
    char why[SERVER_WHY_SIZE];
    struct remote *server = NULL;
    struct span got;
    const struct server_ask ask = {.statement = "SELECT 1", .patience_ms = 60000, .most = 10};
    pid_t child = serve("");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    options.server_count = 2; /* both are the same dead one */
    options.servers[1] = options.servers[0];
    snprintf(options.cluster, sizeof options.cluster, "c");
    assert_int_equal(remote_new(&options, why, &server), STATUS_OK);
    assert_int_equal(remote_answer(server, &ask, &got), STATUS_CLOSED);
    assert_non_null(strstr(remote_why(server), "see that clickhouse-server runs there"));
    assert_true(remote_turn(server));
    assert_false(remote_turn(server));
    remote_free(server);
}

/* A request can be waited for in pieces. */
static void waiting_ends_when_it_is_told(void **state)
{
    char why[SERVER_WHY_SIZE];
    struct remote *server = NULL;
    struct span got;
    const struct server_ask ask = {.statement = "SELECT 1", .patience_ms = 60000, .most = 10};
    pid_t child = serve(NULL);
    assert_int_equal(remote_new(&options, why, &server), STATUS_OK);
    assert_int_equal(remote_begin(server, &ask), STATUS_OK);
    clock_ms before = clock_now();
    assert_int_equal(remote_wait(server, before + 100, &got), STATUS_AGAIN);
    assert_int_equal(remote_wait(server, before + 200, &got), STATUS_AGAIN);
    assert_true(clock_now() - before >= 200);
    remote_free(server);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_leaves_its_quotes),
        cmocka_unit_test(hostile_values_are_text),
        cmocka_unit_test(a_statement_that_does_not_fit_is_none),
        cmocka_unit_test(an_answer_is_a_number_or_none),
        cmocka_unit_test(a_target_is_escaped),
        cmocka_unit_test_setup(what_is_configured_is_checked, set_options),
        cmocka_unit_test_setup(the_password_is_a_line, set_options),
        cmocka_unit_test_setup(refusals_are_words_for_an_operator, set_options),
        cmocka_unit_test_setup(answers_are_whole_and_have_a_limit, set_options),
        cmocka_unit_test_setup(nobody_there_is_said, set_options),
        cmocka_unit_test_setup(waiting_ends_when_it_is_told, set_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
