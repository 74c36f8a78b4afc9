/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options_console - the rows of the section `consoled`.
 */
#include "config/options.h"

static const char *const store_words[] = {"sqlite", "clickhouse", NULL};
static const char *const lease_words[] = {"kea", "isc", "dnsmasq", NULL};

enum { WEB_PORT = 8053, CLICKHOUSE_PORT = 8123 };

static bool endpoint_with(struct span text, uint16_t port, struct endpoint *out)
{
    *out = (struct endpoint){.port = port};
    return endpoint_parse((const char *)text.at, &out->address, &out->port) == STATUS_OK;
}

static bool web_read(const struct yaml_row *row, struct span text, void *field,
                     char why[YAML_WHY_SIZE])
{
    return endpoint_with(text, WEB_PORT, field);
}

static bool server_read(const struct yaml_row *row, struct span text, void *field,
                        char why[YAML_WHY_SIZE])
{
    return endpoint_with(text, CLICKHOUSE_PORT, field);
}

static void endpoint_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    const struct endpoint *endpoint = field;
    char text[ENDPOINT_TEXT_SIZE];
    write_text(w, endpoint_text(&endpoint->address, endpoint->port, text));
}

static const struct yaml_kind web_endpoint = {
    "an address and port such as 127.0.0.1@8053 or ::1@8053", web_read, endpoint_write};
static const struct yaml_kind server_endpoint = {
    "an address and port such as 192.0.2.1@8123 or 2001:db8::1@8123", server_read, endpoint_write};

/* clang-format off */
#define CONSOLE(field)    YAML_FIELD(struct written, config.consoled.field)
#define CONSOLES(field, n) YAML_LIST(struct written, config.consoled.field, config.consoled.n)
#define AT(field)         YAML_AT(struct written, field)

static const struct yaml_row tls_rows[] = {
    {"certificate", &yaml_text, CONSOLE(certificate), AT(certificate_at), .fallback = "",
     .example = "/etc/ponor/console.pem",
     .help = "Certificate chain (PEM); with it all addresses of `listen` speak TLS."},
    {"key", &yaml_text, CONSOLE(key), AT(key_at), .fallback = "",
     .example = "/etc/ponor/console.key",
     .help = "Its private key (PEM)."},
    {"client_ca", &yaml_text, CONSOLE(client_ca), AT(client_ca_at), .fallback = "",
     .example = "/etc/ponor/clients.pem",
     .help = "Who signs certificates of API clients; the common name is the account. Empty: none."},
};
static const struct yaml_schema tls = YAML_SECTION("`tls`", tls_rows);

static const struct yaml_row session_rows[] = {
    {"idle", &yaml_seconds, CONSOLE(session_idle_seconds), AT(session_idle_at), .least = 60,
     .limit = 86400, .fallback = "30m",
     .help = "A session that is not used for so long ends."},
    {"total", &yaml_seconds, CONSOLE(session_total_seconds), .least = 60, .limit = 604800,
     .fallback = "12h",
     .help = "The same, used or not."},
    {"wrong", &yaml_count, CONSOLE(wrong_most), .least = 2, .limit = 100, .fallback = "5",
     .help = "So many wrong passwords in a row lock an account."},
    {"lock", &yaml_seconds, CONSOLE(lock_seconds), .least = 10, .limit = 86400, .fallback = "15m",
     .help = "At most for so long: the first lock is a sixteenth of it, each further one twice as "
             "long."},
};
static const struct yaml_schema session = YAML_SECTION("`session`", session_rows);

static const struct yaml_row clickhouse_rows[] = {
    {"servers", &server_endpoint, CONSOLES(store.servers, store.server_count),
     AT(store_servers_at), .fallback = "", .example = "[192.0.2.10@8123, 192.0.2.11@8123]",
     .help = "HTTP interfaces; the first that answers is used. A network that others can read "
             "needs a tunnel of its own."},
    {"database", &yaml_id, CONSOLE(store.database), .fallback = "ponor",
     .help = "The database; made when it is not there."},
    {"user", &yaml_text, CONSOLE(store.user), .fallback = "default",
     .help = "Who writes and reads."},
    {"password_file", &yaml_text, CONSOLE(store.password_file), AT(password_file_at),
     .fallback = "", .example = "/etc/ponor/clickhouse.password",
     .help = "A file with the password in its first line; empty: none is needed."},
    {"cluster", &yaml_text, CONSOLE(store.cluster), .fallback = "", .example = "ponor",
     .help = "Name of the cluster of shards and replicas; empty: one server."},
};
static const struct yaml_schema clickhouse = YAML_SECTION("`clickhouse`", clickhouse_rows);

