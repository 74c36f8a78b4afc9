/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * quic - the ClientHello out of the client's Initials, in whatever order it comes.
 *
 * A flow is one connection after another: a packet belongs to the one whose keys open it, else its
 * own destination id begins a new one (after Retry, after negotiation, on a port used again). The
 * first copy of a byte counts, and what a later copy says differently is kept beside it, since
 * nobody knows which of them the server heard.
 */
#include "sight/sight.h"
#include "wire/quic.h"
#include "wire/quic_stream.h"

enum {
    DATAGRAMS_MOST = 64, /* of the client, until we stop listening */
    EARLY_MOST = 4,      /* of them without an Initial, before the beginning counts as missed */
    KEYS_MOST = 4,       /* new ones for one datagram */
    LONG_HEADER = 0x80,
    FIXED_BIT = 0x40,
    INITIAL_LEAST = 1200, /* RFC 9000 14.1 */
    FIRST_ID_LEAST = 8,   /* 7.2 */
    DOQ_PORT = 853,       /* RFC 9250 4.1.1 */
};

/* What is kept of a flow. */
struct connection {
    struct quic_keys keys;
    uint32_t version;
    uint8_t id_length, id[QUIC_ID_MOST]; /* what the keys are from */
    bool open;                           /* the keys have opened something */
    bool negotiated, retried;            /* the server has asked for another beginning */
    bool accepted;                       /* the server goes on: it has read the hello */
    bool begun, abandoned;               /* a hello was; and was left unfinished for another */
    bool told, has_name;                 /* of the first hello; name: its */
    bool told_begun, told_overlap, told_cut, told_version, told_sealed;
    bool broken;           /* what is in the stream is no ClientHello */
    uint16_t read;         /* bytes of the stream that were read as hellos */
    uint16_t first_length; /* of the first hello of this stream */
    struct name name;
    struct quic_stream stream;
};

/* One look. */
struct look {
    const struct talk *talk;
    struct sightings *out;
    struct connection *connection;
    unsigned keys_left;
    bool spare; /* the connection is not kept */
    bool initial, early;
};

static struct sighting *add(const struct look *look, enum why why)
{
    struct sighting *sighting = sight_add(look->out, SPOKEN_QUIC, SEEN_QUIC);
    sighting->why = why;
    return sighting;
}

/* Another beginning. What was sighted in this datagram loses its hello: its bytes go. */
static void stream_reset(const struct look *look)
{
    struct connection *c = look->connection;
    c->abandoned |= c->begun && !c->told;
    for (unsigned i = 0; i < look->out->count; i++)
        if (look->out->list[i].spoken == SPOKEN_QUIC)
            look->out->list[i].has_hello = false;
    quic_stream_clear(&c->stream);
    c->broken = c->told_overlap = false;
    c->read = c->first_length = 0;
}

/* --- what the stream says --- */

static bool name_of(const struct hello *hello, struct name *out)
{
    struct sighting probe = {0};
    sight_host(&probe, hello->server_name);
    *out = probe.name;
    return probe.has_name;
}

static bool is_first_name(const struct connection *c, const struct hello *hello)
{
    struct name name;
    bool has_name = name_of(hello, &name);
    return has_name == c->has_name && (!has_name || name_equal(&name, &c->name));
}

static struct sighting *hello_add(const struct look *look, const struct hello *hello)
{
    struct sighting *sighting = sight_hello(look->out, SPOKEN_QUIC, hello);
    if (look->talk->server_port == DOQ_PORT && sighting->way == DETOUR_NONE) {
        sighting->way = DETOUR_DOQ;
        sighting->protocol = PROTOCOL_DOQ;
    }
    return sighting;
}

