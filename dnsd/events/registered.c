/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * registered - libpsl behind a small table; a name that meets another's slot takes it.
 */
#include "events/registered.h"

#include "base/random.h"

#include <libpsl.h>
#include <stdlib.h>

enum { SLOTS = 2048, UNREGISTERED = 255 };

struct slot {
    struct name name;
    uint8_t skip; /* labels before the registered part, or UNREGISTERED */
};

struct registered {
    const psl_ctx_t *suffixes;
    struct hash_key key;
    struct slot slots[SLOTS];
};

struct registered *registered_new(void)
{
    struct registered *registered = calloc(1, sizeof *registered);
    if (registered == NULL)
        return NULL;
    registered->suffixes = psl_builtin();
    random_bytes(&registered->key, sizeof registered->key);
    return registered;
}

void registered_free(struct registered *registered)
{
    free(registered);
}

static bool is_host_name(const struct name *name)
{
    for (unsigned i = 0; i < name->length; i += 1u + name->wire[i])
        for (unsigned k = 1; k <= name->wire[i]; k++) {
            uint8_t byte = name->wire[i + k];
            if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '-' &&
                byte != '_')
                return false;
        }
    return true;
}

static uint8_t labels_before(const struct registered *registered, const struct name *name)
{
    char text[NAME_TEXT_SIZE];
    if (registered->suffixes == NULL || name->labels < 2 || !is_host_name(name))
        return UNREGISTERED;
    const char *part = psl_registrable_domain(registered->suffixes, name_text(name, text));
    if (part == NULL)
        return UNREGISTERED;
    uint8_t labels = 0;
    for (const char *at = text; at < part; at++)
        labels += *at == '.';
    return labels;
}

bool registered_find(struct registered *registered, const struct name *name, struct name *out)
{
    struct slot *slot = &registered->slots[name_hash(name, &registered->key) % SLOTS];
    if (!name_equal(&slot->name, name)) {
        slot->skip = labels_before(registered, name);
        slot->name.length = name->length;
        slot->name.labels = name->labels;
        memcpy(slot->name.wire, name->wire, name->length);
    }
    if (slot->skip == UNREGISTERED)
        return false;
    name_suffix(name, slot->skip, out);
    return true;
}
