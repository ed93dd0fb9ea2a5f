/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_run.c - one CPace run: five frames, one guess.
 *
 *   asker                                   answerer
 *   WAITING  <--------------- ACCEPT        ACCEPTED
 *   cf_run_begin  -- Ya -->                 cf_run_ya   (both tags known; on disk)
 *   YA            <-- Yb --                 YB
 *   cf_run_yb   (guess on disk)
 *   TA            -- Ta -->                 cf_run_ta   (guess on disk, then compared)
 *   cf_run_tb     <-- Tb --                 SEALING
 *   SEALING
 *
 * The order of the two "on disk" is what makes an aborted run cost a guess.
 * Spec: doc/protocol.md, "The run".
 */
#include <string.h>

#include "base/secmem.h"
#include "core/gate_guess.h"
#include "core/gate_private.h"
#include "core/self.h"
#include "core/store/store_gate.h"

void
cf_run_forget (struct cf_request *r)
{
  cf_cpace_free (r->cpace);
  cf_secmem_free (r->secret);
  cf_secmem_free (r->own_tag);
  cf_secmem_free (r->peer_tag);
  r->cpace = NULL;
  r->secret = r->own_tag = r->peer_tag = NULL;
}

/* Our half for the tunnel that is up: sid, then the share. */
static gpg_error_t
start (struct cf_request *r)
{
  struct cf_core *core = r->core;
  const uint8_t *hash = cf_link_handshake_hash (core, &r->peer);
  const uint8_t *device = cf_link_remote_device (core, &r->peer);
  const uint8_t *own_device = core->self->device.device_key;
  struct cf_parties parties;
  struct cf_cpace_config config = { 0 };
  uint8_t random[CF_CPACE_RANDOM_LEN];
  struct cf_buf ci;
  gpg_error_t err;

  if (!hash || !device)
    return cf_err (GPG_ERR_ENOTCONN);
  cf_run_forget (r);
  cf_gate_sid (hash, r->purpose->number, r->id, r->asked ? r->own_nonce : r->peer_nonce,
               r->asked ? r->peer_nonce : r->own_nonce, r->sid);
  parties.asker = r->asked ? core->self->fpr : r->peer;
  parties.answerer = r->asked ? r->peer : core->self->fpr;
  parties.asker_device = r->asked ? own_device : device;
  parties.answerer_device = r->asked ? device : own_device;
  cf_buf_init (&ci, 1 + 2 * (1 + CF_FPR_MAX + CF_DEVICE_KEY_LEN));
  err = cf_gate_ci (r->purpose->number, &parties, &ci);
  if (!err) {
    config.role = r->asked ? CF_CPACE_A : CF_CPACE_B;
    config.prs = r->prs;
    config.prs_len = CF_CPACE_PRS_LEN;
    config.ci = cf_buf_data (&ci);
    config.ci_len = cf_buf_len (&ci);
    config.sid = r->sid;
    config.sid_len = sizeof r->sid;
    cf_env_random (core->env, random, sizeof random);
    err = cf_cpace_start (&config, random, &r->cpace, r->own_share);
    cf_wipe (random, sizeof random);
  }
  cf_buf_done (&ci);
  return err;
}

/* With the peer's share: C and both tags, in secret memory; CPace's own state is gone afterwards. */
static gpg_error_t
derive (struct cf_request *r, const uint8_t *peer_share)
{
  struct cf_cpace_message own = { .ad = NULL }, peer = { .ad = NULL };
  uint8_t *isk = NULL;
  gpg_error_t err;

  memcpy (own.share, r->own_share, sizeof own.share);
  memcpy (peer.share, peer_share, sizeof peer.share);
  err = cf_secmem_new (&isk, CF_CPACE_ISK_LEN);
  if (!err)
    err = cf_secmem_new (&r->secret, CF_HASH_LEN);
  if (!err)
    err = cf_secmem_new (&r->own_tag, CF_CPACE_TAG_LEN);
  if (!err)
    err = cf_secmem_new (&r->peer_tag, CF_CPACE_TAG_LEN);
  if (!err)
    err = cf_cpace_finish (r->cpace, NULL, 0, &peer, isk);
  if (!err) {
    cf_gate_secret (isk, r->sid, r->secret);
    cf_cpace_tags (isk, r->sid, sizeof r->sid, r->asked ? &own : &peer, r->asked ? &peer : &own,
                   r->asked ? r->own_tag : r->peer_tag, r->asked ? r->peer_tag : r->own_tag);
  }
  cf_cpace_free (r->cpace);
  r->cpace = NULL;
  cf_secmem_free (isk);
  return err;
}

