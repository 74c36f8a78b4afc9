/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * port - slots of two sockets each, the one in use and the one before; batches in and out.
 */
#include "resolve/port.h"

#include "base/random.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BATCH = 64,
    READ_BATCHES_MOST = 8, /* of one socket, before others have their turn */
    BIND_TRIES = 8,
    PORT_LOWEST = 16384,
    RECEIVE_BUFFER = 1 << 20,
    DATAGRAM_MOST = EDNS_UDP_SIZE
};

struct port {
    struct ports *ports;
    struct event *readable; /* NULL: not open */
    int fd;
    uint16_t server, wrong;
    bool broken; /* on_unreachable is owed */
    uint32_t uses;
    clock_ms born, retired_at;
};

struct slot {
    struct port port[2];
    unsigned active;
};

struct server {
    struct ports_server is;
    uint32_t first_slot;
    uint64_t turn; /* in which `current` was picked */
    uint16_t current;
};

struct outgoing {
    uint16_t port, length;
    uint8_t bytes[QUERY_MOST];
};

struct ports {
    struct event_base *base;
    struct ports_events events;
    void *owner;
    clock_ms keep;
    uint64_t turn;
    struct event *turn_end;
    bool any_broken;
    unsigned slot_count, outgoing_count;
    struct server *servers;
    struct slot *slots;
    struct outgoing outgoing[BATCH];
    struct mmsghdr messages[BATCH]; /* over `incoming`, made once */
    struct iovec places[BATCH];
    uint8_t incoming[BATCH][DATAGRAM_MOST];
};

static struct port *port_at(const struct ports *ports, uint16_t index)
{
    return &ports->slots[index / 2].port[index % 2];
}

static uint16_t port_index(const struct port *port)
{
    const struct slot *slot = port->ports->slots;
    size_t place = (size_t)((const uint8_t *)port - (const uint8_t *)slot) / sizeof *slot;
    return (uint16_t)(place * 2 + (port != &slot[place].port[0]));
}

static void port_close(struct port *port)
{
    if (port->readable == NULL)
        return;
    event_free(port->readable);
    close(port->fd);
    port->readable = NULL;
}

