/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words - what tests that have servers of ClickHouse say to test_contract.c and talk_clickhouse.c.
 */
#ifndef TESTS_STORE_WORDS_H
#define TESTS_STORE_WORDS_H

#include "config/config.h"

/* FOLDER SERVERS DATABASE CLUSTER. SERVERS as 127.0.0.1@8123,127.0.0.1@8124; CLUSTER "" for one
 * server. PONOR_USER, PONOR_PASSWORD_FILE, PONOR_KEEP_DAYS and PONOR_KEEP_BYTES in the environment.
 * Ends the program where it cannot read them. */
void options_from_words(struct config_store *out, char **words);

#endif
