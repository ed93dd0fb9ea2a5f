/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hand.c - guests of a public node, made by hand; on any network. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/device_key.h"
#include "tests/sim/server_story.h"

static void
on_output (void *arg, const uint8_t *data, size_t len)
{
  struct hand *h = arg;

  if (h->conn && h->net->ops->write (h->conn, data, len))
    h->closed = true;
}

static void
on_ready (void *arg)
{
  ((struct hand *) arg)->ready = true;
}

/* A copy of which the parts point into itself. */
static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct hand *h = arg;
  struct hand_got *got;

  h->came++;
  if (h->deaf) {
    h->came_bytes += len;
    return;
  }
  if (h->heard) {
    struct cf_node_message m;

    if (cf_node_decode (channel, data, len, &m))
      abort ();
    h->heard (h, &m);
    return;
  }
  got = malloc (sizeof *got + len);
  assert (got);
  got->next = NULL;
  memcpy (got->data, data, len);
  if (cf_node_decode (channel, got->data, len, &got->m))
    abort ();
  if (got->m.kind == CF_NODE_DATA)
    h->came_bytes += got->m.circuit.len;
  *h->last = got;
  h->last = &got->next;
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct hand *h = arg;

  (void) reason;
  h->closed = true;
  h->closed_err = err;
}

static size_t
on_queued (void *arg)
{
  struct hand *h = arg;

  return h->conn ? h->net->ops->queued (h->conn) : 0;
}

static const struct cf_tunnel_handler tunnel_handler = { on_output, on_ready, on_message, on_closed, on_queued, NULL };

static void
conn_connected (void *arg)
{
  cf_tunnel_start (((struct hand *) arg)->tunnel);
}

static void
conn_received (void *arg, const uint8_t *data, size_t len)
{
  cf_tunnel_input (((struct hand *) arg)->tunnel, data, len);
}

static void
conn_drained (void *arg)
{
  struct hand *h = arg;

  if (!h->is_stuck)
    cf_tunnel_drained (h->tunnel);
}

static void
conn_failed (void *arg, gpg_error_t err)
{
  struct hand *h = arg;

  h->net->ops->close (h->conn);
  h->conn = NULL;
  if (!h->closed)
    h->closed_err = err;
  h->closed = true;
}

static const struct cf_conn_handler conn_handler = { conn_connected, conn_received, conn_drained, conn_failed };

void
hand_dial (struct hand *hand, struct cf_env *env, struct cf_net *net, const struct cf_node_name *name)
{
  struct cf_tunnel_config config = { .initiator = true,
                                     .own_secret = hand->secret,
                                     .own_public = hand->public,
                                     .remote_public = name->device_key,
                                     .idle_ms = CF_NODE_IDLE_MS };

  memset (hand, 0, sizeof *hand);
  hand->env = env;
  hand->net = net;
  hand->last = &hand->first;
  cf_device_key_new (env, hand->secret, hand->public);
  if (cf_tunnel_new (env, &config, &tunnel_handler, hand, &hand->tunnel)
      || net->ops->dial (net, &name->addr, &conn_handler, hand, &hand->conn))
    abort ();
}

void
hand_done (struct hand *hand)
{
  struct hand_got *got;

  if (hand->tunnel)
    cf_tunnel_close (hand->tunnel, 0, NULL);
  if (hand->conn)
    hand->net->ops->close (hand->conn);
  cf_tunnel_free (hand->tunnel);
  while ((got = hand->first)) {
    hand->first = got->next;
    free (got);
  }
  memset (hand, 0, sizeof *hand);
}

gpg_error_t
hand_send (struct hand *hand, const struct cf_node_message *m)
{
  struct cf_buf out;
  gpg_error_t err;

  cf_buf_init (&out, CF_MESSAGE_TALK_MAX);
  err = cf_node_encode (m, &out);
  if (!err)
    err = cf_tunnel_send (hand->tunnel, cf_node_channel (m->kind), cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return err;
}

struct hand_got *
hand_take (struct hand *hand, enum cf_node_kind kind)
{
  for (struct hand_got **at = &hand->first; *at; at = &(*at)->next)
    if ((*at)->m.kind == kind) {
      struct hand_got *got = *at;

      *at = got->next;
      if (!*at)
        hand->last = at;
      return got;
    }
  return NULL;
}

gpg_error_t
hand_register (struct hand *hand)
{
  struct cf_node_message m = { .kind = CF_NODE_REGISTER, .reg = { .relayed = true } };

  return hand_send (hand, &m);
}

gpg_error_t
hand_call (struct hand *hand, uint32_t circuit, const uint8_t device_key[CF_DEVICE_KEY_LEN])
{
  struct cf_node_message m = { .kind = CF_NODE_DIAL, .dial = { circuit, device_key } };

  return hand_send (hand, &m);
}

gpg_error_t
hand_data (struct hand *hand, uint32_t circuit, const void *data, size_t len)
{
  struct cf_node_message m = { .kind = CF_NODE_DATA, .circuit = { .circuit = circuit, .data = data, .len = len } };

  return hand_send (hand, &m);
}

gpg_error_t
hand_credit (struct hand *hand, uint32_t circuit, uint32_t bytes)
{
  struct cf_node_message m = { .kind = CF_NODE_CREDIT, .credit = { circuit, bytes } };

  return hand_send (hand, &m);
}

gpg_error_t
hand_hang_up (struct hand *hand, uint32_t circuit)
{
  struct cf_node_message m = { .kind = CF_NODE_CLOSE, .circuit = { .circuit = circuit } };

  return hand_send (hand, &m);
}
