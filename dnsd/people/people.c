/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * people - opening and closing, and the first admin.
 */
#include "people/people.h"

#include "base/log.h"
#include "base/random.h"
#include "people/accounts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESCUE_FILE "rescue"
#define FIRST_ADMIN "admin"

enum { RESCUE_PATH_SIZE = CONFIG_PATH_SIZE + sizeof RESCUE_FILE + 1 };

/* The lines must end where the rows say; else the break stays in them for ever. */
static enum status end_compare(struct people *people, clock_us now)
{
    char reason[PEOPLE_WHY_SIZE];
    const struct chain found = audit_end(people->audit);
    struct chain known = {0};
    enum status status = meta_find(people, "end", &known.sequence, known.hash);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (found.sequence > known.sequence || (found.sequence == known.sequence &&
                                            memcmp(found.hash, known.hash, sizeof known.hash) == 0))
        return STATUS_OK;
    snprintf(reason, sizeof reason,
             found.sequence < known.sequence
                 ? "lines are missing: the last one here is %" PRIu64 ", %s knows %" PRIu64
                 : "line %" PRIu64 " is not the one that was written: %s knows another %" PRIu64,
             found.sequence, DATABASE_FILE, known.sequence);
    audit_go_on_from(people->audit, &known);
    return change_say(people, ACT_BROKEN, now, NULL, reason);
}

static enum status key_read(struct people *people)
{
    uint64_t number;
    if (meta_find(people, "key", &number, people->key) == STATUS_OK)
        return STATUS_OK;
    random_bytes(people->key, sizeof people->key);
    return meta_keep(people, "key", 0, span_of(people->key, sizeof people->key));
}

static enum status writing_begin(struct people *people, clock_us now)
{
    char reason[PEOPLE_WHY_SIZE], password[FIRST_PASSWORD_SIZE];
    const uint64_t torn = audit_torn_bytes(people->audit);

    password_first(password);
    enum status status = password_hash(password, people->unknown);
    if (status == STATUS_OK)
        status = key_read(people);
    if (status == STATUS_OK)
        status = end_compare(people, now);
    if (status == STATUS_OK)
        status = change_catch_up(people, now);
    if (status == STATUS_OK && torn > 0) {
        snprintf(reason, sizeof reason, "%" PRIu64 " bytes of half a line were moved aside", torn);
        status = change_say(people, ACT_TORN, now, NULL, reason);
    }
    return status;
}

enum status people_open(const char *folder, const struct people_limits *limits, clock_us now,
                        char why[PEOPLE_WHY_SIZE], struct people **out)
{
    struct people *people = calloc(1, sizeof *people);
    snprintf(why, PEOPLE_WHY_SIZE, "out of memory");
    if (people == NULL || password_ready() != STATUS_OK) {
        free(people);
        return STATUS_NO_MEMORY;
    }
    snprintf(people->folder, sizeof people->folder, "%s", folder);
    people->only_reads = limits == NULL;
    if (limits != NULL)
        people->limits = *limits;
    random_bytes(&people->source_key, sizeof people->source_key);
    /* First the lines: who has their lock may write rows. */
    enum status status = audit_open(folder, !people->only_reads, now, why, &people->audit);
    if (status == STATUS_NOT_FOUND)
        status = STATUS_AGAIN;
    if (status == STATUS_OK)
        status = database_open(people, why);
    if (status == STATUS_OK && !people->only_reads) {
        status = writing_begin(people, now);
        if (status != STATUS_OK)
            snprintf(why, PEOPLE_WHY_SIZE, "%.120s: accounts cannot be kept there: %.90s", folder,
                     sqlite_why(people->db));
    }
    if (status == STATUS_OK)
        *out = people;
    else
        people_close(people);
    return status;
}

void people_close(struct people *people)
{
    if (people == NULL)
        return;
    for (size_t i = 0; i < people->query_count; i++)
        sqlite_free(people->queries[i].statement);
    sqlite_close(people->db);
    audit_close(people->audit);
    explicit_bzero(people->key, sizeof people->key);
    free(people);
}

/* The first admin. */

static bool answer(struct people *people, const char *text)
{
    struct sqlite_statement *s = query(people, text);
    bool yes = sqlite_step(s) == STATUS_OK && sqlite_number(s, 0) != 0;
    sqlite_reset(s);
    return yes;
}

static void rescue_path(const struct people *people, char out[RESCUE_PATH_SIZE])
{
    snprintf(out, RESCUE_PATH_SIZE, "%s/%s", people->folder, RESCUE_FILE);
}

/* Why an admin is made; NULL: nothing asks for it. */
static const char *first_reason(struct people *people)
{
    char path[RESCUE_PATH_SIZE];
    struct stat found;
    rescue_path(people, path);
    if (lstat(path, &found) == 0)
        return "somebody who may write in the folder asked for it with a file";
    if (errno != ENOENT)
        log_warning("%s: %s", path, strerror(errno));
    if (!answer(people, "SELECT EXISTS(SELECT 1 FROM accounts)"))
        return "there is no account";
    if (answer(people, "SELECT EXISTS(SELECT 1 FROM accounts WHERE lost = 1 AND permission = 3 AND"
                       " disabled = 0) AND NOT EXISTS(SELECT 1 FROM accounts WHERE permission = 3"
                       " AND disabled = 0 AND hash IS NOT NULL)"))
        return "the passwords of all admins were lost";
    return NULL;
}

static enum status first_make(struct people *people, struct change *change, const char *password)
{
    char hash[PASSWORD_HASH_SIZE], path[RESCUE_PATH_SIZE];
    enum status status = password_hash(password, hash);
    if (status == STATUS_OK)
        status = change_begin(people, change->at);
    if (status != STATUS_OK)
        return status;
    change->about = FIRST_ADMIN;
    change->hash = hash;
    status = change_end(people, trial_forget(people, FIRST_ADMIN), change, NULL);
    change->hash = NULL;
    rescue_path(people, path);
    if (status == STATUS_OK && unlink(path) != 0 && errno != ENOENT)
        log_error("%s: %s; remove it, or the next start makes another password", path,
                  strerror(errno));
    return status;
}

enum status people_first(struct people *people, clock_us now,
                         bool (*keep)(void *owner, const char *password), void *owner)
{
    char password[FIRST_PASSWORD_SIZE];
    const struct by nobody = {.now = now};
    struct change change = change_of(ACT_ADMIN_MADE, &nobody);

    change.reason = first_reason(people);
    if (change.reason == NULL)
        return STATUS_EXISTS;
    password_first(password);
    enum status status =
        keep(owner, password) ? first_make(people, &change, password) : STATUS_SYSTEM;
    explicit_bzero(password, sizeof password);
    return status;
}
