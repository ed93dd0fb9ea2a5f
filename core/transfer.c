/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer.c - files on their way: which there are, the states they are in, and what is told of them.
 *
 * Both sides have the same states; cf_transfer_set_state is the only setter.
 *
 *   IDLE --accept (receiver), STATE active (sender)--> ACTIVE
 *   ACTIVE --every block is there: cf_transfer_check, STATE complete--> COMPLETE
 *   COMPLETE --leaves differ: transfer_check.c, STATE active--> ACTIVE
 *   COMPLETE --the root is right: transfer_check.c, STATE done--> DONE
 *   IDLE, ACTIVE, COMPLETE --either user, or the conversation closes--> CANCELLED
 *   IDLE --the receiver's user--> REFUSED
 *   IDLE, ACTIVE, COMPLETE --source, disk, contents, the other side--> FAILED
 *
 * Paused, by either side, is no state but a mark beside it.  Who waits for a
 * block asks again after STALL_MS; IDLE and pauses wait for a person.
 *
 * A transfer leaves the list, and is freed, in on_changed alone: a timer, so
 * that nobody holds it.
 */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/link.h"
#include "core/settings.h"
#include "core/store/store.h"
#include "core/trust.h"

/* --- which there are --- */

static bool
is_named (const struct cf_transfer *t, const uint8_t *conversation, const uint8_t *id)
{
  return !memcmp (t->row.id, id, sizeof t->row.id) && !memcmp (t->row.conversation, conversation, sizeof t->row.conversation);
}

struct cf_transfer *
cf_transfer_find (struct cf_transfers *all, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                  const uint8_t id[CF_MESSAGE_ID_LEN])
{
  struct cf_transfer *t;

  for (t = all->first; t && !is_named (t, conversation, id); t = t->next)
    ;
  return t;
}

static void
transfer_free (struct cf_transfer *t)
{
  cf_transfer_jobs_cancel (t->all->core, &t->jobs);
  cf_transfer_files_unref (t->files);
  cf_transfer_run_unref (t->run);
  cf_file_map_free (t->in.said);
  cf_wipe (&t->row.offer, sizeof t->row.offer);
  free (t->path);
  free (t->dir);
  free (t->reason);
  free (t);
}

void
cf_transfer_text (char **own, const char **shown, const char *text)
{
  char *copy = text ? strdup (text) : NULL;

  free (*own);
  *own = copy;
  *shown = copy;
}

static bool
note_transfer (void *arg, const struct cf_transfer_row *row)
{
  struct cf_transfer *t = arg;

  t->row = *row;
  cf_transfer_text (&t->path, &t->row.path, row->path);
  cf_transfer_text (&t->dir, &t->row.dir, row->dir);
  cf_transfer_text (&t->reason, &t->row.reason, row->reason);
  return false;
}

static bool
note_sequence (void *arg, const struct cf_message_row *m)
{
  struct cf_transfer *t = arg;

  t->sequence = m->sequence;
  return false;
}

/* It has ended, and a part of it, or the rest of one, may lie on the disk. */
static bool
has_part (const struct cf_transfer *t)
{
  return !t->row.outgoing && t->row.dir && cf_transfer_has_ended (t);
}

static gpg_error_t
load (struct cf_transfers *all, const uint8_t *conversation, const uint8_t *id, struct cf_transfer **r_t)
{
  struct cf_conversation *conv = cf_conversation_find (all->core, conversation);
  struct cf_transfer *t = conv ? calloc (1, sizeof *t) : NULL;
  gpg_error_t err;

  if (!t)
    return conv ? cf_err_errno () : cf_err (GPG_ERR_NOT_FOUND);
  t->all = all;
  t->peer = conv->peer;
  err = cf_store_transfer_get (all->core->store, conversation, id, note_transfer, t);
  if (!err)
    err = cf_store_message_get (all->core->store, conversation, id, note_sequence, t);
  if (err) {
    transfer_free (t);
    return err;
  }
  t->stream_len = cf_file_stream_len (&t->row.offer);
  t->blocks = cf_file_block_count (t->stream_len);
  t->told_done = t->rate_done = t->row.done;
  *all->end = t;
  all->end = &t->next;
  if (has_part (t)) /* an earlier life has not removed it */
    cf_transfer_discard (t, true);
  *r_t = t;
  return 0;
}

