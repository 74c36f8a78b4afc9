/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source_yaml - lists as docs/lists.md teaches them.
 */
#include "policy/source.h"

#include "dns/type.h"
#include "yaml/schema.h"

#include <stdio.h>
#include <stdlib.h>

enum { TARGETS_MOST = 8, APPROVERS_MOST = 8 };

/* What a rule or an exception is about: one of the four. */
struct about {
    struct name domain, name;
    struct prefix address;
    uint32_t protocol;
    struct yaml_place domain_at, name_at, address_at, protocol_at;
};

struct yaml_rule {
    struct about about;
    uint32_t action, evidence;
    char to[TARGETS_MOST][NAME_TEXT_SIZE];
    struct yaml_place to_at[TARGETS_MOST];
    uint32_t to_count;
    char ticket[LIST_TEXT_SIZE], note[LIST_TEXT_SIZE], source[LIST_TEXT_SIZE];
};

struct yaml_exception {
    struct about about;
    char groups[GROUPS_MOST][LIST_ID_SIZE];
    struct yaml_place groups_at[GROUPS_MOST];
    uint32_t group_count;
    char ticket[LIST_TEXT_SIZE], note[LIST_TEXT_SIZE];
    char approved_by[APPROVERS_MOST][LIST_ID_SIZE];
    uint32_t approver_count;
    uint32_t until;
    struct yaml_place until_at;
};

struct yaml_list {
    char id[LIST_ID_SIZE], title[LIST_TEXT_SIZE], app[LIST_TEXT_SIZE], authority[LIST_TEXT_SIZE],
        reference[LIST_TEXT_SIZE], owner[LIST_TEXT_SIZE], ticket[LIST_TEXT_SIZE];
    uint64_t serial;
    uint32_t review_by, action, evidence;
    bool legal;
    struct yaml_place id_at, serial_at, review_at, action_at, evidence_at;
};

struct yaml_reading {
    struct reading *r;
    struct yaml_list list;
    struct yaml_place first_rule;
};

/* clang-format off */
/* The rows of what a rule or an exception is about. */
#define ABOUT_ROWS(type)                                                                           \
    {"domain", &yaml_name, YAML_FIELD(type, about.domain), YAML_AT(type, about.domain_at),         \
     .help = "This name and all names below it."},                                                 \
    {"name", &yaml_name, YAML_FIELD(type, about.name), YAML_AT(type, about.name_at),               \
     .help = "Exactly this name."},                                                                \
    {"address", &yaml_prefix, YAML_FIELD(type, about.address), YAML_AT(type, about.address_at),    \
     .help = "This address, or all of this prefix."},                                              \
    {"protocol", &yaml_word, YAML_FIELD(type, about.protocol), YAML_AT(type, about.protocol_at),   \
     .words = protocol_words, .least = PROTOCOL_MMTLS,                                             \
     .help = "A protocol that the inspector recognises."}

static const struct yaml_row rule_rows[] = {
    ABOUT_ROWS(struct yaml_rule),
    {"action", &yaml_word, YAML_FIELD(struct yaml_rule, action), .words = action_words,
     .least = ACTION_ALLOW},
    {"evidence", &yaml_word, YAML_FIELD(struct yaml_rule, evidence),
     .words = evidence_words, .least = EVIDENCE_INSTALLED},
    {"to", &yaml_text, YAML_LIST(struct yaml_rule, to, to_count), YAML_AT(struct yaml_rule, to_at)},
    {"ticket", &yaml_text, YAML_FIELD(struct yaml_rule, ticket)},
    {"note", &yaml_text, YAML_FIELD(struct yaml_rule, note)},
    {"source", &yaml_text, YAML_FIELD(struct yaml_rule, source)},
};

static const struct yaml_row exception_rows[] = {
    ABOUT_ROWS(struct yaml_exception),
    {"groups", &yaml_text, YAML_LIST(struct yaml_exception, groups, group_count),
     YAML_AT(struct yaml_exception, groups_at)},
    {"ticket", &yaml_text, YAML_FIELD(struct yaml_exception, ticket)},
    {"note", &yaml_text, YAML_FIELD(struct yaml_exception, note)},
    {"approved_by", &yaml_text, YAML_LIST(struct yaml_exception, approved_by, approver_count)},
    {"until", &yaml_date, YAML_FIELD(struct yaml_exception, until),
     YAML_AT(struct yaml_exception, until_at)},
};
/* clang-format on */

/* Where the one thing stands that a rule is about; line 0 when it is none or several. */
static struct yaml_place about_place(const struct about *about, enum rule_kind *kind)
{
    const struct yaml_place places[] = {
        [RULE_DOMAIN] = about->domain_at,
        [RULE_NAME] = about->name_at,
        [RULE_ADDRESS] = about->address_at,
        [RULE_PROTOCOL] = about->protocol_at,
    };
    struct yaml_place found = {0};
    for (unsigned i = 0; i < COUNT_OF(places); i++) {
        if (places[i].line == 0)
            continue;
        if (found.line != 0)
            return (struct yaml_place){0};
        found = places[i];
        *kind = i;
    }
    return found;
}

