/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dnscrypt - DNSCrypt version 2, on any port.
 *
 * Questions begin with eight bytes that the resolver has chosen and look like noise, but have one
 * of few lengths; answers begin with eight that are the same for all. The specification is
 * draft-denis-dprive-dnscrypt. What goes through a relay says so itself.
 */
#include "sight/sight.h"

enum {
    MAGIC = 8,
    QUESTION_HEAD = MAGIC + 32 + 12 + 16, /* magic, public key, half of the nonce, tag */
    QUESTION_LEAST = 256,                 /* of the padded question, by UDP */
    STREAM_LEAST = 64,                    /* by TCP */
    BLOCK = 64,                           /* to a multiple of which it is padded */
    ANSWER_LEAST = MAGIC + 24 + 16 + BLOCK,
    QUESTION_MOST = 4096,
    RELAYED_MAGIC = 10,
    RELAYED_HEAD = RELAYED_MAGIC + 16 + 2, /* magic, address, port */
};

static bool is_answer(struct span bytes)
{
    return bytes.length >= MAGIC && memcmp(bytes.at, "r6fnvWj8", MAGIC) == 0;
}

static bool is_relayed(struct span bytes)
{
    return bytes.length >= RELAYED_HEAD &&
           memcmp(bytes.at, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0", RELAYED_MAGIC) == 0;
}

static bool has_length_of_question(size_t length, size_t least)
{
    return length >= QUESTION_HEAD + least && length <= QUESTION_MOST &&
           (length - QUESTION_HEAD) % BLOCK == 0;
}

static struct sighting *add(struct sightings *out)
{
    struct sighting *sighting = sight_add(out, SPOKEN_DNSCRYPT, SEEN_PACKET);
    sighting->protocol = PROTOCOL_DNSCRYPT;
    sighting->way = DETOUR_DNSCRYPT;
    sighting->why = WHY_SEALED;
    return sighting;
}

static enum heard say_answer(const char *transport, size_t length, struct sightings *out)
{
    sight_evidence(add(out), "DNSCrypt answer by %s: r6fnvWj8, %zu bytes", transport, length);
    return HEARD_DONE;
}

static enum heard say_relayed(struct span bytes, struct sightings *out)
{
    char text[ENDPOINT_TEXT_SIZE];
    struct address resolver;
    struct cursor c = cursor_of(bytes);
    read_skip(&c, RELAYED_MAGIC);
    if (!address_from_bytes(read_span(&c, 16), &resolver))
        return HEARD_NOT_MINE;
    sight_evidence(add(out), "DNSCrypt question for a relay to hand on to %s",
                   endpoint_text(&resolver, read_u16(&c), text));
    return HEARD_DONE;
}

static enum heard look_udp(const struct talk *talk, struct sightings *out)
{
    struct span bytes = talk->said[talk->from];
    size_t length = talk->cut ? 0 : bytes.length;
    if (is_relayed(bytes))
        return say_relayed(bytes, out);
    if (is_answer(bytes) && (talk->cut || length >= ANSWER_LEAST))
        return say_answer("UDP", bytes.length, out);
    if (bytes.length == 0 || talk->cut || has_length_of_question(length, QUESTION_LEAST))
        return HEARD_PERHAPS;
    return HEARD_NOT_MINE;
}

const struct recogniser sight_dnscrypt = {
    .name = "dnscrypt", .transport = IP_UDP, .look = look_udp};

/* The same, with a length before it. */
static enum heard look_tcp(const struct talk *talk, struct sightings *out)
{
    struct cursor c = cursor_of(talk->said[CLIENT]), s = cursor_of(talk->said[SERVER]);
    if (talk->midstream)
        return HEARD_NOT_MINE;
    size_t asked = read_u16(&c), answered = read_u16(&s);
    struct span question = span_of(c.at, cursor_left(&c)), answer = span_of(s.at, cursor_left(&s));
    if (c.failed)
        return HEARD_PERHAPS;
    if (is_relayed(question))
        return say_relayed(question, out);
    size_t shown = question.length < RELAYED_MAGIC ? question.length : (size_t)RELAYED_MAGIC;
    bool may_be_relayed = question.length < RELAYED_HEAD &&
                          memcmp(question.at, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0", shown) == 0;
    if (!may_be_relayed && !has_length_of_question(asked, STREAM_LEAST))
        return HEARD_NOT_MINE;
    if (!s.failed && is_answer(answer) && answered >= ANSWER_LEAST)
        return say_answer("TCP", answered, out);
    return answer.length < MAGIC ? HEARD_PERHAPS : HEARD_NOT_MINE;
}

const struct recogniser sight_dnscrypt_tcp = {
    .name = "dnscrypt-tcp", .transport = IP_TCP, .look = look_tcp};
