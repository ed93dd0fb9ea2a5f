/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_change.c - stories of what is said of messages later: edits, deletions, reactions, and messages that disappear.
 *
 * What one side may not do is played by its own outbox, without the checks of the commands.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/change.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/store/store.h"
#include "tests/sim/talk_story.h"

#define THUMB "\xf0\x9f\x91\x8d"

static struct pair
pair_new (uint64_t seed)
{
  struct pair p;

  pair_begin (&p, seed);
  pair_open (&p);
  return p;
}

static void
restart (struct sim_node *node)
{
  sim_node_crash (node, false);
  assert_int_equal (sim_node_start (node), 0);
}

/* The id of the last message of NODE; a copy that lives until the next but one call. */
static const char *
last_id (struct sim_node *node, const char *conversation)
{
  static char ids[2][2 * CF_MESSAGE_ID_LEN + 1];
  static int which;
  struct sim_command *rows = history (node, conversation, NULL);
  size_t count = json_array_size (rows->rows);

  which = !which;
  assert_true (count > 0);
  strcpy (ids[which], sim_text (rows, count - 1, "message"));
  sim_command_free (rows);
  return ids[which];
}

static json_t *
row_at (struct sim_command *rows, size_t i)
{
  return json_array_get (rows->rows, i);
}

/* The emoji of a row, each after "<" (theirs) or ">" (ours). */
static const char *
reactions_of (const json_t *row)
{
  static char all[200];
  const json_t *one;
  size_t i;

  all[0] = 0;
  json_array_foreach (json_object_get (row, "reactions"), i, one)
    snprintf (all + strlen (all), sizeof all - strlen (all), "%s%s",
              strcmp (json_string_value (json_object_get (one, "direction")), "in") ? ">" : "<",
              json_string_value (json_object_get (one, "emoji")));
  return all;
}

static void
deliver (struct pair *p)
{
  sim_run (p->sim, 3000);
}

/* How often is TEXT in the store of NODE: in messages, in the parts of the search index, in events? */
static size_t
traces (struct sim_node *node, const char *text)
{
  static const char *const sql[] = {
    "SELECT count (*) FROM message WHERE instr (text, ?1) OR instr (body, ?1)",
    "SELECT count (*) FROM message_text_segments WHERE instr (block, CAST (?1 AS BLOB))",
    "SELECT count (*) FROM message_text_segdir WHERE instr (root, CAST (?1 AS BLOB))",
    "SELECT count (*) FROM event WHERE instr (body, ?1)",
    "SELECT count (*) FROM draft WHERE instr (text, ?1)",
  };
  size_t count = 0;

  for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
    struct cf_stmt *s = cf_stmt (node->core->store, sql[i]);
    gpg_error_t err;

    cf_bind_text (s, 1, text);
    assert_true (cf_stmt_step (s, &err));
    count += (size_t) cf_column_int (s, 0);
    cf_stmt_reset (s);
  }
  return count;
}

/* How many envelopes of NODE have no bytes any more? */
static size_t
blank (struct sim_node *node)
{
  struct cf_stmt *s = cf_stmt (node->core->store, "SELECT count (*) FROM envelope WHERE length (sealed) = 0");
  gpg_error_t err;
  size_t count;

  assert_true (cf_stmt_step (s, &err));
  count = (size_t) cf_column_int (s, 0);
  cf_stmt_reset (s);
  return count;
}

/* --- edits --- */

static void
test_edit (void **state)
{
  struct pair p = pair_new (1);
  struct sim_command *rows;
  const char *id;

  (void) state;
  say (p.a, p.id, "the cat", "--wait=delivered");
  id = last_id (p.a, p.id);
  assert_int_equal (sim_do (p.a, "EDIT", "the dog", p.id, id, NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (p.a, "EDIT", "", p.id, id, NULL)), GPG_ERR_NO_DATA);
  assert_int_equal (gpg_err_code (sim_do (p.b, "EDIT", "the cow", p.id, id, NULL)), GPG_ERR_INV_VALUE);
  deliver (&p);
  assert_texts (p.a, p.id, "out", "the dog");
  assert_texts (p.b, p.id, "in", "the dog");
  rows = history (p.b, p.id, "--search=dog");
  assert_true (json_is_true (json_object_get (row_at (rows, 0), "edited")));
  assert_non_null (sim_text (rows, 0, "edited_at"));
  sim_command_free (rows);
  rows = history (p.b, p.id, "--search=cat");
  assert_int_equal (json_array_size (rows->rows), 0);
  sim_command_free (rows);
  assert_non_null (sim_event (p.b, 0, "message_changed", "text", "the dog"));
  assert_int_equal (cf_message_unread (p.b->core, conv_of (p.b, p.id)), 1);
  pair_free (&p);
}

