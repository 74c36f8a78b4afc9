/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tell - a walk over the addresses of an answer.
 */
#include "serve/tell.h"

#include "dns/svcb.h"
#include "process/told.h"
#include "serve/reply.h"

struct tell {
    const struct query *q;
    unsigned left;
};

static void tell_address(struct tell *t, const struct address *address, uint32_t ttl)
{
    const struct query *q = t->q;
    t->left--;
    told_write(q->server->told, &q->peer.client, address, &q->asked.question.name,
               (uint32_t)(q->when.wall / 1000000) + reply_ttl(q, ttl));
}

static void tell_hints(struct tell *t, const struct record *record)
{
    struct svcb svcb;
    struct address hint;
    if (svcb_read(record->data, &svcb) != STATUS_OK)
        return;
    for (size_t place = 0; t->left > 0 && svcb_next_hint(&svcb, &place, &hint);)
        tell_address(t, &hint, record->ttl);
}

enum next tell_inspector(struct query *q)
{
    struct tell t = {q, TELL_MOST};
    struct record record;
    struct address address;
    const struct kept *found = q->found;
    if ((q->flags & FLAG_TC) != 0)
        return NEXT_STEP; /* it was given none */
    struct message m = {.bytes = kept_message(found), .question_end = found->question_end};
    m.counts[SECTION_ANSWER] = found->counts[SECTION_ANSWER];
    for (struct records walk = records_of(&m); t.left > 0 && records_next(&walk, &record);) {
        if (record.type == TYPE_HTTPS || record.type == TYPE_SVCB)
            tell_hints(&t, &record);
        else if ((record.type == TYPE_A || record.type == TYPE_AAAA) &&
                 address_from_bytes(record.data, &address))
            tell_address(&t, &address, record.ttl);
    }
    return NEXT_STEP;
}
