/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_receive.c - the receiver: asks for what is missing, opens what comes, writes it down.
 *
 *   missing --GET--> asked --BLOCK, ZEROS--> job: open, leaf, write --> map, unkept
 *                                                 unkept --job: sync, one transaction--> kept
 *
 * What is asked for is what may come: a window.  It is asked for in order, and
 * once all of that has come or is lost, from the first that is missing.  After
 * a crash only what was kept is there.
 */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/link.h"
#include "core/peer.h"
#include "core/settings.h"
#include "core/store/store.h"

/* --- the part --- */

/* Bytes of the stream that are there. */
static uint64_t
bytes_there (const struct cf_transfer *t)
{
  uint64_t bytes = cf_file_map_count (t->map) * CF_FILE_BLOCK;

  if (t->blocks && cf_file_map_has (t->map, t->blocks - 1))
    bytes -= CF_FILE_BLOCK - cf_file_block_len (t->stream_len, t->blocks - 1);
  return bytes;
}

static gpg_error_t
open_anew (struct cf_transfer_job *job)
{
  gpg_error_t err = cf_file_sink_open (job->dir, job->id, job->offer, NULL, &job->files->sink);

  if (gpg_err_code (err) == GPG_ERR_EEXIST) { /* of an earlier life, which has not written down that it had begun */
    cf_file_part_remove (job->dir, job->id);
    err = cf_file_sink_open (job->dir, job->id, job->offer, NULL, &job->files->sink);
  }
  return err;
}

static void
run_begin (struct cf_transfer_job *job)
{
  job->err = cf_file_sink_space (job->dir, job->offer->data);
  if (!job->err)
    job->err = open_anew (job);
}

/* What was kept goes on; if the part has gone, or is another, all of it begins anew. */
static void
run_resume (struct cf_transfer_job *job)
{
  const uint64_t data = cf_file_map_data (job->files->map) * CF_FILE_BLOCK;

  job->err = cf_file_sink_space (job->dir, job->offer->data > data ? job->offer->data - data : 0);
  if (job->err)
    return;
  job->err = cf_file_sink_open (job->dir, job->id, job->offer, job->files->map, &job->files->sink);
  if (gpg_err_code (job->err) != GPG_ERR_ENOENT && gpg_err_code (job->err) != GPG_ERR_CONFLICT)
    return;
  cf_transfer_find_result (job);
  if (job->path) {
    job->err = 0;
    return;
  }
  cf_file_map_clear_all (job->files->map);
  job->changed = true;
  cf_file_part_remove (job->dir, job->id);
  job->err = open_anew (job);
}

/* A job that opens the part in DIR. */
static gpg_error_t
open_job (struct cf_transfer *t, const char *dir, void (*run) (struct cf_transfer_job *job),
          void (*done) (struct cf_transfer *t, struct cf_transfer_job *job), struct cf_transfer_job **r_job)
{
  struct cf_transfer_job *job;
  gpg_error_t err = cf_transfer_job_new (t->all, t, run, done, &job);

  if (err)
    return err;
  err = cf_transfer_files_new (&job->files);
  if (!err)
    err = cf_file_map_new (t->blocks, &job->files->map);
  if (!err) {
    job->dir = strdup (dir);
    err = job->dir ? cf_transfer_job_offer (job, t) : cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    cf_transfer_job_free (job);
    return err;
  }
  *r_job = job;
  return 0;
}

static void
is_open (struct cf_transfer *t, struct cf_transfer_job *job)
{
  t->files = cf_transfer_files_ref (job->files);
  t->map = t->files->map;
  t->row.done = t->told_done = t->rate_done = bytes_there (t);
  t->heard_ms = t->in.kept_ms = t->all->core->env->now_ms;
  cf_transfer_tick (t->all);
}

/* What the disk has said, for people; caller frees.  NULL: no memory. */
static char *
disk_words (gpg_error_t err)
{
  switch (gpg_err_code (err)) {
  case GPG_ERR_ENOSPC:
  case GPG_ERR_EDQUOT: return cf_phrase_whole (CF_SAY_PAUSED_SPACE, NULL);
  case GPG_ERR_EFBIG: return cf_phrase_whole (CF_SAY_PAUSED_LARGE, NULL);
  default: return cf_phrase_whole (CF_SAY_PAUSED_DISK, cf_err_info (err)->message);
  }
}

