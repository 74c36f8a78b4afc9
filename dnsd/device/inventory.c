/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inventory - the rows of a schema, for YAML; the same rows as columns, for CSV.
 */
#include "device/inventory.h"
#include "device/csv.h"
#include "yaml/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line as it is read: what was not given has no place. */
struct asset_written {
    struct asset asset;
    struct yaml_place address_at, mac_at;
};

static bool mac_read(const struct yaml_row *row, struct span text, void *field,
                     char why[YAML_WHY_SIZE])
{
    return mac_parse((const char *)text.at, field);
}

static void mac_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    char text[MAC_TEXT_SIZE];
    write_text(w, mac_text(field, text));
}

static const struct yaml_kind mac_kind = {
    "a MAC such as 02:42:0a:14:02:03, 02-42-0A-14-02-03 or 02420a140203", mac_read, mac_write};

/* clang-format off */
#define ASSET(field) YAML_FIELD(struct asset_written, asset.field)
#define AT(field)    YAML_AT(struct asset_written, field)

static const struct yaml_row asset_rows[] = {
    {"address", &yaml_prefix, ASSET(address), AT(address_at)},
    {"mac",     &mac_kind,    ASSET(mac), AT(mac_at)},
    {"host",    &yaml_text,   ASSET(host)},
    {"tag",     &yaml_text,   ASSET(tag)},
    {"owner",   &yaml_text,   ASSET(owner)},
    {"group",   &yaml_text,   ASSET(group)},
};
/* clang-format on */
static const struct yaml_schema asset_schema =
    YAML_SCHEMA("a device", struct asset_written, asset_rows);

struct inventory {
    const char *file;
    struct devices *devices;
    struct problems *problems;
    size_t count;
    enum status status; /* what cannot be said by a problem */
};

static void take_asset(struct inventory *inventory, struct asset_written *written,
                       struct yaml_place at)
{
    struct asset *asset = &written->asset;
    asset->has_address = written->address_at.line > 0;
    asset->has_mac = written->mac_at.line > 0;
    if (!asset->has_address && !asset->has_mac) {
        problem_error(inventory->problems, inventory->file, at.line, at.column,
                      "the device has neither address nor mac; give one of them, or take it out");
        return;
    }
    enum status status = devices_add_asset(inventory->devices, asset);
    if (status == STATUS_EXISTS)
        problem_error(inventory->problems, inventory->file, at.line, at.column,
                      "this %s stands further up with another host, tag, owner or group; "
                      "keep one of both, or make them say the same",
                      asset->has_mac ? "mac or address" : "address");
    else if (status == STATUS_TOO_LONG)
        problem_error(inventory->problems, inventory->file, at.line, at.column,
                      "all texts together are too long; shorten owner and group");
    else if (status != STATUS_OK)
        inventory->status = status;
}

/* YAML. */

static void on_device(void *owner, const void *item, struct yaml_place at)
{
    struct asset_written written = *(const struct asset_written *)item;
    take_asset(owner, &written, at);
}

static const struct yaml_row file_rows[] = {
    {"devices", .items = &asset_schema, .on_item = on_device, .most = INVENTORY_MOST,
     .required = true},
};
struct file_written {
    char unused;
};
static const struct yaml_schema file_schema =
    YAML_SCHEMA("an inventory", struct file_written, file_rows);

static enum status yaml_read(struct inventory *inventory, struct span text)
{
    struct file_written written;
    return yaml_read_text(text, inventory->file, &file_schema, &written, inventory,
                          inventory->problems);
}

/* CSV. */

enum { COLUMNS_MOST = 256 };

struct columns {
    size_t count;
    const struct yaml_row *what[COLUMNS_MOST]; /* NULL: left out */
};

static void cell_error(struct inventory *inventory, const struct csv_cell *cell, const char *why)
{
    problem_error(inventory->problems, inventory->file, cell->line, cell->column, "%s", why);
}

