/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_self.c - init and unlock: refused keys, broken-off inits, swapped stores, renewal; with fake OpenPGP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"
#include "core/address.h"
#include "core/self.h"
#include "core/store/files.h"
#include "tests/sim/sim.h"

#define DAY_MS (24 * 3600 * 1000ull)

struct fixture {
  struct sim *sim;
  struct sim_node *ada;
};

static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);

  assert_non_null (f);
  f->sim = sim_new (7);
  f->ada = sim_node_new (f->sim, "ada");
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  struct fixture *f = *state;

  sim_free (f->sim);
  free (f);
  return 0;
}

/* Up with an empty home, not initialised. */
static void
start_empty (struct sim_node *node)
{
  struct cf_core_config config = { 0 };

  node->gpg = sim_gpg_new (node);
  node->worker = sim_worker_new (node);
  node->disk = sim_worker_new (node);
  config.env = &node->env;
  config.gpg = node->gpg;
  config.net = node->net;
  config.worker = node->worker;
  config.disk = node->disk;
  config.home = node->home;
  assert_int_equal (cf_core_new (&config, &node->core), 0);
  assert_int_equal (node->core->state, CF_CORE_EMPTY);
}

static char *
init_option (const struct cf_fpr *fpr)
{
  char hex[CF_FPR_HEX_SIZE];

  return cf_sprintf ("--identity=%s", cf_fpr_hex (fpr, hex));
}

static gpg_err_code_t
do_init (struct sim_node *node)
{
  char *option = init_option (&node->fpr);
  gpg_error_t err = sim_do (node, "INIT", NULL, option, NULL);

  free (option);
  return gpg_err_code (err);
}

static bool
exists (struct sim_node *node, const char *pattern)
{
  char *path = cf_paths_join (node->home, pattern);
  glob_t found;
  bool there = !glob (path, 0, NULL, &found);

  globfree (&found);
  free (path);
  return there;
}

static void
change_file (struct sim_node *node, const char *name, void (*change) (uint8_t *data, size_t *len))
{
  char *path = cf_paths_join (node->home, name);
  uint8_t *data;
  size_t len;

  assert_int_equal (cf_file_read (path, CF_STORE_FILE_MAX, &data, &len), 0);
  change (data, &len);
  assert_int_equal (cf_file_write (path, data, len), 0);
  free (data);
  free (path);
}

static void
flip_last (uint8_t *data, size_t *len)
{
  data[*len - 1] ^= 1;
}

static void
cut_last (uint8_t *data, size_t *len)
{
  (void) data;
  --*len;
}

static void
remove_file (struct sim_node *node, const char *name)
{
  char *path = cf_paths_join (node->home, name);

  assert_int_equal (unlink (path), 0);
  free (path);
}

/* ---- init ---- */

static void
test_init_and_unlock (void **state)
{
  struct fixture *f = *state;
  struct cf_address address;
  char *before, *after;
  struct cf_self *self;

  assert_int_equal (sim_node_start (f->ada), 0);
  self = f->ada->core->self;
  assert_string_equal (self->name, "ada");
  assert_true (cf_fpr_equal (&self->fpr, &f->ada->fpr));
  assert_true (self->block_len > 0 && self->device.signature_len > 0);
  assert_int_equal (self->device.not_after_utc_ms - self->device.not_before_utc_ms, CF_STATEMENT_SPAN_MS);
  before = cf_self_address (self);
  assert_int_equal (cf_address_parse (before, &address), 0);
  assert_true (cf_fpr_equal (&address.fpr, &f->ada->fpr));
  sim_node_crash (f->ada, false);
  assert_int_equal (sim_node_start (f->ada), 0);
  assert_int_equal (f->ada->core->state, CF_CORE_READY);
  after = cf_self_address (f->ada->core->self);
  assert_string_equal (before, after);
  free (before);
  free (after);
}

