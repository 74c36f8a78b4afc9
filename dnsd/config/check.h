/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check - what no single option can tell: whether they fit together.
 *
 * Used by read.c. Names everything that is wrong, with the place where it was written.
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/options.h"

/* Of dnsd's options and stub zones. */
void check_options(const struct written *written);
/* Of the section `consoled`. */
void check_console(const struct written *written);

/* A socket's path must be there and fit. */
void check_control(const struct written *w, const char *path, struct yaml_place at);
bool path_equal(const char *a, const char *b);

/* Of lists and groups: ids, files, clients. */
void check_lists(const struct written *written);
void check_groups(const struct written *written);

#endif
