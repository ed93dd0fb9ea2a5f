/* SPDX-License-Identifier: GPL-3.0-or-later */
/* orphan_keys.c - pairs in the conversation home that no conversation has are destroyed.
 *
 * A daemon that is killed between gpg's making a pair and the row that names it, or between the row's end and the
 * pair's, leaves one behind.  Nobody knows its passphrase any more; but what a conversation had ends with it.
 *
 * Only what is certainly nobody's goes: not if a row cannot be read, if gpg cannot tell all of its keys, or while an
 * older store, whose conversations are not in this one, lies beside it.
 */
#include "core/orphan_keys.h"

#include <stdlib.h>
#include <string.h>

#include "core/conversation.h"
#include "core/gate_private.h"
#include "core/store/files.h"
#include "core/store/store_conversation.h"

#define FIRST_MS 10000   /* after the start, which has better things to do */
#define AGAIN_MS 60000   /* while a pair is being made */
#define TRIES_MAX 10

struct cf_orphan_keys {
  struct cf_core *core;
  struct cf_timer timer;
  struct cf_gpg_job *job;
  unsigned tries;
  struct cf_fpr *keys; /* in order, before those that are somebody's are taken out */
  size_t count, next;
};

static void delete_next (struct cf_orphan_keys *o);

static void
key_deleted (void *arg, gpg_error_t err)
{
  struct cf_orphan_keys *o = arg;

  o->job = NULL;
  if (err) /* the next start tries again */
    cf_log (o->core->env, CF_LOG_WARN, "a key that no conversation has stays: %s", gpg_strerror (err));
  o->next++;
  delete_next (o);
}

static void
delete_next (struct cf_orphan_keys *o)
{
  gpg_error_t err = 0;

  if (o->next < o->count)
    err = cf_gpg_conversation_key_delete (o->core->gpg, &o->keys[o->next], key_deleted, o, &o->job);
  if (err)
    cf_log (o->core->env, CF_LOG_WARN, "keys that no conversation has stay: %s", gpg_strerror (err));
}

static int
compare (const void *a, const void *b)
{
  return cf_fpr_compare (a, b);
}

/* FPR is somebody's; those that are have no fingerprint any more. */
static void
spare (struct cf_fpr *keys, size_t count, bool *spared, const struct cf_fpr *fpr)
{
  const struct cf_fpr *found = count ? bsearch (fpr, keys, count, sizeof *keys, compare) : NULL;

  if (found)
    spared[found - keys] = true;
}

struct sparing {
  struct cf_orphan_keys *o;
  bool *spared;
};

static void
spare_row (void *arg, const struct cf_fpr *fpr)
{
  const struct sparing *s = arg;

  spare (s->o->keys, s->o->count, s->spared, fpr);
}

/* Leave in O->keys what is nobody's. */
static gpg_error_t
sort_out (struct cf_orphan_keys *o)
{
  struct sparing s = { o, calloc (o->count + 1, sizeof *s.spared) };
  struct cf_core *core = o->core;
  bool saved = false;
  size_t kept = 0;
  gpg_error_t err;

  if (!s.spared)
    return cf_err (GPG_ERR_ENOMEM);
  qsort (o->keys, o->count, sizeof *o->keys, compare);
  err = cf_store_files_saved (core->home, &saved);
  if (!err)
    err = cf_store_own_keys (core->store, spare_row, &s);
  for (struct cf_conversation *c = core->conversations->first; c; c = c->next)
    spare_row (&s, &c->own_key);
  for (struct cf_request *r = core->gate->first; r; r = r->next)
    spare_row (&s, &r->own_key);
  for (size_t i = 0; !err && !saved && i < o->count; i++)
    if (!s.spared[i])
      o->keys[kept++] = o->keys[i];
  o->count = kept;
  free (s.spared);
  return err;
}

static void
keys_listed (void *arg, gpg_error_t err, const struct cf_fpr *keys, size_t count)
{
  struct cf_orphan_keys *o = arg;

  o->job = NULL;
  if (gpg_err_code (err) == GPG_ERR_EAGAIN && ++o->tries < TRIES_MAX) {
    cf_timer_after (o->core->env, &o->timer, AGAIN_MS);
    return;
  }
  if (!err && count) {
    o->keys = calloc (count, sizeof *o->keys);
    if (o->keys) {
      memcpy (o->keys, keys, count * sizeof *keys);
      o->count = count;
      err = sort_out (o);
    } else
      err = cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    cf_log (o->core->env, CF_LOG_WARN, "whether all keys are of conversations was not found out: %s", gpg_strerror (err));
    return;
  }
  if (o->count)
    cf_log (o->core->env, CF_LOG_INFO, "keys that no conversation has: %zu; they are destroyed", o->count);
  delete_next (o);
}

static void
look (void *arg)
{
  struct cf_orphan_keys *o = arg;
  gpg_error_t err;

  err = cf_gpg_conversation_keys (o->core->gpg, keys_listed, o, &o->job);
  if (err)
    keys_listed (o, err, NULL, 0);
}

gpg_error_t
cf_orphan_keys_new (struct cf_core *core, struct cf_orphan_keys **r_orphans)
{
  struct cf_orphan_keys *o = calloc (1, sizeof *o);

  if (!o)
    return cf_err_errno ();
  o->core = core;
  cf_timer_init (&o->timer, look, o);
  cf_timer_after (core->env, &o->timer, FIRST_MS);
  *r_orphans = o;
  return 0;
}

void
cf_orphan_keys_free (struct cf_orphan_keys *o)
{
  if (!o)
    return;
  cf_timer_cancel (o->core->env, &o->timer);
  if (o->job)
    cf_gpg_cancel (o->core->gpg, o->job);
  free (o->keys);
  free (o);
}
