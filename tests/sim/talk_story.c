/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk_story.c - shared steps of stories about what is said. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/sim/talk_story.h"

struct cf_conversation *
conv_of (struct sim_node *node, const char *hex)
{
  uint8_t id[CF_CONVERSATION_ID_LEN];

  assert_int_equal (cf_unhex (hex, id, sizeof id), 0);
  return cf_conversation_find (node->core, id);
}

struct sim_command *
history (struct sim_node *node, const char *id, const char *option)
{
  struct sim_command *call
      = option ? sim_call (node, "HISTORY", NULL, "--limit=1000", option, id, NULL)
               : sim_call (node, "HISTORY", NULL, "--limit=1000", id, NULL);

  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  return call;
}

/* The texts of one direction, joined by spaces; to be freed. */
char *
texts (struct sim_node *node, const char *id, const char *direction)
{
  struct sim_command *call = history (node, id, NULL);
  char *all = calloc (1, 1000000);
  size_t i;

  for (i = 0; i < json_array_size (call->rows); i++)
    if (strcmp (sim_text (call, i, "direction"), direction) == 0) {
      strcat (all, *all ? " " : "");
      strcat (all, sim_text (call, i, "text"));
    }
  sim_command_free (call);
  return all;
}

void
assert_texts (struct sim_node *node, const char *id, const char *direction, const char *want)
{
  char *have = texts (node, id, direction);

  assert_string_equal (have, want);
  free (have);
}

/* Are all rows of DIRECTION in STATE? */
bool
all_in_state (struct sim_node *node, const char *id, const char *direction, const char *state)
{
  struct sim_command *call = history (node, id, NULL);
  bool all = true;
  size_t i;

  for (i = 0; i < json_array_size (call->rows); i++)
    if (strcmp (sim_text (call, i, "direction"), direction) == 0 && strcmp (sim_text (call, i, "state"), state) != 0)
      all = false;
  sim_command_free (call);
  return all;
}

size_t
count_bad (struct sim_node *node, const char *id)
{
  struct sim_command *call = history (node, id, NULL);
  size_t i, n = 0;

  for (i = 0; i < json_array_size (call->rows); i++)
    if (strcmp (sim_text (call, i, "signature"), "bad") == 0) {
      assert_string_equal (sim_text (call, i, "text"), "");
      n++;
    }
  sim_command_free (call);
  return n;
}

void
say (struct sim_node *node, const char *id, const char *text, const char *wait)
{
  assert_int_equal (sim_do (node, "SEND", text, wait, id, NULL), 0);
}

/* --- a say over frames --- */

struct rule rule;

static int
on_frame (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, const uint8_t *data, size_t len)
{
  (void) sim;
  (void) to;
  rule.envelopes += data[0] == CF_TALK_ENVELOPE;
  rule.needs += data[0] == CF_TALK_NEED;
  if (data[0] == CF_TALK_ENVELOPE) {
    free (rule.copy);
    rule.copy = malloc (len);
    memcpy (rule.copy, data, len);
    rule.copy_len = len;
  }
  if (data[0] < CF_TALK_ENVELOPE || (rule.type && data[0] != rule.type) || (rule.from && rule.from != from))
    return SIM_FRAME_PASS;
  rule.seen++;
  if (rule.nth && rule.seen != rule.nth)
    return SIM_FRAME_PASS;
  rule.happened = true;
  return rule.verdict;
}

void
watch (struct pair *p, int type, struct sim_node *from, int nth, int verdict)
{
  free (rule.copy);
  memset (&rule, 0, sizeof rule);
  rule.type = type;
  rule.from = from;
  rule.nth = nth;
  rule.verdict = verdict;
  p->sim->frame = on_frame;
}

void
pair_free (struct pair *p)
{
  p->sim->frame = NULL;
  free (rule.copy);
  memset (&rule, 0, sizeof rule);
  sim_free (p->sim);
}