gpg_error_t
cf_transfer_get (struct cf_transfers *all, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                 const uint8_t id[CF_MESSAGE_ID_LEN], struct cf_transfer **r_t)
{
  struct cf_transfer *t = cf_transfer_find (all, conversation, id);
  gpg_error_t err;

  if (t) {
    *r_t = t;
    return 0;
  }
  err = load (all, conversation, id, r_t);
  if (!err)
    cf_transfers_changed (all->core); /* which lets it go again */
  return err;
}

struct found {
  uint8_t (*ids)[CF_CONVERSATION_ID_LEN + CF_MESSAGE_ID_LEN];
  size_t count, room;
  gpg_error_t err;
};

static bool
note_row (void *arg, const struct cf_transfer_row *row)
{
  struct found *f = arg;

  if (f->count == f->room) {
    size_t room = f->room ? 2 * f->room : 64;
    void *more = realloc (f->ids, room * sizeof *f->ids);

    if (!more) {
      f->err = cf_err_errno ();
      return false;
    }
    f->ids = more;
    f->room = room;
  }
  memcpy (f->ids[f->count], row->conversation, CF_CONVERSATION_ID_LEN);
  memcpy (f->ids[f->count++] + CF_CONVERSATION_ID_LEN, row->id, CF_MESSAGE_ID_LEN);
  return true;
}

/* Those that have not ended on both sides, and are not here yet; the oldest first. */
static gpg_error_t
load_all (struct cf_transfers *all)
{
  struct found f = { NULL, 0, 0, 0 };
  struct cf_transfer *t;
  size_t i;
  gpg_error_t err = cf_store_transfer_open (all->core->store, note_row, &f);

  if (!err)
    err = f.err;
  for (i = 0; !err && i < f.count; i++) {
    const uint8_t *conversation = f.ids[i], *id = conversation + CF_CONVERSATION_ID_LEN;

    if (cf_transfer_find (all, conversation, id))
      continue;
    err = load (all, conversation, id, &t);
    if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
      err = 0;
  }
  free (f.ids);
  return err;
}

bool
cf_transfer_has_ended (const struct cf_transfer *t)
{
  return t->row.state >= CF_TRANSFER_DONE;
}

struct cf_conversation *
cf_transfer_conversation (const struct cf_transfer *t)
{
  return cf_conversation_find (t->all->core, t->row.conversation);
}

bool
cf_transfer_may_move (const struct cf_transfer *t)
{
  struct cf_core *core = t->all->core;
  const struct cf_conversation *conv = cf_transfer_conversation (t);

  return !cf_transfer_has_ended (t) && t->row.state != CF_TRANSFER_IDLE && !t->row.paused_by_us && !t->row.paused_by_peer
         && conv && conv->state == CF_CONVERSATION_OPEN && !conv->deleted && cf_link_is_up (core, &t->peer)
         && !cf_trust_stops (core, conv);
}

/* Does it take one of the places of its peer? */
static bool
takes_place (const struct cf_transfer *t)
{
  return (t->row.state == CF_TRANSFER_ACTIVE || t->row.state == CF_TRANSFER_COMPLETE) && !t->row.paused_by_us
         && !t->row.paused_by_peer;
}

bool
cf_transfer_has_turn (const struct cf_transfer *t)
{
  const struct cf_transfer *other;
  size_t before = 0;

  for (other = t->all->first; other && other != t; other = other->next)
    before += other->row.outgoing == t->row.outgoing && cf_fpr_equal (&other->peer, &t->peer) && takes_place (other);
  return before < CF_TRANSFER_ACTIVE_MAX;
}

char *
cf_transfer_download_dir (struct cf_core *core)
{
  char *dir = cf_setting (core, "download-dir");

  if (dir && *dir)
    return dir;
  free (dir);
  return cf_paths_downloads (&dir) ? NULL : dir;
}

