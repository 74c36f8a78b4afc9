/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * score - how sure it is that the app is installed, and why.
 */
#include "incident/incident.h"

#include <inttypes.h>
#include <stdio.h>

const char *const confidence_words[] = {
    [CONFIDENCE_CONTEXT] = "context", [CONFIDENCE_VISITED] = "visited",
    [CONFIDENCE_LIKELY] = "likely",   [CONFIDENCE_SURE] = "sure",
    [CONFIDENCE_SURE + 1] = NULL,
};

/* From so many points on; below: context. */
enum { VISITED_FROM = 15, LIKELY_FROM = 40, SURE_FROM = 70, POINTS_MOST = 100 };

/* What an app's names look like when it is there: they are asked for again, on several days and in
 * many hours, and not one of them alone. What is asked for once may be a person, a scanner, or a
 * program that looks at links. */
enum { LASTING_DAYS = 3, LASTING_HOURS = 12, LASTING_NAMES = 2 };
/* So often the app went to an address that it has in it. */
enum { BUILT_IN_LEAST = 3 };

enum { STEPS = 3 };

/* Two sums are made, and the higher one counts: of what only an app does, and of what a browser
 * does as well. A visit therefore adds nothing to the sign that an app is installed. */
enum sum { OF_APP, OF_BROWSER, SUMS };

/* What counts for it. From `least` on it gives `points`; of the steps reached the last holds. Each
 * sum ends at the highest `ceiling` of its signals that are there: a month of visits by a browser
 * stays visits, however many they are. Ceiling 0: it adds to others of its sum only. */
struct signal {
    const char *word;
    enum sum sum;
    unsigned ceiling;
    uint64_t (*count)(const struct incident *incident);
    struct {
        uint32_t least, points;
    } step[STEPS];
    const char *one, *many; /* `many` has the count at its # */
};

static uint64_t mmtls(const struct incident *i)
{
    return i->ways[WAY_MMTLS];
}

static uint64_t oicq(const struct incident *i)
{
    return i->ways[WAY_OICQ];
}

/* Without what its own protocol already counts for. */
static uint64_t installed(const struct incident *i)
{
    uint64_t own = mmtls(i) + oicq(i), all = i->evidence[EVIDENCE_INSTALLED];
    return all > own ? all - own : 0;
}

static uint64_t httpdns(const struct incident *i)
{
    return i->ways[WAY_HTTPDNS];
}

static uint64_t update(const struct incident *i)
{
    return i->evidence[EVIDENCE_UPDATE];
}

static uint64_t bypass(const struct incident *i)
{
    return i->evidence[EVIDENCE_BYPASS];
}

/* Different ways, not attempts. */
static uint64_t ways_around(const struct incident *i)
{
    static const enum way ways[] = {WAY_OTHER_DNS, WAY_DOT,   WAY_DOH, WAY_DOQ,
                                    WAY_DNSCRYPT,  WAY_PROXY, WAY_ECH};
    uint64_t count = 0;
    for (size_t w = 0; w < COUNT_OF(ways); w++)
        count += i->ways[ways[w]] > 0;
    return count;
}

static uint64_t addresses(const struct incident *i)
{
    return i->ways[WAY_ADDRESS];
}

static uint64_t unresolved(const struct incident *i)
{
    return i->unresolved;
}

static uint64_t visited(const struct incident *i)
{
    return i->evidence[EVIDENCE_VISITED];
}

static uint64_t names(const struct incident *i)
{
    uint64_t count = 0;
    while (count < INCIDENT_NAMES && i->names[count][0] != 0)
        count++;
    return count;
}

static uint64_t installed_names(const struct incident *i)
{
    uint64_t count = 0;
    while (count < INCIDENT_NAMES && i->names[count][0] != 0 && i->name_is_installed[count])
        count++;
    return count;
}

static uint64_t hours(const struct incident *i)
{
    return i->hours;
}

static uint64_t installed_hours(const struct incident *i)
{
    return i->installed_hours;
}

static uint64_t days(const struct incident *i)
{
    return i->days;
}