static struct span trimmed(struct span text)
{
    while (text.length > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = span_behind(text, 1);
    while (text.length > 0 && (text.at[text.length - 1] == ' ' || text.at[text.length - 1] == '\t'))
        text.length--;
    return text;
}

static bool is_heading(struct span text, const char *key)
{
    return text.length == strlen(key) && strncasecmp((const char *)text.at, key, text.length) == 0;
}

static void read_heading(struct inventory *inventory, struct columns *columns,
                         const struct csv_cell *cell)
{
    const struct span text = trimmed(cell->text);
    const struct yaml_row *what = NULL;
    for (size_t i = 0; i < COUNT_OF(asset_rows); i++)
        if (is_heading(text, asset_rows[i].key))
            what = &asset_rows[i];
    for (size_t i = 0; what != NULL && i < columns->count; i++)
        if (columns->what[i] == what)
            cell_error(inventory, cell, "the column stands twice; rename one of both");
    if (cell->why != NULL)
        cell_error(inventory, cell, cell->why);
    if (columns->count == COLUMNS_MOST)
        cell_error(inventory, cell, "more than 256 columns; take some out");
    if (columns->count <= COLUMNS_MOST)
        columns->what[columns->count++ % COLUMNS_MOST] = what;
}

/* False: nothing below can be read. */
static bool read_headings(struct inventory *inventory, struct csv *csv, struct columns *columns)
{
    const size_t errors = inventory->problems->errors;
    struct csv_cell cell = {.is_last = false};
    while (!cell.is_last && columns->count <= COLUMNS_MOST && csv_next(csv, &cell))
        read_heading(inventory, columns, &cell);
    for (size_t i = 0; i < columns->count && i < COLUMNS_MOST; i++)
        if (columns->what[i] == &asset_rows[0] || columns->what[i] == &asset_rows[1])
            return inventory->problems->errors == errors;
    problem_error(inventory->problems, inventory->file, 1, 1,
                  "the first line must name the columns, with `address` or `mac` among them; "
                  "known are address, mac, host, tag, owner, group");
    return false;
}

static void read_cell(struct inventory *inventory, const struct yaml_row *row,
                      const struct csv_cell *cell, struct asset_written *written)
{
    char why[YAML_WHY_SIZE] = "";
    char copy[CSV_CELL_MOST + 1];
    const struct span text = trimmed(cell->text);
    const struct yaml_place at = {cell->line, cell->column};
    if (text.length == 0)
        return;
    memcpy(copy, text.at, text.length);
    copy[text.length] = 0;
    if (strlen(copy) != text.length)
        problem_error(inventory->problems, inventory->file, at.line, at.column,
                      "`%s`: the value holds a zero byte; take it out", row->key);
    else if (row->kind->read(row, span_of(copy, text.length), (uint8_t *)written + row->place, why))
        memcpy((uint8_t *)written + row->at, &at, row->located ? sizeof at : 0);
    else if (why[0] != 0)
        problem_error(inventory->problems, inventory->file, at.line, at.column, "`%s`: %s",
                      row->key, why);
    else
        problem_error(inventory->problems, inventory->file, at.line, at.column,
                      "`%s` takes %s, not `%.60s`", row->key, row->kind->expected, copy);
}

/* One row. False: there is none. */
static bool read_row(struct inventory *inventory, struct csv *csv, const struct columns *columns)
{
    const size_t errors = inventory->problems->errors;
    struct asset_written written = {0};
    struct csv_cell cell = {.is_last = false};
    struct yaml_place at = {0};
    size_t count = 0;
    bool is_blank = true;
    for (; !cell.is_last && csv_next(csv, &cell); count++) {
        if (count == 0)
            at = (struct yaml_place){cell.line, cell.column};
        is_blank = is_blank && trimmed(cell.text).length == 0;
        if (cell.why != NULL)
            cell_error(inventory, &cell, cell.why);
        else if (count == columns->count)
            cell_error(inventory, &cell,
                       "the line has more cells than the first line has columns; put a cell with "
                       "a separator in it into quotes");
        else if (count < columns->count && columns->what[count] != NULL)
            read_cell(inventory, columns->what[count], &cell, &written);
    }
    if (count > 0 && !is_blank && inventory->problems->errors == errors) {
        if (++inventory->count > INVENTORY_MOST)
            problem_error(inventory->problems, inventory->file, at.line, at.column,
                          "more than %d devices; take some out", INVENTORY_MOST);
        else
            take_asset(inventory, &written, at);
    }
    return count > 0 && inventory->count <= INVENTORY_MOST && inventory->status == STATUS_OK;
}

static enum status csv_read(struct inventory *inventory, struct span text)
{
    struct csv *csv = malloc(sizeof *csv);
    struct columns columns = {0};
    if (csv == NULL)
        return STATUS_NO_MEMORY;
    csv_open(csv, text);
    if (text.length >= 2 &&
        (memcmp(text.at, "\xff\xfe", 2) == 0 || memcmp(text.at, "\xfe\xff", 2) == 0))
        problem_error(inventory->problems, inventory->file, 1, 1,
                      "the file is UTF-16; save it as CSV in UTF-8");
    else if (read_headings(inventory, csv, &columns))
        while (read_row(inventory, csv, &columns))
            ;
    free(csv);
    return STATUS_OK;
}

/* The file. */

static const struct {
    const char *ending;
    enum status (*read)(struct inventory *inventory, struct span text);
} forms[] = {{".yaml", yaml_read}, {".yml", yaml_read}, {".csv", csv_read}};

static bool ends_with(const char *file, const char *ending)
{
    const size_t length = strlen(file), end = strlen(ending);
    return length > end && strcasecmp(file + length - end, ending) == 0;
}

enum status inventory_read_text(struct span text, const char *file, struct devices *devices,
                                struct problems *problems)
{
    struct inventory inventory = {.file = file, .devices = devices, .problems = problems};
    const size_t errors = problems->errors;
    enum status status = STATUS_UNSUPPORTED;
    devices_begin_inventory(devices);
    for (size_t i = 0; i < COUNT_OF(forms) && status == STATUS_UNSUPPORTED; i++)
        if (ends_with(file, forms[i].ending))
            status = forms[i].read(&inventory, text);
    if (status == STATUS_UNSUPPORTED)
        problem_error(problems, file, 0, 0,
                      "by its name the file is neither .yaml nor .csv; rename it");
    if (inventory.status != STATUS_OK)
        return inventory.status;
    if (problems->errors > errors)
        return STATUS_INVALID;
    if (status == STATUS_OK)
        devices_end_inventory(devices);
    return status;
}

enum status inventory_read(const char *file, struct devices *devices, struct problems *problems)
{
    struct stat facts;
    enum status status = STATUS_INVALID;
    void *bytes = NULL;
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        problem_error(problems, file, 0, 0,
                      "the inventory cannot be read: %s; check `consoled.devices.inventory` and "
                      "who may read the file",
                      fd < 0 ? strerror(errno) : "it is no file");
        goto done;
    }
    if (facts.st_size > YAML_BYTES_MOST) {
        problem_error(problems, file, 0, 0, "the file is larger than %d bytes; take devices out",
                      YAML_BYTES_MOST);
        goto done;
    }
    /* Read, not mapped: who cuts the file off meanwhile must not end us. */
    bytes = malloc((size_t)facts.st_size + 1);
    if (bytes == NULL) {
        status = STATUS_NO_MEMORY;
        goto done;
    }
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length < (size_t)facts.st_size; length += (size_t)got) {
        got = read(fd, (uint8_t *)bytes + length, (size_t)facts.st_size - length);
        if (got < 0) {
            problem_error(problems, file, 0, 0, "the inventory cannot be read: %s",
                          strerror(errno));
            goto done;
        }
    }
    status = inventory_read_text(span_of(bytes, length), file, devices, problems);
done:
    if (fd >= 0)
        close(fd);
    free(bytes);
    return status;
}
