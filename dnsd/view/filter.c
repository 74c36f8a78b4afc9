/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filter - parameters of a query string, each with its own words for what is wrong.
 */
#include "view/filter.h"

#include "http/head.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SEVERITY_MOST = 7, SHOWN_MOST = 60, NUMBER_DIGITS_MOST = 19 };

static const uint64_t SECOND_US = UINT64_C(1000000);

/* Always false: for `return`. */
__attribute__((format(printf, 2, 3))) static bool wrong(char why[FILTER_WHY_SIZE],
                                                        const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, FILTER_WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static bool add_pair(struct query *out, struct span pair, size_t *used, char why[FILTER_WHY_SIZE])
{
    const uint8_t *equals = memchr(pair.at, '=', pair.length);
    struct span key = pair, value = span_of(pair.at + pair.length, 0);
    char *texts[2];

    if (equals != NULL) {
        key.length = (size_t)(equals - pair.at);
        value = span_behind(pair, key.length + 1);
    }
    if (out->count == QUERY_PAIRS_MOST)
        return wrong(why, "at most %d parameters are read", QUERY_PAIRS_MOST);
    for (int i = 0; i < 2; i++) {
        texts[i] = out->text + *used;
        if (!head_decode(i == 0 ? key : value, true, texts[i], sizeof out->text - *used))
            return wrong(why, "the query string is too long, or not encoded as RFC 3986 says");
        *used += strlen(texts[i]) + 1;
    }
    for (uint32_t i = 0; i < out->count; i++)
        if (strcmp(out->pairs[i].key, texts[0]) == 0)
            return wrong(why, "`%.*s` is said twice", SHOWN_MOST, texts[0]);
    out->pairs[out->count].key = texts[0];
    out->pairs[out->count++].value = texts[1];
    return true;
}

bool query_read(struct span text, struct query *out, char why[FILTER_WHY_SIZE])
{
    size_t used = 0;

    out->count = 0;
    while (text.length > 0) {
        const uint8_t *end = memchr(text.at, '&', text.length);
        struct span pair = span_of(text.at, end == NULL ? text.length : (size_t)(end - text.at));
        text = span_behind(text, pair.length + 1);
        if (pair.length > 0 && !add_pair(out, pair, &used, why))
            return false;
    }
    return true;
}

const char *query_value(const struct query *query, const char *key)
{
    for (uint32_t i = 0; i < query->count; i++)
        if (strcmp(query->pairs[i].key, key) == 0)
            return query->pairs[i].value[0] == 0 ? NULL : query->pairs[i].value;
    return NULL;
}

/* Digits alone, no sign, up to `stop`. */
static bool read_digits(const char *text, char stop, uint64_t *out, const char **end)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > NUMBER_DIGITS_MOST || text[digits] != stop)
        return false;
    *out = strtoull(text, NULL, 10);
    *end = text + digits + (stop != 0);
    return true;
}

bool number_read(const char *text, uint64_t *out)
{
    const char *end;
    return read_digits(text, 0, out, &end);
}

bool filter_number(const struct query *query, const char *key, uint64_t least, uint64_t most,
                   uint64_t fallback, uint64_t *out, char why[FILTER_WHY_SIZE])
{
    const char *value = query_value(query, key), *end;

    *out = fallback;
    if (value == NULL)
        return true;
    if (!read_digits(value, 0, out, &end) || *out < least || *out > most)
        return wrong(why, "`%s` is a whole number from %" PRIu64 " to %" PRIu64 ", not `%.*s`", key,
                     least, most, SHOWN_MOST, value);
    return true;
}

bool filter_word(const struct query *query, const char *key, const char *const *words, int fallback,
                 int *out, char why[FILTER_WHY_SIZE])
{
    const char *value = query_value(query, key);
    size_t length;

    *out = fallback;
    if (value == NULL)
        return true;
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], value) == 0) {
            *out = i;
            return true;
        }
    snprintf(why, FILTER_WHY_SIZE, "`%s` is not `%.*s`, but one of:", key, SHOWN_MOST, value);
    for (int i = 0; words[i] != NULL; i++) {
        length = strlen(why);
        snprintf(why + length, FILTER_WHY_SIZE - length, "%s %s", i == 0 ? "" : ",", words[i]);
    }
    return false;
}

/* "-24h" */
static bool read_before(const char *text, clock_us now, clock_us *out)
{
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 7)
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        uint64_t us = strtoull(text, NULL, 10) * units[i].seconds * SECOND_US;
        if (strcmp(text + digits, units[i].unit) == 0) {
            *out = us < now ? now - us : 1;
            return true;
        }
    }
    return false;
}

