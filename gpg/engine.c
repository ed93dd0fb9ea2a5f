/* SPDX-License-Identifier: GPL-3.0-or-later */
/* engine.c - jobs of gpg/, on the daemon's loop.
 *
 * Every turn is taken from the kick event, never from inside GPGME or from a
 * starting call: so steps may release what they like, and callbacks come only
 * after the starting call has returned.
 */
#include "gpg/engine.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "gpg/context.h"
#include "gpg/homes.h"
#include "gpg/keycache.h"

/* Jobs that work at once, a lane.  More gpg processes than processors gain
   nothing; on the identity lane two, so that one open pinentry does not hold up
   a listing.  The people home has no agent to wait for: what is done there
   shares the conversation lane. */
static const size_t lane_max[CF_HOMES] = { [CF_HOME_IDENTITY] = 2, [CF_HOME_CONVERSATION] = 4 };

/* --------------------------------------------------------------- lists --- */

static void
list_append (struct cf_job_list *list, struct cf_gpg_job *job)
{
  job->next = NULL;
  job->prev = list->tail;
  if (list->tail)
    list->tail->next = job;
  else
    list->head = job;
  list->tail = job;
}

static void
list_remove (struct cf_job_list *list, struct cf_gpg_job *job)
{
  if (job->prev)
    job->prev->next = job->next;
  else
    list->head = job->next;
  if (job->next)
    job->next->prev = job->prev;
  else
    list->tail = job->prev;
  job->prev = job->next = NULL;
}

/* ---------------------------------------------------------- operations --- */

void
cf_job_forget_keys (struct cf_gpg_job *job)
{
  while (job->key_count)
    gpgme_key_unref (job->keys[--job->key_count]);
  free (job->keys);
  job->keys = NULL;
  job->key_max = 0;
  job->key_overflow = false;
}

static void
forget_data (struct cf_gpg_job *job)
{
  gpgme_data_release (job->in);
  gpgme_data_release (job->in2);
  gpgme_data_release (job->out);
  job->in = job->in2 = job->out = NULL;
}

static void
forget_output (struct cf_gpg_job *job)
{
  cf_buf_done (&job->sink.buf);
  cf_secmem_free (job->sink.secret);
  memset (&job->sink, 0, sizeof job->sink);
}

/* Put away what the last operation used; CLEAN: it ended well. */
static void
end_operation (struct cf_gpg_job *job, bool clean)
{
  gpgme_ctx_t ctx = job->ctx;

  job->ctx = NULL;
  if (ctx && job->busy && !job->ended) {
    job->busy = false; /* so that the DONE of the cancellation is not heard */
    (void) gpgme_cancel (ctx);
    clean = false;
  }
  job->busy = job->ended = false;
  if (ctx) {
    gpgme_set_passphrase_cb (ctx, NULL, NULL);
    cf_context_put (job->gpg, job->ctx_home, ctx, clean);
  }
  forget_data (job);
  if (job->passphrase_holder)
    gpgme_key_unref (job->passphrase_holder);
  job->passphrase_holder = NULL;
  job->passphrase = NULL;
  if (job->deadline)
    event_del (job->deadline);
}

gpg_error_t
cf_job_context (struct cf_gpg_job *job, enum cf_home home, gpgme_ctx_t *r_ctx)
{
  gpg_error_t err;

  end_operation (job, true);
  err = cf_context_get (job, home, &job->ctx);
  if (err)
    return err;
  job->ctx_home = home;
  *r_ctx = job->ctx;
  return 0;
}

gpg_error_t
cf_job_context_remote (struct cf_gpg_job *job, enum cf_home home, gpgme_ctx_t *r_ctx)
{
  gpg_error_t err;

  err = cf_job_context (job, home, r_ctx);
  if (!err)
    err = gpgme_set_ctx_flag (*r_ctx, "request-origin", "remote");
  return err;
}

