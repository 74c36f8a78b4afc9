/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scene - one server, the clock it is told, and everything around it that a scene plays.
 *
 * Used by the files of this folder, each of which plays one side: house.c the admin, client.c the
 * clients, upstream.c the Internet, log.c the recorder. Only the first thing that goes wrong is
 * kept: what comes after is its echo.
 */
#ifndef SCENES_SCENE_H
#define SCENES_SCENE_H

#include "script.h"
#include "serve/server.h"

enum {
    LISTS_ASKED_MOST = 16,
    ENTRIES_MOST = 128,
    HELD_MOST = 4096,
    CLIENTS_MOST = 64,
    QUESTIONS_MOST = 256,
    EVENTS_MOST = 256,
    LABEL_SIZE = 32,
    FAILURE_SIZE = 8192
};

/* What the admin wrote. */
struct house {
    struct block config, groups;
    struct {
        const char *id;
        struct block text;
    } lists[LISTS_ASKED_MOST];
    size_t list_count;
};

/* One question that the Internet knows an answer to, and one that waits for it. */
struct entry {
    struct name name;
    bool is_wildcard; /* answers for all names below */
    uint16_t type;
    int dnssec, unchecked; /* 1: only with DO or CD, -1: only without, 0: either */
    const struct line *head;
    struct block body;
};
struct held {
    struct message_ask ask;
    clock_ms due;
    const struct entry *entry; /* NULL: the state of all upstreams is the answer */
    uint8_t outcome;
};
enum weather { WEATHER_FINE, WEATHER_DEAD, WEATHER_UNREACHABLE, WEATHER_NETWORK, WEATHER_GONE };
struct upstream {
    struct entry entries[ENTRIES_MOST];
    size_t entry_count;
    enum weather weather;
    struct held held[HELD_MOST];
    size_t held_count;
    unsigned asked; /* since the last step `asked` */
};

/* A question of a client's, and what became of it. */
enum state { STATE_FREE, STATE_WAITING, STATE_ANSWERED, STATE_SILENT };
struct question_asked {
    enum state state;
    char label[LABEL_SIZE];
    struct peer peer;
    size_t length, reply_length;
    uint8_t bytes[4096];
    uint8_t *reply; /* MESSAGE_MOST */
};
struct clients {
    struct question_asked questions[QUESTIONS_MOST];
    struct question_asked *last;
    unsigned serial;
    struct {
        struct address address;
        uint8_t bytes[COOKIE_MOST];
        size_t length;
    } cookies[CLIENTS_MOST]; /* that the server gave */
    size_t cookie_count;
};

/* An event, with the words that its policy had for it. */
struct logged {
    struct event event;
    char list[LIST_ID_SIZE], rule[NAME_TEXT_SIZE], noted[NAME_TEXT_SIZE];
};
struct log {
    struct logged events[EVENTS_MOST];
    size_t count, looked_at;
    bool is_full;
};

struct scene {
    struct script script;
    const struct line *at; /* what is being played */
    char failure[FAILURE_SIZE];

    struct moment when;
    struct house house;
    struct config config;
    struct counters counters;
    struct policy *policy;
    uint32_t generation;
    struct server *server;

    struct upstream upstream;
    struct clients clients;
    struct log log;
};

/* Says what is wrong with the line that is being played. Always gives false. */
bool fail(struct scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Each gives false after fail(). Steps get the words of their line and what stands below it. */

/* house.c: reads config, lists and groups; makes the policy; a server that has it. */
bool house_read(struct scene *scene, struct block whole);
bool house_open(struct scene *scene);
void house_close(struct scene *scene);
/* Exceptions end at midnight; whoever owns a loop says when that is. */
void house_new_day(struct scene *scene);
bool house_list(struct scene *scene, const struct words *words, struct block below);
bool house_groups(struct scene *scene, const struct words *words, struct block below);

/* upstream.c */
bool upstream_read(struct scene *scene, struct block entries);
bool upstream_step(struct scene *scene, const struct words *words, struct block below);
bool upstream_ask(void *owner, const struct message_ask *ask);
/* Gives the answers that are due; and when the next one will be. */
void upstream_play(struct scene *scene);
clock_ms upstream_next(const struct scene *scene);
/* The process that asks for us died, with all that it was asked. */
void upstream_lost(struct scene *scene);

/* client.c and expect.c */
bool client_ask(struct scene *scene, const struct words *words, struct block below);
bool client_asks(struct scene *scene, const struct words *words, struct block below);
bool client_raw(struct scene *scene, const struct words *words, struct block below);
void client_reply(void *owner, const struct peer *peer, struct span message);
void client_free(struct scene *scene);
bool client_expect(struct scene *scene, const struct words *words, struct block below);

/* log.c */
bool log_record(void *owner, const struct event *event);
bool log_event(struct scene *scene, const struct words *words, struct block below);
bool log_no_event(struct scene *scene, const struct words *words, struct block below);
bool log_recorder(struct scene *scene, const struct words *words, struct block below);

/* records.c: record lines as the records of a message.
 *     [times N] OWNER TTL CLASS TYPE DATA     @ as OWNER: `asked`; the first % of the rest: 1 … N
 *     authority, additional                   what follows stands there
 * TTL * is ANY_TTL. */
enum { ANY_TTL = 77777777 };
bool records_write(struct scene *scene, struct block lines, const struct name *asked,
                   struct writer *out, uint16_t counts[SECTION_COUNT]);

#endif
