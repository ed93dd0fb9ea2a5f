/* SPDX-License-Identifier: GPL-3.0-or-later */
/* visibility.c - who on the local network sees us, for good or for a while.
 *
 * A while is measured by the monotonic clock, which also counts sleep; over a
 * restart by the wall clock, of which only what is possible is believed: it
 * neither ran backwards, nor can it make a while longer than it was.
 */
#include "core/visibility.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/json.h"
#include "core/nodes.h"
#include "core/peers.h"
#include "core/settings.h"
#include "core/store/store_self.h"

#define SETTING "visibility"
#define LAPSE "visibility-lapse" /* "AFTER SINCE_UTC_MS FOR_MS"; no setting of the user's */

static const char *const names[] = { "everyone", "contacts", "nobody" }; /* as enum cf_visibility */

struct cf_visibility_lapse {
  struct cf_core *core;
  enum cf_visibility after;
  uint64_t due_ms;
  struct cf_timer timer;
};

bool
cf_visibility_parse (const char *text, enum cf_visibility *r_visibility)
{
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp (text, names[i])) {
      *r_visibility = (enum cf_visibility) i;
      return true;
    }
  return false;
}

json_t *
cf_visibility_json (struct cf_core *core)
{
  struct cf_visibility_lapse *lapse = core->peers ? core->peers->lapse : NULL;
  json_t *row = json_object ();
  int64_t until = 0;

  if (lapse && lapse->due_ms > core->env->now_ms)
    until = core->env->now_utc_ms + (int64_t) (lapse->due_ms - core->env->now_ms);
  if (!row || json_object_set_new (row, "visibility", json_string (names[cf_peers_visibility (core)]))
      || json_object_set_new (row, "until", cf_json_time (until))
      || json_object_set_new (row, "unrecognised", json_integer ((json_int_t) cf_peers_unrecognisable (core)))) {
    json_decref (row);
    return NULL;
  }
  return row;
}

/* --- a while --- */

void
cf_visibility_lapse_free (struct cf_core *core, struct cf_visibility_lapse *lapse)
{
  if (!lapse)
    return;
  cf_timer_cancel (core->env, &lapse->timer);
  free (lapse);
}

static void
lapse_over (void *arg)
{
  struct cf_visibility_lapse *lapse = arg;
  struct cf_core *core = lapse->core;
  enum cf_visibility after = lapse->after;
  gpg_error_t err;

  err = cf_visibility_set (core, after, 0); /* LAPSE is gone */
  if (!err)
    return;
  /* Not on disk, where it has ended by its own time; here it ends all the same. */
  cf_log (core->env, CF_LOG_ERROR, "the end of a visibility could not be written: %s", gpg_strerror (err));
  cf_peers_set_visibility (core, after);
  cf_nodes_say_again (core);
}

/* In memory: FOR_MS from now on; 0: none. */
static gpg_error_t
lapse_begin (struct cf_core *core, enum cf_visibility after, int64_t for_ms)
{
  struct cf_visibility_lapse *lapse = NULL;

  if (for_ms) {
    lapse = calloc (1, sizeof *lapse);
    if (!lapse)
      return cf_err (GPG_ERR_ENOMEM);
    lapse->core = core;
    lapse->after = after;
    lapse->due_ms = core->env->now_ms + (uint64_t) for_ms;
    cf_timer_init (&lapse->timer, lapse_over, lapse);
    cf_timer_arm (core->env, &lapse->timer, lapse->due_ms);
  }
  cf_visibility_lapse_free (core, core->peers->lapse);
  core->peers->lapse = lapse;
  return 0;
}

/* --- in the store --- */

/* Both rows, or neither. */
static gpg_error_t
keep (struct cf_core *core, enum cf_visibility visibility, enum cf_visibility after, int64_t for_ms)
{
  char text[80];
  gpg_error_t err;

  snprintf (text, sizeof text, "%s %" PRId64 " %" PRId64, names[after], core->env->now_utc_ms, for_ms);
  err = cf_store_begin (core->store);
  if (err)
    return err;
  err = cf_store_setting_set (core->store, SETTING, visibility == CF_VISIBLE_EVERYONE ? NULL : names[visibility]);
  if (!err)
    err = cf_store_setting_set (core->store, LAPSE, for_ms ? text : NULL);
  cf_store_end (core->store, &err);
  return err;
}

/* How much is left of a while (0: nothing), and what comes after it; false: there was none. */
static bool
kept_lapse (struct cf_core *core, enum cf_visibility *r_after, int64_t *r_left_ms)
{
  char *text = NULL, name[16];
  int64_t since, for_ms, gone;
  bool found = false;

  if (cf_store_setting_get (core->store, LAPSE, &text) || !text)
    return false;
  if (sscanf (text, "%15s %" SCNd64 " %" SCNd64, name, &since, &for_ms) == 3 && cf_visibility_parse (name, r_after)
      && for_ms > 0 && for_ms <= CF_VISIBILITY_FOR_MAX_MS) {
    gone = core->env->now_utc_ms - since;
    if (gone < 0)
      gone = 0;
    *r_left_ms = gone < for_ms ? for_ms - gone : 0;
    found = true;
  }
  free (text);
  return found;
}

/* --- the interface --- */

static gpg_error_t
tell (struct cf_core *core)
{
  json_t *fields = cf_visibility_json (core);

  return fields ? cf_event_emit (core, "visibility", true, fields) : cf_err (GPG_ERR_ENOMEM);
}

gpg_error_t
cf_visibility_set (struct cf_core *core, enum cf_visibility visibility, int64_t for_ms)
{
  enum cf_visibility after = core->peers->lapse ? core->peers->lapse->after : cf_peers_visibility (core);
  gpg_error_t err;

  err = keep (core, visibility, after, for_ms);
  if (!err)
    err = lapse_begin (core, after, for_ms);
  if (err)
    return err;
  cf_peers_set_visibility (core, visibility);
  cf_nodes_say_again (core);
  return tell (core);
}

gpg_error_t
cf_visibility_resume (struct cf_core *core)
{
  enum cf_visibility visibility, after;
  char *value = cf_setting (core, SETTING);
  int64_t left_ms;
  gpg_error_t err;
  bool known;

  if (!value)
    return cf_err (GPG_ERR_ENOMEM);
  known = cf_visibility_parse (value, &visibility);
  free (value);
  if (!known)
    return cf_err (CF_ERR_STORE);
  cf_peers_set_visibility (core, visibility);
  if (!kept_lapse (core, &after, &left_ms))
    return 0;
  if (!left_ms) {
    cf_peers_set_visibility (core, after);
    return cf_visibility_set (core, after, 0);
  }
  /* Written anew: a clock that is set back before each start shall not prolong it. */
  err = keep (core, visibility, after, left_ms);
  return err ? err : lapse_begin (core, after, left_ms);
}
