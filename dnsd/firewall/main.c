/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the firewall role.
 */
#include "firewall/main.h"

#include "base/log.h"
#include "firewall/kernel.h"
#include "process/birth.h"
#include "process/role.h"

#include <unistd.h>

int firewall_main(unsigned number)
{
    static const char *const kinds[] = {
        [QUEUE_NONE] = "",
        [QUEUE_NATIVE] = "; packets are queued by nftables",
        [QUEUE_COMPAT] =
            "; packets are queued by NFQUEUE, since this kernel lacks nftables' own queue",
    };
    char why[KERNEL_WHY_SIZE];
    enum queue_kind kind = QUEUE_NONE;
    struct policy *policy;
    struct gifts gifts;

    birth_take(&gifts);
    if (gifts.config == NULL || gifts.policy < 0)
        role_die("the parent gave too little");
    enum status status = policy_open_again(gifts.policy, &policy);
    if (status != STATUS_OK)
        role_die("the policy cannot be mapped: %s", status_text(status));
    policy_expire(policy, clock_date(clock_wall()));
    status = kernel_load(gifts.config, policy, &kind, why);
    policy_close(policy);
    if (status != STATUS_OK) {
        log_error("the firewall cannot be loaded: %s", why);
        return 1;
    }
    log_info("the table `inet ponor` is loaded%s", kinds[kind]);
    return 0;
}
