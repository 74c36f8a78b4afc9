/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * row - the names of its words.
 */
#include "incident/row.h"

const char *const word_names[] = {
    [WORD_APP] = "app",       [WORD_LIST] = "list",       [WORD_RULE] = "rule",
    [WORD_ACTION] = "action", [WORD_WAY] = "way",         [WORD_EVIDENCE] = "evidence",
    [WORD_GROUP] = "group",   [WORD_GATEWAY] = "gateway", [WORD_PROGRAM] = "program",
    [WORD_COUNT] = NULL,
};
