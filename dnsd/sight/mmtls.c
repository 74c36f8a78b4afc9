/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mmtls - WeChat's own transport, on any TCP port.
 *
 * Its records look like those of TLS with f1 in the second byte, where TLS has 03: type, f1, 03 or
 * 04, length, bytes. Seen on a public capture of the app.
 */
#include "base/writer.h"
#include "sight/sight.h"

enum {
    ALERT = 0x15,
    HANDSHAKE = 0x16,
    DATA = 0x17,
    EARLY = 0x19, /* a hello with data behind it */
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    HELLO_BYTES = 12, /* decide */
    RECORD_MOST = 16384 + 2048
};

/* As far as the bytes go: type, version and, from the fifth byte on, a length. */
static bool record_begins(struct span s)
{
    bool type = s.length < 1 || (s.at[0] >= ALERT && s.at[0] <= EARLY && s.at[0] != 0x18);
    return type && (s.length < 2 || s.at[1] == 0xf1) &&
           (s.length < 3 || s.at[2] == 3 || s.at[2] == 4);
}

/* type f1 03|04 L=be16, be32 = L - 4, kind, 03|04 f1 */
static enum status hello_check(struct span s, uint8_t kind)
{
    if (!record_begins(s) || (s.length > 0 && s.at[0] != HANDSHAKE && s.at[0] != EARLY) ||
        (s.length >= 9 && load_u32(s.at + 5) + 4 != load_u16(s.at + 3)) ||
        (s.length >= 10 && s.at[9] != kind) || (s.length >= 11 && s.at[10] != 3 && s.at[10] != 4) ||
        (s.length >= 12 && s.at[11] != 0xf1))
        return STATUS_MALFORMED;
    return s.length < HELLO_BYTES ? STATUS_AGAIN : STATUS_OK;
}

enum status sight_mmtls_hello(struct span bytes)
{
    return hello_check(bytes, CLIENT_HELLO);
}

/* The server's alert: 15 f1 03|04 00 07 00 00 00 03 and three bytes. */
static bool is_alert(struct span s)
{
    return record_begins(s) && s.length >= 9 && s.at[0] == ALERT && load_u16(s.at + 3) == 7 &&
           load_u32(s.at + 5) == 3;
}

static const char *server_says(struct span s)
{
    return hello_check(s, SERVER_HELLO) == STATUS_OK ? ", answered by its server hello"
           : is_alert(s)                             ? ", answered by its alert"
                                                     : "";
}

/* How many whole records stand from the beginning, up to two; -1: it is no chain. */
static int records_count(struct span s)
{
    struct cursor c = cursor_of(s);
    for (int count = 0; count < 2; count++) {
        struct span rest = span_of(c.at, cursor_left(&c));
        if (!record_begins(rest) || (count == 0 && rest.length > 0 && rest.at[0] != DATA))
            return -1;
        read_skip(&c, 3);
        uint16_t length = read_u16(&c);
        if (!c.failed && (length == 0 || length > RECORD_MOST))
            return -1;
        read_skip(&c, length);
        if (c.failed)
            return count;
    }
    return 2;
}

/* A flow whose hello was missed: two records in a row, or one and the knowledge that it was. */
static enum heard look_between(const struct talk *talk, enum side side, struct sightings *out)
{
    struct span said = talk->said[side];
    int count = records_count(said);
    if (count < 0)
        return HEARD_NOT_MINE;
    if (count < (talk->midstream ? 1 : 2))
        return talk->complete[side] ? HEARD_NOT_MINE : HEARD_PERHAPS;
    struct sighting *sighting = sight_add(out, SPOKEN_MMTLS, SEEN_PACKET);
    sighting->protocol = PROTOCOL_MMTLS;
    sighting->why = WHY_MIDSTREAM;
    sight_evidence(sighting, "mmtls records, midstream: %02x%02x%02x, %s", said.at[0], said.at[1],
                   said.at[2], count == 1 ? "one whole" : "two in a row");
    return HEARD_DONE;
}

static enum heard look(const struct talk *talk, struct sightings *out)
{
    struct span client = talk->said[CLIENT];
    enum status status = sight_mmtls_hello(client);
    if (status == STATUS_OK) {
        struct sighting *sighting = sight_add(out, SPOKEN_MMTLS, SEEN_PACKET);
        sighting->protocol = PROTOCOL_MMTLS;
        sighting->why = WHY_NOT_SAID;
        sight_evidence(sighting, "mmtls hello %02x%02x%02x%04x%08x%02x%02x%02x%s", client.at[0],
                       client.at[1], client.at[2], load_u16(client.at + 3), load_u32(client.at + 5),
                       client.at[9], client.at[10], client.at[11], server_says(talk->said[SERVER]));
        return HEARD_DONE;
    }
    if (status == STATUS_AGAIN && talk->complete[CLIENT] && client.length > 0)
        return HEARD_NOT_MINE;
    enum heard heard = look_between(talk, CLIENT, out);
    if (heard == HEARD_DONE)
        return heard;
    enum heard answer = talk->midstream ? look_between(talk, SERVER, out) : HEARD_NOT_MINE;
    if (answer == HEARD_DONE)
        return answer;
    if (status == STATUS_AGAIN && !talk->midstream)
        out->want = HELLO_BYTES;
    return status == STATUS_AGAIN || heard == HEARD_PERHAPS || answer == HEARD_PERHAPS
               ? HEARD_PERHAPS
               : HEARD_NOT_MINE;
}

const struct recogniser sight_mmtls = {.name = "mmtls", .transport = IP_TCP, .look = look};
