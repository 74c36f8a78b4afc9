/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * upstream - the Internet of a scene, and the process that asks it.
 *
 *     NAME TYPE [+do|-do] [+cd|-cd]                *.NAME answers for all names below
 *       silence
 *       unreachable | network | failed ["why"]
 *       bogus ["why"]                              then records, which only CD may see
 *       RCODE [secure] [ede=N] [after=TIME] [cut=N] ["why"]
 *       question NAME TYPE                         what the answer says it was asked
 *       records
 */
#include "scene.h"

#include "dns/type.h"

/* The first line of an answer. */
struct manner {
    struct message_answer answer;
    uint16_t rcode;
    bool is_silent;
    clock_ms after;
    uint64_t cut; /* bytes missing at the end */
};

static bool manner_outcome(const char *word, struct manner *out)
{
    static const struct {
        const char *word;
        enum outcome outcome;
    } outcomes[] = {{"bogus", OUTCOME_BOGUS},
                    {"unreachable", OUTCOME_UNREACHABLE},
                    {"network", OUTCOME_NETWORK},
                    {"failed", OUTCOME_FAILED}};
    for (size_t i = 0; i < COUNT_OF(outcomes); i++) {
        if (strcmp(word, outcomes[i].word) == 0) {
            out->answer.outcome = outcomes[i].outcome;
            return true;
        }
    }
    out->is_silent = strcmp(word, "silence") == 0;
    return out->is_silent || rcode_parse(word, &out->rcode) == STATUS_OK;
}

static bool manner_read(struct scene *scene, const struct entry *entry, struct manner *out)
{
    struct words words;
    uint64_t ede = EDE_NONE;
    *out = (struct manner){.answer = {.outcome = OUTCOME_ANSWER, .ede = EDE_NONE}};
    scene->at = entry->head;
    if (entry->body.count == 0)
        return fail(scene, "no answer stands below it");
    scene->at = entry->body.at;
    if (!words_read(entry->body.at->text, &words) || !manner_outcome(words.word[0], out))
        return fail(scene, "an answer begins with a code, bogus, unreachable, network, failed or "
                           "silence");
    for (unsigned i = 1; i < words.count; i++) {
        const char *word = words.word[i], *value;
        bool sound = true;
        if (strcmp(word, "secure") == 0)
            out->answer.secure = true;
        else if (*word == '"')
            snprintf(out->answer.why, sizeof out->answer.why, "%s", word + 1);
        else if ((value = word_value(word, "ede")) != NULL)
            sound = number_read(value, EDE_NONE, &ede);
        else if ((value = word_value(word, "after")) != NULL)
            sound = duration_read(value, &out->after);
        else if ((value = word_value(word, "cut")) != NULL)
            sound = number_read(value, MESSAGE_MOST, &out->cut);
        else
            sound = false;
        if (!sound)
            return fail(scene, "`%s` is no word of an answer", word);
    }
    out->answer.ede = (uint16_t)ede;
    return true;
}

/* The question that the answer repeats, if it is another one than it was asked. */
static bool read_question(struct scene *scene, struct block *body, struct message_ask *asked)
{
    char name[NAME_TEXT_SIZE], type[WORD_SIZE];
    if (body->count == 0 || strncmp(body->at->text, "question ", 9) != 0)
        return true;
    scene->at = body->at;
    if (sscanf(body->at->text, "question %1000s %15s", name, type) != 2 ||
        name_parse(name, &asked->name) != STATUS_OK || type_parse(type, &asked->type) != STATUS_OK)
        return fail(scene, "write: question NAME TYPE");
    body->at++;
    body->count--;
    return true;
}

static bool message_write(struct scene *scene, const struct entry *entry,
                          const struct manner *manner, const struct message_ask *ask,
                          struct writer *out)
{
    struct block body = {entry->body.at + 1, entry->body.count - 1};
    struct message_ask asked = *ask;
    uint16_t counts[SECTION_COUNT] = {0};
    uint8_t *header = write_place(out, MESSAGE_HEADER);
    if (header == NULL || !read_question(scene, &body, &asked))
        return false;
    memset(header, 0, MESSAGE_HEADER);
    write_span(out, name_span(&asked.name));
    write_u16(out, asked.type);
    write_u16(out, asked.class);
    if (!records_write(scene, body, &asked.name, out, counts))
        return false;
    store_u16(header + 2, (uint16_t)(FLAG_QR | FLAG_RD | FLAG_RA | manner->rcode));
    store_u16(header + 4, 1);
    for (int i = 0; i < SECTION_COUNT; i++)
        store_u16(header + 6 + 2 * i, counts[i]);
    return true;
}

static bool read_entry(struct scene *scene, const struct line *head, struct block body,
                       struct entry *out)
{
    struct words words;
    *out = (struct entry){.head = head, .body = body};
    scene->at = head;
    if (!words_read(head->text, &words) || words.count < 2)
        return fail(scene, "write: NAME TYPE, and its answer below");
    out->is_wildcard = strncmp(words.word[0], "*.", 2) == 0;
    if (name_parse(words.word[0] + (out->is_wildcard ? 2 : 0), &out->name) != STATUS_OK ||
        type_parse(words.word[1], &out->type) != STATUS_OK)
        return fail(scene, "`%s %s` is no name and type", words.word[0], words.word[1]);
    for (unsigned i = 2; i < words.count; i++) {
        const char *word = words.word[i];
        int sign = *word == '+' ? 1 : -1;
        if (strcmp(word, "+do") == 0 || strcmp(word, "-do") == 0)
            out->dnssec = sign;
        else if (strcmp(word, "+cd") == 0 || strcmp(word, "-cd") == 0)
            out->unchecked = sign;
        else
            return fail(scene, "`%s` is no word of a question", word);
    }
    return true;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
    return name_equal(&a->name, &b->name) && a->type == b->type &&
           a->is_wildcard == b->is_wildcard && a->dnssec == b->dnssec &&
           a->unchecked == b->unchecked;
}

