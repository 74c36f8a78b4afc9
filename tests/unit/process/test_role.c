/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A role of this test: born with gifts, tells its parent what it sees of itself.
 */
#include "process/birth.h"
#include "process/channel.h"
#include "process/role.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "send.h"

struct report {
    uint32_t kind;
    uint32_t number, descriptors, environment, dumpable, no_new_privileges, core, death_signal;
    uint32_t workers, generation, secret_good, policy_given, rings, owner;
    char title[64];
};

extern char **environ;

static uint32_t open_descriptors(void)
{
    uint32_t count = 0;
    for (int fd = 0; fd < 1000; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int probe_main(unsigned number)
{
    struct report r = {.kind = MESSAGE_READY, .number = number};
    struct gifts gifts;
    struct rlimit core;
    uint8_t secret[SECRET_SIZE];
    int death = 0;

    r.descriptors = open_descriptors();
    for (char **word = environ; word != NULL && *word != NULL; word++)
        r.environment++;
    birth_take(&gifts);
    r.dumpable = (uint32_t)prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    r.no_new_privileges = (uint32_t)prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    r.core = getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : 1;
    prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
    r.death_signal = (uint32_t)death;
    r.workers = gifts.config == NULL ? 0 : gifts.config->dnsd.workers;
    r.generation = gifts.generation;
    r.policy_given = gifts.policy >= 0;
    r.rings = gifts.ring_count;
    r.owner = gifts.ring_owner[1];
    r.secret_good = birth_read(gifts.secret, secret, sizeof secret) && secret[31] == 31;
    if (gifts.counters != NULL)
        gifts.counters->value[COUNT_QUERIES] += 3;
    int line = open("/proc/self/cmdline", O_RDONLY);
    if (line >= 0 && read(line, r.title, sizeof r.title - 1) < 0)
        r.title[0] = 0;
    if (send(ROLE_CHANNEL, &r, sizeof r, 0) < 0)
        return 1;
    char more;
    return recv(ROLE_CHANNEL, &more, 1, 0) == 0 ? 0 : 1; /* until the parent closes */
}

static int die_main(unsigned number)
{
    role_die("as the test asked, number %u", number);
}

static int birth_main(unsigned number)
{
    struct gifts gifts;
    birth_take(&gifts);
    return 5;
}

/* Tells by its exit code what was there before the sandbox and what is in it. */
static struct {
    unsigned number;
    bool free, born;
} prepared;

static void prepared_prepare(unsigned number)
{
    struct gifts gifts;
    prepared.number = number;
    prepared.free = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
    birth_take(&gifts);
    prepared.born = gifts.ring_count == 1;
}

static int prepared_main(unsigned number)
{
    bool good = prepared.number == number && prepared.free && prepared.born;
    return good && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 6 : 7;
}

static const struct role roles[] = {
    {"probe", probe_main, NULL, MAY_ANSWER},
    {"prepared", prepared_main, NULL, 0, prepared_prepare},
    {"die", die_main, "no-such-user", 0},
    {"birth", birth_main, NULL, 0},
    {NULL, NULL, NULL, 0},
};

static pid_t spawn(const char *name, unsigned number, int *channel)
{
    int ends[2];
    pid_t pid = -1;
    assert_int_equal(channel_pair(ends), STATUS_OK);
    assert_int_equal(role_spawn("test", name, number, ends[1], &pid), STATUS_OK);
    close(ends[1]);
    *channel = ends[0];
    return pid;
}

static int exit_code(pid_t pid)
{
    int ended;
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -WTERMSIG(ended);
}

static void a_role_is_fresh_and_gets_its_gifts(void **state)
{
    struct config *config = calloc(1, sizeof *config);
    uint8_t secret[SECRET_SIZE];
    int channel, config_fd, secret_fd, counters_fd;
    struct report r;

    int stray = dup(STDERR_FILENO); /* without close-on-exec, and yet it must not arrive */
    pid_t pid = spawn("probe", 12, &channel);
    config->dnsd.workers = 17;
    config->log_level = LOG_LEVEL_WARNING;
    assert_int_equal(birth_wrap(config, sizeof *config, &config_fd), STATUS_OK);
    assert_int_not_equal(pwrite(config_fd, "x", 1, 0), 1); /* sealed */
    for (int i = 0; i < SECRET_SIZE; i++)
        secret[i] = (uint8_t)i;
    assert_int_equal(birth_wrap(secret, sizeof secret, &secret_fd), STATUS_OK);
    assert_int_equal(counters_make(&counters_fd), STATUS_OK);
    give(channel, GIFT_CONFIG, 0, config_fd);
    give(channel, GIFT_POLICY, 42, STDERR_FILENO);
    give(channel, GIFT_RING, 3, STDERR_FILENO);
    give(channel, GIFT_RING, 8, STDERR_FILENO);
    give(channel, GIFT_COUNTERS, 0, counters_fd);
    give(channel, GIFT_SECRET, 0, secret_fd);
    send_message(channel, MESSAGE_START, NULL, 0, -1);
    assert_int_equal(recv(channel, &r, sizeof r, 0), sizeof r);
    assert_int_equal(r.number, 12);
    assert_int_equal(r.descriptors, 4);
    assert_int_equal(r.environment, getenv("JOURNAL_STREAM") != NULL);
    assert_int_equal(r.dumpable, 0);
    assert_int_equal(r.no_new_privileges, 1);
    assert_int_equal(r.core, 0);
    assert_int_equal(r.death_signal, SIGKILL);
    assert_int_equal(r.workers, 17);
    assert_int_equal(r.generation, 42);
    assert_int_equal(r.policy_given, 1);
    assert_int_equal(r.rings, 2);
    assert_int_equal(r.owner, 8);
    assert_int_equal(r.secret_good, 1);
    assert_string_equal(r.title, "test: probe 12");
    struct counters *counters = counters_open(counters_fd);
    assert_non_null(counters);
    assert_int_equal(counters->value[COUNT_QUERIES], 3);
    close(channel);
    assert_int_equal(exit_code(pid), 0);
    close(stray);
    close(config_fd);
    close(secret_fd);
    close(counters_fd);
    free(config);
}

static void what_needs_privileges_is_done_before_the_sandbox(void **state)
{
    int channel;
    pid_t pid = spawn("prepared", 3, &channel);
    give(channel, GIFT_RING, 0, STDERR_FILENO);
    send_message(channel, MESSAGE_START, NULL, 0, -1);
    assert_int_equal(exit_code(pid), 6);
    close(channel);
}

static void a_broken_promise_ends_the_role(void **state)
{
    int channel;
    pid_t pid = spawn("die", 1, &channel);
    assert_int_equal(exit_code(pid), 70);
    close(channel);
    pid = spawn("unknown", 1, &channel);
    assert_int_equal(exit_code(pid), 70);
    close(channel);
}

/* Sends one message to a role that is being born, and gives how it ended. */
static int born_with(uint32_t kind, const void *body, size_t size, int fd)
{
    int channel;
    pid_t pid = spawn("birth", 0, &channel);
    send_message(channel, kind, body, size, fd);
    close(channel);
    return exit_code(pid);
}

static void a_birth_is_whole_or_nothing(void **state)
{
    struct message_gift good = {GIFT_RING, 0}, unknown = {99, 0}, far = {GIFT_UDP, LISTEN_MOST},
                        config = {GIFT_CONFIG, 0};
    int small;
    assert_int_equal(birth_wrap("small", 5, &small), STATUS_OK);
    assert_int_equal(born_with(MESSAGE_START, NULL, 0, -1), 5);
    assert_int_equal(born_with(MESSAGE_GIFT, &good, sizeof good, STDERR_FILENO), 0); /* then EOF */
    assert_int_equal(born_with(MESSAGE_GIFT, &good, sizeof good, -1), 70);
    assert_int_equal(born_with(MESSAGE_GIFT, &good, sizeof good - 1, STDERR_FILENO), 70);
    assert_int_equal(born_with(MESSAGE_GIFT, &unknown, sizeof unknown, STDERR_FILENO), 70);
    assert_int_equal(born_with(MESSAGE_GIFT, &far, sizeof far, STDERR_FILENO), 70);
    assert_int_equal(born_with(MESSAGE_GIFT, &config, sizeof config, small), 70);
    assert_int_equal(born_with(MESSAGE_DRAIN, NULL, 0, -1), 70);
    assert_int_equal(born_with(MESSAGE_START, "x", 1, -1), 70);
    close(small);
}

static void a_copy_stands_alone(void **state)
{
    char bytes[8];
    int copy, file = memfd_create("file", MFD_CLOEXEC);
    assert_int_equal(write(file, "content", 8), 8);
    assert_int_equal(birth_copy(file, &copy), STATUS_OK);
    assert_int_equal(pwrite(file, "garbage", 8, 0), 8);
    assert_int_equal(ftruncate(file, 0), 0);
    char *at = mmap(NULL, 8, PROT_READ, MAP_PRIVATE, copy, 0);
    assert_true(at != MAP_FAILED);
    assert_string_equal(at, "content");
    assert_int_not_equal(ftruncate(copy, 0), 0);
    assert_int_equal(write(copy, "x", 1), -1);
    munmap(at, 8);
    close(copy);
    assert_int_equal(ftruncate(file, (off_t)COPY_MOST + 1), 0);
    assert_int_equal(birth_copy(file, &copy), STATUS_TOO_LONG);
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(birth_copy(file, &copy), STATUS_OK);
    assert_false(birth_read(copy, bytes, sizeof bytes));
    close(file);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_is_fresh_and_gets_its_gifts),
        cmocka_unit_test(what_needs_privileges_is_done_before_the_sandbox),
        cmocka_unit_test(a_broken_promise_ends_the_role),
        cmocka_unit_test(a_birth_is_whole_or_nothing),
        cmocka_unit_test(a_copy_stands_alone),
    };
    int code;
    if (role_run(argc, argv, roles, "test", &code))
        return code;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
