/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One load at a time, with the policy of its moment; what came meanwhile is loaded behind it, once.
 */
#include "enforce/wall.h"
#include "process/role.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOAD_US = 50000, MOST_MS = 10000, LOADS_MOST = 8 };

/* "Loads" a policy of generation 0; what is wrong with another is its number. */
static int load_main(unsigned number)
{
    struct gifts gifts;

    birth_take(&gifts);
    usleep(LOAD_US);
    return gifts.config == NULL || gifts.policy < 0 ? 99 : (int)gifts.generation;
}

static const struct role roles[] = {{wall_role, load_main, NULL, 0}, {NULL, NULL, NULL, 0}};

struct world {
    struct event_base *base;
    struct wall wall;
    struct policy_gift policy;
    int config;
    unsigned births, ends;
    int codes[LOADS_MOST];
    bool loaded[LOADS_MOST];
};

static void on_birth(void *owner, struct child *child)
{
    struct world *w = owner;

    assert_string_equal(child->role, wall_role);
    assert_true(child->once);
    w->births++;
    wall_give(&w->wall, child, w->config, &w->policy);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    fail();
}

static void on_death(void *owner, struct child *child, int ended, bool is_last)
{
    struct world *w = owner;

    assert_true(is_last);
    assert_in_range(w->ends, 0, LOADS_MOST - 1);
    w->codes[w->ends] = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    w->loaded[w->ends] = wall_ended(&w->wall, ended);
    w->ends++;
}

static const struct supervisor_events events = {on_birth, on_parcel, on_death};

static int set_up(void **state)
{
    static struct config config;
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->base = event_base_new();
    w->wall.supervisor = supervisor_new(w->base, "test", &events, w);
    assert_non_null(w->wall.supervisor);
    assert_int_equal(birth_wrap(&config, sizeof config, &w->config), STATUS_OK);
    assert_int_equal(birth_wrap("image", 5, &w->policy.image), STATUS_OK);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    supervisor_free(w->wall.supervisor);
    event_base_free(w->base);
    close(w->config);
    close(w->policy.image);
    free(w);
    return 0;
}

/* Until so many loads have ended and none is under way. */
static void run_until_ends(struct world *w, unsigned ends)
{
    const struct timeval wait = clock_timeval(5);
    const clock_ms start = clock_now();

    while ((w->ends < ends || w->wall.child != NULL) && clock_now() - start < MOST_MS) {
        event_base_loopexit(w->base, &wait);
        event_base_dispatch(w->base);
    }
    assert_int_equal(w->ends, ends);
    assert_null(w->wall.child);
    assert_int_equal(w->births, ends);
}

static void it_is_loaded_once_for_each_policy(void **state)
{
    struct world *w = *state;

    wall_load(&w->wall);
    assert_non_null(w->wall.child);
    assert_false(w->wall.stands);
    run_until_ends(w, 1);
    assert_true(w->loaded[0] && w->wall.stands);
    wall_load(&w->wall);
    run_until_ends(w, 2);
    assert_true(w->loaded[1]);
}

static void what_came_meanwhile_is_loaded_behind_it(void **state)
{
    struct world *w = *state;

    w->policy.generation = 3;
    wall_load(&w->wall);
    for (uint32_t generation = 4; generation < 8; generation++) {
        w->policy.generation = generation;
        wall_load(&w->wall);
    }
    w->policy.generation = 0;
    wall_load(&w->wall);
    run_until_ends(w, 2);
    assert_int_equal(w->codes[0], 3);
    assert_int_equal(w->codes[1], 0);
    assert_true(w->wall.stands);
}

static void one_that_fails_stands_only_if_one_before_did(void **state)
{
    struct world *w = *state;

    w->policy.generation = 1;
    wall_load(&w->wall);
    run_until_ends(w, 1);
    assert_false(w->loaded[0] || w->wall.stands);
    w->policy.generation = 0;
    wall_load(&w->wall);
    run_until_ends(w, 2);
    w->policy.generation = 1;
    wall_load(&w->wall);
    run_until_ends(w, 3);
    assert_false(w->loaded[2]);
    assert_true(w->wall.stands);
}

static void one_that_is_killed_is_not_loaded(void **state)
{
    struct world *w = *state;

    wall_load(&w->wall);
    supervisor_kill(w->wall.supervisor, w->wall.child);
    run_until_ends(w, 1);
    assert_int_equal(w->codes[0], -1);
    assert_false(w->loaded[0] || w->wall.stands);
}

static void one_that_cannot_be_given_its_policy_ends(void **state)
{
    struct world *w = *state;
    const int image = w->policy.image;

    w->policy.image = 4095; /* no descriptor of ours */
    wall_load(&w->wall);
    run_until_ends(w, 1);
    assert_false(w->loaded[0] || w->wall.stands);
    w->policy.image = image;
}

int main(int argc, char *argv[])
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_is_loaded_once_for_each_policy),
        TEST(what_came_meanwhile_is_loaded_behind_it),
        TEST(one_that_fails_stands_only_if_one_before_did),
        TEST(one_that_is_killed_is_not_loaded),
        TEST(one_that_cannot_be_given_its_policy_ends),
    };
    int code;
    if (role_run(argc, argv, roles, "test", &code))
        return code;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
