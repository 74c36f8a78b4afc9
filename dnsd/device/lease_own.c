/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lease_own - what we learned ourselves: from, until, how, address, MAC, host name.
 *
 * Times are microseconds since 1970; until 0 is without an end. How: a word of device_known_words;
 * behind a `=` in a file that was written anew, where `=none` says that nobody held it from then
 * on.
 * `-` stands for a MAC that is not known. The host name is the rest of the line.
 */
#include "device/text.h"

#include <stdio.h>

static const char NONE[] = "none";

void lease_write(struct writer *w, const struct lease *lease, enum device_known known)
{
    char text[96], address[ADDRESS_TEXT_SIZE], mac[MAC_TEXT_SIZE] = "-";
    const char *how = lease->is_none ? NONE : device_known_words[known];
    if (lease->has_mac)
        mac_text(lease->mac, mac);
    snprintf(text, sizeof text, "%llu %llu %s%s ", (unsigned long long)lease->from,
             (unsigned long long)lease->until, lease->is_kept ? "=" : "", how);
    write_text(w, text);
    write_text(w, address_text(&lease->address, address));
    write_u8(w, ' ');
    write_text(w, mac);
    write_u8(w, ' ');
    write_bytes(w, lease->host, strnlen(lease->host, sizeof lease->host));
    write_u8(w, '\n');
}

static bool read_known(struct span word, struct lease *lease)
{
    lease->is_kept = word.length > 0 && word.at[0] == '=';
    if (lease->is_kept)
        word = span_behind(word, 1);
    lease->is_none = lease->is_kept && text_is(word, NONE);
    lease->known = DEVICE_UNKNOWN;
    while (device_known_words[lease->known] != NULL &&
           !text_is(word, device_known_words[lease->known]))
        lease->known++;
    if (lease->is_none)
        lease->known = DEVICE_LEASE;
    return device_known_words[lease->known] != NULL;
}

static bool read_words(struct span line, struct lease *lease)
{
    struct span from, until, known, address, mac, host;
    if (!text_cut(&line, ' ', &from) || !text_cut(&line, ' ', &until) ||
        !text_cut(&line, ' ', &known) || !text_cut(&line, ' ', &address) ||
        !text_cut(&line, ' ', &mac))
        return false;
    host = line;
    lease->has_mac = text_mac(mac, lease->mac);
    text_host(host, lease->host);
    return read_known(known, lease) && text_number(from, &lease->from) &&
           text_number(until, &lease->until) && text_address(address, &lease->address) &&
           (lease->has_mac || text_is(mac, "-"));
}

static void own_read(struct span text, clock_us now,
                     void (*on)(void *owner, const struct lease *lease), void *owner,
                     struct leases_read *out)
{
    struct lines lines = {.rest = text};
    struct span line;
    *out = (struct leases_read){0};
    while (text_line(&lines, &line)) {
        struct lease lease = {0};
        if (!read_words(line, &lease)) {
            leases_bad(out, lines.number,
                       "a lease is: from, until, how it is known, address, MAC, host name");
            continue;
        }
        out->leases++;
        on(owner, &lease);
    }
}

const struct lease_format lease_own = {"own", own_read};
