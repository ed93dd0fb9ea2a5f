/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gpg.h - everything that Confab does with OpenPGP, asynchronously.
 *
 * The only face of gpg/.  Every operation is a job on the daemon's loop: the
 * starting call returns at once, the callback comes later, exactly once, never
 * before the starting call has returned, and never after cf_gpg_cancel.
 * Results are borrowed for the length of the callback.  When the starting call
 * itself returns an error, no callback comes.  Every starting call may return
 * EAGAIN (the queue is full), ENOMEM, INV_ARG and TOO_LARGE.
 *
 * Three homes: the *identity home* is the user's own GnuPG home; the
 * *conversation home* is Confab's, with the keys of conversations; the *people
 * home* has the public keys of those whom Confab knows, and lasts no longer
 * than the engine: its owner keeps a copy of each key (cf_gpg_people_kept), in
 * the store, where no thief of the disk reads who they are.  What is done
 * where, and the signature, decryption and import rules, are in
 * doc/protocol.md, "OpenPGP".
 *
 * tests/sim links another implementation of this header, with fake keys.
 */
#ifndef CF_GPG_GPG_H
#define CF_GPG_GPG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "base/fpr.h"

struct event_base;
struct cf_gpg;
struct cf_gpg_job;

#define CF_GPG_BLOCK_MAX (64 * 1024)       /* a public key on the wire */
#define CF_GPG_SIGNATURE_MAX (8 * 1024)    /* a detached signature */
#define CF_GPG_ENVELOPE_MAX (1024 * 1024)  /* a sealed envelope */
#define CF_GPG_PLAIN_MAX (1024 * 1024)     /* what an envelope holds */
#define CF_GPG_RECIPIENTS_MAX 64
#define CF_GPG_PASSPHRASE_LEN 32           /* random bytes; gpg is given their hex digits */

/* Who waits for a job; the queue serves the first first. */
enum cf_gpg_priority { CF_GPG_PERSON, CF_GPG_MESSAGE, CF_GPG_BACKGROUND };

/* The worst of what the two homes say of a key. */
enum cf_key_state { CF_KEY_OK, CF_KEY_EXPIRED, CF_KEY_REVOKED, CF_KEY_DISABLED, CF_KEY_WEAK };
/* The user's own web of trust; shown, never decisive. */
enum cf_key_validity {
  CF_VALIDITY_UNKNOWN, CF_VALIDITY_NEVER, CF_VALIDITY_MARGINAL, CF_VALIDITY_FULL, CF_VALIDITY_ULTIMATE
};

struct cf_key_info {
  struct cf_fpr fpr;     /* primary key */
  const char *user_id;   /* primary user ID, as in the key: show by cf_text_display */
  const char *algorithm; /* "ed25519", "rsa4096", "brainpoolP256r1" ... */
  int64_t created_utc_ms;
  int64_t expires_utc_ms; /* 0: never; the earlier of what the two homes say */
  enum cf_key_state state;
  enum cf_key_validity validity;
  bool has_secret, can_sign, can_encrypt, on_card;
  uint64_t encryption_key; /* key id of the newest subkey that encrypts and whose secret is at hand; 0: none */
};

/* "ok", "expired" ...; "unknown", "marginal" ...; the error that a state means (0 for ok). */
const char *cf_key_state_name (enum cf_key_state state);
const char *cf_key_validity_name (enum cf_key_validity validity);
gpg_error_t cf_key_state_error (enum cf_key_state state) CF_MUST_CHECK;

struct cf_gpg_config {
  const char *identity_home;     /* NULL: GnuPG's default (GNUPGHOME honoured) */
  const char *conversation_home; /* made, mode 0700, with its configuration, if missing */
  const char *people_home;       /* emptied, made like that, removed at the end; in memory, if the machine has such a
                                    place.  NULL: below the conversation home */
};

/* BASE is the daemon's loop and outlives the engine.
   Errors: GPG_ERR_INV_ENGINE (no usable gpg), EPERM, ENOSPC, ENOMEM. */
gpg_error_t cf_gpg_new (struct cf_env *env, struct event_base *base, const struct cf_gpg_config *config,
                        struct cf_gpg **r_gpg) CF_MUST_CHECK;
/* Cancels all jobs; ends the agent of the conversation home. */
void cf_gpg_free (struct cf_gpg *gpg);
void cf_gpg_cancel (struct cf_gpg *gpg, struct cf_gpg_job *job); /* NULL is fine */

/* Changes whenever the files of the user's keyring do: what was looked up may be otherwise now.  At once, no job. */
uint64_t cf_gpg_keyring_stamp (struct cf_gpg *gpg);

/* Where pinentry may appear: a client's terminal and display.  Any may be NULL. */
void cf_gpg_set_prompt (struct cf_gpg *gpg, const char *display, const char *ttyname, const char *ttytype,
                        const char *lc_ctype);

