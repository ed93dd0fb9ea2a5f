/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_story.c - shared steps of stories about files on their way. */
#include <config.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/sim/file_story.h"

const char *
path_of (const struct sim_node *node, const char *name)
{
  static char paths[8][512];
  static unsigned next;
  char *path = paths[next++ % 8];

  snprintf (path, sizeof paths[0], "%s/files-%s%s%s", node->sim->dir, node->name, *name ? "/" : "", name);
  return path;
}

void
file_dirs (struct pair *p)
{
  char *setting;

  for (int i = 0; i < 2; i++) {
    struct sim_node *node = i ? p->b : p->a;

    assert_int_equal (mkdir (path_of (node, ""), 0700), 0);
    setting = cf_sprintf ("%s", path_of (node, ""));
    assert_int_equal (sim_do (node, "CONFIG", NULL, "download-dir", setting, NULL), 0);
    free (setting);
  }
}

struct pair
file_pair (uint64_t seed)
{
  struct pair p;

  pair_begin (&p, seed);
  pair_open (&p);
  file_dirs (&p);
  return p;
}

/* The byte at I of a file of SEED: no two blocks are the same. */
static uint8_t
byte_at (size_t i, unsigned seed)
{
  return (uint8_t) ((i * 31 + (i >> 8) * 7 + (i >> 18) * 131 + seed) ^ (i >> 5));
}

void
make_file (const char *path, size_t size, unsigned seed)
{
  FILE *fp = fopen (path, "wb");
  uint8_t piece[4096];
  size_t n = 0;

  assert_non_null (fp);
  for (size_t i = 0; i < size; i++) {
    piece[n++] = byte_at (i, seed);
    if (n == sizeof piece || i == size - 1) {
      assert_int_equal (fwrite (piece, 1, n, fp), n);
      n = 0;
    }
  }
  assert_int_equal (fclose (fp), 0);
}

bool
is_file (const char *path, size_t size, unsigned seed)
{
  FILE *fp = fopen (path, "rb");
  uint8_t piece[4096];
  size_t i = 0, n, k;
  bool same = fp != NULL;

  while (same && (n = fread (piece, 1, sizeof piece, fp)) > 0)
    for (k = 0; same && k < n; k++, i++)
      same = i < size && piece[k] == byte_at (i, seed);
  if (fp)
    fclose (fp);
  return same && i == size;
}

bool
is_there (const char *path)
{
  return access (path, F_OK) == 0;
}

size_t
entries_of (const struct sim_node *node)
{
  DIR *dir = opendir (path_of (node, ""));
  struct dirent *e;
  size_t n = 0;

  assert_non_null (dir);
  while ((e = readdir (dir)))
    n += strcmp (e->d_name, ".") != 0 && strcmp (e->d_name, "..") != 0;
  closedir (dir);
  return n;
}

void
offer (struct sim_node *from, const char *id, const char *path, char r_t[ID_SIZE])
{
  struct sim_command *call = sim_call (from, "SEND-FILE", NULL, id, path, NULL);

  assert_true (sim_wait (call, 60000));
  assert_int_equal (call->err, 0);
  snprintf (r_t, ID_SIZE, "%s", sim_text (call, 0, "transfer"));
  assert_string_equal (sim_text (call, 0, "direction"), "out");
  sim_command_free (call);
}

gpg_error_t
accept_file (struct sim_node *to, const char *t)
{
  assert_true (wait_offer (to, t));
  return sim_do (to, "ACCEPT-FILE", NULL, t, NULL);
}

json_t *
transfer_row (struct sim_node *node, const char *t)
{
  struct sim_command *call = sim_call (node, "TRANSFER", NULL, t, NULL);
  json_t *row = NULL;

  assert_true (call->finished);
  if (!call->err)
    row = json_incref (json_array_get (call->rows, 0));
  sim_command_free (call);
  return row;
}

bool
is_state (struct sim_node *node, const char *t, const char *state)
{
  json_t *row = transfer_row (node, t);
  bool is = row && !strcmp (json_string_value (json_object_get (row, "state")), state);

  json_decref (row);
  return is;
}

struct awaited {
  struct sim_node *node;
  const char *t, *state;
};

static bool
is_awaited (void *arg)
{
  struct awaited *w = arg;

  if (!w->node->core || w->node->core->state != CF_CORE_READY)
    return false;
  if (!w->state) {
    json_t *row = transfer_row (w->node, w->t);

    json_decref (row);
    return row != NULL;
  }
  return is_state (w->node, w->t, w->state);
}

bool
wait_state (struct sim_node *node, const char *t, const char *state, uint64_t ms)
{
  struct awaited w = { node, t, state };

  return sim_run_until (node->sim, ms, is_awaited, &w);
}

bool
wait_offer (struct sim_node *node, const char *t)
{
  return wait_state (node, t, NULL, 60000);
}

uint64_t
refused (const struct sim_node *node, enum cf_refusal reason)
{
  return node->env.refused[reason];
}

struct cf_transfer *
transfer_of (struct sim_node *node, const char *id, const char *t)
{
  uint8_t conversation[CF_CONVERSATION_ID_LEN], transfer[CF_MESSAGE_ID_LEN];

  assert_int_equal (cf_unhex (id, conversation, sizeof conversation), 0);
  assert_int_equal (cf_unhex (t, transfer, sizeof transfer), 0);
  return cf_transfer_find (node->core->transfers, conversation, transfer);
}
