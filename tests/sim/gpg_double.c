/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gpg_double.c - gpg.h without OpenPGP: instant keys that keep the rules.
 *
 * A signature is a MAC under a secret of the world's, so tests can flip and
 * replay them, but no node can forge one.  What a ring holds survives the
 * node's crashes, as a GnuPG home would; but people's keys, which are in the
 * conversation ring too, do not.  Everything is in clear: fuzzers and stories
 * can look inside.
 */

#include <config.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/secmem.h"
#include "base/text.h"
#include "tests/sim/sim.h"

#define RING_MAX 2048
#define MAC_LEN CF_HASH_LEN
#define UID_MAX 96

struct fake_key {
  struct cf_fpr fpr;
  char user_id[UID_MAX];
  enum cf_key_state state;
  int64_t expires_utc_ms; /* as its owner has set it; 0: never */
  bool secret, frozen;
  uint64_t encryption_key; /* key id of its newest encryption subkey */
  bool certified, exportable; /* by the user */
  uint8_t passphrase[CF_GPG_PASSPHRASE_LEN];
};

struct ring {
  struct fake_key keys[RING_MAX];
  size_t count;
};

struct sim_keys {
  struct ring user, conversation;
  uint64_t stamp; /* changes with the user's ring */
  gpg_error_t prompt_err;
};

enum result { RESULT_DONE, RESULT_KEY, RESULT_KEYS, RESULT_FPRS, RESULT_BYTES, RESULT_NEWKEY, RESULT_CERTIFIED };

struct cf_gpg_job {
  struct cf_gpg_job *next;
  struct cf_gpg *gpg;
  struct cf_timer timer;
  enum result result;
  void (*done) (void); /* cast back by RESULT */
  void *arg;
  gpg_error_t err;
  struct cf_fpr fpr;
  struct fake_key key;
  bool already, imported;
  uint8_t *data;
  size_t len;
};

struct cf_gpg {
  struct sim_node *node;
  struct cf_gpg_job *jobs;
  cf_gpg_keep_fn keep;
  void *keep_arg;
};

static const uint8_t world_secret[CF_HASH_LEN] = "the world's secret, not a node's";

/* ---- rings ---- */

static struct fake_key *
ring_find (struct ring *ring, const struct cf_fpr *fpr)
{
  for (size_t i = 0; i < ring->count; i++)
    if (cf_fpr_equal (&ring->keys[i].fpr, fpr))
      return &ring->keys[i];
  return NULL;
}

static struct fake_key *
ring_add (struct ring *ring, const struct cf_fpr *fpr, const char *user_id)
{
  struct fake_key *key = ring_find (ring, fpr);

  if (key)
    return key;
  assert (ring->count < RING_MAX);
  key = &ring->keys[ring->count++];
  memset (key, 0, sizeof *key);
  key->fpr = *fpr;
  snprintf (key->user_id, sizeof key->user_id, "%s", user_id);
  return key;
}

/* What is newer in KEY is taken over: its user ID, and when it expires. */
static struct fake_key *
ring_update (struct ring *ring, const struct fake_key *key)
{
  struct fake_key *known = ring_add (ring, &key->fpr, key->user_id);

  memcpy (known->user_id, key->user_id, sizeof known->user_id);
  known->expires_utc_ms = key->expires_utc_ms;
  return known;
}

static void
random_fpr (struct cf_env *env, struct cf_fpr *r_fpr)
{
  memset (r_fpr, 0, sizeof *r_fpr);
  r_fpr->version = 4;
  r_fpr->len = 20;
  cf_env_random (env, r_fpr->bytes, 20);
}

struct sim_keys *
sim_keys_new (struct sim_node *node, struct cf_fpr *r_identity)
{
  struct sim_keys *keys = calloc (1, sizeof *keys);
  struct fake_key *key;
  char user_id[UID_MAX];

  assert (keys);
  random_fpr (&node->env, r_identity);
  snprintf (user_id, sizeof user_id, "%s <%s@test.invalid>", node->name, node->name);
  key = ring_add (&keys->user, r_identity, user_id);
  key->secret = true;
  key->encryption_key = 1;
  return keys;
}

