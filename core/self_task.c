/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_task.c - what init and unlock share: waiters, the end, the bytes of statements, identity.json. */
#include "core/people.h"
#include "core/self_task.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/paths.h"
#include "base/secmem.h"
#include "base/text.h"
#include "core/json.h"

#define STATEMENT_BYTES_MAX 256

/* ---- lifetime ---- */

static void
on_later (void *arg)
{
  struct cf_self_task *task = arg;

  task->start (task);
}

gpg_error_t
cf_self_task_new (struct cf_core *core, void (*start) (struct cf_self_task *task), struct cf_self_task **r_task)
{
  struct cf_self_task *task;

  if (core->task)
    return cf_err (GPG_ERR_EAGAIN);
  task = calloc (1, sizeof *task);
  if (!task)
    return cf_err (GPG_ERR_ENOMEM);
  task->core = core;
  task->start = start;
  cf_buf_init (&task->bytes, STATEMENT_BYTES_MAX);
  cf_timer_init (&task->later, on_later, task);
  cf_timer_after (core->env, &task->later, 0);
  core->task = task;
  *r_task = task;
  return 0;
}

void
cf_self_task_free (struct cf_self_task *task)
{
  if (!task)
    return;
  cf_timer_cancel (task->core->env, &task->later);
  cf_gpg_cancel (task->core->gpg, task->job);
  if (task->core->task == task)
    task->core->task = NULL;
  free (task->generate);
  cf_secmem_free (task->store_key);
  cf_buf_done (&task->bytes);
  free (task->statement);
  cf_store_self_done (&task->self);
  cf_store_close (task->store);
  free (task);
}

gpg_error_t
cf_self_task_wait (struct cf_self_task *task, void (*done) (void *arg, gpg_error_t err), void *arg)
{
  if (!done)
    return 0;
  if (task->waiter_count == SELF_WAITERS_MAX)
    return cf_err (GPG_ERR_EAGAIN);
  task->waiters[task->waiter_count].done = done;
  task->waiters[task->waiter_count].arg = arg;
  task->waiter_count++;
  return 0;
}

void
cf_core_forget (struct cf_core *core, void *arg)
{
  struct cf_self_task *task = core->task;

  for (size_t i = 0; task && i < task->waiter_count; i++)
    if (task->waiters[i].arg == arg)
      task->waiters[i].done = NULL;
}

/* ---- the end ---- */

/* The store that TASK opened becomes core's. */
static gpg_error_t
hand_over (struct cf_self_task *task)
{
  struct cf_core *core = task->core;
  gpg_error_t err;

  core->store = task->store;
  task->store = NULL;
  err = cf_self_new (core, &task->self, &core->self);
  if (!err) {
    core->self->key_state = task->key_state; /* before anything is sent */
    core->self->expires_utc_ms = task->expires_utc_ms;
    core->state = CF_CORE_READY;
    cf_people_start (core);
    err = cf_core_start_modules (core);
  }
  if (!err) {
    cf_self_start (core->self);
    cf_self_reseal (task);
    return 0;
  }
  cf_people_stop (core);
  core->state = CF_CORE_LOCKED;
  cf_self_free (core->self);
  core->self = NULL;
  cf_store_close (core->store);
  core->store = NULL;
  return err;
}

void
cf_self_task_end (struct cf_self_task *task, gpg_error_t err)
{
  struct cf_core *core = task->core;
  void (*done[SELF_WAITERS_MAX]) (void *arg, gpg_error_t err);
  void *args[SELF_WAITERS_MAX];
  size_t count = task->waiter_count;

  task->job = NULL;
  if (!err && task->store)
    err = hand_over (task);
  for (size_t i = 0; i < count; i++) {
    done[i] = task->waiters[i].done;
    args[i] = task->waiters[i].arg;
  }
  cf_self_task_free (task);
  if (core->state != CF_CORE_EMPTY)
    core->unlock_error = err;
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "%s: %s", core->state == CF_CORE_EMPTY ? "init" : "unlock",
            cf_err_info (err)->message);
  for (size_t i = 0; i < count; i++)
    if (done[i])
      done[i](args[i], err);
}

/* ---- statements ---- */

const struct cf_key_info *
cf_self_pick (const struct cf_key_info *keys, size_t count, const struct cf_fpr *fpr)
{
  for (size_t i = 0; i < count; i++)
    if (cf_fpr_equal (&keys[i].fpr, fpr))
      return &keys[i];
  return NULL;
}

gpg_error_t
cf_self_store_bytes (const struct cf_fpr *fpr, const uint8_t key[CF_STORE_KEY_LEN], struct cf_buf *out)
{
  static const char head[] = "confab store v1";
  uint8_t check[CF_HASH_LEN];
  struct cf_hash hash;
  struct cf_wr wr;

  cf_hash_init (&hash, key, "check");
  cf_hash_final (&hash, check);
  cf_buf_clear (out);
  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, 0);
  cf_wr_bytes (&wr, head, sizeof head - 1);
  cf_wr_fpr (&wr, fpr);
  cf_wr_bytes (&wr, check, sizeof check);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_self_device_bytes (struct cf_env *env, struct cf_device_statement *st, struct cf_buf *out)
{
  st->not_before_utc_ms = env->now_utc_ms;
  st->not_after_utc_ms = env->now_utc_ms + CF_STATEMENT_SPAN_MS;
  cf_buf_clear (out);
  return cf_device_bytes (st, out);
}

/* ---- identity.json ---- */

gpg_error_t
cf_self_identity_write (const struct cf_core *core, const struct cf_fpr *fpr, const char *user_id)
{
  gpg_error_t err = cf_err (GPG_ERR_ENOMEM);
  char hex[CF_FPR_HEX_SIZE], *text = NULL, *path = cf_paths_join (core->home, "identity.json");
  json_t *object
      = json_pack ("{s:s, s:s, s:s?}", "fingerprint", cf_fpr_hex (fpr, hex), "user_id", user_id, "gnupg_home",
                   core->gnupg_home);

  if (object)
    text = cf_json_dump (object, JSON_INDENT (2));
  if (text && path)
    err = cf_file_write (path, text, strlen (text));
  json_decref (object);
  free (text);
  free (path);
  return err;
}

gpg_error_t
cf_self_probe (const char *home, struct cf_fpr *r_fpr, char **r_gnupg_home)
{
  gpg_error_t err;
  char *path = cf_paths_join (home, "identity.json"), *data = NULL, *copy = NULL;
  const char *fpr, *gnupg_home;
  json_t *object = NULL;
  size_t len;

  err = path ? cf_file_read (path, CF_STORE_FILE_MAX, &data, &len) : cf_err (GPG_ERR_ENOMEM);
  if (err)
    goto leave;
  object = json_loadb (data, len, JSON_REJECT_DUPLICATES, NULL);
  fpr = json_string_value (json_object_get (object, "fingerprint"));
  if (!fpr || cf_fpr_parse (fpr, r_fpr)) {
    err = cf_err (CF_ERR_STORE);
    goto leave;
  }
  gnupg_home = json_string_value (json_object_get (object, "gnupg_home"));
  if (gnupg_home && !(copy = strdup (gnupg_home)))
    err = cf_err (GPG_ERR_ENOMEM);
  else
    *r_gnupg_home = copy;
leave:
  json_decref (object);
  free (data);
  free (path);
  return err;
}
