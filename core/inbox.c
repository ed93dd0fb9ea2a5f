/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox.c - envelopes in: opened one after the other, checked, taken, acknowledged.
 *
 * The checks, in this order (doc/protocol.md, "Taking"): size;
 * the decryption and the signature rule (gpg/); the form of the plaintext;
 * Conversation and To; sequences and Previous; then one transaction with the
 * messages, their events and the highest sequence taken; and only then the
 * acknowledgement.
 */
#include "core/history.h"
#include "core/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/change.h"
#include "core/event.h"
#include "core/gate.h"
#include "core/link.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/post.h"
#include "core/store/store.h"
#include "core/transfer.h"
#include "core/trust.h"

static void typing_lapsed (void *arg);
static void next_timer (void *arg);

gpg_error_t
cf_inbox_get (struct cf_core *core, struct cf_conversation *conv, struct cf_inbox **r_inbox)
{
  struct cf_inbox *ib = conv->inbox;

  if (!ib) {
    ib = calloc (1, sizeof *ib);
    if (!ib)
      return cf_err_errno ();
    ib->core = core;
    ib->conv = conv;
    ib->end = &ib->first;
    cf_timer_init (&ib->typing, typing_lapsed, ib);
    cf_timer_init (&ib->next, next_timer, ib);
    conv->inbox = ib;
  }
  *r_inbox = ib;
  return 0;
}

/* The first one, out of the queue; caller frees. */
static struct cf_inbound *
take_first (struct cf_inbox *ib)
{
  struct cf_inbound *in = ib->first;

  ib->first = in->next;
  if (!ib->first)
    ib->end = &ib->first;
  ib->count--;
  ib->bytes -= in->len;
  return in;
}

/* Nobody needs IN any more; who has fetched it hears what became of it. */
static void
settle (struct cf_inbox *ib, struct cf_inbound *in, enum cf_post_fate fate)
{
  const uint64_t number = in->number;
  const bool by_mail = in->by_mail;

  free (in);
  if (by_mail)
    cf_post_settled (ib->core, ib->conv, number, fate);
}

static void
drop_first (struct cf_inbox *ib)
{
  free (take_first (ib));
}

void
cf_inbox_free (struct cf_inbox *ib)
{
  if (!ib)
    return;
  cf_gpg_cancel (ib->core->gpg, ib->job);
  cf_timer_cancel (ib->core->env, &ib->typing);
  cf_timer_cancel (ib->core->env, &ib->next);
  while (ib->first)
    drop_first (ib);
  ib->conv->inbox = NULL;
  free (ib);
}

/* --- typing --- */

static void
set_typing (struct cf_inbox *ib, bool on)
{
  char id[2 * CF_CONVERSATION_ID_LEN + 1], author[CF_FPR_HEX_SIZE];

  cf_timer_cancel (ib->core->env, &ib->typing);
  if (on)
    cf_timer_after (ib->core->env, &ib->typing, CF_TYPING_LAPSE_MS);
  if (on == ib->conv->peer_typing)
    return;
  ib->conv->peer_typing = on;
  if (cf_event_emit (ib->core, "typing", false,
                     json_pack ("{s:s, s:s, s:b}", "conversation", cf_hex (ib->conv->id, sizeof ib->conv->id, id),
                                "author", cf_fpr_hex (&ib->conv->peer, author), "typing", on)))
    cf_log (ib->core->env, CF_LOG_WARN, "inbox: typing was not told");
}

static void
typing_lapsed (void *arg)
{
  set_typing (arg, false);
}

void
cf_inbox_typing (struct cf_inbox *ib, bool on)
{
  uint64_t now = ib->core->env->now_ms;

  if (on && now - ib->typing_since_ms >= CF_INBOX_TYPING_MS) {
    ib->typing_since_ms = now;
    ib->typing_count = 0;
  }
  if (on && ++ib->typing_count > CF_INBOX_TYPING_MAX)
    cf_refused (ib->core->env, CF_REFUSED_MESSAGE_TYPING);
  else if (ib->conv->state == CF_CONVERSATION_OPEN)
    set_typing (ib, on);
}

/* --- answers --- */

