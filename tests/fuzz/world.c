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

/* Homes are left on the disk by worlds that are never freed. */
static void
clean_up (void)
{
  fuzz_snapshot_restore (0);
  fuzz_arena (true);
  take_down ();
  fuzz_arena (false);
}

/* Snapshot 0: they see each other.  1: a conversation is open. */
static void
build_all (void)
{
  fuzz_snapshot_add (&w, sizeof w);
  fuzz_snapshot_add (&fuzz_ram, sizeof fuzz_ram);
  fuzz_snapshot_add_library ("libsqlcipher");
  fuzz_arena (true);
  build ();
  fuzz_arena (false);
  fuzz_snapshot_take (0);
  fuzz_arena (true);
  build_open ();
  fuzz_arena (false);
  fuzz_snapshot_take (1);
  atexit (clean_up);
}

void
fuzz_world_begin (bool open)
{
  static bool begun;

  if (!begun) {
    fuzz_ram_begin ();
    if (fuzz_snapshots)
      build_all ();
  }
  begun = true;
  if (fuzz_snapshots) {
    fuzz_snapshot_restore (open);
    fuzz_arena (true);
    return;
  }
  build ();
  if (open)
    build_open ();
}

void
fuzz_world_end (void)
{
  fuzz_arena (false);
  if (!fuzz_snapshots)
    take_down ();
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
