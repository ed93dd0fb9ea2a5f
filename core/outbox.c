/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.c - queued, sealed, sent, acknowledged: states and their pictures are in outbox.h.
 *
 * One transaction a step: the message and its sequence; the envelope and
 * "sent"; the acknowledgement and "delivered".  gpg seals while the first of
 * them is being synced to disk: its result is looked at in a later turn, and
 * is thrown away if the commit fails.
 *
 * A frame may leave before its envelope is on disk.  After a crash between
 * the two the same entries are sealed again, perhaps in another batch; the
 * peer knows the entries by their hashes, takes nothing twice and acknowledges
 * what we then send.
 */
#include "core/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/gate.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/link.h"
#include "core/message.h"
#include "core/store/store.h"

static void outbox_timer (void *arg);
static void close_timer (void *arg);

/* --- life --- */

static gpg_error_t
flight_add (struct cf_outbox *ob, uint64_t first, uint64_t last, const uint8_t ack[CF_HASH_LEN],
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
static void
flight_remove (struct cf_outbox *ob, struct cf_flight **link)
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
    load->err = flight_add (load->outbox, e->first, e->number, e->ack, &f);
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
    flight_remove (ob, &ob->flights);
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

  if (m->kind == CF_ENTRY_CLOSE)
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
  err = cf_store_message_raise (ob->core->store, ob->conv->id, true, first, last, state, emit_state, &r);
  return err ? err : r.err;
}

/* Keep the link while anything waits. */
static void
update_want (struct cf_outbox *ob)
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
static void
arm (struct cf_outbox *ob)
{
  struct cf_flight *f;
  uint64_t due = UINT64_MAX;
  uint64_t now = ob->core->env->now_ms;

  if (ob->seal_retry_ms && !ob->sealing)
    due = ob->seal_after_ms;
  if (cf_link_is_up (ob->core, &ob->conv->peer))
    for (f = ob->flights; f; f = f->next) {
      uint64_t then = f->handed ? f->handed_ms + CF_OUTBOX_REPEAT_MS : now + CF_OUTBOX_BUSY_MS;

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

  r->err = send_envelope (r->outbox, e->number, e->sealed, e->sealed_len);
  return false;
}

static gpg_error_t
resend (struct cf_outbox *ob, uint64_t number)
{
  struct resend r = { ob, 0 };
  gpg_error_t err;

  err = cf_store_envelope_get (ob->core->store, ob->conv->id, true, number, resend_row, &r);
  return err ? err : r.err;
}

/* Hand what is sealed and not handed yet to the link, in order, as far as the window goes. */
static void
send_flights (struct cf_outbox *ob)
{
  gpg_error_t err = 0, sent_err = 0;
  struct cf_flight *f;
  uint64_t first = 0, last = 0;
  size_t n = 0;

  if (!cf_link_is_up (ob->core, &ob->conv->peer))
    return;
  for (f = ob->flights; f && n < CF_OUTBOX_WINDOW; f = f->next, n++) {
    if (f->handed)
      continue;
    err = resend (ob, f->last);
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
  gpg_error_t err;
};

static void
entry_from_row (const struct cf_conversation *conv, const struct cf_message_row *m, struct cf_entry *e)
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
  e->body = m->text;
  e->body_len = m->text_len;
}

static bool
batch_add (void *arg, const struct cf_message_row *m)
{
  struct batch *b = arg;
  struct cf_entry e;

  /* A little more than the text: the headers. */
  if (b->last && cf_buf_len (&b->plain) + m->text_len + 1024 > CF_ENVELOPE_BYTES)
    return false;
  entry_from_row (b->outbox->conv, m, &e);
  b->err = cf_entry_build (&e, &b->plain);
  if (b->err)
    return false;
  b->first = b->last ? b->first : m->sequence;
  b->last = m->sequence;
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
                        json_pack ("{s:s, s:s, s:s, s:s}", "conversation", cf_hex (ob->conv->id, sizeof ob->conv->id, id),
                                   "error", cf_err_info (err)->name, "message",
                                   "Messages could not be encrypted; they stay queued", "hint",
                                   cf_err_info (err)->hint)))
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
  bool sent = ob->flight_count < CF_OUTBOX_WINDOW && cf_link_is_up (ob->core, &ob->conv->peer);

  ob->job = NULL;
  ob->sealing = false;
  for (f = ob->flights; f; f = f->next) /* order: not before those that a full link has kept back */
    sent = sent && f->handed;
  if (!err && len > CF_GPG_ENVELOPE_MAX)
    err = cf_err (GPG_ERR_TOO_LARGE);
  if (!err)
    err = flight_add (ob, ob->sealing_first, ob->sealing_last, ob->sealing_ack, &f);
  if (!err) {
    sent = sent && !send_envelope (ob, f->last, sealed, len);
    f->handed = sent;
    f->handed_ms = ob->core->env->now_ms;
    err = keep_sealed (ob, sealed, len, sent);
    if (err)
      flight_remove (ob, link);
  }
  if (err) {
    seal_failed (ob, err);
    arm (ob);
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

/* May a batch be sealed now? */
static bool
may_seal (const struct cf_outbox *ob)
{
  const struct cf_conversation *conv = ob->conv;

  if (ob->sealing || conv->sent_sequence <= ob->sealed_sequence || !conv->passphrase || conv->closed_by_peer)
    return false;
  if (ob->seal_retry_ms && ob->core->env->now_ms < ob->seal_after_ms)
    return false;
  if (ob->close_sequence) /* the key may be about to be destroyed: all of it, now */
    return true;
  return conv->state == CF_CONVERSATION_OPEN && ob->flight_count < CF_OUTBOX_WINDOW
         && cf_link_is_up (ob->core, &conv->peer);
}

static void
seal_next (struct cf_outbox *ob)
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
    cf_envelope_ack (cf_buf_data (&b.plain), cf_buf_len (&b.plain), ob->sealing_ack);
    err = cf_gpg_envelope_seal (ob->core->gpg, &keys, cf_buf_data (&b.plain), cf_buf_len (&b.plain), sealed_done, ob,
                                &ob->job);
    ob->sealing = !err;
  }
  if (err)
    seal_failed (ob, err);