typedef void (*cf_gpg_done_fn) (void *arg, gpg_error_t err);
typedef void (*cf_gpg_key_fn) (void *arg, gpg_error_t err, const struct cf_key_info *key);
typedef void (*cf_gpg_keys_fn) (void *arg, gpg_error_t err, const struct cf_key_info *keys, size_t count);
typedef void (*cf_gpg_fprs_fn) (void *arg, gpg_error_t err, const struct cf_fpr *fprs, size_t count);
typedef void (*cf_gpg_bytes_fn) (void *arg, gpg_error_t err, const uint8_t *data, size_t len);
typedef void (*cf_gpg_newkey_fn) (void *arg, gpg_error_t err, const struct cf_fpr *fpr, const uint8_t *block,
                                  size_t block_len);

/* In what follows *R_JOB may be NULL when nobody will cancel. */

/* --- identity home --- */

/* All secret keys in the user's keyring, with their states. */
gpg_error_t cf_gpg_secret_keys (struct cf_gpg *gpg, cf_gpg_keys_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* Make an identity "NAME <MAIL>": Ed25519 with a cv25519 subkey; the passphrase is asked by pinentry. */
gpg_error_t cf_gpg_identity_generate (struct cf_gpg *gpg, const char *user_id, cf_gpg_key_fn done, void *arg,
                                      struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* The public key of the identity as peers get it (minimal, at most CF_GPG_BLOCK_MAX);
   also imported into the people home. */
gpg_error_t cf_gpg_identity_export (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_bytes_fn done, void *arg,
                                    struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* Seal a short secret to the identity's encryption subkey; open it again.
   A sign-only identity seals under a passphrase that pinentry asks for.
   Errors: UNUSABLE_PUBKEY, and those of agent and pinentry. */
gpg_error_t cf_gpg_secret_seal (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *secret, size_t len,
                                cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;
gpg_error_t cf_gpg_secret_open (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *sealed, size_t len,
                                cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* The key id of the subkey that a secret was sealed to; 0: sealed under a passphrase, or not readable. */
uint64_t cf_gpg_sealed_to (const void *sealed, size_t len);

/* Sign BYTES with IDENTITY as a statement of KIND ("device", "conversation", "store" ...): detached, binary,
   notation "statement@confab.invalid=KIND".  The signature rule has been applied to the result. */
gpg_error_t cf_gpg_statement_sign (struct cf_gpg *gpg, const struct cf_fpr *identity, const char *kind,
                                   const void *bytes, size_t len, cf_gpg_bytes_fn done, void *arg,
                                   struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* What came of a certification. */
struct cf_certification {
  const char *user_id; /* that is certified, as in the key: show by cf_text_display */
  bool already;        /* it was before, and nothing was done */
  bool imported;       /* the key was put into the user's keyring, or its user ID was */
};
typedef void (*cf_gpg_certify_fn) (void *arg, gpg_error_t err, const struct cf_certification *what);

/* Certify, in the user's keyring and with IDENTITY's key, the main user ID of FPR, whose key is in the people home and
   is put into the user's if it is not there: for the user alone ("local"), or EXPORTABLE.  Pinentry may ask.
   Errors: those of key states (FPR's, in either home), UNUSABLE_SECKEY (IDENTITY's), NO_PUBKEY, NO_USER_ID,
   MISSING_KEY (the secret part of the identity's primary key is not here), CONFLICT (done, but gpg.conf made another
   key certify as well, or another user ID), and those of agent and pinentry. */
gpg_error_t cf_gpg_certify (struct cf_gpg *gpg, const struct cf_fpr *identity, const struct cf_fpr *fpr, bool exportable,
                            cf_gpg_certify_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* --- people home --- */

/* Whoever keeps the people home's keys over restarts: told of each that was imported (BLOCK as it is in the home now)
   before the import's own callback, and of each that has left (NULL).  An error fails the import. */
typedef gpg_error_t (*cf_gpg_keep_fn) (void *arg, const struct cf_fpr *fpr, const uint8_t *block, size_t len);
void cf_gpg_people_kept (struct cf_gpg *gpg, cf_gpg_keep_fn keep, void *arg);

struct cf_gpg_block {
  const uint8_t *data;
  size_t len;
};

/* Put BLOCKS, which cf_gpg_keep_fn was given, back into the people home.  They are trusted: no rule is applied. */
gpg_error_t cf_gpg_people_load (struct cf_gpg *gpg, const struct cf_gpg_block *blocks, size_t count, cf_gpg_done_fn done,
                                void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* Does SIG hold for BYTES, by IDENTITY, as KIND?  People home only, offline, no prompt.
   Errors: CF_ERR_STATEMENT, CF_ERR_KEY_EXPIRED, CF_ERR_KEY_REVOKED, NO_PUBKEY ... */
gpg_error_t cf_gpg_statement_verify (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *identity,
                                     const char *kind, const void *bytes, size_t len, const void *sig, size_t sig_len,
                                     cf_gpg_done_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* The same for the "store" statement of our own IDENTITY, whose key may have expired since: its owner still reads what
   is his.  Revoked or disabled it is refused. */
gpg_error_t cf_gpg_store_verify (struct cf_gpg *gpg, const struct cf_fpr *identity, const void *bytes, size_t len,
                                 const void *sig, size_t sig_len, cf_gpg_done_fn done, void *arg,
                                 struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* The import rule, then import into the people home; answers with the key's combined state.
   A key that is expired or revoked is imported (its state must be known) and is not an error here.
   Errors: CF_ERR_KEY_WRONG (not EXPECTED, or a conversation key), BAD_PUBKEY (not one public key), TOO_LARGE. */
gpg_error_t cf_gpg_key_import (struct cf_gpg *gpg, enum cf_gpg_priority priority, const struct cf_fpr *expected,
                               const void *block, size_t len, cf_gpg_key_fn done, void *arg,
                               struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* The same for a key file that the *user* chose: whichever one public key it holds.  Never for what a peer sent. */
gpg_error_t cf_gpg_key_import_chosen (struct cf_gpg *gpg, const void *block, size_t len, cf_gpg_key_fn done, void *arg,
                                      struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* The combined state of a key that is in the people home (and perhaps in the user's). NO_PUBKEY. */
gpg_error_t cf_gpg_key_lookup (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_key_fn done, void *arg,
                               struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* Remove the public key of a stranger, imported by cf_gpg_key_import, from the people home.  One that is gone already
   is success.  Errors: FORBIDDEN (a conversation key; or a secret part of it is in the identity home). */
gpg_error_t cf_gpg_stranger_forget (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_done_fn done, void *arg,
                                    struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* The fingerprint that a binary block's version 4 primary key has by its bytes; nothing else is looked at, and nothing
   is proven.  At once, no job.  Errors: BAD_PUBKEY. */
gpg_error_t cf_gpg_block_fpr (const void *block, size_t len, struct cf_fpr *r_fpr) CF_MUST_CHECK;

/* --- conversation home --- */

/* A fresh pair for one conversation: Ed25519 and one cv25519 subkey, protected by PASSPHRASE. */
gpg_error_t cf_gpg_conversation_key_new (struct cf_gpg *gpg, const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN],
                                         cf_gpg_newkey_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* The peer's conversation key: one public primary that signs and one subkey that encrypts; imported once
   and frozen.  *fpr in the answer is its primary.  Errors: CF_ERR_KEY_WRONG (our own, or somebody's identity). */
gpg_error_t cf_gpg_conversation_key_import (struct cf_gpg *gpg, const void *block, size_t len, cf_gpg_key_fn done,
                                            void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* Destroy the pair (or the peer's public key).  A key that is gone already is success.  Errors: FORBIDDEN (no
   conversation key). */
gpg_error_t cf_gpg_conversation_key_delete (struct cf_gpg *gpg, const struct cf_fpr *fpr, cf_gpg_done_fn done,
                                            void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* Our half of each conversation: every pair in the home whose cf_gpg_conversation_key_new has ended.  Errors: EAGAIN
   (one is being made), TOO_LARGE (there are more than one listing tells). */
gpg_error_t cf_gpg_conversation_keys (struct cf_gpg *gpg, cf_gpg_fprs_fn done, void *arg,
                                      struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* Whose keys an envelope is between.  Borrowed for the length of the starting call. */
struct cf_gpg_envelope_keys {
  const struct cf_fpr *own;        /* our conversation key */
  const uint8_t *passphrase;       /* of it, CF_GPG_PASSPHRASE_LEN bytes */
  const struct cf_fpr *signer;     /* open: who must have signed; seal: ignored (own signs) */
  const struct cf_fpr *recipients; /* primaries, in the agreed order: peer's then own when we seal */
  size_t recipient_count;
};

/* Sign and encrypt PLAIN to exactly these recipients, in order; binary, no compression. */
gpg_error_t cf_gpg_envelope_seal (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, const void *plain,
                                  size_t len, cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;
/* The decryption rule, then the signature rule.  Errors: CF_ERR_FORGERY (with a cause in the log),
   TOO_LARGE, DECRYPT_FAILED. */
gpg_error_t cf_gpg_envelope_open (struct cf_gpg *gpg, const struct cf_gpg_envelope_keys *keys, const void *sealed,
                                  size_t len, cf_gpg_bytes_fn done, void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;

#endif
