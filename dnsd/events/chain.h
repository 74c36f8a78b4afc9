/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chain - each line carries the SHA-256 of the line before it; the head says where the chain
 * stands.
 *
 * Used by line and by record's journal, which write it, and by verify, which reads it again. The
 * head is one small file beside the events, rewritten in place after each sync, so that a chain
 * whose end was cut off is found. No key is involved: docs/events.md says what that can prove and
 * what not.
 */
#ifndef EVENTS_CHAIN_H
#define EVENTS_CHAIN_H

#include "base/span.h"
#include "base/status.h"
#include "base/writer.h"

enum { CHAIN_SIZE = 32, CHAIN_HEX = 64, HEAD_MOST = 160 };
#define CHAIN_HEAD_FILE "blocked.head"

/* Where a chain stands: the sequence number of a line, and the hash of that whole line. Before the
 * first line ever both are zero. */
struct chain {
    uint64_t sequence;
    uint8_t hash[CHAIN_SIZE];
};

void chain_hex_write(struct writer *w, const uint8_t hash[CHAIN_SIZE]);
/* 64 lower-case digits and nothing else. */
bool chain_hex_read(struct span text, uint8_t out[CHAIN_SIZE]);

/* The head of a folder. Reading: STATUS_NOT_FOUND without one, STATUS_CORRUPT when it is not whole.
 * Writing goes over the old one in place, one block, so that a full disk does not prevent it. */
MUST_USE enum status chain_head_read(int folder, struct chain *out);
MUST_USE enum status chain_head_write(int head, const struct chain *chain);
/* Opens the head for writing, made when missing. */
MUST_USE enum status chain_head_open(int folder, int *out);

#endif
