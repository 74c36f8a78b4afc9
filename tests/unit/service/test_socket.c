/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The control socket: orders, answers, waiting, and people who do not keep to the rules.
 */
#include "base/log.h"
#include "command/client.h"
#include "service/socket.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 64, TEXT_SIZE = 1 << 16 };

struct world {
    struct event_base *base;
    struct control_socket *socket;
    char folder[PATH_SIZE], path[PATH_SIZE];
    unsigned obeyed;
    char arguments[1100];
};

static void on_echo(void *owner, struct asker *asker, char *arguments)
{
    struct world *w = owner;
    w->obeyed++;
    snprintf(w->arguments, sizeof w->arguments, "%s", arguments);
    asker_say(asker, "you said %s", arguments);
    asker_say_text(asker, "and\nmore");
    asker_end(asker, NULL);
}

static void on_refuse(void *owner, struct asker *asker, char *arguments)
{
    asker_end(asker, "not today");
}

static void on_wait(void *owner, struct asker *asker, char *arguments)
{
    asker_wait(asker, (unsigned)strtoul(arguments, NULL, 10));
}

static const struct order orders[] = {{"echo", "WORDS", on_echo},
                                      {"refuse", "", on_refuse},
                                      {"wait", "N", on_wait},
                                      {NULL, NULL, NULL}};

static struct world *world_open(void)
{
    struct world *w = calloc(1, sizeof *w);
    log_open("test", LOG_LEVEL_ERROR);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL); /* as the parent does */
    snprintf(w->folder, sizeof w->folder, "/tmp/ponor-test-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%.40s/control", w->folder);
    w->base = event_base_new();
    assert_int_equal(socket_open(w->base, w->path, orders, w, &w->socket), STATUS_OK);
    return w;
}

static void world_close(struct world *w)
{
    socket_close(w->socket);
    assert_int_not_equal(access(w->path, F_OK), 0);
    rmdir(w->folder);
    event_base_free(w->base);
    free(w);
}