static void add(struct yaml_reading *y, struct build_class *class, const struct about *about,
                struct yaml_place item)
{
    struct reading *r = y->r;
    const struct yaml_place at = about_place(about, &class->kind);
    if (at.line == 0) {
        problem_error(r->problems, r->list->file, item.line, item.column,
                      "%s is about exactly one of domain, name, address and protocol; write one "
                      "item for each",
                      class->exception ? "an exception" : "a rule");
        return;
    }
    uint32_t number = build_class(r->build, class);
    switch (class->kind) {
    case RULE_DOMAIN:
        source_name(r, number, class, &about->domain, at.line, at.column);
        break;
    case RULE_NAME:
        source_name(r, number, class, &about->name, at.line, at.column);
        break;
    case RULE_ADDRESS:
        source_prefix(r, number, class, &about->address, at.line, at.column);
        break;
    case RULE_PROTOCOL:
        build_protocol(r->build, number, about->protocol, at.line);
        break;
    }
}

/* Where `redirect` leads: one name, or addresses, as bytes in `buffer`. */
static bool read_target(struct yaml_reading *y, const struct yaml_rule *rule,
                        struct build_class *class, uint8_t buffer[NAME_MAX_WIRE])
{
    struct reading *r = y->r;
    char why[YAML_WHY_SIZE];
    struct name name;
    size_t length = 0;
    for (uint32_t i = 0; i < rule->to_count; i++) {
        struct address address;
        struct span text = span_text(rule->to[i]);
        if (address_parse(rule->to[i], &address) == STATUS_OK) {
            memcpy(buffer + length, &address, sizeof address);
            length += sizeof address;
            continue;
        }
        if (rule->to_count == 1 && yaml_name.read(NULL, text, &name, why) && name.labels > 0) {
            memcpy(buffer, name.wire, name.length);
            class->redirect = span_of(buffer, name.length);
            class->redirect_is_name = true;
            return true;
        }
        problem_error(r->problems, r->list->file, rule->to_at[i].line, rule->to_at[i].column,
                      "`to` takes one host name, or addresses; `%.80s` is not that", rule->to[i]);
        return false;
    }
    class->redirect = span_of(buffer, length);
    return true;
}

static void on_rule(void *owner, const void *item, struct yaml_place at)
{
    struct yaml_reading *y = owner;
    const struct yaml_rule *rule = item;
    uint8_t target[NAME_MAX_WIRE];
    struct build_class class = {
        .list = y->r->number,
        .action = rule->action != 0 ? rule->action : y->list.action,
        .evidence = rule->evidence != 0 ? rule->evidence : y->list.evidence,
        .ticket = rule->ticket,
        .note = rule->note,
        .source = rule->source,
    };
    if (y->first_rule.line == 0)
        y->first_rule = at;
    if ((class.action == ACTION_REDIRECT) != (rule->to_count > 0)) {
        problem_error(y->r->problems, y->r->list->file, at.line, at.column,
                      "`action: redirect` and `to:` need each other; write `to: [name]` or "
                      "`to: [address, ...]` with it, or neither");
        return;
    }
    if (read_target(y, rule, &class, target))
        add(y, &class, &rule->about, at);
}

/* An unknown group is no error: one list serves gateways that have other groups. */
static void read_groups(struct yaml_reading *y, const struct yaml_exception *exception,
                        struct build_class *class)
{
    const struct reading *r = y->r;
    class->some_groups = exception->group_count > 0;
    for (uint32_t i = 0; i < exception->group_count; i++) {
        size_t n = 0;
        while (n < r->policy->group_count &&
               strcmp(r->policy->groups[n].id, exception->groups[i]) != 0)
            n++;
        if (n < r->policy->group_count)
            class->groups[n / 64] |= UINT64_C(1) << n % 64;
        else
            problem_warning(r->problems, r->list->file, exception->groups_at[i].line,
                            exception->groups_at[i].column,
                            "no group here is called %s, so the exception holds for nobody there; "
                            "correct the name if it was meant for this gateway",
                            exception->groups[i]);
    }
}

/* "approved by a.tremblay, k.singh" */
static void approval_text(const struct yaml_exception *exception, char *out, size_t size)
{
    struct writer w = writer_over(out, size - 1);
    for (uint32_t i = 0; i < exception->approver_count; i++) {
        write_text(&w, i == 0 ? "approved by " : ", ");
        write_text(&w, exception->approved_by[i]);
    }
    out[writer_length(&w)] = 0;
}

