/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lease_isc - dhcpd.leases of ISC dhcpd, DHCPv4 and DHCPv6: dhcpd.leases(5).
 *
 * dhcpd appends a block whenever a lease changes. Times are UTC, as `4 2026/11/26 12:00:00` or
 * `epoch 1795694400`. A lease that is no longer active ended when the block says. An abandoned
 * address is in use by somebody whom dhcpd does not know.
 */
#include "device/text.h"
#include "device/words_isc.h"

#include <time.h>

enum { IAID_SIZE = 4 };

struct isc {
    struct isc_words words;
    void (*on)(void *owner, const struct lease *lease);
    void *owner;
    struct leases_read *out;
};

enum state { ACTIVE, OVER, ABANDONED };

/* What a block says. */
struct block {
    uint64_t line;
    struct lease lease;
    const char *why; /* what is wrong; NULL: nothing */
    bool has_from, has_until;
    clock_us from, until, last; /* until 0: without an end; last: when the client spoke */
    uint64_t life;              /* of DHCPv6, seconds; 0: not given */
    enum state state;
};

static bool read_pair(struct span text, char between, uint64_t out[3])
{
    struct span piece;
    for (int i = 0; i < 3; i++)
        if (!text_cut(&text, between, &piece) || piece.length > 4 || !text_number(piece, &out[i]))
            return false;
    return text.at == NULL;
}

/* `epoch N`, `never`, or the day of the week, year/month/day and hour:minute:second. */
static bool read_time(struct isc *isc, clock_us *out)
{
    uint64_t seconds, day[3], hour[3];
    if (isc_next(&isc->words) != ISC_WORD)
        return false;
    if (text_is(isc->words.word, "never")) {
        *out = 0;
        return true;
    }
    const bool is_epoch = text_is(isc->words.word, "epoch");
    if (isc_next(&isc->words) != ISC_WORD)
        return false;
    if (is_epoch)
        return text_number(isc->words.word, &seconds) && seconds_us(seconds, out);
    if (!read_pair(isc->words.word, '/', day) || isc_next(&isc->words) != ISC_WORD ||
        !read_pair(isc->words.word, ':', hour) || day[0] < 1970 || day[1] < 1 || day[1] > 12 ||
        day[2] < 1 || day[2] > 31 || hour[0] > 23 || hour[1] > 59 || hour[2] > 60)
        return false;
    struct tm tm = {.tm_year = (int)day[0] - 1900,
                    .tm_mon = (int)day[1] - 1,
                    .tm_mday = (int)day[2],
                    .tm_hour = (int)hour[0],
                    .tm_min = (int)hour[1],
                    .tm_sec = (int)hour[2]};
    return seconds_us((uint64_t)timegm(&tm), out);
}

static void read_state(struct isc *isc, struct block *block)
{
    if (isc_next(&isc->words) != ISC_WORD || !text_is(isc->words.word, "state") ||
        isc_next(&isc->words) != ISC_WORD)
        return;
    block->state = text_is(isc->words.word, "active")      ? ACTIVE
                   : text_is(isc->words.word, "abandoned") ? ABANDONED
                                                           : OVER;
}

static void read_hardware(struct isc *isc, struct block *block)
{
    struct lease *lease = &block->lease;
    if (isc_next(&isc->words) != ISC_WORD || !text_is(isc->words.word, "ethernet"))
        return;
    lease->has_mac = isc_next(&isc->words) == ISC_WORD && text_mac(isc->words.word, lease->mac);
    if (!lease->has_mac)
        block->why = "behind `hardware ethernet` stands no MAC";
}

/* One statement inside a block; its first word was read. */
static void read_statement(struct isc *isc, struct block *block)
{
    const struct span word = isc->words.word;
    uint64_t life;
    if (isc->words.kind != ISC_WORD)
        return;
    if (text_is(word, "starts")) {
        block->has_from = read_time(isc, &block->from);
        if (!block->has_from)
            block->why = "behind `starts` stands no time";
    } else if (text_is(word, "ends")) {
        block->has_until = read_time(isc, &block->until);
        if (!block->has_until)
            block->why = "behind `ends` stands no time";
    } else if (text_is(word, "cltt")) {
        (void)read_time(isc, &block->last);
    } else if (text_is(word, "binding")) {
        read_state(isc, block);
    } else if (text_is(word, "abandoned")) {
        block->state = ABANDONED;
    } else if (text_is(word, "hardware")) {
        read_hardware(isc, block);
    } else if (text_is(word, "client-hostname")) {
        if (isc_next(&isc->words) == ISC_TEXT)
            text_host(isc->words.word, block->lease.host);
    } else if (text_is(word, "max-life")) {
        if (isc_next(&isc->words) == ISC_WORD && text_number(isc->words.word, &life))
            block->life = life;
    }
}

