/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reply - writing to the client.
 */
#include "serve/reply.h"

#include "dns/svcb.h"
#include "process/told.h"
#include "serve/scrub.h"

enum { PAD_BLOCK = 468, KEEPALIVE_UNIT_MS = 100, STALE_TTL = 30 };

static size_t limit_of(const struct query *q)
{
    size_t limit = query_is_udp(q) ? answer_udp_limit(&q->asked) : (size_t)MESSAGE_MOST;
    size_t room = writer_room(q->reply);
    return limit < room ? limit : room;
}

/* RFC 7873 5.2, RFC 9018 4: a good cookie comes back as it is, any other state gets a new one. */
static struct span cookie_of(struct query *q)
{
    const struct edns *edns = &q->asked.edns;
    if (q->cookie_state == COOKIE_NONE)
        return (struct span){0};
    if (q->cookie_state == COOKIE_GOOD)
        return span_of(edns->cookie, edns->cookie_length);
    cookie_make(edns, &q->peer.client, &q->server->secrets.cookie,
                (uint32_t)(q->when.wall / 1000000), q->cookie);
    return span_of(q->cookie, COOKIE_SIZE);
}

/* Gives NULL when the client sent no OPT: then it gets none (RFC 6891 7). */
static const struct edns_reply *edns_of(struct query *q, uint16_t ede, struct span text,
                                        struct edns_reply *out)
{
    const struct edns *edns = &q->asked.edns;
    if (!edns->present)
        return NULL;
    *out = (struct edns_reply){
        .dnssec_ok = edns->wants_dnssec,
        .rcode = q->rcode,
        .cookie = cookie_of(q),
        .ede = ede,
        .ede_text = text,
    };
    if (edns->wants_nsid)
        out->nsid = span_text(q->server->config->dnsd.server_id);
    if (!query_is_udp(q)) {
        if (edns->has_keepalive)
            out->keepalive = (uint16_t)(q->server->config->dnsd.tcp_idle_ms / KEEPALIVE_UNIT_MS);
        if (edns->has_padding)
            out->pad_to = PAD_BLOCK;
    }
    return out;
}

static enum next finish(struct query *q, size_t length, uint16_t ede)
{
    q->flags = load_u16(q->reply->at + 2);
    if (q->flags & FLAG_TC)
        query_count(q, COUNT_TRUNCATED);
    if (q->rcode == RCODE_SERVFAIL)
        query_count(q, COUNT_SERVFAIL);
    q->ede = ede;
    q->answered = true;
    q->reply->at += length;
    return NEXT_RECORD;
}

void reply_begin(struct query *q, struct answer *a, uint16_t rcode, uint16_t flags)
{
    q->rcode = rcode;
    answer_begin(a, q->reply->at, limit_of(q), &q->asked, rcode, flags);
}

enum next reply_end(struct query *q, struct answer *a, uint16_t ede, struct span ede_text)
{
    struct edns_reply edns;
    struct span made = answer_end(a, edns_of(q, ede, ede_text, &edns));
    if (made.length < MESSAGE_HEADER)
        return NEXT_SILENT;
    return finish(q, made.length, ede);
}

enum next reply_code(struct query *q, uint16_t rcode, uint16_t ede, const char *ede_text)
{
    struct answer a;
    reply_begin(q, &a, rcode, 0);
    return reply_end(q, &a, ede, span_text(ede_text));
}

enum next reply_truncated(struct query *q, uint16_t ede, struct span ede_text)
{
    struct answer a;
    reply_begin(q, &a, RCODE_NOERROR, FLAG_TC);
    return reply_end(q, &a, ede, ede_text);
}

uint32_t reply_ttl(const struct query *q, uint32_t ttl)
{
    if (q->stale)
        return STALE_TTL;
    uint32_t age = (uint32_t)((q->when.now - q->found->stored) / 1000);
    return ttl > age ? ttl - age : 0;
}

/* AD says "validated", to those who understand it (RFC 6840 5.7, 5.8); of a stale answer the
 * signatures may be over. */
static uint16_t ad_of(const struct query *q)
{
    bool wanted = q->asked.edns.wants_dnssec || (q->asked.flags & FLAG_AD) != 0;
    return q->found->secure && !q->stale && wanted ? FLAG_AD : 0;
}

static uint16_t ede_of_found(const struct query *q)
{
    if (!q->stale)
        return q->found->ede;
    return q->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE_ANSWER;
}

