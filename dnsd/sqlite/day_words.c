/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_words - a hash table before the file, and before that the word that each kind had last.
 */
#include "sqlite/day_words.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/random.h"
#include "sqlite/day.h"

#include <stdlib.h>

enum { SLOTS = WORDS_MOST * 2, LONGEST = 4096 };

struct word_slot {
    const uint8_t *text;
    uint32_t id; /* 0: free */
    uint32_t hash;
    uint16_t length;
    uint8_t kind;
};

struct day_words {
    struct sqlite *db; /* the writer's */
    struct sqlite_statement *find, *add;
    struct arena texts;
    struct hash_key key;
    uint32_t count;
    struct word_slot latest[TEXT_COUNT];
    struct word_slot slots[SLOTS];
};

struct day_words *day_words_new(struct sqlite *db)
{
    struct day_words *words = calloc(1, sizeof *words);
    if (words == NULL)
        return NULL;
    words->db = db;
    words->find = sqlite_prepare(db, "SELECT id, text FROM word WHERE kind = ?1 AND key = ?2");
    words->add = sqlite_prepare(db, "INSERT INTO word(kind, key, text) VALUES (?1, ?2, ?3)");
    if (words->find == NULL || words->add == NULL ||
        arena_open(&words->texts, WORDS_BYTES) != STATUS_OK) {
        day_words_free(words);
        return NULL;
    }
    random_bytes(&words->key, sizeof words->key);
    return words;
}

void day_words_free(struct day_words *words)
{
    if (words == NULL)
        return;
    sqlite_free(words->find);
    sqlite_free(words->add);
    arena_close(&words->texts);
    free(words);
}

static bool is_it(const struct word_slot *slot, enum text kind, struct span text)
{
    return slot->id != 0 && slot->kind == kind &&
           span_equal(span_of(slot->text, slot->length), text);
}

static uint32_t hash_of(const struct day_words *words, enum text kind, struct span text)
{
    return (uint32_t)hash_bytes(&words->key, text.at, text.length) + (uint32_t)kind * 0x9e3779b1u;
}

static uint32_t find_here(struct day_words *words, enum text kind, struct span text)
{
    if (is_it(&words->latest[kind], kind, text))
        return words->latest[kind].id;
    const uint32_t hash = hash_of(words, kind, text);
    for (uint32_t i = hash % SLOTS; words->slots[i].id != 0; i = (i + 1) % SLOTS) {
        if (words->slots[i].hash != hash || !is_it(&words->slots[i], kind, text))
            continue;
        words->latest[kind] = words->slots[i];
        return words->slots[i].id;
    }
    return 0;
}

static void forget(struct day_words *words)
{
    memset(words->latest, 0, sizeof words->latest);
    memset(words->slots, 0, sizeof words->slots);
    arena_reset(&words->texts);
    words->count = 0;
}

static void keep_here(struct day_words *words, enum text kind, struct span text, uint32_t id)
{
    if (text.length > LONGEST)
        return;
    if (words->count == WORDS_MOST)
        forget(words);
    const uint8_t *kept = arena_copy(&words->texts, text.at, text.length);
    if (kept == NULL) {
        forget(words);
        kept = arena_copy(&words->texts, text.at, text.length);
    }
    if (kept == NULL)
        return;
    const uint32_t hash = hash_of(words, kind, text);
    uint32_t i = hash % SLOTS;
    while (words->slots[i].id != 0)
        i = (i + 1) % SLOTS;
    words->slots[i] = (struct word_slot){kept, id, hash, (uint16_t)text.length, (uint8_t)kind};
    words->latest[kind] = words->slots[i];
    words->count++;
}

static enum status find_in_file(struct day_words *words, enum text kind, struct span key,
                                struct span text, uint32_t *id)
{
    enum status status;

    sqlite_bind_number(words->find, 1, kind);
    sqlite_bind_blob(words->find, 2, key);
    while ((status = sqlite_step(words->find)) == STATUS_OK)
        if (span_equal(sqlite_bytes(words->find, 1), text)) {
            *id = (uint32_t)sqlite_number(words->find, 0);
            break;
        }
    sqlite_reset(words->find);
    return status;
}

enum status day_words_number(struct day_words *words, enum text kind, struct span text,
                             uint32_t *out)
{
    uint8_t room[DAY_KEY_SIZE];

    *out = 0;
    if (text.length == 0)
        return STATUS_OK;
    *out = find_here(words, kind, text);
    if (*out != 0)
        return STATUS_OK;
    const struct span key = day_key(kind, text, room);
    enum status status = find_in_file(words, kind, key, text, out);
    if (status == STATUS_NOT_FOUND) {
        sqlite_bind_number(words->add, 1, kind);
        sqlite_bind_blob(words->add, 2, key);
        sqlite_bind_blob(words->add, 3, text);
        status = sqlite_do(words->add);
        *out = (uint32_t)sqlite_last_id(words->db);
    }
    if (status == STATUS_OK)
        keep_here(words, kind, text, *out);
    return status;
}
