/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log - format, escape, write once.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 2048 };

const char *const log_level_words[] = {"error", "warning", "info", "debug", NULL};

static char who[32] = "ponor";
static enum log_level most = LOG_LEVEL_INFO;
static bool for_systemd;

void log_open(const char *name, enum log_level level)
{
    snprintf(who, sizeof who, "%s", name);
    most = level;
    for_systemd = getenv("JOURNAL_STREAM") != NULL;
}

void log_set_level(enum log_level level)
{
    most = level;
}

enum log_level log_current_level(void)
{
    return most;
}

/* Appends `text` with every byte outside printable ASCII as \xHH; gives the new length. */
static size_t append_escaped(char *line, size_t length, const char *text)
{
    for (; *text != 0 && length + 5 < LINE_SIZE; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte >= 0x20 && byte < 0x7f)
            line[length++] = (char)byte;
        else
            length += (size_t)snprintf(line + length, 5, "\\x%02x", byte);
    }
    return length;
}

__attribute__((format(printf, 2, 0))) static void say(enum log_level level, const char *format,
                                                      va_list arguments)
{
    static const int syslog_level[] = {3, 4, 6, 7};
    char text[LINE_SIZE / 2], line[LINE_SIZE];
    size_t length = 0;

    if (level > most)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    if (for_systemd)
        length = (size_t)snprintf(line, sizeof line, "<%d>", syslog_level[level]);
    length += (size_t)snprintf(line + length, sizeof line - length, "%s: %s%s", who,
                               level <= LOG_LEVEL_WARNING ? log_level_words[level] : "",
                               level <= LOG_LEVEL_WARNING ? ": " : "");
    length = append_escaped(line, length, text);
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nobody is left to tell */
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(LOG_LEVEL_ERROR, format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(LOG_LEVEL_WARNING, format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(LOG_LEVEL_INFO, format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(LOG_LEVEL_DEBUG, format, arguments);
    va_end(arguments);
}
