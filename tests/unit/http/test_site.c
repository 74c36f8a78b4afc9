/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves http/site.c: what is in the folder is found by its path, and nothing else is.
 */
#include "http/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text, size_t length)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

static int set_up(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/ponor-site-XXXXXX");
    return mkdtemp(folder) == NULL || mkdir(path_of("assets"), 0755) != 0;
}

static int tear_down(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command); /* lint: a folder of this test */
}

static void finds_what_is_there(void **state)
{
    char why[SITE_WHY_SIZE];
    struct site *site;
    put("index.html", "<p>", 3);
    put("assets/a.js", "1;", 2);
    put("assets/a.js.gz", "zip", 3);
    put("assets/empty.css", "", 0);
    put(".hidden", "x", 1);
    assert_int_equal(symlink("/etc/passwd", path_of("passwd")), 0);
    assert_int_equal(site_read(folder, why, &site), STATUS_OK);
    const struct site_file *file = site_find(site, "/assets/a.js");
    assert_non_null(file);
    assert_string_equal(file->type, "text/javascript; charset=utf-8");
    assert_int_equal(file->bytes.length, 2);
    assert_int_equal(file->zipped.length, 3);
    assert_int_equal(strlen(file->tag), 18);
    assert_string_not_equal(file->tag, site_find(site, "/index.html")->tag);
    assert_string_not_equal(file->tag, file->zipped_tag);
    assert_int_equal(site_find(site, "/assets/empty.css")->bytes.length, 0);
    static const char *const missing[] = {"/passwd",
                                          "/.hidden",
                                          "/assets",
                                          "/",
                                          "index.html",
                                          "/../etc/passwd",
                                          "/assets/../index.html",
                                          ""};
    for (size_t i = 0; i < COUNT_OF(missing); i++)
        assert_null(site_find(site, missing[i]));
    site_free(site);
}

static void says_what_is_wrong(void **state)
{
    char why[SITE_WHY_SIZE];
    struct site *site;
    assert_int_equal(site_read(path_of("nowhere"), why, &site), STATUS_NOT_FOUND);
    assert_non_null(strstr(why, "nowhere"));
    char *big = calloc(1, SITE_BYTES_MOST + 1);
    put("big.txt", big, SITE_BYTES_MOST + 1);
    free(big);
    assert_int_equal(site_read(folder, why, &site), STATUS_TOO_LONG);
    assert_non_null(strstr(why, "MiB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_what_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
