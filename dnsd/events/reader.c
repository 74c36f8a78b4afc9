/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reader - files to lines.
 */
#include "events/reader.h"

#include "events/fields.h"
#include "events/files.h"
#include "events/line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_SIZE = 8 * LINE_MOST };

enum entry_field {
    AT_TIME,
    AT_SEQUENCE,
    AT_CHAIN,
    AT_DATASET,
    AT_ACTION,
    AT_REASON,
    AT_CLIENT,
    AT_APP,
    AT_EVIDENCE,
    AT_SERVER,
    AT_PORT,
    AT_DOMAIN,
    AT_PROTOCOL,
    AT_TYPE,
    AT_NAME,
    AT_SEEN,
    AT_LIST,
    AT_RULE,
    AT_TICKET,
    AT_WANTED,
    AT_MATCHED,
    AT_ABOUT,
    AT_LOST,
    AT_SAMPLED,
    AT_FIRST,
    AT_LAST,
    AT_COUNT
};

static const char *const entry_paths[AT_COUNT] = {
    [AT_TIME] = "@timestamp",           [AT_SEQUENCE] = "event.sequence",
    [AT_CHAIN] = "ponor.chain",         [AT_DATASET] = "event.dataset",
    [AT_ACTION] = "event.action",       [AT_REASON] = "event.reason",
    [AT_CLIENT] = "source.ip",          [AT_APP] = "ponor.app",
    [AT_EVIDENCE] = "ponor.evidence",   [AT_SERVER] = "destination.ip",
    [AT_PORT] = "destination.port",     [AT_DOMAIN] = "destination.domain",
    [AT_PROTOCOL] = "network.protocol", [AT_TYPE] = "dns.question.type",
    [AT_NAME] = "dns.question.name",    [AT_SEEN] = "ponor.seen",
    [AT_LIST] = "rule.ruleset",         [AT_RULE] = "rule.id",
    [AT_TICKET] = "ponor.ticket",       [AT_WANTED] = "ponor.wanted",
    [AT_MATCHED] = "ponor.matched",     [AT_ABOUT] = "file.name",
    [AT_LOST] = "ponor.lost",           [AT_SAMPLED] = "ponor.sampled",
    [AT_FIRST] = "ponor.first",         [AT_LAST] = "ponor.last",
};

/* `room` is for fields_read(); `texts`, behind it, for zero-terminated copies of what it gave. */
struct entry_texts {
    struct fields_wanted *wanted;
    char *room, *texts;
    size_t size; /* of the longest line for which there is room */
    struct field field[AT_COUNT];
};

struct reader {
    int folder, fd; /* fd -1: no file yet */
    clock_us since;
    char file[FILE_NAME_SIZE];
    uint64_t inode, first; /* of the open file; first 0: not known yet */
    uint64_t line;
    bool skipping;     /* inside a line that is too long for us */
    size_t start, end; /* of what waits in the buffer */
    struct entry_texts *texts;
    char buffer[BUFFER_SIZE + 1];
};

struct entry_texts *entry_texts_new(void)
{
    struct entry_texts *texts = calloc(1, sizeof *texts);
    if (texts == NULL)
        return NULL;
    texts->wanted = fields_wanted_new(entry_paths, AT_COUNT);
    if (texts->wanted == NULL) {
        free(texts);
        return NULL;
    }
    return texts;
}

void entry_texts_free(struct entry_texts *texts)
{
    if (texts == NULL)
        return;
    fields_wanted_free(texts->wanted);
    free(texts->room);
    free(texts);
}

/* Two decimal digits, or a number that is no part of any time. */
static uint32_t pair(const uint8_t *at)
{
    uint32_t high = at[0] - (uint32_t)'0', low = at[1] - (uint32_t)'0';
    return high <= 9 && low <= 9 ? high * 10 + low : UINT16_MAX;
}

/* Days since 1970 of a day of the Gregorian calendar (years begin in March, so that the day that
 * comes and goes is the last one). */
