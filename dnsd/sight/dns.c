/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dns - plain DNS (RFC 1035) that goes to others, by UDP and TCP.
 *
 * On port 53 everything is DNS, or says why not. On other ports only what cannot be anything else:
 * a whole message with one ordinary question, to the last byte.
 */
#include "dns/message.h"
#include "dns/svcb.h"
#include "dns/type.h"
#include "sight/sight.h"

enum {
    DNS_PORT = 53,
    MDNS_PORT = 5353,  /* RFC 6762 */
    LLMNR_PORT = 5355, /* RFC 4795 */
    NBNS_PORT = 137,   /* RFC 1002 4.2: the same header, other names */
    FLAG_Z = 0x0040,
    QUESTIONS_MOST = 4, /* more in a broken message: none of it was meant as questions */
    MESSAGES_MOST = SIGHTINGS_MOST,
    STRANGE_MOST = 1024, /* bytes of a first question by TCP, on a port that is not 53 */
    EARLY_MOST = 8,      /* datagrams in which questions may begin, on such a port */
    WIRE_SHOWN = 12
};

static bool is_port(const struct talk *talk, uint16_t port)
{
    return talk->server_port == port || talk->client_port == port;
}

/* A message that came: what of it can be relied on. */
struct heard_message {
    struct message m;
    bool sound;
    bool asks; /* `m.question` is credible, though perhaps not all behind it */
};

static void hear(struct span bytes, struct heard_message *out)
{
    struct cursor c = cursor_of(bytes);
    read_skip(&c, 2 + 2);
    uint16_t said = read_u16(&c);
    out->sound = message_read(bytes, &out->m) == STATUS_OK;
    out->asks =
        out->m.questions > 0 && out->m.questions == said && (out->sound || said <= QUESTIONS_MOST);
}

/* Nothing in it is anything but an everyday question, or the answer to one. */
static bool is_everyday(const struct heard_message *heard)
{
    const struct message *m = &heard->m;
    if (!heard->sound || m->questions != 1 || message_opcode(m) != OPCODE_QUERY ||
        (m->flags & FLAG_Z) != 0 || m->question.class != CLASS_IN || m->question.type == 0 ||
        m->question.name.labels == 0)
        return false;
    if (m->flags & FLAG_QR)
        return (m->flags & RCODE_MASK) <= RCODE_YXDOMAIN;
    return (m->flags & (FLAG_AA | FLAG_TC | FLAG_RA | RCODE_MASK)) == 0 &&
           m->counts[SECTION_ANSWER] == 0 && m->counts[SECTION_AUTHORITY] == 0 &&
           m->counts[SECTION_ADDITIONAL] <= 2; /* OPT, TSIG */
}

/* "2.dnscrypt-cert.provider": what a DNSCrypt client asks first. */
static bool is_certificate(const struct question *q)
{
    static const char labels[] = "\1"
                                 "2\15dnscrypt-cert";
    return q->type == TYPE_TXT && q->name.length > sizeof labels &&
           memcmp(q->name.wire, labels, sizeof labels - 1) == 0;
}

static void say_question(const struct message *m, const char *what, enum why why,
                         struct sightings *out)
{
    char text[NAME_TEXT_SIZE], type[WORD_SIZE];
    const struct question *q = &m->question;
    bool is_dnscrypt = is_certificate(q);
    struct sighting *sighting = sight_add(out, SPOKEN_DNS, SEEN_DNS);
    sighting->protocol = is_dnscrypt ? PROTOCOL_DNSCRYPT : PROTOCOL_DNS;
    sighting->way = is_dnscrypt ? DETOUR_DNSCRYPT : DETOUR_DNS;
    sighting->has_name = true;
    sighting->name = q->name;
    sighting->type = q->type;
    sighting->why = why;
    name_text(&q->name, text);
    /* The type is what a long name must not push out. */
    sight_evidence(sighting, "%s for %s%.*s %s", what, strlen(text) > 60 ? "..." : "", 60,
                   text + (strlen(text) > 60 ? strlen(text) - 60 : 0), type_text(q->type, type));
}

