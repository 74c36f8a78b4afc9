/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tell - the inspector learns which addresses a client was given.
 *
 * Used by the path, behind an answer that was found. Writes to the table that the parent gave
 * (process/told.h), under the name that the client asked for, until the record's end; at most
 * TELL_MOST addresses of one answer. Without a table reply leaves this step out. Never changes an
 * answer.
 */
#ifndef SERVE_TELL_H
#define SERVE_TELL_H

#include "serve/query.h"

enum { TELL_MOST = 8 };

enum next tell_inspector(struct query *q);

#endif
