/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * capture - link types, and packets out of libpcap's hands.
 */
#include "capture/opened.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

enum { MICROSECONDS = 1000000, RAW_OF_BSD = 12, RAW_OF_OPENBSD = 14, RAW_IN_FILES = 101 };

bool capture_link(int dlt, enum link *out)
{
    static const struct {
        int dlt;
        enum link link;
    } links[] = {
        {DLT_EN10MB, LINK_ETHERNET}, {DLT_LINUX_SLL, LINK_COOKED}, {DLT_LINUX_SLL2, LINK_COOKED2},
        {RAW_OF_BSD, LINK_RAW},      {RAW_OF_OPENBSD, LINK_RAW},   {RAW_IN_FILES, LINK_RAW},
        {DLT_IPV4, LINK_RAW},        {DLT_IPV6, LINK_RAW},         {DLT_NULL, LINK_LOOPBACK},
        {DLT_LOOP, LINK_LOOPBACK},
    };
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        if (links[i].dlt == dlt) {
            *out = links[i].link;
            return true;
        }
    }
    return false;
}

enum status opened_new(struct pcap *pcap, const char *place, char why[CAPTURE_WHY_SIZE],
                       struct capture **out)
{
    int dlt = pcap_datalink(pcap);
    const char *name = pcap_datalink_val_to_name(dlt);
    struct capture *capture = calloc(1, sizeof *capture);

    if (capture == NULL) {
        pcap_close(pcap);
        snprintf(why, CAPTURE_WHY_SIZE, "out of memory");
        return STATUS_NO_MEMORY;
    }
    capture->pcap = pcap;
    if (!capture_link(dlt, &capture->link)) {
        snprintf(why, CAPTURE_WHY_SIZE,
                 "%s has frames of link type %d (%s), which cannot be read; what can: Ethernet, "
                 "Linux cooked (SLL, SLL2), raw IP, loopback (NULL, LOOP)",
                 place, dlt, name == NULL ? "unknown" : name);
        opened_close(capture);
        return STATUS_UNSUPPORTED;
    }
    *out = capture;
    return STATUS_OK;
}

void opened_close(struct capture *capture)
{
    if (capture == NULL)
        return;
    pcap_close(capture->pcap);
    free(capture);
}

enum status opened_filter(struct capture *capture, const char *filter, char why[CAPTURE_WHY_SIZE])
{
    struct bpf_program program;
    pcap_t *pcap = capture->pcap;

    if (filter == NULL || filter[0] == 0)
        return STATUS_OK;
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        snprintf(why, CAPTURE_WHY_SIZE, "the filter `%.200s` is not one of pcap-filter(7): %.200s",
                 filter, pcap_geterr(pcap));
        return STATUS_INVALID;
    }
    int set = pcap_setfilter(pcap, &program);
    pcap_freecode(&program);
    if (set == 0)
        return STATUS_OK;
    snprintf(why, CAPTURE_WHY_SIZE, "the filter cannot be used: %.300s", pcap_geterr(pcap));
    return STATUS_SYSTEM;
}

struct handing {
    enum link link;
    void (*on_packet)(void *owner, const struct captured *packet);
    void *owner;
    unsigned count;
};

static void hand_on(u_char *owner, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct handing *handing = (struct handing *)(void *)owner;
    const struct captured packet = {
        .link = handing->link,
        .bytes = span_of(bytes, header->caplen),
        .sent = header->len < header->caplen ? header->caplen : header->len,
        .at = (clock_us)header->ts.tv_sec * MICROSECONDS + (clock_us)header->ts.tv_usec,
    };
    handing->count++;
    handing->on_packet(handing->owner, &packet);
}

int opened_dispatch(struct capture *capture, unsigned most,
                    void (*on_packet)(void *owner, const struct captured *packet), void *owner,
                    unsigned *count)
{
    struct handing handing = {capture->link, on_packet, owner, 0};
    int result = pcap_dispatch(capture->pcap, (int)most, hand_on, (u_char *)&handing);
    capture->counts.received += handing.count;
    *count = handing.count;
    return result;
}
