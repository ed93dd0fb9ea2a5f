/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_trust.c - stories of keys that go bad while people talk: nothing passes, everybody is told, mended goes on. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "tests/sim/talk_story.h"

#define SOON_MS 6000 /* a sweep, and a little */
#define LONG_MS 90000

static struct pair
pair_new (uint64_t seed)
{
  struct pair p;

  pair_begin (&p, seed);
  pair_open (&p);
  return p;
}

/* The field of the conversation's row; to be freed. */
static char *
conv_field (struct sim_node *node, const char *field)
{
  struct sim_command *call = sim_call (node, "CONVERSATIONS", NULL, NULL);
  char *text;

  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 1);
  text = json_dumps (json_object_get (json_array_get (call->rows, 0), field), JSON_ENCODE_ANY);
  sim_command_free (call);
  return text;
}

static void
assert_conv (struct sim_node *node, const char *field, const char *want)
{
  char *have = conv_field (node, field);

  assert_string_equal (have, want);
  free (have);
}

static void
assert_trouble (struct sim_node *node, const char *words)
{
  char *have = conv_field (node, "trouble");

  if (!strstr (have, words))
    fail_msg ("\"%s\" is not in %s", words, have);
  free (have);
}

/* The rows of history that tell of keys. */
static size_t
count_notices (struct sim_node *node, const char *id)
{
  struct sim_command *call = history (node, id, NULL);
  size_t n = 0;

  for (size_t i = 0; i < json_array_size (call->rows); i++)
    if (json_is_true (json_object_get (json_array_get (call->rows, i), "notice"))) {
      assert_string_equal (sim_text (call, i, "signature"), "key_changed");
      assert_non_null (sim_text (call, i, "received_at"));
      n++;
    }
  sim_command_free (call);
  return n;
}

/* The messages, as texts with spaces, without the notices. */
static void
assert_said (struct sim_node *node, const char *id, const char *want)
{
  struct sim_command *call = history (node, id, NULL);
  char all[1000] = "";

  for (size_t i = 0; i < json_array_size (call->rows); i++)
    if (!json_is_true (json_object_get (json_array_get (call->rows, i), "notice")))
      snprintf (all + strlen (all), sizeof all - strlen (all), "%s%s", *all ? " " : "", sim_text (call, i, "text"));
  assert_string_equal (all, want);
  sim_command_free (call);
}

/* Bad in every way: nothing passes, the user is told; and good again: everything that waited arrives. */
static void
test_bad_while_talking (void **state)
{
  static const enum cf_key_state states[] = { CF_KEY_EXPIRED, CF_KEY_REVOKED, CF_KEY_DISABLED, CF_KEY_WEAK };
  char quoted[32];

  (void) state;
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    struct pair p = pair_new (10 + i);
    size_t from;

    say (p.b, p.id, "before", "--wait=delivered");
    assert_conv (p.a, "key_state", "\"ok\"");
    assert_conv (p.a, "stopped", "false");
    from = json_array_size (p.a->events);
    sim_keys_set_state (p.a, &p.b->fpr, states[i]);
    sim_run (p.sim, SOON_MS);
    snprintf (quoted, sizeof quoted, "\"%s\"", cf_key_state_name (states[i]));
    assert_conv (p.a, "key_state", quoted);
    assert_conv (p.a, "stopped", "true");
    assert_conv (p.a, "state", "\"open\"");
    assert_trouble (p.a, "The key of bob <bob@test.invalid>");
    assert_non_null (sim_event (p.a, from, "conversation", "key_state", cf_key_state_name (states[i])));
    assert_non_null (sim_event (p.a, from, "error", "error", cf_err_info (cf_key_state_error (states[i]))->name));
    assert_int_equal (count_notices (p.a, p.id), 1);
    /* What Bob writes is not seen, and what Alice would write is refused. */
    assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "no", p.id, NULL)),
                      gpg_err_code (cf_key_state_error (states[i])));
    say (p.b, p.id, "meanwhile", "--wait=queued");
    sim_run (p.sim, LONG_MS);
    assert_said (p.a, p.id, "before");
    assert_false (all_in_state (p.b, p.id, "out", "delivered"));
    /* So it stays over a restart, and is not told twice. */
    sim_node_crash (p.a, false);
    assert_int_equal (sim_node_start (p.a), 0);
    sim_run (p.sim, LONG_MS);
    assert_conv (p.a, "stopped", "true");
    assert_said (p.a, p.id, "before");
    assert_int_equal (count_notices (p.a, p.id), 1);
    /* Mended. */
    sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_OK);
    sim_run (p.sim, LONG_MS);
    assert_conv (p.a, "key_state", "\"ok\"");
    assert_conv (p.a, "stopped", "false");
    assert_conv (p.a, "trouble", "null");
    assert_int_equal (count_notices (p.a, p.id), 2);
    assert_said (p.a, p.id, "before meanwhile");
    assert_true (all_in_state (p.b, p.id, "out", "delivered"));
    say (p.a, p.id, "after", "--wait=delivered");
    pair_free (&p);
  }
}

