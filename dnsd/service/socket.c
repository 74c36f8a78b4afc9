/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socket - a unix stream on bufferevents.
 */
#include "service/socket.h"

#include "base/log.h"
#include "base/refusal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 8 };

struct asker {
    struct control_socket *socket;
    struct bufferevent *stream; /* NULL: a free seat */
    bool busy;                  /* an order is under way: nothing more is read */
    bool ended;                 /* asked all it wanted, and may still wait for answers */
    unsigned waits_for;         /* 0: nothing */
};

struct control_socket {
    struct event_base *base;
    struct event *on_connect;
    const struct order *orders;
    void *owner;
    int fd;
    struct sockaddr_un address;
    struct asker askers[ASKERS_MOST];
};

static void asker_close(struct asker *asker)
{
    bufferevent_free(asker->stream);
    *asker = (struct asker){.socket = asker->socket};
}

void asker_say(struct asker *asker, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    evbuffer_add_vprintf(bufferevent_get_output(asker->stream), format, arguments);
    va_end(arguments);
    evbuffer_add(bufferevent_get_output(asker->stream), "\n", 1);
}

void asker_say_text(struct asker *asker, const char *text)
{
    size_t length = strlen(text);
    evbuffer_add(bufferevent_get_output(asker->stream), text, length);
    if (length > 0 && text[length - 1] != '\n')
        evbuffer_add(bufferevent_get_output(asker->stream), "\n", 1);
}

