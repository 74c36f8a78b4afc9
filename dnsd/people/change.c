/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * change - a table of what can be done; lines are written from it and read by it.
 */
#include "people/change.h"

#include "base/address.h"
#include "events/escape.h"
#include "events/fields.h"
#include "events/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TEXT_MOST = 6 * NOTE_MOST, TIME_SIZE = 40 };

/* The word, and event.category and event.type of the Elastic Common Schema. */
static const struct {
    const char *word, *category, *type;
} acts[ACT_COUNT] = {
    [ACT_NONE] = {"", "", ""},
    [ACT_LOGIN] = {"login", "authentication", "start"},
    [ACT_LOGIN_FAILED] = {"login-failed", "authentication", "denied"},
    [ACT_LOCKED] = {"locked", "authentication", "denied"},
    [ACT_LOGOUT] = {"logout", "authentication", "end"},
    [ACT_ADMIN_MADE] = {"admin-made", "iam", "creation"},
    [ACT_ACCOUNT_ADDED] = {"account-added", "iam", "creation"},
    [ACT_PERMISSION] = {"permission-changed", "iam", "change"},
    [ACT_DISABLED] = {"account-disabled", "iam", "change"},
    [ACT_ENABLED] = {"account-enabled", "iam", "change"},
    [ACT_PASSWORD] = {"password-changed", "iam", "change"},
    [ACT_PASSWORD_RESET] = {"password-reset", "iam", "change"},
    [ACT_LANGUAGE] = {"language-changed", "iam", "change"},
    [ACT_TOTP_ON] = {"totp-on", "iam", "change"},
    [ACT_TOTP_OFF] = {"totp-off", "iam", "change"},
    [ACT_CASE_NEW] = {"case-new", "network", "change"},
    [ACT_CASE_ACKNOWLEDGED] = {"case-acknowledged", "network", "change"},
    [ACT_CASE_CLOSED] = {"case-closed", "network", "change"},
    [ACT_CASE_FALSE_POSITIVE] = {"case-false-positive", "network", "change"},
    [ACT_CASE_ASSIGNED] = {"case-assigned", "network", "change"},
    [ACT_CASE_NOTED] = {"case-noted", "network", "change"},
    [ACT_LOST] = {"change-lost", "host", "error"},
    [ACT_TORN] = {"audit-line-torn", "host", "error"},
    [ACT_BROKEN] = {"audit-chain-broken", "host", "error"},
    [ACT_REBUILT] = {"audit-rebuilt", "host", "info"},
};

static const char *time_text(clock_us at, char out[TIME_SIZE])
{
    const time_t seconds = (time_t)(at / 1000000);
    struct tm t;
    size_t length = strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &t));
    snprintf(out + length, TIME_SIZE - length, ".%06uZ", (unsigned)(at % 1000000));
    return out;
}

static void write_member(struct writer *w, const char *before, const char *text)
{
    if (text == NULL)
        return;
    write_text(w, before);
    write_text(w, "\"");
    escape_text(w, text, TEXT_MOST);
    write_text(w, "\"");
}

static void write_who(const struct change *change, struct writer *w)
{
    struct address address;
    if (change->by != NULL || change->about != NULL) {
        write_text(w, ",\"user\":{");
        write_member(w, "\"name\":", change->by);
        write_member(w, change->by != NULL ? ",\"target\":{\"name\":" : "\"target\":{\"name\":",
                     change->about);
        write_text(w, change->about != NULL ? "}}" : "}");
    }
    if (change->from != NULL && address_parse(change->from, &address) == STATUS_OK)
        write_member(w, ",\"source\":{\"ip\":", change->from);
    else
        write_member(w, ",\"source\":{\"address\":", change->from);
    if (change->from != NULL)
        write_text(w, "}");
}

static void write_case(const struct change *change, struct writer *w)
{
    char at[TIME_SIZE];
    if (change->device_key == NULL)
        return;
    write_member(w, ",\"case\":{\"device\":", change->device_key);
    write_member(w, ",\"app\":", change->app);
    if (change->state >= 0)
        write_member(w, ",\"state\":", case_state_words[change->state]);
    write_member(w, ",\"assignee\":", change->assignee);
    write_member(w, ",\"note\":", change->note);
    write_member(w, ",\"last\":", change->last == 0 ? NULL : time_text(change->last, at));
    write_text(w, "}");
}

void change_write(const struct change *change, uint64_t sequence, const uint8_t hash[CHAIN_SIZE],
                  struct writer *w)
{
    char at[TIME_SIZE];
    write_member(w, "{\"@timestamp\":", time_text(change->at, at));
    write_text(w, ",\"ecs\":{\"version\":\"8.11.0\"}");
    write_member(w, ",\"event\":{\"kind\":\"event\",\"category\":[", acts[change->act].category);
    write_member(w, "],\"type\":[", acts[change->act].type);
    write_member(w, "],\"action\":", acts[change->act].word);
    if (change->act <= ACT_LOCKED)
        write_member(w, ",\"outcome\":", change->act == ACT_LOGIN ? "success" : "failure");
    write_member(w, ",\"reason\":", change->reason);
    write_text(w, ",\"module\":\"ponor\",\"dataset\":\"ponor.audit\",\"sequence\":");
    escape_number(w, sequence);
    write_text(w, "},\"observer\":{\"vendor\":\"Ponor\",\"product\":\"consoled\",\"version\":\"" //
               PONOR_VERSION "\"}");
    write_who(change, w);
    write_text(w, ",\"ponor\":{\"sequence\":");
    escape_number(w, sequence);
    if (change->permission >= 0)
        write_member(w, ",\"permission\":", permission_words[change->permission]);
    write_member(w, ",\"language\":", change->language);
    if (change->count > 0) {
        write_text(w, ",\"left_out\":");
        escape_number(w, change->count);
    }
    write_case(change, w);
    write_text(w, ",\"chain\":\"");
    chain_hex_write(w, hash);
    write_text(w, "\"}}\n");
}

