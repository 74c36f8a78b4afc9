/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connection - a state, a timer, a bufferevent.
 */
#include "http/connection.h"

#include "base/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum {
    INPUT_HIGH = HEAD_MOST + BODY_MOST + 4096,
    HEADERS_SIZE = 2048,
    DATE_SIZE = 64,
    ERROR_SIZE = 256
};

enum state {
    STATE_WAITING,  /* for a head */
    STATE_BODY,     /* for the body behind it */
    STATE_BUSY,     /* a request was given out; of its answer there may be a part */
    STATE_FLUSHING, /* the answer is complete and waits to be taken */
    STATE_LINGERING /* all is said; what still comes is not looked at */
};

struct connection {
    TAILQ_ENTRY(connection) link; /* `waiting` in STATE_WAITING and STATE_BODY, else `others` */
    struct connections *all;
    struct bufferevent *bev;
    struct event *timer;
    enum door door;
    enum state state;
    char from[ADDRESS_TEXT_SIZE], name[TLS_NAME_SIZE];
    bool begun;     /* the first byte of a request is there */
    bool last;      /* no request comes behind this one */
    bool gone;      /* the client sends nothing more */
    uint8_t *bytes; /* the request: its head and body */
    struct head head;
    char headers[HEADERS_SIZE];
    size_t headers_length;
    const struct stream_events *stream; /* NULL: none under way */
    void *stream_owner;
    void (*on_gone)(void *owner); /* of a request that is held; NULL: none is */
    void *gone_owner;
};

static void look(struct connection *c);

static void set_timer(struct connection *c, clock_ms after)
{
    const struct timeval time = clock_timeval(after);
    evtimer_add(c->timer, &time);
}

static void move(struct connection *c, enum state state)
{
    bool was_waiting = c->state <= STATE_BODY, is_waiting = state <= STATE_BODY;

    c->state = state;
    if (was_waiting == is_waiting)
        return;
    TAILQ_REMOVE(was_waiting ? &c->all->waiting : &c->all->others, c, link);
    TAILQ_INSERT_TAIL(is_waiting ? &c->all->waiting : &c->all->others, c, link);
}

void connection_close(struct connection *c)
{
    const struct stream_events *stream = c->stream;

    c->stream = NULL;
    if (stream != NULL)
        stream->on_gone(c->stream_owner);
    if (c->on_gone != NULL)
        c->on_gone(c->gone_owner);
    TAILQ_REMOVE(c->state <= STATE_BODY ? &c->all->waiting : &c->all->others, c, link);
    c->all->count--;
    if (c->door == DOOR_TLS)
        tls_goodbye(c->bev);
    bufferevent_free(c->bev);
    event_free(c->timer);
    free(c->bytes);
    free(c);
}

/* Answers. */

static const char *reason_of(int code)
{
    static const struct {
        int code;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {204, "No Content"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {413, "Content Too Large"},
                   {415, "Unsupported Media Type"},
                   {421, "Misdirected Request"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {503, "Service Unavailable"}};
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].code == code)
            return reasons[i].reason;
    return "Other";
}

static const char *date(char out[DATE_SIZE])
{
    time_t now = (time_t)(clock_wall() / 1000000);
    struct tm utc;

    if (gmtime_r(&now, &utc) == NULL ||
        strftime(out, DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &utc) == 0)
        out[0] = 0;
    return out;
}

static void write_head(struct connection *c, int code, const char *type)
{
    struct evbuffer *out = bufferevent_get_output(c->bev);
    char text[DATE_SIZE];

    c->on_gone = NULL;
    if (!c->head.keep || c->all->leaving)
        c->last = true;
    evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s", code, reason_of(code), date(text),
                        c->all->headers);
    if (c->door == DOOR_TLS)
        evbuffer_add_printf(out, "Strict-Transport-Security: max-age=31536000\r\n");
    evbuffer_add(out, c->headers, c->headers_length);
    if (type != NULL)
        evbuffer_add_printf(out, "Content-Type: %s\r\n", type);
    if (c->last || c->head.is_old)
        evbuffer_add_printf(out, "Connection: %s\r\n", c->last ? "close" : "keep-alive");
    c->headers_length = 0;
}

