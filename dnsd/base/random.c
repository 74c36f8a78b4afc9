/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * random - getrandom(2) in blocks of 512 bytes; bytes are wiped once handed out.
 */
#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint8_t block[512];
static size_t used = sizeof block;

static void fill(uint8_t *out, size_t length)
{
    while (length > 0) {
        ssize_t got = getrandom(out, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        out += got;
        length -= (size_t)got;
    }
}

void random_bytes(void *out, size_t length)
{
    if (length > sizeof block) {
        fill(out, length);
        return;
    }
    if (sizeof block - used < length) {
        fill(block, sizeof block);
        used = 0;
    }
    memcpy(out, block + used, length);
    memset(block + used, 0, length);
    used += length;
}

uint16_t random_u16(void)
{
    uint16_t value;
    random_bytes(&value, sizeof value);
    return value;
}

uint32_t random_u32(void)
{
    uint32_t value;
    random_bytes(&value, sizeof value);
    return value;
}

uint32_t random_below(uint32_t limit)
{
    /* Lemire, 2019: the few products that would favour some results are drawn again. */
    uint64_t product = (uint64_t)random_u32() * limit;
    if ((uint32_t)product < limit)
        for (uint32_t unfair = -limit % limit; (uint32_t)product < unfair;)
            product = (uint64_t)random_u32() * limit;
    return (uint32_t)(product >> 32);
}
