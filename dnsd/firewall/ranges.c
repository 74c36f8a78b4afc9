/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ranges - sorted borders, a question for each piece between two of them.
 *
 * IPv4 is ::ffff:0:0/96 here (base/address.h), so both families are one line of numbers.
 */
#include "firewall/ranges.h"

#include <stdio.h>
#include <stdlib.h>

static const struct address
    ipv4_first = {{[10] = 0xff, [11] = 0xff}},
    ipv4_last = {{[10] = 0xff, [11] = 0xff, [12] = 0xff, [13] = 0xff, [14] = 0xff, [15] = 0xff}},
    last_of_all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                    0xff, 0xff, 0xff}};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct address));
}

/* The next address, or the one before; false at the end of the line. */
static bool step(const struct address *from, bool up, struct address *out)
{
    const uint8_t wraps = up ? 0xff : 0;

    *out = *from;
    for (size_t i = sizeof out->bytes; i-- > 0;) {
        out->bytes[i] = (uint8_t)(up ? out->bytes[i] + 1 : out->bytes[i] - 1);
        if (from->bytes[i] != wraps)
            return true;
    }
    return false;
}

static struct address last_of(const struct prefix *prefix)
{
    struct address last = prefix->base;

    for (unsigned bit = prefix->bits; bit < 128; bit++)
        last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    return last;
}

/* Where pieces begin, in order, each once; the first is where the family begins. */
static size_t borders_of(const struct prefix *prefixes, size_t count, bool ipv6,
                         struct address *borders)
{
    size_t used = 0, kept = 0;
    struct address last, next;

    borders[used++] = ipv6 ? (struct address){0} : ipv4_first;
    if (ipv6) {
        borders[used++] = ipv4_first;
        (void)step(&ipv4_last, true, &borders[used++]);
    }
    for (size_t i = 0; i < count; i++) {
        borders[used++] = prefixes[i].base;
        last = last_of(&prefixes[i]);
        if (step(&last, true, &next))
            borders[used++] = next;
    }
    qsort(borders, used, sizeof *borders, compare);
    for (size_t i = 0; i < used; i++) {
        bool is_ours = ipv6 || (compare(&borders[i], &ipv4_first) >= 0 &&
                                compare(&borders[i], &ipv4_last) <= 0);
        if (is_ours && (kept == 0 || !address_equal(&borders[i], &borders[kept - 1])))
            borders[kept++] = borders[i];
    }
    return kept;
}

enum status ranges_make(const struct prefix *prefixes, size_t count, bool ipv6,
                        uint32_t (*ask)(void *owner, const struct address *address), void *owner,
                        struct range **out, size_t *out_count)
{
    struct address *borders = malloc((2 * count + 3) * sizeof *borders);
    struct range *ranges = malloc((2 * count + 3) * sizeof *ranges);
    size_t used = 0;

    if (borders == NULL || ranges == NULL) {
        free(borders);
        free(ranges);
        return STATUS_NO_MEMORY;
    }
    size_t pieces = borders_of(prefixes, count, ipv6, borders);
    for (size_t i = 0; i < pieces; i++) {
        struct address last = ipv6 ? last_of_all : ipv4_last;
        if (i + 1 < pieces)
            (void)step(&borders[i + 1], false, &last);
        uint32_t answer =
            ipv6 && address_is_ipv4(&borders[i]) ? RANGE_NOTHING : ask(owner, &borders[i]);
        bool goes_on = i > 0 && used > 0 && ranges[used - 1].answer == answer;
        struct address after;
        if (goes_on && step(&ranges[used - 1].last, true, &after) &&
            address_equal(&after, &borders[i]))
            ranges[used - 1].last = last;
        else if (answer != RANGE_NOTHING)
            ranges[used++] = (struct range){borders[i], last, answer};
    }
    free(borders);
    *out = ranges;
    *out_count = used;
    return STATUS_OK;
}

const char *range_text(const struct range *range, char out[RANGE_TEXT_SIZE])
{
    char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE];

    if (address_equal(&range->first, &range->last))
        return address_text(&range->first, out);
    for (unsigned bits = 0; bits < 128; bits++) {
        const struct prefix prefix = {address_mask(&range->first, bits), (uint8_t)bits};
        const struct address end = last_of(&prefix);
        if (address_equal(&prefix.base, &range->first) && address_equal(&end, &range->last))
            return prefix_text(&prefix, out);
    }
    snprintf(out, RANGE_TEXT_SIZE, "%s-%s", address_text(&range->first, first),
             address_text(&range->last, last));
    return out;
}
