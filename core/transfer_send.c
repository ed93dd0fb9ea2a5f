/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_send.c - the sender: what is asked for is read, hashed, sealed, and handed to the bulk channel.
 *
 *   GET --wanted--> job: read, leaf, seal --cf_link_send_bulk--> gone
 *
 * Blocks leave in the order in which they were asked for, those of several
 * transfers to one person in turns.  No more is sealed ahead than the bulk
 * channel has room for.  What holes have is told, not sent.
 */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/link.h"

/* --- lists of blocks --- */

bool
cf_transfer_list_has (const struct cf_transfer_list *l, uint64_t index)
{
  for (size_t i = 0; i < l->count; i++)
    if (l->index[i] == index)
      return true;
  return false;
}

size_t
cf_transfer_list_take (struct cf_transfer_list *l, uint64_t first, uint64_t count)
{
  size_t i, kept = 0, taken;

  for (i = 0; i < l->count; i++)
    if (l->index[i] < first || l->index[i] - first >= count)
      l->index[kept++] = l->index[i];
  taken = l->count - kept;
  l->count = kept;
  return taken;
}

static void
put_back (struct cf_transfer_list *l, uint64_t index)
{
  if (l->count == CF_TRANSFER_WINDOW || cf_transfer_list_has (l, index))
    return;
  memmove (l->index + 1, l->index, l->count * sizeof *l->index);
  l->index[0] = index;
  l->count++;
}

/* --- the source --- */

static void
source_failed (struct cf_transfer *t, gpg_error_t err)
{
  switch (gpg_err_code (err)) {
  case GPG_ERR_CONFLICT:
  case GPG_ERR_INV_VALUE:
  case GPG_ERR_TOO_LARGE:
  case GPG_ERR_AMBIGUOUS_NAME: cf_transfer_fail (t, CF_TRANSFER_CHANGED); break;
  case GPG_ERR_ENOENT:
  case GPG_ERR_ENOTDIR: cf_transfer_fail (t, CF_TRANSFER_VANISHED); break;
  case GPG_ERR_ENOMEM: cf_log (t->all->core->env, CF_LOG_ERROR, "transfer: no memory"); break;
  default: cf_transfer_fail (t, CF_TRANSFER_UNREADABLE);
  }
}

static void
run_open (struct cf_transfer_job *job)
{
  job->err = cf_file_source_open (job->path, &job->files->source);
  if (!job->err)
    cf_file_source_describe (job->files->source, job->offer, &job->skipped, job->stat_hash);
}

/* Is what was opened still what was offered?  Of one file only the size must be the same: the root tells the rest. */
static bool
is_same (const struct cf_transfer_row *row, const struct cf_transfer_job *job)
{
  const struct cf_file_offer *was = &row->offer, *is = job->offer;

  if (is->size != was->size || is->manifest_len != was->manifest_len || is->files != was->files
      || cf_file_offer_is_directory (is) != cf_file_offer_is_directory (was))
    return false;
  return !cf_file_offer_is_directory (is) || !memcmp (row->stat_hash, job->stat_hash, sizeof row->stat_hash);
}

static void
opened (struct cf_transfer *t, struct cf_transfer_job *job)
{
  gpg_error_t err = job->err;

  t->opening = false;
  if (!err && !is_same (&t->row, job))
    err = cf_err (GPG_ERR_CONFLICT);
  if (!err)
    err = cf_file_map_new (t->blocks, &job->files->map);
  if (err) {
    source_failed (t, err);
    return;
  }
  t->files = cf_transfer_files_ref (job->files);
  t->map = t->files->map;
  cf_transfer_serve (t->all, &t->peer);
}

static gpg_error_t
open_source (struct cf_transfer *t)
{
  struct cf_transfer_job *job;
  gpg_error_t err = cf_transfer_job_new (t->all, t, run_open, opened, &job);

  if (err)
    return err;
  err = cf_transfer_files_new (&job->files);
  if (!err) {
    job->path = strdup (t->row.path ? t->row.path : "");
    job->offer = calloc (1, sizeof *job->offer);
    err = job->path && job->offer ? 0 : cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    cf_transfer_job_free (job);
    return err;
  }
  t->opening = true;
  err = cf_transfer_job_start (t->all, job);
  t->opening = !err;
  return err;
}

