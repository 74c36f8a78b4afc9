/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * contract - what store.h promises, asked of a store that holds rows 0 to `count` of row_number().
 *
 * Used by test_contract.c with each kind of store: the same questions, and the same answers, which
 * are told slowly from all rows. Each ends the test where the store does not keep its word.
 */
#ifndef TESTS_STORE_CONTRACT_H
#define TESTS_STORE_CONTRACT_H

#include "rows.h"

void contract_begin(size_t count);
void contract_end(void);

void contract_page(struct store *store, uint64_t seed);
/* With hardly any patience: it may need more pages, and leaves nothing out. */
void contract_short_page(struct store *store, uint64_t seed, unsigned *short_ones);
void contract_counts(struct store *store, uint64_t seed);
void contract_find(struct store *store, uint64_t seed);
void contract_facts(struct store *store);

#endif
