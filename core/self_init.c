/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_init.c - choosing an identity and making a home for it.
 *
 *   keys --chosen--> export --> seal store key --> sign store --> sign device --> database --> identity.json
 *   generate --made---^
 *
 * identity.json comes last: until it is there the home is EMPTY, and the next
 * init begins anew (see store/files.h for what it finds).
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/self_task.h"
#include "net/device_key.h"
#include "net/tunnel.h"

#define USER_ID_MAX 255

/* The last steps: everything that was made goes to the disk. */
static gpg_error_t
finish (struct cf_self_task *task)
{
  struct cf_core *core = task->core;
  gpg_error_t err;
  char *path = cf_store_path (core->home, CF_STORE_DB);

  err = path ? cf_store_open (core->env, path, task->store_key, &task->store) : cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = cf_store_self_save (task->store, &task->self);
  if (!err)
    err = cf_self_identity_write (core, &task->fpr, task->self.user_id);
  if (!err) {
    core->state = CF_CORE_LOCKED; /* from here on the identity stands, whatever follows */
    cf_store_files_finish (core->home);
  }
  free (path);
  return err;
}

static void
on_device_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_task *task = arg;
  uint8_t *copy;

  task->job = NULL;
  if (!err) {
    copy = malloc (len);
    if (copy) {
      task->self.device.signature = memcpy (copy, data, len);
      task->self.device.signature_len = len;
      err = finish (task);
    } else
      err = cf_err (GPG_ERR_ENOMEM);
  }
  cf_self_task_end (task, err);
}

static gpg_error_t
sign_device (struct cf_self_task *task)
{
  struct cf_env *env = task->core->env;
  struct cf_store_self *self = &task->self;
  gpg_error_t err;

  err = cf_secmem_new (&self->device_secret, CF_DEVICE_KEY_LEN);
  if (err)
    return err;
  cf_device_key_new (env, self->device_secret, self->device.device_key);
  cf_env_random (env, self->device.device_number, CF_DEVICE_NUMBER_LEN);
  self->device.identity = task->fpr;
  err = cf_self_device_bytes (env, &self->device, &task->bytes);
  if (err)
    return err;
  return cf_gpg_statement_sign (task->core->gpg, &task->fpr, "device", cf_buf_data (&task->bytes),
                                cf_buf_len (&task->bytes), on_device_signed, task, &task->job);
}

static void
on_store_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_task *task = arg;

  task->job = NULL;
  if (!err)
    err = cf_store_file_write (task->core->home, CF_STORE_STATEMENT, data, len);
  if (!err)
    err = sign_device (task);
  if (err)
    cf_self_task_end (task, err);
}

static void
on_sealed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_task *task = arg;

  task->job = NULL;
  if (!err)
    err = cf_store_file_write (task->core->home, CF_STORE_KEY, data, len);
  if (!err)
    err = cf_self_store_bytes (&task->fpr, task->store_key, &task->bytes);
  if (!err)
    err = cf_gpg_statement_sign (task->core->gpg, &task->fpr, "store", cf_buf_data (&task->bytes),
                                 cf_buf_len (&task->bytes), on_store_signed, task, &task->job);
  if (err)
    cf_self_task_end (task, err);
}

static gpg_error_t
seal_key (struct cf_self_task *task)
{
  struct cf_core *core = task->core;
  gpg_error_t err;

  err = cf_store_files_prepare (core->home, core->env->now_utc_ms);
  if (!err)
    err = cf_secmem_new (&task->store_key, CF_STORE_KEY_LEN);
  if (err)
    return err;
  cf_env_random (core->env, task->store_key, CF_STORE_KEY_LEN);
  return cf_gpg_secret_seal (core->gpg, &task->fpr, task->store_key, CF_STORE_KEY_LEN, on_sealed, task, &task->job);
}

static void
on_exported (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_self_task *task = arg;

  task->job = NULL;
  if (!err) {
    task->self.block = malloc (len);
    if (task->self.block) {
      memcpy (task->self.block, data, len);
      task->self.block_len = len;
      err = seal_key (task);
    } else
      err = cf_err (GPG_ERR_ENOMEM);
  }
  if (err)
    cf_self_task_end (task, err);
}

