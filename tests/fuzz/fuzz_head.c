/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_head - what a browser's place sends: a head, its query string, its path, its body. A head
 * that was read is written again line by line, and says the same; whoever has less of it waits.
 */
#include "fuzz.h"

#include "base/writer.h"
#include "http/head.h"
#include "web/request.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void inside(struct span part, struct span whole)
{
    assert(part.length == 0 ||
           (part.at >= whole.at && part.at + part.length <= whole.at + whole.length));
}

/* What we understood, in the only form there is; whoever reads that finds the same lines. */
static void check_again(const struct head *head, struct span first)
{
    const size_t room = HEAD_MOST + 4096;
    char *text = malloc(room);
    struct writer w = writer_over(text, room);
    struct head again;
    assert(text != NULL);
    write_span(&w, first);
    write_text(&w, "\r\n");
    for (uint32_t i = 0; i < head->header_count; i++) {
        write_span(&w, head->headers[i].name);
        write_text(&w, ": ");
        write_span(&w, head->headers[i].value);
        write_text(&w, "\r\n");
    }
    write_text(&w, "\r\n");
    assert(!w.failed);
    const size_t at = writer_length(&w);
    assert(head_read(span_of(text, at), &again) == (at > HEAD_MOST ? STATUS_TOO_LONG : STATUS_OK));
    if (at <= HEAD_MOST) {
        assert(again.length == at && again.body == head->body && again.keep == head->keep);
        assert(again.method == head->method && again.header_count == head->header_count);
        assert(span_equal(again.path, head->path) && span_equal(again.query, head->query));
        for (uint32_t i = 0; i < head->header_count; i++)
            assert(span_equal(again.headers[i].value, head->headers[i].value));
    }
    free(text);
}

static void check_head(const struct head *head, struct span said)
{
    struct head less;
    bool twice;
    inside(head->path, said);
    inside(head->query, said);
    assert(head->length <= said.length && head->path.length > 0 && head->path.at[0] == '/');
    for (uint32_t i = 0; i < head->header_count; i++) {
        inside(head->headers[i].name, said);
        inside(head->headers[i].value, said);
        assert(memchr(head->headers[i].value.at, '\r', head->headers[i].value.length) == NULL);
        assert(memchr(head->headers[i].value.at, '\n', head->headers[i].value.length) == NULL);
    }
    assert(head_value(head, "Transfer-Encoding", NULL).at == NULL);
    assert(head_value(head, "Host", &twice).length > 0 || head->is_old);
    assert(!twice);
    head_value(head, "Content-Length", &twice);
    assert(!twice);
    assert(head_read(span_of(said.at, head->length - 1), &less) == STATUS_AGAIN);
    struct span first = said;
    while (memcmp(first.at, "\r\n", 2) == 0)
        first = span_behind(first, 2);
    first.length = (size_t)((const uint8_t *)memchr(first.at, '\r', first.length) - first.at);
    check_again(head, first);
}

static void check_query(struct span text)
{
    static struct query query;
    char why[FILTER_WHY_SIZE] = "";
    struct store_filter filter;
    struct store_place place;
    bool has;
    if (!query_read(text, &query, why)) {
        assert(why[0] != 0 && memchr(why, 0, sizeof why) != NULL);
        return;
    }
    for (uint32_t i = 0; i < query.count; i++)
        assert(query.pairs[i].key >= query.text &&
               query.pairs[i].value < query.text + sizeof query.text);
    if (!filter_read(&query, UINT64_C(1795489200000000), 7, &filter, why))
        assert(why[0] != 0 && memchr(why, 0, sizeof why) != NULL);
    else
        assert(filter.until == 0 || filter.until > filter.from);
    if (!filter_place(&query, &has, &place, why))
        assert(has && why[0] != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span said = span_of(data, size);
    static struct head head;
    char path[PATH_SIZE];
    if (head_read(said, &head) != STATUS_OK)
        return 0;
    check_head(&head, said);
    if (head_decode(head.path, false, path, sizeof path))
        assert(strlen(path) <= head.path.length);
    check_query(head.query);
    json_t *body = body_read(span_behind(said, head.length));
    assert(body == NULL || json_is_object(body));
    json_decref(body);
    return 0;
}