static void
on_deadline (evutil_socket_t fd, short what, void *arg)
{
  struct cf_gpg_job *job = arg;

  (void) fd;
  (void) what;
  if (!job->busy || job->ended)
    return;
  cf_log (job->gpg->env, CF_LOG_WARN, "gpg: %s: no answer from gpg in %d s", job->kind->name, CF_JOB_TIMEOUT_S);
  job->busy = false;
  (void) gpgme_cancel (job->ctx);
  job->busy = job->ended = true;
  job->op_err = gpg_err_make (GPG_ERR_SOURCE_GPG, GPG_ERR_TIMEOUT);
  event_active (job->gpg->kick, 0, 0);
}

gpg_error_t
cf_job_wait (struct cf_gpg_job *job, gpg_error_t start_err, cf_job_step_fn next)
{
  const struct timeval patience = { CF_JOB_TIMEOUT_S, 0 };

  if (start_err)
    return start_err;
  job->busy = true;
  job->ended = false;
  job->step = next;
  if (gpgme_get_pinentry_mode (job->ctx) == GPGME_PINENTRY_MODE_DEFAULT)
    return 0; /* a person may be asked, who takes the time that it takes */
  if (!job->deadline)
    job->deadline = evtimer_new (job->gpg->base, on_deadline, job);
  if (!job->deadline || evtimer_add (job->deadline, &patience))
    return cf_err (GPG_ERR_ENOMEM);
  return 0;
}

gpg_error_t
cf_job_write (struct cf_gpg_job *job, cf_job_step_fn next)
{
  job->wants_write = true;
  job->step = next;
  event_active (job->gpg->kick, 0, 0);
  return 0;
}

/* ---------------------------------------------------------------- data --- */

gpg_error_t
cf_job_input (struct cf_gpg_job *job, const void *data, size_t len, gpgme_data_t *r_data)
{
  gpgme_data_t *slot = job->in ? &job->in2 : &job->in;
  gpg_error_t err;

  assert (!*slot);
  err = gpgme_data_new_from_mem (slot, data ? data : "", len, 0);
  if (err)
    return err;
  *r_data = *slot;
  return 0;
}

/* Returning an error here ends the operation: this is what stops a bomb. */
static ssize_t
sink_write (void *handle, const void *data, size_t len)
{
  struct cf_sink *sink = handle;

  if (sink->secret) {
    if (len > CF_SECRET_MAX - sink->secret_len) {
      sink->overflow = true;
      errno = EFBIG;
      return -1;
    }
    memcpy (sink->secret + sink->secret_len, data, len);
    sink->secret_len += len;
    return (ssize_t) len;
  }
  if (cf_buf_add (&sink->buf, data, len)) {
    sink->overflow = true;
    errno = EFBIG;
    return -1;
  }
  return (ssize_t) len;
}

gpg_error_t
cf_job_output (struct cf_gpg_job *job, size_t max, bool secret, gpgme_data_t *r_data)
{
  static struct gpgme_data_cbs cbs = { .write = sink_write };
  gpg_error_t err = 0;

  assert (!job->out);
  forget_output (job);
  cf_buf_init (&job->sink.buf, max);
  if (secret)
    err = cf_secmem_new (&job->sink.secret, CF_SECRET_MAX);
  if (!err)
    err = gpgme_data_new_from_cbs (&job->out, &cbs, &job->sink);
  if (err)
    return err;
  *r_data = job->out;
  return 0;
}

const uint8_t *
cf_job_output_data (const struct cf_gpg_job *job, size_t *r_len)
{
  if (job->sink.secret) {
    *r_len = job->sink.secret_len;
    return job->sink.secret;
  }
  *r_len = cf_buf_len (&job->sink.buf);
  return cf_buf_data (&job->sink.buf);
}

/* ------------------------------------------------------------- listing --- */

gpg_error_t
cf_job_expect_keys (struct cf_gpg_job *job, size_t max)
{
  cf_job_forget_keys (job);
  job->keys = calloc (max, sizeof *job->keys);
  if (!job->keys)
    return cf_err (GPG_ERR_ENOMEM);
  job->key_max = max;
  return 0;
}

