/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message - header, question, records (RFC 1035 4.1).
 */
#include "dns/message.h"

static enum status question_read(struct cursor *c, struct span message, struct question *q)
{
    if (name_read(c, message, &q->name) != STATUS_OK)
        return STATUS_MALFORMED;
    q->type = read_u16(c);
    q->class = read_u16(c);
    return c->failed ? STATUS_MALFORMED : STATUS_OK;
}

/* One record that only has to be sound; the OPT is read. */
static enum status record_check(struct cursor *c, enum section section, struct message *m)
{
    const uint8_t *owner = c->at;
    struct name name;
    if (name_read(c, m->bytes, &name) != STATUS_OK)
        return STATUS_MALFORMED;
    uint16_t type = read_u16(c);
    if (type == TYPE_OPT) {
        if (section != SECTION_ADDITIONAL || m->edns.present || *owner != 0)
            return STATUS_MALFORMED;
        return edns_read(c, &m->edns);
    }
    read_skip(c, 2 + 4);
    read_skip(c, read_u16(c));
    return c->failed ? STATUS_MALFORMED : STATUS_OK;
}

/* The first question is kept, others only have to be sound. */
static enum status questions_read(struct cursor *c, unsigned count, struct message *m)
{
    struct question other;
    for (unsigned i = 0; i < count; i++) {
        if (question_read(c, m->bytes, i == 0 ? &m->question : &other) != STATUS_OK)
            return STATUS_MALFORMED;
        m->questions++;
        m->question_end = (uint16_t)(c->at - m->bytes.at);
    }
    return STATUS_OK;
}

enum status message_read(struct span bytes, struct message *out)
{
    struct cursor c = cursor_of(bytes);
    out->bytes = bytes;
    out->id = read_u16(&c);
    out->flags = read_u16(&c);
    unsigned questions = read_u16(&c);
    for (int s = 0; s < SECTION_COUNT; s++)
        out->counts[s] = read_u16(&c);
    out->has_header = !c.failed;
    out->questions = 0;
    out->question_end = MESSAGE_HEADER;
    out->edns = (struct edns){.ede = EDE_NONE, .udp_size = 512};
    if (c.failed || bytes.length > MESSAGE_MOST || questions_read(&c, questions, out) != STATUS_OK)
        return STATUS_MALFORMED;
    for (int s = 0; s < SECTION_COUNT; s++)
        for (unsigned i = 0; i < out->counts[s]; i++)
            if (record_check(&c, (enum section)s, out) != STATUS_OK)
                return STATUS_MALFORMED;
    return cursor_more(&c) ? STATUS_MALFORMED : STATUS_OK;
}

struct records records_of(const struct message *m)
{
    struct records walk = {.message = m->bytes};
    walk.at = cursor_over(m->bytes.at + m->question_end, m->bytes.length - m->question_end);
    memcpy(walk.left, m->counts, sizeof walk.left);
    return walk;
}

bool records_next(struct records *walk, struct record *out)
{
    enum section section = SECTION_ANSWER;
    while (section < SECTION_COUNT && walk->left[section] == 0)
        section++;
    if (section == SECTION_COUNT)
        return false;
    walk->left[section]--;
    out->section = section;
    if (name_read(&walk->at, walk->message, &out->owner) != STATUS_OK)
        return false;
    out->type = read_u16(&walk->at);
    out->class = read_u16(&walk->at);
    out->ttl_at = (uint16_t)(walk->at.at - walk->message.at);
    out->ttl = read_u32(&walk->at);
    out->data = read_span(&walk->at, read_u16(&walk->at));
    return !walk->at.failed;
}

enum status record_name(const struct records *walk, const struct record *record, size_t offset,
                        struct name *out)
{
    struct cursor data = cursor_of(record->data);
    read_skip(&data, offset);
    return name_read(&data, walk->message, out);
}
