/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest.c - one tunnel of a node: bytes there and back, a deadline, a safe end.
 *
 *   accepted --first bytes--> a tunnel --ready--> SEEN, verbs
 *      |                         |                  |
 *      '--- CF_HANDSHAKE_MS, crowd, failure, goodbye, silence: guest_close --next turn--> freed
 *
 * A stream that says nothing costs no tunnel.  Who is not through the handshake
 * is a stranger; when there are too many the oldest goes, so that a crowd that
 * sits there keeps nobody out.  A tunnel may not be freed inside its callbacks:
 * the end is a turn of its own (the timer END).
 */
#include "node/private.h"

#include <stdlib.h>

#define AHEAD (64 * 1024)           /* bytes that circuits let wait for a guest: beyond, they hold them back themselves */
#define UNREAD_MAX (AHEAD + 192 * 1024) /* who lets so much wait asks without reading the answers */
#define DEPOSITS_MAX 32             /* long messages that are coming, each up to CF_MAIL_MAX */
#define TAKE_MS 30000               /* a piece of mail may be under way for so long, either way */
#define IDLE_MS 60000               /* who neither is reachable nor has a circuit may stay so long */

static void
strangers_add (struct guest *g)
{
  struct cf_server *s = g->server;

  g->is_stranger = true;
  g->older = s->youngest;
  if (s->youngest)
    s->youngest->younger = g;
  else
    s->oldest = g;
  s->youngest = g;
  s->stranger_count++;
}

static void
strangers_remove (struct guest *g)
{
  struct cf_server *s = g->server;

  if (!g->is_stranger)
    return;
  g->is_stranger = false;
  *(g->older ? &g->older->younger : &s->oldest) = g->younger;
  *(g->younger ? &g->younger->older : &s->youngest) = g->older;
  g->older = g->younger = NULL;
  s->stranger_count--;
}

/* ---- mail under way: memory that only a few may use at a time ---- */

static void
end_deposit (struct guest *g)
{
  g->server->depositing_count -= g->is_depositing;
  g->is_depositing = false;
}

static void
end_fetch (struct guest *g)
{
  g->server->fetching_count -= g->is_fetching;
  g->is_fetching = false;
}

void
guest_fetches (struct guest *guest)
{
  guest->is_fetching = true;
  guest->server->fetching_count++;
  cf_timer_after (guest->server->env, &guest->deadline, TAKE_MS);
}

/* What a guest says fits into one record, but mail. */
static bool
on_large (void *arg, enum cf_channel channel)
{
  struct guest *g = arg;

  if (g->is_depositing || channel != CF_CHANNEL_TALK || !g->is_through || !g->server->mailbox)
    return g->is_depositing && channel == CF_CHANNEL_TALK;
  if (g->server->depositing_count >= DEPOSITS_MAX)
    return false;
  g->is_depositing = true;
  g->server->depositing_count++;
  cf_timer_after (g->server->env, &g->deadline, TAKE_MS);
  return true;
}

/* ---- the end ---- */

void
guest_free (struct guest *guest)
{
  struct cf_server *s = guest->server;

  guest->ending = true; /* nobody sends to it any more */
  strangers_remove (guest);
  register_leave (guest);
  circuit_leave_all (guest);
  *guest->link = guest->next;
  if (guest->next)
    guest->next->link = guest->link;
  s->guest_count--;
  cf_timer_cancel (s->env, &guest->deadline);
  cf_timer_cancel (s->env, &guest->end);
  cf_tunnel_free (guest->tunnel);
  if (guest->conn)
    s->net->ops->close (guest->conn);
  host_leave (guest->host);
  free (guest);
}

static void
end_now (void *arg)
{
  guest_free (arg);
}

static void
begin_end (struct guest *g)
{
  if (g->ending)
    return;
  g->ending = true;
  strangers_remove (g);
  end_deposit (g);
  end_fetch (g);
  g->server->tunnel_count -= g->is_through;
  g->is_through = false;
  cf_timer_cancel (g->server->env, &g->deadline);
  cf_timer_after (g->server->env, &g->end, 0);
}

void
guest_close (struct guest *guest, gpg_error_t why)
{
  if (guest->ending)
    return;
  begin_end (guest);
  if (guest->tunnel)
    cf_tunnel_close (guest->tunnel, why, NULL);
}

static void
deadline_passed (void *arg)
{
  struct guest *g = arg;

  if (g->is_depositing || g->is_fetching) {
    cf_refused (g->server->env, CF_REFUSED_MAIL_SLOW);
    guest_close (g, cf_err (GPG_ERR_TIMEOUT));
    return;
  }
  if (!g->is_stranger && (g->registration || g->circuits)) {
    cf_timer_after (g->server->env, &g->deadline, IDLE_MS);
    return;
  }
  cf_refused (g->server->env, g->is_stranger ? CF_REFUSED_HANDSHAKE_TIMEOUT : CF_REFUSED_NODE_IDLE);
  guest_close (g, cf_err (GPG_ERR_TIMEOUT));
}

/* ---- what the tunnel says ---- */

static size_t
unread (const struct guest *g)
{
  return g->server->net->ops->queued (g->conn) + cf_tunnel_waiting (g->tunnel, CF_CHANNEL_BULK);
}

