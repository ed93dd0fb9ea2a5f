/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status.c - the row of STATUS: what there is, and a ladder that says which step fails and what to do.
 *
 * Each step stands on the one before it, so the first that is not ok is the one
 * to mend.
 */
#include <config.h>

#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/conversation.h"
#include "core/event.h"
#include "core/json.h"
#include "core/link.h"
#include "core/message.h"
#include "core/nodes.h"
#include "core/peer_file.h"
#include "core/peers.h"
#include "core/portmap.h"
#include "core/post.h"
#include "core/said.h"
#include "core/self.h"
#include "core/settings.h"
#include "core/trust.h"
#include "core/visibility.h"

#define LISTEN_MAX 32

static const char *const state_names[] = { "empty", "locked", "ready", "stopping" };

/* ---- the ladder ---- */

static void add_step (json_t *ladder, const char *step, bool ok, enum cf_say say, ...) __attribute__ ((sentinel));

/* SAY's arguments are strings, ended by NULL; its hint only matters when it is not OK. */
static void
add_step (json_t *ladder, const char *step, bool ok, enum cf_say say, ...)
{
  struct cf_said said;
  json_t *row;
  va_list ap;

  va_start (ap, say);
  cf_said_take (&said, say, ap);
  va_end (ap);
  row = json_pack ("{s:s, s:b, s:s, s:s}", "step", step, "ok", (int) ok, "detail", said.message ? said.message : "", "hint",
                   !ok && said.hint ? said.hint : "");
  if (row)
    cf_said_set (&said, row, "code", "args");
  json_array_append_new (ladder, row);
  cf_said_done (&said);
}

#define NUMBER_SIZE 24

static const char *
number (size_t n, char text[NUMBER_SIZE])
{
  snprintf (text, NUMBER_SIZE, "%zu", n);
  return text;
}

static void
step_identity (struct cf_core *core, json_t *ladder)
{
  enum cf_key_state state = core->self ? cf_self_key_state (core->self) : CF_KEY_OK;
  char hex[CF_FPR_HEX_SIZE];

  if (state != CF_KEY_OK)
    add_step (ladder, "identity", false, cf_trust_own_key_say (state), NULL);
  else if (core->state == CF_CORE_EMPTY)
    add_step (ladder, "identity", false, CF_SAY_STEP_IDENTITY_NONE, NULL);
  else if (core->self)
    add_step (ladder, "identity", true, CF_SAY_STEP_IDENTITY, core->self->user_id, cf_fpr_hex (&core->self->fpr, hex), NULL);
  else
    add_step (ladder, "identity", true, CF_SAY_STEP_IDENTITY_CHOSEN, NULL);
}

static void
step_store (struct cf_core *core, json_t *ladder)
{
  const struct cf_err_info *why = cf_err_info (core->unlock_error);

  if (core->store)
    add_step (ladder, "store", true, CF_SAY_STEP_STORE_OPEN, NULL);
  else if (core->state == CF_CORE_EMPTY)
    add_step (ladder, "store", false, CF_SAY_STEP_STORE_NONE, NULL);
  else if (core->unlock_error) {
    add_step (ladder, "store", false, CF_SAY_STORE_LOCKED, why->message, NULL);
    json_object_set_new (json_array_get (ladder, json_array_size (ladder) - 1), "hint", json_string (why->hint));
  } else
    add_step (ladder, "store", false, CF_SAY_STEP_STORE_WAITS, NULL);
}

static void
step_statement (struct cf_core *core, json_t *ladder)
{
  char until[CF_TIME_SIZE];

  if (!core->self)
    return;
  cf_time_format (core->self->device.not_after_utc_ms, until);
  add_step (ladder, "device", core->self->device.not_after_utc_ms > core->env->now_utc_ms, CF_SAY_STEP_DEVICE, until, NULL);
}