static uint64_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    year -= month <= 2;
    uint32_t month_from_march = (month + 9) % 12;
    return (uint64_t)year * 365 + year / 4 - year / 100 + year / 400 +
           (153 * month_from_march + 2) / 5 + day - 1 - 719468;
}

bool reader_stamp(struct span text, clock_us *out)
{
    const uint8_t *at = text.at;
    uint64_t micros = 0;

    if (text.length != sizeof "2026-11-24T03:00:00.123456Z" - 1 || at[4] != '-' || at[7] != '-' ||
        at[10] != 'T' || at[13] != ':' || at[16] != ':' || at[19] != '.' || at[26] != 'Z')
        return false;
    uint32_t century = pair(at), month = pair(at + 5), day = pair(at + 8), hour = pair(at + 11),
             minute = pair(at + 14), second = pair(at + 17), years = pair(at + 2);
    if (century < 20 || century > 99 || years > 99 || month < 1 || month > 12 || day < 1 ||
        day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    for (size_t i = 20; i < 26; i += 2) {
        uint32_t two = pair(at + i);
        if (two > 99)
            return false;
        micros = micros * 100 + two;
    }
    uint64_t seconds = days_of(century * 100 + years, month, day) * 86400 + hour * UINT64_C(3600) +
                       minute * UINT64_C(60) + second;
    *out = seconds * 1000000 + micros;
    return true;
}

bool reader_time(const char *text, clock_us *out)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};
    struct tm t;
    char *rest = NULL;
    for (size_t i = 0; i < COUNT_OF(forms) && rest == NULL; i++) {
        t = (struct tm){0};
        rest = strptime(text, forms[i], &t);
    }
    time_t seconds = rest == NULL ? -1 : timegm(&t);
    if (seconds < 0)
        return false;
    *out = (clock_us)seconds * 1000000;
    if (*rest == '.') {
        clock_us unit = 100000;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            *out += (clock_us)(*rest - '0') * unit;
    }
    return strcmp(rest, "") == 0 || strcmp(rest, "Z") == 0;
}

/* JSON's integers as other readers hold them: of more than 63 bits there are none. */
static uint64_t number_of(const struct entry_texts *texts, enum entry_field field)
{
    uint64_t number = texts->field[field].number;
    return number <= INT64_MAX ? number : 0;
}

/* Room for a line of this length, and for the zero bytes of its texts. */
static bool reserve(struct entry_texts *texts, size_t length)
{
    if (texts->room != NULL && length <= texts->size)
        return true;
    size_t size = length < LINE_MOST ? LINE_MOST : length;
    char *room = realloc(texts->room, 2 * size + AT_COUNT);
    if (room == NULL)
        return false;
    texts->room = room;
    texts->texts = room + size;
    texts->size = size;
    return true;
}

static const char *text_take(struct span text, char **to)
{
    char *start = *to;
    if (text.length > 0)
        memcpy(start, text.at, text.length);
    start[text.length] = 0;
    *to = start + text.length + 1;
    return start;
}

static void texts_fill(struct entry_texts *texts, struct entry *out)
{
    char *to = texts->texts;
    const struct {
        enum entry_field from;
        const char **to;
    } all[] = {
        {AT_CHAIN, &out->chain},   {AT_ACTION, &out->action},     {AT_REASON, &out->reason},
        {AT_CLIENT, &out->client}, {AT_APP, &out->app},           {AT_EVIDENCE, &out->evidence},
        {AT_SERVER, &out->server}, {AT_PROTOCOL, &out->protocol}, {AT_TYPE, &out->type},
        {AT_SEEN, &out->seen},     {AT_LIST, &out->list},         {AT_RULE, &out->rule},
        {AT_TICKET, &out->ticket}, {AT_WANTED, &out->wanted},     {AT_MATCHED, &out->matched},
        {AT_ABOUT, &out->about},   {AT_NAME, &out->name}};

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        const struct field *field = &texts->field[all[i].from];
        *all[i].to = text_take(field->kind == FIELD_TEXT ? field->text : span_of("", 0), &to);
    }
    const struct field *domain = &texts->field[AT_DOMAIN];
    if (*out->name == 0 && domain->kind == FIELD_TEXT)
        out->name = text_take(domain->text, &to);
    if (*out->name == 0 && out->wire)
        out->name = out->server;
}

