/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scratch - a folder, and the child that outlives the program to remove it.
 */
#include "report/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TREE_DESCRIPTORS = 8, PROGRAM = STDERR_FILENO + 1 };

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    return remove(path);
}

/* All signals are held back, and it has a session of its own: what ends the program does not end
 * this. It keeps none of the program's descriptors, so that a reader of those sees their end. */
static _Noreturn void remove_at_the_end(const char *folder, int program)
{
    char byte = 0;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    program = fcntl(program, F_DUPFD, PROGRAM); /* not where the next three go */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nothing, fd);
    dup2(program, PROGRAM);
    closefrom(PROGRAM + 1);
    send(PROGRAM, &byte, 1, MSG_NOSIGNAL); /* ready */
    while (read(PROGRAM, &byte, 1) < 0 && errno == EINTR)
        ;
    _exit(nftw(folder, remove_one, TREE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : 1);
}

enum status scratch_open(struct scratch *out)
{
    const char *under = getenv("TMPDIR");
    sigset_t all, before;
    int ends[2];
    char ready;

    *out = (struct scratch){.remover = -1};
    snprintf(out->folder, sizeof out->folder, "%s/ponor-XXXXXX",
             under != NULL && *under == '/' ? under : "/tmp");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return STATUS_SYSTEM;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* no folder without its child */
    bool is_made = mkdtemp(out->folder) != NULL;
    if (is_made)
        out->remover = fork();
    if (out->remover == 0)
        remove_at_the_end(out->folder, ends[1]);
    int error = errno;
    if (is_made && out->remover < 0)
        rmdir(out->folder);
    close(ends[1]);
    out->alive = ends[0];
    if (out->remover > 0)
        (void)!read(out->alive, &ready, 1);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (out->remover > 0)
        return STATUS_OK;
    close(out->alive);
    errno = error;
    return STATUS_SYSTEM;
}

bool scratch_close(struct scratch *scratch)
{
    int ended;

    close(scratch->alive);
    while (waitpid(scratch->remover, &ended, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}