void asker_end(struct asker *asker, const char *error)
{
    asker->busy = false;
    asker->waits_for = 0;
    if (error == NULL)
        asker_say(asker, "ok");
    else
        asker_say(asker, "error: %s", error);
    /* The next order, if it came already, is read on a clean stack. */
    bufferevent_enable(asker->stream, EV_READ);
    bufferevent_trigger(asker->stream, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
}

void asker_wait(struct asker *asker, unsigned number)
{
    asker->waits_for = number;
}

void socket_answer(struct control_socket *socket, unsigned number, const char *text,
                   const char *error)
{
    for (size_t i = 0; socket != NULL && i < ASKERS_MOST; i++) {
        struct asker *asker = &socket->askers[i];
        if (asker->stream == NULL || asker->waits_for == 0 || asker->waits_for > number)
            continue;
        asker_say_text(asker, text);
        asker_end(asker, error);
    }
}

static void say_orders(struct asker *asker)
{
    for (const struct order *o = asker->socket->orders; o->word != NULL; o++)
        asker_say(asker, "%s%s%s", o->word, o->arguments[0] != 0 ? " " : "", o->arguments);
}

static void obey(struct asker *asker, char *line)
{
    size_t length = strcspn(line, " ");
    char *arguments = line + length;

    while (*arguments == ' ')
        *arguments++ = 0;
    asker->busy = true;
    for (const struct order *o = asker->socket->orders; o->word != NULL; o++) {
        if (strcmp(line, o->word) == 0) {
            o->run(asker->socket->owner, asker, arguments);
            return;
        }
    }
    say_orders(asker);
    asker_end(asker, "no such order; these are the orders");
}

static void on_readable(struct bufferevent *stream, void *owner)
{
    struct asker *asker = owner;
    struct evbuffer *input = bufferevent_get_input(stream);
    char line[ORDER_MOST + 1];
    size_t length;

    if (asker->busy)
        return;
    struct evbuffer_ptr end = evbuffer_search_eol(input, NULL, &length, EVBUFFER_EOL_LF);
    if (end.pos > ORDER_MOST || (end.pos < 0 && evbuffer_get_length(input) > ORDER_MOST)) {
        log_warning("an order on the control socket was longer than %d bytes", ORDER_MOST);
        asker_close(asker);
        return;
    }
    if (end.pos < 0)
        return;
    evbuffer_remove(input, line, (size_t)end.pos);
    evbuffer_drain(input, length);
    line[end.pos] = 0;
    if (strlen(line) != (size_t)end.pos) {
        asker_close(asker); /* a zero byte: nobody of ours */
        return;
    }
    obey(asker, line);
}

static bool has_line(struct asker *asker)
{
    struct evbuffer *input = bufferevent_get_input(asker->stream);
    return evbuffer_search_eol(input, NULL, NULL, EVBUFFER_EOL_LF).pos >= 0;
}

static void on_written(struct bufferevent *stream, void *owner)
{
    struct asker *asker = owner;
    if (asker->ended && !asker->busy && !has_line(asker))
        asker_close(asker);
}

static void on_ending(struct bufferevent *stream, short what, void *owner)
{
    struct asker *asker = owner;
    bool waits = asker->busy || evbuffer_get_length(bufferevent_get_output(stream)) > 0;

    if ((what & BEV_EVENT_TIMEOUT) != 0 && (what & BEV_EVENT_READING) != 0 && asker->busy)
        return; /* it is we who are slow */
    if ((what & BEV_EVENT_EOF) != 0 && (waits || has_line(asker))) {
        asker->ended = true;
        return;
    }
    asker_close(asker);
}

static void on_connect(int fd, short what, void *owner)
{
    const struct timeval idle = {ASKER_IDLE_SECONDS, 0};
    struct control_socket *s = owner;
    int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct asker *asker = s->askers;

    if (connection < 0)
        return;
    while (asker < s->askers + ASKERS_MOST && asker->stream != NULL)
        asker++;
    if (asker == s->askers + ASKERS_MOST) {
        log_warning("more than %d connections to the control socket", ASKERS_MOST);
        close(connection);
        return;
    }
    asker->stream = bufferevent_socket_new(s->base, connection, BEV_OPT_CLOSE_ON_FREE);
    if (asker->stream == NULL) {
        close(connection);
        return;
    }
    bufferevent_setcb(asker->stream, on_readable, on_written, on_ending, asker);
    bufferevent_setwatermark(asker->stream, EV_READ, 0, 2 * (size_t)ORDER_MOST);
    bufferevent_set_timeouts(asker->stream, &idle, &idle);
    bufferevent_enable(asker->stream, EV_READ | EV_WRITE);
}

/* Frees the path of a predecessor that is dead. */
static enum status clear_path(const struct sockaddr_un *address)
{
    struct stat file;

    if (lstat(address->sun_path, &file) != 0)
        return errno == ENOENT ? STATUS_OK : STATUS_SYSTEM;
    if (!S_ISSOCK(file.st_mode)) {
        log_error("%s is not a socket; it is left alone", address->sun_path);
        return STATUS_EXISTS;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return STATUS_SYSTEM;
    bool lives = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ||
                 errno != ECONNREFUSED;
    close(probe);
    if (lives) {
        log_error("another program answers at %s: is it running already?", address->sun_path);
        return STATUS_EXISTS;
    }
    return unlink(address->sun_path) == 0 ? STATUS_OK : STATUS_SYSTEM;
}

/* A listening socket at the path, with mode 0660 from its first moment. */
static enum status listen_at(const struct sockaddr_un *address, int *out)
{
    enum status status = clear_path(address);
    if (status != STATUS_OK)
        return status;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return STATUS_SYSTEM;
    mode_t before = umask(0117);
    int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);
    umask(before);
    if (bound != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return STATUS_SYSTEM;
    }
    *out = fd;
    return STATUS_OK;
}

enum status socket_claim(const char *path, int *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        log_error("the path of a socket has more than %zu bytes: %s", sizeof address.sun_path - 1,
                  path);
        return STATUS_TOO_LONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    return listen_at(&address, out);
}

enum status socket_open(struct event_base *base, const char *path, const struct order *orders,
                        void *owner, struct control_socket **out)
{
    char why[REFUSAL_TEXT_SIZE];
    struct control_socket *s = calloc(1, sizeof *s);
    if (s == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < ASKERS_MOST; i++)
        s->askers[i].socket = s;
    s->base = base;
    s->orders = orders;
    s->owner = owner;
    enum status status = socket_claim(path, &s->fd);
    if (status == STATUS_OK)
        memcpy(s->address.sun_path, path, strlen(path) + 1);
    if (status != STATUS_OK) {
        if (status == STATUS_SYSTEM)
            log_error("cannot open the control socket %s: %s", path, refusal_text(errno, why));
        free(s);
        return status;
    }
    s->on_connect = event_new(base, s->fd, EV_READ | EV_PERSIST, on_connect, s);
    if (s->on_connect == NULL || event_add(s->on_connect, NULL) != 0) {
        socket_close(s);
        return STATUS_NO_MEMORY;
    }
    *out = s;
    return STATUS_OK;
}

void socket_close(struct control_socket *socket)
{
    if (socket == NULL)
        return;
    for (size_t i = 0; i < ASKERS_MOST; i++) {
        struct asker *asker = &socket->askers[i];
        if (asker->stream == NULL)
            continue;
        /* A last word, such as the `ok` of `stop`, that the socket takes at once. */
        evbuffer_write(bufferevent_get_output(asker->stream), bufferevent_getfd(asker->stream));
        asker_close(asker);
    }
    if (socket->on_connect != NULL)
        event_free(socket->on_connect);
    close(socket->fd);
    unlink(socket->address.sun_path);
    free(socket);
}
