/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scrub - records that belong to the answer, copied one by one.
 */
#include "serve/scrub.h"

#include "dns/answer.h"
#include "dns/svcb.h"
#include "serve/review.h"

#include <assert.h>

enum {
    CHAIN_MOST = 12,
    LINKS_MOST = 2 * CHAIN_MOST,
    SETS_MOST = LINKS_MOST + 1,
    POINTER = 0xc000,
    POINTER_REACH = 0x4000,
    TTL_MOST = INT32_MAX
};

/* Records of one name and type that are kept as they were signed. */
struct signed_set {
    struct name owner;
    uint16_t type;
};

struct scrub {
    const struct config *config;
    const struct message *said;
    uint8_t variant;
    struct writer w;
    uint16_t counts[SECTION_COUNT];
    struct name chain;    /* the name that the chain has come to */
    size_t chain_at;      /* where it stands in what is written … */
    size_t chain_written; /* … as so many bytes, then the root or a pointer */
    uint32_t life;        /* seconds */
    bool changed;         /* a record was taken out or rewritten: no longer as signed */
    unsigned rebinding;
    unsigned places, links, sets;
    uint16_t *place;                /* offsets of TTLs, KEPT_PLACES_MOST */
    struct record link[LINKS_MOST]; /* CNAMEs and DNAMEs that were said */
    struct signed_set set[SETS_MOST];
};

/* Where names stand in the data of types that may compress them (RFC 1035, RFC 3597 4). */
static const struct shape {
    uint16_t type;
    uint8_t before, names;
    bool may_compress; /* also on the way out */
} shapes[] = {
    {TYPE_NS, 0, 1, true},     {3, 0, 1, true},   {4, 0, 1, true},       {TYPE_CNAME, 0, 1, true},
    {TYPE_SOA, 0, 2, true},    {7, 0, 1, true},   {8, 0, 1, true},       {9, 0, 1, true},
    {TYPE_PTR, 0, 1, true},    {14, 0, 2, true},  {TYPE_MX, 2, 1, true}, {17, 0, 2, false},
    {18, 2, 1, false},         {21, 2, 1, false}, {26, 2, 2, false},     {TYPE_SRV, 6, 1, false},
    {TYPE_DNAME, 0, 1, false}, {36, 2, 1, false},
};

/* As much of the name as needed, then a pointer to what stands in the message already. */
static void name_write(struct writer *w, const struct name *name, const struct landmark *near)
{
    struct name rest;
    for (unsigned skipped = 0; near != NULL && skipped < name->labels; skipped++) {
        name_suffix(name, skipped, &rest);
        if (!name_is_below(near->name, &rest))
            continue;
        size_t offset = (size_t)(near->name->length - rest.length);
        size_t target = near->at + offset;
        if (offset > near->written || target >= POINTER_REACH)
            break;
        write_bytes(w, name->wire, (size_t)(name->length - rest.length));
        write_u16(w, (uint16_t)(POINTER | target));
        return;
    }
    write_span(w, name_span(name));
}

static void write_naptr(struct writer *w, struct cursor *data, struct span message)
{
    const uint8_t *start = data->at;
    struct name name;
    read_skip(data, 4);
    for (int i = 0; i < 3; i++)
        read_skip(data, read_u8(data));
    write_bytes(w, start, data->failed ? 0 : (size_t)(data->at - start));
    if (name_read(data, message, &name) == STATUS_OK)
        name_write(w, &name, NULL);
}

void scrub_write_data(struct writer *w, struct span message, const struct record *record,
                      const struct landmark *near)
{
    struct cursor data = cursor_of(record->data);
    const struct shape *shape = shapes;
    while (shape < shapes + COUNT_OF(shapes) && shape->type != record->type)
        shape++;
    if (record->type == TYPE_NAPTR) {
        write_naptr(w, &data, message);
    } else if (shape < shapes + COUNT_OF(shapes)) {
        struct name name;
        write_span(w, read_span(&data, shape->before));
        for (unsigned i = 0; i < shape->names; i++)
            if (name_read(&data, message, &name) == STATUS_OK)
                name_write(w, &name, shape->may_compress ? near : NULL);
    }
    write_span(w, read_span(&data, cursor_left(&data)));
    w->failed |= data.failed;
}

