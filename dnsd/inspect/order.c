/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * order - when a flow has been heard, and what is known of one that is stopped.
 */
#include "inspect/order.h"

#include "base/table.h"

enum {
    SERVER_TALK = 16, /* packets of a server, behind which no handshake begins */
    CLIENT_TALK = 8,  /* packets of a client that said no name: FTP's first words before AUTH TLS */
};

void order_take(struct watcher *w, struct flow *flow, enum watch_order order)
{
    bool is_new;

    if (order != ORDER_STOP || (flow->marks & MARK_STOP))
        return;
    flow->marks |= MARK_STOP;
    struct stopped *stopped = table_claim(w->stops, &flow->key, &is_new);
    *stopped = (struct stopped){.reason = w->judge.reason, .since = flow->since};
}

/* 1, 2, 4, 8 .. */
static bool is_rare(uint32_t times)
{
    return (times & (times - 1)) == 0;
}

static void stop_fill(struct watcher *w, const struct step *s)
{
    static const struct stop_reason unknown = {.rule = RULE_NONE};
    const struct segment *segment = &s->segment;
    const struct flow *flow = s->flow;
    const unsigned client = flow->client, server = !client;
    struct stopped *stopped = table_find(w->stops, &flow->key);
    const bool known = stopped != NULL && stopped->since == flow->since;
    const struct stop_reason *reason = known ? &stopped->reason : &unknown;
    const unsigned flags = segment->tcp_flags;

    w->stop = (struct stop){
        .client = flow->key.address[client],
        .server = flow->key.address[server],
        .client_port = flow->key.port[client],
        .server_port = flow->key.port[server],
        .transport = segment->transport,
        .from_server = s->from == SERVER,
        .hold = reason->hold,
        .evidence = reason->evidence,
        .seen = reason->seen,
        .protocol = reason->protocol,
        .list = reason->list,
        .rule = reason->rule,
        .generation = reason->generation,
        .sequence = segment->sequence,
        .acknowledgement = segment->acknowledgement,
        .length = (uint32_t)segment->sent + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0),
    };
    w->stop_is_news = false;
    if (known && (segment->sent > 0 || (flags & TCP_SYN) || stopped->times == 0))
        w->stop_is_news = is_rare(++stopped->times);
}

/* What was judged has reached the server: nothing else can stand in its place. */
static bool is_acknowledged(const struct step *s)
{
    const struct flow *flow = s->flow;

    return s->from == SERVER && (s->segment.tcp_flags & TCP_ACK) != 0 &&
           (!(flow->marks & MARK_KNOWN) ||
            (int32_t)(s->segment.acknowledgement - flow->next[CLIENT]) >= 0);
}

static enum watch_order order_for_stream(const struct step *s)
{
    struct flow *flow = s->flow;
    const struct gather *server = flow->said[SERVER];

    if (flow->state == STATE_LISTENING) {
        if (s->from != SERVER || (flow->marks & MARK_DONE) || server == NULL ||
            !gather_is_complete(server))
            return ORDER_PASS;
        flow->marks |= MARK_SERVER_HEARD;
        return ORDER_PASS_SERVER_HEARD;
    }
    if (is_acknowledged(s))
        flow->marks |= MARK_ACKED;
    if (!s->was_judged || !(flow->marks & (MARK_ACKED | MARK_SERVER_HEARD)))
        return ORDER_PASS;
    bool goes_on = s->from == CLIENT && s->segment.sent > 0 &&
                   (flow->named != 0 || flow->packets[CLIENT] >= CLIENT_TALK);
    return goes_on || flow->packets[SERVER] >= SERVER_TALK ? ORDER_PASS_HEARD : ORDER_PASS;
}

enum watch_order order_for(struct watcher *w, const struct step *s)
{
    const struct flow *flow = s->flow;

    if (flow == NULL)
        return ORDER_PASS;
    if (flow->marks & MARK_STOP) {
        stop_fill(w, s);
        return ORDER_STOP;
    }
    if (s->segment.tunnel != TUNNEL_NONE)
        return ORDER_PASS;
    if (flow->marks & MARK_FREE)
        return ORDER_PASS_HEARD;
    if (s->segment.transport == IP_TCP)
        return order_for_stream(s);
    return s->was_judged && flow->state == STATE_JUDGED ? ORDER_PASS_HEARD : ORDER_PASS;
}
