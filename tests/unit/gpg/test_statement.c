/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_statement.c - statements: signed, believed, refused; with real gpg. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/gpg/fixture.h"

#define BYTES "confab device v1 and its fields"

static struct world *w;

/* Bob verifies; the others' keys have been imported into his conversation home. */
static int
setup (void **state)
{
  *state = w = world_new ("bob:ed25519 ed25519 rsa2048 nistp256 brainpoolP256r1 sign-only sign-subkey expired revoked "
                          "other:ed25519 hostile:ed25519 lapsed:expired");
  side_open (w, &w->bob, "bob");
  return 0;
}

/* Bob gets the public key of NAME, as it is in its home. */
static void
learn (const char *name)
{
  struct cf_fpr fpr = world_fpr (w, name);
  struct answer a;

  side_learn (w, &w->bob, name, &a);
  assert_int_equal (a.err, 0);
  assert_true (cf_fpr_equal (&a.key.fpr, &fpr));
  answer_clear (&a);
}

static gpg_error_t
verify (const char *name, const char *kind, const char *bytes, const void *sig, size_t len)
{
  struct cf_fpr fpr = world_fpr (w, name);
  struct answer a;

  answer_init (w, &a);
  assert_int_equal (cf_gpg_statement_verify (w->bob.gpg, CF_GPG_MESSAGE, &fpr, kind, bytes, strlen (bytes), sig, len,
                                             on_done, &a, NULL),
                    0);
  answer_wait (&a);
  return a.err;
}

static void
sign (struct side *side, struct answer *a)
{
  answer_init (w, a);
  assert_int_equal (
    cf_gpg_statement_sign (side->gpg, &side->fpr, "device", BYTES, strlen (BYTES), on_bytes, a, NULL), 0);
  answer_wait (a);
}

static void
export_own (struct side *side)
{
  struct answer a;

  answer_init (w, &a);
  assert_int_equal (cf_gpg_identity_export (side->gpg, &side->fpr, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
}

static void
test_every_algorithm (void **state)
{
  const char *names[] = { "ed25519", "rsa2048", "nistp256", "brainpoolP256r1", "sign-only", "sign-subkey" };
  struct answer a;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    side_open (w, &w->alice, names[i]);
    export_own (&w->alice);
    sign (&w->alice, &a);
    assert_int_equal (a.err, 0);
    assert_true (a.len && a.data[0] & 0x80);
    assert_code (verify (names[i], "device", BYTES, a.data, a.len), GPG_ERR_NO_PUBKEY);
    learn (names[i]);
    assert_int_equal (verify (names[i], "device", BYTES, a.data, a.len), 0);
    assert_code (verify (names[i], "store", BYTES, a.data, a.len), CF_ERR_STATEMENT);
    assert_code (verify (names[i], "devic", BYTES, a.data, a.len), CF_ERR_STATEMENT);
    assert_code (verify (names[i], "device", BYTES "!", a.data, a.len), CF_ERR_STATEMENT);
    assert_code (verify ("other", "device", BYTES, a.data, a.len), CF_ERR_STATEMENT);
    answer_clear (&a);
    side_close (&w->alice);
  }
}

/* What NAME's gpg makes with OPTIONS, put before Bob. */
static gpg_error_t
by_hand (const char *name, const char *options)
{
  gpg_error_t err;
  char *command;
  uint8_t *sig;
  size_t len;

  command = cf_sprintf ("N='--set-notation statement@confab.invalid=device'; printf %%s '" BYTES
                        "' | gpg --homedir $DIR/%s --quiet --yes --pinentry-mode loopback --passphrase '' "
                        "--output $DIR/sig %s 2>/dev/null",
                        name, options);
  world_shell (w, command);
  free (command);
  sig = world_read (w, "sig", &len);
  err = verify (name, "device", BYTES, sig, len);
  free (sig);
  return err;
}

static void
test_by_hand (void **state)
{
  (void) state;
  learn ("ed25519");
  assert_int_equal (by_hand ("ed25519", "$N -b"), 0);
  /* A file that was signed, or a statement of two kinds. */
  assert_code (by_hand ("ed25519", "-b"), CF_ERR_STATEMENT);
  assert_code (by_hand ("ed25519", "$N --set-notation statement@confab.invalid=store -b"), CF_ERR_STATEMENT);
  assert_code (by_hand ("ed25519", "--digest-algo SHA1 $N -b"), CF_ERR_STATEMENT);
  assert_code (by_hand ("ed25519", "$N -b; cat $DIR/sig $DIR/sig >$DIR/two; mv $DIR/two $DIR/sig; true"),
               CF_ERR_STATEMENT);
  assert_code (by_hand ("ed25519", "$N -s"), CF_ERR_STATEMENT);
  assert_code (by_hand ("ed25519", "$N --clearsign"), CF_ERR_STATEMENT);
}

/* The key is good when it signs, and then is not. */
static void
test_key_out_of_force (void **state)
{
  gpg_error_t err;

  (void) state;
  learn ("expired");
  err = by_hand ("expired", "$N --faked-system-time 20240101T120000 -b");
  assert_code (err, CF_ERR_KEY_EXPIRED);
  learn ("other");
  assert_int_equal (by_hand ("other", "$N -b"), 0);
  world_shell (w, "f=$(ls $DIR/other/openpgp-revocs.d/*.rev); sed 's/^:----/----/' $f | "
                  "gpg --homedir $DIR/other --quiet --import 2>/dev/null");
  learn ("other");
  {
    uint8_t *sig;
    size_t len;

    sig = world_read (w, "sig", &len);
    err = verify ("other", "device", BYTES, sig, len);
    assert_code (err, CF_ERR_KEY_REVOKED);
    free (sig);
  }
}

static gpg_error_t
verify_store (const char *name, const char *bytes)
{
  struct cf_fpr fpr = world_fpr (w, name);
  struct answer a;
  uint8_t *sig;
  size_t len;

  sig = world_read (w, "sig", &len);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_store_verify (w->bob.gpg, &fpr, bytes, strlen (bytes), sig, len, on_done, &a, NULL), 0);
  answer_wait (&a);
  free (sig);
  return a.err;
}