leave:
  cf_buf_done (&b.plain);
}

void
cf_outbox_run (struct cf_outbox *ob)
{
  send_flights (ob);
  seal_next (ob);
  update_want (ob);
  arm (ob);
}

static void
outbox_timer (void *arg)
{
  struct cf_outbox *ob = arg;
  struct cf_flight *f;

  for (f = ob->flights; f; f = f->next)
    if (f->handed && ob->core->env->now_ms - f->handed_ms >= CF_OUTBOX_REPEAT_MS)
      f->handed = false;
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
  cf_outbox_run (ob);
}

void
cf_outbox_down (struct cf_outbox *ob)
{
  struct cf_flight *f;

  for (f = ob->flights; f; f = f->next)
    f->handed = false;
  arm (ob);
}

/* --- adding --- */

/* The row of the next entry, its hash included. */
static gpg_error_t
next_row (struct cf_outbox *ob, enum cf_entry_kind kind, const char *text, size_t len, const uint8_t *reply_to,
          struct cf_message_row *m)
{
  gpg_error_t err;
  struct cf_conversation *conv = ob->conv;
  struct cf_entry e;
  struct cf_buf b;

  memset (m, 0, sizeof *m);
  memcpy (m->conversation, conv->id, sizeof m->conversation);
  cf_env_random (ob->core->env, m->id, sizeof m->id);
  m->outgoing = true;
  m->sequence = conv->sent_sequence + 1;
  m->kind = kind;
  m->state = CF_MESSAGE_QUEUED;
  m->signature = CF_SIGNATURE_VALID;
  m->sent_utc_ms = ob->core->env->now_utc_ms;
  memcpy (m->previous, conv->sent_hash, sizeof m->previous);
  m->is_reply = reply_to != NULL;
  if (reply_to)
    memcpy (m->reply_to, reply_to, sizeof m->reply_to);
  m->last_peer = kind == CF_ENTRY_CLOSE ? conv->received_sequence : 0;
  m->text = text;
  m->text_len = len;
  entry_from_row (conv, m, &e);
  cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
  err = cf_entry_build (&e, &b);
  if (!err)
    cf_entry_hash (cf_buf_data (&b), cf_buf_len (&b), m->hash);
  cf_buf_done (&b);
  return err;
}