void
sim_keys_free (struct sim_keys *keys)
{
  free (keys);
}

void
sim_keys_set_state (struct sim_node *node, const struct cf_fpr *fpr, enum cf_key_state state)
{
  struct fake_key *key = ring_find (&node->keys->conversation, fpr);

  ring_add (&node->keys->user, fpr, key ? key->user_id : "somebody")->state = state;
  node->keys->stamp++;
}

void
sim_keys_set_expiry (struct sim_node *node, int64_t expires_utc_ms)
{
  ring_find (&node->keys->user, &node->fpr)->expires_utc_ms = expires_utc_ms;
  node->keys->stamp++;
}

void
sim_keys_set_user_id (struct sim_node *node, const char *user_id)
{
  struct fake_key *key = ring_find (&node->keys->user, &node->fpr);

  snprintf (key->user_id, sizeof key->user_id, "%s", user_id);
  node->keys->stamp++;
}

void
sim_keys_new_subkey (struct sim_node *node)
{
  ring_find (&node->keys->user, &node->fpr)->encryption_key++;
  node->keys->stamp++;
}

uint64_t
cf_gpg_keyring_stamp (struct cf_gpg *gpg)
{
  return gpg->node->keys->stamp;
}

void
sim_gpg_fail (struct sim_node *node, gpg_error_t err)
{
  node->keys->prompt_err = err;
}

/* The worst of both rings, as the real engine answers it. */
static void
combine (struct cf_gpg *gpg, const struct fake_key *key, struct fake_key *r_key)
{
  struct fake_key *user = ring_find (&gpg->node->keys->user, &key->fpr);

  *r_key = *key;
  if (user && user->state > r_key->state)
    r_key->state = user->state;
  if (!r_key->state && r_key->expires_utc_ms && gpg->node->env.now_utc_ms >= r_key->expires_utc_ms)
    r_key->state = CF_KEY_EXPIRED;
  r_key->certified = user && user->certified;
}

/* ---- jobs ---- */

static void
job_unlink (struct cf_gpg_job *job)
{
  struct cf_gpg_job **p = &job->gpg->jobs;

  while (*p != job)
    p = &(*p)->next;
  *p = job->next;
  cf_timer_cancel (&job->gpg->node->env, &job->timer);
}

static void
job_free (struct cf_gpg_job *job)
{
  if (job->data)
    cf_wipe (job->data, job->len);
  free (job->data);
  free (job);
}

static void
info_of (const struct fake_key *key, struct cf_key_info *r_info)
{
  memset (r_info, 0, sizeof *r_info);
  r_info->fpr = key->fpr;
  r_info->user_id = key->user_id;
  r_info->algorithm = "ed25519";
  r_info->created_utc_ms = 1700000000000LL;
  r_info->expires_utc_ms = key->expires_utc_ms;
  r_info->state = key->state;
  r_info->validity = key->certified ? CF_VALIDITY_FULL : CF_VALIDITY_UNKNOWN;
  r_info->has_secret = key->secret;
  r_info->can_sign = r_info->can_encrypt = true;
  r_info->encryption_key = key->encryption_key;
}

static void
job_fire (void *arg)
{
  struct cf_gpg_job *job = arg;
  struct cf_certification certification = { job->key.user_id, job->already, job->imported };
  struct cf_key_info info;

  job_unlink (job);
  info_of (&job->key, &info);
  switch (job->result) {
  case RESULT_DONE:
    ((cf_gpg_done_fn) job->done) (job->arg, job->err);
    break;
  case RESULT_KEY:
    ((cf_gpg_key_fn) job->done) (job->arg, job->err, job->err ? NULL : &info);
    break;
  case RESULT_KEYS:
    ((cf_gpg_keys_fn) job->done) (job->arg, job->err, &info, 1);
    break;
  case RESULT_FPRS:
    ((cf_gpg_fprs_fn) job->done) (job->arg, job->err, (struct cf_fpr *) (void *) job->data,
                                  job->err ? 0 : job->len / sizeof (struct cf_fpr));
    break;
  case RESULT_BYTES:
    ((cf_gpg_bytes_fn) job->done) (job->arg, job->err, job->err ? NULL : job->data, job->err ? 0 : job->len);
    break;
  case RESULT_NEWKEY:
    ((cf_gpg_newkey_fn) job->done) (job->arg, job->err, &job->fpr, job->data, job->len);
    break;
  case RESULT_CERTIFIED:
    ((cf_gpg_certify_fn) job->done) (job->arg, job->err, job->err ? NULL : &certification);
    break;
  }
  job_free (job);
}

