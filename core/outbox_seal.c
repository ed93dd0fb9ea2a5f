/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox_seal.c - what waits becomes envelopes, and envelopes become frames.
 *
 * A frame may leave before its envelope is on disk.  After a crash between
 * the two the same entries are sealed again, perhaps in another batch; the
 * peer knows the entries by their hashes, takes nothing twice and acknowledges
 * what we then send.
 */
#include "core/outbox_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/link.h"
#include "core/post.h"
#include "core/store/store.h"
#include "core/talk.h"
#include "core/transfer.h"
#include "core/trust.h"

/* --- sending --- */

static gpg_error_t
send_envelope (struct cf_outbox *ob, uint64_t number, const void *sealed, size_t len)
{
  gpg_error_t err;
  struct cf_buf body;
  struct cf_wr wr;

  cf_buf_init (&body, CF_GPG_ENVELOPE_MAX + 64);
  cf_wr_init (&wr, &body);
  cf_wr_u64 (&wr, number);
  cf_wr_bytes (&wr, sealed, len);
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_talk_send (ob->core, &ob->conv->peer, CF_TALK_ENVELOPE, ob->conv->id, cf_buf_data (&body),
                        cf_buf_len (&body));
  cf_buf_done (&body);
  return err;
}

struct resend {
  struct cf_outbox *outbox;
  gpg_error_t err;
};

static bool
resend_row (void *arg, const struct cf_envelope_row *e)
{
  struct resend *r = arg;

  /* One that holds what is gone cannot be repeated: who has lost what he acknowledged cannot go on. */
  r->err = e->sealed_len ? send_envelope (r->outbox, e->number, e->sealed, e->sealed_len) : cf_err (GPG_ERR_NO_DATA);
  return false;
}

gpg_error_t
cf_outbox_resend (struct cf_outbox *ob, uint64_t number)
{
  struct resend r = { ob, 0 };
  gpg_error_t err;

  err = cf_store_envelope_get (ob->core->store, ob->conv->id, true, number, resend_row, &r);
  return err ? err : r.err;
}

/* Hand what is sealed and not handed yet to the link, in order, as far as the window goes. */
void
cf_outbox_send_flights (struct cf_outbox *ob)
{
  gpg_error_t err = 0, sent_err = 0;
  struct cf_flight *f;
  uint64_t first = 0, last = 0;
  size_t n = 0;

  if (!cf_link_is_up (ob->core, &ob->conv->peer) || cf_trust_stops (ob->core, ob->conv))
    return;
  for (f = ob->flights; f && n < CF_OUTBOX_WINDOW; f = f->next, n++) {
    if (f->handed)
      continue;
    err = cf_outbox_resend (ob, f->last);
    if (err)
      break;
    f->handed = true;
    f->handed_ms = ob->core->env->now_ms;
    first = first ? first : f->first;
    last = f->last;
  }
  if (err && gpg_err_code (err) != GPG_ERR_ENOTCONN && gpg_err_code (err) != GPG_ERR_LIMIT_REACHED)
    cf_log (ob->core->env, CF_LOG_WARN, "outbox: not sent: %s", gpg_strerror (err));
  if (!last)
    return;
  sent_err = cf_store_begin (ob->core->store);
  if (!sent_err) {
    sent_err = cf_outbox_raise (ob, first, last, CF_MESSAGE_SENT);
    cf_store_end (ob->core->store, &sent_err);
  }
  if (sent_err)
    cf_log (ob->core->env, CF_LOG_ERROR, "outbox: state not kept: %s", gpg_strerror (sent_err));
  else
    cf_outbox_tell (ob, first, last, CF_MESSAGE_SENT);
}

/* --- sealing --- */

struct batch {
  struct cf_outbox *outbox;
  struct cf_buf plain;
  uint64_t first, last;
  bool crowded; /* no need to wait for others behind it */
  gpg_error_t err;
};

