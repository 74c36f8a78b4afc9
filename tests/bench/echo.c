/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * echo - sends every datagram back with QR set, in batches: what the kernel's UDP alone costs.
 *
 * Used by tests/bench/dns.py as the floor that everything is divided by. Usage: echo PORT
 */
#include "base/span.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 64, SIZE = 512 };

int main(int argc, char *argv[])
{
    static uint8_t bytes[BATCH][SIZE];
    static struct sockaddr_in from[BATCH];
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int size = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    here.sin_port = htons((uint16_t)strtoul(argc > 1 ? argv[1] : "0", NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) {
        perror("echo");
        return 1;
    }
    for (;;) {
        struct pollfd wait = {fd, POLLIN, 0};
        poll(&wait, 1, -1);
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){bytes[i], SIZE};
            headers[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                                 .msg_namelen = sizeof from[i],
                                                 .msg_iov = &parts[i],
                                                 .msg_iovlen = 1};
        }
        int n = recvmmsg(fd, headers, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++) {
            parts[i].iov_len = headers[i].msg_len;
            bytes[i][2] |= 0x80;
        }
        if (n > 0)
            sendmmsg(fd, headers, (unsigned)n, 0);
    }
}
