/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.c - the nodes that our user has chosen, each with a tunnel that is kept up.
 *
 *   RESTING --back-off over, network changed--> DIALLING (nodes_dial.c) --SEEN--> ASKED --REGISTERED--> READY
 *   ASKED --it does not relay--> READY
 *   READY --half of the time is over: renew--> READY
 *   any --closed, deadline, broken rule: cf_node_rest--> RESTING
 *
 * The node proves by the tunnel that it is the one whose key the user has
 * written down.  We show it our device key, since others dial us by that.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/links.h"
#include "core/nodes_private.h"
#include "core/post.h"
#include "core/peers.h"
#include "core/portmap.h"
#include "core/self.h"
#include "core/settings.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_LAST_MS 60000
#define STEADY_MS 10000    /* READY for so long: the next loss begins with a short back-off */
#define REFUSED_LEAST_S 30 /* until a refused registration is tried again */
#define SEEK_MS 30000
#define MESSAGE_MAX (32 * 1024) /* that we send: a DATA and its head */

static const char *const state_names[NODE_STATES] = { "resting", "dialling", "asked", "ready" };

/* From the row to the column; RESTING may follow every state. */
static const bool allowed[NODE_STATES][NODE_STATES] = {
  [NODE_RESTING][NODE_DIALLING] = true,
  [NODE_DIALLING][NODE_ASKED] = true,
  [NODE_ASKED][NODE_READY] = true,
};

static void
set_state (struct cf_node *node, enum cf_node_state state)
{
  char text[CF_ADDR_TEXT_SIZE];

  if (node->state == state || (state != NODE_RESTING && !allowed[node->state][state]))
    return;
  cf_log (node->nodes->core->env, state == NODE_READY ? CF_LOG_INFO : CF_LOG_DEBUG, "node %s: %s -> %s",
          cf_addr_format (&node->name.addr, text), state_names[node->state], state_names[state]);
  node->state = state;
}

/* --- the end of a tunnel --- */

/* The tunnel of NODE, if there is one, is dead or about to be: everything that it carried ends. */
static void
node_drop (struct cf_node *node, gpg_error_t why)
{
  struct cf_env *env = node->nodes->core->env;

  cf_node_tries_drop (node, why);
  cf_node_mirror_end (node);
  node->registered = node->listed = false;
  node->pages_due = 0;
  node->seen.family = 0;
  cf_timer_cancel (env, &node->renew);
  cf_timer_cancel (env, &node->list);
  cf_timer_cancel (env, &node->retry);
  set_state (node, NODE_RESTING);
  cf_circuits_fail (node);
}

void
cf_node_rest (struct cf_node *node, gpg_error_t err)
{
  struct cf_env *env = node->nodes->core->env;
  char text[CF_ADDR_TEXT_SIZE];

  if (node->state == NODE_READY && env->now_ms - node->ready_ms >= STEADY_MS && (!node->borrowed || node->useful))
    node->backoff_ms = 0;
  if (err && (!node->error || node->state == NODE_READY))
    cf_log (env, CF_LOG_INFO, "node %s is not there: %s", cf_addr_format (&node->name.addr, text), gpg_strerror (err));
  node->error = err ? err : cf_err (CF_ERR_NOT_REACHABLE);
  node_drop (node, err);
  node->backoff_ms = node->backoff_ms ? 2 * node->backoff_ms : BACKOFF_FIRST_MS;
  if (node->backoff_ms > BACKOFF_LAST_MS)
    node->backoff_ms = BACKOFF_LAST_MS;
  node->rested_ms = env->now_ms + cf_env_jitter (env, node->backoff_ms);
  if (!node->borrowed)
    cf_timer_arm (env, &node->retry, node->rested_ms);
}

void
cf_node_distrust (struct cf_node *node, gpg_error_t err)
{
  if (node->tunnel)
    cf_node_rest (node, err);
}

/* --- what is said --- */