void
cf_outbox_entry (const struct cf_conversation *conv, const struct cf_message_row *m, struct cf_entry *e)
{
  memset (e, 0, sizeof *e);
  memcpy (e->message_id, m->id, sizeof e->message_id);
  memcpy (e->conversation, conv->id, sizeof e->conversation);
  e->to[0] = conv->peer_key;
  e->to[1] = conv->own_key;
  e->sequence = m->sequence;
  e->date_utc_ms = m->sent_utc_ms;
  memcpy (e->previous, m->previous, sizeof e->previous);
  e->is_reply = m->is_reply;
  memcpy (e->in_reply_to, m->reply_to, sizeof e->in_reply_to);
  e->kind = m->kind;
  e->last_own = m->sequence - 1;
  e->last_peer = m->last_peer;
  e->lifetime_s = m->lifetime_s;
  e->body = m->text;
  e->body_len = m->text_len;
}

static bool
batch_add (void *arg, const struct cf_message_row *m)
{
  struct batch *b = arg;
  struct cf_entry e;

  /* A little more than the text: the headers. */
  if (b->last && cf_buf_len (&b->plain) + m->text_len + 1024 > CF_ENVELOPE_BYTES) {
    b->crowded = true;
    return false;
  }
  cf_outbox_entry (b->outbox->conv, m, &e);
  b->err = cf_entry_build (&e, &b->plain);
  if (b->err)
    return false;
  b->first = b->last ? b->first : m->sequence;
  b->last = m->sequence;
  b->crowded = b->last - b->first + 1 >= CF_OUTBOX_CROWD;
  return true;
}

static void
seal_failed (struct cf_outbox *ob, gpg_error_t err)
{
  char id[2 * CF_CONVERSATION_ID_LEN + 1];
  bool first = ob->seal_retry_ms == 0;

  ob->seal_retry_ms = first ? CF_OUTBOX_SEAL_RETRY_MS : ob->seal_retry_ms * 2;
  if (ob->seal_retry_ms > CF_OUTBOX_SEAL_RETRY_MAX_MS)
    ob->seal_retry_ms = CF_OUTBOX_SEAL_RETRY_MAX_MS;
  ob->seal_after_ms = ob->core->env->now_ms + ob->seal_retry_ms;
  cf_log (ob->core->env, CF_LOG_WARN, "outbox: not sealed: %s", gpg_strerror (err));
  if (first
      && cf_event_emit (ob->core, "error", true,
                        json_pack ("{s:s, s:s, s:s, s:s, s:s, s:[]}", "conversation",
                                   cf_hex (ob->conv->id, sizeof ob->conv->id, id), "error", cf_err_info (err)->name,
                                   "message", cf_phrase (CF_SAY_SEALING_FAILED)->message, "hint",
                                   cf_err_info (err)->hint, "code", cf_phrase (CF_SAY_SEALING_FAILED)->code, "args")))
    cf_log (ob->core->env, CF_LOG_ERROR, "outbox: event not kept");
  if (ob->close_sequence && ob->close_done && !ob->close_timer.armed)
    cf_timer_after (ob->core->env, &ob->close_timer, 0);
}

/* The envelope to disk, with "sent" if the link took it, in one transaction. */
static gpg_error_t
keep_sealed (struct cf_outbox *ob, const uint8_t *sealed, size_t len, bool sent)
{
  gpg_error_t err;
  struct cf_envelope_row e;

  memset (&e, 0, sizeof e);
  memcpy (e.conversation, ob->conv->id, sizeof e.conversation);
  e.peer = ob->conv->peer;
  e.outgoing = true;
  e.first = ob->sealing_first;
  e.number = ob->sealing_last;
  memcpy (e.ack, ob->sealing_ack, sizeof e.ack);
  e.created_utc_ms = ob->core->env->now_utc_ms;
  e.sealed = sealed;
  e.sealed_len = len;
  err = cf_store_begin (ob->core->store);
  if (err)
    return err;
  err = cf_store_envelope_add (ob->core->store, &e);
  if (!err)
    err = cf_store_message_sealed (ob->core->store, e.conversation, e.first, e.number);
  if (!err && sent)
    err = cf_outbox_raise (ob, e.first, e.number, CF_MESSAGE_SENT);
  cf_store_end (ob->core->store, &err);
  return err;
}

