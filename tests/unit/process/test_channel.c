/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What channel.h promises: borders, batches, limits, descriptors, the end.
 */
#include "process/channel.h"

#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "send.h"

struct listener {
    struct event_base *base;
    struct channel *channel;
    size_t parcels, batches, closes, bytes;
    uint32_t kind, last;
    size_t length;
    int fd;
    bool aligned, close_in_parcel;
};

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct listener *l = owner;
    l->parcels++;
    l->kind = parcel->kind;
    l->length = parcel->body.length;
    l->bytes += parcel->body.length;
    l->aligned = (uintptr_t)parcel->body.at % 8 == 0;
    if (parcel->body.length >= sizeof l->last)
        memcpy(&l->last, parcel->body.at, sizeof l->last);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = parcel->fd;
    if (l->close_in_parcel) {
        channel_close(l->channel);
        l->channel = NULL;
    }
}

static void on_batch_end(void *owner)
{
    ((struct listener *)owner)->batches++;
}

static void on_close(void *owner)
{
    struct listener *l = owner;
    l->closes++;
    channel_close(l->channel);
    l->channel = NULL;
}

static const struct channel_events events = {on_parcel, on_batch_end, on_close};

struct pair {
    struct event_base *base;
    struct channel *sender;
    struct listener sender_side, receiver;
    int raw; /* the receiving end when it has no channel */
};

