/* SPDX-License-Identifier: GPL-3.0-or-later */
/* change.c - an entry is written down, and what it says of those before it is done.
 *
 * The author's entries come in order, so edits and deletions of one message do;
 * reactions are one an author.  Only timers of both sides can cross: each says
 * where its author stood (Last-Sequences), the sum of the two numbers grows
 * with everything that comes after it, and the highest sum is in force; of two
 * equal ones, that of the lower conversation key.  So both sides agree, in
 * whatever order they took them.
 */
#include "core/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/history.h"
#include "core/transfer.h"
#include "core/vanish.h"

/* --- the timer --- */

struct cf_timer_mark
cf_timer_mark_of (const struct cf_conversation *conv)
{
  return (struct cf_timer_mark) { conv->timer_s, conv->timer_order, conv->timer_own };
}

void
cf_timer_revert (struct cf_conversation *conv, const struct cf_timer_mark *mark)
{
  conv->timer_s = mark->s;
  conv->timer_order = mark->order;
  conv->timer_own = mark->own;
}

/* Does the timer M come after the one in force? */
static bool
is_later (const struct cf_conversation *conv, const struct cf_message_row *m, uint64_t order)
{
  if (order != conv->timer_order || m->outgoing == conv->timer_own)
    return order > conv->timer_order;
  return m->outgoing == (cf_fpr_compare (&conv->own_key, &conv->peer_key) < 0);
}

static gpg_error_t
set_timer (struct cf_core *core, struct cf_conversation *conv, const struct cf_message_row *m)
{
  uint64_t order = m->sequence + m->last_peer;
  json_t *event;

  if (!is_later (conv, m, order))
    return 0;
  conv->timer_s = m->lifetime_s;
  conv->timer_order = order;
  conv->timer_own = m->outgoing;
  event = cf_conversation_json (core, conv);
  return event ? cf_event_emit (core, "conversation", true, event) : cf_err (GPG_ERR_ENOMEM);
}

/* --- what is named --- */

struct target {
  struct cf_core *core;
  const struct cf_conversation *conv;
  struct cf_message_row m; /* without its texts */
  gpg_error_t err;         /* telling it */
};

static bool
found (void *arg, const struct cf_message_row *m)
{
  struct target *t = arg;

  t->m = *m;
  t->m.text = t->m.kind_name = NULL;
  t->m.text_len = 0;
  return false;
}

/* Edits, deletions and reactions name a text; deletions and reactions a file, too. */
static bool
may_be_named (const struct cf_message_row *target, enum cf_entry_kind by)
{
  return target->kind == CF_ENTRY_TEXT || (target->kind == CF_ENTRY_FILE && by != CF_ENTRY_EDIT);
}

gpg_error_t
cf_change_check (const struct cf_message_row *target, enum cf_entry_kind by, bool outgoing)
{
  if (!may_be_named (target, by) || !target->sequence)
    return cf_err (GPG_ERR_NOT_FOUND);
  if (target->outgoing != outgoing && by != CF_ENTRY_REACTION)
    return cf_err (GPG_ERR_FORBIDDEN);
  return target->gone == CF_MESSAGE_HERE ? 0 : cf_err (GPG_ERR_OBJ_TERM_STATE);
}

/* Is there nothing in the reaction M that can be shown? */
static gpg_error_t
check_mark (const struct cf_message_row *m)
{
  char *shown = cf_text_display (m->text_len ? m->text : "", m->text_len, false);
  bool empty = shown && m->text_len && !*shown;

  if (!shown)
    return cf_err (GPG_ERR_ENOMEM);
  free (shown);
  return empty ? cf_err (GPG_ERR_INV_VALUE) : 0;
}

static enum cf_refusal
refusal_of (gpg_error_t why)
{
  switch (gpg_err_code (why)) {
  case GPG_ERR_FORBIDDEN: return CF_REFUSED_CHANGE_AUTHOR;
  case GPG_ERR_OBJ_TERM_STATE: return CF_REFUSED_CHANGE_GONE;
  case GPG_ERR_INV_VALUE: return CF_REFUSED_CHANGE_MARK;
  default: return CF_REFUSED_CHANGE_TARGET;
  }
}

/* What M names; *R_WHY is why M may not do to it what it says, counted when it is theirs.  Errors: the store's. */
static gpg_error_t
find_target (struct cf_core *core, const struct cf_message_row *m, struct target *t, gpg_error_t *r_why)
{
  gpg_error_t why = cf_store_message_get (core->store, m->conversation, m->reply_to, found, t);

  if (why && gpg_err_code (why) != GPG_ERR_NOT_FOUND)
    return why;
  if (!why)
    why = cf_change_check (&t->m, m->kind, m->outgoing);
  if (!why && m->kind == CF_ENTRY_REACTION)
    why = check_mark (m);
  if (gpg_err_code (why) == GPG_ERR_ENOMEM)
    return why;
  if (why && !m->outgoing)
    cf_refused (core->env, refusal_of (why));
  *r_why = why;
  return 0;
}

