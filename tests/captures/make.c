/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make - writes packets.pcap and README.md of every case, or checks those that are there.
 *
 *     make FOLDER           writes
 *     make --check FOLDER   TAP: one line a case
 */
#include "captures/make.h"

#include <stdlib.h>
#include <sys/stat.h>

static const struct scene *const all[] = {tls_scenes, hello_scenes, quic_scenes,  http_scenes,
                                          dns_scenes, app_scenes,   frame_scenes, first_scenes};

struct made {
    char *bytes;
    size_t length;
};

static struct made pcap_made(const struct scene *scene)
{
    struct made made = {0};
    struct film film = {.file = open_memstream(&made.bytes, &made.length),
                        .shape = {.link = LINK_ETHERNET},
                        .at = 1790000000000000};
    if (film.file == NULL)
        abort();
    scene->tell(&film);
    fclose(film.file);
    return made;
}

static struct made readme_made(const struct scene *scene)
{
    struct made made = {0};
    FILE *file = open_memstream(&made.bytes, &made.length);
    if (file == NULL)
        abort();
    fprintf(file, "# %s\n\n%s\n", scene->name, scene->about);
    fclose(file);
    return made;
}

static bool is_there(const char *path, struct made made)
{
    FILE *file = fopen(path, "rb");
    char *there = malloc(made.length + 1);
    bool equal = file != NULL && there != NULL &&
                 fread(there, 1, made.length + 1, file) == made.length &&
                 memcmp(there, made.bytes, made.length) == 0;
    free(there);
    if (file != NULL)
        fclose(file);
    return equal;
}

static bool is_written(const char *path, struct made made)
{
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(made.bytes, 1, made.length, file) == made.length;
    if (file == NULL || fclose(file) != 0 || !written) {
        perror(path);
        return false;
    }
    return true;
}

static bool scene_is_done(const struct scene *scene, const char *folder, bool check)
{
    char pcap_path[512], readme_path[512], place[512];
    struct made pcap = pcap_made(scene), readme = readme_made(scene);
    bool (*const done)(const char *, struct made) = check ? is_there : is_written;

    snprintf(place, sizeof place, "%s/%s", folder, scene->name);
    snprintf(pcap_path, sizeof pcap_path, "%.400s/packets.pcap", place);
    snprintf(readme_path, sizeof readme_path, "%.400s/README.md", place);
    if (!check)
        (void)mkdir(place, 0777);
    bool first = done(pcap_path, pcap), second = done(readme_path, readme);
    if (check && !first)
        printf("# %s differs from what is made\n", pcap_path);
    if (check && !second)
        printf("# %s differs from what is made\n", readme_path);
    free(pcap.bytes);
    free(readme.bytes);
    return first && second;
}

int main(int count, char **arguments)
{
    bool check = count == 3 && strcmp(arguments[1], "--check") == 0;
    unsigned number = 0, failures = 0;

    if (count != 2 && !check) {
        fprintf(stderr, "usage: make [--check] FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        for (const struct scene *scene = all[i]; scene->name != NULL; scene++) {
            bool done = scene_is_done(scene, arguments[count - 1], check);
            number++;
            failures += !done;
            if (check)
                printf("%sok %u - %s\n", done ? "" : "not ", number, scene->name);
        }
    }
    if (check)
        printf("1..%u\n", number);
    return failures > 0;
}
