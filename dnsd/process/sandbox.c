/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sandbox - the order matters: groups, then user, then what a change of user would undo.
 */
#include "process/sandbox.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A user that this machine does not have is said once by the parent: role_check_users(). */
static enum status become(const char *user)
{
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL)
        return STATUS_OK;
    if (setgroups(0, NULL) != 0 || setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
        return STATUS_SYSTEM;
    if (setresuid(0, 0, 0) == 0) /* must not be possible any more */
        return STATUS_REFUSED;
    return STATUS_OK;
}

enum status sandbox_enter(const char *user, unsigned may)
{
    static const struct rlimit none = {0, 0};

    if (user != NULL && geteuid() == 0) {
        enum status status = become(user);
        if (status != STATUS_OK)
            return status;
    }
    /* PR_SET_PDEATHSIG is undone by a change of user, so it comes behind it. A parent that died
     * even earlier is noticed by birth_take(), whose channel is closed then. */
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return STATUS_SYSTEM;
    return STATUS_OK;
}