/* Addresses we listen on, into LISTEN; true when one of them is more than loopback. */
static bool
step_listen (struct cf_core *core, json_t *ladder, json_t *listen)
{
  struct cf_addr addrs[LISTEN_MAX];
  size_t count = core->net ? core->net->ops->addresses (core->net, addrs, LISTEN_MAX) : 0;
  char text[CF_ADDR_TEXT_SIZE], port[NUMBER_SIZE], many[NUMBER_SIZE];
  bool outside = false;

  if (count > LISTEN_MAX)
    count = LISTEN_MAX;
  for (size_t i = 0; i < count; i++) {
    json_array_append_new (listen, json_string (cf_addr_format (&addrs[i], text)));
    outside |= !cf_addr_is_loopback (&addrs[i]);
  }
  if (count)
    add_step (ladder, "listening", true, CF_SAY_STEP_LISTENING, number (core->net->ops->tcp_port (core->net), port),
              number (count, many), NULL);
  else
    add_step (ladder, "listening", false, CF_SAY_STEP_LISTENING_NOT, NULL);
  return outside;
}

/* Only contacts see us: how many of them can? */
static void
step_lan_contacts (struct cf_core *core, json_t *ladder)
{
  size_t can = cf_peers_recognisable (core), cannot = cf_peers_unrecognisable (core);
  char yes[NUMBER_SIZE], no[NUMBER_SIZE];

  if (!can)
    add_step (ladder, "lan", false, CF_SAY_STEP_LAN_UNKNOWN, NULL);
  else if (cannot)
    add_step (ladder, "lan", true, CF_SAY_STEP_LAN_SOME, number (can, yes), number (cannot, no), NULL);
  else
    add_step (ladder, "lan", true, CF_SAY_STEP_LAN_CONTACTS, number (can, yes), NULL);
}

static void
step_lan (struct cf_core *core, json_t *ladder, bool outside)
{
  bool ready = core->state == CF_CORE_READY;
  char port[NUMBER_SIZE];

  if (!outside)
    add_step (ladder, "lan", false, CF_SAY_STEP_LAN_NONE, NULL);
  else if (ready && cf_peers_visibility (core) == CF_VISIBLE_NOBODY)
    add_step (ladder, "lan", false, CF_SAY_STEP_LAN_NOBODY, NULL);
  else if (ready && cf_peers_visibility (core) == CF_VISIBLE_CONTACTS)
    step_lan_contacts (core, ladder);
  else
    add_step (ladder, "lan", ready, CF_SAY_STEP_LAN, number (core->net->ops->udp_port (core->net), port), NULL);
}

/* Until the store is open, what holds is not known: then the default. */
static void
set_visibility (struct cf_core *core, json_t *row)
{
  json_t *now = core->peers ? cf_visibility_json (core) : NULL;

  json_object_set_new (row, "visibility", now ? json_incref (json_object_get (now, "visibility"))
                                              : json_string (cf_setting_find ("visibility")->value));
  json_object_set_new (row, "visibility_until", now ? json_incref (json_object_get (now, "until")) : json_null ());
  json_decref (now);
}

/* ---- the row ---- */

static void
set_self (struct cf_core *core, json_t *row)
{
  const struct cf_self *self = core->self;
  char hex[CF_FPR_HEX_SIZE], *address = self ? cf_self_address (self) : NULL;

  json_object_set_new (row, "fingerprint", cf_json_text (self ? cf_fpr_hex (&self->fpr, hex) : NULL));
  json_object_set_new (row, "user_id", cf_json_text (self ? self->user_id : NULL));
  json_object_set_new (row, "name", cf_json_text (self ? self->name : NULL));
  json_object_set_new (row, "address", cf_json_text (address));
  free (address);
}

static size_t
conversation_count (struct cf_core *core)
{
  size_t count = 0;

  if (core->conversations)
    for (struct cf_conversation *c = core->conversations->first; c; c = c->next)
      count++;
  return count;
}

static void
step_peers (struct cf_core *core, json_t *ladder)
{
  size_t present = core->peers ? cf_peers_present (core) : 0;
  char many[NUMBER_SIZE];

  if (present)
    add_step (ladder, "peers", true, CF_SAY_STEP_PEERS, number (present, many), NULL);
  else
    add_step (ladder, "peers", false, CF_SAY_STEP_PEERS_NONE, NULL);
}

