/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets/file - a capture file (draft-ietf-opsawg-pcap), little-endian whatever the host is.
 */
#include "packets/packets.h"

#include <endian.h>

static bool write_words(FILE *file, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t word = htole32(words[i]);
        if (fwrite(&word, sizeof word, 1, file) != 1)
            return false;
    }
    return true;
}

bool packets_file_begin(FILE *file, uint32_t dlt)
{
    const uint32_t words[] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, dlt};
    return write_words(file, words, COUNT_OF(words));
}

bool packets_file_add(FILE *file, clock_us at, struct span bytes, size_t sent)
{
    const uint32_t words[] = {(uint32_t)(at / 1000000), (uint32_t)(at % 1000000),
                              (uint32_t)bytes.length, (uint32_t)sent};
    return write_words(file, words, COUNT_OF(words)) &&
           fwrite(bytes.at, 1, bytes.length, file) == bytes.length;
}

uint32_t packets_dlt(enum link link)
{
    static const uint32_t numbers[LINK_COUNT] = {[LINK_ETHERNET] = 1,
                                                 [LINK_COOKED] = 113,
                                                 [LINK_COOKED2] = 276,
                                                 [LINK_RAW] = 101,
                                                 [LINK_LOOPBACK] = 0};
    return numbers[link];
}
