/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What reset.h promises: packets whose every byte is right, read back by wire/frame.h and summed up
 * another way; and, as root in a network of its own, that real connections end of them on both
 * sides.
 */
#include "gate/reset.h"

#include "base/writer.h"
#include "wire/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../base/texts.h"
#include "../firewall/apart.h"

enum { IP4 = 20, IP6 = 40, TCP = 20, WAIT_MS = 5000 };

static struct stop stop_of(uint8_t transport, bool is_ipv6, bool from_server)
{
    return (struct stop){.client = address_of(is_ipv6 ? "2001:db8::c" : "10.20.30.40"),
                         .server = address_of(is_ipv6 ? "2001:db8:ffff::5" : "192.0.2.5"),
                         .client_port = 50123,
                         .server_port = 443,
                         .transport = transport,
                         .from_server = from_server,
                         .sequence = 0xfffffff0,
                         .acknowledgement = 0x89abcdef,
                         .length = 517};
}

/* RFC 1071 with the words of this machine, as the receiver does it: 0 for a sum that is right. */
static uint16_t summed(const uint8_t *bytes, size_t length, const uint8_t *more, size_t more_length)
{
    uint64_t sum = 0;
    uint16_t word;
    for (size_t i = 0; i < length; i += 2) {
        memcpy(&word, bytes + i, 2);
        sum += ntohs(word);
    }
    for (size_t i = 0; i < more_length; i += 2) {
        memcpy(&word, more + i, 2);
        sum += ntohs(word);
    }
    return (uint16_t) ~(sum % 0xffff == 0 && sum != 0 ? 0xffff : sum % 0xffff);
}

static void expect_sums(const uint8_t *packet, size_t length)
{
    uint8_t pseudo[40] = {0};
    const bool is_ipv4 = packet[0] >> 4 == 4;
    const size_t header = is_ipv4 ? IP4 : IP6;
    const uint8_t protocol = is_ipv4 ? packet[9] : packet[6];

    if (is_ipv4)
        assert_int_equal(summed(packet, IP4, NULL, 0), 0);
    if (is_ipv4 && protocol == IPPROTO_ICMP) {
        assert_int_equal(summed(packet + IP4, length - IP4, NULL, 0), 0);
        return;
    }
    const size_t addresses = is_ipv4 ? 8 : 32;
    memcpy(pseudo, packet + (is_ipv4 ? 12 : 8), addresses);
    pseudo[addresses + 1] = protocol;
    store_u16(pseudo + addresses + 2, (uint16_t)(length - header));
    assert_int_equal(summed(packet + header, length - header, pseudo, addresses + 4), 0);
}

struct expected {
    bool to_server, from_server;
    uint32_t sequence, acknowledgement, length; /* of the stopped one */
    uint32_t reset_sequence, reset_acknowledgement;
    uint8_t flags;
};

static void numbers_are_what_the_receiver_waits_for(void **state)
{
    const struct expected cases[] = {
        /* The client's data were stopped: what the server waits for, and the answer. */
        {true, false, 1000, 2000, 500, 1000, 2000, TCP_RST | TCP_ACK},
        {false, false, 1000, 2000, 500, 2000, 1500, TCP_RST | TCP_ACK},
        /* The server's. */
        {false, true, 7000, 8000, 100, 7000, 8000, TCP_RST | TCP_ACK},
        {true, true, 7000, 8000, 100, 8000, 7100, TCP_RST | TCP_ACK},
        /* Numbers wrap. */
        {false, false, 0xffffffff, 1, 2, 1, 1, TCP_RST | TCP_ACK},
        /* A SYN, and one with data (TCP Fast Open). */
        {false, false, 1000, 0, 1, 0, 1001, TCP_RST | TCP_ACK},
        {true, false, 1000, 0, 1, 1000, 0, TCP_RST},
        {false, false, 1000, 0, 301, 0, 1301, TCP_RST | TCP_ACK},
    };

    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        const struct expected *c = &cases[i / 2];
        struct stop stop = stop_of(IP_TCP, i % 2 != 0, c->from_server);
        uint8_t packet[RESET_MOST];
        struct segment segment;
        struct fragment fragment;

        stop.sequence = c->sequence;
        stop.acknowledgement = c->acknowledgement;
        stop.length = c->length;
        size_t length = reset_build(&stop, c->to_server ? RESET_SERVER : RESET_CLIENT, packet);
        assert_int_equal(length, (i % 2 != 0 ? IP6 : IP4) + TCP);
        assert_int_equal(frame_read(LINK_RAW, span_of(packet, length), length, &segment, &fragment),
                         FRAME_SEGMENT);
        assert_true(address_equal(&segment.source, c->to_server ? &stop.client : &stop.server));
        assert_true(
            address_equal(&segment.destination, c->to_server ? &stop.server : &stop.client));
        assert_int_equal(segment.source_port, c->to_server ? 50123 : 443);
        assert_int_equal(segment.destination_port, c->to_server ? 443 : 50123);
        assert_int_equal(segment.transport, IP_TCP);
        assert_int_equal(segment.tcp_flags, c->flags);
        assert_int_equal(segment.sequence, c->reset_sequence);
        assert_int_equal(segment.acknowledgement, c->reset_acknowledgement);
        assert_int_equal(segment.payload.length, 0);
        assert_false(segment.cut);
        expect_sums(packet, length);
    }
}

