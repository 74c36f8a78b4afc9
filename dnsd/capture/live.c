/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * live - an interface, both directions, by libpcap's mapped ring.
 */
#include "capture/opened.h"

#include "base/refusal.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TIMEOUT_MS = 40, /* how long the kernel may wait until a block of the ring is full */
    BUFFER_MOST = 1 << 30,
    NAMES_SIZE = 200
};

/* "eth0, lo": what could have been meant. */
static const char *interface_names(char out[NAMES_SIZE])
{
    struct if_nameindex *all = if_nameindex();
    size_t used = 0;

    out[0] = 0;
    for (const struct if_nameindex *i = all; i != NULL && i->if_name != NULL; i++) {
        int length =
            snprintf(out + used, NAMES_SIZE - used, "%s%s", used > 0 ? ", " : "", i->if_name);
        if (length < 0 || (size_t)length >= NAMES_SIZE - used) {
            out[used] = 0;
            break;
        }
        used += (size_t)length;
    }
    if (all != NULL)
        if_freenameindex(all);
    return out;
}

static void explain(pcap_t *pcap, int code, const char *place, char why[CAPTURE_WHY_SIZE])
{
    char names[NAMES_SIZE], user[REFUSAL_TEXT_SIZE];

    switch (code) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        snprintf(why, CAPTURE_WHY_SIZE, "there is no interface %.100s; there are: %s", place,
                 interface_names(names));
        break;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        snprintf(why, CAPTURE_WHY_SIZE,
                 "user %s may not read packets of %.100s: that needs the capability CAP_NET_RAW "
                 "(be root, or start it by its systemd unit)",
                 refusal_user(user), place);
        break;
    case PCAP_ERROR_IFACE_NOT_UP:
        snprintf(why, CAPTURE_WHY_SIZE, "the interface %.100s is down: `ip link set %.100s up`",
                 place, place);
        break;
    default:
        snprintf(why, CAPTURE_WHY_SIZE, "cannot read packets of %.100s: %s %.200s", place,
                 pcap_statustostr(code), pcap == NULL ? strerror(errno) : pcap_geterr(pcap));
    }
}

enum status capture_probe(const char *interface, char why[CAPTURE_WHY_SIZE])
{
    static const char all[] = "any"; /* libpcap's word, not the kernel's */

    if (strcmp(interface, all) != 0 && if_nametoindex(interface) == 0) {
        explain(NULL, PCAP_ERROR_NO_SUCH_DEVICE, interface, why);
        return STATUS_NOT_FOUND;
    }
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: no packet comes */
    if (fd < 0) {
        int error = errno;
        explain(NULL, error == EPERM ? PCAP_ERROR_PERM_DENIED : PCAP_ERROR, interface, why);
        return STATUS_REFUSED;
    }
    close(fd);
    return STATUS_OK;
}

/* Numbers that are out of range are libpcap's or the kernel's to refuse when it is activated. */
static void set_options(pcap_t *pcap, const struct capture_options *options)
{
    uint64_t buffer = options->buffer < BUFFER_MOST ? options->buffer : BUFFER_MOST;

    pcap_set_snaplen(pcap, (int)options->snap);
    pcap_set_promisc(pcap, options->promiscuous);
    pcap_set_timeout(pcap, TIMEOUT_MS);
    pcap_set_immediate_mode(pcap, options->at_once);
    if (buffer > 0)
        pcap_set_buffer_size(pcap, (int)buffer);
}

/* Packets of one flow, in both directions, go to one process of the group; of fragments the kernel
 * makes whole datagrams first, since all but the first do not say their ports. */
static enum status join_group(pcap_t *pcap, const struct capture_options *options,
                              char why[CAPTURE_WHY_SIZE])
{
    const unsigned how = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG;
    const unsigned value = options->fanout | how << 16;
    char refusal[REFUSAL_TEXT_SIZE];

    if (options->fanout == 0 ||
        setsockopt(pcap_fileno(pcap), SOL_PACKET, PACKET_FANOUT, &value, sizeof value) == 0)
        return STATUS_OK;
    snprintf(why, CAPTURE_WHY_SIZE,
             "packets of %.100s cannot be shared among `workers`: %s; do with one", options->place,
             refusal_text(errno, refusal));
    return STATUS_SYSTEM;
}

static enum status equip(struct capture *capture, const struct capture_options *options,
                         char why[CAPTURE_WHY_SIZE])
{
    char error[PCAP_ERRBUF_SIZE] = "";
    enum status status = opened_filter(capture, options->filter, why);

    if (status == STATUS_OK)
        status = join_group(capture->pcap, options, why);
    if (status == STATUS_OK && pcap_setnonblock(capture->pcap, 1, error) != 0) {
        snprintf(why, CAPTURE_WHY_SIZE, "%.300s", error);
        status = STATUS_SYSTEM;
    }
    return status;
}

static enum status live_open(const struct capture_options *options, char why[CAPTURE_WHY_SIZE],
                             struct capture **out)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_create(options->place, error);
    struct capture *capture;

    if (pcap == NULL) {
        snprintf(why, CAPTURE_WHY_SIZE, "%.300s", error);
        return STATUS_SYSTEM;
    }
    set_options(pcap, options);
    int code = pcap_activate(pcap); /* above 0: a warning, such as no promiscuous mode on `any` */
    if (code < 0) {
        explain(pcap, code, options->place, why);
        pcap_close(pcap);
        return code == PCAP_ERROR_NO_SUCH_DEVICE ? STATUS_NOT_FOUND : STATUS_REFUSED;
    }
    enum status status = opened_new(pcap, options->place, why, &capture);
    if (status != STATUS_OK)
        return status;
    status = equip(capture, options, why);
    if (status != STATUS_OK) {
        opened_close(capture);
        return status;
    }
    *out = capture;
    return STATUS_OK;
}

static enum status live_read(struct capture *capture, unsigned most,
                             void (*on_packet)(void *owner, const struct captured *packet),
                             void *owner, unsigned *count, char why[CAPTURE_WHY_SIZE])
{
    if (opened_dispatch(capture, most, on_packet, owner, count) >= 0)
        return STATUS_OK;
    snprintf(why, CAPTURE_WHY_SIZE, "%.300s", pcap_geterr(capture->pcap));
    return STATUS_SYSTEM;
}

static int live_descriptor(const struct capture *capture)
{
    return pcap_get_selectable_fd(capture->pcap);
}

static struct capture_counts live_counts(struct capture *capture)
{
    struct pcap_stat now;

    if (pcap_stats(capture->pcap, &now) != 0)
        return capture->counts;
    capture->counts.dropped += now.ps_drop - capture->dropped;
    capture->counts.interface_dropped += now.ps_ifdrop - capture->interface_dropped;
    capture->dropped = now.ps_drop;
    capture->interface_dropped = now.ps_ifdrop;
    return capture->counts;
}

const struct capture_source capture_live = {"live",          live_open,   live_read,
                                            live_descriptor, live_counts, opened_close};
