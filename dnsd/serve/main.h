/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the serve role: sockets, channels and the clock around struct server.
 *
 * Used by programs/dnsd.c. Reads what clients send; opens no file and makes no socket.
 */
#ifndef SERVE_MAIN_H
#define SERVE_MAIN_H

int serve_main(unsigned number);

#endif
