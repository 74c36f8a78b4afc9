/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words_isc - the words of dhcpd.leases: bare ones, texts in quotes, and { } ;.
 *
 * Used by lease_isc.c. A text is unescaped into the reader's own room; what is longer is cut. The
 * end of the file ends everything that is open. Never allocates.
 */
#ifndef DEVICE_WORDS_ISC_H
#define DEVICE_WORDS_ISC_H

#include "base/span.h"

enum { ISC_TEXT_MOST = 512 };

enum isc_kind { ISC_WORD, ISC_TEXT, ISC_OPEN, ISC_CLOSE, ISC_STOP, ISC_END };

struct isc_words {
    struct span rest;
    uint64_t line; /* of the word given last, from 1 */
    enum isc_kind kind;
    struct span word; /* until the next one is asked for */
    uint8_t room[ISC_TEXT_MOST];
};

/* `text` from its start, at line 1. */
struct isc_words isc_words(struct span text);
enum isc_kind isc_next(struct isc_words *words);
/* To the `;` or the end of the block that ends the statement that the word given last is in. False:
 * a `}` before that, or the end of the file. */
bool isc_skip(struct isc_words *words);

#endif