/* A CNAME of our own to the target of a redirect, and what that has. */
static enum next reply_redirected(struct query *q)
{
    struct answer a;
    struct record record;
    struct message found = {.bytes = kept_message(q->found),
                            .question_end = q->found->question_end};
    memcpy(found.counts, q->found->counts, sizeof found.counts);
    struct records walk = records_of(&found);

    reply_begin(q, &a, load_u16(q->found->bytes + 2) & RCODE_MASK, 0);
    answer_record_begin(&a, SECTION_ANSWER, NULL, TYPE_CNAME, CLASS_IN,
                        q->server->config->dnsd.block_ttl);
    answer_name(&a, &q->target);
    answer_record_end(&a);
    while (records_next(&walk, &record)) {
        answer_record_begin(&a, record.section, &record.owner, record.type, record.class,
                            reply_ttl(q, record.ttl));
        scrub_write_data(&a.w, found.bytes, &record, NULL);
        answer_record_end(&a);
    }
    return reply_end(q, &a, q->ede, (struct span){0});
}

static enum next next_of_found(const struct query *q)
{
    return q->server->told != NULL ? NEXT_STEP : NEXT_RECORD;
}

enum next reply_found(struct query *q)
{
    const struct kept *found = q->found;
    if (q->redirected)
        return reply_redirected(q) == NEXT_RECORD ? next_of_found(q) : NEXT_SILENT;

    uint8_t *out = q->reply->at;
    struct writer w = writer_over(out, limit_of(q));
    uint16_t flags = load_u16(found->bytes + 2) & RCODE_MASK;
    q->rcode = flags;
    flags |= FLAG_QR | FLAG_RA | ad_of(q) | (q->asked.flags & (FLAG_RD | FLAG_CD));
    uint16_t ede = ede_of_found(q);
    struct edns_reply edns;
    const struct edns_reply *opt =
        edns_of(q, ede, q->stale ? (struct span){0} : kept_why(found), &edns);
    size_t length = found->length;
    size_t opt_room = opt == NULL ? 0 : EDNS_ROOM + (edns.cookie.length > 0 ? EDNS_COOKIE_ROOM : 0);
    bool fits = length + opt_room <= writer_room(&w);
    if (!fits) {
        length = found->question_end;
        flags |= FLAG_TC;
    }
    if (length > writer_room(&w))
        return NEXT_SILENT;
    memcpy(out, found->bytes, length);
    w.at += length;
    store_u16(out, q->asked.id);
    store_u16(out + 2, flags);
    memcpy(out + MESSAGE_HEADER, q->asked.bytes.at + MESSAGE_HEADER,
           found->question_end - (size_t)MESSAGE_HEADER);
    if (fits) {
        const uint16_t *places = kept_places(found);
        for (unsigned i = 0; i < found->places; i++)
            store_u32(out + places[i], reply_ttl(q, load_u32(out + places[i])));
    } else {
        memset(out + 6, 0, 6); /* the three counts of records */
    }
    if (opt != NULL && edns_write(&w, opt))
        store_u16(out + 10, (uint16_t)(load_u16(out + 10) + 1));
    (void)finish(q, writer_length(&w), ede);
    return next_of_found(q);
}

struct tell {
    const struct query *q;
    const struct name *name; /* under which */
    unsigned left;
};

static void tell_address(struct tell *t, const struct address *address, uint32_t ttl)
{
    const struct query *q = t->q;
    t->left--;
    told_write(q->server->told, &q->peer.client, address, t->name,
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

/* The addresses of what was found. */
static void tell_found(const struct query *q, const struct name *name)
{
    struct tell t = {q, name, TELL_MOST};
    struct record record;
    struct address address;
    const struct kept *found = q->found;
    struct message m = {.bytes = kept_message(found), .question_end = found->question_end};
    m.counts[SECTION_ANSWER] = found->counts[SECTION_ANSWER];
    for (struct records walk = records_of(&m); t.left > 0 && records_next(&walk, &record);) {
        if (record.type == TYPE_HTTPS || record.type == TYPE_SVCB)
            tell_hints(&t, &record);
        else if ((record.type == TYPE_A || record.type == TYPE_AAAA) &&
                 address_from_bytes(record.data, &address))
            tell_address(&t, &address, record.ttl);
    }
}

enum next reply_withheld(struct query *q)
{
    if (q->server->told != NULL && q->seen == SEEN_ANSWER && !q->matched_is_address &&
        action_blocks(q->verdict.action))
        tell_found(q, &q->matched_name);
    return NEXT_STEP;
}

enum next reply_told(struct query *q)
{
    if ((q->flags & FLAG_TC) == 0) /* else it was given none */
        tell_found(q, &q->asked.question.name);
    return NEXT_STEP;
}
