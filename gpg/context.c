/* SPDX-License-Identifier: GPL-3.0-or-later */
/* context.c - GPGME contexts of the two homes, and their hooks into the loop. */
#include "gpg/context.h"

#include <event2/event.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"

/* ------------------------------------------------- GPGME on libevent --- */

/* One descriptor that GPGME wants to be told about. */
struct io {
  struct event *ev;
  gpgme_io_cb_t handle;
  void *handle_arg;
};

static void
io_ready (evutil_socket_t fd, short what, void *arg)
{
  struct io *io = arg;

  (void) what;
  /* HANDLE may remove, and so free, IO.  Its error comes back as the DONE
     event of the operation. */
  (void) io->handle (io->handle_arg, fd);
}

static gpgme_error_t
io_add (void *priv, int fd, int dir, gpgme_io_cb_t handle, void *handle_arg, void **r_tag)
{
  struct cf_gpg_job *job = priv;
  struct io *io = malloc (sizeof *io);

  if (!io)
    return cf_err (GPG_ERR_ENOMEM);
  io->handle = handle;
  io->handle_arg = handle_arg;
  io->ev = event_new (job->gpg->base, fd, (short) ((dir ? EV_READ : EV_WRITE) | EV_PERSIST), io_ready, io);
  if (!io->ev || event_add (io->ev, NULL)) {
    if (io->ev)
      event_free (io->ev);
    free (io);
    return cf_err (GPG_ERR_ENOMEM);
  }
  *r_tag = io;
  return 0;
}

static void
io_remove (void *tag)
{
  struct io *io = tag;

  if (!io)
    return;
  event_free (io->ev);
  free (io);
}

static void
take_key (struct cf_gpg_job *job, gpgme_key_t key)
{
  if (job->keys && job->key_count < job->key_max)
    job->keys[job->key_count++] = key;
  else {
    job->key_overflow = true;
    gpgme_key_unref (key);
  }
}

static void
io_event (void *priv, gpgme_event_io_t type, void *type_data)
{
  struct cf_gpg_job *job = priv;
  gpgme_io_event_done_data_t done = type_data;

  if (type == GPGME_EVENT_NEXT_KEY)
    take_key (job, type_data);
  else if (type == GPGME_EVENT_DONE && job->busy && !job->ended) {
    job->ended = true;
    job->op_err = done->err ? done->err : done->op_err;
    /* Not here: we are deep inside GPGME, and the next step may release what
       it still uses. */
    event_active (job->gpg->kick, 0, 0);
  }
}

/* ------------------------------------------------------------ the pool --- */

static gpg_error_t
make_context (struct cf_gpg *gpg, enum cf_home home, gpgme_ctx_t *r_ctx)
{
  gpgme_ctx_t ctx = NULL;
  gpg_error_t err;

  err = gpgme_new (&ctx);
  if (!err)
    err = gpgme_set_protocol (ctx, GPGME_PROTOCOL_OpenPGP);
  if (!err && gpg->home[home])
    err = gpgme_ctx_set_engine_info (ctx, GPGME_PROTOCOL_OpenPGP, NULL, gpg->home[home]);
  if (err) {
    gpgme_release (ctx);
    return err;
  }
  *r_ctx = ctx;
  return 0;
}

gpg_error_t
cf_context_get (struct cf_gpg_job *job, enum cf_home home, gpgme_ctx_t *r_ctx)
{
  struct cf_gpg *gpg = job->gpg;
  struct gpgme_io_cbs cbs = { io_add, job, io_remove, io_event, job };
  gpgme_ctx_t ctx = NULL;
  gpg_error_t err = 0;

  if (gpg->spare_count[home])
    ctx = gpg->spare[home][--gpg->spare_count[home]];
  else
    err = make_context (gpg, home, &ctx);
  if (err)
    return err;
  gpgme_set_io_cbs (ctx, &cbs);
  gpgme_signers_clear (ctx);
  gpgme_sig_notation_clear (ctx);
  gpgme_set_passphrase_cb (ctx, NULL, NULL);
  gpgme_set_armor (ctx, 0);
  gpgme_set_offline (ctx, 1);
  err = gpgme_set_keylist_mode (ctx, GPGME_KEYLIST_MODE_LOCAL);
  if (!err)
    err = gpgme_set_pinentry_mode (ctx, home == CF_HOME_IDENTITY ? GPGME_PINENTRY_MODE_DEFAULT
                                                                 : GPGME_PINENTRY_MODE_ERROR);
  if (!err)
    err = gpgme_set_ctx_flag (ctx, "request-origin", "local");
  if (!err && home == CF_HOME_IDENTITY && gpg->prompt.lc_ctype)
    err = gpgme_set_locale (ctx, LC_CTYPE, gpg->prompt.lc_ctype);
  if (err) {
    gpgme_release (ctx);
    return err;
  }
  *r_ctx = ctx;
  return 0;
}

