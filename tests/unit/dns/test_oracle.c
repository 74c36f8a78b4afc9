/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * oracle - 10,000 generated messages, read and written by us and by ldns.
 *
 * Half are whole, half are damaged. Where the two disagree, the difference must be one of
 * ORACLE.md. Used by nobody: it runs. The seed is fixed, so a failure names the message, and comes
 * again.
 */
#include "packets.h"

#include "dns/answer.h"

#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#if defined __SANITIZE_ADDRESS__
#define LEAKS_ARE_SEEN 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_SEEN 1
#endif
#endif
#ifdef LEAKS_ARE_SEEN
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable()  ((void)0)
#endif

enum { MESSAGES = 10000, UNKNOWN_TYPE = 65280 };

/* --- the two readers -------------------------------------------------------------------------- */

/* What ORACLE.md lists. */
enum difference { LEFTOVER, OPT_RULES, POINTER, RDATA, RDATA_LENGTH, TSIG, NONE };
static const char *const difference_words[] = {"leftover", "opt-rules",    "pointer",
                                               "rdata",    "rdata-length", "tsig"};
static unsigned met[NONE + 1], agreed, refused;

static ldns_pkt *theirs_read(struct span wire)
{
    ldns_pkt *packet = NULL;
    __lsan_disable();
    ldns_status status = ldns_wire2pkt(&packet, wire.at, wire.length);
    __lsan_enable();
    return status == LDNS_STATUS_OK ? packet : NULL;
}

static void assert_same_name(const struct name *ours, const ldns_rdf *theirs)
{
    struct cursor c = cursor_over(ldns_rdf_data(theirs), ldns_rdf_size(theirs));
    struct name name;
    assert_true(name_is_sound(ours));
    assert_int_equal(name_read(&c, (struct span){0}, &name), STATUS_OK);
    assert_true(name_equal(ours, &name));
}

/* Does the name at `at` break RFC 1035 4.1.4: a pointer to the header, to itself, forward, or to
 * a name that runs over it? */
static bool points_badly(struct span wire, size_t at)
{
    size_t end = wire.length;
    while (at < end && wire.at[at] != 0) {
        if (wire.at[at] < 0xc0) {
            at += 1u + wire.at[at];
            continue;
        }
        if (at + 2 > end)
            return end < wire.length;
        size_t target = load_u16(wire.at + at) & 0x3fff;
        if (target < MESSAGE_HEADER || target >= at)
            return true;
        end = at, at = target;
    }
    return at >= end && end < wire.length;
}

/* Field by field: names are expanded by record_name(), the bytes between them compared. */
static enum difference same_data(const struct records *walk, const struct record *r,
                                 const ldns_rr *rr)
{
    size_t at = 0;
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        struct cursor c = cursor_over(r->data.at + at, r->data.length - at);
        struct name name;
        if (ldns_rdf_get_type(field) != LDNS_RDF_TYPE_DNAME) {
            struct span bytes = read_span(&c, ldns_rdf_size(field));
            if (c.failed)
                return RDATA_LENGTH;
            assert_memory_equal(bytes.at, ldns_rdf_data(field), bytes.length);
        } else if (record_name(walk, r, at, &name) == STATUS_OK) {
            assert_same_name(&name, field);
            name_skip(&c);
        } else {
            name_skip(&c);
            size_t place = (size_t)(r->data.at - walk->message.at) + at;
            assert_true(c.failed || points_badly(walk->message, place));
            return c.failed ? RDATA_LENGTH : POINTER;
        }
        at = (size_t)(c.at - r->data.at);
    }
    return at == r->data.length ? NONE : RDATA_LENGTH;
}

static void assert_same_edns(const struct message *m, const ldns_pkt *packet)
{
    assert_true(m->edns.present || !ldns_pkt_edns(packet)); /* to ldns an OPT of zeros is none */
    unsigned size = ldns_pkt_edns_udp_size(packet);
    assert_int_equal(m->edns.udp_size, size < 512 ? 512 : size);
    assert_int_equal(m->edns.wants_dnssec, ldns_pkt_edns_do(packet));
    assert_int_equal(m->edns.version, ldns_pkt_edns_version(packet));
    assert_int_equal(m->edns.extended_rcode, ldns_pkt_edns_extended_rcode(packet));
}

