/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * review - a walk over the answer section.
 */
#include "serve/review.h"

#include "dns/svcb.h"

enum { GROUPS_MARKED = 64 }; /* groups behind these are reviewed at every hit */

struct review {
    struct query *q;
    bool silent; /* no list has said anything */
};

/* Takes over a verdict on something in the answer; gives whether it decides. */
static bool take(struct review *r, const struct verdict *v, const struct name *name,
                 const struct address *address)
{
    struct query *q = r->q;
    if (v->rule == RULE_NONE && v->noted == RULE_NONE)
        return false;
    r->silent = false;
    bool blocks = action_blocks(v->action);
    bool is_said = q->verdict.action >= ACTION_OBSERVE || q->verdict.noted != RULE_NONE;
    bool is_noted = v->action == ACTION_OBSERVE || v->noted != RULE_NONE;
    if (!blocks && (is_said || !is_noted))
        return false;
    q->verdict = *v;
    q->seen = SEEN_ANSWER;
    q->matched_is_address = address != NULL;
    if (address != NULL)
        q->matched_address = *address;
    else
        q->matched_name = *name;
    /* By TCP `truncate` lets the answer pass, so what stands behind it must be heard too. */
    return blocks && (v->action != ACTION_TRUNCATE || query_is_udp(q));
}

static bool blocks_name(struct review *r, const struct name *name)
{
    const struct subject subject = {.group = r->q->group, .name = name};
    const struct verdict verdict = decide(r->q->server->policy, &subject);
    return take(r, &verdict, name, NULL);
}

static bool blocks_address(struct review *r, const struct address *address)
{
    const struct subject subject = {.group = r->q->group, .destination = address};
    const struct verdict verdict = decide(r->q->server->policy, &subject);
    return take(r, &verdict, NULL, address);
}

static bool blocks_service(struct review *r, const struct record *record)
{
    struct svcb svcb;
    struct address hint;
    if (svcb_read(record->data, &svcb) != STATUS_OK)
        return false;
    if (svcb.target.labels > 0 && blocks_name(r, &svcb.target))
        return true;
    for (size_t place = 0; svcb_next_hint(&svcb, &place, &hint);)
        if (blocks_address(r, &hint))
            return true;
    return false;
}

static bool blocks_record(struct review *r, const struct records *walk, const struct record *record)
{
    struct name target;
    struct address address;
    switch (record->type) {
    case TYPE_CNAME:
    case TYPE_DNAME:
        return record_name(walk, record, 0, &target) == STATUS_OK && blocks_name(r, &target);
    case TYPE_A:
    case TYPE_AAAA:
        return address_from_bytes(record->data, &address) && blocks_address(r, &address);
    case TYPE_HTTPS:
    case TYPE_SVCB:
        return blocks_service(r, record);
    default:
        return false;
    }
}

bool review_can_read(const struct record *record)
{
    struct svcb svcb;
    switch (record->type) {
    case TYPE_A:
        return record->data.length == 4;
    case TYPE_AAAA:
        return record->data.length == 16;
    case TYPE_HTTPS:
    case TYPE_SVCB:
        return svcb_read(record->data, &svcb) == STATUS_OK;
    default:
        return true;
    }
}

static bool is_marked(const struct query *q, const struct kept *found)
{
    return found->generation == q->generation && q->group < GROUPS_MARKED &&
           (found->passed >> q->group & 1) != 0;
}

static void mark(const struct query *q, struct kept *found)
{
    if (q->group >= GROUPS_MARKED)
        return;
    if (found->generation != q->generation) {
        found->generation = q->generation;
        found->passed = 0;
    }
    found->passed |= UINT64_C(1) << q->group;
}

enum next review_answer(struct query *q)
{
    struct kept *found = q->found;
    if (q->group == GROUP_NONE || q->redirected || q->verdict.action == ACTION_ALLOW ||
        found->counts[SECTION_ANSWER] == 0 || is_marked(q, found))
        return NEXT_STEP;

    struct review review = {.q = q, .silent = true};
    struct record record;
    struct message m = {.bytes = kept_message(found), .question_end = found->question_end};
    m.counts[SECTION_ANSWER] = found->counts[SECTION_ANSWER];
    for (struct records walk = records_of(&m); records_next(&walk, &record);)
        if (blocks_record(&review, &walk, &record))
            return NEXT_STEP;
    if (review.silent)
        mark(q, found);
    return NEXT_STEP;
}
