/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * status - the texts.
 */
#include "base/status.h"

#include "base/span.h"

#include <assert.h>

static const char *const texts[] = {
    [STATUS_OK] = "fine",
    [STATUS_MALFORMED] = "the bytes do not follow the format",
    [STATUS_TOO_LONG] = "does not fit",
    [STATUS_NO_MEMORY] = "out of memory",
    [STATUS_NOT_FOUND] = "not found",
    [STATUS_EXISTS] = "exists already",
    [STATUS_REFUSED] = "refused",
    [STATUS_INVALID] = "the input has errors",
    [STATUS_UNSUPPORTED] = "not supported",
    [STATUS_AGAIN] = "not now",
    [STATUS_CLOSED] = "the other side is gone",
    [STATUS_CORRUPT] = "the file is damaged",
    [STATUS_SYSTEM] = "the system refused",
};
static_assert(COUNT_OF(texts) == STATUS_COUNT, "every status has a text");

const char *status_text(enum status status)
{
    return (unsigned)status < STATUS_COUNT ? texts[status] : "unknown status";
}
