/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the record role: a timer and the parent's messages around struct recorder.
 *
 * Used by programs/dnsd.c and programs/inspectd.c: whose events they are, and the folder and limits
 * that go with it, comes with the gifts at birth. Reads rings, writes in the folder that it was
 * given; opens nothing else and makes no socket.
 */
#ifndef RECORD_MAIN_H
#define RECORD_MAIN_H

int record_main(unsigned number);

#endif
