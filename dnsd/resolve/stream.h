/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stream - one question by TCP (RFC 7766), on a connection of its own.
 *
 * Used by forward.c when an answer was cut or UDP is not to be trusted. The caller bounds their
 * number and their time. Never answers after stream_close(), never inside stream_open().
 */
#ifndef RESOLVE_STREAM_H
#define RESOLVE_STREAM_H

#include "config/config.h"
#include "resolve/query.h"

struct event_base;
struct stream;

struct stream_events {
    /* Once: the answer's bytes, which may be written to until this returns; NULL when there is
     * none. */
    void (*on_stream)(void *owner, uint32_t ticket, uint8_t *bytes, size_t length);
    void *owner;
};

/* NULL when the network has no way there. `query` is copied. */
struct stream *stream_open(struct event_base *base, const struct endpoint *to, uint16_t id,
                           const struct query *query, const struct stream_events *events,
                           uint32_t ticket);
void stream_close(struct stream *stream);
uint16_t stream_id(const struct stream *stream);

#endif
