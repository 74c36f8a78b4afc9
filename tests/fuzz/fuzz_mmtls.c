/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_mmtls - mmtls, SOCKS and, as a datagram, OICQ.
 */
#include "sightings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk talk;
    if (!talk_of(data, size, &talk))
        return 0;
    look_check(&sight_mmtls, &talk);
    look_check(&sight_socks, &talk);
    talk.transport = IP_UDP;
    talk.from = talk.midstream ? SERVER : CLIENT;
    look_check(&sight_oicq, &talk);
    return 0;
}
