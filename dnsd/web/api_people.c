/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_people - who is there: login and its end, one's own account, the accounts of others.
 */
#include "web/route.h"
#include "web/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { AUDIT_PAGE = 100, URI_SIZE = 512 };

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

static void login(struct request *request)
{
    struct session session;
    if (!request_body(request))
        return;
    const char *name = need_text(request, "name");
    const char *password = name == NULL ? NULL : need_text(request, "password");
    if (password == NULL)
        return;
    enum status status =
        people_login(request_web(request)->people, name, password, body_text(request, "code"),
                     request_from(request), request_now(request), &session);
    switch (status) {
    case STATUS_OK:
        reply_cookie(request, session.token);
        reply_session(request, &session);
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

static void set_password(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    const struct by by = request_by(request);
    if (!request_body(request))
        return;
    const char *old = need_text(request, "old");
    const char *password = old == NULL ? NULL : need_text(request, "new");
    if (password == NULL)
        return;
    enum status status =
        people_set_password(request_web(request)->people, &by, by.name, old, password, why);
    if (went_well(request, status, &password_words, why))
        reply_empty(request);
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

static void add_account(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    const struct by by = request_by(request);
    const char *name = request_body(request) ? need_text(request, "name") : NULL;
    const char *permission = name == NULL ? NULL : need_text(request, "permission");
    if (permission == NULL)
        return;
    enum status status =
        people_add(request_web(request)->people, &by, name, body_text(request, "password"),
                   read_permission(permission), why);
    if (went_well(request, status, &account_words, why))
        reply_empty(request);
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

static void change_account(struct request *request)
{
    char why[PEOPLE_WHY_SIZE] = "";
    struct people *people = request_web(request)->people;
    const char *name = request_part(request, 0);
    const struct by by = request_by(request);
    enum status status = STATUS_OK;

    if (!request_body(request) || !is_for_others(request, name))
        return;
    const char *permission = body_text(request, "permission");
    const char *password = body_text(request, "password");
    const int64_t disabled = body_number(request, "disabled", -1);
    if (permission != NULL)
        status = people_set_permission(people, &by, name, read_permission(permission), why);
    if (status == STATUS_OK && disabled >= 0)
        status = people_set_disabled(people, &by, name, disabled != 0, why);
    if (status == STATUS_OK && password != NULL)
        status = people_set_password(people, &by, name, NULL, password, why);
    if (status == STATUS_OK && body_number(request, "totp_off", 0) != 0)
        status = people_totp_off(people, &by, name, NULL, why);
    if (went_well(request, status, &account_words, why))
        reply_empty(request);
}

/* Audit. */

struct audit_page {
    struct json *json;
    uint64_t last;
    unsigned count;
};

static bool on_audit(void *owner, const struct audit_line *line)
{
    struct audit_page *page = owner;
    struct json *json = page->json;
    json_open_object(json, NULL);
    json_number(json, "sequence", line->sequence);
    json_time(json, "at", line->at);
    json_text(json, "by", line->by);
    json_text(json, "from", line->from);
    json_text(json, "action", line->action);
    json_text(json, "about", line->about);
    json_raw(json, "raw", span_text(line->raw));
    json_close_object(json);
    page->last = line->sequence;
    return ++page->count < AUDIT_PAGE;
}

static void show_chain(struct json *json, struct web *web)
{
    char why[PEOPLE_WHY_SIZE] = "";
    uint64_t lines = 0;
    enum status status = audit_is_whole(web->people, &lines, why);
    json_open_object(json, "chain");
    json_bool(json, "whole", status == STATUS_OK);
    json_number(json, "lines", lines);
    json_text(json, "text", status == STATUS_OK ? "every line is as it was written" : why);
    json_close_object(json);
}

static void show_audit(struct request *request)
{
    struct web *web = request_web(request);
    struct audit_page page = {.json = json_new()};
    const char *text = request_query(request, "before");
    char *end = NULL;
    uint64_t before = text == NULL ? 0 : strtoull(text, &end, 10);
    if (end != NULL && (*end != 0 || before == 0)) {
        json_free(page.json);
        reply_error(request, 400, "filter", "`before` is the number of a line");
        return;
    }
    json_open_object(page.json, NULL);
    json_open_list(page.json, "lines");
    enum status status = audit_lines(web->people, before, on_audit, &page);
    json_close_list(page.json);
    if (page.count == AUDIT_PAGE && page.last > 1)
        json_number(page.json, "next", page.last);
    else
        json_nothing(page.json, "next");
    show_chain(page.json, web);
    json_close_object(page.json);
    if (status == STATUS_OK) {
        reply_json(request, 200, page.json);
        return;
    }
    json_free(page.json);
    reply_error(request, 503, "unread", "The audit lines cannot be read: %s.", status_text(status));
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
    {METHOD_GET, "/api/audit", PERMISSION_ADMIN, show_audit},
    {0},
};
