/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rows - rows made by a number.
 */
#include "rows.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

uint64_t random_next(uint64_t *state)
{
    uint64_t x = (*state += UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static const char *const names[] = {"wechat.com",
                                    "short.wechat.com",
                                    "xwechat.com",
                                    "Long.WeChat.com",
                                    "a\\.wechat.com",
                                    "kaspersky.com",
                                    "dl.kaspersky.com",
                                    "tiktok.com",
                                    "x.y.tiktok.com.",
                                    "wechat.com-not",
                                    "com",
                                    ""};
static const char *const words[WORD_COUNT][5] = {
    [WORD_APP] = {"WeChat", "Kaspersky", "TikTok", "Encrypted DNS", ""},
    [WORD_LIST] = {"wechat", "kaspersky", "tiktok", "encrypted-dns", ""},
    [WORD_RULE] = {"wechat:14", "kaspersky:3", "tiktok:9", "encrypted-dns:36", ""},
    [WORD_ACTION] = {"dns-sinkhole", "flow-drop", "dns-nxdomain", "flow-observe", ""},
    [WORD_WAY] = {"dns", "tls", "quic", "mmtls", "unknown"},
    [WORD_EVIDENCE] = {"installed", "visited", "bypass", "context", ""},
    [WORD_GROUP] = {"mobile", "office", "mobile", "office", ""},
    [WORD_GATEWAY] = {"gw-01", "gw-02", "gw-03", "gw-04", "gw-05"},
    [WORD_PROGRAM] = {"dnsd", "inspectd", "dnsd", "inspectd", "dnsd"},
};

static struct span keep(char *place, const char *text)
{
    snprintf(place, MADE_TEXT, "%s", text);
    return span_of(place, strlen(place));
}

static void make_texts(struct made_row *out, uint64_t *state)
{
    struct row *row = &out->row;
    char text[MADE_TEXT];

    for (size_t i = 0; i < WORD_COUNT; i++)
        row->word[i] = keep(out->text[i], words[i][random_next(state) % 5]);
    row->name = keep(out->text[WORD_COUNT], names[random_next(state) % COUNT_OF(names)]);
    snprintf(text, sizeof text, "reason %u", (unsigned)(random_next(state) % 3));
    row->reason = keep(out->text[WORD_COUNT + 1], text);
    row->authority = keep(out->text[WORD_COUNT + 2], random_next(state) % 2 ? "Treasury" : "");
    row->ticket = keep(out->text[WORD_COUNT + 3], random_next(state) % 2 ? "SEC-1" : "SEC-2");
    snprintf(text, sizeof text, "list.yaml:%u", (unsigned)(random_next(state) % 40));
    row->rule_source = keep(out->text[WORD_COUNT + 4], text);
    row->mac = keep(out->text[WORD_COUNT + 5], random_next(state) % 9 ? "" : "02:42:0a:14:02:03");
    row->interface = keep(out->text[WORD_COUNT + 6], random_next(state) % 2 ? "eth0" : "");
}

static void make_address(struct address *out, uint64_t number)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 20};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8};
    memcpy(out->bytes, number % 4 == 0 ? six : mapped, 16);
    out->bytes[14] = (uint8_t)(number % 7);
    out->bytes[15] = (uint8_t)(number % 50);
}

void row_make(struct made_row *out, uint32_t source, uint64_t sequence, uint64_t seed,
              clock_us begin, clock_us span_us)
{
    uint64_t state = seed ^ sequence * UINT64_C(0x2545f4914f6cdd1d) ^ (uint64_t)source << 40;
    struct row *row = &out->row;

    *row = (struct row){.source = source, .sequence = sequence};
    row->at = begin + random_next(&state) % span_us;
    if (random_next(&state) % 3 == 0)
        row->at -= row->at % 1000000; /* times that meet */
    make_texts(out, &state);
    row->device = random_next(&state) % 5 * 7;
    row->kind = (uint8_t)(random_next(&state) % 10 == 0 ? ROW_NOTICE : ROW_TRAFFIC);
    row->way = (uint8_t)(random_next(&state) % WAY_COUNT);
    row->evidence = (uint8_t)(random_next(&state) % EVIDENCE_COUNT);
    row->severity = (uint8_t)(random_next(&state) % 8);
    row->stopped = random_next(&state) % 3 != 0;
    row->allowed = random_next(&state) % 9 == 0;
    row->unresolved = random_next(&state) % 7 == 0;
    row->has_client = random_next(&state) % 8 != 0;
    row->has_server = random_next(&state) % 3 != 0;
    if (row->has_client)
        make_address(&row->client, random_next(&state) % 200);
    if (row->has_server)
        make_address(&row->server, random_next(&state) % 90);
    row->client_port = (uint16_t)random_next(&state);
    row->server_port = 53;
    row->lost = random_next(&state) % 50 == 0 ? random_next(&state) >> 1 : 0;
    row->count = random_next(&state) % 4;
    row->duration_ns = random_next(&state) % 1000000;
    snprintf(out->raw, sizeof out->raw, "{\"source\":%u,\"sequence\":%llu,\"x\":\"%*d\"}", source,
             (unsigned long long)sequence, (int)(random_next(&state) % 300), 7);
    row->raw = span_text(out->raw);
}

void row_number(struct made_row *out, uint64_t number)
{
    enum { SOURCES = 3, SEED = 17 };
    row_make(out, 1 + (uint32_t)(number % SOURCES), 1 + number / SOURCES, SEED, TEST_BEGIN,
             TEST_SPAN);
}

