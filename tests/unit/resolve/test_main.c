/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_main - the whole role in a child process: born, asked, drained, lied to. The test is its
 * parent, its serve processes and its upstream.
 */
#include "resolve/main.h"

#include "process/birth.h"
#include "process/channel.h"
#include "process/role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../dns/texts.h"
#include "../process/send.h"

static struct config config;
static int parent_end, serve_end, upstream, counters_fd;
static pid_t child;

/* The next message within two seconds: its length, 0 at the end, -1 at silence. */
static ssize_t receive(int from, void *buffer, size_t size)
{
    struct pollfd p = {from, POLLIN, 0};
    if (poll(&p, 1, 2000) <= 0)
        return -1;
    ssize_t got = recv(from, buffer, size, 0);
    return got < 0 ? 0 : got;
}

static int give_channel(uint32_t number)
{
    int pair[2];
    assert_int_equal(channel_pair(pair), STATUS_OK);
    give(parent_end, GIFT_CHANNEL, number, pair[0]);
    close(pair[0]);
    return pair[1];
}

static int set_up(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int pair[2], fd;
    uint32_t kind;
    upstream = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(upstream, (struct sockaddr *)&at, size), 0);
    getsockname(upstream, (struct sockaddr *)&at, &size);
    config.dnsd.mode = RESOLVE_FORWARD;
    config.dnsd.forward_to[0].address = address_from_sockaddr((struct sockaddr *)&at);
    config.dnsd.forward_to[0].port = ntohs(at.sin_port);
    config.dnsd.forward_count = config.dnsd.forward_sockets = 1;
    config.dnsd.forward_timeout_ms = 300;

    assert_int_equal(channel_pair(pair), STATUS_OK);
    parent_end = pair[1];
    child = fork();
    if (child == 0) {
        close(pair[1]);
        dup2(pair[0], ROLE_CHANNEL);
        _exit(resolve_main(0));
    }
    close(pair[0]);
    assert_int_equal(birth_wrap(&config, sizeof config, &fd), STATUS_OK);
    give(parent_end, GIFT_CONFIG, 0, fd);
    close(fd);
    assert_int_equal(counters_make(&counters_fd), STATUS_OK);
    give(parent_end, GIFT_COUNTERS, 0, counters_fd);
    serve_end = give_channel(0);
    send_message(parent_end, MESSAGE_START, NULL, 0, -1);
    assert_int_equal(receive(parent_end, &kind, sizeof kind), sizeof kind);
    assert_int_equal(kind, MESSAGE_READY);
    return 0;
}

/* The child's exit code. */
static int end_of_child(void)
{
    int status = -1;
    for (int i = 0; i < 300; i++) {
        if (waitpid(child, &status, WNOHANG) == child) {
            child = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
        }
        usleep(10000);
    }
    return 257;
}

static int tear_down(void **state)
{
    close(parent_end);
    close(serve_end);
    close(upstream);
    close(counters_fd);
    return child == 0 || end_of_child() == 0 ? 0 : 1; /* it leaves when its parent is gone */
}

static void send_ask(int from, uint32_t id)
{
    struct message_ask ask = {
        .id = id, .type = TYPE_A, .class = CLASS_IN, .name = name_of("www.example.com")};
    send_message(from, MESSAGE_ASK, &ask, sizeof ask, -1);
}

/* Plays the upstream for one question. */
static void answer_one(void)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    uint8_t bytes[512];
    struct pollfd p = {upstream, POLLIN, 0};
    assert_int_equal(poll(&p, 1, 2000), 1);
    ssize_t got = recvfrom(upstream, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
    bytes[2] |= 0x80;
    assert_int_equal(sendto(upstream, bytes, (size_t)got, 0, (struct sockaddr *)&from, size), got);
}

