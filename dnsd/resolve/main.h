/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the resolve role: the only one of dnsd that speaks to the Internet.
 *
 * Used by the table of roles. Takes questions of serve processes and answers each exactly once, by
 * the upstream that the configuration names. A question too many (ASKS_MOST) fails at once. What a
 * serve process asked that is gone is dropped. Never sees a client.
 */
#ifndef RESOLVE_MAIN_H
#define RESOLVE_MAIN_H

/* Gifts: the configuration, counters, a channel to each serve process (a later one replaces it). */
int resolve_main(unsigned number);

#endif
