/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * runner - every case of tests/captures: what inspectd says of packets.pcap is expected.jsonl.
 *
 *     runner FOLDER         TAP: one line a case, and what differs
 *     runner --show CASE    the lines of one case
 */
#include "capture/capture.h"
#include "inspect/watch.h"
#include "policy/compile.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATH_SIZE = 256, LINES_MOST = 64, MEMORY = 16 << 20, GENERATION = 1 };

/* The lines of one case as they come. */
struct seen_lines {
    FILE *out;
    struct watcher *watcher;
};

static void must(bool holds, const char *what)
{
    if (!holds) {
        printf("Bail out! %s\n", what);
        exit(1);
    }
}

static void write_json(FILE *out, const char *key, const char *text)
{
    fprintf(out, ",\"%s\":\"", key);
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fprintf(out, *text >= ' ' && *text < 0x7f ? "%c" : "\\u%04x", (unsigned char)*text);
    }
    fputc('"', out);
}

/* Only what has something to say. */
static void on_event(void *owner, const struct event *event)
{
    static const char *const resolved[] = {"", "no", "yes"};
    static const char *const tunnels[] = {"", "gre", "ip", "vxlan"};
    FILE *out = ((struct seen_lines *)owner)->out;
    const struct wire *wire = &event->wire;
    char text[NAME_TEXT_SIZE];

    must(event_is_sound(event), "an event that is not sound");
    fprintf(out, "{\"event\":true");
    write_json(out, "seen", seen_words[event->seen]);
    if (event->question.labels > 0)
        write_json(out, "name", name_text(&event->question, text));
    if (event->has_address)
        write_json(out, "address", address_text(&event->matched_address, text));
    write_json(out, "evidence", evidence_words[event->verdict.evidence]);
    write_json(out, "wanted", action_words[event->verdict.wanted]);
    if (event->verdict.action != ACTION_OBSERVE)
        write_json(out, "action", action_words[event->verdict.action]);
    write_json(out, "spoken", spoken_words[wire->spoken]);
    if (wire->why != WHY_NONE)
        write_json(out, "why", why_words[wire->why]);
    if (wire->way != DETOUR_NONE)
        write_json(out, "way", detour_words[wire->way]);
    if (wire->ech != ECH_NONE)
        write_json(out, "ech", ech_words[wire->ech]);
    if (wire->resolved != RESOLVED_UNKNOWN)
        write_json(out, "resolved_by_us", resolved[wire->resolved]);
    if (wire->vlan != 0)
        fprintf(out, ",\"vlan\":[%u,%u]", wire->vlan >> 12, wire->vlan & 0xfff);
    if (wire->tunnel != TUNNEL_NONE)
        write_json(out, "tunnel", tunnels[wire->tunnel]);
    if (wire->evidence[0] != 0)
        write_json(out, "recognised_by", wire->evidence);
    fprintf(out, "}\n");
}

static void write_end(FILE *out, const struct address *address, uint16_t port)
{
    char text[ADDRESS_TEXT_SIZE];
    fprintf(out, address_is_ipv4(address) ? "%s:%u" : "[%s]:%u", address_text(address, text), port);
}

/* name(web.wechat.com), no-name(silent), ambiguous(overlap web.wechat.com) */
static void on_result(void *owner, const struct result *result)
{
    FILE *out = ((struct seen_lines *)owner)->out;
    const struct flow_key *key = &result->key;
    unsigned client = result->client_is, server = !client;
    char name[NAME_TEXT_SIZE] = "";
    bool has_why = result->why != WHY_NONE;

    if (result->name.length > 0)
        name_text(&result->name, name);
    fprintf(out, "{\"flow\":\"");
    write_end(out, &key->address[client], key->port[client]);
    fprintf(out, " > ");
    write_end(out, &key->address[server], key->port[server]);
    fprintf(out, "/%s\",\"result\":\"%s(%s%s%s)\"}\n", key->transport == IP_TCP ? "tcp" : "udp",
            ending_words[result->ending], has_why ? why_words[result->why] : "",
            has_why && name[0] != 0 ? " " : "", name);
}

static struct policy *policy_of(const char *file)
{
    static const char *const clients_text[] = {"10.0.0.0/8", "2001:db8:1::/48", "10.9.0.0/16",
                                               "10.8.0.0/16"};
    struct list_source list = {.format = "yaml", .line = 1};
    struct problems *problems = problems_new();
    struct prefix clients[4];
    struct policy *policy = NULL;
    uint16_t first = 0;
    int image = memfd_create("policy", MFD_ALLOW_SEALING);

    snprintf(list.file, sizeof list.file, "%s", file);
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        must(prefix_parse(clients_text[i], &clients[i]) == STATUS_OK, "prefix_parse()");
    struct group_source groups[] = {
        {.id = "staff", .clients = clients, .client_count = 2, .lists = &first, .list_count = 1},
        {.id = "free", .clients = clients + 2, .client_count = 1},
        {.id = "strict",
         .clients = clients + 3,
         .client_count = 1,
         .lists = &first,
         .list_count = 1,
         .strict = true}};
    const struct policy_source source = {.config_file = "ponor.yaml",
                                         .lists = &list,
                                         .list_count = 1,
                                         .groups = groups,
                                         .group_count = COUNT_OF(groups),
                                         .today = 20261124};
    if (policy_compile(&source, NULL, image, problems) != STATUS_OK)
        problems_print(problems, STDERR_FILENO);
    must(policy_open(image, &policy) == STATUS_OK, file);
    close(image);
    problems_free(problems);
    return policy;
}