gpg_error_t
cf_job_list (struct cf_gpg_job *job, enum cf_home home, const char *patterns[], bool secret_only,
             gpgme_keylist_mode_t mode, size_t max, cf_job_step_fn next)
{
  gpgme_ctx_t ctx;
  gpg_error_t err;

  err = cf_job_context (job, home, &ctx);
  if (!err)
    err = cf_job_expect_keys (job, max);
  if (!err)
    err = gpgme_set_keylist_mode (ctx, GPGME_KEYLIST_MODE_LOCAL | mode);
  if (!err) /* no listing is worth a question */
    err = gpgme_set_pinentry_mode (ctx, GPGME_PINENTRY_MODE_ERROR);
  if (err)
    return err;
  return cf_job_wait (job, gpgme_op_keylist_ext_start (ctx, patterns, secret_only, 0), next);
}

gpg_error_t
cf_job_list_key (struct cf_gpg_job *job, enum cf_home home, const struct cf_fpr *fpr, bool secret_only,
                 gpgme_keylist_mode_t mode, cf_job_step_fn next)
{
  char hex[CF_FPR_HEX_SIZE];
  const char *patterns[] = { cf_fpr_hex (fpr, hex), NULL };

  return cf_job_list (job, home, patterns, secret_only, mode, 2, next);
}

/* ---------------------------------------------------------------- jobs --- */

gpg_error_t
cf_job_new (struct cf_gpg *gpg, const struct cf_job_kind *kind, enum cf_gpg_priority priority, void *r_job)
{
  struct cf_gpg_job *job;

  assert (kind->size >= sizeof *job);
  if (gpg->job_count >= CF_JOB_QUEUE_MAX)
    return cf_err (GPG_ERR_EAGAIN);
  job = calloc (1, kind->size);
  if (!job)
    return cf_err (GPG_ERR_ENOMEM);
  job->gpg = gpg;
  job->kind = kind;
  job->priority = priority;
  job->step = kind->begin;
  gpg->job_count++;
  memcpy (r_job, &job, sizeof job);
  return 0;
}

gpg_error_t
cf_job_charge (struct cf_gpg_job *job, size_t len)
{
  if (len > CF_JOB_BYTES_MAX - job->gpg->job_bytes)
    return cf_err (GPG_ERR_EAGAIN);
  job->gpg->job_bytes += len;
  job->bytes += len;
  return 0;
}

void
cf_job_drop (struct cf_gpg_job *job)
{
  if (!job)
    return;
  end_operation (job, false);
  if (job->deadline)
    event_free (job->deadline);
  cf_job_forget_keys (job);
  forget_output (job);
  if (job->kind->clear)
    job->kind->clear (job);
  if (job->gpg->writer == job)
    job->gpg->writer = NULL;
  job->gpg->job_count--;
  job->gpg->job_bytes -= job->bytes;
  cf_wipe (job, job->kind->size);
  free (job);
}

void
cf_job_submit (struct cf_gpg_job *job, struct cf_gpg_job **r_job)
{
  struct cf_gpg *gpg = job->gpg;

  job->state = CF_JOB_QUEUED;
  list_append (&gpg->queue[job->kind->lane][job->priority], job);
  event_active (gpg->kick, 0, 0);
  if (r_job)
    *r_job = job;
}

static void
finish (struct cf_gpg_job *job, gpg_error_t err)
{
  struct cf_gpg *gpg = job->gpg;

  list_remove (&gpg->working, job);
  gpg->working_count[job->kind->lane]--;
  if (err)
    cf_log (gpg->env, CF_LOG_DEBUG, "gpg: %s: %s (%s)", job->kind->name, gpg_strerror (err), gpg_strsource (err));
  job->state = CF_JOB_REPORTING;
  if (!job->unheard)
    job->kind->report (job, err);
  end_operation (job, !err);
  cf_job_drop (job);
}

