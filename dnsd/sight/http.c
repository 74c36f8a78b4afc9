/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http - Host, target and CONNECT of every request; HTTP/2 without TLS.
 *
 * A connection carries many requests, each of which may say another name: all that begin in what
 * was gathered are read, and what was said before is sighted once.
 */
#include "sight/request.h"
#include "wire/http2.h"

enum { REQUESTS_MOST = 256 };

static bool says_the_same(const struct sighting *a, const struct sighting *b)
{
    return a->spoken == b->spoken && a->seen == b->seen && a->protocol == b->protocol &&
           a->why == b->why && a->has_name == b->has_name && a->has_address == b->has_address &&
           (!a->has_name || name_equal(&a->name, &b->name)) &&
           (!a->has_address || address_equal(&a->address, &b->address));
}

/* Where a stream says more than there is room for, the last place tells that there were others. */
static void keep(struct sightings *out, unsigned from, const struct sighting *sighting)
{
    for (unsigned i = from; i < out->count; i++)
        if (says_the_same(&out->list[i], sighting))
            return;
    bool full = out->count == SIGHTINGS_MOST;
    struct sighting *kept = sight_add(out, sighting->spoken, sighting->seen);
    *kept = *sighting;
    if (full)
        kept->why = WHY_SECOND_NAME;
}

/* The host of an authority; what has none, as it is written. */
static struct span host_of(struct span authority)
{
    uint16_t port = 0;
    struct span host = http_host(authority, &port);
    return host.length == 0 ? authority : host;
}

static struct sighting sighting_of(const struct request *r, const struct purpose *purpose,
                                   enum seen seen, struct span authority)
{
    const struct http_head *head = &r->head;
    struct sighting s = {.spoken = purpose->spoken,
                         .seen = seen,
                         .protocol = purpose->protocol,
                         .way = purpose->way};
    bool agent = request_contains(head->user_agent, "MicroMessenger");
    sight_host(&s, host_of(authority));
    sight_evidence(&s, "%s%s %s%s%s", purpose->evidence, sight_text(head->method, 10),
                   sight_text(head->target, agent ? 36 : 70), agent ? ", agent " : "",
                   agent ? sight_text(head->user_agent, 24) : "");
    return s;
}

/* A name beside the one that counts. */
static void other_keep(const struct request *r, const struct purpose *purpose, struct span first,
                       struct span other, struct sightings *out, unsigned from)
{
    if (other.length == 0 || http_same(host_of(first), host_of(other)))
        return;
    struct sighting s = sighting_of(r, purpose, SEEN_HTTP, other);
    s.why = WHY_SECOND_NAME;
    keep(out, from, &s);
}

static const struct purpose proxy = {
    .protocol = PROTOCOL_HTTP_PROXY, .way = DETOUR_PROXY, .spoken = SPOKEN_HTTP, .evidence = ""};

/* A request in absolute form is for a proxy (RFC 9112 3.2.2), unless it names the server itself. */
static void proxy_keep(const struct request *r, struct sightings *out, unsigned from)
{
    struct sighting s = sighting_of(r, &proxy, SEEN_PROXY, r->head.authority);
    if (!s.has_address || r->talk->server == NULL || !address_equal(&s.address, r->talk->server))
        keep(out, from, &s);
}

/* What the gateways of old mobile networks are told in place of Host. */
static void online_host_keep(const struct request *r, const struct purpose *purpose,
                             const struct sighting *first, struct sightings *out, unsigned from)
{
    if (r->head.online_host.length == 0)
        return;
    struct sighting s = sighting_of(r, purpose, SEEN_HTTP, r->head.online_host);
    if (first->has_name && s.has_name && name_equal(&first->name, &s.name))
        return;
    if (first->has_name)
        s.why = WHY_SECOND_NAME;
    keep(out, from, &s);
}

/* All that one request says. */
static void request_keep(const struct request *r, struct sightings *out, unsigned from)
{
    const struct http_head *head = &r->head;
    struct purpose purpose = request_purpose(r);
    bool absolute = head->authority.length > 0;
    struct span first = absolute ? head->authority : head->host;
    struct sighting named = sighting_of(r, &purpose, SEEN_HTTP, first);
    bool full = r->talk->said[CLIENT].length >= HTTP_HEAD_MOST;
    if (!r->whole && !named.has_name && !named.has_address)
        named.why = full ? WHY_TOO_LONG : WHY_UNFINISHED;
    keep(out, from, &named);
    if (absolute) {
        proxy_keep(r, out, from);
        other_keep(r, &purpose, first, head->host, out, from);
    }
    if (head->second_host)
        other_keep(r, &purpose, first, head->other_host, out, from);
    online_host_keep(r, &purpose, &named, out, from);
    if (!purpose.asks)
        return;
    struct sighting asked = {.spoken = purpose.spoken,
                             .seen = SEEN_DNS,
                             .protocol = purpose.protocol,
                             .way = purpose.way,
                             .type = purpose.type,
                             .has_name = true,
                             .name = purpose.asked};
    sight_evidence(&asked, "%s%s", purpose.evidence, sight_text(head->target, 70));
    keep(out, from, &asked);
}

/* Where what a proxy passes on begins: behind the head of its last answer that says 2xx. */
static size_t tunnel_begin(struct span said)
{
    size_t begin = SIZE_MAX;
    for (size_t at = 0; at + 12 < said.length; at++) {
        const uint8_t *line = memmem(said.at + at, said.length - at, "HTTP/1.", 7);
        if (line == NULL)
            break;
        at = (size_t)(line - said.at);
        if (at + 12 >= said.length || line[9] != '2')
            continue;
        const uint8_t *end = memmem(line, said.length - at, "\r\n\r\n", 4);
        if (end != NULL)
            begin = (size_t)(end - said.at) + 4;
        break;
    }
    return begin;
}

