/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * refusal - errno and the effective user.
 */
#include "base/refusal.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *refusal_user(char out[REFUSAL_TEXT_SIZE])
{
    const struct passwd *entry = getpwuid(geteuid());
    if (entry != NULL)
        snprintf(out, REFUSAL_TEXT_SIZE, "%s", entry->pw_name);
    else
        snprintf(out, REFUSAL_TEXT_SIZE, "%u", (unsigned)geteuid());
    return out;
}

const char *refusal_text(int error, char out[REFUSAL_TEXT_SIZE])
{
    char user[REFUSAL_TEXT_SIZE];
    if (error == EACCES)
        snprintf(out, REFUSAL_TEXT_SIZE, "%s for user %.64s", strerror(error), refusal_user(user));
    else
        snprintf(out, REFUSAL_TEXT_SIZE, "%s", strerror(error));
    return out;
}
