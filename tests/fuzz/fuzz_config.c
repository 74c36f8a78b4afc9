/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_config - any bytes as ponor.yaml: what was accepted keeps its promises, and --show prints it
 * so that it reads back as the same.
 */
#include "fuzz.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SHOWN_SIZE = 1 << 18 };

static int file_with(const void *bytes, size_t size, char name[32])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    snprintf(name, 32, "/proc/self/fd/%d", fd);
    return fd;
}

static size_t show(const struct config *config, char shown[SHOWN_SIZE])
{
    char name[32];
    int fd = file_with("", 0, name);
    config_show(config, fd);
    ssize_t length = pread(fd, shown, SHOWN_SIZE, 0);
    close(fd);
    assert(length > 0);
    return (size_t)length;
}

static void check(const struct config *config, const struct policy_source *source)
{
    assert(config->dnsd.listen_count >= 1 && config->dnsd.listen_count <= LISTEN_MOST);
    assert(config->dnsd.workers >= 1 && config->dnsd.workers <= WORKERS_MOST);
    assert(config->dnsd.stub_count <= STUBS_MOST);
    assert(config->dnsd.mode == RESOLVE_RECURSE || config->dnsd.forward_count > 0);
    for (uint32_t i = 0; i < config->dnsd.stub_count; i++)
        assert(name_is_sound(&config->dnsd.stubs[i].zone));
    for (size_t i = 0; i < source->group_count; i++)
        for (size_t j = 0; j < source->groups[i].list_count; j++)
            assert(source->groups[i].lists[j] < source->list_count);
    for (size_t i = 0; i < source->protected_name_count; i++)
        assert(name_is_sound(&source->protected_names[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config, again;
    static char shown[SHOWN_SIZE], shown_again[SHOWN_SIZE];
    struct problems *problems = problems_new();
    struct config_policy *policy = NULL;
    char name[32];

    int fd = file_with(data, size, name);
    enum status status = config_read(name, &config, &policy, problems);
    assert((status == STATUS_OK) == (problems->errors == 0));
    close(fd);
    if (status == STATUS_OK) {
        check(&config, config_policy_source(policy));
        size_t length = show(&config, shown);
        fd = file_with(shown, length, name);
        assert(config_read(name, &again, NULL, problems) == STATUS_OK);
        close(fd);
        assert(show(&again, shown_again) == length && memcmp(shown, shown_again, length) == 0);
    }
    config_policy_free(policy);
    problems_free(problems);
    return 0;
}
