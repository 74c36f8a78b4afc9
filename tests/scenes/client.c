/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * client - the clients of a scene: what they ask, and what of any answer must always be true.
 *
 *     ask CLIENT NAME TYPE [WORD …] [as LABEL]
 *     asks N STATE|RCODE CLIENT NAME TYPE [WORD …]     N times, % in NAME counting; each must end
 * so raw CLIENT [tcp] [as LABEL]                      bytes in hexadecimal, below A question has an
 * OPT of 1232 bytes and RD unless its words say otherwise: tcp, -edns, -rd, +do, +cd, +ad, +nsid,
 * +padding, +keepalive, size=N, version=N, class=CH (or N), opcode=N, cookie=new|back|forged|broken
 * (back: the one that the server gave this client last)
 */
#include "scene.h"

#include "dns/answer.h"

#include <stdlib.h>

enum { FIRST_PORT = 10000, PORTS = 50000, SERVER_COOKIE = 16, FLAG_DO = 0x8000 };

/* A question as its words say it. */
struct wish {
    const char *name;
    uint16_t type, class, flags, udp_size;
    uint8_t version, opcode;
    bool over_tcp, no_edns, dnssec, nsid, padding, keepalive;
    uint8_t cookie[COOKIE_MOST];
    size_t cookie_length;
    const char *label;
};

static const struct address server_address = {
    {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 0, [14] = 0, [15] = 53}};

/* The cookie that the server gave to a client; a place for one when it gave none. */
static uint8_t *cookie_place(struct clients *clients, const struct address *client, size_t **length)
{
    size_t i = 0;
    while (i < clients->cookie_count && !address_equal(&clients->cookies[i].address, client))
        i++;
    if (i == CLIENTS_MOST)
        i = 0;
    clients->cookie_count += i == clients->cookie_count;
    clients->cookies[i].address = *client;
    *length = &clients->cookies[i].length;
    return clients->cookies[i].bytes;
}

static bool read_cookie(struct scene *scene, const char *kind, const struct address *client,
                        struct wish *wish)
{
    size_t *length;
    const uint8_t *given = cookie_place(&scene->clients, client, &length);
    memset(wish->cookie, 'c', sizeof wish->cookie);
    wish->cookie_length = COOKIE_CLIENT_SIZE;
    if (strcmp(kind, "back") == 0 && *length > 0) {
        memcpy(wish->cookie, given, *length);
        wish->cookie_length = *length;
        return true;
    }
    if (strcmp(kind, "forged") == 0)
        wish->cookie_length += SERVER_COOKIE;
    else if (strcmp(kind, "broken") == 0)
        wish->cookie_length++;
    else if (strcmp(kind, "new") != 0)
        return fail(scene, "no cookie is %s", kind);
    return true;
}

static bool set_flag(struct wish *wish, const char *word)
{
    static const struct {
        const char *word;
        uint16_t flag;
        size_t field;
    } flags[] = {
        {"tcp", 0, offsetof(struct wish, over_tcp)},
        {"-edns", 0, offsetof(struct wish, no_edns)},
        {"+do", 0, offsetof(struct wish, dnssec)},
        {"+nsid", 0, offsetof(struct wish, nsid)},
        {"+padding", 0, offsetof(struct wish, padding)},
        {"+keepalive", 0, offsetof(struct wish, keepalive)},
        {"+cd", FLAG_CD, 0},
        {"+ad", FLAG_AD, 0},
        {"-rd", FLAG_RD, 0},
    };
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        if (strcmp(word, flags[i].word) != 0)
            continue;
        wish->flags ^= flags[i].flag;
        if (flags[i].flag == 0)
            *(bool *)((char *)wish + flags[i].field) = true;
        return true;
    }
    return false;
}