static void
test_init_refuses_bad_keys (void **state)
{
  static const enum cf_key_state states[] = { CF_KEY_EXPIRED, CF_KEY_REVOKED, CF_KEY_DISABLED, CF_KEY_WEAK };
  struct fixture *f = *state;

  start_empty (f->ada);
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    sim_keys_set_state (f->ada, &f->ada->fpr, states[i]);
    assert_int_equal (do_init (f->ada), gpg_err_code (cf_key_state_error (states[i])));
    assert_int_equal (f->ada->core->state, CF_CORE_EMPTY);
    assert_false (exists (f->ada, "identity.json"));
  }
  sim_keys_set_state (f->ada, &f->ada->fpr, CF_KEY_OK);
  assert_int_equal (do_init (f->ada), 0);
  assert_int_equal (f->ada->core->state, CF_CORE_READY);
  assert_int_equal (do_init (f->ada), GPG_ERR_EEXIST);
}

static void
test_init_arguments (void **state)
{
  static const char *const wrong[] = { "\xff",        "123",          "   ",      "-x",       "Ann <ann>",  "Ann <a@b",
                                       "Ann <a@b> x", "Ann <a@b@c>", "<a@b.c>", "Ann@home x", "Ann <a b@c>", "Ann >", "Ann <>" };
  struct fixture *f = *state;
  struct sim_node *ada = f->ada;

  start_empty (ada);
  assert_int_equal (gpg_err_code (sim_do (ada, "INIT", NULL, NULL)), GPG_ERR_AMBIGUOUS);
  assert_int_equal (gpg_err_code (sim_do (ada, "INIT", NULL, "--identity=12", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (ada, "INIT", NULL, "--identity=12", "--generate=x", NULL)), GPG_ERR_INV_ARG);
  assert_int_equal (gpg_err_code (sim_do (ada, "INIT", NULL, "--generate=", NULL)), GPG_ERR_INV_USER_ID);
  assert_int_equal (gpg_err_code (sim_do (ada, "INIT", NULL, "--generate=a\nb", NULL)), GPG_ERR_INV_USER_ID);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char word[64];

    snprintf (word, sizeof word, "--generate=%s", wrong[i]);
    assert_int_equal (gpg_err_code (sim_do (ada, "INIT", NULL, word, NULL)), GPG_ERR_INV_USER_ID);
  }
  assert_int_equal (
      gpg_err_code (sim_do (ada, "INIT", NULL, "--identity=0123456789ABCDEF0123456789ABCDEF01234567", NULL)),
      CF_ERR_NO_IDENTITY);
  assert_int_equal (gpg_err_code (sim_do (ada, "UNLOCK", NULL, NULL)), CF_ERR_NO_IDENTITY);
  assert_int_equal (gpg_err_code (sim_do (ada, "ADDRESS", NULL, NULL)), CF_ERR_NO_IDENTITY);
  assert_int_equal (sim_do (ada, "INIT", NULL, "--generate=Grace Hopper <grace@example.org>", NULL), 0);
  assert_string_equal (ada->core->self->name, "Grace Hopper");
}

/* Killed at any moment of init: the next one begins anew and comes to its end. */
static void
test_init_broken_off (void **state)
{
  struct fixture *f = *state;
  int empty = 0;

  f->sim->gpg_sign_ms = 20;
  for (int i = 0; i < 12; i++) {
    char name[16], *option;
    struct sim_node *node;
    struct sim_command *call;

    snprintf (name, sizeof name, "x%d", i);
    node = sim_node_new (f->sim, name);
    option = init_option (&node->fpr);
    start_empty (node);
    call = sim_call (node, "INIT", NULL, option, NULL);
    sim_run (f->sim, (uint64_t) (1 + 4 * i));
    sim_command_free (call);
    sim_node_crash (node, false);
    empty += !exists (node, "identity.json");
    assert_int_equal (sim_node_start (node), 0);
    assert_false (exists (node, "store/unfinished"));
    assert_false (exists (node, "store.saved-*"));
    free (option);
  }
  assert_true (empty > 3);
}

static void
test_finished_store_is_never_removed (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  remove_file (f->ada, "identity.json");
  assert_int_equal (sim_node_start (f->ada), 0);
  assert_true (exists (f->ada, "store.saved-*/db"));
  assert_true (exists (f->ada, "store.saved-*/key"));
}

/* ---- unlock ---- */

