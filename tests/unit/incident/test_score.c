/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * score - stories of devices, and how sure each is.
 */
#include "incident/incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { PARTS = 5 };

/* So many rows of one kind, `every` minutes, to `names` different names. */
struct part {
    unsigned rows;
    enum evidence evidence;
    enum way way;
    unsigned every, names;
    bool unresolved;
};

static const struct story {
    const char *title;
    struct part part[PARTS];
    enum confidence confidence;
    const char *reason; /* the first one */
    const char *text;   /* of it; NULL: any */
} stories[] = {
    {"somebody opens wechat.com in a browser",
     {{4, EVIDENCE_VISITED, WAY_DNS, 1, 2, false},
      {3, EVIDENCE_VISITED, WAY_TLS, 1, 2, false},
      {6, EVIDENCE_CONTEXT, WAY_TLS, 1, 4, false}},
     CONFIDENCE_VISITED,
     "visited",
     "7 attempts at what a browser reaches without the app"},
    {"a link in a mail is looked up, and nothing follows",
     {{1, EVIDENCE_VISITED, WAY_DNS, 1, 1, false}},
     CONFIDENCE_VISITED,
     "visited",
     "1 attempt at what a browser reaches without the app"},
    {"the web client stays open in a browser for a month",
     {{700, EVIDENCE_VISITED, WAY_TLS, 60, 4, false},
      {3000, EVIDENCE_CONTEXT, WAY_DNS, 14, 8, false}},
     CONFIDENCE_VISITED,
     "visited",
     NULL},
    {"a phone with the app, a morning long",
     {{30, EVIDENCE_INSTALLED, WAY_DNS, 6, 7, false},
      {5, EVIDENCE_INSTALLED, WAY_MMTLS, 20, 1, true},
      {4, EVIDENCE_CONTEXT, WAY_HTTPDNS, 40, 1, true},
      {10, EVIDENCE_VISITED, WAY_TLS, 10, 2, false}},
     CONFIDENCE_SURE,
     "mmtls",
     "5 handshakes of mmtls, which only the app speaks"},
    {"one handshake of mmtls, and no more",
     {{1, EVIDENCE_INSTALLED, WAY_MMTLS, 1, 1, true}},
     CONFIDENCE_SURE,
     "mmtls",
     "1 handshake of mmtls, which only the app speaks"},
    {"a phone whose app is stopped at its first names",
     {{9, EVIDENCE_INSTALLED, WAY_DNS, 1, 5, false}},
     CONFIDENCE_LIKELY,
     "installed-names",
     "9 attempts at names or addresses that only the app asks for"},
    {"the same phone a week later",
     {{200, EVIDENCE_INSTALLED, WAY_DNS, 50, 7, false}},
     CONFIDENCE_SURE,
     "installed-names",
     NULL},
    {"names of the app all day long, and never again: somebody tries it out",
     {{150, EVIDENCE_INSTALLED, WAY_DNS, 6, 7, false}},
     CONFIDENCE_LIKELY,
     "installed-names",
     "150 attempts at names or addresses that only the app asks for"},
    {"the same on three days, in the hours of work",
     {{30, EVIDENCE_INSTALLED, WAY_DNS, 120, 7, false}},
     CONFIDENCE_SURE,
     "installed-names",
     NULL},
    {"four look-ups of the app's names, and a visit to its site",
     {{4, EVIDENCE_INSTALLED, WAY_DNS, 1, 3, false}, {1, EVIDENCE_VISITED, WAY_DNS, 1, 1, false}},
     CONFIDENCE_LIKELY,
     "installed-names",
     "4 attempts at names or addresses that only the app asks for"},
    {"one name of the app, each hour of a month: somebody measures it",
     {{700, EVIDENCE_INSTALLED, WAY_DNS, 60, 1, false}},
     CONFIDENCE_LIKELY,
     "installed-names",
     NULL},
    {"its site each day of a month, and one name of the app",
     {{700, EVIDENCE_VISITED, WAY_TLS, 60, 8, false},
      {1, EVIDENCE_INSTALLED, WAY_DNS, 1, 1, false}},
     CONFIDENCE_LIKELY,
     "installed-names",
     "1 attempt at a name or address that only the app asks for"},
    {"a browser with a resolver of its own opens the site",
     {{40, EVIDENCE_VISITED, WAY_TLS, 10, 8, true}},
     CONFIDENCE_VISITED,
     "unresolved",
     NULL},
    {"somebody reads the site and downloads the installer",
     {{30, EVIDENCE_VISITED, WAY_TLS, 30, 6, false}, {1, EVIDENCE_UPDATE, WAY_TLS, 1, 1, false}},
     CONFIDENCE_VISITED,
     "update",
     "1 check for an update, or download of an installer"},
    {"one name of the app, once: a scanner, perhaps",
     {{1, EVIDENCE_INSTALLED, WAY_DNS, 1, 1, false}},
     CONFIDENCE_LIKELY,
     "installed-names",
     NULL},
    {"the installer was downloaded, once",
     {{1, EVIDENCE_UPDATE, WAY_TLS, 1, 1, false}},
     CONFIDENCE_VISITED,
     "update",
     "1 check for an update, or download of an installer"},
    {"Kaspersky looks for updates, a day long",
     {{24, EVIDENCE_UPDATE, WAY_DNS, 60, 3, false}},
     CONFIDENCE_LIKELY,
     "update",
     "24 checks for updates, or downloads of an installer"},
    {"Kaspersky looks for updates, week after week: so does what others built with it",
     {{200, EVIDENCE_UPDATE, WAY_DNS, 120, 3, false}},
     CONFIDENCE_LIKELY,
     "update",
     NULL},
    {"a page uses a CDN that the app uses, too",
     {{500, EVIDENCE_CONTEXT, WAY_TLS, 120, 8, false}},
     CONFIDENCE_CONTEXT,
     "context",
     "500 attempts at servers that others use, too: they prove nothing alone"},
    {"a browser tries DNS over HTTPS, once",
     {{1, EVIDENCE_BYPASS, WAY_DOH, 1, 1, false}},
     CONFIDENCE_VISITED,
     "bypass",
     "1 attempt to get around the resolver"},
    {"a device tries one way around after another, for days",
     {{40, EVIDENCE_BYPASS, WAY_DOH, 200, 4, false},
      {20, EVIDENCE_BYPASS, WAY_DOT, 200, 1, false},
      {20, EVIDENCE_BYPASS, WAY_OTHER_DNS, 200, 2, false}},
     CONFIDENCE_LIKELY,
     "bypass",
     "80 attempts to get around the resolver"},
    {"the app goes by built-in addresses, and no name is seen",
     {{12, EVIDENCE_INSTALLED, WAY_ADDRESS, 10, 0, true}},
     CONFIDENCE_SURE,
     "installed-names",
     NULL},
    {"an address of a shared cloud, met by chance",
     {{2, EVIDENCE_CONTEXT, WAY_ADDRESS, 1, 0, false}},
     CONFIDENCE_CONTEXT,
     "addresses",
     "2 connections to addresses of the list, without a name"},
    {"a desktop speaks OICQ",
     {{3, EVIDENCE_INSTALLED, WAY_OICQ, 5, 0, false}},
     CONFIDENCE_SURE,
     "oicq",
     "3 packets of OICQ, which only the app speaks"},
    {"a list that says nothing about evidence",
     {{50, EVIDENCE_NONE, WAY_DNS, 1, 1, false}},
     CONFIDENCE_CONTEXT,
     "unrated",
     "50 attempts that the list calls no evidence"},
    {"somebody changed the event files",
     {{1, EVIDENCE_NONE, WAY_INTEGRITY, 1, 0, false}},
     CONFIDENCE_SURE,
     "chain-broken",
     "the chain of a gateway's events was broken: lines were changed, or are missing"},
};