static void say_nameless(const struct talk *talk, const char *what, struct span bytes, enum why why,
                         struct sightings *out)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * WIRE_SHOWN + 1];
    size_t shown = bytes.length < WIRE_SHOWN ? bytes.length : WIRE_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        hex[2 * i] = digits[bytes.at[i] >> 4];
        hex[2 * i + 1] = digits[bytes.at[i] & 15];
    }
    hex[2 * shown] = 0;
    struct sighting *sighting = sight_add(out, SPOKEN_DNS, SEEN_DNS);
    sighting->protocol = PROTOCOL_DNS;
    sighting->way = DETOUR_DNS;
    sighting->why = why;
    sight_evidence(sighting, "%s: %zu bytes %s on port %u", what, bytes.length, hex,
                   talk->server_port);
}

static void add_resolution(struct sightings *out, const struct address *address, uint32_t ttl)
{
    if (out->resolution_count < RESOLUTIONS_MOST)
        out->resolutions[out->resolution_count++] = (struct resolution){*address, ttl};
}

static void hear_hints(const struct record *record, struct sightings *out)
{
    struct svcb svcb;
    struct address hint;
    if (svcb_read(record->data, &svcb) != STATUS_OK)
        return;
    for (size_t place = 0;
         out->resolution_count < RESOLUTIONS_MOST && svcb_next_hint(&svcb, &place, &hint);)
        add_resolution(out, &hint, record->ttl);
}

/* Addresses of the answer section, whoever of the chain they belong to: whoever wants to be told an
 * address can have it told in order. */
static void hear_answer(const struct message *m, struct sightings *out)
{
    struct record record;
    struct address address;
    const struct name before = out->asked;
    unsigned resolutions = out->resolution_count;
    struct records walk = records_of(m);
    while (out->resolution_count < RESOLUTIONS_MOST && records_next(&walk, &record) &&
           record.section == SECTION_ANSWER) {
        if (record.type == TYPE_HTTPS || record.type == TYPE_SVCB)
            hear_hints(&record, out);
        else if ((record.type == TYPE_A && record.data.length == 4) ||
                 (record.type == TYPE_AAAA && record.data.length == 16))
            if (address_from_bytes(record.data, &address))
                add_resolution(out, &address, record.ttl);
    }
    if (out->resolution_count == resolutions)
        return;
    out->asked = m->question.name;
    if (resolutions > 0 && !name_equal(&before, &out->asked))
        out->asked = (struct name){0}; /* of several names: which is not known */
}

/* Why a message with a question is not to be taken as it is; WHY_NONE. */
static enum why why_of(const struct heard_message *heard, bool cut)
{
    if (!heard->sound)
        return cut ? WHY_NONE : WHY_MALFORMED;
    return heard->m.questions > 1 ? WHY_SECOND_NAME : WHY_NONE; /* RFC 9619 */
}

static const char *question_words(const struct heard_message *heard, bool cut)
{
    if (!heard->sound && !cut)
        return "malformed DNS";
    return message_opcode(&heard->m) == OPCODE_QUERY ? "DNS question" : "DNS message";
}

/* By UDP. */

static bool is_multicast(const struct address *a)
{
    return address_is_ipv4(a) ? (a->bytes[12] & 0xf0) == 0xe0 : a->bytes[0] == 0xff;
}

/* Names of the local link. A resolver of the Internet may listen on these ports as well. */
static bool is_local_link(const struct talk *talk)
{
    return (is_port(talk, MDNS_PORT) || is_port(talk, LLMNR_PORT)) &&
           (is_multicast(talk->server) || is_multicast(talk->client) ||
            talk->server_port == talk->client_port || address_is_internal(talk->server));
}

