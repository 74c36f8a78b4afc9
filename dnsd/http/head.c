/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * head - a line at a time, each checked byte by byte.
 */
#include "http/head.h"

#include <strings.h>

enum { EMPTY_LINES_BYTES = 8, LENGTH_DIGITS_MOST = 15 };

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* RFC 9110 5.6.2 */
static bool is_token(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static bool equals(struct span text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

static bool equals_loosely(struct span text, const char *word)
{
    return text.length == strlen(word) &&
           strncasecmp((const char *)text.at, word, text.length) == 0;
}

/* What stands before `byte`, which is taken too; false: there is none. */
static bool until(struct span *rest, uint8_t byte, struct span *out)
{
    const uint8_t *at = rest->length == 0 ? NULL : memchr(rest->at, byte, rest->length);
    if (at == NULL)
        return false;
    *out = span_of(rest->at, (size_t)(at - rest->at));
    *rest = span_behind(*rest, out->length + 1);
    return true;
}

/* The next line without its CR LF. Every line before the end of the head has one. */
static bool next_line(struct span *rest, struct span *line)
{
    if (!until(rest, '\n', line) || line->length == 0 || line->at[line->length - 1] != '\r')
        return false;
    line->length--;
    return true;
}

static enum status read_version(struct span version, struct head *out)
{
    if (equals(version, "HTTP/1.1"))
        return STATUS_OK;
    out->is_old = true;
    if (equals(version, "HTTP/1.0"))
        return STATUS_OK;
    return version.length == 8 && memcmp(version.at, "HTTP/", 5) == 0 ? STATUS_UNSUPPORTED
                                                                      : STATUS_MALFORMED;
}

static unsigned method_of(struct span word)
{
    static const struct {
        const char *word;
        enum method method;
    } methods[] = {{"GET", METHOD_GET},
                   {"POST", METHOD_POST},
                   {"DELETE", METHOD_DELETE},
                   {"HEAD", METHOD_HEAD}};
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (equals(word, methods[i].word))
            return methods[i].method;
    return 0;
}

static enum status read_first_line(struct span line, struct head *out)
{
    struct span method, target;

    if (!until(&line, ' ', &method) || !until(&line, ' ', &target) || method.length == 0)
        return STATUS_MALFORMED;
    for (size_t i = 0; i < method.length; i++)
        if (!is_token(method.at[i]))
            return STATUS_MALFORMED;
    if (target.length == 0 || target.at[0] != '/')
        return STATUS_MALFORMED;
    for (size_t i = 0; i < target.length; i++)
        if (target.at[i] <= ' ' || target.at[i] >= 0x7f || target.at[i] == '#')
            return STATUS_MALFORMED;
    out->method = method_of(method);
    out->query = target;
    if (!until(&out->query, '?', &out->path)) {
        out->path = target;
        out->query = span_of(target.at, 0);
    }
    return read_version(line, out);
}

static struct span trim(struct span value)
{
    while (value.length > 0 && (value.at[0] == ' ' || value.at[0] == '\t'))
        value = span_behind(value, 1);
    while (value.length > 0 &&
           (value.at[value.length - 1] == ' ' || value.at[value.length - 1] == '\t'))
        value.length--;
    return value;
}

static enum status read_header(struct span line, struct head *out)
{
    struct header *header = &out->headers[out->header_count];

    if (out->header_count == HEADERS_MOST)
        return STATUS_TOO_LONG;
    if (!until(&line, ':', &header->name) || header->name.length == 0)
        return STATUS_MALFORMED;
    for (size_t i = 0; i < header->name.length; i++)
        if (!is_token(header->name.at[i]))
            return STATUS_MALFORMED;
    header->value = trim(line);
    for (size_t i = 0; i < header->value.length; i++)
        if ((header->value.at[i] < ' ' && header->value.at[i] != '\t') ||
            header->value.at[i] == 0x7f)
            return STATUS_MALFORMED;
    out->header_count++;
    return STATUS_OK;
}

static bool has_word(struct span list, const char *word)
{
    struct span item;
    while (list.length > 0) {
        if (!until(&list, ',', &item)) {
            item = list;
            list.length = 0;
        }
        if (equals_loosely(trim(item), word))
            return true;
    }
    return false;
}

static enum status read_length(const struct head *head, uint64_t *out)
{
    bool twice;
    struct span text = head_value(head, "Content-Length", &twice);

    *out = 0;
    if (text.at == NULL)
        return STATUS_OK;
    if (twice || text.length == 0 || text.length > LENGTH_DIGITS_MOST)
        return STATUS_MALFORMED;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.at[i]))
            return STATUS_MALFORMED;
        *out = *out * 10 + (text.at[i] - '0');
    }
    return STATUS_OK;
}

