/* SPDX-License-Identifier: GPL-3.0-or-later */
/* world.c - two messengers, built once where memory can be restored, else for every run; see world.h. */
#include <config.h>

#include "tests/fuzz/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/link.h"
#include "tests/fuzz/snapshot.h"

struct fuzz_world fuzz_world;

#define w fuzz_world
#define RUNS_TO_LEARN 200 /* which statements runs use: from then on they find them prepared */

static int
on_frame (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, const uint8_t *data, size_t len)
{
  struct fuzz_frame *f = &w.frames[w.frame_count % FUZZ_FRAMES_MAX];
  uint8_t verdict = w.verdict;

  (void) sim;
  (void) to;
  if (w.injecting)
    return SIM_FRAME_PASS;
  if (from == w.mute)
    return SIM_FRAME_DROP;
  w.verdict = SIM_FRAME_PASS;
  free (f->data);
  f->data = fuzz_copy (data, len);
  f->len = len;
  w.frame_count++;
  return verdict;
}

static void
build (void)
{
  static const char *const names[] = { "alice", "bob" };

  memset (&w, 0, sizeof w);
  w.sim = sim_new (1);
  w.sim->frame = on_frame;
  for (int i = 0; i < 2; i++) {
    w.nodes[i] = sim_node_new (w.sim, names[i]);
    FUZZ_CHECK (!sim_node_start (w.nodes[i]));
  }
  FUZZ_CHECK (sim_sees (w.nodes[0], w.nodes[1]) && sim_sees (w.nodes[1], w.nodes[0]));
}

static void
build_open (void)
{
  char id[2 * CF_CONVERSATION_ID_LEN + 1];

  FUZZ_CHECK (!sim_open (w.nodes[0], w.nodes[1], id));
  FUZZ_CHECK (!cf_unhex (id, w.id, sizeof w.id));
}

static void
take_down (void)
{
  sim_free (w.sim);
  for (size_t i = 0; i < FUZZ_FRAMES_MAX; i++)
    free (w.frames[i].data);
  fuzz_ram_clear ();
}

static unsigned runs[FUZZ_SNAPSHOTS_MAX]; /* 0: it is not built */

/* Homes are left on the disk by worlds that are never freed. */
static void
clean_up (void)
{
  for (int i = 0; i < FUZZ_SNAPSHOTS_MAX; i++)
    if (runs[i]) {
      fuzz_snapshot_restore (i);
      fuzz_arena_enter (i);
      take_down ();
      fuzz_arena_leave ();
    }
}

static void
begin_all (void)
{
  fuzz_ram_begin ();
  fuzz_snapshot_add (&w, sizeof w);
  fuzz_snapshot_add (&fuzz_ram, sizeof fuzz_ram);
  fuzz_snapshot_add_library ("libsqlcipher");
  if (fuzz_snapshots)
    atexit (clean_up);
}

static void
settle (int which)
{
  for (int i = 0; i < 2; i++)
    fuzz_ram_settle (w.nodes[i]->core->store);
  fuzz_arena_leave ();
  fuzz_snapshot_take (which);
}

/* World 0: they see each other.  1: a conversation is open. */
void
fuzz_world_begin (bool open)
{
  static bool begun;

  if (!begun)
    begin_all ();
  begun = true;
  if (!fuzz_snapshots || !runs[open]) {
    fuzz_arena_enter (open);
    build ();
    if (open)
      build_open ();
    if (!fuzz_snapshots)
      return;
    settle (open);
  }
  fuzz_snapshot_restore (open);
  fuzz_arena_enter (open);
  if (++runs[open] == RUNS_TO_LEARN) {
    settle (open);
    fuzz_arena_enter (open);
  }
}

void
fuzz_world_end (void)
{
  if (!fuzz_snapshots)
    take_down ();
  else
    for (int i = 0; i < 2; i++)
      if (w.nodes[i]->core && w.nodes[i]->core->store)
        fuzz_ram_learn (w.nodes[i]->core->store);
  fuzz_arena_leave ();
}

bool
fuzz_world_restart (struct sim_node *node, bool silent)
{
  if (w.restarts++ >= FUZZ_RESTARTS_MAX)
    return false;
  sim_node_crash (node, silent);
  FUZZ_CHECK (!sim_node_start (node));
  node->core->env->log_level = CF_LOG_ERROR;
  return true;
}

void
fuzz_world_inject (struct sim_node *from, struct sim_node *to, const uint8_t *data, size_t len)
{
  if (!from->core || from->core->state != CF_CORE_READY || !len)
    return;
  w.injecting = true;
  (void) !cf_link_send (from->core, &to->fpr, data, len);
  w.injecting = false;
  sim_run (w.sim, 3);
}

size_t
fuzz_world_frames (void)
{
  return w.frame_count < FUZZ_FRAMES_MAX ? w.frame_count : FUZZ_FRAMES_MAX;
}
