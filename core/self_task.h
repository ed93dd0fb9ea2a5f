/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_task.h - init and unlock: one of them at a time, a chain of OpenPGP jobs.  For self*.c and core.c. */
#ifndef CF_CORE_SELF_TASK_H
#define CF_CORE_SELF_TASK_H

#include "core/self.h"
#include "core/store/files.h"
#include "core/store/store.h"
#include "core/store/store_self.h"

#define SELF_WAITERS_MAX 16

struct cf_self_task {
  struct cf_core *core;
  struct cf_gpg_job *job; /* the one under way */
  struct cf_timer later;
  void (*start) (struct cf_self_task *task);
  struct {
    void (*done) (void *arg, gpg_error_t err);
    void *arg;
  } waiters[SELF_WAITERS_MAX];
  size_t waiter_count;
  struct cf_fpr fpr;
  char *generate;     /* init: the user ID of an identity to be made */
  uint8_t *store_key; /* secret memory, CF_STORE_KEY_LEN */
  struct cf_buf bytes; /* of the statement in hand */
  uint8_t *statement; /* unlock: the store statement read */
  size_t statement_len;
  enum cf_key_state key_state; /* unlock: of the identity, as listed */
  int64_t expires_utc_ms;      /* ... 0: never */
  uint64_t reseal_to; /* unlock: the subkey that the store key is to be sealed to from now on; 0: all is well */
  int64_t people_row; /* unlock: of the last of people's keys that was loaded */
  struct cf_store *store;
  struct cf_store_self self;
};

/* START begins it in a turn of its own.  core->task is set; EAGAIN when there is one. */
gpg_error_t cf_self_task_new (struct cf_core *core, void (*start) (struct cf_self_task *task),
                              struct cf_self_task **r_task) CF_MUST_CHECK;
gpg_error_t cf_self_task_wait (struct cf_self_task *task, void (*done) (void *arg, gpg_error_t err), void *arg) CF_MUST_CHECK;
/* The end of the chain.  TASK->store, when there is one and ERR is 0, becomes core's, and its modules are started.
   The task is freed, then the waiters hear of it. */
void cf_self_task_end (struct cf_self_task *task, gpg_error_t err);
/* Cancel; nobody hears of it. */
void cf_self_task_free (struct cf_self_task *task);

/* Of one's own key in a list of secret keys; NULL: not there. */
const struct cf_key_info *cf_self_pick (const struct cf_key_info *keys, size_t count, const struct cf_fpr *fpr);

/* 0x00, "confab store v1", identity, K(store key, "check"). */
gpg_error_t cf_self_store_bytes (const struct cf_fpr *fpr, const uint8_t key[CF_STORE_KEY_LEN], struct cf_buf *out) CF_MUST_CHECK;
/* Fill times of a new device statement, and the bytes to be signed. */
gpg_error_t cf_self_device_bytes (struct cf_env *env, struct cf_device_statement *st, struct cf_buf *out) CF_MUST_CHECK;

/* HOME/identity.json: the last thing that init writes. */
gpg_error_t cf_self_identity_write (const struct cf_core *core, const struct cf_fpr *fpr, const char *user_id) CF_MUST_CHECK;

/* self.c: what store and task hold becomes core->self; renewal begins. */
gpg_error_t cf_self_new (struct cf_core *core, struct cf_store_self *row, struct cf_self **r_self) CF_MUST_CHECK;
void cf_self_start (struct cf_self *self);

/* self.c: write what self is to be. */
gpg_error_t cf_self_save (struct cf_self *self, const struct cf_device_statement *device, const uint8_t *device_secret,
                          const uint8_t *block, size_t block_len) CF_MUST_CHECK;
gpg_error_t cf_self_save_newest (struct cf_self *self, int64_t newest_utc_ms) CF_MUST_CHECK;

/* self_revoke.c */
gpg_error_t cf_self_load_revocation (struct cf_self *self) CF_MUST_CHECK;
void cf_self_revoke_free (struct cf_self_revoke *revoke); /* NULL is fine */

/* self_reseal.c: the store is in use; seal its key to TASK's reseal_to, in the background. */
void cf_self_reseal (struct cf_self_task *task);
void cf_self_reseal_free (struct cf_self_reseal *reseal); /* NULL is fine */

#endif
