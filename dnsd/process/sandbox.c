/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sandbox - the order matters: groups, then user, then what a change of user would undo.
 */
#include "process/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A user that this machine does not have is said once by the parent: role_check_users(). */
static enum status become(const char *user, unsigned may)
{
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL)
        return STATUS_OK;
    int grouped = may & MAY_USE_GROUPS ? initgroups(user, entry->pw_gid) : setgroups(0, NULL);
    if (grouped != 0 || setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
        return STATUS_SYSTEM;
    if (setresuid(0, 0, 0) == 0) /* must not be possible any more */
        return STATUS_REFUSED;
    return STATUS_OK;
}

/* Of whom who was not root before, or is root still: the user is one that this machine lacks.
 * `kept`: a bit for each that stays, if it was there. */
static enum status drop_capabilities(uint32_t kept)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
        syscall(SYS_capget, &header, sets) != 0)
        return STATUS_SYSTEM;
    kept &= sets[0].permitted;
    memset(sets, 0, sizeof sets);
    sets[0].permitted = sets[0].effective = kept;
    return syscall(SYS_capset, &header, sets) == 0 ? STATUS_OK : STATUS_SYSTEM;
}

enum status sandbox_enter(const char *user, unsigned may)
{
    static const struct rlimit none = {0, 0};
    static const unsigned as_root = MAY_CONNECT | MAY_READ_FILES | MAY_WRITE_FOLDER;
    const uint32_t kept =
        may & MAY_SHAPE_NETWORK ? UINT32_C(1) << CAP_NET_ADMIN | UINT32_C(1) << CAP_NET_RAW : 0;

    if (kept != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
        return STATUS_SYSTEM;
    if (user != NULL && geteuid() == 0) {
        enum status status = become(user, may);
        if (status != STATUS_OK)
            return status;
    }
    /* A root without its capabilities could not read what its user was meant to read. */
    if (geteuid() != 0 || (may & as_root) == 0) {
        enum status status = drop_capabilities(kept);
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