static gpg_error_t
send_numbers (struct cf_inbox *ib, enum cf_talk type, const uint64_t *number, const uint8_t *ack, uint64_t last)
{
  gpg_error_t err;
  struct cf_buf b;
  struct cf_wr wr;

  cf_buf_init (&b, 64);
  cf_wr_init (&wr, &b);
  if (number)
    cf_wr_u64 (&wr, *number);
  if (ack)
    cf_wr_bytes (&wr, ack, CF_HASH_LEN);
  cf_wr_u64 (&wr, last);
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_talk_send (ib->core, &ib->conv->peer, type, ib->conv->id, cf_buf_data (&b), cf_buf_len (&b));
  if (err) /* the peer repeats, and is answered then */
    cf_log (ib->core->env, CF_LOG_DEBUG, "inbox: not answered: %s", gpg_strerror (err));
  cf_buf_done (&b);
  return err;
}

static void
acknowledge (struct cf_inbox *ib, const struct cf_inbound *in, const uint8_t ack[CF_HASH_LEN])
{
  uint8_t tag[CF_HASH_LEN];

  cf_envelope_ack_tag (ack, in->number, ib->conv->received_sequence, tag);
  if (send_numbers (ib, CF_TALK_ACK, &in->number, tag, ib->conv->received_sequence) && in->by_mail)
    cf_post_owe (ib->core, ib->conv, in->number);
}

static void
ask_for_gap (struct cf_inbox *ib)
{
  uint64_t from = ib->conv->received_sequence + 1, now = ib->core->env->now_ms;

  cf_message_counters (ib->core)->gaps++;
  cf_refused (ib->core->env, CF_REFUSED_ENVELOPE_GAP);
  if (ib->need_sequence == from && now - ib->need_ms < CF_INBOX_NEED_MS)
    return;
  ib->need_sequence = from;
  ib->need_ms = now;
  if (send_numbers (ib, CF_TALK_NEED, NULL, NULL, from))
    ib->need_ms = 0; /* it was not heard */
}

/* --- what does not hold --- */

/* Should this one be shown?  Every bad envelope is counted; a repetition, or a flood, is not shown again. */
static bool
worth_showing (struct cf_inbox *ib, const struct cf_inbound *in)
{
  uint8_t hash[CF_HASH_LEN];
  uint64_t now = ib->core->env->now_ms;
  struct cf_hash h;
  size_t i, rows;

  cf_hash_init (&h, NULL, "bad envelope");
  cf_hash_add (&h, in->sealed, in->len);
  cf_hash_final (&h, hash);
  for (i = 0; i < CF_INBOX_SEEN_MAX; i++)
    if (memcmp (ib->seen[i], hash, sizeof hash) == 0)
      return false;
  memcpy (ib->seen[ib->seen_next++ % CF_INBOX_SEEN_MAX], hash, sizeof hash);
  if (now - ib->bad_since_ms >= CF_INBOX_BAD_MS) {
    ib->bad_since_ms = now;
    ib->bad_count = 0;
  }
  if (ib->bad_count >= CF_INBOX_BAD_BURST)
    return false;
  ib->bad_count++;
  return !cf_store_message_bad_count (ib->core->store, ib->conv->id, &rows) && rows < CF_INBOX_BAD_ROWS_MAX;
}

/* A row of history without text: that something came, and did not hold. */
static gpg_error_t
keep_bad (struct cf_inbox *ib, const char *why)
{
  gpg_error_t err;
  struct cf_core *core = ib->core;
  struct cf_message_row m;
  char id[2 * CF_CONVERSATION_ID_LEN + 1];

  memset (&m, 0, sizeof m);
  memcpy (m.conversation, ib->conv->id, sizeof m.conversation);
  cf_env_random (core->env, m.id, sizeof m.id);
  m.state = CF_MESSAGE_DELIVERED;
  m.signature = CF_SIGNATURE_BAD;
  m.sent_utc_ms = m.received_utc_ms = core->env->now_utc_ms;
  m.text = "";
  err = cf_store_begin (core->store);
  if (err)
    return err;
  err = cf_store_message_add (core->store, &m);
  if (!err)
    err = cf_message_tell (core, ib->conv, &m, "message");
  if (!err)
    err = cf_event_emit (core, "error", true,
                         json_pack ("{s:s, s:s, s:s, s:s, s:s, s:[]}", "conversation",
                                    cf_hex (ib->conv->id, sizeof ib->conv->id, id), "error",
                                    cf_err_info (cf_err (CF_ERR_FORGERY))->name, "message", why, "hint",
                                    cf_err_info (cf_err (CF_ERR_FORGERY))->hint, "code",
                                    cf_phrase (CF_SAY_ENVELOPE_REFUSED)->code, "args"));
  cf_store_end (core->store, &err);
  return err;
}

