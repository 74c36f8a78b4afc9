/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * client - connect, one line, and everything until the end.
 */
#include "command/client.h"

#include "base/refusal.h"
#include "config/config.h"
#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MOST = 8 * 1024 * 1024, ORDER_LINE_SIZE = 1024 };

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* All that comes, zero-terminated; NULL when there is no memory or it does not end. */
static char *read_answer(int fd)
{
    size_t size = 65536, used = 0;
    char *text = malloc(size);

    while (text != NULL) {
        ssize_t got = read(fd, text + used, size - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used + 1 < size)
            continue;
        char *more = size < ANSWER_MOST ? realloc(text, size * 2) : NULL;
        if (more == NULL) {
            free(text);
            return NULL;
        }
        text = more;
        size *= 2;
    }
    if (text != NULL)
        text[used] = 0;
    return text;
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

/* Prints all lines but the last, which says how it ended. */
static enum status tell_answer(const char *program, char *text, int out, char why[CLIENT_WHY_SIZE])
{
    static const char error[] = "error: ";
    size_t length = strlen(text);

    while (length > 0 && text[length - 1] == '\n')
        text[--length] = 0;
    char *last = strrchr(text, '\n');
    last = last == NULL ? text : last + 1;
    if (!write_all(out, text, (size_t)(last - text)))
        return STATUS_SYSTEM;
    if (strcmp(last, "ok") == 0)
        return STATUS_OK;
    if (strncmp(last, error, strlen(error)) == 0) {
        snprintf(why, CLIENT_WHY_SIZE, "%s", last + strlen(error));
        return STATUS_REFUSED;
    }
    snprintf(why, CLIENT_WHY_SIZE, "%s ended the conversation early", program);
    return STATUS_CLOSED;
}

static void say_nobody(const char *program, const char *path, int error, char why[CLIENT_WHY_SIZE])
{
    char refusal[REFUSAL_TEXT_SIZE];
    const char *remedy = "";

    if (error == EACCES)
        remedy = "; be root, or in the group that owns it";
    else if (error == ENOENT || error == ECONNREFUSED)
        remedy = ": it is not running, or has another configuration (-c FILE)";
    snprintf(why, CLIENT_WHY_SIZE, "no %s answers at %s: %s%s", program, path,
             refusal_text(error, refusal), remedy);
}

enum status client_ask_program(const char *program, const char *path, const char *line, int out,
                               char why[CLIENT_WHY_SIZE])
{
    int fd = connect_to(path);
    char *text = NULL;

    if (fd < 0) {
        say_nobody(program, path, errno, why);
        return STATUS_SYSTEM;
    }
    if (write_all(fd, line, strlen(line)) && write_all(fd, "\n", 1) && shutdown(fd, SHUT_WR) == 0)
        text = read_answer(fd);
    close(fd);
    if (text == NULL) {
        snprintf(why, CLIENT_WHY_SIZE, "the answer of %s cannot be read", program);
        return STATUS_SYSTEM;
    }
    enum status status = tell_answer(program, text, out, why);
    free(text);
    return status;
}

enum status client_ask(const char *path, const char *line, int out, char why[CLIENT_WHY_SIZE])
{
    return client_ask_program("dnsd", path, line, out, why);
}

static bool tell(const char *program, const char *path, const char *order, const char *line)
{
    char why[CLIENT_WHY_SIZE] = "";
    bool told = client_ask_program(program, path, line, STDOUT_FILENO, why) == STATUS_OK;
    if (!told)
        fprintf(stderr, "ponor: %s: %s\n", order, why);
    return told;
}

int command_remote(int argc, char *argv[])
{
    char line[ORDER_LINE_SIZE] = "";
    struct control_paths paths;
    const char *config = command_config(&argc, argv);
    const char *given = command_option(&argc, argv, "-s", NULL);
    size_t used = 0;

    for (int i = 0; i < argc; i++) {
        used +=
            (size_t)snprintf(line + used, sizeof line - used, "%s%s", i > 0 ? " " : "", argv[i]);
        if (used >= sizeof line || strchr(argv[i], '\n') != NULL)
            return command_usage(argv[0], "the arguments are too long");
    }
    const bool is_inspectds = strcmp(argv[0], "release") == 0;
    if (given != NULL)
        return tell(is_inspectds ? "inspectd" : "dnsd", given, argv[0], line) ? EXIT_YES : EXIT_NO;
    if (config_control_paths(config, &paths) != STATUS_OK)
        fprintf(stderr, "ponor: cannot read %s; say with -s where the control socket is\n", config);
    if (is_inspectds)
        return tell("inspectd", paths.inspectd, argv[0], line) ? EXIT_YES : EXIT_NO;
    bool good = tell("dnsd", paths.dnsd, argv[0], line);
    if (strcmp(argv[0], "status") == 0 &&
        (paths.inspectd_wanted || access(paths.inspectd, F_OK) == 0)) {
        printf("\n");
        fflush(stdout);
        good = tell("inspectd", paths.inspectd, argv[0], line) && good;
    }
    if (strcmp(argv[0], "status") == 0 && access(paths.consoled, F_OK) == 0) {
        printf("\n");
        fflush(stdout);
        good = tell("consoled", paths.consoled, argv[0], line) && good;
    }
    return good ? EXIT_YES : EXIT_NO;
}
