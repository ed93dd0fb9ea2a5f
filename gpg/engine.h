/* SPDX-License-Identifier: GPL-3.0-or-later */
/* engine.h - jobs of gpg/, on the daemon's loop.  Private to gpg/.
 *
 * A job is a chain of steps.  A step starts at most one GPGME operation and
 * names the step that comes when it has ended; a step that starts none ends the
 * job.  Jobs wait in one queue a priority and lane; a lane is the home whose
 * agent may keep the job waiting, so that an open pinentry never holds up
 * messages.  Policy of a full queue: the newcomer is refused (EAGAIN).
 *
 *            cf_job_submit          start_waiting            DONE event
 *   (new) ---------------> QUEUED --------------> WORKING ---------------> step
 *                             |                     |  ^                    |
 *                             | cf_gpg_cancel       |  +--- cf_job_wait ----+
 *                             v                     v                       |
 *                          (freed, no callback)  (freed, no callback)   finish: callback, freed
 */
#ifndef CF_GPG_ENGINE_H
#define CF_GPG_ENGINE_H

#include <gpgme.h>

#include "base/buf.h"
#include "gpg/gpg.h"

#define CF_JOB_QUEUE_MAX 1024                   /* jobs that wait or work */
#define CF_JOB_BYTES_MAX (64 * 1024 * 1024)     /* what they hold for gpg */
#define CF_JOB_TIMEOUT_S 60                     /* of one operation where nobody is asked */
#define CF_JOB_KEYS_MAX 1024                    /* keys that one listing hands out */
#define CF_CONTEXTS_SPARE 4                     /* idle contexts kept, a home */
#define CF_SECRET_MAX 4096                      /* a secret that is sealed to the identity */

enum cf_home { CF_HOME_IDENTITY, CF_HOME_CONVERSATION, CF_HOME_PEOPLE, CF_HOMES };

struct cf_keycache;
struct cf_import_part;

/* What a job is: how it starts, answers and is torn down. */
struct cf_job_kind {
  const char *name; /* for the log */
  enum cf_home lane;
  size_t size; /* of the structure that begins with struct cf_gpg_job */
  gpg_error_t (*begin) (struct cf_gpg_job *job, gpg_error_t err);
  void (*report) (struct cf_gpg_job *job, gpg_error_t err);
  void (*clear) (struct cf_gpg_job *job); /* may be NULL; the structure itself is freed after it */
};

typedef gpg_error_t (*cf_job_step_fn) (struct cf_gpg_job *job, gpg_error_t err);

/* Where the output of an operation goes: bounded, in secret memory if asked. */
struct cf_sink {
  struct cf_buf buf;
  uint8_t *secret; /* of CF_SECRET_MAX bytes, or NULL */
  size_t secret_len;
  bool overflow;
};

struct cf_gpg_job {
  struct cf_gpg *gpg;
  const struct cf_job_kind *kind;
  struct cf_gpg_job *prev, *next; /* of its queue, or of those that work */
  enum cf_gpg_priority priority;
  enum { CF_JOB_QUEUED, CF_JOB_WORKING, CF_JOB_REPORTING } state;
  cf_job_step_fn step;
  size_t bytes;

  gpgme_ctx_t ctx;
  enum cf_home ctx_home;
  bool busy;      /* an operation is under way */
  bool unheard;   /* cancelled while it changed a keyring of ours: it goes on to its end, and reports to nobody */
  bool wants_write; /* STEP waits for its turn to change a keyring of ours */
  bool ended;     /* it has ended with OP_ERR; the next step is due */
  gpg_error_t op_err;
  struct event *deadline;

  gpgme_data_t in, in2, out;
  struct cf_sink sink;
  gpgme_key_t *keys; /* of the last listing */
  size_t key_count, key_max;
  bool key_overflow;

  gpgme_key_t passphrase_holder; /* whose passphrase may be given; a reference of our own */
  const uint8_t *passphrase;     /* CF_GPG_PASSPHRASE_LEN bytes, borrowed */
  struct cf_import_part *import; /* of jobs that import a key; see keyring.h */
};

struct cf_job_list {
  struct cf_gpg_job *head, *tail;
};

struct cf_prompt {
  char *display, *ttyname, *ttytype, *lc_ctype;
};

