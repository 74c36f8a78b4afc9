/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * expect - compares what came with what a scene says.
 *
 *     expect [LABEL] silence | waiting | RCODE [WORD …]
 *       records               the answer section, all of it and in this order; * is any TTL
 *       authority             the same for that section, if it is named
 * Words: flags=qr,rd,ra (all of them), ede=N, no-ede, "part of the EDE's text", answers=N, size=N,
 * new-cookie, same-cookie, no-cookie, nsid=TEXT, no-nsid, keepalive=N, no-keepalive, padded,
 * no-padding. What no word is about does not matter. Both sides are printed by ldns and compared as
 * text.
 */
#include "scene.h"

#include "dns/cookie.h"
#include "dns/text.h"

#include <strings.h>

enum { TEXT_SIZE = 512 * 1024, SHOWN = 1500, PAD_BLOCK = 468 };

/* What an answer says, taken apart. */
struct said {
    struct message message;
    size_t size;
    struct span ede_text, nsid, cookie;
    bool has_nsid, has_padding;
    int keepalive; /* -1: none */
    struct edns asked;
};

static void read_option(uint16_t code, struct span data, struct said *out)
{
    if (code == EDNS_OPTION_EDE && data.length >= 2) {
        out->ede_text = span_of(data.at + 2, data.length - 2);
    } else if (code == EDNS_OPTION_NSID) {
        out->has_nsid = true;
        out->nsid = data;
    } else if (code == EDNS_OPTION_COOKIE) {
        out->cookie = data;
    } else if (code == EDNS_OPTION_PADDING) {
        out->has_padding = true;
    } else if (code == EDNS_OPTION_KEEPALIVE && data.length == 2) {
        out->keepalive = load_u16(data.at);
    }
}

static bool said_read(const struct question_asked *q, struct said *out)
{
    struct record record;
    struct message asked;
    *out = (struct said){.size = q->reply_length, .keepalive = -1};
    if (message_read(span_of(q->bytes, q->length), &asked) == STATUS_OK)
        out->asked = asked.edns;
    if (message_read(span_of(q->reply, q->reply_length), &out->message) != STATUS_OK)
        return false;
    for (struct records walk = records_of(&out->message); records_next(&walk, &record);) {
        struct cursor options = cursor_of(record.data);
        while (record.type == TYPE_OPT && cursor_more(&options)) {
            uint16_t code = read_u16(&options);
            struct span data = read_span(&options, read_u16(&options));
            read_option(code, data, out);
        }
    }
    return true;
}

static const char *flags_text(uint16_t flags, char out[32])
{
    static const struct {
        uint16_t flag;
        const char *word;
    } words[] = {{FLAG_QR, "qr"}, {FLAG_AA, "aa"}, {FLAG_TC, "tc"}, {FLAG_RD, "rd"},
                 {FLAG_RA, "ra"}, {FLAG_AD, "ad"}, {FLAG_CD, "cd"}};
    struct writer w = writer_over(out, 31);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if ((flags & words[i].flag) == 0)
            continue;
        if (writer_length(&w) > 0)
            write_u8(&w, ',');
        write_text(&w, words[i].word);
    }
    *w.at = 0;
    return out;
}

static bool check_number(struct scene *scene, const char *what, const char *wanted, uint64_t is)
{
    uint64_t number;
    if (!number_read(wanted, UINT32_MAX, &number))
        return fail(scene, "`%s` is no number", wanted);
    return number == is || fail(scene, "%s=%llu, not %s", what, (unsigned long long)is, wanted);
}

static bool check_text(struct scene *scene, const char *what, const char *wanted, struct span is)
{
    return memmem(is.at, is.length, wanted, strlen(wanted)) != NULL ||
           fail(scene, "%s is \"%.*s\", which has no \"%s\"", what, (int)is.length,
                (const char *)is.at, wanted);
}