static struct incident told(const struct story *story)
{
    struct incident incident = {0};

    for (int p = 0; p < PARTS; p++) {
        const struct part *part = &story->part[p];
        for (unsigned i = 0; i < part->rows; i++) {
            char name[32] = "";
            if (part->names > 0)
                snprintf(name, sizeof name, "%c%u.example", 'a' + p, i % part->names);
            const struct row row = {
                .at = UINT64_C(1795478400000000) + UINT64_C(60000000) * part->every * i,
                .has_client = true,
                .evidence = (uint8_t)part->evidence,
                .way = (uint8_t)part->way,
                .unresolved = part->unresolved,
                .word = {[WORD_APP] = span_text("App")},
                .name = span_text(name),
            };
            assert_true(incident_wants(&row));
            incident_add(&incident, &row);
        }
    }
    return incident;
}

static void stories_end_as_they_should(void **state)
{
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        const struct story *story = &stories[i];
        struct incident incident = told(story);
        struct score score;
        incident_score(&incident, &score);
        print_message("# %3u %-8s %s\n", score.points, confidence_words[score.confidence],
                      story->title);
        assert_true(score.points <= 100);
        assert_true(score.reason_count > 0);
        if (score.confidence != story->confidence ||
            strcmp(score.reasons[0].word, story->reason) != 0)
            fail_msg("%s: %s (%u), because: %s", story->title, confidence_words[score.confidence],
                     score.points, score.reasons[0].text);
        if (story->text != NULL)
            assert_string_equal(score.reasons[0].text, story->text);
        for (uint32_t r = 0; r < score.reason_count; r++) {
            assert_true(score.reasons[r].text[0] != 0);
            assert_null(strchr(score.reasons[r].text, '#'));
            assert_true(strlen(score.reasons[r].text) + 1 < REASON_TEXT_SIZE);
        }
    }
}

