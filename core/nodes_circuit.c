/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_circuit.c - a byte stream that a node carries, at our end: a connection like any other (net.h).
 *
 *   dialled:  WAITING --the node is ready: cf_circuits_begin--> ASKED --OPENED: connected--> OPEN
 *   incoming: OPEN
 *   WAITING, ASKED, OPEN --CLOSE, the node is gone: failed--> ENDED --close--> freed
 *   WAITING --close--> freed
 *   ASKED, OPEN --close--> CLOSING --everything has left, CLOSING_MS, the node is gone--> freed
 *
 * What is written waits here for credit, which the other end gives through the
 * node, and for room in the tunnel to the node, which circuits share by turns.
 * What comes is handed on at once, so it is credited at once: here nothing
 * waits, whatever anybody sends.
 */
#include <stdlib.h>
#include <string.h>

#include "core/links.h"
#include "core/nodes_private.h"

#define CLOSING_MS 5000
#define CREDIT_STEP (CF_CIRCUIT_WINDOW / 4) /* fewer bytes are not worth a message */

enum circuit_state { WAITING, ASKED, OPEN, ENDED, CLOSING };

struct cf_circuit {
  struct cf_circuit *next, **link; /* of the node's, or of the orphans */
  struct cf_nodes *nodes;
  struct cf_node *node;            /* NULL: gone */
  uint32_t number;                 /* 0: WAITING */
  uint8_t device_key[CF_DEVICE_KEY_LEN]; /* WAITING: whom to dial */
  enum circuit_state state;
  const struct cf_conn_handler *handler;
  void *arg;
  struct cf_buf out;
  uint32_t credit;  /* so many bytes may be sent */
  uint32_t allowed; /* so many may come ... */
  uint32_t owed;    /* ... and so many have, of which no credit was given back yet */
  struct cf_timer drained, closing;
  bool tell_drained; /* something was written since it was said last */
};

static struct cf_conn *
conn_of (struct cf_circuit *c)
{
  return (struct cf_conn *) c;
}

static struct cf_circuit *
circuit_of (const struct cf_conn *conn)
{
  return (struct cf_circuit *) (uintptr_t) conn;
}

/* --- lists --- */

static void
leave_list (struct cf_circuit *c)
{
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
  c->next = NULL;
}

static void
enter_list (struct cf_circuit *c, struct cf_circuit **list)
{
  struct cf_circuit **end = list;

  while (*end)
    end = &(*end)->next;
  *end = c;
  c->link = end;
}

static void
circuit_free (struct cf_circuit *c)
{
  struct cf_env *env = c->nodes->core->env;

  leave_list (c);
  if (c->node)
    c->node->circuit_count--;
  cf_timer_cancel (env, &c->drained);
  cf_timer_cancel (env, &c->closing);
  cf_buf_done (&c->out);
  free (c);
}

/* --- what is said to the node --- */

static gpg_error_t
say (struct cf_circuit *c, enum cf_node_kind kind, const void *data, size_t len)
{
  struct cf_node_message m = { .kind = kind, .circuit = { .circuit = c->number, .data = data, .len = len } };

  return cf_node_say (c->node, &m);
}

/* What has come is off our hands; the other end may send so much again. */
static void
give_credit (struct cf_circuit *c, uint32_t bytes)
{
  struct cf_node_message m = { .kind = CF_NODE_CREDIT, .credit = { c->number, 0 } };
  gpg_error_t err;

  c->owed += bytes;
  if (c->owed < CREDIT_STEP || c->state != OPEN)
    return;
  m.credit.bytes = c->owed;
  err = cf_node_say (c->node, &m);
  if (err)
    return; /* the tunnel is about to end */
  c->allowed += c->owed;
  c->owed = 0;
}

static bool
has_room (const struct cf_node *node)
{
  return node->tunnel
         && cf_link_tunnel_waiting (node->tunnel, CF_CHANNEL_BULK) < CF_TUNNEL_AHEAD;
}

/* One DATA of C leaves, if it may.  True: there may be more to send. */
static bool
send_some (struct cf_circuit *c)
{
  size_t len = cf_buf_len (&c->out);

  if (c->state <= ASKED || !len || !c->credit)
    return false;
  if (len > CF_CIRCUIT_DATA_MAX)
    len = CF_CIRCUIT_DATA_MAX;
  if (len > c->credit)
    len = c->credit;
  if (say (c, CF_NODE_DATA, cf_buf_data (&c->out), len))
    return false;
  cf_buf_consume (&c->out, len);
  c->credit -= (uint32_t) len;
  return cf_buf_len (&c->out) && c->credit;
}

/* Everything of C has left, or the time for it is over: it is said, and C is gone. */
static void
finish_closing (struct cf_circuit *c)
{
  gpg_error_t err = say (c, CF_NODE_CLOSE, NULL, 0);

  if (err)
    cf_log (c->nodes->core->env, CF_LOG_DEBUG, "a circuit is not closed: %s", gpg_strerror (err));
  circuit_free (c);
}

