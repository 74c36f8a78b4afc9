/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves policy/image.c: what an image says, and that a damaged one is refused and never read
 * outside its bytes.
 */
#include "world.h"

#include "dns/type.h"
#include "policy/layout.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

static void open_sample(struct world *w)
{
    world_open(w);
    world_list(w, "yaml",
               "list: chat\ntitle: Chat\napp: Chat\nauthority: An act\nlegal: yes\n"
               "reference: https://example.org/act\nowner: soc@example.org\nticket: T-1\n"
               "serial: 2026112401\nreview_by: 2027-03-31\nevidence: installed\nrules:\n"
               "  - domain: chat.example\n    note: the app\n    source: a capture\n"
               "  - name: www.chat.example\n    ticket: T-2\n    evidence: visited\n"
               "  - address: 192.0.2.0/24\n  - address: 192.0.2.7\n  - address: 2001:db8::1\n"
               "  - protocol: mmtls\n"
               "  - domain: r.example\n    action: redirect\n    to: [Walled.example]\n"
               "  - domain: s.example\n    action: redirect\n    to: [192.0.2.9, 2001:db8::9]\n"
               "exceptions:\n"
               "  - domain: pay.chat.example\n    groups: [b]\n    ticket: C-9\n"
               "    approved_by: [a.tremblay, k.singh]\n    until: 2026-12-31\n");
    struct list_source *plain = world_list(w, "domains", "one.example\ntwo.example\n");
    snprintf(plain->title, sizeof plain->title, "Plain");
    world_list(w, "hosts", "0.0.0.0 three.example\n");
    snprintf(w->lists[2].authority, LIST_TEXT_SIZE, "Somebody");
    world_group(w, "a", "0.0.0.0/0 ::/0");
    struct group_source *b = world_group(w, "b", "10.1.0.0/16");
    b->observe_only = b->remove_ech = true;
    b->list_count = 2;
    b->lists[0] = 1;
    b->lists[1] = 0;
    world_compile(w);
}

static struct rule_view rule_about(const struct world *w, const char *client, const char *what)
{
    struct rule_view rule;
    struct verdict v = ask(w, client, what);
    assert_int_not_equal(v.rule, RULE_NONE);
    policy_rule(w->policy, v.rule, &rule);
    return rule;
}

/* The text of the rule that decides about it; lives until the next call. */
static const char *text_about(const struct world *w, const char *client, const char *what)
{
    static char text[NAME_TEXT_SIZE];
    return policy_rule_text(w->policy, ask(w, client, what).rule, text);
}

struct counted {
    const struct policy *policy;
    uint32_t of_list[3], exceptions;
};

static void count_rule(void *owner, uint32_t rule, uint16_t list)
{
    struct counted *counted = owner;
    char text[NAME_TEXT_SIZE];
    struct rule_view view;
    assert_true(policy_rule(counted->policy, rule, &view));
    assert_int_equal(view.list, list);
    assert_string_not_equal(policy_rule_text(counted->policy, rule, text), "");
    counted->of_list[list]++;
    counted->exceptions += view.exception;
}

static void test_every_rule(void **state)
{
    struct world w;
    open_sample(&w);
    struct counted counted = {.policy = w.policy};
    policy_rules(w.policy, count_rule, &counted);
    assert_int_equal(counted.of_list[0], 9);
    assert_int_equal(counted.of_list[1], 2);
    assert_int_equal(counted.of_list[2], 1);
    assert_int_equal(counted.exceptions, 1);
    world_close(&w);
}

static void test_lists(void **state)
{
    struct world w;
    uint16_t list;
    open_sample(&w);
    const struct policy_facts facts = policy_facts(w.policy);
    assert_int_equal(facts.lists, 3);
    assert_int_equal(facts.groups, 2);
    assert_int_equal(facts.names, 8);
    assert_int_equal(facts.addresses, 3);
    assert_int_equal(facts.rules, 12);
    assert_true(facts.compiled_at > 1700000000);

    assert_int_equal(policy_find_list(w.policy, "chat", &list), STATUS_OK);
    const struct list_view view = policy_list(w.policy, list);
    assert_string_equal(view.title, "Chat");
    assert_string_equal(view.app, "Chat");
    assert_string_equal(view.authority, "An act");
    assert_string_equal(view.reference, "https://example.org/act");
    assert_string_equal(view.owner, "soc@example.org");
    assert_string_equal(view.ticket, "T-1");
    assert_string_equal(view.file, file_name(&w, 0));
    assert_int_equal(view.serial, 2026112401);
    assert_int_equal(view.review_by, 20270331);
    assert_int_equal(view.rules, 8);
    assert_int_equal(view.ede, EDE_CENSORED);
    assert_int_equal(policy_list(w.policy, 1).ede, EDE_FILTERED);
    assert_string_equal(policy_list(w.policy, 1).title, "Plain");
    assert_string_equal(policy_list(w.policy, 1).ticket, "");
    assert_int_equal(policy_list(w.policy, 2).ede, EDE_BLOCKED);
    assert_int_equal(policy_find_list(w.policy, "nothing", &list), STATUS_NOT_FOUND);

    assert_string_equal(policy_group(w.policy, 0).id, "a");
    assert_false(policy_group(w.policy, 0).observe_only);
    assert_true(policy_group(w.policy, 1).observe_only);
    assert_true(policy_group(w.policy, 1).remove_ech);
    assert_false(policy_group(w.policy, 1).strict);
    assert_int_equal(policy_group(w.policy, 1).lists, 2);
    assert_int_equal(policy_group_list(w.policy, 1, 0), 1);
    assert_int_equal(policy_group_list(w.policy, 1, 1), 0);
    world_close(&w);
}

