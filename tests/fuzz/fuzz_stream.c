/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_stream - segments in any order and of any size: what is gathered is what one loop over bytes
 * gathers, and with copies that are equal always a beginning of the stream.
 *
 * Of the input, the first byte says how many blocks the pool has, four are the sequence number of
 * the first byte; then six a segment: where (2, signed), how long (2), how much of that the capture
 * kept (1), and whether it ends, or lies (1).
 */
#include "../unit/inspect/bytewise.h"
#include "fuzz.h"

#include "base/cursor.h"

enum { BEFORE = 1 << 15, LONG = 1 << 17, ENDS = 1, LIES = 2, CUT = 4, BLOCKS = 4, SEGMENTS = 64 };

static uint8_t said[LONG], lied[LONG]; /* from BEFORE the first byte */

static void say_once(void)
{
    for (size_t i = 0; i < LONG && said[LONG - 1] == 0; i++) {
        said[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + 1) | 1;
        lied[i] = (uint8_t)(said[i] ^ (i % 5 == 0 ? 0 : 0x80)); /* not about everything */
    }
}

static void put(struct gather_pool *pool, struct gather *g, struct bytewise *b, struct cursor *c,
                bool *honest)
{
    int16_t at = (int16_t)read_u16(c);
    size_t length = read_u16(c), kept = length;
    unsigned keeps = read_u8(c), how = read_u8(c);
    if ((how & CUT) != 0)
        kept = length * keeps / UINT8_MAX;
    if ((how & LIES) != 0)
        *honest = false;
    struct span bytes = span_of(((how & LIES) != 0 ? lied : said) + BEFORE + at, kept);
    size_t had = gather_bytes(g).length;
    uint32_t sequence = b->first + (uint32_t)at;
    enum gathered is = gather_put(pool, g, sequence, bytes, length, (how & ENDS) != 0);
    if (is != GATHERED_FULL)
        bytewise_put(b, sequence, bytes, length, (how & ENDS) != 0);
    assert(bytewise_agrees(b, g)); /* refused: nothing has changed */
    assert(is == GATHERED_MORE || gather_bytes(g).length == had);
    assert(is != GATHERED_MORE || gather_bytes(g).length > had || !*honest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bytewise b;
    struct cursor c = cursor_over(data, size);
    bool honest = true;
    say_once();
    size_t blocks = 1 + read_u8(&c) % BLOCKS;
    bytewise_open(&b, read_u32(&c));
    struct gather_pool *pool = gather_pool_new(blocks * (GATHER_MOST + 16) + 8192);
    struct gather *g = gather_open(pool, NULL, b.first);
    for (unsigned i = 0; i < SEGMENTS && cursor_left(&c) >= 6; i++)
        put(pool, g, &b, &c, &honest);
    struct span bytes = gather_bytes(g);
    if (honest)
        assert(gather_other(g).length == 0 && memcmp(bytes.at, said + BEFORE, bytes.length) == 0);
    assert(gather_pool_used(pool) <= blocks * GATHER_MOST);
    gather_close(pool, g);
    assert(gather_pool_used(pool) == 0);
    gather_pool_free(pool);
    return 0;
}