/* --- blocks and leaves, sealed --- */

/* The run for a number, T's own: numbers only go up within one. */
static gpg_error_t
run_for (struct cf_transfer *t, uint64_t index, struct cf_transfer_run **r_run)
{
  uint8_t id[CF_FILE_RUN_LEN];
  gpg_error_t err;

  if (!t->run || (t->run->used && index <= t->run->last)) {
    cf_transfer_run_unref (t->run);
    t->run = NULL;
    cf_env_random (t->all->core->env, id, sizeof id);
    err = cf_transfer_run_new (t, id, cf_file_suite (), &t->run);
    if (err)
      return err;
  }
  t->run->used = true;
  t->run->last = index;
  *r_run = cf_transfer_run_ref (t->run);
  return 0;
}

static void
seal (struct cf_transfer_job *job)
{
  job->err = cf_file_block_seal (job->run->seal, job->type, job->index, (uint32_t) job->count, 0,
                                 job->frame + CF_TRANSFER_DATA, job->len, job->frame + CF_TRANSFER_DATA + job->len);
}

/* A block, or how far the hole goes that it begins; its leaf.  Without a run, that is all. */
static void
run_block (struct cf_transfer_job *job)
{
  struct cf_file_source *source = job->files->source;

  job->count = cf_file_source_hole (source, job->index, CF_TRANSFER_ZEROS_MAX);
  job->type = job->count ? CF_FILE_FRAME_ZEROS : CF_FILE_FRAME_BLOCK;
  if (!job->count) {
    job->err = cf_file_source_read (source, job->index, job->frame + CF_TRANSFER_DATA, &job->len, &job->changed);
    if (!job->err)
      cf_file_leaf (job->frame + CF_TRANSFER_DATA, job->len, job->leaf);
  }
  if (!job->err && job->run)
    seal (job);
}

/* What the source has told is remembered.  False: T has failed. */
static bool
note_leaf (struct cf_transfer *t, const struct cf_transfer_job *job)
{
  gpg_error_t err = job->err;

  if (err) {
    source_failed (t, err);
    return false;
  }
  if (job->changed) { /* what was read before is void, and sealed under another key from now on */
    cf_file_map_clear_all (t->map);
    cf_transfer_run_unref (t->run);
    t->run = NULL;
  }
  if (job->type == CF_FILE_FRAME_ZEROS)
    err = cf_file_map_set_zeros (t->map, job->index, job->count);
  else
    err = cf_file_map_set (t->map, job->index, job->leaf);
  if (err) /* it is computed again when it is needed */
    cf_log (t->all->core->env, CF_LOG_WARN, "transfer: a leaf was not kept: %s", gpg_strerror (err));
  return true;
}

/* Hand the sealed frame of JOB to the tunnel that it was made for. */
static void
hand_over (struct cf_transfer *t, struct cf_transfer_job *job)
{
  uint8_t *block = job->frame + CF_TRANSFER_DATA;
  size_t head = cf_transfer_head (t, job->run, job->type, job->index, (uint32_t) job->count, block);
  uint64_t count = job->type == CF_FILE_FRAME_ZEROS ? job->count : 1;
  uint64_t end = (job->index + count) * CF_FILE_BLOCK;
  gpg_error_t err;

  if (job->tunnel != t->tunnel || !cf_transfer_may_move (t))
    return;
  err = cf_link_send_bulk (t->all->core, &t->peer, block - head, head + job->len + CF_FILE_TAG_LEN);
  if (job->type == CF_FILE_FRAME_LEAVES)
    return; /* if they were lost, he asks again */
  if (gpg_err_code (err) == GPG_ERR_LIMIT_REACHED)
    put_back (&t->out.wanted, job->index);
  if (err)
    return;
  t->heard_ms = t->all->core->env->now_ms;
  cf_transfer_list_take (&t->out.wanted, job->index, count);
  if (end > t->stream_len)
    end = t->stream_len;
  if (end > t->row.done)
    t->row.done = end;
}

static void
block_done (struct cf_transfer *t, struct cf_transfer_job *job)
{
  t->working--;
  if (!note_leaf (t, job))
    return;
  hand_over (t, job);
  cf_transfer_tick (t->all);
  cf_transfer_serve (t->all, &t->peer);
}

