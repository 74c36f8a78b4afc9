/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * web - what the role opens: people, page, policy, and history whenever there is one.
 */
#include "web/web.h"

#include "base/log.h"
#include "http/site.h"
#include "process/role.h"
#include "web/export.h"
#include "web/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MS = 1000, FIRST_MODE = 0600 };

static const char first_file[] = "first-password";

/* The history. */

static void close_history(struct web *web)
{
    struct history_view *history = &web->history;

    if (history->store != NULL)
        store_close(history->store);
    if (history->summary != NULL)
        summary_close(history->summary);
    history->store = NULL;
    history->summary = NULL;
}

/* Once a second: whether it is still the same history. Whoever deletes it gets a new one. */
static void look_at_history(struct web *web)
{
    struct history_view *history = &web->history;
    char path[CONFIG_PATH_SIZE + 32];
    struct stat about;
    clock_ms now = clock_now();

    if (history->looked != 0 && now - history->looked < LOOK_MS)
        return;
    history->looked = now;
    history->why[0] = 0;
    snprintf(path, sizeof path, "%s/summary.sqlite", web->config->consoled.store.folder);
    uint64_t file = stat(path, &about) == 0 ? about.st_ino : 0;
    if (file != history->file)
        close_history(web);
    history->file = file;
}

/* What opening gave. Trouble is kept until the next look; that nothing is there yet is none. */
static enum status opened(struct history_view *history, bool is_open, enum status status,
                          const char *why)
{
    if (is_open)
        return STATUS_OK;
    if (status == STATUS_OK || status == STATUS_AGAIN)
        return STATUS_AGAIN;
    snprintf(history->why, sizeof history->why, "%s", why);
    return status;
}

enum status web_store(struct web *web, struct store **out)
{
    struct history_view *history = &web->history;
    enum status status = STATUS_OK;
    char why[STORE_WHY_SIZE];

    look_at_history(web);
    if (history->store == NULL && history->why[0] == 0)
        status = store_open(&web->config->consoled.store, false, why, &history->store);
    *out = history->store;
    return opened(history, *out != NULL, status, why);
}

enum status web_summary(struct web *web, struct summary **out)
{
    struct history_view *history = &web->history;
    enum status status = STATUS_OK;
    char why[STORE_WHY_SIZE];

    look_at_history(web);
    if (history->summary == NULL && history->why[0] == 0)
        status = summary_open(web->config->consoled.store.folder, false, why, &history->summary);
    *out = history->summary;
    return opened(history, *out != NULL, status, why);
}

static bool answer(struct request *request, enum status status)
{
    const char *why = request->web->history.why;

    if (status == STATUS_OK)
        return true;
    if (why[0] == 0)
        reply_error(request, 503, "no-history",
                    "there is no history yet: it begins with the "
                    "first event that is read");
    else
        reply_error(request, 503, "history", "the history cannot be read: %s", why);
    return false;
}

bool web_need_store(struct request *request, struct store **out)
{
    return answer(request, web_store(request->web, out));
}

bool web_need_summary(struct request *request, struct summary **out)
{
    return answer(request, web_summary(request->web, out));
}

/* People. */

static bool write_first(const char *path, const char *password)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FIRST_MODE);
    if (fd < 0)
        return false;
    bool is_there = dprintf(fd, "%s\n", password) > 0 && fsync(fd) == 0;
    int error = errno;
    close(fd);
    errno = error;
    return is_there;
}

static bool keep_first(void *owner, const char *password)
{
    const struct web *web = owner;
    char path[CONFIG_PATH_SIZE + sizeof first_file + 1];

    snprintf(path, sizeof path, "%s/%s", web->config->consoled.folder, first_file);
    if (write_first(path, password)) {
        log_info("log in as `admin`; the password stands in %s and must be changed then", path);
        return true;
    }
    log_error("cannot write the first password to %s: %s", path, strerror(errno));
    return false;
}

void web_forget_first(struct web *web)
{
    char path[CONFIG_PATH_SIZE + sizeof first_file + 1];

    if (people_must_change(web->people, "admin"))
        return;
    snprintf(path, sizeof path, "%s/%s", web->config->consoled.folder, first_file);
    if (unlink(path) == 0)
        log_info("%s is gone: the password was changed", path);
}

static void open_people(struct web *web)
{
    const struct config *config = web->config;
    const struct people_limits limits = {
        .idle_us = config->consoled.session_idle_seconds * UINT64_C(1000000),
        .total_us = config->consoled.session_total_seconds * UINT64_C(1000000),
        .lock_us = config->consoled.lock_seconds * UINT64_C(1000000),
        .wrong_most = config->consoled.wrong_most,
    };
    char why[PEOPLE_WHY_SIZE] = "";

    enum status status =
        people_open(config->consoled.folder, &limits, clock_wall(), why, &web->people);
    if (status != STATUS_OK)
        role_die("accounts cannot be used: %s", why[0] != 0 ? why : status_text(status));
    status = people_first(web->people, clock_wall(), keep_first, web);
    if (status == STATUS_EXISTS)
        web_forget_first(web);
    else if (status != STATUS_OK)
        role_die("the first account cannot be made: see above");
}