static const struct yaml_row history_rows[] = {
    {"folder", &yaml_text, CONSOLE(store.folder), AT(store_folder_at),
     .fallback = "/var/lib/ponor/history",
     .help = "Where history stands. It can be deleted: it is made again from the event files."},
    {"store", &yaml_word, CONSOLE(store.choice), AT(store_choice_at), .words = store_words,
     .fallback = "sqlite",
     .help = "sqlite: files in `folder`, one a day. clickhouse: a database for many gateways."},
    {"keep_days", &yaml_count, CONSOLE(store.keep_days), .least = 1, .limit = 36500,
     .fallback = "400",
     .help = "Days of which lines are kept. Incidents and devices stay."},
    {"keep_bytes", &yaml_bytes, CONSOLE(store.keep_bytes), .limit = UINT64_C(1) << 50,
     .fallback = "50G",
     .help = "The oldest days go when all are larger than this (sqlite); 0: no limit."},
    {"clickhouse", .section = &clickhouse, .help = "For `store: clickhouse`."},
};
static const struct yaml_schema history = YAML_SECTION("`history`", history_rows);

static const struct yaml_row lease_rows[] = {
    {"file", &yaml_text, YAML_FIELD(struct config_leases, file), .required = true,
     .example = "/var/lib/kea/kea-leases4.csv",
     .help = "The file of the DHCP server."},
    {"format", &yaml_word, YAML_FIELD(struct config_leases, format), .words = lease_words,
     .required = true, .example = "kea",
     .help = "kea: memfile CSV, DHCPv4 and DHCPv6. isc: dhcpd.leases. dnsmasq: dnsmasq.leases."},
};
static const struct yaml_schema lease_schema =
    YAML_SCHEMA("a lease file", struct config_leases, lease_rows);

static const struct yaml_row device_rows[] = {
    {"leases", .items = &lease_schema, .on_item = written_add_leases,
     CONSOLES(leases, lease_count), .help = "Who had which address, and when."},
    {"neighbours", &yaml_bool, CONSOLE(neighbours), .fallback = "no",
     .help = "Look at this machine's neighbour table: for a gateway that is in the clients' own "
             "network."},
    {"inventory", &yaml_text, CONSOLE(inventory), AT(inventory_at), .fallback = "",
     .example = "inventory.csv",
     .help = "The agency's devices, .yaml or .csv: address, mac, host, tag, owner, group."},
};
static const struct yaml_schema devices = YAML_SECTION("`devices`", device_rows);

static const struct yaml_row console_rows[] = {
    {"listen", &web_endpoint, CONSOLES(listen, listen_count), AT(web_listen_at),
     .fallback = "127.0.0.1@8053",
     .help = "Addresses for browsers. Others than loopback need `tls`."},
    {"insecure", &yaml_bool, CONSOLE(insecure), .fallback = "no",
     .help = "Plain HTTP also on other addresses than loopback: for tests in closed networks."},
    {"socket", &yaml_text, CONSOLE(socket), AT(web_socket_at), .fallback = "",
     .example = "/run/ponor-proxy/web.sock",
     .help = "A unix socket for a reverse proxy; empty: none."},
    {"proxy_header", &yaml_text, CONSOLE(proxy_header), AT(proxy_header_at), .fallback = "",
     .example = "X-Remote-User",
     .help = "The header in which the proxy on `socket` names the account. It is heard nowhere "
             "else; empty: nowhere at all."},
    {"connections", &yaml_count, CONSOLE(connections), .least = 8, .limit = 60000,
     .fallback = "2048",
     .help = "Open connections at a time."},
    {"control", &yaml_text, CONSOLE(control), AT(console_control_at),
     .fallback = "/run/ponor-consoled/control.sock",
     .help = "The socket through which `ponor` speaks to consoled."},
    {"folder", &yaml_text, CONSOLE(folder), AT(console_folder_at),
     .fallback = "/var/lib/ponor/console",
     .help = "Accounts, what was decided about incidents, and the audit lines: to be backed up."},
    {"page", &yaml_text, CONSOLE(page), AT(page_at), .fallback = PONOR_PAGE,
     .help = "The folder of the built page."},
    {"events", &yaml_text, CONSOLES(events, events_count), AT(event_folders_at), .fallback = "",
     .example = "[/srv/gw-01/events, /srv/gw-01/inspectd-events]",
     .help = "Folders of event files that are read, of one or many gateways; empty: those of dnsd "
             "and inspectd in this file."},
    {"tls", .section = &tls, .help = "TLS for browsers and API clients."},
    {"session", .section = &session, .help = "How long people stay logged in."},
    {"history", .section = &history, .help = "What is kept of the events."},
    {"devices", .section = &devices, .help = "Whose addresses these are."},
};
const struct yaml_schema console_schema = YAML_SECTION("`consoled`", console_rows);
/* clang-format on */