static void every_byte_is_as_it_must_be(void **state)
{
    const struct stop stop = stop_of(IP_TCP, false, false);
    uint8_t packet[RESET_MOST];
    const uint8_t expected[IP4 + TCP] = {0x45, 0,    0,    40,   0,    0,    0x40, 0,    64,   6,
                                         0x50, 0x8f, 10,   20,   30,   40,   192,  0,    2,    5,
                                         0xc3, 0xcb, 0x01, 0xbb, 0xff, 0xff, 0xff, 0xf0, 0x89, 0xab,
                                         0xcd, 0xef, 0x50, 0x14, 0,    0,    0xa8, 0x7c, 0,    0};

    assert_int_equal(reset_build(&stop, RESET_SERVER, packet), sizeof expected);
    assert_memory_equal(packet, expected, sizeof expected);
}

static void a_datagram_is_answered_with_what_it_was(void **state)
{
    for (unsigned i = 0; i < 4; i++) {
        const bool is_ipv6 = i % 2 != 0;
        const struct stop stop = stop_of(IP_UDP, is_ipv6, i / 2 != 0);
        const size_t header = is_ipv6 ? IP6 : IP4;
        uint8_t packet[RESET_MOST];
        struct segment quoted;
        struct fragment fragment;

        size_t length = reset_build(&stop, RESET_CLIENT, packet);
        assert_int_equal(length, header + 8 + header + 8);
        assert_int_equal(is_ipv6 ? packet[6] : packet[9], is_ipv6 ? 58 : 1);
        assert_int_equal(is_ipv6 ? packet[7] : packet[8], 64);
        assert_memory_equal(packet + (is_ipv6 ? 8 : 12), stop.server.bytes + (is_ipv6 ? 0 : 12),
                            is_ipv6 ? 16 : 4);
        assert_memory_equal(packet + (is_ipv6 ? 24 : 16), stop.client.bytes + (is_ipv6 ? 0 : 12),
                            is_ipv6 ? 16 : 4);
        assert_int_equal(packet[header], is_ipv6 ? 1 : 3);
        assert_int_equal(packet[header + 1], is_ipv6 ? 4 : 3);
        expect_sums(packet, length);
        const uint8_t *inner = packet + header + 8;
        assert_int_equal(
            frame_read(LINK_RAW, span_of(inner, header + 8), header + 8, &quoted, &fragment),
            FRAME_SEGMENT);
        if (!is_ipv6)
            assert_int_equal(summed(inner, IP4, NULL, 0), 0);
        assert_true(address_equal(&quoted.source, &stop.client));
        assert_true(address_equal(&quoted.destination, &stop.server));
        assert_int_equal(quoted.source_port, stop.client_port);
        assert_int_equal(quoted.destination_port, stop.server_port);
        assert_int_equal(quoted.transport, IP_UDP);
    }
}

static void what_cannot_be_answered_is_not(void **state)
{
    uint8_t packet[RESET_MOST];
    struct stop stop = stop_of(IP_UDP, false, false);

    assert_int_equal(reset_build(&stop, RESET_SERVER, packet), 0);
    stop.transport = 47;
    assert_int_equal(reset_build(&stop, RESET_CLIENT, packet), 0);
    stop.transport = IP_TCP;
    stop.client = address_of("2001:db8::1");
    assert_int_equal(reset_build(&stop, RESET_CLIENT, packet), 0);
}

/* --- real connections --- */

static const char lossy[] = "table inet lossy\ndelete table inet lossy\n"
                            "table inet lossy {\n"
                            "  chain in {\n"
                            "    type filter hook input priority 0;\n"
                            "    meta mark 0x10000000 counter accept\n"
                            "    tcp flags & psh == psh counter drop\n"
                            "    tcp dport 4434 counter drop\n"
                            "  }\n"
                            "}\n";

