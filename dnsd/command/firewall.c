/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * firewall - `ponor firewall`: the kernel's table, printed, loaded, removed, or what it does now.
 *
 * Printing needs no privileges, and no kernel that could load it.
 */
#include "command/client.h"
#include "command/command.h"
#include "compile/compile.h"
#include "firewall/kernel.h"
#include "firewall/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NAME_SIZE = 128 };

struct input {
    struct config *config;
    struct policy *policy;
};

static bool read_input(const char *file, const char *image, struct input *in)
{
    const struct config_gate *gate;

    *in = (struct input){.config = command_read_config(file)};
    if (in->config == NULL)
        return false;
    in->policy = image != NULL ? compile_or_open(file, image) : command_policy_in_service(file);
    if (in->policy == NULL)
        return false;
    gate = &in->config->inspectd.gate;
    if (gate->inside_count == 0 || gate->outside_count == 0)
        fprintf(stderr,
                "ponor firewall: the configuration does not name both sides of the gateway; until "
                "it has\n  inspectd: {gate: {inside: [lan0], outside: [wan0]}}\nwith your "
                "interfaces, %s\n",
                gate->inside_count == gate->outside_count
                    ? "whoever begins a connection counts as a client"
                    : "every other interface counts as the other side");
    return true;
}

static void forget_input(struct input *in)
{
    policy_close(in->policy);
    free(in->config);
}

static int print(const struct input *in)
{
    enum status status = table_write(in->config, in->policy, true, stdout);

    if (status == STATUS_OK)
        return EXIT_YES;
    fprintf(stderr, "ponor firewall: %s\n",
            status == STATUS_UNSUPPORTED
                ? "nft cannot read the name of an interface with a quote, a star or a backslash"
            : status == STATUS_SYSTEM ? strerror(errno)
                                      : status_text(status));
    return EXIT_NO;
}

static int apply(const struct input *in)
{
    static const char *const kinds[] = {
        [QUEUE_NONE] = "nothing is queued, since `mode` is not inline",
        [QUEUE_NATIVE] = "packets are queued by nftables",
        [QUEUE_COMPAT] = "packets are queued by the target NFQUEUE, since this kernel lacks "
                         "nftables' own queue",
    };
    char why[KERNEL_WHY_SIZE];
    enum queue_kind kind;
    const struct policy_facts facts = policy_facts(in->policy);

    if (kernel_load(in->config, in->policy, &kind, why) != STATUS_OK) {
        fprintf(stderr, "ponor firewall: %s\n", why);
        return EXIT_NO;
    }
    printf("table inet " FIREWALL_TABLE " is loaded: %u group%s, %u rule%s about addresses; %s\n",
           facts.groups, facts.groups == 1 ? "" : "s", facts.addresses,
           facts.addresses == 1 ? "" : "s", kinds[kind]);
    return EXIT_YES;
}

static int take_out(void)
{
    char why[KERNEL_WHY_SIZE];
    enum status status = kernel_remove(why);

    if (status == STATUS_OK)
        printf("table inet " FIREWALL_TABLE " is removed: nothing is stopped\n");
    else if (status == STATUS_NOT_FOUND)
        printf("%s: nothing is stopped\n", why);
    else
        fprintf(stderr, "ponor firewall: %s\n", why);
    return status == STATUS_OK || status == STATUS_NOT_FOUND ? EXIT_YES : EXIT_NO;
}

/* A number behind `word`; NULL: something else stands there. */
static char *read_number(char *at, const char *word, unsigned long long *out)
{
    size_t length = strlen(word);
    char *end;

    if (strncmp(at, word, length) != 0)
        return NULL;
    *out = strtoull(at + length, &end, 10);
    return end;
}

/* "        tcp dport 853 counter packets 3 bytes 180 goto halt": the rule without its counter. */
static void print_rule(const char *chain, char *line)
{
    char *counter = strstr(line, "counter packets "), *end = counter;
    unsigned long long packets, bytes;

    if (end != NULL)
        end = read_number(end, "counter packets ", &packets);
    if (end != NULL)
        end = read_number(end, " bytes ", &bytes);
    if (end == NULL)
        return;
    *counter = 0;
    printf("%-24s %12llu %15llu  %s%s\n", chain, packets, bytes, line + strspn(line, " \t"),
           end + (*end == ' '));
}

static void print_counters(FILE *listed)
{
    char *line = NULL, chain[NAME_SIZE] = "";
    size_t size = 0;
    ssize_t length;

    printf("%-24s %12s %15s  %s\n", "CHAIN", "PACKETS", "BYTES", "RULE");
    while ((length = getline(&line, &size, listed)) >= 0) {
        const char *word = line + strspn(line, " \t");
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = 0;
        if (strncmp(word, "chain ", 6) == 0)
            snprintf(chain, sizeof chain, "%.*s", (int)strcspn(word + 6, " "), word + 6);
        print_rule(chain, line);
    }
    free(line);
}

/* What the kernel counted; without a table that is said, and is no failure. */
static int show_table(void)
{
    char why[KERNEL_WHY_SIZE];
    int fd = memfd_create("listed", MFD_CLOEXEC);
    FILE *listed = fd < 0 ? NULL : fdopen(fd, "r");
    int code = EXIT_YES;

    if (listed == NULL) {
        fprintf(stderr, "ponor firewall: %s\n", strerror(errno));
        if (fd >= 0)
            close(fd);
        return EXIT_NO;
    }
    enum status status = kernel_list(fd, why);
    if (status == STATUS_OK) {
        rewind(listed);
        print_counters(listed);
    } else if (status == STATUS_NOT_FOUND) {
        printf("%s: nothing is stopped; `ponor firewall --apply` loads it\n", why);
    } else {
        fprintf(stderr, "ponor firewall: the counters: %s\n", why);
        code = EXIT_NO;
    }
    fclose(listed);
    return code;
}

static int show_status(const char *file)
{
    char why[CLIENT_WHY_SIZE];
    struct control_paths paths;
    int code = EXIT_YES;

    if (config_control_paths(file, &paths) != STATUS_OK)
        fprintf(stderr, "ponor firewall: cannot read %s; the default socket is asked\n", file);
    enum status status = client_ask_program("inspectd", paths.inspectd, "held", STDOUT_FILENO, why);
    if (status == STATUS_REFUSED) {
        printf("%s\n", why);
    } else if (status != STATUS_OK && !paths.inspectd_wanted) {
        printf("the configuration gives inspectd nothing to do: nothing is held\n");
    } else if (status != STATUS_OK) {
        fprintf(stderr, "ponor firewall: what is held: %s\n", why);
        code = EXIT_NO;
    }
    printf("\n");
    fflush(stdout);
    return show_table() == EXIT_YES ? code : EXIT_NO;
}

int command_firewall(int argc, char *argv[])
{
    const char *file = command_config(&argc, argv);
    const char *image = command_option(&argc, argv, "--image", NULL);
    const bool applies = command_flag(&argc, argv, "--apply"),
               removes = command_flag(&argc, argv, "--remove"),
               shows = command_flag(&argc, argv, "--status"),
               prints = command_flag(&argc, argv, "--print");
    struct input in;

    if (argc != 1)
        return command_usage(argv[0], "it takes no argument but these");
    if (applies + removes + shows + prints > 1)
        return command_usage(argv[0], "it does one of these at a time");
    if (removes)
        return take_out();
    if (shows)
        return show_status(file);
    int code = !read_input(file, image, &in) ? EXIT_NO : applies ? apply(&in) : print(&in);
    forget_input(&in);
    return code;
}