/* Copies that differ do no harm while they say the same name. */
static void overlap_tell(const struct look *look, struct sighting *first)
{
    static uint8_t bytes[HELLO_MOST];
    struct connection *c = look->connection;
    struct hello hello;
    size_t wanted, length = c->first_length;
    if (c->stream.other_length == 0 || c->stream.other_at >= length || c->told_overlap)
        return;
    bool readable = quic_stream_other(&c->stream, length, bytes) &&
                    hello_read(span_of(bytes, length), &hello, &wanted) == STATUS_OK;
    if (readable && is_first_name(c, &hello))
        return;
    c->told_overlap = true;
    if (first != NULL)
        first->why = WHY_OVERLAP;
    if (readable || first == NULL) {
        struct sighting *other = readable ? hello_add(look, &hello) : add(look, WHY_OVERLAP);
        other->why = WHY_OVERLAP;
        if (!readable) {
            other->has_name = c->has_name;
            other->name = c->name;
            sight_evidence(other, "copies of bytes %u.. of the hello differ", c->stream.other_at);
        }
    }
}

/* It came behind another beginning of which nobody on the server's side has asked. */
static bool is_doubtful(const struct look *look, bool has_token)
{
    const struct connection *c = look->connection;
    bool one_sided = look->talk->datagrams[SERVER] == 0;
    return c->abandoned && !c->negotiated && !c->retried && !(has_token && one_sided);
}

static void hello_tell(const struct look *look, const struct hello *hello, bool has_token)
{
    struct connection *c = look->connection;
    struct sighting *sighting = NULL;
    if (!c->told) {
        sighting = hello_add(look, hello);
        c->told = true;
        c->has_name = name_of(hello, &c->name);
        if (c->has_name && sighting->why == WHY_NONE && is_doubtful(look, has_token))
            sighting->why = WHY_SECOND_HELLO;
    } else if (!is_first_name(c, hello)) {
        hello_add(look, hello)->why = WHY_SECOND_HELLO;
    }
    if (c->read == 0) {
        c->first_length = (uint16_t)hello->message.length;
        overlap_tell(look, sighting);
    }
}

static void tell_why(const struct look *look, enum why why, const char *evidence)
{
    struct connection *c = look->connection;
    c->broken = true;
    if (c->told)
        return;
    c->told = true;
    sight_evidence(add(look, why), "%s", evidence);
}

/* Of a hello that will not be read to its end; true when its name could be. */
static bool begun_tell(const struct look *look, struct span beginning, bool has_token)
{
    struct hello hello;
    if (hello_read_begun(beginning, &hello) != STATUS_OK || hello.server_name.length == 0)
        return false;
    hello_tell(look, &hello, has_token);
    look->connection->broken = true;
    return true;
}

/* All hellos that are there: behind a HelloRetryRequest a second one follows the first. */
static void stream_read(const struct look *look, bool has_token)
{
    struct connection *c = look->connection;
    if (c->first_length > 0)
        overlap_tell(look, NULL);
    while (!c->broken && c->read < c->stream.whole) {
        struct hello hello;
        size_t wanted = 0;
        struct span rest = span_of(c->stream.bytes + c->read, (size_t)(c->stream.whole - c->read));
        enum status status = hello_read(rest, &hello, &wanted);
        if (status == STATUS_OK) {
            hello_tell(look, &hello, has_token);
            c->read = (uint16_t)(c->read + hello.message.length);
        } else if (status == STATUS_AGAIN) {
            bool too_long = wanted > (size_t)HELLO_MOST - c->read;
            if (too_long && !begun_tell(look, rest, has_token) && c->stream.whole == HELLO_MOST)
                tell_why(look, WHY_TOO_LONG, "the hello is longer than 16 KiB");
            return;
        } else {
            tell_why(look, WHY_MALFORMED, "an Initial without a sound ClientHello");
        }
    }
}

/* No more is to be expected. */
static void unfinished_tell(const struct look *look, enum why why, const char *evidence)
{
    struct connection *c = look->connection;
    if (c->told || begun_tell(look, span_of(c->stream.bytes, c->stream.whole), false))
        return;
    tell_why(look, why, evidence);
}

/* What the flow ends with should nothing more come. */
static void begun_note(const struct look *look)
{
    struct connection *c = look->connection;
    if (c->told || c->told_begun || !c->begun)
        return;
    c->told_begun = true;
    bool later = c->stream.whole == 0;
    sight_evidence(add(look, later ? WHY_HOLE : WHY_NONE), "Initial with %s part of a hello",
                   later ? "a later" : "the first");
}

/* --- packets --- */