/* --- states --- */

static gpg_error_t
tell_row (struct cf_transfer *t)
{
  json_t *event = cf_transfer_json (t->all->core, &t->row, t);

  return event ? cf_event_emit (t->all->core, "transfer", true, event) : cf_err (GPG_ERR_ENOMEM);
}

static void
save (struct cf_transfer *t, bool tell)
{
  struct cf_core *core = t->all->core;
  gpg_error_t err = cf_store_begin (core->store);

  if (!err) {
    t->row.updated_utc_ms = core->env->now_utc_ms;
    err = cf_store_transfer_save (core->store, &t->row);
    if (!err && tell)
      err = tell_row (t);
    if (!err && cf_transfer_has_ended (t))
      err = cf_store_transfer_chunks_clear (core->store, t->row.row);
    cf_store_end (core->store, &err);
  }
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND) /* its message has gone: so will it */
    cf_transfers_changed (core);
  else if (err)
    cf_log (core->env, CF_LOG_ERROR, "transfer: its state was not written down: %s", gpg_strerror (err));
  cf_transfer_say (t);
}

void
cf_transfer_save (struct cf_transfer *t)
{
  save (t, true);
}

void
cf_transfer_save_quietly (struct cf_transfer *t)
{
  save (t, false);
}

void
cf_transfer_close (struct cf_transfer *t)
{
  cf_transfer_jobs_cancel (t->all->core, &t->jobs);
  if (!t->row.outgoing)
    t->all->working -= t->working;
  t->working = 0;
  cf_transfer_files_unref (t->files);
  t->files = NULL;
  cf_transfer_run_unref (t->run);
  t->run = NULL;
  t->map = NULL;
  cf_file_map_free (t->in.said);
  memset (&t->in, 0, sizeof t->in);
  memset (&t->out, 0, sizeof t->out);
  t->opening = false;
  t->rate = 0;
}

void
cf_transfer_set_state (struct cf_transfer *t, int state, int detail, enum cf_say say)
{
  const char *why = say ? cf_phrase (say)->message : NULL;
  struct cf_core *core = t->all->core;
  const struct cf_fpr peer = t->peer;
  char id[2 * CF_MESSAGE_ID_LEN + 1];

  if (cf_transfer_has_ended (t) || t->row.state == state)
    return;
  cf_log (core->env, CF_LOG_INFO, "transfer %.8s: state %d to %d%s%s", cf_hex (t->row.id, sizeof t->row.id, id),
          t->row.state, state, why ? ": " : "", why ? why : "");
  t->row.state = state;
  t->row.detail = detail;
  cf_transfer_text (&t->reason, &t->row.reason, why);
  if (cf_transfer_has_ended (t)) {
    t->row.ended_utc_ms = core->env->now_utc_ms;
    t->row.paused_by_us = t->row.paused_by_peer = false;
    cf_transfer_close (t);
    if (has_part (t))
      cf_transfer_discard (t, true);
    cf_transfers_changed (core);
  }
  cf_transfer_save (t);
  cf_transfer_waits_tell (t->all, &t->row);
  cf_transfers_run (t->all, &peer); /* another may have its turn */
}

void
cf_transfer_fail (struct cf_transfer *t, int detail)
{
  cf_transfer_set_state (t, CF_TRANSFER_FAILED, detail, cf_transfer_failed_why (t, detail, true));
}

void
cf_transfer_resume (struct cf_transfer *t)
{
  t->row.paused_by_us = false;
  cf_transfer_text (&t->reason, &t->row.reason, NULL);
  t->in.asked.count = 0;
  t->heard_ms = t->all->core->env->now_ms;
  cf_transfer_save (t);
  cf_transfers_run (t->all, &t->peer);
  cf_transfer_tick (t->all);
}

void
cf_transfer_pause (struct cf_transfer *t, const char *why)
{
  t->row.paused_by_us = true;
  t->rate = 0;
  if (t->row.outgoing)
    t->out.wanted.count = 0; /* he asks again when we go on */
  cf_transfer_text (&t->reason, &t->row.reason, why);
  cf_transfer_save (t);
  cf_transfer_tend (t);
  cf_transfers_run (t->all, &t->peer);
}