static bool time_of(const struct field *field, clock_us *out)
{
    char text[64];
    if (field->kind != FIELD_TEXT)
        return false;
    if (reader_stamp(field->text, out))
        return true;
    if (field->text.length >= sizeof text)
        return false;
    memcpy(text, field->text.at, field->text.length);
    text[field->text.length] = 0;
    return reader_time(text, out);
}

static bool text_is(const struct field *field, const char *text)
{
    return field->kind == FIELD_TEXT && span_equal(field->text, span_text(text));
}

/* Nothing is known of a line that is no JSON, or says a thing twice. */
static void fields_fill(struct entry_texts *texts, struct span raw)
{
    bool twice;
    if (!reserve(texts, raw.length) ||
        fields_read(texts->wanted, raw, texts->room, texts->field, &twice) != STATUS_OK || twice)
        memset(texts->field, 0, sizeof texts->field);
}

void entry_read(struct entry_texts *texts, struct span raw, struct entry *out)
{
    static char nothing[2 * AT_COUNT];
    fields_fill(texts, raw);
    if (texts->room == NULL)
        texts->texts = nothing;

    const struct field *field = texts->field, *chain = &field[AT_CHAIN];
    out->raw = raw;
    out->sequence = number_of(texts, AT_SEQUENCE);
    out->sound = time_of(&field[AT_TIME], &out->at) && out->sequence > 0 &&
                 chain->kind == FIELD_TEXT && chain->text.length == CHAIN_HEX;
    out->notice =
        text_is(&field[AT_DATASET], "ponor.notice") || text_is(&field[AT_DATASET], "ponor.health");
    out->wire = text_is(&field[AT_DATASET], "ponor.wire");
    texts_fill(texts, out);
    out->port = number_of(texts, AT_PORT);
    out->lost = number_of(texts, AT_LOST);
    out->sampled = number_of(texts, AT_SAMPLED);
    out->first = number_of(texts, AT_FIRST);
    out->last = number_of(texts, AT_LAST);
}

/* Files that end before `since` are left out: the next one starts before it. */
static size_t first_wanted(const struct files *files, clock_us since)
{
    size_t first = 0;
    while (first + 1 < files->count && files->list[first + 1].at != 0 &&
           files->list[first + 1].at < since)
        first++;
    return first;
}

/* The file to read after the open one, or NULL. A file keeps its inode when it is renamed. */
static const struct event_file *file_after(const struct reader *reader, const struct files *files)
{
    if (reader->fd < 0)
        return files->count > 0 ? &files->list[first_wanted(files, reader->since)] : NULL;
    for (size_t i = 0; i < files->count; i++)
        if (files->list[i].inode == reader->inode)
            return i + 1 < files->count ? &files->list[i + 1] : NULL;
    for (size_t i = 0; i < files->count; i++) /* ours was removed meanwhile */
        if (files->list[i].first > reader->first)
            return &files->list[i];
    return NULL;
}

/* Whether something was written between our last look at the end and the rotation. */
static bool has_more(const struct reader *reader)
{
    struct stat status;
    return reader->fd >= 0 && fstat(reader->fd, &status) == 0 &&
           lseek(reader->fd, 0, SEEK_CUR) < status.st_size;
}