/* Without a contact file there is no such step. */
static void
step_file (struct cf_core *core, json_t *ladder)
{
  char some[NUMBER_SIZE], all[NUMBER_SIZE];
  struct cf_peer_file_state file;

  if (!core->peers)
    return;
  cf_peer_file_state (core->peers->file, &file);
  if (file.err)
    add_step (ladder, "file", false, CF_SAY_STEP_FILE_UNREAD, cf_err_info (file.err)->message, NULL);
  else if (file.first_malformed)
    add_step (ladder, "file", false, cf_peer_file_say (file.first_why), number (file.first_malformed, all), NULL);
  else if (file.places && cf_peers_visibility (core) != CF_VISIBLE_EVERYONE)
    add_step (ladder, "file", false, CF_SAY_STEP_FILE_HIDDEN, NULL);
  else if (file.places && !file.answering)
    add_step (ladder, "file", false, CF_SAY_STEP_FILE_SILENT, number (file.places, all), NULL);
  else if (file.places)
    add_step (ladder, "file", true, CF_SAY_STEP_FILE, number (file.answering, some), number (file.places, all), NULL);
}

/* Without nodes there is no such step: they are no part of a local network. */
static void
step_nodes (struct cf_core *core, json_t *ladder)
{
  size_t connected, count = cf_nodes_count (core, &connected);
  char some[NUMBER_SIZE], all[NUMBER_SIZE];

  if (connected)
    add_step (ladder, "nodes", true, CF_SAY_STEP_NODES, number (connected, some), number (count, all), NULL);
  else if (count)
    add_step (ladder, "nodes", false, CF_SAY_STEP_NODES_NONE, number (count, all), NULL);
}

/* ABSENT and SILENT are one to who has to mend it. */
enum cf_say
cf_status_portmap_failure (const struct cf_portmap_state *state)
{
  enum cf_say say = CF_SAY_NOTHING;

  for (int how = 0; how < CF_PORTMAP_HOWS; how++) {
    if (state->why[how] == CF_PORTMAP_INSIDE)
      return CF_SAY_STEP_PORTMAP_INSIDE;
    if (state->why[how] == CF_PORTMAP_REFUSED)
      say = CF_SAY_STEP_PORTMAP_REFUSED;
    else if (state->why[how] == CF_PORTMAP_WRONG && say != CF_SAY_STEP_PORTMAP_REFUSED)
      say = CF_SAY_STEP_PORTMAP_WRONG;
    else if (state->why[how] && !say)
      say = CF_SAY_STEP_PORTMAP_ABSENT;
  }
  return say;
}

/* Without a router there is no such step.  It fails for who uses nodes: others need not be reached from outside. */
static void
step_portmap (struct cf_core *core, json_t *ladder)
{
  size_t connected, outside = cf_nodes_count (core, &connected);
  char addr[CF_ADDR_TEXT_SIZE], port[NUMBER_SIZE];
  struct cf_portmap_state state;
  enum cf_say failure;

  cf_portmap_look (core, &state);
  failure = cf_status_portmap_failure (&state);
  if (state.view == CF_PORTMAP_IS_MAPPED)
    add_step (ladder, "port-mapping", true, CF_SAY_STEP_PORTMAP, cf_addr_format (&state.addr, addr),
              cf_portmap_how_name (state.how), NULL);
  else if (state.view == CF_PORTMAP_ASKING)
    add_step (ladder, "port-mapping", true, CF_SAY_STEP_PORTMAP_ASKING, NULL);
  else if (state.view == CF_PORTMAP_NO_HELPER)
    add_step (ladder, "port-mapping", !outside, CF_SAY_STEP_PORTMAP_HELPER, NULL);
  else if (state.view == CF_PORTMAP_IS_NOT && failure == CF_SAY_STEP_PORTMAP_INSIDE)
    add_step (ladder, "port-mapping", !outside, failure, NULL);
  else if (state.view == CF_PORTMAP_IS_NOT && failure)
    add_step (ladder, "port-mapping", !outside, failure, number (core->net->ops->tcp_port (core->net), port), NULL);
}