static struct cf_gpg_job *
job_new (struct cf_gpg *gpg, enum result result, void (*done) (void), void *arg, uint64_t ms,
         struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = calloc (1, sizeof *job);

  assert (job);
  job->gpg = gpg;
  job->result = result;
  job->done = done;
  job->arg = arg;
  cf_timer_init (&job->timer, job_fire, job);
  cf_timer_after (&gpg->node->env, &job->timer, ms);
  job->next = gpg->jobs;
  gpg->jobs = job;
  if (r_job)
    *r_job = job;
  return job;
}

#define JOB(result, ms) job_new (gpg, result, (void (*) (void)) done, arg, ms, r_job)
#define SIGN_MS (gpg->node->sim->gpg_sign_ms)

static void
job_bytes (struct cf_gpg_job *job, struct cf_buf *buf)
{
  job->len = cf_buf_len (buf);
  job->data = malloc (job->len ? job->len : 1);
  assert (job->data);
  memcpy (job->data, cf_buf_data (buf), job->len);
  cf_buf_done (buf);
}

void
cf_gpg_cancel (struct cf_gpg *gpg, struct cf_gpg_job *job)
{
  (void) gpg;
  if (!job)
    return;
  job_unlink (job);
  job_free (job);
}

struct cf_gpg *
sim_gpg_new (struct sim_node *node)
{
  struct cf_gpg *gpg = calloc (1, sizeof *gpg);

  struct ring *ring = &node->keys->conversation;

  assert (gpg);
  gpg->node = node;
  for (size_t i = 0; i < ring->count;)
    if (ring->keys[i].frozen)
      i++;
    else
      ring->keys[i] = ring->keys[--ring->count];
  return gpg;
}

void
cf_gpg_free (struct cf_gpg *gpg)
{
  if (!gpg)
    return;
  while (gpg->jobs)
    cf_gpg_cancel (gpg, gpg->jobs);
  free (gpg);
}

void
cf_gpg_set_prompt (struct cf_gpg *gpg, const char *display, const char *ttyname, const char *ttytype,
                   const char *lc_ctype)
{
  (void) gpg;
  (void) display;
  (void) ttyname;
  (void) ttytype;
  (void) lc_ctype;
}

/* ---- names ---- */

const char *
cf_key_state_name (enum cf_key_state state)
{
  static const char *const names[] = { "ok", "expired", "revoked", "disabled", "weak" };

  return names[state];
}

const char *
cf_key_validity_name (enum cf_key_validity validity)
{
  static const char *const names[] = { "unknown", "never", "marginal", "full", "ultimate" };

  return names[validity];
}

gpg_error_t
cf_key_state_error (enum cf_key_state state)
{
  static const gpg_err_code_t codes[] = { 0, CF_ERR_KEY_EXPIRED, CF_ERR_KEY_REVOKED, CF_ERR_KEY_DISABLED,
                                          CF_ERR_KEY_WEAK };

  return codes[state] ? cf_err (codes[state]) : 0;
}

/* ---- public keys: "KEY", fingerprint, user ID, and when it expires if it does ---- */

static gpg_error_t
write_block (const struct fake_key *key, struct cf_buf *buf)
{
  struct cf_wr wr;

  cf_buf_init (buf, CF_GPG_BLOCK_MAX);
  cf_wr_init (&wr, buf);
  cf_wr_bytes (&wr, "KEY", 3);
  cf_wr_fpr (&wr, &key->fpr);
  cf_wr_blob16 (&wr, key->user_id, strlen (key->user_id));
  if (key->expires_utc_ms)
    cf_wr_u64 (&wr, (uint64_t) key->expires_utc_ms);
  return cf_wr_finish (&wr);
}

