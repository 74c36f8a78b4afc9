/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * request - bodies by length and in chunks; patterns of what requests are for.
 */
#include "sight/request.h"

bool request_begins(struct span s, const char *word)
{
    size_t length = strlen(word);
    return s.length >= length && http_same(span_of(s.at, length), span_text(word));
}

bool request_contains(struct span s, const char *word)
{
    return s.length > 0 && memmem(s.at, s.length, word, strlen(word)) != NULL;
}

static bool ends_with(struct span s, const char *word)
{
    size_t length = strlen(word);
    return s.length >= length && http_same(span_behind(s, s.length - length), span_text(word));
}

static int hex(uint8_t byte)
{
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                        : -1;
}

/* The size that stands before a chunk's data, extensions ignored; false: no such line. */
static bool size_read(struct span line, size_t *out)
{
    enum { DIGITS_MOST = 8 };
    size_t at = 0;
    *out = 0;
    for (; at < line.length && hex(line.at[at]) >= 0; at++) {
        if (at == DIGITS_MOST)
            return false;
        *out = *out << 4 | (size_t)hex(line.at[at]);
    }
    return at > 0;
}

/* Chunks (RFC 9112 7.1) up to the end of the trailer; the first bytes are kept. */
static enum status chunks_read(struct span bytes, struct request *out)
{
    struct cursor c = cursor_of(bytes);
    struct span line;
    size_t size = 1;
    out->body = span_of(out->kept, 0);
    while (size > 0 && http_line(&c, &line)) {
        if (!size_read(line, &size))
            return STATUS_MALFORMED;
        struct span data = span_of(c.at, size < cursor_left(&c) ? size : cursor_left(&c));
        size_t room = BODY_KEPT - out->body.length;
        size_t more = room < data.length ? room : data.length;
        memcpy(out->kept + out->body.length, data.at, more);
        out->body.length += more;
        read_skip(&c, size);
        if (size > 0 && http_line(&c, &line) && line.length > 0)
            return STATUS_MALFORMED;
    }
    out->body_is_complete = size == 0 || out->body.length == BODY_KEPT;
    while (size == 0 && !out->ends && http_line(&c, &line))
        out->ends = line.length == 0;
    if (out->ends)
        out->length += (size_t)(c.at - bytes.at);
    return STATUS_OK;
}

enum status request_read(const struct talk *talk, struct span stream, struct request *out)
{
    *out = (struct request){.talk = talk, .spoken = SPOKEN_HTTP};
    enum status status = http_read(stream, &out->head);
    if (status != STATUS_OK)
        return status;
    struct span bytes = span_behind(stream, out->head.length);
    uint64_t length = out->head.content_length;
    out->whole = true;
    out->length = out->head.length;
    if (out->head.chunked)
        return chunks_read(bytes, out);
    out->ends = out->body_is_complete = length <= bytes.length;
    out->body = span_of(bytes.at, out->ends ? (size_t)length : bytes.length);
    if (out->ends)
        out->length += (size_t)length;
    else
        out->want = out->head.length + (size_t)(length < SIZE_MAX / 4 ? length : SIZE_MAX / 4);
    return STATUS_OK;
}

static struct span path_only(struct span path)
{
    const uint8_t *mark = path.length == 0 ? NULL : memchr(path.at, '?', path.length);
    return mark == NULL ? path : span_of(path.at, (size_t)(mark - path.at));
}

/* One character, or a percent sign and two digits (RFC 3986 2.1). */
static uint8_t character_read(struct cursor *c)
{
    if (cursor_left(c) > 2 && *c->at == '%' && hex(c->at[1]) >= 0 && hex(c->at[2]) >= 0) {
        struct span escape = read_span(c, 3);
        return (uint8_t)(hex(escape.at[1]) << 4 | hex(escape.at[2]));
    }
    return read_u8(c);
}

