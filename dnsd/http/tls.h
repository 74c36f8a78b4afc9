/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls - TLS 1.2 and later for a door, with client certificates where they are wanted.
 *
 * Used by webserver and connection; the only file here that knows OpenSSL. Certificate and key are
 * read once, before privileges go. Never asks a network whether a certificate was revoked.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { TLS_WHY_SIZE = 512, TLS_NAME_SIZE = 64 };

struct bufferevent;
struct event_base;
struct tls;

/* PEM files; `client_ca` "": no certificates are asked for. On failure `why` says which file and
 * what to do. */
MUST_USE enum status tls_open(const char *certificate, const char *key, const char *client_ca,
                              char why[TLS_WHY_SIZE], struct tls **out);
void tls_close(struct tls *tls);

/* A server's side over `fd`, which it owns; NULL without memory. */
struct bufferevent *tls_accept(struct tls *tls, struct event_base *base, int fd);
/* The common name of the client's certificate, which was verified; false: there is none, or it is
 * no name that an account can have. */
bool tls_client(struct bufferevent *bev, char out[TLS_NAME_SIZE]);
/* Says that nothing more will come. */
void tls_goodbye(struct bufferevent *bev);

#endif