/* --- doing it --- */

static bool
see_row (void *arg, const struct cf_message_row *m)
{
  struct target *t = arg;

  t->err = cf_message_tell (t->core, t->conv, m, "message_changed");
  return false;
}

gpg_error_t
cf_change_tell (struct cf_core *core, struct cf_conversation *conv, const uint8_t id[CF_MESSAGE_ID_LEN])
{
  struct target t = { .core = core, .conv = conv };
  gpg_error_t err = cf_store_message_get (core->store, conv->id, id, see_row, &t);

  return err ? err : t.err;
}

static gpg_error_t
change (struct cf_core *core, struct cf_conversation *conv, const struct cf_message_row *m, const struct target *t)
{
  gpg_error_t err;

  switch (m->kind) {
  case CF_ENTRY_EDIT:
    err = cf_store_message_edit (core->store, &t->m, m->text, m->text_len, m->sent_utc_ms);
    break;
  case CF_ENTRY_DELETE:
    err = cf_store_message_wipe (core->store, &t->m, CF_MESSAGE_TAKEN_BACK);
    break;
  default:
    err = cf_store_reaction_set (core->store, t->m.row, m->outgoing, m->text, m->text_len);
  }
  if (!err && m->kind != CF_ENTRY_REACTION)
    err = cf_vanish_scrub (core);
  if (m->kind == CF_ENTRY_DELETE)
    cf_transfers_changed (core);
  return err ? err : cf_change_tell (core, conv, t->m.id);
}

static gpg_error_t
keep_shown (struct cf_core *core, struct cf_conversation *conv, const struct cf_message_row *m)
{
  gpg_error_t err = cf_store_message_add (core->store, m);

  if (!err)
    err = cf_message_tell (core, conv, m, "message");
  if (!err && m->kind == CF_ENTRY_TIMER)
    err = set_timer (core, conv, m);
  return err;
}

/* People see the name of what is offered; what was signed says more. */
static gpg_error_t
keep_offer (struct cf_core *core, struct cf_conversation *conv, const struct cf_message_row *m)
{
  struct cf_message_row shown = *m;
  char *name = NULL;
  gpg_error_t err = cf_transfer_offered (core, m, &name);

  if (err)
    return err;
  shown.body = m->text;
  shown.body_len = m->text_len;
  shown.text = name;
  shown.text_len = strlen (name);
  err = keep_shown (core, conv, &shown);
  free (name);
  return err;
}

gpg_error_t
cf_change_keep (struct cf_core *core, struct cf_conversation *conv, struct cf_message_row *m)
{
  struct target t;
  gpg_error_t err = 0, why = 0;

  m->hidden = !cf_entry_is_shown (m->kind);
  if (m->kind == CF_ENTRY_FILE)
    return keep_offer (core, conv, m);
  if (!m->hidden)
    return keep_shown (core, conv, m);
  if (cf_entry_changes (m->kind))
    err = find_target (core, m, &t, &why);
  if (err)
    return err;
  /* An edit of what is gone holds a text that nobody is to see: it goes, too. */
  if (m->kind == CF_ENTRY_EDIT && gpg_err_code (why) == GPG_ERR_OBJ_TERM_STATE)
    m->gone = CF_MESSAGE_VANISHED;
  err = cf_store_message_add (core->store, m);
  if (!err && m->kind == CF_ENTRY_FILE_END)
    err = cf_transfer_ended (core, m);
  return err || why || !cf_entry_changes (m->kind) ? err : change (core, conv, m, &t);
}

gpg_error_t
cf_change_remove (struct cf_core *core, const struct cf_message_row *m)
{
  char id[2 * CF_MESSAGE_ID_LEN + 1], conversation[2 * CF_CONVERSATION_ID_LEN + 1];
  gpg_error_t err;

  err = cf_store_message_wipe (core->store, m, CF_MESSAGE_VANISHED);
  cf_transfers_changed (core);
  if (!err)
    err = cf_vanish_scrub (core);
  if (err)
    return err;
  return cf_event_emit (core, "message_removed", true,
                        json_pack ("{s:s, s:s}", "message", cf_hex (m->id, sizeof m->id, id), "conversation",
                                   cf_hex (m->conversation, sizeof m->conversation, conversation)));
}