static bool check_value(struct scene *scene, const char *word, const struct said *said)
{
    const char *value;
    char flags[32];
    if ((value = word_value(word, "flags")) != NULL) {
        flags_text(said->message.flags, flags);
        return strcmp(flags, value) == 0 || fail(scene, "flags=%s, not %s", flags, value);
    }
    if ((value = word_value(word, "ede")) != NULL)
        return check_number(scene, "ede", value, said->message.edns.ede);
    if ((value = word_value(word, "answers")) != NULL)
        return check_number(scene, "answers", value, said->message.counts[SECTION_ANSWER]);
    if ((value = word_value(word, "size")) != NULL)
        return check_number(scene, "size", value, said->size);
    if ((value = word_value(word, "keepalive")) != NULL)
        return check_number(scene, "keepalive", value, (uint64_t)said->keepalive);
    if ((value = word_value(word, "nsid")) != NULL)
        return said->has_nsid ? check_text(scene, "nsid", value, said->nsid)
                              : fail(scene, "no NSID");
    return fail(scene, "`%s` is nothing that can be expected", word);
}

/* Ours always begins with the client's own half (RFC 7873 5.2). */
static bool has_cookie(const struct said *said)
{
    return said->cookie.length == COOKIE_SIZE && said->asked.cookie_length > 0 &&
           memcmp(said->cookie.at, said->asked.cookie, COOKIE_CLIENT_SIZE) == 0;
}

static bool has_same_cookie(const struct said *said)
{
    return span_equal(said->cookie, span_of(said->asked.cookie, said->asked.cookie_length));
}

static bool check_word(struct scene *scene, const char *word, const struct said *said)
{
    const struct {
        const char *word;
        bool holds;
    } facts[] = {
        {"no-ede", said->message.edns.ede == EDE_NONE},
        {"new-cookie", has_cookie(said) && !has_same_cookie(said)},
        {"same-cookie", has_cookie(said) && has_same_cookie(said)},
        {"no-cookie", said->cookie.length == 0},
        {"no-nsid", !said->has_nsid},
        {"no-keepalive", said->keepalive < 0},
        {"padded", said->has_padding && said->size % PAD_BLOCK == 0},
        {"no-padding", !said->has_padding},
    };
    if (*word == '"')
        return check_text(scene, "the EDE's text", word + 1, said->ede_text);
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (strcmp(word, facts[i].word) == 0)
            return facts[i].holds || fail(scene, "not true: %s", word);
    return check_value(scene, word, said);
}

/* Where the records of a section stand in ldns' print, one to a line; cuts the text behind them. */
static char *section_find(char *text, const char *title)
{
    char *start = strstr(text, title);
    if (start == NULL)
        return text + strlen(text);
    start += strlen(title);
    char *end = strstr(start, "\n\n");
    if (end != NULL)
        end[1] = 0;
    return start;
}

/* Compares two lines of ldns' print; fields have a tab between, and the second is the TTL. */
static bool is_line(const char *wanted, size_t wanted_length, const char *is, size_t length)
{
    char any[16];
    size_t owner = strcspn(wanted, "\t") + 1;
    size_t ttl = (size_t)snprintf(any, sizeof any, "%d\t", ANY_TTL);
    if (owner < length && strncasecmp(wanted, is, owner) == 0 &&
        strncmp(wanted + owner, any, ttl) == 0) {
        size_t skipped = owner + strcspn(is + owner, "\t") + 1;
        wanted += owner + ttl;
        wanted_length -= owner + ttl;
        is += skipped;
        length -= skipped;
    }
    return wanted_length == length && strncasecmp(wanted, is, length) == 0;
}

static bool check_section(struct scene *scene, const char *title, char *wanted, char *is)
{
    char heading[64];
    snprintf(heading, sizeof heading, ";; %s SECTION:\n", title);
    const char *want = section_find(wanted, heading), *have = section_find(is, heading);
    const char *whole_want = want, *whole_have = have;
    while (*want != 0 || *have != 0) {
        size_t want_length = strcspn(want, "\n"), have_length = strcspn(have, "\n");
        if (!is_line(want, want_length, have, have_length))
            return fail(scene, "the %s section is\n%.*sand not\n%.*s", title, SHOWN,
                        *whole_have == 0 ? "(empty)\n" : whole_have, SHOWN,
                        *whole_want == 0 ? "(empty)\n" : whole_want);
        want += want_length + (want[want_length] == '\n');
        have += have_length + (have[have_length] == '\n');
    }
    return true;
}

