/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * birth - a small blocking reader of the first messages on ROLE_CHANNEL.
 *
 * Each gift has a row: where its descriptor goes, and how many there may be.
 */
#include "process/birth.h"

#include "process/channel.h"
#include "process/role.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const program_words[] = {"dnsd", "inspectd", NULL};

enum { BIRTH_MESSAGE_MOST = 2048, FOLDER_MODE = 0750 };

static_assert(sizeof(struct message_compile) + sizeof(uint32_t) <= BIRTH_MESSAGE_MOST,
              "every message of a birth fits");

static void map_config(struct gifts *gifts, int fd)
{
    struct stat file;
    void *at = MAP_FAILED;

    if (fstat(fd, &file) == 0 && file.st_size == (off_t)sizeof(struct config))
        at = mmap(NULL, sizeof(struct config), PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        role_die("the configuration that the parent gave is not one");
    close(fd);
    gifts->config = at;
    log_set_level(gifts->config->log_level);
}

static void map_counters(struct gifts *gifts, int fd)
{
    gifts->counters = counters_open(fd);
    if (gifts->counters == NULL)
        role_die("the counters that the parent gave are none");
    close(fd);
}

static void put(int *places, uint32_t count, uint32_t number, int fd)
{
    if (number >= count)
        role_die("the parent gave a descriptor with the number %u; the limit is %u", number, count);
    if (places[number] >= 0)
        close(places[number]);
    places[number] = fd;
}

static void keep_lane(struct gifts *gifts, const struct message_gift *gift, int fd)
{
    if (gift->number >= LANES_MOST)
        role_die("the parent gave lane %u; the limit is %d", gift->number, LANES_MOST);
    struct lane_files *files = &gifts->lanes[gift->number];
    int *place = gift->gift == GIFT_LANE_ORDERS ? &files->orders
                 : gift->gift == GIFT_LANE_BELL ? &files->bell
                                                : &gifts->queue[gift->number];
    put(place, 1, 0, fd);
}

static void keep(struct gifts *gifts, const struct message_gift *gift, int fd)
{
    switch (gift->gift) {
    case GIFT_CONFIG:
        map_config(gifts, fd);
        break;
    case GIFT_COUNTERS:
        map_counters(gifts, fd);
        break;
    case GIFT_POLICY:
        put(&gifts->policy, 1, 0, fd);
        gifts->generation = gift->number;
        break;
    case GIFT_UDP:
        put(gifts->udp, LISTEN_MOST, gift->number, fd);
        break;
    case GIFT_TCP:
        put(gifts->tcp, LISTEN_MOST, gift->number, fd);
        break;
    case GIFT_CHANNEL:
        put(gifts->channel, WORKERS_MOST, gift->number, fd);
        break;
    case GIFT_RING:
        put(gifts->ring, RINGS_MOST, gifts->ring_count, fd);
        gifts->ring_owner[gifts->ring_count++] = gift->number;
        break;
    case GIFT_FOLDER:
        if (gift->number >= PROGRAM_COUNT)
            role_die("the parent gave a folder of an unknown program (%u)", gift->number);
        put(&gifts->folder, 1, 0, fd);
        gifts->program = gift->number;
        break;
    case GIFT_OUTPUT:
        put(gift->number == 0 ? &gifts->output : &gifts->problems, 1, 0, fd);
        break;
    case GIFT_SECRET:
        put(&gifts->secret, 1, 0, fd);
        break;
    case GIFT_TOLD:
        put(&gifts->told, 1, 0, fd);
        break;
    case GIFT_LANE_ORDERS:
    case GIFT_LANE_BELL:
    case GIFT_QUEUE:
        keep_lane(gifts, gift, fd);
        break;
    case GIFT_HELD:
        put(&gifts->held, 1, 0, fd);
        break;
    default:
        role_die("the parent gave something unknown (%u)", gift->gift);
    }
}

/* One message, with at most one descriptor; ends the process when the parent is gone. */
static struct parcel receive(void *buffer)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {buffer, BIRTH_MESSAGE_MOST};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    struct parcel parcel = {.fd = -1};
    ssize_t got;

    do {
        got = recvmsg(ROLE_CHANNEL, &header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        _exit(0); /* the parent is gone: nobody to work for */
    if (got < (ssize_t)sizeof parcel.kind || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        role_die("the parent sent a broken message");
    const struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    if (c != NULL && c->cmsg_type == SCM_RIGHTS)
        memcpy(&parcel.fd, CMSG_DATA(c), sizeof parcel.fd);
    memcpy(&parcel.kind, buffer, sizeof parcel.kind);
    parcel.body =
        span_of((const uint8_t *)buffer + sizeof parcel.kind, (size_t)got - sizeof parcel.kind);
    return parcel;
}

static void clear(struct gifts *gifts)
{
    memset(gifts, 0, sizeof *gifts);
    memset(gifts->udp, 0xff, sizeof gifts->udp);
    memset(gifts->tcp, 0xff, sizeof gifts->tcp);
    memset(gifts->channel, 0xff, sizeof gifts->channel);
    memset(gifts->ring, 0xff, sizeof gifts->ring);
    memset(gifts->lanes, 0xff, sizeof gifts->lanes);
    memset(gifts->queue, 0xff, sizeof gifts->queue);
    gifts->policy = gifts->folder = gifts->output = gifts->problems = gifts->secret = gifts->told =
        gifts->held = -1;
}

void birth_take(struct gifts *out)
{
    uint32_t buffer[BIRTH_MESSAGE_MOST / sizeof(uint32_t)];

    clear(out);
    for (;;) {
        struct parcel parcel = receive(buffer);
        const struct message_gift *gift = parcel_open(&parcel, MESSAGE_GIFT, sizeof *gift);
        const struct message_compile *order = parcel_open(&parcel, MESSAGE_COMPILE, sizeof *order);
        if (gift != NULL && parcel.fd >= 0)
            keep(out, gift, parcel.fd);
        else if (order != NULL)
            out->order = *order;
        else if (parcel_open(&parcel, MESSAGE_START, 0) != NULL)
            return;
        else
            role_die("the parent sent a message of kind %u before the start", parcel.kind);
    }
}

bool birth_read(int fd, void *out, size_t size)
{
    struct stat file;
    bool good = fstat(fd, &file) == 0 && file.st_size == (off_t)size &&
                pread(fd, out, size, 0) == (ssize_t)size;
    close(fd);
    return good;
}

/* Seals a memory file if it is whole, or closes it. */
static enum status seal(int fd, bool is_whole, int *fd_out)
{
    static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

    if (fd < 0)
        return STATUS_SYSTEM;
    if (!is_whole || fcntl(fd, F_ADD_SEALS, seals) != 0) {
        close(fd);
        return STATUS_SYSTEM;
    }
    *fd_out = fd;
    return STATUS_OK;
}

enum status birth_wrap(const void *bytes, size_t size, int *fd_out)
{
    int fd = memfd_create("gift", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return seal(fd, fd >= 0 && write(fd, bytes, size) == (ssize_t)size, fd_out);
}

enum status birth_copy(int file, int *fd_out)
{
    struct stat about;
    off_t at = 0;

    if (fstat(file, &about) != 0)
        return STATUS_SYSTEM;
    if (about.st_size > COPY_MOST)
        return STATUS_TOO_LONG;
    int fd = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    while (fd >= 0 && at < about.st_size &&
           sendfile(fd, file, &at, (size_t)(about.st_size - at)) > 0)
        ;
    return seal(fd, at == about.st_size, fd_out);
}

enum status birth_image(const char *path, int *image, struct policy **policy)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return STATUS_SYSTEM;
    enum status status = birth_copy(file, image);
    close(file);
    if (status != STATUS_OK)
        return status;
    status = policy_open(*image, policy);
    if (status != STATUS_OK) {
        close(*image);
        *image = -1;
    }
    return status;
}

int birth_folder(const char *path, const char *user)
{
    const struct passwd *owner = geteuid() == 0 ? getpwnam(user) : NULL;
    bool made = mkdir(path, FOLDER_MODE) == 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && made && owner != NULL && fchown(fd, owner->pw_uid, owner->pw_gid) != 0)
        log_warning("cannot give %s to user %s: %s", path, user, strerror(errno));
    return fd;
}
