/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.c - what waits to be delivered: loaded, looked at again, dropped.
 *
 * The states and their pictures are in outbox.h, the files in outbox_private.h.
 */
#include "core/outbox_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/history.h"
#include "core/link.h"
#include "core/post.h"
#include "core/store/store.h"
#include "core/trust.h"
#include "core/vanish.h"

static void outbox_timer (void *arg);
static void close_timer (void *arg);

/* --- life --- */

gpg_error_t
cf_flight_add (struct cf_outbox *ob, uint64_t first, uint64_t last, const uint8_t ack[CF_HASH_LEN],
            struct cf_flight **r_flight)
{
  struct cf_flight *f = calloc (1, sizeof *f);

  if (!f)
    return cf_err_errno ();
  f->first = first;
  f->last = last;
  memcpy (f->ack, ack, sizeof f->ack);
  *ob->flights_end = f;
  ob->flights_end = &f->next;
  ob->flight_count++;
  *r_flight = f;
  return 0;
}

/* Take the flight at *LINK out. */
void
cf_flight_remove (struct cf_outbox *ob, struct cf_flight **link)
{
  struct cf_flight *f = *link;

  *link = f->next;
  if (!f->next)
    ob->flights_end = link;
  ob->flight_count--;
  free (f);
}

struct load {
  struct cf_outbox *outbox;
  gpg_error_t err;
};

static bool
load_flight (void *arg, const struct cf_envelope_row *e)
{
  struct load *load = arg;
  struct cf_flight *f;

  if (!e->orphan && memcmp (e->conversation, load->outbox->conv->id, sizeof e->conversation) == 0)
    load->err = cf_flight_add (load->outbox, e->first, e->number, e->ack, &f);
  return !load->err;
}

/* Our last entry: is it a CLOSE?  A crash may have come before it was sealed, or before the state was changed. */
static bool
load_close (void *arg, const struct cf_message_row *m)
{
  struct cf_outbox *ob = arg;

  if (m->kind == CF_ENTRY_CLOSE)
    ob->close_sequence = m->sequence;
  return false;
}

gpg_error_t
cf_outbox_get (struct cf_core *core, struct cf_conversation *conv, struct cf_outbox **r_outbox)
{
  gpg_error_t err;
  struct cf_outbox *ob = conv->outbox;
  struct load load;

  if (ob) {
    *r_outbox = ob;
    return 0;
  }
  ob = calloc (1, sizeof *ob);
  if (!ob)
    return cf_err_errno ();
  ob->core = core;
  ob->conv = conv;
  ob->flights_end = &ob->flights;
  ob->repeat_ms = CF_OUTBOX_REPEAT_MS;
  cf_timer_init (&ob->timer, outbox_timer, ob);
  cf_timer_init (&ob->close_timer, close_timer, ob);
  load = (struct load) { ob, 0 };
  err = cf_store_envelope_last (core->store, conv->id, &ob->sealed_sequence);
  if (!err)
    err = cf_store_envelope_waiting (core->store, load_flight, &load);
  if (!err)
    err = load.err;
  if (!err && conv->sent_sequence)
    err = cf_store_message_outgoing (core->store, conv->id, conv->sent_sequence - 1, 1, load_close, ob);
  if (err) {
    cf_outbox_free (ob);
    return err;
  }
  if (conv->closed_by_peer)
    ob->sealed_sequence = conv->sent_sequence;
  conv->outbox = ob;
  if (ob->close_sequence && ob->close_sequence <= ob->sealed_sequence)
    cf_timer_after (core->env, &ob->close_timer, 0);
  *r_outbox = ob;
  return 0;
}

void
cf_outbox_free (struct cf_outbox *ob)
{
  if (!ob)
    return;
  cf_gpg_cancel (ob->core->gpg, ob->job);
  cf_timer_cancel (ob->core->env, &ob->timer);
  cf_timer_cancel (ob->core->env, &ob->close_timer);
  cf_wait_end_all (ob, cf_err (CF_ERR_CLOSED));
  while (ob->flights)
    cf_flight_remove (ob, &ob->flights);
  if (ob->wanting && cf_link_want (ob->core, &ob->conv->peer, false))
    cf_log (ob->core->env, CF_LOG_WARN, "outbox: the link was not told");
  if (ob->conv->outbox == ob)
    ob->conv->outbox = NULL;
  free (ob);
}

/* --- states --- */

struct raise {
  struct cf_outbox *outbox;
  enum cf_message_state state;
  gpg_error_t err;
};

static bool
emit_state (void *arg, const struct cf_message_row *m)
{
  struct raise *r = arg;
  char conversation[2 * CF_CONVERSATION_ID_LEN + 1], id[2 * CF_MESSAGE_ID_LEN + 1];

  if (m->hidden)
    return true;
  r->err = cf_event_emit (r->outbox->core, "message_state", true,
                          json_pack ("{s:s, s:s, s:s}", "conversation",
                                     cf_hex (m->conversation, sizeof m->conversation, conversation), "message",
                                     cf_hex (m->id, sizeof m->id, id), "state", cf_message_state_name (r->state)));
  return !r->err;
}