/* Our own store's statement holds when its key has expired since, by its own key alone; a revoked one's does not. */
static void
test_store_expired (void **state)
{
  static const char store[] = "--set-notation statement@confab.invalid=store --faked-system-time 20240101T120000 -b";
  static const char now[] = "--set-notation statement@confab.invalid=store -b";

  (void) state;
  learn ("lapsed");
  learn ("rsa2048");
  assert_code (by_hand ("lapsed", "$N --faked-system-time 20240101T120000 -b"), CF_ERR_KEY_EXPIRED);
  assert_code (verify_store ("lapsed", BYTES), CF_ERR_STATEMENT); /* a statement of another kind */
  assert_code (by_hand ("lapsed", store), CF_ERR_KEY_EXPIRED);
  assert_int_equal (verify_store ("lapsed", BYTES), 0);
  assert_code (verify_store ("lapsed", BYTES "!"), CF_ERR_STATEMENT);
  assert_code (verify_store ("rsa2048", BYTES), CF_ERR_STATEMENT);
  assert_code (by_hand ("lapsed", "--digest-algo SHA1 --set-notation statement@confab.invalid=store "
                                  "--faked-system-time 20240101T120000 -b"),
               CF_ERR_KEY_EXPIRED);
  assert_code (verify_store ("lapsed", BYTES), CF_ERR_STATEMENT);
  assert_code (by_hand ("rsa2048", now), CF_ERR_STATEMENT);
  assert_int_equal (verify_store ("rsa2048", BYTES), 0); /* one in force */
  assert_code (by_hand ("lapsed", store), CF_ERR_KEY_EXPIRED);
  world_shell (w, "f=$(ls $DIR/lapsed/openpgp-revocs.d/*.rev); sed 's/^:----/----/' $f | "
                  "gpg --homedir $DIR/lapsed --quiet --import 2>/dev/null");
  learn ("lapsed");
  assert_code (verify_store ("lapsed", BYTES), CF_ERR_KEY_REVOKED);
}

