/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture.c - what the tests of gpg/ stand on. */
#include "tests/unit/gpg/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/secmem.h"
#include "base/text.h"

char *
world_path (struct world *w, const char *rest)
{
  char *path = cf_paths_join (w->dir, rest);

  assert_non_null (path);
  return path;
}

void
world_shell (struct world *w, const char *command)
{
  assert_int_equal (setenv ("DIR", w->dir, 1), 0);
  if (system (command))
    fail_msg ("failed: %s", command);
}

void
world_write (struct world *w, const char *rest, const void *data, size_t len)
{
  char *path = world_path (w, rest);

  assert_int_equal (cf_file_write (path, data, len), 0);
  free (path);
}

uint8_t *
world_read (struct world *w, const char *rest, size_t *r_len)
{
  char *path = world_path (w, rest);
  uint8_t *data = NULL;

  assert_int_equal (cf_file_read (path, 64 * 1024 * 1024, &data, r_len), 0);
  free (path);
  return data;
}

struct cf_fpr
world_fpr (struct world *w, const char *name)
{
  struct cf_fpr fpr = { .version = 0 };
  char word[128], hex[128];
  char *path = world_path (w, "keys.txt");
  FILE *f = fopen (path, "r");

  assert_non_null (f);
  while (fscanf (f, "%127s %127s", word, hex) == 2)
    if (!strcmp (word, name))
      assert_int_equal (cf_fpr_parse (hex, &fpr), 0);
  fclose (f);
  free (path);
  assert_false (cf_fpr_is_none (&fpr));
  return fpr;
}

struct world *
world_new (const char *names)
{
  struct world *w = calloc (1, sizeof *w);
  const char *srcdir = getenv ("CF_SRCDIR");
  char *command;

  assert_non_null (w);
  assert_int_equal (cf_secmem_setup (), 0);
  scratch_make (&w->scratch, false);
  w->dir = w->scratch.dir;
  w->base = event_base_new ();
  assert_non_null (w->base);
  cf_env_system_init (&w->env, getenv ("CF_TEST_LOG") ? CF_LOG_DEBUG : CF_LOG_ERROR);
  command = cf_sprintf ("S='%s'; CF_PINENTRY=$(realpath $S/tests/lab/pinentry-fake) $S/keyrings-test/make-keys.sh "
                        "$DIR %s 2>/dev/null",
                        srcdir ? srcdir : ".", names);
  assert_non_null (command);
  world_shell (w, command);
  free (command);
  return w;
}

void
side_open (struct world *w, struct side *side, const char *name)
{
  char *own = cf_sprintf ("%s/%s.c", w->dir, name);
  struct cf_gpg_config config;

  side->home = world_path (w, name);
  config = (struct cf_gpg_config){ .identity_home = side->home, .conversation_home = own };
  assert_int_equal (cf_gpg_new (&w->env, w->base, &config, &side->gpg), 0);
  side->fpr = world_fpr (w, name);
  free (own);
}

void
side_close (struct side *side)
{
  cf_gpg_free (side->gpg);
  free (side->home);
  memset (side, 0, sizeof *side);
}

void
world_free (struct world *w)
{
  side_close (&w->alice);
  side_close (&w->bob);
  world_shell (w, "for h in \"$DIR\"/*/; do gpgconf --homedir \"$h\" --kill all; done");
  scratch_remove (&w->scratch);
  event_base_free (w->base);
  free (w);
}

int
world_end (void **state)
{
  if (*state)
    world_free (*state);
  return 0;
}

void
side_import (struct world *w, struct side *side, const char *name, const char *command, struct answer *a)
{
  struct cf_fpr fpr = world_fpr (w, name);
  uint8_t *block;
  size_t len;

  world_shell (w, command);
  block = world_read (w, "block", &len);
  answer_init (w, a);
  assert_int_equal (cf_gpg_key_import (side->gpg, CF_GPG_MESSAGE, &fpr, block, len, on_key, a, NULL), 0);
  answer_wait (a);
  free (block);
}

void
side_learn (struct world *w, struct side *side, const char *name, struct answer *a)
{
  char *command = cf_sprintf ("gpg --homedir $DIR/%s --quiet --yes --output $DIR/block --export 2>/dev/null", name);

  side_import (w, side, name, command, a);
  free (command);
}

/* ------------------------------------------------------------- answers --- */

static void
on_late (evutil_socket_t fd, short what, void *arg)
{
  struct patience *p = arg;

  (void) fd;
  (void) what;
  p->is_over = true;
}

void
patience_begin (struct event_base *base, struct patience *p)
{
  const struct timeval late = { DEADLINE_S, 0 };

  p->is_over = false;
  p->timer = evtimer_new (base, on_late, p);
  assert_non_null (p->timer);
  assert_int_equal (evtimer_add (p->timer, &late), 0);
}

void
patience_end (struct patience *p)
{
  event_free (p->timer);
}

void
answer_clear (struct answer *a)
{
  struct event_base *base = a->base;

  if (a->data)
    cf_wipe (a->data, a->len);
  free (a->data);
  free (a->user_id);
  free (a->algorithm);
  free (a->keys);
  memset (a, 0, sizeof *a);
  a->base = base;
}

void
answer_init (struct world *w, struct answer *a)
{
  memset (a, 0, sizeof *a);
  a->base = w->base;
}

/* Run the loop until the callback came, at most for the deadline. */
void
answer_wait (struct answer *a)
{
  struct patience patience;

  patience_begin (a->base, &patience);
  while (!a->count && !patience.is_over)
    assert_int_not_equal (event_base_loop (a->base, EVLOOP_ONCE), -1);
  patience_end (&patience);
  assert_int_equal (a->count, 1);
}

void
on_done (void *arg, gpg_error_t err)
{
  struct answer *a = arg;

  a->count++;
  a->err = err;
}

void
on_bytes (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct answer *a = arg;

  on_done (a, err);
  if (err) {
    assert_null (data);
    return;
  }
  a->data = malloc (len + 1);
  assert_non_null (a->data);
  memcpy (a->data, data, len);
  a->data[len] = 0;
  a->len = len;
}

void
on_key (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct answer *a = arg;

  on_done (a, err);
  if (err)
    return;
  a->key = *key;
  a->key.user_id = a->user_id = strdup (key->user_id);
  a->key.algorithm = a->algorithm = strdup (key->algorithm);
}

/* Only the plain fields of the keys may be looked at afterwards. */
void
on_keys (void *arg, gpg_error_t err, const struct cf_key_info *keys, size_t count)
{
  struct answer *a = arg;

  on_done (a, err);
  a->keys = calloc (count + 1, sizeof *keys);
  assert_non_null (a->keys);
  if (count)
    memcpy (a->keys, keys, count * sizeof *keys);
  a->key_count = count;
}

void
on_newkey (void *arg, gpg_error_t err, const struct cf_fpr *fpr, const uint8_t *block, size_t len)
{
  struct answer *a = arg;

  on_bytes (a, err, block, len);
  if (!err)
    a->fpr = *fpr;
}