/* What RFC 3986 3.2.2 lets a host and a port consist of: nothing that ends it for another reader.
 */
static bool is_host(struct span host)
{
    for (size_t i = 0; i < host.length; i++)
        if (host.at[i] != ':' && host.at[i] != '[' && host.at[i] != ']' && host.at[i] != ',' &&
            (!is_token(host.at[i]) || strchr("#^`|", host.at[i]) != NULL))
            return false;
    return true;
}

/* In any of the lines of this name. */
static bool says_connection(const struct head *head, const char *word)
{
    for (uint32_t i = 0; i < head->header_count; i++)
        if (equals_loosely(head->headers[i].name, "Connection") &&
            has_word(head->headers[i].value, word))
            return true;
    return false;
}

/* What the head says about itself: who it is for, how long the body is, what comes behind. */
static enum status read_meaning(struct head *out)
{
    bool twice;
    struct span host = head_value(out, "Host", &twice);

    if (twice || (host.length == 0 && !out->is_old) || !is_host(host))
        return STATUS_MALFORMED;
    if (head_value(out, "Transfer-Encoding", NULL).at != NULL)
        return STATUS_UNSUPPORTED;
    out->keep =
        !says_connection(out, "close") && (!out->is_old || says_connection(out, "keep-alive"));
    out->expects_continue =
        !out->is_old && equals_loosely(head_value(out, "Expect", NULL), "100-continue");
    return read_length(out, &out->body);
}

/* Where the empty line ends; 0: it is not there yet. */
static size_t end_of(struct span bytes)
{
    const uint8_t *at =
        bytes.length == 0 ? NULL : memmem(bytes.at, bytes.length, "\r\n\r\n", strlen("\r\n\r\n"));
    return at == NULL ? 0 : (size_t)(at - bytes.at) + strlen("\r\n\r\n");
}

enum status head_read(struct span bytes, struct head *out)
{
    struct span rest, line;
    size_t empty = 0;

    memset(out, 0, sizeof *out);
    /* Empty lines before a request are to be left out (RFC 9112 2.2). */
    while (empty < EMPTY_LINES_BYTES && bytes.length >= empty + 2 &&
           memcmp(bytes.at + empty, "\r\n", 2) == 0)
        empty += 2;
    bytes = span_behind(bytes, empty);
    size_t length = end_of(bytes);
    if (length > HEAD_MOST || (length == 0 && bytes.length > HEAD_MOST))
        return STATUS_TOO_LONG;
    if (length == 0)
        return STATUS_AGAIN;
    out->length = empty + length;
    rest = span_of(bytes.at, length - 2);
    if (!next_line(&rest, &line))
        return STATUS_MALFORMED;
    enum status status = read_first_line(line, out);
    while (status == STATUS_OK && rest.length > 0)
        status = next_line(&rest, &line) ? read_header(line, out) : STATUS_MALFORMED;
    return status == STATUS_OK ? read_meaning(out) : status;
}

struct span head_value(const struct head *head, const char *name, bool *twice)
{
    struct span value = {0};
    unsigned found = 0;

    for (uint32_t i = 0; i < head->header_count; i++)
        if (equals_loosely(head->headers[i].name, name) && ++found == 1)
            value = head->headers[i].value;
    if (twice != NULL)
        *twice = found > 1;
    return value;
}

static int nibble(uint8_t digit)
{
    if (is_digit(digit))
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool head_decode(struct span text, bool is_query, char *out, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++) {
        int byte = text.at[i];
        if (byte == '%') {
            if (text.length - i < 3)
                return false;
            int high = nibble(text.at[i + 1]), low = nibble(text.at[i + 2]);
            if (high < 0 || low < 0)
                return false;
            byte = high << 4 | low;
            i += 2;
        } else if (byte == '+' && is_query) {
            byte = ' ';
        }
        if (byte == 0 || length + 1 >= size)
            return false;
        out[length++] = (char)byte;
    }
    if (size == 0)
        return false;
    out[length] = 0;
    return true;
}
