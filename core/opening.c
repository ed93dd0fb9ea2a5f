/* SPDX-License-Identifier: GPL-3.0-or-later */
/* opening.c - from two users who agree to talk to an open conversation: keys, statements, DONE.
 *
 * Each side sends its conversation key's public block, its statement over both
 * keys, and DONE, each as soon as it can and each on disk before it leaves, so
 * that a new tunnel repeats the same bytes.  opening_step does whatever can
 * be done; every job's end calls it again.  Beside the run, from the moment
 * both users have agreed to talk:
 *
 *   own key made        -> KEY leaves
 *   KEY came            -> imported
 *
 * and once the tags were right, never before:
 *
 *   both keys           -> statement signed, STATEMENT leaves
 *   STATEMENT came      -> verified
 *   all of it           -> DONE leaves
 *   DONE came, own left -> compared; open
 *
 * Signing and verifying need no more of the peer's key than its fingerprint,
 * which its bytes give: they go on beside the import, and DONE does not leave
 * unless that finds the same fingerprint.
 *
 * Open on disk comes before OPENED leaves; only OPENED lets the peer forget the
 * run.  Spec: doc/protocol.md, "Opening".
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "core/event.h"
#include "core/gate_private.h"
#include "core/message.h"
#include "core/self.h"
#include "core/store/store_gate.h"

static void
fail (struct cf_request *r, gpg_error_t err)
{
  cf_refused (r->core->env, CF_REFUSED_GATE_OPENING);
  cf_log (r->core->env, CF_LOG_WARN, "gate: an opening failed: %s", gpg_strerror (err));
  cf_request_end (r, err, CF_TALK_REFUSED, "failed");
}

static gpg_error_t
block_set (struct cf_block *block, const uint8_t *data, size_t len)
{
  uint8_t *copy;

  copy = malloc (len);
  if (!copy)
    return cf_err_errno ();
  memcpy (copy, data, len);
  free (block->data);
  block->data = copy;
  block->len = len;
  return 0;
}

void
cf_opening_cancel (struct cf_request *r)
{
  struct cf_gpg *gpg = r->core->gpg;

  cf_gpg_cancel (gpg, r->key_job);
  cf_gpg_cancel (gpg, r->import_job);
  cf_gpg_cancel (gpg, r->sign_job);
  cf_gpg_cancel (gpg, r->verify_job);
  cf_gpg_cancel (gpg, r->check_job);
  r->key_job = r->import_job = r->sign_job = r->verify_job = r->check_job = NULL;
}

/* Have both users agreed to talk, so that the peer's KEY is taken? */
static bool
is_agreed (const struct cf_request *r)
{
  switch (r->state) {
  case CF_REQUEST_CALLING: /* our user has; the peer's has not even seen it */
  case CF_REQUEST_OPENED:
  case CF_REQUEST_ENDED:
    return false;
  case CF_REQUEST_ASKED:
    return r->agreed;
  default:
    return true;
  }
}

/* Our KEY tells the peer that our user agrees, and nobody is shown it who has not said, in this tunnel, that he does. */
static bool
may_show_key (const struct cf_request *r)
{
  return r->state == CF_REQUEST_SEALING || (r->asked ? r->heard : r->fresh);
}

/* --- jobs --- */

static void opening_step (struct cf_request *r);

static void
key_made (void *arg, gpg_error_t err, const struct cf_fpr *fpr, const uint8_t *block, size_t block_len)
{
  struct cf_request *r = arg;

  r->key_job = NULL;
  if (!err)
    err = block_set (&r->own_block, block, block_len);
  if (!err) {
    r->own_key = *fpr;
    if (r->state != CF_REQUEST_CALLING)
      err = cf_request_save (r);
  }
  if (err && r->state != CF_REQUEST_SEALING) /* made too early is no harm: tried again when it is needed */
    cf_log (r->core->env, CF_LOG_WARN, "gate: no conversation key yet: %s", gpg_strerror (err));
  else if (err)
    fail (r, err);
  else
    opening_step (r);
}

/* Begin to make our conversation key, unless it is there. */
static void
opening_prepare (struct cf_request *r)
{
  gpg_error_t err = 0;

  if (r->own_block.data || r->key_job)
    return;
  if (!r->passphrase) {
    err = cf_secmem_new (&r->passphrase, CF_GPG_PASSPHRASE_LEN);
    if (!err)
      cf_env_random (r->core->env, r->passphrase, CF_GPG_PASSPHRASE_LEN);
  }
  if (!err)
    err = cf_gpg_conversation_key_new (r->core->gpg, r->passphrase, key_made, r, &r->key_job);
  if (err) /* tried again when the key is needed, and reported there */
    cf_log (r->core->env, CF_LOG_WARN, "gate: no conversation key yet: %s", gpg_strerror (err));
}

