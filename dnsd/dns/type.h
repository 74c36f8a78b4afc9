/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * type - the numbers of DNS and their words (IANA "DNS Parameters").
 *
 * Used by readers and writers, and wherever a person sees a type or a code.
 */
#ifndef DNS_TYPE_H
#define DNS_TYPE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
enum {
    TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_PTR = 12, TYPE_HINFO = 13,
    TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28, TYPE_SRV = 33, TYPE_NAPTR = 35, TYPE_DNAME = 39,
    TYPE_OPT = 41, TYPE_DS = 43, TYPE_RRSIG = 46, TYPE_NSEC = 47, TYPE_DNSKEY = 48,
    TYPE_NSEC3 = 50, TYPE_NSEC3PARAM = 51, TYPE_TLSA = 52, TYPE_SVCB = 64, TYPE_HTTPS = 65,
    TYPE_TKEY = 249, TYPE_TSIG = 250, TYPE_IXFR = 251, TYPE_AXFR = 252, TYPE_MAILB = 253,
    TYPE_MAILA = 254, TYPE_ANY = 255
};

enum { CLASS_IN = 1, CLASS_CH = 3, CLASS_NONE = 254, CLASS_ANY = 255 };

enum {
    RCODE_NOERROR = 0, RCODE_FORMERR = 1, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3,
    RCODE_NOTIMP = 4, RCODE_REFUSED = 5, RCODE_YXDOMAIN = 6, RCODE_BADVERS = 16,
    RCODE_BADCOOKIE = 23
};

enum {
    OPCODE_QUERY = 0, OPCODE_IQUERY = 1, OPCODE_STATUS = 2, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5
};

/* RFC 8914 4. */
enum ede {
    EDE_OTHER = 0, EDE_STALE_ANSWER = 3, EDE_FORGED_ANSWER = 4, EDE_DNSSEC_INDETERMINATE = 5,
    EDE_DNSSEC_BOGUS = 6, EDE_CACHED_ERROR = 13, EDE_NOT_READY = 14, EDE_BLOCKED = 15,
    EDE_CENSORED = 16, EDE_FILTERED = 17, EDE_PROHIBITED = 18, EDE_STALE_NXDOMAIN = 19,
    EDE_NOT_AUTHORITATIVE = 20, EDE_NOT_SUPPORTED = 21, EDE_NO_REACHABLE_AUTHORITY = 22,
    EDE_NETWORK_ERROR = 23, EDE_INVALID_DATA = 24,
    EDE_NONE = 0xffff
};
/* clang-format on */

enum { WORD_SIZE = 16 };

/* "A", "HTTPS", "TYPE1234" (RFC 3597 5). Each returns `out`. */
const char *type_text(uint16_t type, char out[WORD_SIZE]);
const char *class_text(uint16_t dns_class, char out[WORD_SIZE]);
const char *rcode_text(uint16_t rcode, char out[WORD_SIZE]);
const char *opcode_text(uint8_t opcode, char out[WORD_SIZE]);
MUST_USE enum status type_parse(const char *text, uint16_t *out);
MUST_USE enum status rcode_parse(const char *text, uint16_t *out);

/* RRSIG, NSEC, NSEC3, which a client without DO did not ask for (RFC 4035 3.2.1). */
bool type_is_dnssec(uint16_t type);
/* OPT, TSIG, TKEY, AXFR… 128..255: no data type, never in a cache (RFC 6895 3.1). */
bool type_is_meta(uint16_t type);

#endif
