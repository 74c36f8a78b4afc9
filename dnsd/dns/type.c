/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * type - tables of words.
 */
#include "dns/type.h"

#include "base/span.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct word {
    uint16_t number;
    const char *text;
};

/* clang-format off */
static const struct word types[] = {
    {1, "A"}, {2, "NS"}, {3, "MD"}, {4, "MF"}, {5, "CNAME"}, {6, "SOA"}, {7, "MB"}, {8, "MG"},
    {9, "MR"}, {10, "NULL"}, {11, "WKS"}, {12, "PTR"}, {13, "HINFO"}, {14, "MINFO"}, {15, "MX"},
    {16, "TXT"}, {17, "RP"}, {18, "AFSDB"}, {19, "X25"}, {20, "ISDN"}, {21, "RT"}, {22, "NSAP"},
    {23, "NSAP-PTR"}, {24, "SIG"}, {25, "KEY"}, {26, "PX"}, {27, "GPOS"}, {28, "AAAA"},
    {29, "LOC"}, {30, "NXT"}, {31, "EID"}, {32, "NIMLOC"}, {33, "SRV"}, {34, "ATMA"},
    {35, "NAPTR"}, {36, "KX"}, {37, "CERT"}, {38, "A6"}, {39, "DNAME"}, {40, "SINK"}, {41, "OPT"},
    {42, "APL"}, {43, "DS"}, {44, "SSHFP"}, {45, "IPSECKEY"}, {46, "RRSIG"}, {47, "NSEC"},
    {48, "DNSKEY"}, {49, "DHCID"}, {50, "NSEC3"}, {51, "NSEC3PARAM"}, {52, "TLSA"},
    {53, "SMIMEA"}, {55, "HIP"}, {56, "NINFO"}, {57, "RKEY"}, {58, "TALINK"}, {59, "CDS"},
    {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"}, {63, "ZONEMD"}, {64, "SVCB"},
    {65, "HTTPS"}, {99, "SPF"}, {104, "NID"}, {105, "L32"}, {106, "L64"}, {107, "LP"},
    {108, "EUI48"}, {109, "EUI64"}, {128, "NXNAME"}, {249, "TKEY"}, {250, "TSIG"}, {251, "IXFR"},
    {252, "AXFR"}, {253, "MAILB"}, {254, "MAILA"}, {255, "ANY"}, {256, "URI"}, {257, "CAA"},
    {258, "AVC"}, {259, "DOA"}, {260, "AMTRELAY"}, {261, "RESINFO"}, {262, "WALLET"},
    {32768, "TA"}, {32769, "DLV"},
};
static const struct word classes[] = {
    {1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"},
};
static const struct word rcodes[] = {
    {0, "NOERROR"}, {1, "FORMERR"}, {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},
    {5, "REFUSED"}, {6, "YXDOMAIN"}, {7, "YXRRSET"}, {8, "NXRRSET"}, {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"}, {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"}, {21, "BADALG"}, {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};
static const struct word opcodes[] = {
    {0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"},
};
/* clang-format on */

/* The word of `number`, or `prefix` and the number. */
static const char *word_text(const struct word *words, size_t count, const char *prefix,
                             uint16_t number, char out[WORD_SIZE])
{
    for (size_t i = 0; i < count; i++) {
        if (words[i].number == number) {
            snprintf(out, WORD_SIZE, "%s", words[i].text);
            return out;
        }
    }
    snprintf(out, WORD_SIZE, "%s%u", prefix, number);
    return out;
}

/* The number of a word, or of `prefix` and decimal digits; letters of either case. */
static enum status word_parse(const struct word *words, size_t count, const char *prefix,
                              const char *text, unsigned most, uint16_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(words[i].text, text) == 0) {
            *out = words[i].number;
            return STATUS_OK;
        }
    }
    size_t length = strlen(prefix);
    if (strncasecmp(text, prefix, length) != 0)
        return STATUS_MALFORMED;
    size_t digits = strspn(text + length, "0123456789");
    if (digits == 0 || digits > 5 || text[length + digits] != 0)
        return STATUS_MALFORMED;
    unsigned long number = strtoul(text + length, NULL, 10);
    if (number > most)
        return STATUS_MALFORMED;
    *out = (uint16_t)number;
    return STATUS_OK;
}

const char *type_text(uint16_t type, char out[WORD_SIZE])
{
    return word_text(types, COUNT_OF(types), "TYPE", type, out);
}

const char *class_text(uint16_t dns_class, char out[WORD_SIZE])
{
    return word_text(classes, COUNT_OF(classes), "CLASS", dns_class, out);
}

const char *rcode_text(uint16_t rcode, char out[WORD_SIZE])
{
    return word_text(rcodes, COUNT_OF(rcodes), "RCODE", rcode, out);
}

const char *opcode_text(uint8_t opcode, char out[WORD_SIZE])
{
    return word_text(opcodes, COUNT_OF(opcodes), "OPCODE", opcode, out);
}

enum status type_parse(const char *text, uint16_t *out)
{
    return word_parse(types, COUNT_OF(types), "TYPE", text, 65535, out);
}

enum status rcode_parse(const char *text, uint16_t *out)
{
    return word_parse(rcodes, COUNT_OF(rcodes), "RCODE", text, 4095, out);
}

bool type_is_dnssec(uint16_t type)
{
    return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3;
}

bool type_is_meta(uint16_t type)
{
    return type == TYPE_OPT || (type >= 128 && type <= 255);
}
