/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sandbox - how a role gives up what it does not need, once, at birth.
 *
 * Used by role_begin() in every child. Today: no-new-privileges, own user and groups when started
 * as root, no capabilities but those that `may` names, no core dumps, not dumpable. Landlock and
 * seccomp profiles of each role belong in sandbox_enter(), selected by the role's `may`. Never
 * undone.
 */
#ifndef PROCESS_SANDBOX_H
#define PROCESS_SANDBOX_H

#include "base/status.h"

enum may {
    MAY_ANSWER = 1,  /* use given sockets */
    MAY_CONNECT = 2, /* create sockets of its own */
    MAY_READ_FILES = 4,
    MAY_WRITE_FOLDER = 8,   /* in the folder it was given */
    MAY_SHAPE_NETWORK = 16, /* CAP_NET_ADMIN and CAP_NET_RAW, whoever its user is */
    MAY_USE_GROUPS = 32,    /* the groups that /etc/group gives its user, besides its own */
};

/* `user` NULL, or not root: stays who it is. */
MUST_USE enum status sandbox_enter(const char *user, unsigned may);

#endif
