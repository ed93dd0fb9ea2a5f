/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox_answer.c - what the peer says of ours: taken, missing, read, closed. */
#include "core/outbox_private.h"

#include <string.h>

#include "base/secmem.h"
#include "core/gate.h"
#include "core/inbox.h"
#include "core/message.h"
#include "core/post.h"
#include "core/store/store.h"

/* The flight at *LINK has arrived as far as DELIVERED (a sequence); the rest of it was refused. */
static gpg_error_t
settle (struct cf_outbox *ob, struct cf_flight *f, uint64_t delivered)
{
  gpg_error_t err;
  struct cf_conversation *conv = ob->conv;
  uint64_t acked = conv->acked_sequence;

  /* What lies before the first flight that still waits has been acknowledged. */
  if (f == ob->flights)
    acked = delivered < f->last || !f->next ? delivered : f->next->first - 1;
  err = cf_store_begin (ob->core->store);
  if (err)
    return err;
  err = cf_outbox_raise (ob, f->first, delivered, CF_MESSAGE_DELIVERED);
  if (!err)
    err = cf_outbox_raise (ob, delivered + 1 > f->first ? delivered + 1 : f->first, f->last, CF_MESSAGE_FAILED);
  if (!err)
    err = cf_post_arrived (ob->core, conv, f->last);
  if (!err)
    err = cf_store_envelope_settle (ob->core->store, conv->id, f->last, f->last);
  if (!err)
    err = cf_store_envelope_blank (ob->core->store, conv->id, true, f->last, f->last);
  if (!err && acked > conv->acked_sequence) {
    uint64_t before = conv->acked_sequence;

    conv->acked_sequence = acked;
    err = cf_conversation_save (ob->core, conv);
    cf_store_end (ob->core->store, &err);
    if (err)
      conv->acked_sequence = before;
  } else
    cf_store_end (ob->core->store, &err);
  return err;
}

/* An acknowledgement came: the path carries, and what is behind it on the path has its time from now. */
static void
flights_wait_anew (struct cf_outbox *ob)
{
  ob->repeat_ms = CF_OUTBOX_REPEAT_MS;
  for (struct cf_flight *f = ob->flights; f && f->handed; f = f->next)
    f->handed_ms = ob->core->env->now_ms;
}

void
cf_outbox_ack (struct cf_outbox *ob, uint64_t number, const uint8_t tag[CF_HASH_LEN], uint64_t taken)
{
  struct cf_flight **link;
  uint8_t want[CF_HASH_LEN];
  struct cf_flight f;
  uint64_t delivered;
  gpg_error_t err;

  for (link = &ob->flights; *link && (*link)->last != number; link = &(*link)->next)
    ;
  if (!*link)
    return; /* acknowledged before: a repetition crossed its acknowledgement */
  cf_envelope_ack_tag ((*link)->ack, number, taken, want);
  if (!cf_ct_equal (want, tag, CF_HASH_LEN)) {
    cf_message_counters (ob->core)->acks_refused++;
    cf_refused (ob->core->env, CF_REFUSED_MESSAGE_ACK);
    cf_log (ob->core->env, CF_LOG_WARN, "outbox: an acknowledgement does not prove that the envelope was read");
    return;
  }
  cf_gate_forget (ob->core, ob->conv->id); /* he reads, so he is open: nothing of the opening is left to be said */
  f = **link;
  delivered = taken < f.last ? taken : f.last;
  if (delivered < f.last && !ob->close_sequence && ob->conv->state != CF_CONVERSATION_CLOSED)
    return; /* it has closed; its CLOSE will say what it took */
  err = settle (ob, *link, delivered);
  if (err) {
    cf_log (ob->core->env, CF_LOG_ERROR, "outbox: an acknowledgement was not kept: %s", gpg_strerror (err));
    return; /* we shall repeat, the peer will acknowledge again */
  }
  cf_flight_remove (ob, link);
  flights_wait_anew (ob);
  cf_outbox_tell (ob, f.first, delivered, CF_MESSAGE_DELIVERED);
  if (delivered < f.last)
    cf_outbox_tell (ob, delivered + 1, f.last, CF_MESSAGE_FAILED);
  cf_outbox_run (ob);
}

