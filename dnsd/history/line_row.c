/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line_row - which field of a line fills which member of a row.
 */
#include "history/line_row.h"

#include "events/chain.h"
#include "events/fields.h"
#include "events/line.h"
#include "events/reader.h"

#include <stdlib.h>

enum row_field {
    AT_TIME,
    AT_TYPE,
    AT_ACTION,
    AT_REASON,
    AT_SEVERITY,
    AT_DATASET,
    AT_SEQUENCE,
    AT_DURATION,
    AT_GATEWAY,
    AT_PROGRAM,
    AT_CLIENT,
    AT_CLIENT_PORT,
    AT_MAC,
    AT_SERVER,
    AT_SERVER_PORT,
    AT_DOMAIN,
    AT_PROTOCOL,
    AT_APPLICATION,
    AT_NAME,
    AT_RULE,
    AT_RULE_NAME,
    AT_LIST,
    AT_SEEN,
    AT_GROUP,
    AT_APP,
    AT_EVIDENCE,
    AT_AUTHORITY,
    AT_TICKET,
    AT_SOURCE,
    AT_RESOLVED,
    AT_INTERFACE,
    AT_LOST,
    AT_SAMPLED,
    AT_NUMBER,
    AT_CHAIN,
    AT_COUNT
};

static const char *const paths[AT_COUNT] = {
    [AT_TIME] = "@timestamp",
    [AT_TYPE] = "event.type",
    [AT_ACTION] = "event.action",
    [AT_REASON] = "event.reason",
    [AT_SEVERITY] = "event.severity",
    [AT_DATASET] = "event.dataset",
    [AT_SEQUENCE] = "event.sequence",
    [AT_DURATION] = "event.duration",
    [AT_GATEWAY] = "observer.name",
    [AT_PROGRAM] = "observer.product",
    [AT_CLIENT] = "source.ip",
    [AT_CLIENT_PORT] = "source.port",
    [AT_MAC] = "source.mac",
    [AT_SERVER] = "destination.ip",
    [AT_SERVER_PORT] = "destination.port",
    [AT_DOMAIN] = "destination.domain",
    [AT_PROTOCOL] = "network.protocol",
    [AT_APPLICATION] = "network.application",
    [AT_NAME] = "dns.question.name",
    [AT_RULE] = "rule.id",
    [AT_RULE_NAME] = "rule.name",
    [AT_LIST] = "rule.ruleset",
    [AT_SEEN] = "ponor.seen",
    [AT_GROUP] = "ponor.group",
    [AT_APP] = "ponor.app",
    [AT_EVIDENCE] = "ponor.evidence",
    [AT_AUTHORITY] = "ponor.authority",
    [AT_TICKET] = "ponor.ticket",
    [AT_SOURCE] = "ponor.source",
    [AT_RESOLVED] = "ponor.resolved_by_us",
    [AT_INTERFACE] = "ponor.interface",
    [AT_LOST] = "ponor.lost",
    [AT_SAMPLED] = "ponor.sampled",
    [AT_NUMBER] = "ponor.count",
    [AT_CHAIN] = "ponor.chain",
};

struct row_reader {
    struct fields_wanted *wanted;
    struct field field[AT_COUNT];
    uint8_t room[LINE_MOST];
};

struct row_reader *row_reader_new(void)
{
    struct row_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    reader->wanted = fields_wanted_new(paths, AT_COUNT);
    if (reader->wanted == NULL) {
        free(reader);
        return NULL;
    }
    return reader;
}

void row_reader_free(struct row_reader *reader)
{
    if (reader == NULL)
        return;
    fields_wanted_free(reader->wanted);
    free(reader);
}

static struct span text_of(const struct row_reader *reader, enum row_field field)
{
    return reader->field[field].kind == FIELD_TEXT ? reader->field[field].text : span_of("", 0);
}

/* What a database holds as a number: 63 bits. */
static uint64_t number_of(const struct row_reader *reader, enum row_field field)
{
    uint64_t number = reader->field[field].number;
    return number <= INT64_MAX ? number : 0;
}

static uint16_t port_of(const struct row_reader *reader, enum row_field field)
{
    uint64_t number = reader->field[field].number;
    return number <= UINT16_MAX ? (uint16_t)number : 0;
}

/* By hand for "10.20.2.3", which nearly all are. */
static bool ipv4_read(struct span text, struct address *out)
{
    const uint8_t *at = text.at, *end = at + text.length;
    uint8_t bytes[4];

    for (size_t i = 0; i < sizeof bytes; i++) {
        const uint8_t *start = at;
        unsigned value = 0;
        for (; at < end && at - start < 3 && *at >= '0' && *at <= '9'; at++)
            value = value * 10 + (unsigned)(*at - '0');
        if (at == start || value > UINT8_MAX || (*start == '0' && at - start > 1))
            return false;
        bytes[i] = (uint8_t)value;
        if (i + 1 < sizeof bytes && (at == end || *at++ != '.'))
            return false;
    }
    return at == end && address_from_bytes(span_of(bytes, sizeof bytes), out);
}