static void
refuse (struct cf_inbox *ib, const struct cf_inbound *in, enum cf_refusal reason, const char *why)
{
  gpg_error_t err;

  cf_message_counters (ib->core)->forged++;
  cf_refused (ib->core->env, reason);
  cf_log (ib->core->env, CF_LOG_WARN, "inbox: an envelope was refused: %s", why);
  if (!worth_showing (ib, in))
    return;
  err = keep_bad (ib, why);
  if (err)
    cf_log (ib->core->env, CF_LOG_ERROR, "inbox: not shown: %s", gpg_strerror (err));
}

/* --- taking --- */

struct taking {
  struct cf_inbox *inbox;
  const struct cf_inbound *in;
  const uint8_t *plain;
  size_t entries_len;
  size_t fresh;             /* where the entries begin that are new */
  uint64_t first, last;     /* sequences in the envelope */
  bool has_close, has_changes;
  uint64_t close_taken;     /* what a CLOSE says of ours */
  uint8_t ack[CF_HASH_LEN];
};

/* One entry against those before it; HASH is its own.  NULL: well; else why not. */
static const char *
check_entry (struct taking *t, const struct cf_entry *e, const uint8_t hash[CF_HASH_LEN],
             const uint8_t previous[CF_HASH_LEN])
{
  const struct cf_conversation *conv = t->inbox->conv;
  uint8_t known[CF_HASH_LEN];

  if (memcmp (e->conversation, conv->id, sizeof e->conversation) != 0)
    return "it was written for another conversation";
  if (!cf_fpr_equal (&e->to[0], &conv->own_key) || !cf_fpr_equal (&e->to[1], &conv->peer_key))
    return "it names other recipients";
  if (t->has_close || (t->last && e->sequence != t->last + 1))
    return "its entries are not in order";
  if (t->last && !cf_ct_equal (e->previous, previous, CF_HASH_LEN))
    return "its entries do not follow from each other";
  if (e->sequence <= conv->received_sequence) {
    /* Known: must be the very same.  Without the row (history deleted) the number alone decides. */
    if (!cf_store_message_hash (t->inbox->core->store, conv->id, false, e->sequence, known)
        && !cf_ct_equal (known, hash, CF_HASH_LEN))
      return "a message that has come before was sent again with other content";
  } else if (e->sequence == conv->received_sequence + 1
             && !cf_ct_equal (e->previous, conv->received_hash, CF_HASH_LEN))
    return "it does not follow from the message before it";
  if (e->last_peer > conv->sent_sequence)
    return "it names messages that were never written";
  if (e->kind == CF_ENTRY_CLOSE) {
    t->has_close = true;
    t->close_taken = e->last_peer;
  }
  return NULL;
}

/* Form, addresses and order of all entries; nothing is changed yet. */
static const char *
check_all (struct taking *t, size_t len)
{
  const struct cf_conversation *conv = t->inbox->conv;
  uint8_t hash[CF_HASH_LEN], previous[CF_HASH_LEN] = { 0 };
  struct cf_entry e;
  size_t pos, used, count;
  const char *why;

  if (cf_envelope_check (t->plain, len, &count, &t->entries_len))
    return "its content is malformed";
  t->fresh = t->entries_len;
  for (pos = 0; pos < t->entries_len; pos += used) {
    if (cf_entry_parse (t->plain + pos, t->entries_len - pos, &e, &used))
      return "its content is malformed";
    cf_entry_hash (t->plain + pos, used, hash);
    why = check_entry (t, &e, hash, previous);
    if (why)
      return why;
    if (e.sequence > conv->received_sequence && t->fresh == t->entries_len)
      t->fresh = pos;
    if (!t->first)
      t->first = e.sequence;
    t->last = e.sequence;
    memcpy (previous, hash, sizeof previous);
  }
  if (t->last != t->in->number)
    return "its number is not that of its last entry";
  return NULL;
}

static gpg_error_t
keep_entry (struct taking *t, const struct cf_entry *e, const uint8_t hash[CF_HASH_LEN])
{
  struct cf_core *core = t->inbox->core;
  struct cf_message_row m;

  memset (&m, 0, sizeof m);
  memcpy (m.conversation, e->conversation, sizeof m.conversation);
  memcpy (m.id, e->message_id, sizeof m.id);
  m.sequence = e->sequence;
  m.kind = e->kind;
  m.kind_name = e->kind_name;
  m.state = CF_MESSAGE_DELIVERED;
  m.signature = CF_SIGNATURE_VALID;
  m.sent_utc_ms = e->date_utc_ms;
  m.received_utc_ms = core->env->now_utc_ms;
  memcpy (m.hash, hash, sizeof m.hash);
  memcpy (m.previous, e->previous, sizeof m.previous);
  m.is_reply = e->is_reply;
  memcpy (m.reply_to, e->in_reply_to, sizeof m.reply_to);
  m.last_peer = e->last_peer;
  m.lifetime_s = e->lifetime_s;
  m.text = e->body;
  m.text_len = e->body_len;
  t->has_changes |= cf_entry_changes (e->kind);
  return cf_change_keep (core, t->inbox->conv, &m);
}

