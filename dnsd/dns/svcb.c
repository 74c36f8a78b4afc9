/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * svcb - priority, target, then parameters by rising key (RFC 9460 2.2).
 */
#include "dns/svcb.h"

struct parameter {
    uint16_t key;
    struct span value;
};

static bool parameter_next(struct cursor *c, struct parameter *out)
{
    if (!cursor_more(c))
        return false;
    out->key = read_u16(c);
    out->value = read_span(c, read_u16(c));
    return !c->failed;
}

/* The bytes of one address in a hint; 0 for parameters that are no hint. */
static size_t hint_size(uint16_t key)
{
    return key == SVCB_IPV4HINT ? 4 : key == SVCB_IPV6HINT ? 16 : 0;
}

/* The shape of those values that we read ourselves (RFC 9460 7.3, 8). */
static bool value_is_sound(const struct parameter *p)
{
    size_t size = p->key == SVCB_MANDATORY ? 2 : hint_size(p->key);
    return size == 0 || (p->value.length > 0 && p->value.length % size == 0);
}

enum status svcb_read(struct span data, struct svcb *out)
{
    struct cursor c = cursor_of(data);
    out->priority = read_u16(&c);
    if (name_read(&c, (struct span){0}, &out->target) != STATUS_OK)
        return STATUS_MALFORMED;
    out->parameters = span_of(c.at, cursor_left(&c));
    out->has_ech = false;
    int last = -1;
    for (struct parameter p; parameter_next(&c, &p); last = p.key) {
        if (p.key <= last || !value_is_sound(&p))
            return STATUS_MALFORMED;
        out->has_ech |= p.key == SVCB_ECH;
    }
    return c.failed ? STATUS_MALFORMED : STATUS_OK;
}

bool svcb_next_hint(const struct svcb *svcb, size_t *place, struct address *out)
{
    struct cursor c = cursor_of(svcb->parameters);
    size_t left = *place;
    for (struct parameter p; parameter_next(&c, &p) && p.key <= SVCB_IPV6HINT;) {
        size_t size = hint_size(p.key);
        size_t count = size == 0 ? 0 : p.value.length / size;
        if (left < count) {
            ++*place;
            return address_from_bytes(span_of(p.value.at + left * size, size), out);
        }
        left -= count;
    }
    return false;
}

/* `mandatory` without `ech`; nothing when that was all. */
static void mandatory_write(struct writer *w, struct span keys)
{
    struct cursor c = cursor_of(keys);
    uint8_t *start = write_place(w, 4);
    while (cursor_more(&c)) {
        uint16_t key = read_u16(&c);
        if (key != SVCB_ECH)
            write_u16(w, key);
    }
    if (w->failed)
        return;
    size_t length = (size_t)(w->at - start) - 4;
    store_u16(start, SVCB_MANDATORY);
    store_u16(start + 2, (uint16_t)length);
    if (length == 0)
        w->at = start;
}

void svcb_write_without_ech(struct writer *w, const struct svcb *svcb)
{
    struct cursor c = cursor_of(svcb->parameters);
    write_u16(w, svcb->priority);
    write_span(w, name_span(&svcb->target));
    for (struct parameter p; parameter_next(&c, &p);) {
        if (p.key == SVCB_ECH)
            continue;
        if (p.key == SVCB_MANDATORY) {
            mandatory_write(w, p.value);
            continue;
        }
        write_u16(w, p.key);
        write_u16(w, (uint16_t)p.value.length);
        write_span(w, p.value);
    }
}