gpg_error_t
cf_node_say (struct cf_node *node, const struct cf_node_message *message)
{
  gpg_error_t err;
  struct cf_buf out;

  if (!node->tunnel)
    return cf_err (GPG_ERR_ENOTCONN);
  cf_buf_init (&out, MESSAGE_MAX);
  err = cf_node_encode (message, &out);
  if (!err)
    err = cf_link_tunnel_send (node->tunnel, cf_node_channel (message->kind), cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return err;
}

/* We are to be reached there; and found by everybody, if the user wants that. */
static void
register_now (void *arg)
{
  struct cf_node *node = arg;
  struct cf_core *core = node->nodes->core;
  struct cf_node_message m = { .kind = CF_NODE_REGISTER };
  gpg_error_t err;

  m.reg.relayed = (node->services & CF_NODE_RELAY) != 0;
  m.reg.listed = (node->services & CF_NODE_LISTING) && cf_setting_is (core, "listed", "on")
                 && cf_peers_visibility (core) == CF_VISIBLE_EVERYONE;
  if (m.reg.listed) {
    m.reg.port = cf_portmap_port (core, &node->seen);
    if (!m.reg.port)
      m.reg.port = core->net->ops->tcp_port (core->net);
    m.reg.identity = core->self->fpr;
    if (core->self->name && strlen (core->self->name) <= CF_NAME_MAX)
      strcpy (m.reg.name, core->self->name);
  }
  if (!m.reg.relayed && !m.reg.listed)
    m.kind = CF_NODE_UNREGISTER;
  err = m.kind == CF_NODE_REGISTER || node->listed ? cf_node_say (node, &m) : 0;
  if (err)
    cf_node_distrust (node, err);
  node->listed = m.reg.listed;
}

/* --- what is heard --- */

/* A node that relays is a new way to everyone. */
static void
node_is_ready (struct cf_node *node)
{
  struct cf_core *core = node->nodes->core;

  set_state (node, NODE_READY);
  node->ready_ms = core->env->now_ms;
  node->error = 0;
  if (node->borrowed) {
    cf_node_borrowed_ready (node);
    return;
  }
  cf_links_way_found (core->links);
  cf_post_node_ready (core, &node->name);
  cf_nodes_seek (core);
  cf_node_list_begin (node);
  cf_node_mirror_begin (node);
}

void
cf_node_greeted (struct cf_node *node, const struct cf_node_message *m)
{
  if (node->state != NODE_DIALLING) {
    cf_refused (node->nodes->core->env, CF_REFUSED_NODE_UNEXPECTED);
    cf_node_distrust (node, cf_err (CF_ERR_PROTOCOL));
    return;
  }
  node->services = m->seen.services;
  node->seen = m->seen.addr;
  cf_link_tunnel_established (node->tunnel);
  set_state (node, NODE_ASKED);
  if (node->borrowed) {
    if (node->services & CF_NODE_RELAY)
      node_is_ready (node);
    else
      cf_node_rest (node, cf_err (GPG_ERR_NOT_SUPPORTED));
    return;
  }
  register_now (node);
  if (!(node->services & CF_NODE_RELAY))
    node_is_ready (node);
}

static void
is_registered (struct cf_node *node, uint32_t seconds)
{
  struct cf_env *env = node->nodes->core->env;
  uint64_t half_ms = (uint64_t) seconds * 500;

  if (!node->registered) { /* contacts can find us here from now on */
    node->registered = true;
    cf_links_say_paths (node->nodes->core->links);
  }
  cf_timer_after (env, &node->renew, half_ms < 5000 ? 5000 : half_ms);
  if (node->state == NODE_ASKED)
    node_is_ready (node);
}

/* It goes on without what was refused, and asks again when it may. */
static void
is_refused (struct cf_node *node, const struct cf_node_message *m)
{
  struct cf_env *env = node->nodes->core->env;
  uint32_t seconds = m->refused.seconds < REFUSED_LEAST_S ? REFUSED_LEAST_S : m->refused.seconds;
  char text[CF_ADDR_TEXT_SIZE];

  cf_log (env, CF_LOG_INFO, "node %s refuses: %s", cf_addr_format (&node->name.addr, text),
          gpg_strerror (cf_err ((gpg_err_code_t) m->refused.code)));
  if (seconds > CF_NODE_REGISTER_S)
    seconds = CF_NODE_REGISTER_S;
  if (m->refused.what == CF_NODE_REGISTER)
    cf_timer_after (env, &node->renew, cf_env_jitter (env, (uint64_t) seconds * 1000));
  if (m->refused.what == CF_NODE_REGISTER && node->state == NODE_ASKED)
    node_is_ready (node);
}

void
cf_node_message (struct cf_node *node, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_node_message m;
  gpg_error_t err = cf_node_decode (channel, data, len, &m);

  if (err) {
    cf_refused (node->nodes->core->env, CF_REFUSED_NODE_MALFORMED);
    cf_node_distrust (node, err);
    return;
  }
  switch (m.kind) {
  case CF_NODE_SEEN:
    cf_node_greeted (node, &m);
    break;
  case CF_NODE_REGISTERED:
    is_registered (node, m.registered.seconds);
    break;
  case CF_NODE_REFUSED:
    is_refused (node, &m);
    break;
  case CF_NODE_LISTED:
    cf_node_list_page (node, &m);
    break;
  case CF_NODE_CREDIT:
  case CF_NODE_INCOMING:
  case CF_NODE_OPENED:
  case CF_NODE_DATA:
  case CF_NODE_CLOSE:
    cf_circuit_message (node, &m);
    break;
  default: /* what only guests say */
    cf_refused (node->nodes->core->env, CF_REFUSED_NODE_UNEXPECTED);
    cf_node_distrust (node, cf_err (CF_ERR_PROTOCOL));
    break;
  }
}

void
cf_node_dial (struct cf_node *node)
{
  struct cf_core *core = node->nodes->core;

  if (node->state != NODE_RESTING || !core->self || !core->links)
    return;
  set_state (node, NODE_DIALLING);
  cf_node_try (node);
}

static void
retry_due (void *arg)
{
  cf_node_dial (arg);
}

/* --- the list of them --- */

static void
list_due (void *arg)
{
  cf_node_list_begin (arg);
}

struct cf_node *
cf_node_new (struct cf_nodes *nodes, const struct cf_node_name *name)
{
  struct cf_node *node = calloc (1, sizeof *node);

  if (!node)
    return NULL;
  node->nodes = nodes;
  node->name = *name;
  cf_timer_init (&node->retry, retry_due, node);
  cf_timer_init (&node->renew, register_now, node);
  cf_timer_init (&node->list, list_due, node);
  cf_node_tries_init (node);
  cf_node_mirror_init (node);
  return node;
}

void
cf_node_free (struct cf_node *node)
{
  node_drop (node, 0);
  free (node);
}

bool
cf_nodes_fits (const char *value)
{
  struct cf_node_name name;
  size_t count = 0;
  bool wrong;

  while (cf_node_names_next (&value, &name, &wrong))
    count++;
  return !wrong && count <= CF_NODES_MAX;
}

bool
cf_nodes_wrong (const char *value, char r_word[CF_NODE_NAME_SIZE])
{
  const char *word = value;
  struct cf_node_name name;
  size_t len;
  bool wrong;

  while (cf_node_names_next (&value, &name, &wrong))
    word = value;
  if (!wrong)
    return false;
  word += strspn (word, " ");
  len = cf_text_cut (word, strcspn (word, " "), CF_NODE_NAME_SIZE - 1);
  memcpy (r_word, word, len);
  r_word[len] = 0;
  return true;
}

/* Takes the node of NAME out of *LIST. */
static struct cf_node *
take_out (struct cf_node **list, const struct cf_node_name *name)
{
  for (struct cf_node **p = list; *p; p = &(*p)->next)
    if (cf_node_name_equal (&(*p)->name, name)) {
      struct cf_node *node = *p;

      *p = node->next;
      return node;
    }
  return NULL;
}

gpg_error_t
cf_nodes_set (struct cf_core *core, const char *value)
{
  struct cf_nodes *nodes = core->nodes;
  struct cf_node *old, *node, **end;
  struct cf_node_name name;
  gpg_error_t err = 0;
  bool wrong;

  if (!nodes)
    return 0;
  old = nodes->first;
  nodes->first = NULL;
  end = &nodes->first;
  while (!err && cf_node_names_next (&value, &name, &wrong)) {
    node = take_out (&old, &name);
    if (!node)
      node = cf_node_new (nodes, &name);
    if (!node) {
      err = cf_err (GPG_ERR_ENOMEM);
      break;
    }
    node->next = NULL;
    *end = node;
    end = &node->next;
    if (nodes->started && node->state == NODE_RESTING)
      cf_timer_after (core->env, &node->retry, 0);
  }
  while ((node = old)) {
    old = node->next;
    cf_node_free (node);
  }
  return err;
}

/* --- for others --- */

static struct cf_node *
find_via (struct cf_core *core, const struct cf_addr *via)
{
  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n; n = n->next)
    if (via->family == CF_ADDR_NODE && !via->scope && !memcmp (via->bytes, n->name.device_key, sizeof via->bytes))
      return n;
  return core->nodes ? cf_node_borrowed_find (core->nodes, via) : NULL;
}

