/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http - line by line, as lenient servers read them.
 */
#include "wire/http.h"

enum {
    METHOD_MOST = 32,
    FIELDS_MOST = 4096 /* a line has at least two bytes of HTTP_HEAD_MOST, and few have so many */
};

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct span trimmed(struct span s)
{
    while (s.length > 0 && is_space(s.at[0]))
        s = span_of(s.at + 1, s.length - 1);
    while (s.length > 0 && is_space(s.at[s.length - 1]))
        s.length--;
    return s;
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

bool http_same(struct span a, struct span b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

/* What RFC 9110 5.6.2 calls a token. */
static bool is_token(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (lower(byte) >= 'a' && lower(byte) <= 'z') ||
           (byte > ' ' && byte < 0x7f && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

bool http_line(struct cursor *c, struct span *out)
{
    size_t left = cursor_left(c);
    const uint8_t *end = left == 0 ? NULL : memchr(c->at, '\n', left);
    if (end == NULL)
        return false;
    *out = read_span(c, (size_t)(end - c->at));
    read_skip(c, 1);
    if (out->length > 0 && out->at[out->length - 1] == '\r')
        out->length--;
    return true;
}

/* "HTTP/1.x", in any case. */
static bool is_version(struct span word)
{
    return word.length >= 8 && http_same(span_of(word.at, 7), span_text("HTTP/1.")) &&
           word.at[7] >= '0' && word.at[7] <= '9';
}

/* Whether a line whose end is not there may become a request line. */
static bool line_may_become(struct span line)
{
    size_t i = 0;
    while (i < line.length && i <= METHOD_MOST && is_token(line.at[i]))
        i++;
    if (i == line.length)
        return i <= METHOD_MOST;
    if (i == 0 || i > METHOD_MOST || (line.at[i] != ' ' && line.at[i] != '\t'))
        return false;
    for (; i < line.length; i++)
        if (line.at[i] == 0x7f || (line.at[i] < ' ' && line.at[i] != '\t' && line.at[i] != '\r'))
            return false;
    return true;
}

static size_t find_any(struct span s, const char *bytes)
{
    size_t i = 0;
    while (i < s.length && (s.at[i] == 0 || strchr(bytes, s.at[i]) == NULL))
        i++;
    return i;
}

/* The four forms of RFC 9112 3.2. */
static void target_split(struct http_head *out)
{
    struct span target = out->target;
    if (http_same(out->method, span_text("CONNECT"))) {
        out->authority = target;
        return;
    }
    size_t scheme = find_any(target, ":/?#");
    if (scheme > 0 && scheme + 2 < target.length && memcmp(target.at + scheme, "://", 3) == 0) {
        target = span_of(target.at + scheme + 3, target.length - scheme - 3);
        size_t length = find_any(target, "/?#\\");
        out->authority = span_of(target.at, length);
        target = span_of(target.at + length, target.length - length);
    }
    size_t path = find_any(target, "/");
    out->path = span_of(target.at + path, target.length - path);
}

/* STATUS_OK, *old: a request of HTTP/0.9, "GET /" and nothing more. */
static enum status request_line_read(struct span line, struct http_head *out, bool *old)
{
    if (!line_may_become(line))
        return STATUS_MALFORMED;
    size_t method = find_any(line, " \t");
    struct span rest = trimmed(span_of(line.at + method, line.length - method)), target = rest;
    while (target.length > 0 && !is_space(target.at[target.length - 1]))
        target.length--;
    struct span version = span_of(rest.at + target.length, rest.length - target.length);
    *old = !is_version(version);
    target = *old ? rest : trimmed(target);
    out->method = span_of(line.at, method);
    if (target.length == 0 || (*old && !span_equal(out->method, span_text("GET"))) ||
        (*old && find_any(target, " \t") < target.length))
        return STATUS_MALFORMED;
    out->target = target;
    target_split(out);
    if (*old && out->path.length == 0) { /* "GET READY": some other protocol */
        out->target.length = 0;
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static uint64_t number_read(struct span digits)
{
    uint64_t number = 0;
    for (size_t i = 0; i < digits.length && is_digit(digits.at[i]); i++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digits.at[i] - '0', &number))
            return UINT64_MAX;
    return number;
}

static bool has_word(struct span value, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= value.length; i++)
        if (http_same(span_of(value.at + i, length), span_text(word)))
            return true;
    return false;
}

static void host_take(struct http_head *out, struct span value)
{
    if (!out->has_host)
        out->host = value;
    else if (!http_same(out->host, value))
        out->second_host = true, out->other_host = value;
    out->has_host = true;
}

void http_field(struct http_head *out, struct span name, struct span value)
{
    const struct {
        const char *name;
        struct span *to;
    } kept[] = {
        {"User-Agent", &out->user_agent},
        {"Upgrade", &out->upgrade},
        {"Content-Type", &out->content_type},
        {"X-Online-Host", &out->online_host},
    };
    if (http_same(name, span_text("Host")))
        host_take(out, value);
    else if (http_same(name, span_text("Content-Length")))
        out->content_length = number_read(value);
    else if (http_same(name, span_text("Transfer-Encoding")))
        out->chunked |= has_word(value, "chunked");
    else
        for (size_t i = 0; i < COUNT_OF(kept); i++)
            if (kept[i].to->length == 0 && http_same(name, span_text(kept[i].name)))
                *kept[i].to = value;
}

static void field_read(struct http_head *out, struct span line)
{
    const uint8_t *colon = line.length == 0 ? NULL : memchr(line.at, ':', line.length);
    if (colon == NULL)
        return;
    size_t at = (size_t)(colon - line.at);
    http_field(out, trimmed(span_of(line.at, at)), trimmed(span_behind(line, at + 1)));
}

/* A line that begins with a space goes on with the field before it (RFC 9112 5.2). */
static bool line_continues(const struct cursor *c)
{
    return cursor_more(c) && (*c->at == ' ' || *c->at == '\t');
}

enum status http_read(struct span stream, struct http_head *out)
{
    *out = (struct http_head){0};
    struct cursor c = cursor_of(stream);
    struct span line, more;
    bool old;
    while (cursor_more(&c) && (*c.at == '\r' || *c.at == '\n')) /* RFC 9112 2.2 */
        read_skip(&c, 1);
    if (!http_line(&c, &line))
        return line_may_become(span_of(c.at, cursor_left(&c))) ? STATUS_AGAIN : STATUS_MALFORMED;
    enum status status = request_line_read(line, out, &old);
    for (unsigned i = 0; status == STATUS_OK && !old; i++) {
        if (i == FIELDS_MOST)
            return STATUS_MALFORMED;
        if (!http_line(&c, &line))
            return STATUS_AGAIN;
        if (line.length == 0)
            break;
        while (line_continues(&c) && http_line(&c, &more))
            line.length = (size_t)(more.at + more.length - line.at);
        /* What continues it, or its first byte, may still come. */
        if (line_continues(&c) || !cursor_more(&c))
            return STATUS_AGAIN;
        field_read(out, line);
    }
    out->length = (size_t)(c.at - stream.at);
    return status;
}

enum status http2_preface(struct span stream)
{
    size_t whole = sizeof preface - 1;
    size_t length = stream.length < whole ? stream.length : whole;
    if (length > 0 && memcmp(stream.at, preface, length) != 0)
        return STATUS_MALFORMED;
    return length < whole ? STATUS_AGAIN : STATUS_OK;
}

static bool is_bare_ipv6(struct span s)
{
    unsigned colons = 0;
    for (size_t i = 0; i < s.length; i++) {
        if (s.at[i] == '%')
            break;
        if (s.at[i] != ':' && s.at[i] != '.' && !is_digit(s.at[i]) &&
            (lower(s.at[i]) < 'a' || lower(s.at[i]) > 'f'))
            return false;
        colons += s.at[i] == ':';
    }
    return colons > 1;
}

struct span http_host(struct span authority, uint16_t *port)
{
    struct span host = trimmed(authority);
    if (host.length == 0) /* C knows no NULL + 0 */
        return host;
    for (size_t i = host.length; i > 0; i--) { /* user:password@ (RFC 3986 3.2.1) */
        if (host.at[i - 1] != '@')
            continue;
        host = span_of(host.at + i, host.length - i);
        break;
    }
    size_t length = find_any(host, ":");
    if (host.length > 0 && host.at[0] == '[') {
        length = find_any(host, "]");
        length += length < host.length;
    } else if (is_bare_ipv6(host)) {
        length = host.length;
    }
    struct span rest = span_of(host.at + length, host.length - length);
    host.length = length;
    if (rest.length > 1 && rest.at[0] == ':' && is_digit(rest.at[1])) {
        uint64_t number = number_read(span_of(rest.at + 1, rest.length - 1));
        if (number <= UINT16_MAX)
            *port = (uint16_t)number;
    }
    return find_any(host, " \t\r\n/\\?#@,") < host.length ? span_of(host.at, 0) : host;
}
