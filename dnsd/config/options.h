/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options - the one table of everything that conf/ponor.yaml may say, and the struct it fills.
 *
 * Used by read.c, check.c, sources.c and print.c of this folder. Parser, checks, printed
 * configuration, manual and example file all come from these rows: a new option is one of them.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config/config.h"
#include "yaml/schema.h"

enum { LISTS_NAMED_MOST = 256, ACCEPTED_MOST = 64 };

/* One `- group:` as written; its lists are ids until all lists are known. */
struct group_written {
    char id[LIST_ID_SIZE];
    struct prefix clients[GROUP_CLIENTS_MOST];
    struct yaml_place clients_at[GROUP_CLIENTS_MOST];
    uint32_t client_count;
    char lists[LISTS_NAMED_MOST][LIST_ID_SIZE];
    struct yaml_place lists_at[LISTS_NAMED_MOST];
    uint32_t list_count;
    uint32_t mode; /* 0 enforce, 1 observe */
    bool remove_ech, strict;
    struct yaml_place at;
};

/* One `- list:` as written; the file's path is made absolute later. */
struct list_written {
    struct list_source source;
    uint32_t format; /* enum list_format */
    struct yaml_place at, file_at;
    struct yaml_place
        texts_at[8]; /* title, app, authority, reference, owner, ticket, action, evidence */
};

enum list_format { LIST_YAML, LIST_HOSTS, LIST_DOMAINS };
extern const char *const list_format_words[];

/* A configuration file as it was written. */
struct written {
    struct config config; /* first: rows of options count from here, in both structs */

    uint32_t max_change;
    struct name protected_names[PROTECT_MOST];
    uint32_t protected_name_count;

    struct list_written *lists; /* LISTS_NAMED_MOST */
    size_t list_count;
    struct group_written *groups[GROUPS_MOST];
    size_t group_count;
    bool lists_lost; /* one had an error: an id that is not found may be its */
    bool dnsd_lost;  /* reading stopped early: what is not there may stand further on */
    bool no_memory;

    /* Where what is checked further stands. */
    struct yaml_place gateway_at, image_at, control_at, listen_at[LISTEN_MOST],
        allow_at[ALLOW_MOST], sinkhole_at[SINKHOLES_MOST], mode_at, forward_to_at[UPSTREAMS_MOST],
        root_hints_at, trust_anchor_at, via_at[UPSTREAMS_MOST], min_ttl_at, stale_after_at,
        per_client_at, idle_at, folder_at, quota_at, ring_slots_at, stubs_at[STUBS_MOST],
        interfaces_at[INTERFACES_MOST], inspectd_control_at, inspectd_folder_at, inspectd_quota_at,
        inspectd_ring_slots_at, told_at, told_slots_at, inspectd_mode_at,
        inside_at[INTERFACES_MOST], outside_at[INTERFACES_MOST], web_listen_at[WEB_LISTEN_MOST],
        web_socket_at, proxy_header_at, console_control_at, console_folder_at, page_at,
        certificate_at, key_at, client_ca_at, event_folders_at[EVENT_FOLDERS_MOST], store_folder_at,
        store_choice_at, store_servers_at[STORE_SERVERS_MOST], password_file_at,
        leases_at[LEASE_FILES_MOST], inventory_at, session_idle_at;

    const char *file; /* for messages */
    struct problems *problems;
};

extern const struct yaml_schema config_schema;
extern const struct yaml_schema console_schema; /* the section `consoled`, in a file of its own */

/* Empty but for its defaults; NULL when there is no memory. */
struct written *written_new(void);
void written_free(struct written *written);

/* Fills what an empty value leaves to the machine: workers, gateway. */
void config_settle(struct config *config);

/* on_item of the lists of mappings. */
void written_add_list(void *owner, const void *item, struct yaml_place at);
void written_add_group(void *owner, const void *item, struct yaml_place at);
void written_add_stub(void *owner, const void *item, struct yaml_place at);
void written_add_leases(void *owner, const void *item, struct yaml_place at);
void written_lost_list(void *owner);
void written_lost_dnsd(void *owner);

#endif
