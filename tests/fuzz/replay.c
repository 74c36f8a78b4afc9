/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * replay - runs every file of a corpus once, without libFuzzer, and says so in TAP.
 *
 * Used by the fuzzers in a plain build. A broken promise aborts: the plan stays unfulfilled.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MOST = 1 << 20 };

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MOST);
    assert(file != NULL && data != NULL);
    size_t size = fread(data, 1, INPUT_MOST, file);
    fclose(file);
    uint8_t *exact = malloc(size > 0 ? size : 1); /* so that a step behind the end is seen */
    assert(exact != NULL);
    memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;
    if (count <= 0) {
        fprintf(stderr, "usage: fuzz_NAME CORPUS, a folder that is not empty\n");
        return 2;
    }
    const char *name = strrchr(argv[1], '/');
    name = name == NULL ? argv[1] : name + 1;
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        replay(path);
        printf("ok %d - corpus/%s/%s\n", i + 1, name, entries[i]->d_name);
        fflush(stdout);
        free(entries[i]);
    }
    free(entries);
    return 0;
}
