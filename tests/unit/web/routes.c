/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prints every row of the web role's tables, for tests/system/test_api.py: method, path,
 * permission.
 */
#include "web/route.h"

#include <stdio.h>

int main(void)
{
    for (size_t t = 0; route_tables[t] != NULL; t++)
        for (const struct route *row = route_tables[t]; row->path != NULL; row++)
            printf("%s %s %s\n",
                   row->method == METHOD_GET    ? "GET"
                   : row->method == METHOD_POST ? "POST"
                                                : "DELETE",
                   row->path, permission_words[row->permission]);
    return 0;
}
