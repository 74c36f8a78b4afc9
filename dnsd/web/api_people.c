/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_people - who is there: login and its end, one's own account, the accounts of others.
 */
#include "people/worker.h"
#include "process/role.h"
#include "web/request.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

enum { URI_SIZE = 512 };

/* Passwords are compared and made by another thread, so nobody else waits for it: the request is
 * held meanwhile. When its client goes away, the work counts all the same. */

struct waiting {
    TAILQ_ENTRY(waiting) link;
    struct request *request;
    void (*end)(struct request *request, const struct password_job *job);
};

struct passwords {
    struct worker *worker;
    struct event *on_bell;
    TAILQ_HEAD(, waiting) waiting;
};

static void forget(struct passwords *passwords, struct waiting *waiting)
{
    TAILQ_REMOVE(&passwords->waiting, waiting, link);
    request_free(waiting->request);
    free(waiting);
}

static void on_bell(evutil_socket_t fd, short what, void *arg)
{
    struct passwords *passwords = arg;
    struct password_job job;
    void *owner;

    while (worker_take(passwords->worker, &job, &owner)) {
        struct waiting *waiting = owner;
        waiting->end(waiting->request, &job);
        forget(passwords, waiting);
    }
    explicit_bzero(&job, sizeof job);
}

/* Nothing that is answered now reaches anybody. */
static void on_gone(void *owner)
{
    struct request *request = owner;
    request->answered = true;
    request->connection = NULL;
}

void passwords_open(struct web *web)
{
    struct passwords *passwords = calloc(1, sizeof *passwords);
    if (passwords == NULL)
        role_die("out of memory");
    TAILQ_INIT(&passwords->waiting);
    passwords->worker = worker_new(password_job_run);
    if (passwords->worker == NULL)
        role_die("no thread can be had for passwords: %s", strerror(errno));
    passwords->on_bell = event_new(web->base, worker_bell(passwords->worker), EV_READ | EV_PERSIST,
                                   on_bell, passwords);
    if (passwords->on_bell == NULL || event_add(passwords->on_bell, NULL) != 0)
        role_die("out of memory");
    web->passwords = passwords;
}

void passwords_close(struct web *web)
{
    struct passwords *passwords = web->passwords;
    event_free(passwords->on_bell);
    worker_free(passwords->worker);
    for (struct waiting *next = TAILQ_FIRST(&passwords->waiting), *last; (last = next) != NULL;) {
        next = TAILQ_NEXT(last, link);
        request_free(last->request);
        free(last);
    }
    free(passwords);
}

/* Holds the request until the job was done, then calls `end` with both. When there are too many
 * jobs, 429 is the answer. */
static void passwords_ask(struct request *request, const struct password_job *job,
                          void (*end)(struct request *request, const struct password_job *job))
{
    struct passwords *passwords = request->web->passwords;
    struct waiting *waiting = calloc(1, sizeof *waiting);

    if (waiting == NULL || worker_give(passwords->worker, job, waiting) != STATUS_OK) {
        free(waiting);
        reply_header(request, "Retry-After", "5");
        reply_error(request, 429, "busy",
                    "Many passwords are being checked now: try again in a few seconds.");
        return;
    }
    waiting->request = request;
    waiting->end = end;
    TAILQ_INSERT_TAIL(&passwords->waiting, waiting, link);
    request->held = true;
    connection_hold(request->connection, on_gone, request);
}

/* What went wrong, of a change. `refused`: what STATUS_REFUSED means there. */
struct words {
    const char *invalid, *refused;
    int refused_code;
};
static const struct words password_words = {"weak", "wrong", 400};
static const struct words code_words = {"wrong", "wrong", 400};
static const struct words account_words = {"invalid", "last-admin", 409};