struct cf_gpg {
  struct cf_env *env;
  struct event_base *base;
  struct event *kick;
  char *home[CF_HOMES];      /* as given to gpg; the identity's NULL for the default */
  char *home_link;           /* a short name of a long conversation home, or NULL */
  struct cf_prompt prompt;
  struct cf_job_list queue[CF_HOMES][CF_GPG_BACKGROUND + 1];
  struct cf_job_list working;
  size_t working_count[CF_HOMES];
  struct cf_gpg_job *writer; /* whose operation changes a keyring of ours now, or NULL */
  size_t job_count, job_bytes;
  gpgme_ctx_t spare[CF_HOMES][CF_CONTEXTS_SPARE];
  size_t spare_count[CF_HOMES];
  struct cf_keycache *cache; /* of the conversation home */
  struct cf_fpr signer_fpr;  /* the identity that signed last, */
  gpgme_key_t signer;        /* ... its key object, or NULL */
  cf_gpg_keep_fn keep;       /* of the people home's keys, or NULL */
  void *keep_arg;
};

/* A job of KIND, not submitted yet; its zeroed structure.  Errors: EAGAIN, ENOMEM. */
gpg_error_t cf_job_new (struct cf_gpg *gpg, const struct cf_job_kind *kind, enum cf_gpg_priority priority,
                        void *r_job) CF_MUST_CHECK;
/* Throw away a job that was not submitted; NULL is fine. */
void cf_job_drop (struct cf_gpg_job *job);
/* Count LEN bytes that JOB holds.  Errors: EAGAIN. */
gpg_error_t cf_job_charge (struct cf_gpg_job *job, size_t len) CF_MUST_CHECK;
/* Queue JOB; the engine owns it from here. */
void cf_job_submit (struct cf_gpg_job *job, struct cf_gpg_job **r_job);

/* A context on HOME for the next operation of JOB, with everything at its
   default: no signer, no notation, binary, no prompt allowed except on the
   identity home, where the user's pinentry may appear.  Results of the job's
   previous operation are gone. */
gpg_error_t cf_job_context (struct cf_gpg_job *job, enum cf_home home, gpgme_ctx_t *r_ctx) CF_MUST_CHECK;
/* The work in the context, on a home of ours, was triggered by a peer: no prompt, origin remote. */
gpg_error_t cf_job_context_remote (struct cf_gpg_job *job, enum cf_home home, gpgme_ctx_t *r_ctx) CF_MUST_CHECK;
/* Allow the operation to use PASSPHRASE for HOLDER's key. */
gpg_error_t cf_job_allow_passphrase (struct cf_gpg_job *job, gpgme_key_t holder,
                                     const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN]) CF_MUST_CHECK;
/* The operation's start has returned START_ERR; NEXT comes when it has ended. */
gpg_error_t cf_job_wait (struct cf_gpg_job *job, gpg_error_t start_err, cf_job_step_fn next) CF_MUST_CHECK;

/* NEXT starts an operation that changes the keyring of the conversation home or
   of the people home: it comes when no other operation is under way in either,
   and none begins before it has ended.  gpg takes the old file away before the new one is there: who
   reads then finds no keys (a good signature looks bad), who writes loses some. */
gpg_error_t cf_job_write (struct cf_gpg_job *job, cf_job_step_fn next) CF_MUST_CHECK;

/* Data for the operation; released with the next one.  Input is borrowed. */
gpg_error_t cf_job_input (struct cf_gpg_job *job, const void *data, size_t len, gpgme_data_t *r_data) CF_MUST_CHECK;
/* At most MAX bytes of output into job->sink; SECRET: at most CF_SECRET_MAX, in secret memory. */
gpg_error_t cf_job_output (struct cf_gpg_job *job, size_t max, bool secret, gpgme_data_t *r_data) CF_MUST_CHECK;
const uint8_t *cf_job_output_data (const struct cf_gpg_job *job, size_t *r_len);

/* Start a listing of at most MAX keys in HOME by NULL-terminated PATTERNS (or
   all); *R_CTX mode bits as in MODE.  The keys are in job->keys at NEXT. */
gpg_error_t cf_job_list (struct cf_gpg_job *job, enum cf_home home, const char *patterns[], bool secret_only,
                         gpgme_keylist_mode_t mode, size_t max, cf_job_step_fn next) CF_MUST_CHECK;
/* The key FPR; a second one that the fingerprint also finds (it may be a subkey's) is listed, too. */
gpg_error_t cf_job_list_key (struct cf_gpg_job *job, enum cf_home home, const struct cf_fpr *fpr, bool secret_only,
                             gpgme_keylist_mode_t mode, cf_job_step_fn next) CF_MUST_CHECK;
void cf_job_forget_keys (struct cf_gpg_job *job);
/* Make room for MAX keys before a listing is started by hand. */
gpg_error_t cf_job_expect_keys (struct cf_gpg_job *job, size_t max) CF_MUST_CHECK;

#endif