static uint32_t ttl_of(const struct config *config, const struct record *record)
{
    uint32_t ttl = record->ttl > TTL_MOST ? 0 : record->ttl; /* RFC 2181 8 */
    if (ttl < config->dnsd.cache_min_ttl)
        ttl = config->dnsd.cache_min_ttl;
    return ttl < config->dnsd.cache_max_ttl ? ttl : config->dnsd.cache_max_ttl;
}

static void live_at_most(struct scrub *s, uint32_t seconds)
{
    if (seconds < s->life)
        s->life = seconds;
}

static bool is_exempt_from_rebinding(const struct config *config, const struct name *owner)
{
    for (uint32_t i = 0; i < config->dnsd.rebind_allow_count; i++)
        if (name_is_below(owner, &config->dnsd.rebind_allow[i]))
            return true;
    for (uint32_t i = 0; i < config->dnsd.stub_count; i++)
        if (name_is_below(owner, &config->dnsd.stubs[i].zone))
            return true;
    return false;
}

static bool has_internal_hint(const struct record *record)
{
    struct svcb svcb;
    struct address hint;
    if (svcb_read(record->data, &svcb) != STATUS_OK)
        return false;
    for (size_t place = 0; svcb_next_hint(&svcb, &place, &hint);)
        if (address_is_internal(&hint))
            return true;
    return false;
}

static bool is_rebinding(const struct scrub *s, const struct record *record)
{
    struct address address;
    bool is_internal = false;
    if (!s->config->dnsd.rebinding_protection)
        return false;
    if (record->type == TYPE_A || record->type == TYPE_AAAA)
        is_internal = address_from_bytes(record->data, &address) && address_is_internal(&address);
    else if (record->type == TYPE_HTTPS || record->type == TYPE_SVCB)
        is_internal = has_internal_hint(record);
    return is_internal && !is_exempt_from_rebinding(s->config, &record->owner);
}

static bool loses_ech(const struct scrub *s, const struct record *record, struct svcb *svcb)
{
    return (s->variant & VARIANT_NO_ECH) != 0 &&
           (record->type == TYPE_HTTPS || record->type == TYPE_SVCB) &&
           svcb_read(record->data, svcb) == STATUS_OK && svcb->has_ech;
}

static void keep(struct scrub *s, const struct record *record, uint32_t ttl)
{
    const struct landmark near = {&s->chain, s->chain_at, s->chain_written};
    struct svcb svcb;

    if (s->places == KEPT_PLACES_MOST) {
        s->w.failed = true;
        return;
    }
    name_write(&s->w, &record->owner, &near);
    write_u16(&s->w, record->type);
    write_u16(&s->w, record->class);
    s->place[s->places++] = (uint16_t)writer_length(&s->w);
    write_u32(&s->w, ttl);
    uint8_t *length = write_place(&s->w, 2);
    if (loses_ech(s, record, &svcb)) {
        svcb_write_without_ech(&s->w, &svcb);
        s->changed = true;
    } else {
        scrub_write_data(&s->w, s->said->bytes, record, &near);
    }
    if (length == NULL || s->w.failed)
        return;
    store_u16(length, (uint16_t)(s->w.at - length - 2));
    s->counts[record->section]++;
    live_at_most(s, ttl);
}

/* The type that a signature covers; others are their own. */
static uint16_t type_signed(const struct record *record)
{
    return record->type == TYPE_RRSIG && record->data.length >= 2 ? load_u16(record->data.at)
                                                                  : record->type;
}