static void
take_step (struct cf_gpg_job *job)
{
  struct cf_prompt_saved saved;
  gpg_error_t err = job->op_err;

  /* An error without a source is gpg's, not ours: "bad passphrase" of a key is
     not that of a conversation. */
  if (err && gpg_err_source (err) == GPG_ERR_SOURCE_UNKNOWN)
    err = gpg_err_make (GPG_ERR_SOURCE_GPG, gpg_err_code (err));
  if (job->sink.overflow)
    err = cf_err (GPG_ERR_TOO_LARGE);
  if (job->gpg->writer == job && job->ended)
    job->gpg->writer = NULL;
  job->busy = job->ended = false;
  job->op_err = 0;
  cf_prompt_enter (job->gpg, &saved);
  err = job->step (job, err);
  cf_prompt_leave (&saved);
  if (err || !(job->busy || job->wants_write))
    finish (job, err);
}

static struct cf_gpg_job *
next_ended (struct cf_gpg *gpg)
{
  struct cf_gpg_job *job;

  for (job = gpg->working.head; job; job = job->next)
    if (job->ended)
      break;
  return job;
}

/* The first job that wants to change the keyring. */
static struct cf_gpg_job *
next_writer (struct cf_gpg *gpg)
{
  struct cf_gpg_job *job;

  for (job = gpg->working.head; job; job = job->next)
    if (job->wants_write)
      break;
  return job;
}

/* Is an operation under way in a home of ours? */
static bool
is_home_in_use (const struct cf_gpg *gpg)
{
  const struct cf_gpg_job *job;

  for (job = gpg->working.head; job; job = job->next)
    if (job->busy && !job->ended && job->ctx_home != CF_HOME_IDENTITY)
      return true;
  return false;
}

/* The most urgent job that may start now, taken from its queue. */
static struct cf_gpg_job *
next_waiting (struct cf_gpg *gpg)
{
  struct cf_gpg_job *job;
  int lane, priority;

  for (priority = CF_GPG_PERSON; priority <= CF_GPG_BACKGROUND; priority++)
    for (lane = 0; lane < CF_HOMES; lane++) {
      job = gpg->queue[lane][priority].head;
      if (!job || gpg->working_count[lane] >= lane_max[lane])
        continue;
      list_remove (&gpg->queue[lane][priority], job);
      return job;
    }
  return NULL;
}

/* The job whose next step may be taken now, or NULL.  While the keyring is
   being changed, or somebody waits to change it, no other job takes a step. */
static struct cf_gpg_job *
next_step (struct cf_gpg *gpg)
{
  struct cf_gpg_job *job;

  if (gpg->writer)
    return gpg->writer->ended ? gpg->writer : NULL;
  if ((job = next_writer (gpg))) {
    if (is_home_in_use (gpg))
      return NULL;
    job->wants_write = false;
    gpg->writer = job;
    return job;
  }
  if ((job = next_ended (gpg)))
    return job;
  if ((job = next_waiting (gpg))) {
    list_append (&gpg->working, job);
    gpg->working_count[job->kind->lane]++;
    job->state = CF_JOB_WORKING;
  }
  return job;
}

static void
on_kick (evutil_socket_t fd, short what, void *arg)
{
  struct cf_gpg *gpg = arg;
  struct cf_gpg_job *job;

  (void) fd;
  (void) what;
  /* From the start each time: a callback may cancel any job. */
  while ((job = next_step (gpg)))
    take_step (job);
}

static void
cancel_now (struct cf_gpg *gpg, struct cf_gpg_job *job)
{
  if (job->state == CF_JOB_QUEUED)
    list_remove (&gpg->queue[job->kind->lane][job->priority], job);
  else {
    list_remove (&gpg->working, job);
    gpg->working_count[job->kind->lane]--;
  }
  cf_job_drop (job);
  event_active (gpg->kick, 0, 0); /* its place is free */
}