static gpg_error_t
read_block (const void *block, size_t len, struct fake_key *r_key)
{
  const uint8_t *uid;
  size_t uid_len;
  uint8_t magic[3];
  struct cf_rd rd;

  memset (r_key, 0, sizeof *r_key);
  cf_rd_init (&rd, block, len);
  cf_rd_bytes (&rd, magic, 3);
  cf_rd_fpr (&rd, &r_key->fpr);
  cf_rd_blob16 (&rd, &uid, &uid_len, UID_MAX - 1);
  if (rd.left && !rd.err)
    r_key->expires_utc_ms = (int64_t) (cf_rd_u64 (&rd) & INT64_MAX);
  if (cf_rd_finish (&rd) || memcmp (magic, "KEY", 3))
    return cf_err (GPG_ERR_BAD_PUBKEY);
  memcpy (r_key->user_id, uid, uid_len);
  return 0;
}

/* ---- people's keys ---- */

void
cf_gpg_people_kept (struct cf_gpg *gpg, cf_gpg_keep_fn keep, void *arg)
{
  gpg->keep = keep;
  gpg->keep_arg = arg;
}

gpg_error_t
cf_gpg_people_load (struct cf_gpg *gpg, const struct cf_gpg_block *blocks, size_t count, cf_gpg_done_fn done, void *arg,
                    struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_DONE, 0);
  struct fake_key key;

  for (size_t i = 0; !job->err && i < count; i++) {
    job->err = read_block (blocks[i].data, blocks[i].len, &key);
    if (!job->err)
      ring_update (&gpg->node->keys->conversation, &key);
  }
  return 0;
}

/* KEY has been imported: as the real engine, it is kept first. */
static gpg_error_t
take_person (struct cf_gpg *gpg, const struct fake_key *key, struct fake_key *r_key)
{
  gpg_error_t err;
  struct cf_buf buf;

  combine (gpg, ring_update (&gpg->node->keys->conversation, key), r_key);
  err = write_block (key, &buf);
  if (!err && gpg->keep)
    err = gpg->keep (gpg->keep_arg, &key->fpr, cf_buf_data (&buf), cf_buf_len (&buf));
  cf_buf_done (&buf);
  return err;
}

gpg_error_t
cf_gpg_block_fpr (const void *block, size_t len, struct cf_fpr *r_fpr)
{
  struct fake_key key;
  gpg_error_t err = read_block (block, len, &key);

  if (!err)
    *r_fpr = key.fpr;
  return err;
}

gpg_error_t
cf_gpg_secret_keys (struct cf_gpg *gpg, cf_gpg_keys_fn done, void *arg, struct cf_gpg_job **r_job)
{
  JOB (RESULT_KEYS, 0)->key = gpg->node->keys->user.keys[0];
  return 0;
}

gpg_error_t
cf_gpg_identity_generate (struct cf_gpg *gpg, const char *user_id, cf_gpg_key_fn done, void *arg,
                          struct cf_gpg_job **r_job)
{
  struct fake_key *key;
  struct cf_fpr fpr;

  random_fpr (&gpg->node->env, &fpr);
  key = ring_add (&gpg->node->keys->user, &fpr, user_id);
  key->secret = true;
  key->encryption_key = 1;
  JOB (RESULT_KEY, gpg->node->sim->gpg_make_ms)->key = *key;
  return 0;
}

gpg_error_t
cf_gpg_identity_export (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_bytes_fn done, void *arg,
                        struct cf_gpg_job **r_job)
{
  struct fake_key *key = ring_find (&gpg->node->keys->user, fpr);
  struct cf_gpg_job *job = JOB (RESULT_BYTES, 0);
  struct cf_buf buf;

  if (!key)
    job->err = cf_err (GPG_ERR_NO_PUBKEY);
  else {
    ring_update (&gpg->node->keys->conversation, key);
    job->err = write_block (key, &buf);
    job_bytes (job, &buf);
  }
  return 0;
}

static bool
is_frozen (struct cf_gpg *gpg, const struct cf_fpr *fpr)
{
  const struct fake_key *key = ring_find (&gpg->node->keys->conversation, fpr);

  return key && key->frozen;
}