/* Keeps a record of the answer section as far as it may be; false when it is not as signed. */
static bool keep_checked(struct scrub *s, const struct record *record)
{
    uint32_t ttl = ttl_of(s->config, record);
    bool rebinds = is_rebinding(s, record);
    if (rebinds || !review_can_read(record)) {
        s->rebinding += rebinds;
        s->changed = true;
        live_at_most(s, ttl);
        return false;
    }
    bool changed_before = s->changed;
    s->changed = false;
    keep(s, record, ttl);
    bool whole = !s->changed;
    s->changed |= changed_before;
    return whole;
}

static void set_is_whole(struct scrub *s, const struct name *owner, uint16_t type)
{
    if (s->sets < SETS_MOST)
        s->set[s->sets++] = (struct signed_set){*owner, type};
}

/* The next record of the answer section; false at its end, or when nothing more fits anyway. */
static bool next_answer(const struct scrub *s, struct records *walk, struct record *out)
{
    while (!s->w.failed && records_next(walk, out) && out->section == SECTION_ANSWER)
        if (out->class == CLASS_IN)
            return true;
    return false;
}

/* Keeps the records of one type at the chain's name. Gives whether there was one, kept or taken
 * out. */
static bool keep_set(struct scrub *s, uint16_t type)
{
    struct record record;
    bool any = false, whole = true;
    for (struct records walk = records_of(s->said); next_answer(s, &walk, &record);) {
        if (record.type != type || !name_equal(&record.owner, &s->chain))
            continue;
        any = true;
        whole &= keep_checked(s, &record);
    }
    if (any && whole && type != TYPE_RRSIG)
        set_is_whole(s, &s->chain, type);
    return any;
}

/* In one walk, so that a hostile answer of thousands of records costs no more than that. */
static void keep_signatures(struct scrub *s)
{
    struct record record;
    if ((s->variant & VARIANT_DNSSEC) == 0)
        return;
    for (struct records walk = records_of(s->said); next_answer(s, &walk, &record);) {
        if (record.type != TYPE_RRSIG)
            continue;
        for (unsigned i = 0; i < s->sets; i++)
            if (s->set[i].type == type_signed(&record) &&
                name_equal(&s->set[i].owner, &record.owner))
                keep(s, &record, ttl_of(s->config, &record));
    }
}

static void links_read(struct scrub *s)
{
    struct record record;
    for (struct records walk = records_of(s->said);
         s->links < LINKS_MOST && next_answer(s, &walk, &record);)
        if (record.type == TYPE_CNAME || record.type == TYPE_DNAME)
            s->link[s->links++] = record;
}

/* The CNAME at the chain's name, or the DNAME above it. */
static const struct record *find_link(const struct scrub *s, uint16_t type)
{
    for (unsigned i = 0; i < s->links; i++) {
        const struct record *link = &s->link[i];
        if (link->type == type && (type == TYPE_CNAME ? name_equal(&link->owner, &s->chain)
                                                      : link->owner.labels < s->chain.labels &&
                                                            name_is_below(&s->chain, &link->owner)))
            return link;
    }
    return NULL;
}

static void keep_link(struct scrub *s, const struct record *link)
{
    if (keep_checked(s, link))
        set_is_whole(s, &link->owner, link->type);
}

/* The chain goes on at the target of the CNAME that was just written; names behind point to it. */
static void chain_follow(struct scrub *s, const uint8_t *cname, const struct name *target)
{
    struct cursor c = cursor_over(cname, s->w.failed ? 0 : (size_t)(s->w.at - cname));
    name_skip(&c);
    read_skip(&c, 2 + 2 + 4);
    struct cursor data = read_block16(&c);
    bool is_whole = cursor_left(&data) == target->length;
    s->chain = *target;
    s->chain_at = (size_t)(data.at - s->w.start);
    s->chain_written = cursor_left(&data) - (is_whole ? 1 : 2);
    if (data.failed)
        s->w.failed = true;
}

