/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day - the file's name, its tables, and the keys of its words.
 */
#include "sqlite/day.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LAST_DAY = 2932896, FILES_MOST = 100000 };

static_assert(DAY_FORMAT == 1, "as day_schema says");

/* A commit is on the disk before the summary says so: synchronous=FULL. The format is there before
 * the tables are. */
const char day_schema[] =
    "PRAGMA synchronous=FULL;"
    "PRAGMA user_version=1;"
    "CREATE TABLE IF NOT EXISTS word("
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key BLOB NOT NULL, text BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS word_by_key ON word(kind, key);"
    "CREATE TABLE IF NOT EXISTS block(id INTEGER PRIMARY KEY, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, rows INTEGER NOT NULL, cuts BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS part(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS line(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS tail(id INTEGER PRIMARY KEY, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, rows INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS hour(hour INTEGER NOT NULL, app INTEGER NOT NULL,"
    " list INTEGER NOT NULL, rule INTEGER NOT NULL, action INTEGER NOT NULL, way INTEGER NOT NULL,"
    " evidence INTEGER NOT NULL, \"group\" INTEGER NOT NULL, gateway INTEGER NOT NULL,"
    " program INTEGER NOT NULL, stopped INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " PRIMARY KEY(hour, app, list, rule, action, way, evidence, \"group\", gateway, program,"
    "  stopped)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS position(source INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);";

const char *const day_hour_columns[WORD_COUNT] = {
    [WORD_APP] = "app",         [WORD_LIST] = "list",       [WORD_RULE] = "rule",
    [WORD_ACTION] = "action",   [WORD_WAY] = "way",         [WORD_EVIDENCE] = "evidence",
    [WORD_GROUP] = "\"group\"", [WORD_GATEWAY] = "gateway", [WORD_PROGRAM] = "program",
};

enum status day_format_check(struct sqlite *db, const char *path, char why[SQLITE_WHY_SIZE])
{
    struct sqlite_statement *s = sqlite_prepare(db, "PRAGMA user_version");
    const enum status status = s == NULL ? STATUS_CORRUPT : sqlite_step(s);
    const int64_t format = status == STATUS_OK ? sqlite_number(s, 0) : 0;

    if (status != STATUS_OK)
        snprintf(why, SQLITE_WHY_SIZE, "%.150s: %.90s", path, sqlite_why(db));
    sqlite_free(s);
    if (format >= 0 && format <= DAY_FORMAT) /* 0: nothing is in it yet */
        return status;
    snprintf(why, SQLITE_WHY_SIZE,
             "%.80s is of a newer format (%d; this program knows %d): run the newer version, or "
             "stop consoled and delete the folder, it is made again from the event files",
             path, (int)format, DAY_FORMAT);
    return STATUS_UNSUPPORTED;
}

uint32_t day_of(clock_us at)
{
    const clock_us day = at / DAY_US;
    return day < LAST_DAY ? (uint32_t)day : LAST_DAY;
}

clock_us day_begin(uint32_t day)
{
    return day * DAY_US;
}

clock_us day_end(uint32_t day)
{
    return day < LAST_DAY ? (day + 1) * DAY_US : UINT64_MAX;
}

const char *day_file(uint32_t day, char out[DAY_FILE_SIZE])
{
    snprintf(out, DAY_FILE_SIZE, "day-%08u.sqlite", clock_date(day_begin(day)));
    return out;
}

bool day_from_file(const char *file, uint32_t *day)
{
    char same[DAY_FILE_SIZE];
    struct tm t = {0};

    if (strlen(file) != DAY_FILE_SIZE - 5 || strncmp(file, "day-", 4) != 0)
        return false;
    const long date = strtol(file + 4, NULL, 10);
    t.tm_year = (int)(date / 10000 - 1900);
    t.tm_mon = (int)(date / 100 % 100 - 1);
    t.tm_mday = (int)(date % 100);
    const time_t seconds = timegm(&t);
    if (seconds < 0)
        return false;
    *day = day_of((clock_us)seconds * 1000000);
    return strcmp(day_file(*day, same), file) == 0; /* a date that is one */
}

const char *day_path(const char *folder, uint32_t day, char out[DAY_PATH_SIZE])
{
    char file[DAY_FILE_SIZE];
    snprintf(out, DAY_PATH_SIZE, "%s/%s", folder, day_file(day, file));
    return out;
}

static int by_day(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

enum status day_files_list(const char *folder, struct day_files *out)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    size_t room = 0;
    uint32_t day;

    *out = (struct day_files){0};
    if (directory == NULL)
        return STATUS_SYSTEM;
    while ((entry = readdir(directory)) != NULL && out->count < FILES_MOST) {
        if (!day_from_file(entry->d_name, &day))
            continue;
        if (out->count == room) {
            room = room == 0 ? 64 : room * 2;
            uint32_t *days = realloc(out->days, room * sizeof *days);
            if (days == NULL) {
                closedir(directory);
                day_files_free(out);
                return STATUS_NO_MEMORY;
            }
            out->days = days;
        }
        out->days[out->count++] = day;
    }
    closedir(directory);
    if (out->count > 1)
        qsort(out->days, out->count, sizeof *out->days, by_day);
    return STATUS_OK;
}

void day_files_free(struct day_files *files)
{
    free(files->days);
    *files = (struct day_files){0};
}

static const char *const beside[] = {"", "-wal", "-shm"};

bool day_file_facts(const char *folder, uint32_t day, uint64_t *bytes, uint64_t *inode)
{
    char path[DAY_PATH_SIZE], file[DAY_PATH_SIZE + 8];
    struct stat facts;

    day_path(folder, day, path);
    *bytes = 0;
    for (size_t i = 0; i < COUNT_OF(beside); i++) {
        snprintf(file, sizeof file, "%s%s", path, beside[i]);
        if (stat(file, &facts) == 0) {
            *bytes += (uint64_t)facts.st_blocks * 512;
            *inode = i == 0 ? facts.st_ino : *inode;
        } else if (i == 0) {
            return false;
        }
    }
    return true;
}

enum status day_file_remove(const char *folder, uint32_t day)
{
    char path[DAY_PATH_SIZE], file[DAY_PATH_SIZE + 8];
    enum status status = STATUS_OK;

    day_path(folder, day, path);
    for (size_t i = 0; i < COUNT_OF(beside); i++) {
        snprintf(file, sizeof file, "%s%s", path, beside[i]);
        if (unlink(file) != 0 && i == 0)
            status = STATUS_SYSTEM;
    }
    return status;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Whether the character at `at` stands behind a backslash that means it. */
static bool is_escaped(struct span name, size_t at)
{
    size_t slashes = 0;
    while (slashes < at && name.at[at - 1 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 1;
}

static struct span without_root(struct span name)
{
    if (name.length > 0 && name.at[name.length - 1] == '.' && !is_escaped(name, name.length - 1))
        name.length--;
    return name;
}

struct span day_key(enum text kind, struct span text, uint8_t room[DAY_KEY_SIZE])
{
    if (kind != TEXT_NAME)
        return span_of(text.at, text.length < DAY_KEY_SIZE ? text.length : DAY_KEY_SIZE);
    const struct span name = without_root(text);
    const size_t length = name.length < DAY_KEY_SIZE ? name.length : DAY_KEY_SIZE;
    for (size_t i = 0; i < length; i++)
        room[i] = lower(name.at[name.length - 1 - i]);
    return span_of(room, length);
}

bool day_name_is_below(struct span name, struct span zone)
{
    name = without_root(name);
    zone = without_root(zone);
    if (zone.length == 0)
        return true;
    if (name.length < zone.length)
        return false;
    const size_t before = name.length - zone.length;
    for (size_t i = 0; i < zone.length; i++)
        if (lower(name.at[before + i]) != lower(zone.at[i]))
            return false;
    return before == 0 || (name.at[before - 1] == '.' && !is_escaped(name, before - 1));
}
