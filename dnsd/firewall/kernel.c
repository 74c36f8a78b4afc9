/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kernel - nft as a child: its text comes from a memory file, and so go its words.
 */
#include "firewall/kernel.h"

#include "base/refusal.h"
#include "firewall/queue_rule.h"
#include "firewall/table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAID_SIZE = 1024 };

/* Where nft is looked for; what PATH says does not matter. */
static const char *const nft_places[] = {"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"};

__attribute__((format(printf, 2, 3))) static enum status say(char why[KERNEL_WHY_SIZE],
                                                             const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, KERNEL_WHY_SIZE, format, arguments);
    va_end(arguments);
    return STATUS_SYSTEM;
}

static const char *find_nft(void)
{
    for (size_t i = 0; i < COUNT_OF(nft_places); i++)
        if (access(nft_places[i], X_OK) == 0)
            return nft_places[i];
    return NULL;
}

/* One program, with three descriptors and no environment. -1: errno tells. */
static pid_t spawn(const char *program, char *const arguments[], int input, int output, int errors)
{
    static char *const nothing[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t born;
    sigset_t none;
    pid_t child;

    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&files) != 0)
        return -1;
    if (posix_spawnattr_init(&born) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return -1;
    }
    int error = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    if (error == 0)
        error = posix_spawnattr_setsigmask(&born, &none);
    if (error == 0)
        error = posix_spawnattr_setflags(&born, POSIX_SPAWN_SETSIGMASK);
    if (error == 0)
        error = posix_spawn(&child, program, &files, &born, arguments, nothing);
    posix_spawnattr_destroy(&born);
    posix_spawn_file_actions_destroy(&files);
    errno = error;
    return error == 0 ? child : -1;
}

