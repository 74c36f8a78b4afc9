/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of `ponor`: options, hints, exit codes, and what check, compile, explain and test
 * print.
 */
#include "command/command.h"

#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENTS_MOST = 10, TEXT_SIZE = 1 << 16, PATH_SIZE = 128 };

static char folder[PATH_SIZE], config[PATH_SIZE], list[PATH_SIZE], table[PATH_SIZE],
    image[PATH_SIZE];
static char output[TEXT_SIZE];

/* Runs `ponor` with these words in a process; `output` is what it printed. */
static int ponor(const char *const words[])
{
    char *argv[ARGUMENTS_MOST + 2] = {NULL};
    int argc = 1, ended, fd = memfd_create("output", 0);
    argv[0] = strdup("ponor");
    for (; words[argc - 1] != NULL && argc <= ARGUMENTS_MOST; argc++)
        argv[argc] = strdup(words[argc - 1]);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        int code = command_run(argc, argv, commands);
        fflush(NULL);
        _exit(code);
    }
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    memset(output, 0, sizeof output);
    assert_true(pread(fd, output, sizeof output - 1, 0) >= 0);
    close(fd);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

#define PONOR(...) ponor((const char *const[]){__VA_ARGS__, NULL})

static void assert_says(const char *text)
{
    if (strstr(output, text) == NULL)
        fail_msg("`%s` is not in:\n%s", text, output);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_list(const char *more)
{
    char text[2048];
    snprintf(text, sizeof text,
             "list: one\ntitle: The One\napp: One\nauthority: a test\n"
             "reference: https://example.com/\nowner: a@example.com\nticket: T-1\nserial: 1\n"
             "review_by: 2099-01-01\naction: sinkhole\nrules:\n  - domain: banned.example\n"
             "  - name: seen.example\n    action: observe\n  - address: 192.0.2.1\n%s",
             more);
    write_file(list, text);
}

static int set_up(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/ponor-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(config, sizeof config, "%.60s/ponor.yaml", folder);
    snprintf(list, sizeof list, "%.60s/one.yaml", folder);
    snprintf(table, sizeof table, "%.60s/table.yaml", folder);
    snprintf(image, sizeof image, "%.60s/policy.image", folder);
    write_file(config, "image: policy.image\ncontrol: control.sock\n"
                       "lists:\n  - {list: one, file: one.yaml}\n"
                       "groups:\n  - {group: mobile, clients: [10.0.0.0/8], lists: [one]}\n"
                       "  - {group: office, clients: [192.168.0.0/16], lists: [one],"
                       " mode: observe}\n"
                       "dnsd:\n  mode: forward\n  listen: [127.0.0.1@5399]\n"
                       "  forward:\n    to: [127.0.0.1@9]\n");
    write_list("");
    return 0;
}

static int tear_down(void **state)
{
    remove(config);
    remove(list);
    remove(table);
    remove(image);
    return rmdir(folder);
}

static void options_are_taken_out(void **state)
{
    char name[] = "test", c[] = "-c", file[] = "f", x[] = "x", long_form[] = "--image=i",
         flag[] = "--flag";
    char *argv[] = {name, c, file, x, long_form, flag, NULL};
    int argc = 6;
    assert_string_equal(command_config(&argc, argv), "f");
    assert_string_equal(command_option(&argc, argv, "--image", "none"), "i");
    assert_string_equal(command_option(&argc, argv, "--image", "none"), "none");
    assert_true(command_flag(&argc, argv, "--flag"));
    assert_false(command_flag(&argc, argv, "--flag"));
    assert_int_equal(argc, 2);
    assert_string_equal(argv[1], "x");
    assert_null(argv[2]);
    assert_string_equal(command_config(&argc, argv), "/etc/ponor/ponor.yaml");
}

static void wrong_use_is_told_what_is_right(void **state)
{
    assert_int_equal(ponor((const char *const[]){NULL}), EXIT_USAGE);
    assert_says("usage: ponor ");
    assert_int_equal(PONOR("--help"), EXIT_YES);
    for (const struct command *c = commands; c->name != NULL; c++)
        assert_says(c->name);
    assert_int_equal(PONOR("explian", "x.example"), EXIT_USAGE);
    assert_says("did you mean `explain`?");
    assert_int_equal(PONOR("explain"), EXIT_USAGE);
    assert_says("explain NAME|ADDRESS");
    assert_int_equal(PONOR("-c", config, "check"), EXIT_YES);
    assert_int_equal(PONOR("explain", "x.example", "--client"), EXIT_USAGE);
    assert_says("lacks its value");
    assert_int_equal(PONOR("status", "--help"), EXIT_YES);
    assert_int_equal(PONOR("status", "-s", "/no/such/socket"), EXIT_NO);
    assert_says("no dnsd answers at /no/such/socket");
    assert_int_equal(PONOR("status", "-c", config), EXIT_NO);
    assert_says("no dnsd answers at");
    assert_says("/control.sock");
}

static void check_names_all(void **state)
{
    assert_int_equal(PONOR("check", "-c", config), EXIT_YES);
    assert_says("1 lists, 2 groups, 3 rules");
    assert_says("0 errors");
    write_list("  - domain: com\n  - domian: x.example\n");
    assert_int_equal(PONOR("check", "-c", config), EXIT_NO);
    assert_says("one.yaml:16:");
    assert_says("one.yaml:17:");
    assert_says("did you mean `domain`?");
    write_list("");
}

static void compile_makes_an_image_or_leaves_the_old(void **state)
{
    assert_int_equal(PONOR("compile", "-c", config), EXIT_YES);
    assert_int_equal(access(image, R_OK), 0);
    write_list("  - domain: com\n");
    assert_int_equal(PONOR("compile", "-c", config), EXIT_NO);
    assert_int_equal(access(image, R_OK), 0);
    assert_int_equal(PONOR("explain", "-c", config, "--image", image, "--client", "10.1.1.1",
                           "www.banned.example"),
                     EXIT_YES);
    write_list("");
    char other[PATH_SIZE];
    snprintf(other, sizeof other, "%.60s/other", folder);
    assert_int_equal(PONOR("compile", "-c", config, "-o", other), EXIT_YES);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(PONOR("compile", "-c", config, "--accept-change=nobody"), EXIT_NO);
    assert_says("nobody");
}

static void explain_says_it_for_a_client_or_for_all(void **state)
{
    assert_int_equal(
        PONOR("explain", "-c", config, "--lists", "--client", "10.1.1.1", "www.banned.example"),
        EXIT_YES);
    assert_says("sinkhole");
    assert_says("one.yaml:12");
    assert_says("T-1");
    assert_int_equal(PONOR("explain", "-c", config, "--lists", "192.0.2.1"), EXIT_YES);
    assert_says("mobile");
    assert_says("office");
    assert_int_equal(PONOR("explain", "-c", config, "no..name"), EXIT_USAGE);
    assert_int_equal(PONOR("explain", "-c", config, "--client", "x", "a.example"), EXIT_USAGE);
}

static void test_counts_and_points(void **state)
{
    write_file(table,
               "tests:\n"
               "  - {client: 10.1.1.1, name: a.banned.example, expect: sinkhole, list: one}\n"
               "  - {client: 10.1.1.1, name: other.example, expect: pass}\n"
               "  - {client: 10.1.1.1, name: seen.example, expect: observe, list: one}\n"
               "  - {client: 10.1.1.1, address: 192.0.2.1, expect: sinkhole}\n"
               "  - {client: 192.168.1.1, name: banned.example, expect: observe}\n");
    assert_int_equal(PONOR("test", "-c", config, table), EXIT_YES);
    assert_string_equal(output, "5 passed, 0 failed\n");

    write_file(table, "tests:\n"
                      "  - {client: 10.1.1.1, name: other.example, expect: sinkhole, list: one}\n"
                      "  - {client: 10.1.1.1, name: banned.example, expect: pass}\n"
                      "  - {client: 10.1.1.1, name: banned.example, expect: sinkhole, list: two}\n"
                      "  - {client: 10.1.1.1, expect: pass}\n"
                      "  - {client: 10.1.1.1, name: other.example, expect: nonsense}\n"
                      "  - {client: 10.1.1.1, name: other.example, expect: pass}\n");
    assert_int_equal(PONOR("test", "-c", config, table), EXIT_NO);
    assert_says("table.yaml:2: 10.1.1.1 asks for other.example: expected sinkhole by one, "
                "the policy says pass");
    assert_says("table.yaml:3: 10.1.1.1 asks for banned.example: expected pass, "
                "the policy says sinkhole by one");
    assert_says("one.yaml:12: banned.example");
    assert_says("table.yaml:4: ");
    assert_says("table.yaml:5:");
    assert_says("table.yaml:6:");
    assert_says("1 passed, 5 failed\n");
    assert_int_equal(PONOR("test", "-c", config, "/no/such/file"), EXIT_NO);
}

static void show_and_options_print(void **state)
{
    assert_int_equal(PONOR("show", "-c", config), EXIT_YES);
    assert_says("policy.image");
    assert_int_equal(PONOR("options"), EXIT_YES);
    assert_says("dnsd:");
    assert_int_equal(PONOR("options", "--manual"), EXIT_YES);
}

/* What the table says stands in tests/unit/firewall. */
static void firewall_prints_and_does_one_thing_at_a_time(void **state)
{
    assert_int_equal(PONOR("firewall", "-c", config), EXIT_YES);
    assert_says("table inet ponor {");
    assert_says("192.0.2.1,\n");
    assert_says("does not name both sides of the gateway");
    assert_int_equal(PONOR("compile", "-c", config, "-o", image), EXIT_YES);
    write_list("  - address: 192.0.2.77\n");
    assert_int_equal(PONOR("firewall", "-c", config, "--print"), EXIT_YES); /* as in service */
    assert_null(strstr(output, "192.0.2.77"));
    assert_int_equal(remove(image), 0);
    assert_int_equal(PONOR("firewall", "-c", config, "--print"), EXIT_YES);
    assert_says("192.0.2.77,\n");
    write_list("");
    assert_int_equal(PONOR("firewall", "-c", config, "--image", "/no/such/image"), EXIT_NO);
    assert_says("/no/such/image: No such file");
    assert_int_equal(PONOR("firewall", "--print", "--apply"), EXIT_USAGE);
    assert_says("one of these at a time");
    assert_int_equal(PONOR("firewall", "remove"), EXIT_USAGE);
    assert_says("[--print | --apply | --remove | --status]");
    /* Whoever may not ask the kernel is told, too; here is neither inspectd nor a table. */
    (void)PONOR("firewall", "-c", config, "--status");
    assert_says("nothing is held");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_out),
        cmocka_unit_test(wrong_use_is_told_what_is_right),
        cmocka_unit_test(check_names_all),
        cmocka_unit_test(compile_makes_an_image_or_leaves_the_old),
        cmocka_unit_test(explain_says_it_for_a_client_or_for_all),
        cmocka_unit_test(test_counts_and_points),
        cmocka_unit_test(show_and_options_print),
        cmocka_unit_test(firewall_prints_and_does_one_thing_at_a_time),
    };
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