gpg_error_t
cf_gpg_key_import (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *expected,
                   const void *block, size_t len, cf_gpg_key_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_KEY, 0);
  struct fake_key key;

  (void) priority;
  job->err = read_block (block, len, &key);
  if (!job->err && (!cf_fpr_equal (&key.fpr, expected) || is_frozen (gpg, &key.fpr)))
    job->err = cf_err (CF_ERR_KEY_WRONG);
  if (!job->err)
    job->err = take_person (gpg, &key, &job->key);
  return 0;
}

gpg_error_t
cf_gpg_key_import_chosen (struct cf_gpg *gpg, const void *block, size_t len, cf_gpg_key_fn done, void *arg,
                          struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_KEY, 0);
  struct fake_key key;

  job->err = read_block (block, len, &key);
  if (!job->err)
    job->err = take_person (gpg, &key, &job->key);
  return 0;
}

gpg_error_t
cf_gpg_key_lookup (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_key_fn done, void *arg,
                   struct cf_gpg_job **r_job)
{
  struct fake_key *key = ring_find (&gpg->node->keys->conversation, fpr);
  struct cf_gpg_job *job = JOB (RESULT_KEY, 0);

  if (key)
    combine (gpg, key, &job->key);
  else
    job->err = cf_err (GPG_ERR_NO_PUBKEY);
  return 0;
}

gpg_error_t
cf_gpg_certify (struct cf_gpg *gpg, const struct cf_fpr *identity, const struct cf_fpr *fpr, bool exportable,
                cf_gpg_certify_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct fake_key *own = ring_find (&gpg->node->keys->conversation, fpr);
  struct fake_key *user = ring_find (&gpg->node->keys->user, fpr);
  struct cf_gpg_job *job = JOB (RESULT_CERTIFIED, SIGN_MS);

  (void) identity;
  if (!own)
    job->err = cf_err (GPG_ERR_NO_PUBKEY);
  else {
    combine (gpg, own, &job->key);
    job->err = cf_key_state_error (job->key.state);
  }
  if (!job->err)
    job->err = gpg->node->keys->prompt_err;
  if (job->err)
    return 0;
  job->imported = !user;
  if (!user)
    user = ring_add (&gpg->node->keys->user, fpr, own->user_id);
  job->already = user->certified && (user->exportable || !exportable);
  user->certified = true;
  user->exportable = user->exportable || exportable;
  return 0;
}

/* ---- signatures: "SIG", fingerprint, MAC ---- */

static void
mac (const char *label, const struct cf_fpr *fpr, const char *kind, const void *data, size_t len,
     uint8_t out[MAC_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, world_secret, label);
  cf_hash_add (&h, fpr, sizeof *fpr);
  cf_hash_add (&h, kind, strlen (kind));
  cf_hash_add (&h, data, len);
  cf_hash_final (&h, out);
}

gpg_error_t
cf_gpg_statement_sign (struct cf_gpg *gpg, const struct cf_fpr *identity, const char *kind, const void *bytes,
                       size_t len, cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct fake_key *key = ring_find (&gpg->node->keys->user, identity);
  struct cf_gpg_job *job = JOB (RESULT_BYTES, SIGN_MS);
  uint8_t tag[MAC_LEN];
  struct cf_buf buf;
  struct cf_wr wr;

  if (!key || !key->secret)
    job->err = cf_err (GPG_ERR_NO_SECKEY);
  else if (key->state || (key->expires_utc_ms && gpg->node->env.now_utc_ms >= key->expires_utc_ms))
    job->err = cf_key_state_error (key->state ? key->state : CF_KEY_EXPIRED);
  else
    job->err = gpg->node->keys->prompt_err;
  if (job->err)
    return 0;
  mac ("sim signature", identity, kind, bytes, len, tag);
  cf_buf_init (&buf, 256);
  cf_wr_init (&wr, &buf);
  cf_wr_bytes (&wr, "SIG", 3);
  cf_wr_fpr (&wr, identity);
  cf_wr_bytes (&wr, tag, sizeof tag);
  job->err = cf_wr_finish (&wr);
  job_bytes (job, &buf);
  return 0;
}

