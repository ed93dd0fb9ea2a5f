/* SPDX-License-Identifier: GPL-3.0-or-later */
/* core.c - the messenger's life: made, its modules started in order, ended in reverse.
 *
 * What init and unlock do is self_*.c's.
 */
#include "core/core.h"

#include <stdlib.h>
#include <string.h>

#include "core/conversation.h"
#include "core/event.h"
#include "core/gate.h"
#include "core/link.h"
#include "core/message.h"
#include "core/nodes.h"
#include "core/orphan_keys.h"
#include "core/peer.h"
#include "core/people.h"
#include "core/portmap.h"
#include "core/post.h"
#include "core/self.h"
#include "core/self_task.h"
#include "core/settings.h"
#include "core/store/salvage.h"
#include "core/store/store.h"
#include "core/talk.h"
#include "core/transfer.h"
#include "core/trust.h"
#include "core/vanish.h"

#define STOP_MS 50

gpg_error_t
cf_core_start_modules (struct cf_core *core)
{
  gpg_error_t err;

  err = cf_events_attach (core->events);
  if (!err)
    err = cf_peers_new (core, &core->peers);
  if (!err)
    err = cf_links_new (core, &core->links);
  if (!err)
    err = cf_nodes_new (core, &core->nodes);
  if (!err)
    err = cf_portmap_new (core, &core->portmap);
  if (!err)
    err = cf_conversations_new (core, &core->conversations);
  if (!err)
    err = cf_gate_new (core, &core->gate);
  if (!err)
    err = cf_vanish_new (core, &core->vanish);
  if (!err)
    err = cf_messages_new (core, &core->messages);
  if (!err)
    err = cf_post_new (core, &core->post);
  if (!err)
    err = cf_transfers_new (core, &core->transfers);
  if (!err)
    err = cf_orphan_keys_new (core, &core->orphan_keys);
  if (err)
    goto leave;
  cf_trust_changed (core, NULL); /* before the first tunnel: what was stopped is still */
  cf_talk_start (core);
  cf_conversation_closing_resume (core);
  err = cf_settings_apply (core);
  if (err)
    goto leave;
  cf_links_start (core->links);
  cf_peers_start (core->peers);
  cf_nodes_start (core->nodes);
  cf_portmap_start (core->portmap);

leave:
  if (err)
    cf_core_stop_modules (core);
  return err;
}

void
cf_core_stop_modules (struct cf_core *core)
{
  cf_orphan_keys_free (core->orphan_keys);
  core->orphan_keys = NULL;
  cf_transfers_free (core->transfers);
  core->transfers = NULL;
  cf_post_free (core->post);
  core->post = NULL;
  cf_messages_free (core->messages);
  core->messages = NULL;
  cf_vanish_free (core->vanish);
  core->vanish = NULL;
  cf_gate_free (core->gate);
  core->gate = NULL;
  cf_conversations_free (core->conversations);
  core->conversations = NULL;
  cf_portmap_free (core->portmap);
  core->portmap = NULL;
  cf_nodes_free (core->nodes); /* what went through them fails, as if the network had */
  cf_links_free (core->links);
  core->links = NULL;
  cf_peers_free (core->peers);
  core->peers = NULL;
  cf_events_detach (core->events);
}

static void
on_stopping (void *arg)
{
  struct cf_core *core = arg;

  if (core->stop)
    core->stop (core->stop_arg);
}

void
cf_core_stop (struct cf_core *core)
{
  cf_timer_after (core->env, &core->stopping, STOP_MS);
}

gpg_error_t
cf_core_new (const struct cf_core_config *config, struct cf_core **r_core)
{
  gpg_error_t err;
  struct cf_core *core;
  struct cf_fpr fpr;
  char *gnupg_home = NULL;

  core = calloc (1, sizeof *core);
  if (!core)
    return cf_err (GPG_ERR_ENOMEM);
  core->env = config->env;
  core->gpg = config->gpg;
  core->net = config->net;
  core->worker = config->worker;
  core->disk = config->disk;
  core->portmap_helper = config->portmap_helper;
  core->stop = config->stop;
  core->stop_arg = config->stop_arg;
  cf_timer_init (&core->stopping, on_stopping, core);
  core->home = strdup (config->home);
  if (config->gnupg_home)
    core->gnupg_home = strdup (config->gnupg_home);
  err = core->home && (core->gnupg_home || !config->gnupg_home) ? cf_events_new (core, &core->events)
                                                               : cf_err (GPG_ERR_ENOMEM);
  if (err)
    goto leave;
  core->salvage_wished = cf_store_salvage_asked (core->home);
  err = cf_self_probe (core->home, &fpr, &gnupg_home);
  core->state = err ? CF_CORE_EMPTY : CF_CORE_LOCKED;
  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    err = 0;
  if (err)
    goto leave;
  *r_core = core;
  core = NULL;
leave:
  free (gnupg_home);
  cf_core_free (core);
  return err;
}

void
cf_core_free (struct cf_core *core)
{
  if (!core)
    return;
  core->state = CF_CORE_STOPPING;
  cf_timer_cancel (core->env, &core->stopping);
  cf_self_task_free (core->task);
  if (core->store)
    cf_core_stop_modules (core);
  cf_people_stop (core);
  cf_self_free (core->self);
  cf_events_free (core->events);
  cf_store_close (core->store);
  free (core->salvaged);
  free (core->gnupg_home);
  free (core->home);
  free (core);
}