gpg_error_t
cf_outbox_raise (struct cf_outbox *ob, uint64_t first, uint64_t last, enum cf_message_state state)
{
  struct raise r = { ob, state, 0 };
  gpg_error_t err;

  if (first > last)
    return 0;
  err = cf_store_message_raise (ob->core->store, ob->conv->id, true, first, last, state,
                                ob->core->env->now_utc_ms, emit_state, &r);
  if (!err)
    err = r.err;
  if (!err && (state == CF_MESSAGE_DELIVERED || state == CF_MESSAGE_FAILED))
    err = cf_vanish_begin (ob->core, ob->conv, true, first, last);
  return err;
}

/* Keep the link while anything waits. */
void
cf_outbox_update_want (struct cf_outbox *ob)
{
  bool want = ob->flights || (ob->sealed_sequence < ob->conv->sent_sequence && !ob->conv->closed_by_peer);
  gpg_error_t err;

  if (want == ob->wanting)
    return;
  ob->wanting = want;
  err = cf_link_want (ob->core, &ob->conv->peer, want);
  if (err) {
    ob->wanting = !want;
    cf_log (ob->core->env, CF_LOG_WARN, "outbox: the link was not told: %s", gpg_strerror (err));
  }
}

/* When something has to be looked at again. */
void
cf_outbox_arm (struct cf_outbox *ob)
{
  struct cf_flight *f;
  uint64_t due = UINT64_MAX;
  uint64_t now = ob->core->env->now_ms;

  if (ob->seal_retry_ms && !ob->sealing)
    due = ob->seal_after_ms;
  if (cf_outbox_gathers (ob) && ob->gather_until_ms < due)
    due = ob->gather_until_ms;
  if (cf_link_is_up (ob->core, &ob->conv->peer) && !cf_trust_stops (ob->core, ob->conv))
    for (f = ob->flights; f; f = f->next) {
      uint64_t then = f->handed ? f->handed_ms + ob->repeat_ms : now + CF_OUTBOX_BUSY_MS;

      if (then < due)
        due = then;
      if (!f->handed)
        break;
    }
  if (due == UINT64_MAX)
    cf_timer_cancel (ob->core->env, &ob->timer);
  else
    cf_timer_arm (ob->core->env, &ob->timer, due > now ? due : now + 1);
}

/* --- time and the link --- */

void
cf_outbox_run (struct cf_outbox *ob)
{
  cf_outbox_send_flights (ob);
  cf_outbox_seal_next (ob);
  cf_outbox_update_want (ob);
  cf_outbox_arm (ob);
  if (ob->wanting && !cf_link_is_up (ob->core, &ob->conv->peer))
    cf_post_look (ob->core);
}

static void
outbox_timer (void *arg)
{
  struct cf_outbox *ob = arg;
  struct cf_flight *f;
  bool repeated = false;

  for (f = ob->flights; f; f = f->next)
    if (f->handed && ob->core->env->now_ms - f->handed_ms >= ob->repeat_ms) {
      f->handed = false;
      repeated = true;
    }
  if (repeated) /* a slow path must not be filled with repetitions of what is still under way */
    ob->repeat_ms = 2 * ob->repeat_ms < CF_OUTBOX_REPEAT_MAX_MS ? 2 * ob->repeat_ms : CF_OUTBOX_REPEAT_MAX_MS;
  cf_outbox_run (ob);
}

static void
close_timer (void *arg)
{
  struct cf_outbox *ob = arg;
  void (*done) (void *arg, gpg_error_t err) = ob->close_done;
  bool sealed = ob->close_sequence <= ob->sealed_sequence;

  ob->close_done = NULL;
  if (done) /* may free the outbox */
    done (ob->close_arg, sealed ? 0 : cf_err (GPG_ERR_UNUSABLE_SECKEY));
  else if (sealed && ob->conv->state == CF_CONVERSATION_OPEN /* who asked for it fell in a crash */
           && cf_conversation_set_state (ob->core, ob->conv, CF_CONVERSATION_CLOSED))
    cf_log (ob->core->env, CF_LOG_ERROR, "outbox: the state of a closed conversation was not kept");
}

void
cf_outbox_up (struct cf_outbox *ob)
{
  struct cf_flight *f;

  for (f = ob->flights; f; f = f->next)
    f->handed = false;
  ob->repeat_ms = CF_OUTBOX_REPEAT_MS;
  cf_outbox_run (ob);
}

void
cf_outbox_down (struct cf_outbox *ob)
{
  struct cf_flight *f;

  for (f = ob->flights; f; f = f->next)
    f->handed = false;
  cf_outbox_arm (ob);
}
