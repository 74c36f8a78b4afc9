/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Captures written here byte by byte: pcap of both orders, pcapng, cut short, and what is none.
 */
#include "base/writer.h"
#include "capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 4096, FRAME = 60 };

struct heard {
    unsigned count;
    enum link link;
    size_t length, sent;
    clock_us at;
    uint8_t first;
};

/* A file that is written, and then read. */
struct made {
    char path[64];
    uint8_t bytes[ROOM];
    struct writer w;
    struct capture *capture;
    struct heard heard;
    unsigned count; /* of the last call */
    char why[CAPTURE_WHY_SIZE];
};

static void write_le32(struct writer *w, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        write_u8(w, (uint8_t)(value >> 8 * i));
}

static void write_le16(struct writer *w, uint16_t value)
{
    write_u8(w, (uint8_t)value);
    write_u8(w, (uint8_t)(value >> 8));
}

static void begin(struct made *made)
{
    memset(made, 0, sizeof *made);
    made->w = writer_over(made->bytes, sizeof made->bytes);
}

static void begin_pcap(struct made *made, uint32_t dlt)
{
    begin(made);
    write_le32(&made->w, 0xa1b2c3d4);
    write_le16(&made->w, 2);
    write_le16(&made->w, 4);
    write_le32(&made->w, 0);
    write_le32(&made->w, 0);
    write_le32(&made->w, 65535);
    write_le32(&made->w, dlt);
}

static void add_frame(struct made *made, uint32_t kept, uint32_t sent, uint8_t fill)
{
    write_le32(&made->w, 1700000000);
    write_le32(&made->w, 123456);
    write_le32(&made->w, kept);
    write_le32(&made->w, sent);
    for (uint32_t i = 0; i < kept; i++)
        write_u8(&made->w, fill);
}

static void save(struct made *made)
{
    snprintf(made->path, sizeof made->path, "/tmp/ponor-capture-XXXXXX");
    int fd = mkstemp(made->path);
    size_t length = writer_length(&made->w);
    assert_false(made->w.failed);
    assert_int_equal(write(fd, made->bytes, length), length);
    close(fd);
}

static void hear(void *owner, const struct captured *packet)
{
    struct heard *heard = owner;
    heard->count++;
    heard->link = packet->link;
    heard->length = packet->bytes.length;
    heard->sent = packet->sent;
    heard->at = packet->at;
    heard->first = packet->bytes.length > 0 ? packet->bytes.at[0] : 0;
}

static enum status open_again(struct made *made, const char *filter)
{
    const struct capture_options options = {.place = made->path, .filter = filter};
    return capture_file.open(&options, made->why, &made->capture);
}

static enum status open_it(struct made *made, const char *filter)
{
    save(made);
    enum status status = open_again(made, filter);
    unlink(made->path);
    return status;
}

static enum status read_it(struct made *made, unsigned most)
{
    return capture_file.read(made->capture, most, hear, &made->heard, &made->count, made->why);
}

static void packets_and_their_end(void **state)
{
    struct made made;

    begin_pcap(&made, 1);
    for (unsigned i = 0; i < 5; i++)
        add_frame(&made, FRAME, 1500, (uint8_t)i);
    assert_int_equal(open_it(&made, ""), STATUS_OK);
    assert_int_equal(capture_file.descriptor(made.capture), -1);
    assert_int_equal(read_it(&made, 2), STATUS_OK);
    assert_int_equal(made.count, 2);
    assert_int_equal(read_it(&made, 100), STATUS_OK);
    assert_int_equal(made.count, 3);
    assert_int_equal(read_it(&made, 100), STATUS_CLOSED);
    assert_int_equal(made.count, 0);
    assert_int_equal(made.heard.count, 5);
    assert_int_equal(made.heard.link, LINK_ETHERNET);
    assert_int_equal(made.heard.length, FRAME);
    assert_int_equal(made.heard.sent, 1500);
    assert_true(made.heard.at == UINT64_C(1700000000123456));
    assert_int_equal(made.heard.first, 4);
    assert_true(capture_file.counts(made.capture).received == 5);
    capture_file.close(made.capture);
}

static void less_sent_than_kept_is_not_believed(void **state)
{
    struct made made;

    begin_pcap(&made, 101);
    add_frame(&made, FRAME, 10, 0x45);
    assert_int_equal(open_it(&made, ""), STATUS_OK);
    assert_int_equal(read_it(&made, 9), STATUS_OK);
    assert_int_equal(made.heard.link, LINK_RAW);
    assert_true(made.heard.sent >= made.heard.length);
    capture_file.close(made.capture);
}

