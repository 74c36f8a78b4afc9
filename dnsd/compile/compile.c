/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compile - config_read() and policy_compile(), one after the other.
 */
#include "compile/compile.h"

#include "base/log.h"
#include "process/birth.h"
#include "process/role.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NICENESS = 10 }; /* answers come first */

/* Lets each list that `accept` names change as much as it likes. */
static void accept_changes(struct config_policy *policy, const char *file, const char *accept,
                           struct problems *problems)
{
    char copy[COMPILE_ACCEPT_SIZE];
    char *rest = copy, *id;

    snprintf(copy, sizeof copy, "%s", accept);
    while ((id = strsep(&rest, " ")) != NULL) {
        if (id[0] != 0 && config_policy_accept_change(policy, id) != STATUS_OK)
            problem_error(problems, file, 0, 0,
                          "--accept-change names `%s`, and no list has this id", id);
    }
}

enum status compile_into(const char *file, const char *accept, const struct policy *running,
                         int out, struct problems *problems)
{
    struct config_policy *policy = NULL;
    struct config *config = calloc(1, sizeof *config);
    size_t errors = problems->errors;

    if (config == NULL)
        return STATUS_NO_MEMORY;
    enum status status = config_read(file, config, &policy, problems);
    free(config);
    if (status != STATUS_OK)
        return status;
    config_policy_set_today(policy, clock_wall());
    if (accept != NULL)
        accept_changes(policy, file, accept, problems);
    status = policy_compile(config_policy_source(policy), running, out, problems);
    if (status == STATUS_OK && problems->errors > errors)
        status = STATUS_INVALID;
    config_policy_free(policy);
    return status;
}

enum status compile_policy(const char *file, const struct policy *running,
                           struct problems *problems, struct policy **out)
{
    int fd = memfd_create("policy", MFD_CLOEXEC);
    if (fd < 0)
        return STATUS_SYSTEM;
    enum status status = compile_into(file, NULL, running, fd, problems);
    if (status == STATUS_OK)
        status = policy_open(fd, out);
    close(fd);
    return status;
}

struct policy *compile_or_open(const char *file, const char *image)
{
    struct policy *policy = NULL;
    struct problems *problems = problems_new();
    enum status status = problems == NULL ? STATUS_NO_MEMORY : STATUS_OK;

    if (status == STATUS_OK && image == NULL) {
        status = compile_policy(file, NULL, problems, &policy);
        if (problems->errors > 0) /* warnings are for `ponor check` */
            problems_print(problems, STDERR_FILENO);
    } else if (status == STATUS_OK) {
        int fd = open(image, O_RDONLY | O_CLOEXEC);
        status = fd < 0 ? STATUS_SYSTEM : policy_open(fd, &policy);
        if (fd >= 0)
            close(fd);
    }
    if (status != STATUS_OK && status != STATUS_INVALID)
        fprintf(stderr, "ponor: %s: %s\n", image == NULL ? file : image,
                status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    problems_free(problems);
    if (status != STATUS_OK)
        return NULL;
    policy_expire(policy, clock_date(clock_wall())); /* as all do who have it in service */
    return policy;
}

static enum status run_order(const struct gifts *gifts, struct problems *problems)
{
    struct policy *running = NULL;

    if (gifts->policy >= 0 && policy_open(gifts->policy, &running) != STATUS_OK)
        return STATUS_CORRUPT;
    enum status status =
        compile_into(gifts->order.file, gifts->order.accept, running, gifts->output, problems);
    policy_close(running);
    /* A rename that outlives a loss of power must not find an empty file behind it. */
    if (status == STATUS_OK && fsync(gifts->output) != 0)
        status = STATUS_SYSTEM;
    return status;
}

int compile_main(unsigned number)
{
    struct gifts gifts;
    struct {
        uint32_t kind;
        struct message_done done;
    } answer = {.kind = MESSAGE_DONE};

    birth_take(&gifts);
    if (setpriority(PRIO_PROCESS, 0, NICENESS) != 0)
        log_debug("the compile role runs as urgently as those that answer");
    struct problems *problems = problems_new();
    if (problems == NULL || gifts.output < 0 || gifts.problems < 0 ||
        gifts.order.file[sizeof gifts.order.file - 1] != 0 ||
        gifts.order.accept[sizeof gifts.order.accept - 1] != 0)
        role_die("the parent gave no order that can be obeyed");
    answer.done.status = run_order(&gifts, problems);
    answer.done.problems = (uint32_t)problems->errors;
    problems_print(problems, gifts.problems);
    problems_free(problems);
    return send(ROLE_CHANNEL, &answer, sizeof answer, MSG_NOSIGNAL) == (ssize_t)sizeof answer ? 0
                                                                                              : 1;
}
