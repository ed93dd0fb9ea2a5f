/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trust.c - what a key that has gone bad does to the conversations that rest on it.
 *
 *   going --cf_trust_changed: a bad key, a block--> stopped --cf_trust_changed: mended--> going
 *
 * One that is not open yet is the gate's; of one that is closed nobody is told.
 */
#include "core/trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/link.h"
#include "core/outbox.h"
#include "core/peer.h"
#include "core/self.h"
#include "core/store/store.h"
#include "core/transfer.h"

#define NOTICES_MAX 200 /* rows of history about keys, of one conversation: an owner could change his without end */

/* --- what is wrong --- */

enum cf_key_state
cf_trust_key_state (struct cf_core *core, const struct cf_conversation *conv)
{
  const struct cf_peer *peer = cf_peer_find (core, &conv->peer);
  enum cf_key_state own = core->self ? cf_self_key_state (core->self) : CF_KEY_OK;

  return own != CF_KEY_OK ? own : peer ? cf_peer_key_state (core, peer) : CF_KEY_OK;
}

gpg_error_t
cf_trust_check (struct cf_core *core, const struct cf_conversation *conv)
{
  const struct cf_peer *peer = cf_peer_find (core, &conv->peer);

  if (peer && peer->blocked)
    return cf_err (GPG_ERR_FORBIDDEN);
  return cf_key_state_error (cf_trust_key_state (core, conv));
}

bool
cf_trust_stops (struct cf_core *core, const struct cf_conversation *conv)
{
  return conv->stopped || cf_trust_check (core, conv) != 0;
}

static const struct {
  const char *what, *own_hint, *their_hint;
} words[] = {
  [CF_KEY_OK] = { "is in force", "", "" },
  [CF_KEY_EXPIRED] = { "has expired", "Extend it with \"gpg --quick-set-expire FPR 1y\"; everything goes on by itself then",
                       "Ask them to extend it; the conversation goes on by itself then" },
  [CF_KEY_REVOKED] = { "has been revoked: it may be in wrong hands",
                       "It can be used no more: choose or make another with \"confab init\" in another --home",
                       "Believe nothing that comes with it; ask them, by voice or in person, for their new key" },
  [CF_KEY_DISABLED] = { "is disabled in your keyring", "Enable it with \"gpg --edit-key FPR enable\"",
                        "If you trust it again: \"gpg --edit-key FPR enable\"" },
  [CF_KEY_WEAK] = { "is too weak to be trusted", "Make a stronger one, and choose it with \"confab init\" in another --home",
                    "Ask them for a stronger key" },
};

char *
cf_trust_message (struct cf_core *core, const struct cf_fpr *who, enum cf_key_state state, char **r_hint)
{
  const struct cf_peer *peer = cf_peer_find (core, who);
  bool own = core->self && cf_fpr_equal (who, &core->self->fpr);
  char hex[CF_FPR_HEX_SIZE];

  *r_hint = strdup (own ? words[state].own_hint : words[state].their_hint);
  if (own)
    return cf_sprintf ("Your own key %s", words[state].what);
  return cf_sprintf ("The key of %s %s", peer && peer->user_id ? peer->user_id : cf_fpr_hex (who, hex),
                     words[state].what);
}

/* The same of a conversation that is stopped for ERR. */
static char *
why_stopped (struct cf_core *core, const struct cf_conversation *conv, gpg_error_t err, char **r_hint)
{
  const struct cf_peer *peer = cf_peer_find (core, &conv->peer);
  enum cf_key_state state = cf_trust_key_state (core, conv);
  bool own = core->self && cf_self_key_state (core->self) != CF_KEY_OK;
  char hex[CF_FPR_HEX_SIZE];

  if (gpg_err_code (err) != GPG_ERR_FORBIDDEN)
    return cf_trust_message (core, own ? &core->self->fpr : &conv->peer, state, r_hint);
  *r_hint = strdup ("\"confab unblock\" lets them speak again");
  return cf_sprintf ("You have blocked %s", peer && peer->user_id ? peer->user_id : cf_fpr_hex (&conv->peer, hex));
}

