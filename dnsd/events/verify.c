/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verify - each line against the one before, the last against the head.
 */
#include "events/verify.h"

#include "events/digest.h"
#include "events/files.h"
#include "events/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { FINDING_MOST = 512 };

struct place {
    char file[FILE_NAME_SIZE];
    uint64_t line;
};

struct run {
    void (*say)(void *owner, const char *file, uint64_t line, const char *text);
    void *owner;
    struct verified *out;
    bool has_head, head_met;
    struct chain head;
    bool before_known; /* the line before is ours and its hash is out->end.hash */
    struct place before;
    uint64_t removed_last; /* highest number of which a notice says that it was removed */
};

__attribute__((format(printf, 4, 5))) static void found(struct run *run, const char *file,
                                                        uint64_t line, const char *format, ...)
{
    char text[FINDING_MOST];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    run->out->findings++;
    run->say(run->owner, file, line, text);
}

/* Numbers must go up by one. */
static bool check_sequence(struct run *run, const struct entry *entry)
{
    uint64_t expected = run->out->end.sequence + 1;
    if (entry->sequence == expected)
        return true;
    if (entry->sequence > expected)
        found(run, entry->file, entry->line,
              "%" PRIu64 " lines are missing before this one: numbers %" PRIu64 " to %" PRIu64,
              entry->sequence - expected, expected, entry->sequence - 1);
    else
        found(run, entry->file, entry->line,
              "out of order: number %" PRIu64 " stands after number %" PRIu64, entry->sequence,
              expected - 1);
    return false;
}

static void check_chain(struct run *run, const struct entry *entry, bool in_sequence)
{
    uint8_t said[CHAIN_SIZE];
    if (!chain_hex_read(span_text(entry->chain), said)) {
        found(run, entry->file, entry->line, "the chain of this line is no hash");
        return;
    }
    if (!in_sequence || memcmp(said, run->out->end.hash, CHAIN_SIZE) == 0)
        return;
    if (run->before.line == 0)
        found(run, entry->file, entry->line, "the first line of all is chained to another one");
    else
        found(run, run->before.file, run->before.line,
              "this line was changed: %s:%" PRIu64 " is chained to another text", entry->file,
              entry->line);
}

static void check_head(struct run *run)
{
    if (!run->has_head || run->out->end.sequence != run->head.sequence)
        return;
    run->head_met = true;
    if (memcmp(run->out->end.hash, run->head.hash, CHAIN_SIZE) != 0)
        found(run, run->before.file, run->before.line,
              "this line was changed: %s has another hash for it", CHAIN_HEAD_FILE);
}

static void check_line(struct run *run, const struct entry *entry)
{
    bool is_first = run->before.line == 0;
    run->out->lines++;
    if (entry->line == 1)
        run->out->files++;
    if (!entry->whole)
        found(run, entry->file, entry->line, "the file ends in the middle of this line");
    else if (!entry->sound)
        found(run, entry->file, entry->line, "this is no line of an event file");

    bool in_sequence = false;
    if (entry->sound && is_first) {
        run->out->first = entry->sequence;
        in_sequence = entry->sequence == 1;
    } else if (entry->sound && run->before_known) {
        in_sequence = check_sequence(run, entry);
    }
    if (entry->sound)
        check_chain(run, entry, in_sequence);

    run->out->lost += entry->lost;
    run->out->sampled += entry->sampled;
    if (entry->notice && strcmp(entry->action, "record-file-removed") == 0 &&
        entry->last > run->removed_last)
        run->removed_last = entry->last;
    run->out->end.sequence = entry->sound ? entry->sequence : run->out->end.sequence + 1;
    digest_sha256(entry->raw, run->out->end.hash);
    run->before_known = entry->sound;
    snprintf(run->before.file, sizeof run->before.file, "%s", entry->file);
    run->before.line = entry->line;
    check_head(run);
}

/* What only the whole can show. */
static void check_ends(struct run *run)
{
    const struct verified *out = run->out;
    if (out->first > 1 && run->removed_last < out->first - 1)
        found(run, "", 0,
              "lines %" PRIu64 " to %" PRIu64
              " are not here, and no notice says that their files were removed",
              run->removed_last + 1, out->first - 1);
    if (!run->has_head)
        found(run, CHAIN_HEAD_FILE, 0, "missing or damaged: whether the end was cut is not known");
    else if (run->head.sequence > out->end.sequence)
        found(run, run->before.file, run->before.line,
              "the end was cut off: %s knows lines up to number %" PRIu64
              ", the last here is %" PRIu64,
              CHAIN_HEAD_FILE, run->head.sequence, out->end.sequence);
    else if (!run->head_met && run->head.sequence > 0)
        found(run, CHAIN_HEAD_FILE, 0, "its line, number %" PRIu64 ", is not here",
              run->head.sequence);
}

enum status verify_folder(int folder,
                          void (*say)(void *owner, const char *file, uint64_t line,
                                      const char *text),
                          void *owner, struct verified *out)
{
    struct run run = {.say = say, .owner = owner, .out = out};
    struct reader *reader;
    struct entry entry;

    *out = (struct verified){0};
    /* First, so that lines written meanwhile are behind it. */
    run.has_head = chain_head_read(folder, &run.head) == STATUS_OK;
    enum status status = reader_open(folder, 0, &reader);
    if (status != STATUS_OK)
        return status;
    while ((status = reader_next(reader, true, &entry)) == STATUS_OK)
        check_line(&run, &entry);
    reader_close(reader);
    if (status != STATUS_AGAIN)
        return status;
    if (out->lines > 0 || run.has_head)
        check_ends(&run);
    return STATUS_OK;
}