static uint64_t installed_days(const struct incident *i)
{
    return i->installed_days;
}

static uint64_t context(const struct incident *i)
{
    return i->evidence[EVIDENCE_CONTEXT];
}

static uint64_t integrity(const struct incident *i)
{
    return i->ways[WAY_INTEGRITY];
}

static uint64_t unrated(const struct incident *i)
{
    uint64_t none = i->evidence[EVIDENCE_NONE], broken = integrity(i);
    return none > broken ? none - broken : 0;
}

/* clang-format off */
static const struct signal signals[] = {
    {"chain-broken", OF_APP, 100, integrity, {{1, 100}},
        "the chain of a gateway's events was broken: lines were changed, or are missing",
        "the chain of a gateway's events was broken # times: lines were changed, or are missing"},
    {"mmtls", OF_APP, 100, mmtls, {{1, 70}, {3, 85}},
        "1 handshake of mmtls, which only the app speaks",
        "# handshakes of mmtls, which only the app speaks"},
    {"oicq", OF_APP, 100, oicq, {{1, 70}, {3, 85}},
        "1 packet of OICQ, which only the app speaks",
        "# packets of OICQ, which only the app speaks"},
    /* No ceiling where it is an app's pattern: ceiling_of(). */
    {"installed-names", OF_APP, SURE_FROM - 1, installed, {{1, 45}, {3, 55}, {10, 65}},
        "1 attempt at a name or address that only the app asks for",
        "# attempts at names or addresses that only the app asks for"},
    /* Products of other vendors carry update hosts of Kaspersky: evidence, and no proof. */
    {"update", OF_APP, SURE_FROM - 1, update, {{1, 30}, {3, 40}, {10, 50}},
        "1 check for an update, or download of an installer",
        "# checks for updates, or downloads of an installer"},
    {"httpdns", OF_APP, SURE_FROM - 1, httpdns, {{1, 25}, {3, 35}},
        "1 question to a name service that apps carry inside HTTP",
        "# questions to a name service that apps carry inside HTTP"},
    {"bypass", OF_APP, SURE_FROM - 1, bypass, {{1, 20}, {5, 30}, {50, 40}},
        "1 attempt to get around the resolver",
        "# attempts to get around the resolver"},
    {"unresolved", OF_APP, SURE_FROM - 1, unresolved, {{1, 20}, {5, 30}},
        "1 connection to an address that was never resolved for the device",
        "# connections to addresses that were never resolved for the device"},
    {"addresses", OF_BROWSER, LIKELY_FROM - 1, addresses, {{1, 10}, {5, 15}},
        "1 connection to an address of the list, without a name",
        "# connections to addresses of the list, without a name"},
    {"visited", OF_BROWSER, LIKELY_FROM - 1, visited, {{1, 15}, {5, 20}, {20, 25}},
        "1 attempt at what a browser reaches without the app",
        "# attempts at what a browser reaches without the app"},
    {"ways-around", OF_APP, LIKELY_FROM - 1, ways_around, {{1, 5}, {2, 15}, {3, 25}},
        "1 way around the gateway was tried",
        "# different ways around the gateway were tried"},
    {"many-hours", OF_APP, 0, installed_hours, {{4, 5}, {12, 15}, {48, 20}},
        "", "attempts in # different hours"},
    {"many-hours", OF_BROWSER, 0, hours, {{4, 5}, {12, 15}, {48, 20}},
        "", "attempts in # different hours"},
    {"many-days", OF_APP, 0, installed_days, {{2, 5}, {5, 15}},
        "", "attempts on # different days"},
    {"many-days", OF_BROWSER, 0, days, {{2, 5}, {5, 15}},
        "", "attempts on # different days"},
    {"many-names", OF_APP, 0, installed_names, {{4, 10}, {INCIDENT_NAMES, 15}},
        "", "at least # different names"},
    {"many-names", OF_BROWSER, 0, names, {{4, 10}, {INCIDENT_NAMES, 15}},
        "", "at least # different names"},
    {"context", OF_BROWSER, VISITED_FROM - 1, context, {{1, 4}, {20, 8}},
        "1 attempt at a server that others use, too: it proves nothing alone",
        "# attempts at servers that others use, too: they prove nothing alone"},
    {"unrated", OF_BROWSER, VISITED_FROM - 1, unrated, {{1, 2}},
        "1 attempt that the list calls no evidence",
        "# attempts that the list calls no evidence"},
};
/* clang-format on */

