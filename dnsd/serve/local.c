/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * local - a table of zones, a table of reverse prefixes, a table of CHAOS names.
 */
#include "serve/local.h"

#include "serve/reply.h"

#include <stdlib.h>

enum { LOCAL_TTL = 10800, ANY_TTL = 3600, SOA_SERIAL = 1 };

enum kind {
    KIND_NODATA,   /* the zone and all below it exist and have nothing */
    KIND_NXDOMAIN, /* nothing below it exists */
    KIND_LOCALHOST /* 127.0.0.1, ::1 */
};

static const struct {
    const char *zone;
    enum kind kind;
} zones[] = {
    {"localhost", KIND_LOCALHOST},   /* RFC 6761 6.3 */
    {"invalid", KIND_NXDOMAIN},      /* RFC 6761 6.4 */
    {"test", KIND_NXDOMAIN},         /* RFC 6761 6.2 */
    {"onion", KIND_NXDOMAIN},        /* RFC 7686 2 */
    {"alt", KIND_NXDOMAIN},          /* RFC 9476 */
    {"local", KIND_NXDOMAIN},        /* RFC 6762 22.1 */
    {"home.arpa", KIND_NXDOMAIN},    /* RFC 8375 4 */
    {"resolver.arpa", KIND_NODATA},  /* RFC 9462 6.4: no designated resolver */
    {"service.arpa", KIND_NXDOMAIN}, /* RFC 9665 */
};

/* RFC 6303 4, RFC 7793: one zone for each whole octet or nibble. */
static const char *const reverse_prefixes[] = {
    "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10",      "127.0.0.0/8",
    "169.254.0.0/16",  "172.16.0.0/12",  "192.0.2.0/24",       "192.168.0.0/16",
    "198.51.100.0/24", "203.0.113.0/24", "255.255.255.255/32", "::/128",
    "::1/128",         "2001:db8::/32",  "fd00::/8",           "fe80::/10",
};

struct local {
    struct name zones[COUNT_OF(zones)];
    struct prefix reverse[COUNT_OF(reverse_prefixes)];
    struct name in_addr_arpa, ip6_arpa;
};

struct local *local_new(void)
{
    struct local *l = calloc(1, sizeof *l);
    bool sound = l != NULL && name_parse("in-addr.arpa", &l->in_addr_arpa) == STATUS_OK &&
                 name_parse("ip6.arpa", &l->ip6_arpa) == STATUS_OK;
    for (size_t i = 0; sound && i < COUNT_OF(zones); i++)
        sound = name_parse(zones[i].zone, &l->zones[i]) == STATUS_OK;
    for (size_t i = 0; sound && i < COUNT_OF(reverse_prefixes); i++)
        sound = prefix_parse(reverse_prefixes[i], &l->reverse[i]) == STATUS_OK;
    if (sound)
        return l;
    free(l);
    return NULL;
}

void local_free(struct local *local)
{
    free(local);
}

static bool octet_read(struct span label, uint8_t *out)
{
    unsigned value = 0;
    if (label.length > 3)
        return false;
    for (size_t i = 0; i < label.length; i++) {
        if (label.at[i] < '0' || label.at[i] > '9')
            return false;
        value = value * 10 + (label.at[i] - '0');
    }
    *out = (uint8_t)value;
    return value <= UINT8_MAX;
}

