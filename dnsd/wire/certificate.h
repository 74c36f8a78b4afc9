/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * certificate - the names in the certificate of a TLS 1.2 server, which travels in the clear.
 *
 * Used by inspect's recogniser of TLS, as a weaker sighting where the client said no name. Never
 * validates: a certificate proves nothing here.
 */
#ifndef WIRE_CERTIFICATE_H
#define WIRE_CERTIFICATE_H

#include "base/cursor.h"
#include "base/status.h"
#include "dns/name.h"

enum { CERTIFICATE_NAMES_MOST = 8 };

/* The dNSNames (or else the common name) of the first certificate in the server's first flight, a
 * stream of TLS records; a wildcard's name is what is below it. STATUS_AGAIN: more bytes are
 * needed; STATUS_NOT_FOUND: there is none to see (TLS 1.3, no name); STATUS_MALFORMED. `scratch`
 * has HELLO_MOST bytes. OpenSSL allocates while it reads the certificate, and frees all of it. */
MUST_USE enum status certificate_names(struct span server_stream, uint8_t *scratch,
                                       struct name names[CERTIFICATE_NAMES_MOST], unsigned *count);

#endif
