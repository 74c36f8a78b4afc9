/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ask - one kind of question, again and again, for a counter of instructions to look at.
 *
 * Used by count.py under callgrind, which counts what happens inside server_query(). The second
 * argument is how often. Kinds: hit (a cached answer, with and without EDNS in turn), blocked.
 */
#include "../unit/serve/world.h"

int main(int argc, char *argv[])
{
    static struct world w;
    const char *kind = argc > 1 ? argv[1] : "";
    unsigned long times = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    bool blocked = strcmp(kind, "blocked") == 0;
    const char *name = blocked ? "www.sink.example" : "www.plain.example";

    if (!blocked && strcmp(kind, "hit") != 0) {
        fprintf(stderr, "usage: ask hit|blocked TIMES\n");
        return 2;
    }
    world_config(&w.config);
    world_start(&w);
    if (!blocked)
        world_resolve(&w, "10.1.0.5", name, TYPE_A, 0,
                      LINES("www.plain.example. 300 IN A 192.0.2.1"));
    for (unsigned long i = 0; i < times; i++)
        if (world_query(&w, "10.1.0.5", name, TYPE_A, i % 2 ? ASK_NO_EDNS : 0) != FATE_ANSWERED)
            return 1;
    world_stop(&w);
    return 0;
}