struct pair {
    int tap, listener, client, server;
    struct sockaddr_storage where;
    socklen_t size;
};

static int socket_of(const struct pair *p, int type)
{
    int fd = socket(p->where.ss_family, type, 0);
    assert_true(fd >= 0);
    return fd;
}

/* `port` 4434: the SYN never comes. */
static struct pair connect_pair(const char *address, uint16_t port)
{
    struct pair p = {.server = -1};
    const struct address at = address_of(address);
    const int on = 1;

    p.size = address_to_sockaddr(&at, port, AF_UNSPEC, &p.where);
    p.tap = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
    p.listener = socket_of(&p, SOCK_STREAM);
    p.client = socket_of(&p, SOCK_STREAM | (port == 4434 ? SOCK_NONBLOCK : 0));
    assert_true(p.tap >= 0);
    assert_int_equal(setsockopt(p.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(p.listener, (struct sockaddr *)&p.where, p.size), 0);
    assert_int_equal(listen(p.listener, 4), 0);
    int code = connect(p.client, (struct sockaddr *)&p.where, p.size);
    if (port == 4434)
        return p;
    assert_int_equal(code, 0);
    p.server = accept(p.listener, NULL, NULL);
    assert_true(p.server >= 0);
    return p;
}

static void close_pair(struct pair *p)
{
    close(p->tap);
    close(p->listener);
    close(p->client);
    if (p->server >= 0)
        close(p->server);
}

/* The first packet on the loopback with these flags, as inspect would order it stopped. */
static struct stop caught(const struct pair *p, uint8_t flag, uint16_t server_port,
                          bool from_server)
{
    uint8_t bytes[2048];
    struct segment s;
    struct fragment fragment;
    struct pollfd poll_tap = {.fd = p->tap, .events = POLLIN};

    while (poll(&poll_tap, 1, WAIT_MS) > 0) {
        ssize_t length = recv(p->tap, bytes, sizeof bytes, 0);
        if (length <= 0 || frame_read(LINK_RAW, span_of(bytes, (size_t)length), (size_t)length, &s,
                                      &fragment) != FRAME_SEGMENT)
            continue;
        if (s.transport != IP_TCP || (s.tcp_flags & flag) == 0 || (s.tcp_flags & TCP_RST) != 0 ||
            (from_server ? s.source_port : s.destination_port) != server_port)
            continue;
        return (struct stop){.client = from_server ? s.destination : s.source,
                             .server = from_server ? s.source : s.destination,
                             .client_port = from_server ? s.destination_port : s.source_port,
                             .server_port = server_port,
                             .transport = IP_TCP,
                             .from_server = from_server,
                             .sequence = s.sequence,
                             .acknowledgement = s.acknowledgement,
                             .length = (uint32_t)s.sent + ((s.tcp_flags & TCP_SYN) != 0) +
                                       ((s.tcp_flags & TCP_FIN) != 0)};
    }
    fail_msg("no such packet");
    return (struct stop){0};
}

static void expect_error(int fd, int expected)
{
    int code;
    socklen_t size = sizeof code;
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size), 0);
    assert_int_equal(code, expected);
}

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

static struct resets *open_resets(void)
{
    struct resets *resets;
    assert_int_equal(resets_open(UINT32_C(1) << 28, &resets), STATUS_OK);
    return resets;
}

static void a_stopped_packet_ends_both_sides(void **state)
{
    char byte;

    MUST_BE_APART();
    load(lossy);
    struct resets *resets = open_resets();
    for (unsigned i = 0; i < 4; i++) {
        const bool from_server = i / 2 != 0;
        struct pair p = connect_pair(loopbacks[i % 2], 4433);
        assert_int_equal(send(from_server ? p.server : p.client, "banned", 6, 0), 6);
        const struct stop stop = caught(&p, TCP_PSH, 4433, from_server);
        assert_int_equal(stop.length, 6);
        assert_true(resets_send(resets, &stop, RESET_SERVER));
        expect_error(p.server, ECONNRESET);
        assert_true(resets_send(resets, &stop, RESET_CLIENT));
        expect_error(p.client, ECONNRESET);
        assert_true(recv(from_server ? p.client : p.server, &byte, 1, MSG_DONTWAIT) <= 0);
        close_pair(&p);
    }
    assert_int_equal(resets_counts(resets).sent, 8);
    assert_int_equal(resets_counts(resets).failed, 0);
    resets_close(resets);
}

