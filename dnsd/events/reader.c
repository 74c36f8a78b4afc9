/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reader - files to lines; the only file that knows jansson.
 */
#include "events/reader.h"

#include "events/files.h"
#include "events/line.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_SIZE = 8 * LINE_MOST };

struct entry_texts {
    json_t *root;
};

struct reader {
    int folder, fd; /* fd -1: no file yet */
    clock_us since;
    char file[FILE_NAME_SIZE];
    uint64_t inode, first; /* of the open file; first 0: not known yet */
    uint64_t line;
    bool skipping;     /* inside a line that is too long for us */
    size_t start, end; /* of what waits in the buffer */
    struct entry_texts texts;
    char buffer[BUFFER_SIZE + 1];
};

struct entry_texts *entry_texts_new(void)
{
    return calloc(1, sizeof(struct entry_texts));
}

void entry_texts_free(struct entry_texts *texts)
{
    if (texts != NULL)
        json_decref(texts->root);
    free(texts);
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

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static uint64_t number_of(const json_t *object, const char *key)
{
    json_int_t number = json_integer_value(json_object_get(object, key));
    return number > 0 ? (uint64_t)number : 0;
}

/* What was asked for, or reached. */
static void target_read(const json_t *root, const char *dataset, struct entry *out)
{
    const json_t *question = json_object_get(json_object_get(root, "dns"), "question");
    const json_t *destination = json_object_get(root, "destination");

    out->wire = strcmp(dataset, "ponor.wire") == 0;
    out->server = text_of(destination, "ip");
    out->port = number_of(destination, "port");
    out->protocol = text_of(json_object_get(root, "network"), "protocol");
    out->type = text_of(question, "type");
    out->name = text_of(question, "name");
    if (*out->name == 0)
        out->name = text_of(destination, "domain");
    if (*out->name == 0 && out->wire)
        out->name = out->server;
}

void entry_read(struct entry_texts *texts, struct span raw, struct entry *out)
{
    json_decref(texts->root);
    texts->root =
        json_loadb((const char *)raw.at, raw.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    const json_t *event = json_object_get(texts->root, "event");
    const json_t *ponor = json_object_get(texts->root, "ponor");
    const json_t *rule = json_object_get(texts->root, "rule");

    out->raw = raw;
    out->sequence = number_of(event, "sequence");
    out->chain = text_of(ponor, "chain");
    out->sound = reader_time(text_of(texts->root, "@timestamp"), &out->at) && out->sequence > 0 &&
                 strlen(out->chain) == CHAIN_HEX;
    const char *dataset = text_of(event, "dataset");
    out->notice = strcmp(dataset, "ponor.notice") == 0 || strcmp(dataset, "ponor.health") == 0;
    out->action = text_of(event, "action");
    out->reason = text_of(event, "reason");
    out->client = text_of(json_object_get(texts->root, "source"), "ip");
    out->app = text_of(ponor, "app");
    out->evidence = text_of(ponor, "evidence");
    target_read(texts->root, dataset, out);
    out->seen = text_of(ponor, "seen");
    out->list = text_of(rule, "ruleset");
    out->rule = text_of(rule, "id");
    out->ticket = text_of(ponor, "ticket");
    out->wanted = text_of(ponor, "wanted");
    out->matched = text_of(ponor, "matched");
    out->about = text_of(json_object_get(texts->root, "file"), "name");
    out->lost = number_of(ponor, "lost");
    out->sampled = number_of(ponor, "sampled");
    out->first = number_of(ponor, "first");
    out->last = number_of(ponor, "last");
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
    json_decref(reader->texts.root);
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
    entry_read(&reader->texts, span_of(at, length), out);
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