static bool
relays (const struct cf_node *node)
{
  return node->state == NODE_READY && (node->services & CF_NODE_RELAY);
}

size_t
cf_nodes_relays (struct cf_core *core, struct cf_addr *r_addrs, size_t max)
{
  size_t count = 0;

  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n && count < max; n = n->next)
    if (relays (n))
      r_addrs[count++] = cf_addr_behind (n->name.device_key);
  return count;
}

size_t
cf_nodes_own (struct cf_core *core, struct cf_node_name *r_names, size_t max)
{
  size_t count = 0;

  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n && count < max; n = n->next)
    if (relays (n) && n->registered)
      r_names[count++] = n->name;
  return count;
}

size_t
cf_nodes_mailboxes (struct cf_core *core, struct cf_node_name *r_names, size_t max)
{
  size_t count = 0;

  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n && count < max; n = n->next)
    if (n->state == NODE_READY && (n->services & CF_NODE_MAILBOX))
      r_names[count++] = n->name;
  return count;
}

size_t
cf_nodes_seen (struct cf_core *core, struct cf_addr *r_addrs, size_t max)
{
  size_t count = 0;

  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n && count < max; n = n->next)
    if (n->state == NODE_READY && n->seen.family && cf_link_tunnel_from_listener (n->tunnel))
      r_addrs[count++] = n->seen;
  return count;
}

