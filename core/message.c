/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message.c - frames of open conversations to their outbox and inbox; orphans; unread counts.
 *
 * An *orphan* is a sealed envelope of a deleted conversation that the peer has
 * not acknowledged: usually its CLOSE.  No key is left, so it can only be
 * repeated as it is, each time the link comes up, for ORPHAN_LIFE.
 */
#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/intake.h"
#include "core/link.h"
#include "core/outbox.h"
#include "core/peer.h"
#include "core/post.h"
#include "core/settings.h"
#include "core/store/store.h"
#include "core/transfer.h"
#include "core/trust.h"

#define ORPHAN_LIFE_MS (30LL * 24 * 3600 * 1000)
#define ORPHAN_BURST_MAX 64 /* sent on one link */

struct orphan {
  struct orphan *next;
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  struct cf_fpr peer;
  uint64_t number;
  uint8_t ack[CF_HASH_LEN];
  int64_t created_utc_ms;
};

struct cf_messages {
  struct cf_core *core;
  struct cf_intake *intake;
  struct orphan *orphans; /* each wants its peer */
  struct cf_message_counts counts;
  struct cf_timer start;  /* begins what the last run left */
};

/* --- orphans --- */

struct orphan_load {
  struct cf_messages *messages;
  const uint8_t *conversation; /* only those; NULL: all */
  struct orphan **end;
  gpg_error_t err;
};

static bool
load_orphan (void *arg, const struct cf_envelope_row *e)
{
  struct orphan_load *load = arg;
  struct orphan *o;

  if (!e->orphan || (load->conversation && memcmp (load->conversation, e->conversation, sizeof e->conversation) != 0))
    return true;
  o = calloc (1, sizeof *o);
  if (!o) {
    load->err = cf_err_errno ();
    return false;
  }
  memcpy (o->conversation, e->conversation, sizeof o->conversation);
  o->peer = e->peer;
  o->number = e->number;
  memcpy (o->ack, e->ack, sizeof o->ack);
  o->created_utc_ms = e->created_utc_ms;
  *load->end = o;
  load->end = &o->next;
  return true;
}

/* Take up those in the store; CONVERSATION NULL: of all. */
static gpg_error_t
load_orphans (struct cf_messages *messages, const uint8_t *conversation)
{
  struct orphan_load load = { messages, conversation, &messages->orphans, 0 };
  struct orphan *o, **first;
  gpg_error_t err;

  while (*load.end)
    load.end = &(*load.end)->next;
  first = load.end;
  err = cf_store_envelope_waiting (messages->core->store, load_orphan, &load);
  for (o = *first; o; o = o->next)
    if (cf_link_want (messages->core, &o->peer, true))
      cf_log (messages->core->env, CF_LOG_WARN, "message: the link was not told");
  return err ? err : load.err;
}

/* *LINK has arrived, or is given up. */
static void
drop_orphan (struct cf_messages *messages, struct orphan **link)
{
  struct orphan *o = *link;
  gpg_error_t err;

  err = cf_store_envelope_remove (messages->core->store, o->conversation, o->number);
  if (err) {
    cf_log (messages->core->env, CF_LOG_ERROR, "message: not removed: %s", gpg_strerror (err));
    return;
  }
  *link = o->next;
  if (cf_link_want (messages->core, &o->peer, false))
    cf_log (messages->core->env, CF_LOG_WARN, "message: the link was not told");
  free (o);
}

static bool
send_orphan_row (void *arg, const struct cf_envelope_row *e)
{
  struct cf_core *core = arg;
  struct cf_buf b;
  struct cf_wr wr;
  gpg_error_t err;

  cf_buf_init (&b, CF_GPG_ENVELOPE_MAX + 64);
  cf_wr_init (&wr, &b);
  cf_wr_u64 (&wr, e->number);
  cf_wr_bytes (&wr, e->sealed, e->sealed_len);
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_talk_send (core, &e->peer, CF_TALK_ENVELOPE, e->conversation, cf_buf_data (&b), cf_buf_len (&b));
  if (err)
    cf_log (core->env, CF_LOG_INFO, "message: not repeated: %s", gpg_strerror (err));
  cf_buf_done (&b);
  return false;
}