/* From the question's name along the CNAMEs to what was asked for. False: too long, or a loop. */
static bool keep_chain(struct scrub *s, uint16_t type, bool *has_data)
{
    struct name target;
    *has_data = false;
    links_read(s);
    for (unsigned step = 0; step < CHAIN_MOST; step++) {
        const struct record *cname = type == TYPE_CNAME ? NULL : find_link(s, TYPE_CNAME);
        const struct record *dname = find_link(s, TYPE_DNAME);
        if (cname == NULL || type_is_dnssec(type)) /* these may stand beside a CNAME */
            *has_data = keep_set(s, type);
        if (*has_data)
            return true;
        if (dname != NULL)
            keep_link(s, dname);
        if (cname == NULL)
            return true;
        struct cursor data = cursor_of(cname->data);
        if (name_read(&data, s->said->bytes, &target) != STATUS_OK)
            return false;
        const uint8_t *written = s->w.at;
        keep_link(s, cname);
        chain_follow(s, written, &target);
    }
    return false;
}

/* RFC 2308 5: a negative answer lives as long as the SOA's TTL and its last number say. */
static void keep_soa(struct scrub *s, const struct record *record)
{
    if (record->data.length < 20)
        return;
    uint32_t minimum = load_u32(record->data.at + record->data.length - 4);
    uint32_t ttl = record->ttl > TTL_MOST ? 0 : record->ttl;
    ttl = ttl < minimum ? ttl : minimum;
    ttl = ttl < s->config->dnsd.cache_negative_ttl ? ttl : s->config->dnsd.cache_negative_ttl;
    keep(s, record, ttl);
}

static void keep_authority(struct scrub *s, bool has_data)
{
    struct record record;
    bool has_soa = false;
    for (struct records walk = records_of(s->said); !s->w.failed && records_next(&walk, &record);) {
        uint16_t type = type_signed(&record);
        bool is_proof = type == TYPE_NSEC || type == TYPE_NSEC3;
        if (record.section != SECTION_AUTHORITY || record.class != CLASS_IN)
            continue;
        if (record.type == TYPE_SOA && !has_data && !has_soa &&
            name_is_below(&s->chain, &record.owner)) {
            keep_soa(s, &record);
            has_soa = true;
        } else if ((s->variant & VARIANT_DNSSEC) != 0 && !s->changed &&
                   (is_proof || (type == TYPE_SOA && record.type == TYPE_RRSIG && !has_data))) {
            keep(s, &record, ttl_of(s->config, &record));
        }
    }
    if (!has_data && !has_soa)
        s->life = 0;
}

static void kept_begin(struct kept *out, const struct question_key *key, clock_ms now)
{
    *out =
        (struct kept){.variant = key_variant(key), .ede = EDE_NONE, .stored = now, .expires = now};
    out->question_end = (uint16_t)(MESSAGE_HEADER + key->length - 1);
    memset(out->bytes, 0, MESSAGE_HEADER);
    store_u16(out->bytes + 4, 1);
    memcpy(out->bytes + MESSAGE_HEADER, key->bytes, key->length - 1u);
    out->length = out->question_end;
}

static void kept_end(struct kept *out, const uint16_t *places, unsigned count, const char *why)
{
    uint8_t *at = out->bytes + ((out->length + 1u) & ~1u);
    out->places = (uint16_t)count;
    out->why_length = (uint16_t)strnlen(why, KEPT_WHY_MOST);
    if (count > 0)
        memcpy(at, places, count * sizeof *places);
    at += count * sizeof *places;
    memcpy(at, why, out->why_length);
    at += out->why_length;
    size_t size = (size_t)(at - (uint8_t *)out);
    out->size = (uint32_t)((size + KEPT_ALIGN - 1) & ~(size_t)(KEPT_ALIGN - 1));
}
static_assert(sizeof(struct kept) % 2 == 0, "the message starts at an even offset");

void scrub_failure(const struct question_key *key, uint16_t ede, const char *why, clock_ms now,
                   struct kept *out)
{
    kept_begin(out, key, now);
    out->failed = true;
    out->ede = ede;
    store_u16(out->bytes + 2, RCODE_SERVFAIL);
    kept_end(out, NULL, 0, why);
}