static bool read_value(struct scene *scene, const char *word, const struct address *client,
                       struct wish *wish)
{
    const char *value;
    uint64_t number;
    bool sound = true;
    if ((value = word_value(word, "size")) != NULL) {
        sound = number_read(value, UINT16_MAX, &number);
        wish->udp_size = (uint16_t)number;
    } else if ((value = word_value(word, "version")) != NULL) {
        sound = number_read(value, UINT8_MAX, &number);
        wish->version = (uint8_t)number;
    } else if ((value = word_value(word, "opcode")) != NULL) {
        sound = number_read(value, OPCODE_MASK, &number);
        wish->opcode = (uint8_t)number;
    } else if ((value = word_value(word, "class")) != NULL) {
        sound = number_read(value, UINT16_MAX, &number);
        wish->class = strcmp(value, "CH") == 0 ? CLASS_CH : (uint16_t)number;
        sound |= wish->class == CLASS_CH;
    } else if ((value = word_value(word, "cookie")) != NULL) {
        return read_cookie(scene, value, client, wish);
    } else {
        sound = false;
    }
    return sound || fail(scene, "`%s` is no word of a question", word);
}

static bool wish_read(struct scene *scene, const struct words *words, unsigned from,
                      const struct address *client, struct wish *out)
{
    *out = (struct wish){.class = CLASS_IN, .flags = FLAG_RD, .udp_size = EDNS_UDP_SIZE};
    if (words->count < from + 2 || type_parse(words->word[from + 1], &out->type) != STATUS_OK)
        return fail(scene, "write: CLIENT NAME TYPE");
    out->name = words->word[from];
    for (unsigned i = from + 2; i < words->count; i++) {
        const char *word = words->word[i];
        if (strcmp(word, "as") == 0 && i + 1 < words->count)
            out->label = words->word[++i];
        else if (!set_flag(out, word) && !read_value(scene, word, client, out))
            return false;
    }
    return true;
}

/* A place for one more question, with its own port and id. */
static struct question_asked *question_new(struct scene *scene, const char *client, bool over_tcp,
                                           const char *label)
{
    struct clients *c = &scene->clients;
    struct question_asked *q = NULL;
    /* Those that ended stay as long as there are free places, for the step `expect LABEL`. */
    for (size_t i = 0; i < QUESTIONS_MOST && (q == NULL || q->state != STATE_FREE); i++)
        if (c->questions[i].state != STATE_WAITING)
            q = &c->questions[i];
    if (q == NULL) {
        fail(scene, "more than %d questions wait", QUESTIONS_MOST);
        return NULL;
    }
    if (q->reply == NULL)
        q->reply = malloc(MESSAGE_MOST);
    c->last = q;
    unsigned serial = c->serial++;
    q->state = STATE_WAITING;
    q->reply_length = 0;
    snprintf(q->label, sizeof q->label, "%s", label != NULL ? label : "");
    q->peer = (struct peer){.server = server_address,
                            .client_port = (uint16_t)(FIRST_PORT + serial % PORTS),
                            .server_port = 53,
                            .transport = over_tcp ? TRANSPORT_TCP : TRANSPORT_UDP,
                            .connection = over_tcp ? serial + 1 : 0};
    if (q->reply == NULL || address_parse(client, &q->peer.client) != STATUS_OK) {
        q->state = STATE_FREE;
        fail(scene, "`%s` is no address of a client", client);
        return NULL;
    }
    return q;
}

static void write_labels(struct writer *w, const char *text)
{
    while (*text != 0 && strcmp(text, ".") != 0) {
        size_t length = strcspn(text, ".");
        write_u8(w, (uint8_t)length);
        write_bytes(w, text, length);
        text += length + (text[length] == '.');
    }
    write_u8(w, 0);
}

static void write_option(struct writer *w, uint16_t code, const void *bytes, size_t length)
{
    write_u16(w, code);
    write_u16(w, (uint16_t)length);
    write_bytes(w, bytes, length);
}