static struct pair *pair_open(bool with_receiver)
{
    int ends[2];
    struct pair *p = calloc(1, sizeof *p);
    assert_int_equal(channel_pair(ends), STATUS_OK);
    assert_true(fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
    p->base = event_base_new();
    p->raw = -1;
    p->receiver.fd = p->sender_side.fd = -1;
    p->sender = p->sender_side.channel = channel_open(p->base, ends[0], &events, &p->sender_side);
    if (with_receiver)
        p->receiver.channel = channel_open(p->base, ends[1], &events, &p->receiver);
    else
        p->raw = ends[1];
    return p;
}

static void pair_close(struct pair *p)
{
    channel_close(p->sender_side.channel);
    channel_close(p->receiver.channel);
    if (p->receiver.fd >= 0)
        close(p->receiver.fd);
    if (p->raw >= 0)
        close(p->raw);
    event_base_free(p->base);
    free(p);
}

static void turn(struct pair *p)
{
    for (int i = 0; i < 50; i++)
        event_base_loop(p->base, EVLOOP_NONBLOCK);
}

static void keeps_borders_and_batches(void **state)
{
    struct pair *p = pair_open(true);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(channel_send(p->sender, MESSAGE_ASK, &i, sizeof i, span_of("abc", i % 4)),
                         STATUS_OK);
    assert_int_equal(p->receiver.parcels, 0);
    turn(p);
    assert_int_equal(p->receiver.parcels, 20);
    assert_int_equal(p->receiver.batches, 1);
    assert_int_equal(p->receiver.last, 19);
    assert_int_equal(p->receiver.kind, MESSAGE_ASK);
    assert_int_equal(p->receiver.length, sizeof(uint32_t) + 3);
    assert_int_equal(p->receiver.bytes, 20 * sizeof(uint32_t) + 5 * (0 + 1 + 2 + 3));
    assert_true(p->receiver.aligned);
    pair_close(p);
}

static void carries_the_largest_and_refuses_more(void **state)
{
    struct pair *p = pair_open(true);
    struct message_answer answer = {.id = 7};
    uint8_t *bytes = calloc(1, MESSAGE_MOST + 1);
    assert_int_equal(channel_send(p->sender, MESSAGE_ANSWER, &answer, sizeof answer,
                                  span_of(bytes, MESSAGE_MOST)),
                     STATUS_OK);
    assert_int_equal(channel_send(p->sender, MESSAGE_ANSWER, &answer, sizeof answer,
                                  span_of(bytes, MESSAGE_MOST + 1)),
                     STATUS_TOO_LONG);
    turn(p);
    assert_int_equal(p->receiver.parcels, 1);
    assert_int_equal(p->receiver.length, sizeof answer + MESSAGE_MOST);
    free(bytes);
    pair_close(p);
}

static void says_again_when_full_and_loses_nothing(void **state)
{
    struct pair *p = pair_open(false);
    uint32_t sent = 0;
    enum status status = STATUS_OK;
    while (sent < 1000000 && status == STATUS_OK) {
        status = channel_send(p->sender, MESSAGE_ASK, &sent, sizeof sent, span_of(NULL, 0));
        sent += status == STATUS_OK;
    }
    assert_int_equal(status, STATUS_AGAIN);
    assert_in_range(sent, 4096, 100000);

    for (uint32_t expected = 0; expected < sent; expected++) {
        uint32_t got[2];
        event_base_loop(p->base, EVLOOP_NONBLOCK);
        assert_int_equal(recv(p->raw, got, sizeof got, 0), sizeof got);
        assert_int_equal(got[1], expected);
    }
    assert_int_equal(channel_send(p->sender, MESSAGE_ASK, &sent, sizeof sent, span_of(NULL, 0)),
                     STATUS_OK);
    pair_close(p);
}

static void hands_over_descriptors_in_order(void **state)
{
    struct pair *p = pair_open(true);
    struct message_gift gift = {GIFT_POLICY, 9};
    uint32_t first = 1;
    int file = memfd_create("test", MFD_CLOEXEC);
    char got[4] = "";

    assert_int_equal(write(file, "yes", 3), 3);
    assert_int_equal(channel_send(p->sender, MESSAGE_ASK, &first, sizeof first, span_of(NULL, 0)),
                     STATUS_OK);
    assert_int_equal(channel_send_fd(p->sender, MESSAGE_GIFT, &gift, sizeof gift, file), STATUS_OK);
    close(file);
    turn(p);
    assert_int_equal(p->receiver.parcels, 2);
    assert_int_equal(p->receiver.kind, MESSAGE_GIFT);
    assert_true(p->receiver.fd >= 0);
    assert_true(fcntl(p->receiver.fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(pread(p->receiver.fd, got, 3, 0), 3);
    assert_string_equal(got, "yes");
    assert_int_equal(channel_send_fd(p->sender, MESSAGE_GIFT, &gift, sizeof gift, -1),
                     STATUS_SYSTEM);
    pair_close(p);
}

static void queued_descriptors_survive_a_full_socket(void **state)
{
    struct pair *p = pair_open(false);
    struct message_gift gift = {GIFT_POLICY, 9};
    int file = memfd_create("test", MFD_CLOEXEC);
    char filler[2000] = "";
    size_t fillers = 0;
    while (fillers < 400 && channel_send(p->sender, MESSAGE_ASK, filler, sizeof filler,
                                         span_of(NULL, 0)) == STATUS_OK)
        fillers++;
    assert_int_equal(channel_send_fd(p->sender, MESSAGE_GIFT, &gift, sizeof gift, file), STATUS_OK);
    close(file);
    for (size_t i = 0; i < fillers; i++) {
        event_base_loop(p->base, EVLOOP_NONBLOCK);
        assert_int_equal(recv(p->raw, filler, sizeof filler, MSG_TRUNC), sizeof filler + 4);
    }
    event_base_loop(p->base, EVLOOP_NONBLOCK);
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {filler, sizeof filler};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    assert_int_equal(recvmsg(p->raw, &header, 0), sizeof gift + 4);
    assert_non_null(CMSG_FIRSTHDR(&header));
    int got;
    memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof got);
    close(got);
    pair_close(p);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 200; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void hostile_messages_become_nothing(void **state)
{
    struct pair *p = pair_open(false);
    static char huge[MESSAGE_BYTES_MOST + 100];
    const uint32_t ask = MESSAGE_ASK;
    int fds[5] = {0, 1, 2, 0, 1};
    size_t before = open_descriptors();

    send_raw(p->raw, "ab", 2, NULL, 0); /* not even a kind */
    turn(p);
    assert_int_equal(p->sender_side.kind, 0);
    assert_int_equal(p->sender_side.length, 0);

    memcpy(huge, &ask, sizeof ask);
    send_raw(p->raw, huge, sizeof huge, NULL, 0); /* longer than any of ours */
    turn(p);
    assert_int_equal(p->sender_side.parcels, 2);
    assert_int_equal(p->sender_side.kind, 0);

    for (size_t count = 2; count <= 5; count++) { /* more descriptors than one */
        send_raw(p->raw, &ask, sizeof ask, fds, count);
        turn(p);
        assert_int_equal(p->sender_side.kind, 0);
    }
    send_raw(p->raw, &ask, sizeof ask, fds, 1);
    turn(p);
    assert_int_equal(p->sender_side.kind, MESSAGE_ASK);
    close(p->sender_side.fd);
    p->sender_side.fd = -1;
    assert_int_equal(open_descriptors(), before);
    pair_close(p);
}

static void opens_only_exact_sizes(void **state)
{
    uint32_t body[4] = {0};
    struct span rest;
    struct parcel parcel = {MESSAGE_GIFT, span_of(body, sizeof(struct message_gift)), -1};
    assert_ptr_equal(parcel_open(&parcel, MESSAGE_GIFT, sizeof(struct message_gift)), body);
    assert_null(parcel_open(&parcel, MESSAGE_POLICY, sizeof(struct message_gift)));
    assert_null(parcel_open(&parcel, MESSAGE_GIFT, sizeof(struct message_gift) - 1));
    assert_null(parcel_open(&parcel, MESSAGE_GIFT, sizeof(struct message_gift) + 1));
    assert_ptr_equal(parcel_open_with_bytes(&parcel, MESSAGE_GIFT, 4, &rest), body);
    assert_int_equal(rest.length, 4);
    assert_null(parcel_open_with_bytes(&parcel, MESSAGE_GIFT, 9, &rest));
    parcel.kind = 0;
    assert_null(parcel_open(&parcel, MESSAGE_GIFT, sizeof(struct message_gift)));
}

static void tells_of_the_end_once_after_the_last_message(void **state)
{
    struct pair *p = pair_open(true);
    uint32_t word = 5;
    assert_int_equal(channel_send(p->sender, MESSAGE_ASK, &word, sizeof word, span_of(NULL, 0)),
                     STATUS_OK);
    channel_close(p->sender); /* which flushes */
    p->sender_side.channel = NULL;
    turn(p);
    assert_int_equal(p->receiver.parcels, 1);
    assert_int_equal(p->receiver.closes, 1);
    assert_null(p->receiver.channel);
    pair_close(p);
}

static void sending_to_the_dead_is_said(void **state)
{
    struct pair *p = pair_open(false);
    uint32_t word = 5;
    close(p->raw);
    p->raw = -1;
    assert_int_equal(channel_send(p->sender, MESSAGE_ASK, &word, sizeof word, span_of(NULL, 0)),
                     STATUS_OK);
    channel_flush(p->sender);
    assert_int_equal(channel_send(p->sender, MESSAGE_ASK, &word, sizeof word, span_of(NULL, 0)),
                     STATUS_CLOSED);
    turn(p);
    assert_int_equal(p->sender_side.closes, 1);
    pair_close(p);
}

static void may_be_closed_from_its_own_callback(void **state)
{
    struct pair *p = pair_open(true);
    uint32_t word = 5;
    p->receiver.close_in_parcel = true;
    for (int i = 0; i < 3; i++)
        assert_int_equal(channel_send_fd(p->sender, MESSAGE_ASK, &word, sizeof word, STDERR_FILENO),
                         STATUS_OK);
    size_t before = open_descriptors();
    turn(p);
    assert_int_equal(p->receiver.parcels, 1);
    assert_int_equal(p->receiver.closes, 0);
    close(p->receiver.fd);
    p->receiver.fd = -1;
    /* Both ends are gone by now: the sender heard of it. */
    assert_int_equal(open_descriptors(), before - 2);
    pair_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_borders_and_batches),
        cmocka_unit_test(carries_the_largest_and_refuses_more),
        cmocka_unit_test(says_again_when_full_and_loses_nothing),
        cmocka_unit_test(hands_over_descriptors_in_order),
        cmocka_unit_test(queued_descriptors_survive_a_full_socket),
        cmocka_unit_test(hostile_messages_become_nothing),
        cmocka_unit_test(opens_only_exact_sizes),
        cmocka_unit_test(tells_of_the_end_once_after_the_last_message),
        cmocka_unit_test(sending_to_the_dead_is_said),
        cmocka_unit_test(may_be_closed_from_its_own_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
