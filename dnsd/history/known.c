/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * known - files by their stat.
 */
#include "history/known.h"

#include "base/log.h"
#include "base/refusal.h"
#include "base/table.h"
#include "device/inventory.h"
#include "device/leases.h"
#include "device/neighbours.h"
#include "history/lease_log.h"
#include "history/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LEASES_MOST = 1000000,
    NOTED_MOST = 65536, /* neighbours, whose leases grow with every look */
};

static const clock_us LOOK_US = 3000000, NEIGHBOURS_US = 10000000, HOLD_US = 900000000,
                      NOTE_US = 600000000;

/* A file that others write: read again when this changes. */
struct watched {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
    bool is_told; /* that it cannot be read */
    uint64_t bad;
};

struct noted {
    uint8_t mac[MAC_SIZE];
    clock_us at;
};

struct known {
    const struct config *config;
    struct devices *devices;
    struct watched leases[LEASE_FILES_MOST], inventory;
    clock_us looked, neighbours_looked, now;
    bool neighbours_told;
    struct lease_log *log;
    struct table *noted;
};

static bool is_same(const struct watched *watched, const struct stat *file)
{
    return watched->device == file->st_dev && watched->inode == file->st_ino &&
           watched->size == file->st_size && watched->changed.tv_sec == file->st_mtim.tv_sec &&
           watched->changed.tv_nsec == file->st_mtim.tv_nsec;
}

static void note_stat(struct watched *watched, const struct stat *file)
{
    watched->device = file->st_dev;
    watched->inode = file->st_ino;
    watched->size = file->st_size;
    watched->changed = file->st_mtim;
}

static void learn(struct known *known, const struct lease *lease, enum device_known how)
{
    bool is_news = false;
    if (devices_add_lease(known->devices, lease, how, &is_news) != STATUS_OK || !is_news)
        return;
    if (how == DEVICE_NEIGHBOUR) {
        bool is_new;
        struct noted *noted = table_claim(known->noted, &lease->address, &is_new);
        if (!is_new && memcmp(noted->mac, lease->mac, MAC_SIZE) == 0 &&
            known->now < noted->at + NOTE_US)
            return;
        memcpy(noted->mac, lease->mac, MAC_SIZE);
        noted->at = known->now;
    }
    lease_log_add(known->log, lease, how);
}

static void on_lease(void *owner, const struct lease *lease)
{
    learn(owner, lease, DEVICE_LEASE);
}

static void on_neighbour(void *owner, const struct lease *lease)
{
    learn(owner, lease, DEVICE_NEIGHBOUR);
}

/* Looking. */

/* Whether the file is there and another than before; -1 otherwise. */
static int open_changed(struct watched *watched, const char *path, const char *what,
                        struct stat *file)
{
    char why[REFUSAL_TEXT_SIZE];
    if (stat(path, file) == 0 && is_same(watched, file))
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, file) == 0 && S_ISREG(file->st_mode)) {
        watched->is_told = false;
        return fd;
    }
    if (!watched->is_told)
        log_error("%s %s cannot be read: %s; until it can, addresses may have no name", what, path,
                  fd < 0 ? refusal_text(errno, why) : "it is no file");
    watched->is_told = true;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void look_leases(struct known *known, size_t which)
{
    const struct config_leases *of = &known->config->consoled.leases[which];
    struct watched *watched = &known->leases[which];
    struct leases_read result;
    struct stat file;
    char *text;
    size_t length;
    int fd = open_changed(watched, of->file, "the lease file", &file);

    if (fd < 0)
        return;
    enum status status = whole_file_read(fd, &text, &length);
    close(fd);
    if (status != STATUS_OK) {
        free(text);
        log_error("the lease file %s cannot be read: %s; it is read again when it changes",
                  of->file, status_text(status));
        note_stat(watched, &file);
        return;
    }
    lease_formats[of->format]->read(span_of(text, length), known->now, on_lease, known, &result);
    free(text);
    if (result.bad > 0 && watched->bad == 0)
        log_warning("the lease file %s: %" PRIu64 " entries cannot be read, the first at line "
                    "%" PRIu64 ": %s",
                    of->file, result.bad, result.first_bad, result.why);
    watched->bad = result.bad;
    note_stat(watched, &file);
}

static void look_inventory(struct known *known)
{
    const char *path = known->config->consoled.inventory;
    struct stat file;
    int fd = open_changed(&known->inventory, path, "the inventory", &file);

    if (fd < 0)
        return;
    close(fd);
    note_stat(&known->inventory, &file);
    struct problems *problems = problems_new();
    if (problems == NULL)
        return;
    enum status status = inventory_read(path, known->devices, problems);
    if (status != STATUS_OK && problems->errors == 0)
        log_error("the inventory %s cannot be read: %s; the one before holds", path,
                  status_text(status));
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *p = &problems->list[i];
        if (p->severity == SEVERITY_WARNING)
            log_warning("%s:%u:%u: %s", p->file, p->line, p->column, p->text);
        else
            log_error("%s:%u:%u: %s; the inventory before holds", p->file, p->line, p->column,
                      p->text);
    }
    problems_free(problems);
}

static void look_neighbours(struct known *known)
{
    enum status status = neighbours_read(known->now, HOLD_US, on_neighbour, known);
    if (status != STATUS_OK && !known->neighbours_told)
        log_error("the neighbour table cannot be read: %s; set `neighbours: no` if this machine "
                  "should not look",
                  status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    known->neighbours_told = status != STATUS_OK;
}

static bool is_time(clock_us *looked, clock_us now, clock_us every)
{
    if (*looked != 0 && now >= *looked && now < *looked + every)
        return false;
    *looked = now;
    return true;
}

void known_look(struct known *known, clock_us now)
{
    known->now = now;
    if (!is_time(&known->looked, now, LOOK_US))
        return;
    for (size_t i = 0; i < known->config->consoled.lease_count; i++)
        look_leases(known, i);
    if (known->config->consoled.inventory[0] != 0)
        look_inventory(known);
    if (known->config->consoled.neighbours &&
        is_time(&known->neighbours_looked, now, NEIGHBOURS_US))
        look_neighbours(known);
    lease_log_flush(known->log);
}

enum status known_open(const struct config *config, struct known **out)
{
    struct known *known = calloc(1, sizeof *known);
    if (known == NULL)
        return STATUS_NO_MEMORY;
    known->config = config;
    known->devices = devices_new(LEASES_MOST);
    if (config->consoled.neighbours)
        known->noted =
            table_new(NOTED_MOST, sizeof(struct address), sizeof(struct noted), NULL, NULL);
    if (known->devices != NULL)
        known->log = lease_log_open(config->consoled.store.folder, known->devices, known->now);
    if (known->log == NULL || (config->consoled.neighbours && known->noted == NULL)) {
        known_close(known);
        return STATUS_NO_MEMORY;
    }
    *out = known;
    return STATUS_OK;
}

void known_close(struct known *known)
{
    if (known == NULL)
        return;
    lease_log_close(known->log);
    table_free(known->noted);
    devices_free(known->devices);
    free(known);
}

const struct devices *known_devices(const struct known *known)
{
    return known->devices;
}

uint64_t known_bad(const struct known *known)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < LEASE_FILES_MOST; i++)
        bad += known->leases[i].bad;
    return bad;
}
