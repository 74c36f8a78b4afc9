/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lease_kea - Kea's memfile: CSV with a heading line, DHCPv4 and DHCPv6.
 *
 * Kea appends a line whenever a lease changes, and rewrites the file now and then. Values hold no
 * quotes: a comma inside one is written &#x2c. A lease that was deleted or released is a line with
 * a lifetime of 0, which does not say when that was: the lease is held to last as it was given.
 */
#include "device/text.h"

enum { COLUMNS_MOST = 32, VALUE_MOST = 1024, PREFIX_DELEGATED = 2, STATE_DECLINED = 1 };
static const uint64_t WITHOUT_END = UINT32_MAX;

enum column { ADDRESS, HWADDR, DUID, LIFETIME, EXPIRE, HOST, STATE, TYPE, COLUMN_COUNT };
static const char *const headings[COLUMN_COUNT] = {
    [ADDRESS] = "address", [HWADDR] = "hwaddr", [DUID] = "duid",   [LIFETIME] = "valid_lifetime",
    [EXPIRE] = "expire",   [HOST] = "hostname", [STATE] = "state", [TYPE] = "lease_type",
};

struct kea {
    bool has_headings;
    unsigned columns;
    enum column what[COLUMNS_MOST]; /* COLUMN_COUNT: not asked for */
};

static void read_headings(struct kea *kea, struct span line, uint64_t number,
                          struct leases_read *out)
{
    bool has[COLUMN_COUNT] = {false};
    struct span name;
    kea->has_headings = true;
    for (kea->columns = 0; text_cut(&line, ',', &name);) {
        if (kea->columns == COLUMNS_MOST)
            break;
        enum column what = 0;
        while (what < COLUMN_COUNT && !text_is(name, headings[what]))
            what++;
        if (what < COLUMN_COUNT)
            has[what] = true;
        kea->what[kea->columns++] = what;
    }
    if (!has[ADDRESS] || !has[LIFETIME] || !has[EXPIRE] || !(has[HWADDR] || has[DUID])) {
        kea->columns = 0;
        leases_bad(out, number,
                   "the first line does not name Kea's columns (address, hwaddr or duid, "
                   "valid_lifetime, expire); is `format` right?");
    }
}

/* &#x2c and the like become the byte they stand for. */
static struct span unescaped(struct span text, uint8_t room[VALUE_MOST])
{
    size_t length = 0;
    for (size_t i = 0; i < text.length && length < VALUE_MOST; i++) {
        const bool is_escape = text.length - i >= 5 && memcmp(text.at + i, "&#x", 3) == 0;
        const int high = is_escape ? hex_value(text.at[i + 3]) : -1;
        const int low = is_escape ? hex_value(text.at[i + 4]) : -1;
        room[length] = text.at[i];
        if (high >= 0 && low >= 0) {
            room[length] = (uint8_t)(high << 4 | low);
            i += 4;
        }
        length++;
    }
    return span_of(room, length);
}

/* NULL: read, or nothing to say; else what is wrong. */
static const char *read_values(const struct span values[COLUMN_COUNT], struct lease *lease,
                               bool *is_lease)
{
    uint64_t lifetime, expire, state = 0, type = 0;
    uint8_t room[VALUE_MOST];
    *is_lease = false;
    if (!text_address(values[ADDRESS], &lease->address))
        return "the first column is no address";
    if (!text_number(values[LIFETIME], &lifetime) || !text_number(values[EXPIRE], &expire))
        return "valid_lifetime or expire is no number of seconds";
    if (values[STATE].length > 0 && !text_number(values[STATE], &state))
        return "state is no number";
    if (values[TYPE].length > 0 && !text_number(values[TYPE], &type))
        return "lease_type is no number";
    if (lifetime == 0 || type == PREFIX_DELEGATED)
        return NULL;
    if (lifetime >= expire || !seconds_us(expire - lifetime, &lease->from) ||
        !seconds_us(lifetime < WITHOUT_END ? expire : 0, &lease->until))
        return "expire is no time that can be";
    *is_lease = true;
    if (state == STATE_DECLINED) {
        lease->until = lease->from; /* in use by somebody whom Kea does not know */
        return NULL;
    }
    lease->has_mac =
        text_mac(values[HWADDR], lease->mac) || text_duid_mac(values[DUID], lease->mac);
    text_host(unescaped(values[HOST], room), lease->host);
    return NULL;
}

static void read_line(const struct kea *kea, struct span line, uint64_t number,
                      void (*on)(void *owner, const struct lease *lease), void *owner,
                      struct leases_read *out)
{
    struct span values[COLUMN_COUNT] = {{0}}, value;
    struct lease lease = {.known = DEVICE_LEASE};
    bool is_lease;
    for (unsigned i = 0; i < kea->columns && text_cut(&line, ',', &value); i++)
        if (kea->what[i] < COLUMN_COUNT)
            values[kea->what[i]] = value;
    const char *why = read_values(values, &lease, &is_lease);
    if (why != NULL) {
        leases_bad(out, number, "%s", why);
    } else if (is_lease) {
        out->leases++;
        on(owner, &lease);
    }
}

static void kea_read(struct span text, clock_us now,
                     void (*on)(void *owner, const struct lease *lease), void *owner,
                     struct leases_read *out)
{
    struct lines lines = {.rest = text};
    struct kea kea = {0};
    struct span line;
    *out = (struct leases_read){0};
    while (text_line(&lines, &line)) {
        if (line.length == 0 || line.at[0] == '#')
            continue;
        if (!kea.has_headings)
            read_headings(&kea, line, lines.number, out);
        else if (kea.columns == 0)
            out->bad++;
        else
            read_line(&kea, line, lines.number, on, owner, out);
    }
}

const struct lease_format lease_kea = {"kea", kea_read};
