/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_tls - how a hello of TLS travels: segments, records, copies, retries.
 */
#include "captures/make.h"

static void usual(struct film *film)
{
    tell_client(film, 443, hello_for(BANNED));
}

static void tls12(struct film *film)
{
    static const uint16_t none[] = {0};
    const struct packets_hello hello = {.server_name = BANNED, .versions = none};
    tell_client(film, 443, hello_of(&hello, 1));
}

static void clean(struct film *film)
{
    tell_client(film, 443, hello_for(CLEAN));
}

static void other_group(struct film *film)
{
    struct packets_talk talk = packets_talk("10.9.2.3", CLIENT_PORT, SERVER_AT, 443);
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for(BANNED));
}

/* The hello in `count` segments that begin in the middle of things. */
static void in_segments(struct film *film, unsigned count, bool backwards)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = hello_for(BANNED);
    size_t each = hello.length / count + 1;

    shake_hands(film, &talk);
    for (unsigned i = 0; i < count; i++) {
        size_t from = (backwards ? count - 1 - i : i) * each;
        size_t to = from + each < hello.length ? from + each : hello.length;
        say_at(film, &talk, from, part(hello, from, to));
    }
}

static void two_segments(struct film *film)
{
    in_segments(film, 2, false);
}

static void three_segments(struct film *film)
{
    in_segments(film, 3, false);
}

static void backwards(struct film *film)
{
    in_segments(film, 3, true);
}

static void byte_by_byte(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = hello_for(BANNED);

    shake_hands(film, &talk);
    for (size_t i = 0; i < hello.length; i++)
        say(film, &talk, 0, part(hello, i, i + 1));
}

static void records(struct film *film)
{
    const struct packets_hello hello = {.server_name = BANNED, .alpn = "h2"};
    tell_client(film, 443, hello_of(&hello, 5));
}

static void again(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = hello_for(BANNED);
    shake_hands(film, &talk);
    say_at(film, &talk, 0, part(hello, 0, 100));
    say_at(film, &talk, 0, part(hello, 0, 100));
    say_at(film, &talk, 100, part(hello, 100, hello.length));
    say_at(film, &talk, 50, part(hello, 50, hello.length));
}

/* Its end comes twice, with other names, before its beginning. */
static void other_bytes(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span first = hello_for("web.exampl.org"), second = hello_for(BANNED);
    shake_hands(film, &talk);
    say_at(film, &talk, 20, part(first, 20, first.length));
    say_at(film, &talk, 20, part(second, 20, second.length));
    say_at(film, &talk, 0, part(first, 0, 20));
}

static void other_copy(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    shake_hands(film, &talk);
    say_at(film, &talk, 0, hello_for("web.exampl.org"));
    say_at(film, &talk, 0, hello_for(BANNED));
}

static void retry(struct film *film, const char *second)
{
    struct packets_talk talk = talk_with(443);
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for(BANNED));
    /* HelloRetryRequest: its random is SHA-256 of that word (RFC 8446 4.1.3). */
    say(film, &talk, 1,
        from_hex("160303003802000034"
                 "0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
                 "00130100000c002b00020304003300020017"));
    say(film, &talk, 0, from_hex("140303000101"));
    say(film, &talk, 0, hello_for(second));
}

static void retry_same(struct film *film)
{
    retry(film, BANNED);
}

static void retry_other(struct film *film)
{
    retry(film, CLEAN);
}

static void hole(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = hello_for(BANNED);
    shake_hands(film, &talk);
    say_at(film, &talk, 0, part(hello, 0, 40));
    say_at(film, &talk, 80, part(hello, 80, hello.length));
}

static void unfinished(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    shake_hands(film, &talk);
    say(film, &talk, 0, part(hello_for(BANNED), 0, 60));
    say_goodbye(film, &talk);
}

static void fast_open(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct segment s = packets_say(&talk, 0, TCP_SYN, hello_for(BANNED));
    show(film, &s);
    say_flags(film, &talk, 1, TCP_SYN | TCP_ACK);
}

static void syn_only(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    say_flags(film, &talk, 0, TCP_SYN);
    say_flags(film, &talk, 0, TCP_SYN);
}

static void refused(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    say_flags(film, &talk, 0, TCP_SYN);
    say_flags(film, &talk, 1, TCP_RST | TCP_ACK);
}

static void reset(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    shake_hands(film, &talk);
    say(film, &talk, 0, part(hello_for(BANNED), 0, 60));
    say_flags(film, &talk, 1, TCP_RST | TCP_ACK);
}

/* All but the last bytes, which say no name. */
static void reset_behind_the_name(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = hello_for(BANNED);
    shake_hands(film, &talk);
    say(film, &talk, 0, part(hello, 0, hello.length - 4));
    say_flags(film, &talk, 1, TCP_RST | TCP_ACK);
}