/* NONE, or why the comparison ended early. */
static enum difference same_message(const struct message *m, const ldns_pkt *packet)
{
    const ldns_rr_list *lists[] = {ldns_pkt_answer(packet), ldns_pkt_authority(packet),
                                   ldns_pkt_additional(packet)};
    size_t next[SECTION_COUNT] = {0};
    assert_int_equal(m->id, ldns_pkt_id(packet));
    assert_int_equal(message_opcode(m), ldns_pkt_get_opcode(packet));
    assert_int_equal(m->flags & RCODE_MASK, ldns_pkt_get_rcode(packet));
    assert_int_equal(!(m->flags & FLAG_TC), !ldns_pkt_tc(packet));
    assert_int_equal(m->questions, ldns_rr_list_rr_count(ldns_pkt_question(packet)));
    if (m->questions > 0) {
        const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
        assert_same_name(&m->question.name, ldns_rr_owner(question));
        assert_int_equal(m->question.type, ldns_rr_get_type(question));
        assert_int_equal(m->question.class, ldns_rr_get_class(question));
    }
    struct records walk = records_of(m);
    for (struct record r; records_next(&walk, &r);) {
        if (r.type == TYPE_OPT)
            continue;
        if (r.type == TYPE_TSIG && r.section == SECTION_ADDITIONAL)
            return TSIG;
        const ldns_rr *rr = ldns_rr_list_rr(lists[r.section], next[r.section]++);
        assert_non_null(rr);
        assert_same_name(&r.owner, ldns_rr_owner(rr));
        assert_int_equal(r.type, ldns_rr_get_type(rr));
        assert_int_equal(r.class, ldns_rr_get_class(rr));
        assert_int_equal(r.ttl, ldns_rr_ttl(rr));
        assert_int_equal(load_u32(m->bytes.at + r.ttl_at), r.ttl);
        enum difference difference = same_data(&walk, &r, rr);
        if (difference != NONE) /* ldns is lost: what it takes for the next record is none */
            return difference;
    }
    for (int s = 0; s < SECTION_COUNT; s++)
        assert_int_equal(next[s], ldns_rr_list_rr_count(lists[s]));
    assert_same_edns(m, packet);
    return NONE;
}

/* --- the intended differences -------------------------------------------------------------------
 */

/* The places of all names of questions and owners, as far as the message can be walked. */
static unsigned places(struct span wire, unsigned *questions, size_t out[WIRE_MOST])
{
    struct cursor c = cursor_of(wire);
    unsigned found = 0, records = 0;
    read_skip(&c, 4);
    *questions = read_u16(&c);
    for (int s = 0; s < SECTION_COUNT; s++)
        records += read_u16(&c);
    for (unsigned i = 0; i < *questions + records && cursor_more(&c); i++) {
        out[found++] = (size_t)(c.at - wire.at);
        name_skip(&c);
        read_skip(&c, i < *questions ? 4 : 8);
        if (i >= *questions)
            read_skip(&c, read_u16(&c));
    }
    return c.failed && found > 0 ? found - 1 : found;
}

static bool reads(const uint8_t *wire, size_t length)
{
    struct message m;
    return message_read(span_of(wire, length), &m) == STATUS_OK;
}

/* Makes every record one of an unknown type, but where a name points into just these bytes. */
static void neutralize(uint8_t *wire, size_t length)
{
    size_t at[WIRE_MOST];
    bool was_sound = reads(wire, length);
    unsigned questions, found = places(span_of(wire, length), &questions, at);
    for (unsigned i = questions; i < found; i++) {
        struct cursor c = cursor_over(wire + at[i], length - at[i]);
        name_skip(&c);
        uint8_t *place = wire + (c.at - wire);
        uint16_t type = load_u16(place);
        store_u16(place, UNKNOWN_TYPE);
        if (was_sound && !reads(wire, length))
            store_u16(place, type);
    }
}

/* Does this, or the beginning of it, read? */
static bool begins_well(const uint8_t *wire, size_t length)
{
    while (length >= MESSAGE_HEADER && !reads(wire, length))
        length--;
    return length >= MESSAGE_HEADER;
}

/* Do they take it with its types made unknown, so that no data is looked into? */
static bool theirs_take_neutral(const uint8_t *wire, size_t length)
{
    uint8_t copy[WIRE_MOST];
    memcpy(copy, wire, length);
    neutralize(copy, length);
    ldns_pkt *packet = theirs_read(span_of(copy, length));
    ldns_pkt_free(packet);
    return packet != NULL;
}

/* Why we refuse what ldns takes. */
static enum difference why_refused(const uint8_t *wire, size_t length)
{
    uint8_t copy[WIRE_MOST];
    size_t at[WIRE_MOST];
    unsigned questions, found = places(span_of(wire, length), &questions, at);
    memcpy(copy, wire, length);
    neutralize(copy, length);
    if (begins_well(wire, length))
        return LEFTOVER;
    if (begins_well(copy, length))
        return OPT_RULES;
    for (unsigned i = 0; i < found; i++)
        if (points_badly(span_of(wire, length), at[i]))
            return POINTER;
    return theirs_take_neutral(wire, length) ? NONE : RDATA_LENGTH;
}

/* Why we take what ldns refuses. */
static enum difference why_taken(const uint8_t *wire, size_t length)
{
    return theirs_take_neutral(wire, length) ? RDATA : NONE;
}

