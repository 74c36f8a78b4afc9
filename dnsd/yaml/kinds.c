/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kinds - what a scalar may be: its text read into a field, and written back.
 *
 * Used through the rows of a schema. Says what is wrong in words; never allocates.
 */
#include "yaml/schema.h"
#include "base/address.h"
#include "dns/name.h"

#include <stdio.h>
#include <strings.h>

/* Fields of numbers differ in size; these two know it. */
static void store_number(const struct yaml_row *row, void *field, uint64_t value)
{
    switch (row->size) {
    case 1:
        *(uint8_t *)field = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)field = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)field = (uint32_t)value;
        break;
    default:
        *(uint64_t *)field = value;
    }
}

static uint64_t load_number(const struct yaml_row *row, const void *field)
{
    switch (row->size) {
    case 1:
        return *(const uint8_t *)field;
    case 2:
        return *(const uint16_t *)field;
    case 4:
        return *(const uint32_t *)field;
    default:
        return *(const uint64_t *)field;
    }
}

static void write_number(struct writer *w, uint64_t value, const char *unit)
{
    char text[32];
    snprintf(text, sizeof text, "%llu%s", (unsigned long long)value, unit);
    write_text(w, text);
}

/* A suffix and what it multiplies; the largest first. */
struct unit {
    const char *suffix;
    uint64_t factor;
};

/* clang-format off */
static const struct unit
    no_units[]   = {{"", 1}, {NULL}},
    byte_units[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}, {NULL}},
    ms_units[]   = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL}},
    time_units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {NULL}};
/* clang-format on */

static const char *quantity_text(uint64_t value, const struct unit *units, char out[32])
{
    while (units[1].suffix != NULL && (value == 0 || value % units->factor != 0))
        units++;
    snprintf(out, 32, "%llu%s", (unsigned long long)(value / units->factor), units->suffix);
    return out;
}

/* Digits and a unit, within the row's limits and those of the field. */
static bool read_quantity(const struct yaml_row *row, struct span text, const struct unit *units,
                          const char *bare, void *field, char why[YAML_WHY_SIZE])
{
    const char *at = (const char *)text.at;
    size_t digits = strspn(at, "0123456789");
    uint64_t value = 0,
             field_most = row->size >= 8 ? UINT64_MAX : (UINT64_C(1) << row->size * 8) - 1;
    uint64_t most = row->limit != 0 ? row->limit : field_most;
    char limit[32], typed[32];

    if (digits == 0)
        return false;
    const char *suffix = at[digits] != 0 ? at + digits : bare;
    const struct unit *unit = units;
    while (unit->suffix != NULL && strcmp(unit->suffix, suffix) != 0)
        unit++;
    if (unit->suffix == NULL)
        return false;
    bool over = false;
    for (size_t i = 0; i < digits; i++)
        over |= __builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, (uint64_t)(at[i] - '0'), &value);
    over |= __builtin_mul_overflow(value, unit->factor, &value);
    snprintf(typed, sizeof typed, "%s", at);
    if (over || value > most) {
        snprintf(why, YAML_WHY_SIZE, "%s is more than %s", typed,
                 quantity_text(most, units, limit));
        return false;
    }
    if (value < row->least) {
        snprintf(why, YAML_WHY_SIZE, "%s is less than %s", typed,
                 quantity_text(row->least, units, limit));
        return false;
    }
    store_number(row, field, value);
    return true;
}

static bool count_read(const struct yaml_row *row, struct span text, void *field,
                       char why[YAML_WHY_SIZE])
{
    return read_quantity(row, text, no_units, "", field, why);
}

static void count_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    write_number(w, load_number(row, field), "");
}

static bool bytes_read(const struct yaml_row *row, struct span text, void *field,
                       char why[YAML_WHY_SIZE])
{
    return read_quantity(row, text, byte_units, "", field, why);
}

static void write_quantity(const struct yaml_row *row, const void *field, const struct unit *units,
                           struct writer *w)
{
    char text[32];
    write_text(w, quantity_text(load_number(row, field), units, text));
}

static void bytes_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    write_quantity(row, field, byte_units, w);
}

/* A bare 0 needs no unit; any other bare number could mean seconds or milliseconds. */
static bool ms_read(const struct yaml_row *row, struct span text, void *field,
                    char why[YAML_WHY_SIZE])
{
    const char *at = (const char *)text.at;
    bool bare = text.length > 0 && strspn(at, "0123456789") == text.length;
    if (bare && strcmp(at, "0") != 0) {
        snprintf(why, YAML_WHY_SIZE, "%.20s has no unit: write %.20sms or %.20ss", at, at, at);
        return false;
    }
    return read_quantity(row, text, ms_units, "ms", field, why);
}

