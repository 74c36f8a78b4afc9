/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz - what libFuzzer and replay.c call.
 *
 * Used by every fuzz_NAME.c: it reads `data` as a stranger's bytes and asserts what the headers
 * promise. Never keeps anything between two calls.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