static void
sealed_done (void *arg, gpg_error_t err, const uint8_t *sealed, size_t len)
{
  struct cf_outbox *ob = arg;
  struct cf_flight **link = ob->flights_end, *f;
  bool sent = ob->flight_count < CF_OUTBOX_WINDOW && cf_link_is_up (ob->core, &ob->conv->peer)
              && !cf_trust_stops (ob->core, ob->conv);

  ob->job = NULL;
  ob->sealing = false;
  for (f = ob->flights; f; f = f->next) /* order: not before those that a full link has kept back */
    sent = sent && f->handed;
  if (!err && len > CF_GPG_ENVELOPE_MAX)
    err = cf_err (GPG_ERR_TOO_LARGE);
  if (!err)
    err = cf_flight_add (ob, ob->sealing_first, ob->sealing_last, ob->sealing_ack, &f);
  if (!err) {
    sent = sent && !send_envelope (ob, f->last, sealed, len);
    f->handed = sent;
    f->handed_ms = ob->core->env->now_ms;
    err = keep_sealed (ob, sealed, len, sent);
    if (err)
      cf_flight_remove (ob, link);
  }
  if (err) {
    seal_failed (ob, err);
    cf_outbox_arm (ob);
    return;
  }
  ob->seal_retry_ms = 0;
  ob->sealed_sequence = ob->sealing_last;
  if (sent)
    cf_outbox_tell (ob, ob->sealing_first, ob->sealing_last, CF_MESSAGE_SENT);
  if (ob->close_sequence && ob->sealed_sequence >= ob->close_sequence)
    cf_timer_after (ob->core->env, &ob->close_timer, 0);
  cf_outbox_run (ob);
}

bool
cf_outbox_gathers (const struct cf_outbox *ob)
{
  uint64_t waiting = ob->conv->sent_sequence - ob->sealed_sequence;

  return ob->flights && !ob->sealing && waiting && waiting < CF_OUTBOX_CROWD && !ob->close_sequence
         && ob->core->env->now_ms < ob->gather_until_ms;
}

/* May a batch be sealed now? */
static bool
may_seal (const struct cf_outbox *ob)
{
  const struct cf_conversation *conv = ob->conv;

  if (ob->sealing || conv->sent_sequence <= ob->sealed_sequence || !conv->passphrase || conv->closed_by_peer)
    return false;
  if (ob->seal_retry_ms && ob->core->env->now_ms < ob->seal_after_ms)
    return false;
  if (cf_outbox_gathers (ob))
    return false;
  if (ob->close_sequence) /* the key may be about to be destroyed: all of it, now */
    return true;
  if (conv->state != CF_CONVERSATION_OPEN || cf_trust_stops (ob->core, conv))
    return false;
  return cf_link_is_up (ob->core, &conv->peer) ? ob->flight_count < CF_OUTBOX_WINDOW : cf_post_may_seal (conv);
}

void
cf_outbox_seal_next (struct cf_outbox *ob)
{
  struct cf_fpr recipients[2] = { ob->conv->peer_key, ob->conv->own_key };
  struct cf_gpg_envelope_keys keys = { .own = &ob->conv->own_key,
                                       .passphrase = ob->conv->passphrase,
                                       .signer = &ob->conv->own_key,
                                       .recipients = recipients,
                                       .recipient_count = 2 };
  struct batch b;
  gpg_error_t err;

  if (!may_seal (ob))
    return;
  memset (&b, 0, sizeof b);
  b.outbox = ob;
  cf_buf_init (&b.plain, CF_ENVELOPE_PLAIN_MAX);
  err = cf_store_message_outgoing (ob->core->store, ob->conv->id, ob->sealed_sequence, CF_ENVELOPE_ENTRIES_MAX,
                                   batch_add, &b);
  if (!err)
    err = b.err;
  if (!err && !b.last)
    goto leave; /* deleted meanwhile */
  if (!err)
    err = cf_envelope_pad (&b.plain);
  if (!err) {
    ob->sealing_first = b.first;
    ob->sealing_last = b.last;
    ob->gather_until_ms = b.crowded ? 0 : ob->core->env->now_ms + CF_OUTBOX_GATHER_MS;
    cf_envelope_ack (cf_buf_data (&b.plain), cf_buf_len (&b.plain), ob->sealing_ack);
    cf_transfers_yield (ob->core);
    err = cf_gpg_envelope_seal (ob->core->gpg, &keys, cf_buf_data (&b.plain), cf_buf_len (&b.plain), sealed_done, ob,
                                &ob->job);
    ob->sealing = !err;
  }
  if (err)
    seal_failed (ob, err);
leave:
  cf_buf_done (&b.plain);
}
