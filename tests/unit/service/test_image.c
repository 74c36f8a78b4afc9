/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A policy that comes, is replaced, is broken, goes and comes again; each is heard of once.
 */
#include "service/image.h"
#include "policy/compile.h"

#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 300, PATH_ROOM = 200 };

struct world {
    char root[64], folder[128], path[PATH_ROOM], list[200];
    struct event_base *base;
    struct image_watch *watch;
    unsigned images, looks;
    uint32_t rules;
};

static void on_image(void *owner, int image, struct policy *policy)
{
    struct world *w = owner;
    w->images++;
    w->rules = policy_facts(policy).rules;
    policy_close(policy);
    close(image);
}

static void on_look(void *owner)
{
    ((struct world *)owner)->looks++;
}

static const struct image_events events = {on_image, on_look};

static void wait_ms(struct world *w, unsigned ms)
{
    const struct timeval after = {ms / 1000, (suseconds_t)(ms % 1000 * 1000)};
    event_base_loopexit(w->base, &after);
    event_base_dispatch(w->base);
}

/* A list of so many rules, compiled into a file. */
static void compile(struct world *w, const char *to, unsigned rules)
{
    struct prefix everybody = {0};
    uint16_t asked[] = {0};
    struct list_source list = {.id = "a", .format = "domains"};
    struct group_source group = {
        .id = "all", .clients = &everybody, .client_count = 1, .lists = asked, .list_count = 1};
    struct policy_source source = {.config_file = "test",
                                   .lists = &list,
                                   .list_count = 1,
                                   .groups = &group,
                                   .group_count = 1,
                                   .today = 20261124};
    FILE *out = fopen(w->list, "w");
    for (unsigned i = 0; i < rules; i++)
        fprintf(out, "name-%u.example\n", i);
    fclose(out);
    snprintf(list.file, sizeof list.file, "%s", w->list);
    struct problems *problems = problems_new();
    int fd = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(policy_compile(&source, NULL, fd, problems), STATUS_OK);
    problems_free(problems);
    close(fd);
}

static void put(struct world *w, unsigned rules)
{
    char beside[PATH_ROOM + 8];
    snprintf(beside, sizeof beside, "%s.new", w->path);
    compile(w, beside, rules);
    assert_int_equal(rename(beside, w->path), 0);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    *state = w;
    snprintf(w->root, sizeof w->root, "/tmp/ponor-image-XXXXXX");
    if (mkdtemp(w->root) == NULL)
        return -1;
    snprintf(w->folder, sizeof w->folder, "%s/there", w->root);
    snprintf(w->path, sizeof w->path, "%s/policy.image", w->folder);
    snprintf(w->list, sizeof w->list, "%s/list", w->root);
    w->base = event_base_new();
    return image_watch_new(w->base, w->path, &events, w, &w->watch) == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    struct world *w = *state;
    image_watch_free(w->watch);
    event_base_free(w->base);
    unlink(w->path);
    unlink(w->list);
    rmdir(w->folder);
    rmdir(w->root);
    free(w);
    return 0;
}

static void heard_of_once_each(void **state)
{
    struct world *w = *state;

    mkdir(w->folder, 0700);
    image_look(w->watch);
    wait_ms(w, SOON_MS);
    assert_int_equal(w->images, 0);
    put(w, 1);
    wait_ms(w, SOON_MS);
    assert_int_equal(w->images, 1);
    assert_int_equal(w->rules, 1);
    put(w, 2);
    wait_ms(w, SOON_MS);
    assert_int_equal(w->images, 2);
    assert_int_equal(w->rules, 2);
    image_look(w->watch);
    assert_int_equal(w->images, 2);
    compile(w, w->path, 3); /* written where it stands, rather than renamed */
    wait_ms(w, SOON_MS);
    assert_int_equal(w->images, 3);
    assert_int_equal(w->rules, 3);
}

static void a_broken_one_is_none(void **state)
{
    struct world *w = *state;
    static uint8_t bytes[1 << 20];

    mkdir(w->folder, 0700);
    put(w, 1);
    int fd = open(w->path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, bytes, sizeof bytes);
    close(fd);
    image_look(w->watch);
    assert_int_equal(w->images, 1);
    assert_int_equal(truncate(w->path, 100), 0);
    wait_ms(w, SOON_MS);
    image_look(w->watch);
    FILE *out = fopen(w->path, "w");
    fputs("this is no image", out);
    fclose(out);
    wait_ms(w, SOON_MS);
    unlink(w->path);
    image_look(w->watch);
    assert_int_equal(w->images, 1);
    fd = open(w->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes, (size_t)length), length); /* good again, and nothing new */
    close(fd);
    wait_ms(w, SOON_MS);
    assert_int_equal(w->images, 1);
    put(w, 4);
    wait_ms(w, SOON_MS);
    assert_int_equal(w->images, 2);
}

static void a_folder_that_comes_late_and_is_another(void **state)
{
    struct world *w = *state;
    char aside[160];

    image_look(w->watch);
    mkdir(w->folder, 0700);
    put(w, 1);
    wait_ms(w, IMAGE_LOOK_MS + SOON_MS);
    assert_int_equal(w->images, 1);
    assert_int_equal(w->looks, 1);
    snprintf(aside, sizeof aside, "%s/aside", w->root);
    assert_int_equal(rename(w->folder, aside), 0);
    wait_ms(w, SOON_MS);
    mkdir(w->folder, 0700);
    image_look(w->watch); /* as the timer does; from here on by notice alone */
    put(w, 2);
    wait_ms(w, SOON_MS);
    assert_int_equal(w->images, 2);
    snprintf(w->list, sizeof w->list, "%s/policy.image", aside);
    unlink(w->list);
    rmdir(aside);
    snprintf(w->list, sizeof w->list, "%s/list", w->root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(heard_of_once_each, begin, end),
        cmocka_unit_test_setup_teardown(a_broken_one_is_none, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_late_and_is_another, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
