/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log - what an operator reads: one line to standard error, with level and role.
 *
 * Used by every role. Under systemd the lines carry its level prefix. Bytes outside printable ASCII
 * are shown escaped, so that a hostile name cannot forge a line. Never blocks the data plane for
 * long: a line is one write, and lines of one kind are limited where a stranger can cause them.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

extern const char *const log_level_words[]; /* "error", "warning", "info", "debug", NULL */

/* `who` stands in every line ("dnsd serve 1"); it is copied. */
void log_open(const char *who, enum log_level level);
void log_set_level(enum log_level level);
enum log_level log_current_level(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
