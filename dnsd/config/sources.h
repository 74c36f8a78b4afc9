/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sources - what the file says about lists, groups and protection, as policy/compile takes it.
 *
 * Used by read.c. Checks it, and adds what is protected without being named.
 */
#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H

#include "config/options.h"

/* Problems are added to those of `written`; `out` is whole only without new ones. */
MUST_USE enum status sources_make(const struct written *written, struct config_policy **out);

#endif