static enum heard hear_local(struct span bytes, struct sightings *out)
{
    if (bytes.length < MESSAGE_HEADER)
        return HEARD_NOT_MINE;
    sight_add(out, SPOKEN_MDNS, SEEN_DNS)->why = WHY_NOT_SAID;
    return HEARD_MORE;
}

/* On port 53 and not DNS: DNSCrypt, or what only goes where DNS may go. */
static enum heard hear_stranger(const struct talk *talk, struct span bytes, struct sightings *out)
{
    enum heard heard = sight_dnscrypt.look(talk, out);
    if (heard != HEARD_NOT_MINE)
        return heard;
    /* OICQ's own reader is asked behind this one. */
    bool is_framed = bytes.length > 2 && bytes.at[0] == 2 && bytes.at[bytes.length - 1] == 3;
    if (is_framed && talk->datagrams[CLIENT] + talk->datagrams[SERVER] <= 1)
        return HEARD_PERHAPS;
    say_nameless(talk, "not DNS", bytes, WHY_MALFORMED, out);
    return HEARD_MORE;
}

static enum heard hear_datagram(const struct talk *talk, const struct heard_message *heard,
                                struct sightings *out)
{
    const struct message *m = &heard->m;
    bool is_answer = (m->flags & FLAG_QR) != 0, whole = heard->sound || talk->cut;
    if (is_answer && heard->asks && whole)
        hear_answer(m, out);
    if (is_answer && whole && talk->datagrams[talk->from == CLIENT ? SERVER : CLIENT] > 0)
        return HEARD_MORE; /* its question was heard */
    if (heard->asks)
        say_question(m, is_answer && whole ? "DNS answer" : question_words(heard, talk->cut),
                     why_of(heard, talk->cut), out);
    else if (!is_answer)
        say_nameless(talk, "DNS without a question", m->bytes, WHY_NOT_SAID, out);
    return HEARD_MORE;
}

static enum heard look_udp(const struct talk *talk, struct sightings *out)
{
    struct span bytes = talk->said[talk->from];
    struct heard_message heard;
    if (bytes.length == 0)
        return HEARD_PERHAPS;
    if (is_local_link(talk))
        return hear_local(bytes, out);
    if (is_port(talk, NBNS_PORT))
        return HEARD_NOT_MINE;
    hear(bytes, &heard);
    if (is_everyday(&heard))
        return hear_datagram(talk, &heard, out);
    if (!is_port(talk, DNS_PORT))
        return talk->datagrams[CLIENT] + talk->datagrams[SERVER] < EARLY_MOST ? HEARD_PERHAPS
                                                                              : HEARD_NOT_MINE;
    if (heard.sound || heard.asks)
        return hear_datagram(talk, &heard, out);
    if (!talk->cut)
        return hear_stranger(talk, bytes, out);
    say_nameless(talk, "the beginning of DNS", bytes, WHY_CUT, out);
    return HEARD_MORE;
}

const struct recogniser sight_dns_udp = {.name = "dns-udp", .transport = IP_UDP, .look = look_udp};

/* By TCP: messages one after another, each with its length before it (RFC 1035 4.2.2). */

/* The next whole one; false when it is not there yet, and `*missing` says how much is. */
static bool message_next(struct cursor *c, struct span *out, size_t *missing)
{
    struct cursor ahead = *c;
    size_t length = read_u16(&ahead);
    *missing = 0;
    if (ahead.failed) {
        *missing = 2 - cursor_left(c);
        return false;
    }
    if (cursor_left(&ahead) < length) {
        *missing = length - cursor_left(&ahead);
        return false;
    }
    *out = read_span(&ahead, length);
    *c = ahead;
    return true;
}

