/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_list.c - whom a node lists: people who want to be found by everybody who uses it.
 *
 * A line of the list is worth what an open beacon is, nothing: it says where
 * to ask.  It is asked for only by those who are listed themselves.
 */
#include <string.h>

#include "core/nodes_private.h"
#include "core/peers.h"
#include "core/self.h"
#include "core/settings.h"

#define LIST_MS 45000    /* less than half of what a peer may be silent */
#define PAGES_MAX 4      /* looked at each time */

static bool
is_wanted (const struct cf_node *node)
{
  struct cf_core *core = node->nodes->core;

  return node->state == NODE_READY && (node->services & CF_NODE_LISTING) && cf_setting_is (core, "listed", "on");
}

static void
ask (struct cf_node *node, uint32_t from)
{
  struct cf_node_message m = { .kind = CF_NODE_LIST, .list = { from } };
  gpg_error_t err = cf_node_say (node, &m);

  if (err)
    cf_node_distrust (node, err);
  else
    node->pages_due++;
}

void
cf_node_list_begin (struct cf_node *node)
{
  struct cf_env *env = node->nodes->core->env;

  cf_timer_cancel (env, &node->list);
  if (!is_wanted (node))
    return;
  node->pages = 0;
  cf_timer_after (env, &node->list, cf_env_jitter (env, LIST_MS));
  ask (node, 0);
}

/* He may be there: ask him, unless we know him by that device. */
static void
take_entry (struct cf_node *node, const struct cf_node_entry *entry)
{
  struct cf_core *core = node->nodes->core;
  struct cf_peer *peer = cf_peer_by_device (core, entry->device_key);
  struct cf_addr at = entry->relayed ? cf_addr_behind (node->name.device_key) : entry->addr;

  if (cf_fpr_equal (&entry->identity, &core->self->fpr)
      || !memcmp (entry->device_key, core->self->device.device_key, CF_DEVICE_KEY_LEN))
    return;
  if (!peer)
    cf_peer_fetch (core->peers->fetches, entry->device_key, &entry->identity, &at);
  else if (cf_fpr_equal (&peer->fpr, &entry->identity))
    cf_peers_seen (core->peers, peer, cf_peers_device_by_key (peer, entry->device_key));
}

void
cf_node_list_page (struct cf_node *node, const struct cf_node_message *m)
{
  struct cf_core *core = node->nodes->core;
  struct cf_node_entry entry;
  struct cf_rd rd;

  if (!node->pages_due) {
    cf_refused (core->env, CF_REFUSED_NODE_UNEXPECTED);
    cf_node_distrust (node, cf_err (CF_ERR_PROTOCOL));
    return;
  }
  node->pages_due--;
  if (!is_wanted (node) || !core->peers)
    return;
  cf_rd_init (&rd, m->listed.entries, m->listed.entries_len);
  for (unsigned i = 0; i < m->listed.count; i++) {
    cf_node_entry_read (&rd, &entry);
    if (!rd.err)
      take_entry (node, &entry);
  }
  if (m->listed.next && ++node->pages < PAGES_MAX)
    ask (node, m->listed.next);
}
