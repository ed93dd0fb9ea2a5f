/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_verify.c - is a public key with a device statement what it says?
 *
 *   times, newest? --known, unchanged--> done in a later turn
 *                  --else--> IMPORT --state ok--> [REVOCATION --holds-->] STATEMENT --holds--> tied
 *                               \--bad state--> shown, not tied
 *
 * A revocation is looked at when it is newer than the one that we know.
 *
 * Everything a stranger sends passes here.  The order matters: what costs
 * nothing is checked first, and nothing is committed before all has been.
 */
#include <stdlib.h>
#include <string.h>

#include "core/peers.h"
#include "core/self.h"
#include "core/strangers.h"

#define VERIFY_MS 60000 /* gpg itself may hang: no promise of ours may */
#define CHANGES_MAX 16  /* keys or statements other than the known ones, of one peer in CHANGES_MS */
#define REPEATS_MAX 240 /* and the last of them once more */
#define CHANGES_MS (3600 * 1000)

struct cf_peer_verify {
  struct cf_peer_verify *next, **link;
  struct cf_peers *peers;
  enum cf_gpg_priority priority;
  struct cf_device_statement device; /* its signature points to SIGNATURE */
  uint8_t *signature;
  struct cf_buf bytes;               /* what was signed */
  struct cf_revocation revocation;   /* that is to be checked; its signature points to REVOCATION_SIGNATURE */
  uint8_t *revocation_signature;
  uint8_t digest[CF_HASH_LEN];
  char name[CF_NAME_MAX + 1];
  bool has_addr;
  struct cf_addr addr;
  struct cf_gpg_job *job;
  struct cf_timer timer;             /* the answer without work, or the deadline */
  bool known;
  bool committing;                   /* what we commit may make our owner cancel us: freed afterwards */
  enum cf_key_state state;
  enum cf_key_validity validity;
  int64_t expires_utc_ms;
  char *user_id;
  void (*done) (void *arg, gpg_error_t err, struct cf_peer *peer);
  void *arg;
};

static void
verify_free (struct cf_peer_verify *v)
{
  if (v->link) {
    *v->link = v->next;
    if (v->next)
      v->next->link = v->link;
  }
  cf_timer_cancel (v->peers->core->env, &v->timer);
  cf_gpg_cancel (v->peers->core->gpg, v->job);
  cf_buf_done (&v->bytes);
  free (v->signature);
  free (v->revocation_signature);
  free (v->user_id);
  free (v);
}

void
cf_peer_verify_cancel (struct cf_peer_verify *verify)
{
  if (!verify)
    return;
  verify->done = NULL;
  if (!verify->committing)
    verify_free (verify);
}

bool
cf_peer_verifying (const struct cf_peers *peers, const struct cf_fpr *fpr)
{
  for (const struct cf_peer_verify *v = peers->verifies; v; v = v->next)
    if (cf_fpr_equal (&v->device.identity, fpr))
      return true;
  return false;
}

/* Count why a key or statement does not hold: UNKNOWN where the error says no more.  Troubles of our own (memory, a
   full queue, the agent) are none of the peer's. */
static gpg_error_t
refused (struct cf_peers *peers, gpg_error_t err, enum cf_refusal unknown)
{
  enum cf_refusal reason;

  switch (gpg_err_code (err)) {
  case GPG_ERR_INV_TIME:
  case GPG_ERR_TOO_YOUNG:
  case GPG_ERR_CERT_EXPIRED:
    reason = CF_REFUSED_STATEMENT_TIME;
    break;
  case CF_ERR_KEY_EXPIRED:
  case CF_ERR_KEY_REVOKED:
  case CF_ERR_KEY_DISABLED:
  case CF_ERR_KEY_WEAK:
    reason = CF_REFUSED_KEY_STATE;
    break;
  case CF_ERR_PROTOCOL:
    reason = CF_REFUSED_HELLO_MALFORMED;
    break;
  case CF_ERR_STATEMENT:
  case CF_ERR_KEY_WRONG:
  case GPG_ERR_NO_PUBKEY:
  case GPG_ERR_BAD_PUBKEY:
  case GPG_ERR_TOO_LARGE:
    reason = unknown;
    break;
  default:
    return err;
  }
  cf_refused (peers->core->env, reason);
  return err;
}