static void compare(unsigned number, const uint8_t *wire, size_t length)
{
    struct message m;
    enum difference difference;
    bool ours = message_read(span_of(wire, length), &m) == STATUS_OK;
    ldns_pkt *theirs = theirs_read(span_of(wire, length));
    if (ours && theirs != NULL) {
        difference = same_message(&m, theirs);
        assert_true(difference == NONE || number % 2 == 1);
        agreed += difference == NONE;
        met[difference]++;
    } else if (ours == (theirs != NULL)) {
        refused++;
    } else {
        difference = ours ? why_taken(wire, length) : why_refused(wire, length);
        if (difference == NONE) {
            for (size_t i = 0; i < length; i++)
                fprintf(stderr, "%02x", wire[i]);
            fail_msg("message %u: %s only, for no listed reason", number, ours ? "ours" : "ldns");
        }
        met[difference]++;
    }
    ldns_pkt_free(theirs);
}

static void readers_agree(void **state)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint8_t wire[WIRE_MOST], *made = NULL;
        size_t length = 0;
        ldns_pkt *packet = packet_any(false);
        assert_int_equal(ldns_pkt2wire(&made, packet, &length), LDNS_STATUS_OK);
        assert_true(length < WIRE_MOST - 100);
        memcpy(wire, made, length);
        free(made);
        ldns_pkt_free(packet);
        if (i % 2 == 1)
            length = damage(wire, length);
        else
            assert_true(reads(wire, length));
        compare(i, wire, length);
    }
    print_message("# both take %u, both refuse %u", agreed, refused);
    for (int d = 0; d < NONE; d++)
        print_message(", %s %u", difference_words[d], met[d]);
    print_message("\n");
}

/* Writes what `packet` holds with our writer. */
static struct span answer_like(ldns_pkt *packet, const struct message *query, uint8_t *out,
                               size_t size)
{
    const ldns_rr_list *lists[] = {ldns_pkt_answer(packet), ldns_pkt_authority(packet),
                                   ldns_pkt_additional(packet)};
    struct answer a;
    const uint16_t kept = FLAG_AA | FLAG_TC | FLAG_AD;
    answer_begin(&a, out, size, query, query->flags & RCODE_MASK, query->flags & kept);
    for (int s = 0; s < SECTION_COUNT; s++) {
        for (size_t i = 0; i < ldns_rr_list_rr_count(lists[s]); i++) {
            const ldns_rr *rr = ldns_rr_list_rr(lists[s], i);
            const ldns_rdf *owner = ldns_rr_owner(rr);
            struct cursor c = cursor_over(ldns_rdf_data(owner), ldns_rdf_size(owner));
            struct name name;
            assert_int_equal(name_read(&c, (struct span){0}, &name), STATUS_OK);
            answer_record_begin(&a, (enum section)s, &name, (uint16_t)ldns_rr_get_type(rr),
                                (uint16_t)ldns_rr_get_class(rr), ldns_rr_ttl(rr));
            for (size_t field = 0; field < ldns_rr_rd_count(rr); field++) {
                const ldns_rdf *rdf = ldns_rr_rdf(rr, field);
                write_bytes(&a.w, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
            }
            answer_record_end(&a);
        }
    }
    struct edns_reply edns = {.ede = EDE_NONE, .dnssec_ok = query->edns.wants_dnssec};
    edns.cookie = span_of(query->edns.cookie, query->edns.cookie_length);
    return answer_end(&a, query->edns.present ? &edns : NULL);
}

/* Ours is read back by both; where ldns compresses as we do, the bytes are the same. */
static void writers_agree(void **state)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint8_t buffer[WIRE_MOST], *wire = NULL;
        size_t length = 0;
        struct message query, reply;
        ldns_pkt *packet = packet_any(i % 2 == 0);
        ldns_pkt_set_qr(packet, true);
        ldns_pkt_set_ra(packet, true);
        if (ldns_pkt_edns(packet))
            ldns_pkt_set_edns_udp_size(packet, EDNS_UDP_SIZE);
        assert_int_equal(ldns_pkt2wire(&wire, packet, &length), LDNS_STATUS_OK);
        assert_int_equal(message_read(span_of(wire, length), &query), STATUS_OK);
        struct span ours = answer_like(packet, &query, buffer, sizeof buffer);
        assert_int_equal(message_read(ours, &reply), STATUS_OK);
        assert_int_equal(same_message(&reply, packet), NONE);
        ldns_pkt *theirs = theirs_read(ours);
        assert_non_null(theirs);
        assert_int_equal(same_message(&reply, theirs), NONE);
        if (i % 2 == 0) {
            assert_int_equal(ours.length, length);
            assert_memory_equal(ours.at, wire, length);
        }
        ldns_pkt_free(theirs);
        ldns_pkt_free(packet);
        free(wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_agree),
        cmocka_unit_test(writers_agree),
    };
    return cmocka_run_group_tests_name("dns/oracle", tests, NULL, NULL);
}
