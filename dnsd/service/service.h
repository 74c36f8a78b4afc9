/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * service - what the first processes of dnsd, inspectd and consoled have in common.
 *
 * Used by control/, enforce/ and console/parent, which hold one: loop, signals, children, control
 * socket, log level, and the policy in service. Never knows what a child is for, nor when all is
 * ready: that is its owner's.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "config/config.h"
#include "process/birth.h"
#include "service/socket.h"
#include "service/supervisor.h"

enum { SERVICE_SIGNALS = 3, SERVICE_TEXT_SIZE = 256 };

/* What each program does in its own way. */
struct service_kind {
    const char *program; /* "dnsd" */
    const struct supervisor_events *children;
    const struct order *orders;
    void (*on_sweep)(void *owner);               /* children came or went; on a clean stack */
    void (*on_stop)(void *owner, int exit_code); /* the first SIGTERM or SIGINT */
    void (*on_reload)(void *owner);              /* SIGHUP */
};

struct service {
    const struct service_kind *kind;
    void *owner;
    const char *config_file; /* absolute */
    struct event_base *base;
    struct supervisor *supervisor;
    struct control_socket *socket;
    struct event *signals[SERVICE_SIGNALS], *sweep;
    struct policy_gift policy; /* what is in service; image -1: none yet */
    struct policy *image;      /* the same, mapped */
    clock_ms since;
    bool level_is_set; /* by the order `log`; else the configuration's level holds */
    uint32_t level;
    bool stopping;
    int exit_code;
};

/* Reads the configuration and logs as it says; NULL, with all that is wrong in the log, when it
 * cannot be used. The caller frees it. */
struct config *service_config(const char *file);

/* Neither opened nor closed. `owner` is that of orders, children and `kind`. */
void service_clear(struct service *service, const struct service_kind *kind,
                   const char *config_file, void *owner);
/* Hears signals first of all: told to stop while the rest is opened, it stops once it runs. On
 * failure a log line says why; service_close() is due all the same. */
MUST_USE enum status service_open(struct service *service, const char *control);
/* Ends all children before anything else; on_death is called for each. */
void service_close(struct service *service);

/* Makes the folder that this file is to stand in. */
void service_make_folder_of(const char *path);

/* Calls on_sweep soon. When it is stopping and the last child is gone, that ends the loop. */
void service_sweep_later(struct service *service);
/* False: it is stopping already. */
bool service_stop(struct service *service, int exit_code);
/* Takes over a policy, which newborns get from now on; the one before is closed. */
void service_adopt(struct service *service, int image, struct policy *policy);
/* "policy generation 3: 5 lists, …", of the one in service. */
const char *service_policy_text(const struct service *service, char out[SERVICE_TEXT_SIZE]);

/* For on_birth, behind the gifts: the level of the order `log`. */
void service_greet(struct service *service, struct child *child);
/* For on_parcel: whether it says that it is in service, all that it may say; ended if not. */
bool service_is_ready(struct service *service, struct child *child, const struct parcel *parcel);

/* The order `log`: this process and all its children. */
void service_log(struct service *service, struct asker *asker, const char *level);

#endif
