/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * text - the only file that knows ldns.
 */
#include "dns/text.h"

#include <ldns/ldns.h>

static enum status data_copy(const ldns_rr *rr, struct text_record *out)
{
    ldns_buffer *wire = ldns_buffer_new(sizeof out->data);
    enum status status = STATUS_OK;
    if (wire == NULL)
        return STATUS_NO_MEMORY;
    ldns_status written = ldns_rr_rdata2buffer_wire(wire, rr);
    out->length = ldns_buffer_position(wire);
    if (written == LDNS_STATUS_MEM_ERR)
        status = STATUS_NO_MEMORY;
    else if (written != LDNS_STATUS_OK)
        status = STATUS_MALFORMED;
    else if (out->length > sizeof out->data)
        status = STATUS_TOO_LONG;
    else
        memcpy(out->data, ldns_buffer_begin(wire), out->length);
    ldns_buffer_free(wire);
    return status;
}

enum status text_record_parse(const char *line, struct text_record *out)
{
    ldns_rr *rr = NULL;
    if (ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) != LDNS_STATUS_OK)
        return STATUS_MALFORMED;
    const ldns_rdf *owner = ldns_rr_owner(rr);
    struct cursor c = cursor_over(ldns_rdf_data(owner), ldns_rdf_size(owner));
    enum status status = name_read(&c, (struct span){0}, &out->owner);
    out->type = (uint16_t)ldns_rr_get_type(rr);
    out->class = (uint16_t)ldns_rr_get_class(rr);
    out->ttl = ldns_rr_ttl(rr);
    if (status == STATUS_OK)
        status = data_copy(rr, out);
    ldns_rr_free(rr);
    return status;
}

enum status text_message(struct span message, char *out, size_t size)
{
    ldns_pkt *packet = NULL;
    if (size == 0)
        return STATUS_TOO_LONG;
    out[0] = 0;
    if (ldns_wire2pkt(&packet, message.at, message.length) != LDNS_STATUS_OK)
        return STATUS_MALFORMED;
    char *text = ldns_pkt2str(packet);
    enum status status = text == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (text != NULL && strlen(text) >= size)
        status = STATUS_TOO_LONG;
    else if (text != NULL)
        memcpy(out, text, strlen(text) + 1);
    free(text);
    ldns_pkt_free(packet);
    return status;
}
