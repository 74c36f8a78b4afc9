/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wall - one child that is not born again.
 */
#include "enforce/wall.h"

#include "base/log.h"

#include <sys/wait.h>

const char wall_role[] = "firewall";

void wall_load(struct wall *wall)
{
    if (wall->child != NULL) {
        wall->again = true;
        return;
    }
    if (supervisor_add(wall->supervisor, wall_role, 0, true, wall, &wall->child) != STATUS_OK)
        log_error("the firewall cannot be loaded: out of memory");
}

void wall_give(struct wall *wall, struct child *child, int config, const struct policy_gift *policy)
{
    enum status status = supervisor_give(child, GIFT_CONFIG, 0, config);

    if (status == STATUS_OK)
        status = supervisor_give(child, GIFT_POLICY, policy->generation, policy->image);
    supervisor_start(wall->supervisor, child, status);
}

bool wall_ended(struct wall *wall, int ended)
{
    bool is_loaded = WIFEXITED(ended) && WEXITSTATUS(ended) == 0;

    wall->child = NULL;
    wall->stands |= is_loaded;
    if (wall->again) {
        wall->again = false;
        wall_load(wall);
    }
    return is_loaded;
}