/* All that the server has said so far. */
static bool hear_answers(const struct talk *talk, struct sightings *out)
{
    struct cursor c = cursor_of(talk->said[SERVER]);
    struct span bytes;
    struct heard_message heard;
    size_t missing;
    unsigned count = 0;
    while (count < MESSAGES_MOST && message_next(&c, &bytes, &missing)) {
        hear(bytes, &heard);
        count++;
        if (heard.sound && heard.asks && (heard.m.flags & FLAG_QR) != 0)
            hear_answer(&heard.m, out);
    }
    return count == MESSAGES_MOST || talk->complete[SERVER];
}

/* A first message that is not there yet: may it be a question, on whatever port? */
static bool may_be_everyday(struct span said)
{
    struct cursor c = cursor_of(said);
    if (said.length < 2)
        return true;
    size_t length = read_u16(&c);
    read_skip(&c, 2);
    uint16_t flags = read_u16(&c), questions = read_u16(&c);
    return length <= STRANGE_MOST && length > MESSAGE_HEADER + 1 + 2 + 2 &&
           (c.failed || ((flags & FLAG_QR) == 0 && questions == 1));
}

/* The client's stream does not begin with a message. Others may still know it. */
static enum heard hear_strange_stream(const struct talk *talk, struct sightings *out)
{
    struct span said = talk->said[CLIENT];
    struct heard_message heard;
    struct cursor c = cursor_of(said);
    if (!is_port(talk, DNS_PORT))
        return HEARD_NOT_MINE;
    if (!talk->complete[CLIENT] || said.length == 0)
        return HEARD_PERHAPS;
    size_t length = read_u16(&c);
    bool is_part = length > cursor_left(&c);
    hear(read_span(&c, is_part ? cursor_left(&c) : length), &heard);
    if (heard.asks)
        say_question(&heard.m, question_words(&heard, is_part), why_of(&heard, is_part), out);
    else
        say_nameless(talk, "not DNS", said, WHY_MALFORMED, out);
    return HEARD_DONE;
}

/* The client's messages; says how many were sound, and whether what follows them is no message. */
static unsigned hear_questions(const struct talk *talk, struct sightings *out, bool *broken)
{
    const bool at_home = is_port(talk, DNS_PORT);
    struct cursor c = cursor_of(talk->said[CLIENT]);
    struct span bytes;
    struct heard_message heard;
    size_t missing;
    unsigned count = 0;
    *broken = false;
    out->want = 0;
    while (count < MESSAGES_MOST) {
        if (!message_next(&c, &bytes, &missing)) {
            out->want = talk->said[CLIENT].length + missing;
            return count;
        }
        hear(bytes, &heard);
        if (at_home ? !heard.sound : !is_everyday(&heard)) {
            *broken = true;
            if (count > 0 && heard.asks)
                say_question(&heard.m, "malformed DNS", WHY_MALFORMED, out);
            else if (count > 0)
                say_nameless(talk, "not DNS", bytes, WHY_MALFORMED, out);
            return count;
        }
        count++;
        if (heard.asks && (heard.m.flags & FLAG_QR) == 0)
            say_question(&heard.m, question_words(&heard, false), why_of(&heard, false), out);
    }
    return count;
}

static enum heard look_tcp(const struct talk *talk, struct sightings *out)
{
    struct span said = talk->said[CLIENT];
    bool broken;
    if (talk->midstream || (!is_port(talk, DNS_PORT) && !may_be_everyday(said)))
        return HEARD_NOT_MINE;
    unsigned questions = hear_questions(talk, out, &broken);
    if (questions == 0 && (broken || talk->complete[CLIENT]))
        return hear_strange_stream(talk, out);
    if (questions == 0)
        return HEARD_PERHAPS;
    bool answered = hear_answers(talk, out);
    bool asked = broken || questions == MESSAGES_MOST || talk->complete[CLIENT];
    return asked && answered ? HEARD_DONE : HEARD_MORE;
}

const struct recogniser sight_dns_tcp = {.name = "dns-tcp", .transport = IP_TCP, .look = look_tcp};
