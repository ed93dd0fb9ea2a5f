/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_keyring.c - the import rule, and the states of keys in both homes. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/gpg/fixture.h"

static struct world *w;

static int
setup (void **state)
{
  *state = w = world_new ("bob:ed25519 ed25519 rsa2048 rsa1024 nistp256 expired expiring revoked disabled sign-only "
                          "sign-subkey other:ed25519");
  side_open (w, &w->bob, "bob");
  return 0;
}

static void
test_states (void **state)
{
  static const struct {
    const char *name, *algorithm;
    enum cf_key_state state;
    bool can_encrypt;
  } cases[] = {
    { "ed25519", "ed25519", CF_KEY_OK, true },     { "rsa2048", "rsa2048", CF_KEY_OK, true },
    { "rsa1024", "rsa1024", CF_KEY_WEAK, true },   { "nistp256", "nistp256", CF_KEY_OK, true },
    { "expired", "ed25519", CF_KEY_EXPIRED, false }, { "expiring", "ed25519", CF_KEY_OK, true },
    { "revoked", "ed25519", CF_KEY_REVOKED, false }, { "disabled", "ed25519", CF_KEY_OK, true },
    { "sign-only", "ed25519", CF_KEY_OK, false },  { "sign-subkey", "ed25519", CF_KEY_OK, true },
  };
  struct answer a;
  char *user_id;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    side_learn (w, &w->bob, cases[i].name, &a);
    assert_int_equal (a.err, 0);
    assert_int_equal (a.key.state, cases[i].state);
    assert_string_equal (a.key.algorithm, cases[i].algorithm);
    assert_int_equal (a.key.can_encrypt, cases[i].can_encrypt);
    assert_int_equal (a.key.validity, CF_VALIDITY_UNKNOWN);
    assert_false (a.key.has_secret);
    assert_int_equal (a.key.expires_utc_ms != 0, strncmp (cases[i].name, "expir", 5) == 0);
    user_id = cf_sprintf ("%s <%s@example.org>", cases[i].name, cases[i].name);
    assert_string_equal (a.key.user_id, user_id);
    free (user_id);
    answer_clear (&a);
  }
}

static void
lookup (struct side *side, const struct cf_fpr *fpr, struct answer *a)
{
  answer_init (w, a);
  assert_int_equal (cf_gpg_key_lookup (side->gpg, fpr, on_key, a, NULL), 0);
  answer_wait (a);
}

/* Our home says one thing, the user's another: the worse counts. */
static void
test_worst_of_both (void **state)
{
  struct cf_fpr fpr = world_fpr (w, "other");
  struct answer a;

  (void) state;
  lookup (&w->bob, &fpr, &a);
  assert_code (a.err, GPG_ERR_NO_PUBKEY);
  answer_clear (&a);
  side_learn (w, &w->bob, "other", &a);
  assert_int_equal (a.key.state, CF_KEY_OK);
  answer_clear (&a);

  world_shell (w, "gpg --homedir $DIR/bob --quiet --import $DIR/block 2>/dev/null; "
                  "printf 'disable\\nsave\\n' | gpg --homedir $DIR/bob --batch --quiet --no-tty --command-fd 0 "
                  "--edit-key other >/dev/null 2>&1");
  lookup (&w->bob, &fpr, &a);
  assert_int_equal (a.err, 0);
  assert_int_equal (a.key.state, CF_KEY_DISABLED);
  answer_clear (&a);

  world_shell (w, "sed 's/^:----/----/' $DIR/other/openpgp-revocs.d/*.rev | "
                  "gpg --homedir $DIR/bob --quiet --import 2>/dev/null");
  lookup (&w->bob, &fpr, &a);
  assert_int_equal (a.err, 0);
  assert_int_equal (a.key.state, CF_KEY_REVOKED);
  answer_clear (&a);
}