static void ms_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    write_quantity(row, field, ms_units, w);
}

static bool seconds_read(const struct yaml_row *row, struct span text, void *field,
                         char why[YAML_WHY_SIZE])
{
    return read_quantity(row, text, time_units, "s", field, why);
}

static void seconds_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    write_quantity(row, field, time_units, w);
}

static bool bool_read(const struct yaml_row *row, struct span text, void *field,
                      char why[YAML_WHY_SIZE])
{
    const char *at = (const char *)text.at;
    bool yes = strcmp(at, "yes") == 0 || strcmp(at, "true") == 0;
    if (!yes && strcmp(at, "no") != 0 && strcmp(at, "false") != 0)
        return false;
    store_number(row, field, yes);
    return true;
}

static void bool_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    write_text(w, load_number(row, field) != 0 ? "yes" : "no");
}

static bool word_read(const struct yaml_row *row, struct span text, void *field,
                      char why[YAML_WHY_SIZE])
{
    const char *const *words = row->words + row->least;
    for (size_t i = 0; words[i] != NULL; i++)
        if (strcmp((const char *)text.at, words[i]) == 0) {
            store_number(row, field, row->least + i);
            return true;
        }
    struct writer w = writer_over(why, YAML_WHY_SIZE - 1);
    const char *hint = problem_hint((const char *)text.at, words);
    write_text(&w, "`");
    write_bytes(&w, text.at, text.length < 40 ? text.length : 40);
    write_text(&w, "` is none of");
    for (size_t i = 0; words[i] != NULL; i++) {
        write_text(&w, i == 0 ? " " : ", ");
        write_text(&w, words[i]);
    }
    if (hint != NULL) {
        write_text(&w, "; did you mean ");
        write_text(&w, hint);
        write_text(&w, "?");
    }
    *w.at = 0;
    return false;
}

static void word_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    write_text(w, row->words[load_number(row, field)]);
}

/* Length of the UTF-8 sequence at `at` (RFC 3629), or 0; control characters are none of ours. */
static size_t character_length(const uint8_t *at, size_t left)
{
    static const struct {
        uint8_t from, to, second_from, second_to, length;
    } forms[] = {
        {0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (at[0] < 0x80)
        return at[0] >= 0x20 && at[0] != 0x7f;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (at[0] < forms[i].from || at[0] > forms[i].to)
            continue;
        if (left < forms[i].length || at[1] < forms[i].second_from || at[1] > forms[i].second_to)
            return 0;
        for (size_t j = 2; j < forms[i].length; j++)
            if ((at[j] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

static bool text_read(const struct yaml_row *row, struct span text, void *field,
                      char why[YAML_WHY_SIZE])
{
    while (text.length > 0 && text.at[text.length - 1] == '\n') /* of a block scalar */
        text.length--;
    if (text.length >= row->size) {
        snprintf(why, YAML_WHY_SIZE, "%zu bytes are too long, at most %zu fit", text.length,
                 row->size - 1);
        return false;
    }
    for (size_t i = 0, step; i < text.length; i += step) {
        step = character_length(text.at + i, text.length - i);
        if (step == 0) {
            snprintf(why, YAML_WHY_SIZE, "the text has a control character or a line break");
            return false;
        }
    }
    memcpy(field, text.at, text.length);
    ((char *)field)[text.length] = 0;
    return true;
}

static bool id_read(const struct yaml_row *row, struct span text, void *field,
                    char why[YAML_WHY_SIZE])
{
    const char *at = (const char *)text.at;
    size_t sound = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return text.length > 0 && sound == text.length && at[0] != '-' && at[0] != '_' &&
           text_read(row, text, field, why);
}

/* Quoted when YAML could read it as anything else than this text. */
static void text_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    const char *text = field;
    size_t plain =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-");
    if (text[0] != 0 && text[0] != '-' && text[plain] == 0) {
        write_text(w, text);
        return;
    }
    write_u8(w, '"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            write_u8(w, '\\');
        write_u8(w, (uint8_t)*text);
    }
    write_u8(w, '"');
}

static bool all_digits(const char *text, size_t length)
{
    return strspn(text, "0123456789") >= length;
}

static bool date_read(const struct yaml_row *row, struct span text, void *field,
                      char why[YAML_WHY_SIZE])
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *at = (const char *)text.at;
    if (text.length != 10 || at[4] != '-' || at[7] != '-' || !all_digits(at, 4) ||
        !all_digits(at + 5, 2) || !all_digits(at + 8, 2))
        return false;
    unsigned year = 0, month = (unsigned)(at[5] - '0') * 10 + (unsigned)(at[6] - '0');
    unsigned day = (unsigned)(at[8] - '0') * 10 + (unsigned)(at[9] - '0');
    for (int i = 0; i < 4; i++)
        year = year * 10 + (unsigned)(at[i] - '0');
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] + (month == 2 && leap)) {
        snprintf(why, YAML_WHY_SIZE, "%s is not in the calendar", at);
        return false;
    }
    store_number(row, field, year * 10000 + month * 100 + day);
    return true;
}

static void date_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    char text[40];
    unsigned date = (unsigned)load_number(row, field);
    snprintf(text, sizeof text, "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
    write_text(w, text);
}

static bool address_read(const struct yaml_row *row, struct span text, void *field,
                         char why[YAML_WHY_SIZE])
{
    return address_parse((const char *)text.at, field) == STATUS_OK;
}

static void address_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    char text[ADDRESS_TEXT_SIZE];
    write_text(w, address_text(field, text));
}