/* A start that fails with CODE; then the cause is mended, and UNLOCK opens. */
static void
expect_locked (struct sim_node *node, gpg_err_code_t code)
{
  assert_int_equal (gpg_err_code (sim_node_start (node)), code);
  assert_int_equal (node->core->state, CF_CORE_LOCKED);
  assert_null (node->core->store);
  assert_null (node->core->self);
  assert_int_equal (gpg_err_code (node->core->unlock_error), code);
  assert_int_equal (gpg_err_code (sim_do (node, "ADDRESS", NULL, NULL)), CF_ERR_LOCKED);
}

static void
test_pinentry_cancelled (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  sim_gpg_fail (f->ada, gpg_err_make (GPG_ERR_SOURCE_PINENTRY, GPG_ERR_CANCELED));
  expect_locked (f->ada, GPG_ERR_CANCELED);
  sim_gpg_fail (f->ada, 0);
  assert_int_equal (sim_do (f->ada, "UNLOCK", NULL, NULL), 0);
  assert_int_equal (f->ada->core->state, CF_CORE_READY);
  assert_int_equal (f->ada->core->unlock_error, 0);
  assert_int_equal (sim_do (f->ada, "UNLOCK", NULL, NULL), 0);
}

/* The store key follows a new encryption subkey; what stops that is tried again at the next unlock. */
static void
test_new_encryption_subkey (void **state)
{
  struct fixture *f = *state;
  char *path = cf_paths_join (f->ada->home, "store/key");
  uint8_t *before, *after;
  size_t before_len, len;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_run (f->sim, 1000);
  assert_int_equal (cf_file_read (path, CF_STORE_FILE_MAX, &before, &before_len), 0);
  assert_int_equal (cf_gpg_sealed_to (before, before_len), 1);
  for (int i = 0; i < 2; i++) { /* nothing changes while the subkey is the same */
    sim_node_crash (f->ada, false);
    if (i)
      sim_keys_new_subkey (f->ada);
    assert_int_equal (sim_node_start (f->ada), 0);
    sim_run (f->sim, 1000);
    assert_int_equal (cf_file_read (path, CF_STORE_FILE_MAX, &after, &len), 0);
    assert_int_equal (cf_gpg_sealed_to (after, len), 1 + i);
    assert_true (i || !memcmp (before, after, len));
    free (after);
  }
  sim_node_crash (f->ada, false);
  assert_int_equal (sim_node_start (f->ada), 0);
  assert_int_equal (f->ada->core->state, CF_CORE_READY);
  free (before);
  free (path);
}

/* Another store key, sealed to us as anybody can: the statement does not fit. */
static void
test_swapped_key (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  change_file (f->ada, "store/key", flip_last);
  expect_locked (f->ada, CF_ERR_STATEMENT);
  change_file (f->ada, "store/key", flip_last);
  assert_int_equal (sim_do (f->ada, "UNLOCK", NULL, NULL), 0);
}

static void
test_wrong_statement (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  change_file (f->ada, "store/statement", flip_last);
  expect_locked (f->ada, CF_ERR_STATEMENT);
}

static void
test_missing_files (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  change_file (f->ada, "store/key", cut_last);
  expect_locked (f->ada, CF_ERR_STORE);
  remove_file (f->ada, "store/statement");
  assert_int_equal (gpg_err_code (sim_do (f->ada, "UNLOCK", NULL, NULL)), CF_ERR_STORE);
}

/* A home whose identity is not ours: somebody has put his own in place. */
static void
test_foreign_identity (void **state)
{
  struct fixture *f = *state;
  char *path = cf_paths_join (f->ada->home, "identity.json");
  static const char text[] = "{\"fingerprint\":\"0123456789ABCDEF0123456789ABCDEF01234567\"}";

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  assert_int_equal (cf_file_write (path, text, sizeof text - 1), 0);
  expect_locked (f->ada, CF_ERR_NO_IDENTITY);
  free (path);
}

/* Expired it still unlocks, and is known as expired before anything is sent; extending it mends it.  Revoked, no. */
static void
test_expired_identity (void **state)
{
  struct fixture *f = *state;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  sim_keys_set_state (f->ada, &f->ada->fpr, CF_KEY_EXPIRED);
  assert_int_equal (sim_node_start (f->ada), 0);
  assert_int_equal (f->ada->core->state, CF_CORE_READY);
  assert_int_equal (cf_self_key_state (f->ada->core->self), CF_KEY_EXPIRED);
  sim_keys_set_state (f->ada, &f->ada->fpr, CF_KEY_OK);
  cf_self_look (f->ada->core->self);
  sim_run (f->sim, 1000);
  assert_int_equal (cf_self_key_state (f->ada->core->self), CF_KEY_OK);
  sim_node_crash (f->ada, false);
  sim_keys_set_state (f->ada, &f->ada->fpr, CF_KEY_REVOKED);
  expect_locked (f->ada, CF_ERR_KEY_REVOKED);
}