static void
test_garbage (void **state)
{
  static uint8_t big[CF_GPG_SIGNATURE_MAX + 1];
  struct cf_fpr fpr = world_fpr (w, "ed25519");
  struct answer a;

  (void) state;
  learn ("ed25519");
  assert_code (verify ("ed25519", "device", BYTES, "garbage", 7), CF_ERR_STATEMENT);
  assert_code (verify ("ed25519", "device", BYTES, big, 100), CF_ERR_STATEMENT);
  answer_init (w, &a);
  assert_code (cf_gpg_statement_verify (w->bob.gpg, CF_GPG_MESSAGE, &fpr, "device", "x", 1, big, sizeof big, on_done, &a,
                                        NULL),
               GPG_ERR_TOO_LARGE);
  assert_code (
    cf_gpg_statement_verify (w->bob.gpg, CF_GPG_MESSAGE, &fpr, "device", "x", 1, big, 0, on_done, &a, NULL),
    CF_ERR_STATEMENT);
  assert_code (
    cf_gpg_statement_verify (w->bob.gpg, CF_GPG_MESSAGE, &fpr, "a=b", "x", 1, big, 9, on_done, &a, NULL),
    GPG_ERR_INV_ARG);
}

/* What the user's gpg.conf does to signatures is mended or found. */
static void
test_hostile_conf (void **state)
{
  static const char armor[] = "armor\nencrypt-to ED25519-NOBODY\n", sha1[] = "digest-algo SHA1\n";
  char *two, hex[CF_FPR_HEX_SIZE];
  struct answer a;
  struct cf_fpr second;

  (void) state;
  side_open (w, &w->alice, "hostile");
  export_own (&w->alice);
  world_write (w, "hostile/gpg.conf", armor, sizeof armor - 1);
  sign (&w->alice, &a);
  assert_int_equal (a.err, 0);
  learn ("hostile");
  assert_int_equal (verify ("hostile", "device", BYTES, a.data, a.len), 0);
  assert_true (a.data[0] & 0x80);
  answer_clear (&a);

  world_write (w, "hostile/gpg.conf", sha1, sizeof sha1 - 1);
  sign (&w->alice, &a);
  assert_code (a.err, CF_ERR_STATEMENT);
  answer_clear (&a);

  world_write (w, "hostile/gpg.conf", "", 0);
  world_shell (w, "gpg --homedir $DIR/hostile --batch --quiet --pinentry-mode loopback --passphrase '' "
                  "--quick-gen-key second@example.org future-default - never 2>/dev/null; "
                  "gpg --homedir $DIR/hostile --with-colons -k second@example.org 2>/dev/null | "
                  "awk -F: '$1 == \"fpr\" { print \"second\", $10; exit }' >>$DIR/keys.txt");
  second = world_fpr (w, "second");
  two = cf_sprintf ("local-user %s\n", cf_fpr_hex (&second, hex));
  world_write (w, "hostile/gpg.conf", two, strlen (two));
  sign (&w->alice, &a);
  assert_int_not_equal (a.err, 0);
  assert_null (a.data);
  answer_clear (&a);
  free (two);
  side_close (&w->alice);
}

static void
test_no_identity (void **state)
{
  struct cf_fpr fpr = world_fpr (w, "rsa2048");
  struct answer a;

  (void) state;
  answer_init (w, &a);
  assert_int_equal (cf_gpg_statement_sign (w->bob.gpg, &fpr, "device", "x", 1, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, CF_ERR_NO_IDENTITY);
  answer_clear (&a);
  /* Signing imports what is missing, but only what the user has. */
  sign (&w->bob, &a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_every_algorithm), cmocka_unit_test (test_by_hand),
    cmocka_unit_test (test_key_out_of_force), cmocka_unit_test (test_store_expired), cmocka_unit_test (test_garbage),
    cmocka_unit_test (test_hostile_conf),    cmocka_unit_test (test_no_identity),
  };

  return cmocka_run_group_tests_name ("gpg/statement", tests, setup, world_end);
}
