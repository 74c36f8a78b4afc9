/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chain - hexadecimal, and the head file: {"sequence":N,"hash":"H"} padded to one length.
 */
#include "events/chain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void chain_hex_write(struct writer *w, const uint8_t hash[CHAIN_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *out = write_place(w, CHAIN_HEX);
    for (size_t i = 0; out != NULL && i < CHAIN_SIZE; i++) {
        *out++ = (uint8_t)digits[hash[i] >> 4];
        *out++ = (uint8_t)digits[hash[i] & 15];
    }
}

static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool chain_hex_read(struct span text, uint8_t out[CHAIN_SIZE])
{
    if (text.length != CHAIN_HEX)
        return false;
    for (size_t i = 0; i < CHAIN_SIZE; i++) {
        int high = digit_value(text.at[2 * i]), low = digit_value(text.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

enum status chain_head_read(int folder, struct chain *out)
{
    static const char before_number[] = "{\"sequence\":", before_hash[] = ",\"hash\":\"";
    char text[HEAD_MOST + 1], *at;
    int fd = openat(folder, CHAIN_HEAD_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return STATUS_NOT_FOUND;
    ssize_t length = read(fd, text, HEAD_MOST);
    close(fd);
    if (length <= 0)
        return STATUS_CORRUPT;
    text[length] = 0;
    if (strncmp(text, before_number, sizeof before_number - 1) != 0)
        return STATUS_CORRUPT;
    out->sequence = strtoull(text + sizeof before_number - 1, &at, 10);
    if (strncmp(at, before_hash, sizeof before_hash - 1) != 0)
        return STATUS_CORRUPT;
    at += sizeof before_hash - 1;
    bool is_whole = strcspn(at, "\"") == CHAIN_HEX && strcmp(at + CHAIN_HEX, "\"}\n") == 0;
    return is_whole && chain_hex_read(span_of(at, CHAIN_HEX), out->hash) ? STATUS_OK
                                                                         : STATUS_CORRUPT;
}

enum status chain_head_write(int head, const struct chain *chain)
{
    char hex[CHAIN_HEX + 1] = "", text[HEAD_MOST];
    struct writer w = writer_over(hex, CHAIN_HEX);
    chain_hex_write(&w, chain->hash);
    int length = snprintf(text, sizeof text, "{\"sequence\":%20" PRIu64 ",\"hash\":\"%s\"}\n",
                          chain->sequence, hex);
    return pwrite(head, text, (size_t)length, 0) == length ? STATUS_OK : STATUS_SYSTEM;
}

enum status chain_head_open(int folder, int *out)
{
    *out = openat(folder, CHAIN_HEAD_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    return *out >= 0 ? STATUS_OK : STATUS_SYSTEM;
}