/* What was read before the end that is none has been handed on, in the same call or before. */
static void a_file_that_is_cut(void **state)
{
    for (size_t lost = 1; lost < FRAME + 16; lost++) {
        struct made made;
        enum status status;
        unsigned sum = 0;

        begin_pcap(&made, 1);
        for (unsigned i = 0; i < 3; i++)
            add_frame(&made, FRAME, FRAME, (uint8_t)i);
        made.w.at -= lost;
        assert_int_equal(open_it(&made, ""), STATUS_OK);
        do {
            status = read_it(&made, 100);
            sum += made.count;
        } while (status == STATUS_OK);
        assert_int_equal(status, STATUS_MALFORMED);
        assert_int_equal(made.heard.count, 2);
        assert_int_equal(sum, 2);
        assert_non_null(strstr(made.why, "behind packet 2: truncated"));
        capture_file.close(made.capture);
    }
}

static void write_block(struct writer *w, uint32_t type, const struct writer *body)
{
    struct span bytes = writer_span(body);
    uint32_t length = (uint32_t)(bytes.length + 12);
    assert_int_equal(bytes.length % 4, 0);
    write_le32(w, type);
    write_le32(w, length);
    write_span(w, bytes);
    write_le32(w, length);
}

static void pcapng(void **state)
{
    struct made made;
    uint8_t room[256];

    begin(&made);
    struct writer body = writer_over(room, sizeof room);
    write_le32(&body, 0x1a2b3c4d);
    write_le16(&body, 1);
    write_le16(&body, 0);
    write_le32(&body, UINT32_MAX);
    write_le32(&body, UINT32_MAX);
    write_block(&made.w, 0x0a0d0d0a, &body);
    body = writer_over(room, sizeof room);
    write_le16(&body, 276);
    write_le16(&body, 0);
    write_le32(&body, 65535);
    write_block(&made.w, 1, &body);
    body = writer_over(room, sizeof room);
    write_le32(&body, 0);
    write_le32(&body, (uint32_t)(UINT64_C(1700000000123456) >> 32));
    write_le32(&body, (uint32_t)UINT64_C(1700000000123456));
    write_le32(&body, 20);
    write_le32(&body, 40);
    for (unsigned i = 0; i < 20; i++)
        write_u8(&body, 7);
    write_block(&made.w, 6, &body);
    assert_int_equal(open_it(&made, ""), STATUS_OK);
    assert_int_equal(read_it(&made, 9), STATUS_OK);
    assert_int_equal(made.heard.count, 1);
    assert_int_equal(made.heard.link, LINK_COOKED2);
    assert_int_equal(made.heard.length, 20);
    assert_int_equal(made.heard.sent, 40);
    assert_true(made.heard.at == UINT64_C(1700000000123456));
    capture_file.close(made.capture);
}

static void what_is_refused_and_why(void **state)
{
    struct made made;

    begin_pcap(&made, 105);
    assert_int_equal(open_it(&made, ""), STATUS_UNSUPPORTED);
    assert_non_null(strstr(made.why, "IEEE802_11"));
    assert_non_null(strstr(made.why, "Ethernet"));

    begin(&made);
    write_bytes(&made.w, "\x1f\x8b\x08\0\0\0\0\0\0\3 compressed", 21);
    write_bytes(&made.w, "0123456789012345", 16);
    assert_int_equal(open_it(&made, ""), STATUS_SYSTEM);
    assert_non_null(strstr(made.why, "unpack a compressed capture"));

    begin(&made);
    assert_int_equal(open_it(&made, ""), STATUS_SYSTEM);

    assert_int_equal(open_again(&made, ""), STATUS_SYSTEM);
    const char *named = strstr(made.why, made.path);
    assert_non_null(named);
    assert_null(strstr(named + 1, made.path)); /* once is enough */
    assert_non_null(strstr(made.why, "No such file"));
}

static void filters(void **state)
{
    struct made made;

    begin_pcap(&made, 1);
    add_frame(&made, FRAME, FRAME, 1);
    add_frame(&made, FRAME, FRAME, 2);
    assert_int_equal(open_it(&made, "ether[0] == 2"), STATUS_OK);
    assert_int_equal(read_it(&made, 9), STATUS_OK);
    assert_int_equal(made.heard.count, 1);
    assert_int_equal(made.heard.first, 2);
    capture_file.close(made.capture);

    assert_int_equal(open_it(&made, "ether prot 7"), STATUS_INVALID);
    assert_non_null(strstr(made.why, "`ether prot 7`"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_and_their_end),
        cmocka_unit_test(less_sent_than_kept_is_not_believed),
        cmocka_unit_test(a_file_that_is_cut),
        cmocka_unit_test(pcapng),
        cmocka_unit_test(what_is_refused_and_why),
        cmocka_unit_test(filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