static void
verify_finish (struct cf_peer_verify *v, gpg_error_t err, struct cf_peer *peer)
{
  void (*done) (void *, gpg_error_t, struct cf_peer *) = v->done;
  void *arg = v->arg;

  verify_free (v);
  if (done)
    done (arg, err, err ? NULL : peer);
}

static void
verify_tie (struct cf_peer_verify *v)
{
  gpg_error_t err;
  struct cf_key_info key = { .state = v->state, .validity = v->validity, .user_id = v->user_id,
                             .expires_utc_ms = v->expires_utc_ms };
  struct cf_peers_tie tie = { .key = &key, .name = v->name, .device = &v->device, .digest = v->digest,
                              .addr = v->has_addr ? &v->addr : NULL,
                              .revoked_utc_ms = v->revocation.before_utc_ms };
  struct cf_peer *peer = NULL;

  key.fpr = v->device.identity;
  if (v->known) {
    struct cf_peer *old = cf_peer_by_device (v->peers->core, v->device.device_key);

    /* Between asking and answering, it may have been untied or found bad. */
    err = old && cf_fpr_equal (&old->fpr, &v->device.identity) ? cf_key_state_error (cf_peer_key_state (v->peers->core, old))
                                                               : cf_err (CF_ERR_STATEMENT);
    tie.key = NULL;
  } else {
    err = cf_device_check_times (&v->device, v->peers->core->env->now_utc_ms);
  }
  v->committing = true;
  if (!err)
    err = cf_peers_tie (v->peers, &tie, &peer);
  if (err)
    refused (v->peers, err, CF_REFUSED_STATEMENT_OLDER);
  verify_finish (v, err, peer);
}

static void
verify_timer (void *arg)
{
  struct cf_peer_verify *v = arg;

  if (v->known)
    verify_tie (v);
  else
    verify_finish (v, cf_err (GPG_ERR_TIMEOUT), NULL);
}

static void
verify_checked (void *arg, gpg_error_t err)
{
  struct cf_peer_verify *v = arg;

  v->job = NULL;
  if (err)
    verify_finish (v, refused (v->peers, err, CF_REFUSED_STATEMENT_SIGNATURE), NULL);
  else
    verify_tie (v);
}

static gpg_error_t
check_statement (struct cf_peer_verify *v)
{
  return cf_gpg_statement_verify (v->peers->core->gpg, v->priority, &v->device.identity, "device",
                                  cf_buf_data (&v->bytes), cf_buf_len (&v->bytes), v->signature,
                                  v->device.signature_len, verify_checked, v, &v->job);
}

static void
revocation_checked (void *arg, gpg_error_t err)
{
  struct cf_peer_verify *v = arg;

  v->job = NULL;
  if (!err)
    err = check_statement (v);
  if (err)
    verify_finish (v, refused (v->peers, err, CF_REFUSED_STATEMENT_SIGNATURE), NULL);
}

static gpg_error_t
check_revocation (struct cf_peer_verify *v)
{
  struct cf_buf bytes;
  gpg_error_t err;

  cf_buf_init (&bytes, 256);
  err = cf_revocation_bytes (&v->device.identity, v->revocation.before_utc_ms, &bytes);
  if (!err)
    err = cf_gpg_statement_verify (v->peers->core->gpg, v->priority, &v->device.identity, "revoke", cf_buf_data (&bytes),
                                   cf_buf_len (&bytes), v->revocation.signature, v->revocation.signature_len,
                                   revocation_checked, v, &v->job);
  cf_buf_done (&bytes);
  return err;
}

