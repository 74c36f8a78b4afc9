/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * notify - a word to systemd.
 *
 * Used by the parents. Never waits, never fails: a line in the log says what could not be told.
 */
#ifndef SERVICE_NOTIFY_H
#define SERVICE_NOTIFY_H

/* "READY=1" or "STOPPING=1", when systemd asked for it (sd_notify(3)). */
void notify_service(const char *word);

#endif
