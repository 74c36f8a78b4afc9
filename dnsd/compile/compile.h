/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compile - a configuration file and the lists it names become an image.
 *
 * Used as a role by dnsd (compile_main), and by `ponor compile`, `check`, `test` and `explain` in
 * their own process: the same code and the same words. Lives seconds. Never touches the image in
 * service.
 */
#ifndef COMPILE_COMPILE_H
#define COMPILE_COMPILE_H

#include "config/config.h"
#include "policy/image.h"

/* Reads `file` and its lists and compiles into the empty file `out`. `accept` (or NULL): ids of
 * lists, with spaces between, whose max_change does not hold. `running` (or NULL): the image in
 * service. */
MUST_USE enum status compile_into(const char *file, const char *accept,
                                  const struct policy *running, int out, struct problems *problems);

/* The same into memory, opened. */
MUST_USE enum status compile_policy(const char *file, const struct policy *running,
                                    struct problems *problems, struct policy **out);

/* For commands that ask a policy: an image file or, with `image` NULL, what the lists say now.
 * NULL, with what is wrong on standard error, when there is none. */
struct policy *compile_or_open(const char *file, const char *image);

/* The role. Gifts: MESSAGE_COMPILE, the running image if any, the output, the pipe for problems. */
int compile_main(unsigned number);

#endif
