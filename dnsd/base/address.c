/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * address - texts, sockaddrs, masks.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool address_is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

bool address_from_bytes(struct span bytes, struct address *out)
{
    if (bytes.length == 4) {
        memcpy(out->bytes, mapped, 12);
        memcpy(out->bytes + 12, bytes.at, 4);
    } else if (bytes.length == 16) {
        memcpy(out->bytes, bytes.at, 16);
    } else {
        return false;
    }
    return true;
}

struct address address_from_sockaddr(const struct sockaddr *from)
{
    struct address out = {{0}};
    if (from->sa_family == AF_INET)
        address_from_bytes(span_of(&((const struct sockaddr_in *)(const void *)from)->sin_addr, 4),
                           &out);
    else if (from->sa_family == AF_INET6)
        memcpy(out.bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    return out;
}

uint16_t port_from_sockaddr(const struct sockaddr *from)
{
    if (from->sa_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)from)->sin_port);
    if (from->sa_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)from)->sin6_port);
    return 0;
}

socklen_t address_to_sockaddr(const struct address *address, uint16_t port, int family,
                              struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (family != AF_INET6 && address_is_ipv4(address)) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        memcpy(&in->sin_addr, address->bytes + 12, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)out;
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    memcpy(&in->sin6_addr, address->bytes, 16);
    return sizeof *in;
}

enum status address_parse(const char *text, struct address *out)
{
    uint8_t bytes[16];
    if (inet_pton(AF_INET, text, bytes) == 1)
        address_from_bytes(span_of(bytes, 4), out);
    else if (inet_pton(AF_INET6, text, bytes) == 1)
        address_from_bytes(span_of(bytes, 16), out);
    else
        return STATUS_MALFORMED;
    return STATUS_OK;
}

/* A decimal number of at most `most`, digits only, no leading zero. */
static bool parse_decimal(const char *text, unsigned most, unsigned *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != 0 || (digits > 1 && text[0] == '0'))
        return false;
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out <= most;
}

enum status prefix_parse(const char *text, struct prefix *out)
{
    char copy[PREFIX_TEXT_SIZE];
    size_t length = strcspn(text, "/");
    if (length >= sizeof copy)
        return STATUS_MALFORMED;
    memcpy(copy, text, length);
    copy[length] = 0;
    if (address_parse(copy, &out->base) != STATUS_OK)
        return STATUS_MALFORMED;
    unsigned bits = 128, above = address_is_ipv4(&out->base) ? 96 : 0;
    if (text[length] == '/') {
        if (!parse_decimal(text + length + 1, 128 - above, &bits))
            return STATUS_MALFORMED;
        bits += above;
    }
    out->bits = (uint8_t)bits;
    struct address masked = address_mask(&out->base, bits);
    return address_equal(&masked, &out->base) ? STATUS_OK : STATUS_INVALID;
}

enum status endpoint_parse(const char *text, struct address *out, uint16_t *port)
{
    char copy[ENDPOINT_TEXT_SIZE];
    unsigned number = *port;
    size_t length = strlen(text);
    if (length >= sizeof copy)
        return STATUS_MALFORMED;
    memcpy(copy, text, length + 1);
    char *host = copy, *digits = NULL;
    if (*host == '[') {
        char *close = strchr(++host, ']');
        if (close == NULL || (close[1] != 0 && close[1] != ':'))
            return STATUS_MALFORMED;
        digits = close[1] == ':' ? close + 2 : NULL;
        *close = 0;
    } else if ((digits = strchr(host, '@')) != NULL ||
               ((digits = strchr(host, ':')) != NULL && strchr(digits + 1, ':') == NULL)) {
        *digits++ = 0;
    } else {
        digits = NULL;
    }
    if (digits != NULL && (!parse_decimal(digits, 65535, &number) || number == 0))
        return STATUS_MALFORMED;
    if (address_parse(host, out) != STATUS_OK)
        return STATUS_MALFORMED;
    *port = (uint16_t)number;
    return STATUS_OK;
}

const char *address_text(const struct address *address, char out[ADDRESS_TEXT_SIZE])
{
    if (address_is_ipv4(address))
        inet_ntop(AF_INET, address->bytes + 12, out, ADDRESS_TEXT_SIZE);
    else
        inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT_SIZE);
    return out;
}

const char *prefix_text(const struct prefix *prefix, char out[PREFIX_TEXT_SIZE])
{
    char text[ADDRESS_TEXT_SIZE];
    unsigned above = prefix->bits >= 96 && address_is_ipv4(&prefix->base) ? 96 : 0;
    snprintf(out, PREFIX_TEXT_SIZE, "%s/%u", address_text(&prefix->base, text),
             prefix->bits - above);
    return out;
}

const char *endpoint_text(const struct address *address, uint16_t port,
                          char out[ENDPOINT_TEXT_SIZE])
{
    char text[ADDRESS_TEXT_SIZE];
    snprintf(out, ENDPOINT_TEXT_SIZE, "%s@%u", address_text(address, text), port);
    return out;
}

struct address address_mask(const struct address *address, unsigned bits)
{
    struct address out = *address;
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
        if (keep < 8)
            out.bytes[i] &= (uint8_t)(0xff00 >> keep);
    }
    return out;
}

/* Eight of the bytes as a number; what differs first differs highest. */
static uint64_t half(const struct address *address, size_t from)
{
    uint64_t value;
    memcpy(&value, address->bytes + from, sizeof value);
    return be64toh(value);
}

bool prefix_holds(const struct prefix *prefix, const struct address *address)
{
    uint64_t high = half(&prefix->base, 0) ^ half(address, 0);
    uint64_t low = half(&prefix->base, 8) ^ half(address, 8);
    if (prefix->bits <= 64)
        return prefix->bits == 0 || high >> (64 - prefix->bits) == 0;
    return high == 0 && low >> (128 - prefix->bits) == 0;
}

bool address_behind_nat64(const struct address *address, struct address *out)
{
    static const struct prefix nat64 = {{{0, 0x64, 0xff, 0x9b}}, 96};
    return prefix_holds(&nat64, address) &&
           address_from_bytes(span_of(address->bytes + 12, 4), out);
}

bool address_is_internal(const struct address *address)
{
    /* clang-format off */
    static const struct prefix internal[] = {
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0}}, 104},         /* 0.0.0.0/8 */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10}}, 104},        /* 10.0.0.0/8 */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 64}}, 106},   /* 100.64.0.0/10 */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}}, 104},       /* 127.0.0.0/8 */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 169, 254}}, 112},  /* 169.254.0.0/16 */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 172, 16}}, 108},   /* 172.16.0.0/12 */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168}}, 112},  /* 192.168.0.0/16 */
        {{{0}}, 127},                                                   /* :: and ::1 */
        {{{0xfc}}, 7},                                                  /* fc00::/7 */
        {{{0xfe, 0x80}}, 10},                                           /* fe80::/10 */
    };
    /* clang-format on */
    struct address inside;
    if (address_behind_nat64(address, &inside))
        address = &inside;
    for (size_t i = 0; i < COUNT_OF(internal); i++)
        if (prefix_holds(&internal[i], address))
            return true;
    return false;
}