/* It stays offered; what is wrong in DIR stands beside it, until RESUME finds it mended. */
static void
not_begun (struct cf_transfer *t, gpg_error_t err, const char *dir)
{
  char *why = disk_words (err);

  cf_log (t->all->core->env, CF_LOG_WARN, "transfer: not begun: %s", gpg_strerror (err));
  cf_transfer_text (&t->dir, &t->row.dir, dir);
  cf_transfer_text (&t->reason, &t->row.reason, why);
  cf_transfer_save (t);
  free (why);
}

static void
begun (struct cf_transfer *t, struct cf_transfer_job *job)
{
  struct cf_command *cmd = job->cmd;
  gpg_error_t err = job->err;

  t->opening = false;
  job->cmd = NULL;
  if (!err) {
    cf_transfer_text (&t->dir, &t->row.dir, job->dir);
    is_open (t, job);
    cf_transfer_set_state (t, CF_TRANSFER_ACTIVE, 0, CF_SAY_NOTHING);
  } else
    not_begun (t, err, job->dir);
  if (cmd)
    cf_transfer_answer (cmd, t, err, job->dir);
}

gpg_error_t
cf_transfer_accept (struct cf_transfer *t, const char *dir, struct cf_command *cmd)
{
  struct cf_transfer_job *job;
  gpg_error_t err = t->opening ? cf_err (GPG_ERR_EBUSY) : open_job (t, dir, run_begin, begun, &job);

  if (err)
    return err;
  t->opening = true;
  err = cf_transfer_job_start (t->all, job);
  t->opening = !err;
  if (!err && cmd)
    cf_transfer_job_command (job, cmd);
  return err;
}

static void
resumed (struct cf_transfer *t, struct cf_transfer_job *job)
{
  gpg_error_t err = job->err;

  t->opening = false;
  if (gpg_err_code (err) == CF_ERR_PROTOCOL) {
    cf_transfer_fail (t, CF_TRANSFER_WRONG);
    return;
  }
  if (err) {
    cf_transfer_disk_failed (t, err);
    return;
  }
  if (job->path) {
    cf_transfer_is_done (t, job->path);
    return;
  }
  if (job->changed) { /* so that no other life believes what was kept */
    err = cf_store_transfer_chunks_clear (t->all->core->store, t->row.row);
    if (err)
      cf_log (t->all->core->env, CF_LOG_ERROR, "transfer: not forgotten: %s", gpg_strerror (err));
  }
  is_open (t, job);
  if (t->row.state == CF_TRANSFER_COMPLETE && !cf_file_map_whole (t->map)) /* the last of it was not written down */
    cf_transfer_set_state (t, CF_TRANSFER_ACTIVE, 0, CF_SAY_NOTHING);
  cf_transfer_receive (t);
}

static gpg_error_t
load_chunk (void *arg, size_t chunk, const void *data, size_t len)
{
  return cf_file_map_chunk_load (arg, chunk, data, len);
}

static gpg_error_t
resume (struct cf_transfer *t)
{
  struct cf_transfer_job *job;
  gpg_error_t err = open_job (t, t->row.dir ? t->row.dir : "", run_resume, resumed, &job);

  if (err)
    return err;
  err = cf_store_transfer_chunks (t->all->core->store, t->row.row, load_chunk, job->files->map);
  if (err) {
    cf_transfer_job_free (job);
    return err;
  }
  job->has_root = t->row.state == CF_TRANSFER_COMPLETE && t->row.has_root;
  memcpy (job->root, t->row.root, sizeof job->root);
  t->opening = true;
  err = cf_transfer_job_start (t->all, job);
  t->opening = !err;
  return err;
}

static void
run_discard (struct cf_transfer_job *job)
{
  if (job->files && job->files->sink)
    cf_file_sink_discard (job->files->sink);
  else
    cf_file_part_remove (job->dir, job->id);
}

/* Nothing is left to be removed: until that is written down, no life settles it. */
static void
discarded (struct cf_transfer *t, struct cf_transfer_job *job)
{
  (void) job;
  t->in.discarding = false;
  cf_transfer_text (&t->dir, &t->row.dir, NULL);
  cf_transfer_save_quietly (t);
  cf_transfers_changed (t->all->core);
}

void
cf_transfer_discard (struct cf_transfer *t, bool heard)
{
  struct cf_transfer_job *job;

  if (!t->row.dir || t->in.discarding || cf_transfer_job_new (t->all, t, run_discard, discarded, &job))
    return;
  job->dir = strdup (t->row.dir);
  if (!job->dir)
    cf_transfer_job_free (job);
  else if (heard)
    t->in.discarding = !cf_transfer_job_start (t->all, job);
  else
    cf_transfer_job_detach (t->all, job);
}

void
cf_transfer_disk_failed (struct cf_transfer *t, gpg_error_t err)
{
  char *why = disk_words (err);

  cf_transfer_pause (t, why);
  free (why);
}

