/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets/words - what else is said: DNS (RFC 1035 4), HTTP/1.1 (RFC 9112), hellos of mmtls.
 */
#include "packets/packets.h"

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_AAAA = 28, CLASS_IN = 1 };

static void write_name(struct writer *w, const char *name)
{
    while (*name != 0) {
        size_t length = strcspn(name, ".");
        write_u8(w, (uint8_t)length);
        write_bytes(w, name, length);
        name += length + (name[length] == '.');
    }
    write_u8(w, 0);
}

static void write_asked(struct writer *w, uint16_t id, uint16_t flags, uint16_t answers,
                        const char *name, uint16_t type)
{
    write_u16(w, id);
    write_u16(w, flags);
    write_u16(w, 1);
    write_u16(w, answers);
    write_u32(w, 0);
    write_name(w, name);
    write_u16(w, type);
    write_u16(w, CLASS_IN);
}

void packets_question(struct writer *w, uint16_t id, const char *name, uint16_t type)
{
    write_asked(w, id, 0x0100, 0, name, type);
}

static void write_record(struct writer *w, const char *owner, uint16_t type, uint32_t ttl)
{
    write_name(w, owner);
    write_u16(w, type);
    write_u16(w, CLASS_IN);
    write_u32(w, ttl);
}

void packets_answer(struct writer *w, const struct packets_answer *answer)
{
    const char *owner = answer->alias != NULL ? answer->alias : answer->name;
    write_asked(w, answer->id, (uint16_t)(0x8180 | answer->rcode),
                (uint16_t)(answer->count + (answer->alias != NULL)), answer->name, answer->type);
    if (answer->alias != NULL) {
        write_record(w, answer->name, TYPE_CNAME, answer->ttl);
        uint8_t *length = write_place(w, 2);
        write_name(w, answer->alias);
        if (!w->failed)
            store_u16(length, (uint16_t)(w->at - length - 2));
    }
    for (size_t i = 0; i < answer->count; i++) {
        const struct address *a = &answer->addresses[i];
        size_t length = address_is_ipv4(a) ? 4 : 16;
        write_record(w, owner, length == 4 ? TYPE_A : TYPE_AAAA, answer->ttl);
        write_u16(w, (uint16_t)length);
        write_bytes(w, a->bytes + 16 - length, length);
    }
}

void packets_framed(struct writer *w, struct span message)
{
    write_u16(w, (uint16_t)message.length);
    write_span(w, message);
}

static void write_decimal(struct writer *w, size_t value)
{
    char digits[24], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    write_bytes(w, at, (size_t)(digits + sizeof digits - at));
}

void packets_request(struct writer *w, const struct packets_request *request)
{
    write_text(w, request->method != NULL ? request->method : "GET");
    write_text(w, " ");
    write_text(w, request->target != NULL ? request->target : "/");
    write_text(w, " ");
    write_text(w, request->version != NULL ? request->version : "HTTP/1.1");
    write_text(w, "\r\n");
    if (request->host != NULL) {
        write_text(w, "Host: ");
        write_text(w, request->host);
        write_text(w, "\r\n");
    }
    if (request->headers != NULL)
        write_text(w, request->headers);
    if (request->body.length > 0) {
        write_text(w, "Content-Length: ");
        write_decimal(w, request->body.length);
        write_text(w, "\r\n");
    }
    write_text(w, "\r\n");
    write_span(w, request->body);
}

void packets_mmtls(struct writer *w, const struct packets_mmtls *hello)
{
    size_t length = hello->length > 0 ? hello->length : hello->full ? 0x16e : 0xa1;
    uint8_t *start = w->at, version = hello->version != 0 ? hello->version : 4;
    write_u8(w, hello->early ? 0x19 : 0x16);
    write_u8(w, 0xf1);
    write_u8(w, version);
    write_u16(w, (uint16_t)length);
    write_u32(w, (uint32_t)length - 4);
    write_u8(w, hello->server ? 2 : 1);
    write_u8(w, version);
    write_u8(w, 0xf1);
    if (!hello->server)
        write_u8(w, hello->full ? 2 : 1);
    if (hello->full)
        write_u16(w, 0xc02b);
    if (!hello->full || !hello->server)
        write_u16(w, 0x00a8);
    size_t written = (size_t)(w->at - start);
    uint8_t *rest = written < length + 5 ? write_place(w, length + 5 - written) : NULL;
    for (size_t i = 0; rest != NULL && i < length + 5 - written; i++)
        rest[i] = (uint8_t)(i * 73 + 15);
}

void packets_shortlink(struct writer *w, const char *target, const char *host,
                       const struct packets_mmtls *hello)
{
    uint8_t body[4096];
    struct writer b = writer_over(body, sizeof body);
    packets_mmtls(&b, hello);
    struct packets_request request = {
        .method = "POST",
        .target = target,
        .host = host,
        .headers = "Accept: */*\r\nCache-Control: no-cache\r\nConnection: Keep-Alive\r\n"
                   "Content-Type: application/octet-stream\r\nUpgrade: mmtls\r\n"
                   "User-Agent: MicroMessenger Client\r\n",
        .body = writer_span(&b)};
    packets_request(w, &request);
    w->failed |= b.failed;
}