/* The page. */

static void open_page(struct web *web)
{
    char why[SITE_WHY_SIZE];
    enum status status = site_read(web->config->consoled.page, why, &web->page);

    if (status == STATUS_OK && site_find(web->page, "/index.html") != NULL)
        return;
    if (status == STATUS_OK)
        snprintf(why, sizeof why, "%s has no index.html", web->config->consoled.page);
    log_warning("there is no page: %s; the API works all the same", why);
    site_free(web->page);
    web->page = NULL;
}

/* Whether a coding may be used: listed, and not with `q=0` (RFC 9110 12.4.2). */
static bool accepts_gzip(const struct request *request)
{
    struct span said = head_value(connection_head(request->connection), "Accept-Encoding", NULL);
    const uint8_t *at = said.length == 0 ? NULL : memmem(said.at, said.length, "gzip", 4);
    unsigned quality = 0;

    if (at == NULL)
        return false;
    said = span_behind(said, (size_t)(at - said.at) + 4);
    while (said.length > 0 && (said.at[0] == ' ' || said.at[0] == ';'))
        said = span_behind(said, 1);
    if (said.length < 2 || memcmp(said.at, "q=", 2) != 0)
        return true;
    for (size_t i = 2; i < said.length && said.at[i] != ','; i++)
        quality += said.at[i] >= '1' && said.at[i] <= '9';
    return quality > 0;
}

/* Whether the browser has this one. A proxy that packs makes a tag weak: W/"…". */
static bool has_already(const struct request *request, const char *tag)
{
    struct span known = head_value(connection_head(request->connection), "If-None-Match", NULL);
    return known.length > 0 && memmem(known.at, known.length, tag, strlen(tag)) != NULL;
}

static void send_file(struct request *request, const struct site_file *file)
{
    bool is_asset = strncmp(file->path, "/assets/", strlen("/assets/")) == 0;
    bool is_zipped = file->zipped.length > 0 && accepts_gzip(request);
    const char *tag = is_zipped ? file->zipped_tag : file->tag;

    reply_header(request, "Cache-Control",
                 is_asset ? "public, max-age=31536000, immutable" : "no-cache");
    reply_header(request, "ETag", tag);
    if (file->zipped.length > 0)
        reply_header(request, "Vary", "Accept-Encoding");
    if (has_already(request, tag)) {
        reply_bytes(request, 304, NULL, (struct span){0});
        return;
    }
    if (is_zipped)
        reply_header(request, "Content-Encoding", "gzip");
    reply_bytes(request, 200, file->type, is_zipped ? file->zipped : file->bytes);
}

static void send_text(struct request *request, int code, const char *text)
{
    reply_header(request, "Cache-Control", "no-store");
    reply_bytes(request, code, "text/plain; charset=utf-8", span_text(text));
}

/* A path that is no file is a place inside the page, unless it looks like a file: "/robots.txt". */
void web_page(struct request *request)
{
    const struct site *page = request->web->page;

    if (page == NULL) {
        send_text(request, 503, "the page is not built: run ./dev build\n");
        return;
    }
    const struct site_file *file = site_find(page, request->path);
    const char *last = strrchr(request->path, '/');
    bool is_place = strncmp(request->path, "/assets/", strlen("/assets/")) != 0 &&
                    strstr(request->path, "..") == NULL &&
                    (last != request->path || strchr(last, '.') == NULL);
    if (file == NULL && is_place)
        file = site_find(page, "/index.html");
    if (file == NULL)
        send_text(request, 404, "no such file\n");
    else
        send_file(request, file);
}

/* The policy. */

void web_adopt_policy(struct web *web, int fd, uint32_t generation)
{
    struct policy *next;
    enum status status = policy_open_again(fd, &next);

    close(fd);
    if (status != STATUS_OK)
        role_die("the policy cannot be mapped: %s", status_text(status));
    if (web->policy != NULL)
        policy_close(web->policy);
    web->policy = next;
    web->policy_generation = generation;
    web->gifts.counters->value[COUNT_POLICY_SWAPS]++;
}

void web_open(struct web *web)
{
    web->since = clock_wall();
    web->metrics = metrics_new();
    open_people(web);
    passwords_open(web);
    open_page(web);
    if (web->gifts.policy >= 0)
        web_adopt_policy(web, web->gifts.policy, web->gifts.generation);
}

void web_close(struct web *web)
{
    passwords_close(web);
    exports_close(web);
    incidents_free(web);
    metrics_free(web->metrics);
    close_history(web);
    people_close(web->people);
    site_free(web->page);
    if (web->policy != NULL)
        policy_close(web->policy);
}