/* Before anything was sealed: what was said first is said first all the same. */
static void
test_edit_and_delete_while_apart (void **state)
{
  struct pair p = pair_new (2);

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "one", "--wait=queued");
  say (p.a, p.id, "two", "--wait=queued");
  assert_int_equal (sim_do (p.a, "EDIT", "2", p.id, last_id (p.a, p.id), NULL), 0);
  say (p.a, p.id, "three", "--wait=queued");
  assert_int_equal (sim_do (p.a, "DELETE-MESSAGE", NULL, p.id, last_id (p.a, p.id), NULL), 0);
  say (p.a, p.id, "four", "--wait=queued");
  assert_texts (p.a, p.id, "out", "one 2  four");
  restart (p.a);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 90000);
  assert_texts (p.b, p.id, "in", "one 2  four");
  assert_int_equal (traces (p.a, "three") + traces (p.a, "two"), 0); /* the index never had time for them */
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  pair_free (&p);
}

/* --- deletions --- */

static void
test_delete (void **state)
{
  struct pair p = pair_new (3);
  struct sim_command *rows;
  char reply[64];
  const char *id;

  (void) state;
  say (p.a, p.id, "rosebud is secret", "--wait=delivered");
  id = last_id (p.a, p.id);
  assert_int_equal (sim_do (p.b, "REACT", NULL, p.id, id, THUMB, NULL), 0);
  snprintf (reply, sizeof reply, "--reply-to=%s", id);
  assert_int_equal (sim_do (p.b, "SEND", "is it", reply, "--wait=delivered", p.id, NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (p.b, "DELETE-MESSAGE", NULL, p.id, id, NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (sim_do (p.a, "EDIT", "rosebud is very secret", p.id, id, NULL), 0);
  assert_int_equal (sim_do (p.a, "DELETE-MESSAGE", NULL, p.id, id, NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (p.a, "EDIT", "x", p.id, id, NULL)), GPG_ERR_NOT_FOUND);
  deliver (&p);
  for (int i = 0; i < 2; i++) {
    struct sim_node *node = i ? p.b : p.a;
    json_t *quote;

    rows = history (node, p.id, NULL);
    assert_int_equal (json_array_size (rows->rows), 2);
    assert_string_equal (sim_text (rows, 0, "text"), "");
    assert_true (json_is_true (json_object_get (row_at (rows, 0), "deleted")));
    assert_string_equal (reactions_of (row_at (rows, 0)), "");
    quote = json_object_get (row_at (rows, 1), "quote");
    assert_true (json_is_true (json_object_get (quote, "deleted")));
    assert_string_equal (json_string_value (json_object_get (quote, "text")), "");
    sim_command_free (rows);
    sim_run (p.sim, 2 * 60 * 1000); /* the index is cleaned later */
    assert_int_equal (traces (node, "rosebud"), 0);
    assert_int_equal (blank (node), 2); /* of the text, and of its edit */
  }
  pair_free (&p);
}

/* Who deletes one message of an envelope takes none of the others away. */
static void
test_export_keeps_the_others (void **state)
{
  static const char *const texts[] = { "first of all", "to be regretted", "second\nFrom here on", "third" };
  struct pair p = pair_new (4);
  struct sim_command *calls[4], *call;
  char *ids[4];

  (void) state;
  for (size_t i = 0; i < 4; i++)
    calls[i] = sim_call (p.a, "SEND", texts[i], "--wait=delivered", p.id, NULL);
  for (size_t i = 0; i < 4; i++) {
    assert_true (sim_wait (calls[i], 60000));
    ids[i] = strdup (sim_text (calls[i], 0, "message"));
    sim_command_free (calls[i]);
  }
  assert_int_equal (sim_do (p.a, "DELETE-MESSAGE", NULL, p.id, ids[1], NULL), 0);
  deliver (&p);
  for (int side = 0; side < 2; side++) {
    const char *mail;

    call = sim_call (side ? p.a : p.b, "EXPORT", NULL, p.id, NULL);
    assert_true (sim_wait (call, 5000));
    mail = sim_text (call, 0, "mail");
    assert_non_null (strstr (mail, "X-Confab-Messages: 1-4\n")); /* one envelope */
    assert_non_null (strstr (mail, "No longer kept as they were signed"));
    assert_non_null (strstr (mail, "\n> first of all\n"));
    assert_non_null (strstr (mail, "\n> second\n> From here on\n"));
    assert_non_null (strstr (mail, "\n> third\n"));
    assert_null (strstr (mail, "regretted"));
    sim_command_free (call);
  }
  for (size_t i = 0; i < 4; i++)
    free (ids[i]);
  pair_free (&p);
}

/* Whatever way the mails are exported: it is said what is no longer kept. */
static void
test_export_says_so (void **state)
{
  struct pair p = pair_new (4);
  struct sim_command *call;

  (void) state;
  say (p.a, p.id, "to be regretted", "--wait=delivered");
  assert_int_equal (sim_do (p.a, "DELETE-MESSAGE", NULL, p.id, last_id (p.a, p.id), NULL), 0);
  deliver (&p);
  call = sim_call (p.b, "EXPORT", NULL, p.id, NULL);
  assert_true (sim_wait (call, 5000));
  assert_int_equal (json_array_size (call->rows), 2);
  assert_non_null (strstr (sim_text (call, 0, "mail"), "No longer kept"));
  assert_non_null (strstr (sim_text (call, 1, "mail"), "BEGIN PGP MESSAGE"));
  sim_command_free (call);
  call = sim_call (p.b, "EXPORT", NULL, "--format=envelopes", p.id, NULL);
  assert_true (sim_wait (call, 5000));
  assert_null (sim_text (call, 0, "envelope"));
  assert_non_null (sim_text (call, 1, "envelope"));
  sim_command_free (call);
  pair_free (&p);
}

static void
test_remove_here (void **state)
{
  struct pair p = pair_new (5);
  const char *id;

  (void) state;
  say (p.a, p.id, "rosebud", "--wait=delivered");
  say (p.a, p.id, "other", "--wait=delivered");
  id = last_id (p.b, p.id);
  assert_int_equal (cf_message_unread (p.b->core, conv_of (p.b, p.id)), 2);
  assert_int_equal (sim_do (p.b, "DELETE-MESSAGE", NULL, "--here", p.id, id, NULL), 0);
  assert_texts (p.b, p.id, "in", "rosebud");
  assert_texts (p.a, p.id, "out", "rosebud other");
  assert_int_equal (cf_message_unread (p.b->core, conv_of (p.b, p.id)), 1);
  assert_non_null (sim_event (p.b, 0, "message_removed", "message", id));
  assert_int_equal (gpg_err_code (sim_do (p.b, "DELETE-MESSAGE", NULL, "--here", p.id, id, NULL)), GPG_ERR_NOT_FOUND);
  /* It is not to come back by an edit. */
  assert_int_equal (sim_do (p.a, "EDIT", "another", p.id, id, NULL), 0);
  deliver (&p);
  assert_texts (p.b, p.id, "in", "rosebud");
  assert_int_equal (p.b->env.refused[CF_REFUSED_CHANGE_GONE], 1);
  assert_int_equal (traces (p.b, "another"), 0);
  pair_free (&p);
}

/* --- reactions --- */

static void
test_reactions (void **state)
{
  struct pair p = pair_new (6);
  struct sim_command *rows;
  const char *id;

  (void) state;
  say (p.a, p.id, "well?", "--wait=delivered");
  id = last_id (p.a, p.id);
  assert_int_equal (sim_do (p.a, "REACT", NULL, p.id, id, "!", NULL), 0);
  assert_int_equal (sim_do (p.b, "REACT", NULL, p.id, id, "?", NULL), 0);
  assert_int_equal (sim_do (p.b, "REACT", NULL, p.id, id, THUMB, NULL), 0);
  assert_int_equal (sim_do (p.b, "REACT", NULL, p.id, id, THUMB, NULL), 0); /* it is so already */
  assert_int_equal (gpg_err_code (sim_do (p.b, "REACT", NULL, p.id, id, "two words", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (p.b, "REACT", NULL, p.id, id, "\xe2\x80\xae", NULL)), GPG_ERR_INV_VALUE);
  deliver (&p);
  assert_int_equal (conv_of (p.b, p.id)->sent_sequence, 2);
  rows = history (p.a, p.id, NULL);
  assert_int_equal (json_array_size (rows->rows), 1);
  assert_string_equal (reactions_of (row_at (rows, 0)), "<" THUMB ">!");
  sim_command_free (rows);
  restart (p.a);
  assert_int_equal (sim_do (p.a, "REACT", NULL, p.id, id, NULL), 0);
  assert_int_equal (sim_do (p.a, "REACT", NULL, p.id, id, NULL), 0);
  sim_run (p.sim, 60000);
  rows = history (p.b, p.id, NULL);
  assert_string_equal (reactions_of (row_at (rows, 0)), ">" THUMB);
  sim_command_free (rows);
  assert_int_equal (cf_message_unread (p.a->core, conv_of (p.a, p.id)), 0); /* a reaction is nothing to read */
  pair_free (&p);
}

/* --- what nobody may --- */

/* NODE says so, whatever it may. */
static void
force (struct pair *p, struct sim_node *node, enum cf_entry_kind kind, const char *text, const char *target)
{
  struct cf_conversation *conv = conv_of (node, p->id);
  uint8_t reply[CF_MESSAGE_ID_LEN], id[CF_MESSAGE_ID_LEN];
  const struct cf_saying said = { .kind = kind, .text = text, .len = strlen (text), .reply_to = reply };
  struct cf_outbox *ob;

  assert_int_equal (cf_unhex (target, reply, sizeof reply), 0);
  assert_int_equal (cf_outbox_get (node->core, conv, &ob), 0);
  assert_int_equal (cf_outbox_add (ob, &said, 1, id), 0);
  deliver (p);
}

static void
test_what_nobody_may (void **state)
{
  struct pair p = pair_new (7);
  const uint64_t *refused = p.b->env.refused;
  const char *theirs, *own;

  (void) state;
  say (p.b, p.id, "mine", "--wait=delivered");
  theirs = last_id (p.a, p.id);
  force (&p, p.a, CF_ENTRY_EDIT, "yours", theirs);
  force (&p, p.a, CF_ENTRY_DELETE, "", theirs);
  assert_int_equal (refused[CF_REFUSED_CHANGE_AUTHOR], 2);
  force (&p, p.a, CF_ENTRY_DELETE, "", "00112233445566778899aabbccddeeff");
  assert_int_equal (refused[CF_REFUSED_CHANGE_TARGET], 1);
  force (&p, p.a, CF_ENTRY_REACTION, "\xe2\x80\xae", theirs);
  assert_int_equal (refused[CF_REFUSED_CHANGE_MARK], 1);
  say (p.a, p.id, "own", "--wait=delivered");
  own = last_id (p.a, p.id);
  assert_int_equal (sim_do (p.a, "DELETE-MESSAGE", NULL, p.id, own, NULL), 0);
  force (&p, p.a, CF_ENTRY_EDIT, "again", own);
  force (&p, p.a, CF_ENTRY_REACTION, "!", own);
  assert_int_equal (refused[CF_REFUSED_CHANGE_GONE], 2);
  /* The conversation goes on. */
  say (p.a, p.id, "after", "--wait=delivered");
  assert_texts (p.b, p.id, "in", "after"); /* and a row without text */
  assert_texts (p.b, p.id, "out", "mine");
  assert_int_equal (count_bad (p.b, p.id), 0);
  pair_free (&p);
}

/* --- what disappears --- */

static void
test_disappears (void **state)
{
  struct pair p = pair_new (8);
  struct sim_command *rows;

  (void) state;
  say (p.a, p.id, "stays", "--wait=delivered");
  assert_int_equal (sim_do (p.a, "TIMER", NULL, p.id, "1h", NULL), 0);
  deliver (&p);
  assert_int_equal (conv_of (p.b, p.id)->timer_s, 3600);
  say (p.a, p.id, "rosebud", "--wait=delivered");
  say (p.b, p.id, "kane", "--wait=delivered");
  rows = history (p.b, p.id, NULL);
  assert_string_equal (sim_text (rows, 1, "kind"), "timer");
  assert_int_equal (json_integer_value (json_object_get (row_at (rows, 1), "expire_after")), 3600);
  assert_null (sim_text (rows, 2, "expires_at")); /* not read yet */
  assert_non_null (sim_text (rows, 3, "expires_at"));
  sim_command_free (rows);
  sim_run (p.sim, 30 * 60 * 1000);
  assert_int_equal (sim_do (p.b, "READ", NULL, p.id, NULL), 0);
  sim_run (p.sim, 31 * 60 * 1000);
  assert_texts (p.a, p.id, "out", "stays Messages disappear from now on, 1 hour after they were read");
  assert_texts (p.b, p.id, "in", "stays Messages disappear from now on, 1 hour after they were read rosebud");
  assert_texts (p.b, p.id, "out", "");
  assert_texts (p.a, p.id, "in", "kane"); /* never read */
  restart (p.b);
  sim_run (p.sim, 33 * 60 * 1000);
  assert_texts (p.b, p.id, "in", "stays Messages disappear from now on, 1 hour after they were read");
  assert_int_equal (traces (p.b, "rosebud"), 0);
  assert_int_equal (traces (p.a, "rosebud"), 0);
  assert_non_null (sim_event (p.a, 0, "message_removed", "conversation", p.id));
  assert_int_equal (sim_do (p.b, "TIMER", NULL, p.id, "off", NULL), 0);
  say (p.b, p.id, "for ever", "--wait=delivered");
  assert_int_equal (conv_of (p.a, p.id)->timer_s, 0);
  sim_run (p.sim, 24 * 3600 * 1000);
  assert_texts (p.b, p.id, "out", "Messages stay from now on for ever");
  pair_free (&p);
}

/* Both set it while they are apart: in the end it is the same on both sides. */
static void
test_timers_cross (void **state)
{
  for (uint64_t seed = 20; seed < 24; seed++) {
    struct pair p = pair_new (seed);
    uint32_t then;

    (void) state;
    sim_cut (p.sim, p.a, p.b, true);
    sim_run (p.sim, 20000);
    assert_int_equal (sim_do (p.a, "TIMER", NULL, p.id, "1h", NULL), 0);
    if (seed % 2)
      assert_int_equal (sim_do (p.b, "TIMER", NULL, p.id, "3h", NULL), 0);
    assert_int_equal (sim_do (p.b, "TIMER", NULL, p.id, "2h", NULL), 0);
    sim_cut (p.sim, p.a, p.b, false);
    sim_run (p.sim, 90000);
    then = conv_of (p.a, p.id)->timer_s;
    assert_int_equal (then, conv_of (p.b, p.id)->timer_s);
    assert_true (seed % 2 ? then == 7200 : then == 3600 || then == 7200);
    assert_int_equal (sim_do (p.a, "TIMER", NULL, p.id, "1d", NULL), 0);
    deliver (&p);
    assert_int_equal (conv_of (p.b, p.id)->timer_s, 86400);
    pair_free (&p);
  }
}

/* The system's clock jumps: nothing disappears before its time. */
static void
test_clock_jumps (void **state)
{
  struct pair p = pair_new (9);

  (void) state;
  assert_int_equal (sim_do (p.a, "TIMER", NULL, p.id, "1h", NULL), 0);
  say (p.a, p.id, "rosebud", "--wait=delivered");
  p.a->skew_ms = 86400000;
  sim_run (p.sim, 59 * 60 * 1000);
  assert_texts (p.a, p.id, "out", "Messages disappear from now on, 1 hour after they were read rosebud");
  restart (p.a);
  assert_texts (p.a, p.id, "out", "Messages disappear from now on, 1 hour after they were read rosebud");
  p.a->skew_ms = -86400000;
  restart (p.a);
  sim_run (p.sim, 2 * 60 * 1000);
  assert_texts (p.a, p.id, "out", "Messages disappear from now on, 1 hour after they were read");
  pair_free (&p);
}

/* --- bad luck --- */

#define SEEDS 12
#define STEPS 60

/* Something about a random message of NODE, or a new one.  What must not be is refused, and that is well. */
static void
say_anything (struct pair *p, struct sim_node *node, unsigned step)
{
  static const char *const timers[] = { "off", "1d", "2d", "3d" };
  struct sim_command *rows = history (node, p->id, NULL);
  size_t count = json_array_size (rows->rows);
  const char *id = count ? sim_text (rows, sim_random (p->sim, count), "message") : "none";
  char text[32];

  snprintf (text, sizeof text, "text %u", step);
  switch (count ? sim_random (p->sim, 9) : 0) {
  case 0:
  case 1:
  case 2: say (node, p->id, text, "--wait=queued"); break;
  case 3:
  case 4: (void) !sim_do (node, "EDIT", text, p->id, id, NULL); break;
  case 5: (void) !sim_do (node, "DELETE-MESSAGE", NULL, p->id, id, NULL); break;
  case 6: (void) !sim_do (node, "REACT", NULL, p->id, id, step % 2 ? "!" : "?", NULL); break;
  case 7: (void) !sim_do (node, "REACT", NULL, p->id, id, NULL); break;
  default: assert_int_equal (sim_do (node, "TIMER", NULL, p->id, timers[sim_random (p->sim, 4)], NULL), 0);
  }
  sim_command_free (rows);
}

/* All that both sides have to agree upon, in one string; in the order of the ids, as each has its own. */
static int
compare_lines (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static char *
everything (struct sim_node *node, const char *id, bool flip)
{
  struct sim_command *rows = history (node, id, NULL);
  size_t count = json_array_size (rows->rows), len = 0;
  char **lines = calloc (count + 1, sizeof *lines), *all = NULL;

  assert_non_null (lines);
  for (size_t i = 0; i < count; i++) {
    json_t *row = row_at (rows, i);
    char *reactions = strdup (reactions_of (row)), first[16] = "", second[16] = "";

    for (char *r = reactions; *r; r += 2) /* a mark of one byte each */
      snprintf ((*r == '<') == flip ? first : second, sizeof first, "%.1s", r + 1);
    lines[i] = cf_sprintf ("%s %s %s %d %s %s %s %s %lld;", sim_text (rows, i, "message"), sim_text (rows, i, "kind"),
                           sim_text (rows, i, "text"), json_is_true (json_object_get (row, "deleted")),
                           sim_text (rows, i, "edited_at") ? sim_text (rows, i, "edited_at") : "-", first, "/", second,
                           (long long) json_integer_value (json_object_get (row, "expire_after")));
    assert_non_null (lines[i]);
    len += strlen (lines[i]);
    free (reactions);
  }
  qsort (lines, count, sizeof *lines, compare_lines);
  all = calloc (1, len + 1);
  assert_non_null (all);
  for (size_t i = 0; i < count; i++) {
    strcat (all, lines[i]);
    free (lines[i]);
  }
  free (lines);
  sim_command_free (rows);
  return all;
}

/* Does the search index have the words of what there is to be seen, and no others?  (FTS's own check, in this version,
   takes an index in descending order for damaged.) */
static void
check_index (struct sim_node *node)
{
  for (unsigned n = 1; n <= STEPS; n++) {
    struct cf_stmt *s = cf_stmt (node->core->store, "SELECT (SELECT count (*) FROM message_text WHERE text MATCH ?1)"
                                                    " - (SELECT count (*) FROM message WHERE text = 'text ' || ?1)");
    gpg_error_t err;
    char word[16];

    snprintf (word, sizeof word, "%u", n);
    cf_bind_text (s, 1, word);
    assert_true (cf_stmt_step (s, &err));
    assert_int_equal (cf_column_int (s, 0), 0);
    cf_stmt_reset (s);
  }
}

static void
test_both_agree_in_the_end (void **state)
{
  (void) state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    struct pair p = pair_new (1000 + seed);
    bool apart = false;
    char *a, *b;

    for (unsigned step = 1; step <= STEPS; step++) {
      struct sim_node *node = sim_random (p.sim, 2) ? p.a : p.b;

      say_anything (&p, node, step);
      if (!sim_random (p.sim, 12))
        restart (sim_random (p.sim, 2) ? p.a : p.b);
      if (!sim_random (p.sim, 10))
        sim_cut (p.sim, p.a, p.b, apart = !apart);
      sim_run (p.sim, sim_random (p.sim, 4) ? sim_random (p.sim, 100) : sim_random (p.sim, 30000));
    }
    sim_cut (p.sim, p.a, p.b, false);
    sim_run (p.sim, 4 * 60 * 1000);
    a = everything (p.a, p.id, true);
    b = everything (p.b, p.id, false);
    assert_string_equal (a, b);
    assert_int_equal (conv_of (p.a, p.id)->timer_s, conv_of (p.b, p.id)->timer_s);
    assert_true (all_in_state (p.a, p.id, "out", "delivered") && all_in_state (p.b, p.id, "out", "delivered"));
    assert_int_equal (count_bad (p.a, p.id) + count_bad (p.b, p.id), 0);
    check_index (p.a);
    check_index (p.b);
    free (a);
    free (b);
    pair_free (&p);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_edit),
    cmocka_unit_test (test_edit_and_delete_while_apart),
    cmocka_unit_test (test_delete),
    cmocka_unit_test (test_export_keeps_the_others),
    cmocka_unit_test (test_export_says_so),
    cmocka_unit_test (test_remove_here),
    cmocka_unit_test (test_reactions),
    cmocka_unit_test (test_what_nobody_may),
    cmocka_unit_test (test_disappears),
    cmocka_unit_test (test_timers_cross),
    cmocka_unit_test (test_clock_jumps),
    cmocka_unit_test (test_both_agree_in_the_end),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
