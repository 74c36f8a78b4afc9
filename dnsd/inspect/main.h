/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the inspect role: a source of packets, a timer and the parent's messages around struct
 * watcher.
 *
 * Used by programs/inspectd.c. inspect_prepare() opens what it reads while the process still may;
 * inspect_main() runs when it has given up everything else.
 */
#ifndef INSPECT_MAIN_H
#define INSPECT_MAIN_H

void inspect_prepare(unsigned number);
int inspect_main(unsigned number);

#endif