static void
verify_imported (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct cf_peer_verify *v = arg;
  struct cf_peers_tie tie = { .key = key, .name = v->name, .device = &v->device,
                              .addr = v->has_addr ? &v->addr : NULL };

  v->job = NULL;
  if (err)
    goto leave;
  /* gpg/ promises this; a tie to the wrong person would be the worst of faults, so it is asked again. */
  if (!cf_fpr_equal (&key->fpr, &v->device.identity)) {
    err = cf_err (CF_ERR_KEY_WRONG);
    goto leave;
  }
  err = cf_key_state_error (key->state);
  if (err) {
    gpg_error_t shown;

    v->committing = true;
    shown = cf_peers_show_bad (v->peers, &tie);
    if (shown)
      cf_log (v->peers->core->env, CF_LOG_INFO, "a peer with a bad key is not shown: %s", gpg_strerror (shown));
    goto leave;
  }
  v->state = key->state;
  v->validity = key->validity;
  v->expires_utc_ms = key->expires_utc_ms;
  v->user_id = key->user_id ? strdup (key->user_id) : NULL;
  err = v->revocation.signature_len ? check_revocation (v) : check_statement (v);
leave:
  if (err)
    verify_finish (v, refused (v->peers, err, CF_REFUSED_KEY_BLOCK), NULL);
}

/* Keep HELLO's revocation if it is newer than what we know of its identity. */
static gpg_error_t
take_revocation (struct cf_peer_verify *v, const struct cf_revocation *r)
{
  const struct cf_peer *peer = cf_peer_find (v->peers->core, &v->device.identity);

  if (!r->signature_len || (peer && r->before_utc_ms <= peer->revoked_utc_ms))
    return 0;
  v->revocation_signature = malloc (r->signature_len);
  if (!v->revocation_signature)
    return cf_err (GPG_ERR_ENOMEM);
  v->revocation = *r;
  v->revocation.signature = memcpy (v->revocation_signature, r->signature, r->signature_len);
  return 0;
}

static gpg_error_t
verify_new (struct cf_peers *peers, const struct cf_hello *hello, const struct cf_addr *addr,
            struct cf_peer_verify **r_verify)
{
  gpg_error_t err;
  struct cf_hash h;
  struct cf_peer_verify *v = calloc (1, sizeof *v);

  if (!v)
    return cf_err (GPG_ERR_ENOMEM);
  v->peers = peers;
  cf_timer_init (&v->timer, verify_timer, v);
  cf_buf_init (&v->bytes, 1024);
  v->device = hello->device;
  v->device.signature = v->signature = malloc (hello->device.signature_len);
  if (!v->signature) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  memcpy (v->signature, hello->device.signature, hello->device.signature_len);
  memcpy (v->name, hello->name, sizeof v->name);
  v->name[CF_NAME_MAX] = 0;
  if (addr) {
    v->addr = *addr;
    v->has_addr = true;
  }
  err = take_revocation (v, &hello->revocation);
  if (!err)
    err = cf_device_bytes (&v->device, &v->bytes);
  if (err)
    goto leave;
  cf_hash_init (&h, NULL, "device seen");
  cf_hash_add (&h, cf_buf_data (&v->bytes), cf_buf_len (&v->bytes));
  cf_hash_add (&h, v->signature, v->device.signature_len);
  cf_hash_add (&h, hello->block, hello->block_len);
  cf_hash_final (&h, v->digest);
  *r_verify = v;

leave:
  if (err)
    verify_free (v);
  return err;
}

bool
cf_peers_is_revoked (const struct cf_peers *peers, const struct cf_device_statement *st)
{
  const struct cf_peer *peer = cf_map_get (peers->by_fpr, &st->identity);

  return peer && st->not_before_utc_ms < peer->revoked_utc_ms;
}

/* What can be said without OpenPGP. */
static gpg_error_t
check_cheap (struct cf_peers *peers, const struct cf_hello *hello)
{
  gpg_error_t err;
  const struct cf_self *self = peers->core->self;
  const struct cf_device_statement *st = &hello->device;

  if (!self)
    return cf_err (CF_ERR_LOCKED);
  if (cf_fpr_is_none (&st->identity) || !hello->block_len || hello->block_len > CF_GPG_BLOCK_MAX || !st->signature_len
      || st->signature_len > CF_GPG_SIGNATURE_MAX)
    return refused (peers, cf_err (CF_ERR_PROTOCOL), CF_REFUSED_HELLO_MALFORMED);
  if (cf_fpr_equal (&st->identity, &self->fpr) || !memcmp (st->device_key, self->device.device_key, CF_DEVICE_KEY_LEN))
    return refused (peers, cf_err (CF_ERR_KEY_WRONG), CF_REFUSED_STATEMENT_OWN);
  err = cf_device_check_times (st, peers->core->env->now_utc_ms);
  if (!err && hello->revocation.before_utc_ms > peers->core->env->now_utc_ms + CF_STATEMENT_EARLY_MS)
    err = cf_err (GPG_ERR_TOO_YOUNG);
  if (!err && (cf_peers_is_revoked (peers, st) || st->not_before_utc_ms < hello->revocation.before_utc_ms))
    return refused (peers, cf_err (CF_ERR_STATEMENT), CF_REFUSED_STATEMENT_REVOKED);
  if (!err)
    err = cf_peers_check_newest (peers, st);
  return refused (peers, err, CF_REFUSED_STATEMENT_OLDER);
}