/* --- going on --- */

void
cf_transfers_run (struct cf_transfers *all, const struct cf_fpr *peer)
{
  struct cf_transfer *t;

  for (t = all->first; t; t = t->next)
    if (cf_fpr_equal (&t->peer, peer) && !t->row.outgoing) {
      cf_transfer_say (t); /* its turn may have come */
      cf_transfer_receive (t);
    }
  cf_transfer_serve (all, peer);
}

static void
tell_progress (struct cf_transfer *t)
{
  struct cf_core *core = t->all->core;
  int64_t step = (int64_t) (t->row.done - t->rate_done) * 1000 / CF_TRANSFER_TICK_MS, rate = (int64_t) t->rate;
  bool stands = !t->rate && t->row.done == t->told_done;
  json_t *row;

  if (step < 0)
    step = 0;
  t->rate_done = t->row.done;
  rate = rate ? rate + (step - rate) * CF_TRANSFER_TICK_MS / CF_TRANSFER_RATE_MS : step;
  t->rate = rate < 1024 && !step ? 0 : (uint64_t) rate;
  if (stands)
    return;
  t->told_done = t->row.done;
  row = cf_transfer_json (core, &t->row, t);
  if (!row || cf_event_emit (core, "transfer", false, row))
    cf_log (core->env, CF_LOG_WARN, "transfer: progress was not told");
}

static void
on_tick (void *arg)
{
  struct cf_transfers *all = arg;
  struct cf_transfer *t;
  bool again = false;

  for (t = all->first; t; t = t->next) {
    if (t->row.state != CF_TRANSFER_ACTIVE && t->row.state != CF_TRANSFER_COMPLETE)
      continue;
    tell_progress (t);
    cf_transfer_say (t);
    cf_transfer_tend (t);
    if (t->row.outgoing)
      cf_transfer_serve (all, &t->peer);
    else
      cf_transfer_receive (t);
    again |= t->rate || t->working || t->in.unkept || cf_transfer_may_move (t);
  }
  if (again)
    cf_transfer_tick (all);
}

void
cf_transfer_tick (struct cf_transfers *all)
{
  if (!all->tick.armed)
    cf_timer_after (all->core->env, &all->tick, CF_TRANSFER_TICK_MS);
}

/* --- following the store --- */

void
cf_transfers_changed (struct cf_core *core)
{
  if (core->transfers)
    cf_timer_after (core->env, &core->transfers->changed, 0);
}

static bool
see_row (void *arg, const struct cf_transfer_row *row)
{
  (void) arg, (void) row;
  return false;
}

static bool
is_in_store (const struct cf_transfer *t)
{
  gpg_error_t err = cf_store_transfer_get (t->all->core->store, t->row.conversation, t->row.id, see_row, NULL);

  return gpg_err_code (err) != GPG_ERR_NOT_FOUND;
}

/* Its message, or its conversation, was deleted here, or has disappeared. */
static void
forget (struct cf_transfer *t)
{
  if (cf_transfer_has_ended (t))
    return;
  t->row.state = CF_TRANSFER_CANCELLED;
  if (cf_transfer_conversation (t))
    cf_transfer_say (t);
  if (!t->row.outgoing)
    cf_transfer_discard (t, false);
  cf_transfer_waits_tell (t->all, &t->row);
}

/* Nothing is left to be said of it. */
static bool
settle (struct cf_transfer *t)
{
  gpg_error_t err;

  if (t->row.settled)
    return true;
  t->row.settled = true;
  err = cf_store_transfer_save (t->all->core->store, &t->row);
  if (err)
    cf_log (t->all->core->env, CF_LOG_ERROR, "transfer: not settled: %s", gpg_strerror (err));
  t->row.settled = !err;
  return !err;
}

