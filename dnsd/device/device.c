/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * device - leases and inventory together answer; the key says how a device is called.
 */
#include "device/device.h"
#include "base/writer.h"
#include "device/assets.h"
#include "device/holders.h"
#include "device/text.h"

#include <stdlib.h>

const char *const device_known_words[] = {"unknown",   "lease",   "neighbour", "event",
                                          "inventory", "gateway", NULL};

struct devices {
    struct holders *holders;
    struct assets *assets;       /* NULL: there is no inventory */
    struct assets *assets_to_be; /* between begin and end */
    uint64_t version;
};

struct devices *devices_new(size_t most)
{
    struct devices *devices = calloc(1, sizeof *devices);
    if (devices == NULL)
        return NULL;
    devices->holders = holders_new(most);
    if (devices->holders == NULL) {
        free(devices);
        return NULL;
    }
    return devices;
}

void devices_free(struct devices *devices)
{
    if (devices == NULL)
        return;
    holders_free(devices->holders);
    assets_free(devices->assets);
    assets_free(devices->assets_to_be);
    free(devices);
}

enum status devices_add_lease(struct devices *devices, const struct lease *lease,
                              enum device_known known, bool *is_news)
{
    enum status status = holders_add(devices->holders, lease, known, is_news);
    devices->version += *is_news;
    return status;
}

void devices_begin_inventory(struct devices *devices)
{
    assets_free(devices->assets_to_be);
    devices->assets_to_be = assets_new();
}

enum status devices_add_asset(struct devices *devices, const struct asset *asset)
{
    if (devices->assets_to_be == NULL)
        return STATUS_NO_MEMORY;
    if (!asset->has_address && !asset->has_mac)
        return STATUS_INVALID;
    return assets_add(devices->assets_to_be, asset);
}

void devices_end_inventory(struct devices *devices)
{
    if (devices->assets_to_be == NULL)
        return;
    assets_free(devices->assets);
    devices->assets = devices->assets_to_be;
    devices->assets_to_be = NULL;
    devices->version++;
}

static void keep_text(char out[DEVICE_TEXT_SIZE], const char *text)
{
    memcpy(out, text, strnlen(text, DEVICE_TEXT_SIZE - 1));
}

static void set_mac(struct device *out, const uint8_t mac[MAC_SIZE])
{
    out->has_mac = true;
    memcpy(out->mac, mac, MAC_SIZE);
}

static void set_key(struct device *out, const char *kind, const char *rest)
{
    struct writer w = writer_over(out->key, sizeof out->key - 1);
    write_text(&w, kind);
    write_text(&w, rest);
}

static void name_device(struct device *out, const struct prefix *prefix)
{
    char text[PREFIX_TEXT_SIZE];
    if (out->tag[0] != 0)
        set_key(out, "asset:", out->tag);
    else if (out->has_mac)
        set_key(out, "mac:", mac_text(out->mac, text));
    else
        set_key(out, "address:",
                prefix->bits == 128 ? address_text(&prefix->base, text)
                                    : prefix_text(prefix, text));
}

/* An all-zero MAC is how some say that they do not know it. */
static bool is_known_mac(const uint8_t *mac)
{
    static const uint8_t none[MAC_SIZE];
    return mac != NULL && memcmp(mac, none, MAC_SIZE) != 0;
}

void devices_find(const struct devices *devices, const struct address *address, clock_us at,
                  const uint8_t *mac, struct device *out)
{
    struct prefix prefix = {*address, 128}; /* what the key is called after */
    const struct held *held = holders_find(devices->holders, address, at);
    memset(out, 0, sizeof *out);
    if (is_known_mac(mac)) {
        out->known = DEVICE_EVENT;
        set_mac(out, mac);
        if (held != NULL && (!held->has_mac || memcmp(held->mac, mac, MAC_SIZE) != 0))
            held = NULL; /* the lease is another's */
    } else if (held != NULL) {
        out->known = held->known;
        if (held->has_mac)
            set_mac(out, held->mac);
    }
    if (held != NULL)
        keep_text(out->host, held->host);

    const struct asset_kept *asset =
        devices->assets == NULL
            ? NULL
            : assets_find(devices->assets, out->has_mac ? out->mac : NULL, address);
    if (asset != NULL) {
        out->known = DEVICE_INVENTORY;
        if (asset->has_mac && !out->has_mac)
            set_mac(out, asset->mac);
        if (asset->host[0] != 0) {
            memset(out->host, 0, sizeof out->host);
            keep_text(out->host, asset->host);
        }
        keep_text(out->tag, asset->tag);
        keep_text(out->owner, asset->owner);
        keep_text(out->group, asset->group);
        if (asset->has_address && prefix_holds(&asset->address, address))
            prefix = asset->address;
    }
    name_device(out, &prefix);
}

void devices_leases(const struct devices *devices,
                    void (*on)(void *owner, const struct lease *lease), void *owner)
{
    holders_each(devices->holders, on, owner);
}

uint64_t devices_version(const struct devices *devices)
{
    return devices->version;
}

size_t devices_lease_count(const struct devices *devices)
{
    return holders_count(devices->holders);
}

uint64_t devices_dropped(const struct devices *devices)
{
    return holders_dropped(devices->holders);
}

bool mac_parse(const char *text, uint8_t out[MAC_SIZE])
{
    uint8_t mac[MAC_SIZE];
    const char separator = text[0] != 0 && text[1] != 0 ? text[2] : 0;
    const bool is_separated = separator == ':' || separator == '-';
    for (int i = 0; i < MAC_SIZE; i++) {
        int high = hex_value((uint8_t)*text), low = high < 0 ? -1 : hex_value((uint8_t)text[1]);
        if (low < 0)
            return false;
        mac[i] = (uint8_t)(high << 4 | low);
        text += 2;
        if (is_separated && i < MAC_SIZE - 1 && *text++ != separator)
            return false;
    }
    if (*text != 0)
        return false;
    memcpy(out, mac, MAC_SIZE);
    return true;
}

const char *mac_text(const uint8_t mac[MAC_SIZE], char out[MAC_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < MAC_SIZE; i++) {
        out[3 * i] = digits[mac[i] >> 4];
        out[3 * i + 1] = digits[mac[i] & 15];
        out[3 * i + 2] = i < MAC_SIZE - 1 ? ':' : 0;
    }
    return out;
}
