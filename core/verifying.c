/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verifying.c - from the right tags to a contact who is verified once more: DONE.
 *
 * Nothing is made and nothing is signed: the conversation's keys were, when it
 * opened, and DONE holds them and its secret.  Who sends a right one has typed
 * our password in this tunnel, and was there when the conversation opened.
 *
 *   tags right (on disk)  -> DONE leaves
 *   DONE came, own left   -> compared; verified
 *
 * Verified on disk comes before OPENED leaves.  A disk that fails is no reason
 * to end: the other side has our DONE, and repeats its own until it hears
 * OPENED.  Spec: doc/protocol.md, "Verifying".
 */
#include <string.h>

#include "base/secmem.h"
#include "core/event.h"
#include "core/gate_private.h"
#include "core/self.h"
#include "core/store/store.h"

static void
fail (struct cf_request *r, gpg_error_t err)
{
  cf_log (r->core->env, CF_LOG_WARN, "gate: a verification failed: %s", gpg_strerror (err));
  cf_request_end (r, err, CF_TALK_REFUSED, "failed");
}

static void
nothing (struct cf_request *r)
{
  (void) r;
}

/* CONV may have been closed by now: what it was opened with is still known. */
static gpg_error_t
done_value (const struct cf_request *r, bool of_asker, uint8_t r_done[CF_HASH_LEN])
{
  const struct cf_conversation *conv = cf_conversation_find (r->core, r->conversation);
  struct cf_verified_input in = { .c = r->secret, .sid = r->sid, .conversation = r->conversation };

  if (!conv || !conv->secret)
    return cf_err (CF_ERR_CLOSED);
  in.asker = r->asked ? r->core->self->fpr : r->peer;
  in.answerer = r->asked ? r->peer : r->core->self->fpr;
  in.asker_key = r->asked ? conv->own_key : conv->peer_key;
  in.answerer_key = r->asked ? conv->peer_key : conv->own_key;
  in.secret = conv->secret;
  return cf_gate_verified (&in, of_asker, r_done);
}

/* Each conversation with the peer shows how he is verified; that of R says that this is what has changed. */
static gpg_error_t
tell (struct cf_request *r)
{
  struct cf_core *core = r->core;
  struct cf_conversation *conv;
  json_t *event;
  gpg_error_t err = 0;

  for (conv = core->conversations->first; conv && !err; conv = conv->next) {
    if (conv->deleted || conv->state != CF_CONVERSATION_OPEN || !cf_fpr_equal (&conv->peer, &r->peer))
      continue;
    event = cf_conversation_json (core, conv);
    if (event && !memcmp (conv->id, r->conversation, sizeof conv->id)
        && json_object_set_new (event, "change", json_string ("verified"))) {
      json_decref (event);
      event = NULL;
    }
    err = event ? cf_event_emit (core, "conversation", true, event) : cf_err (GPG_ERR_ENOMEM);
  }
  if (!err && !r->asked)
    err = cf_event_emit (core, "request_state", true, cf_request_json (r, "verified"));
  return err;
}

/* Everything that "verified" means, in one transaction. */
static gpg_error_t
commit_verified (struct cf_request *r)
{
  struct cf_core *core = r->core;
  gpg_error_t err;

  err = cf_store_begin (core->store);
  if (err)
    return err;
  err = cf_opening_keep_peer (r);
  if (!err)
    err = tell (r);
  if (!err)
    err = cf_conversation_id_use (core, r->id);
  if (!err)
    err = cf_request_save (r);
  cf_store_end (core->store, &err);
  return err;
}

static void
verified_now (struct cf_request *r)
{
  gpg_error_t err;

  cf_request_set_state (r, CF_REQUEST_OPENED);
  err = commit_verified (r);
  if (err) {
    cf_log (r->core->env, CF_LOG_ERROR, "gate: a verification is not kept yet: %s", gpg_strerror (err));
    r->state = CF_REQUEST_SEALING;
    cf_request_set_state (r, CF_REQUEST_SEALING);
    cf_gate_calls_end (r, err, CF_SAY_NOTHING);
    return;
  }
  cf_request_say (r, CF_TALK_OPENED, NULL, 0);
  cf_gate_calls_end (r, 0, CF_SAY_NOTHING);
}

static void
verifying_step (struct cf_request *r)
{
  uint8_t done[CF_HASH_LEN];
  gpg_error_t err;

  if (r->state != CF_REQUEST_SEALING)
    return;
  err = done_value (r, r->asked, done);
  if (!err && !(r->sent & CF_SENT_DONE)) {
    r->sent |= CF_SENT_DONE;
    cf_request_say (r, CF_TALK_DONE, done, sizeof done);
  }
  if (!err && r->peer_done_set) {
    err = done_value (r, !r->asked, done);
    if (!err && !cf_ct_equal (done, r->peer_done, sizeof done))
      err = cf_err (CF_ERR_KEY_WRONG); /* the same person, but not the conversation that we have with him */
    if (!err) {
      verified_now (r);
      return;
    }
  }
  if (err)
    fail (r, err);
}

static void
verifying_repeat (struct cf_request *r)
{
  uint8_t done[CF_HASH_LEN];

  r->sent = 0;
  if (!r->asked)
    cf_request_say (r, CF_TALK_TB, r->own_tag, CF_CPACE_TAG_LEN);
  if (r->state == CF_REQUEST_SEALING)
    verifying_step (r);
  else if (!done_value (r, r->asked, done))
    cf_request_say (r, CF_TALK_DONE, done, sizeof done);
}

static bool
verifying_frame (struct cf_request *r, const struct cf_talk_frame *frame)
{
  if (frame->type != CF_TALK_DONE || (r->state != CF_REQUEST_SEALING && r->state != CF_REQUEST_OPENED))
    return false;
  if (r->state == CF_REQUEST_OPENED) {
    /* The peer repeats because it has not heard that we are done. */
    cf_request_say (r, CF_TALK_OPENED, NULL, 0);
    return true;
  }
  memcpy (r->peer_done, frame->body, sizeof r->peer_done);
  r->peer_done_set = true;
  verifying_step (r);
  return true;
}

const struct cf_gate_purpose cf_purpose_verify = {
  .number = CF_PURPOSE_VERIFY,
  .name = "verify",
  .ended = "verified",
  .prepare = nothing,
  .agree = nothing,
  .step = verifying_step,
  .repeat = verifying_repeat,
  .frame = verifying_frame,
};
