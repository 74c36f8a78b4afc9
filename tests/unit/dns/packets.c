/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets - names from few labels, so that compression finds something; records from templates.
 */
#include "packets.h"

#include "dns/message.h"

#include <assert.h>
#include <stdio.h>

static uint64_t seed = 0x9e3779b97f4a7c15;

unsigned below(unsigned limit)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (unsigned)(seed >> 33) % limit;
}

static const char *name_any(char out[128])
{
    static const char *const labels[] = {
        "www",        "Mail", "a",      "xn--p1ai",
        "_tcp",       "b-52", "\\046x", "long-label-of-some-thirty-bytes-x",
        "\\000\\255", "*"};
    static const char *const zones[] = {"example.", "Example.COM.", "test.", "", "co.uk."};
    size_t length = 0;
    for (unsigned left = below(4); left > 0; left--)
        length += (size_t)snprintf(out + length, 40, "%s.", labels[below(COUNT_OF(labels))]);
    length += (size_t)snprintf(out + length, 20, "%s", zones[below(COUNT_OF(zones))]);
    if (length == 0)
        snprintf(out, 2, ".");
    return out;
}

/* %o owner, %n another name, %t a TTL, %u a number of 1 to 254. */
/* clang-format off */
static const char *const templates[] = {
    "%o %t IN A 192.0.2.%u",
    "%o %t IN AAAA 2001:db8::%u",
    "%o %t IN TXT \"v=%u\" \"second string\" \"\"",
    "%o %t IN HINFO cpu os%u",
    "%o %t IN CAA 0 issue \"ca%u.example\"",
    "%o %t IN DS %u 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "%o %t IN TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "%o %t IN NSEC3PARAM 1 0 %u aabb",
    "%o %t IN DNSKEY 257 3 13 AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHH",
    "%o %t CH TXT \"version %u\"",
    "%o %t IN TYPE4660 \\# 1 00",
    /* from here on with names in the data */
    "%o %t IN CNAME %n",
    "%o %t IN NS %n",
    "%o %t IN PTR %n",
    "%o %t IN DNAME %n",
    "%o %t IN MX %u %n",
    "%o %t IN SRV 1 2 %u %n",
    "%o %t IN SOA %n %o %t 2 3 4 5",
    "%o %t IN NAPTR 1 2 \"u\" \"sip+E2U\" \"!^.*$!x!\" %n",
    "%o %t IN HTTPS %u %n alpn=h2,h3 ipv4hint=192.0.2.%u",
    "%o %t IN SVCB 0 %n",
    "%o %t IN NSEC %n A MX TYPE1234",
    "%o %t IN RRSIG A 13 2 3600 20300101000000 20200101000000 %u %n AAAABBBBCCCCDDDD",
};
/* clang-format on */
enum { PLAIN_TEMPLATES = 11 };

static ldns_rr *record_any(const char *owner, bool plain)
{
    char line[512], name[128];
    ldns_rr *rr = NULL;
    struct writer w = writer_over(line, sizeof line);
    unsigned kinds = plain ? PLAIN_TEMPLATES : COUNT_OF(templates);
    for (const char *t = templates[below(kinds)]; *t != 0; t++) {
        char number[16];
        if (*t != '%') {
            write_u8(&w, (uint8_t)*t);
            continue;
        }
        t++;
        snprintf(number, sizeof number, "%u", *t == 't' ? below(1u << 31) : 1 + below(254));
        write_text(&w, *t == 'o' ? owner : *t == 'n' ? name_any(name) : number);
    }
    write_u8(&w, 0);
    assert(!w.failed);
    if (ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) != LDNS_STATUS_OK)
        abort();
    return rr;
}

/* A whole message of up to nine records; `plain`: those of the question's name, no names in data.
 */
ldns_pkt *packet_any(bool plain)
{
    char name[128], owner[128];
    ldns_pkt *packet = ldns_pkt_new();
    ldns_pkt_set_id(packet, (uint16_t)below(65536));
    ldns_pkt_set_qr(packet, below(2));
    ldns_pkt_set_aa(packet, below(2));
    ldns_pkt_set_tc(packet, below(2));
    ldns_pkt_set_rd(packet, below(2));
    ldns_pkt_set_cd(packet, below(2));
    ldns_pkt_set_ra(packet, below(2));
    ldns_pkt_set_ad(packet, below(2));
    ldns_pkt_set_opcode(packet, (ldns_pkt_opcode)below(6));
    ldns_pkt_set_rcode(packet, (ldns_pkt_rcode)below(16));
    name_any(name);
    ldns_rr *question = ldns_rr_new();
    ldns_rr_set_question(question, true);
    ldns_rr_set_owner(question, ldns_dname_new_frm_str(name));
    ldns_rr_set_type(question, (ldns_rr_type)(1 + below(65)));
    ldns_rr_set_class(question, LDNS_RR_CLASS_IN);
    ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, question);
    for (int s = LDNS_SECTION_ANSWER; s <= LDNS_SECTION_ADDITIONAL; s++)
        for (unsigned left = below(4); left > 0; left--)
            ldns_pkt_push_rr(packet, (ldns_pkt_section)s,
                             record_any(plain || below(2) ? name : name_any(owner), plain));
    if (below(2)) {
        ldns_pkt_set_edns_udp_size(packet, (uint16_t)(512 + below(4096)));
        ldns_pkt_set_edns_do(packet, below(2));
        if (below(2))
            ldns_pkt_set_edns_data(
                packet, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_NONE, 12, "\0\012\0\010abcdefgh"));
    }
    return packet;
}

size_t damage(uint8_t *wire, size_t length)
{
    for (unsigned left = 1 + below(3); left > 0; left--) {
        uint8_t *at = wire + below((unsigned)length);
        switch (below(7)) {
        case 0:
            *at ^= (uint8_t)(1u << below(8));
            break;
        case 1:
            *at = (uint8_t)below(256);
            break;
        case 2: /* cut */
            if (below(4) == 0)
                length = 1 + below((unsigned)length);
            break;
        case 3: /* lengthen */
            for (unsigned more = below(4) * below(4); more > 0; more--)
                wire[length++] = (uint8_t)below(256);
            break;
        case 4: /* another count */
            if (length >= MESSAGE_HEADER && below(4) == 0)
                wire[5 + 2 * below(4)] = (uint8_t)below(6);
            break;
        case 5: /* a pointer, anywhere to anywhere */
            if (at + 2 <= wire + length)
                store_u16(at, (uint16_t)(0xc000 | below((unsigned)length + 4)));
            break;
        default: /* a piece of it again */
            if (at + 16 <= wire + length)
                memmove(at, wire + below((unsigned)length - 15), 16);
        }
    }
    return length;
}