static bool nibble_read(struct span label, uint8_t *out)
{
    if (label.length != 1)
        return false;
    uint8_t c = label.at[0];
    *out = (uint8_t)(c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The address part of a reverse name, from its most significant label on; gives how many bits it
 * says. Labels before the address (service names) and nonsense end it. */
static unsigned reverse_read(const struct name *name, unsigned labels, bool is_ipv4,
                             struct address *out)
{
    struct span label[NAME_MAX_LABELS];
    unsigned most = is_ipv4 ? 4 : 32, read = 0;
    struct cursor c = cursor_of(name_span(name));
    for (unsigned i = 0; i < labels; i++)
        label[i] = read_span(&c, read_u8(&c));

    *out = (struct address){0};
    if (is_ipv4)
        out->bytes[10] = out->bytes[11] = 0xff;
    for (; read < most && read < labels; read++) {
        uint8_t value;
        struct span text = label[labels - 1 - read];
        if (!(is_ipv4 ? octet_read(text, &value) : nibble_read(text, &value)))
            break;
        if (is_ipv4)
            out->bytes[12 + read] = value;
        else
            out->bytes[read / 2] |= (uint8_t)(value << (read % 2 == 0 ? 4 : 0));
    }
    return is_ipv4 ? 96 + 8 * read : 4 * read;
}

/* Finds the zone of RFC 6303 that a reverse name is in. */
static bool find_reverse(const struct local *l, const struct name *name, struct name *zone)
{
    bool is_ipv4 = name_is_below(name, &l->in_addr_arpa);
    if (!is_ipv4 && !name_is_below(name, &l->ip6_arpa))
        return false;
    struct address address;
    unsigned labels = name->labels - 2u;
    unsigned bits = reverse_read(name, labels, is_ipv4, &address);
    for (size_t i = 0; i < COUNT_OF(l->reverse); i++) {
        const struct prefix *prefix = &l->reverse[i];
        if (prefix->bits > bits || address_is_ipv4(&prefix->base) != is_ipv4 ||
            !prefix_holds(prefix, &address))
            continue;
        unsigned zone_labels = is_ipv4 ? (prefix->bits - 96u + 7) / 8 : (prefix->bits + 3u) / 4;
        name_suffix(name, labels - zone_labels, zone);
        return true;
    }
    return false;
}

static bool find_zone(const struct local *l, const struct name *name, struct name *zone,
                      enum kind *kind)
{
    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        if (!name_is_below(name, &l->zones[i]))
            continue;
        *zone = l->zones[i];
        *kind = zones[i].kind;
        return true;
    }
    *kind = KIND_NXDOMAIN;
    return find_reverse(l, name, zone);
}

/* Most names end in none of our top labels; this says so after a few bytes. */
static bool may_be_local(const struct name *name)
{
    static const char tops[][10] = {"\004arpa",  "\011localhost", "\007invalid", "\004test",
                                    "\005onion", "\003alt",       "\005local"};
    for (size_t i = 0; i < COUNT_OF(tops); i++) {
        size_t length = 1u + (uint8_t)tops[i][0];
        if (name->length > length &&
            memcmp(name->wire + name->length - 1 - length, tops[i], length) == 0)
            return true;
    }
    return false;
}

static bool is_stubbed(const struct config *config, const struct name *name)
{
    for (uint32_t i = 0; i < config->dnsd.stub_count; i++)
        if (name_is_below(name, &config->dnsd.stubs[i].zone))
            return true;
    return false;
}

/* The DS of a zone under arpa proves to validators that ours may be unsigned (RFC 8375 4). */
static bool belongs_to_parent(const struct question *asked, const struct name *zone)
{
    return asked->type == TYPE_DS && zone->labels > 1 && name_equal(&asked->name, zone);
}

static enum next answer_zone(struct query *q, const struct name *zone, enum kind kind)
{
    static const uint8_t loopback_ipv4[4] = {127, 0, 0, 1};
    static const uint8_t loopback_ipv6[16] = {[15] = 1};
    const struct question *asked = &q->asked.question;
    struct answer a;

    bool exists = kind != KIND_NXDOMAIN || name_equal(&asked->name, zone);
    reply_begin(q, &a, exists ? RCODE_NOERROR : RCODE_NXDOMAIN, 0);
    if (kind == KIND_LOCALHOST && asked->type == TYPE_A)
        answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, LOCAL_TTL,
                      span_of(loopback_ipv4, sizeof loopback_ipv4));
    else if (kind == KIND_LOCALHOST && asked->type == TYPE_AAAA)
        answer_record(&a, SECTION_ANSWER, NULL, TYPE_AAAA, LOCAL_TTL,
                      span_of(loopback_ipv6, sizeof loopback_ipv6));
    else
        answer_soa(&a, zone, SOA_SERIAL, LOCAL_TTL);
    query_count(q, COUNT_LOCAL);
    return reply_end(q, &a, EDE_NONE, (struct span){0});
}

/* RFC 4892 and its older cousins: who are you? Silent about it unless the configuration says so. */
static enum next answer_chaos(struct query *q)
{
    static const struct {
        const char *name;
        bool is_version;
    } names[] = {{"id.server", false},
                 {"hostname.bind", false},
                 {"version.bind", true},
                 {"version.server", true}};
    const struct config *config = q->server->config;
    char text[NAME_TEXT_SIZE];
    struct answer a;

    name_text(&q->asked.question.name, text);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *said = names[i].is_version ? "ponor " PONOR_VERSION : config->dnsd.server_id;
        if (!config->dnsd.identity || strcmp(text, names[i].name) != 0 || *said == 0)
            continue;
        reply_begin(q, &a, RCODE_NOERROR, 0);
        answer_record_begin(&a, SECTION_ANSWER, NULL, TYPE_TXT, CLASS_CH, 0);
        write_u8(&a.w, (uint8_t)strlen(said));
        write_text(&a.w, said);
        answer_record_end(&a);
        query_count(q, COUNT_LOCAL);
        return reply_end(q, &a, EDE_NONE, (struct span){0});
    }
    return reply_code(q, RCODE_REFUSED, EDE_NONE, "");
}

enum next local_name(struct query *q)
{
    const struct question *asked = &q->asked.question;
    struct name zone;
    enum kind kind;
    if (asked->class == CLASS_CH)
        return answer_chaos(q);
    if (asked->class != CLASS_IN)
        return reply_code(q, RCODE_REFUSED, EDE_NOT_SUPPORTED, "only class IN is answered here");
    if (!may_be_local(&asked->name) || !find_zone(q->server->local, &asked->name, &zone, &kind) ||
        is_stubbed(q->server->config, &asked->name) || belongs_to_parent(asked, &zone))
        return NEXT_STEP;
    return answer_zone(q, &zone, kind);
}

enum next local_any(struct query *q)
{
    static const char hinfo[] = "\007RFC8482"; /* and its zero byte: an empty second text */
    struct answer a;
    if (q->asked.question.type != TYPE_ANY)
        return NEXT_STEP;
    reply_begin(q, &a, RCODE_NOERROR, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_HINFO, ANY_TTL, span_of(hinfo, sizeof hinfo));
    query_count(q, COUNT_LOCAL);
    return reply_end(q, &a, EDE_NONE, (struct span){0});
}