/* After something has left. */
static void
look_after (struct cf_circuit *c)
{
  if (cf_buf_len (&c->out))
    return;
  if (c->state == CLOSING)
    finish_closing (c);
  else if (c->tell_drained && !c->drained.armed)
    cf_timer_after (c->nodes->core->env, &c->drained, 0);
}

void
cf_circuits_pump (struct cf_node *node)
{
  struct cf_circuit *next, *last = NULL;
  bool more = true;

  while (more && has_room (node)) {
    more = false;
    for (struct cf_circuit *c = node->circuits; c && has_room (node); c = next) {
      next = c->next;
      more |= send_some (c);
      if (cf_buf_len (&c->out))
        last = c;
      else if (last == c)
        last = NULL;
      look_after (c); /* may be its end */
    }
  }
  /* Who had the last turn is the last next time. */
  if (last && last->next) {
    leave_list (last);
    enter_list (last, &node->circuits);
  }
}

/* --- as connections (net.h) --- */

static void
circuit_drained (void *arg)
{
  struct cf_circuit *c = arg;

  if (c->state != OPEN || cf_buf_len (&c->out))
    return; /* more was written meanwhile: told when that has left */
  c->tell_drained = false;
  c->handler->drained (c->arg);
}

static void
closing_over (void *arg)
{
  finish_closing (arg);
}

static struct cf_circuit *
circuit_new (struct cf_node *node, uint32_t number, enum circuit_state state)
{
  struct cf_circuit *c = calloc (1, sizeof *c);

  if (!c)
    return NULL;
  c->nodes = node->nodes;
  c->node = node;
  c->number = number;
  c->state = state;
  c->credit = c->allowed = CF_CIRCUIT_WINDOW;
  cf_buf_init (&c->out, CF_CONN_QUEUE_MAX);
  cf_timer_init (&c->drained, circuit_drained, c);
  cf_timer_init (&c->closing, closing_over, c);
  enter_list (c, &node->circuits);
  node->circuit_count++;
  return c;
}

/* There is no queue here that a wide window could fill: the node has them, and bounds them. */
static void
widen (struct cf_circuit *c)
{
  give_credit (c, CF_CIRCUIT_WINDOW_MAX - CF_CIRCUIT_WINDOW);
}

/* C, whose number is none yet, is asked for. */
static gpg_error_t
ask (struct cf_circuit *c, const uint8_t device_key[CF_DEVICE_KEY_LEN])
{
  struct cf_node *node = c->node;
  struct cf_node_message m = { .kind = CF_NODE_DIAL };
  gpg_error_t err;

  c->number = node->last_dialled ? node->last_dialled + 2 : 1;
  c->state = ASKED;
  m.dial.circuit = c->number;
  m.dial.device_key = device_key;
  err = cf_node_say (node, &m);
  if (!err)
    node->last_dialled = c->number;
  return err;
}

