/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_svcb - hints end; without `ech` it is the same record, shorter.
 */
#include "fuzz.h"

#include "dns/svcb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffer[1 << 16];
    struct svcb svcb, without;
    struct address address, again;
    if (size > sizeof buffer || svcb_read(span_of(data, size), &svcb) != STATUS_OK)
        return 0;
    struct writer w = writer_over(buffer, sizeof buffer);
    svcb_write_without_ech(&w, &svcb);
    assert(!w.failed && svcb_read(writer_span(&w), &without) == STATUS_OK);
    assert(!without.has_ech && without.priority == svcb.priority);
    assert(name_equal(&without.target, &svcb.target));
    assert(svcb.has_ech ? writer_length(&w) < size : writer_length(&w) <= size);
    size_t place = 0, place_again = 0;
    while (svcb_next_hint(&svcb, &place, &address)) {
        assert(place <= size / 4 && svcb_next_hint(&without, &place_again, &again));
        assert(address_equal(&address, &again));
    }
    assert(!svcb_next_hint(&without, &place_again, &again));
    return 0;
}