/* Our copy of the OpenPGP message: what can be exported and checked by anyone with the keys. */
static gpg_error_t
keep_envelope (struct taking *t)
{
  struct cf_envelope_row e;

  memset (&e, 0, sizeof e);
  memcpy (e.conversation, t->inbox->conv->id, sizeof e.conversation);
  e.peer = t->inbox->conv->peer;
  e.acked = true;
  e.first = t->first;
  e.number = t->last;
  memcpy (e.ack, t->ack, sizeof e.ack);
  e.created_utc_ms = t->inbox->core->env->now_utc_ms;
  e.sealed = t->in->sealed;
  e.sealed_len = t->in->len;
  return cf_store_envelope_add (t->inbox->core->store, &e);
}

/* All that is new, inside one transaction. */
static gpg_error_t
keep_all (struct taking *t, struct cf_outbox *ob)
{
  gpg_error_t err = 0;
  struct cf_conversation *conv = t->inbox->conv;
  struct cf_entry e;
  size_t pos, used;

  for (pos = t->fresh; !err && pos < t->entries_len; pos += used) {
    err = cf_entry_parse (t->plain + pos, t->entries_len - pos, &e, &used);
    if (err)
      break;
    cf_entry_hash (t->plain + pos, used, conv->received_hash);
    err = keep_entry (t, &e, conv->received_hash);
    conv->received_sequence = e.sequence;
  }
  if (!err)
    err = keep_envelope (t);
  if (!err && t->has_changes) /* of what came in this very envelope, perhaps */
    err = cf_store_envelope_blank (t->inbox->core->store, conv->id, false, t->last, t->last);
  conv->active_utc_ms = t->inbox->core->env->now_utc_ms;
  if (!err && t->has_close) {
    conv->closed_by_peer = true;
    err = cf_outbox_peer_closed (ob, t->close_taken);
    if (!err && conv->state != CF_CONVERSATION_CLOSED)
      err = cf_conversation_set_state (t->inbox->core, conv, CF_CONVERSATION_CLOSED);
  }
  if (!err)
    err = cf_conversation_save (t->inbox->core, conv);
  return err;
}

/* The transaction, and what follows from how it ended. */
static gpg_error_t
take (struct taking *t)
{
  gpg_error_t err;
  struct cf_inbox *ib = t->inbox;
  struct cf_conversation *conv = ib->conv;
  const struct cf_conversation before = *conv;
  const struct cf_timer_mark timer = cf_timer_mark_of (conv);
  struct cf_outbox *ob;

  err = cf_outbox_get (ib->core, conv, &ob);
  if (!err)
    err = cf_store_begin (ib->core->store);
  if (err)
    return err;
  err = keep_all (t, ob);
  cf_store_end (ib->core->store, &err);
  if (err) {
    conv->received_sequence = before.received_sequence;
    memcpy (conv->received_hash, before.received_hash, sizeof conv->received_hash);
    conv->active_utc_ms = before.active_utc_ms;
    conv->closed_by_peer = before.closed_by_peer;
    conv->state = before.state;
    conv->closed_utc_ms = before.closed_utc_ms;
    cf_timer_revert (conv, &timer);
    return err;
  }
  cf_message_counters (ib->core)->taken += t->last - before.received_sequence;
  cf_gate_forget (ib->core, conv->id); /* he writes, so he is open: nothing of the opening is left to be said */
  if (t->has_close)
    cf_outbox_clear (ob, t->close_taken);
  if (conv->peer_typing)
    set_typing (ib, false);
  return 0;
}

/* Our own `close` is on disk, be it sealed or not, and names what we had taken; or the conversation ended
   without one of the peer's. */
static bool
have_closed (const struct cf_conversation *conv)
{
  if (conv->outbox && conv->outbox->close_sequence)
    return true;
  return conv->state == CF_CONVERSATION_CLOSED && !conv->closed_by_peer;
}

