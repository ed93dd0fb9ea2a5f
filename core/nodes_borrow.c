/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_borrow.c - nodes that are not ours: somebody whom we want to reach has said that he can be dialled there.
 *
 *   RESTING --a circuit is wanted, and the rest is over--> DIALLING --SEEN: greeted--> READY
 *   READY --for IDLE_MS without a circuit: leave--> RESTING
 *
 * Such a node learns our address and whom we look for, not who we are.  What
 * names it is a contact's word, and may name anybody's house: so it is gone to
 * only while he is looked for, and less and less often when he is not there.
 */
#include <stdlib.h>
#include <string.h>

#include "core/nodes_private.h"

#define BORROWED_MAX 32
#define IDLE_MS 20000

struct cf_node *
cf_node_borrowed_find (const struct cf_nodes *nodes, const struct cf_addr *via)
{
  for (struct cf_node *n = nodes->borrowed; n && via->family == CF_ADDR_NODE; n = n->next)
    if (n->serial == via->scope)
      return n;
  return NULL;
}

/* That which rests, and has rested for longest, leaves.  False: none rests. */
static bool
make_room (struct cf_nodes *nodes)
{
  struct cf_node **found = NULL, *node;

  for (struct cf_node **p = &nodes->borrowed; *p; p = &(*p)->next)
    if ((*p)->state == NODE_RESTING && !(*p)->circuit_count && (!found || (*p)->rested_ms < (*found)->rested_ms))
      found = p;
  if (!found)
    return false;
  node = *found;
  *found = node->next;
  cf_node_free (node);
  return true;
}

static void
leave (void *arg)
{
  struct cf_node *node = arg;

  if (node->circuit_count)
    cf_timer_after (node->nodes->core->env, &node->renew, IDLE_MS);
  else
    cf_node_rest (node, 0);
}

static gpg_error_t
add (struct cf_nodes *nodes, const struct cf_node_name *name, struct cf_node **r_node)
{
  struct cf_node *node;
  size_t count = 0;

  for (node = nodes->borrowed; node; node = node->next)
    count++;
  if (count >= BORROWED_MAX && !make_room (nodes))
    return cf_err (GPG_ERR_LIMIT_REACHED);
  node = cf_node_new (nodes, name);
  if (!node)
    return cf_err (GPG_ERR_ENOMEM);
  node->borrowed = true;
  node->serial = ++nodes->last_serial;
  cf_timer_init (&node->renew, leave, node);
  node->next = nodes->borrowed;
  nodes->borrowed = node;
  *r_node = node;
  return 0;
}

/* Is the node with KEY one of ours, wherever we reach it? */
static bool
is_ours (const struct cf_nodes *nodes, const uint8_t key[CF_DEVICE_KEY_LEN])
{
  for (const struct cf_node *n = nodes->first; n; n = n->next)
    if (!memcmp (n->name.device_key, key, CF_DEVICE_KEY_LEN))
      return true;
  return false;
}

static struct cf_node *
find (const struct cf_nodes *nodes, const struct cf_node_name *name)
{
  struct cf_node *node = nodes->borrowed;

  while (node && !cf_node_name_equal (&node->name, name))
    node = node->next;
  return node;
}

gpg_error_t
cf_nodes_borrow (struct cf_core *core, const struct cf_node_name *name, struct cf_addr *r_via)
{
  struct cf_nodes *nodes = core->nodes;
  struct cf_node *node;
  gpg_error_t err = 0;

  if (!nodes)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  if (is_ours (nodes, name->device_key))
    return cf_err (GPG_ERR_EEXIST);
  node = find (nodes, name);
  if (!node)
    err = add (nodes, name, &node);
  if (err)
    return err;
  *r_via = cf_addr_behind (node->name.device_key);
  r_via->scope = node->serial;
  return 0;
}

void
cf_node_borrowed_ready (struct cf_node *node)
{
  node->useful = false;
  cf_timer_after (node->nodes->core->env, &node->renew, IDLE_MS);
  cf_circuits_begin (node);
}

gpg_error_t
cf_node_borrowed_dial (struct cf_node *node, const uint8_t device_key[CF_DEVICE_KEY_LEN],
                       const struct cf_conn_handler *handler, void *arg, struct cf_conn **r_conn)
{
  if (node->state == NODE_RESTING) {
    if (node->nodes->core->env->now_ms < node->rested_ms)
      return cf_err (CF_ERR_NOT_REACHABLE);
    cf_node_dial (node);
  }
  if (node->state == NODE_RESTING)
    return node->error ? node->error : cf_err (CF_ERR_NOT_REACHABLE);
  return cf_circuit_dial (node, device_key, handler, arg, r_conn);
}

void
cf_nodes_borrowed_again (struct cf_nodes *nodes)
{
  for (struct cf_node *n = nodes->borrowed; n; n = n->next) {
    n->backoff_ms = 0;
    n->rested_ms = 0;
    if (n->tunnel)
      cf_link_tunnel_probe (n->tunnel);
  }
}

void
cf_nodes_borrowed_free (struct cf_nodes *nodes)
{
  struct cf_node *node;

  while ((node = nodes->borrowed)) {
    nodes->borrowed = node->next;
    cf_node_free (node);
  }
}