static void test_rules(void **state)
{
    struct world w;
    open_sample(&w);
    struct rule_view rule = rule_about(&w, "10.0.0.1", "deep.chat.example");
    assert_int_equal(rule.kind, RULE_DOMAIN);
    assert_string_equal(text_about(&w, "10.0.0.1", "deep.chat.example"), "chat.example");
    assert_string_equal(rule.note, "the app");
    assert_string_equal(rule.source, "a capture");
    assert_string_equal(rule.ticket, "");
    assert_int_equal(rule.line, 13);
    assert_int_equal(rule.evidence, EVIDENCE_INSTALLED);
    rule = rule_about(&w, "10.0.0.1", "www.chat.example");
    assert_int_equal(rule.kind, RULE_NAME);
    assert_string_equal(rule.ticket, "T-2");
    assert_int_equal(rule.evidence, EVIDENCE_VISITED);
    rule = rule_about(&w, "10.1.0.1", "pay.chat.example");
    assert_true(rule.exception);
    assert_string_equal(rule.source, "approved by a.tremblay, k.singh");
    assert_int_equal(rule.until, 20261231);
    rule = rule_about(&w, "10.0.0.1", "192.0.2.7");
    assert_int_equal(rule.kind, RULE_ADDRESS);
    assert_string_equal(text_about(&w, "10.0.0.1", "192.0.2.7"), "192.0.2.7");
    assert_string_equal(text_about(&w, "10.0.0.1", "192.0.2.8"), "192.0.2.0/24");
    assert_string_equal(text_about(&w, "10.0.0.1", "2001:db8::1"), "2001:db8::1");

    const struct name walled = name_of("walled.example");
    rule = rule_about(&w, "10.0.0.1", "r.example");
    assert_true(rule.redirect_is_name);
    assert_true(span_equal(rule.redirect, name_span(&walled)));
    rule = rule_about(&w, "10.0.0.1", "s.example");
    const struct address to[] = {address_of("192.0.2.9"), address_of("2001:db8::9")};
    assert_false(rule.redirect_is_name);
    assert_true(span_equal(rule.redirect, span_of(to, sizeof to)));
    world_close(&w);
}

static void assert_prefixes(const struct policy *policy,
                            bool (*prefix_at)(const struct policy *, uint32_t, struct prefix *),
                            const char *const *expected, uint32_t count)
{
    char text[PREFIX_TEXT_SIZE];
    struct prefix prefix;
    for (uint32_t n = 0; n < count; n++) {
        assert_true(prefix_at(policy, n, &prefix));
        assert_string_equal(prefix_text(&prefix, text), expected[n]);
    }
    assert_false(prefix_at(policy, count, &prefix));
    assert_false(prefix_at(policy, UINT32_MAX, &prefix));
}

static void test_prefixes(void **state)
{
    static const char *const clients[] = {"::/0", "0.0.0.0/0", "10.1.0.0/16"};
    static const char *const addresses[] = {"192.0.2.0/24", "192.0.2.7/32", "2001:db8::1/128"};
    struct world w;
    open_sample(&w);
    assert_prefixes(w.policy, policy_client_prefix, clients, COUNT_OF(clients));
    assert_prefixes(w.policy, policy_address_prefix, addresses, COUNT_OF(addresses));
    assert_prefixes(policy_none(), policy_client_prefix, NULL, 0);
    assert_prefixes(policy_none(), policy_address_prefix, NULL, 0);
    world_close(&w);
}

static enum status open_bytes(const void *bytes, size_t length, struct policy **out)
{
    int fd = file_of(span_of(bytes, length));
    enum status status = policy_open(fd, out);
    close(fd);
    return status;
}

