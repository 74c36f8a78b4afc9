/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * role - /proc/self/exe again, with "--role NAME NUMBER".
 */
#include "process/role.h"

#include "base/log.h"
#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { WORD_SIZE = 64, NUMBER_MOST = 9999, EXIT_BROKEN = 70 };

static const char journal_word[] = "JOURNAL_STREAM";

static bool number_from(const char *text, unsigned *out)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || number > NUMBER_MOST)
        return false;
    *out = (unsigned)number;
    return true;
}

static void ignore_signals(void)
{
    /* A terminal sends them to the whole group, systemd to all of a service; the parent hears them
     * too and says MESSAGE_DRAIN. When it cannot any more, PR_SET_PDEATHSIG ends us. */
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &ignore, NULL);
}

bool role_run(int argc, char *argv[], const struct role *roles, const char *program, int *exit_code)
{
    char who[WORD_SIZE];
    unsigned number;

    if (argc != 4 || strcmp(argv[1], "--role") != 0)
        return false;
    *exit_code = EXIT_BROKEN;
    const struct role *role = roles;
    while (role->name != NULL && strcmp(role->name, argv[2]) != 0)
        role++;
    if (role->name == NULL || !number_from(argv[3], &number) ||
        fcntl(ROLE_CHANNEL, F_SETFD, FD_CLOEXEC) != 0) {
        fprintf(stderr, "%s: --role is for %s itself\n", program, program);
        return true;
    }
    snprintf(who, sizeof who, "%s %s %u", program, role->name, number);
    log_open(who, LOG_LEVEL_INFO);
    snprintf(who, sizeof who, "%s-%s", program, role->name);
    prctl(PR_SET_NAME, who, 0, 0, 0);
    for (int i = 1; i < argc; i++) /* ps shows argv[0], which says it all */
        memset(argv[i], 0, strlen(argv[i]));
    ignore_signals();
    if (role->prepare != NULL)
        role->prepare(number);
    enum status status = sandbox_enter(role->user, role->may);
    if (status != STATUS_OK) {
        log_error("cannot give up privileges: %s (%s)", status_text(status), strerror(errno));
        return true;
    }
    *exit_code = role->main(number);
    return true;
}

void role_check_users(const struct role *roles)
{
    char missing[256] = "";
    size_t used = 0;

    if (geteuid() != 0)
        return;
    for (const struct role *role = roles; role->name != NULL; role++) {
        if (role->user != NULL && getpwnam(role->user) == NULL && used < sizeof missing)
            used += (size_t)snprintf(missing + used, sizeof missing - used, " %s", role->user);
    }
    if (used > 0)
        log_warning("these users are not there, so their roles run as root:%s "
                    "(`systemd-sysusers` makes them from ponor.sysusers)",
                    missing);
}

/* Only standard error, and the channel as descriptor 3. */
static bool plan_descriptors(posix_spawn_file_actions_t *plan, int channel)
{
    return posix_spawn_file_actions_adddup2(plan, channel, ROLE_CHANNEL) == 0 &&
           posix_spawn_file_actions_addopen(plan, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
           posix_spawn_file_actions_addopen(plan, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
           posix_spawn_file_actions_addclosefrom_np(plan, ROLE_CHANNEL + 1) == 0;
}

static bool plan_signals(posix_spawnattr_t *plan)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawnattr_setsigmask(plan, &none) == 0 &&
           posix_spawnattr_setsigdefault(plan, &all) == 0 &&
           posix_spawnattr_setflags(plan, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
}

enum status role_spawn(const char *program, const char *name, unsigned number, int channel,
                       pid_t *out)
{
    char title[WORD_SIZE], digits[16], role[WORD_SIZE], option[] = "--role", journal[WORD_SIZE];
    posix_spawn_file_actions_t descriptors;
    posix_spawnattr_t signals;

    snprintf(title, sizeof title, "%s: %s %u", program, name, number);
    snprintf(role, sizeof role, "%s", name);
    snprintf(digits, sizeof digits, "%u", number);
    const char *stream = getenv(journal_word);
    snprintf(journal, sizeof journal, "%s=%s", journal_word, stream == NULL ? "" : stream);
    char *argv[] = {title, option, role, digits, NULL};
    char *environment[] = {stream == NULL ? NULL : journal, NULL};

    if (posix_spawn_file_actions_init(&descriptors) != 0)
        return STATUS_NO_MEMORY;
    if (posix_spawnattr_init(&signals) != 0) {
        posix_spawn_file_actions_destroy(&descriptors);
        return STATUS_NO_MEMORY;
    }
    enum status status = STATUS_NO_MEMORY;
    if (plan_descriptors(&descriptors, channel) && plan_signals(&signals)) {
        errno = posix_spawn(out, "/proc/self/exe", &descriptors, &signals, argv, environment);
        status = errno == 0 ? STATUS_OK : STATUS_SYSTEM;
    }
    posix_spawnattr_destroy(&signals);
    posix_spawn_file_actions_destroy(&descriptors);
    return status;
}

void role_die(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_error("%s", text);
    _exit(EXIT_BROKEN);
}
