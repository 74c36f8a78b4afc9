/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hello - first packets of clients that no program of the lab sends, as hexadecimal lines.
 *
 * Used by tests/lab/ways.py. Usage: hello tls NAME ECH       one ClientHello with ECH bytes of fe0d
 *                                   hello v1|v2 NAME COUNT LEAST    one Initial a line
 */
#include "packets/packets.h"

#include <stdlib.h>

enum { HELLO_SIZE = 8192, DATAGRAM_SIZE = 4096, PIECES_MOST = 8 };

static void print(const struct writer *w)
{
    if (w->failed)
        abort();
    for (const uint8_t *at = w->start; at < w->at; at++)
        printf("%02x", *at);
    putchar('\n');
}

static void print_tls(const char *name, size_t ech)
{
    uint8_t bytes[HELLO_SIZE];
    struct writer w = writer_over(bytes, sizeof bytes);
    struct packets_hello hello = {.server_name = name, .alpn = "h2", .ech = ech};
    packets_client_hello(&w, &hello, 1);
    print(&w);
}

static void print_initials(uint32_t version, const char *name, size_t count, size_t least)
{
    uint8_t bytes[HELLO_SIZE], datagram[DATAGRAM_SIZE];
    uint8_t ids[2][8] = {{1}, {2}};
    struct writer stream = writer_over(bytes, sizeof bytes);
    struct packets_hello hello = {.server_name = name, .alpn = "h3", .quic = true};
    packets_hello(&stream, &hello);
    /* Another name is another connection. */
    for (size_t i = 0; name[i] != '\0'; i++)
        ids[0][1 + i % 7] ^= (uint8_t)(name[i] + i);
    if (count == 0 || count > PIECES_MOST || stream.failed)
        abort();
    size_t length = writer_length(&stream), piece = length / count + 1;
    for (size_t i = 0; i < count; i++) {
        size_t offset = i * piece, left = length - offset;
        struct packets_range range = {offset, left < piece ? left : piece};
        struct packets_initial initial = {.version = version,
                                          .destination_id = span_of(ids[0], sizeof ids[0]),
                                          .source_id = span_of(ids[1], sizeof ids[1]),
                                          .number = (uint32_t)i,
                                          .least = least};
        struct writer w = writer_over(datagram, sizeof datagram);
        packets_initial_of(&w, &initial, writer_span(&stream), &range, 1);
        print(&w);
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "tls") == 0) {
        print_tls(argv[2], strtoul(argv[3], NULL, 10));
    } else if (argc == 5 && (strcmp(argv[1], "v1") == 0 || strcmp(argv[1], "v2") == 0)) {
        print_initials(strcmp(argv[1], "v1") == 0 ? QUIC_V1 : QUIC_V2, argv[2],
                       strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    } else {
        fputs("usage: hello tls NAME ECH | hello v1|v2 NAME COUNT LEAST\n", stderr);
        return 2;
    }
    return 0;
}