/* A job with room for a block. */
static gpg_error_t
block_job (struct cf_transfer *t, uint64_t index, void (*run) (struct cf_transfer_job *job),
           void (*done) (struct cf_transfer *t, struct cf_transfer_job *job), struct cf_transfer_job **r_job)
{
  struct cf_transfer_job *job;
  gpg_error_t err = cf_transfer_job_new (t->all, t, run, done, &job);

  if (err)
    return err;
  job->index = index;
  job->tunnel = t->tunnel;
  err = cf_transfer_job_frame (job);
  if (err) {
    cf_transfer_job_free (job);
    return err;
  }
  *r_job = job;
  return 0;
}

/* Start JOB, whose number is INDEX, under the run for that; it is freed when there is an error. */
static gpg_error_t
start_sealing (struct cf_transfer *t, uint64_t index, struct cf_transfer_job *job)
{
  gpg_error_t err = run_for (t, index, &job->run);

  if (err) {
    cf_transfer_job_free (job);
    return err;
  }
  err = cf_transfer_job_start (t->all, job);
  if (!err)
    t->working++;
  return err;
}

static gpg_error_t
start_block (struct cf_transfer *t)
{
  const uint64_t index = t->out.wanted.index[0];
  struct cf_transfer_job *job;
  gpg_error_t err = block_job (t, index, run_block, block_done, &job);

  if (!err)
    err = start_sealing (t, index, job);
  if (!err)
    cf_transfer_list_take (&t->out.wanted, index, 1);
  return err;
}

static void
leaves_done (struct cf_transfer *t, struct cf_transfer_job *job)
{
  t->working--;
  if (!job->err)
    hand_over (t, job);
  cf_transfer_serve (t->all, &t->peer);
}

/* All leaves are known: those that were asked for first. */
static gpg_error_t
start_leaves (struct cf_transfer *t)
{
  const uint64_t first = t->out.leaves[0].first;
  const uint32_t count = t->out.leaves[0].count;
  struct cf_transfer_job *job;
  gpg_error_t err = block_job (t, first, seal, leaves_done, &job);

  if (err)
    return err;
  job->type = CF_FILE_FRAME_LEAVES;
  for (uint32_t i = 0; i < count; i++)
    memcpy (job->frame + CF_TRANSFER_DATA + i * CF_FILE_HASH_LEN, cf_file_map_leaf (t->map, first + i), CF_FILE_HASH_LEN);
  job->len = count * CF_FILE_HASH_LEN;
  err = start_sealing (t, first, job);
  if (err)
    return err;
  t->out.leaves_count--;
  memmove (t->out.leaves, t->out.leaves + 1, t->out.leaves_count * sizeof *t->out.leaves);
  return 0;
}

/* --- the root --- */

static void
root_done (struct cf_transfer *t, struct cf_transfer_job *job)
{
  gpg_error_t err = 0;

  t->out.rooting = false;
  t->out.root_asked = false;
  if (!t->row.has_root || memcmp (t->row.root, job->leaf, sizeof t->row.root) != 0)
    err = cf_transfer_say_root (t, job->leaf);
  if (err) {
    cf_log (t->all->core->env, CF_LOG_ERROR, "transfer: the root was not said: %s", gpg_strerror (err));
    t->out.root_asked = true; /* with the next tick */
  } else
    cf_transfer_serve (t->all, &t->peer);
}

static void
hash_done (struct cf_transfer *t, struct cf_transfer_job *job)
{
  t->out.hashing = false;
  if (note_leaf (t, job))
    cf_transfer_serve (t->all, &t->peer);
}

/* Towards the root: the next leaf that is not known, or the root itself. */
static gpg_error_t
go_on_to_root (struct cf_transfer *t)
{
  struct cf_transfer_job *job;
  uint64_t first, count;
  gpg_error_t err;

  if (!t->out.root_asked || t->out.hashing || t->out.rooting || t->working)
    return 0;
  if (cf_file_map_missing (t->map, 0, &first, &count)) {
    err = block_job (t, first, run_block, hash_done, &job);
    if (!err)
      err = cf_transfer_job_start (t->all, job);
    t->out.hashing = !err;
    return err;
  }
  err = cf_transfer_job_new (t->all, t, cf_transfer_job_root, root_done, &job);
  if (err)
    return err;
  job->count = t->stream_len;
  err = cf_transfer_job_start (t->all, job);
  t->out.rooting = !err;
  return err;
}

