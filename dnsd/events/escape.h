/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * escape - what stands between the quotes of a JSON string (RFC 8259 7), as pure printable ASCII.
 *
 * Used by line. Whatever the bytes are, the result is a sound JSON string: no quote, backslash,
 * line end or byte above 0x7e gets through as it is. Never writes the quotes, never allocates.
 */
#ifndef EVENTS_ESCAPE_H
#define EVENTS_ESCAPE_H

#include "base/writer.h"
#include "dns/name.h"

/* A byte outside printable ASCII becomes \u00XX, whatever it may mean elsewhere. */
void escape_bytes(struct writer *w, struct span bytes);

/* Text of an admin: UTF-8 becomes its code points as \uXXXX, a byte that is no UTF-8 \u00XX.
 * Takes whole characters as long as they fit `most` bytes of output. */
void escape_text(struct writer *w, const char *text, size_t most);

/* A name as name_text() shows it, escaped: a quote inside a label is \\\" and a zero byte \\000. */
void escape_name(struct writer *w, const struct name *name);

/* Decimal. */
void escape_number(struct writer *w, uint64_t number);

#endif
