/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hints - the rows. Facts: Kaspersky's own documentation of its products' network use, and captures
 * of WeChat.
 */
#include "inspect/hints.h"

struct hint {
    const char *app;
    bool (*holds)(const struct place *place, const struct sighting *sighting);
    enum evidence evidence;
    const char *text; /* NULL: what it was recognised by says it already */
};

/* The public resolvers that its products ask when the system's does not lead to their servers. */
static bool is_kaspersky_fallback(const struct place *place, const struct sighting *sighting)
{
    static const uint8_t resolvers[][4] = {
        {8, 8, 8, 8}, {1, 1, 1, 1}, {223, 6, 6, 6}, {9, 9, 9, 9}, {185, 228, 168, 168}};

    if (sighting->seen != SEEN_DNS || !address_is_ipv4(place->server))
        return false;
    for (size_t i = 0; i < COUNT_OF(resolvers); i++) {
        if (memcmp(place->server->bytes + 12, resolvers[i], 4) == 0)
            return true;
    }
    return false;
}

static bool is_kaspersky_cloud_port(const struct place *place, const struct sighting *sighting)
{
    static const struct {
        uint16_t first, last;
    } ranges[] = {{23100, 23199}, {23700, 23799}, {27200, 27299}, {29200, 29299},
                  {13111, 13111}, {15111, 15111}, {17111, 17111}};

    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if (place->server_port >= ranges[i].first && place->server_port <= ranges[i].last)
            return true;
    }
    return false;
}

/* Its own protocol, which a browser does not speak. */
static bool is_mmtls(const struct place *place, const struct sighting *sighting)
{
    return sighting->protocol == PROTOCOL_MMTLS;
}

static const struct hint hints[] = {
    {"WeChat", is_mmtls, EVIDENCE_INSTALLED, NULL},
    {"Kaspersky", is_kaspersky_fallback, EVIDENCE_INSTALLED,
     "asked of a resolver that its products fall back to"},
    {"Kaspersky", is_kaspersky_cloud_port, EVIDENCE_INSTALLED,
     "on a port of its Security Center Cloud or KSN proxy"},
};

const char *hints_ask(const struct place *place, const struct sighting *sighting, const char *app,
                      enum evidence *evidence)
{
    for (size_t i = 0; i < COUNT_OF(hints); i++) {
        if (strcmp(hints[i].app, app) == 0 && hints[i].holds(place, sighting)) {
            *evidence = hints[i].evidence;
            return hints[i].text;
        }
    }
    return NULL;
}