static void a_stopped_syn_is_refused(void **state)
{
    MUST_BE_APART();
    load(lossy);
    struct resets *resets = open_resets();
    for (unsigned i = 0; i < 2; i++) {
        struct pair p = connect_pair(loopbacks[i], 4434);
        const struct stop stop = caught(&p, TCP_SYN, 4434, false);
        assert_true(resets_send(resets, &stop, RESET_CLIENT));
        expect_error(p.client, ECONNREFUSED);
        close_pair(&p);
    }
    resets_close(resets);
}

/* Nothing was kept back: the reset comes behind the data. */
static void what_a_tap_sees_ends_as_well(void **state)
{
    MUST_BE_APART();
    load("table inet lossy\ndelete table inet lossy\n");
    struct resets *resets = open_resets();
    for (unsigned i = 0; i < 4; i++) {
        const bool from_server = i / 2 != 0;
        struct pair p = connect_pair(loopbacks[i % 2], 4435);
        assert_int_equal(send(from_server ? p.server : p.client, "banned", 6, 0), 6);
        const struct stop stop = caught(&p, TCP_PSH, 4435, from_server);
        assert_true(resets_send_tap(resets, &stop));
        expect_error(p.server, ECONNRESET);
        expect_error(p.client, ECONNRESET);
        close_pair(&p);
    }
    assert_int_equal(resets_counts(resets).sent, 12);
    resets_close(resets);
}

static void a_datagram_is_refused(void **state)
{
    MUST_BE_APART();
    struct resets *resets = open_resets();
    for (unsigned i = 0; i < 4; i++) {
        struct pair p = {.tap = -1};
        struct sockaddr_storage own;
        socklen_t size = sizeof own;
        const struct address at = address_of(loopbacks[i % 2]);

        p.size = address_to_sockaddr(&at, 4436, AF_UNSPEC, &p.where);
        p.client = socket_of(&p, SOCK_DGRAM);
        p.server = socket_of(&p, SOCK_DGRAM); /* it does listen: the kernel itself is silent */
        assert_int_equal(bind(p.server, (struct sockaddr *)&p.where, p.size), 0);
        assert_int_equal(connect(p.client, (struct sockaddr *)&p.where, p.size), 0);
        assert_int_equal(send(p.client, "banned", 6, 0), 6);
        assert_int_equal(getsockname(p.client, (struct sockaddr *)&own, &size), 0);
        const struct stop stop = {.client = at,
                                  .server = at,
                                  .client_port = port_from_sockaddr((struct sockaddr *)&own),
                                  .server_port = 4436,
                                  .transport = IP_UDP};
        if (i / 2 == 0)
            assert_true(resets_send(resets, &stop, RESET_CLIENT));
        else
            assert_true(resets_send_tap(resets, &stop));
        expect_error(p.client, ECONNREFUSED);
        assert_false(resets_send(resets, &stop, RESET_SERVER));
        close(p.client);
        close(p.server);
    }
    assert_int_equal(resets_counts(resets).sent, 4);
    assert_int_equal(resets_counts(resets).failed, 0);
    resets_close(resets);
}

/* There is no road to anywhere in this network. */
static void what_is_not_sent_is_counted(void **state)
{
    const struct stop stop = stop_of(IP_TCP, false, false), stop6 = stop_of(IP_TCP, true, false);

    MUST_BE_APART();
    struct resets *resets = open_resets();
    assert_false(resets_send(resets, &stop, RESET_CLIENT));
    assert_false(resets_send(resets, &stop6, RESET_CLIENT));
    assert_int_equal(resets_counts(resets).failed, 2);
    assert_false(resets_send_tap(resets, &stop));
    assert_int_equal(resets_counts(resets).failed, 5);
    assert_int_equal(resets_counts(resets).sent, 0);
    resets_close(resets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_what_the_receiver_waits_for),
        cmocka_unit_test(every_byte_is_as_it_must_be),
        cmocka_unit_test(a_datagram_is_answered_with_what_it_was),
        cmocka_unit_test(what_cannot_be_answered_is_not),
        cmocka_unit_test(a_stopped_packet_ends_both_sides),
        cmocka_unit_test(a_stopped_syn_is_refused),
        cmocka_unit_test(what_a_tap_sees_ends_as_well),
        cmocka_unit_test(a_datagram_is_refused),
        cmocka_unit_test(what_is_not_sent_is_counted),
    };
    go_apart();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