static void expect_answer(int at, uint32_t id, enum outcome outcome)
{
    static uint32_t buffer[MESSAGE_BYTES_MOST / sizeof(uint32_t) + 1];
    struct message_answer answer;
    ssize_t got = receive(at, buffer, sizeof buffer);
    assert_true(got >= (ssize_t)(sizeof(uint32_t) + sizeof answer));
    assert_int_equal(buffer[0], MESSAGE_ANSWER);
    memcpy(&answer, buffer + 1, sizeof answer);
    assert_int_equal(answer.id, id);
    assert_int_equal(answer.outcome, outcome);
    assert_int_equal(answer.length, (size_t)got - sizeof(uint32_t) - sizeof answer);
    assert_int_equal(answer.length > 0, outcome == OUTCOME_ANSWER);
    assert_int_equal(answer.why[sizeof answer.why - 1], 0);
}

static void test_an_ask_is_answered_and_counted(void **state)
{
    const struct counters *counters = counters_open(counters_fd);
    send_ask(serve_end, 77);
    answer_one();
    expect_answer(serve_end, 77, OUTCOME_ANSWER);
    assert_int_equal(counters->value[COUNT_ASKED], 1);
    assert_int_equal(counters->value[COUNT_ANSWERED], 1);
}

static void test_silence_is_said(void **state)
{
    send_ask(serve_end, 78);
    expect_answer(serve_end, 78, OUTCOME_UNREACHABLE);
}

static void test_an_answer_never_reaches_a_successor(void **state)
{
    send_ask(serve_end, 1);
    usleep(50000);
    int successor = give_channel(0);
    usleep(50000);
    send_ask(successor, 2);
    answer_one(); /* the first, whose asker is gone */
    answer_one();
    expect_answer(successor, 2, OUTCOME_ANSWER);
    close(serve_end);
    serve_end = successor;
}

static void test_a_serve_that_goes_takes_nothing_with_it(void **state)
{
    int other = give_channel(5);
    send_ask(other, 1);
    close(other);
    usleep(50000);
    answer_one();
    send_ask(serve_end, 2);
    answer_one();
    expect_answer(serve_end, 2, OUTCOME_ANSWER);
}

static void test_it_drains(void **state)
{
    send_ask(serve_end, 3);
    usleep(50000);
    send_message(parent_end, MESSAGE_DRAIN, NULL, 0, -1);
    usleep(150000);
    answer_one(); /* what is under way is finished */
    expect_answer(serve_end, 3, OUTCOME_ANSWER);
    assert_int_equal(end_of_child(), 0);
}

static void test_levels_and_flushes_are_taken(void **state)
{
    const struct message_level level = {LOG_LEVEL_ERROR};
    const struct message_flush flush = {.below = {.length = 1}};
    send_message(parent_end, MESSAGE_LEVEL, &level, sizeof level, -1);
    send_message(parent_end, MESSAGE_FLUSH, &flush, sizeof flush, -1);
    send_ask(serve_end, 4);
    answer_one();
    expect_answer(serve_end, 4, OUTCOME_ANSWER);
}

static void test_a_liar_gets_no_second_word(void **state)
{
    struct message_ask ask = {
        .id = 1, .type = TYPE_A, .class = CLASS_IN, .name = name_of("www.example.com")};
    ask.name.length = 250; /* no such name */
    send_message(serve_end, MESSAGE_ASK, &ask, sizeof ask, -1);
    assert_in_range(end_of_child(), 1, 256);
}

static void test_a_short_ask_ends_it(void **state)
{
    send_message(serve_end, MESSAGE_ASK, "abc", 3, -1);
    assert_in_range(end_of_child(), 1, 256);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_an_ask_is_answered_and_counted),
        CASE(test_silence_is_said),
        CASE(test_an_answer_never_reaches_a_successor),
        CASE(test_a_serve_that_goes_takes_nothing_with_it),
        CASE(test_it_drains),
        CASE(test_levels_and_flushes_are_taken),
        CASE(test_a_liar_gets_no_second_word),
        CASE(test_a_short_ask_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
