/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the web role: browsers in, answers out.
 *
 * Used by programs/consoled.c. Holds people.sqlite and the audit lines, reads history. Never reads
 * an event folder, never writes history.
 */
#ifndef WEB_MAIN_H
#define WEB_MAIN_H

/* With privileges: the gifts, and certificate and key, which only root may read. */
void web_prepare(unsigned number);
int web_main(unsigned number);

struct connection;
/* What the server gives out, to the rows of route.h; `owner` is a struct web. */
void route_request(void *owner, struct connection *connection);

#endif
