/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * web - what the web role holds, for its routes.
 *
 * Used by web's own files alone.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "config/config.h"
#include "people/cases.h"
#include "people/people.h"
#include "policy/image.h"
#include "process/birth.h"
#include "store/store.h"
#include "store/summary.h"
#include "view/incident_json.h"

struct request;

/* The history, as far as it is open. */
struct history_view {
    struct store *store;     /* NULL: not open */
    struct summary *summary; /* the same */
    uint64_t file;           /* which summary.sqlite it is: its inode */
    clock_ms looked;         /* at that file; 0: never */
    char why[STORE_WHY_SIZE];
};

struct web {
    struct gifts gifts;
    const struct config *config;
    struct event_base *base;
    struct people *people;
    struct passwords *passwords; /* api_people.c: who waits until one was compared */
    struct policy *policy;       /* of this gateway, for lists and rules; NULL: none */
    uint32_t policy_generation;
    struct tls *tls;          /* NULL: no certificate is configured */
    struct webserver *server; /* http/webserver.h */
    struct site *page;        /* NULL: it is not built */
    struct history_view history;
    struct incident_cache *incidents; /* api_incidents.c; NULL: nothing was asked yet */
    struct tails *tails;              /* tail.c */
    struct exports *exports;          /* export.c */
    struct metrics *metrics;          /* metrics.c */
    clock_us since;
};

/* Of `config`; `gifts` and `tls` are there. Whatever cannot be had ends the process. */
void web_open(struct web *web);
void web_close(struct web *web);
/* Takes over the descriptor of a policy image. */
void web_adopt_policy(struct web *web, int fd, uint32_t generation);
/* The page of a path, or one of its files. */
void web_page(struct request *request);
/* The file with the first password, once that password is no longer. */
void web_forget_first(struct web *web);

/* The thread that compares passwords; what cannot be had ends the process. Closed behind all
 * connections. */
void passwords_open(struct web *web);
void passwords_close(struct web *web);

/* Opened when first needed, and again when the files were replaced. STATUS_AGAIN: there is no
 * history yet. What they give stays web's. */
MUST_USE enum status web_store(struct web *web, struct store **out);
MUST_USE enum status web_summary(struct web *web, struct summary **out);
/* Answers 503 with what is wrong when there is none; false: answered. */
bool web_need_store(struct request *request, struct store **out);
bool web_need_summary(struct request *request, struct summary **out);

/* The members of the API's objects, into an object that is open; each beside its routes. */
void show_incident(struct json *json, struct web *web, const struct incident *incident);
void show_row(struct json *json, struct web *web, const struct row *row);

/* A list of all gateways. False: the summary cannot be read. */
bool show_gateways(struct json *json, struct summary *summary, clock_us now);

/* Of all incidents, as of a moment ago. */
struct incident_totals {
    uint64_t states[CASE_STATES];
    uint64_t devices; /* that had an attempt since `from` */
};
MUST_USE enum status incidents_count(struct web *web, clock_us from, struct incident_totals *out);
/* Those that are new, highest score first, at most `most`; gives how many. */
uint32_t incidents_newest(struct web *web, uint32_t most, uint64_t *ids);
void incidents_free(struct web *web);
/* Those that the query string asks for, in its order, at most `most`; the caller frees them. False:
 * answered. */
bool incidents_find(struct request *request, size_t most, uint64_t **ids, size_t *count);
/* Somebody changed the case of an incident: lists are to know at once. */
void web_cases_changed(struct web *web);

#endif
