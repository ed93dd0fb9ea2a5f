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
  enum cf_say own, their;
} phrases[] = {
  [CF_KEY_EXPIRED] = { CF_SAY_OWN_KEY_EXPIRED, CF_SAY_PEER_KEY_EXPIRED },
  [CF_KEY_REVOKED] = { CF_SAY_OWN_KEY_REVOKED, CF_SAY_PEER_KEY_REVOKED },
  [CF_KEY_DISABLED] = { CF_SAY_OWN_KEY_DISABLED, CF_SAY_PEER_KEY_DISABLED },
  [CF_KEY_WEAK] = { CF_SAY_OWN_KEY_WEAK, CF_SAY_PEER_KEY_WEAK },
};

enum cf_say
cf_trust_own_key_say (enum cf_key_state state)
{
  return phrases[state].own;
}

/* How a person is called in a phrase; HEX has room for a fingerprint. */
static const char *
name_of (struct cf_core *core, const struct cf_fpr *who, char hex[CF_FPR_HEX_SIZE])
{
  const struct cf_peer *peer = cf_peer_find (core, who);

  return peer && peer->user_id ? peer->user_id : cf_fpr_hex (who, hex);
}

void
cf_trust_say (struct cf_core *core, const struct cf_fpr *who, enum cf_key_state state, struct cf_said *r_said)
{
  bool own = core->self && cf_fpr_equal (who, &core->self->fpr);
  char hex[CF_FPR_HEX_SIZE];

  if (own)
    cf_said_make (r_said, phrases[state].own, NULL);
  else
    cf_said_make (r_said, phrases[state].their, name_of (core, who, hex), NULL);
}

/* The same of a conversation that is stopped for ERR. */
static void
say_stopped (struct cf_core *core, const struct cf_conversation *conv, gpg_error_t err, struct cf_said *r_said)
{
  bool own = core->self && cf_self_key_state (core->self) != CF_KEY_OK;
  char hex[CF_FPR_HEX_SIZE];

  if (gpg_err_code (err) == GPG_ERR_FORBIDDEN)
    cf_said_make (r_said, CF_SAY_PEER_BLOCKED, name_of (core, &conv->peer, hex), NULL);
  else
    cf_trust_say (core, own ? &core->self->fpr : &conv->peer, cf_trust_key_state (core, conv), r_said);
}

void
cf_trust_fail (struct cf_command *cmd, const struct cf_conversation *conv, gpg_error_t err)
{
  struct cf_said said;

  say_stopped (cmd->core, conv, err, &said);
  cf_command_say_hint (cmd, err, said.hint, CF_SAY_STOPPED, said.message, NULL);
  cf_said_done (&said);
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
  char *text = NULL, *before = conv->trouble;
  bool was_stopped = conv->stopped;

  conv->stopped = why != 0;
  if (conv->state != CF_CONVERSATION_OPEN) { /* all that may be left is a CLOSE on its way */
    if (was_stopped && !conv->stopped)
      go_on (core, conv);
    return;
  }
  if (why) {
    struct cf_said said;

    say_stopped (core, conv, why, &said);
    text = cf_phrase_whole (said.say, said.count ? said.args[0] : NULL);
    cf_said_done (&said);
  }
  if (why && !text)
    cf_log (core->env, CF_LOG_ERROR, "a conversation is stopped, and there is no memory to say so");
  else if (!text != !before || (text && strcmp (text, before))) {
    conv->trouble = text;
    err = tell (core, conv, text ? text : cf_phrase (CF_SAY_GOES_ON)->message);
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
