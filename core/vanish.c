/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vanish.c - messages that disappear, each after its lifetime; and that nothing stays of what is gone.
 *
 * One timer waits for the first message that is due.  While any is, the clock
 * is written down every TICK, so that a restart knows how late it was.
 *
 * What is gone from its row is still in parts of the search index, and in the
 * store's log.  To merge the index costs 4 us a message, during which nothing
 * else happens: so it is done a thousandth of the time at most.
 */
#include "core/vanish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/change.h"
#include "core/history.h"
#include "core/store/store.h"
#include "core/store/store_self.h"

#define TICK_MS (10 * 60 * 1000)
#define BATCH 128             /* messages of one transaction */
#define AGAIN_MS (60 * 1000)  /* after the disk has failed */
#define SCRUB_MS (60 * 1000)  /* not sooner, and ... */
#define SCRUB_MS_PER_ROW 4
#define CLOCK_KEY "vanish-clock" /* in the store's settings: this clock, and the system's, when it was written */
#define SCRUB_KEY "vanish-scrub" /* there: something has gone that was not scrubbed yet */

struct cf_vanish {
  struct cf_core *core;
  int64_t base_ms;         /* this clock was there ... */
  uint64_t base_now_ms;    /* ... when the monotonic one was here */
  struct cf_timer due, scrub;
};

/* --- the clock --- */

static int64_t
now_ms (const struct cf_vanish *v)
{
  return v->base_ms + (int64_t) (v->core->env->now_ms - v->base_now_ms);
}

static gpg_error_t
load_clock (struct cf_vanish *v)
{
  int64_t now_utc = v->core->env->now_utc_ms;
  long long then = 0, then_utc = 0;
  char *text = NULL;
  gpg_error_t err;

  err = cf_store_setting_get (v->core->store, CLOCK_KEY, &text);
  if (err)
    return err;
  if (text && sscanf (text, "%lld %lld", &then, &then_utc) == 2)
    v->base_ms = then + (now_utc > then_utc ? now_utc - then_utc : 0);
  else
    v->base_ms = now_utc;
  v->base_now_ms = v->core->env->now_ms;
  free (text);
  return 0;
}

static void
save_clock (struct cf_vanish *v)
{
  char text[64];

  snprintf (text, sizeof text, "%lld %lld", (long long) now_ms (v), (long long) v->core->env->now_utc_ms);
  if (cf_store_setting_set (v->core->store, CLOCK_KEY, text))
    cf_log (v->core->env, CF_LOG_WARN, "vanish: the clock was not written down");
}

int64_t
cf_vanish_utc_ms (const struct cf_core *core, int64_t expires_ms)
{
  return expires_ms && core->vanish ? core->env->now_utc_ms + expires_ms - now_ms (core->vanish) : 0;
}

/* --- what is due --- */

/* Look again when the first one is due, or the clock is to be written down. */
static void
arm (struct cf_vanish *v)
{
  int64_t due = 0, left;
  gpg_error_t err = cf_store_message_next_due (v->core->store, &due);

  if (err)
    cf_timer_after (v->core->env, &v->due, AGAIN_MS);
  else if (due) {
    left = due - now_ms (v);
    cf_timer_after (v->core->env, &v->due, left < 1 ? 1 : left < TICK_MS ? (uint64_t) left : TICK_MS);
  }
}

struct batch {
  struct cf_message_row rows[BATCH];
  size_t count;
};

static bool
collect (void *arg, const struct cf_message_row *m)
{
  struct batch *b = arg;

  b->rows[b->count] = *m;
  b->rows[b->count].text = b->rows[b->count].kind_name = NULL;
  b->rows[b->count++].text_len = 0;
  return b->count < BATCH;
}

/* Each conversation that loses messages says what is now its last one. */
static gpg_error_t
tell_conversations (struct cf_core *core, const struct batch *b)
{
  struct cf_conversation *conv;
  gpg_error_t err = 0;
  size_t i;

  for (conv = core->conversations->first; !err && conv; conv = conv->next) {
    for (i = 0; i < b->count && memcmp (b->rows[i].conversation, conv->id, sizeof conv->id) != 0; i++)
      ;
    if (i < b->count && !conv->deleted)
      err = cf_conversation_changed (core, conv);
  }
  return err;
}