/* Repeat PEER's orphans, those of CONVERSATION (NULL: of all). */
static void
send_orphans (struct cf_messages *messages, const struct cf_fpr *peer, const uint8_t *conversation)
{
  struct orphan **link, *o;
  size_t n = 0;
  gpg_error_t err;

  for (link = &messages->orphans; (o = *link) && n < ORPHAN_BURST_MAX;) {
    if (!cf_fpr_equal (&o->peer, peer)
        || (conversation && memcmp (o->conversation, conversation, sizeof o->conversation) != 0)) {
      link = &o->next;
      continue;
    }
    if (messages->core->env->now_utc_ms - o->created_utc_ms > ORPHAN_LIFE_MS) {
      drop_orphan (messages, link);
      if (*link == o) /* it could not be removed */
        link = &o->next;
      continue;
    }
    err = cf_store_envelope_get (messages->core->store, o->conversation, true, o->number, send_orphan_row,
                                 messages->core);
    if (err)
      cf_log (messages->core->env, CF_LOG_WARN, "message: not repeated: %s", gpg_strerror (err));
    n++;
    link = &o->next;
  }
}

static void
ack_orphan (struct cf_messages *messages, const struct cf_fpr *peer, const uint8_t *conversation, uint64_t number,
            const uint8_t tag[CF_HASH_LEN], uint64_t taken)
{
  uint8_t want[CF_HASH_LEN];
  struct orphan **link;

  for (link = &messages->orphans; *link; link = &(*link)->next) {
    if ((*link)->number != number || !cf_fpr_equal (&(*link)->peer, peer)
        || memcmp ((*link)->conversation, conversation, CF_CONVERSATION_ID_LEN) != 0)
      continue;
    cf_envelope_ack_tag ((*link)->ack, number, taken, want);
    if (cf_ct_equal (want, tag, CF_HASH_LEN))
      drop_orphan (messages, link);
    else {
      messages->counts.acks_refused++;
      cf_refused (messages->core->env, CF_REFUSED_MESSAGE_ACK);
    }
    return;
  }
  cf_refused (messages->core->env, CF_REFUSED_MESSAGE_CONVERSATION);
}

/* --- life --- */

/* In a turn of its own: what is left from the last run goes on. */
static void
start (void *arg)
{
  struct cf_messages *messages = arg;
  struct cf_core *core = messages->core;
  struct cf_conversation *conv;
  struct cf_outbox *ob;
  gpg_error_t err;

  for (conv = core->conversations->first; conv; conv = conv->next) {
    if (conv->state == CF_CONVERSATION_REQUESTED)
      continue;
    err = cf_outbox_get (core, conv, &ob);
    if (err)
      cf_log (core->env, CF_LOG_ERROR, "message: outbox not loaded: %s", gpg_strerror (err));
    else
      cf_outbox_run (ob);
  }
}

gpg_error_t
cf_messages_new (struct cf_core *core, struct cf_messages **r_messages)
{
  gpg_error_t err;
  struct cf_messages *messages = calloc (1, sizeof *messages);

  if (!messages)
    return cf_err_errno ();
  messages->core = core;
  cf_timer_init (&messages->start, start, messages);
  err = cf_intake_new (core, &messages->intake);
  if (!err)
    err = load_orphans (messages, NULL);
  if (err) {
    cf_messages_free (messages);
    return err;
  }
  cf_timer_after (core->env, &messages->start, 0);
  cf_events_set_recall (core->events, cf_history_recall);
  *r_messages = messages;
  return 0;
}

void
cf_messages_free (struct cf_messages *messages)
{
  struct cf_conversation *conv;
  struct orphan *o;

  if (!messages)
    return;
  cf_events_set_recall (messages->core->events, NULL);
  cf_timer_cancel (messages->core->env, &messages->start);
  cf_intake_free (messages->intake);
  if (messages->core->conversations)
    for (conv = messages->core->conversations->first; conv; conv = conv->next) {
      cf_outbox_free (conv->outbox);
      cf_inbox_free (conv->inbox);
    }
  while ((o = messages->orphans)) {
    messages->orphans = o->next;
    free (o);
  }
  free (messages);
}

struct cf_message_counts *
cf_message_counters (struct cf_core *core)
{
  return &core->messages->counts;
}

const struct cf_message_counts *
cf_message_counts (struct cf_core *core)
{
  return core->messages ? &core->messages->counts : NULL;
}

/* --- frames --- */

/* Those of a conversation that we have deleted. */
static void
orphan_frame (struct cf_core *core, const struct cf_fpr *peer, const struct cf_talk_frame *frame)
{
  struct cf_rd rd;
  uint8_t tag[CF_HASH_LEN];
  uint64_t number, taken;

  cf_rd_init (&rd, frame->body, frame->body_len);
  number = cf_rd_u64 (&rd);
  if (frame->type == CF_TALK_ACK) {
    cf_rd_bytes (&rd, tag, sizeof tag);
    taken = cf_rd_u64 (&rd);
    if (!cf_rd_finish (&rd))
      ack_orphan (core->messages, peer, frame->id, number, tag, taken);
  } else if (frame->type == CF_TALK_NEED && !cf_rd_finish (&rd))
    send_orphans (core->messages, peer, frame->id);
  else {
    core->messages->counts.dropped++;
    cf_refused (core->env, CF_REFUSED_MESSAGE_CONVERSATION);
  }
}