/* A stream may end with nothing left to be taken: then no write would tell. */
static void flush(struct connection *c)
{
    move(c, STATE_FLUSHING);
    bufferevent_setwatermark(c->bev, EV_WRITE, 0, 0);
    if (connection_waiting(c) == 0)
        bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

void connection_header(struct connection *c, const char *name, const char *value)
{
    size_t room = sizeof c->headers - c->headers_length;

    for (const char *at = value; *at != 0; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f)
            return;
    int length = snprintf(c->headers + c->headers_length, room, "%s: %s\r\n", name, value);
    if (length > 0 && (size_t)length < room)
        c->headers_length += (size_t)length;
}

void connection_reply(struct connection *c, int code, const char *type, struct span bytes)
{
    struct evbuffer *out = bufferevent_get_output(c->bev);

    write_head(c, code, type);
    if (type != NULL)
        evbuffer_add_printf(out, "Content-Length: %zu\r\n", bytes.length);
    evbuffer_add(out, "\r\n", 2);
    if (type != NULL && c->head.method != METHOD_HEAD)
        evbuffer_add(out, bytes.at, bytes.length);
    flush(c);
}

void connection_hold(struct connection *c, void (*on_gone)(void *owner), void *owner)
{
    c->on_gone = on_gone;
    c->gone_owner = owner;
}

bool connection_stream(struct connection *c, int code, const char *type,
                       const struct stream_events *events, void *owner)
{
    struct evbuffer *out = bufferevent_get_output(c->bev);

    if (c->head.is_old)
        c->head.keep = false; /* its end is the connection's */
    write_head(c, code, type);
    evbuffer_add_printf(out, "%s\r\n", c->head.is_old ? "" : "Transfer-Encoding: chunked\r\n");
    if (c->head.method == METHOD_HEAD) {
        flush(c);
        return false;
    }
    c->stream = events;
    c->stream_owner = owner;
    bufferevent_setwatermark(c->bev, EV_WRITE, STREAM_LOW, 0);
    return true;
}

void connection_write(struct connection *c, struct span bytes)
{
    struct evbuffer *out = bufferevent_get_output(c->bev);

    if (bytes.length == 0)
        return;
    if (c->head.is_old) {
        evbuffer_add(out, bytes.at, bytes.length);
        return;
    }
    evbuffer_add_printf(out, "%zx\r\n", bytes.length);
    evbuffer_add(out, bytes.at, bytes.length);
    evbuffer_add(out, "\r\n", 2);
}

size_t connection_waiting(const struct connection *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->bev));
}

void connection_end(struct connection *c)
{
    c->stream = NULL;
    if (!c->head.is_old)
        evbuffer_add(bufferevent_get_output(c->bev), "0\r\n\r\n", 5);
    flush(c);
}

/* A request that cannot be read: why, and no other one behind it. */
static void refuse(struct connection *c, int code, const char *word, const char *text)
{
    char body[ERROR_SIZE];
    int length =
        snprintf(body, sizeof body, "{\"error\":{\"word\":\"%s\",\"text\":\"%s\"}}", word, text);

    log_debug("%s: %s", c->from, text);
    evtimer_del(c->timer);
    c->last = true;
    c->headers_length = 0;
    connection_header(c, "Cache-Control", "no-store");
    connection_reply(c, code, "application/json", span_of(body, (size_t)length));
}

/* Requests. */

const struct head *connection_head(const struct connection *c)
{
    return &c->head;
}

struct span connection_body(const struct connection *c)
{
    return span_of(c->bytes + c->head.length, c->head.body);
}

enum door connection_door(const struct connection *c)
{
    return c->door;
}

const char *connection_from(const struct connection *c)
{
    return c->from;
}

const char *connection_name(const struct connection *c)
{
    return c->name[0] == 0 ? NULL : c->name;
}

static void refuse_head(struct connection *c, enum status status)
{
    if (status == STATUS_TOO_LONG)
        refuse(c, 431, "too-long", "the head of the request is too long");
    else if (status == STATUS_UNSUPPORTED)
        refuse(c, 501, "unsupported", "only HTTP/1.1 with Content-Length is spoken here");
    else
        refuse(c, 400, "malformed", "this is no HTTP request");
}

/* Gives the request out, once its body is there. */
static void take_request(struct connection *c, struct evbuffer *in)
{
    size_t length = c->head.length + c->head.body;

    if (evbuffer_get_length(in) < length)
        return;
    evtimer_del(c->timer);
    c->bytes = malloc(length + 1);
    if (c->bytes == NULL) {
        connection_close(c);
        return;
    }
    evbuffer_remove(in, c->bytes, length);
    if (head_read(span_of(c->bytes, length), &c->head) != STATUS_OK) {
        connection_close(c);
        return;
    }
    move(c, STATE_BUSY);
    c->all->on_request(c->all->owner, c);
    if (c->state == STATE_BUSY && c->stream == NULL && c->on_gone == NULL)
        connection_reply(c, 500, "text/plain", span_text("nobody answered\n"));
}