static void
test_refused_blocks (void **state)
{
  static const struct {
    const char *name, *command;
    gpg_err_code_t code;
  } cases[] = {
    { "rsa2048", "gpg --homedir $DIR/ed25519 --export >$DIR/block 2>/dev/null", CF_ERR_KEY_WRONG },
    { "ed25519", "(gpg --homedir $DIR/ed25519 --export; gpg --homedir $DIR/rsa2048 --export) >$DIR/block 2>/dev/null",
      GPG_ERR_BAD_PUBKEY },
    { "ed25519", "(gpg --homedir $DIR/rsa2048 --export; gpg --homedir $DIR/ed25519 --export) >$DIR/block 2>/dev/null",
      GPG_ERR_BAD_PUBKEY },
    { "ed25519",
      "gpg --homedir $DIR/ed25519 --batch --pinentry-mode loopback --passphrase '' --export-secret-keys "
      ">$DIR/block 2>/dev/null",
      GPG_ERR_BAD_PUBKEY },
    { "ed25519",
      "(gpg --homedir $DIR/ed25519 --export; gpg --homedir $DIR/rsa2048 --batch --pinentry-mode loopback "
      "--passphrase '' --export-secret-keys) >$DIR/block 2>/dev/null",
      GPG_ERR_BAD_PUBKEY },
    { "ed25519", "head -c 1000 /dev/urandom >$DIR/block", GPG_ERR_BAD_PUBKEY },
    { "ed25519", "head -c 60000 /dev/zero >$DIR/block", GPG_ERR_BAD_PUBKEY },
    { "ed25519", "gpg --homedir $DIR/ed25519 --export 2>/dev/null | head -c 60 >$DIR/block", GPG_ERR_BAD_PUBKEY },
    { "ed25519", "echo '-----BEGIN PGP PUBLIC KEY BLOCK-----' >$DIR/block", GPG_ERR_BAD_PUBKEY },
    /* Without its user ID and signatures. */
    { "bob", "gpg --homedir $DIR/bob --export 2>/dev/null | head -c 53 >$DIR/block", GPG_ERR_BAD_PUBKEY },
  };
  struct answer a;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    side_import (w, &w->bob, cases[i].name, cases[i].command, &a);
    if (gpg_err_code (a.err) != cases[i].code)
      fail_msg ("case %zu: %s", i, gpg_strerror (a.err));
    answer_clear (&a);
  }
  world_shell (w, "! ls $DIR/bob.c/private-keys-v1.d/*.key 2>/dev/null");
}

static void
test_block_limits (void **state)
{
  static uint8_t big[CF_GPG_BLOCK_MAX + 1];
  struct cf_fpr fpr = world_fpr (w, "ed25519"), none = { .version = 0 };
  struct answer a;

  (void) state;
  answer_init (w, &a);
  assert_code (cf_gpg_key_import (w->bob.gpg, CF_GPG_PERSON, &fpr, big, sizeof big, on_key, &a, NULL),
               GPG_ERR_TOO_LARGE);
  assert_code (cf_gpg_key_import (w->bob.gpg, CF_GPG_PERSON, &fpr, big, 0, on_key, &a, NULL), GPG_ERR_BAD_PUBKEY);
  assert_code (cf_gpg_key_import (w->bob.gpg, CF_GPG_PERSON, &none, big, 9, on_key, &a, NULL), GPG_ERR_INV_ARG);
  assert_code (cf_gpg_key_import_chosen (w->bob.gpg, big, 0, on_key, &a, NULL), GPG_ERR_BAD_PUBKEY);
}

