/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_dial.c - reaching a node: on a stream, and over datagrams where that does not get through.
 *
 *   stream     --SEEN: taken
 *   datagrams  --SEEN: taken, when the stream has failed or STREAM_MS are over
 *
 * The stream comes first: from it others learn which port our own streams have
 * outside, and where it works it works everywhere; datagrams follow a little
 * later, so that who has no streams does not wait.  What is not taken is closed.
 * To borrowed nodes there is the stream alone: datagrams leave from the port by
 * which others know us.
 */
#include "core/links.h"
#include "core/nodes_private.h"
#include "core/self.h"

#define SECOND_MS 250  /* then datagrams are tried, too */
#define STREAM_MS 1000 /* so long the stream may still come when datagrams have */

static struct cf_node_try *
other_of (struct cf_node_try *t)
{
  struct cf_node_try *first = &t->node->tries[CF_CARRIER_STREAM];

  return t == first ? &t->node->tries[CF_CARRIER_DATAGRAMS] : first;
}

static void
take (struct cf_node_try *t)
{
  struct cf_node *node = t->node;
  struct cf_node_try *other = other_of (t);

  cf_timer_cancel (node->nodes->core->env, &node->second);
  if (other->tunnel)
    cf_link_tunnel_close (other->tunnel, 0, NULL);
  other->tunnel = NULL;
  node->tunnel = t->tunnel;
  cf_node_greeted (node, &t->seen);
}

/* --- what the tunnel says --- */

/* Before it is taken. */
static void
take_first (struct cf_node_try *t, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_node *node = t->node;
  gpg_error_t err = cf_node_decode (channel, data, len, &t->seen);

  if (err || t->greeted || t->seen.kind != CF_NODE_SEEN) {
    cf_refused (node->nodes->core->env, err ? CF_REFUSED_NODE_MALFORMED : CF_REFUSED_NODE_UNEXPECTED);
    cf_node_rest (node, err ? err : cf_err (CF_ERR_PROTOCOL));
    return;
  }
  t->greeted = true;
  if (t == &node->tries[CF_CARRIER_STREAM] || !node->tries[CF_CARRIER_STREAM].tunnel)
    take (t);
  else
    cf_timer_after (node->nodes->core->env, &node->second, STREAM_MS);
}

static void
try_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_node_try *t = arg;

  if (t->node->tunnel)
    cf_node_message (t->node, channel, data, len);
  else
    take_first (t, channel, data, len);
}

static void dial (struct cf_node_try *t);

/* The other one has its turn, if it has not had it. */
static void
try_failed (struct cf_node_try *t, gpg_error_t err)
{
  struct cf_node *node = t->node;
  struct cf_node_try *other = other_of (t);
  bool is_first = t == &node->tries[CF_CARRIER_STREAM];

  if (other->greeted)
    take (other);
  else if (is_first && !other->tunnel && node->second.armed) {
    cf_timer_cancel (node->nodes->core->env, &node->second);
    dial (other);
  } else if (!other->tunnel)
    cf_node_rest (node, err);
}

static void
try_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct cf_node_try *t = arg;
  struct cf_node *node = t->node;
  bool was_taken = node->tunnel == t->tunnel;

  (void) reason;
  t->tunnel = NULL;
  t->greeted = false;
  if (!was_taken) {
    try_failed (t, err);
    return;
  }
  node->tunnel = NULL;
  cf_node_rest (node, err);
}

static void
try_room (void *arg)
{
  struct cf_node_try *t = arg;

  if (t->node->tunnel)
    cf_circuits_pump (t->node);
}

static const struct cf_link_tunnel_handler try_handler
    = { .message = try_message, .closed = try_closed, .room = try_room };

/* --- dialling --- */

/* By our device key and from the port that we listen on; to one that is not ours by a new key, and from any port. */
static gpg_error_t
dial_by (struct cf_node_try *t, enum cf_carrier carrier)
{
  struct cf_node *node = t->node;
  struct cf_core *core = node->nodes->core;
  struct cf_link_tunnel_keys keys = { .remote_public = node->name.device_key, .idle_ms = CF_NODE_IDLE_MS };

  if (!node->borrowed) {
    keys.own_secret = core->self->device_secret;
    keys.own_public = core->self->device.device_key;
    keys.from_listener = true;
  }
  return cf_link_tunnel_dial (core->links, carrier, &node->name.addr, &keys, &try_handler, t, &t->tunnel);
}

static void
dial (struct cf_node_try *t)
{
  gpg_error_t err = dial_by (t, t == &t->node->tries[CF_CARRIER_STREAM] ? CF_CARRIER_STREAM : CF_CARRIER_DATAGRAMS);

  if (err)
    try_failed (t, err);
}

static void
second_due (void *arg)
{
  struct cf_node *node = arg;
  struct cf_node_try *t = &node->tries[CF_CARRIER_DATAGRAMS];

  if (t->greeted)
    take (t);
  else if (!t->tunnel)
    dial (t);
}

void
cf_node_tries_init (struct cf_node *node)
{
  for (int i = 0; i < CF_CARRIERS; i++)
    node->tries[i].node = node;
  cf_timer_init (&node->second, second_due, node);
}

void
cf_node_try (struct cf_node *node)
{
  if (!node->borrowed)
    cf_timer_after (node->nodes->core->env, &node->second, SECOND_MS);
  dial (&node->tries[CF_CARRIER_STREAM]);
}

void
cf_node_tries_drop (struct cf_node *node, gpg_error_t why)
{
  cf_timer_cancel (node->nodes->core->env, &node->second);
  for (int i = 0; i < CF_CARRIERS; i++) {
    if (node->tries[i].tunnel)
      cf_link_tunnel_close (node->tries[i].tunnel, why, NULL);
    node->tries[i].tunnel = NULL;
    node->tries[i].greeted = false;
  }
  node->tunnel = NULL;
}