void
cf_trust_fail (struct cf_command *cmd, const struct cf_conversation *conv, gpg_error_t err)
{
  char *hint = NULL, *message = why_stopped (cmd->core, conv, err, &hint);

  if (message)
    cf_command_fail (cmd, err, hint, "The conversation is stopped: %s", message);
  else
    cf_command_done (cmd, err);
  free (message);
  free (hint);
}

/* --- stopping, going on --- */

/* A row of history that is nobody's message: what happened to a key, and when. */
static gpg_error_t
keep_notice (struct cf_core *core, const struct cf_conversation *conv, const char *text)
{
  struct cf_message_row m = { .state = CF_MESSAGE_DELIVERED, .signature = CF_SIGNATURE_KEY_CHANGED };
  gpg_error_t err;
  size_t count;

  err = cf_store_message_notices (core->store, conv->id, &count);
  if (err || count >= NOTICES_MAX)
    return err;
  memcpy (m.conversation, conv->id, sizeof m.conversation);
  cf_env_random (core->env, m.id, sizeof m.id);
  m.sent_utc_ms = m.received_utc_ms = core->env->now_utc_ms;
  m.text = text;
  m.text_len = strlen (text);
  err = cf_store_message_add (core->store, &m);
  return err ? err : cf_message_tell (core, conv, &m, "message");
}

/* Row, notice and event in one transaction; NOTICE is also why it is stopped, unless it goes on. */
static gpg_error_t
tell (struct cf_core *core, struct cf_conversation *conv, const char *notice)
{
  gpg_error_t err;
  json_t *event;

  err = cf_store_begin (core->store);
  if (err)
    return err;
  err = cf_conversation_save (core, conv);
  if (!err)
    err = keep_notice (core, conv, notice);
  event = err ? NULL : cf_conversation_json (core, conv);
  if (!err)
    err = event ? cf_event_emit (core, "conversation", true, event) : cf_err (GPG_ERR_ENOMEM);
  cf_store_end (core->store, &err);
  return err;
}

static void
go_on (struct cf_core *core, struct cf_conversation *conv)
{
  struct cf_outbox *ob;

  if (core->messages && !cf_outbox_get (core, conv, &ob))
    cf_outbox_up (ob); /* whatever was handed out before counts for nothing */
  cf_transfers_changed (core);
}

/* What is kept as "trouble" is also how a restart knows what the user has been told. */
static void
update (struct cf_core *core, struct cf_conversation *conv)
{
  gpg_error_t err, why = cf_trust_check (core, conv);
  char *hint = NULL, *text = NULL, *before = conv->trouble;
  bool was_stopped = conv->stopped;

  conv->stopped = why != 0;
  if (conv->state != CF_CONVERSATION_OPEN) { /* all that may be left is a CLOSE on its way */
    if (was_stopped && !conv->stopped)
      go_on (core, conv);
    return;
  }
  if (why) {
    char *message = why_stopped (core, conv, why, &hint);

    text = message && hint ? cf_sprintf ("%s. %s", message, hint) : NULL;
    free (message);
    free (hint);
  }
  if (why && !text)
    cf_log (core->env, CF_LOG_ERROR, "a conversation is stopped, and there is no memory to say so");
  else if (!text != !before || (text && strcmp (text, before))) {
    conv->trouble = text;
    err = tell (core, conv, text ? text : "The conversation goes on: the keys of both are in force");
    if (err) {
      cf_log (core->env, CF_LOG_ERROR, "that a conversation stops or goes on was not kept: %s", gpg_strerror (err));
      conv->trouble = before;
      free (text);
    } else
      free (before);
  } else
    free (text);
  cf_conversation_want (core, conv);
  if (was_stopped && !conv->stopped)
    go_on (core, conv);
}

void
cf_trust_changed (struct cf_core *core, const struct cf_fpr *who)
{
  struct cf_conversation *conv = core->conversations ? core->conversations->first : NULL;

  if (who && core->self && cf_fpr_equal (who, &core->self->fpr))
    who = NULL;
  for (; conv; conv = conv->next)
    if (conv->state != CF_CONVERSATION_REQUESTED && !conv->deleted && (!who || cf_fpr_equal (&conv->peer, who)))
      update (core, conv);
}