/* What was queued before waits for the key, too. */
static void
test_queued_waits (void **state)
{
  struct pair p = pair_new (20);

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  sim_run (p.sim, 20000);
  say (p.a, p.id, "queued", "--wait=queued");
  sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_REVOKED);
  sim_run (p.sim, SOON_MS);
  watch (&p, CF_TALK_ENVELOPE, p.a, -1, SIM_FRAME_PASS);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, LONG_MS);
  assert_int_equal (rule.seen, 0);
  assert_said (p.b, p.id, "");
  sim_keys_set_state (p.a, &p.b->fpr, CF_KEY_OK);
  sim_run (p.sim, LONG_MS);
  assert_said (p.b, p.id, "queued");
  assert_true (all_in_state (p.a, p.id, "out", "delivered"));
  pair_free (&p);
}

/* Bob's key comes to its end while they talk; he extends it, and nobody has to do anything more. */
static void
test_expires_while_talking (void **state)
{
  struct pair p = pair_new (30);
  struct sim_command *call;
  size_t from_a, from_b;

  (void) state;
  sim_keys_set_expiry (p.b, p.b->env.now_utc_ms + 60000);
  sim_run (p.sim, 30000); /* Alice has got the key that will expire */
  assert_true (cf_peer_find (p.a->core, &p.b->fpr)->expires_utc_ms == p.b->env.now_utc_ms + 30000);
  say (p.a, p.id, "still", "--wait=delivered");
  from_a = json_array_size (p.a->events);
  from_b = json_array_size (p.b->events);
  sim_run (p.sim, 30001); /* to the millisecond: there is a timer */
  assert_conv (p.a, "key_state", "\"expired\"");
  assert_conv (p.a, "stopped", "true");
  assert_false (cf_link_is_up (p.a->core, &p.b->fpr));
  assert_non_null (sim_event (p.a, from_a, "error", "error", "KEY_EXPIRED"));
  assert_conv (p.b, "key_state", "\"expired\"");
  assert_trouble (p.b, "Your own key has expired");
  assert_non_null (sim_event (p.b, from_b, "error", "message", "Your own key has expired"));
  call = sim_call (p.b, "SEND", "no", p.id, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (gpg_err_code (call->err), CF_ERR_KEY_EXPIRED);
  assert_non_null (strstr (call->message, "The conversation is stopped: Your own key has expired"));
  assert_non_null (strstr (call->hint, "--quick-set-expire"));
  sim_command_free (call);
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "no", p.id, NULL)), CF_ERR_KEY_EXPIRED);
  sim_run (p.sim, LONG_MS);
  assert_said (p.a, p.id, "still");
  assert_int_equal (gpg_err_code (sim_do (p.a, "OPEN", "secret", p.fpr_b, NULL)), CF_ERR_KEY_EXPIRED);
  sim_keys_set_expiry (p.b, p.b->env.now_utc_ms + 365 * 86400000LL);
  sim_run (p.sim, 60000);
  assert_conv (p.a, "stopped", "false");
  assert_conv (p.b, "stopped", "false");
  say (p.a, p.id, "again", "--wait=delivered");
  say (p.b, p.id, "too", "--wait=delivered");
  assert_int_equal (count_notices (p.a, p.id), 2);
  assert_int_equal (count_notices (p.b, p.id), 2);
  pair_free (&p);
}

