/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * texts - addresses and prefixes as a test writes them. Comes behind cmocka.h.
 */
#ifndef TESTS_BASE_TEXTS_H
#define TESTS_BASE_TEXTS_H

#include "base/address.h"

static inline struct address address_of(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(text, &address), STATUS_OK);
    return address;
}

static inline struct prefix prefix_of(const char *text)
{
    struct prefix prefix;
    assert_int_equal(prefix_parse(text, &prefix), STATUS_OK);
    return prefix;
}

#endif
