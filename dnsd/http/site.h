/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * site - the files of a folder, read once and kept in memory.
 *
 * Used by web, for the built page. A path of a request is only ever compared with the paths found
 * at the start, so it cannot lead out of the folder. Links and hidden files are left out. At most
 * SITE_BYTES_MOST bytes in SITE_MOST files. Never looks at the disk again.
 */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H

#include "base/span.h"
#include "base/status.h"

enum {
    SITE_MOST = 512,
    SITE_BYTES_MOST = 16 << 20,
    SITE_DEPTH = 4,
    SITE_PATH_SIZE = 256,
    SITE_TAG_SIZE = 24,
    SITE_WHY_SIZE = 384
};

struct site_file {
    char path[SITE_PATH_SIZE]; /* "/assets/index.js" */
    const char *type;          /* "text/javascript; charset=utf-8" */
    char tag[SITE_TAG_SIZE];   /* for ETag, quoted: changes with the content */
    struct span bytes;
    struct span zipped; /* gzip, where PATH.gz stands beside it; else empty */
    const char *zipped_tag;
};

struct site;

/* STATUS_NOT_FOUND: there is no such folder; STATUS_TOO_LONG: more than the limits; otherwise `why`
 * tells. */
MUST_USE enum status site_read(const char *folder, char why[SITE_WHY_SIZE], struct site **out);
void site_free(struct site *site);

/* NULL: no such file. */
const struct site_file *site_find(const struct site *site, const char *path);

#endif
