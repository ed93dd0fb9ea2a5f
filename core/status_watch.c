/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status_watch.c - STATUS --watch: how somebody is reached, told again whenever it is another.
 *
 * What it depends on changes in many places (tries, nodes, what is heard, our
 * own addresses), and few people look at a time: so it is looked at anew in
 * short intervals while somebody watches, rather than each place telling of it.
 */
#include <stdlib.h>

#include "core/command.h"
#include "core/links.h"
#include "core/status.h"

#define LOOK_MS 500

struct cf_status_watch {
  struct cf_status_watch *next, **link;
  struct cf_command *cmd;
  struct cf_fpr peer;
  struct cf_timer look;
  json_t *told; /* the row that the client has */
};

static void
watch_free (struct cf_status_watch *w)
{
  *w->link = w->next;
  if (w->next)
    w->next->link = w->link;
  cf_timer_cancel (w->cmd->core->env, &w->look);
  json_decref (w->told);
  free (w);
}

static void
watch_cancelled (struct cf_command *cmd)
{
  watch_free (cmd->state);
}

static void
watch_end (struct cf_status_watch *w, gpg_error_t err)
{
  struct cf_command *cmd = w->cmd;

  watch_free (w);
  cf_command_done (cmd, err);
}

static void
look (void *arg)
{
  struct cf_status_watch *w = arg;
  struct cf_core *core = w->cmd->core;
  struct cf_peer *peer = cf_peer_find (core, &w->peer);
  json_t *row = peer ? cf_status_peer_json (core, peer) : NULL;
  gpg_error_t err = peer && !row ? cf_err (GPG_ERR_ENOMEM) : 0;

  if (row && !json_equal (row, w->told)) {
    json_decref (w->told);
    w->told = json_incref (row);
    err = cf_command_row (w->cmd, json_incref (row));
  }
  json_decref (row);
  if (err || !peer)
    watch_end (w, err);
  else
    cf_timer_after (core->env, &w->look, LOOK_MS);
}

void
cf_status_watch (struct cf_command *cmd, const struct cf_peer *peer)
{
  struct cf_links *links = cmd->core->links;
  struct cf_status_watch *w = calloc (1, sizeof *w);

  if (!w) {
    cf_command_done (cmd, cf_err (GPG_ERR_ENOMEM));
    return;
  }
  w->cmd = cmd;
  w->peer = peer->fpr;
  cf_timer_init (&w->look, look, w);
  w->next = links->watches;
  w->link = &links->watches;
  if (w->next)
    w->next->link = &w->next;
  links->watches = w;
  cmd->state = w;
  cmd->cancelled = watch_cancelled;
  look (w);
}

void
cf_status_watches_free (struct cf_links *links)
{
  while (links->watches)
    watch_end (links->watches, 0);
}