/* A file from a friend is often armored. */
static void
test_armored_block (void **state)
{
  struct answer a;

  (void) state;
  side_import (w, &w->bob, "nistp256", "gpg --homedir $DIR/nistp256 --armor --export >$DIR/block 2>/dev/null", &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  side_import (w, &w->bob, "nistp256",
          "(gpg --homedir $DIR/nistp256 --armor --export; gpg --homedir $DIR/ed25519 --armor --export) "
          ">$DIR/block 2>/dev/null; cp $DIR/block $DIR/two",
          &a);
  /* What is behind the first block is not looked at, and not imported. */
  assert_int_equal (a.err, 0);
  answer_clear (&a);
}

/* A conversation key is what it was when it came. */
static void
test_frozen (void **state)
{
  struct answer a;
  uint8_t *block;
  size_t len;

  (void) state;
  world_shell (w, "CF=$(realpath ${CF_SRCDIR:-.}/keyrings-test/make-keys.sh); $CF $DIR frozen:ed25519; "
                  "gpg --homedir $DIR/frozen --export >$DIR/block 2>/dev/null");
  block = world_read (w, "block", &len);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_import (w->bob.gpg, block, len, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  free (block);

  world_shell (w, "gpg --homedir $DIR/frozen --batch --quiet --pinentry-mode loopback --passphrase '' --quick-add-key "
                  "$(awk '$1 == \"frozen\" { print $2 }' $DIR/keys.txt) cv25519 encr never 2>/dev/null; "
                  "gpg --homedir $DIR/frozen --export >$DIR/block 2>/dev/null");
  block = world_read (w, "block", &len);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_import (w->bob.gpg, block, len, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, GPG_ERR_BAD_PUBKEY);
  answer_clear (&a);
  free (block);
  world_shell (w, "test $(gpg --homedir $DIR/bob.c --with-colons -k frozen 2>/dev/null | grep -c ^sub) = 1");
}

static void
forget (const struct cf_fpr *fpr, gpg_err_code_t code)
{
  struct answer a;

  answer_init (w, &a);
  assert_int_equal (cf_gpg_stranger_forget (w->bob.gpg, fpr, on_done, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, code);
  answer_clear (&a);
}

/* Conversation keys and identities do not take each other's place: a peer could add packets to what is frozen, or
   have another's key destroyed with a conversation of his own.  They are in homes of their own, too. */
static void
test_frozen_is_apart (void **state)
{
  struct cf_fpr fpr = world_fpr (w, "frozen"), identity = world_fpr (w, "nistp256");
  struct answer a;
  uint8_t *block;
  size_t len;

  (void) state;
  side_learn (w, &w->bob, "frozen", &a);
  assert_code (a.err, CF_ERR_KEY_WRONG);
  answer_clear (&a);
  world_shell (w, "test $(gpg --homedir $DIR/bob.c --with-colons -k frozen 2>/dev/null | grep -c ^sub) = 1");
  forget (&fpr, GPG_ERR_FORBIDDEN);

  side_learn (w, &w->bob, "nistp256", &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  block = world_read (w, "block", &len);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_import (w->bob.gpg, block, len, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, CF_ERR_KEY_WRONG);
  answer_clear (&a);
  free (block);
  /* Nor does it go as one. */
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_delete (w->bob.gpg, &identity, on_done, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0); /* there is no such conversation key */
  answer_clear (&a);
  lookup (&w->bob, &identity, &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);

  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_delete (w->bob.gpg, &fpr, on_done, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  world_shell (w, "test -z \"$(ls $DIR/bob.c/frozen)\"");
}

static void
test_forget_stranger (void **state)
{
  static const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN] = { 1 };
  struct cf_fpr fpr = world_fpr (w, "rsa2048");
  char hex[CF_FPR_HEX_SIZE], *command;
  struct answer a;

  (void) state;
  side_learn (w, &w->bob, "rsa2048", &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  forget (&fpr, 0);
  lookup (&w->bob, &fpr, &a);
  assert_code (a.err, GPG_ERR_NO_PUBKEY);
  answer_clear (&a);
  forget (&fpr, 0); /* gone already */

  /* The user himself. */
  answer_init (w, &a);
  assert_int_equal (cf_gpg_identity_export (w->bob.gpg, &w->bob.fpr, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  forget (&w->bob.fpr, GPG_ERR_FORBIDDEN);
  lookup (&w->bob, &w->bob.fpr, &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);

  /* A conversation key of his own, also when its mark is lost. */
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_new (w->bob.gpg, passphrase, on_newkey, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  forget (&a.fpr, GPG_ERR_FORBIDDEN);
  world_shell (w, "rm -r $DIR/bob.c/frozen");
  forget (&a.fpr, 0);
  command = cf_sprintf ("gpg --homedir $DIR/bob.c -K %s >/dev/null 2>&1", cf_fpr_hex (&a.fpr, hex));
  assert_non_null (command);
  world_shell (w, command);
  free (command);
  answer_clear (&a);
}

/* ---- people's keys outlast the home that they are in ---- */

struct kept {
  struct cf_fpr fpr;
  uint8_t *block;
  size_t len;
  unsigned calls;
  gpg_error_t err;
};

static gpg_error_t
keep_one (void *arg, const struct cf_fpr *fpr, const uint8_t *block, size_t len)
{
  struct kept *kept = arg;

  kept->calls++;
  if (kept->err)
    return kept->err;
  kept->fpr = *fpr;
  free (kept->block);
  kept->block = NULL;
  kept->len = len;
  if (block) {
    kept->block = malloc (len);
    assert_non_null (kept->block);
    memcpy (kept->block, block, len);
  }
  return 0;
}

static void
test_people_are_kept (void **state)
{
  struct cf_fpr fpr = world_fpr (w, "rsa2048");
  struct kept kept = { .err = cf_err (GPG_ERR_ENOSPC) };
  struct cf_gpg_block block;
  struct answer a;

  (void) state;
  cf_gpg_people_kept (w->bob.gpg, keep_one, &kept);
  side_learn (w, &w->bob, "rsa2048", &a);
  assert_code (a.err, GPG_ERR_ENOSPC); /* what is not kept was not imported */
  answer_clear (&a);
  kept.err = 0;
  side_learn (w, &w->bob, "rsa2048", &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  assert_int_equal (kept.calls, 2);
  assert_true (cf_fpr_equal (&kept.fpr, &fpr));
  assert_non_null (kept.block);

  side_close (&w->bob);
  world_shell (w, "! test -e $DIR/bob.c/people");
  side_open (w, &w->bob, "bob");
  lookup (&w->bob, &fpr, &a);
  assert_code (a.err, GPG_ERR_NO_PUBKEY);
  answer_clear (&a);
  block.data = kept.block;
  block.len = kept.len;
  answer_init (w, &a);
  assert_int_equal (cf_gpg_people_load (w->bob.gpg, &block, 1, on_done, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  lookup (&w->bob, &fpr, &a);
  assert_int_equal (a.err, 0);
  assert_int_equal (a.key.state, CF_KEY_OK);
  answer_clear (&a);

  cf_gpg_people_kept (w->bob.gpg, keep_one, &kept);
  forget (&fpr, 0);
  assert_int_equal (kept.calls, 3);
  assert_null (kept.block);
  cf_gpg_people_kept (w->bob.gpg, NULL, NULL);
}

static void
test_conversation_key_shape (void **state)
{
  static const struct {
    const char *name;
    gpg_err_code_t code;
  } cases[] = { { "sign-only", GPG_ERR_BAD_PUBKEY }, { "sign-subkey", GPG_ERR_BAD_PUBKEY },
                { "rsa1024", CF_ERR_KEY_WEAK },      { "expired", CF_ERR_KEY_EXPIRED },
                { "revoked", CF_ERR_KEY_REVOKED } };
  struct answer a;
  char *command;
  uint8_t *block;
  size_t i, len;

  (void) state;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    command = cf_sprintf ("gpg --homedir $DIR/%s --export >$DIR/block 2>/dev/null", cases[i].name);
    world_shell (w, command);
    free (command);
    block = world_read (w, "block", &len);
    answer_init (w, &a);
    assert_int_equal (cf_gpg_conversation_key_import (w->bob.gpg, block, len, on_key, &a, NULL), 0);
    answer_wait (&a);
    assert_code (a.err, cases[i].code);
    answer_clear (&a);
    free (block);
  }
}

static void
test_names (void **state)
{
  (void) state;
  assert_string_equal (cf_key_state_name (CF_KEY_REVOKED), "revoked");
  assert_string_equal (cf_key_validity_name (CF_VALIDITY_ULTIMATE), "ultimate");
  assert_int_equal (cf_key_state_error (CF_KEY_OK), 0);
  assert_code (cf_key_state_error (CF_KEY_EXPIRED), CF_ERR_KEY_EXPIRED);
  assert_code (cf_key_state_error (CF_KEY_DISABLED), CF_ERR_KEY_DISABLED);
  assert_code (cf_key_state_error (CF_KEY_WEAK), CF_ERR_KEY_WEAK);
}

/* A file that the user chose: no fingerprint is expected, the rest of the rule holds. */
static void
test_chosen (void **state)
{
  struct cf_fpr fpr = world_fpr (w, "ed25519");
  struct answer a;
  uint8_t *block;
  size_t len;

  (void) state;
  world_shell (w, "gpg --homedir $DIR/ed25519 --quiet --yes --armor --output $DIR/block --export 2>/dev/null");
  block = world_read (w, "block", &len);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_key_import_chosen (w->bob.gpg, block, len, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  assert_true (cf_fpr_equal (&a.key.fpr, &fpr));
  assert_int_equal (a.key.state, CF_KEY_OK);
  answer_clear (&a);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_key_import_chosen (w->bob.gpg, block, len / 2, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, GPG_ERR_BAD_PUBKEY);
  answer_clear (&a);
  free (block);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_states),        cmocka_unit_test (test_worst_of_both),
    cmocka_unit_test (test_refused_blocks), cmocka_unit_test (test_block_limits),
    cmocka_unit_test (test_armored_block), cmocka_unit_test (test_chosen), cmocka_unit_test (test_frozen),
    cmocka_unit_test (test_frozen_is_apart), cmocka_unit_test (test_forget_stranger),
    cmocka_unit_test (test_people_are_kept),
    cmocka_unit_test (test_conversation_key_shape), cmocka_unit_test (test_names),
  };

  return cmocka_run_group_tests_name ("gpg/keyring", tests, setup, world_end);
}