gpg_error_t
cf_circuit_dial (struct cf_node *node, const uint8_t device_key[CF_DEVICE_KEY_LEN],
                 const struct cf_conn_handler *handler, void *arg, struct cf_conn **r_conn)
{
  struct cf_circuit *c;
  gpg_error_t err = 0;

  if (node->circuit_count >= CF_CIRCUITS_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  c = circuit_new (node, 0, WAITING);
  if (!c)
    return cf_err (GPG_ERR_ENOMEM);
  if (node->state == NODE_READY)
    err = ask (c, device_key);
  else
    memcpy (c->device_key, device_key, CF_DEVICE_KEY_LEN);
  if (err) {
    circuit_free (c);
    return err;
  }
  c->handler = handler;
  c->arg = arg;
  *r_conn = conn_of (c);
  return 0;
}

void
cf_circuits_begin (struct cf_node *node)
{
  gpg_error_t err = 0;

  for (struct cf_circuit *c = node->circuits; c && !err; c = c->next)
    if (c->state == WAITING)
      err = ask (c, c->device_key);
  if (err)
    cf_node_distrust (node, err);
}

static void
op_set_handler (struct cf_conn *conn, const struct cf_conn_handler *handler, void *arg)
{
  struct cf_circuit *c = circuit_of (conn);

  c->handler = handler;
  c->arg = arg;
}

static gpg_error_t
op_write (struct cf_conn *conn, const void *data, size_t len)
{
  struct cf_circuit *c = circuit_of (conn);
  gpg_error_t err;

  if (c->state == ENDED)
    return cf_err (GPG_ERR_ENOTCONN);
  err = cf_buf_add (&c->out, data, len);
  if (err)
    return gpg_err_code (err) == GPG_ERR_TOO_LARGE ? cf_err (GPG_ERR_LIMIT_REACHED) : err;
  c->tell_drained = true;
  if (has_room (c->node))
    while (send_some (c) && has_room (c->node))
      ;
  look_after (c);
  return 0;
}

static size_t
op_queued (const struct cf_conn *conn)
{
  return cf_buf_len (&circuit_of (conn)->out);
}

static void
op_close (struct cf_conn *conn)
{
  struct cf_circuit *c = circuit_of (conn);

  if (!conn)
    return;
  if (c->state == ENDED || c->state == WAITING) {
    circuit_free (c);
    return;
  }
  if (c->state == ASKED)
    cf_buf_clear (&c->out);
  c->state = CLOSING;
  c->handler = NULL;
  cf_timer_cancel (c->nodes->core->env, &c->drained);
  cf_timer_after (c->nodes->core->env, &c->closing, CLOSING_MS);
  look_after (c);
}

const struct cf_net_ops cf_circuit_ops
    = { .set_handler = op_set_handler, .write = op_write, .queued = op_queued, .close = op_close };

/* --- what the node says --- */

static struct cf_circuit *
find (struct cf_node *node, uint32_t number)
{
  struct cf_circuit *c = node->circuits;

  while (c && c->number != number)
    c = c->next;
  return c;
}

/* Nothing more comes or goes; whoever has C hears WHY, and closes it. */
static void
circuit_end (struct cf_circuit *c, gpg_error_t why)
{
  if (c->state == CLOSING) {
    circuit_free (c);
    return;
  }
  leave_list (c);
  c->node->circuit_count--;
  c->node = NULL;
  enter_list (c, &c->nodes->orphans);
  c->state = ENDED;
  cf_buf_clear (&c->out);
  cf_timer_cancel (c->nodes->core->env, &c->drained);
  c->handler->failed (c->arg, why);
}

static void
take_incoming (struct cf_node *node, uint32_t number)
{
  struct cf_core *core = node->nodes->core;
  struct cf_addr from = cf_addr_behind (node->name.device_key);
  struct cf_circuit *c;

  if (node->borrowed || number & 1 || number <= node->last_incoming) {
    cf_refused (core->env, CF_REFUSED_NODE_UNEXPECTED);
    cf_node_distrust (node, cf_err (CF_ERR_PROTOCOL));
    return;
  }
  node->last_incoming = number;
  c = node->circuit_count < CF_CIRCUITS_MAX ? circuit_new (node, number, OPEN) : NULL;
  if (!c) {
    struct cf_node_message m = { .kind = CF_NODE_CLOSE, .circuit = { .circuit = number, .code = GPG_ERR_LIMIT_REACHED } };
    gpg_error_t err = cf_node_say (node, &m);

    cf_refused (core->env, CF_REFUSED_STREAM_FULL);
    if (err)
      cf_log (core->env, CF_LOG_DEBUG, "a circuit is not refused: %s", gpg_strerror (err));
    return;
  }
  widen (c);
  cf_links_accept (core->links, &node->nodes->net, conn_of (c), &from);
}

static void
take_data (struct cf_circuit *c, const uint8_t *data, size_t len)
{
  if (c->state == ASKED || len > c->allowed) {
    cf_refused (c->nodes->core->env, CF_REFUSED_CIRCUIT_CREDIT);
    cf_node_distrust (c->node, cf_err (CF_ERR_PROTOCOL));
    return;
  }
  c->allowed -= (uint32_t) len;
  if (c->state != OPEN)
    return; /* CLOSING: nobody listens */
  give_credit (c, (uint32_t) len);
  c->handler->received (c->arg, data, len);
}

static void
take_credit (struct cf_circuit *c, uint32_t bytes)
{
  struct cf_node *node = c->node;

  if (bytes > CF_CIRCUIT_WINDOW_MAX || c->credit + bytes > CF_CIRCUIT_WINDOW_MAX) {
    cf_refused (c->nodes->core->env, CF_REFUSED_CIRCUIT_CREDIT);
    cf_node_distrust (node, cf_err (CF_ERR_PROTOCOL));
    return;
  }
  c->credit += bytes;
  cf_circuits_pump (node);
}

void
cf_circuit_message (struct cf_node *node, const struct cf_node_message *m)
{
  uint32_t number = m->kind == CF_NODE_CREDIT ? m->credit.circuit : m->circuit.circuit;
  struct cf_circuit *c = find (node, number);

  if (m->kind == CF_NODE_INCOMING) {
    take_incoming (node, number);
    return;
  }
  if (!c) /* one that we have closed, of which it has not heard yet; or none at all */
    return;
  switch (m->kind) {
  case CF_NODE_OPENED:
    if (c->state == ASKED) {
      c->state = OPEN;
      node->useful = true;
      widen (c);
      c->handler->connected (c->arg);
    }
    break;
  case CF_NODE_DATA:
    take_data (c, m->circuit.data, m->circuit.len);
    break;
  case CF_NODE_CREDIT:
    take_credit (c, m->credit.bytes);
    break;
  default: /* CLOSE */
    circuit_end (c, cf_err (c->state == ASKED ? CF_ERR_NOT_REACHABLE : GPG_ERR_EOF));
    break;
  }
}

/* --- the end --- */

void
cf_circuits_fail (struct cf_node *node)
{
  while (node->circuits)
    circuit_end (node->circuits, cf_err (GPG_ERR_ENOTCONN));
  node->last_dialled = node->last_incoming = 0;
}

void
cf_circuits_free (struct cf_nodes *nodes)
{
  while (nodes->orphans)
    circuit_free (nodes->orphans);
}