static gpg_error_t
verify (struct cf_gpg *gpg, const struct cf_fpr *identity, const char *kind, const void *bytes, size_t len,
        const void *sig, size_t sig_len, bool may_lapse, cf_gpg_done_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct fake_key *known = ring_find (&gpg->node->keys->conversation, identity), key;
  struct cf_gpg_job *job = JOB (RESULT_DONE, SIGN_MS);
  uint8_t magic[3], tag[MAC_LEN], want[MAC_LEN];
  struct cf_fpr signer;
  struct cf_rd rd;

  cf_rd_init (&rd, sig, sig_len);
  cf_rd_bytes (&rd, magic, 3);
  cf_rd_fpr (&rd, &signer);
  cf_rd_bytes (&rd, tag, sizeof tag);
  mac ("sim signature", identity, kind, bytes, len, want);
  if (!known)
    job->err = cf_err (GPG_ERR_NO_PUBKEY);
  else if (cf_rd_finish (&rd) || memcmp (magic, "SIG", 3) || !cf_fpr_equal (&signer, identity) ||
           memcmp (tag, want, sizeof tag))
    job->err = cf_err (CF_ERR_STATEMENT);
  else {
    combine (gpg, known, &key);
    job->err = may_lapse && key.state == CF_KEY_EXPIRED ? 0 : cf_key_state_error (key.state);
  }
  return 0;
}

gpg_error_t
cf_gpg_statement_verify (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *identity,
                         const char *kind, const void *bytes, size_t len, const void *sig, size_t sig_len,
                         cf_gpg_done_fn done, void *arg, struct cf_gpg_job **r_job)
{
  (void) priority;
  return verify (gpg, identity, kind, bytes, len, sig, sig_len, false, done, arg, r_job);
}

gpg_error_t
cf_gpg_store_verify (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *bytes, size_t len, const void *sig,
                     size_t sig_len, cf_gpg_done_fn done, void *arg, struct cf_gpg_job **r_job)
{
  return verify (gpg, identity, "store", bytes, len, sig, sig_len, true, done, arg, r_job);
}

/* ---- sealed secrets: "SEAL", fingerprint, bytes ---- */

gpg_error_t
cf_gpg_secret_seal (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *secret, size_t len,
                    cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_BYTES, SIGN_MS);
  struct cf_buf buf;
  struct cf_wr wr;

  cf_buf_init (&buf, 4096);
  cf_wr_init (&wr, &buf);
  cf_wr_bytes (&wr, "SEAL", 4);
  cf_wr_fpr (&wr, identity);
  cf_wr_u64 (&wr, ring_find (&gpg->node->keys->user, identity)->encryption_key);
  cf_wr_blob16 (&wr, secret, len);
  job->err = cf_wr_finish (&wr);
  job_bytes (job, &buf);
  return 0;
}

gpg_error_t
cf_gpg_secret_open (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *sealed, size_t len,
                    cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_BYTES, SIGN_MS);
  const uint8_t *secret;
  size_t secret_len;
  uint8_t magic[4];
  struct cf_fpr to;
  struct cf_buf buf;
  struct cf_rd rd;

  cf_rd_init (&rd, sealed, len);
  cf_rd_bytes (&rd, magic, 4);
  cf_rd_fpr (&rd, &to);
  cf_rd_u64 (&rd);
  cf_rd_blob16 (&rd, &secret, &secret_len, 4096);
  job->err = gpg->node->keys->prompt_err;
  if (!job->err && (cf_rd_finish (&rd) || memcmp (magic, "SEAL", 4) || !cf_fpr_equal (&to, identity)))
    job->err = cf_err (GPG_ERR_DECRYPT_FAILED);
  if (job->err)
    return 0;
  cf_buf_init (&buf, 4096);
  job->err = cf_buf_add (&buf, secret, secret_len);
  job_bytes (job, &buf);
  return 0;
}

uint64_t
cf_gpg_sealed_to (const void *sealed, size_t len)
{
  struct cf_fpr to;
  uint8_t magic[4];
  uint64_t id;
  struct cf_rd rd;

  cf_rd_init (&rd, sealed, len);
  cf_rd_bytes (&rd, magic, 4);
  cf_rd_fpr (&rd, &to);
  id = cf_rd_u64 (&rd);
  return rd.err ? 0 : id;
}

