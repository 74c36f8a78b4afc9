/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * edns - the OPT record, read and written (RFC 6891 6.1).
 */
#include "dns/edns.h"

enum { OPT_FIXED = 11, OPTION_HEADER = 4, FLAG_DO = 0x8000, COOKIE_LEAST = 16 };

static void cookie_read(struct span data, struct edns *out)
{
    bool sound = data.length == COOKIE_CLIENT_SIZE ||
                 (data.length >= COOKIE_LEAST && data.length <= COOKIE_MOST);
    out->broken_cookie |= !sound;
    if (!sound || out->cookie_length > 0) /* the first one counts */
        return;
    memcpy(out->cookie, data.at, data.length);
    out->cookie_length = (uint8_t)data.length;
}

static void option_read(uint16_t code, struct span data, struct edns *out)
{
    switch (code) {
    case EDNS_OPTION_NSID:
        out->wants_nsid = true;
        break;
    case EDNS_OPTION_COOKIE:
        cookie_read(data, out);
        break;
    case EDNS_OPTION_KEEPALIVE:
        out->has_keepalive = true;
        break;
    case EDNS_OPTION_PADDING:
        out->has_padding = true;
        break;
    case EDNS_OPTION_EDE:
        if (out->ede == EDE_NONE && data.length >= 2)
            out->ede = load_u16(data.at);
        break;
    default:
        break;
    }
}

enum status edns_read(struct cursor *record, struct edns *out)
{
    *out = (struct edns){.present = true, .ede = EDE_NONE};
    uint16_t size = read_u16(record);
    out->udp_size = size < 512 ? 512 : size;
    out->extended_rcode = read_u8(record);
    out->version = read_u8(record);
    out->wants_dnssec = read_u16(record) & FLAG_DO;
    struct cursor options = read_block16(record);
    while (cursor_more(&options)) {
        uint16_t code = read_u16(&options);
        struct span data = read_span(&options, read_u16(&options));
        if (!options.failed)
            option_read(code, data, out);
    }
    return options.failed ? STATUS_MALFORMED : STATUS_OK;
}

/* `code` with room for `length` bytes, or NULL, and nothing written, when it does not fit. */
static uint8_t *option_place(struct writer *w, uint16_t code, size_t length)
{
    if (writer_room(w) < OPTION_HEADER + length)
        return NULL;
    write_u16(w, code);
    write_u16(w, (uint16_t)length);
    return write_place(w, length);
}

static void option_write(struct writer *w, uint16_t code, struct span data)
{
    uint8_t *place = data.length > 0 ? option_place(w, code, data.length) : NULL;
    if (place != NULL)
        memcpy(place, data.at, data.length);
}

/* `text` cut to at most EDE_TEXT_MOST bytes, never inside a character. */
static struct span ede_text_cut(struct span text)
{
    if (text.length <= EDE_TEXT_MOST)
        return text;
    text.length = EDE_TEXT_MOST;
    while (text.length > 0 && (text.at[text.length] & 0xc0) == 0x80)
        text.length--;
    return text;
}

static void ede_write(struct writer *w, uint16_t ede, struct span text)
{
    text = ede_text_cut(text);
    uint8_t *place = option_place(w, EDNS_OPTION_EDE, 2 + text.length);
    if (place == NULL) {
        text.length = 0;
        place = option_place(w, EDNS_OPTION_EDE, 2);
    }
    if (place == NULL)
        return;
    store_u16(place, ede);
    if (text.length > 0)
        memcpy(place + 2, text.at, text.length);
}

/* Up to the next multiple of `block`, or as far as there is room. */
static void padding_write(struct writer *w, size_t block)
{
    size_t length = writer_length(w) + OPTION_HEADER;
    size_t missing = (block - length % block) % block;
    size_t room = writer_room(w);
    if (room < OPTION_HEADER)
        return;
    if (missing > room - OPTION_HEADER)
        missing = room - OPTION_HEADER;
    uint8_t *place = option_place(w, EDNS_OPTION_PADDING, missing);
    if (place != NULL)
        memset(place, 0, missing);
}

bool edns_write(struct writer *w, const struct edns_reply *reply)
{
    uint8_t *fixed = writer_room(w) >= OPT_FIXED ? write_place(w, OPT_FIXED) : NULL;
    if (fixed == NULL)
        return false;
    fixed[0] = 0;
    store_u16(fixed + 1, TYPE_OPT);
    store_u16(fixed + 3, EDNS_UDP_SIZE);
    fixed[5] = (uint8_t)(reply->rcode >> 4);
    fixed[6] = 0;
    store_u16(fixed + 7, reply->dnssec_ok ? FLAG_DO : 0);
    option_write(w, EDNS_OPTION_COOKIE, reply->cookie);
    if (reply->keepalive > 0) {
        uint8_t timeout[2];
        store_u16(timeout, reply->keepalive);
        option_write(w, EDNS_OPTION_KEEPALIVE, span_of(timeout, sizeof timeout));
    }
    option_write(w, EDNS_OPTION_NSID, reply->nsid);
    if (reply->ede != EDE_NONE)
        ede_write(w, reply->ede, reply->ede_text);
    if (reply->pad_to > 0)
        padding_write(w, reply->pad_to);
    store_u16(fixed + 9, (uint16_t)(w->at - fixed - OPT_FIXED));
    return true;
}
