/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox_add.c - a new entry gets its sequence and goes to disk.
 *
 * gpg begins to seal before the transaction is committed, and works while it
 * is being synced: its result is looked at in a later turn, and is thrown away
 * if the commit fails.
 */
#include "core/outbox_private.h"

#include <string.h>

#include "core/link.h"
#include "core/post.h"
#include "core/store/store.h"

/* The row of the next entry, its hash included. */
static gpg_error_t
next_row (struct cf_outbox *ob, const struct cf_saying *said, struct cf_message_row *m)
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
  m->kind = said->kind;
  m->state = CF_MESSAGE_QUEUED;
  m->signature = CF_SIGNATURE_VALID;
  m->sent_utc_ms = ob->core->env->now_utc_ms;
  memcpy (m->previous, conv->sent_hash, sizeof m->previous);
  m->is_reply = said->reply_to != NULL;
  if (said->reply_to)
    memcpy (m->reply_to, said->reply_to, sizeof m->reply_to);
  m->last_peer = said->kind == CF_ENTRY_CLOSE || said->kind == CF_ENTRY_TIMER ? conv->received_sequence : 0;
  m->lifetime_s = said->lifetime_s;
  m->text = said->text;
  m->text_len = said->len;
  cf_outbox_entry (conv, m, &e);
  cf_buf_init (&b, CF_ENVELOPE_PLAIN_MAX);
  err = cf_entry_build (&e, &b);
  if (!err)
    cf_entry_hash (cf_buf_data (&b), cf_buf_len (&b), m->hash);
  cf_buf_done (&b);
  return err;
}

gpg_error_t
cf_outbox_may_add (const struct cf_outbox *ob, size_t count)
{
  const struct cf_conversation *conv = ob->conv;

  if (conv->state != CF_CONVERSATION_OPEN || ob->close_sequence || conv->deleted)
    return cf_err (CF_ERR_CLOSED);
  if (count > CF_SEQUENCE_MAX || conv->sent_sequence > CF_SEQUENCE_MAX - count)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  return 0;
}

void
cf_outbox_mark (const struct cf_outbox *ob, struct cf_outbox_mark *r_mark)
{
  r_mark->sent_sequence = ob->conv->sent_sequence;
  r_mark->close_sequence = ob->close_sequence;
  memcpy (r_mark->sent_hash, ob->conv->sent_hash, sizeof r_mark->sent_hash);
  r_mark->timer = cf_timer_mark_of (ob->conv);
  r_mark->active_utc_ms = ob->conv->active_utc_ms;
}

void
cf_outbox_revert (struct cf_outbox *ob, const struct cf_outbox_mark *mark)
{
  if (ob->sealing && ob->sealing_last > mark->sent_sequence) {
    cf_gpg_cancel (ob->core->gpg, ob->job);
    ob->job = NULL;
    ob->sealing = false;
  }
  ob->conv->sent_sequence = mark->sent_sequence;
  ob->close_sequence = mark->close_sequence;
  memcpy (ob->conv->sent_hash, mark->sent_hash, sizeof mark->sent_hash);
  cf_timer_revert (ob->conv, &mark->timer);
  ob->conv->active_utc_ms = mark->active_utc_ms;
}

gpg_error_t
cf_outbox_append (struct cf_outbox *ob, const struct cf_saying *said, uint8_t r_id[CF_MESSAGE_ID_LEN])
{
  gpg_error_t err;
  struct cf_conversation *conv = ob->conv;
  struct cf_message_row m;

  err = next_row (ob, said, &m);
  if (!err)
    err = cf_change_keep (ob->core, conv, &m);
  if (err)
    return err;
  conv->sent_sequence = m.sequence;
  memcpy (conv->sent_hash, m.hash, sizeof conv->sent_hash);
  conv->active_utc_ms = m.sent_utc_ms;
  if (said->kind == CF_ENTRY_CLOSE)
    ob->close_sequence = m.sequence;
  memcpy (r_id, m.id, sizeof m.id);
  return 0;
}

void
cf_outbox_added (struct cf_outbox *ob)
{
  cf_outbox_update_want (ob);
  cf_outbox_arm (ob);
  if (!cf_link_is_up (ob->core, &ob->conv->peer))
    cf_post_look (ob->core);
}

gpg_error_t
cf_outbox_add (struct cf_outbox *ob, const struct cf_saying *said, size_t count, uint8_t r_id[CF_MESSAGE_ID_LEN])
{
  gpg_error_t err;
  struct cf_outbox_mark mark;

  err = cf_outbox_may_add (ob, count);
  if (!err)
    err = cf_store_begin (ob->core->store);
  if (err)
    return err;
  cf_outbox_mark (ob, &mark);
  for (size_t i = 0; !err && i < count; i++)
    err = cf_outbox_append (ob, &said[i], r_id);
  if (!err)
    err = cf_conversation_save (ob->core, ob->conv);
  if (!err)
    cf_outbox_seal_next (ob);
  cf_store_end (ob->core->store, &err);
  if (err)
    cf_outbox_revert (ob, &mark);
  else
    cf_outbox_added (ob);
  return err;
}

gpg_error_t
cf_outbox_add_close (struct cf_outbox *ob)
{
  static const struct cf_saying said = { .kind = CF_ENTRY_CLOSE, .text = "" };
  uint8_t id[CF_MESSAGE_ID_LEN];

  return cf_outbox_add (ob, &said, 1, id);
}