static bool is_connect(const struct http_head *head)
{
    return http_same(head->method, span_text("CONNECT"));
}

/* CONNECT (RFC 9110 9.3.6). *again: it was refused, and the client asks once more. */
static enum heard connect_look(const struct request *r, size_t at, struct sightings *out,
                               unsigned from, bool *again)
{
    const struct talk *talk = r->talk;
    struct http_head next;
    struct sighting s = sighting_of(r, &proxy, SEEN_PROXY, r->head.authority);
    keep(out, from, &s);
    if (!r->whole)
        return HEARD_DONE;
    enum status status = http_read(span_behind(talk->said[CLIENT], at), &next);
    *again = status != STATUS_MALFORMED && is_connect(&next);
    if (*again)
        return HEARD_MORE;
    enum heard heard = sight_inner(talk, at, tunnel_begin(talk->said[SERVER]), out);
    if (heard == HEARD_NOT_MINE || talk->complete[CLIENT])
        return HEARD_DONE;
    return heard == HEARD_DONE ? HEARD_DONE : HEARD_MORE;
}

static void http2_keep(const struct request *r, struct sightings *out, unsigned from)
{
    struct purpose tunnel = proxy;
    tunnel.spoken = r->spoken;
    if (r->head.authority.length == 0) {
        request_keep(r, out, from);
        return;
    }
    struct sighting s = sighting_of(r, &tunnel, SEEN_PROXY, r->head.authority);
    keep(out, from, &s);
}

/* HTTP/2 from the preface at `at` on. What is inside its tunnels is not looked at. */
static enum heard http2_look(const struct talk *talk, size_t at, struct sightings *out,
                             unsigned from)
{
    static struct http2 reader; /* too large for a stack; of one call */
    struct request r = {.talk = talk, .spoken = SPOKEN_HTTP2, .whole = true};
    struct sighting s = {.spoken = SPOKEN_HTTP2, .seen = SEEN_HTTP, .why = WHY_NOT_SAID};
    enum status status = STATUS_OK;
    size_t want = 0;
    http2_begin(&reader, span_behind(talk->said[CLIENT], at));
    for (unsigned i = 0; i < REQUESTS_MOST; i++) {
        status = http2_next(&reader, &r.head, &want);
        if (status != STATUS_OK)
            break;
        http2_keep(&r, out, from);
    }
    r.whole = false;
    if (status == STATUS_AGAIN && talk->complete[CLIENT] && reader.begun)
        http2_keep(&r, out, from);
    if (status == STATUS_MALFORMED)
        s.why = WHY_MALFORMED;
    if (status == STATUS_MALFORMED || out->count == from) {
        sight_evidence(&s, "HTTP/2 without TLS%s",
                       status == STATUS_MALFORMED ? ", headers that cannot be read" : "");
        keep(out, from, &s);
    }
    out->want = at + want;
    bool out_of_sight = out->want > TALK_MOST && !reader.begun;
    return status != STATUS_AGAIN || talk->complete[CLIENT] || out_of_sight ? HEARD_DONE
                                                                            : HEARD_MORE;
}

/* The request at *at, which moves behind it. *next: another one may begin there. */
static enum heard request_look(const struct talk *talk, size_t *at, struct sightings *out,
                               unsigned from, bool *next)
{
    struct span rest = span_behind(talk->said[CLIENT], *at);
    struct request r;
    bool complete = talk->complete[CLIENT];
    enum status preface = http2_preface(rest);
    *next = false;
    if (preface == STATUS_OK)
        return http2_look(talk, *at, out, from);
    enum status status = request_read(talk, rest, &r);
    if (status == STATUS_MALFORMED && !r.whole)
        return preface == STATUS_AGAIN && !complete ? HEARD_PERHAPS : HEARD_NOT_MINE;
    if (status == STATUS_AGAIN && r.head.target.length == 0)
        return complete ? HEARD_NOT_MINE : HEARD_PERHAPS;
    if (status == STATUS_AGAIN && !complete)
        return HEARD_MORE;
    if (is_connect(&r.head)) {
        *at += r.head.length;
        return connect_look(&r, *at, out, from, next);
    }
    request_keep(&r, out, from);
    if (status != STATUS_OK || (complete && !r.ends))
        return HEARD_DONE;
    *next = r.ends;
    if (r.ends)
        *at += r.length;
    else if (r.body.length >= BODY_KEPT && r.want > 0)
        out->want = *at + r.want;
    return out->want > TALK_MOST ? HEARD_DONE : HEARD_MORE;
}

static enum heard look(const struct talk *talk, struct sightings *out)
{
    struct span said = talk->said[CLIENT];
    const unsigned from = out->count;
    size_t at = 0;
    bool next = said.length > 0;
    enum heard heard = talk->complete[CLIENT] ? HEARD_NOT_MINE : HEARD_PERHAPS;
    for (unsigned i = 0; next; i++) {
        if (i == REQUESTS_MOST || (i > 0 && at >= said.length))
            return talk->complete[CLIENT] ? HEARD_DONE : HEARD_MORE;
        heard = request_look(talk, &at, out, from, &next);
        if (i > 0 && heard == HEARD_NOT_MINE) /* something else behind requests: an upgrade */
            return HEARD_DONE;
        if (i > 0 && heard == HEARD_PERHAPS)
            return HEARD_MORE;
    }
    return heard;
}

const struct recogniser sight_http = {.name = "http", .transport = IP_TCP, .look = look};
