/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sessions - who is logged in.
 *
 * Used by login. At most SESSIONS_OF_ACCOUNT of an account and SESSIONS_MOST in all; one more takes
 * the place of the one that was not used for longest. The token itself is kept nowhere.
 */
#ifndef PEOPLE_SESSIONS_H
#define PEOPLE_SESSIONS_H

#include "people/accounts.h"

enum { SESSIONS_OF_ACCOUNT = 20, SESSIONS_MOST = 2000 };

/* Within a change. */
MUST_USE enum status session_new(struct people *people, const struct account_row *row, clock_us now,
                                 struct session *out);

#endif
