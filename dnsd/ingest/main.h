/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the ingest role: a timer and the parent's messages around struct history.
 *
 * Used by programs/consoled.c. Reads event folders, lease files and the inventory by their paths;
 * writes in the history folder, and may speak to the database that the configuration names. Never
 * sees a browser, DNS or a packet.
 */
#ifndef INGEST_MAIN_H
#define INGEST_MAIN_H

int ingest_main(unsigned number);

#endif