/* --- asking --- */

/* What is there for each of those that are on their way from one person. */
static size_t
window (const struct cf_transfer *t)
{
  const struct cf_transfer *other;
  size_t active = 0;

  for (other = t->all->first; other; other = other->next)
    active += !other->row.outgoing && other->row.state == CF_TRANSFER_ACTIVE && cf_fpr_equal (&other->peer, &t->peer)
              && cf_transfer_may_move (other) && cf_transfer_has_turn (other);
  return CF_TRANSFER_WINDOW / (active ? active : 1);
}

/* The next blocks to be asked for; false: there are none now.  The manifest first, so that it is known what is what. */
static bool
next_missing (struct cf_transfer *t, uint64_t *r_first, uint64_t *r_count)
{
  const uint64_t manifest = cf_file_block_count (t->row.offer.manifest_len);
  uint64_t limit = t->blocks;

  if (manifest && cf_file_map_missing (t->map, 0, r_first, r_count) && *r_first < manifest)
    limit = manifest;
  if (!t->in.asked.count && !t->working)
    t->in.cursor = 0;
  if (!cf_file_map_missing (t->map, t->in.cursor, r_first, r_count) || *r_first >= limit)
    return false;
  if (*r_count > limit - *r_first)
    *r_count = limit - *r_first;
  return true;
}

static void
ask_blocks (struct cf_transfer *t)
{
  struct cf_transfer_list *asked = &t->in.asked;
  const size_t room = window (t);
  uint64_t first, count;

  if (asked->count + t->working > room - room / 4)
    return;
  while (asked->count + t->working < room && next_missing (t, &first, &count)) {
    if (count > room - asked->count - t->working)
      count = room - asked->count - t->working;
    if (cf_transfer_ask (t, CF_TALK_FILE_GET, first, (uint32_t) count))
      return; /* with the next tick */
    for (uint64_t i = 0; i < count; i++)
      asked->index[asked->count++] = first + i;
    t->in.cursor = first + count;
  }
}

void
cf_transfer_receive (struct cf_transfer *t)
{
  gpg_error_t err = 0;

  if (t->row.outgoing || t->opening || !cf_transfer_may_move (t) || !cf_transfer_has_turn (t))
    return;
  if (!t->files)
    err = resume (t);
  else if (t->row.state == CF_TRANSFER_COMPLETE || (cf_file_map_whole (t->map) && !t->working))
    cf_transfer_check (t);
  else
    ask_blocks (t);
  if (err)
    cf_log (t->all->core->env, CF_LOG_ERROR, "transfer: does not go on now: %s", gpg_strerror (err));
}

/* --- what comes --- */

static void
run_block (struct cf_transfer_job *job)
{
  uint8_t *block = job->frame + CF_TRANSFER_DATA;

  job->err = cf_file_block_open (job->run->seal, job->type, job->index, (uint32_t) job->count, 0, block, job->len,
                                 block + job->len);
  if (job->err)
    return;
  if (job->type == CF_FILE_FRAME_ZEROS) {
    job->err = cf_file_sink_zeros (job->files->sink, job->index, job->count);
    return;
  }
  cf_file_leaf (block, job->len, job->leaf);
  job->err = cf_file_sink_write (job->files->sink, job->index, block, job->len);
}

bool
cf_transfer_wrong (struct cf_transfer *t, uint64_t index)
{
  struct cf_receiving *in = &t->in;
  size_t i = 0;

  while (i < in->wrong_count && in->wrong[i].index != index)
    i++;
  if (i == in->wrong_count && i < CF_TRANSFER_WRONG_MAX) {
    in->wrong[in->wrong_count++].times = 0;
    in->wrong[i].index = index;
  }
  if (i < CF_TRANSFER_WRONG_MAX && ++in->wrong[i].times < CF_TRANSFER_ROUNDS)
    return true;
  cf_refused (t->all->core->env, CF_REFUSED_TRANSFER_CONTENT);
  cf_transfer_fail (t, CF_TRANSFER_WRONG);
  return false;
}

/* A block is on its way to the disk. */
static void
note_block (struct cf_transfer *t, const struct cf_transfer_job *job)
{
  gpg_error_t err;

  if (job->type == CF_FILE_FRAME_ZEROS)
    err = cf_file_map_set_zeros (t->map, job->index, job->count);
  else
    err = cf_file_map_set (t->map, job->index, job->leaf);
  if (err) { /* it is asked for again */
    cf_log (t->all->core->env, CF_LOG_WARN, "transfer: a block was lost: %s", gpg_strerror (err));
    return;
  }
  t->in.unkept++;
  t->row.done = bytes_there (t);
}