void
cf_context_put (struct cf_gpg *gpg, enum cf_home home, gpgme_ctx_t ctx, bool clean)
{
  if (!ctx)
    return;
  if (clean && gpg->spare_count[home] < CF_CONTEXTS_SPARE)
    gpg->spare[home][gpg->spare_count[home]++] = ctx;
  else
    gpgme_release (ctx);
}

void
cf_context_drop_spare (struct cf_gpg *gpg)
{
  int home;

  for (home = 0; home < CF_HOMES; home++)
    while (gpg->spare_count[home])
      gpgme_release (gpg->spare[home][--gpg->spare_count[home]]);
}

/* -------------------------------------------------------------- prompt --- */

/* GPGME and gpg read where a prompt may appear from the environment alone, so
   it is set around the start of an operation.  One thread: nobody else sees it. */
static const char *const prompt_names[3] = { "DISPLAY", "GPG_TTY", "TERM" };

void
cf_prompt_enter (const struct cf_gpg *gpg, struct cf_prompt_saved *saved)
{
  const char *wanted[3] = { gpg->prompt.display, gpg->prompt.ttyname, gpg->prompt.ttytype };
  const char *old;
  int i;

  memset (saved, 0, sizeof *saved);
  for (i = 0; i < 3; i++) {
    if (!wanted[i])
      continue;
    old = getenv (prompt_names[i]);
    saved->value[i] = old ? strdup (old) : NULL;
    if (old && !saved->value[i])
      continue; /* could not be put back */
    saved->set[i] = !setenv (prompt_names[i], wanted[i], 1);
  }
}

void
cf_prompt_leave (struct cf_prompt_saved *saved)
{
  int i;

  for (i = 0; i < 3; i++) {
    if (saved->set[i] && saved->value[i])
      (void) setenv (prompt_names[i], saved->value[i], 1);
    else if (saved->set[i])
      (void) unsetenv (prompt_names[i]);
    free (saved->value[i]);
  }
}

/* --------------------------------------------------------- passphrases --- */

static bool
names_holder (const char *token, size_t len, gpgme_key_t holder)
{
  gpgme_subkey_t sub;

  for (sub = holder->subkeys; sub; sub = sub->next)
    if (sub->keyid && strlen (sub->keyid) == len && !strncasecmp (sub->keyid, token, len))
      return true;
  return false;
}

/* GPGME's passphrase callback.  INFO is gpg's NEED_PASSPHRASE: the long key ids
   of the primary and of the key in question, then algorithm and length. */
static gpgme_error_t
give_passphrase (void *hook, const char *uid_hint, const char *info, int prev_was_bad, int fd)
{
  struct cf_gpg_job *job = hook;
  char hex[2 * CF_GPG_PASSPHRASE_LEN + 2];
  size_t main_len, sub_len;
  gpgme_error_t err = 0;

  (void) uid_hint;
  if (prev_was_bad || !info || !job->passphrase_holder)
    return cf_err (GPG_ERR_CANCELED);
  main_len = strcspn (info, " ");
  sub_len = info[main_len] ? strcspn (info + main_len + 1, " ") : 0;
  if (!sub_len || !names_holder (info, main_len, job->passphrase_holder)
      || !names_holder (info + main_len + 1, sub_len, job->passphrase_holder))
    return cf_err (GPG_ERR_CANCELED);
  cf_hex (job->passphrase, CF_GPG_PASSPHRASE_LEN, hex);
  hex[2 * CF_GPG_PASSPHRASE_LEN] = '\n';
  if (gpgme_io_writen (fd, hex, sizeof hex - 1))
    err = cf_err_errno ();
  cf_wipe (hex, sizeof hex);
  return err;
}

gpg_error_t
cf_job_allow_passphrase (struct cf_gpg_job *job, gpgme_key_t holder,
                         const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN])
{
  gpg_error_t err;

  err = gpgme_set_pinentry_mode (job->ctx, GPGME_PINENTRY_MODE_LOOPBACK);
  if (err)
    return err;
  gpgme_key_ref (holder);
  if (job->passphrase_holder)
    gpgme_key_unref (job->passphrase_holder);
  job->passphrase_holder = holder;
  job->passphrase = passphrase;
  gpgme_set_passphrase_cb (job->ctx, give_passphrase, job);
  return 0;
}
