/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * whole_file - read() until its end.
 */
#include "history/whole_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 30 };

enum status whole_file_read(int fd, char **text, size_t *length)
{
    struct stat file;

    *text = NULL;
    *length = 0;
    if (fstat(fd, &file) != 0)
        return STATUS_SYSTEM;
    if (file.st_size > FILE_MOST)
        return STATUS_TOO_LONG;
    *text = malloc((size_t)file.st_size + 1);
    if (*text == NULL)
        return STATUS_NO_MEMORY;
    while (*length < (size_t)file.st_size) {
        const ssize_t got = read(fd, *text + *length, (size_t)file.st_size - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return STATUS_SYSTEM;
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    return STATUS_OK;
}