gpg_error_t
cf_outbox_add (struct cf_outbox *ob, enum cf_entry_kind kind, const char *text, size_t len, const uint8_t *reply_to,
               uint8_t r_id[CF_MESSAGE_ID_LEN])
{
  gpg_error_t err;
  struct cf_core *core = ob->core;
  struct cf_conversation *conv = ob->conv;
  struct cf_message_row m;
  int64_t active = conv->active_utc_ms;

  if (conv->state != CF_CONVERSATION_OPEN || ob->close_sequence || conv->deleted)
    return cf_err (CF_ERR_CLOSED);
  if (conv->sent_sequence >= CF_SEQUENCE_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  err = next_row (ob, kind, text, len, reply_to, &m);
  if (!err)
    err = cf_store_begin (core->store);
  if (err)
    return err;
  conv->sent_sequence = m.sequence;
  memcpy (conv->sent_hash, m.hash, sizeof conv->sent_hash);
  conv->active_utc_ms = core->env->now_utc_ms;
  if (kind == CF_ENTRY_CLOSE)
    ob->close_sequence = m.sequence;
  err = cf_store_message_add (core->store, &m);
  if (!err)
    err = cf_conversation_save (core, conv);
  if (!err && kind != CF_ENTRY_CLOSE)
    err = cf_event_emit (core, "message", true, cf_message_json (core, conv, &m));
  if (!err)
    seal_next (ob); /* gpg works while the disk syncs */
  cf_store_end (core->store, &err);
  if (err) {
    if (ob->sealing && ob->sealing_last >= m.sequence) {
      cf_gpg_cancel (core->gpg, ob->job);
      ob->job = NULL;
      ob->sealing = false;
    }
    conv->sent_sequence = m.sequence - 1;
    memcpy (conv->sent_hash, m.previous, sizeof conv->sent_hash);
    conv->active_utc_ms = active;
    if (kind == CF_ENTRY_CLOSE)
      ob->close_sequence = 0;
    return err;
  }
  memcpy (r_id, m.id, sizeof m.id);
  update_want (ob);
  arm (ob);
  return 0;
}

/* --- what the peer says --- */

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
    err = cf_store_envelope_settle (ob->core->store, conv->id, f->last, f->last);
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
  flight_remove (ob, link);
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

  if (ob->need_ms && ob->core->env->now_ms - ob->need_ms < CF_OUTBOX_NEED_MS)
    return;
  ob->need_ms = ob->core->env->now_ms;
  /* What it had acknowledged before and has lost: from the records. */
  if (!ob->flights || from < ob->flights->first) {
    err = cf_store_envelope_numbers (ob->core->store, ob->conv->id, from, CF_OUTBOX_WINDOW, numbers, &count);
    for (i = 0; !err && i < count && (!ob->flights || numbers[i] < ob->flights->first); i++)
      err = resend (ob, numbers[i]);
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

  if (upto > conv->acked_sequence)
    upto = conv->acked_sequence; /* nobody reads what he does not have */
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
  return err;
}

void
cf_outbox_clear (struct cf_outbox *ob, uint64_t taken)
{
  cf_gpg_cancel (ob->core->gpg, ob->job);
  ob->job = NULL;
  ob->sealing = false;
  while (ob->flights)
    flight_remove (ob, &ob->flights);
  ob->sealed_sequence = ob->conv->sent_sequence;
  if (ob->close_done && !ob->close_timer.armed)
    cf_timer_after (ob->core->env, &ob->close_timer, 0);
  cf_outbox_tell (ob, 1, taken, CF_MESSAGE_DELIVERED);
  cf_outbox_tell (ob, taken + 1, ob->conv->sent_sequence, CF_MESSAGE_FAILED);
  update_want (ob);
  arm (ob);
}