/* Each costs three runs of gpg, and may add to his key in our keyring.  What was shown last, shown again, is no change:
   whose key has expired dials on, by each of our addresses, and is heard at once when he has extended it. */
static bool
may_change (struct cf_peers *peers, struct cf_peer *peer, const uint8_t digest[CF_HASH_LEN])
{
  uint64_t now = peers->core->env->now_ms;

  if (!peer->changes || now - peer->changes_since_ms >= CHANGES_MS) {
    peer->changes_since_ms = now;
    peer->changes = peer->repeats = 0;
  }
  if (peer->changes && !memcmp (peer->shown, digest, CF_HASH_LEN))
    return peer->repeats < REPEATS_MAX && ++peer->repeats;
  if (peer->changes == CHANGES_MAX)
    return false;
  peer->changes++;
  memcpy (peer->shown, digest, CF_HASH_LEN);
  return true;
}

gpg_error_t
cf_peer_verify_start (struct cf_peers *peers, enum cf_gpg_priority priority, const struct cf_hello *hello,
                      const struct cf_addr *from, const struct cf_addr *addr,
                      void (*done) (void *arg, gpg_error_t err, struct cf_peer *peer), void *arg,
                      struct cf_peer_verify **r_verify)
{
  gpg_error_t err;
  struct cf_peer_verify *v;
  struct cf_peer *peer;
  struct cf_peer_device *dev;

  err = check_cheap (peers, hello);
  if (!err && !cf_peer_find (peers->core, &hello->device.identity))
    err = cf_strangers_admit (peers->strangers, &hello->device.identity, from);
  if (!err)
    err = verify_new (peers, hello, addr, &v);
  if (err)
    return err;
  v->priority = priority;
  v->done = done;
  v->arg = arg;
  peer = cf_peer_by_device (peers->core, v->device.device_key);
  dev = peer ? cf_peers_device_by_key (peer, v->device.device_key) : NULL;
  v->known = dev && dev->tied && !memcmp (dev->digest, v->digest, CF_HASH_LEN) && !v->revocation.signature_len;
  if (v->known)
    cf_timer_after (peers->core->env, &v->timer, 0);
  else if (peer && !may_change (peers, peer, v->digest)) {
    cf_refused (peers->core->env, CF_REFUSED_KEY_CHANGES);
    verify_free (v);
    return cf_err (CF_ERR_RATE);
  } else {
    cf_timer_after (peers->core->env, &v->timer, VERIFY_MS);
    err = cf_gpg_key_import (peers->core->gpg, priority, &v->device.identity, hello->block, hello->block_len,
                             verify_imported, v, &v->job);
    if (err) {
      verify_free (v);
      return refused (peers, err, CF_REFUSED_KEY_BLOCK);
    }
  }
  v->next = peers->verifies;
  v->link = &peers->verifies;
  if (v->next)
    v->next->link = &v->next;
  peers->verifies = v;
  if (r_verify)
    *r_verify = v;
  return 0;
}

gpg_error_t
cf_peer_verify_hello (struct cf_core *core, const struct cf_hello *hello, const struct cf_addr *addr,
                      void (*done) (void *arg, gpg_error_t err, struct cf_peer *peer), void *arg)
{
  return cf_peer_verify_start (core->peers, CF_GPG_MESSAGE, hello, addr, addr, done, arg, NULL);
}
