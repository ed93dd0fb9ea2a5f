/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_certify.c - certifications in the user's keyring, with real gpg; looked at as the user's own gpg shows them. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/gpg/fixture.h"

static struct world *w;

static int
setup (void **state)
{
  *state = w = world_new ("alice:ed25519 bob:ed25519 two:ed25519 carol:rsa2048 card:sign-subkey passphrase "
                          "hostile:ed25519 mallory:ed25519 expired revoked rsa1024 late:expired");
  side_open (w, &w->alice, "alice");
  return 0;
}

struct outcome {
  struct answer a; /* user_id: that was certified */
  bool already, imported;
};

static void
on_certified (void *arg, gpg_error_t err, const struct cf_certification *what)
{
  struct outcome *o = arg;

  on_done (&o->a, err);
  if (err) {
    assert_null (what);
    return;
  }
  o->a.user_id = strdup (what->user_id);
  o->already = what->already;
  o->imported = what->imported;
}

/* SIDE certifies the key of NAME, which it has in its people home. */
static gpg_error_t
certify (struct side *side, const char *name, bool exportable, struct outcome *o)
{
  struct cf_fpr fpr = world_fpr (w, name);

  memset (o, 0, sizeof *o);
  answer_init (w, &o->a);
  assert_int_equal (cf_gpg_certify (side->gpg, &side->fpr, &fpr, exportable, on_certified, o, NULL), 0);
  answer_wait (&o->a);
  return o->a.err;
}