gpg_error_t
cf_nodes_dial (struct cf_core *core, const struct cf_addr *via, const uint8_t device_key[CF_DEVICE_KEY_LEN],
               const struct cf_conn_handler *handler, void *arg, struct cf_conn **r_conn)
{
  struct cf_node *node = find_via (core, via);

  if (node && node->borrowed)
    return cf_node_borrowed_dial (node, device_key, handler, arg, r_conn);
  return node && relays (node) ? cf_circuit_dial (node, device_key, handler, arg, r_conn) : cf_err (CF_ERR_NOT_REACHABLE);
}

bool
cf_nodes_place (struct cf_core *core, const struct cf_addr *via, struct cf_addr *r_addr)
{
  struct cf_node *node = find_via (core, via);

  if (node)
    *r_addr = node->name.addr;
  return node != NULL;
}

enum cf_carrier
cf_nodes_carrier (struct cf_core *core, const struct cf_addr *via)
{
  const struct cf_node *node = find_via (core, via);

  return node && node->tunnel ? cf_link_tunnel_carrier (node->tunnel) : CF_CARRIER_STREAM;
}

struct cf_net *
cf_nodes_net (struct cf_core *core)
{
  return core->nodes ? &core->nodes->net : NULL;
}

void
cf_nodes_network_changed (struct cf_core *core)
{
  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n; n = n->next) {
    n->backoff_ms = 0;
    if (n->state == NODE_RESTING)
      cf_timer_after (core->env, &n->retry, 0);
    else if (n->tunnel)
      cf_link_tunnel_probe (n->tunnel);
    if (n->state == NODE_READY)
      cf_node_mirror_begin (n);
  }
  if (core->nodes)
    cf_nodes_borrowed_again (core->nodes);
}

void
cf_nodes_reconnect (struct cf_core *core)
{
  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n; n = n->next) {
    if (n->state == NODE_RESTING)
      continue;
    node_drop (n, 0);
    cf_timer_after (core->env, &n->retry, 0);
  }
}