/* The same, but it is the clock that jumps: forth, and back. */
static void
test_clock_jumps (void **state)
{
  struct pair p = pair_new (40);

  (void) state;
  sim_keys_set_expiry (p.b, p.b->env.now_utc_ms + 20 * 60000);
  sim_run (p.sim, 30000);
  p.a->skew_ms = 30 * 60000;
  sim_run (p.sim, 1);
  /* Not noticed yet, but not to be used either. */
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "no", p.id, NULL)), CF_ERR_KEY_EXPIRED);
  sim_run (p.sim, SOON_MS);
  assert_conv (p.a, "stopped", "true");
  p.a->skew_ms = 0;
  sim_run (p.sim, LONG_MS);
  assert_conv (p.a, "stopped", "false");
  say (p.a, p.id, "back", "--wait=delivered");
  pair_free (&p);
}

/* Our own key is revoked: nothing more of ours leaves, and the peers hear why. */
static void
test_own_revoked (void **state)
{
  struct pair p = pair_new (50);
  struct sim_command *call;
  json_t *step;

  (void) state;
  sim_keys_set_state (p.a, &p.a->fpr, CF_KEY_REVOKED);
  sim_run (p.sim, SOON_MS);
  assert_conv (p.a, "key_state", "\"revoked\"");
  assert_trouble (p.a, "Your own key has been revoked");
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "no", p.id, NULL)), CF_ERR_KEY_REVOKED);
  call = sim_call (p.a, "STATUS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  step = json_array_get (json_object_get (json_array_get (call->rows, 0), "network"), 0);
  assert_string_equal (json_string_value (json_object_get (step, "step")), "identity");
  assert_true (json_is_false (json_object_get (step, "ok")));
  assert_non_null (strstr (json_string_value (json_object_get (step, "detail")), "revoked"));
  sim_command_free (call);
  say (p.b, p.id, "hear me", "--wait=queued");
  sim_run (p.sim, LONG_MS);
  assert_said (p.a, p.id, "");
  assert_int_equal (count_notices (p.a, p.id), 1);
  /* It is closed all the same. */
  assert_int_equal (sim_do (p.a, "CLOSE", NULL, p.id, NULL), 0);
  pair_free (&p);
}

/* --- somebody with the name of a contact --- */

static struct sim_node *
impostor (struct pair *p, const char *user_id)
{
  struct sim_node *m = sim_node_new (p->sim, "mallory");

  sim_keys_set_user_id (m, user_id);
  assert_int_equal (sim_node_start (m), 0);
  assert_true (sim_sees (p->a, m));
  return m;
}

static char *
warning_of (struct sim_node *node, const char *verb, const struct cf_fpr *who)
{
  struct sim_command *call = sim_call (node, verb, NULL, NULL);
  char hex[CF_FPR_HEX_SIZE], *warning = NULL;

  assert_true (sim_wait (call, 1000));
  for (size_t i = 0; i < json_array_size (call->rows); i++)
    if (!strcmp (sim_text (call, i, "fingerprint"), cf_fpr_hex (who, hex)) && sim_text (call, i, "warning"))
      warning = strdup (sim_text (call, i, "warning"));
  sim_command_free (call);
  return warning;
}

