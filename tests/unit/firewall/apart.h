/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * apart - a network of the test's own, and programs run in it. Comes behind cmocka.h.
 */
#ifndef TESTS_FIREWALL_APART_H
#define TESTS_FIREWALL_APART_H

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_apart;

/* From here on the process has a network with nothing but a loopback that is up. */
static inline void go_apart(void)
{
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
        return;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    is_apart = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
    close(fd);
}

#define MUST_BE_APART()                                                                            \
    do {                                                                                           \
        if (!is_apart)                                                                             \
            skip();                                                                                \
    } while (0)

/* nft with one argument line, or with `script` as its file. Its exit code; what it says goes to
 * `out`, cut where that is full. */
static inline int run_nft(const char *const arguments[], const char *script, char *out, size_t size)
{
    int in[2], said[2], code;
    size_t length = 0;
    ssize_t got;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(said), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(in[0], 0);
        dup2(said[1], 1);
        dup2(said[1], 2);
        close(in[1]);
        close(said[0]);
        execvp("nft", (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(in[0]);
    close(said[1]);
    for (const char *at = script; script != NULL && *at != '\0'; at += got) {
        got = write(in[1], at, strlen(at) < 65536 ? strlen(at) : 65536);
        assert_true(got > 0);
    }
    close(in[1]);
    char spare[4096];
    while ((got = length + 1 < size ? read(said[0], out + length, size - 1 - length)
                                    : read(said[0], spare, sizeof spare)) > 0)
        length += length + 1 < size ? (size_t)got : 0;
    out[length] = '\0';
    close(said[0]);
    assert_int_equal(waitpid(child, &code, 0), child);
    return WIFEXITED(code) ? WEXITSTATUS(code) : 128;
}

static inline void load(const char *script)
{
    const char *const arguments[] = {"nft", "-f", "-", NULL};
    char out[4096];
    int code = run_nft(arguments, script, out, sizeof out);
    if (code != 0)
        fprintf(stderr, "nft: %s\n", out);
    assert_int_equal(code, 0);
}

#endif
