/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * files - the files of a folder, read once and kept in memory.
 *
 * Used by web, for the built page. A path of a request is only ever compared with the paths found
 * at the start, so it cannot lead out of the folder. Links and hidden files are left out. At most
 * FILES_BYTES_MOST bytes in FILES_MOST files. Never looks at the disk again.
 */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H

#include "base/span.h"
#include "base/status.h"

enum {
    FILES_MOST = 512,
    FILES_BYTES_MOST = 16 << 20,
    FILES_DEPTH = 4,
    FILES_PATH_SIZE = 256,
    FILES_TAG_SIZE = 24,
    FILES_WHY_SIZE = 384
};

struct file {
    char path[FILES_PATH_SIZE]; /* "/assets/index.js" */
    const char *type;           /* "text/javascript; charset=utf-8" */
    char tag[FILES_TAG_SIZE];   /* for ETag, quoted: changes with the content */
    struct span bytes;
    struct span zipped; /* gzip, where PATH.gz stands beside it; else empty */
};

struct files;

/* STATUS_NOT_FOUND: there is no such folder; STATUS_TOO_LONG: more than the limits; otherwise `why`
 * tells. */
MUST_USE enum status files_read(const char *folder, char why[FILES_WHY_SIZE], struct files **out);
void files_free(struct files *files);

/* NULL: no such file. */
const struct file *files_find(const struct files *files, const char *path);

#endif