static void
end_run (struct cf_request *r, gpg_error_t err)
{
  if (gpg_err_code (err) == GPG_ERR_BAD_PUBKEY || gpg_err_code (err) == GPG_ERR_DUP_VALUE)
    cf_refused (r->core->env, CF_REFUSED_GATE_SHARE);
  cf_run_forget (r);
  cf_request_end (r, err, CF_TALK_REFUSED, "failed");
}

void
cf_run_begin (struct cf_request *r)
{
  gpg_error_t err;

  err = cf_gate_check_guesses (r->core, &r->peer, cf_request_is_stranger (r));
  if (!err)
    err = start (r);
  if (err) {
    end_run (r, err);
    return;
  }
  cf_request_set_state (r, CF_REQUEST_YA);
  cf_request_say (r, CF_TALK_YA, r->own_share, sizeof r->own_share);
  r->purpose->step (r);
}

void
cf_run_ya (struct cf_request *r, const uint8_t *share)
{
  gpg_error_t err;

  err = start (r);
  if (!err)
    err = derive (r, share);
  if (err) {
    end_run (r, err);
    return;
  }
  cf_request_set_state (r, CF_REQUEST_YB);
  /* On disk before Yb leaves: an asker that repeats Ta after our restart finds the run it belongs to. */
  err = cf_request_save (r);
  if (err)
    end_run (r, err);
  else
    cf_request_say (r, CF_TALK_YB, r->own_share, sizeof r->own_share);
}

/* Count the guess; with ALSO_SAVE the request's new state goes to disk with it. */
static gpg_error_t
charge (struct cf_request *r, bool also_save)
{
  struct cf_core *core = r->core;
  int64_t wait_ms;
  gpg_error_t err;

  err = cf_store_begin (core->store);
  if (err)
    return err;
  err = cf_guess_charge (core->store, core->env->now_utc_ms, &r->peer, cf_request_is_stranger (r), &wait_ms);
  if (!err && also_save)
    err = cf_request_save (r);
  cf_store_end (core->store, &err);
  return err;
}

void
cf_run_yb (struct cf_request *r, const uint8_t *share)
{
  gpg_error_t err;

  /* Our own share back would make the tags predictable from what we send ourselves. */
  if (cf_ct_equal (share, r->own_share, sizeof r->own_share))
    err = cf_err (GPG_ERR_DUP_VALUE);
  else
    err = derive (r, share);
  if (!err) {
    cf_request_set_state (r, CF_REQUEST_TA);
    err = charge (r, true);
  }
  if (err)
    end_run (r, err);
  else
    cf_request_say (r, CF_TALK_TA, r->own_tag, CF_CPACE_TAG_LEN);
}

/* The peer knows the password. */
static gpg_error_t
tags_right (struct cf_request *r)
{
  struct cf_store *store = r->core->store;
  gpg_error_t err;

  cf_request_set_state (r, CF_REQUEST_SEALING);
  err = cf_store_begin (store);
  if (err)
    return err;
  err = cf_guess_take_back (store, &r->peer);
  if (!err)
    err = cf_request_save (r);
  cf_store_end (store, &err);
  return err;
}

void
cf_run_ta (struct cf_request *r, const uint8_t *tag)
{
  gpg_error_t err;

  err = charge (r, false);
  if (err) {
    end_run (r, err);
    return;
  }
  if (!cf_ct_equal (tag, r->peer_tag, CF_CPACE_TAG_LEN)) {
    cf_refused (r->core->env, CF_REFUSED_GATE_TAG);
    cf_run_forget (r);
    cf_request_end (r, cf_err (CF_ERR_WRONG_PASSWORD), CF_TALK_WRONG, "wrong");
    return;
  }
  err = tags_right (r);
  if (err) {
    end_run (r, err);
    return;
  }
  cf_request_say (r, CF_TALK_TB, r->own_tag, CF_CPACE_TAG_LEN);
  r->purpose->step (r);
}

void
cf_run_tb (struct cf_request *r, const uint8_t *tag)
{
  gpg_error_t err;

  if (!cf_ct_equal (tag, r->peer_tag, CF_CPACE_TAG_LEN)) {
    cf_refused (r->core->env, CF_REFUSED_GATE_TAG);
    cf_run_forget (r);
    cf_request_end (r, cf_err (CF_ERR_WRONG_PASSWORD), CF_TALK_WRONG, "wrong");
    return;
  }
  err = tags_right (r);
  if (err)
    end_run (r, err);
  else
    r->purpose->step (r);
}