static void ended_behind_the_name(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = hello_for(BANNED);
    shake_hands(film, &talk);
    say(film, &talk, 0, part(hello, 0, hello.length - 4));
    say_goodbye(film, &talk);
}

static void midstream(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    talk.said[0] = 70000;
    talk.said[1] = 90000;
    say(film, &talk, 0, from_hex("170303001a000102030405060708090a0b0c0d0e0f10111213141516171819"));
    say(film, &talk, 1, from_hex("170303000a00010203040506070809"));
}

static void ports_again(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for(CLEAN));
    talk = talk_with(443);
    talk.first[0] += 777777;
    talk.first[1] += 777777;
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for(BANNED));
}

static void unknown(struct film *film)
{
    tell_client(film, 4444, noise(200));
}

static void address_of_list(struct film *film)
{
    struct packets_talk talk = packets_talk(CLIENT_AT, CLIENT_PORT, "203.0.113.9", 8081);
    say_flags(film, &talk, 0, TCP_SYN);
    say_flags(film, &talk, 0, TCP_SYN);
}

const struct scene tls_scenes[] = {
    {"tls13-sni",
     "A browser's TLS 1.3 hello in one segment. The plainest case: the name stands in SNI, and "
     "the\n"
     "rule for its parent zone asks for a sinkhole.",
     usual},
    {"tls12-sni",
     "A TLS 1.2 client: no extension supported_versions. Old clients say the name in the same\n"
     "place.",
     tls12},
    {"tls-clean-name",
     "A name that no list speaks of. The flow ends in the name, and there is no event.", clean},
    {"tls-client-of-other-group",
     "A banned name, asked for by a client whose group has no lists. Named, and no event.",
     other_group},
    {"tls-sni-over-2-segments",
     "The hello is cut in two, as happens at every full segment. Readers of single packets miss\n"
     "the name.",
     two_segments},
    {"tls-sni-over-3-segments",
     "The hello is cut in three. What stands across a border must be joined.", three_segments},
    {"tls-out-of-order",
     "Three segments, the last one first. They are put in order by sequence numbers, not by time.",
     backwards},
    {"tls-byte-by-byte",
     "One byte in each segment: what circumvention tools do. The hello is as whole as ever.",
     byte_by_byte},
    {"tls-5-records",
     "One hello in five records (RFC 8446 5.1 allows it), so that no record holds the name whole.",
     records},
    {"tls-retransmission-same-bytes",
     "Segments come again, also overlapping, with the same bytes. That is an ordinary network, "
     "and\n"
     "nothing is ambiguous.",
     again},
    {"tls-retransmission-other-bytes",
     "The same range comes twice with two names before it could be read. Which one the server "
     "took\n"
     "cannot be known: ambiguous, and policy is asked about both.",
     other_bytes},
    {"tls-second-copy-of-the-hello",
     "A clean hello was judged already; then another copy of it says a banned name. A decoy with "
     "a\n"
     "short time to live looks like this.",
     other_copy},
    {"tls-hello-retry-same-name",
     "The server asks for another key share (HelloRetryRequest) and the client says hello again.\n"
     "One name, one event.",
     retry_same},
    {"tls-hello-retry-other-name",
     "The second hello names another server, which RFC 8446 4.1.2 forbids. Ambiguous.",
     retry_other},
    {"tls-hole",
     "A segment in the middle of the hello, with the name in it, was never captured. Never "
     "silently\n"
     "clean: the reason is the hole.",
     hole},
    {"tls-unfinished", "The connection ends in the middle of the hello, before the name.",
     unfinished},
    {"tcp-fast-open", "The hello rides in the SYN itself (RFC 7413). It is read like any other.",
     fast_open},
    {"tcp-syn-only", "A SYN, sent twice, that nobody answers. The client said nothing.", syn_only},
    {"tcp-refused", "A SYN that is answered by a reset. The client said nothing.", refused},
    {"tcp-reset-in-the-hello", "A reset from the server ends the flow before the name came.",
     reset},
    {"tcp-reset-behind-the-name",
     "A reset from the server ends the flow in the middle of the hello, behind the name. What was\n"
     "said was said.",
     reset_behind_the_name},
    {"tls-unfinished-behind-the-name",
     "The client ends the connection in the middle of the hello, behind the name.",
     ended_behind_the_name},
    {"tcp-midstream",
     "The flow was there before the capture began. Its hello is gone, and the result says so.",
     midstream},
    {"tcp-ports-used-again",
     "The same ports carry a second connection, with other sequence numbers. Two flows, two\n"
     "results.",
     ports_again},
    {"tcp-unrecognised",
     "Noise on port 4444, as of a VPN. No reader knows it; only default-deny egress would stop it.",
     unknown},
    {"address-on-a-list",
     "A SYN to an address on a list: seen at the first packet, whatever is said later, and said\n"
     "once.",
     address_of_list},
    {NULL, NULL, NULL}};