/* False: answered. */
static bool went_well(struct request *request, enum status status, const struct words *words,
                      const char *why)
{
    switch (status) {
    case STATUS_OK:
        return true;
    case STATUS_INVALID:
        reply_error(request, 400, words->invalid, "%s", why);
        return false;
    case STATUS_REFUSED:
        reply_error(request, words->refused_code, words->refused, "%s", why);
        return false;
    case STATUS_NOT_FOUND:
        reply_error(request, 404, "not-found", "%s", why);
        return false;
    case STATUS_EXISTS:
        reply_error(request, 409, "exists", "%s", why);
        return false;
    case STATUS_AGAIN:
        reply_error(request, 429, "locked", "%s", why);
        return false;
    default:
        reply_error(request, 503, "unwritten", "%s",
                    why[0] != 0 ? why : "Nothing was changed: the log says why.");
        return false;
    }
}

/* A text of the body that must be there; NULL: answered. */
static const char *need_text(struct request *request, const char *key)
{
    const char *text = body_text(request, key);
    if (text == NULL)
        reply_error(request, 400, "invalid", "`%s` is missing", key);
    return text;
}

/* One's session. */

static void reply_session(struct request *request, const struct session *session)
{
    const struct account *account = &session->account;
    struct json *json = json_new();
    json_open_object(json, NULL);
    json_open_object(json, "account");
    json_text(json, "name", account->name);
    json_text(json, "permission", permission_words[account->permission]);
    json_bool(json, "totp", account->has_totp);
    json_bool(json, "must_change", account->must_change);
    json_text(json, "language", account->language);
    json_close_object(json);
    json_text(json, "csrf", session->csrf);
    json_time(json, "ends", session->ends);
    json_text(json, "version", PONOR_VERSION);
    json_time(json, "now", request_now(request));
    json_close_object(json);
    reply_json(request, 200, json);
}

static void show_session(struct request *request)
{
    reply_session(request, request_session(request));
}

static struct credentials login_of(const struct request *request)
{
    return (struct credentials){.name = body_text(request, "name"),
                                .password = body_text(request, "password"),
                                .code = body_text(request, "code"),
                                .from = request_from(request),
                                .now = request_now(request)};
}

static void reply_login(struct request *request, enum status status, const struct session *session)
{
    switch (status) {
    case STATUS_OK:
        reply_cookie(request, session->token);
        reply_session(request, session);
        break;
    case STATUS_INVALID:
        reply_error(request, 401, "code-needed", "Give the code of your second factor.");
        break;
    case STATUS_REFUSED:
        reply_error(request, 401, "wrong", "Name, password or code is wrong.");
        break;
    case STATUS_AGAIN:
        reply_error(request, 429, "locked", "Too many tries: wait, then try again.");
        break;
    default:
        reply_error(request, 503, "unwritten", "Nobody can log in now: the log says why.");
    }
}

static void end_login(struct request *request, const struct password_job *job)
{
    struct session session;
    const struct credentials login = login_of(request);
    enum status status = people_login_end(request_web(request)->people, &login, job, &session);
    reply_login(request, status, &session);
}

static void login(struct request *request)
{
    struct password_job job;
    if (!request_body(request) || need_text(request, "name") == NULL ||
        need_text(request, "password") == NULL)
        return;
    const struct credentials login = login_of(request);
    enum status status = people_login_begin(request_web(request)->people, &login, &job);
    if (status == STATUS_OK)
        passwords_ask(request, &job, end_login);
    else
        reply_login(request, status, NULL);
    explicit_bzero(&job, sizeof job);
}

static void logout(struct request *request)
{
    const struct session *session = request_session(request);
    if (session->token[0] != 0)
        people_logout(request_web(request)->people, session->token, request_from(request),
                      request_now(request));
    reply_cookie(request, NULL);
    reply_empty(request);
}

/* One's own account. */

static struct new_password own_password(const struct request *request)
{
    return (struct new_password){.name = request_account(request)->name,
                                 .old = body_text(request, "old"),
                                 .password = body_text(request, "new")};
}

static void end_password(struct request *request, const struct password_job *job)
{
    char why[PEOPLE_WHY_SIZE] = "";
    struct web *web = request_web(request);
    const struct by by = request_by(request);
    const struct new_password wanted = own_password(request);
    enum status status = people_set_password_end(web->people, &by, &wanted, job, why);
    if (status == STATUS_OK)
        web_forget_first(web);
    if (went_well(request, status, &password_words, why))
        reply_empty(request);
}

