/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listeners - socket options as a table, then bind.
 */
#include "control/listeners.h"

#include "base/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum { TCP_BACKLOG = 256, UDP_RECEIVE_BYTES = 4 * 1024 * 1024 };

struct socket_option {
    int family; /* AF_UNSPEC: both */
    int level, name, value;
};

/* Replies leave from the address that was asked (pktinfo), may be fragmented by no router's
 * rumour (RFC 9715: OMIT ignores path MTU messages), and workers share a port. */
static const struct socket_option udp_options[] = {
    {AF_UNSPEC, SOL_SOCKET, SO_REUSEPORT, 1},
    {AF_INET, IPPROTO_IP, IP_PKTINFO, 1},
    {AF_INET, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT},
    {AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, 1},
    {AF_INET6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
    {AF_INET6, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT},
};

static const struct socket_option tcp_options[] = {
    {AF_UNSPEC, SOL_SOCKET, SO_REUSEPORT, 1},
    {AF_UNSPEC, SOL_SOCKET, SO_REUSEADDR, 1},
    {AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, 1},
};

struct transport_kind {
    const char *word;
    int type;
    const struct socket_option *options;
    size_t option_count;
};

static const struct transport_kind udp_kind = {"UDP", SOCK_DGRAM, udp_options,
                                               COUNT_OF(udp_options)};
static const struct transport_kind tcp_kind = {"TCP", SOCK_STREAM, tcp_options,
                                               COUNT_OF(tcp_options)};

static bool set_options(int fd, int family, const struct transport_kind *kind)
{
    for (size_t i = 0; i < kind->option_count; i++) {
        const struct socket_option *o = &kind->options[i];
        if (o->family != AF_UNSPEC && o->family != family)
            continue;
        if (setsockopt(fd, o->level, o->name, &o->value, sizeof o->value) != 0)
            return false;
    }
    return true;
}

/* As much as the kernel lets us: FORCE needs CAP_NET_ADMIN and passes net.core.rmem_max. */
static void ask_for_room(int fd)
{
    const int bytes = UDP_RECEIVE_BYTES;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static int listen_at(const struct endpoint *at, const struct transport_kind *kind)
{
    struct sockaddr_storage address;
    socklen_t length = address_to_sockaddr(&at->address, at->port, AF_UNSPEC, &address);
    int fd = socket(address.ss_family, kind->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    bool good = set_options(fd, address.ss_family, kind) &&
                bind(fd, (const struct sockaddr *)&address, length) == 0;
    if (good && kind->type == SOCK_STREAM)
        good = listen(fd, TCP_BACKLOG) == 0;
    else if (good)
        ask_for_room(fd);
    if (!good) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* The index of the same address in another configuration, or -1. */
static int find_same(const struct config *config, const struct endpoint *at)
{
    if (config == NULL)
        return -1;
    for (uint32_t i = 0; i < config->dnsd.listen_count; i++) {
        const struct endpoint *other = &config->dnsd.listen[i];
        if (other->port == at->port && address_equal(&other->address, &at->address))
            return (int)i;
    }
    return -1;
}

static void say_why(const struct endpoint *at, const struct transport_kind *kind, int error,
                    char why[LISTENER_WHY_SIZE])
{
    char text[ENDPOINT_TEXT_SIZE], refusal[REFUSAL_TEXT_SIZE], remedy[64] = "";

    if (error == EADDRINUSE)
        snprintf(remedy, sizeof remedy, "; `ss -lnptu sport = :%u` shows who has it", at->port);
    else if (error == EADDRNOTAVAIL)
        snprintf(remedy, sizeof remedy, "; no interface of this machine has it");
    else if (error == EACCES)
        snprintf(remedy, sizeof remedy, "; such a port needs root");
    snprintf(why, LISTENER_WHY_SIZE, "cannot listen on %s (%s): %s%s",
             endpoint_text(&at->address, at->port, text), kind->word, refusal_text(error, refusal),
             remedy);
}

static int copy_or_listen(const int *before, int index, const struct endpoint *at,
                          const struct transport_kind *kind, char why[LISTENER_WHY_SIZE])
{
    int fd = before != NULL && index >= 0 ? fcntl(before[index], F_DUPFD_CLOEXEC, 0)
                                          : listen_at(at, kind);
    if (fd < 0)
        say_why(at, kind, errno, why);
    return fd;
}

void listeners_clear(struct listeners *listeners)
{
    memset(listeners, 0xff, sizeof *listeners);
}

enum status listeners_open(const struct config *config, const struct listeners *before,
                           const struct config *before_config, char why[LISTENER_WHY_SIZE],
                           struct listeners *out)
{
    listeners_clear(out);
    for (uint32_t i = 0; i < config->dnsd.listen_count; i++) {
        const struct endpoint *at = &config->dnsd.listen[i];
        int same = before == NULL ? -1 : find_same(before_config, at);
        out->udp[i] = copy_or_listen(before == NULL ? NULL : before->udp, same, at, &udp_kind, why);
        out->tcp[i] = copy_or_listen(before == NULL ? NULL : before->tcp, same, at, &tcp_kind, why);
        if (out->udp[i] < 0 || out->tcp[i] < 0) {
            listeners_close(out);
            return STATUS_SYSTEM;
        }
    }
    return STATUS_OK;
}

/* Whether anybody listens there, sharing or not. */
static bool is_free(const struct endpoint *at, const struct transport_kind *kind,
                    char why[LISTENER_WHY_SIZE])
{
    struct sockaddr_storage address;
    const int yes = 1;
    socklen_t length = address_to_sockaddr(&at->address, at->port, AF_UNSPEC, &address);
    int fd = socket(address.ss_family, kind->type | SOCK_CLOEXEC, 0);
    bool good = fd >= 0;

    if (good && address.ss_family == AF_INET6)
        good = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) == 0;
    if (good && kind->type == SOCK_STREAM) /* past connections do not count */
        good = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0;
    good = good && bind(fd, (const struct sockaddr *)&address, length) == 0;
    if (!good)
        say_why(at, kind, errno, why);
    if (fd >= 0)
        close(fd);
    return good;
}

enum status listeners_probe(const struct config *config, char why[LISTENER_WHY_SIZE])
{
    for (uint32_t i = 0; i < config->dnsd.listen_count; i++) {
        const struct endpoint *at = &config->dnsd.listen[i];
        if (!is_free(at, &udp_kind, why) || !is_free(at, &tcp_kind, why))
            return STATUS_SYSTEM;
    }
    return STATUS_OK;
}

void listeners_close(struct listeners *listeners)
{
    for (int i = 0; i < LISTEN_MOST; i++) {
        if (listeners->udp[i] >= 0)
            close(listeners->udp[i]);
        if (listeners->tcp[i] >= 0)
            close(listeners->tcp[i]);
    }
    listeners_clear(listeners);
}

static void steer(int fd, unsigned workers)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, workers),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    const struct sock_fprog program = {COUNT_OF(code), code};
    const int nothing = 0;

    if (fd < 0)
        return;
    if (workers == 0)
        setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &nothing, sizeof nothing);
    else if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) != 0)
        log_warning("cannot steer packets to the workers that stay: %s", strerror(errno));
}

void listeners_steer(const struct listeners *listeners, unsigned workers)
{
    for (int i = 0; i < LISTEN_MOST; i++) {
        steer(listeners->udp[i], workers);
        steer(listeners->tcp[i], workers);
    }
}