/* A key that is in use elsewhere would be destroyed with whichever conversation ends first. */
bool
cf_opening_key_is_taken (const struct cf_request *r, const struct cf_fpr *key)
{
  const struct cf_conversation *c;
  const struct cf_request *other;

  for (c = r->core->conversations->first; c; c = c->next)
    if (memcmp (c->id, r->id, sizeof c->id) && (cf_fpr_equal (&c->peer_key, key) || cf_fpr_equal (&c->own_key, key)))
      return true;
  for (other = r->core->gate->first; other; other = other->next)
    if (other != r && (cf_fpr_equal (&other->peer_key, key) || cf_fpr_equal (&other->own_key, key)))
      return true;
  return cf_fpr_equal (&r->own_key, key); /* ours came back */
}

static void
key_imported (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct cf_request *r = arg;

  r->import_job = NULL;
  if (!err && cf_fpr_is_none (&r->peer_claim))
    r->peer_claim = key->fpr;
  if (!err && (cf_opening_key_is_taken (r, &key->fpr) || !cf_fpr_equal (&key->fpr, &r->peer_claim)))
    err = cf_err (CF_ERR_KEY_WRONG);
  if (!err) {
    r->peer_key = key->fpr;
    err = cf_request_save (r); /* so that it goes with the request, also after a crash */
  }
  if (err)
    fail (r, err);
  else
    opening_step (r);
}

static gpg_error_t
statement_bytes (const struct cf_request *r, struct cf_buf *out)
{
  const struct cf_fpr *self = &r->core->self->fpr;

  return cf_gate_statement_bytes (r->sid, r->asked ? self : &r->peer, r->asked ? &r->peer : self,
                                  r->asked ? &r->own_key : &r->peer_claim, r->asked ? &r->peer_claim : &r->own_key,
                                  out);
}

static void
statement_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_request *r = arg;

  r->sign_job = NULL;
  if (!err)
    err = block_set (&r->own_signature, data, len);
  if (!err) /* a second signature would have other bytes than the one that the peer may have by now */
    err = cf_request_save (r);
  if (err)
    fail (r, err);
  else
    opening_step (r);
}

static void
statement_verified (void *arg, gpg_error_t err)
{
  struct cf_request *r = arg;

  r->verify_job = NULL;
  if (err) {
    fail (r, err);
    return;
  }
  r->peer_signature_ok = true;
  opening_step (r);
}

/* Sign ours (VERIFY false), or verify theirs. */
static gpg_error_t
statement_start (struct cf_request *r, bool verify)
{
  struct cf_core *core = r->core;
  struct cf_buf bytes;
  gpg_error_t err;

  cf_buf_init (&bytes, 512);
  err = statement_bytes (r, &bytes);
  if (!err && verify)
    err = cf_gpg_statement_verify (core->gpg, CF_GPG_PERSON, &r->peer, "conversation", cf_buf_data (&bytes),
                                   cf_buf_len (&bytes), r->peer_signature.data, r->peer_signature.len,
                                   statement_verified, r, &r->verify_job);
  else if (!err)
    err = cf_gpg_statement_sign (core->gpg, &core->self->fpr, "conversation", cf_buf_data (&bytes),
                                 cf_buf_len (&bytes), statement_signed, r, &r->sign_job);
  cf_buf_done (&bytes);
  return err;
}

/* --- open --- */

static gpg_error_t
done_value (const struct cf_request *r, bool of_asker, uint8_t r_done[CF_HASH_LEN])
{
  struct cf_done_input in = { .c = r->secret, .sid = r->sid };

  in.asker = r->asked ? r->core->self->fpr : r->peer;
  in.answerer = r->asked ? r->peer : r->core->self->fpr;
  in.asker_key = r->asked ? r->own_block : r->peer_block;
  in.answerer_key = r->asked ? r->peer_block : r->own_block;
  in.asker_statement = r->asked ? r->own_signature : r->peer_signature;
  in.answerer_statement = r->asked ? r->peer_signature : r->own_signature;
  return cf_gate_done (&in, of_asker, r_done);
}