/* Takes entries in; one for the same question as an older one replaces it. */
bool upstream_read(struct scene *scene, struct block entries)
{
    static uint8_t bytes[MESSAGE_MOST];
    struct upstream *u = &scene->upstream;
    for (const struct line *at = entries.at; at < block_end(entries); at = line_next(at, entries)) {
        struct entry entry;
        struct manner manner;
        struct writer w = writer_over(bytes, sizeof bytes);
        if (!read_entry(scene, at, block_below(at, block_end(entries)), &entry) ||
            !manner_read(scene, &entry, &manner))
            return false;
        const struct message_ask ask = {.name = entry.name, .type = entry.type, .class = CLASS_IN};
        if (!message_write(scene, &entry, &manner, &ask, &w))
            return false;
        size_t i = 0;
        while (i < u->entry_count && !is_same(&u->entries[i], &entry))
            i++;
        if (i == ENTRIES_MOST)
            return fail(scene, "more than %d answers", ENTRIES_MOST);
        u->entries[i] = entry;
        u->entry_count += i == u->entry_count;
    }
    return true;
}

bool upstream_step(struct scene *scene, const struct words *words, struct block below)
{
    static const char *const weathers[] = {[WEATHER_FINE] = "answers",
                                           [WEATHER_DEAD] = "dead",
                                           [WEATHER_UNREACHABLE] = "unreachable",
                                           [WEATHER_NETWORK] = "network",
                                           [WEATHER_GONE] = "gone"};
    if (words->count == 1)
        return upstream_read(scene, below);
    for (unsigned i = 0; i < COUNT_OF(weathers); i++) {
        if (words->count == 2 && strcmp(words->word[1], weathers[i]) == 0) {
            scene->upstream.weather = i;
            return true;
        }
    }
    return fail(scene, "write: upstream answers, dead, unreachable, network or gone; or new "
                       "answers below");
}

static const struct entry *find_entry(const struct upstream *u, const struct message_ask *ask)
{
    for (size_t i = 0; i < u->entry_count; i++) {
        const struct entry *e = &u->entries[i];
        bool is_named =
            e->is_wildcard ? name_is_below(&ask->name, &e->name) : name_equal(&ask->name, &e->name);
        if (is_named && e->type == ask->type &&
            (e->dnssec == 0 || (e->dnssec > 0) == (ask->want_dnssec != 0)) &&
            (e->unchecked == 0 || (e->unchecked > 0) == (ask->checking_disabled != 0)))
            return e;
    }
    return NULL;
}

bool upstream_ask(void *owner, const struct message_ask *ask)
{
    struct scene *scene = owner;
    struct upstream *u = &scene->upstream;
    const struct line *at = scene->at;
    char name[NAME_TEXT_SIZE], type[WORD_SIZE];
    struct held held = {.ask = *ask, .due = scene->when.now};
    struct manner manner;
    if (u->weather == WEATHER_GONE)
        return false;
    u->asked++;
    if (u->weather == WEATHER_DEAD)
        return true;
    held.outcome = u->weather == WEATHER_NETWORK ? OUTCOME_NETWORK : OUTCOME_UNREACHABLE;
    if (u->weather == WEATHER_FINE) {
        held.entry = find_entry(u, ask);
        if (held.entry == NULL)
            return fail(scene, "upstream is asked for %s. %s, and no answer to that is written",
                        name_text(&ask->name, name), type_text(ask->type, type));
        if (!manner_read(scene, held.entry, &manner))
            return false;
        scene->at = at;
        if (manner.is_silent)
            return true;
        held.due += manner.after;
    }
    if (u->held_count == HELD_MOST)
        return fail(scene, "more than %d questions are under way", HELD_MOST);
    u->held[u->held_count++] = held;
    return true;
}

static void answer(struct scene *scene, const struct held *held)
{
    static uint8_t bytes[MESSAGE_MOST];
    const struct line *at = scene->at;
    struct writer w = writer_over(bytes, sizeof bytes);
    struct manner manner = {.answer = {.outcome = held->outcome, .ede = EDE_NONE}};
    if (held->entry != NULL && (!manner_read(scene, held->entry, &manner) ||
                                !message_write(scene, held->entry, &manner, &held->ask, &w)))
        return;
    scene->at = at;
    size_t length = writer_length(&w);
    length -= manner.cut < length ? manner.cut : length;
    manner.answer.id = held->ask.id;
    manner.answer.length = (uint16_t)length;
    server_answer(scene->server, &manner.answer, span_of(bytes, length), scene->when);
}

void upstream_play(struct scene *scene)
{
    struct upstream *u = &scene->upstream;
    for (size_t i = 0; i < u->held_count;) {
        if (u->held[i].due > scene->when.now) {
            i++;
            continue;
        }
        const struct held held = u->held[i];
        u->held_count--;
        memmove(&u->held[i], &u->held[i + 1], (u->held_count - i) * sizeof *u->held);
        answer(scene, &held);
        i = 0; /* the answer may have led to new questions */
    }
}

clock_ms upstream_next(const struct scene *scene)
{
    clock_ms next = UINT64_MAX;
    for (size_t i = 0; i < scene->upstream.held_count; i++)
        if (scene->upstream.held[i].due < next)
            next = scene->upstream.held[i].due;
    return next;
}

void upstream_lost(struct scene *scene)
{
    scene->upstream.held_count = 0;
    server_resolver_lost(scene->server, scene->when);
}