static bool prefix_read(const struct yaml_row *row, struct span text, void *field,
                        char why[YAML_WHY_SIZE])
{
    struct prefix prefix;
    char meant[PREFIX_TEXT_SIZE];
    enum status status = prefix_parse((const char *)text.at, &prefix);
    if (status == STATUS_INVALID) {
        prefix.base = address_mask(&prefix.base, prefix.bits);
        snprintf(why, YAML_WHY_SIZE, "%.50s has bits set behind the prefix; write %s",
                 (const char *)text.at, prefix_text(&prefix, meant));
    }
    if (status == STATUS_OK)
        memcpy(field, &prefix, sizeof prefix);
    return status == STATUS_OK;
}

static void prefix_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    char text[PREFIX_TEXT_SIZE];
    write_text(w, prefix_text(field, text));
}

/* Why a text is no host name; NULL: no idea. */
static const char *name_complaint(const char *text)
{
    if (strstr(text, "://") != NULL || strchr(text, '/') != NULL)
        return "write only the name, without https:// and path";
    if (text[0] == '*')
        return "write no *: a domain means the name and all below it";
    for (const char *at = text; *at != 0; at++)
        if ((unsigned char)*at >= 0x80)
            return "write an internationalised name in its ASCII form, xn--...";
    if (strchr(text, ':') != NULL)
        return "write only the name, without a port";
    if (strchr(text, '@') != NULL)
        return "write only the name, without user and @";
    if (strstr(text, "..") != NULL || text[0] == '.')
        return "there is nothing between two of its dots";
    if (strchr(text, ' ') != NULL)
        return "a name has no spaces";
    return NULL;
}

static bool name_read_text(const struct yaml_row *row, struct span text, void *field,
                           char why[YAML_WHY_SIZE])
{
    static const uint8_t allowed[256] = {
        ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['-'] = 1, ['_'] = 1, ['.'] = 1,
    };
    bool sound = text.length > 0;
    for (size_t i = 0; i < text.length; i++)
        sound &= allowed[text.at[i]];
    if (sound && name_parse((const char *)text.at, field) == STATUS_OK)
        return true;
    const char *complaint = name_complaint((const char *)text.at);
    if (complaint == NULL && sound)
        complaint = "a label has at most 63 letters, a name at most 253";
    if (complaint != NULL)
        snprintf(why, YAML_WHY_SIZE, "`%.80s`: %s", (const char *)text.at, complaint);
    memset(field, 0, sizeof(struct name));
    return false;
}

static void name_write_text(const struct yaml_row *row, const void *field, struct writer *w)
{
    char text[NAME_TEXT_SIZE];
    write_text(w, name_text(field, text));
}

/* clang-format off */
const struct yaml_kind
    yaml_text    = {"one line of text", text_read, text_write},
    yaml_id      = {"an id of small letters, digits, - and _, such as mobile-2", id_read,
                    text_write},
    yaml_word    = {"a word", word_read, word_write},
    yaml_count   = {"a number such as 10", count_read, count_write},
    yaml_bytes   = {"a size such as 64K, 64M or 1G", bytes_read, bytes_write},
    yaml_ms      = {"a time such as 500ms, 5s, 10m, 2h or 1d", ms_read, ms_write},
    yaml_seconds = {"a time such as 5s, 10m, 2h or 1d", seconds_read, seconds_write},
    yaml_bool    = {"yes or no", bool_read, bool_write},
    yaml_date    = {"a date such as 2026-12-31", date_read, date_write},
    yaml_address = {"an address such as 192.0.2.1 or 2001:db8::1", address_read, address_write},
    yaml_prefix  = {"a prefix such as 10.0.0.0/8 or 2001:db8::/32", prefix_read, prefix_write},
    yaml_name    = {"a domain name such as www.example.com", name_read_text, name_write_text};
/* clang-format on */