/* The value of a parameter of the query, decoded into `text`; empty: none. */
static struct span parameter(struct span path, const char *key, uint8_t text[NAME_MAX_WIRE])
{
    struct span query = span_behind(path, path_only(path).length);
    size_t key_length = strlen(key), length = 0;
    for (size_t i = 0; i < query.length; i++) {
        struct span rest = span_behind(query, i + 1);
        if ((query.at[i] != '?' && query.at[i] != '&') || !request_begins(rest, key) ||
            rest.length == key_length || rest.at[key_length] != '=')
            continue;
        struct cursor c = cursor_of(span_behind(rest, key_length + 1));
        while (cursor_more(&c) && *c.at != '&' && length < NAME_MAX_WIRE)
            text[length++] = character_read(&c);
        break;
    }
    return span_of(text, length);
}

/* /mmtls/ and 8 to 16 hexadecimal digits. */
static bool is_mmtls_path(struct span path)
{
    struct span rest = span_behind(path, strlen("/mmtls/"));
    if (!request_begins(path, "/mmtls/") || rest.length < 8 || rest.length > 16)
        return false;
    for (size_t i = 0; i < rest.length; i++)
        if (hex(rest.at[i]) < 0)
            return false;
    return true;
}

/* The app's short link: the body decides. A head that imitates it, or older interfaces. */
static bool is_mmtls(const struct request *r, struct purpose *out)
{
    struct span path = path_only(r->head.path);
    bool agent = request_contains(r->head.user_agent, "MicroMessenger Client");
    bool pathed = is_mmtls_path(path), upgrade = request_begins(r->head.upgrade, "mmtls");
    bool final = r->talk->complete[CLIENT] || r->body_is_complete;
    enum status hello = r->whole ? sight_mmtls_hello(r->body) : STATUS_AGAIN;
    if (hello == STATUS_OK) {
        out->spoken = SPOKEN_MMTLS;
        out->protocol = PROTOCOL_MMTLS;
        out->evidence = "mmtls hello in ";
    } else if (pathed + upgrade + agent >= 2 && (pathed || upgrade) &&
               (hello == STATUS_MALFORMED || final)) {
        out->protocol = PROTOCOL_MMTLS_TUNNEL;
        out->evidence = "no mmtls hello in ";
    } else if (agent && (request_contains(path, "/cgi-bin/micromsg-bin/") ||
                         request_contains(path, "/cgi-bin/mmsupport-bin/"))) {
        out->protocol = PROTOCOL_MMTLS;
        out->evidence = "legacy path of WeChat, ";
    }
    return out->protocol != PROTOCOL_NONE;
}

/* Requests of HTTPDNS services, by their whole path. */
struct pattern {
    const char *path, *asked; /* and the parameter with the name asked for, which must be one */
    bool numbered;            /* "/", an account's number, then `path` */
    bool bare;                /* only where Host is an address, or begins with "dns." */
    const char *evidence;
};

static const struct pattern patterns[] = {
    {"/cgi-bin/micromsg-bin/newgetdns", NULL, false, false, "HTTPDNS of WeChat, "},
    {"/cgi-bin/micromsg-bin/getdns", NULL, false, false, "HTTPDNS of WeChat, "},
    {"/cgi-bin/default/getdns", NULL, false, false, "HTTPDNS of WeChat, "},
    {"/d", "dn", false, false, "HTTPDNS as of DNSPod, "},
    {"/d", "host", true, false, "HTTPDNS as of Alibaba, "},
    {"/sign_d", "host", true, false, "HTTPDNS as of Alibaba, "},
    {"/resolve", "host", true, false, "HTTPDNS as of Alibaba, "},
    {"/resolve", "name", false, true, "DNS in JSON without TLS, "},
};

static bool path_fits(struct span path, const struct pattern *pattern)
{
    if (!pattern->numbered)
        return http_same(path, span_text(pattern->path));
    size_t before = path.length - strlen(pattern->path);
    if (!ends_with(path, pattern->path) || before < 2)
        return false;
    for (size_t i = 1; i < before; i++)
        if (path.at[i] < '0' || path.at[i] > '9')
            return false;
    return true;
}