static void
block_done (struct cf_transfer *t, struct cf_transfer_job *job)
{
  t->working--;
  t->all->working--;
  switch (gpg_err_code (job->err)) {
  case GPG_ERR_NO_ERROR: note_block (t, job); break;
  case GPG_ERR_CHECKSUM:
    cf_refused (t->all->core->env, CF_REFUSED_TRANSFER_BLOCK);
    if (!cf_transfer_wrong (t, job->index))
      return;
    break;
  case CF_ERR_PROTOCOL: /* a manifest that must not be */
    cf_refused (t->all->core->env, CF_REFUSED_TRANSFER_CONTENT);
    cf_transfer_fail (t, CF_TRANSFER_WRONG);
    return;
  case GPG_ERR_INV_STATE: break; /* behind a part of the manifest that was lost */
  default:
    if (!t->row.paused_by_us)
      cf_transfer_disk_failed (t, job->err);
    return;
  }
  cf_transfer_tend (t);
  cf_transfer_tick (t->all);
  cf_transfer_receive (t);
}

/* The run that B names, in use from now on. */
static gpg_error_t
use_run (struct cf_transfer *t, const struct cf_transfer_bulk *b)
{
  struct cf_transfer_run *run;
  gpg_error_t err;

  if (t->run && t->run->suite == b->suite && !memcmp (t->run->id, b->run, sizeof t->run->id))
    return 0;
  err = cf_transfer_run_new (t, b->run, b->suite, &run);
  if (err)
    return err;
  cf_transfer_run_unref (t->run);
  t->run = run;
  return 0;
}

gpg_error_t
cf_transfer_sealed_job (struct cf_transfer *t, const struct cf_transfer_bulk *b,
                        void (*run) (struct cf_transfer_job *job),
                        void (*done) (struct cf_transfer *t, struct cf_transfer_job *job))
{
  struct cf_transfer_job *job;
  gpg_error_t err = use_run (t, b);

  if (!err)
    err = cf_transfer_job_new (t->all, t, run, done, &job);
  if (err)
    return err;
  job->run = cf_transfer_run_ref (t->run);
  job->type = b->type;
  job->index = b->index;
  job->count = b->count;
  job->len = b->len - CF_FILE_TAG_LEN;
  err = cf_transfer_job_frame (job);
  if (err) {
    cf_transfer_job_free (job);
    return err;
  }
  memcpy (job->frame + CF_TRANSFER_DATA, b->sealed, b->len);
  return cf_transfer_job_start (t->all, job);
}

/* Is B of the shape that its number asks for? */
static bool
block_fits (const struct cf_transfer *t, const struct cf_transfer_bulk *b)
{
  const size_t len = b->len - CF_FILE_TAG_LEN;

  if (b->index >= t->blocks)
    return false;
  if (b->type == CF_FILE_FRAME_BLOCK)
    return len == cf_file_block_len (t->stream_len, b->index);
  return len == 0 && b->count && b->count <= CF_TRANSFER_ZEROS_MAX && b->count <= t->blocks - b->index
         && cf_file_block_len (t->stream_len, b->index + b->count - 1) == CF_FILE_BLOCK;
}

void
cf_transfer_got_block (struct cf_transfer *t, const struct cf_transfer_bulk *b)
{
  struct cf_env *env = t->all->core->env;
  gpg_error_t err;

  if (cf_transfer_has_ended (t) || t->opening)
    return; /* they have crossed, or come again */
  if (!block_fits (t, b)) {
    cf_refused (env, CF_REFUSED_TRANSFER_MALFORMED);
    return;
  }
  if (!cf_transfer_list_take (&t->in.asked, b->index, b->type == CF_FILE_FRAME_ZEROS ? b->count : 1) || !t->files) {
    if (!t->map || !cf_file_map_has (t->map, b->index))
      cf_refused (env, CF_REFUSED_TRANSFER_UNASKED);
    return;
  }
  if (t->all->working >= CF_TRANSFER_WORK_MAX) {
    cf_refused (env, CF_REFUSED_TRANSFER_FULL); /* it is asked for again */
    return;
  }
  err = cf_transfer_sealed_job (t, b, run_block, block_done);
  if (err) {
    cf_refused (env, CF_REFUSED_TRANSFER_MALFORMED);
    cf_log (env, CF_LOG_INFO, "transfer: a block was dropped: %s", gpg_strerror (err));
    return;
  }
  t->working++;
  t->all->working++;
}