static void
test_same_name_other_key (void **state)
{
  static const char *const names[] = { "bob <bob@test.invalid>", "Robert <BOB@test.invalid>" };

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    struct pair p = pair_new (60 + i);
    struct sim_node *m = impostor (&p, names[i]);
    struct sim_command *call;
    char hex[CF_FPR_HEX_SIZE], *warning;
    json_t *event;

    cf_fpr_hex (&m->fpr, hex);
    event = sim_event (p.a, 0, "error", "error", "KEY_CHANGED");
    assert_non_null (event);
    assert_string_equal (json_string_value (json_object_get (event, "fingerprint")), hex);
    warning = warning_of (p.a, "PEERS", &m->fpr);
    assert_non_null (warning);
    assert_non_null (strstr (warning, "NOT the bob <bob@test.invalid> whom you verified by password on 20"));
    assert_non_null (strstr (warning, p.fpr_b));
    free (warning);
    assert_null (warning_of (p.a, "PEERS", &p.b->fpr));
    /* He asks for a conversation: the request says so, too. */
    assert_true (sim_sees (m, p.a));
    call = sim_call (m, "OPEN", "guess", p.fpr_a, NULL);
    sim_run (p.sim, 5000);
    warning = warning_of (p.a, "REQUESTS", &m->fpr);
    assert_non_null (warning);
    free (warning);
    event = sim_event (p.a, 0, "request", "fingerprint", hex);
    assert_non_null (json_string_value (json_object_get (event, "warning")));
    sim_command_free (call);
    /* The conversation with the real one goes on: else anybody could stop it. */
    say (p.a, p.id, "unharmed", "--wait=delivered");
    pair_free (&p);
  }
}

/* A name that nobody else has, and one whose bearer was verified himself, are no news. */
static void
test_other_names_and_new_keys (void **state)
{
  struct pair p = pair_new (70);
  struct sim_node *m = impostor (&p, "mallory <mallory@test.invalid>");
  char hex[CF_FPR_HEX_SIZE], *warning;
  struct sim_command *call;

  (void) state;
  assert_null (warning_of (p.a, "PEERS", &m->fpr));
  assert_null (sim_event (p.a, 0, "error", NULL, NULL));
  sim_keys_set_user_id (m, "bob <bob@test.invalid>"); /* the same key takes another's name */
  sim_run (p.sim, SOON_MS);
  assert_true (sim_sees (m, p.a));
  call = sim_call (m, "OPEN", "agreed", p.fpr_a, NULL); /* and says HELLO */
  sim_run (p.sim, SOON_MS);
  warning = warning_of (p.a, "PEERS", &m->fpr);
  assert_non_null (warning);
  free (warning);
  /* It was Bob's new key after all: they agree on a password. */
  assert_int_equal (sim_do (p.a, "ACCEPT", "agreed", cf_fpr_hex (&m->fpr, hex), NULL), 0);
  assert_true (sim_wait (call, 5000));
  assert_int_equal (call->err, 0);
  sim_command_free (call);
  assert_null (warning_of (p.a, "PEERS", &m->fpr));
  pair_free (&p);
}

/* --- somebody of whom nothing is to be heard --- */