/* A client that hangs up while pinentry waits: the unlock goes on, others hear of it. */
static void
test_unlock_is_shared (void **state)
{
  struct fixture *f = *state;
  struct sim_command *first, *second, *third;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  sim_gpg_fail (f->ada, gpg_err_make (GPG_ERR_SOURCE_PINENTRY, GPG_ERR_CANCELED));
  expect_locked (f->ada, GPG_ERR_CANCELED);
  sim_gpg_fail (f->ada, 0);
  f->sim->gpg_sign_ms = 100;
  first = sim_call (f->ada, "UNLOCK", NULL, NULL);
  second = sim_call (f->ada, "UNLOCK", NULL, NULL);
  third = sim_call (f->ada, "UNLOCK", NULL, NULL);
  sim_run (f->sim, 20);
  assert_false (first->finished || second->finished);
  sim_command_free (first);
  assert_true (sim_wait (second, 1000));
  assert_int_equal (second->err, 0);
  assert_true (sim_wait (third, 1000));
  assert_int_equal (third->err, 0);
  sim_command_free (second);
  sim_command_free (third);
}

static void
test_damaged_identity_file (void **state)
{
  struct fixture *f = *state;
  struct cf_fpr fpr;
  char *home = NULL;

  assert_int_equal (sim_node_start (f->ada), 0);
  sim_node_crash (f->ada, false);
  change_file (f->ada, "identity.json", cut_last);
  assert_int_equal (gpg_err_code (cf_self_probe (f->ada->home, &fpr, &home)), CF_ERR_STORE);
  remove_file (f->ada, "identity.json");
  assert_int_equal (gpg_err_code (cf_self_probe (f->ada->home, &fpr, &home)), GPG_ERR_ENOENT);
}

/* ---- renewal and settings ---- */

static void
test_statement_is_renewed (void **state)
{
  struct fixture *f = *state;
  uint8_t key[CF_DEVICE_KEY_LEN];
  int64_t first, second;

  assert_int_equal (sim_node_start (f->ada), 0);
  assert_int_equal (sim_do (f->ada, "VISIBILITY", NULL, "nobody", NULL), 0);
  memcpy (key, f->ada->core->self->device.device_key, sizeof key);
  first = f->ada->core->self->device.not_before_utc_ms;
  sim_run (f->sim, 29 * DAY_MS);
  assert_int_equal (f->ada->core->self->device.not_before_utc_ms, first);
  /* Nobody answers pinentry on that day. */
  sim_gpg_fail (f->ada, gpg_err_make (GPG_ERR_SOURCE_PINENTRY, GPG_ERR_CANCELED));
  sim_run (f->sim, DAY_MS + DAY_MS / 2);
  assert_int_equal (f->ada->core->self->device.not_before_utc_ms, first);
  sim_gpg_fail (f->ada, 0);
  sim_run (f->sim, DAY_MS / 2);
  second = f->ada->core->self->device.not_before_utc_ms;
  assert_true (second - first >= CF_DEVICE_RENEW_MS && second - first < CF_STATEMENT_SPAN_MS);
  assert_memory_equal (f->ada->core->self->device.device_key, key, sizeof key);
  sim_node_crash (f->ada, false);
  assert_int_equal (sim_node_start (f->ada), 0);
  assert_int_equal (f->ada->core->self->device.not_before_utc_ms, second);
}

