/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * refusal - why the system refused, in words that an operator can act on.
 *
 * Used wherever a file or address of the configuration cannot be had. Never logs by itself.
 */
#ifndef BASE_REFUSAL_H
#define BASE_REFUSAL_H

enum { REFUSAL_TEXT_SIZE = 128 };

/* strerror(error); where it is about permission, with the user whose permission it is: a role's
 * user may not read what root can. */
const char *refusal_text(int error, char out[REFUSAL_TEXT_SIZE]);

/* The name of the user as whom this process acts, or its number. */
const char *refusal_user(char out[REFUSAL_TEXT_SIZE]);

#endif