static bool is_about(const struct message *m, const struct question_key *key)
{
    const uint8_t *behind_name = key->bytes + key->length - 5;
    return m->questions == 1 && m->question.name.length == key->length - 5 &&
           memcmp(m->question.name.wire, key->bytes, key->length - 5u) == 0 &&
           m->question.type == load_u16(behind_name) &&
           m->question.class == load_u16(behind_name + 2);
}

/* Only the places of its arrays that are used are ever written. */
static void scrub_begin(struct scrub *s, const struct config *config, const struct message *said,
                        struct kept *out)
{
    static uint16_t places[KEPT_PLACES_MOST];
    s->config = config;
    s->said = said;
    s->variant = out->variant;
    s->w = writer_over(out->bytes, MESSAGE_MOST);
    s->w.at += out->question_end;
    memset(s->counts, 0, sizeof s->counts);
    s->chain = said->question.name;
    s->chain_at = MESSAGE_HEADER;
    s->chain_written = s->chain.length - 1u;
    s->life = config->dnsd.cache_max_ttl;
    s->changed = false;
    s->rebinding = s->places = s->links = s->sets = 0;
    s->place = places;
}

/* Copies what belongs to the answer; false when there is no answer in it. */
static bool keep_all(struct scrub *s, const struct message *said, uint16_t rcode, struct kept *out)
{
    bool has_data;
    if (!keep_chain(s, said->question.type, &has_data))
        return false;
    keep_signatures(s);
    keep_authority(s, has_data);
    if (s->w.failed)
        return false;
    store_u16(out->bytes + 2, rcode);
    for (int i = 0; i < SECTION_COUNT; i++) {
        store_u16(out->bytes + 6 + 2 * (size_t)i, s->counts[i]);
        out->counts[i] = s->counts[i];
    }
    out->length = (uint16_t)writer_length(&s->w);
    return true;
}

void scrub_answer(const struct config *config, const struct question_key *key,
                  const struct message_answer *answer, struct span message, clock_ms now,
                  struct kept *out, struct scrub_notes *notes)
{
    static const uint16_t codes[OUTCOME_COUNT] = {
        [OUTCOME_ANSWER] = EDE_NO_REACHABLE_AUTHORITY,
        [OUTCOME_BOGUS] = EDE_DNSSEC_BOGUS,
        [OUTCOME_UNREACHABLE] = EDE_NO_REACHABLE_AUTHORITY,
        [OUTCOME_NETWORK] = EDE_NETWORK_ERROR,
        [OUTCOME_FAILED] = EDE_OTHER,
    };
    struct scrub s;
    struct message said;
    uint16_t ede = answer->ede != EDE_NONE ? answer->ede : codes[answer->outcome];
    bool is_shown = answer->outcome == OUTCOME_ANSWER ||
                    (answer->outcome == OUTCOME_BOGUS && (key_variant(key) & VARIANT_UNCHECKED));

    notes->rebinding = 0;
    if (!is_shown) {
        scrub_failure(key, ede, answer->why, now, out);
        return;
    }
    if (message_read(message, &said) != STATUS_OK || !is_about(&said, key)) {
        scrub_failure(key, EDE_INVALID_DATA, "the answer is not to the question", now, out);
        return;
    }
    uint16_t rcode = message_rcode(&said);
    if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN && rcode != RCODE_YXDOMAIN) {
        scrub_failure(key, ede, answer->why, now, out);
        return;
    }
    kept_begin(out, key, now);
    scrub_begin(&s, config, &said, out);
    if (!keep_all(&s, &said, rcode, out)) {
        scrub_failure(key, EDE_INVALID_DATA, "the answer has no end", now, out);
        return;
    }
    notes->rebinding = s.rebinding;
    out->secure = answer->secure && answer->outcome == OUTCOME_ANSWER && !s.changed;
    out->ede = s.rebinding > 0 ? EDE_BLOCKED : answer->ede;
    out->expires = now + (clock_ms)s.life * 1000;
    kept_end(out, s.place, s.places,
             s.rebinding > 0 ? "internal address of a public name taken out" : answer->why);
}
