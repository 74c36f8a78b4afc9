/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool_look - a spool as those see it who do not write.
 */
#include "clickhouse/spool.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum status spool_look(const char *folder, struct spool_sight *out)
{
    struct spool_state state;
    const struct dirent *entry;

    *out = (struct spool_sight){0};
    int fd = spool_folder_open(folder, false);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        enum status failed = errno == ENOENT ? STATUS_AGAIN : STATUS_SYSTEM;
        if (fd >= 0)
            close(fd);
        return failed;
    }
    enum status status = spool_state_read(fd, &state);
    while (status == STATUS_OK && (entry = readdir(dir)) != NULL)
        out->waiting += spool_file_number(entry->d_name) > state.sent;
    if (status == STATUS_OK) {
        out->history = state.history;
        spool_text_read(fd, SPOOL_WHY_NAME, out->why, sizeof out->why);
        free(state.marks);
    }
    closedir(dir);
    return status == STATUS_NOT_FOUND ? STATUS_AGAIN : status;
}

enum status spool_whose(const char *folder, uint64_t *history)
{
    struct spool_state state;
    int fd = spool_folder_open(folder, false);
    if (fd < 0)
        return errno == ENOENT ? STATUS_AGAIN : STATUS_SYSTEM;
    enum status status = spool_state_read(fd, &state);
    close(fd);
    *history = state.history;
    free(state.marks);
    return status == STATUS_NOT_FOUND ? STATUS_AGAIN : status;
}