static gpg_error_t
envelope_frame (struct cf_core *core, struct cf_conversation *conv, bool by_mail, struct cf_rd *rd)
{
  gpg_error_t err;
  struct cf_inbox *ib;
  const uint8_t *sealed;
  size_t len;
  uint64_t number;

  number = cf_rd_u64 (rd);
  cf_rd_rest (rd, &sealed, &len);
  err = cf_rd_finish (rd);
  if (!err)
    err = cf_inbox_get (core, conv, &ib);
  if (!err)
    cf_inbox_envelope (ib, number, sealed, len, by_mail);
  return err;
}

static gpg_error_t
typing_frame (struct cf_core *core, struct cf_conversation *conv, struct cf_rd *rd)
{
  gpg_error_t err;
  struct cf_inbox *ib;
  uint8_t on;

  on = cf_rd_u8 (rd);
  if (on > 1)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
  err = cf_rd_finish (rd);
  if (!err)
    err = cf_inbox_get (core, conv, &ib);
  if (!err)
    cf_inbox_typing (ib, on);
  return err;
}

/* ACK, NEED, READ: they are for the outbox. */
static gpg_error_t
outbox_frame (struct cf_core *core, struct cf_conversation *conv, enum cf_talk type, struct cf_rd *rd)
{
  gpg_error_t err;
  struct cf_outbox *ob;
  uint8_t tag[CF_HASH_LEN];
  uint64_t number, taken = 0;

  number = cf_rd_u64 (rd);
  if (type == CF_TALK_ACK) {
    cf_rd_bytes (rd, tag, sizeof tag);
    taken = cf_rd_u64 (rd);
  }
  if (number == 0 || number > CF_SEQUENCE_MAX)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
  err = cf_rd_finish (rd);
  if (!err)
    err = cf_outbox_get (core, conv, &ob);
  if (err)
    return err;
  if (type == CF_TALK_ACK)
    cf_outbox_ack (ob, number, tag, taken);
  else if (type == CF_TALK_NEED)
    cf_outbox_need (ob, number);
  else
    cf_outbox_read (ob, number);
  return 0;
}

void
cf_message_frame (struct cf_core *core, struct cf_peer *peer, const struct cf_talk_frame *frame)
{
  struct cf_conversation *conv;
  struct cf_rd rd;
  gpg_error_t err;

  if (!core->messages)
    return;
  conv = cf_conversation_find (core, frame->id);
  if (!conv) {
    orphan_frame (core, &peer->fpr, frame);
    return;
  }
  if (!cf_fpr_equal (&conv->peer, &peer->fpr)) { /* another pair's */
    core->messages->counts.dropped++;
    cf_refused (core->env, CF_REFUSED_MESSAGE_CONVERSATION);
    return;
  }
  if (cf_trust_stops (core, conv)) {
    core->messages->counts.dropped++;
    cf_refused (core->env, CF_REFUSED_MESSAGE_STOPPED);
    return;
  }
  cf_rd_init (&rd, frame->body, frame->body_len);
  if (frame->type == CF_TALK_ENVELOPE)
    err = envelope_frame (core, conv, false, &rd);
  else if (conv->state == CF_CONVERSATION_REQUESTED)
    err = cf_err (CF_ERR_PROTOCOL);
  else if (frame->type > CF_TALK_MESSAGE_LAST) {
    cf_transfer_frame (core, conv, frame);
    return;
  } else if (frame->type == CF_TALK_TYPING)
    err = typing_frame (core, conv, &rd);
  else
    err = outbox_frame (core, conv, frame->type, &rd);
  if (err) {
    core->messages->counts.dropped++;
    cf_refused (core->env, CF_REFUSED_MESSAGE_MALFORMED);
    cf_log (core->env, CF_LOG_INFO, "message: a frame was dropped: %s", gpg_strerror (err));
  }
}

gpg_error_t
cf_message_posted (struct cf_core *core, struct cf_conversation *conv, enum cf_talk type, const uint8_t *body,
                   size_t len)
{
  struct cf_rd rd;

  if (!core->messages || cf_trust_stops (core, conv) || conv->state == CF_CONVERSATION_REQUESTED)
    return cf_err (CF_ERR_CLOSED);
  cf_rd_init (&rd, body, len);
  return type == CF_TALK_ENVELOPE ? envelope_frame (core, conv, true, &rd) : outbox_frame (core, conv, type, &rd);
}