/* --- what is asked for --- */

void
cf_transfer_wanted (struct cf_transfer *t, uint64_t first, uint32_t count)
{
  struct cf_transfer_list *wanted = &t->out.wanted;

  if (t->row.paused_by_us)
    return; /* they have crossed */
  for (uint32_t i = 0; i < count; i++) {
    if (cf_transfer_list_has (wanted, first + i))
      continue; /* he has asked again for what is still waiting */
    if (wanted->count + t->working >= CF_TRANSFER_WINDOW) {
      cf_refused (t->all->core->env, CF_REFUSED_TRANSFER_CREDIT);
      break;
    }
    wanted->index[wanted->count++] = first + i;
  }
  cf_transfer_serve (t->all, &t->peer);
}

void
cf_transfer_leaves_wanted (struct cf_transfer *t, uint64_t first, uint32_t count)
{
  struct cf_sending *out = &t->out;

  if (out->leaves_count == sizeof out->leaves / sizeof *out->leaves) {
    cf_refused (t->all->core->env, CF_REFUSED_TRANSFER_CREDIT);
    return;
  }
  out->leaves[out->leaves_count].first = first;
  out->leaves[out->leaves_count++].count = count;
  if (!t->map || !cf_file_map_whole (t->map))
    out->root_asked = true; /* it may be another one by now */
  cf_transfer_serve (t->all, &t->peer);
}

void
cf_transfer_finish_sending (struct cf_transfer *t)
{
  t->row.done = t->stream_len;
  t->out.root_asked = true;
  cf_transfer_set_state (t, CF_TRANSFER_COMPLETE, 0, CF_SAY_NOTHING);
  cf_transfer_serve (t->all, &t->peer);
}

static bool
may_serve (const struct cf_transfer *t)
{
  return (t->out.wanted.count || t->out.leaves_count || t->out.root_asked) && cf_transfer_may_move (t);
}

/* Leaves that were asked for can be said: all are known, and the root is. */
static bool
has_leaves_to_say (const struct cf_transfer *t)
{
  return t->out.leaves_count && !t->out.root_asked && cf_file_map_whole (t->map);
}

/* Can something be sealed for it now? */
static bool
is_ready (const struct cf_transfer *t)
{
  if (!t->files || t->out.rooting || !may_serve (t))
    return false;
  return t->out.wanted.count || has_leaves_to_say (t);
}

/* Whose turn is it?  *R_WORKING: blocks that are being sealed for PEER. */
static struct cf_transfer *
next_in_turn (struct cf_transfers *all, const struct cf_fpr *peer, size_t *r_working)
{
  struct cf_transfer *t, *next = NULL;

  *r_working = 0;
  for (t = all->first; t; t = t->next) {
    if (!t->row.outgoing || !cf_fpr_equal (&t->peer, peer))
      continue;
    *r_working += t->working;
    if (is_ready (t) && (!next || t->turn < next->turn))
      next = t;
  }
  return next;
}

void
cf_transfer_serve (struct cf_transfers *all, const struct cf_fpr *peer)
{
  struct cf_transfer *t;
  size_t working;
  gpg_error_t err = 0;

  for (t = all->first; t && !err; t = t->next) {
    if (!t->row.outgoing || !cf_fpr_equal (&t->peer, peer) || !may_serve (t))
      continue;
    if (t->files)
      err = go_on_to_root (t);
    else if (!t->opening)
      err = open_source (t);
  }
  while (!err && (t = next_in_turn (all, peer, &working))
         && cf_link_bulk_waiting (all->core, peer) + working * CF_FILE_BLOCK < CF_TRANSFER_AHEAD) {
    t->turn = ++all->turn;
    err = has_leaves_to_say (t) ? start_leaves (t) : start_block (t);
  }
  if (err)
    cf_log (all->core->env, CF_LOG_WARN, "transfer: not sent now: %s", gpg_strerror (err));
  if (err)
    cf_transfer_tick (all);
}
