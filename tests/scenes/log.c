/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log - the recorder of a scene, and the steps that look at what it was told.
 *
 *     event LIST RULE [KEY=VALUE …]     the oldest event that no step has looked at
 *     no event                          there is none
 *     recorder full | empty             takes none; takes them again
 */
#include "scene.h"

#include "dns/type.h"

#include <strings.h>

static void rule_words(const struct policy *policy, uint32_t number, char *out)
{
    out[0] = 0;
    if (number != RULE_NONE)
        policy_rule_text(policy, number, out);
}

bool log_record(void *owner, const struct event *event)
{
    struct scene *scene = owner;
    struct log *log = &scene->log;
    if (log->is_full)
        return false;
    if (log->count == EVENTS_MOST)
        return fail(scene, "more than %d events", EVENTS_MOST);
    if (!event_is_sound(event))
        return fail(scene, "an event that record would refuse");
    struct logged *logged = &log->events[log->count++];
    logged->event = *event;
    if (event->verdict.rule != RULE_NONE)
        snprintf(logged->list, sizeof logged->list, "%s",
                 policy_list(scene->policy, event->verdict.list).id);
    rule_words(scene->policy, event->verdict.rule, logged->rule);
    rule_words(scene->policy, event->verdict.noted, logged->noted);
    return true;
}

static void matched_text(const struct event *e, char *out)
{
    if (e->has_address)
        address_text(&e->matched_address, out);
    else if (e->matched_name.labels > 0)
        name_text(&e->matched_name, out);
    else
        snprintf(out, NAME_TEXT_SIZE, "question");
}

static bool is_text(const struct logged *logged, const char *key, char out[NAME_TEXT_SIZE])
{
    const struct event *e = &logged->event;
    char word[WORD_SIZE], address[ADDRESS_TEXT_SIZE];
    const char *text = NULL;
    out[0] = 0;
    if (strcmp(key, "action") == 0)
        text = action_words[e->verdict.action];
    else if (strcmp(key, "wanted") == 0)
        text = action_words[e->verdict.wanted];
    else if (strcmp(key, "evidence") == 0)
        text = evidence_words[e->verdict.evidence];
    else if (strcmp(key, "seen") == 0)
        text = seen_words[e->seen];
    else if (strcmp(key, "noted") == 0)
        text = logged->noted;
    else if (strcmp(key, "client") == 0)
        text = address_text(&e->client, address);
    else if (strcmp(key, "name") == 0)
        text = name_text(&e->question, out);
    else if (strcmp(key, "type") == 0)
        text = type_text(e->type, word);
    else if (strcmp(key, "rcode") == 0)
        text = rcode_text(e->rcode, word);
    else if (strcmp(key, "answered") == 0)
        text = e->answered ? "yes" : "no";
    else if (strcmp(key, "transport") == 0)
        text = e->transport == TRANSPORT_TCP ? "tcp" : "udp";
    else if (strcmp(key, "matched") == 0)
        matched_text(e, out);
    else
        return false;
    if (text != NULL && text != out)
        snprintf(out, NAME_TEXT_SIZE, "%s", text);
    return true;
}

static bool is_number(const struct logged *logged, const char *key, char out[NAME_TEXT_SIZE])
{
    const struct event *e = &logged->event;
    uint64_t number;
    if (strcmp(key, "ede") == 0)
        number = e->ede;
    else if (strcmp(key, "lost") == 0)
        number = e->lost_before;
    else if (strcmp(key, "sampled") == 0)
        number = e->sampled_before;
    else if (strcmp(key, "generation") == 0)
        number = e->generation;
    else if (strcmp(key, "ms") == 0)
        number = e->duration_us / 1000;
    else
        return false;
    snprintf(out, NAME_TEXT_SIZE, "%llu", (unsigned long long)number);
    return true;
}

static bool check_field(struct scene *scene, const struct logged *logged, const char *word)
{
    char key[32], is[NAME_TEXT_SIZE];
    size_t length = strcspn(word, "=");
    snprintf(key, sizeof key, "%.*s", (int)length, word);
    if (word[length] == 0 || (!is_text(logged, key, is) && !is_number(logged, key, is)))
        return fail(scene, "`%s` is nothing that an event has", word);
    return strcasecmp(is, word + length + 1) == 0 ||
           fail(scene, "the event has %s=%s, not %s", key, is, word + length + 1);
}

bool log_event(struct scene *scene, const struct words *words, struct block below)
{
    struct log *log = &scene->log;
    if (words->count < 3)
        return fail(scene, "write: event LIST RULE, and what else it says");
    if (log->looked_at == log->count)
        return fail(scene, "no event came");
    const struct logged *logged = &log->events[log->looked_at++];
    if (strcmp(logged->list, words->word[1]) != 0 || strcmp(logged->rule, words->word[2]) != 0)
        return fail(scene, "the event is about %s %s", logged->list, logged->rule);
    for (unsigned i = 3; i < words->count; i++)
        if (!check_field(scene, logged, words->word[i]))
            return false;
    return true;
}

bool log_no_event(struct scene *scene, const struct words *words, struct block below)
{
    const struct log *log = &scene->log;
    if (words->count != 2 || strcmp(words->word[1], "event") != 0)
        return fail(scene, "write: no event");
    if (log->looked_at == log->count)
        return true;
    const struct logged *logged = &log->events[log->looked_at];
    return fail(scene, "an event about %s %s", logged->list, logged->rule);
}

bool log_recorder(struct scene *scene, const struct words *words, struct block below)
{
    bool is_full = words->count == 2 && strcmp(words->word[1], "full") == 0;
    if (!is_full && (words->count != 2 || strcmp(words->word[1], "empty") != 0))
        return fail(scene, "write: recorder full, or recorder empty");
    scene->log.is_full = is_full;
    return true;
}