static int connect_to(const struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, w->path, strlen(w->path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void turn(struct world *w)
{
    for (int i = 0; i < 20; i++)
        event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What has come; "END" when the other side closed and nothing is left. */
static const char *hear(struct world *w, int fd)
{
    static char text[TEXT_SIZE];
    turn(w);
    ssize_t got = recv(fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    return got == 0 || (got < 0 && errno == ECONNRESET) ? "END" : text;
}

static void answers_in_lines(void **state)
{
    struct world *w = world_open();
    int fd = connect_to(w);
    say(fd, "echo one two\n");
    assert_string_equal(hear(w, fd), "you said one two\nand\nmore\nok\n");
    say(fd, "refuse\n");
    assert_string_equal(hear(w, fd), "error: not today\n");
    say(fd, "ec");
    assert_string_equal(hear(w, fd), "");
    say(fd, "ho\necho  2\necho 3\n");
    const char *text = hear(w, fd);
    assert_string_equal(text, "you said \nand\nmore\nok\nyou said 2\nand\nmore\nok\n"
                              "you said 3\nand\nmore\nok\n");
    assert_int_equal(w->obeyed, 4);
    close(fd);
    world_close(w);
}

static void an_unknown_order_is_told_the_known(void **state)
{
    struct world *w = world_open();
    int fd = connect_to(w);
    say(fd, "dance\n");
    assert_string_equal(hear(w, fd), "echo WORDS\nrefuse\nwait N\n"
                                     "error: no such order; these are the orders\n");
    close(fd);
    world_close(w);
}

static void waiters_get_their_answer_and_those_behind_them_wait(void **state)
{
    struct world *w = world_open();
    int first = connect_to(w), second = connect_to(w), gone = connect_to(w);
    say(first, "wait 1\necho after\n");
    say(second, "wait 2\n");
    say(gone, "wait 1\n");
    turn(w);
    close(gone);
    assert_string_equal(hear(w, first), "");
    socket_answer(w->socket, 1, "a line\n", NULL);
    assert_string_equal(hear(w, first), "a line\nok\nyou said after\nand\nmore\nok\n");
    assert_string_equal(hear(w, second), "");
    socket_answer(w->socket, 5, "", "no luck");
    assert_string_equal(hear(w, second), "error: no luck\n");
    close(first);
    close(second);
    world_close(w);
}

static void who_ends_his_side_still_gets_answers(void **state)
{
    struct world *w = world_open();
    int fd = connect_to(w);
    say(fd, "echo x\nwait 3\n");
    shutdown(fd, SHUT_WR);
    assert_string_equal(hear(w, fd), "you said x\nand\nmore\nok\n");
    socket_answer(w->socket, 3, "late\n", NULL);
    assert_string_equal(hear(w, fd), "late\nok\n");
    assert_string_equal(hear(w, fd), "END");
    close(fd);
    fd = connect_to(w);
    shutdown(fd, SHUT_WR);
    assert_string_equal(hear(w, fd), "END");
    close(fd);
    world_close(w);
}

static void a_line_has_a_limit(void **state)
{
    struct world *w = world_open();
    char line[ORDER_MOST + 3];
    int fd = connect_to(w);
    memset(line, 'x', sizeof line);
    memcpy(line, "echo ", 5);
    line[ORDER_MOST] = '\n';
    line[ORDER_MOST + 1] = 0;
    say(fd, line); /* exactly the most */
    turn(w);
    assert_int_equal(w->obeyed, 1);
    assert_int_equal(strlen(w->arguments), ORDER_MOST - 5);
    hear(w, fd);
    line[ORDER_MOST] = 'x';
    line[ORDER_MOST + 1] = '\n';
    line[ORDER_MOST + 2] = 0;
    say(fd, line); /* one more */
    assert_string_equal(hear(w, fd), "END");
    close(fd);

    fd = connect_to(w); /* no end of line at all */
    memset(line, 'y', sizeof line);
    assert_true(send(fd, line, sizeof line, MSG_NOSIGNAL) > 0);
    assert_string_equal(hear(w, fd), "END");
    close(fd);

    fd = connect_to(w); /* a zero byte inside */
    assert_int_equal(send(fd, "echo\0x\n", 7, MSG_NOSIGNAL), 7);
    assert_string_equal(hear(w, fd), "END");
    close(fd);
    assert_int_equal(w->obeyed, 1);
    world_close(w);
}

static void so_many_connections_and_no_more(void **state)
{
    struct world *w = world_open();
    int fds[ASKERS_MOST + 1];
    for (int i = 0; i <= ASKERS_MOST; i++) {
        fds[i] = connect_to(w);
        turn(w);
    }
    assert_string_equal(hear(w, fds[ASKERS_MOST]), "END");
    say(fds[0], "refuse\n");
    assert_string_equal(hear(w, fds[0]), "error: not today\n");
    close(fds[1]);
    turn(w);
    close(fds[ASKERS_MOST]);
    fds[ASKERS_MOST] = connect_to(w);
    say(fds[ASKERS_MOST], "refuse\n");
    assert_string_equal(hear(w, fds[ASKERS_MOST]), "error: not today\n");
    for (int i = 0; i <= ASKERS_MOST; i++) {
        if (i != 1)
            close(fds[i]);
    }
    world_close(w);
}

static void takes_the_path_of_the_dead_only(void **state)
{
    struct world *w = world_open();
    struct control_socket *other;
    struct stat file;
    assert_int_equal(stat(w->path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0660);
    assert_int_equal(socket_open(w->base, w->path, orders, w, &other), STATUS_EXISTS);

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s.dead", w->path);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead); /* the path stays */
    assert_int_equal(socket_open(w->base, address.sun_path, orders, w, &other), STATUS_OK);
    socket_close(other);

    snprintf(address.sun_path, sizeof address.sun_path, "%s.file", w->path);
    int plain = open(address.sun_path, O_CREAT | O_WRONLY, 0600);
    close(plain);
    assert_int_equal(socket_open(w->base, address.sun_path, orders, w, &other), STATUS_EXISTS);
    assert_int_equal(unlink(address.sun_path), 0);

    char far[200];
    memset(far, 'x', sizeof far - 1);
    far[sizeof far - 1] = 0;
    assert_int_equal(socket_open(w->base, far, orders, w, &other), STATUS_TOO_LONG);
    world_close(w);
}

/* client_ask() waits, so it needs a process of its own. */
static enum status ask(struct world *w, const char *line, char *text, char *why)
{
    int out = memfd_create("answer", 0), ended = -1;
    char *shared =
        mmap(NULL, CLIENT_WHY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit((int)client_ask(w->path, line, out, shared));
    while (waitpid(pid, &ended, WNOHANG) == 0)
        event_base_loop(w->base, EVLOOP_NONBLOCK);
    memset(text, 0, TEXT_SIZE);
    assert_true(pread(out, text, TEXT_SIZE - 1, 0) >= 0);
    snprintf(why, CLIENT_WHY_SIZE, "%s", shared);
    munmap(shared, CLIENT_WHY_SIZE);
    close(out);
    return (enum status)WEXITSTATUS(ended);
}

static void the_client_understands(void **state)
{
    static char text[TEXT_SIZE];
    char why[CLIENT_WHY_SIZE];
    struct world *w = world_open();
    assert_int_equal(ask(w, "echo hello", text, why), STATUS_OK);
    assert_string_equal(text, "you said hello\nand\nmore\n");
    assert_int_equal(ask(w, "refuse", text, why), STATUS_REFUSED);
    assert_string_equal(text, "");
    assert_string_equal(why, "not today");
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s", w->path);
    world_close(w);
    assert_int_equal(client_ask(path, "echo", STDERR_FILENO, why), STATUS_SYSTEM);
    assert_non_null(strstr(why, "no dnsd answers at"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_lines),
        cmocka_unit_test(an_unknown_order_is_told_the_known),
        cmocka_unit_test(waiters_get_their_answer_and_those_behind_them_wait),
        cmocka_unit_test(who_ends_his_side_still_gets_answers),
        cmocka_unit_test(a_line_has_a_limit),
        cmocka_unit_test(so_many_connections_and_no_more),
        cmocka_unit_test(takes_the_path_of_the_dead_only),
        cmocka_unit_test(the_client_understands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