static void on_packet(void *owner, const struct captured *captured)
{
    struct seen_lines *lines = owner;
    const struct packet packet = {captured->link, captured->bytes, captured->sent, captured->at};
    (void)watch_packet(lines->watcher, &packet);
}

static bool show_file(struct seen_lines *lines, const char *path)
{
    const struct capture_options options = {.place = path, .filter = ""};
    char why[CAPTURE_WHY_SIZE];
    struct capture *capture;
    unsigned count;
    enum status status = capture_file.open(&options, why, &capture);

    if (status != STATUS_OK) {
        printf("# %s\n", why);
        return false;
    }
    do
        status = capture_file.read(capture, 64, on_packet, lines, &count, why);
    while (status == STATUS_OK);
    if (status != STATUS_CLOSED)
        printf("# %s\n", why);
    capture_file.close(capture);
    return status == STATUS_CLOSED;
}

/* All lines of a case, to be freed; NULL: its capture cannot be read. */
static char *lines_of(const char *folder)
{
    const struct watch_limits limits = {.memory = MEMORY, .tcp_seconds = 600, .udp_seconds = 120};
    char path[PATH_SIZE], *text = NULL;
    struct prefix resolver;
    struct seen_lines lines = {0};
    size_t size;

    lines.out = open_memstream(&text, &size);
    must(lines.out != NULL && prefix_parse("192.0.2.53/32", &resolver) == STATUS_OK, "memory");
    const struct watch_output output = {&lines, on_event, on_result};
    lines.watcher = watcher_new(&limits, &output);
    must(lines.watcher != NULL, "watcher_new()");
    snprintf(path, sizeof path, "%.200s/policy.yaml", folder);
    if (access(path, R_OK) != 0)
        snprintf(path, sizeof path, "%.200s/../policy.yaml", folder);
    struct policy *policy = policy_of(path);
    watcher_use(lines.watcher, policy, GENERATION);
    watcher_resolvers(lines.watcher, &resolver, 1);
    snprintf(path, sizeof path, "%.200s/packets.pcap", folder);
    bool read = show_file(&lines, path);
    watch_finish(lines.watcher);
    watcher_free(lines.watcher);
    policy_close(policy);
    fclose(lines.out);
    if (read)
        return text;
    free(text);
    return NULL;
}

static unsigned split(char *text, char *out[LINES_MOST])
{
    unsigned count = 0;
    for (char *line = strsep(&text, "\n"); line != NULL; line = strsep(&text, "\n")) {
        if (*line != 0 && count < LINES_MOST)
            out[count++] = line;
    }
    return count;
}

/* Order counts. Prints where they part. */
static bool lines_equal(char *expected_text, char *said_text)
{
    char *expected[LINES_MOST], *said[LINES_MOST];
    unsigned wanted = split(expected_text, expected), count = split(said_text, said), same = 0;

    while (same < wanted && same < count && strcmp(expected[same], said[same]) == 0)
        same++;
    for (unsigned i = same; i < wanted; i++)
        printf("# - %s\n", expected[i]);
    for (unsigned i = same; i < count; i++)
        printf("# + %s\n", said[i]);
    return same == wanted && same == count;
}

static bool case_holds(const char *folder)
{
    char path[PATH_SIZE], *expected = NULL, *said = lines_of(folder);
    size_t size = 0;

    snprintf(path, sizeof path, "%.200s/expected.jsonl", folder);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        printf("# %s cannot be read\n", path);
    bool is_empty = file == NULL || getdelim(&expected, &size, 0, file) <= 0;
    if (file != NULL)
        fclose(file);
    if (is_empty && expected != NULL)
        expected[0] = 0;
    bool holds = file != NULL && expected != NULL && said != NULL && lines_equal(expected, said);
    free(expected);
    free(said);
    return holds;
}

static int is_case(const struct dirent *entry)
{
    return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

static int run(const char *folder)
{
    struct dirent **cases;
    unsigned failures = 0;
    int count = scandir(folder, &cases, is_case, alphasort);

    must(count > 0, "no cases");
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char place[PATH_SIZE];
        snprintf(place, sizeof place, "%.100s/%.100s", folder, cases[i]->d_name);
        bool holds = case_holds(place);
        printf("%sok %d - %s\n", holds ? "" : "not ", i + 1, cases[i]->d_name);
        failures += !holds;
        free(cases[i]);
    }
    free(cases);
    return failures > 0;
}

int main(int count, char **arguments)
{
    if (count == 2)
        return run(arguments[1]);
    if (count != 3 || strcmp(arguments[1], "--show") != 0) {
        fprintf(stderr, "usage: runner FOLDER, or runner --show CASE\n");
        return 2;
    }
    char *lines = lines_of(arguments[2]);
    if (lines == NULL)
        return 1;
    fputs(lines, stdout);
    free(lines);
    return 0;
}