/* Peers take no statement older than one they know: what was signed while the clock was wrong must not stay. */
static void
test_clock_set_back_and_right (void **state)
{
  struct fixture *f = *state;
  int64_t first;

  assert_int_equal (sim_node_start (f->ada), 0);
  first = f->ada->core->self->device.not_before_utc_ms;
  f->ada->skew_ms = -(int64_t) (DAY_MS / 8);
  sim_run (f->sim, 100000);
  assert_true (f->ada->core->self->device.not_before_utc_ms < first);
  sim_node_crash (f->ada, false);
  assert_int_equal (sim_node_start (f->ada), 0);
  sim_run (f->sim, 100000);
  assert_true (f->ada->core->self->device.not_before_utc_ms < first);
  f->ada->skew_ms = 0;
  sim_run (f->sim, 100000);
  assert_true (f->ada->core->self->device.not_before_utc_ms > first);
  first = f->ada->core->self->device.not_before_utc_ms;
  sim_run (f->sim, DAY_MS);
  assert_int_equal (f->ada->core->self->device.not_before_utc_ms, first);
}

static const char *
status_text (struct sim_command *call, const char *field)
{
  const char *text = sim_text (call, 0, field);

  return text ? text : "(null)";
}

static void
test_settings_and_status (void **state)
{
  struct fixture *f = *state;
  struct sim_command *call;
  struct sim_node *ada = f->ada;

  start_empty (ada);
  call = sim_call (ada, "STATUS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_string_equal (status_text (call, "state"), "empty");
  assert_string_equal (status_text (call, "fingerprint"), "(null)");
  sim_command_free (call);
  assert_int_equal (do_init (ada), 0);
  assert_int_equal (sim_do (ada, "CONFIG", NULL, "name", "Countess", NULL), 0);
  assert_int_equal (sim_do (ada, "CONFIG", NULL, NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (ada, "CONFIG", NULL, "color", NULL)), GPG_ERR_NOT_FOUND);
  assert_int_equal (gpg_err_code (sim_do (ada, "CONFIG", NULL, "name", "a\tb", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (ada, "CONFIG", NULL, "log-level", "loud", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (sim_do (ada, "CONFIG", NULL, "log-level", "error", NULL), 0);
  assert_int_equal (gpg_err_code (sim_do (ada, "VISIBILITY", NULL, "some", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (sim_do (ada, "VISIBILITY", NULL, "nobody", NULL), 0);
  sim_node_crash (ada, false);
  assert_int_equal (sim_node_start (ada), 0);
  call = sim_call (ada, "STATUS", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_string_equal (status_text (call, "state"), "ready");
  assert_string_equal (status_text (call, "name"), "Countess");
  assert_string_equal (status_text (call, "visibility"), "nobody");
  assert_true (json_array_size (json_object_get (json_array_get (call->rows, 0), "network")) >= 5);
  sim_command_free (call);
}

static void
test_identities_and_events (void **state)
{
  struct fixture *f = *state;
  struct sim_command *call;
  char hex[CF_FPR_HEX_SIZE];

  start_empty (f->ada);
  call = sim_call (f->ada, "IDENTITIES", NULL, NULL);
  assert_true (sim_wait (call, 1000));
  assert_int_equal (json_array_size (call->rows), 1);
  assert_string_equal (status_text (call, "fingerprint"), cf_fpr_hex (&f->ada->fpr, hex));
  assert_string_equal (status_text (call, "key_state"), "ok");
  sim_command_free (call);
  assert_int_equal (do_init (f->ada), 0);
  assert_int_equal (gpg_err_code (sim_do (f->ada, "EVENTS", NULL, "12x", NULL)), GPG_ERR_INV_VALUE);
  call = sim_call (f->ada, "EVENTS", NULL, "--since=0", NULL);
  assert_false (sim_wait (call, 100)); /* it goes on */
  sim_command_free (call);
}

#define T(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_init_and_unlock),
    T (test_init_refuses_bad_keys),
    T (test_init_arguments),
    T (test_init_broken_off),
    T (test_finished_store_is_never_removed),
    T (test_pinentry_cancelled),
    T (test_new_encryption_subkey),
    T (test_swapped_key),
    T (test_wrong_statement),
    T (test_missing_files),
    T (test_foreign_identity),
    T (test_expired_identity),
    T (test_unlock_is_shared),
    T (test_damaged_identity_file),
    T (test_statement_is_renewed),
    T (test_clock_set_back_and_right),
    T (test_settings_and_status),
    T (test_identities_and_events),
  };

  return cmocka_run_group_tests_name ("self", tests, NULL, NULL);
}