static void
learn (struct side *side, const char *name)
{
  struct answer a;

  side_learn (w, side, name, &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
}

/* How many good certifications of NAME's key by BY the gpg of HOME shows, with "l" (local) or "x" (exportable). */
static int
count (const char *home, const char *name, const char *by, char kind)
{
  char fpr[CF_FPR_HEX_SIZE], signer[CF_FPR_HEX_SIZE], *command;
  struct cf_fpr f = world_fpr (w, name), g = world_fpr (w, by);
  uint8_t *text;
  size_t len;
  int n;

  command = cf_sprintf ("gpg --homedir $DIR/%s --no-options --batch --with-colons --check-sigs %s 2>/dev/null |"
                        " grep -c '^sig:!:.*:%s:.*:1[0-3]%c:' >$DIR/count; true",
                        home, cf_fpr_hex (&f, fpr), cf_fpr_hex (&g, signer) + 24, kind);
  world_shell (w, command);
  free (command);
  text = world_read (w, "count", &len);
  n = atoi ((char *) text);
  free (text);
  return n;
}

static void
test_local (void **state)
{
  struct cf_fpr fpr = world_fpr (w, "bob");
  struct outcome o;
  struct answer a;

  (void) state;
  learn (&w->alice, "bob");
  assert_int_equal (certify (&w->alice, "bob", false, &o), 0);
  assert_true (o.imported);
  assert_false (o.already);
  assert_string_equal (o.a.user_id, "bob <bob@example.org>");
  assert_int_equal (count ("alice", "bob", "alice", 'l'), 1);
  assert_int_equal (count ("alice", "bob", "alice", 'x'), 0);
  answer_clear (&o.a);
  /* The user's web of trust knows, and Confab shows it. */
  answer_init (w, &a);
  assert_int_equal (cf_gpg_key_lookup (w->alice.gpg, &fpr, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.key.validity, CF_VALIDITY_FULL);
  answer_clear (&a);
  /* Nothing more is done the second time. */
  assert_int_equal (certify (&w->alice, "bob", false, &o), 0);
  assert_true (o.already);
  assert_false (o.imported);
  assert_int_equal (count ("alice", "bob", "alice", 'l'), 1);
  answer_clear (&o.a);
  /* A local one becomes exportable; then there is nothing more to do. */
  assert_int_equal (certify (&w->alice, "bob", true, &o), 0);
  assert_false (o.already);
  assert_int_equal (count ("alice", "bob", "alice", 'l'), 0);
  assert_int_equal (count ("alice", "bob", "alice", 'x'), 1);
  answer_clear (&o.a);
  for (int exportable = 0; exportable < 2; exportable++) {
    assert_int_equal (certify (&w->alice, "bob", exportable, &o), 0);
    assert_true (o.already);
    answer_clear (&o.a);
  }
  assert_int_equal (count ("alice", "bob", "alice", 'x'), 1);
}

/* Of several user IDs one is certified: the main one. */
static void
test_one_user_id (void **state)
{
  struct outcome o;

  (void) state;
  world_shell (w, "gpg --homedir $DIR/two --batch --quiet --pinentry-mode loopback --passphrase '' --faked-system-time "
                  "20230101T000000 --quick-add-uid two 'The Boss <boss@example.org>' 2>/dev/null; "
                  "gpg --homedir $DIR/two --batch --quiet --pinentry-mode loopback --passphrase '' "
                  "--quick-add-uid two 'not two <two@example.org> any more' 2>/dev/null; "
                  "gpg --homedir $DIR/two --batch --quiet --pinentry-mode loopback --passphrase '' "
                  "--quick-set-primary-uid two 'two <two@example.org>' 2>/dev/null");
  learn (&w->alice, "two");
  assert_int_equal (certify (&w->alice, "two", false, &o), 0);
  assert_string_equal (o.a.user_id, "two <two@example.org>");
  assert_int_equal (count ("alice", "two", "alice", 'l'), 1);
  world_shell (w, "gpg --homedir $DIR/alice --batch --with-colons --list-keys two@example.org 2>/dev/null |"
                  " grep '^uid:f:.*:two <two@example.org>:' >/dev/null");
  answer_clear (&o.a);
}

/* It is in the user's keyring already, without the user ID that it has now. */
static void
test_newer_user_id (void **state)
{
  struct outcome o;

  (void) state;
  world_shell (w, "gpg --homedir $DIR/carol --batch --quiet --export 2>/dev/null |"
                  " gpg --homedir $DIR/alice --batch --quiet --import 2>/dev/null; "
                  "gpg --homedir $DIR/carol --batch --quiet --pinentry-mode loopback --passphrase '' "
                  "--quick-add-uid carol 'carol <carol@example.com>' 2>/dev/null; "
                  "gpg --homedir $DIR/carol --batch --quiet --pinentry-mode loopback --passphrase '' "
                  "--quick-set-primary-uid carol 'carol <carol@example.com>' 2>/dev/null");
  learn (&w->alice, "carol");
  assert_int_equal (certify (&w->alice, "carol", false, &o), 0);
  assert_true (o.imported);
  assert_string_equal (o.a.user_id, "carol <carol@example.com>");
  assert_int_equal (count ("alice", "carol", "alice", 'l'), 1);
  answer_clear (&o.a);
}

static void
test_bad_keys (void **state)
{
  static const struct { const char *name; gpg_err_code_t code; } keys[]
    = { { "expired", CF_ERR_KEY_EXPIRED }, { "revoked", CF_ERR_KEY_REVOKED }, { "rsa1024", CF_ERR_KEY_WEAK } };
  struct outcome o;

  (void) state;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    learn (&w->alice, keys[i].name);
    assert_code (certify (&w->alice, keys[i].name, false, &o), keys[i].code);
    assert_int_equal (cf_err_info (o.a.err)->exit, CF_EXIT_TRUST);
    assert_int_equal (count ("alice", keys[i].name, "alice", 'l'), 0);
  }
  /* Good as its owner gave it, disabled by the user. */
  learn (&w->alice, "mallory");
  world_shell (w, "gpg --homedir $DIR/mallory --batch --quiet --export 2>/dev/null |"
                  " gpg --homedir $DIR/alice --batch --quiet --import 2>/dev/null; "
                  "printf 'disable\\nsave\\n' | gpg --homedir $DIR/alice --batch --quiet --no-tty --command-fd 0 "
                  "--edit-key mallory >/dev/null 2>&1");
  assert_code (certify (&w->alice, "mallory", false, &o), CF_ERR_KEY_DISABLED);
  /* Not known at all; our own. */
  assert_code (certify (&w->alice, "card", false, &o), GPG_ERR_NO_PUBKEY);
  assert_code (cf_gpg_certify (w->alice.gpg, &w->alice.fpr, &w->alice.fpr, false, on_certified, &o, NULL),
               GPG_ERR_INV_ARG);
}

/* Pinentry may be cancelled; the primary key may be elsewhere; the identity may have expired. */
static void
test_signer (void **state)
{
  struct side side = { 0 };
  struct outcome o;

  (void) state;
  side_open (w, &side, "passphrase");
  learn (&side, "bob");
  world_write (w, "passphrase/pinentry-answer", "!cancel\n", 8);
  assert_code (certify (&side, "bob", false, &o), GPG_ERR_CANCELED);
  assert_int_equal (cf_err_info (o.a.err)->exit, CF_EXIT_AGENT);
  assert_int_equal (count ("passphrase", "bob", "passphrase", 'l'), 0);
  world_write (w, "passphrase/pinentry-answer", "correct horse\n", 14);
  assert_int_equal (certify (&side, "bob", false, &o), 0);
  assert_int_equal (count ("passphrase", "bob", "passphrase", 'l'), 1);
  answer_clear (&o.a);
  side_close (&side);

  world_shell (w, "G=$(gpg --homedir $DIR/card --batch --with-colons --with-keygrip --list-keys 2>/dev/null |"
                  " awk -F: '/^grp/ { print $10; exit }'); rm $DIR/card/private-keys-v1.d/$G.key");
  side_open (w, &side, "card");
  learn (&side, "bob");
  assert_code (certify (&side, "bob", false, &o), GPG_ERR_MISSING_KEY);
  assert_int_equal (cf_err_info (o.a.err)->exit, CF_EXIT_AGENT);
  side_close (&side);

  side_open (w, &side, "late");
  learn (&side, "bob");
  assert_code (certify (&side, "bob", false, &o), GPG_ERR_UNUSABLE_SECKEY);
  side_close (&side);
}

/* A gpg.conf that names another signer: what it did is told. */
static void
test_hostile_conf (void **state)
{
  struct side side = { 0 };
  struct outcome o;

  (void) state;
  world_shell (w, "gpg --homedir $DIR/mallory --batch --quiet --pinentry-mode loopback --passphrase '' "
                  "--export-secret-keys 2>/dev/null | gpg --homedir $DIR/hostile --batch --quiet --import 2>/dev/null; "
                  "echo 'local-user mallory@example.org' >$DIR/hostile/gpg.conf; "
                  "echo 'default-cert-level 3' >>$DIR/hostile/gpg.conf");
  side_open (w, &side, "hostile");
  learn (&side, "bob");
  assert_code (certify (&side, "bob", false, &o), GPG_ERR_CONFLICT);
  assert_int_equal (count ("hostile", "bob", "hostile", 'l'), 1);
  assert_int_equal (count ("hostile", "bob", "mallory", 'l'), 1);
  world_shell (w, "echo 'default-cert-level 2' >$DIR/hostile/gpg.conf");
  learn (&side, "two");
  assert_int_equal (certify (&side, "two", true, &o), 0);
  assert_int_equal (count ("hostile", "two", "hostile", 'x'), 1);
  answer_clear (&o.a);
  side_close (&side);
}

/* A certification that was revoked is none: it may be made anew. */
static void
test_revoked_certification (void **state)
{
  struct outcome o;

  (void) state;
  /* OpenPGP counts seconds: what is made in the same one as its revocation is not newer. */
  world_shell (w, "sleep 1.1; gpg --homedir $DIR/alice --batch --quiet --pinentry-mode loopback --passphrase '' "
                  "--quick-revoke-sig bob alice 2>/dev/null; sleep 1.1");
  assert_int_equal (count ("alice", "bob", "alice", 'x'), 1);
  assert_int_equal (certify (&w->alice, "bob", true, &o), 0);
  assert_false (o.already);
  answer_clear (&o.a);
  assert_int_equal (certify (&w->alice, "bob", true, &o), 0);
  assert_true (o.already);
  answer_clear (&o.a);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_local),      cmocka_unit_test (test_one_user_id), cmocka_unit_test (test_newer_user_id),
    cmocka_unit_test (test_bad_keys),   cmocka_unit_test (test_signer),      cmocka_unit_test (test_hostile_conf),
    cmocka_unit_test (test_revoked_certification),
  };

  return cmocka_run_group_tests (tests, setup, world_end);
}