static void frames_read(const struct look *look, struct span frames, bool has_token)
{
    struct cursor c = cursor_of(frames);
    struct span bytes;
    for (uint64_t offset; quic_next_crypto(&c, &offset, &bytes);) {
        look->connection->begun |= bytes.length > 0;
        quic_stream_add(&look->connection->stream, offset, bytes);
    }
    stream_read(look, has_token);
}

/* With keys from this id; on success they are the connection's. */
static bool opens(struct look *look, const struct quic_packet *packet, struct span id, uint8_t *out,
                  struct span *frames)
{
    struct connection *c = look->connection;
    struct quic_keys keys;
    if (look->keys_left == 0)
        return false;
    look->keys_left--;
    if (quic_initial_keys(packet->version, id, QUIC_CLIENT, &keys) != STATUS_OK ||
        quic_open(packet, &keys, out, frames) != STATUS_OK)
        return false;
    c->keys = keys;
    c->version = packet->version;
    c->id_length = (uint8_t)id.length;
    memmove(c->id, id.at, id.length);
    return true;
}

static void initial_read(struct look *look, const struct quic_packet *packet)
{
    static uint8_t out[QUIC_DATAGRAM_MOST];
    struct connection *c = look->connection;
    struct span frames, id = span_of(c->id, c->id_length);
    bool has_token = packet->token.length > 0, same = packet->version == c->version;
    bool fine = c->open && same && quic_open(packet, &c->keys, out, &frames) == STATUS_OK;
    bool own = span_equal(packet->destination_id, id);
    /* RFC 9369 4: under another version the keys are still from the first id, which the packet no
     * longer has; one that has it begins anew. */
    if (!fine && c->open && !same && !own && !c->negotiated)
        fine = opens(look, packet, id, out, &frames);
    bool tried = c->open && same && own;
    if (!fine && !tried && opens(look, packet, packet->destination_id, out, &frames)) {
        if (c->open)
            stream_reset(look);
        fine = c->open = true;
    }
    if (fine) {
        look->initial = true;
        frames_read(look, frames, has_token);
        return;
    }
    if ((packet->whole.at[0] & FIXED_BIT) == 0 || c->open || c->told || c->told_sealed)
        return;
    look->initial = c->told_sealed = true;
    sight_evidence(add(look, WHY_SEALED),
                   "Initial of version 0x%08x, which its own id does not open",
                   (unsigned)packet->version);
}