/* The conversation as it will be, in memory; what the store says of it comes after. */
static gpg_error_t
conversation_fill (struct cf_request *r, struct cf_conversation *conv)
{
  gpg_error_t err = 0;

  if (!conv->passphrase)
    err = cf_secmem_new (&conv->passphrase, CF_GPG_PASSPHRASE_LEN);
  if (!err && !conv->secret)
    err = cf_secmem_new (&conv->secret, CF_HASH_LEN);
  if (!err && !conv->note && r->note && !(conv->note = strdup (r->note)))
    err = cf_err_errno ();
  if (err)
    return err;
  memcpy (conv->passphrase, r->passphrase, CF_GPG_PASSPHRASE_LEN);
  memcpy (conv->secret, r->secret, CF_HASH_LEN);
  conv->own_key = r->own_key;
  conv->peer_key = r->peer_key;
  return 0;
}

gpg_error_t
cf_opening_keep_peer (struct cf_request *r)
{
  struct cf_peer *peer = cf_peer_find (r->core, &r->peer);
  uint8_t *pair = NULL;
  gpg_error_t err;

  if (!peer)
    return cf_err (GPG_ERR_NOT_FOUND);
  err = cf_secmem_new (&pair, CF_HASH_LEN);
  if (!err) {
    cf_gate_pair_secret (r->secret, pair);
    err = cf_peer_keep (r->core, peer, "password", pair);
  }
  cf_secmem_free (pair);
  return err;
}

/* Everything that "open" means, in one transaction. */
static gpg_error_t
commit_open (struct cf_request *r, struct cf_conversation *conv)
{
  struct cf_core *core = r->core;
  gpg_error_t err;

  err = cf_store_begin (core->store);
  if (err)
    return err;
  err = cf_opening_keep_peer (r);
  if (!err)
    err = cf_store_expectation_delete (core->store, &r->peer);
  if (!err)
    err = cf_conversation_set_state (core, conv, CF_CONVERSATION_OPEN);
  if (!err && !r->asked)
    err = cf_event_emit (core, "request_state", true, cf_request_json (r, "opened"));
  if (!err)
    err = cf_request_save (r);
  cf_store_end (core->store, &err);
  return err;
}

static void
open_now (struct cf_request *r)
{
  struct cf_core *core = r->core;
  struct cf_conversation *conv = cf_conversation_find (core, r->id);
  gpg_error_t err = 0;

  if (!conv)
    err = cf_conversation_new (core, r->id, &r->peer, r->asked, &conv);
  if (!err)
    err = conversation_fill (r, conv);
  if (!err) {
    cf_request_set_state (r, CF_REQUEST_OPENED);
    err = commit_open (r, conv);
  }
  if (err) {
    if (conv)
      conv->state = CF_CONVERSATION_REQUESTED; /* as on disk; gone with the request */
    /* Not open; the peer believes our DONE and is told that it came to nothing. */
    fail (r, err);
    return;
  }
  cf_request_say (r, CF_TALK_OPENED, NULL, 0);
  cf_gate_calls_end (r, 0, CF_SAY_NOTHING);
  cf_message_conversation_opened (core, conv);
}

static void
finish (struct cf_request *r)
{
  uint8_t done[CF_HASH_LEN];
  gpg_error_t err;

  err = done_value (r, r->asked, done);
  if (!err && !(r->sent & CF_SENT_DONE)) {
    /* All that a repetition needs, on disk before the peer may believe us. */
    err = cf_request_save (r);
    if (!err) {
      r->sent |= CF_SENT_DONE;
      cf_request_say (r, CF_TALK_DONE, done, sizeof done);
    }
  }
  if (!err && r->peer_done_set) {
    err = done_value (r, !r->asked, done);
    if (!err && !cf_ct_equal (done, r->peer_done, sizeof done))
      err = cf_err (CF_ERR_PROTOCOL);
    if (!err) {
      open_now (r);
      return;
    }
  }
  if (err)
    fail (r, err);
}

/* The peer's key into the keyring, once ours is made: it may be that ours comes back. */
static gpg_error_t
start_import (struct cf_request *r)
{
  if (!r->own_block.data || !r->peer_block.data || !cf_fpr_is_none (&r->peer_key) || r->import_job)
    return 0;
  return cf_gpg_conversation_key_import (r->core->gpg, r->peer_block.data, r->peer_block.len, key_imported, r,
                                         &r->import_job);
}

/* What gpg can begin of the statements. */
static gpg_error_t
start_statements (struct cf_request *r)
{
  gpg_error_t err = 0;

  if (!r->own_block.data || cf_fpr_is_none (&r->peer_claim))
    return 0;
  if (!r->own_signature.data && !r->sign_job)
    err = statement_start (r, false);
  if (!err && r->peer_signature.data && !r->peer_signature_ok && !r->verify_job)
    err = statement_start (r, true);
  return err;
}