static void write_opt(struct writer *w, const struct wish *wish)
{
    static const uint8_t zeros[32];
    write_u8(w, 0);
    write_u16(w, TYPE_OPT);
    write_u16(w, wish->udp_size);
    write_u16(w, wish->version);
    write_u16(w, wish->dnssec ? FLAG_DO : 0);
    uint8_t *length = write_place(w, 2);
    if (wish->cookie_length > 0)
        write_option(w, EDNS_OPTION_COOKIE, wish->cookie, wish->cookie_length);
    if (wish->nsid)
        write_option(w, EDNS_OPTION_NSID, NULL, 0);
    if (wish->keepalive)
        write_option(w, EDNS_OPTION_KEEPALIVE, NULL, 0);
    if (wish->padding)
        write_option(w, EDNS_OPTION_PADDING, zeros, sizeof zeros);
    store_u16(length, (uint16_t)(w->at - length - 2));
}

static void question_write(const struct wish *wish, uint16_t id, struct writer *w)
{
    write_u16(w, id);
    write_u16(w, (uint16_t)(wish->flags | wish->opcode << OPCODE_SHIFT));
    write_u16(w, 1);
    write_u32(w, 0);
    write_u16(w, !wish->no_edns);
    write_labels(w, wish->name);
    write_u16(w, wish->type);
    write_u16(w, wish->class);
    if (!wish->no_edns)
        write_opt(w, wish);
}

/* What no scene need say: the question's id, opcode and bytes come back, an OPT for an OPT, and no
 * more bytes than the client can take. */
static bool check_always(struct scene *scene, const struct question_asked *q)
{
    struct message asked, said;
    if (message_read(span_of(q->reply, q->reply_length), &said) != STATUS_OK)
        return fail(scene, "the answer is malformed");
    bool is_sound = message_read(span_of(q->bytes, q->length), &asked) == STATUS_OK;
    if ((said.flags & FLAG_QR) == 0 || said.id != asked.id ||
        message_opcode(&said) != message_opcode(&asked))
        return fail(scene, "the answer has another id or opcode than the question");
    if (!is_sound || asked.questions != 1)
        return true;
    size_t length = (size_t)asked.question_end - MESSAGE_HEADER;
    if (said.questions != 1 || said.question_end != asked.question_end ||
        memcmp(q->bytes + MESSAGE_HEADER, q->reply + MESSAGE_HEADER, length) != 0)
        return fail(scene, "the answer does not repeat the question as it was asked");
    if (said.edns.present != asked.edns.present)
        return fail(scene, "an OPT %s", said.edns.present ? "that nobody asked for" : "is missing");
    size_t limit =
        q->peer.transport == TRANSPORT_TCP ? (size_t)MESSAGE_MOST : answer_udp_limit(&asked);
    return q->reply_length <= limit ||
           fail(scene, "%zu bytes, and %zu are the limit", q->reply_length, limit);
}

static void keep_cookie(struct scene *scene, const struct question_asked *q)
{
    struct message said;
    size_t *length;
    if (message_read(span_of(q->reply, q->reply_length), &said) != STATUS_OK ||
        said.edns.cookie_length == 0)
        return;
    uint8_t *place = cookie_place(&scene->clients, &q->peer.client, &length);
    memcpy(place, said.edns.cookie, said.edns.cookie_length);
    *length = said.edns.cookie_length;
}

static void take(struct scene *scene, struct question_asked *q, struct span message)
{
    q->state = message.length > 0 ? STATE_ANSWERED : STATE_SILENT;
    q->reply_length = message.length;
    if (message.length == 0)
        return;
    memmove(q->reply, message.at, message.length);
    if (check_always(scene, q))
        keep_cookie(scene, q);
}

void client_reply(void *owner, const struct peer *peer, struct span message)
{
    struct scene *scene = owner;
    for (size_t i = 0; i < QUESTIONS_MOST; i++) {
        struct question_asked *q = &scene->clients.questions[i];
        if (q->state != STATE_WAITING || q->peer.client_port != peer->client_port)
            continue;
        if (!address_equal(&q->peer.client, &peer->client) ||
            q->peer.connection != peer->connection || q->peer.transport != peer->transport)
            fail(scene, "the answer goes to somebody else");
        take(scene, q, message);
        return;
    }
    fail(scene, "an answer to a question that does not wait for one");
}

