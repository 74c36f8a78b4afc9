/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * query - the bytes we send to a server, and whether an answer is to them.
 *
 * Used by forward.c. An answer is taken only when id, opcode and the question's bytes, with their
 * random case (0x20), are ours; port and address are the kernel's to check, on connected sockets.
 * Never reads more of an answer than that: message_read() does.
 */
#ifndef RESOLVE_QUERY_H
#define RESOLVE_QUERY_H

#include "process/message.h"

enum { QUERY_MOST = MESSAGE_HEADER + NAME_MAX_WIRE + 4 + 11 }; /* with the OPT */

struct query {
    uint16_t length, question_end;
    uint8_t bytes[QUERY_MOST]; /* id 0 until it is sent */
};

/* RD and AD (RFC 6840 5.7: tell us when it is secure), CD and DO as asked, EDNS_UDP_SIZE. */
void query_write(const struct message_ask *ask, bool randomize_case, struct query *out);

/* Is it an answer to this query with this id? */
bool query_is_answered_by(const struct query *query, uint16_t id, struct span answer);

/* Makes an accepted answer what MESSAGE_ANSWER promises: id 0, the question in lower case. */
void query_restore(const struct query *query, uint8_t *answer);

#endif
