/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * texts - names, addresses and prefixes as a test writes them. Comes behind cmocka.h.
 */
#ifndef TESTS_DNS_TEXTS_H
#define TESTS_DNS_TEXTS_H

#include "../base/texts.h"
#include "dns/name.h"

static inline struct name name_of(const char *text)
{
    struct name name;
    assert_int_equal(name_parse(text, &name), STATUS_OK);
    return name;
}

#endif
