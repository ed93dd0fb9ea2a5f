/* SPDX-License-Identifier: GPL-3.0-or-later */
/* world.c - two messengers, built once where memory can be restored, else for every run; see world.h. */
#include <config.h>

#include "tests/fuzz/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/link.h"
#include "core/peer_file.h"
#include "tests/fuzz/snapshot.h"

struct fuzz_world fuzz_world;

#define w fuzz_world
#define LEARN_EVERY 16 /* runs */

/* No run writes a contact file, and to look for one every two seconds of virtual time was a seventh of what runs of the
   gate took.  Linked by -Wl,--wrap=cf_peer_file_start. */
void __wrap_cf_peer_file_start (struct cf_peer_file *file);

void
__wrap_cf_peer_file_start (struct cf_peer_file *file)
{
  (void) file;
}

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
open_conversation (void)
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

static const struct fuzz_story *playing; /* a program has one */

static void
begin_all (const struct fuzz_story *story)
{
  playing = story;
  fuzz_ram_begin ();
  fuzz_snapshot_add (&w, sizeof w);
  if (story->vars)
    fuzz_snapshot_add (story->vars, story->vars_len);
  fuzz_snapshot_add (&fuzz_ram, sizeof fuzz_ram);
  fuzz_snapshot_add_library ("libsqlcipher");
}

static void
play (const struct fuzz_story *story, struct fuzz_in in)
{
  for (int n = 0; in.left && n < story->steps_max; n++) {
    story->step (&in);
    story->check ();
  }
}

static void
set_scene (int scene)
{
  const struct fuzz_story *story = playing;
  const struct fuzz_scene *s = &story->scenes[scene];

  build ();
  w.slow = true;
  w.restarts = FUZZ_RESTARTS_MAX;
  if (story->vars)
    memset (story->vars, 0, story->vars_len);
  if (s->open)
    open_conversation ();
  story->set (scene);
  play (story, (struct fuzz_in){ s->steps, s->len });
  w.restarts = FUZZ_RESTARTS_MAX;
  if (fuzz_snapshots)
    for (int i = 0; i < 2; i++)
      if (w.nodes[i]->core)
        fuzz_ram_settle (w.nodes[i]->core->store);
}

void
fuzz_world_begin (const struct fuzz_story *story, int scene, const uint8_t *data, size_t len)
{
  if (!playing)
    begin_all (story);
  fuzz_snapshot_begin (scene, set_scene, take_down);
  w.slow = fuzz_is_slow (data, len);
}

void
fuzz_world_end (void)
{
  static unsigned ended;

  if (!fuzz_snapshots)
    take_down ();
  else if (ended++ % LEARN_EVERY == 0)
    for (int i = 0; i < 2; i++)
      if (w.nodes[i]->core && w.nodes[i]->core->store)
        fuzz_ram_learn (w.nodes[i]->core->store);
  fuzz_arena_leave ();
}

void
fuzz_world_run (const struct fuzz_story *story, const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  int scene = (int) (fuzz_u8 (&in) % story->scene_count);

  fuzz_world_begin (story, scene, data, len);
  play (story, in);
  while (w.call_count)
    sim_command_free (w.calls[--w.call_count]);
  if (story->end)
    story->end ();
  fuzz_world_end ();
}

void
fuzz_world_keep (struct sim_command *call, size_t max)
{
  if (w.call_count == max)
    sim_command_free (w.calls[--w.call_count]);
  w.calls[w.call_count++] = call;
}

void
fuzz_world_wait (struct fuzz_in *in)
{
  uint8_t how = fuzz_u8 (in);

  sim_run (w.sim, how < 240 || !w.slow ? 1u << how % 8 : 4u << (how - 240));
}

bool
fuzz_world_restart (struct sim_node *node, bool silent)
{
  if (!w.slow || !w.restarts)
    return false;
  w.restarts--;
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