/* The bytes of the sample's image. */
static uint8_t *sample_bytes(size_t *length)
{
    struct world w;
    struct stat file;
    open_sample(&w);
    assert_int_equal(fstat(w.image, &file), 0);
    uint8_t *bytes = malloc((size_t)file.st_size);
    assert_non_null(bytes);
    assert_int_equal(pread(w.image, bytes, (size_t)file.st_size, 0), file.st_size);
    world_close(&w);
    *length = (size_t)file.st_size;
    return bytes;
}

/* Thousands of refusals are expected; their log lines would hide what matters. */
static int silence(void)
{
    int errors = dup(2), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(dup2(nowhere, 2), 2);
    close(nowhere);
    return errors;
}

static void speak(int errors)
{
    dup2(errors, 2);
    close(errors);
}

static void test_damage(void **state)
{
    size_t length;
    uint8_t *bytes = sample_bytes(&length);
    struct policy *policy;
    int errors = silence();
    assert_int_equal(open_bytes(bytes, length, &policy), STATUS_OK);
    policy_close(policy);
    for (size_t at = 0; at < length; at += 1 + at / 64) {
        bytes[at] ^= 0x10;
        assert_int_equal(open_bytes(bytes, length, &policy), STATUS_CORRUPT);
        bytes[at] ^= 0x10;
    }
    for (size_t shorter = 0; shorter < length; shorter += 1 + shorter / 32)
        assert_int_equal(open_bytes(bytes, shorter, &policy), STATUS_CORRUPT);
    speak(errors);
    free(bytes);
}

static void test_again(void **state)
{
    size_t length;
    uint8_t *bytes = sample_bytes(&length);
    struct policy *policy;
    int fd = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    assert_int_equal(policy_open_again(fd, &policy), STATUS_REFUSED); /* it could still change */
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0);
    assert_int_equal(policy_open_again(fd, &policy), STATUS_OK);
    assert_int_equal(policy_facts(policy).lists, 3);
    policy_close(policy);
    close(fd);
    free(bytes);
}

/* Everything that a policy can be asked. */
static void ask_everything(struct policy *policy)
{
    static const char *const names[] = {"www.chat.example", "pay.chat.example", "r.example",
                                        "one.example",      "three.example",    "other.example"};
    static const char *const addresses[] = {"192.0.2.7", "2001:db8::1", "10.1.0.1", "::"};
    for (uint32_t group = 0; group < policy_facts(policy).groups; group++) {
        for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(addresses); i++) {
            const struct name name = name_of(names[i % COUNT_OF(names)]);
            const struct address address = address_of(addresses[i / COUNT_OF(names)]);
            const struct subject subject = {(uint16_t)group, &name, &address, PROTOCOL_MMTLS};
            struct said said[LISTS_MOST];
            struct rule_view rule;
            char text[NAME_TEXT_SIZE];
            unsigned count;
            (void)policy_group_of(policy, &address);
            struct verdict v = decide_aloud(policy, &subject, said, &count);
            if (v.rule != RULE_NONE) {
                assert_true(policy_rule(policy, v.rule, &rule));
                (void)strlen(rule.note);
                (void)strlen(policy_rule_text(policy, v.rule, text));
                (void)strlen(policy_list(policy, v.list).title);
            }
        }
    }
}

/* With a right checksum only the checks of offsets are left: whatever they let through must be
 * safe to ask (the sanitizers look on). */
static void test_forged(void **state)
{
    size_t length, from = offsetof(struct image_header, checksum) + 32;
    uint8_t *bytes = sample_bytes(&length);
    struct image_header *header = (struct image_header *)(void *)bytes;
    unsigned opened = 0, refused = 0;
    int errors = silence();
    srandom(2);
    for (unsigned round = 0; round < 20000; round++) {
        size_t at = from + (size_t)random() % (length - from);
        uint8_t before[4], wrong[4] = {0xff, 0xff, 0xff, (uint8_t)random()};
        size_t most = length - at < sizeof wrong ? length - at : sizeof wrong;
        size_t width = 1 + (size_t)random() % most;
        struct policy *policy;
        memcpy(before, bytes + at, width);
        if (round % 2 == 0)
            for (size_t i = 0; i < width; i++)
                wrong[i] = (uint8_t)random();
        memcpy(bytes + at, wrong, width);
        assert_int_equal(
            EVP_Digest(bytes + from, length - from, header->checksum, NULL, EVP_sha256(), NULL), 1);
        enum status status = open_bytes(bytes, length, &policy);
        if (status == STATUS_OK) {
            opened++;
            ask_everything(policy);
            policy_close(policy);
        } else {
            assert_int_equal(status, STATUS_CORRUPT);
            refused++;
        }
        memcpy(bytes + at, before, width);
    }
    speak(errors);
    assert_true(opened > 100 && refused > 100);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),    cmocka_unit_test(test_every_rule),
        cmocka_unit_test(test_rules),    cmocka_unit_test(test_again),
        cmocka_unit_test(test_prefixes), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_forged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