/* What there is to do about T; true: it is to leave the list. */
static bool
follow (struct cf_transfer *t)
{
  const struct cf_conversation *conv = cf_transfer_conversation (t);

  if (!conv || !is_in_store (t)) {
    forget (t);
    return true;
  }
  if (conv->state == CF_CONVERSATION_CLOSED && !cf_transfer_has_ended (t))
    cf_transfer_set_state (t, CF_TRANSFER_CANCELLED, 0, CF_SAY_ENDED_CLOSED);
  if (!cf_transfer_has_ended (t) || (!t->row.peer_ended && conv->state != CF_CONVERSATION_CLOSED) || has_part (t))
    return false;
  return settle (t);
}

static void
on_changed (void *arg)
{
  struct cf_transfers *all = arg;
  struct cf_transfer **link = &all->first, *t;
  gpg_error_t err;

  while ((t = *link))
    if (follow (t)) {
      *link = t->next;
      if (!t->next)
        all->end = link;
      cf_transfer_close (t);
      transfer_free (t);
    } else
      link = &t->next;
  err = load_all (all);
  if (err)
    cf_log (all->core->env, CF_LOG_ERROR, "transfer: not loaded: %s", gpg_strerror (err));
  for (t = all->first; t; t = t->next)
    if (t->row.outgoing)
      cf_transfer_serve (all, &t->peer);
    else {
      cf_transfer_auto_accept (t);
      cf_transfer_receive (t);
    }
  cf_transfer_tick (all);
}

/* --- the link --- */

/* What was asked for, or said, in the tunnel that is no more. */
static void
forget_tunnel (struct cf_transfer *t)
{
  t->tunnel++;
  t->said_state = 0;
  t->in.asked.count = 0;
  t->in.cursor = 0;
  t->out.wanted.count = 0;
  t->out.leaves_count = 0;
  cf_transfer_run_unref (t->run);
  t->run = NULL;
}

void
cf_transfer_up (struct cf_core *core, struct cf_peer *peer)
{
  struct cf_transfer *t;

  if (!core->transfers)
    return;
  for (t = core->transfers->first; t; t = t->next)
    if (cf_fpr_equal (&t->peer, &peer->fpr)) {
      forget_tunnel (t);
      t->heard_ms = core->env->now_ms;
      cf_transfer_say (t);
    }
  cf_transfers_run (core->transfers, &peer->fpr);
  cf_transfer_tick (core->transfers);
}

void
cf_transfer_down (struct cf_core *core, struct cf_peer *peer)
{
  struct cf_transfer *t;

  for (t = core->transfers ? core->transfers->first : NULL; t; t = t->next)
    if (cf_fpr_equal (&t->peer, &peer->fpr))
      forget_tunnel (t);
}

void
cf_transfer_room (struct cf_core *core, struct cf_peer *peer)
{
  if (core->transfers)
    cf_transfer_serve (core->transfers, &peer->fpr);
}

/* --- life --- */

gpg_error_t
cf_transfers_new (struct cf_core *core, struct cf_transfers **r_transfers)
{
  struct cf_transfers *all = calloc (1, sizeof *all);

  if (!all)
    return cf_err_errno ();
  all->core = core;
  all->end = &all->first;
  all->started_utc_ms = core->env->now_utc_ms;
  cf_timer_init (&all->changed, on_changed, all);
  cf_timer_init (&all->tick, on_tick, all);
  cf_timer_init (&all->yields, cf_transfer_yielded, all);
  cf_timer_after (core->env, &all->changed, 0);
  *r_transfers = all;
  return 0;
}

void
cf_transfers_free (struct cf_transfers *all)
{
  struct cf_transfer *t;

  if (!all)
    return;
  cf_timer_cancel (all->core->env, &all->changed);
  cf_timer_cancel (all->core->env, &all->tick);
  cf_timer_cancel (all->core->env, &all->yields);
  all->core->disk->yield (all->core->disk, false);
  cf_transfer_waits_free (all);
  while ((t = all->first)) {
    all->first = t->next;
    transfer_free (t);
  }
  cf_transfer_jobs_cancel (all->core, &all->jobs);
  free (all);
}
