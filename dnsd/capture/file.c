/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file - a capture that somebody saved: pcap or pcapng, or standard input as "-".
 */
#include "capture/opened.h"

#include <pcap/pcap.h>
#include <stdio.h>

static const char *name_of(const char *place)
{
    return strcmp(place, "-") == 0 ? "standard input" : place;
}

static enum status file_open(const struct capture_options *options, char why[CAPTURE_WHY_SIZE],
                             struct capture **out)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_open_offline(options->place, error);

    if (pcap == NULL) {
        size_t length = strlen(options->place);
        bool names_it = strncmp(error, options->place, length) == 0 && error[length] == ':' &&
                        error[length + 1] == ' ';
        const char *remedy =
            strstr(error, "format") != NULL
                ? "; only pcap and pcapng are read: unpack a compressed capture first, and turn "
                  "others into pcapng with editcap"
                : "";
        snprintf(why, CAPTURE_WHY_SIZE, "cannot read %s: %.200s%s", name_of(options->place),
                 names_it ? error + length + 2 : error, remedy);
        return STATUS_SYSTEM;
    }
    struct capture *capture;
    enum status status = opened_new(pcap, name_of(options->place), why, &capture);
    if (status != STATUS_OK)
        return status;
    status = opened_filter(capture, options->filter, why);
    if (status != STATUS_OK) {
        opened_close(capture);
        return status;
    }
    *out = capture;
    return STATUS_OK;
}

static enum status file_read(struct capture *capture, unsigned most,
                             void (*on_packet)(void *owner, const struct captured *packet),
                             void *owner, unsigned *count, char why[CAPTURE_WHY_SIZE])
{
    int result = opened_dispatch(capture, most, on_packet, owner, count);

    if (result > 0)
        return STATUS_OK;
    if (result == 0)
        return STATUS_CLOSED;
    snprintf(why, CAPTURE_WHY_SIZE, "the capture is broken behind packet %llu: %.300s",
             (unsigned long long)capture->counts.received, pcap_geterr(capture->pcap));
    return STATUS_MALFORMED;
}

static int file_descriptor(const struct capture *capture)
{
    return -1;
}

static struct capture_counts file_counts(struct capture *capture)
{
    return capture->counts;
}

const struct capture_source capture_file = {"file",          file_open,   file_read,
                                            file_descriptor, file_counts, opened_close};