static gpg_error_t
remove_batch (struct cf_vanish *v, struct batch *b)
{
  struct cf_core *core = v->core;
  gpg_error_t err;
  size_t i;

  err = cf_store_message_due (core->store, now_ms (v), BATCH, collect, b);
  if (err || !b->count)
    return err;
  err = cf_store_begin (core->store);
  if (err)
    return err;
  for (i = 0; !err && i < b->count; i++)
    err = cf_change_remove (core, &b->rows[i]);
  if (!err)
    err = tell_conversations (core, b);
  cf_store_end (core->store, &err);
  return err;
}

static void
on_due (void *arg)
{
  struct cf_vanish *v = arg;
  struct batch *b = calloc (1, sizeof *b);
  gpg_error_t err = b ? remove_batch (v, b) : cf_err_errno ();

  free (b);
  save_clock (v);
  if (err) {
    cf_log (v->core->env, CF_LOG_ERROR, "vanish: messages that are due are still there: %s", gpg_strerror (err));
    cf_timer_after (v->core->env, &v->due, AGAIN_MS);
  } else
    arm (v);
}

struct begin {
  struct cf_core *core;
  const struct cf_conversation *conv;
  gpg_error_t err;
};

static bool
begin_row (void *arg, const struct cf_message_row *m)
{
  struct begin *b = arg;
  struct cf_message_row then = *m;

  then.expires_ms = now_ms (b->core->vanish) + (int64_t) m->lifetime_s * 1000;
  b->err = cf_message_tell (b->core, b->conv, &then, "message_changed");
  return !b->err;
}

gpg_error_t
cf_vanish_begin (struct cf_core *core, struct cf_conversation *conv, bool outgoing, uint64_t first, uint64_t last)
{
  struct begin b = { core, conv, 0 };
  size_t count = 0;
  gpg_error_t err;

  err = cf_store_message_expire (core->store, conv->id, outgoing, first, last, now_ms (core->vanish), begin_row, &b,
                                 &count);
  if (count) /* in a turn of its own: this transaction may be lost */
    cf_timer_after (core->env, &core->vanish->due, 0);
  return err ? err : b.err;
}

/* --- for good --- */

static void
scrub_later (struct cf_vanish *v)
{
  int64_t rows = 0;

  if (v->scrub.armed)
    return;
  if (cf_store_message_count (v->core->store, &rows))
    rows = 0;
  cf_timer_after (v->core->env, &v->scrub, SCRUB_MS + (uint64_t) rows * SCRUB_MS_PER_ROW);
}

static void
on_scrub (void *arg)
{
  struct cf_vanish *v = arg;
  struct cf_store *store = v->core->store;
  gpg_error_t err;

  err = cf_store_message_scrub (store, INT64_MAX);
  if (!err)
    err = cf_store_truncate (store);
  if (!err)
    err = cf_store_setting_set (store, SCRUB_KEY, NULL);
  if (err) {
    cf_log (v->core->env, CF_LOG_WARN, "vanish: not scrubbed yet: %s", gpg_strerror (err));
    scrub_later (v);
  }
}

gpg_error_t
cf_vanish_scrub (struct cf_core *core)
{
  scrub_later (core->vanish);
  return cf_store_setting_set (core->store, SCRUB_KEY, "1");
}

/* --- life --- */

gpg_error_t
cf_vanish_new (struct cf_core *core, struct cf_vanish **r_vanish)
{
  struct cf_vanish *v = calloc (1, sizeof *v);
  char *pending = NULL;
  gpg_error_t err;

  if (!v)
    return cf_err_errno ();
  v->core = core;
  cf_timer_init (&v->due, on_due, v);
  cf_timer_init (&v->scrub, on_scrub, v);
  err = load_clock (v);
  if (!err)
    err = cf_store_setting_get (core->store, SCRUB_KEY, &pending);
  if (err) {
    free (v);
    return err;
  }
  if (pending)
    scrub_later (v);
  free (pending);
  arm (v);
  *r_vanish = v;
  return 0;
}

void
cf_vanish_free (struct cf_vanish *v)
{
  if (!v)
    return;
  if (v->due.armed)
    save_clock (v);
  cf_timer_cancel (v->core->env, &v->due);
  cf_timer_cancel (v->core->env, &v->scrub);
  free (v);
}
