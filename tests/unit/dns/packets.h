/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets - whole and damaged messages from a seeded generator.
 *
 * Used by test_oracle.c. Never random: every run makes the same ones.
 */
#ifndef TESTS_PACKETS_H
#define TESTS_PACKETS_H

#include <ldns/ldns.h>

enum { WIRE_MOST = 4096 };

/* 0 .. limit - 1. */
unsigned below(unsigned limit);

/* A message of one question and up to nine records, no longer than WIRE_MOST - 100 on the wire.
 * `plain`: only records of the question's name, and no names in their data. */
ldns_pkt *packet_any(bool plain);

/* One to three damages: bits, bytes, cuts, counts, pointers, pieces moved. Gives the new length. */
size_t damage(uint8_t *wire, size_t length);

#endif