void row_settle(struct made_row *made)
{
    struct row *row = &made->row;
    for (size_t i = 0; i < WORD_COUNT; i++)
        row->word[i].at = (const uint8_t *)made->text[i];
    struct span *const rest[] = {&row->name,        &row->reason, &row->authority, &row->ticket,
                                 &row->rule_source, &row->mac,    &row->interface};
    for (size_t i = 0; i < COUNT_OF(rest); i++)
        rest[i]->at = (const uint8_t *)made->text[WORD_COUNT + i];
    row->raw.at = (const uint8_t *)made->raw;
}

struct made_row *rows_make(size_t count, clock_us span)
{
    struct made_row *rows = calloc(count, sizeof *rows);
    if (rows == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        row_make(&rows[i], 1, i + 1, 99, TEST_BEGIN + span / count * i, span / count);
        row_settle(&rows[i]);
    }
    return rows;
}

enum status rows_put(struct store *store, const struct made_row *rows, size_t count)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = store_put(store, &rows[i].row);
    return status;
}

static bool text_is_below(struct span name, const char *zone)
{
    char text[MADE_TEXT];
    snprintf(text, sizeof text, "%.*s", (int)name.length, (const char *)name.at);
    size_t length = strlen(text), below = strlen(zone);
    if (length > 0 && text[length - 1] == '.')
        text[--length] = 0;
    if (below > length || strcasecmp(text + length - below, zone) != 0)
        return false;
    if (below == length)
        return true;
    return text[length - below - 1] == '.' &&
           (length - below < 2 || text[length - below - 2] != '\\');
}

bool row_is_wanted(const struct row *row, const struct store_filter *filter)
{
    if (row->at < filter->from || (filter->until != 0 && row->at >= filter->until))
        return false;
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (filter->word[i] != NULL && !span_equal(row->word[i], span_text(filter->word[i])))
            return false;
    if (filter->has_client && (!row->has_client || !prefix_holds(&filter->client, &row->client)))
        return false;
    if (filter->name != NULL && !text_is_below(row->name, filter->name))
        return false;
    return (filter->device == 0 || row->device == filter->device) &&
           (!filter->has_stopped || row->stopped == filter->stopped) &&
           (!filter->traffic_only || row->kind == ROW_TRAFFIC) &&
           row->severity >= filter->least_severity;
}

bool row_is_same(const struct row *a, const struct row *b, bool with_raw)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (!span_equal(a->word[i], b->word[i]))
            return false;
    return a->at == b->at && a->sequence == b->sequence && a->source == b->source &&
           a->device == b->device && a->kind == b->kind && a->way == b->way &&
           a->evidence == b->evidence && a->severity == b->severity && a->stopped == b->stopped &&
           a->allowed == b->allowed && a->unresolved == b->unresolved &&
           a->has_client == b->has_client && a->has_server == b->has_server &&
           (!a->has_client || address_equal(&a->client, &b->client)) &&
           (!a->has_server || address_equal(&a->server, &b->server)) &&
           a->client_port == b->client_port && a->server_port == b->server_port &&
           a->lost == b->lost && a->sampled == b->sampled && a->count == b->count &&
           a->duration_ns == b->duration_ns && span_equal(a->name, b->name) &&
           span_equal(a->reason, b->reason) && span_equal(a->authority, b->authority) &&
           span_equal(a->ticket, b->ticket) && span_equal(a->rule_source, b->rule_source) &&
           span_equal(a->mac, b->mac) && span_equal(a->interface, b->interface) &&
           (!with_raw || span_equal(a->raw, b->raw));
}

int row_order(const struct row *a, const struct row *b)
{
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

void filter_make(struct store_filter *out, uint64_t seed, clock_us begin, clock_us span_us)
{
    static const char *const zones[] = {"wechat.com", "WECHAT.com", "tiktok.com", "com", "none.at"};
    static const unsigned bits[] = {128, 120, 112, 104, 96, 32, 0};
    uint64_t state = seed;

    *out = (struct store_filter){0};
    if (random_next(&state) % 2 == 0)
        out->from = begin + random_next(&state) % span_us;
    if (random_next(&state) % 2 == 0)
        out->until = begin + random_next(&state) % span_us;
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (random_next(&state) % 8 == 0)
            out->word[i] =
                random_next(&state) % 20 == 0 ? "nothing" : words[i][random_next(&state) % 5];
    if (random_next(&state) % 4 == 0) {
        out->has_client = true;
        make_address(&out->client.base, random_next(&state) % 200);
        out->client.bits = (uint8_t)bits[random_next(&state) % COUNT_OF(bits)];
        out->client.base = address_mask(&out->client.base, out->client.bits);
    }
    if (random_next(&state) % 4 == 0)
        out->name = zones[random_next(&state) % COUNT_OF(zones)];
    if (random_next(&state) % 5 == 0)
        out->device = random_next(&state) % 5 * 7;
    out->has_stopped = random_next(&state) % 4 == 0;
    out->stopped = random_next(&state) % 2 == 0;
    out->traffic_only = random_next(&state) % 3 == 0;
    out->least_severity = random_next(&state) % 3 == 0 ? (uint8_t)(random_next(&state) % 8) : 0;
}

void folder_make(struct config_store *options)
{
    *options = (struct config_store){.choice = STORE_SQLITE, .keep_days = 0};
    snprintf(options->folder, sizeof options->folder, "/tmp/test_store_XXXXXX");
    if (mkdtemp(options->folder) == NULL)
        abort();
}

void folder_remove(const struct config_store *options)
{
    char path[CONFIG_PATH_SIZE + 300];
    DIR *directory = opendir(options->folder);
    const struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", options->folder, entry->d_name);
        unlink(path);
    }
    if (directory != NULL)
        closedir(directory);
    rmdir(options->folder);
}

struct store *store_opened(const struct config_store *options, bool writes)
{
    char why[STORE_WHY_SIZE];
    struct store *store = NULL;
    if (store_open(options, writes, why, &store) != STATUS_OK) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
    return store;
}