/* The message that is expected, as far as its records go. */
static bool write_wanted(struct scene *scene, struct block below, const struct said *said,
                         struct writer *w)
{
    uint16_t counts[SECTION_COUNT] = {0};
    uint8_t *header = write_place(w, MESSAGE_HEADER);
    const struct line *at = scene->at;
    memset(header, 0, MESSAGE_HEADER);
    write_span(w, name_span(&said->message.question.name));
    write_u16(w, said->message.question.type);
    write_u16(w, said->message.question.class);
    if (!records_write(scene, below, &said->message.question.name, w, counts))
        return false;
    scene->at = at;
    store_u16(header + 4, 1);
    for (int i = 0; i < SECTION_COUNT; i++)
        store_u16(header + 6 + 2 * i, counts[i]);
    return true;
}

static bool check_records(struct scene *scene, struct block below, const struct question_asked *q,
                          const struct said *said)
{
    static uint8_t bytes[MESSAGE_MOST];
    static char wanted[TEXT_SIZE], is[TEXT_SIZE];
    struct writer w = writer_over(bytes, sizeof bytes);
    if (below.count == 0)
        return true;
    if (!write_wanted(scene, below, said, &w))
        return false;
    for (int pass = 0; pass < 2; pass++) {
        const char *title = pass == 0 ? "ANSWER" : "AUTHORITY";
        if (pass == 1 && block_find(below, "authority") == NULL)
            return true;
        if (text_message(writer_span(&w), wanted, sizeof wanted) != STATUS_OK ||
            text_message(span_of(q->reply, q->reply_length), is, sizeof is) != STATUS_OK)
            return fail(scene, "ldns cannot read the message");
        if (!check_section(scene, title, wanted, is))
            return false;
    }
    return true;
}

static const struct question_asked *find_question(struct scene *scene, const char *label)
{
    for (size_t i = 0; i < QUESTIONS_MOST; i++) {
        const struct question_asked *q = &scene->clients.questions[i];
        if (q->state != STATE_FREE && strcmp(q->label, label) == 0)
            return q;
    }
    return NULL;
}

static bool check_answer(struct scene *scene, const struct words *words, unsigned at,
                         struct block below, const struct question_asked *q)
{
    struct said said;
    uint16_t rcode;
    char is[WORD_SIZE];
    if (rcode_parse(words->word[at], &rcode) != STATUS_OK)
        return fail(scene, "`%s` is no label and no code", words->word[at]);
    if (q->state != STATE_ANSWERED)
        return fail(scene, "no answer came: %s",
                    q->state == STATE_WAITING ? "the client waits" : "silence");
    if (!said_read(q, &said))
        return fail(scene, "the answer is malformed");
    if (message_rcode(&said.message) != rcode)
        return fail(scene, "%s, not %s (EDE %u \"%.*s\")",
                    rcode_text(message_rcode(&said.message), is), words->word[at],
                    said.message.edns.ede, (int)said.ede_text.length,
                    (const char *)said.ede_text.at);
    for (unsigned i = at + 1; i < words->count; i++)
        if (!check_word(scene, words->word[i], &said))
            return false;
    return check_records(scene, below, q, &said);
}

bool client_expect(struct scene *scene, const struct words *words, struct block below)
{
    unsigned at = 1;
    const struct question_asked *q = scene->clients.last;
    const struct question_asked *named =
        words->count > 1 ? find_question(scene, words->word[1]) : NULL;
    if (named != NULL) {
        q = named;
        at = 2;
    }
    if (q == NULL || words->count <= at)
        return fail(scene, "write: expect RCODE, silence or waiting, after a question");
    enum state wanted = strcmp(words->word[at], "silence") == 0   ? STATE_SILENT
                        : strcmp(words->word[at], "waiting") == 0 ? STATE_WAITING
                                                                  : STATE_ANSWERED;
    if (wanted == STATE_ANSWERED)
        return check_answer(scene, words, at, below, q);
    return q->state == wanted || fail(scene, "%s, not %s",
                                      q->state == STATE_ANSWERED ? "an answer"
                                      : q->state == STATE_SILENT ? "silence"
                                                                 : "the client waits",
                                      words->word[at]);
}