static void take_head(struct connection *c, struct evbuffer *in)
{
    size_t length = evbuffer_get_length(in);

    if (length == 0)
        return;
    if (!c->begun)
        set_timer(c, c->all->limits.head);
    c->begun = true;
    if (length > HEAD_MOST + 64)
        length = HEAD_MOST + 64;
    const uint8_t *at = evbuffer_pullup(in, (ssize_t)length);
    if (at == NULL) {
        connection_close(c);
        return;
    }
    enum status status = head_read(span_of(at, length), &c->head);
    if (status == STATUS_AGAIN)
        return;
    if (status != STATUS_OK) {
        refuse_head(c, status);
    } else if (c->head.body > BODY_MOST) {
        refuse(c, 413, "too-long", "the body of the request is too long");
    } else {
        if (c->head.expects_continue && c->head.body > 0)
            bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        move(c, STATE_BODY);
        set_timer(c, c->all->limits.body);
        take_request(c, in);
    }
}

static void look(struct connection *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);

    if (c->state == STATE_WAITING)
        take_head(c, in);
    else if (c->state == STATE_BODY)
        take_request(c, in);
    else if (c->state == STATE_LINGERING)
        evbuffer_drain(in, evbuffer_get_length(in));
}

/* An answer was taken as a whole. */
static void finish(struct connection *c)
{
    free(c->bytes);
    c->bytes = NULL;
    if (c->gone && (c->last || evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)) {
        connection_close(c);
        return;
    }
    if (c->last) {
        move(c, STATE_LINGERING);
        if (c->door == DOOR_TLS)
            tls_goodbye(c->bev);
        shutdown(bufferevent_getfd(c->bev), SHUT_WR);
        set_timer(c, c->all->limits.linger);
    } else {
        c->begun = false;
        move(c, STATE_WAITING);
        set_timer(c, c->all->limits.idle);
    }
    look(c);
}

/* Events. */

static void on_read(struct bufferevent *bev, void *arg)
{
    look(arg);
}

static void on_write(struct bufferevent *bev, void *arg)
{
    struct connection *c = arg;

    if (c->state == STATE_FLUSHING && connection_waiting(c) == 0)
        finish(c);
    else if (c->state == STATE_BUSY && c->stream != NULL && connection_waiting(c) <= STREAM_LOW)
        c->stream->on_room(c->stream_owner);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct connection *c = arg;

    if ((what & BEV_EVENT_CONNECTED) != 0) {
        if (!tls_client(bev, c->name))
            c->name[0] = 0;
        return;
    }
    if ((what & BEV_EVENT_EOF) != 0 && (what & BEV_EVENT_READING) != 0 &&
        (c->state == STATE_FLUSHING || c->on_gone != NULL)) {
        c->gone = true; /* it may only have ended its own side */
        return;
    }
    connection_close(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c = arg;

    if (c->state <= STATE_BODY && c->begun)
        refuse(c, 408, "late", "the request did not come in time");
    else
        connection_close(c);
}

enum status connection_open(struct connections *all, int fd, enum door door, struct tls *tls,
                            const char *from)
{
    struct connection *c = calloc(1, sizeof *c);
    const struct timeval taken = clock_timeval(all->limits.taken);

    if (c != NULL) {
        c->timer = evtimer_new(all->base, on_timer, c);
        c->bev = door == DOOR_TLS
                     ? tls_accept(tls, all->base, fd)
                     : bufferevent_socket_new(all->base, fd,
                                              BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    }
    if (c == NULL || c->timer == NULL || c->bev == NULL) {
        if (c != NULL && c->bev != NULL)
            bufferevent_free(c->bev);
        else
            evutil_closesocket(fd);
        if (c != NULL && c->timer != NULL)
            event_free(c->timer);
        free(c);
        return STATUS_NO_MEMORY;
    }
    c->all = all;
    c->door = door;
    snprintf(c->from, sizeof c->from, "%s", from);
    TAILQ_INSERT_TAIL(&all->waiting, c, link);
    all->count++;
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_HIGH);
    bufferevent_set_timeouts(c->bev, NULL, &taken);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    set_timer(c, all->limits.idle);
    return STATUS_OK;
}
