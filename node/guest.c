/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest.c - one tunnel of a node: a deadline, a safe end.
 *
 *   carrier.c: accepted --ready--> SEEN, verbs
 *      |                            |
 *      '--- CF_HANDSHAKE_MS, crowd, failure, goodbye, silence: guest_close --next turn--> freed
 *
 * Who is not through the handshake
 * is a stranger; when there are too many the oldest goes, so that a crowd that
 * sits there keeps nobody out.  A tunnel may not be freed inside its callbacks:
 * the end is a turn of its own (the timer END).
 */
#include "node/private.h"

#include <stdlib.h>

#define UNREAD_MAX (192 * 1024)     /* beyond what circuits let wait: who lets so much wait does not read the answers */
#define DEPOSITS_MAX 32             /* long messages that are coming, each up to CF_MAIL_MAX */
#define TAKE_MS 30000               /* a piece of mail may be under way for so long, either way */
#define IDLE_MS 60000               /* who neither is reachable, nor has a circuit, nor asks for mail may stay so long */

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
guest_asks (struct guest *guest)
{
  if (!guest->is_depositing && !guest->is_fetching)
    cf_timer_after (guest->server->env, &guest->deadline, IDLE_MS);
}

void
guest_fetches (struct guest *guest)
{
  guest->is_fetching = true;
  guest->server->fetching_count++;
  cf_timer_after (guest->server->env, &guest->deadline, TAKE_MS);
}

/* What a guest says fits into one record, but mail. */
bool
guest_large (struct guest *guest, enum cf_channel channel)
{
  struct guest *g = guest;

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
  s->datagram_count -= guest->dgram != NULL;
  cf_timer_cancel (s->env, &guest->deadline);
  cf_timer_cancel (s->env, &guest->end);
  carrier_free (guest);
  guest->host->guests--;
  host_leave (guest->host);
  free (guest);
}

static void
end_now (void *arg)
{
  guest_free (arg);
}

void
guest_begin_end (struct guest *guest)
{
  struct guest *g = guest;

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
  guest_begin_end (guest);
  carrier_close (guest, why);
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

void
guest_ready (struct guest *guest)
{
  struct guest *g = guest;
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

void
guest_message (struct guest *guest, enum cf_channel channel, const uint8_t *data, size_t len)
{
  gpg_error_t err;

  if (guest->ending)
    return;
  if (channel == CF_CHANNEL_TALK)
    end_deposit (guest);
  err = verb_run (guest, channel, data, len);
  if (!err)
    return;
  cf_refused (guest->server->env, CF_REFUSED_NODE_MALFORMED);
  guest_close (guest, cf_err (CF_ERR_PROTOCOL));
}

void
guest_drained (struct guest *guest)
{
  if (guest->ending)
    return;
  if (!carrier_waiting_talk (guest))
    end_fetch (guest);
  circuit_pump (guest);
}

/* ---- the beginning ---- */

struct guest *
guest_new (struct cf_server *server, const struct cf_addr *from)
{
  struct guest *g = server->guest_count < server->limits.guests ? calloc (1, sizeof *g) : NULL;

  if (!g || host_enter (server, from, &g->host)) {
    cf_refused (server->env, CF_REFUSED_STREAM_FULL);
    free (g);
    return NULL;
  }
  if (g->host->guests >= server->limits.host_guests) {
    cf_refused (server->env, CF_REFUSED_STREAM_HOST);
    host_leave (g->host);
    free (g);
    return NULL;
  }
  if (server->stranger_count >= server->limits.strangers) {
    cf_refused (server->env, CF_REFUSED_STREAM_CROWDED);
    guest_close (server->oldest, 0);
  }
  g->host->guests++;
  g->server = server;
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
  return g;
}

/* ---- sending ---- */

bool
guest_has_room (const struct guest *guest)
{
  return !guest->ending && carrier_is_alive (guest) && carrier_waiting (guest) < carrier_ahead (guest);
}

gpg_error_t
guest_send (struct guest *guest, const struct cf_node_message *message)
{
  struct cf_buf out;
  gpg_error_t err;

  if (guest->ending || !carrier_is_alive (guest))
    return cf_err (GPG_ERR_ENOTCONN);
  if (carrier_waiting (guest) > carrier_ahead (guest) + UNREAD_MAX) {
    cf_refused (guest->server->env, CF_REFUSED_TUNNEL_UNREAD);
    return cf_err (GPG_ERR_LIMIT_REACHED);
  }
  cf_buf_init (&out, CF_MESSAGE_TALK_MAX);
  err = cf_node_encode (message, &out);
  if (!err)
    err = carrier_send (guest, cf_node_channel (message->kind), cf_buf_data (&out), cf_buf_len (&out));
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
