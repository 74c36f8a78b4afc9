/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * random - unpredictable numbers: ids, ports, keys, 0x20 bits.
 *
 * Used wherever an attacker must not guess. The kernel's generator, read in blocks so that a number
 * costs no system call. Dies rather than hand out anything weaker.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t length);
uint16_t random_u16(void);
uint32_t random_u32(void);
/* 0 .. limit - 1, each as likely; `limit` is not 0. */
uint32_t random_below(uint32_t limit);

#endif