/* The statements of a block, up to its brace. False: the file ended before. */
static bool read_block(struct isc *isc, struct block *block)
{
    for (;;) {
        enum isc_kind kind = isc_next(&isc->words);
        if (kind == ISC_CLOSE)
            return true;
        if (kind == ISC_END)
            return false;
        read_statement(isc, block);
        if (isc->words.kind == ISC_STOP || isc_skip(&isc->words))
            continue;
        block->why = "a `;` is missing before a `}`";
        return isc->words.kind == ISC_CLOSE;
    }
}

static void give(struct isc *isc, const struct lease *lease)
{
    isc->out->leases++;
    isc->on(isc->owner, lease);
}

/* The block is whole: what follows from it. */
static void tell(struct isc *isc, struct block *block)
{
    struct lease *lease = &block->lease;
    if (block->why == NULL && block->has_until && block->until != 0 && block->until < block->from)
        block->why = "it ends before it starts";
    if (block->why != NULL) {
        leases_bad(isc->out, block->line, "%s", block->why);
        return;
    }
    if (!block->has_from || block->from == 0)
        return; /* an address that nobody ever had */
    lease->from = block->from;
    lease->until = block->has_until ? block->until : 0;
    if (block->state == ABANDONED) {
        *lease = (struct lease){.address = lease->address,
                                .known = DEVICE_LEASE,
                                .from = block->from,
                                .until = block->from};
        give(isc, lease);
        return;
    }
    if (!lease->has_mac && lease->host[0] == 0 && block->state == OVER)
        return; /* in a pool, free */
    if (lease->until == 0 && block->state == OVER)
        return;
    if (lease->until != lease->from)
        give(isc, lease);
    if (block->state == OVER) {
        const struct lease end = {.address = lease->address,
                                  .known = DEVICE_LEASE,
                                  .from = lease->until,
                                  .until = lease->until};
        give(isc, &end);
    }
}

static void read_lease(struct isc *isc)
{
    struct block block = {.line = isc->words.line, .lease = {.known = DEVICE_LEASE}};
    if (isc_next(&isc->words) != ISC_WORD || !text_address(isc->words.word, &block.lease.address))
        block.why = "behind `lease` stands no address";
    if (isc_next(&isc->words) != ISC_OPEN) {
        leases_bad(isc->out, block.line, "behind the address stands no `{`");
        (void)isc_skip(&isc->words);
    } else if (read_block(isc, &block)) {
        tell(isc, &block);
    }
}

/* An address inside of an ia-na block, whose client is known. */
static bool read_iaaddr(struct isc *isc, const struct block *of_client)
{
    struct block block = *of_client;
    block.line = isc->words.line;
    if (isc_next(&isc->words) != ISC_WORD || !text_address(isc->words.word, &block.lease.address))
        block.why = "behind `iaaddr` stands no address";
    if (isc_next(&isc->words) != ISC_OPEN || !read_block(isc, &block))
        return false;
    /* DHCPv6 says how long a lease lasts, and when it ends. */
    if (block.has_until && block.until > block.life * SECOND_US && block.life > 0)
        block.from = block.until - block.life * SECOND_US;
    else
        block.from = block.last;
    block.has_from = true;
    tell(isc, &block);
    return true;
}

static void read_association(struct isc *isc)
{
    struct block block = {.lease = {.known = DEVICE_LEASE}};
    if (isc_next(&isc->words) == ISC_TEXT)
        block.lease.has_mac = duid_mac(span_behind(isc->words.word, IAID_SIZE), block.lease.mac);
    if (isc_next(&isc->words) != ISC_OPEN) {
        leases_bad(isc->out, isc->words.line, "an ia-na without a block");
        (void)isc_skip(&isc->words);
        return;
    }
    for (;;) {
        enum isc_kind kind = isc_next(&isc->words);
        if (kind == ISC_CLOSE || kind == ISC_END)
            return;
        if (kind == ISC_WORD && text_is(isc->words.word, "iaaddr")) {
            if (!read_iaaddr(isc, &block))
                return;
            continue;
        }
        read_statement(isc, &block);
        if (isc->words.kind != ISC_STOP && !isc_skip(&isc->words))
            return;
    }
}

static void isc_read(struct span text, clock_us now,
                     void (*on)(void *owner, const struct lease *lease), void *owner,
                     struct leases_read *out)
{
    struct isc isc = {.words = isc_words(text), .on = on, .owner = owner, .out = out};
    *out = (struct leases_read){0};
    while (isc_next(&isc.words) != ISC_END) {
        const struct span word = isc.words.word;
        if (isc.words.kind == ISC_CLOSE)
            leases_bad(out, isc.words.line, "a `}` that ends nothing");
        else if (isc.words.kind == ISC_WORD && text_is(word, "lease"))
            read_lease(&isc);
        else if (isc.words.kind == ISC_WORD && (text_is(word, "ia-na") || text_is(word, "ia-ta")))
            read_association(&isc);
        else if (isc.words.kind != ISC_STOP)
            (void)isc_skip(&isc.words);
    }
}

const struct lease_format lease_isc = {"isc", isc_read};