static bool is_bare(struct span authority)
{
    uint16_t port = 0;
    struct sighting probe = {0};
    sight_host(&probe, http_host(authority, &port));
    return probe.has_address || request_begins(authority, "dns.");
}

/* The name that a parameter asks for, the first of several. DNSPod's customers may seal it: then it
 * is blocks of hexadecimal digits, and the account stands beside it. */
static bool asks_for(struct span path, const char *key, struct purpose *out)
{
    uint8_t text[NAME_MAX_WIRE], id[NAME_MAX_WIRE];
    struct sighting probe = {0};
    struct span value = parameter(path, key, text);
    const uint8_t *comma = value.length == 0 ? NULL : memchr(value.at, ',', value.length);
    bool sealed =
        value.length >= 16 && value.length % 16 == 0 && parameter(path, "id", id).length > 0;
    for (size_t i = 0; i < value.length; i++)
        sealed &= hex(value.at[i]) >= 0;
    if (comma != NULL)
        value.length = (size_t)(comma - value.at);
    sight_host(&probe, value);
    out->asks = probe.has_name && probe.name.labels > 1;
    out->asked = probe.name;
    return out->asks || sealed;
}

static bool is_httpdns(const struct request *r, struct purpose *out)
{
    struct span path = path_only(r->head.path);
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        const struct pattern *p = &patterns[i];
        if (!path_fits(path, p) || (p->bare && !is_bare(r->head.host)) ||
            (p->asked != NULL && !asks_for(r->head.path, p->asked, out)))
            continue;
        out->protocol = PROTOCOL_HTTPDNS;
        out->way = DETOUR_HTTPDNS;
        out->evidence = p->evidence;
        return true;
    }
    return false;
}

static int base64_value(uint8_t byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = byte == 0 ? NULL : strchr(digits, byte);
    return at == NULL ? -1 : (int)(at - digits);
}

/* base64url (RFC 4648 5) in place, as far as it goes. */
static struct span base64_decode(uint8_t *text, size_t length)
{
    uint32_t bits = 0;
    size_t written = 0;
    for (size_t i = 0; i < length && base64_value(text[i]) >= 0; i++) {
        bits = bits << 6 | (uint32_t)base64_value(text[i]);
        if (i % 4 != 0)
            text[written++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    return span_of(text, written);
}

/* DNS over HTTP (RFC 8484) without TLS; the question from its body or its target. */
static bool is_doh(const struct request *r, struct purpose *out)
{
    enum { DNS_HEADER = 12 };
    uint8_t text[NAME_MAX_WIRE];
    bool typed = request_begins(r->head.content_type, "application/dns-message");
    if (!typed && !ends_with(path_only(r->head.path), "/dns-query"))
        return false;
    out->protocol = PROTOCOL_DOH;
    out->way = DETOUR_DOH;
    out->evidence = "DNS over HTTP without TLS, ";
    struct span query = typed && !r->head.chunked ? r->body : span_of(text, 0);
    struct span target = parameter(r->head.path, "dns", text);
    if (target.length > 0)
        query = base64_decode(text, target.length);
    struct cursor c = cursor_of(span_behind(query, DNS_HEADER));
    out->asks =
        query.length > DNS_HEADER && name_read(&c, (struct span){0}, &out->asked) == STATUS_OK;
    out->type = out->asks ? read_u16(&c) : 0;
    if (!out->asks)
        (void)asks_for(r->head.path, "name", out);
    return true;
}

struct purpose request_purpose(const struct request *request)
{
    struct purpose purpose = {.spoken = request->spoken, .evidence = ""};
    if (!is_httpdns(request, &purpose) && !is_mmtls(request, &purpose))
        (void)is_doh(request, &purpose);
    return purpose;
}