/* We have closed, naming what we had taken: texts after that are refused on both sides; a CLOSE that crossed
   ours only ends the repetitions. */
static enum cf_post_fate
take_after_close (struct taking *t)
{
  struct cf_conversation *conv = t->inbox->conv;
  const enum cf_conversation_state state = conv->state;
  const int64_t closed_utc_ms = conv->closed_utc_ms;
  struct cf_outbox *ob;
  gpg_error_t err;

  if (!t->has_close && !conv->closed_by_peer)
    return CF_POST_TAKEN; /* our close will tell its author */
  if (!conv->closed_by_peer) {
    err = cf_outbox_get (t->inbox->core, conv, &ob);
    if (!err)
      err = cf_store_begin (t->inbox->core->store);
    if (err)
      return CF_POST_LATER;
    conv->closed_by_peer = true;
    err = cf_outbox_peer_closed (ob, t->close_taken);
    if (!err && state != CF_CONVERSATION_CLOSED)
      err = cf_conversation_set_state (t->inbox->core, conv, CF_CONVERSATION_CLOSED);
    if (!err)
      err = cf_conversation_save (t->inbox->core, conv);
    cf_store_end (t->inbox->core->store, &err);
    if (err) {
      conv->closed_by_peer = false;
      conv->state = state;
      conv->closed_utc_ms = closed_utc_ms;
      return CF_POST_LATER;
    }
    cf_outbox_clear (ob, t->close_taken);
  }
  acknowledge (t->inbox, t->in, t->ack);
  return CF_POST_TAKEN;
}

/* The plaintext is authentic; now what it says. */
static enum cf_post_fate
consider (struct cf_inbox *ib, const struct cf_inbound *in, const uint8_t *plain, size_t len)
{
  struct taking t;
  struct cf_conversation *conv = ib->conv;
  const char *why;
  gpg_error_t err;

  memset (&t, 0, sizeof t);
  t.inbox = ib;
  t.in = in;
  t.plain = plain;
  cf_envelope_ack (plain, len, t.ack);
  why = check_all (&t, len);
  if (why) {
    refuse (ib, in, CF_REFUSED_ENVELOPE_CONTENT, why);
    return CF_POST_REFUSED;
  }
  if (t.fresh == t.entries_len) { /* all of it is known */
    cf_message_counters (ib->core)->repeated++;
    acknowledge (ib, in, t.ack);
    return CF_POST_TAKEN;
  }
  if (have_closed (conv))
    return take_after_close (&t);
  if (conv->closed_by_peer) {
    refuse (ib, in, CF_REFUSED_ENVELOPE_CONTENT, "it was written after its author had closed the conversation");
    return CF_POST_REFUSED;
  }
  if (t.first > conv->received_sequence + 1) {
    ask_for_gap (ib);
    return CF_POST_LATER;
  }
  err = take (&t);
  if (gpg_err_code (err) == GPG_ERR_EEXIST) {
    refuse (ib, in, CF_REFUSED_ENVELOPE_CONTENT, "it uses the id of another message");
    return CF_POST_REFUSED;
  }
  if (err) {
    cf_log (ib->core->env, CF_LOG_ERROR, "inbox: not kept: %s", gpg_strerror (err));
    return CF_POST_LATER;
  }
  acknowledge (ib, in, t.ack);
  return CF_POST_TAKEN;
}

/* --- the queue --- */

static void
opened (void *arg, gpg_error_t err, const uint8_t *plain, size_t len)
{
  struct cf_inbox *ib = arg;
  struct cf_inbound *in = take_first (ib);
  enum cf_post_fate fate = CF_POST_LATER;

  ib->job = NULL;
  ib->opening = false;
  cf_inbox_run (ib); /* gpg begins with the next one while this one goes to disk; it is heard of in a later turn */
  switch (gpg_err_code (err)) {
  case GPG_ERR_NO_ERROR:
    if (cf_trust_stops (ib->core, ib->conv)) /* while it was opened; it comes again when that is mended */
      cf_refused (ib->core->env, CF_REFUSED_MESSAGE_STOPPED);
    else
      fate = consider (ib, in, plain, len);
    break;
  case CF_ERR_FORGERY:
    refuse (ib, in, CF_REFUSED_ENVELOPE_SIGNATURE, "its signature or its recipients are not the expected ones");
    fate = CF_POST_REFUSED;
    break;
  case GPG_ERR_TOO_LARGE:
    refuse (ib, in, CF_REFUSED_ENVELOPE_LARGE, "it is too large");
    fate = CF_POST_REFUSED;
    break;
  case GPG_ERR_DECRYPT_FAILED:
  case GPG_ERR_NO_DATA:
    refuse (ib, in, CF_REFUSED_ENVELOPE_UNREADABLE, "it cannot be decrypted");
    fate = CF_POST_REFUSED;
    break;
  default: /* ours, not its: the peer repeats */
    cf_log (ib->core->env, CF_LOG_WARN, "inbox: an envelope could not be opened now: %s", gpg_strerror (err));
  }
  settle (ib, in, fate);
}