/* --- writing down --- */

static void
run_sync (struct cf_transfer_job *job)
{
  job->err = cf_file_sink_sync (job->files->sink);
}

static gpg_error_t
write_chunk (struct cf_transfer *t, size_t chunk)
{
  struct cf_buf b;
  gpg_error_t err;

  cf_buf_init (&b, CF_FILE_MAP_CHUNK_SIZE);
  err = cf_file_map_chunk (t->map, chunk, &b);
  if (!err)
    err = cf_store_transfer_chunk_put (t->all->core->store, t->row.row, chunk, cf_buf_data (&b), cf_buf_len (&b));
  cf_buf_done (&b);
  return err;
}

/* What the map says is on the disk now: in one transaction the store says so, too. */
static gpg_error_t
write_map (struct cf_transfer *t)
{
  const size_t chunks = cf_file_map_chunks (t->map);
  struct cf_store *store = t->all->core->store;
  gpg_error_t err = cf_store_begin (store);
  size_t c;

  if (err)
    return err;
  for (c = cf_file_map_next_dirty (t->map, 0); !err && c < chunks; c = cf_file_map_next_dirty (t->map, c + 1))
    err = write_chunk (t, c);
  if (!err)
    err = cf_store_transfer_save (store, &t->row);
  cf_store_end (store, &err);
  if (!err)
    for (c = cf_file_map_next_dirty (t->map, 0); c < chunks; c = cf_file_map_next_dirty (t->map, c + 1))
      cf_file_map_chunk_clean (t->map, c);
  return err;
}

static void
synced (struct cf_transfer *t, struct cf_transfer_job *job)
{
  gpg_error_t err = job->err;

  t->in.syncing = false;
  t->in.kept_ms = t->all->core->env->now_ms;
  if (err) { /* what was not kept is lost: it goes on from what was */
    cf_transfer_close (t);
    cf_transfer_disk_failed (t, err);
    return;
  }
  err = write_map (t);
  if (err)
    cf_log (t->all->core->env, CF_LOG_ERROR, "transfer: what has come was not written down: %s", gpg_strerror (err));
  else
    t->in.unkept = 0;
}

static void
keep (struct cf_transfer *t)
{
  const bool stands = t->row.paused_by_us || t->row.paused_by_peer;
  const uint64_t now = t->all->core->env->now_ms;
  struct cf_transfer_job *job;

  if (!t->files || t->in.syncing || t->in.finishing || !t->in.unkept)
    return;
  if (!stands && t->in.unkept < CF_TRANSFER_KEEP_BLOCKS && now - t->in.kept_ms < CF_TRANSFER_KEEP_MS)
    return;
  if (!cf_transfer_job_new (t->all, t, run_sync, synced, &job))
    t->in.syncing = !cf_transfer_job_start (t->all, job);
}

/* Whoever was asked has not answered for a while: ask again, as he may have lost it. */
static void
ask_again (struct cf_transfer *t)
{
  const uint64_t now = t->all->core->env->now_ms;

  if (now - t->heard_ms < CF_TRANSFER_STALL_MS || t->working || !t->files || !cf_transfer_may_move (t))
    return;
  t->heard_ms = now;
  t->in.asked.count = 0;
  t->in.leaves_asked = false;
  t->in.differs = false; /* compared once more, which counts */
  if (t->row.state == CF_TRANSFER_COMPLETE)
    t->said_state = 0;
  cf_transfer_say (t);
}

void
cf_transfer_tend (struct cf_transfer *t)
{
  if (t->row.outgoing)
    return;
  keep (t);
  ask_again (t);
}

/* --- without being asked --- */

void
cf_transfer_auto_accept (struct cf_transfer *t)
{
  struct cf_core *core = t->all->core;
  const struct cf_peer *peer = cf_peer_find (core, &t->peer);
  uint64_t most = 0; /* 0: none */
  char *value, *dir;
  gpg_error_t err;

  if (t->looked_at)
    return;
  t->looked_at = true;
  if (t->row.outgoing || t->row.state != CF_TRANSFER_IDLE || t->row.offered_utc_ms < t->all->started_utc_ms || !peer
      || peer->blocked || !peer->verified_how)
    return;
  value = cf_setting (core, "accept-files");
  dir = cf_transfer_download_dir (core);
  if (value && dir && cf_setting_size (value, &most) && most && t->row.offer.size <= most) {
    err = cf_transfer_accept (t, dir, NULL);
    if (err)
      cf_log (core->env, CF_LOG_WARN, "transfer: not accepted: %s", gpg_strerror (err));
  }
  free (value);
  free (dir);
}
