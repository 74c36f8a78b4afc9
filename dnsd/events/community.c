/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * community - https://github.com/corelight/community-id-spec, the pseudo code for TCP and UDP.
 */
#include "events/community.h"

#include "events/digest.h"

static void base64_write(struct writer *w, const uint8_t bytes[SHA1_SIZE])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t padded[21] = {0};
    uint8_t *out = write_place(w, 28);
    if (out == NULL)
        return;
    memcpy(padded, bytes, SHA1_SIZE);
    for (size_t i = 0; i < sizeof padded; i += 3, out += 4) {
        uint32_t three = (uint32_t)padded[i] << 16 | (uint32_t)padded[i + 1] << 8 | padded[i + 2];
        out[0] = (uint8_t)digits[three >> 18];
        out[1] = (uint8_t)digits[three >> 12 & 63];
        out[2] = (uint8_t)digits[three >> 6 & 63];
        out[3] = (uint8_t)digits[three & 63];
    }
    out[-1] = '=';
}

static void address_write(struct writer *w, const struct address *address)
{
    if (address_is_ipv4(address))
        write_bytes(w, address->bytes + 12, 4);
    else
        write_bytes(w, address->bytes, 16);
}

void community_write(struct writer *w, uint8_t ip_protocol, const struct address *source,
                     uint16_t source_port, const struct address *destination,
                     uint16_t destination_port)
{
    uint8_t tuple[2 + 16 + 16 + 2 + 4], sum[SHA1_SIZE];
    struct writer t = writer_over(tuple, sizeof tuple);
    int order = memcmp(source, destination, sizeof *source);
    bool swap = order > 0 || (order == 0 && source_port > destination_port);

    write_u16(&t, 0);
    address_write(&t, swap ? destination : source);
    address_write(&t, swap ? source : destination);
    write_u8(&t, ip_protocol);
    write_u8(&t, 0);
    write_u16(&t, swap ? destination_port : source_port);
    write_u16(&t, swap ? source_port : destination_port);
    digest_sha1(writer_span(&t), sum);
    write_bytes(w, "1:", 2);
    base64_write(w, sum);
}