/* A gpg that is cancelled is not ended: it does not hear of it, and goes on to write.  While it replaces the keyring that
   is not there for a moment, and others would not find it; of two that write, the later loses what the earlier has
   written.  So nobody else comes to the keyring before it has ended. */
void
cf_gpg_cancel (struct cf_gpg *gpg, struct cf_gpg_job *job)
{
  if (!job || job->state == CF_JOB_REPORTING)
    return;
  if (gpg->writer == job && job->busy && !job->ended)
    job->unheard = true;
  else
    cancel_now (gpg, job);
}

/* -------------------------------------------------------------- engine --- */

static gpg_error_t
check_gpgme (void)
{
  gpg_error_t err;

  if (!gpgme_check_version ("1.14.0"))
    return cf_err (GPG_ERR_INV_ENGINE);
  err = gpgme_engine_check_version (GPGME_PROTOCOL_OpenPGP);
  return err ? cf_err (GPG_ERR_INV_ENGINE) : 0;
}

gpg_error_t
cf_gpg_new (struct cf_env *env, struct event_base *base, const struct cf_gpg_config *config, struct cf_gpg **r_gpg)
{
  struct cf_gpg *gpg = NULL;
  gpg_error_t err;

  err = check_gpgme ();
  if (err)
    return err;
  gpg = calloc (1, sizeof *gpg);
  if (!gpg)
    return cf_err (GPG_ERR_ENOMEM);
  gpg->env = env;
  gpg->base = base;
  err = cf_homes_open (gpg, config);
  if (err)
    goto leave;
  err = cf_keycache_new (env, &gpg->cache);
  if (err)
    goto leave;
  gpg->kick = event_new (base, -1, 0, on_kick, gpg);
  if (!gpg->kick) {
    err = cf_err (GPG_ERR_ENOMEM);
    goto leave;
  }
  *r_gpg = gpg;
  gpg = NULL;

leave:
  cf_gpg_free (gpg);
  return err;
}

static void
free_prompt (struct cf_prompt *prompt)
{
  free (prompt->display);
  free (prompt->ttyname);
  free (prompt->ttytype);
  free (prompt->lc_ctype);
  memset (prompt, 0, sizeof *prompt);
}

void
cf_gpg_free (struct cf_gpg *gpg)
{
  int lane, priority;

  if (!gpg)
    return;
  while (gpg->working.head)
    cancel_now (gpg, gpg->working.head);
  for (lane = 0; lane < CF_HOMES; lane++)
    for (priority = 0; priority <= CF_GPG_BACKGROUND; priority++)
      while (gpg->queue[lane][priority].head)
        cancel_now (gpg, gpg->queue[lane][priority].head);
  if (gpg->kick)
    event_free (gpg->kick);
  cf_context_drop_spare (gpg);
  cf_keycache_free (gpg->cache);
  gpgme_key_unref (gpg->signer);
  free_prompt (&gpg->prompt);
  cf_homes_close (gpg);
  free (gpg);
}

void
cf_gpg_people_kept (struct cf_gpg *gpg, cf_gpg_keep_fn keep, void *arg)
{
  gpg->keep = keep;
  gpg->keep_arg = arg;
}

/* Copies that run out of memory are only prompts in the wrong place. */
uint64_t
cf_gpg_keyring_stamp (struct cf_gpg *gpg)
{
  return cf_homes_stamp (gpg);
}

void
cf_gpg_set_prompt (struct cf_gpg *gpg, const char *display, const char *ttyname, const char *ttytype,
                   const char *lc_ctype)
{
  free_prompt (&gpg->prompt);
  gpg->prompt.display = display ? strdup (display) : NULL;
  gpg->prompt.ttyname = ttyname ? strdup (ttyname) : NULL;
  gpg->prompt.ttytype = ttytype ? strdup (ttytype) : NULL;
  gpg->prompt.lc_ctype = lc_ctype ? strdup (lc_ctype) : NULL;
}
