/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * password - libsodium's crypto_pwhash, and random bytes as text.
 */
#include "people/password.h"

#include "base/random.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "as libsodium makes them");

enum { DIFFERENT_LEAST = 5, NAME_LEAST = 4, GROUPS = 4, GROUP = 5 };

enum status password_ready(void)
{
    return sodium_init() < 0 ? STATUS_SYSTEM : STATUS_OK;
}

enum status password_hash(const char *password, char out[PASSWORD_HASH_SIZE])
{
    memset(out, 0, PASSWORD_HASH_SIZE);
    int made =
        crypto_pwhash_str_alg(out, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
    return made == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

bool password_is_old(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0;
}

void password_job_compare(struct password_job *job, const char *known, const char *typed)
{
    snprintf(job->known, sizeof job->known, "%s", known);
    snprintf(job->typed, sizeof job->typed, "%s", typed);
}

void password_job_make(struct password_job *job, const char *wanted)
{
    snprintf(job->wanted, sizeof job->wanted, "%s", wanted);
}

static clock_us time_spent(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (clock_us)t.tv_sec * 1000000 + (clock_us)t.tv_nsec / 1000;
}

void password_job_run(struct password_job *job)
{
    const clock_us began = time_spent();
    const bool compares = job->known[0] != 0;
    job->is_right =
        compares && crypto_pwhash_str_verify(job->known, job->typed, strlen(job->typed)) == 0;
    if (job->wanted[0] != 0 && (job->is_right || !compares))
        job->status = password_hash(job->wanted, job->hash);
    job->spent = time_spent() - began;
}

static size_t different_bytes(const char *text)
{
    bool seen[256] = {false};
    size_t count = 0;
    for (; *text != 0; text++) {
        count += !seen[(uint8_t)*text];
        seen[(uint8_t)*text] = true;
    }
    return count;
}

/* Each next byte is the one before, or one more or less; 0 comes behind 9. */
static bool is_a_row(const char *text)
{
    for (; text[0] != 0 && text[1] != 0; text++)
        if ((text[1] - text[0] > 1 || text[0] - text[1] > 1) && !(text[0] == '9' && text[1] == '0'))
            return false;
    return true;
}

bool password_may_be(const char *password, const char *name, char why[PEOPLE_WHY_SIZE])
{
    const size_t length = strlen(password);
    const char *wrong = NULL;
    if (length < PASSWORD_LEAST)
        wrong = "is too short: at least 12 characters, such as four words that do not belong "
                "together";
    else if (length > PASSWORD_MOST)
        wrong = "is too long: at most 256 bytes";
    else if (strlen(name) >= NAME_LEAST && strcasestr(password, name) != NULL)
        wrong = "holds the name of its account: choose one that has nothing to do with it";
    else if (different_bytes(password) < DIFFERENT_LEAST || is_a_row(password))
        wrong = "is too easy to guess: choose one of more different characters";
    if (wrong != NULL)
        snprintf(why, PEOPLE_WHY_SIZE, "The password %s.", wrong);
    return wrong == NULL;
}

void password_first(char out[FIRST_PASSWORD_SIZE])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    size_t at = 0;
    for (int group = 0; group < GROUPS; group++) {
        if (group > 0)
            out[at++] = '-';
        for (int i = 0; i < GROUP; i++)
            out[at++] = letters[random_below(sizeof letters - 1)];
    }
    out[at] = 0;
}

static void as_text(const uint8_t bytes[CHAIN_SIZE], char out[TOKEN_SIZE])
{
    sodium_bin2base64(out, TOKEN_SIZE, bytes, CHAIN_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void token_new(char out[TOKEN_SIZE])
{
    uint8_t bytes[CHAIN_SIZE];
    random_bytes(bytes, sizeof bytes);
    as_text(bytes, out);
    sodium_memzero(bytes, sizeof bytes);
}

void token_digest(const char *token, uint8_t out[CHAIN_SIZE])
{
    crypto_generichash(out, CHAIN_SIZE, (const uint8_t *)token, strlen(token), NULL, 0);
}

void token_derive(struct span secret, const char *purpose, const char *about, char out[TOKEN_SIZE])
{
    crypto_generichash_state state;
    uint8_t bytes[CHAIN_SIZE];
    crypto_generichash_init(&state, secret.at, secret.length, sizeof bytes);
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, (const uint8_t *)about, strlen(about));
    crypto_generichash_final(&state, bytes, sizeof bytes);
    as_text(bytes, out);
}