/* The tags were right: statements and DONE. */
static gpg_error_t
seal (struct cf_request *r)
{
  gpg_error_t err;

  if (!r->own_block.data && !r->key_job)
    return cf_err (GPG_ERR_GENERAL); /* the cause is in the log */
  err = start_statements (r);
  if (!err && r->own_signature.data && !(r->sent & CF_SENT_STATEMENT)) {
    r->sent |= CF_SENT_STATEMENT;
    cf_request_say (r, CF_TALK_STATEMENT, r->own_signature.data, r->own_signature.len);
  }
  return err;
}

static void
opening_step (struct cf_request *r)
{
  gpg_error_t err = 0;

  if (!is_agreed (r))
    return;
  opening_prepare (r);
  if (r->own_block.data && !(r->sent & CF_SENT_KEY) && may_show_key (r)) {
    r->sent |= CF_SENT_KEY;
    r->shown = true;
    cf_request_say (r, CF_TALK_KEY, r->own_block.data, r->own_block.len);
  }
  /* A key of another version tells only when it is imported. */
  if (r->peer_block.data && cf_fpr_is_none (&r->peer_claim)
      && cf_gpg_block_fpr (r->peer_block.data, r->peer_block.len, &r->peer_claim))
    r->peer_claim = r->peer_key;
  if (r->state == CF_REQUEST_SEALING) /* before the import: the other side waits for it */
    err = seal (r);
  if (!err)
    err = start_import (r);
  if (err)
    fail (r, err);
  else if (r->state == CF_REQUEST_SEALING && r->own_signature.data && r->peer_signature_ok
           && !cf_fpr_is_none (&r->peer_key))
    finish (r);
}

/* From here on keys may travel. */
static void
opening_agree (struct cf_request *r)
{
  r->agreed = true;
  opening_step (r);
}

static void
opening_repeat (struct cf_request *r)
{
  uint8_t done[CF_HASH_LEN];
  gpg_error_t err;

  r->sent = 0;
  if (!r->asked)
    cf_request_say (r, CF_TALK_TB, r->own_tag, CF_CPACE_TAG_LEN);
  if (r->state == CF_REQUEST_SEALING) {
    opening_step (r);
    return;
  }
  cf_request_say (r, CF_TALK_KEY, r->own_block.data, r->own_block.len);
  cf_request_say (r, CF_TALK_STATEMENT, r->own_signature.data, r->own_signature.len);
  err = done_value (r, r->asked, done);
  if (!err)
    cf_request_say (r, CF_TALK_DONE, done, sizeof done);
}

/* What came must stay what it was: a second, other KEY or STATEMENT ends the opening. */
static void
take (struct cf_request *r, struct cf_block *block, const struct cf_talk_frame *frame)
{
  gpg_error_t err = 0;

  if (!block->data)
    err = block_set (block, frame->body, frame->body_len);
  else if (block->len != frame->body_len || memcmp (block->data, frame->body, frame->body_len))
    err = cf_err (CF_ERR_PROTOCOL);
  if (err)
    fail (r, err);
  else
    opening_step (r);
}

static bool
opening_frame (struct cf_request *r, const struct cf_talk_frame *frame)
{
  if (r->state == CF_REQUEST_OPENED) {
    /* The peer repeats because it has not heard that we are open. */
    if (frame->type == CF_TALK_DONE)
      cf_request_say (r, CF_TALK_OPENED, NULL, 0);
    return true;
  }
  if (frame->type == CF_TALK_KEY ? !is_agreed (r) : r->state != CF_REQUEST_SEALING)
    return false;
  switch (frame->type) {
  case CF_TALK_KEY:
    r->heard = true;
    take (r, &r->peer_block, frame);
    break;
  case CF_TALK_STATEMENT:
    take (r, &r->peer_signature, frame);
    break;
  default: /* DONE; compared once ours has left */
    memcpy (r->peer_done, frame->body, sizeof r->peer_done);
    r->peer_done_set = true;
    opening_step (r);
    break;
  }
  return true;
}

const struct cf_gate_purpose cf_purpose_open = {
  .number = CF_PURPOSE_OPEN,
  .name = "open",
  .ended = "open",
  .prepare = opening_prepare,
  .agree = opening_agree,
  .step = opening_step,
  .repeat = opening_repeat,
  .frame = opening_frame,
};