static void
on_output (void *arg, const uint8_t *data, size_t len)
{
  struct guest *g = arg;
  gpg_error_t err;

  if (!g->conn)
    return;
  err = g->server->net->ops->write (g->conn, data, len);
  if (gpg_err_code (err) == GPG_ERR_LIMIT_REACHED)
    cf_refused (g->server->env, CF_REFUSED_TUNNEL_UNREAD);
  if (err)
    begin_end (g);
}

static void
on_ready (void *arg)
{
  struct guest *g = arg;
  struct cf_node_message seen = { .kind = CF_NODE_SEEN, .seen = { g->server->services, g->from } };

  if (g->ending)
    return;
  strangers_remove (g);
  g->is_through = true;
  g->server->tunnel_count++;
  g->server->total_tunnels++;
  cf_timer_after (g->server->env, &g->deadline, IDLE_MS);
  guest_say (g, &seen);
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct guest *g = arg;
  gpg_error_t err;

  if (g->ending)
    return;
  if (channel == CF_CHANNEL_TALK)
    end_deposit (g);
  err = verb_run (g, channel, data, len);
  if (!err)
    return;
  cf_refused (g->server->env, CF_REFUSED_NODE_MALFORMED);
  guest_close (g, cf_err (CF_ERR_PROTOCOL));
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  (void) err;
  (void) reason;
  begin_end (arg);
}

static size_t
on_queued (void *arg)
{
  struct guest *g = arg;

  return g->conn ? g->server->net->ops->queued (g->conn) : 0;
}

static const struct cf_tunnel_handler tunnel_handler
    = { on_output, on_ready, on_message, on_closed, on_queued, on_large };

/* ---- what the stream says ---- */

static gpg_error_t
make_tunnel (struct guest *g)
{
  struct cf_tunnel_config config = {
    .own_secret = g->server->own_secret,
    .own_public = g->server->own_public,
    .guard = g->server->guard,
    .large_min = CF_CIRCUIT_DATA_MAX + 5,
    .idle_ms = CF_NODE_IDLE_MS,
  };
  gpg_error_t err = cf_tunnel_new (g->server->env, &config, &tunnel_handler, g, &g->tunnel);

  if (!err)
    cf_tunnel_start (g->tunnel);
  return err;
}

static void
conn_received (void *arg, const uint8_t *data, size_t len)
{
  struct guest *g = arg;

  if (g->ending)
    return;
  if (!g->tunnel && make_tunnel (g))
    begin_end (g);
  else
    cf_tunnel_input (g->tunnel, data, len);
}

static void
conn_drained (void *arg)
{
  struct guest *g = arg;

  if (g->ending || !g->tunnel)
    return;
  cf_tunnel_drained (g->tunnel);
  if (g->ending)
    return;
  if (!cf_tunnel_waiting (g->tunnel, CF_CHANNEL_TALK))
    end_fetch (g);
  circuit_pump (g);
}

static void
conn_failed (void *arg, gpg_error_t err)
{
  struct guest *g = arg;

  (void) err;
  g->server->net->ops->close (g->conn);
  g->conn = NULL;
  begin_end (g);
}

static const struct cf_conn_handler conn_handler = { NULL, conn_received, conn_drained, conn_failed };

void
guest_accept (struct cf_server *server, struct cf_conn *conn, const struct cf_addr *from)
{
  struct guest *g = calloc (1, sizeof *g);

  if (!g || host_enter (server, from, &g->host)) {
    cf_refused (server->env, CF_REFUSED_STREAM_FULL);
    server->net->ops->close (conn);
    free (g);
    return;
  }
  if (server->stranger_count >= server->limits.strangers) {
    cf_refused (server->env, CF_REFUSED_STREAM_CROWDED);
    guest_close (server->oldest, 0);
  }
  g->server = server;
  g->conn = conn;
  g->from = *from;
  g->next = server->guests;
  g->link = &server->guests;
  if (g->next)
    g->next->link = &g->next;
  server->guests = g;
  server->guest_count++;
  strangers_add (g);
  cf_timer_init (&g->deadline, deadline_passed, g);
  cf_timer_init (&g->end, end_now, g);
  cf_timer_after (server->env, &g->deadline, CF_HANDSHAKE_MS);
  server->net->ops->set_handler (conn, &conn_handler, g);
}

/* ---- sending ---- */

bool
guest_has_room (const struct guest *guest)
{
  return !guest->ending && guest->conn && unread (guest) < AHEAD;
}

gpg_error_t
guest_send (struct guest *guest, const struct cf_node_message *message)
{
  struct cf_buf out;
  gpg_error_t err;

  if (guest->ending || !guest->conn)
    return cf_err (GPG_ERR_ENOTCONN);
  if (unread (guest) > UNREAD_MAX) {
    cf_refused (guest->server->env, CF_REFUSED_TUNNEL_UNREAD);
    return cf_err (GPG_ERR_LIMIT_REACHED);
  }
  cf_buf_init (&out, CF_MESSAGE_TALK_MAX);
  err = cf_node_encode (message, &out);
  if (!err)
    err = cf_tunnel_send (guest->tunnel, cf_node_channel (message->kind), cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return err;
}

void
guest_say (struct guest *guest, const struct cf_node_message *message)
{
  gpg_error_t err = guest_send (guest, message);

  if (err)
    guest_close (guest, err);
}

void
guest_refuse (struct guest *guest, enum cf_node_kind what, gpg_err_code_t code, uint32_t seconds)
{
  struct cf_node_message m = { .kind = CF_NODE_REFUSED, .refused = { what, (uint16_t) code, seconds } };

  guest_say (guest, &m);
}
