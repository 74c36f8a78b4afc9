/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * config - `ponor check`, `compile`, `show` and `options`: what files say, without dnsd.
 */
#include "command/command.h"
#include "compile/compile.h"
#include "process/message.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMAGE_MODE = 0640, NEW_SUFFIX_ROOM = 16 };

struct config *command_read_config(const char *file)
{
    struct problems *problems = problems_new();
    struct config *config = calloc(1, sizeof *config);
    enum status status = STATUS_NO_MEMORY;

    if (problems != NULL && config != NULL)
        status = config_read(file, config, NULL, problems);
    if (problems != NULL)
        problems_print(problems, STDERR_FILENO);
    if (status != STATUS_OK && status != STATUS_INVALID)
        fprintf(stderr, "ponor: cannot read %s: %s\n", file, status_text(status));
    problems_free(problems);
    if (status == STATUS_OK)
        return config;
    free(config);
    return NULL;
}

/* The image in service, for the guards that compare with it; NULL when there is none. */
static struct policy *open_running(const char *path)
{
    struct policy *policy = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    if (policy_open(fd, &policy) != STATUS_OK)
        policy = NULL;
    close(fd);
    return policy;
}

static void say_sum(const struct problems *problems, const struct policy *policy)
{
    if (policy != NULL) {
        const struct policy_facts facts = policy_facts(policy);
        printf("%u lists, %u groups, %u rules, %u names, %u addresses\n", facts.lists, facts.groups,
               facts.rules, facts.names, facts.addresses);
    }
    printf("%zu error%s, %zu warning%s\n", problems->errors, problems->errors == 1 ? "" : "s",
           problems->warnings, problems->warnings == 1 ? "" : "s");
}

int command_check(int argc, char *argv[])
{
    const char *file = command_config(&argc, argv);
    struct policy *policy = NULL, *running = NULL;
    enum status status = STATUS_NO_MEMORY;

    if (argc != 1)
        return command_usage(argv[0], "it takes no arguments");
    struct problems *problems = problems_new();
    struct config *config = calloc(1, sizeof *config);
    if (problems == NULL || config == NULL)
        goto done;
    status = config_read(file, config, NULL, problems);
    if (status == STATUS_OK) {
        running = open_running(config->image);
        problems_free(problems); /* compile_policy() reads the file again and says it all */
        problems = problems_new();
        status =
            problems == NULL ? STATUS_NO_MEMORY : compile_policy(file, running, problems, &policy);
    }
    if (problems != NULL) {
        problems_print(problems, STDOUT_FILENO);
        say_sum(problems, policy);
    }
done:
    if (status != STATUS_OK && status != STATUS_INVALID)
        fprintf(stderr, "ponor: %s: %s\n", file, status_text(status));
    problems_free(problems);
    policy_close(policy);
    policy_close(running);
    free(config);
    return status == STATUS_OK ? EXIT_YES : EXIT_NO;
}

/* Compiles beside `path` and renames, so that the file there is always a whole one. */
static enum status compile_to(const char *file, const char *accept, const struct policy *running,
                              const char *path, struct problems *problems)
{
    char beside[PATH_MAX + NEW_SUFFIX_ROOM];

    snprintf(beside, sizeof beside, "%s.%d", path, (int)getpid());
    int fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, IMAGE_MODE);
    if (fd < 0) {
        fprintf(stderr, "ponor: cannot write %s: %s\n", beside, strerror(errno));
        return STATUS_SYSTEM;
    }
    enum status status = compile_into(file, accept, running, fd, problems);
    if (status == STATUS_OK && (fsync(fd) != 0 || rename(beside, path) != 0)) {
        fprintf(stderr, "ponor: cannot write %s: %s\n", path, strerror(errno));
        status = STATUS_SYSTEM;
    }
    close(fd);
    if (status != STATUS_OK)
        unlink(beside);
    return status;
}

int command_compile(int argc, char *argv[])
{
    const char *file = command_config(&argc, argv), *id;
    const char *output = command_option(&argc, argv, "-o", NULL);
    char accept[COMPILE_ACCEPT_SIZE] = "";
    size_t used = 0;

    while ((id = command_option(&argc, argv, "--accept-change", NULL)) != NULL) {
        used += (size_t)snprintf(accept + used, sizeof accept - used, "%s ", id);
        if (used >= sizeof accept)
            return command_usage(argv[0], "too many lists are named");
    }
    if (argc != 1)
        return command_usage(argv[0], "it takes no other arguments");
    struct config *config = command_read_config(file);
    struct problems *problems = problems_new();
    if (config == NULL || problems == NULL) {
        free(config);
        problems_free(problems);
        return EXIT_NO;
    }
    const char *path = output == NULL ? config->image : output;
    struct policy *running = open_running(config->image);
    enum status status = compile_to(file, accept, running, path, problems);
    problems_print(problems, STDERR_FILENO);
    policy_close(running);
    if (status == STATUS_OK) {
        struct policy *made = open_running(path);
        printf("%s: ", path);
        say_sum(problems, made);
        policy_close(made);
    }
    problems_free(problems);
    free(config);
    return status == STATUS_OK ? EXIT_YES : EXIT_NO;
}

int command_show(int argc, char *argv[])
{
    const char *file = command_config(&argc, argv);

    if (argc != 1)
        return command_usage(argv[0], "it takes no arguments");
    struct config *config = command_read_config(file);
    if (config == NULL)
        return EXIT_NO;
    config_show(config, STDOUT_FILENO);
    free(config);
    return EXIT_YES;
}

int command_options(int argc, char *argv[])
{
    bool manual = command_flag(&argc, argv, "--manual");

    if (argc != 1)
        return command_usage(argv[0], "it takes nothing but --manual");
    if (manual)
        config_print_manual(STDOUT_FILENO);
    else
        config_print_example(STDOUT_FILENO);
    return EXIT_YES;
}