static enum status file_open(struct reader *reader, const struct event_file *file)
{
    struct stat status;
    int fd = openat(reader->folder, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? STATUS_AGAIN : STATUS_SYSTEM; /* renamed just now */
    if (fstat(fd, &status) != 0) {
        close(fd);
        return STATUS_SYSTEM;
    }
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = fd;
    reader->inode = (uint64_t)status.st_ino;
    reader->first = file->first == UINT64_MAX ? 0 : file->first;
    memcpy(reader->file, file->name, sizeof reader->file);
    reader->line = 0;
    reader->start = reader->end = 0;
    reader->skipping = false;
    return STATUS_OK;
}

/* Goes on to the next file; STATUS_AGAIN when there is none yet. */
static enum status next_file(struct reader *reader)
{
    struct files files;
    enum status status = files_list(reader->folder, &files);
    if (status == STATUS_OK) {
        const struct event_file *file = file_after(reader, &files);
        if (file == NULL)
            status = STATUS_AGAIN;
        else if (!has_more(reader))
            status = file_open(reader, file);
    }
    files_free(&files);
    return status;
}

enum status reader_open(int folder, clock_us since, struct reader **out)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return STATUS_NO_MEMORY;
    reader->texts = entry_texts_new();
    if (reader->texts == NULL) {
        free(reader);
        return STATUS_NO_MEMORY;
    }
    reader->folder = folder;
    reader->fd = -1;
    reader->since = since;
    *out = reader;
    return STATUS_OK;
}

void reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->fd >= 0)
        close(reader->fd);
    entry_texts_free(reader->texts);
    free(reader);
}

/* Reads more of the open file; STATUS_AGAIN at its end. */
static enum status fill(struct reader *reader)
{
    if (reader->fd < 0)
        return STATUS_AGAIN;
    if (reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    ssize_t length = read(reader->fd, reader->buffer + reader->end, BUFFER_SIZE - reader->end);
    if (length < 0)
        return errno == EINTR ? STATUS_OK : STATUS_SYSTEM;
    reader->end += (size_t)length;
    return length > 0 ? STATUS_OK : STATUS_AGAIN;
}

static void entry_fill(struct reader *reader, size_t length, bool whole, struct entry *out)
{
    char *at = reader->buffer + reader->start;
    at[length] = 0;
    *out = (struct entry){.file = reader->file, .line = ++reader->line, .whole = whole};
    entry_read(reader->texts, span_of(at, length), out);
    reader->start += length + whole;
    if (reader->skipping) /* its beginning is gone: no line of ours is that long */
        out->sound = false;
    reader->skipping = false;
    if (out->sound && reader->first == 0)
        reader->first = out->sequence;
}

/* At the end of the open file: what is left of it, or the next file. `*given` when `out` is filled.
 */
static enum status at_end(struct reader *reader, bool final, struct entry *out, bool *given)
{
    size_t waiting = reader->end - reader->start;
    bool is_current = strcmp(reader->file, FILES_CURRENT) == 0;
    if ((waiting > 0 || reader->skipping) && (final || !is_current)) {
        entry_fill(reader, waiting, false, out);
        *given = true;
        return STATUS_OK;
    }
    return next_file(reader);
}

enum status reader_next(struct reader *reader, bool final, struct entry *out)
{
    size_t searched = 0;
    bool given = false;
    while (!given) {
        const char *at = reader->buffer + reader->start;
        size_t waiting = reader->end - reader->start;
        const char *newline = memchr(at + searched, '\n', waiting - searched);
        if (newline != NULL) {
            entry_fill(reader, (size_t)(newline - at), true, out);
            return STATUS_OK;
        }
        if (waiting == BUFFER_SIZE) {
            reader->skipping = true;
            reader->start = reader->end = waiting = 0;
        }
        searched = waiting;
        enum status status = fill(reader);
        if (status == STATUS_AGAIN) {
            status = at_end(reader, final, out, &given);
            searched = 0;
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

bool reader_matches(const struct entry *entry, const struct wanted *wanted)
{
    struct address client;
    if (entry->at < wanted->since)
        return false;
    if (wanted->has_client && (address_parse(entry->client, &client) != STATUS_OK ||
                               !prefix_holds(&wanted->client, &client)))
        return false;
    return (wanted->app == NULL || strcasecmp(wanted->app, entry->app) == 0) &&
           (wanted->list == NULL || strcasecmp(wanted->list, entry->list) == 0);
}
