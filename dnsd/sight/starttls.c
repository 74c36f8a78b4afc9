/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * starttls - TLS that begins in the middle: SMTP (RFC 3207), IMAP (RFC 9051 6.2.1), POP3
 * (RFC 2595 4), XMPP (RFC 6120 5). It is looked for where the client speaks one of these; what a
 * server says, or its port, is needed where the client's words alone could be another protocol's.
 */
#include "sight/sight.h"
#include "wire/http.h"

enum { LINE_MOST = 2048, WORDS_MOST = 8 };

/* A protocol of lines. */
struct dialect {
    enum spoken spoken;
    uint16_t ports[3];
    const char *greeting;          /* how the server's first line begins */
    bool words_suffice;            /* no other protocol's client begins like this */
    bool tagged;                   /* the command is the second word of a line */
    const char *first[WORDS_MOST]; /* with which a client begins */
    const char *upgrade;
};

static const struct dialect dialects[] = {
    {SPOKEN_SMTP, {25, 587, 2525}, "220", true, false, {"EHLO", "HELO", "LHLO"}, "STARTTLS"},
    {SPOKEN_IMAP,
     {143},
     "* ",
     false,
     true,
     {"CAPABILITY", "STARTTLS", "NOOP", "ID", "LOGIN", "AUTHENTICATE", "LOGOUT"},
     "STARTTLS"},
    {SPOKEN_POP3,
     {110},
     "+OK",
     false,
     false,
     {"CAPA", "STLS", "USER", "APOP", "AUTH", "QUIT"},
     "STLS"},
};

/* What a client said in one line. */
struct line {
    struct span text; /* without its end */
    struct span word; /* the command */
};

static bool span_is_word(struct span bytes, const char *word)
{
    return http_same(bytes, span_text(word));
}

static bool word_is_among(struct span word, const char *const words[WORDS_MOST])
{
    for (size_t i = 0; i < WORDS_MOST && words[i] != NULL; i++)
        if (span_is_word(word, words[i]))
            return true;
    return false;
}

static bool begins_with(struct span bytes, const char *text)
{
    size_t length = strlen(text);
    return bytes.length >= length && memcmp(bytes.at, text, length) == 0;
}

/* Where `text` first stands at or behind `from`; SIZE_MAX: nowhere. */
static size_t find(struct span bytes, size_t from, const char *text)
{
    const size_t length = strlen(text);
    for (size_t i = from; i + length <= bytes.length; i++)
        if (bytes.at[i] == (uint8_t)text[0] && memcmp(bytes.at + i, text, length) == 0)
            return i;
    return SIZE_MAX;
}

static struct span word_take(struct cursor *c)
{
    const uint8_t *start = c->at;
    while (cursor_more(c) && *c->at > ' ')
        read_skip(c, 1);
    struct span word = span_of(start, (size_t)(c->at - start));
    if (cursor_more(c))
        read_skip(c, 1);
    return word;
}

/* The line at the cursor, which goes behind it; false when its end is not there. */
static bool line_read(struct cursor *c, bool tagged, struct line *out)
{
    if (!http_line(c, &out->text))
        return false;
    struct cursor words = cursor_of(out->text);
    if (tagged)
        (void)word_take(&words);
    out->word = word_take(&words);
    return true;
}

static bool is_text(struct span bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if ((bytes.at[i] < ' ' || bytes.at[i] >= 0x7f) && bytes.at[i] != '\r' &&
            bytes.at[i] != '\n' && bytes.at[i] != '\t')
            return false;
    return true;
}

static bool has_evidence(const struct talk *talk, const struct dialect *dialect)
{
    for (size_t i = 0; i < COUNT_OF(dialect->ports); i++)
        if (dialect->ports[i] != 0 && dialect->ports[i] == talk->server_port)
            return true;
    return begins_with(talk->said[SERVER], dialect->greeting);
}

/* Could a line whose end is not there yet become one of the first? */
static bool line_may_become_first(const struct dialect *dialect, struct span begun)
{
    struct cursor c = cursor_of(begun);
    if (dialect->tagged) {
        (void)word_take(&c);
        if (!cursor_more(&c))
            return true;
    }
    struct span word = word_take(&c);
    for (size_t i = 0; i < WORDS_MOST && dialect->first[i] != NULL; i++) {
        const char *first = dialect->first[i];
        size_t n = 0;
        while (n < word.length && first[n] != 0 &&
               name_lower(word.at[n]) == name_lower((uint8_t)first[n]))
            n++;
        if (n == word.length && (first[n] == 0 || !cursor_more(&c)))
            return true;
    }
    return false;
}

/* Whether the client's first line is of this protocol: HEARD_PERHAPS while it is too short. */
static enum heard first_line_look(const struct talk *talk, const struct dialect *dialect)
{
    struct span said = talk->said[CLIENT];
    struct cursor c = cursor_of(said);
    struct line line;
    bool evidence = has_evidence(talk, dialect);
    if (!line_read(&c, dialect->tagged, &line)) {
        bool may = said.length < LINE_MOST && is_text(said) && line_may_become_first(dialect, said);
        return may && !talk->complete[CLIENT] ? HEARD_PERHAPS : HEARD_NOT_MINE;
    }
    if (line.text.length > LINE_MOST || !is_text(line.text) ||
        !word_is_among(line.word, dialect->first))
        return HEARD_NOT_MINE;
    if (evidence || dialect->words_suffice)
        return HEARD_MORE;
    /* The greeting may be captured behind the client's words. */
    bool may = talk->said[SERVER].length < strlen(dialect->greeting) && !talk->complete[SERVER];
    return may ? HEARD_PERHAPS : HEARD_NOT_MINE;
}