static void set_password(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    struct password_job job;
    const struct by by = request_by(request);
    if (!request_body(request) || need_text(request, "old") == NULL ||
        need_text(request, "new") == NULL)
        return;
    const struct new_password wanted = own_password(request);
    enum status status =
        people_set_password_begin(request_web(request)->people, &by, &wanted, &job, why);
    if (went_well(request, status, &password_words, why))
        passwords_ask(request, &job, end_password);
    explicit_bzero(&job, sizeof job);
}

static void set_language(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    const struct by by = request_by(request);
    const char *language = request_body(request) ? need_text(request, "language") : NULL;
    if (language == NULL)
        return;
    enum status status = people_set_language(request_web(request)->people, &by, language, why);
    if (went_well(request, status, &account_words, why))
        reply_empty(request);
}

/* What an authenticator's picture says. */
static void totp_uri(const char *name, const char *secret, char out[URI_SIZE])
{
    size_t at = (size_t)snprintf(out, URI_SIZE, "otpauth://totp/Ponor:");
    for (; *name != 0; name++) {
        bool is_plain = strchr("@+", *name) == NULL;
        at += (size_t)snprintf(out + at, URI_SIZE - at, is_plain ? "%c" : "%%%02X", *name);
    }
    snprintf(out + at, URI_SIZE - at, "?secret=%s&issuer=Ponor", secret);
}

static void begin_totp(struct request *request)
{
    char secret[TOTP_SECRET_SIZE], uri[URI_SIZE];
    const struct by by = request_by(request);
    enum status status = people_totp_begin(request_web(request)->people, &by, secret);
    if (!went_well(request, status, &code_words,
                   status == STATUS_EXISTS ? "Codes are on: switch them off first." : ""))
        return;
    totp_uri(by.name, secret, uri);
    struct json *json = json_new();
    json_open_object(json, NULL);
    json_text(json, "secret", secret);
    json_text(json, "uri", uri);
    json_close_object(json);
    reply_json(request, 200, json);
}

static void confirm_totp(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    const struct by by = request_by(request);
    const char *code = request_body(request) ? need_text(request, "code") : NULL;
    if (code == NULL)
        return;
    enum status status = people_totp_confirm(request_web(request)->people, &by, code, why);
    if (went_well(request, status, &code_words, why))
        reply_empty(request);
}

static void end_totp(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    const struct by by = request_by(request);
    const char *code = request_body(request) ? need_text(request, "code") : NULL;
    if (code == NULL)
        return;
    enum status status = people_totp_off(request_web(request)->people, &by, by.name, code, why);
    if (went_well(request, status, &code_words, why))
        reply_empty(request);
}

/* The accounts of others. */

static bool on_account(void *owner, const struct account *account)
{
    struct json *json = owner;
    json_open_object(json, NULL);
    json_text(json, "name", account->name);
    json_text(json, "permission", permission_words[account->permission]);
    json_bool(json, "totp", account->has_totp);
    json_bool(json, "disabled", account->is_disabled);
    json_bool(json, "must_change", account->must_change);
    json_time(json, "created", account->created);
    json_time(json, "last_login", account->last_login);
    json_time(json, "locked_until", account->locked_until);
    json_close_object(json);
    return true;
}

static void show_accounts(struct request *request)
{
    struct json *json = json_new();
    json_open_object(json, NULL);
    json_open_list(json, "accounts");
    enum status status = people_accounts(request_web(request)->people, on_account, json);
    json_close_list(json);
    json_close_object(json);
    if (status == STATUS_OK) {
        reply_json(request, 200, json);
        return;
    }
    json_free(json);
    reply_error(request, 503, "unread", "The accounts cannot be read: %s.", status_text(status));
}

/* PERMISSION_NONE: no word for one. */
static enum permission read_permission(const char *word)
{
    for (int i = PERMISSION_VIEWER; word != NULL && permission_words[i] != NULL; i++)
        if (strcmp(permission_words[i], word) == 0)
            return (enum permission)i;
    return PERMISSION_NONE;
}

static struct new_account account_of(const struct request *request)
{
    return (struct new_account){.name = body_text(request, "name"),
                                .password = body_text(request, "password"),
                                .permission = read_permission(body_text(request, "permission"))};
}

