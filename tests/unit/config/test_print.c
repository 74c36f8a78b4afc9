/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves config/print: what it prints is read back as the same, and the files made from the table
 * of options are in date.
 */
#include "config/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { TEXT_SIZE = 1 << 18 };

static char printed[TEXT_SIZE], expected[TEXT_SIZE];

static void read_all(int fd, char out[TEXT_SIZE])
{
    ssize_t length = pread(fd, out, TEXT_SIZE - 1, 0);
    assert_in_range(length, 1, TEXT_SIZE - 2);
    out[length] = 0;
}

/* Compares what `print` writes with a file of the source tree. */
static void in_date(const char *name, void (*print)(int out))
{
    char path[400];
    FILE *out = tmpfile();
    assert_non_null(out);
    print(fileno(out));
    read_all(fileno(out), printed);
    fclose(out);
    snprintf(path, sizeof path, "%s/%s", SOURCE_ROOT, name);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    read_all(fd, expected);
    close(fd);
    if (strcmp(printed, expected) != 0)
        fail_msg("%s is not in date: tests/lint/docs BUILD --write makes it anew", name);
}

static void test_example_in_date(void **state)
{
    in_date("conf/ponor.example.yaml", config_print_example);
}

static void test_manual_in_date(void **state)
{
    in_date("docs/options.md", config_print_manual);
}

/* Writes a configuration, reads it; its warnings and errors but for a missing trust anchor are
 * failures. */
static enum status read_text(const char *text, struct config *out)
{
    char name[] = "/tmp/ponor-test-print-XXXXXX";
    struct problems *problems = problems_new();
    int fd = mkstemp(name);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    enum status status = config_read(name, out, NULL, problems);
    unlink(name);
    for (size_t i = 0; i < problems->count; i++)
        if (strncmp(problems->list[i].text, "`trust_anchor`", 14) != 0)
            fail_msg("%u:%u %s", problems->list[i].line, problems->list[i].column,
                     problems->list[i].text);
    problems_free(problems);
    return status;
}

/* The example file is a configuration of nothing but defaults. */
static void test_example_is_the_defaults(void **state)
{
    static struct config from_example, fresh;
    FILE *out = tmpfile();
    assert_non_null(out);
    config_print_example(fileno(out));
    read_all(fileno(out), printed);
    fclose(out);
    char *anchor = strstr(printed, "trust_anchor: ");
    assert_non_null(anchor);
    memcpy(anchor, "trust_anchor: ''\n#", 18);
    assert_int_equal(read_text(printed, &from_example), STATUS_OK);
    assert_int_equal(read_text("dnsd: {recurse: {trust_anchor: ''}}\n", &fresh), STATUS_OK);
    assert_memory_equal(&from_example, &fresh, sizeof fresh);
}

/* The sample of a stub zone, with the `# ` before each line taken away, is one. */
static void test_samples_are_sound(void **state)
{
    static struct config config;
    FILE *out = tmpfile();
    assert_non_null(out);
    config_print_example(fileno(out));
    read_all(fileno(out), printed);
    fclose(out);
    const char *from = strstr(printed, "stubs: []\n");
    assert_non_null(from);
    const char *to = strstr(from, "\n\n") + 1;
    snprintf(expected, sizeof expected, "dnsd:\n  recurse: {trust_anchor: ''}\n  stubs:\n");
    for (const char *line = strchr(from, '\n') + 1; line < to; line = strchr(line, '\n') + 1) {
        const char *mark = strstr(line, "# ");
        size_t used = strlen(expected), length = strcspn(line, "\n");
        if (mark != NULL && mark < line + length)
            snprintf(expected + used, sizeof expected - used, "  %.*s\n",
                     (int)(line + length - mark - 2), mark + 2);
    }
    assert_int_equal(read_text(expected, &config), STATUS_OK);
    assert_int_equal(config.dnsd.stub_count, 1);
    assert_int_equal(config.dnsd.stubs[0].server_count, 2);
}

/* What --show prints is read back as the same configuration, hostile texts included. */
static void test_show_reads_back(void **state)
{
    static struct config one, two;
    assert_int_equal(read_text("gateway: \"a \\\"quoted\\\" \\\\ gate: #way\"\n"
                               "dnsd:\n"
                               "  listen: [0.0.0.0, \"::@53\", 2001:db8::1@5300]\n"
                               "  allow: [\"::/0\", 0.0.0.0/0]\n"
                               "  workers: 7\n"
                               "  recurse: {trust_anchor: ''}\n"
                               "  stubs:\n"
                               "    - {zone: ., servers: [\"::1\", 192.0.2.1@1]}\n"
                               "    - {zone: corp.example, servers: [192.0.2.1]}\n"
                               "  cache: {size: 10000001, max_ttl: 3601}\n"
                               "  tcp: {idle: 1001ms}\n"
                               "  rebinding: {allow: [a.example, _b.example]}\n"
                               "  identity: {id: \"- x\", answer: yes}\n",
                               &one),
                     STATUS_OK);
    FILE *out = tmpfile();
    assert_non_null(out);
    config_show(&one, fileno(out));
    read_all(fileno(out), printed);
    fclose(out);
    assert_int_equal(read_text(printed, &two), STATUS_OK);
    assert_memory_equal(&one, &two, sizeof one);
    /* Marks stand where nothing was said, and only there. */
    assert_non_null(strstr(printed, "log: info  # default\n"));
    assert_non_null(strstr(printed, "  workers: 7\n"));
    assert_null(strstr(printed, "workers: 7  # default"));
    assert_non_null(strstr(printed, "    size: 10000001\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_in_date),         cmocka_unit_test(test_manual_in_date),
        cmocka_unit_test(test_example_is_the_defaults), cmocka_unit_test(test_samples_are_sound),
        cmocka_unit_test(test_show_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
