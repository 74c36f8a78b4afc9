/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * blocked - one function for each action.
 */
#include "serve/blocked.h"

#include "policy/explain.h"
#include "serve/reply.h"

enum { SOA_SERIAL = 1 };

struct excuse {
    uint16_t ede;
    uint8_t text[EDE_TEXT_MOST];
    struct span words;
};

static void excuse_fill(const struct query *q, struct excuse *out)
{
    out->ede = policy_list(q->server->policy, q->verdict.list).ede;
    out->words = (struct span){0};
    if (!q->asked.edns.present)
        return;
    struct writer w = writer_over(out->text, sizeof out->text);
    explain_briefly(q->server->policy, &q->verdict, &w);
    out->words = writer_span(&w);
}

/* The question's own name owns the SOA: a negative answer must not say more than it was asked. */
static enum next negative(struct query *q, uint16_t rcode)
{
    struct answer a;
    struct excuse excuse;
    excuse_fill(q, &excuse);
    reply_begin(q, &a, rcode, 0);
    answer_soa(&a, &q->asked.question.name, SOA_SERIAL, q->server->config->dnsd.block_ttl);
    return reply_end(q, &a, excuse.ede, excuse.words);
}

static enum next answer_nxdomain(struct query *q)
{
    return negative(q, RCODE_NXDOMAIN);
}

static enum next answer_nodata(struct query *q)
{
    return negative(q, RCODE_NOERROR);
}

/* Those of `count` addresses that are of the type asked for; NODATA when there are none. */
static enum next answer_addresses(struct query *q, const struct address *addresses, size_t count)
{
    uint16_t type = q->asked.question.type;
    struct answer a;
    struct excuse excuse;
    bool any = false;

    if (type != TYPE_A && type != TYPE_AAAA)
        return answer_nodata(q);
    excuse_fill(q, &excuse);
    reply_begin(q, &a, RCODE_NOERROR, 0);
    for (size_t i = 0; i < count; i++) {
        bool is_ipv4 = address_is_ipv4(&addresses[i]);
        if (is_ipv4 != (type == TYPE_A))
            continue;
        any = true;
        answer_record(&a, SECTION_ANSWER, NULL, type, q->server->config->dnsd.block_ttl,
                      is_ipv4 ? span_of(addresses[i].bytes + 12, 4)
                              : span_of(addresses[i].bytes, 16));
    }
    if (!any)
        answer_soa(&a, &q->asked.question.name, SOA_SERIAL, q->server->config->dnsd.block_ttl);
    return reply_end(q, &a, excuse.ede, excuse.words);
}

static enum next answer_sinkhole(struct query *q)
{
    return answer_addresses(q, q->server->config->dnsd.sinkhole,
                            q->server->config->dnsd.sinkhole_count);
}

static enum next answer_refused(struct query *q)
{
    struct answer a;
    struct excuse excuse;
    excuse_fill(q, &excuse);
    reply_begin(q, &a, RCODE_REFUSED, 0);
    return reply_end(q, &a, excuse.ede, excuse.words);
}

static enum next answer_drop(struct query *q)
{
    return NEXT_SILENT;
}

static enum next answer_truncate(struct query *q)
{
    struct excuse excuse;
    if (!query_is_udp(q))
        return NEXT_STEP;
    excuse_fill(q, &excuse);
    return reply_truncated(q, excuse.ede, excuse.words);
}

static enum next alias_alone(struct query *q, const struct excuse *excuse)
{
    struct answer a;
    reply_begin(q, &a, RCODE_NOERROR, 0);
    answer_record_begin(&a, SECTION_ANSWER, NULL, TYPE_CNAME, CLASS_IN,
                        q->server->config->dnsd.block_ttl);
    answer_name(&a, &q->target);
    answer_record_end(&a);
    return reply_end(q, &a, excuse->ede, excuse->words);
}

static enum next answer_redirect(struct query *q)
{
    enum { ADDRESSES_MOST = 16 };
    struct address addresses[ADDRESSES_MOST];
    struct rule_view rule;
    struct excuse excuse;

    if (q->redirected) /* "recall" and "review" went past with the target's answer */
        return NEXT_STEP;
    policy_rule(q->server->policy, q->verdict.rule, &rule);
    if (!rule.redirect_is_name) {
        size_t count = rule.redirect.length / sizeof *addresses;
        count = count < ADDRESSES_MOST ? count : ADDRESSES_MOST;
        if (count > 0)
            memcpy(addresses, rule.redirect.at, count * sizeof *addresses);
        return answer_addresses(q, addresses, count);
    }
    struct cursor c = cursor_of(rule.redirect);
    if (name_read(&c, (struct span){0}, &q->target) != STATUS_OK)
        return answer_nxdomain(q);
    excuse_fill(q, &excuse);
    if (q->asked.question.type == TYPE_CNAME || q->asked.question.type == TYPE_ANY)
        return alias_alone(q, &excuse);
    q->redirected = true;
    q->found = NULL;
    q->stale = false;
    q->ede = excuse.ede;
    return NEXT_RECALL;
}

enum next blocked_answer(struct query *q)
{
    static enum next (*const answers[ACTION_COUNT])(struct query *) = {
        [ACTION_SINKHOLE] = answer_sinkhole, [ACTION_NXDOMAIN] = answer_nxdomain,
        [ACTION_NODATA] = answer_nodata,     [ACTION_REFUSED] = answer_refused,
        [ACTION_DROP] = answer_drop,         [ACTION_TRUNCATE] = answer_truncate,
        [ACTION_REDIRECT] = answer_redirect,
    };
    return action_blocks(q->verdict.action) ? answers[q->verdict.action](q) : NEXT_STEP;
}
