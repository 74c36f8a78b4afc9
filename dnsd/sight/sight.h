/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight - what a flow is asked, and what recognisers say of it: one row each.
 *
 * Used by watch.c. A recogniser is given what a flow said so far and says whether that is its
 * protocol, and what is sighted in it. To recognise one thing more: one file here, one row in
 * sight.c, one capture case. Recognisers are pure: no clock, no policy, no memory but talk->memory.
 */
#ifndef SIGHT_SIGHT_H
#define SIGHT_SIGHT_H

#include "dns/name.h"
#include "events/wire.h"
#include "wire/frame.h"
#include "policy/verdict.h"
#include "wire/hello.h"

enum side { CLIENT, SERVER };

enum { TALK_MOST = 16384 }; /* bytes of a side of a stream that are kept */

/* What a recogniser gets to see of a flow. */
struct talk {
    uint8_t transport; /* IP_TCP or IP_UDP */
    bool midstream;    /* TCP whose beginning was not seen: said[] begins anywhere */
    enum side from;    /* who sent the packet that has come */
    const struct address *client, *server;
    uint16_t client_port, server_port;
    /* TCP: what each side said from its beginning, as far as there is no hole. UDP: the datagram
     * that has come, in the place of its sender; the other is empty. */
    struct span said[2];
    bool complete[2];      /* TCP: nothing will be added: ended, or TALK_MOST was reached */
    uint16_t datagrams[2]; /* UDP: so far, this one included */
    bool cut;              /* UDP: the capture kept only the beginning of this datagram */
    unsigned depth;        /* 1: inside another protocol (CONNECT, SOCKS, STARTTLS) */
    void **memory;         /* UDP, for a recogniser with .memory_size: NULL until sight_memory() */
    struct sights *sights; /* whose memory that is */
};

/* One thing that was seen. Zeroed but for what applies. */
struct sighting {
    enum spoken spoken;
    enum seen seen;
    enum protocol protocol; /* for rules `protocol:`; PROTOCOL_NONE */
    enum detour way;
    bool has_name;
    struct name name;
    bool has_address; /* said where a name could stand: Host, CONNECT, SOCKS */
    struct address address;
    enum why why; /* without a name: why, or WHY_NONE: it has but begun; with one: WHY_SECOND_NAME
                     or such when doubtful */
    enum ech ech;
    uint16_t tls_version;
    uint16_t type; /* DNS question type; 0: none */
    char alpn[ALPN_SIZE];
    bool has_hello; /* `hello` is there, for ja4; valid until the recogniser is called again */
    char hello_transport; /* 't' or 'q' */
    struct hello hello;
    char evidence[EVIDENCE_SIZE]; /* printable ASCII where possible; sight_evidence() */
};

/* An address that a DNS answer gave. */
struct resolution {
    struct address address;
    uint32_t ttl;
};

enum { SIGHTINGS_MOST = 8, RESOLUTIONS_MOST = 32 };

struct sightings {
    struct sighting list[SIGHTINGS_MOST];
    unsigned count;
    size_t want; /* bytes of the client's stream before another look can say more; 0: any */
    /* Of a DNS answer: who asked whom is the talk's. */
    struct name asked;
    struct resolution resolutions[RESOLUTIONS_MOST];
    unsigned resolution_count;
};

enum heard {
    HEARD_NOT_MINE, /* certainly not this protocol: do not ask again */
    HEARD_PERHAPS,  /* too little to tell */
    HEARD_MORE,     /* it is; nobody else need look; there may be more to say later */
    HEARD_DONE,     /* it is, and all is said */
};

struct recogniser {
    const char *name;
    uint8_t transport; /* IP_TCP or IP_UDP */
    enum heard (*look)(const struct talk *talk, struct sightings *out);
    size_t memory_size; /* UDP: of what it keeps for a flow; 0: nothing */
};

/* The rows; a flow's `candidates` has a bit for each. */
extern const struct recogniser *const recognisers[]; /* ends with NULL */
enum { RECOGNISERS_MOST = 16 };

/* Asks all candidates (bits, which are cleared as recognisers say no; one that says yes stays
 * alone). Sightings are added to `out`. With no candidate left: HEARD_NOT_MINE. */
enum heard sight_ask(const struct talk *talk, uint16_t *candidates, struct sightings *out);
/* The candidates of a new flow of this transport. */
uint16_t sight_candidates(uint8_t transport);

/* For recognisers of what wraps another protocol: asks about the client's bytes from `client_at`
 * (and the server's from `server_at`) as about a stream of its own. One level deep: deeper is
 * HEARD_NOT_MINE. */
enum heard sight_inner(const struct talk *talk, size_t client_at, size_t server_at,
                       struct sightings *out);

/* A zeroed sighting of this protocol in `out`; the last place is written again when all are used.
 */
struct sighting *sight_add(struct sightings *out, enum spoken spoken, enum seen seen);
/* A host as people write it: fills has_name or has_address, or why (WHY_INVALID_NAME). */
void sight_host(struct sighting *sighting, struct span host);
void sight_evidence(struct sighting *sighting, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* At most `most` bytes of a span as text for sight_evidence()'s "%s"; others than printable ASCII
 * become '?'. Valid until the fourth call after. */
const char *sight_text(struct span bytes, size_t most);

/* The memory of datagram recognisers: `most` pieces of at most `size` bytes. When all are in use, a
 * flow that has had one for long loses it (its talk->memory becomes NULL), and is counted. */
struct sights *sights_new(size_t most, size_t size);
void sights_free(struct sights *sights);
/* The flow's piece, zeroed when new. talk->memory must stay where it is while it is not NULL. */
void *sight_memory(const struct talk *talk);
void sights_release(struct sights *sights, void *memory);
uint64_t sights_refused(const struct sights *sights);

extern const struct recogniser sight_tls, sight_starttls, sight_quic, sight_http, sight_mmtls,
    sight_oicq, sight_socks, sight_dns_udp, sight_dns_tcp, sight_dnscrypt, sight_dnscrypt_tcp;

/* Whether bytes begin with a hello of mmtls, also in the body of a request: STATUS_AGAIN,
 * STATUS_MALFORMED (it is none). Twelve bytes decide. */
MUST_USE enum status sight_mmtls_hello(struct span bytes);

/* TLS from the beginning of both spans; what sight_tls and sight_starttls do. */
enum heard sight_tls_look(const struct talk *talk, struct sightings *out);
/* A ClientHello that has been read, as a sighting: also QUIC's. */
struct sighting *sight_hello(struct sightings *out, enum spoken spoken, const struct hello *hello);

#endif