static void end_add(struct request *request, const struct password_job *job)
{
    char why[PEOPLE_WHY_SIZE] = "";
    const struct by by = request_by(request);
    const struct new_account wanted = account_of(request);
    enum status status = people_add_end(request_web(request)->people, &by, &wanted, job, why);
    if (went_well(request, status, &account_words, why))
        reply_empty(request);
}

static void add_account(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    struct password_job job;
    if (!request_body(request) || need_text(request, "name") == NULL ||
        need_text(request, "permission") == NULL)
        return;
    const struct new_account wanted = account_of(request);
    enum status status = people_add_begin(request_web(request)->people, &wanted, &job, why);
    if (went_well(request, status, &account_words, why))
        passwords_ask(request, &job, end_add);
    explicit_bzero(&job, sizeof job);
}

/* One's own password and codes are changed with the old ones. */
static bool is_for_others(struct request *request, const char *name)
{
    bool is_own = strcasecmp(name, request_account(request)->name) == 0;
    bool asks = body_text(request, "password") != NULL || body_number(request, "totp_off", 0) != 0;
    if (is_own && asks)
        reply_error(request, 400, "own",
                    "Change your own password and codes in your account: that needs the old ones.");
    return !is_own || !asks;
}

static struct new_password others_password(const struct request *request)
{
    return (struct new_password){.name = request_part(request, 0),
                                 .password = body_text(request, "password")};
}

/* `job` NULL: no password is to be set. */
static void end_change(struct request *request, const struct password_job *job)
{
    char why[PEOPLE_WHY_SIZE] = "";
    struct people *people = request_web(request)->people;
    const struct by by = request_by(request);
    const struct new_password wanted = others_password(request);
    const char *permission = body_text(request, "permission");
    const int64_t disabled = body_number(request, "disabled", -1);
    enum status status = STATUS_OK;

    if (permission != NULL)
        status = people_set_permission(people, &by, wanted.name, read_permission(permission), why);
    if (status == STATUS_OK && disabled >= 0)
        status = people_set_disabled(people, &by, wanted.name, disabled != 0, why);
    if (status == STATUS_OK && job != NULL)
        status = people_set_password_end(people, &by, &wanted, job, why);
    if (status == STATUS_OK && body_number(request, "totp_off", 0) != 0)
        status = people_totp_off(people, &by, wanted.name, NULL, why);
    if (went_well(request, status, &account_words, why))
        reply_empty(request);
}

static void change_account(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    struct password_job job;
    const struct by by = request_by(request);

    if (!request_body(request) || !is_for_others(request, request_part(request, 0)))
        return;
    const struct new_password wanted = others_password(request);
    if (wanted.password == NULL) {
        end_change(request, NULL);
        return;
    }
    enum status status =
        people_set_password_begin(request_web(request)->people, &by, &wanted, &job, why);
    if (went_well(request, status, &account_words, why))
        passwords_ask(request, &job, end_change);
    explicit_bzero(&job, sizeof job);
}

const struct route people_routes[] = {
    {METHOD_GET, "/api/session", PERMISSION_VIEWER, show_session, true},
    {METHOD_POST, "/api/login", PERMISSION_NONE, login, true},
    {METHOD_POST, "/api/logout", PERMISSION_VIEWER, logout, true},
    {METHOD_POST, "/api/password", PERMISSION_VIEWER, set_password, true},
    {METHOD_POST, "/api/language", PERMISSION_VIEWER, set_language, true},
    {METHOD_POST, "/api/totp", PERMISSION_VIEWER, begin_totp},
    {METHOD_POST, "/api/totp/confirm", PERMISSION_VIEWER, confirm_totp},
    {METHOD_POST, "/api/totp/off", PERMISSION_VIEWER, end_totp},
    {METHOD_GET, "/api/accounts", PERMISSION_ADMIN, show_accounts},
    {METHOD_POST, "/api/accounts", PERMISSION_ADMIN, add_account},
    {METHOD_POST, "/api/accounts/{name}", PERMISSION_ADMIN, change_account},
    {0},
};
