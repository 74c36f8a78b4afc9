/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shown - how numbers, dates and strangers' names look.
 */
#include "report/shown.h"

#include "report/words.h"

#include <inttypes.h>
#include <time.h>

enum { REPLACEMENT = 0xfffd, MINUTE_S = 60, HOUR_S = 3600 };

/* Marks of direction, joiners, and what else has no width or no meaning between programs. */
static bool is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || (c >= 0xd800 && c <= 0xdfff) || c == 0xfeff ||
           (c >= 0xfff0 && c <= 0xffff) || (c >= 0xe0000 && c <= 0xe0fff);
}

uint32_t shown_next(const char **at)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)*at;

    if (*p == 0)
        return 0;
    int more = *p < 0x80                 ? 0
               : *p >= 0xc2 && *p < 0xe0 ? 1
               : *p >= 0xe0 && *p < 0xf0 ? 2
               : *p >= 0xf0 && *p < 0xf5 ? 3
                                         : -1;
    uint32_t c = more <= 0 ? *p : *p & (0x3fU >> more);
    int taken = 1;
    while (taken <= more && (p[taken] & 0xc0) == 0x80)
        c = c << 6 | (p[taken++] & 0x3f);
    *at += taken;
    if (more < 0 || taken <= more || c < least[more] || c > 0x10ffff || is_hidden(c))
        return REPLACEMENT;
    return c;
}

static size_t put(char *out, size_t size, size_t at, uint32_t c)
{
    int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};

    if (at + (size_t)more + 2 > size)
        return at;
    out[at++] = (char)(first[more] | c >> 6 * more);
    while (more-- > 0)
        out[at++] = (char)(0x80 | (c >> 6 * more & 0x3f));
    return at;
}

const char *shown_text(const char *text, unsigned most, char *out, size_t size)
{
    size_t at = 0;
    uint32_t c;

    for (unsigned i = 0; (c = shown_next(&text)) != 0; i++) {
        if (i == most) {
            at = put(out, size, at, 0x2026);
            break;
        }
        at = put(out, size, at, c);
    }
    out[at] = 0;
    return out;
}

const char *shown_number(enum report_language language, uint64_t number, char out[NUMBER_SIZE])
{
    const char *gap = language == REPORT_FRENCH ? "\u202f" : ",";
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            at += (size_t)snprintf(out + at, NUMBER_SIZE - at, "%s", gap);
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}

static const char *percent_of(enum report_language language)
{
    return language == REPORT_FRENCH ? "\u00a0%" : "%";
}

const char *shown_share(enum report_language language, uint64_t part, uint64_t whole,
                        char out[NUMBER_SIZE])
{
    if (whole == 0) {
        snprintf(out, NUMBER_SIZE, "–");
        return out;
    }
    double share = 100.0 * (double)part / (double)whole;
    /* What is not all is never shown as all, nor what is something as nothing. */
    if (part < whole && share > 99)
        share = 99;
    if (part > 0 && share < 1)
        share = 1;
    snprintf(out, NUMBER_SIZE, "%.0f%s", share, percent_of(language));
    return out;
}

const char *shown_change(enum report_language language, uint64_t now, uint64_t before,
                         char out[NUMBER_SIZE])
{
    if (before == 0) {
        snprintf(out, NUMBER_SIZE, "%s", now == 0 ? "–" : report_said(language, SAID_NEW));
        return out;
    }
    double change = 100.0 * ((double)now - (double)before) / (double)before;
    if (change > -0.5 && change < 0.5)
        snprintf(out, NUMBER_SIZE, "±0%s", percent_of(language));
    else
        snprintf(out, NUMBER_SIZE, "%s%.0f%s", change > 0 ? "+" : "−",
                 change > 0 ? change : -change, percent_of(language));
    return out;
}

const char *shown_trend(const struct report *report, enum report_language language, uint64_t now,
                        uint64_t before, char out[NUMBER_SIZE])
{
    return shown_change(language, report->is_comparable ? now : 0,
                        report->is_comparable ? before : 0, out);
}

const char *shown_minute(clock_us at, char out[NUMBER_SIZE])
{
    time_t seconds = (time_t)(at / 1000000);
    struct tm utc;

    if (at == 0 || gmtime_r(&seconds, &utc) == NULL ||
        strftime(out, NUMBER_SIZE, "%Y-%m-%d %H:%M", &utc) == 0)
        snprintf(out, NUMBER_SIZE, "–");
    return out;
}

const char *shown_day(clock_us at, char out[NUMBER_SIZE])
{
    shown_minute(at, out);
    out[strcspn(out, " ")] = 0;
    return out;
}

const char *shown_duration(uint64_t us, char out[NUMBER_SIZE])
{
    uint64_t seconds = us / 1000000;

    if (us > 0 && seconds == 0)
        snprintf(out, NUMBER_SIZE, "< 1\u00a0s");
    else if (seconds < MINUTE_S)
        snprintf(out, NUMBER_SIZE, "%" PRIu64 "\u00a0s", seconds);
    else if (seconds < HOUR_S)
        snprintf(out, NUMBER_SIZE, "%" PRIu64 "\u00a0min", seconds / MINUTE_S);
    else
        snprintf(out, NUMBER_SIZE, "%" PRIu64 "\u00a0h %" PRIu64 "\u00a0min", seconds / HOUR_S,
                 seconds % HOUR_S / MINUTE_S);
    return out;
}

const char *shown_fill(const char *pattern, const struct shown_values *values, char out[TEXT_SIZE])
{
    size_t at = 0;

    while (*pattern != 0 && at + 1 < TEXT_SIZE) {
        size_t place = (size_t)(pattern[1] - '1');
        if (*pattern != '#' || place >= COUNT_OF(values->value) || values->value[place] == NULL) {
            out[at++] = *pattern++;
            continue;
        }
        int taken = snprintf(out + at, TEXT_SIZE - at, "%s", values->value[place]);
        at += (size_t)taken < TEXT_SIZE - at ? (size_t)taken : TEXT_SIZE - at - 1;
        pattern += 2;
    }
    out[at] = 0;
    return out;
}

const char *shown_device(const struct device *device)
{
    static const char by_address[] = "address:";

    if (device->host[0] != 0 || device->tag[0] != 0)
        return device->host[0] != 0 ? device->host : device->tag;
    return strncmp(device->key, by_address, sizeof by_address - 1) == 0
               ? device->key + sizeof by_address - 1
               : device->key;
}

const char *shown_app(enum report_language language, const char *app)
{
    return *app != 0 ? app : report_said(language, SAID_OTHERS);
}
