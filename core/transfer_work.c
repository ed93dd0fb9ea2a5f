/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_work.c - jobs of transfers beside the loop, and what they share with it.
 *
 * The worker does them one after the other, in the order in which they were
 * started, and DONE comes in that order: what a checkpoint finds written was
 * written before it.
 */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"

/* --- what is shared --- */

gpg_error_t
cf_transfer_files_new (struct cf_transfer_files **r_files)
{
  struct cf_transfer_files *files = calloc (1, sizeof *files);

  if (!files)
    return cf_err_errno ();
  files->refs = 1;
  *r_files = files;
  return 0;
}

struct cf_transfer_files *
cf_transfer_files_ref (struct cf_transfer_files *files)
{
  if (files)
    files->refs++;
  return files;
}

void
cf_transfer_files_unref (struct cf_transfer_files *files)
{
  if (!files || --files->refs)
    return;
  while (files->spare_count)
    free (files->spare[--files->spare_count]);
  cf_file_source_free (files->source);
  cf_file_sink_free (files->sink);
  cf_file_map_free (files->map);
  free (files);
}

gpg_error_t
cf_transfer_run_new (const struct cf_transfer *t, const uint8_t id[CF_FILE_RUN_LEN], int suite,
                     struct cf_transfer_run **r_run)
{
  struct cf_transfer_run *run = calloc (1, sizeof *run);
  gpg_error_t err = run ? 0 : cf_err_errno ();

  if (!err)
    err = cf_file_seal_new (t->row.offer.key, t->row.id, id, suite, &run->seal);
  if (err) {
    free (run);
    return err;
  }
  run->refs = 1;
  memcpy (run->id, id, sizeof run->id);
  run->suite = suite;
  *r_run = run;
  return 0;
}

struct cf_transfer_run *
cf_transfer_run_ref (struct cf_transfer_run *run)
{
  if (run)
    run->refs++;
  return run;
}

void
cf_transfer_run_unref (struct cf_transfer_run *run)
{
  if (!run || --run->refs)
    return;
  cf_file_seal_free (run->seal);
  free (run);
}

/* --- jobs --- */

static void
job_unlink (struct cf_transfer_job *job)
{
  struct cf_transfer_job **link = job->list;

  if (!link)
    return;
  while (*link != job)
    link = &(*link)->next;
  *link = job->next;
  job->list = NULL;
}

static void
work_run (struct cf_work *work)
{
  struct cf_transfer_job *job = (struct cf_transfer_job *) work;

  job->run_it (job);
}

static void
work_done (struct cf_work *work)
{
  struct cf_transfer_job *job = (struct cf_transfer_job *) work;

  if (!job->list)
    return;
  job_unlink (job);
  job->done (job->transfer, job);
}

static void
give_back_frame (struct cf_transfer_job *job)
{
  struct cf_transfer_files *files = job->files;

  if (job->frame && files && files->spare_count < CF_TRANSFER_SPARE)
    files->spare[files->spare_count++] = job->frame;
  else
    free (job->frame);
}

static void
work_free (struct cf_work *work)
{
  struct cf_transfer_job *job = (struct cf_transfer_job *) work;

  job_unlink (job);
  give_back_frame (job);
  cf_transfer_files_unref (job->files);
  cf_transfer_run_unref (job->run);
  if (job->offer)
    cf_wipe (job->offer, sizeof *job->offer);
  free (job->offer);
  cf_file_map_free (job->said);
  free (job->path);
  free (job->dir);
  free (job);
}

gpg_error_t
cf_transfer_job_new (struct cf_transfers *all, struct cf_transfer *t, void (*run) (struct cf_transfer_job *job),
                     void (*done) (struct cf_transfer *t, struct cf_transfer_job *job), struct cf_transfer_job **r_job)
{
  struct cf_transfer_job *job = calloc (1, sizeof *job);

  if (!job)
    return cf_err_errno ();
  job->work.run = work_run;
  job->work.done = work_done;
  job->work.free = work_free;
  job->run_it = run;
  job->done = done;
  job->transfer = t;
  job->list = t ? &t->jobs : &all->jobs;
  job->next = *job->list;
  *job->list = job;
  if (t) {
    job->files = cf_transfer_files_ref (t->files);
    memcpy (job->id, t->row.id, sizeof job->id);
  }
  *r_job = job;
  return 0;
}

void
cf_transfer_job_free (struct cf_transfer_job *job)
{
  if (job)
    work_free (&job->work);
}

gpg_error_t
cf_transfer_job_frame (struct cf_transfer_job *job)
{
  struct cf_transfer_files *files = job->files;

  job->frame = files && files->spare_count ? files->spare[--files->spare_count] : malloc (CF_TRANSFER_FRAME_MAX);
  return job->frame ? 0 : cf_err_errno ();
}

gpg_error_t
cf_transfer_job_offer (struct cf_transfer_job *job, const struct cf_transfer *t)
{
  job->offer = malloc (sizeof *job->offer);
  if (!job->offer)
    return cf_err_errno ();
  *job->offer = t->row.offer;
  return 0;
}

void
cf_transfer_job_root (struct cf_transfer_job *job)
{
  cf_file_map_root (job->said ? job->said : job->files->map, job->count, job->leaf);
}

gpg_error_t
cf_transfer_job_start (struct cf_transfers *all, struct cf_transfer_job *job)
{
  gpg_error_t err = all->core->disk->start (all->core->disk, &job->work);

  if (err)
    cf_transfer_job_free (job);
  return err;
}

void
cf_transfer_jobs_cancel (struct cf_core *core, struct cf_transfer_job **list)
{
  struct cf_transfer_job *job;

  while ((job = *list)) {
    job_unlink (job);
    if (job->cmd) {
      job->cmd->cancelled = NULL;
      cf_command_done (job->cmd, cf_err (GPG_ERR_CANCELED));
    }
    job->cmd = NULL;
    core->disk->cancel (core->disk, &job->work); /* at work: it ends later */
  }
}

void
cf_transfer_job_detach (struct cf_transfers *all, struct cf_transfer_job *job)
{
  job_unlink (job);
  if (cf_transfer_job_start (all, job))
    cf_log (all->core->env, CF_LOG_WARN, "transfer: what was begun was not removed");
}

/* --- beside messages --- */

void
cf_transfer_yielded (void *arg)
{
  struct cf_transfers *all = arg;

  all->core->disk->yield (all->core->disk, false);
}

void
cf_transfers_yield (struct cf_core *core)
{
  struct cf_transfers *all = core->transfers;

  if (!all || !all->first)
    return;
  core->disk->yield (core->disk, true);
  cf_timer_after (core->env, &all->yields, CF_TRANSFER_YIELD_MS);
}

/* --- commands that wait for a job --- */

static void
command_cancelled (struct cf_command *cmd)
{
  struct cf_transfer_job *job = cmd->state;

  job->cmd = NULL;
}

void
cf_transfer_job_command (struct cf_transfer_job *job, struct cf_command *cmd)
{
  job->cmd = cmd;
  cmd->state = job;
  cmd->cancelled = command_cancelled;
}