/* Reading. */

enum place {
    PLACE_AT,
    PLACE_ACTION,
    PLACE_REASON,
    PLACE_SEQUENCE,
    PLACE_BY,
    PLACE_ABOUT,
    PLACE_IP,
    PLACE_ADDRESS,
    PLACE_PERMISSION,
    PLACE_LANGUAGE,
    PLACE_LEFT_OUT,
    PLACE_DEVICE,
    PLACE_APP,
    PLACE_STATE,
    PLACE_ASSIGNEE,
    PLACE_NOTE,
    PLACE_LAST,
    PLACE_CHAIN,
    PLACE_COUNT
};

static const char *const paths[PLACE_COUNT] = {
    [PLACE_AT] = "@timestamp",
    [PLACE_ACTION] = "event.action",
    [PLACE_REASON] = "event.reason",
    [PLACE_SEQUENCE] = "event.sequence",
    [PLACE_BY] = "user.name",
    [PLACE_ABOUT] = "user.target.name",
    [PLACE_IP] = "source.ip",
    [PLACE_ADDRESS] = "source.address",
    [PLACE_PERMISSION] = "ponor.permission",
    [PLACE_LANGUAGE] = "ponor.language",
    [PLACE_LEFT_OUT] = "ponor.left_out",
    [PLACE_DEVICE] = "ponor.case.device",
    [PLACE_APP] = "ponor.case.app",
    [PLACE_STATE] = "ponor.case.state",
    [PLACE_ASSIGNEE] = "ponor.case.assignee",
    [PLACE_NOTE] = "ponor.case.note",
    [PLACE_LAST] = "ponor.case.last",
    [PLACE_CHAIN] = "ponor.chain",
};

struct change_reader {
    struct fields_wanted *wanted;
    uint8_t room[AUDIT_LINE_MOST];                /* of texts with escapes */
    uint8_t texts[AUDIT_LINE_MOST + PLACE_COUNT]; /* all of them, each with a zero behind it */
};

struct change_reader *change_reader_new(void)
{
    struct change_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    reader->wanted = fields_wanted_new(paths, PLACE_COUNT);
    if (reader->wanted == NULL) {
        free(reader);
        return NULL;
    }
    return reader;
}

void change_reader_free(struct change_reader *reader)
{
    if (reader == NULL)
        return;
    fields_wanted_free(reader->wanted);
    free(reader);
}

static const char *text_keep(struct writer *w, const struct field *field)
{
    const char *text = (const char *)w->at;
    if (field->kind != FIELD_TEXT)
        return NULL;
    write_span(w, field->text);
    write_u8(w, 0);
    return w->failed ? NULL : text;
}

static int word_number(const char *const *words, int count, const char *word)
{
    for (int i = 0; word != NULL && i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static enum act act_of(const char *word)
{
    for (enum act act = ACT_LOGIN; word != NULL && act < ACT_COUNT; act++)
        if (strcmp(acts[act].word, word) == 0)
            return act;
    return ACT_NONE;
}

enum status change_read(struct change_reader *reader, struct span line, struct change_line *out)
{
    struct field fields[PLACE_COUNT];
    const char *texts[PLACE_COUNT];
    struct writer w = writer_over(reader->texts, sizeof reader->texts);
    struct change *change = &out->change;
    bool twice = false;

    if (line.length > AUDIT_LINE_MOST ||
        fields_read(reader->wanted, line, reader->room, fields, &twice) != STATUS_OK || twice)
        return STATUS_MALFORMED;
    for (size_t i = 0; i < PLACE_COUNT; i++)
        texts[i] = text_keep(&w, &fields[i]);
    *out = (struct change_line){.sequence = fields[PLACE_SEQUENCE].number,
                                .action = texts[PLACE_ACTION]};
    *change = (struct change){
        .act = act_of(texts[PLACE_ACTION]),
        .by = texts[PLACE_BY],
        .from = texts[texts[PLACE_IP] != NULL ? PLACE_IP : PLACE_ADDRESS],
        .about = texts[PLACE_ABOUT],
        .reason = texts[PLACE_REASON],
        .language = texts[PLACE_LANGUAGE],
        .permission = word_number(permission_words, PERMISSION_ADMIN + 1, texts[PLACE_PERMISSION]),
        .device_key = texts[PLACE_DEVICE],
        .app = texts[PLACE_APP],
        .assignee = texts[PLACE_ASSIGNEE],
        .note = texts[PLACE_NOTE],
        .state = word_number(case_state_words, CASE_STATES, texts[PLACE_STATE]),
        .count = fields[PLACE_LEFT_OUT].number,
    };
    if (texts[PLACE_LAST] != NULL && !reader_time(texts[PLACE_LAST], &change->last))
        return STATUS_MALFORMED;
    bool is_sound = !w.failed && out->sequence > 0 && out->action != NULL &&
                    texts[PLACE_AT] != NULL && reader_time(texts[PLACE_AT], &change->at) &&
                    texts[PLACE_CHAIN] != NULL &&
                    chain_hex_read(span_text(texts[PLACE_CHAIN]), out->hash);
    return is_sound ? STATUS_OK : STATUS_MALFORMED;
}