static bool ended_well(pid_t child)
{
    int how;

    while (waitpid(child, &how, 0) != child)
        if (errno != EINTR)
            return false;
    return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

/* nft's first complaint in one line: what, and the line that it is about. */
static void quote(int errors, char said[SAID_SIZE])
{
    char text[SAID_SIZE];
    ssize_t length = pread(errors, text, sizeof text - 1, 0);
    size_t used = 0;
    unsigned line = 0;

    text[length > 0 ? length : 0] = 0;
    for (const char *c = text; *c != 0 && line < 2 && used + 2 < SAID_SIZE; c++) {
        const bool is_blank = *c == ' ' || *c == '\t' || *c == '\n';
        if (*c == '\n' && ++line == 1)
            said[used++] = ':';
        if (!is_blank)
            said[used++] = *c;
        else if (used > 0 && said[used - 1] != ' ')
            said[used++] = ' ';
    }
    while (used > 0 && (said[used - 1] == ' ' || said[used - 1] == ':'))
        used--;
    said[used] = 0;
}

/* What helps, by what nft or the kernel said. */
static const char *remedy_of(const char *said)
{
    static const struct {
        const char *part, *remedy;
    } remedies[] = {
        {"not permitted", ": be root (in a container, have CAP_NET_ADMIN)"},
        {"Could not process rule: No such file",
         ": this kernel lacks what the line needs; is its module of nf_tables there (modprobe)?"},
        {"not supported", ": this kernel has no nf_tables, or lacks what the line needs"},
        {"File exists", ": two elements of the same set meet; please report it with the policy"},
        {"interval overlaps",
         ": two elements of the same set meet; please report it with the policy"},
        {"syntax error", ": this nft may be too old; 1.0.6 is known to do"},
    };
    for (size_t i = 0; i < COUNT_OF(remedies); i++)
        if (strstr(said, remedies[i].part) != NULL)
            return remedies[i].remedy;
    return "";
}

/* Runs nft until it ends. `input`: a file read from its beginning, or -1; `output`: or -1. */
static enum status run_nft(char *const arguments[], int input, int output,
                           char why[KERNEL_WHY_SIZE])
{
    const char *program = find_nft();
    char said[SAID_SIZE], refusal[REFUSAL_TEXT_SIZE];
    enum status status = STATUS_OK;

    if (program == NULL)
        return say(why, "there is no nft in /usr/sbin, /sbin or /usr/bin: apt install nftables");
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    int errors = memfd_create("nft-errors", MFD_CLOEXEC);
    if (nowhere < 0 || errors < 0 || (input >= 0 && lseek(input, 0, SEEK_SET) != 0)) {
        status = say(why, "nft cannot be run: %s", refusal_text(errno, refusal));
        goto done;
    }
    pid_t child = spawn(program, arguments, input < 0 ? nowhere : input,
                        output < 0 ? nowhere : output, errors);
    if (child < 0) {
        status = say(why, "%s cannot be run: %s", program, refusal_text(errno, refusal));
    } else if (!ended_well(child)) {
        quote(errors, said);
        status = say(why, "nft: %s%s", said[0] != 0 ? said : "it failed and did not say why",
                     remedy_of(said));
    }
done:
    if (nowhere >= 0)
        close(nowhere);
    if (errors >= 0)
        close(errors);
    return status;
}

/* Loads a file of text in one transaction. */
static enum status load_file(int text, char why[KERNEL_WHY_SIZE])
{
    char name[] = "nft", file[] = "-f", input[] = "-";
    char *arguments[] = {name, file, input, NULL};
    return run_nft(arguments, text, -1, why);
}

static enum status load_text(const char *text, char why[KERNEL_WHY_SIZE])
{
    size_t length = strlen(text);
    int fd = memfd_create("nft-text", MFD_CLOEXEC);
    enum status status;

    if (fd >= 0 && write(fd, text, length) == (ssize_t)length)
        status = load_file(fd, why);
    else
        status = say(why, "no memory for the text: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

enum queue_kind kernel_queue_kind(char why[KERNEL_WHY_SIZE])
{
    static const struct queue_rule rule = {.count = 1, .bypass = true};
    char text[SAID_SIZE], table[64], native[KERNEL_WHY_SIZE];

    snprintf(table, sizeof table, FIREWALL_TABLE "-probe-%ld", (long)getpid());
    snprintf(text, sizeof text,
             "table inet %s {\n chain look {\n  queue flags bypass to 0\n }\n}\n"
             "delete table inet %s\n",
             table, table);
    why[0] = 0;
    if (load_text(text, native) == STATUS_OK)
        return QUEUE_NATIVE;
    if (queue_rule_try(table, &rule) == STATUS_OK)
        return QUEUE_COMPAT;
    if (errno == EPERM)
        (void)say(why, "the kernel lets nobody change its tables but root: be root (in a "
                       "container, have CAP_NET_ADMIN)");
    else
        (void)say(
            why,
            "this kernel cannot queue packets: it has neither nft's queue (nft_queue: %.200s) "
            "nor the target NFQUEUE (nft_compat, xt_NFQUEUE: %s); load one of them",
            native, strerror(errno));
    return QUEUE_NONE;
}

/* The text into a memory file; the caller closes it. */
static enum status write_text(const struct config *config, const struct policy *policy,
                              bool is_native, int *out, char why[KERNEL_WHY_SIZE])
{
    int text = memfd_create("nft-text", MFD_CLOEXEC), copy = text < 0 ? -1 : dup(text);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");
    enum status status = STATUS_SYSTEM;

    if (stream != NULL) {
        status = table_write(config, policy, is_native, stream);
        if (fclose(stream) != 0 && status == STATUS_OK)
            status = STATUS_SYSTEM;
    } else if (copy >= 0) {
        close(copy);
    }
    *out = text;
    if (status == STATUS_UNSUPPORTED)
        (void)say(why, "nft cannot read the name of an interface under `inspectd: gate`: it has a "
                       "quote, a star or a backslash; rename it (ip link set NAME name OTHER)");
    else if (status != STATUS_OK)
        (void)say(why, "the table cannot be written: %s",
                  status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    return status;
}

static enum status add_queue_rule(const struct config *config, char why[KERNEL_WHY_SIZE])
{
    const struct config_gate *gate = &config->inspectd.gate;
    const struct queue_rule rule = {
        .first = (uint16_t)gate->queue,
        .count = (uint16_t)config->inspectd.workers,
        .bypass = gate->bypass == BYPASS_OPEN,
    };
    if (queue_rule_add(FIREWALL_TABLE, FIREWALL_LOOK, &rule) == STATUS_OK)
        return STATUS_OK;
    return say(why,
               "the table is loaded, but not the rule that queues packets (%s): %s until it is",
               strerror(errno), rule.bypass ? "all pass" : "none pass");
}

enum status kernel_load(const struct config *config, const struct policy *policy,
                        enum queue_kind *kind, char why[KERNEL_WHY_SIZE])
{
    const bool queues = config->inspectd.mode == INSPECT_INLINE;
    enum queue_kind found = QUEUE_NONE;
    int text;

    why[0] = 0;
    if (queues && (found = kernel_queue_kind(why)) == QUEUE_NONE)
        return STATUS_UNSUPPORTED;
    enum status status = write_text(config, policy, found == QUEUE_NATIVE, &text, why);
    if (status == STATUS_OK)
        status = load_file(text, why);
    if (text >= 0)
        close(text);
    if (status == STATUS_OK && found == QUEUE_COMPAT)
        status = add_queue_rule(config, why);
    if (kind != NULL)
        *kind = found;
    return status;
}

enum status kernel_remove(char why[KERNEL_WHY_SIZE])
{
    enum status status = load_text("delete table inet " FIREWALL_TABLE "\n", why);

    if (status != STATUS_OK && strstr(why, "No such file or directory") != NULL) {
        (void)say(why, "there is no table inet " FIREWALL_TABLE);
        return STATUS_NOT_FOUND;
    }
    return status;
}

enum status kernel_list(int output, char why[KERNEL_WHY_SIZE])
{
    char name[] = "nft", terse[] = "-t", list[] = "list", table[] = "table", family[] = "inet",
         ours[] = FIREWALL_TABLE;
    char *arguments[] = {name, terse, list, table, family, ours, NULL};
    enum status status = run_nft(arguments, -1, output, why);

    if (status != STATUS_OK && strstr(why, "No such file or directory") != NULL) {
        (void)say(why, "there is no table inet " FIREWALL_TABLE);
        return STATUS_NOT_FOUND;
    }
    return status;
}

bool kernel_has_table(void)
{
    char why[KERNEL_WHY_SIZE];
    return kernel_list(-1, why) == STATUS_OK;
}