/* More of anything never makes it less sure. */
static void more_rows_never_take_points_away(void **state)
{
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        struct incident incident = told(&stories[i]);
        struct score before, after;
        incident_score(&incident, &before);
        for (int e = 0; e < EVIDENCE_COUNT; e++)
            for (int w = 0; w < WAY_COUNT; w++) {
                struct incident more = incident;
                more.evidence[e] += 1;
                more.ways[w] += 1;
                incident_score(&more, &after);
                if (after.points < before.points)
                    fail_msg("%s: %s by %s: %u to %u", stories[i].title, evidence_words[e],
                             way_words[w], before.points, after.points);
            }
    }
}

/* What a browser looks up, too, is never sure, however often: neither alone nor beside names of the
 * app that were asked for in one go. */
static void look_ups_alone_are_not_sure(void **state)
{
    static const enum evidence others[] = {EVIDENCE_NONE, EVIDENCE_VISITED, EVIDENCE_UPDATE,
                                           EVIDENCE_BYPASS, EVIDENCE_CONTEXT};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct story story = {.part = {{5000, others[i], WAY_DNS, 30, 8, false}}};
        struct incident incident = told(&story);
        struct score score;
        incident_score(&incident, &score);
        assert_true(score.confidence < CONFIDENCE_SURE);
        story.part[1] = (struct part){100, EVIDENCE_INSTALLED, WAY_DNS, 1, 8, false};
        incident = told(&story);
        incident_score(&incident, &score);
        if (score.confidence != CONFIDENCE_LIKELY)
            fail_msg("%s: %u", evidence_words[others[i]], score.points);
    }
}

static void nothing_is_nothing(void **state)
{
    const struct incident incident = {0};
    struct score score;
    incident_score(&incident, &score);
    assert_int_equal(score.points, 0);
    assert_int_equal(score.confidence, CONFIDENCE_CONTEXT);
    assert_int_equal(score.reason_count, 0);
}

/* All signals at once: the heaviest reasons are kept, in their order. */
static void the_heaviest_reasons_are_kept(void **state)
{
    struct incident incident = {.hours = 100, .days = 30, .unresolved = 1000};
    struct score score;
    for (int e = 0; e < EVIDENCE_COUNT; e++)
        incident.evidence[e] = UINT64_MAX / 2;
    for (int w = 0; w < WAY_INTEGRITY; w++)
        incident.ways[w] = 1000000;
    incident_score(&incident, &score);
    assert_int_equal(score.points, 100);
    assert_int_equal(score.reason_count, REASONS_MOST);
    assert_string_equal(score.reasons[0].word, "mmtls");
    assert_string_equal(score.reasons[1].word, "oicq");
    assert_string_equal(score.reasons[2].word, "installed-names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_end_as_they_should),
        cmocka_unit_test(more_rows_never_take_points_away),
        cmocka_unit_test(look_ups_alone_are_not_sure),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(the_heaviest_reasons_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
