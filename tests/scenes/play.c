/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * play - whole lives of queries, played from files, without a socket and by a clock of their own.
 *
 * Takes .scene files, or folders of them, and speaks TAP: one `ok` for each scene. README.md beside
 * it teaches how to write one. Everything but serve's own logic is played: clients, the Internet,
 * the recorder, time. A word that the player does not know is an error of the scene.
 */
#include "scene.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>

enum { FIRST_NOW = 1000000, SCENES_MOST = 1000 };
static const clock_us first_wall = UINT64_C(1795521600000000); /* 2026-11-24 12:00 UTC */

bool fail(struct scene *scene, const char *format, ...)
{
    va_list arguments;
    if (scene->failure[0] != 0)
        return false;
    int used = snprintf(scene->failure, sizeof scene->failure, "%s:%u: %s\n", scene->script.file,
                        scene->at == NULL ? 1 : scene->at->number,
                        scene->at == NULL ? "" : scene->at->text);
    if (used < 0 || (size_t)used >= sizeof scene->failure)
        return false;
    va_start(arguments, format);
    vsnprintf(scene->failure + used, sizeof scene->failure - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

/* Lets time pass, in the steps that the server and the Internet ask for. */
static bool step_wait(struct scene *scene, const struct words *words, struct block below)
{
    clock_ms left;
    if (words->count != 2 || !duration_read(words->word[1], &left))
        return fail(scene, "write: wait 200ms, 61s, 5m, 2h or 3d");
    for (;;) {
        clock_ms step = server_tick(scene->server, scene->when), next = upstream_next(scene);
        upstream_play(scene);
        if (left == 0)
            return scene->failure[0] == 0;
        /* Without anything under way there is nothing that could happen in between. */
        if (scene->counters.value[COUNT_PENDING] == 0 || step > left)
            step = left;
        if (next > scene->when.now && next - scene->when.now < step)
            step = next - scene->when.now;
        scene->when.now += step;
        scene->when.wall += step * 1000;
        left -= step;
        house_new_day(scene);
        upstream_play(scene);
    }
}

static bool step_asked(struct scene *scene, const struct words *words, struct block below)
{
    uint64_t wanted;
    unsigned asked = scene->upstream.asked;
    scene->upstream.asked = 0;
    if (words->count != 2 || !number_read(words->word[1], UINT32_MAX, &wanted))
        return fail(scene, "write: asked N");
    return asked == wanted ||
           fail(scene, "upstream was asked %u times, not %s", asked, words->word[1]);
}

static bool step_count(struct scene *scene, const struct words *words, struct block below)
{
    uint64_t wanted, is;
    enum counter counter = 0;
    const char *sign = words->count == 4 ? words->word[2] : "=";
    if (words->count < 3 || words->count > 4 ||
        !number_read(words->word[words->count - 1], UINT64_MAX, &wanted))
        return fail(scene, "write: count WORD [<|>] N");
    while (counter < COUNT_COUNT && strcmp(counter_words[counter], words->word[1]) != 0)
        counter++;
    if (counter == COUNT_COUNT)
        return fail(scene, "`%s` is not counted", words->word[1]);
    is = scene->counters.value[counter];
    if (strcmp(sign, "<") == 0 ? is < wanted : strcmp(sign, ">") == 0 ? is > wanted : is == wanted)
        return true;
    return fail(scene, "the count is %llu", (unsigned long long)is);
}

static bool step_flush(struct scene *scene, const struct words *words, struct block below)
{
    struct name name;
    if (words->count != 2 || name_parse(words->word[1], &name) != STATUS_OK)
        return fail(scene, "write: flush NAME");
    server_flush(scene->server, &name);
    return true;
}

static bool step_resolver(struct scene *scene, const struct words *words, struct block below)
{
    if (words->count != 2 || strcmp(words->word[1], "lost") != 0)
        return fail(scene, "write: resolver lost");
    upstream_lost(scene);
    upstream_play(scene);
    return scene->failure[0] == 0;
}

/* clang-format off */
static const struct step {
    const char *word;
    bool (*play)(struct scene *scene, const struct words *words, struct block below);
    bool has_block;
} steps[] = {
    { "ask",      client_ask,    false },
    { "asks",     client_asks,   false },
    { "raw",      client_raw,    true  },
    { "expect",   client_expect, true  },
    { "wait",     step_wait,     false },
    { "asked",    step_asked,    false },
    { "upstream", upstream_step, true  },
    { "resolver", step_resolver, false },
    { "list",     house_list,    true  },
    { "groups",   house_groups,  true  },
    { "flush",    step_flush,    false },
    { "event",    log_event,     false },
    { "no",       log_no_event,  false },
    { "recorder", log_recorder,  false },
    { "count",    step_count,    false },
};
/* clang-format on */

static bool play_step(struct scene *scene, struct block below)
{
    struct words words;
    if (!words_read(scene->at->text, &words))
        return fail(scene, "too many words, or a quotation mark that stands alone");
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        if (strcmp(steps[i].word, words.word[0]) != 0)
            continue;
        if (below.count > 0 && !steps[i].has_block)
            return fail(scene, "nothing can stand below this");
        return steps[i].play(scene, &words, below) && scene->failure[0] == 0;
    }
    return fail(scene, "`%s` is no step", words.word[0]);
}

static bool play_steps(struct scene *scene, struct block all)
{
    for (const struct line *at = all.at; at < block_end(all); at = line_next(at, all)) {
        scene->at = at;
        if (!play_step(scene, block_below(at, block_end(all))))
            return false;
    }
    return true;
}

static bool check_headings(struct scene *scene, struct block whole)
{
    static const char *const headings[] = {"config", "groups", "upstream", "steps"};
    for (const struct line *at = whole.at; at < block_end(whole); at = line_next(at, whole)) {
        size_t i = 0;
        while (i < COUNT_OF(headings) && strcmp(at->text, headings[i]) != 0)
            i++;
        scene->at = at;
        if (i == COUNT_OF(headings) && strncmp(at->text, "list ", 5) != 0)
            return fail(scene, "a scene has config, groups, list ID, upstream and steps");
    }
    return true;
}

static bool play(struct scene *scene)
{
    struct block whole = script_block(&scene->script);
    const struct line *upstream = block_find(whole, "upstream");
    const struct line *played = block_find(whole, "steps");
    if (scene->script.text == NULL || scene->script.lines == NULL)
        return fail(scene, "cannot be read");
    if (strncmp(scene->script.text, "# ", 2) != 0)
        return fail(scene, "the first line must be a comment that says why");
    if (!check_headings(scene, whole))
        return false;
    if (played == NULL)
        return fail(scene, "no steps");
    if (!house_read(scene, whole))
        return false;
    if (upstream != NULL && !upstream_read(scene, block_below(upstream, block_end(whole))))
        return false;
    return house_open(scene) && play_steps(scene, block_below(played, block_end(whole)));
}

/* One file; TAP's line for it, and what went wrong. */
static bool play_file(const char *file, unsigned number)
{
    const char *slash = strrchr(file, '/');
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL)
        return false;
    scene->script = script_read(file);
    scene->when = (struct moment){FIRST_NOW, first_wall};
    bool passed = play(scene);
    printf("%sok %u - %s\n", passed ? "" : "not ", number, slash == NULL ? file : slash + 1);
    for (const char *at = scene->failure; *at != 0;) {
        size_t length = strcspn(at, "\n");
        printf("# %.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
    fflush(stdout);
    house_close(scene);
    client_free(scene);
    script_free(&scene->script);
    free(scene);
    return passed;
}

static int is_scene(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".scene") == 0;
}

/* A file, or all scenes of a folder. */
static unsigned play_path(const char *path, unsigned *number)
{
    struct dirent **found;
    unsigned failed = 0;
    int count = scandir(path, &found, is_scene, alphasort);
    if (count < 0)
        return !play_file(path, ++*number);
    for (int i = 0; i < count; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, found[i]->d_name);
        failed += !play_file(file, ++*number);
        free(found[i]);
    }
    free(found);
    return failed;
}

int main(int count, char **words)
{
    unsigned number = 0, failed = 0;
    for (int i = 1; i < count; i++)
        failed += play_path(words[i], &number);
    printf("1..%u\n", number);
    return failed > 0 || number == 0;
}