/* A version that forces negotiation: RFC 9000 15. */
static bool is_reserved(uint32_t version)
{
    return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* Little is certain of versions that nobody knows (RFC 8999), and others begin like this too. */
static bool is_unknown_version(const struct talk *talk, const struct quic_packet *packet)
{
    return packet->kind == QUIC_UNKNOWN && (packet->whole.at[0] & FIXED_BIT) != 0 &&
           packet->destination_id.length >= FIRST_ID_LEAST &&
           packet->destination_id.length <= QUIC_ID_MOST &&
           packet->source_id.length <= QUIC_ID_MOST &&
           (packet->whole.length >= INITIAL_LEAST || talk->cut || is_reserved(packet->version));
}

static void unknown_read(struct look *look, const struct quic_packet *packet)
{
    struct connection *c = look->connection;
    look->initial = true;
    if (c->told || c->told_version)
        return;
    c->told_version = true;
    sight_evidence(add(look, WHY_VERSION), "long header of version 0x%08x",
                   (unsigned)packet->version);
}

/* A long header of a version that we know: of a packet that was cut, where quic_next() fails. */
static bool is_known_header(struct span bytes)
{
    struct cursor header = cursor_of(bytes);
    uint8_t first = read_u8(&header);
    return first >= (LONG_HEADER | FIXED_BIT) && quic_version_is_known(read_u32(&header));
}

/* What does not fit into what was captured. */
static void cut_read(struct look *look, struct span bytes)
{
    struct connection *c = look->connection;
    if (!look->talk->cut || !is_known_header(bytes))
        return;
    look->initial = true;
    if (c->told || c->told_cut)
        return;
    c->told_cut = true;
    sight_evidence(add(look, WHY_CUT), "the beginning of a long header");
}

static void client_read(struct look *look)
{
    struct span said = look->talk->said[CLIENT];
    struct cursor datagram = cursor_of(said);
    struct quic_packet packet;
    size_t read = 0;
    while (quic_next(&datagram, &packet)) {
        read += packet.whole.length;
        if (packet.kind == QUIC_INITIAL)
            initial_read(look, &packet);
        else if (is_unknown_version(look->talk, &packet) && read == packet.whole.length)
            unknown_read(look, &packet);
        else if (packet.kind == QUIC_ZERO_RTT || packet.kind == QUIC_HANDSHAKE)
            look->early |= (packet.whole.at[0] & FIXED_BIT) != 0;
    }
    if (read < said.length)
        cut_read(look, span_of(said.at + read, said.length - read));
}

static void server_read(const struct look *look)
{
    struct connection *c = look->connection;
    struct span said = look->talk->said[SERVER];
    struct cursor datagram = cursor_of(said);
    struct quic_packet packet;
    while (quic_next(&datagram, &packet)) {
        c->negotiated |= packet.kind == QUIC_NEGOTIATION;
        c->retried |= packet.kind == QUIC_RETRY;
        c->accepted |= packet.kind == QUIC_HANDSHAKE;
    }
    c->accepted |= said.length > 0 && (said.at[0] & (LONG_HEADER | FIXED_BIT)) == FIXED_BIT;
}

/* --- the flow --- */

/* Whether a first datagram is worth memory. */
static bool may_begin(const struct talk *talk, struct span said)
{
    struct cursor datagram = cursor_of(said);
    struct quic_packet packet;
    if (!quic_next(&datagram, &packet))
        return talk->cut && is_known_header(said);
    return packet.kind <= QUIC_HANDSHAKE || is_unknown_version(talk, &packet);
}

static bool is_begun(const struct connection *c)
{
    return c->open || c->told || c->told_sealed || c->told_version || c->told_cut;
}

static enum heard first_look(const struct look *look)
{
    if (look->talk->from == SERVER)
        return HEARD_PERHAPS;
    if (!look->early)
        return HEARD_NOT_MINE;
    if (look->talk->datagrams[CLIENT] < EARLY_MOST)
        return HEARD_PERHAPS;
    sight_evidence(add(look, WHY_MIDSTREAM), "long headers without an Initial");
    return HEARD_DONE;
}

/* After the name there may still be another one, until the server has gone on with it. */
static enum heard conclude(struct look *look)
{
    struct connection *c = look->connection;
    const struct talk *talk = look->talk;
    if (c->told && c->accepted)
        return HEARD_DONE;
    if (look->spare) {
        if (c->open)
            unfinished_tell(look, WHY_NO_ROOM, "no memory for a hello of several Initials");
        return HEARD_DONE;
    }
    bool gone_on = c->accepted && talk->from == CLIENT && !look->initial;
    if (!gone_on && talk->datagrams[CLIENT] < DATAGRAMS_MOST) {
        begun_note(look);
        return HEARD_MORE;
    }
    if (c->open)
        unfinished_tell(look, WHY_HOLE, "part of the hello was never seen");
    return HEARD_DONE;
}

static enum heard quic_look(const struct talk *talk, struct sightings *out)
{
    static struct connection spare;
    bool known = talk->memory != NULL && *talk->memory != NULL;
    struct look look = {.talk = talk, .out = out, .keys_left = KEYS_MOST};
    struct span said = talk->said[talk->from];
    if (!known && !may_begin(talk, said))
        return HEARD_NOT_MINE;
    if (!known && talk->from == SERVER)
        return HEARD_PERHAPS;
    look.connection = known ? *talk->memory : sight_memory(talk);
    look.spare = look.connection == NULL;
    if (look.spare) {
        memset(&spare, 0, sizeof spare);
        look.connection = &spare;
    }
    if (talk->from == SERVER)
        server_read(&look);
    else
        client_read(&look);
    return is_begun(look.connection) ? conclude(&look) : first_look(&look);
}

const struct recogniser sight_quic = {"quic", IP_UDP, quic_look, sizeof(struct connection)};
