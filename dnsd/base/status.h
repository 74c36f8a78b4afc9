/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * status - how something ended; one word and one text for each way.
 *
 * Used by every function that can fail. A caller may not ignore it (MUST_USE).
 * Never carries detail: what a person needs to know is said where it is known (yaml/problems.h,
 * log.h).
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#define MUST_USE __attribute__((warn_unused_result))

/* clang-format off */
enum status {
    STATUS_OK,
    STATUS_MALFORMED,   /* the bytes do not follow the protocol or format */
    STATUS_TOO_LONG,    /* does not fit the buffer, table or limit */
    STATUS_NO_MEMORY,
    STATUS_NOT_FOUND,
    STATUS_EXISTS,
    STATUS_REFUSED,     /* understood, and not allowed */
    STATUS_INVALID,     /* input that a person wrote and must correct; problems were listed */
    STATUS_UNSUPPORTED,
    STATUS_AGAIN,       /* not now; nothing was lost */
    STATUS_CLOSED,      /* the other side is gone */
    STATUS_CORRUPT,     /* a file of ours whose checksum or offsets are wrong */
    STATUS_SYSTEM,      /* the kernel said no; errno tells */
    STATUS_COUNT
};
/* clang-format on */

const char *status_text(enum status status);

#endif
