/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keyring.h - people's keys: what they are, whether they are in force, and
   the import rule.  Private to gpg/. */
#ifndef CF_GPG_KEYRING_H
#define CF_GPG_KEYRING_H

#include "gpg/engine.h"

/* A cf_key_info with room for what it points to.  The user ID is the key
   object's own, which must outlive it. */
struct cf_key_text {
  struct cf_key_info info;
  char algorithm[40];
};

/* OWN is the key in a home of ours, USER in the user's; one may be
   NULL.  The state is the worse of both.  Errors: BAD_PUBKEY. */
gpg_error_t cf_key_text_fill (struct cf_key_text *text, gpgme_key_t own, gpgme_key_t user) CF_MUST_CHECK;
enum cf_key_state cf_key_state_of (gpgme_key_t key);
/* The key's only encryption subkey, when it is a conversation key: a primary
   that signs and one subkey that encrypts.  NULL: it is something else. */
gpgme_subkey_t cf_key_conversation_subkey (gpgme_key_t key);
/* A listing of a key that is not there is no error. */
gpg_error_t cf_key_list_error (gpg_error_t err) CF_MUST_CHECK;
/* The one key of JOB's last listing, with FPR as its primary; NULL: none.
   Borrowed from the job. */
gpgme_key_t cf_key_listed (const struct cf_gpg_job *job, const struct cf_fpr *fpr);

/* Part of several jobs: list a block from memory, apply the import rule, import
   it into HOME, go on with THEN. */
struct cf_import_part {
  enum cf_home home;      /* one of ours */
  bool keep;              /* tell cf_gpg_keep_fn of it */
  struct cf_fpr expected; /* none: whatever it is, which is then put here */
  uint8_t *block;         /* a copy; cf_import_done frees it */
  size_t len;
  gpg_error_t (*check) (gpgme_key_t key); /* of its shape; may be NULL */
  cf_job_step_fn listed;                  /* between rule and import; NULL: import at once */
  cf_job_step_fn then;
};

/* job->import is set.  Begin with BLOCK at hand, or with the key of that
   fingerprint in the user's home. */
gpg_error_t cf_import_begin (struct cf_gpg_job *job) CF_MUST_CHECK;
gpg_error_t cf_import_from_user (struct cf_gpg_job *job) CF_MUST_CHECK;
/* For LISTED: now import. */
gpg_error_t cf_import_go_on (struct cf_gpg_job *job) CF_MUST_CHECK;
void cf_import_done (struct cf_import_part *part);

#endif
