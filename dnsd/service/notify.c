/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * notify - one datagram to $NOTIFY_SOCKET.
 */
#include "service/notify.h"

#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_service(const char *word)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@')
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (fd < 0 || sendto(fd, word, strlen(word), MSG_NOSIGNAL, (struct sockaddr *)&to, length) < 0)
        log_warning("cannot tell %s to %s: %s", word, path, strerror(errno));
    if (fd >= 0)
        close(fd);
}