/* KEY is to be the identity: refuse what peers would refuse. */
static void
on_key (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct cf_self_task *task = arg;

  task->job = NULL;
  if (!err)
    err = cf_key_state_error (key->state);
  if (!err && !key->has_secret)
    err = cf_err (CF_ERR_NO_IDENTITY);
  if (!err && !key->can_sign)
    err = cf_err (GPG_ERR_UNUSABLE_SECKEY);
  if (!err) {
    task->fpr = key->fpr;
    task->self.user_id = cf_text_display (key->user_id ? key->user_id : "", key->user_id ? strlen (key->user_id) : 0,
                                          false);
    err = task->self.user_id
              ? cf_gpg_identity_export (task->core->gpg, &task->fpr, on_exported, task, &task->job)
              : cf_err (GPG_ERR_ENOMEM);
  }
  if (err)
    cf_self_task_end (task, err);
}

static void
on_keys (void *arg, gpg_error_t err, const struct cf_key_info *keys, size_t count)
{
  struct cf_self_task *task = arg;
  const struct cf_key_info *key = err ? NULL : cf_self_pick (keys, count, &task->fpr);

  if (!err && !key)
    err = cf_err (CF_ERR_NO_IDENTITY);
  on_key (task, err, key);
}

static void
start (struct cf_self_task *task)
{
  struct cf_gpg *gpg = task->core->gpg;
  gpg_error_t err;

  if (task->generate)
    err = cf_gpg_identity_generate (gpg, task->generate, on_key, task, &task->job);
  else
    err = cf_gpg_secret_keys (gpg, on_keys, task, &task->job);
  if (err)
    cf_self_task_end (task, err);
}

/* Is TEXT of LEN bytes NAME@HOST? */
static bool
is_mail (const char *text, size_t len)
{
  const char *at = memchr (text, '@', len);
  size_t before = at ? (size_t) (at - text) : 0;

  return before && before + 1 < len && !memchr (at + 1, '@', len - before - 1) && !memchr (text, ' ', len);
}

/* Has it a letter, of whatever script? */
static bool
has_letter (const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if ((unsigned char) text[i] >= 0x80 || ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z'))
      return true;
  return false;
}

/* "NAME", "MAIL" or "NAME <MAIL>", on one line of UTF-8.  GnuPG would take anything, which people would then see. */
static gpg_error_t
check_user_id (const char *text)
{
  size_t len = strlen (text), name_len = strcspn (text, "<>");
  const char *mail = text + name_len + 1;

  if (!len || len > USER_ID_MAX || !cf_text_is_utf8 (text, len) || strchr ("- ", *text) || !has_letter (text, name_len))
    return cf_err (GPG_ERR_INV_USER_ID);
  for (const unsigned char *p = (const unsigned char *) text; *p; p++)
    if (*p < 0x20 || *p == 0x7f)
      return cf_err (GPG_ERR_INV_USER_ID);
  if (memchr (text, '@', name_len) && (text[name_len] || !is_mail (text, len)))
    return cf_err (GPG_ERR_INV_USER_ID);
  if (text[name_len]
      && (text[name_len] != '<' || text[len - 1] != '>' || strcspn (mail, "<>") != len - name_len - 2
          || !is_mail (mail, len - name_len - 2)))
    return cf_err (GPG_ERR_INV_USER_ID);
  return 0;
}

gpg_error_t
cf_self_init (struct cf_core *core, const struct cf_fpr *identity, const char *generate,
              void (*done) (void *arg, gpg_error_t err), void *arg)
{
  gpg_error_t err = 0;
  struct cf_self_task *task;

  if (core->state != CF_CORE_EMPTY)
    return cf_err (GPG_ERR_EEXIST);
  if (!identity == !generate)
    return cf_err (GPG_ERR_INV_ARG);
  if (generate)
    err = check_user_id (generate);
  if (!err)
    err = cf_self_task_new (core, start, &task);
  if (err)
    return err;
  if (identity)
    task->fpr = *identity;
  if (generate && !(task->generate = strdup (generate)))
    err = cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = cf_self_task_wait (task, done, arg);
  if (err)
    cf_self_task_free (task);
  return err;
}