void
cf_message_send_read (struct cf_core *core, const struct cf_conversation *conv)
{
  struct cf_buf b;
  struct cf_wr wr;
  gpg_error_t err;

  if (!conv->read_sequence || cf_trust_stops (core, conv) || !cf_setting_is (core, "receipts", "on"))
    return;
  cf_buf_init (&b, 16);
  cf_wr_init (&wr, &b);
  cf_wr_u64 (&wr, conv->read_sequence);
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_talk_send (core, &conv->peer, CF_TALK_READ, conv->id, cf_buf_data (&b), cf_buf_len (&b));
  if (err)
    cf_log (core->env, CF_LOG_DEBUG, "message: read mark not sent: %s", gpg_strerror (err));
  cf_buf_done (&b);
}

void
cf_message_up (struct cf_core *core, struct cf_peer *peer)
{
  struct cf_conversation *conv;
  struct cf_outbox *ob;

  if (!core->messages)
    return;
  send_orphans (core->messages, &peer->fpr, NULL);
  for (conv = core->conversations->first; conv; conv = conv->next)
    if (cf_fpr_equal (&conv->peer, &peer->fpr) && conv->state != CF_CONVERSATION_REQUESTED
        && !cf_outbox_get (core, conv, &ob)) {
      cf_outbox_up (ob);
      if (conv->state == CF_CONVERSATION_OPEN)
        cf_message_send_read (core, conv); /* it may have been lost with the last link */
    }
}

void
cf_message_down (struct cf_core *core, struct cf_peer *peer)
{
  struct cf_conversation *conv;

  for (conv = core->conversations ? core->conversations->first : NULL; conv; conv = conv->next)
    if (cf_fpr_equal (&conv->peer, &peer->fpr)) {
      if (conv->outbox)
        cf_outbox_down (conv->outbox);
      if (conv->inbox)
        cf_inbox_typing (conv->inbox, false);
    }
  cf_post_look (core);
}

/* --- for conversation.c and gate.c --- */

void
cf_message_conversation_opened (struct cf_core *core, struct cf_conversation *conv)
{
  struct cf_outbox *ob;
  gpg_error_t err;

  err = cf_outbox_get (core, conv, &ob);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "message: outbox not made: %s", gpg_strerror (err));
  else
    cf_outbox_run (ob);
  if (conv->inbox) /* what came early */
    cf_inbox_run (conv->inbox);
}

void
cf_message_conversation_forgotten (struct cf_core *core, struct cf_conversation *conv)
{
  gpg_error_t err;

  cf_transfers_changed (core);
  cf_post_forget (core, conv);
  cf_inbox_free (conv->inbox);
  cf_outbox_free (conv->outbox);
  conv->inbox = NULL;
  conv->outbox = NULL;
  err = load_orphans (core->messages, conv->id);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "message: what is left to deliver waits for the next start: %s", gpg_strerror (err));
}

gpg_error_t
cf_message_send_close (struct cf_core *core, struct cf_conversation *conv, void (*done) (void *arg, gpg_error_t err),
                       void *arg)
{
  gpg_error_t err;
  struct cf_outbox *ob;

  err = cf_outbox_get (core, conv, &ob);
  if (err)
    return err;
  if (ob->close_done)
    return cf_err (GPG_ERR_CONFLICT);
  if (!ob->close_sequence && conv->state == CF_CONVERSATION_OPEN) {
    err = cf_outbox_add_close (ob);
    if (err)
      return err;
  }
  ob->close_done = done;
  ob->close_arg = arg;
  /* Sealed before, or closed by the peer, when there is nothing to be said any more. */
  if (ob->close_sequence <= ob->sealed_sequence)
    cf_timer_after (core->env, &ob->close_timer, 0);
  else
    cf_outbox_run (ob);
  return 0;
}

gpg_error_t
cf_message_hand_over (struct cf_core *core, struct cf_command *cmd, const struct cf_handover *h)
{
  return cf_intake_add (core->messages->intake, cmd, h);
}

/* Each of theirs has a sequence: of those that we have not read, the hidden ones are none to be read.  There are few. */
size_t
cf_message_unread (struct cf_core *core, const struct cf_conversation *conv)
{
  size_t hidden = 0;
  gpg_error_t err;

  if (conv->received_sequence <= conv->read_sequence)
    return 0;
  err = cf_store_message_hidden (core->store, conv->id, false, conv->read_sequence + 1, conv->received_sequence, &hidden);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "message: not counted: %s", gpg_strerror (err));
  return (size_t) (conv->received_sequence - conv->read_sequence) - hidden;
}
