/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ja4 - FoxIO's "JA4: TLS Client Fingerprinting": what is offered, counted, sorted and hashed.
 */
#include "wire/ja4.h"

#include "base/writer.h"

#include <openssl/evp.h>

enum { LIST_MOST = HELLO_MOST / 2, HASH_CHARACTERS = 12, SHA256_BYTES = 32 };
enum { SERVER_NAME = 0, SIGNATURE_ALGORITHMS = 13, ALPN = 16 };

static const char digits[] = "0123456789abcdef";

/* Numbers of a hello. */
struct list {
    uint16_t values[LIST_MOST];
    size_t count;
};

/* GREASE is left out everywhere. */
static void list_add(struct list *list, uint16_t value)
{
    if (!hello_is_grease(value) && list->count < LIST_MOST)
        list->values[list->count++] = value;
}

static void list_read(struct list *list, struct cursor *c)
{
    list->count = 0;
    while (cursor_left(c) >= 2)
        list_add(list, read_u16(c));
}

/* Shell's sort: qsort() may allocate. */
static void list_sort(struct list *list)
{
    static const size_t gaps[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < COUNT_OF(gaps); g++) {
        for (size_t i = gaps[g]; i < list->count; i++) {
            uint16_t value = list->values[i];
            size_t at = i;
            for (; at >= gaps[g] && list->values[at - gaps[g]] > value; at -= gaps[g])
                list->values[at] = list->values[at - gaps[g]];
            list->values[at] = value;
        }
    }
}

static void list_write(struct writer *w, const struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        uint16_t value = list->values[i];
        char text[] = {',', digits[value >> 12], digits[value >> 8 & 15], digits[value >> 4 & 15],
                       digits[value & 15]};
        write_bytes(w, text + (i == 0), sizeof text - (i == 0));
    }
}

/* The algorithm and the context are made once and live as long as the process. */
static bool sha256(struct span bytes, uint8_t out[SHA256_BYTES])
{
    static EVP_MD *algorithm;
    static EVP_MD_CTX *context;
    if (algorithm == NULL)
        algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (context == NULL)
        context = EVP_MD_CTX_new();
    return algorithm != NULL && context != NULL &&
           EVP_DigestInit_ex2(context, algorithm, NULL) == 1 &&
           EVP_DigestUpdate(context, bytes.at, bytes.length) == 1 &&
           EVP_DigestFinal_ex(context, out, NULL) == 1;
}

/* Of nothing: zeros. */
static void hash_write(struct writer *w, struct span text)
{
    uint8_t hash[SHA256_BYTES];
    bool hashed = text.length > 0 && sha256(text, hash);
    for (size_t i = 0; i < HASH_CHARACTERS / 2; i++) {
        write_u8(w, hashed ? (uint8_t)digits[hash[i] >> 4] : '0');
        write_u8(w, hashed ? (uint8_t)digits[hash[i] & 15] : '0');
    }
}

static void count_write(struct writer *w, size_t count)
{
    size_t said = count < 99 ? count : 99;
    write_u8(w, (uint8_t)('0' + said / 10));
    write_u8(w, (uint8_t)('0' + said % 10));
}

static const char *version_text(uint16_t version)
{
    switch (version) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    case 0xfeff:
        return "d1";
    case 0xfefd:
        return "d2";
    case 0xfefc:
        return "d3";
    default:
        return "00";
    }
}

static bool is_alphanumeric(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

static void alpn_write(struct writer *w, struct span alpn)
{
    if (alpn.length == 0) {
        write_text(w, "00");
        return;
    }
    uint8_t first = alpn.at[0], last = alpn.at[alpn.length - 1];
    bool plain = is_alphanumeric(first) && is_alphanumeric(last);
    write_u8(w, plain ? first : (uint8_t)digits[first >> 4]);
    write_u8(w, plain ? last : (uint8_t)digits[last & 15]);
}

/* All extensions are counted; the name and ALPN are not hashed. */
static size_t extensions_read(struct span extensions, struct list *list, struct list *signatures)
{
    struct cursor c = cursor_of(extensions);
    size_t name_and_alpn = 0;
    list->count = signatures->count = 0;
    while (cursor_more(&c)) {
        uint16_t type = read_u16(&c);
        struct cursor content = read_block16(&c);
        if (c.failed)
            break;
        if (type == SERVER_NAME || type == ALPN) {
            name_and_alpn++;
            continue;
        }
        list_add(list, type);
        if (type == SIGNATURE_ALGORITHMS && signatures->count == 0) {
            struct cursor algorithms = read_block16(&content);
            list_read(signatures, &algorithms);
        }
    }
    return list->count + name_and_alpn;
}

void ja4_write(const struct hello *hello, char transport, char out[JA4_TEXT_SIZE])
{
    /* Too large for a stack; nothing of them outlives the call. */
    static struct list ciphers, extensions, signatures;
    static uint8_t buffer[5 * LIST_MOST * 2];
    struct writer w = writer_over(out, JA4_TEXT_SIZE);
    struct cursor c = cursor_of(hello->ciphers);
    list_read(&ciphers, &c);
    size_t extension_count = extensions_read(hello->extensions, &extensions, &signatures);

    write_u8(&w, (uint8_t)transport);
    write_text(&w, version_text(hello->version));
    write_u8(&w, hello->has_sni_extension ? 'd' : 'i');
    count_write(&w, ciphers.count);
    count_write(&w, extension_count);
    alpn_write(&w, hello->alpn);

    struct writer text = writer_over(buffer, sizeof buffer);
    list_sort(&ciphers);
    list_write(&text, &ciphers);
    write_u8(&w, '_');
    hash_write(&w, writer_span(&text));

    text = writer_over(buffer, sizeof buffer);
    list_sort(&extensions);
    list_write(&text, &extensions);
    if (extensions.count > 0 && signatures.count > 0) {
        write_u8(&text, '_');
        list_write(&text, &signatures);
    }
    write_u8(&w, '_');
    hash_write(&w, writer_span(&text));
    write_u8(&w, 0);
}
