/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves console/doors: what listens, who may use the unix socket, and what is said when a place is
 * taken.
 */
#include "console/doors.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../base/texts.h"

static char folder[] = "/tmp/ponor-test-doors-XXXXXX";

static struct config *config_for(const char *first, const char *second, const char *path)
{
    const char *const texts[] = {first, second};
    struct config *c = calloc(1, sizeof *c);
    assert_non_null(c);
    for (int i = 0; i < 2 && texts[i] != NULL; i++)
        c->consoled.listen[c->consoled.listen_count++].address = address_of(texts[i]);
    if (path != NULL)
        snprintf(c->consoled.socket, sizeof c->consoled.socket, "%s/%s", folder, path);
    return c;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    return port_from_sockaddr((struct sockaddr *)&address);
}

static void listen_where_they_are_told(void **state)
{
    struct config *c = config_for("127.0.0.1", "::1", "web.sock");
    char why[DOORS_WHY_SIZE];
    struct doors doors;
    struct stat file;
    int value = 0;
    socklen_t length = sizeof value;

    assert_int_equal(doors_open(c, why, &doors), STATUS_OK);
    assert_true(doors.tcp[0] >= 0 && doors.tcp[1] >= 0 && doors.proxy >= 0);
    assert_int_equal(doors.tcp[2], -1);
    assert_int_equal(getsockopt(doors.tcp[1], SOL_SOCKET, SO_ACCEPTCONN, &value, &length), 0);
    assert_int_equal(value, 1);
    /* Nobody but owner and group speaks for a proxy. */
    assert_int_equal(stat(c->consoled.socket, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0660);
    doors_close(&doors, c->consoled.socket);
    assert_int_equal(doors.proxy, -1);
    assert_int_not_equal(stat(c->consoled.socket, &file), 0);
    free(c);
}

static void say_what_is_taken(void **state)
{
    struct config *c = config_for("127.0.0.1", NULL, NULL), *other;
    char why[DOORS_WHY_SIZE], expected[DOORS_WHY_SIZE];
    struct doors doors, second;

    assert_int_equal(doors_open(c, why, &doors), STATUS_OK);
    other = config_for("127.0.0.1", NULL, NULL);
    other->consoled.listen[0].port = port_of(doors.tcp[0]);
    assert_int_equal(doors_open(other, why, &second), STATUS_SYSTEM);
    snprintf(expected, sizeof expected,
             "cannot listen on 127.0.0.1@%u: Address already in use; `ss -lntp sport = :%u` shows "
             "who has it",
             other->consoled.listen[0].port, other->consoled.listen[0].port);
    assert_string_equal(why, expected);
    assert_int_equal(second.tcp[0], -1);
    doors_close(&doors, "");
    free(other);
    free(c);
}

static void leave_alone_what_is_no_socket(void **state)
{
    struct config *c = config_for(NULL, NULL, "file");
    char why[DOORS_WHY_SIZE];
    struct doors doors;
    FILE *file = fopen(c->consoled.socket, "w");

    assert_non_null(file);
    fclose(file);
    assert_int_equal(doors_open(c, why, &doors), STATUS_EXISTS);
    assert_int_equal(access(c->consoled.socket, F_OK), 0);
    unlink(c->consoled.socket);
    free(c);
}

static int make_folder(void **state)
{
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen_where_they_are_told),
        cmocka_unit_test(say_what_is_taken),
        cmocka_unit_test(leave_alone_what_is_no_socket),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