static void on_exception(void *owner, const void *item, struct yaml_place at)
{
    struct yaml_reading *y = owner;
    const struct reading *r = y->r;
    const struct yaml_exception *exception = item;
    char approval[APPROVERS_MOST * (LIST_ID_SIZE + 2) + 16];
    approval_text(exception, approval, sizeof approval);
    struct build_class class = {
        .list = r->number,
        .exception = true,
        .action = ACTION_ALLOW,
        .ticket = exception->ticket,
        .note = exception->note,
        .source = approval,
        .until = exception->until,
    };
    if (exception->until != 0 && exception->until < r->policy->today) {
        problem_warning(r->problems, r->list->file, exception->until_at.line,
                        exception->until_at.column,
                        "this exception has ended and was left out; remove it or extend it");
        return;
    }
    read_groups(y, exception, &class);
    add(y, &class, &exception->about, at);
}

static const struct yaml_schema rule_schema = YAML_SCHEMA("a rule", struct yaml_rule, rule_rows);
static const struct yaml_schema exception_schema =
    YAML_SCHEMA("an exception", struct yaml_exception, exception_rows);

/* clang-format off */
static const struct yaml_row list_rows[] = {
    {"list", &yaml_text, YAML_FIELD(struct yaml_list, id), YAML_AT(struct yaml_list, id_at),
     .required = true},
    {"title", &yaml_text, YAML_FIELD(struct yaml_list, title), .required = true},
    {"app", &yaml_text, YAML_FIELD(struct yaml_list, app)},
    {"authority", &yaml_text, YAML_FIELD(struct yaml_list, authority)},
    {"reference", &yaml_text, YAML_FIELD(struct yaml_list, reference)},
    {"owner", &yaml_text, YAML_FIELD(struct yaml_list, owner)},
    {"ticket", &yaml_text, YAML_FIELD(struct yaml_list, ticket)},
    {"legal", &yaml_bool, YAML_FIELD(struct yaml_list, legal), .fallback = "no"},
    {"serial", &yaml_count, YAML_FIELD(struct yaml_list, serial),
     YAML_AT(struct yaml_list, serial_at), .required = true},
    {"review_by", &yaml_date, YAML_FIELD(struct yaml_list, review_by),
     YAML_AT(struct yaml_list, review_at)},
    {"action", &yaml_word, YAML_FIELD(struct yaml_list, action),
     YAML_AT(struct yaml_list, action_at), .words = action_words, .least = ACTION_ALLOW,
     .fallback = "sinkhole"},
    {"evidence", &yaml_word, YAML_FIELD(struct yaml_list, evidence),
     YAML_AT(struct yaml_list, evidence_at), .words = evidence_words, .least = EVIDENCE_INSTALLED},
    {"rules", .items = &rule_schema, .on_item = on_rule},
    {"exceptions", .items = &exception_schema, .on_item = on_exception},
};
/* clang-format on */
static const struct yaml_schema list_schema = YAML_SCHEMA("a list", struct yaml_list, list_rows);

/* Rules are taken in as they are read, so what they inherit must have been said. */
static void check_order(const struct yaml_reading *y, const struct yaml_place *at, const char *key)
{
    if (y->first_rule.line != 0 && at->line > y->first_rule.line)
        problem_error(y->r->problems, y->r->list->file, at->line, at->column,
                      "`%s` comes after rules that inherit it; move it above `rules`", key);
}

static void yaml_read(struct reading *r)
{
    struct yaml_reading *y = calloc(1, sizeof *y);
    if (y == NULL) {
        problem_error(r->problems, r->list->file, 0, 0, "out of memory");
        return;
    }
    r->memory = y;
    y->r = r;
    /* An error is in problems, where compile looks for it. */
    enum status status = yaml_read_text(span_of(r->text, r->length), r->list->file, &list_schema,
                                        &y->list, y, r->problems);
    const struct yaml_list *list = &y->list;
    if (status != STATUS_OK && status != STATUS_INVALID)
        problem_error(r->problems, r->list->file, 0, 0, "%s", status_text(status));
    check_order(y, &list->action_at, "action");
    check_order(y, &list->evidence_at, "evidence");
    if (list->review_by != 0 && list->review_by < r->policy->today)
        problem_warning(r->problems, r->list->file, list->review_at.line, list->review_at.column,
                        "this list was to be reviewed by now; review it and set a new date");
    r->words.id = list->id;
    r->words.title = list->title;
    r->words.app = list->app;
    r->words.authority = list->authority;
    r->words.reference = list->reference;
    r->words.owner = list->owner;
    r->words.ticket = list->ticket;
    r->words.serial = list->serial;
    r->words.review_by = list->review_by;
    r->words.ede = list->legal ? EDE_CENSORED : EDE_BLOCKED;
    r->id_line = list->id_at.line;
    r->serial_line = list->serial_at.line;
}

const struct source source_yaml = {"yaml", yaml_read};