/* The server's TLS begins behind its "go ahead"; its end when that is not there. */
static size_t server_begin(struct span said)
{
    for (size_t i = 1; i + 2 < said.length; i++)
        if ((said.at[i - 1] == '\n' || said.at[i - 1] == '>') && said.at[i] == 22 &&
            said.at[i + 1] == 3 && said.at[i + 2] <= 4)
            return i;
    return said.length;
}

static const char *spoken_name(enum spoken spoken)
{
    return spoken == SPOKEN_SMTP   ? "SMTP"
           : spoken == SPOKEN_IMAP ? "IMAP"
           : spoken == SPOKEN_POP3 ? "POP3"
                                   : "XMPP";
}

/* Nothing will be upgraded: understood, and it says no name. */
static enum heard plain(enum spoken spoken, struct sightings *out)
{
    struct sighting *sighting = sight_add(out, spoken, SEEN_PACKET);
    sighting->why = WHY_NOT_SAID;
    sight_evidence(sighting, "%s without STARTTLS", spoken_name(spoken));
    return HEARD_DONE;
}

/* TLS from `at` on in what the client said. HEARD_NOT_MINE: something else goes on there. */
static enum heard upgrade(const struct talk *talk, size_t at, enum spoken spoken,
                          struct sightings *out)
{
    struct talk inner = *talk;
    const struct span client = talk->said[CLIENT], server = talk->said[SERVER];
    const unsigned before = out->count;
    inner.midstream = false;
    inner.depth = talk->depth + 1;
    inner.said[CLIENT] = span_behind(client, at);
    inner.said[SERVER] = span_behind(server, server_begin(server));
    enum heard heard = sight_tls_look(&inner, out);
    out->want = out->want > 0 ? out->want + at : 0;
    for (unsigned i = before; i < out->count; i++) {
        char evidence[EVIDENCE_SIZE];
        memcpy(evidence, out->list[i].evidence, sizeof evidence);
        out->list[i].spoken = spoken;
        sight_evidence(&out->list[i], "STARTTLS in %s: %.80s", spoken_name(spoken), evidence);
    }
    if (heard == HEARD_PERHAPS)
        return talk->complete[CLIENT] ? HEARD_NOT_MINE : HEARD_MORE;
    return heard;
}

/* Line by line to the upgrade, and behind one that the server refused to the next; also where the
 * protocol allows none any more, since a refused command changes nothing. */
static enum heard lines_look(const struct talk *talk, const struct dialect *dialect,
                             struct sightings *out)
{
    struct span said = talk->said[CLIENT];
    struct cursor c = cursor_of(said);
    struct line line;
    while (line_read(&c, dialect->tagged, &line)) {
        if (!span_is_word(line.word, dialect->upgrade))
            continue;
        enum heard heard = upgrade(talk, said.length - cursor_left(&c), dialect->spoken, out);
        if (heard != HEARD_NOT_MINE)
            return heard;
    }
    return talk->complete[CLIENT] ? plain(dialect->spoken, out) : HEARD_MORE;
}

/* RFC 6120 4.2: a stream is opened by an element of this namespace. */
static enum heard xmpp_look(const struct talk *talk, struct sightings *out)
{
    static const char *const beginnings[] = {"<?xml ", "<stream:stream "};
    struct span said = talk->said[CLIENT];
    bool begun = false;
    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        size_t length = strlen(beginnings[i]);
        length = said.length < length ? said.length : length;
        begun |= length == 0 || memcmp(said.at, beginnings[i], length) == 0;
    }
    size_t stream = find(said, 0, "<stream:stream ");
    size_t end = stream == SIZE_MAX ? SIZE_MAX : find(said, stream, ">");
    if (!begun || (end == SIZE_MAX && (said.length > LINE_MOST || talk->complete[CLIENT])))
        return HEARD_NOT_MINE;
    if (end == SIZE_MAX)
        return HEARD_PERHAPS;
    size_t space = find(said, stream, "http://etherx.jabber.org/streams");
    if (space == SIZE_MAX || space > end)
        return HEARD_NOT_MINE;
    size_t at = find(said, end, "<starttls");
    size_t close = at == SIZE_MAX ? SIZE_MAX : find(said, at, ">");
    if (close != SIZE_MAX && said.at[close - 1] != '/') {
        close = find(said, close, "</starttls");
        close = close == SIZE_MAX ? SIZE_MAX : find(said, close, ">");
    }
    if (close == SIZE_MAX)
        return talk->complete[CLIENT] ? plain(SPOKEN_XMPP, out) : HEARD_MORE;
    for (close++; close < said.length && said.at[close] <= ' ' && said.at[close] != 22;)
        close++;
    enum heard heard = upgrade(talk, close, SPOKEN_XMPP, out);
    return heard == HEARD_NOT_MINE ? plain(SPOKEN_XMPP, out) : heard;
}

static enum heard starttls_look(const struct talk *talk, struct sightings *out)
{
    if (talk->midstream)
        return HEARD_NOT_MINE;
    if (talk->said[CLIENT].length == 0)
        return HEARD_PERHAPS;
    bool perhaps = false;
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        enum heard heard = first_line_look(talk, &dialects[i]);
        if (heard == HEARD_MORE)
            return lines_look(talk, &dialects[i], out);
        perhaps |= heard == HEARD_PERHAPS;
    }
    enum heard heard = xmpp_look(talk, out);
    return heard == HEARD_NOT_MINE && perhaps ? HEARD_PERHAPS : heard;
}

const struct recogniser sight_starttls = {"starttls", IP_TCP, starttls_look, 0};
