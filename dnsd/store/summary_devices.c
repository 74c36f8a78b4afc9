/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary_devices - devices, and the addresses that they had.
 */
#include "store/summary_parts.h"

enum { PATTERN_SIZE = 2 * DEVICE_KEY_SIZE + 3 };

static void bind_device(struct binder *b, const struct device *device)
{
    bind_text(b, device->key);
    bind_number(b, device->known);
    if (device->has_mac)
        bind_blob(b, span_of(device->mac, MAC_SIZE));
    else
        sqlite_bind_null(b->s, ++b->at);
    bind_text(b, device->host);
    bind_text(b, device->tag);
    bind_text(b, device->owner);
    bind_text(b, device->group);
}

static enum status keep_address(struct summary *summary, uint64_t number, const char *text,
                                const struct device_address *seen)
{
    struct binder b = {.s = summary_statement(summary, KEEP_ADDRESS)};

    if (b.s == NULL)
        return STATUS_SYSTEM;
    bind_number(&b, number);
    bind_text(&b, text);
    bind_number(&b, seen->first);
    bind_number(&b, seen->last);
    bind_number(&b, seen->rows);
    return sqlite_do(b.s);
}

enum status summary_keep_device(struct summary *summary, const struct device *device,
                                const struct device_address *seen, uint64_t *number)
{
    static const struct device_address nothing = {.rows = 0};
    struct binder b = {.s = summary_statement(summary, KEEP_DEVICE)};
    char text[ADDRESS_TEXT_SIZE] = "";

    if (b.s == NULL)
        return STATUS_SYSTEM;
    summary->has_new_numbers = summary->has_new_numbers || seen == NULL;
    if (seen == NULL)
        seen = &nothing;
    if (seen->rows > 0)
        address_text(&seen->address, text);
    bind_device(&b, device);
    bind_number(&b, seen->first);
    bind_number(&b, seen->last);
    bind_text(&b, text);
    enum status status = sqlite_step(b.s);
    if (status == STATUS_OK)
        *number = (uint64_t)sqlite_number(b.s, 0);
    sqlite_reset(b.s);
    if (status != STATUS_OK || seen->rows == 0)
        return status;
    return keep_address(summary, *number, text, seen);
}

static void seen_take(struct sqlite_statement *s, struct device_seen *out)
{
    struct binder b = {.s = s};
    char text[ADDRESS_TEXT_SIZE];

    *out = (struct device_seen){0};
    out->number = take_number(&b);
    take_text(&b, out->device.key, sizeof out->device.key);
    out->device.known = (uint8_t)take_number(&b);
    struct span mac = sqlite_bytes(s, b.at++);
    out->device.has_mac = mac.length == MAC_SIZE;
    if (out->device.has_mac)
        memcpy(out->device.mac, mac.at, MAC_SIZE);
    take_text(&b, out->device.host, sizeof out->device.host);
    take_text(&b, out->device.tag, sizeof out->device.tag);
    take_text(&b, out->device.owner, sizeof out->device.owner);
    take_text(&b, out->device.group, sizeof out->device.group);
    out->first = take_number(&b);
    out->last = take_number(&b);
    take_text(&b, text, sizeof text);
    if (address_parse(text, &out->latest) != STATUS_OK)
        out->latest = (struct address){{0}};
    out->incidents = take_number(&b);
    out->attempts = take_number(&b);
    out->stopped = take_number(&b);
}

enum status summary_device(struct summary *summary, uint64_t number, struct device_seen *out)
{
    struct sqlite_statement *s = summary_statement(summary, ASK_DEVICE);

    if (s == NULL)
        return STATUS_SYSTEM;
    sqlite_bind_number(s, 1, (int64_t)number);
    enum status status = sqlite_step(s);
    if (status == STATUS_OK)
        seen_take(s, out);
    sqlite_reset(s);
    return status;
}

/* "%text%", with what LIKE takes for more than itself escaped. What is longer than any key is cut:
 * nothing holds it. */
static void pattern_write(const char *text, char out[PATTERN_SIZE])
{
    size_t at = 0;

    out[at++] = '%';
    for (; *text != 0 && at + 4 < PATTERN_SIZE; text++) {
        if (*text == '%' || *text == '_' || *text == '\\')
            out[at++] = '\\';
        out[at++] = *text;
    }
    out[at++] = '%';
    out[at] = 0;
}

enum status summary_devices(struct summary *summary, const char *text, uint32_t skip,
                            bool (*on)(void *owner, const struct device_seen *seen), void *owner)
{
    struct sqlite_statement *s = summary_statement(summary, ASK_DEVICES);
    char pattern[PATTERN_SIZE];
    struct device_seen seen;
    enum status status;

    if (s == NULL)
        return STATUS_SYSTEM;
    if (text != NULL)
        pattern_write(text, pattern);
    sqlite_bind_text(s, 1, text == NULL ? NULL : pattern);
    sqlite_bind_number(s, 2, skip);
    while ((status = sqlite_step(s)) == STATUS_OK) {
        seen_take(s, &seen);
        if (!on(owner, &seen))
            break;
    }
    status = summary_ended(s, status);
    sqlite_bind_null(s, 1); /* the pattern ends here */
    return status;
}

enum status summary_device_addresses(struct summary *summary, uint64_t number,
                                     bool (*on)(void *owner, const struct device_address *address),
                                     void *owner)
{
    struct binder b = {.s = summary_statement(summary, ASK_ADDRESSES)};
    enum status status;

    if (b.s == NULL)
        return STATUS_SYSTEM;
    sqlite_bind_number(b.s, 1, (int64_t)number);
    while ((status = sqlite_step(b.s)) == STATUS_OK) {
        struct device_address found;
        char text[ADDRESS_TEXT_SIZE];
        b.at = 0;
        take_text(&b, text, sizeof text);
        found.first = take_number(&b);
        found.last = take_number(&b);
        found.rows = take_number(&b);
        if (address_parse(text, &found.address) == STATUS_OK && !on(owner, &found))
            break;
    }
    return summary_ended(b.s, status);
}
