/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * export - rows and incidents as files.
 *
 * Used by web, which closes what is left; the routes stand in route.h's tables. At most
 * EXPORTS_MOST at a time. Never holds more of a file than its reader takes.
 */
#ifndef WEB_EXPORT_H
#define WEB_EXPORT_H

enum { EXPORTS_MOST = 16 };

struct web;

/* Behind the end of all connections. */
void exports_close(struct web *web);

#endif
