/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * server - statements over post, and what a refusal means.
 */
#include "clickhouse/server.h"

#include "clickhouse/post.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONNECT_MS = 2000, TARGET_SIZE = 7168, PASSWORD_SIZE = 256, HEADER_SIZE = 320 };

struct remote {
    const struct config_store *options;
    struct poster *poster;
    uint32_t turn;
    char user[HEADER_SIZE], password[HEADER_SIZE];
    char target[TARGET_SIZE];
    char why[SERVER_WHY_SIZE];
};

static bool is_printable(const char *text)
{
    for (; *text != 0; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static enum status read_password(const char *file, char out[PASSWORD_SIZE],
                                 char why[SERVER_WHY_SIZE])
{
    out[0] = 0;
    if (file[0] == 0)
        return STATUS_OK;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, PASSWORD_SIZE - 1);
    if (got < 0)
        snprintf(why, SERVER_WHY_SIZE, "password_file %.150s: %s", file, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return STATUS_INVALID;
    out[got] = 0;
    out[strcspn(out, "\r\n")] = 0;
    if (is_printable(out) && out[0] != 0)
        return STATUS_OK;
    snprintf(why, SERVER_WHY_SIZE,
             "password_file %.150s: its first line must be the password, in printable ASCII", file);
    return STATUS_INVALID;
}

static bool is_plain(const char *word)
{
    for (; *word != 0; word++)
        if (!((*word >= 'a' && *word <= 'z') || (*word >= 'A' && *word <= 'Z') ||
              (*word >= '0' && *word <= '9') || *word == '_' || *word == '-' || *word == '.'))
            return false;
    return true;
}

enum status remote_new(const struct config_store *options, char why[SERVER_WHY_SIZE],
                       struct remote **out)
{
    char password[PASSWORD_SIZE];

    snprintf(why, SERVER_WHY_SIZE, "out of memory");
    if (options->server_count == 0 || (options->server_count > 1 && options->cluster[0] == 0)) {
        snprintf(why, SERVER_WHY_SIZE,
                 "`clickhouse` without `cluster` has one server in `servers`");
        return STATUS_INVALID;
    }
    if (!is_plain(options->database) || !is_plain(options->cluster) || options->database[0] == 0 ||
        !is_printable(options->user)) {
        snprintf(why, SERVER_WHY_SIZE,
                 "`database`, `cluster` and `user` of `clickhouse` are words "
                 "of letters, digits and _ - .");
        return STATUS_INVALID;
    }
    enum status status = read_password(options->password_file, password, why);
    if (status != STATUS_OK)
        return status;
    struct remote *server = calloc(1, sizeof *server);
    if (server == NULL)
        return STATUS_NO_MEMORY;
    server->options = options;
    server->poster = poster_new();
    if (server->poster == NULL) {
        remote_free(server);
        return STATUS_NO_MEMORY;
    }
    snprintf(server->user, sizeof server->user, "X-ClickHouse-User: %s", options->user);
    if (password[0] != 0)
        snprintf(server->password, sizeof server->password, "X-ClickHouse-Key: %s", password);
    explicit_bzero(password, sizeof password);
    *out = server;
    return STATUS_OK;
}

void remote_free(struct remote *server)
{
    if (server == NULL)
        return;
    poster_free(server->poster);
    explicit_bzero(server->password, sizeof server->password);
    free(server);
}

bool remote_turn(struct remote *server)
{
    server->turn = (server->turn + 1) % server->options->server_count;
    return server->turn != 0;
}

const char *remote_why(const struct remote *server)
{
    return server->why;
}

enum status remote_begin(struct remote *server, const struct server_ask *ask)
{
    const bool has_rows = ask->rows.length > 0;
    char statement[TARGET_SIZE / 2] = "";
    unsigned seconds = (unsigned)((ask->patience_ms + 999) / 1000);

    if (has_rows && !post_escape(span_text(ask->statement), statement, sizeof statement))
        return STATUS_TOO_LONG;
    int length = snprintf(
        server->target, sizeof server->target,
        "/?wait_end_of_query=1&max_execution_time=%u%s%s%s%s%s", seconds,
        ask->settings == NULL ? "" : ask->settings,
        ask->query_id == NULL ? "" : "&query_id=", ask->query_id == NULL ? "" : ask->query_id,
        has_rows ? "&query=" : "", statement);
    if (length >= (int)sizeof server->target)
        return STATUS_TOO_LONG;
    const struct post post = {
        .to = &server->options->servers[server->turn],
        .target = server->target,
        .headers = {server->user, server->password[0] == 0 ? NULL : server->password},
        .body = has_rows ? ask->rows : span_text(ask->statement),
        .most = ask->most,
        .connect_ms = ask->patience_ms < CONNECT_MS ? ask->patience_ms : CONNECT_MS,
        .patience_ms = ask->patience_ms,
    };
    return poster_begin(server->poster, &post);
}

/* ClickHouse's numbers (dbms/src/Common/ErrorCodes.cpp). */
static const struct {
    unsigned code;
    enum status status;
    const char *remedy;
} refusals[] = {
    {60, STATUS_NOT_FOUND, "the table is made once consoled's ingest reaches the server"},
    {81, STATUS_NOT_FOUND, "the database is made once consoled's ingest reaches the server"},
    {62, STATUS_REFUSED, "a cluster needs <macros> with `shard` and `replica` on each server"},
    {36, STATUS_REFUSED, "a cluster needs <macros> with `shard` and `replica` on each server"},
    {159, STATUS_TOO_LONG, NULL},
    {160, STATUS_TOO_LONG, NULL},
    {216, STATUS_EXISTS, NULL},
    {164, STATUS_REFUSED, "`user` may only read: consoled needs one that may write"},
    {170, STATUS_REFUSED, "`cluster` of consoled must stand in <remote_servers> of each server"},
    {192, STATUS_REFUSED, "set `user` of `clickhouse`, or make it in the server's users.xml"},
    {193, STATUS_REFUSED, "set `password_file` of `clickhouse`"},
    {194, STATUS_REFUSED, "set `password_file` of `clickhouse`"},
    {195, STATUS_REFUSED,
     "add consoled's address to <networks> of `user` in the server's users.xml"},
    {225, STATUS_REFUSED, "a cluster needs ZooKeeper: <zookeeper> in the server's config.xml"},
    {139, STATUS_REFUSED, "a cluster needs <zookeeper> and <distributed_ddl> in config.xml"},
    {242, STATUS_REFUSED, "the server has lost ZooKeeper: see that it runs"},
    {252, STATUS_REFUSED, "the server merges too slowly; consoled waits"},
    {279, STATUS_REFUSED, "no replica of a shard answers: see that its servers run"},
    {291, STATUS_REFUSED,
     "add `database` to <allow_databases> of `user` in the server's users.xml"},
    {359, STATUS_REFUSED, "raise <max_partition_size_to_drop> in the server's config.xml"},
    {999, STATUS_REFUSED, "ZooKeeper does not answer the server: see that it runs"},
};

/* The sentence between "DB::Exception: " and ", e.what()", without what could forge a line. */
static void sentence(struct span answer, char *out, size_t size)
{
    static const char before[] = "Exception: ", behind[] = ", e.what()";
    const uint8_t *from = memmem(answer.at, answer.length, before, sizeof before - 1);
    struct span rest =
        from == NULL ? answer : span_behind(answer, (size_t)(from - answer.at) + sizeof before - 1);
    const uint8_t *end = memmem(rest.at, rest.length, behind, sizeof behind - 1);
    size_t length = end == NULL ? rest.length : (size_t)(end - rest.at), at = 0;

    for (; at < length && at + 1 < size && rest.at[at] != '\n'; at++)
        out[at] = (char)(rest.at[at] >= ' ' && rest.at[at] <= '~' ? rest.at[at] : '?');
    out[at] = 0;
}

static enum status refused(struct remote *server, const char *place, const struct posted *posted)
{
    static const char head[] = "Code: ";
    char said[120];
    const char *remedy = NULL;
    enum status status = STATUS_REFUSED;
    unsigned code = 0;

    if (posted->body.length > sizeof head && memcmp(posted->body.at, head, sizeof head - 1) == 0)
        code = (unsigned)strtoul((const char *)posted->body.at + sizeof head - 1, NULL, 10);
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        if (refusals[i].code != code)
            continue;
        status = refusals[i].status;
        remedy = refusals[i].remedy;
    }
    sentence(posted->body, said, sizeof said);
    if (code == 0)
        snprintf(server->why, sizeof server->why,
                 "%s answers HTTP %u and is no ClickHouse server: see `servers` of `clickhouse`",
                 place, posted->code);
    else
        snprintf(server->why, sizeof server->why, "%s: %s (%u)%s%s", place, said, code,
                 remedy == NULL ? "" : "; ", remedy == NULL ? "" : remedy);
    return status;
}

enum status remote_wait(struct remote *server, clock_ms until, struct span *out)
{
    const struct endpoint *at = &server->options->servers[server->turn];
    char place[ENDPOINT_TEXT_SIZE];
    struct posted posted = {0};

    enum status status = poster_wait(server->poster, until, &posted);
    if (status == STATUS_AGAIN)
        return status;
    endpoint_text(&at->address, at->port, place);
    if (status == STATUS_OK && posted.code == 200) {
        *out = posted.body;
        server->why[0] = 0;
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        return refused(server, place, &posted);
    if (status == STATUS_REFUSED)
        snprintf(server->why, sizeof server->why,
                 "%s cannot be reached (%.100s): see that clickhouse-server runs there", place,
                 posted.why);
    else
        snprintf(server->why, sizeof server->why, "%s gave no answer: %.150s", place, posted.why);
    return status == STATUS_REFUSED ? STATUS_CLOSED : status;
}

enum status remote_answer(struct remote *server, const struct server_ask *ask, struct span *out)
{
    const clock_ms end = clock_now() + ask->patience_ms;
    enum status status = STATUS_CLOSED;

    for (uint32_t i = 0; i < server->options->server_count; i++) {
        struct server_ask now = *ask;
        clock_ms at = clock_now();
        if (at >= end)
            return STATUS_TOO_LONG;
        now.patience_ms = end - at;
        status = remote_begin(server, &now);
        if (status == STATUS_OK)
            status = remote_wait(server, UINT64_MAX, out);
        if (status == STATUS_CLOSED || status == STATUS_TOO_LONG)
            remote_turn(server);
        if (status != STATUS_CLOSED)
            return status;
    }
    return status;
}

void quote(struct writer *w, struct span text)
{
    static const char digits[] = "0123456789ABCDEF";

    write_u8(w, '\'');
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.at[i];
        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
            (byte >= 'a' && byte <= 'z') || (byte != 0 && strchr(" .:-_/", byte) != NULL)) {
            write_u8(w, byte);
            continue;
        }
        const uint8_t escaped[] = {'\\', 'x', (uint8_t)digits[byte >> 4],
                                   (uint8_t)digits[byte & 15]};
        write_bytes(w, escaped, sizeof escaped);
    }
    write_u8(w, '\'');
}

void write_number(struct writer *w, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    write_text(w, text);
}

const char *statement_end(struct writer *w)
{
    write_u8(w, 0);
    return w->failed ? "" : (const char *)w->start;
}

bool answer_number(struct span answer, uint64_t *out)
{
    enum { DIGITS_MOST = 19 };
    size_t i = 0;

    *out = 0;
    for (; i < answer.length && i < DIGITS_MOST && answer.at[i] >= '0' && answer.at[i] <= '9'; i++)
        *out = *out * 10 + (uint64_t)(answer.at[i] - '0');
    return i > 0 && i + 1 == answer.length && answer.at[i] == '\n';
}
