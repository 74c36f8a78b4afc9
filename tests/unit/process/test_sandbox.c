/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a role has given up once it is in its sandbox. Each test enters in a process of its own.
 */
#include "process/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int in_a_process(bool (*look)(void))
{
    int ended;
    pid_t pid = fork();
    if (pid == 0)
        _exit(look() ? 0 : 1);
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    return ended;
}

static bool has_given_up_what_all_give_up(void)
{
    struct rlimit core;
    int death = 0;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) == 0 && death == SIGKILL &&
           getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capget, &header, data) != 0 || data[0].effective != 0 ||
           data[0].permitted != 0 || data[0].inheritable != 0 || data[1].effective != 0 ||
           data[1].permitted != 0;
}

static bool root_without_a_user_keeps_what_opens_files(void)
{
    return sandbox_enter("no-such-user", MAY_READ_FILES) == STATUS_OK && has_capabilities();
}

static bool enter_as_is(void)
{
    uid_t before = geteuid();
    return sandbox_enter(NULL, 0) == STATUS_OK && geteuid() == before && !has_capabilities() &&
           has_given_up_what_all_give_up();
}

static bool enter_as_unknown(void)
{
    uid_t before = geteuid();
    return sandbox_enter("no-such-user", 0) == STATUS_OK && geteuid() == before &&
           !has_capabilities() && has_given_up_what_all_give_up();
}

static bool enter_as_nobody(void)
{
    const struct passwd *nobody = getpwnam("nobody");
    uid_t uid = nobody->pw_uid;
    gid_t gid = nobody->pw_gid, real, effective, saved, groups[8];
    if (sandbox_enter("nobody", 0) != STATUS_OK)
        return false;
    return getuid() == uid && geteuid() == uid && getresgid(&real, &effective, &saved) == 0 &&
           real == gid && effective == gid && saved == gid && getgroups(8, groups) == 0 &&
           setuid(0) != 0 && !has_capabilities() && has_given_up_what_all_give_up();
}

static void stays_who_it_is_without_a_user(void **state)
{
    assert_int_equal(in_a_process(enter_as_is), 0);
    assert_int_equal(in_a_process(enter_as_unknown), 0);
}

static void becomes_its_user_for_good(void **state)
{
    if (geteuid() != 0 || getpwnam("nobody") == NULL)
        skip();
    assert_int_equal(in_a_process(enter_as_nobody), 0);
    assert_int_equal(in_a_process(root_without_a_user_keeps_what_opens_files), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_who_it_is_without_a_user),
        cmocka_unit_test(becomes_its_user_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
