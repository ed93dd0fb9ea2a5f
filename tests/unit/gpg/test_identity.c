/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_identity.c - the user's own keys, and secrets sealed to them. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/gpg/fixture.h"

#define SECRET "thirty-two bytes of a store key"

static struct world *w;

static int
setup (void **state)
{
  *state = w = world_new ("ed25519 rsa2048 passphrase sign-only expired sign-subkey");
  return 0;
}

static void
answer_pinentry (const char *name, const char *answer)
{
  char *rest = cf_sprintf ("%s/pinentry-answer", name);

  world_write (w, rest, answer, strlen (answer));
  free (rest);
}

static void
seal (struct side *side, struct answer *a)
{
  answer_init (w, a);
  assert_int_equal (
    cf_gpg_secret_seal (side->gpg, &side->fpr, SECRET, strlen (SECRET), on_bytes, a, NULL), 0);
  answer_wait (a);
}

static void
open_sealed (struct side *side, const struct answer *sealed, struct answer *a)
{
  answer_init (w, a);
  assert_int_equal (cf_gpg_secret_open (side->gpg, &side->fpr, sealed->data, sealed->len, on_bytes, a, NULL), 0);
  answer_wait (a);
}

static void
assert_opens (struct side *side, const struct answer *sealed)
{
  struct answer a;

  open_sealed (side, sealed, &a);
  assert_int_equal (a.err, 0);
  assert_int_equal (a.len, strlen (SECRET));
  assert_memory_equal (a.data, SECRET, a.len);
  answer_clear (&a);
}

static void
test_seal_open (void **state)
{
  const char *names[] = { "ed25519", "rsa2048", "sign-subkey" };
  struct answer sealed, a;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    side_open (w, &w->alice, names[i]);
    seal (&w->alice, &sealed);
    assert_int_equal (sealed.err, 0);
    assert_opens (&w->alice, &sealed);
    sealed.data[sealed.len - 5] ^= 1;
    open_sealed (&w->alice, &sealed, &a);
    assert_int_not_equal (a.err, 0);
    answer_clear (&a);
    answer_clear (&sealed);
    side_close (&w->alice);
  }
}

/* The passphrase of the identity is asked by the user's pinentry; what goes
   wrong there is told as GnuPG's error, not as one of ours. */