/* ---- conversation keys ---- */

gpg_error_t
cf_gpg_conversation_key_new (struct cf_gpg *gpg, const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN],
                             cf_gpg_newkey_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_NEWKEY, gpg->node->sim->gpg_make_ms);
  struct fake_key *key;
  struct cf_buf buf;

  random_fpr (&gpg->node->env, &job->fpr);
  key = ring_add (&gpg->node->keys->conversation, &job->fpr, "conversation");
  key->secret = key->frozen = true;
  memcpy (key->passphrase, passphrase, sizeof key->passphrase);
  job->err = write_block (key, &buf);
  job_bytes (job, &buf);
  return 0;
}

gpg_error_t
cf_gpg_conversation_keys (struct cf_gpg *gpg, cf_gpg_fprs_fn done, void *arg, struct cf_gpg_job **r_job)
{
  const struct ring *ring = &gpg->node->keys->conversation;
  struct cf_gpg_job *job = JOB (RESULT_FPRS, 0);
  struct cf_fpr *fprs = calloc (ring->count + 1, sizeof *fprs);
  size_t count = 0;

  assert (fprs);
  for (size_t i = 0; i < ring->count; i++)
    if (ring->keys[i].secret)
      fprs[count++] = ring->keys[i].fpr;
  for (const struct cf_gpg_job *j = gpg->jobs; j; j = j->next)
    if (j->result == RESULT_NEWKEY)
      job->err = cf_err (GPG_ERR_EAGAIN);
  job->data = (uint8_t *) fprs;
  job->len = count * sizeof *fprs;
  return 0;
}

gpg_error_t
cf_gpg_conversation_key_import (struct cf_gpg *gpg, const void *block, size_t len, cf_gpg_key_fn done,
                                void *arg, struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_KEY, 0);

  struct fake_key *known;

  job->err = read_block (block, len, &job->key);
  known = job->err ? NULL : ring_find (&gpg->node->keys->conversation, &job->key.fpr);
  if (known && (known->secret || !known->frozen))
    job->err = cf_err (CF_ERR_KEY_WRONG);
  if (!job->err)
    ring_add (&gpg->node->keys->conversation, &job->key.fpr, job->key.user_id)->frozen = true;
  return 0;
}

gpg_error_t
cf_gpg_conversation_key_delete (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_done_fn done, void *arg,
                                struct cf_gpg_job **r_job)
{
  struct ring *ring = &gpg->node->keys->conversation;
  struct fake_key *key = ring_find (ring, fpr);
  struct cf_gpg_job *job = JOB (RESULT_DONE, 0);

  if (key && !key->frozen)
    job->err = cf_err (GPG_ERR_FORBIDDEN);
  else if (key)
    *key = ring->keys[--ring->count];
  return 0;
}

gpg_error_t
cf_gpg_stranger_forget (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_done_fn done, void *arg,
                        struct cf_gpg_job **r_job)
{
  struct ring *ring = &gpg->node->keys->conversation;
  struct fake_key *key = ring_find (ring, fpr), *user = ring_find (&gpg->node->keys->user, fpr);
  struct cf_gpg_job *job = JOB (RESULT_DONE, 0);

  if (key && (key->frozen || key->secret || (user && user->secret)))
    job->err = cf_err (GPG_ERR_FORBIDDEN);
  else {
    if (key)
      *key = ring->keys[--ring->count];
    if (gpg->keep)
      job->err = gpg->keep (gpg->keep_arg, fpr, NULL, 0);
  }
  return 0;
}

bool
sim_keys_have (const struct sim_node *node, const struct cf_fpr *fpr)
{
  return ring_find (&node->keys->conversation, fpr) != NULL;
}

size_t
sim_keys_count (const struct sim_node *node)
{
  return node->keys->conversation.count;
}

/* ---- envelopes: "ENV", signer, recipients, text, MAC over all before it ---- */