static unsigned points_of(const struct signal *signal, uint64_t count)
{
    unsigned points = 0;

    for (int i = 0; i < STEPS; i++) {
        if (signal->step[i].least > 0 && count >= signal->step[i].least)
            points = signal->step[i].points;
    }
    return points;
}

static bool is_lasting(const struct incident *i)
{
    return i->installed_days >= LASTING_DAYS && i->installed_hours >= LASTING_HOURS &&
           installed_names(i) >= LASTING_NAMES;
}

static unsigned ceiling_of(const struct signal *signal, const struct incident *incident)
{
    const bool is_pattern = signal->count == installed &&
                            (is_lasting(incident) || incident->built_in >= BUILT_IN_LEAST);
    return is_pattern ? POINTS_MOST : signal->ceiling;
}

static void reason_write(const struct signal *signal, uint64_t count, struct reason *out)
{
    out->word = signal->word;
    out->count = count;
    int before = (int)strcspn(signal->many, "#");
    if (count == 1)
        snprintf(out->text, sizeof out->text, "%s", signal->one);
    else
        snprintf(out->text, sizeof out->text, "%.*s%" PRIu64 "%s", before, signal->many, count,
                 signal->many + before + 1);
}

/* Keeps the reasons in order of their weights: points, and what only adds to others behind. */
static void reason_add(struct score *score, unsigned weights[REASONS_MOST],
                       const struct signal *signal, uint64_t count, unsigned weight)
{
    uint32_t at = score->reason_count;

    while (at > 0 && weights[at - 1] < weight)
        at--;
    if (at >= REASONS_MOST)
        return;
    if (score->reason_count < REASONS_MOST)
        score->reason_count++;
    for (uint32_t i = score->reason_count - 1; i > at; i--) {
        score->reasons[i] = score->reasons[i - 1];
        weights[i] = weights[i - 1];
    }
    weights[at] = weight;
    reason_write(signal, count, &score->reasons[at]);
}

static enum confidence confidence_of(unsigned points)
{
    if (points >= SURE_FROM)
        return CONFIDENCE_SURE;
    if (points >= LIKELY_FROM)
        return CONFIDENCE_LIKELY;
    return points >= VISITED_FROM ? CONFIDENCE_VISITED : CONFIDENCE_CONTEXT;
}

/* Which of the sums is higher, with its points. */
static enum sum higher_of(const struct incident *incident, unsigned *points)
{
    unsigned sums[SUMS] = {0}, ceilings[SUMS] = {0};

    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        const struct signal *signal = &signals[i];
        const unsigned more = points_of(signal, signal->count(incident));
        const unsigned ceiling = more > 0 ? ceiling_of(signal, incident) : 0;
        sums[signal->sum] += more;
        if (ceiling > ceilings[signal->sum])
            ceilings[signal->sum] = ceiling;
    }
    for (int i = 0; i < SUMS; i++)
        sums[i] = sums[i] < ceilings[i] ? sums[i] : ceilings[i];
    const enum sum higher = sums[OF_BROWSER] > sums[OF_APP] ? OF_BROWSER : OF_APP;
    *points = sums[higher];
    return higher;
}

void incident_score(const struct incident *incident, struct score *out)
{
    unsigned weights[REASONS_MOST] = {0};

    *out = (struct score){0};
    const enum sum higher = higher_of(incident, &out->points);
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        const struct signal *signal = &signals[i];
        const uint64_t count = signal->count(incident);
        const unsigned points = points_of(signal, count);
        if (points == 0 || (signal->ceiling == 0 && signal->sum != higher))
            continue;
        reason_add(out, weights, signal, count, points + (signal->ceiling > 0 ? POINTS_MOST : 0));
    }
    out->confidence = confidence_of(out->points);
}
