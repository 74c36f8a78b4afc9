/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * send - messages as the other end of a channel may send them, well made or not.
 */
#ifndef TESTS_PROCESS_SEND_H
#define TESTS_PROCESS_SEND_H

#include "process/message.h"

#include <string.h>
#include <sys/socket.h>

/* One packet with up to eight descriptors. */
static inline void send_raw(int to, const void *bytes, size_t length, const int *fds,
                            size_t fd_count)
{
    union {
        char bytes[CMSG_SPACE(8 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
    }
    assert_int_equal(sendmsg(to, &header, MSG_NOSIGNAL), length);
}

/* `fd` may be -1: none. */
static inline void send_message(int to, uint32_t kind, const void *body, size_t size, int fd)
{
    char bytes[2048];
    assert_true(sizeof kind + size <= sizeof bytes);
    memcpy(bytes, &kind, sizeof kind);
    if (size > 0)
        memcpy(bytes + sizeof kind, body, size);
    send_raw(to, bytes, sizeof kind + size, &fd, fd >= 0);
}

static inline void give(int to, enum gift gift, uint32_t number, int fd)
{
    const struct message_gift body = {gift, number};
    send_message(to, MESSAGE_GIFT, &body, sizeof body, fd);
}

#endif
