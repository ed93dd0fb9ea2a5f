/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_check.c - the receiver, at the end: is what came what was offered?
 *
 *   every block is there --STATE complete--> waits for the root
 *   the root is right --job: finish--> DONE
 *   the root differs --FILE LEAVES--> said --they make the root--> blocks that differ are forgotten, ACTIVE
 *                                      \--they do not--> waits for another root
 *
 * A sender whose file changes says another root; one who cannot make leaves
 * and root fit, or a block that stays wrong, ends it after ROUNDS.
 */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "core/file/name.h"

#define RESULTS_MAX 16 /* names that the result may have */

/* --- the root is right --- */

static void
run_finish (struct cf_transfer_job *job)
{
  job->err = cf_file_sink_finish (job->files->sink, job->offer->name, job->offer->name_len, &job->path);
}

void
cf_transfer_is_done (struct cf_transfer *t, const char *path)
{
  cf_transfer_text (&t->path, &t->row.path, path);
  t->row.done = t->stream_len;
  cf_transfer_set_state (t, CF_TRANSFER_DONE, 0, CF_SAY_NOTHING);
}

static void
finished (struct cf_transfer *t, struct cf_transfer_job *job)
{
  t->in.finishing = false;
  if (job->err)
    cf_transfer_disk_failed (t, job->err);
  else
    cf_transfer_is_done (t, job->path);
}

static gpg_error_t
finish (struct cf_transfer *t)
{
  struct cf_transfer_job *job;
  gpg_error_t err = cf_transfer_job_new (t->all, t, run_finish, finished, &job);

  if (err)
    return err;
  err = cf_transfer_job_offer (job, t);
  if (err) {
    cf_transfer_job_free (job);
    return err;
  }
  err = cf_transfer_job_start (t->all, job);
  t->in.finishing = !err;
  return err;
}

/* --- the root was right, and an earlier life has died before it could write that down --- */

/* The leaf of block INDEX, or of the blocks of the hole that begins there; *R_COUNT of them. */
static gpg_error_t
add_leaf (struct cf_file_source *source, uint64_t index, uint8_t *block, struct cf_file_map *map, uint64_t *r_count)
{
  uint8_t leaf[CF_FILE_HASH_LEN];
  uint64_t hole = cf_file_source_hole (source, index, CF_TRANSFER_ZEROS_MAX);
  size_t len;
  bool changed;
  gpg_error_t err;

  *r_count = hole ? hole : 1;
  if (hole)
    return cf_file_map_set_zeros (map, index, hole);
  err = cf_file_source_read (source, index, block, &len, &changed);
  if (err)
    return err;
  cf_file_leaf (block, len, leaf);
  return cf_file_map_set (map, index, leaf);
}

/* Is what is at PATH a file with the root of JOB? */
static bool
is_result (const struct cf_transfer_job *job, const char *path)
{
  const uint64_t len = cf_file_stream_len (job->offer), blocks = cf_file_block_count (len);
  struct cf_file_offer is = { .size = 0 };
  struct cf_file_source *source = NULL;
  struct cf_file_map *map = NULL;
  uint8_t root[CF_FILE_HASH_LEN] = { 0 }, stat_hash[CF_FILE_HASH_LEN], *block = malloc (CF_FILE_BLOCK);
  uint64_t i = 0, count;
  size_t skipped;
  gpg_error_t err = block ? cf_file_source_open (path, &source) : cf_err_errno ();

  if (!err) {
    cf_file_source_describe (source, &is, &skipped, stat_hash);
    err = cf_file_offer_is_directory (&is) || is.size != job->offer->size ? cf_err (GPG_ERR_CONFLICT)
                                                                          : cf_file_map_new (blocks, &map);
  }
  for (; !err && i < blocks; i += count)
    err = add_leaf (source, i, block, map, &count);
  if (!err)
    cf_file_map_root (map, len, root);
  cf_file_map_free (map);
  cf_file_source_free (source);
  free (block);
  return !err && !memcmp (root, job->root, sizeof root);
}

void
cf_transfer_find_result (struct cf_transfer_job *job)
{
  char *safe, *name, *path;

  if (!job->has_root)
    return;
  if (cf_file_offer_is_directory (job->offer)) {
    if (cf_file_part_result (job->dir, job->id, job->offer->name, job->offer->name_len, &path))
      path = NULL;
    job->path = path;
    return;
  }
  safe = cf_file_name_safe (job->offer->name, job->offer->name_len);
  for (unsigned count = 1; safe && !job->path && count <= RESULTS_MAX; count++) {
    name = cf_file_name_counted (safe, count, false);
    path = name ? cf_paths_join (job->dir, name) : NULL;
    if (path && is_result (job, path)) {
      job->path = path;
      path = NULL;
    }
    free (path);
    free (name);
  }
  free (safe);
}

/* --- it differs --- */

static void
next_round (struct cf_transfer *t)
{
  if (++t->in.rounds < CF_TRANSFER_ROUNDS)
    return;
  cf_refused (t->all->core->env, CF_REFUSED_TRANSFER_CONTENT);
  cf_transfer_fail (t, CF_TRANSFER_WRONG);
}

