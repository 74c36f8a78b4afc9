/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * doors - bind and listen.
 */
#include "console/doors.h"

#include "base/refusal.h"
#include "service/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static int listen_at(const struct endpoint *at)
{
    struct sockaddr_storage address;
    const int yes = 1;
    socklen_t length = address_to_sockaddr(&at->address, at->port, AF_UNSPEC, &address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        (address.ss_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) != 0) ||
        bind(fd, (const struct sockaddr *)&address, length) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static void say_why(const struct endpoint *at, int error, char why[DOORS_WHY_SIZE])
{
    char text[ENDPOINT_TEXT_SIZE], refusal[REFUSAL_TEXT_SIZE], remedy[64] = "";

    if (error == EADDRINUSE)
        snprintf(remedy, sizeof remedy, "; `ss -lntp sport = :%u` shows who has it", at->port);
    else if (error == EADDRNOTAVAIL)
        snprintf(remedy, sizeof remedy, "; no interface of this machine has it");
    else if (error == EACCES)
        snprintf(remedy, sizeof remedy, "; such a port needs root");
    snprintf(why, DOORS_WHY_SIZE, "cannot listen on %s: %s%s",
             endpoint_text(&at->address, at->port, text), refusal_text(error, refusal), remedy);
}

enum status doors_open(const struct config *config, char why[DOORS_WHY_SIZE], struct doors *out)
{
    char refusal[REFUSAL_TEXT_SIZE];
    const char *path = config->consoled.socket;

    memset(out, 0xff, sizeof *out);
    for (uint32_t i = 0; i < config->consoled.listen_count; i++) {
        out->tcp[i] = listen_at(&config->consoled.listen[i]);
        if (out->tcp[i] >= 0)
            continue;
        say_why(&config->consoled.listen[i], errno, why);
        doors_close(out, "");
        return STATUS_SYSTEM;
    }
    if (path[0] == 0)
        return STATUS_OK;
    errno = 0;
    enum status status = socket_claim(path, &out->proxy);
    if (status != STATUS_OK) {
        snprintf(why, DOORS_WHY_SIZE, "cannot listen on %.150s: %s", path,
                 status == STATUS_SYSTEM ? refusal_text(errno, refusal) : status_text(status));
        doors_close(out, "");
    }
    return status;
}

void doors_close(struct doors *doors, const char *path)
{
    for (uint32_t i = 0; i < WEB_LISTEN_MOST; i++) {
        if (doors->tcp[i] >= 0)
            close(doors->tcp[i]);
    }
    if (doors->proxy >= 0) {
        close(doors->proxy);
        if (path[0] != 0)
            unlink(path);
    }
    memset(doors, 0xff, sizeof *doors);
}