static void
test_pinentry (void **state)
{
  struct answer sealed, a;

  (void) state;
  side_open (w, &w->alice, "passphrase");
  seal (&w->alice, &sealed);
  assert_int_equal (sealed.err, 0);
  answer_pinentry ("passphrase", "!cancel\n");
  open_sealed (&w->alice, &sealed, &a);
  assert_code (a.err, GPG_ERR_CANCELED);
  assert_int_equal (cf_err_info (a.err)->exit, CF_EXIT_AGENT);
  answer_clear (&a);
  answer_pinentry ("passphrase", "wrong\n");
  open_sealed (&w->alice, &sealed, &a);
  assert_code (a.err, GPG_ERR_BAD_PASSPHRASE);
  assert_int_not_equal (gpg_err_source (a.err), GPG_ERR_SOURCE_USER_1);
  assert_int_equal (cf_err_info (a.err)->exit, CF_EXIT_AGENT);
  answer_clear (&a);
  answer_pinentry ("passphrase", "!cancel\n");
  answer_init (w, &a);
  assert_int_equal (cf_gpg_statement_sign (w->alice.gpg, &w->alice.fpr, "device", "x", 1, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, GPG_ERR_CANCELED);
  assert_int_equal (cf_err_info (a.err)->exit, CF_EXIT_AGENT);
  answer_clear (&a);
  answer_pinentry ("passphrase", "correct horse\n");
  cf_gpg_set_prompt (w->alice.gpg, ":77", "/dev/pts/77", "vt77", "C.UTF-8");
  assert_opens (&w->alice, &sealed);
  world_shell (w, "grep -q 'OPTION ttyname=/dev/pts/77' $DIR/passphrase/pinentry-log && "
                  "grep -q 'OPTION ttytype=vt77' $DIR/passphrase/pinentry-log");
  answer_clear (&sealed);
  side_close (&w->alice);
}

static void
test_no_pinentry (void **state)
{
  static const char conf[] = "pinentry-program /nonexistent/pinentry\n";
  struct answer sealed, a;

  (void) state;
  side_open (w, &w->alice, "passphrase");
  seal (&w->alice, &sealed);
  assert_int_equal (sealed.err, 0);
  world_shell (w, "cp $DIR/passphrase/gpg-agent.conf $DIR/kept; gpgconf --homedir $DIR/passphrase --kill all");
  world_write (w, "passphrase/gpg-agent.conf", conf, sizeof conf - 1);
  open_sealed (&w->alice, &sealed, &a);
  assert_code (a.err, GPG_ERR_NO_PIN_ENTRY);
  assert_int_not_equal (gpg_err_source (a.err), GPG_ERR_SOURCE_USER_1);
  answer_clear (&a);
  world_shell (w, "gpgconf --homedir $DIR/passphrase --kill all; cp $DIR/kept $DIR/passphrase/gpg-agent.conf");

  answer_clear (&sealed);
  side_close (&w->alice);
}

/* An agent that cannot start, since something is where its socket should be. */
static void
test_no_agent (void **state)
{
  struct answer sealed, a;

  (void) state;
  side_open (w, &w->alice, "rsa2048");
  seal (&w->alice, &sealed);
  assert_int_equal (sealed.err, 0);
  world_shell (w, "gpgconf --homedir $DIR/rsa2048 --kill all; for i in 1 2 3 4 5; do "
                  "test -e $DIR/rsa2048/S.gpg-agent && sleep 1; done; mkdir -p $DIR/rsa2048/S.gpg-agent/x");
  open_sealed (&w->alice, &sealed, &a);
  assert_code (a.err, GPG_ERR_NO_AGENT);
  assert_int_not_equal (gpg_err_source (a.err), GPG_ERR_SOURCE_USER_1);
  answer_clear (&a);
  assert_int_equal (cf_gpg_statement_sign (w->alice.gpg, &w->alice.fpr, "device", "x", 1, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, GPG_ERR_NO_AGENT);
  answer_clear (&a);
  assert_int_equal (cf_gpg_secret_keys (w->alice.gpg, on_keys, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, GPG_ERR_NO_AGENT);
  answer_clear (&a);
  world_shell (w, "rm -r $DIR/rsa2048/S.gpg-agent");
  assert_opens (&w->alice, &sealed);
  answer_clear (&sealed);
  side_close (&w->alice);
}

/* No encryption subkey: a passphrase. */
static void
test_sign_only (void **state)
{
  struct answer sealed, a;

  (void) state;
  side_open (w, &w->alice, "sign-only");
  answer_pinentry ("sign-only", "!cancel\n");
  seal (&w->alice, &sealed);
  assert_code (sealed.err, GPG_ERR_CANCELED);
  assert_int_not_equal (gpg_err_source (sealed.err), GPG_ERR_SOURCE_USER_1);
  answer_clear (&sealed);
  answer_pinentry ("sign-only", "a long enough passphrase 17\n");
  seal (&w->alice, &sealed);
  assert_int_equal (sealed.err, 0);
  world_shell (w, "gpgconf --homedir $DIR/sign-only --kill all"); /* forgets what it cached */
  assert_opens (&w->alice, &sealed);
  world_shell (w, "gpgconf --homedir $DIR/sign-only --kill all");
  answer_pinentry ("sign-only", "another passphrase 18\n");
  open_sealed (&w->alice, &sealed, &a);
  assert_code (a.err, GPG_ERR_BAD_PASSPHRASE);
  assert_int_equal (cf_err_info (a.err)->exit, CF_EXIT_AGENT);
  assert_null (a.data);
  answer_clear (&a);
  answer_clear (&sealed);
  side_close (&w->alice);
}

/* An expired encryption subkey does not turn into a question for a passphrase. */
static void
test_expired (void **state)
{
  struct answer a;

  (void) state;
  side_open (w, &w->alice, "expired");
  seal (&w->alice, &a);
  assert_code (a.err, GPG_ERR_UNUSABLE_PUBKEY);
  answer_clear (&a);
  side_close (&w->alice);
}

/* The user's gpg.conf adds a reader; the store key has only one. */
static void
test_encrypt_to (void **state)
{
  struct answer a;
  char hex[CF_FPR_HEX_SIZE], *conf;
  struct cf_fpr other = world_fpr (w, "rsa2048");

  (void) state;
  side_open (w, &w->alice, "ed25519");
  world_shell (w, "gpg --homedir $DIR/rsa2048 --export 2>/dev/null | gpg --homedir $DIR/ed25519 --import 2>/dev/null");
  conf = cf_sprintf ("encrypt-to %s\narmor\n", cf_fpr_hex (&other, hex));
  world_write (w, "ed25519/gpg.conf", conf, strlen (conf));
  free (conf);
  seal (&w->alice, &a);
  assert_int_equal (a.err, 0);
  world_write (w, "sealed", a.data, a.len);
  world_shell (w, "test $(gpg --homedir $DIR/ed25519 --list-packets $DIR/sealed 2>/dev/null | grep -c 'pubkey enc') = 1");
  assert_opens (&w->alice, &a);
  answer_clear (&a);
  world_shell (w, "rm $DIR/ed25519/gpg.conf");
  side_close (&w->alice);
}

static void
test_generate (void **state)
{
  struct answer a, keys;

  (void) state;
  /* A home without a key, with a pinentry. */
  world_shell (w, "mkdir -m 700 $DIR/new; for f in pinentry gpg-agent.conf; do "
                  "sed \"s|$DIR/ed25519|$DIR/new|\" $DIR/ed25519/$f >$DIR/new/$f; done; chmod +x $DIR/new/pinentry; "
                  "echo new 0123456789012345678901234567890123456789 >>$DIR/keys.txt");
  side_open (w, &w->alice, "new");
  answer_init (w, &keys);
  assert_int_equal (cf_gpg_secret_keys (w->alice.gpg, on_keys, &keys, NULL), 0);
  answer_wait (&keys);
  assert_int_equal (keys.err, 0);
  assert_int_equal (keys.key_count, 0);
  answer_clear (&keys);

  answer_init (w, &a);
  assert_code (cf_gpg_identity_generate (w->alice.gpg, "A\nPassphrase: x", on_key, &a, NULL), GPG_ERR_INV_USER_ID);
  answer_pinentry ("new", "!cancel\n");
  assert_int_equal (cf_gpg_identity_generate (w->alice.gpg, "Zoë <zoe@example.org>", on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, GPG_ERR_CANCELED);
  assert_int_not_equal (gpg_err_source (a.err), GPG_ERR_SOURCE_USER_1);
  answer_clear (&a);

  answer_pinentry ("new", "a long enough passphrase 17\n");
  assert_int_equal (cf_gpg_identity_generate (w->alice.gpg, "Zoë <zoe@example.org>", on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  assert_string_equal (a.key.user_id, "Zoë <zoe@example.org>");
  assert_string_equal (a.key.algorithm, "ed25519");
  assert_true (a.key.has_secret && a.key.can_sign && a.key.can_encrypt);
  assert_int_equal (a.key.expires_utc_ms, 0);
  assert_int_equal (a.key.validity, CF_VALIDITY_ULTIMATE);
  w->alice.fpr = a.key.fpr;
  answer_clear (&a);

  assert_int_equal (cf_gpg_secret_keys (w->alice.gpg, on_keys, &keys, NULL), 0);
  answer_wait (&keys);
  assert_int_equal (keys.key_count, 1);
  assert_true (cf_fpr_equal (&keys.keys[0].fpr, &w->alice.fpr));
  answer_clear (&keys);
  side_close (&w->alice);
}

static void
test_export (void **state)
{
  struct answer a;
  struct cf_fpr unknown = world_fpr (w, "rsa2048");

  (void) state;
  side_open (w, &w->alice, "sign-subkey");
  answer_init (w, &a);
  assert_int_equal (cf_gpg_identity_export (w->alice.gpg, &w->alice.fpr, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  assert_true (a.len > 100 && a.data[0] & 0x80);
  answer_clear (&a);
  assert_int_equal (cf_gpg_key_lookup (w->alice.gpg, &w->alice.fpr, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  assert_true (a.key.has_secret);
  answer_clear (&a);
  assert_int_equal (cf_gpg_identity_export (w->alice.gpg, &unknown, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, GPG_ERR_NO_PUBKEY);
  answer_clear (&a);
  side_close (&w->alice);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_seal_open), cmocka_unit_test (test_pinentry),   cmocka_unit_test (test_no_pinentry),
    cmocka_unit_test (test_no_agent), cmocka_unit_test (test_sign_only), cmocka_unit_test (test_expired),    cmocka_unit_test (test_encrypt_to),
    cmocka_unit_test (test_generate),  cmocka_unit_test (test_export),
  };

  return cmocka_run_group_tests_name ("gpg/identity", tests, setup, world_end);
}
