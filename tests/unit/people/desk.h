/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * desk - a folder of people for a test, and a clock that the test moves.
 */
#ifndef TESTS_PEOPLE_DESK_H
#define TESTS_PEOPLE_DESK_H

#include "people/accounts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 20 };

#define SECOND   UINT64_C(1000000)
#define PASSWORD "four words not together"
#define HERE     "192.0.2.10"

struct desk {
    char folder[64], first[FIRST_PASSWORD_SIZE], why[PEOPLE_WHY_SIZE];
    struct people *people;
    clock_us now;
};

/* What has a begin and an end, in one go. */
static inline enum status people_login(struct people *people, const char *name,
                                       const char *password, const char *code, const char *from,
                                       clock_us now, struct session *out)
{
    struct password_job job;
    const struct credentials login = {name, password, code, from, now};
    enum status status = people_login_begin(people, &login, &job);
    if (status != STATUS_OK)
        return status;
    password_job_run(&job);
    return people_login_end(people, &login, &job, out);
}

static inline enum status people_add(struct people *people, const struct by *by, const char *name,
                                     const char *password, enum permission permission, char *why)
{
    struct password_job job;
    const struct new_account wanted = {name, password, permission};
    enum status status = people_add_begin(people, &wanted, &job, why);
    if (status != STATUS_OK)
        return status;
    password_job_run(&job);
    return people_add_end(people, by, &wanted, &job, why);
}

static inline enum status people_set_password(struct people *people, const struct by *by,
                                              const char *name, const char *old,
                                              const char *password, char *why)
{
    struct password_job job;
    const struct new_password wanted = {name, old, password};
    enum status status = people_set_password_begin(people, by, &wanted, &job, why);
    if (status != STATUS_OK)
        return status;
    password_job_run(&job);
    return people_set_password_end(people, by, &wanted, &job, why);
}

static const struct people_limits desk_limits = {
    .idle_us = 1800 * SECOND, .total_us = 36000 * SECOND, .lock_us = 900 * SECOND, .wrong_most = 5};

static inline void desk_open(struct desk *desk)
{
    enum status status =
        people_open(desk->folder, &desk_limits, desk->now, desk->why, &desk->people);
    if (status != STATUS_OK)
        print_message("%s\n", desk->why);
    assert_int_equal(status, STATUS_OK);
}

static inline void desk_close(struct desk *desk)
{
    people_close(desk->people);
    desk->people = NULL;
}

static inline bool desk_keep(void *owner, const char *password)
{
    snprintf(owner, FIRST_PASSWORD_SIZE, "%s", password);
    return true;
}

static inline enum status desk_first(struct desk *desk, char password[FIRST_PASSWORD_SIZE])
{
    return people_first(desk->people, desk->now, desk_keep, password);
}

/* With nobody but `admin`. */
static inline void desk_new(struct desk *desk)
{
    *desk = (struct desk){.folder = "/tmp/ponor-people-XXXXXX", .now = 1800000000 * SECOND};
    assert_non_null(mkdtemp(desk->folder));
    desk_open(desk);
    assert_int_equal(desk_first(desk, desk->first), STATUS_OK);
}

static inline const char *desk_path(const struct desk *desk, const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", desk->folder, name);
    return path;
}

static inline void desk_remove(const struct desk *desk, const char *name)
{
    unlink(desk_path(desk, name));
}

static inline void desk_lose_rows(const struct desk *desk)
{
    desk_remove(desk, "people.sqlite");
    desk_remove(desk, "people.sqlite-wal");
    desk_remove(desk, "people.sqlite-shm");
}

static inline void desk_end(struct desk *desk)
{
    char command[96];
    desk_close(desk);
    snprintf(command, sizeof command, "rm -rf '%s'", desk->folder);
    assert_int_equal(system(command), 0); /* lint: a folder of our own */
}

static inline struct by desk_by(const struct desk *desk, const char *name)
{
    return (struct by){name, HERE, desk->now, NULL};
}

static inline void desk_add(struct desk *desk, const char *name, enum permission permission)
{
    const struct by admin = desk_by(desk, "admin");
    assert_int_equal(people_add(desk->people, &admin, name, PASSWORD, permission, desk->why),
                     STATUS_OK);
}

static inline enum status desk_login_from(struct desk *desk, const char *name, const char *password,
                                          const char *code, const char *from, struct session *out)
{
    desk->now += 8 * SECOND; /* the limit of tries a second is none of this test's */
    return people_login(desk->people, name, password, code, from, desk->now, out);
}

static inline enum status desk_login(struct desk *desk, const char *name, const char *password,
                                     const char *code, struct session *out)
{
    return desk_login_from(desk, name, password, code, HERE, out);
}

static inline char *desk_read(const struct desk *desk, const char *name)
{
    static char text[FILE_MOST];
    FILE *file = fopen(desk_path(desk, name), "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = 0;
    fclose(file);
    return text;
}

static inline void desk_write(const struct desk *desk, const char *name, const char *text,
                              const char *mode)
{
    FILE *file = fopen(desk_path(desk, name), mode);
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    fclose(file);
}

#endif