struct repeated {
  const struct cf_inbound *in;
  bool same;
  uint8_t ack[CF_HASH_LEN];
};

static bool
compare_kept (void *arg, const struct cf_envelope_row *e)
{
  struct repeated *r = arg;

  r->same = e->sealed_len == r->in->len && memcmp (e->sealed, r->in->sealed, e->sealed_len) == 0;
  memcpy (r->ack, e->ack, sizeof r->ack);
  return false;
}

/* The very bytes that were taken before need not be opened again. */
static bool
answer_repeated (struct cf_inbox *ib, const struct cf_inbound *in)
{
  struct repeated r = { in, false, { 0 } };

  if (in->number > ib->conv->received_sequence
      || cf_store_envelope_get (ib->core->store, ib->conv->id, false, in->number, compare_kept, &r) || !r.same)
    return false;
  cf_message_counters (ib->core)->repeated++;
  acknowledge (ib, in, r.ack);
  return true;
}

void
cf_inbox_run (struct cf_inbox *ib)
{
  struct cf_conversation *conv = ib->conv;
  struct cf_fpr recipients[2] = { conv->own_key, conv->peer_key };
  struct cf_gpg_envelope_keys keys = { .own = &conv->own_key,
                                       .passphrase = conv->passphrase,
                                       .signer = &conv->peer_key,
                                       .recipients = recipients,
                                       .recipient_count = 2 };
  enum cf_post_fate fate = CF_POST_TAKEN;
  gpg_error_t err;

  if (ib->opening || !ib->first || conv->state == CF_CONVERSATION_REQUESTED)
    return;
  if (!conv->passphrase) { /* being deleted: nothing can be read any more */
    while (ib->first)
      settle (ib, take_first (ib), CF_POST_LATER);
    return;
  }
  if (!answer_repeated (ib, ib->first)) {
    cf_transfers_yield (ib->core);
    err = cf_gpg_envelope_open (ib->core->gpg, &keys, ib->first->sealed, ib->first->len, opened, ib, &ib->job);
    ib->opening = !err;
    if (ib->opening)
      return;
    cf_log (ib->core->env, CF_LOG_WARN, "inbox: not opened: %s", gpg_strerror (err));
    fate = CF_POST_LATER;
  }
  if (ib->first->next)
    cf_timer_after (ib->core->env, &ib->next, 0);
  settle (ib, take_first (ib), fate);
}

static void
next_timer (void *arg)
{
  cf_inbox_run (arg);
}

void
cf_inbox_envelope (struct cf_inbox *ib, uint64_t number, const uint8_t *sealed, size_t len, bool by_mail)
{
  struct cf_inbound *in;
  size_t max = ib->conv->state == CF_CONVERSATION_REQUESTED ? CF_INBOX_EARLY_MAX : CF_INBOX_ENVELOPES_MAX;

  if (len == 0 || len > CF_GPG_ENVELOPE_MAX || number == 0 || number > CF_SEQUENCE_MAX || ib->count >= max
      || ib->bytes + len > CF_INBOX_BYTES_MAX) {
    cf_message_counters (ib->core)->dropped++; /* an honest sender repeats */
    cf_refused (ib->core->env, ib->count < max && ib->bytes + len <= CF_INBOX_BYTES_MAX ? CF_REFUSED_MESSAGE_MALFORMED
                                                                                       : CF_REFUSED_MESSAGE_FULL);
    if (by_mail)
      cf_post_settled (ib->core, ib->conv, number, CF_POST_LATER);
    return;
  }
  in = malloc (sizeof *in + len);
  if (!in) {
    if (by_mail)
      cf_post_settled (ib->core, ib->conv, number, CF_POST_LATER);
    return;
  }
  in->next = NULL;
  in->number = number;
  in->by_mail = by_mail;
  in->len = len;
  memcpy (in->sealed, sealed, len);
  *ib->end = in;
  ib->end = &in->next;
  ib->count++;
  ib->bytes += len;
  cf_inbox_run (ib);
}