static void
test_block (void **state)
{
  struct pair p = pair_new (80);
  struct sim_command *call;
  size_t from;

  (void) state;
  say (p.b, p.id, "before", "--wait=delivered");
  call = sim_call (p.a, "BLOCK", NULL, "bob", NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (call->err, 0);
  assert_true (json_is_true (json_object_get (json_array_get (call->rows, 0), "blocked")));
  sim_command_free (call);
  assert_conv (p.a, "stopped", "true");
  assert_conv (p.a, "blocked", "true");
  assert_conv (p.a, "key_state", "\"ok\"");
  assert_trouble (p.a, "You have blocked bob");
  assert_int_equal (gpg_err_code (sim_do (p.a, "SEND", "no", p.id, NULL)), GPG_ERR_FORBIDDEN);
  assert_int_equal (gpg_err_code (sim_do (p.a, "OPEN", "no", p.fpr_b, NULL)), GPG_ERR_FORBIDDEN);
  assert_int_equal (gpg_err_code (sim_do (p.a, "ACCEPT", "no", p.fpr_b, NULL)), GPG_ERR_NOT_FOUND);
  from = json_array_size (p.a->events);
  say (p.b, p.id, "shout", "--wait=queued");
  assert_int_equal (gpg_err_code (sim_do (p.b, "OPEN", "please", p.fpr_a, NULL)), CF_ERR_NOT_REACHABLE);
  sim_run (p.sim, LONG_MS);
  assert_false (cf_link_is_up (p.b->core, &p.a->fpr));
  sim_node_crash (p.b, false); /* he goes and comes: no news either */
  sim_run (p.sim, 120000);
  assert_int_equal (sim_node_start (p.b), 0);
  sim_run (p.sim, LONG_MS);
  assert_int_equal (json_array_size (p.a->events), from);
  /* Over a restart. */
  sim_node_crash (p.a, false);
  assert_int_equal (sim_node_start (p.a), 0);
  sim_run (p.sim, LONG_MS);
  assert_conv (p.a, "blocked", "true");
  assert_said (p.a, p.id, "before");
  assert_int_equal (count_notices (p.a, p.id), 1);
  call = sim_call (p.a, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_true (json_is_true (json_object_get (json_array_get (call->rows, 0), "blocked")));
  sim_command_free (call);
  /* And back. */
  assert_int_equal (sim_do (p.a, "UNBLOCK", NULL, "bob", NULL), 0);
  sim_run (p.sim, LONG_MS);
  assert_conv (p.a, "stopped", "false");
  assert_said (p.a, p.id, "before shout");
  say (p.a, p.id, "hello again", "--wait=delivered");
  pair_free (&p);
}

/* One who asks just now, and one who was never seen. */
static void
test_block_strangers (void **state)
{
  static const char unseen[] = "0123456789ABCDEF0123456789ABCDEF01234567";
  struct sim_command *call;
  struct pair p;
  size_t from;

  (void) state;
  pair_begin (&p, 81);
  pair_meet (&p);
  call = sim_call (p.b, "OPEN", "please", p.fpr_a, NULL);
  sim_run (p.sim, SOON_MS);
  assert_non_null (sim_event (p.a, 0, "request", NULL, NULL));
  assert_int_equal (sim_do (p.a, "BLOCK", NULL, p.fpr_b, NULL), 0);
  from = json_array_size (p.a->events);
  sim_run (p.sim, LONG_MS);
  assert_false (call->finished); /* nobody says no */
  sim_command_free (call);
  assert_int_equal (json_array_size (p.a->events), from);
  call = sim_call (p.a, "REQUESTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 0);
  sim_command_free (call);
  assert_int_equal (sim_do (p.a, "BLOCK", NULL, unseen, NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (p.a, "BLOCK", NULL, p.fpr_a, NULL)), GPG_ERR_CONFLICT);
  sim_node_crash (p.a, false);
  assert_int_equal (sim_node_start (p.a), 0);
  call = sim_call (p.a, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 2);
  sim_command_free (call);
  assert_int_equal (sim_do (p.a, "UNBLOCK", NULL, unseen, NULL), 0);
  assert_int_equal (sim_do (p.a, "UNBLOCK", NULL, p.fpr_b, NULL), 0);
  call = sim_call (p.a, "CONTACTS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 0);
  sim_command_free (call);
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_bad_while_talking),     cmocka_unit_test (test_queued_waits),
    cmocka_unit_test (test_expires_while_talking), cmocka_unit_test (test_clock_jumps),
    cmocka_unit_test (test_own_revoked),           cmocka_unit_test (test_same_name_other_key),
    cmocka_unit_test (test_other_names_and_new_keys),
    cmocka_unit_test (test_block),                 cmocka_unit_test (test_block_strangers),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
