/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ja4 - the JA4 fingerprint of a TLS client: what kind of program says this hello.
 *
 * Used by inspect's judge, for hellos that become events. Only JA4 itself, whose specification is
 * free; the rest of JA4+ is not. Never decides anything.
 */
#ifndef WIRE_JA4_H
#define WIRE_JA4_H

#include "wire/hello.h"

enum { JA4_TEXT_SIZE = 37 };

/* 36 characters and a zero byte; `transport` is 't' (TCP), 'q' (QUIC) or 'd' (DTLS). */
void ja4_write(const struct hello *hello, char transport, char out[JA4_TEXT_SIZE]);

#endif