void
cf_outbox_need (struct cf_outbox *ob, uint64_t from)
{
  uint64_t numbers[CF_OUTBOX_WINDOW];
  struct cf_flight *f;
  size_t count = 0, i;
  gpg_error_t err = 0;

  if (ob->need_ms && ob->core->env->now_ms - ob->need_ms < CF_OUTBOX_NEED_MS) {
    cf_refused (ob->core->env, CF_REFUSED_MESSAGE_NEED);
    return;
  }
  ob->need_ms = ob->core->env->now_ms;
  /* What it had acknowledged before and has lost: from the records. */
  if (!ob->flights || from < ob->flights->first) {
    err = cf_store_envelope_numbers (ob->core->store, ob->conv->id, from, CF_OUTBOX_WINDOW, numbers, &count);
    for (i = 0; !err && i < count && (!ob->flights || numbers[i] < ob->flights->first); i++)
      err = cf_outbox_resend (ob, numbers[i]);
  }
  if (err)
    cf_log (ob->core->env, CF_LOG_INFO, "outbox: not repeated: %s", gpg_strerror (err));
  for (f = ob->flights; f; f = f->next)
    if (f->last >= from)
      f->handed = false;
  cf_outbox_run (ob);
}

void
cf_outbox_read (struct cf_outbox *ob, uint64_t upto)
{
  struct cf_conversation *conv = ob->conv;
  uint64_t before = conv->peer_read_sequence;
  gpg_error_t err;

  if (upto > conv->acked_sequence) { /* nobody reads what he does not have */
    cf_refused (ob->core->env, CF_REFUSED_MESSAGE_READ);
    upto = conv->acked_sequence;
  }
  if (upto <= before)
    return;
  err = cf_store_begin (ob->core->store);
  if (err)
    return;
  conv->peer_read_sequence = upto;
  err = cf_outbox_raise (ob, before + 1, upto, CF_MESSAGE_READ);
  if (!err)
    err = cf_conversation_save (ob->core, conv);
  cf_store_end (ob->core->store, &err);
  if (err)
    conv->peer_read_sequence = before;
  else
    cf_outbox_tell (ob, before + 1, upto, CF_MESSAGE_READ);
}

gpg_error_t
cf_outbox_peer_closed (struct cf_outbox *ob, uint64_t taken)
{
  struct cf_conversation *conv = ob->conv;
  gpg_error_t err;

  err = cf_outbox_raise (ob, conv->acked_sequence + 1, taken, CF_MESSAGE_DELIVERED);
  if (!err)
    err = cf_outbox_raise (ob, (taken > conv->acked_sequence ? taken : conv->acked_sequence) + 1, conv->sent_sequence,
                           CF_MESSAGE_FAILED);
  if (!err)
    err = cf_store_envelope_settle (ob->core->store, conv->id, 0, INT64_MAX);
  if (!err)
    err = cf_store_envelope_blank (ob->core->store, conv->id, true, conv->acked_sequence + 1, INT64_MAX);
  if (!err)
    err = cf_store_message_sealed (ob->core->store, conv->id, conv->acked_sequence + 1, INT64_MAX);
  return err;
}

void
cf_outbox_clear (struct cf_outbox *ob, uint64_t taken)
{
  cf_gpg_cancel (ob->core->gpg, ob->job);
  ob->job = NULL;
  ob->sealing = false;
  while (ob->flights)
    cf_flight_remove (ob, &ob->flights);
  ob->sealed_sequence = ob->conv->sent_sequence;
  if (ob->close_done && !ob->close_timer.armed)
    cf_timer_after (ob->core->env, &ob->close_timer, 0);
  cf_outbox_tell (ob, 1, taken, CF_MESSAGE_DELIVERED);
  cf_outbox_tell (ob, taken + 1, ob->conv->sent_sequence, CF_MESSAGE_FAILED);
  cf_outbox_update_want (ob);
  cf_outbox_arm (ob);
}