static bool send_question(struct scene *scene, struct question_asked *q)
{
    size_t room = q->peer.transport == TRANSPORT_TCP ? (size_t)MESSAGE_MOST : (size_t)EDNS_UDP_SIZE;
    struct writer reply = writer_over(q->reply, room);
    enum fate fate =
        server_query(scene->server, &q->peer, span_of(q->bytes, q->length), scene->when, &reply);
    if (fate != FATE_WAITING)
        take(scene, q, fate == FATE_ANSWERED ? writer_span(&reply) : span_of(q->reply, 0));
    upstream_play(scene);
    return scene->failure[0] == 0;
}

static bool ask_one(struct scene *scene, const char *client, const struct wish *wish)
{
    struct question_asked *q = question_new(scene, client, wish->over_tcp, wish->label);
    if (q == NULL)
        return false;
    struct writer w = writer_over(q->bytes, sizeof q->bytes);
    question_write(wish, (uint16_t)(q->peer.client_port * 7), &w);
    q->length = writer_length(&w);
    return send_question(scene, q);
}

bool client_ask(struct scene *scene, const struct words *words, struct block below)
{
    struct wish wish;
    struct address client;
    if (words->count < 2 || address_parse(words->word[1], &client) != STATUS_OK)
        return fail(scene, "write: ask CLIENT NAME TYPE");
    return wish_read(scene, words, 2, &client, &wish) && ask_one(scene, words->word[1], &wish);
}

static bool ended_as(const struct question_asked *q, const char *word)
{
    uint16_t rcode;
    struct message said;
    if (strcmp(word, "waiting") == 0)
        return q->state == STATE_WAITING;
    if (strcmp(word, "silence") == 0)
        return q->state == STATE_SILENT;
    return q->state == STATE_ANSWERED && rcode_parse(word, &rcode) == STATUS_OK &&
           message_read(span_of(q->reply, q->reply_length), &said) == STATUS_OK &&
           message_rcode(&said) == rcode;
}

bool client_asks(struct scene *scene, const struct words *words, struct block below)
{
    struct wish wish;
    struct address client;
    uint64_t times;
    char name[NAME_TEXT_SIZE];
    if (words->count < 4 || !number_read(words->word[1], 1000000, &times) ||
        address_parse(words->word[3], &client) != STATUS_OK)
        return fail(scene, "write: asks N RCODE CLIENT NAME TYPE");
    if (!wish_read(scene, words, 4, &client, &wish))
        return false;
    const char *pattern = wish.name;
    wish.name = name;
    for (uint64_t i = 1; i <= times; i++) {
        numbered(pattern, i, name, sizeof name);
        if (!ask_one(scene, words->word[3], &wish))
            return false;
        struct question_asked *q = scene->clients.last;
        if (!ended_as(q, words->word[2]))
            return fail(scene, "number %llu did not end as %s", (unsigned long long)i,
                        words->word[2]);
        if (q->state != STATE_WAITING)
            q->state = STATE_FREE;
    }
    return true;
}

bool client_raw(struct scene *scene, const struct words *words, struct block below)
{
    bool over_tcp = false;
    const char *label = NULL;
    for (unsigned i = 2; i < words->count; i++) {
        if (strcmp(words->word[i], "tcp") == 0)
            over_tcp = true;
        else if (strcmp(words->word[i], "as") == 0 && i + 1 < words->count)
            label = words->word[++i];
        else
            return fail(scene, "`%s` is no word of raw bytes", words->word[i]);
    }
    struct question_asked *q =
        question_new(scene, words->count > 1 ? words->word[1] : "", over_tcp, label);
    if (q == NULL)
        return false;
    struct writer w = writer_over(q->bytes, sizeof q->bytes);
    for (const struct line *at = below.at; at < block_end(below); at++)
        if (!hex_read(at->text, &w))
            return fail(scene, "no bytes in hexadecimal: %s", at->text);
    q->length = writer_length(&w);
    return send_question(scene, q);
}

void client_free(struct scene *scene)
{
    for (size_t i = 0; i < QUESTIONS_MOST; i++)
        free(scene->clients.questions[i].reply);
}