/* Forget what differs from what the sender SAID, and go on with it. */
static void
forget_wrong (struct cf_transfer *t, const struct cf_file_map *said)
{
  gpg_error_t err = 0;
  uint64_t i;

  for (i = 0; !err && i < t->blocks; i++)
    if (memcmp (cf_file_map_leaf (t->map, i), cf_file_map_leaf (said, i), CF_FILE_HASH_LEN) != 0) {
      if (!cf_transfer_wrong (t, i))
        return;
      err = cf_file_map_clear (t->map, i);
      t->in.unkept++;
    }
  if (err)
    cf_transfer_disk_failed (t, err);
  else
    cf_transfer_set_state (t, CF_TRANSFER_ACTIVE, 0, CF_SAY_NOTHING);
}

static void
compared (struct cf_transfer *t, struct cf_transfer_job *job)
{
  t->in.rooting = false;
  if (!memcmp (job->leaf, t->row.root, sizeof t->row.root)) {
    t->in.rounds = 0;
    forget_wrong (t, job->said);
  }
  else
    next_round (t); /* another root may be on its way */
}

static void
compare (struct cf_transfer *t)
{
  struct cf_transfer_job *job;

  if (cf_transfer_job_new (t->all, t, cf_transfer_job_root, compared, &job))
    return;
  job->said = t->in.said;
  job->count = t->stream_len;
  t->in.said = NULL;
  t->in.rooting = !cf_transfer_job_start (t->all, job);
}

static void
run_leaves (struct cf_transfer_job *job)
{
  uint8_t *leaves = job->frame + CF_TRANSFER_DATA;

  job->err = cf_file_block_open (job->run->seal, job->type, job->index, 0, 0, leaves, job->len, leaves + job->len);
}

static void
leaves_done (struct cf_transfer *t, struct cf_transfer_job *job)
{
  gpg_error_t err = job->err;

  t->in.leaves_asked = false;
  if (gpg_err_code (err) == GPG_ERR_CHECKSUM) {
    cf_refused (t->all->core->env, CF_REFUSED_TRANSFER_BLOCK);
    next_round (t);
  }
  if (!t->in.said || cf_transfer_has_ended (t))
    return;
  for (size_t i = 0; !err && i < job->len / CF_FILE_HASH_LEN; i++)
    err = cf_file_map_set (t->in.said, job->index + i, job->frame + CF_TRANSFER_DATA + i * CF_FILE_HASH_LEN);
  if (!err && cf_file_map_whole (t->in.said))
    compare (t);
  else
    cf_transfer_receive (t);
}

/* The first of the leaves that are missing, and how many there may be in one message. */
static bool
next_leaves (const struct cf_transfer *t, uint64_t *r_first, uint64_t *r_count)
{
  if (!t->in.said || !cf_file_map_missing (t->in.said, 0, r_first, r_count))
    return false;
  if (*r_count > CF_TRANSFER_LEAVES_MAX)
    *r_count = CF_TRANSFER_LEAVES_MAX;
  return true;
}

void
cf_transfer_got_leaves (struct cf_transfer *t, const struct cf_transfer_bulk *b)
{
  struct cf_env *env = t->all->core->env;
  uint64_t first, count;
  gpg_error_t err;

  if (cf_transfer_has_ended (t) || t->opening)
    return;
  if (!t->in.leaves_asked || !next_leaves (t, &first, &count) || b->index != first) {
    cf_refused (env, CF_REFUSED_TRANSFER_UNASKED);
    return;
  }
  if (b->len - CF_FILE_TAG_LEN != count * CF_FILE_HASH_LEN) {
    cf_refused (env, CF_REFUSED_TRANSFER_MALFORMED);
    return;
  }
  err = cf_transfer_sealed_job (t, b, run_leaves, leaves_done);
  if (err)
    cf_log (env, CF_LOG_WARN, "transfer: leaves were dropped: %s", gpg_strerror (err));
}

static void
ask_leaves (struct cf_transfer *t)
{
  uint64_t first, count;

  if (t->in.leaves_asked || !next_leaves (t, &first, &count))
    return;
  t->in.leaves_asked = !cf_transfer_ask (t, CF_TALK_FILE_LEAVES, first, (uint32_t) count);
}

/* --- the end, or not --- */

static void
root_done (struct cf_transfer *t, struct cf_transfer_job *job)
{
  gpg_error_t err;

  t->in.rooting = false;
  if (!memcmp (job->leaf, t->row.root, sizeof t->row.root))
    err = finish (t);
  else {
    memcpy (t->in.compared, t->row.root, sizeof t->in.compared);
    t->in.differs = true;
    err = cf_file_map_new (t->blocks, &t->in.said);
    if (!err)
      ask_leaves (t);
  }
  if (err)
    cf_transfer_disk_failed (t, err);
}

void
cf_transfer_check (struct cf_transfer *t)
{
  struct cf_receiving *in = &t->in;
  struct cf_transfer_job *job;

  if (t->row.state == CF_TRANSFER_ACTIVE) { /* comes back here */
    in->differs = false;
    cf_transfer_set_state (t, CF_TRANSFER_COMPLETE, 0, CF_SAY_NOTHING);
  }
  if (t->row.state != CF_TRANSFER_COMPLETE || !t->files || t->working || in->rooting || in->finishing || !t->row.has_root)
    return;
  if (in->said) {
    ask_leaves (t);
    return;
  }
  if (in->differs && !memcmp (in->compared, t->row.root, sizeof in->compared))
    return; /* it waits for another */
  if (!cf_transfer_job_new (t->all, t, cf_transfer_job_root, root_done, &job)) {
    job->count = t->stream_len;
    in->rooting = !cf_transfer_job_start (t->all, job);
  }
}