/* Without a node that keeps mail there is no such step, unless something lies at one. */
static void
step_mailbox (struct cf_core *core, json_t *ladder)
{
  struct cf_post_counts counts;
  char places[NUMBER_SIZE], held[NUMBER_SIZE];

  cf_post_counts (core, &counts);
  if (cf_post_is_on (core) && (counts.places || counts.held))
    add_step (ladder, "mailbox", true, CF_SAY_STEP_MAILBOX, number (counts.places, places), number (counts.held, held),
              NULL);
}

/* What came in and was turned away, and what was let in, since the start. */
static json_t *
counters (struct cf_core *core)
{
  struct cf_peers_counts peers = { 0 };
  struct cf_link_counts links = { 0 };
  const struct cf_discovery_counts *d = &peers.discovery;

  if (core->peers)
    cf_peers_counts (core, &peers);
  if (core->links)
    cf_link_counts (core, &links);
  return json_pack ("{s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:I}}", "beacons", "sent",
                    (json_int_t) d->sent, "heard", (json_int_t) d->heard, "malformed", (json_int_t) d->malformed,
                    "limited", (json_int_t) d->limited, "keys", "fetched", (json_int_t) peers.fetched, "failed",
                    (json_int_t) peers.fetch_failed, "dropped", (json_int_t) peers.fetch_dropped, "refused",
                    (json_int_t) peers.strangers_refused, "links", "dialled",
                    (json_int_t) links.dialled, "accepted", (json_int_t) links.accepted, "refused",
                    (json_int_t) links.refused, "anonymous", (json_int_t) links.anonymous, "up",
                    (json_int_t) links.up);
}

static json_t *
message_counters (const struct cf_message_counts *m)
{
  return json_pack ("{s:I, s:I, s:I, s:I, s:I, s:I}", "taken", (json_int_t) m->taken, "forged", (json_int_t) m->forged,
                    "dropped", (json_int_t) m->dropped, "gaps", (json_int_t) m->gaps, "repeated",
                    (json_int_t) m->repeated, "acks_refused", (json_int_t) m->acks_refused);
}

/* Everything that was refused: the reasons that there were. */
static json_t *
refused (const struct cf_env *env)
{
  json_t *row = json_object ();

  for (int i = 0; i < CF_REFUSED_COUNT; i++)
    if (env->refused[i])
      json_object_set_new (row, cf_refusal_name ((enum cf_refusal) i), json_integer ((json_int_t) env->refused[i]));
  return row;
}

json_t *
cf_status_json (struct cf_core *core)
{
  json_t *row = json_object (), *ladder = json_array (), *listen = json_array ();
  bool outside;

  if (!row || !ladder || !listen) {
    json_decref (row);
    row = NULL;
    goto leave;
  }
  step_identity (core, ladder);
  step_store (core, ladder);
  step_statement (core, ladder);
  outside = step_listen (core, ladder, listen);
  step_lan (core, ladder, outside);
  step_peers (core, ladder);
  step_file (core, ladder);
  step_nodes (core, ladder);
  step_portmap (core, ladder);
  step_mailbox (core, ladder);
  json_object_set_new (row, "version", json_string (VERSION));
  json_object_set_new (row, "state", json_string (state_names[core->state]));
  json_object_set_new (row, "home", json_string (core->home));
  set_self (core, row);
  json_object_set (row, "listen", listen);
  json_object_set_new (row, "nodes", cf_nodes_json (core));
  set_visibility (core, row);
  json_object_set_new (row, "peers", json_integer ((json_int_t) cf_peers_present (core)));
  json_object_set_new (row, "conversations", json_integer ((json_int_t) conversation_count (core)));
  json_object_set_new (row, "cursor", json_integer ((json_int_t) cf_events_cursor (core->events)));
  json_object_set_new (row, "refused", refused (core->env));
  json_object_set_new (row, "counters", counters (core));
  if (cf_message_counts (core))
    json_object_set_new (json_object_get (row, "counters"), "messages", message_counters (cf_message_counts (core)));
  json_object_set (row, "network", ladder);
leave:
  json_decref (ladder);
  json_decref (listen);
  return row;
}