gpg_error_t
cf_gpg_envelope_seal (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, const void *plain,
                      size_t len, cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct fake_key *own = ring_find (&gpg->node->keys->conversation, keys->own);
  struct cf_gpg_job *job = JOB (RESULT_BYTES, SIGN_MS);
  uint8_t tag[MAC_LEN];
  struct cf_buf buf;
  struct cf_wr wr;

  if (!own || !own->secret)
    job->err = cf_err (GPG_ERR_NO_SECKEY);
  else if (memcmp (own->passphrase, keys->passphrase, sizeof own->passphrase))
    job->err = gpg_err_make (GPG_ERR_SOURCE_GPGAGENT, GPG_ERR_BAD_PASSPHRASE);
  for (size_t i = 0; !job->err && i < keys->recipient_count; i++)
    if (!ring_find (&gpg->node->keys->conversation, &keys->recipients[i]))
      job->err = cf_err (GPG_ERR_UNUSABLE_PUBKEY);
  if (job->err)
    return 0;
  cf_buf_init (&buf, CF_GPG_ENVELOPE_MAX);
  cf_wr_init (&wr, &buf);
  cf_wr_bytes (&wr, "ENV", 3);
  cf_wr_fpr (&wr, keys->own);
  cf_wr_u8 (&wr, (uint8_t) keys->recipient_count);
  for (size_t i = 0; i < keys->recipient_count; i++)
    cf_wr_fpr (&wr, &keys->recipients[i]);
  cf_wr_blob32 (&wr, plain, len);
  mac ("sim envelope", keys->own, "", cf_buf_data (&buf), cf_buf_len (&buf), tag);
  cf_wr_bytes (&wr, tag, sizeof tag);
  job->err = cf_wr_finish (&wr);
  job_bytes (job, &buf);
  return 0;
}

static gpg_error_t
open_envelope (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, const void *sealed, size_t len,
               struct cf_buf *r_plain)
{
  struct fake_key *own = ring_find (&gpg->node->keys->conversation, keys->own);
  uint8_t magic[3], tag[MAC_LEN], want[MAC_LEN];
  struct cf_fpr signer, recipient;
  const uint8_t *plain;
  size_t plain_len, count;
  bool same = true;
  struct cf_rd rd;

  cf_rd_init (&rd, sealed, len);
  cf_rd_bytes (&rd, magic, 3);
  cf_rd_fpr (&rd, &signer);
  count = cf_rd_u8 (&rd);
  for (size_t i = 0; i < count && !rd.err; i++) {
    cf_rd_fpr (&rd, &recipient);
    same = same && i < keys->recipient_count && cf_fpr_equal (&recipient, &keys->recipients[i]);
  }
  cf_rd_blob32 (&rd, &plain, &plain_len, CF_GPG_PLAIN_MAX);
  cf_rd_bytes (&rd, tag, sizeof tag);
  if (rd.err || memcmp (magic, "ENV", 3))
    return cf_err (CF_ERR_FORGERY);
  if (cf_rd_finish (&rd)) /* there is more than was sealed */
    return cf_err (GPG_ERR_DECRYPT_FAILED);
  if (!own || !own->secret)
    return cf_err (GPG_ERR_NO_SECKEY);
  if (memcmp (own->passphrase, keys->passphrase, sizeof own->passphrase))
    return gpg_err_make (GPG_ERR_SOURCE_GPGAGENT, GPG_ERR_BAD_PASSPHRASE);
  mac ("sim envelope", &signer, "", sealed, len - MAC_LEN, want);
  if (!same || count != keys->recipient_count || memcmp (tag, want, sizeof tag) ||
      !cf_fpr_equal (&signer, keys->signer))
    return cf_err (CF_ERR_FORGERY);
  return cf_buf_add (r_plain, plain, plain_len);
}

gpg_error_t
cf_gpg_envelope_open (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, const void *sealed,
                      size_t len, cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job)
{
  struct cf_gpg_job *job = JOB (RESULT_BYTES, SIGN_MS);
  struct cf_buf buf;

  cf_buf_init (&buf, CF_GPG_PLAIN_MAX);
  job->err = open_envelope (gpg, keys, sealed, len, &buf);
  job_bytes (job, &buf);
  return 0;
}