/* A batch of datagrams to `on_datagram`; false when there is nothing more to read now. */
static bool read_batch(struct ports *ports, const struct port *port)
{
    const struct mmsghdr *messages = ports->messages;
    uint16_t index = port_index(port);
    int count = recvmmsg(port->fd, ports->messages, BATCH, MSG_DONTWAIT, NULL);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        ports->events.on_unreachable(ports->owner, index);
    for (int i = 0; i < count; i++)
        ports->events.on_datagram(ports->owner, index, ports->incoming[i], messages[i].msg_len,
                                  (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0);
    return count == BATCH;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    const struct port *port = arg;
    for (int i = 0; i < READ_BATCHES_MOST; i++)
        if (!read_batch(port->ports, port))
            return;
}

/* Binds to a random port of the wide range; the kernel's choice is narrower, and the last resort.
 */
static void bind_randomly(int fd, int family)
{
    static const struct address anywhere4 = {.bytes[10] = 0xff, .bytes[11] = 0xff}, anywhere6;
    const struct address *anywhere = family == AF_INET ? &anywhere4 : &anywhere6;
    for (int i = 0; i < BIND_TRIES; i++) {
        struct sockaddr_storage local;
        uint16_t number = (uint16_t)(PORT_LOWEST + random_below(65536 - PORT_LOWEST));
        socklen_t length = address_to_sockaddr(anywhere, number, AF_UNSPEC, &local);
        if (bind(fd, (const struct sockaddr *)&local, length) == 0)
            return;
    }
}

static bool port_open(struct ports *ports, struct port *port, unsigned server, clock_ms now)
{
    const struct endpoint *to = &ports->servers[server].is.endpoint;
    struct sockaddr_storage remote;
    socklen_t length = address_to_sockaddr(&to->address, to->port, AF_UNSPEC, &remote);
    int size = RECEIVE_BUFFER;
    int fd = socket(remote.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    *port = (struct port){.ports = ports, .fd = fd, .server = (uint16_t)server, .born = now};
    /* Fewer bytes than asked for are as good as any. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    bind_randomly(fd, remote.ss_family);
    if (connect(fd, (const struct sockaddr *)&remote, length) == 0)
        port->readable = event_new(ports->base, fd, EV_READ | EV_PERSIST, on_readable, port);
    if (port->readable != NULL && event_add(port->readable, NULL) == 0)
        return true;
    if (port->readable != NULL)
        event_free(port->readable);
    port->readable = NULL;
    close(fd);
    return false;
}

/* Puts a new socket in the place of the active one, when the one before is done. */
static bool slot_replace(struct ports *ports, struct slot *slot, unsigned server, clock_ms now)
{
    struct port *old = &slot->port[slot->active], *new = &slot->port[1 - slot->active];
    if (new->readable != NULL || !port_open(ports, new, server, now))
        return false;
    old->retired_at = now;
    slot->active = 1 - slot->active;
    return true;
}

uint16_t ports_pick(struct ports *ports, unsigned server, clock_ms now)
{
    struct server *s = &ports->servers[server];
    if (s->turn == ports->turn)
        return s->current;
    struct slot *slot = &ports->slots[s->first_slot + random_below(s->is.sockets)];
    struct port *port = &slot->port[slot->active];
    if (port->readable == NULL && !port_open(ports, port, server, now))
        return PORT_NONE;
    s->turn = ports->turn;
    s->current = port_index(port);
    return s->current;
}

/* Sends outgoing[from] and those behind it that go by the same port; gives the first that does not.
 */
static unsigned send_run(struct ports *ports, unsigned from)
{
    struct mmsghdr messages[BATCH];
    struct iovec places[BATCH];
    struct port *port = port_at(ports, ports->outgoing[from].port);
    unsigned count = 0, sent = 0;
    for (unsigned i = from; i < ports->outgoing_count; i++, count++) {
        struct outgoing *o = &ports->outgoing[i];
        if (o->port != ports->outgoing[from].port)
            break;
        places[count] = (struct iovec){o->bytes, o->length};
        messages[count] = (struct mmsghdr){.msg_hdr = {.msg_iov = &places[count], .msg_iovlen = 1}};
    }
    port->uses += count;
    while (sent < count) {
        int done = sendmmsg(port->fd, messages + sent, count - sent, MSG_DONTWAIT);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno != EAGAIN && errno != ENOBUFS)
            port->broken = ports->any_broken = true;
        if (done < 0)
            break; /* a full buffer is like a lost datagram: the time-out asks again */
        sent += (unsigned)done;
    }
    return from + count;
}

static void send_all(struct ports *ports)
{
    for (unsigned at = 0; at < ports->outgoing_count;)
        at = send_run(ports, at);
    ports->outgoing_count = 0;
}

/* on_unreachable may send again, so it is called only here, on a clean stack. */
static void on_turn_end(evutil_socket_t fd, short what, void *arg)
{
    struct ports *ports = arg;
    ports->turn++;
    send_all(ports);
    if (!ports->any_broken)
        return;
    ports->any_broken = false;
    for (unsigned i = 0; i < ports->slot_count * 2; i++) {
        struct port *port = port_at(ports, i);
        if (!port->broken)
            continue;
        port->broken = false;
        ports->events.on_unreachable(ports->owner, (uint16_t)i);
    }
}

void ports_send(struct ports *ports, uint16_t port, uint16_t id, const struct query *query)
{
    if (ports->outgoing_count == BATCH)
        send_all(ports);
    if (ports->outgoing_count == 0)
        event_active(ports->turn_end, EV_TIMEOUT, 0);
    struct outgoing *o = &ports->outgoing[ports->outgoing_count++];
    o->port = port;
    o->length = query->length;
    memcpy(o->bytes, query->bytes, query->length);
    store_u16(o->bytes, id);
}

unsigned ports_server_of(const struct ports *ports, uint16_t port)
{
    return port_at(ports, port)->server;
}

bool ports_note_wrong(struct ports *ports, uint16_t index, clock_ms now)
{
    struct port *port = port_at(ports, index);
    struct slot *slot = &ports->slots[index / 2];
    if (++port->wrong < PORT_WRONG_MOST)
        return false;
    port->wrong = 0;
    if (port == &slot->port[slot->active] && slot_replace(ports, slot, port->server, now))
        ports->servers[port->server].turn = 0;
    return true;
}

static void slot_tick(struct ports *ports, struct slot *slot, clock_ms now)
{
    const struct port *active = &slot->port[slot->active];
    struct port *before = &slot->port[1 - slot->active];
    if (before->readable != NULL && now - before->retired_at >= ports->keep)
        port_close(before);
    if (active->readable != NULL && active->uses > 0 &&
        (active->uses >= PORT_USES_MOST || now - active->born >= PORT_LIFE_MS))
        (void)slot_replace(ports, slot, active->server, now);
}

void ports_tick(struct ports *ports, clock_ms now)
{
    for (unsigned i = 0; i < ports->slot_count; i++)
        slot_tick(ports, &ports->slots[i], now);
}

struct ports *ports_new(struct event_base *base, const struct ports_server *servers, unsigned count,
                        clock_ms keep_ms, const struct ports_events *events, void *owner)
{
    struct ports *ports = calloc(1, sizeof *ports);
    if (ports == NULL)
        return NULL;
    ports->base = base;
    ports->events = *events;
    ports->owner = owner;
    ports->keep = keep_ms;
    ports->turn = 1;
    for (unsigned i = 0; i < BATCH; i++) {
        ports->places[i] = (struct iovec){ports->incoming[i], DATAGRAM_MOST};
        ports->messages[i].msg_hdr.msg_iov = &ports->places[i];
        ports->messages[i].msg_hdr.msg_iovlen = 1;
    }
    ports->turn_end = event_new(base, -1, 0, on_turn_end, ports);
    ports->servers = calloc(count + 1, sizeof *ports->servers);
    for (unsigned i = 0; ports->servers != NULL && i < count; i++) {
        ports->servers[i] = (struct server){.is = servers[i], .first_slot = ports->slot_count};
        ports->slot_count += servers[i].sockets;
    }
    ports->slots = calloc(ports->slot_count + 1, sizeof *ports->slots);
    if (ports->turn_end == NULL || ports->servers == NULL || ports->slots == NULL) {
        ports_free(ports);
        return NULL;
    }
    return ports;
}

void ports_free(struct ports *ports)
{
    for (unsigned i = 0; ports->slots != NULL && i < ports->slot_count; i++) {
        port_close(&ports->slots[i].port[0]);
        port_close(&ports->slots[i].port[1]);
    }
    if (ports->turn_end != NULL)
        event_free(ports->turn_end);
    free(ports->servers);
    free(ports->slots);
    free(ports);
}