static bool address_of(struct span text, struct address *out)
{
    char copy[ADDRESS_TEXT_SIZE];
    if (text.length == 0 || text.length >= sizeof copy)
        return false;
    if (ipv4_read(text, out))
        return true;
    memcpy(copy, text.at, text.length);
    copy[text.length] = 0;
    return strlen(copy) == text.length && address_parse(copy, out) == STATUS_OK;
}

static bool is(struct span text, const char *word)
{
    return span_equal(text, span_text(word));
}

/* Whether the list of texts has this word, which is given with its quotes. */
static bool type_has(const struct field *type, const char *quoted)
{
    return type->kind == FIELD_LIST &&
           memmem(type->text.at, type->text.length, quoted, strlen(quoted)) != NULL;
}

static uint8_t evidence_of(struct span text)
{
    for (uint8_t i = 0; text.length > 0 && i < EVIDENCE_COUNT; i++)
        if (is(text, evidence_words[i]))
            return i;
    return EVIDENCE_NONE;
}

static bool kind_read(struct span dataset, uint8_t *out)
{
    static const struct {
        const char *word;
        enum row_kind kind;
    } kinds[] = {{"ponor.dns", ROW_TRAFFIC},
                 {"ponor.wire", ROW_TRAFFIC},
                 {"ponor.notice", ROW_NOTICE},
                 {"ponor.health", ROW_HEALTH}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (is(dataset, kinds[i].word)) {
            *out = (uint8_t)kinds[i].kind;
            return true;
        }
    }
    return false;
}

static void words_fill(const struct row_reader *reader, struct row *out)
{
    out->word[WORD_LIST] = text_of(reader, AT_LIST);
    out->word[WORD_APP] = text_of(reader, AT_APP);
    if (out->word[WORD_APP].length == 0)
        out->word[WORD_APP] = out->word[WORD_LIST];
    out->word[WORD_RULE] = text_of(reader, AT_RULE);
    out->word[WORD_ACTION] = text_of(reader, AT_ACTION);
    out->word[WORD_EVIDENCE] = text_of(reader, AT_EVIDENCE);
    out->word[WORD_GROUP] = text_of(reader, AT_GROUP);
    out->word[WORD_GATEWAY] = text_of(reader, AT_GATEWAY);
    out->word[WORD_PROGRAM] = text_of(reader, AT_PROGRAM);
    out->word[WORD_WAY] = span_of("", 0);
    if (out->kind != ROW_TRAFFIC)
        return;
    const struct way_texts said = {.dataset = text_of(reader, AT_DATASET),
                                   .seen = text_of(reader, AT_SEEN),
                                   .protocol = text_of(reader, AT_PROTOCOL),
                                   .application = text_of(reader, AT_APPLICATION),
                                   .rule_name = text_of(reader, AT_RULE_NAME)};
    out->way = (uint8_t)way_of(&said);
    out->word[WORD_WAY] = span_text(way_words[out->way]);
}

static void ends_fill(const struct row_reader *reader, struct row *out)
{
    out->has_client = address_of(text_of(reader, AT_CLIENT), &out->client);
    out->has_server = address_of(text_of(reader, AT_SERVER), &out->server);
    out->client_port = port_of(reader, AT_CLIENT_PORT);
    out->server_port = port_of(reader, AT_SERVER_PORT);
    out->mac = text_of(reader, AT_MAC);
    out->name = text_of(reader, AT_NAME);
    if (out->name.length == 0)
        out->name = text_of(reader, AT_DOMAIN);
}

enum status row_read(struct row_reader *reader, struct span line, struct row *out,
                     struct span *chain)
{
    const struct field *field = reader->field;
    bool twice;

    *out = (struct row){.raw = line};
    *chain = span_of("", 0);
    if (line.length > sizeof reader->room ||
        fields_read(reader->wanted, line, reader->room, reader->field, &twice) != STATUS_OK ||
        twice || !reader_stamp(text_of(reader, AT_TIME), &out->at) ||
        !kind_read(text_of(reader, AT_DATASET), &out->kind))
        return STATUS_MALFORMED;
    out->sequence = number_of(reader, AT_SEQUENCE);
    if (out->sequence == 0)
        return STATUS_MALFORMED;
    if (text_of(reader, AT_CHAIN).length == CHAIN_HEX)
        *chain = text_of(reader, AT_CHAIN);
    words_fill(reader, out);
    ends_fill(reader, out);
    out->evidence = evidence_of(out->word[WORD_EVIDENCE]);
    out->severity = field[AT_SEVERITY].number <= UINT8_MAX ? (uint8_t)field[AT_SEVERITY].number : 0;
    out->stopped = type_has(&field[AT_TYPE], "\"denied\"");
    out->allowed = type_has(&field[AT_TYPE], "\"allowed\"");
    out->unresolved = field[AT_RESOLVED].kind == FIELD_FALSE;
    out->lost = number_of(reader, AT_LOST);
    out->sampled = number_of(reader, AT_SAMPLED);
    out->count = number_of(reader, AT_NUMBER);
    out->duration_ns = number_of(reader, AT_DURATION);
    out->reason = text_of(reader, AT_REASON);
    out->authority = text_of(reader, AT_AUTHORITY);
    out->ticket = text_of(reader, AT_TICKET);
    out->rule_source = text_of(reader, AT_SOURCE);
    out->interface = text_of(reader, AT_INTERFACE);
    return STATUS_OK;
}
