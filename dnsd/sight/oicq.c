/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * oicq - QQ's messenger over UDP: 02, version, command, sequence, QQ number, sealed bytes,
 * 03.
 *
 * No byte of it is rare, so that all must fit: port, first and last byte, a known command, a number
 * that can be a QQ number.
 */
#include "sight/sight.h"

enum { OICQ_PORT = 8000, OICQ_FIRST = 2, OICQ_LAST = 3, HEAD_BYTES = 11, NUMBER_LEAST = 10000 };

/* What clients of the years 2006 to 2015 are known to send. */
static bool command_is_known(uint16_t command)
{
    static const uint16_t known[] = {
        0x0001, 0x0002, 0x0004, 0x0005, 0x0006, 0x0009, 0x000a, 0x000b, 0x000d, 0x0012, 0x0016,
        0x0017, 0x0018, 0x001c, 0x001d, 0x0021, 0x0022, 0x0026, 0x0027, 0x0029, 0x0030, 0x0031,
        0x003c, 0x003d, 0x003e, 0x0058, 0x005c, 0x0062, 0x0065, 0x0067, 0x0080, 0x0081, 0x0091,
        0x00b5, 0x00ba, 0x00dd, 0x00e5, 0x0825, 0x0826, 0x0828, 0x0836,
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (known[i] == command)
            return true;
    return false;
}

static enum heard look(const struct talk *talk, struct sightings *out)
{
    if (talk->server_port != OICQ_PORT)
        return HEARD_NOT_MINE;
    if (talk->from != CLIENT)
        return HEARD_PERHAPS;
    struct span said = talk->said[CLIENT];
    struct cursor c = cursor_of(said);
    uint8_t first = read_u8(&c);
    uint16_t version = read_u16(&c), command = read_u16(&c);
    read_skip(&c, 2);
    uint32_t number = read_u32(&c);
    bool fits = first == OICQ_FIRST && version >= 0x0100 && version < 0x4000 &&
                command_is_known(command) && number >= NUMBER_LEAST;
    if (c.failed || !fits || said.length == HEAD_BYTES)
        return HEARD_NOT_MINE;
    if (talk->cut) /* its last byte is not there */
        return HEARD_PERHAPS;
    if (said.at[said.length - 1] != OICQ_LAST)
        return HEARD_NOT_MINE;
    struct sighting *sighting = sight_add(out, SPOKEN_OICQ, SEEN_PACKET);
    sighting->protocol = PROTOCOL_OICQ;
    sighting->why = WHY_NOT_SAID;
    sight_evidence(sighting, "OICQ to port 8000: version %04x, command %04x", version, command);
    return HEARD_DONE;
}

const struct recogniser sight_oicq = {.name = "oicq", .transport = IP_UDP, .look = look};