/* ".123456Z", "Z" or nothing. */
static bool read_fraction(const char *text, clock_us *at)
{
    if (*text == '.') {
        uint64_t unit = SECOND_US / 10;
        for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
            *at += unit * (uint64_t)(*text - '0');
    }
    return strcmp(text, "Z") == 0 || *text == 0;
}

/* "2026-11-24", or with "T03:00:00" and a fraction behind. */
static bool read_date(const char *text, clock_us *out)
{
    struct tm utc = {0}, same;
    const char *end = strptime(text, "%Y-%m-%d", &utc);

    if (end == NULL || strlen(text) < 10 || text[4] != '-')
        return false;
    if (*end == 'T' && (end = strptime(end, "T%H:%M:%S", &utc)) == NULL)
        return false;
    same = utc;
    time_t seconds = timegm(&same);
    if (seconds <= 0 || same.tm_mday != utc.tm_mday)
        return false;
    *out = (clock_us)seconds * SECOND_US;
    return read_fraction(end, out);
}

bool filter_time(const struct query *query, const char *key, clock_us now, clock_us fallback,
                 clock_us *out, char why[FILTER_WHY_SIZE])
{
    const char *value = query_value(query, key);

    *out = fallback;
    if (value == NULL)
        return true;
    if (strcmp(value, "now") == 0)
        *out = now;
    else if (!(value[0] == '-' ? read_before(value + 1, now, out) : read_date(value, out)))
        return wrong(why,
                     "`%s` is a time such as 2026-11-24T03:00:00Z, 2026-11-24, or -24h (s, m, h, "
                     "d, w before now), not `%.*s`",
                     key, SHOWN_MOST, value);
    return true;
}

static bool read_client(const struct query *query, struct store_filter *out,
                        char why[FILTER_WHY_SIZE])
{
    const char *value = query_value(query, "client");

    if (value == NULL)
        return true;
    enum status status = prefix_parse(value, &out->client);
    if (status == STATUS_INVALID)
        return wrong(why, "`client`: bits are set behind the prefix of `%.*s`", SHOWN_MOST, value);
    if (status != STATUS_OK)
        return wrong(why, "`client` is an address or a prefix such as 10.20.0.0/16, not `%.*s`",
                     SHOWN_MOST, value);
    out->has_client = true;
    return true;
}

static bool read_words(const struct query *query, struct store_filter *out,
                       char why[FILTER_WHY_SIZE])
{
    int ignored;

    for (int i = 0; i < WORD_COUNT; i++)
        out->word[i] = query_value(query, word_names[i]);
    return filter_word(query, word_names[WORD_WAY], way_words, 0, &ignored, why) &&
           filter_word(query, word_names[WORD_EVIDENCE], evidence_words, 0, &ignored, why);
}

static bool read_times(const struct query *query, clock_us now, clock_us from,
                       struct store_filter *out, char why[FILTER_WHY_SIZE])
{
    if (!filter_time(query, "from", now, from, &out->from, why) ||
        !filter_time(query, "until", now, 0, &out->until, why))
        return false;
    if (out->until != 0 && out->until <= out->from)
        return wrong(why, "`until` must be later than `from`");
    return true;
}

bool filter_read(const struct query *query, clock_us now, clock_us from, struct store_filter *out,
                 char why[FILTER_WHY_SIZE])
{
    static const char *const yes_no[] = {"no", "yes", NULL};
    int stopped, traffic;
    uint64_t severity;

    memset(out, 0, sizeof *out);
    if (!read_times(query, now, from, out, why) || !read_words(query, out, why) ||
        !read_client(query, out, why) ||
        !filter_number(query, "device", 1, INT64_MAX, 0, &out->device, why) ||
        !filter_number(query, "severity", 0, SEVERITY_MOST, 0, &severity, why) ||
        !filter_word(query, "stopped", yes_no, -1, &stopped, why) ||
        !filter_word(query, "traffic", yes_no, 1, &traffic, why))
        return false;
    out->least_severity = (uint8_t)severity;
    out->has_stopped = stopped >= 0;
    out->stopped = stopped == 1;
    out->traffic_only = traffic == 1;
    out->name = query_value(query, "name");
    return true;
}

bool filter_place(const struct query *query, bool *has, struct store_place *out,
                  char why[FILTER_WHY_SIZE])
{
    const char *at = query_value(query, "after");
    uint64_t source;

    *has = at != NULL;
    if (at == NULL)
        return true;
    if (!read_digits(at, '.', &out->at, &at) || !read_digits(at, '.', &source, &at) ||
        !read_digits(at, 0, &out->sequence, &at) || source > UINT32_MAX)
        return wrong(why, "`after` is the `next` of another answer");
    out->source = (uint32_t)source;
    return true;
}