void
cf_nodes_say_again (struct cf_core *core)
{
  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n; n = n->next)
    if (n->state == NODE_READY) {
      cf_timer_after (core->env, &n->renew, 0);
      cf_timer_after (core->env, &n->list, 0);
    }
}

/* --- whom only an address has named --- */

/* PEER was added by an address, and nothing has answered under its device key yet. */
static bool
is_sought (const struct cf_peer *peer)
{
  if (!peer->contact || peer->blocked || !peer->address.has_token)
    return false;
  for (size_t i = 0; i < peer->device_count; i++)
    if (peer->devices[i].tied && !memcmp (peer->devices[i].key, peer->address.device_key, CF_DEVICE_KEY_LEN))
      return false;
  return true;
}

static void
seek (void *arg)
{
  struct cf_nodes *nodes = arg;
  struct cf_core *core = nodes->core;
  struct cf_addr vias[CF_NODES_MAX];
  size_t count = cf_nodes_relays (core, vias, CF_NODES_MAX), pos = 0;
  const void *key;
  void *value;

  while (count && core->peers && cf_map_next (core->peers->by_fpr, &pos, &key, &value)) {
    const struct cf_peer *peer = value;

    for (size_t i = 0; i < count && is_sought (peer); i++)
      cf_peer_fetch (core->peers->fetches, peer->address.device_key, &peer->fpr, &vias[i]);
  }
  if (nodes->first)
    cf_timer_after (core->env, &nodes->seek, cf_env_jitter (core->env, SEEK_MS));
}

void
cf_nodes_seek (struct cf_core *core)
{
  if (core->nodes && core->nodes->started)
    cf_timer_after (core->env, &core->nodes->seek, 0);
}

/* --- status --- */

size_t
cf_nodes_count (struct cf_core *core, size_t *r_connected)
{
  size_t count = 0;

  *r_connected = 0;
  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n; n = n->next) {
    count++;
    *r_connected += n->state == NODE_READY;
  }
  return count;
}

json_t *
cf_nodes_json (struct cf_core *core)
{
  json_t *list = json_array ();

  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n; n = n->next) {
    char name[CF_NODE_NAME_SIZE], seen[CF_ADDR_TEXT_SIZE], datagrams[CF_ADDR_TEXT_SIZE];
    bool is_stream = n->tunnel && cf_link_tunnel_carrier (n->tunnel) == CF_CARRIER_STREAM;

    json_array_append_new (
        list, json_pack ("{s:s, s:b, s:b, s:s?, s:s?, s:s?, s:s?, s:i}", "node", cf_node_name_format (&n->name, name),
                         "connected", n->state == NODE_READY, "reachable", n->registered, "carrier",
                         n->tunnel ? is_stream ? "tcp" : "udp" : NULL, "seen",
                         n->seen.family ? cf_addr_format (&n->seen, seen) : NULL, "seen_datagrams",
                         n->seen_datagrams.family ? cf_addr_format (&n->seen_datagrams, datagrams) : NULL, "error",
                         n->error ? cf_err_info (n->error)->message : NULL, "circuits", (int) n->circuit_count));
  }
  return list;
}

/* --- life --- */

gpg_error_t
cf_nodes_new (struct cf_core *core, struct cf_nodes **r_nodes)
{
  struct cf_nodes *nodes = calloc (1, sizeof *nodes);

  if (!nodes)
    return cf_err (GPG_ERR_ENOMEM);
  nodes->core = core;
  nodes->net.ops = &cf_circuit_ops;
  cf_timer_init (&nodes->seek, seek, nodes);
  *r_nodes = nodes;
  return 0;
}

void
cf_nodes_start (struct cf_nodes *nodes)
{
  nodes->started = true;
  for (struct cf_node *n = nodes->first; n; n = n->next)
    cf_timer_after (nodes->core->env, &n->retry, 0);
}

void
cf_nodes_free (struct cf_nodes *nodes)
{
  struct cf_node *node;

  if (!nodes)
    return;
  nodes->core->nodes = NULL;
  while ((node = nodes->first)) {
    nodes->first = node->next;
    cf_node_free (node);
  }
  cf_nodes_borrowed_free (nodes);
  cf_timer_cancel (nodes->core->env, &nodes->seek);
  cf_circuits_free (nodes);
  free (nodes);
}
