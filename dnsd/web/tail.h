/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail - rows as they come, as server-sent events.
 *
 * Used by main, which lets time pass; its route stands in route.h's tables. At most TAILS_MOST at a
 * time; a reader that is slower than the rows hears how many it did not get. Never holds rows.
 */
#ifndef WEB_TAIL_H
#define WEB_TAIL_H

enum { TAILS_MOST = 64 };

struct web;

/* Once a second: what is new. */
void tails_tick(struct web *web);
unsigned tails_count(const struct web *web);
/* Ends all of them. */
void tails_close(struct web *web);

#endif
