/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post_visit.c - a tunnel to a node that keeps mail, under a key that lives for this visit.
 *
 *   DIALLING --SEEN: it keeps mail--> READY --ask--> ASKED --answer--> READY
 *   any --closed, broken rule, no answer in ANSWER_MS: ended--> gone
 *
 * The tunnel in which our other nodes hold us shows our device key; this one
 * does not, so that the node cannot tell whose drops they are by a key.
 */
#include <stdlib.h>

#include "core/core.h"
#include "core/link_tunnel.h"
#include "core/post_private.h"

#define ANSWER_MS 30000

struct cf_post_visit {
  struct cf_core *core;
  struct cf_link_tunnel *tunnel; /* NULL: it has ended */
  const struct cf_post_visit_handler *handler;
  void *arg;
  bool ready, asked;
  gpg_error_t err;
  struct cf_timer deadline, end;
};

/* It is over; who has the visit hears of it in a turn of its own. */
static void
fail (struct cf_post_visit *v, gpg_error_t err)
{
  if (v->end.armed)
    return;
  if (v->tunnel)
    cf_link_tunnel_close (v->tunnel, err, NULL);
  v->tunnel = NULL;
  v->err = err ? err : cf_err (GPG_ERR_EOF);
  cf_timer_cancel (v->core->env, &v->deadline);
  cf_timer_after (v->core->env, &v->end, 0);
}

static void
end_now (void *arg)
{
  struct cf_post_visit *v = arg;
  const struct cf_post_visit_handler *handler = v->handler;
  void *handler_arg = v->arg;
  gpg_error_t err = v->err;

  cf_post_visit_free (v);
  handler->ended (handler_arg, err);
}

static void
deadline_passed (void *arg)
{
  fail (arg, cf_err (GPG_ERR_TIMEOUT));
}

static void
break_off (struct cf_post_visit *v, enum cf_refusal why)
{
  cf_refused (v->core->env, why);
  fail (v, cf_err (CF_ERR_PROTOCOL));
}

static void
take_seen (struct cf_post_visit *v, uint8_t services)
{
  if (v->ready)
    break_off (v, CF_REFUSED_NODE_UNEXPECTED);
  else if (!(services & CF_NODE_MAILBOX))
    fail (v, cf_err (GPG_ERR_NOT_SUPPORTED));
  else {
    cf_link_tunnel_established (v->tunnel);
    v->ready = true;
    v->handler->ready (v->arg);
  }
}

static void
visit_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_post_visit *v = arg;
  struct cf_node_message m;

  if (cf_node_decode (channel, data, len, &m)) {
    break_off (v, CF_REFUSED_NODE_MALFORMED);
    return;
  }
  switch (m.kind) {
  case CF_NODE_SEEN:
    take_seen (v, m.seen.services);
    return;
  case CF_NODE_HELD:
  case CF_NODE_DELETED:
  case CF_NODE_EMPTY:
  case CF_NODE_MAIL:
  case CF_NODE_REFUSED:
    if (!v->asked)
      break;
    v->asked = false;
    cf_timer_cancel (v->core->env, &v->deadline);
    v->handler->answer (v->arg, &m);
    return;
  default:
    break;
  }
  break_off (v, CF_REFUSED_NODE_UNEXPECTED);
}

static void
visit_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct cf_post_visit *v = arg;

  (void) reason;
  v->tunnel = NULL;
  fail (v, err);
}

/* Mail that was asked for; nothing else of a node is long. */
static bool
visit_large (void *arg)
{
  struct cf_post_visit *v = arg;

  return v->asked;
}

static const struct cf_link_tunnel_handler visit_handler
    = { .message = visit_message, .closed = visit_closed, .large = visit_large };

gpg_error_t
cf_post_visit_new (struct cf_core *core, const struct cf_node_name *name, const struct cf_post_visit_handler *handler,
                   void *arg, struct cf_post_visit **r_visit)
{
  struct cf_link_tunnel_keys keys = { .remote_public = name->device_key, .idle_ms = CF_NODE_IDLE_MS };
  struct cf_post_visit *v = calloc (1, sizeof *v);
  gpg_error_t err;

  if (!v)
    return cf_err (GPG_ERR_ENOMEM);
  v->core = core;
  v->handler = handler;
  v->arg = arg;
  cf_timer_init (&v->deadline, deadline_passed, v);
  cf_timer_init (&v->end, end_now, v);
  err = cf_link_tunnel_dial (core->links, CF_CARRIER_STREAM, &name->addr, &keys, &visit_handler, v, &v->tunnel);
  if (err) {
    free (v);
    return err;
  }
  *r_visit = v;
  return 0;
}

void
cf_post_visit_free (struct cf_post_visit *visit)
{
  if (!visit)
    return;
  cf_timer_cancel (visit->core->env, &visit->deadline);
  cf_timer_cancel (visit->core->env, &visit->end);
  if (visit->tunnel)
    cf_link_tunnel_close (visit->tunnel, 0, NULL);
  free (visit);
}

gpg_error_t
cf_post_visit_ask (struct cf_post_visit *visit, const struct cf_post_drop *drop, struct cf_node_message *m)
{
  struct cf_buf out;
  gpg_error_t err;

  if (!visit->tunnel)
    return cf_err (GPG_ERR_ENOTCONN);
  cf_post_sign (drop, cf_link_tunnel_handshake_hash (visit->tunnel), m);
  cf_buf_init (&out, CF_MESSAGE_TALK_MAX);
  err = cf_node_encode (m, &out);
  if (!err)
    err = cf_link_tunnel_send (visit->tunnel, cf_node_channel (m->kind), cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  if (err)
    return err;
  visit->asked = true;
  cf_timer_after (visit->core->env, &visit->deadline, ANSWER_MS);
  return 0;
}
