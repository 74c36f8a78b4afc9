/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * explain - a verdict in words.
 */
#include "policy/explain.h"

#include "dns/edns.h"

#include <stdarg.h>
#include <stdio.h>

static const char *rule_ticket(const struct list_view *list, const struct rule_view *rule)
{
    return rule->ticket[0] != 0 ? rule->ticket : list->ticket;
}

/* At most `most` bytes of UTF-8, cut between characters. */
static size_t cut(const char *text, size_t most)
{
    size_t length = strlen(text);
    if (length <= most)
        return length;
    while (most > 0 && ((uint8_t)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void explain_briefly(const struct policy *policy, const struct verdict *verdict, struct writer *w)
{
    struct rule_view rule;
    if (verdict->rule == RULE_NONE)
        return;
    policy_rule(policy, verdict->rule, &rule);
    const struct list_view list = policy_list(policy, verdict->list);
    const char *ticket = rule_ticket(&list, &rule);
    size_t behind = ticket[0] != 0 ? strlen(", ") + strlen(ticket) : 0;
    if (behind >= EDE_TEXT_MOST)
        behind = 0;
    write_bytes(w, list.title, cut(list.title, EDE_TEXT_MOST - behind));
    if (behind > 0) {
        write_text(w, ", ");
        write_text(w, ticket);
    }
}

/* One line: a word in the left column, and what it says. Nothing when there is nothing to say. */
__attribute__((format(printf, 3, 4))) static void say(struct writer *w, const char *word,
                                                      const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (line[0] == 0)
        return;
    char label[16];
    snprintf(label, sizeof label, "%-10s", word);
    write_text(w, label);
    write_text(w, line);
    write_text(w, "\n");
}

static const char *date_text(uint32_t date, char out[16])
{
    snprintf(out, 16, "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
    return out;
}

static const char *const kind_words[] = {
    [RULE_DOMAIN] = "domain",
    [RULE_NAME] = "name",
    [RULE_ADDRESS] = "address",
    [RULE_PROTOCOL] = "protocol",
};

/* "www.wechat.com → sinkhole (enforced)" */
static void say_verdict(const struct subject *subject, const struct verdict *v, struct writer *w)
{
    char name[NAME_TEXT_SIZE];
    char address[ADDRESS_TEXT_SIZE];
    const char *separator = "";
    if (subject->name != NULL) {
        write_text(w, name_text(subject->name, name));
        separator = " ";
    }
    if (subject->destination != NULL) {
        write_text(w, separator);
        write_text(w, address_text(subject->destination, address));
        separator = " ";
    }
    if (subject->protocol != PROTOCOL_NONE) {
        write_text(w, separator);
        write_text(w, protocol_words[subject->protocol]);
    }
    write_text(w, " → ");
    write_text(w, action_words[v->wanted]);
    if (v->wanted != v->action)
        write_text(w, " (not enforced: the group only observes)");
    else if (action_blocks(v->action))
        write_text(w, " (enforced)");
    write_text(w, "\n");
    if (subject->group == GROUP_NONE)
        say(w, "because", "no group holds this client, and there is no group `default`");
    else if (v->rule == RULE_NONE)
        say(w, "because", "none of the lists that the group asks has anything to say");
}

static void say_rule(const struct policy *policy, uint32_t number, const char *word,
                     struct writer *w)
{
    struct rule_view rule;
    char text[NAME_TEXT_SIZE];
    policy_rule(policy, number, &rule);
    const struct list_view list = policy_list(policy, rule.list);
    say(w, word, "%s%s %s, %s:%u", rule.exception ? "exception for " : "", kind_words[rule.kind],
        policy_rule_text(policy, number, text), list.file, rule.line);
}

static void say_details(const struct policy *policy, const struct verdict *v, struct writer *w)
{
    struct rule_view rule;
    char date[16];
    policy_rule(policy, v->rule, &rule);
    const struct list_view list = policy_list(policy, v->list);
    say_rule(policy, v->rule, "because", w);
    say(w, "note", "%s", rule.note);
    say(w, "source", "%s", rule.source);
    if (rule.until != 0)
        say(w, "until", "%s", date_text(rule.until, date));
    if (list.serial != 0)
        say(w, "list", "%s — %s, serial %llu", list.id, list.title,
            (unsigned long long)list.serial);
    else
        say(w, "list", "%s — %s", list.id, list.title);
    say(w, "app", "%s", list.app);
    if (rule.evidence != EVIDENCE_NONE)
        say(w, "evidence", "%s", evidence_words[rule.evidence]);
    if (list.reference[0] != 0)
        say(w, "authority", "%s (%s)", list.authority, list.reference);
    else
        say(w, "authority", "%s", list.authority);
    say(w, "ticket", "%s", rule_ticket(&list, &rule));
    say(w, "owner", "%s", list.owner);
    if (v->noted != RULE_NONE && v->noted != v->rule)
        say_rule(policy, v->noted, "noted", w);
}

/* "mobile (enforce), asked before: encrypted-dns (nothing)" */
static void say_group(const struct policy *policy, const struct subject *subject,
                      const struct said *said, unsigned count, bool decided, struct writer *w)
{
    const struct group_view group = policy_group(policy, subject->group);
    unsigned before = decided ? count - 1 : count;
    write_text(w, "group     ");
    write_text(w, group.id);
    write_text(w, group.observe_only ? " (observe)" : " (enforce)");
    if (before > 0)
        write_text(w, decided ? ", asked before: " : ", asked: ");
    for (unsigned i = 0; i < before; i++) {
        write_text(w, i > 0 ? ", " : "");
        write_text(w, policy_list(policy, said[i].list).id);
        write_text(w, said[i].action == ACTION_PASS ? " (nothing)" : " (observe)");
    }
    write_text(w, "\n");
}

void explain_fully(const struct policy *policy, const struct subject *subject, struct writer *w)
{
    struct said said[LISTS_MOST];
    unsigned count;
    const struct verdict v = decide_aloud(policy, subject, said, &count);
    say_verdict(subject, &v, w);
    if (v.rule != RULE_NONE)
        say_details(policy, &v, w);
    if (subject->group != GROUP_NONE)
        say_group(policy, subject, said, count, v.rule != RULE_NONE && v.wanted != ACTION_OBSERVE,
                  w);
}
