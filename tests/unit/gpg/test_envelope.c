/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_envelope.c - conversation keys, and messages between them, with real gpg. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/gpg/fixture.h"

/* One conversation: the keys of both sides. */
static struct world *w;
static uint8_t alice_pass[CF_GPG_PASSPHRASE_LEN], bob_pass[CF_GPG_PASSPHRASE_LEN];
static struct cf_fpr alice_key, bob_key, eve_key;
static struct cf_fpr to_bob[2], to_alice[2];

static void
exchange (struct side *from, struct side *to, const uint8_t *pass, struct cf_fpr *r_fpr)
{
  struct answer a;

  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_new (from->gpg, pass, on_newkey, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  assert_int_equal (cf_gpg_block_fpr (a.data, a.len, r_fpr), 0); /* what its bytes say is what gpg says */
  assert_true (cf_fpr_equal (r_fpr, &a.fpr));
  if (to) {
    struct answer b;

    answer_init (w, &b);
    assert_int_equal (cf_gpg_conversation_key_import (to->gpg, a.data, a.len, on_key, &b, NULL), 0);
    answer_wait (&b);
    assert_int_equal (b.err, 0);
    assert_true (cf_fpr_equal (&b.key.fpr, r_fpr));
    assert_int_equal (b.key.state, CF_KEY_OK);
    assert_string_equal (b.key.algorithm, "ed25519");
    answer_clear (&b);
  }
  answer_clear (&a);
}

static struct cf_fpr lapsed_key, revoked_key, two_key; /* more of Alice's, for what becomes of a signer */

static int
setup (void **state)
{
  *state = w = world_new ("alice:ed25519 bob:ed25519");
  side_open (w, &w->alice, "alice");
  side_open (w, &w->bob, "bob");
  cf_env_random (&w->env, alice_pass, sizeof alice_pass);
  cf_env_random (&w->env, bob_pass, sizeof bob_pass);
  exchange (&w->alice, &w->bob, alice_pass, &alice_key);
  exchange (&w->bob, &w->alice, bob_pass, &bob_key);
  exchange (&w->alice, &w->bob, alice_pass, &eve_key); /* another one of Alice's */
  to_bob[0] = bob_key;
  to_bob[1] = alice_key;
  to_alice[0] = alice_key;
  to_alice[1] = bob_key;
  return 0;
}

/* What Alice seals with her key FROM to RECIPIENTS. */
static void
seal (struct answer *a, const struct cf_fpr *from, const struct cf_fpr *recipients, size_t count, const void *plain,
      size_t len)
{
  struct cf_gpg_envelope_keys keys = { from, alice_pass, NULL, recipients, count };

  answer_init (w, a);
  assert_int_equal (cf_gpg_envelope_seal (w->alice.gpg, &keys, plain, len, on_bytes, a, NULL), 0);
  answer_wait (a);
}

/* Bob opens it as something by SIGNER to him and Alice. */
static void
open_as_by (struct answer *a, const struct cf_fpr *signer, const void *sealed, size_t len)
{
  struct cf_gpg_envelope_keys keys = { &bob_key, bob_pass, signer, to_bob, 2 };

  answer_init (w, a);
  assert_int_equal (cf_gpg_envelope_open (w->bob.gpg, &keys, sealed, len, on_bytes, a, NULL), 0);
  answer_wait (a);
}

/* By Alice. */
static void
open_at_bob (struct answer *a, const void *sealed, size_t len)
{
  open_as_by (a, &alice_key, sealed, len);
}

/* Alice's gpg by hand, with her conversation key and its passphrase. */
static void
by_hand (struct answer *a, const char *before, const char *options)
{
  char pass[2 * CF_GPG_PASSPHRASE_LEN + 1], alice[CF_FPR_HEX_SIZE], bob[CF_FPR_HEX_SIZE], eve[CF_FPR_HEX_SIZE];
  char *command;
  size_t len;
  uint8_t *data;

  cf_hex (alice_pass, sizeof alice_pass, pass);
  command = cf_sprintf ("A=%s B=%s E=%s P=%s; G=\"gpg --homedir $DIR/alice.c --quiet --yes --pinentry-mode loopback "
                        "--passphrase $P\"; "
                        "exec 2>/dev/null; %s $G --output $DIR/made.gpg %s",
                        cf_fpr_hex (&alice_key, alice), cf_fpr_hex (&bob_key, bob), cf_fpr_hex (&eve_key, eve), pass,
                        before, options);
  world_shell (w, command);
  free (command);
  data = world_read (w, "made.gpg", &len);
  open_at_bob (a, data, len);
  free (data);
}

static void
test_round_trip (void **state)
{
  static uint8_t big[600000];
  struct answer sealed, opened;
  const size_t sizes[] = { 0, 1, 1000, sizeof big };
  size_t i;

  (void) state;
  cf_env_random (&w->env, big, sizeof big);
  for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    seal (&sealed, &alice_key, to_bob, 2, big, sizes[i]);
    assert_int_equal (sealed.err, 0);
    open_at_bob (&opened, sealed.data, sealed.len);
    assert_int_equal (opened.err, 0);
    assert_int_equal (opened.len, sizes[i]);
    assert_memory_equal (opened.data, big, sizes[i]);
    answer_clear (&opened);
    answer_clear (&sealed);
  }
}

/* The sender can read what it sent. */
static void
test_sender_opens (void **state)
{
  struct cf_gpg_envelope_keys keys = { &alice_key, alice_pass, &alice_key, to_bob, 2 };
  struct answer sealed, opened;

  (void) state;
  seal (&sealed, &alice_key, to_bob, 2, "hello", 5);
  answer_init (w, &opened);
  assert_int_equal (cf_gpg_envelope_open (w->alice.gpg, &keys, sealed.data, sealed.len, on_bytes, &opened, NULL), 0);
  answer_wait (&opened);
  assert_int_equal (opened.err, 0);
  assert_memory_equal (opened.data, "hello", 5);
  answer_clear (&opened);
  answer_clear (&sealed);
}

static void
expect_forgery (struct answer *a)
{
  assert_code (a->err, CF_ERR_FORGERY);
  assert_null (a->data);
  answer_clear (a);
}

static void
test_wrong_signer (void **state)
{
  struct answer sealed, opened;

  (void) state;
  seal (&sealed, &eve_key, to_bob, 2, "hello", 5);
  assert_int_equal (sealed.err, 0);
  open_at_bob (&opened, sealed.data, sealed.len);
  expect_forgery (&opened);
  answer_clear (&sealed);
}

static void
test_recipients_differ (void **state)
{
  const struct cf_fpr more[] = { bob_key, alice_key, eve_key }, swapped[] = { alice_key, bob_key };
  struct answer sealed, opened;

  (void) state;
  seal (&sealed, &alice_key, more, 3, "hello", 5);
  assert_int_equal (sealed.err, 0);
  open_at_bob (&opened, sealed.data, sealed.len);
  expect_forgery (&opened);
  answer_clear (&sealed);
  seal (&sealed, &alice_key, swapped, 2, "hello", 5);
  assert_int_equal (sealed.err, 0);
  open_at_bob (&opened, sealed.data, sealed.len);
  expect_forgery (&opened);
  answer_clear (&sealed);
  seal (&sealed, &alice_key, more, 1, "hello", 5);
  assert_int_equal (sealed.err, 0);
  open_at_bob (&opened, sealed.data, sealed.len);
  expect_forgery (&opened);
  answer_clear (&sealed);
}

/* What these make must be opened when made rightly, or the refusals below
   would prove nothing. */
static void
test_by_hand_is_right (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello |", "-r $B -r $A -u $A -se");
  assert_int_equal (a.err, 0);
  assert_memory_equal (a.data, "hello\n", 6);
  answer_clear (&a);
}

/* Clocks differ: a message, and a key, of some minutes from now. */
static void
test_clock_ahead (void **state)
{
  struct cf_gpg_envelope_keys keys = { &bob_key, bob_pass, NULL, NULL, 2 };
  struct cf_fpr late, list[2];
  struct answer a;
  uint8_t *data;
  size_t len;

  (void) state;
  by_hand (&a, "echo hello |", "--faked-system-time $(date -u -d '+8 minutes' +%Y%m%dT%H%M%S) -r $B -r $A -u $A -se");
  assert_int_equal (a.err, 0);
  answer_clear (&a);

  world_shell (w, "mkdir -m 700 $DIR/late; G=\"gpg --homedir $DIR/late --batch --quiet --pinentry-mode loopback "
                  "--faked-system-time $(date -u -d '+8 minutes' +%Y%m%dT%H%M%S)\"; exec 2>/dev/null; "
                  "$G --passphrase '' --quick-gen-key late future-default - never; $G --export >$DIR/late.pub; "
                  "echo late $($G --with-colons -k | awk -F: '$1 == \"fpr\" { print $10; exit }') >>$DIR/keys.txt; "
                  "gpg --homedir $DIR/bob.c --export >$DIR/bob.pub; $G --import $DIR/bob.pub");
  late = world_fpr (w, "late");
  data = world_read (w, "late.pub", &len);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_import (w->bob.gpg, data, len, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  free (data);

  /* Bob writes to the key, and reads what it signed. */
  list[0] = late;
  list[1] = bob_key;
  keys.recipients = list;
  assert_int_equal (cf_gpg_envelope_seal (w->bob.gpg, &keys, "hello", 5, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  {
    char hex[CF_FPR_HEX_SIZE], *command;

    command = cf_sprintf ("echo hello | gpg --homedir $DIR/late --batch --yes --quiet --pinentry-mode loopback "
                          "--passphrase '' --trust-model always --faked-system-time "
                          "$(date -u -d '+8 minutes' +%%Y%%m%%dT%%H%%M%%S) --output $DIR/made.gpg -r late -r %s -se "
                          "2>/dev/null; gpgconf --homedir $DIR/late --kill all",
                          cf_fpr_hex (&bob_key, hex));
    world_shell (w, command);
    free (command);
  }
  data = world_read (w, "made.gpg", &len);
  keys.signer = &late;
  assert_int_equal (cf_gpg_envelope_open (w->bob.gpg, &keys, data, len, on_bytes, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  free (data);
}

static void
test_symmetric_recipient (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello |", "-r $B -r $A -u $A -c -se");
  expect_forgery (&a);
}

static void
test_no_signature (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello |", "-r $B -r $A -e");
  expect_forgery (&a);
}

static void
test_two_signatures (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello |", "-r $B -r $A -u $A -u $E -se");
  expect_forgery (&a);
  by_hand (&a, "echo hello |", "-r $B -r $A -u $E -u $A -se");
  expect_forgery (&a);
}

static void
test_sha1_signature (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello |", "--digest-algo SHA1 -r $B -r $A -u $A -se");
  expect_forgery (&a);
}

static void
test_no_integrity (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello |", "--rfc2440 --disable-mdc --cipher-algo 3DES -r $B -r $A -u $A -se");
  if (!a.err)
    fail_msg ("a message without integrity protection was opened");
  answer_clear (&a);
}

static void
test_bomb (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "head -c 8388608 /dev/zero |", "--max-output 0 --compress-algo zip -z 9 -r $B -r $A -u $A -se");
  assert_code (a.err, GPG_ERR_TOO_LARGE);
  assert_null (a.data);
  answer_clear (&a);
}

/* A shell command in which G is Alice's gpg with her passphrase, Q Bob's, and K the fingerprint of KEY. */
static void
key_shell (const struct cf_fpr *key, const char *script)
{
  char pass[2 * CF_GPG_PASSPHRASE_LEN + 1], hex[CF_FPR_HEX_SIZE], *command;

  cf_hex (alice_pass, sizeof alice_pass, pass);
  command = cf_sprintf ("K=%s; G=\"gpg --homedir $DIR/alice.c --quiet --yes --pinentry-mode loopback --passphrase %s\"; "
                        "Q=\"gpg --homedir $DIR/bob.c --quiet --yes\"; exec 2>/dev/null; %s",
                        cf_fpr_hex (key, hex), pass, script);
  world_shell (w, command);
  free (command);
}

/* The same message, first while its signer's key was in force, then when SCRIPT has come over it at Bob's. */
static void
expect_signer_falls (const struct cf_fpr *key, const char *script)
{
  struct answer sealed, opened;

  seal (&sealed, key, to_bob, 2, "hello", 5);
  assert_int_equal (sealed.err, 0);
  open_as_by (&opened, key, sealed.data, sealed.len);
  assert_int_equal (opened.err, 0);
  answer_clear (&opened);
  key_shell (key, script);
  open_as_by (&opened, key, sealed.data, sealed.len);
  expect_forgery (&opened);
  answer_clear (&sealed);
}

/* No key of a peer changes here once it is imported; but if a disk were tampered with, this is the second lock. */
static void
test_revoked_signer (void **state)
{
  (void) state;
  exchange (&w->alice, &w->bob, alice_pass, &revoked_key);
  expect_signer_falls (&revoked_key, "printf 'y\\n0\\n\\ny\\n' | $G --no-batch --command-fd 0 --armor --gen-revoke $K >$DIR/rev; "
                                     "$Q --import $DIR/rev; $Q --with-colons -k $K | grep -q '^pub:r'");
}

static void
test_expired_signer (void **state)
{
  (void) state;
  exchange (&w->alice, &w->bob, alice_pass, &lapsed_key);
  expect_signer_falls (&lapsed_key, "$G --quick-set-expire $K seconds=1; $G --export $K | $Q --import; "
                                    "for i in $(seq 300); do $Q --with-colons -k $K | grep -q '^pub:e' && exit 0; "
                                    "sleep 0.1; done; exit 1");
}

/* Envelopes are signed by the primary, and by nothing else, whatever the key may hold. */
static void
test_subkey_signer (void **state)
{
  struct answer a;
  uint8_t *data;
  size_t len;
  char hex[CF_FPR_HEX_SIZE], other[CF_FPR_HEX_SIZE], *script;

  (void) state;
  exchange (&w->alice, &w->bob, alice_pass, &two_key);
  script = cf_sprintf ("$G --quick-add-key $K ed25519 sign never; $G --export $K | $Q --import; "
                       "S=$($G --with-colons -k $K | awk -F: '$1 == \"sub\" { s = $12 ~ /s/ } "
                       "$1 == \"fpr\" && s { print $10; exit }'); test -n \"$S\"; "
                       "echo hello | $G --output $DIR/by-sub -r %s -r %s -u $S! -se; "
                       "echo hello | $G --output $DIR/by-primary -r %s -r %s -u $K! -se",
                       cf_fpr_hex (&bob_key, hex), cf_fpr_hex (&alice_key, other), hex, other);
  key_shell (&two_key, script);
  free (script);
  data = world_read (w, "by-primary", &len);
  open_as_by (&a, &two_key, data, len);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  free (data);
  data = world_read (w, "by-sub", &len);
  open_as_by (&a, &two_key, data, len);
  expect_forgery (&a);
  free (data);
}

/* What is signed, and then more that nobody signed: inside the encryption, where the packet headers do not tell. */
static void
test_two_literals (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello | $G --compress-algo none --output $DIR/signed -u $A -s; cat $DIR/signed |",
           "--no-literal --compress-algo none -r $B -r $A -e");
  assert_int_equal (a.err, 0);
  assert_memory_equal (a.data, "hello\n", 6);
  answer_clear (&a);
  by_hand (&a, "printf '\\313\\013b\\000\\000\\000\\000\\000evil\\n' >$DIR/literal; cat $DIR/signed $DIR/literal |",
           "--no-literal --compress-algo none -r $B -r $A -e");
  if (!a.err)
    fail_msg ("a second literal packet was taken: %.*s", (int) a.len, (const char *) a.data);
  answer_clear (&a);
  by_hand (&a, "cat $DIR/literal $DIR/signed |", "--no-literal --compress-algo none -r $B -r $A -e");
  if (!a.err)
    fail_msg ("a first literal packet was taken: %.*s", (int) a.len, (const char *) a.data);
  answer_clear (&a);
}

static void
test_signed_only (void **state)
{
  struct answer a;

  (void) state;
  by_hand (&a, "echo hello |", "-u $A -s");
  expect_forgery (&a);
}

/* A message, then another one behind it. */
static void
test_two_messages (void **state)
{
  struct answer sealed, opened;
  uint8_t *twice;

  (void) state;
  seal (&sealed, &alice_key, to_bob, 2, "hello", 5);
  twice = malloc (2 * sealed.len);
  assert_non_null (twice);
  memcpy (twice, sealed.data, sealed.len);
  memcpy (twice + sealed.len, sealed.data, sealed.len);
  open_at_bob (&opened, twice, 2 * sealed.len);
  expect_forgery (&opened);
  free (twice);
  answer_clear (&sealed);
}

/* A flipped byte is noticed, unless it is in the session key for Alice, the
   second packet, which Bob's gpg does not look at. */
static void
test_flipped (void **state)
{
  struct answer sealed, opened;
  size_t i;

  (void) state;
  seal (&sealed, &alice_key, to_bob, 2, "hello", 5);
  for (i = 0; i < sealed.len; i += 37) {
    sealed.data[i] ^= 0x10;
    open_at_bob (&opened, sealed.data, sealed.len);
    if (i < 96 || i >= 192)
      assert_int_not_equal (opened.err, 0);
    if (!opened.err)
      assert_memory_equal (opened.data, "hello", 5);
    answer_clear (&opened);
    sealed.data[i] ^= 0x10;
  }
  open_at_bob (&opened, sealed.data, sealed.len / 2);
  expect_forgery (&opened);
  answer_clear (&sealed);
}

static void
test_wrong_passphrase (void **state)
{
  struct cf_gpg_envelope_keys keys = { &bob_key, alice_pass, &alice_key, to_bob, 2 };
  struct answer sealed, opened;

  (void) state;
  seal (&sealed, &alice_key, to_bob, 2, "hello", 5);
  answer_init (w, &opened);
  assert_int_equal (cf_gpg_envelope_open (w->bob.gpg, &keys, sealed.data, sealed.len, on_bytes, &opened, NULL), 0);
  answer_wait (&opened);
  assert_int_not_equal (opened.err, 0);
  assert_null (opened.data);
  answer_clear (&opened);
  answer_clear (&sealed);
}

static void
test_limits (void **state)
{
  static uint8_t big[CF_GPG_PLAIN_MAX + 1];
  struct cf_gpg_envelope_keys keys = { &alice_key, alice_pass, NULL, to_bob, 2 };
  struct answer a;

  (void) state;
  answer_init (w, &a);
  assert_code (cf_gpg_envelope_seal (w->alice.gpg, &keys, big, sizeof big, on_bytes, &a, NULL), GPG_ERR_TOO_LARGE);
  keys.recipient_count = CF_GPG_RECIPIENTS_MAX + 1;
  assert_code (cf_gpg_envelope_seal (w->alice.gpg, &keys, big, 1, on_bytes, &a, NULL), GPG_ERR_INV_ARG);
  assert_int_equal (a.count, 0);
}

/* Both ways at once, more than may work at once; a cancelled one stays silent. */
static void
test_many_at_once (void **state)
{
  struct cf_gpg_envelope_keys keys = { &alice_key, alice_pass, NULL, to_bob, 2 };
  struct answer a[12];
  struct cf_gpg_job *job;
  size_t i;

  (void) state;
  for (i = 0; i < 12; i++) {
    answer_init (w, &a[i]);
    assert_int_equal (cf_gpg_envelope_seal (w->alice.gpg, &keys, "hello", 5, on_bytes, &a[i], &job), 0);
    assert_int_equal (a[i].count, 0);
    if (i == 7)
      cf_gpg_cancel (w->alice.gpg, job);
  }
  event_base_loop (w->base, EVLOOP_ONCE); /* the first four have started */
  for (i = 0; i < 12; i++) {
    if (i == 7)
      continue;
    if (!a[i].count)
      answer_wait (&a[i]);
    assert_int_equal (a[i].err, 0);
    answer_clear (&a[i]);
  }
  assert_int_equal (a[7].count, 0);
}

static void
test_cancel_running (void **state)
{
  struct cf_gpg_envelope_keys keys = { &alice_key, alice_pass, NULL, to_bob, 2 };
  struct cf_gpg_job *job;
  struct answer a, b;

  (void) state;
  answer_init (w, &a);
  assert_int_equal (cf_gpg_envelope_seal (w->alice.gpg, &keys, "hello", 5, on_bytes, &a, &job), 0);
  event_base_loop (w->base, EVLOOP_ONCE);
  cf_gpg_cancel (w->alice.gpg, job);
  seal (&b, &alice_key, to_bob, 2, "hello", 5);
  assert_int_equal (b.err, 0);
  assert_int_equal (a.count, 0);
  answer_clear (&b);
}

static int
count_descriptors (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  int n = 0;

  assert_non_null (dir);
  while (readdir (dir))
    n++;
  closedir (dir);
  return n;
}

/* Neither what ended nor what was cut off in the middle leaves a descriptor. */
static void
test_no_descriptors_left (void **state)
{
  struct cf_gpg_envelope_keys keys = { &alice_key, alice_pass, NULL, to_bob, 2 };
  struct cf_gpg_job *job;
  struct answer a;
  int i, before;

  (void) state;
  before = count_descriptors ();
  for (i = 0; i < 5; i++) {
    answer_init (w, &a);
    assert_int_equal (cf_gpg_envelope_seal (w->alice.gpg, &keys, "hello", 5, on_bytes, &a, &job), 0);
    event_base_loop (w->base, EVLOOP_ONCE);
    event_base_loop (w->base, EVLOOP_ONCE);
    cf_gpg_cancel (w->alice.gpg, job);
    seal (&a, &alice_key, to_bob, 2, "hello", 5);
    assert_int_equal (a.err, 0);
    answer_clear (&a);
  }
  /* Fewer: contexts at rest keep a few until they are used again. */
  assert_true (count_descriptors () <= before);
}

/* An agent that was ended is started again by the next operation. */
static void
test_agent_ended (void **state)
{
  struct answer sealed, opened;

  (void) state;
  seal (&sealed, &alice_key, to_bob, 2, "hello", 5);
  world_shell (w, "gpgconf --homedir $DIR/bob.c --kill all");
  open_at_bob (&opened, sealed.data, sealed.len);
  assert_int_equal (opened.err, 0);
  answer_clear (&opened);
  answer_clear (&sealed);
}

/* Alice is shown a key of her own. */
static void
test_own_key_reflected (void **state)
{
  struct answer a;
  uint8_t *block;
  char hex[CF_FPR_HEX_SIZE], *command;
  size_t len;

  (void) state;
  command = cf_sprintf ("gpg --homedir $DIR/alice.c --yes --output $DIR/block --export %s 2>/dev/null",
                        cf_fpr_hex (&alice_key, hex));
  world_shell (w, command);
  free (command);
  block = world_read (w, "block", &len);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_import (w->alice.gpg, block, len, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_code (a.err, CF_ERR_KEY_WRONG);
  answer_clear (&a);
  /* Bob may be shown it as often as Alice likes. */
  assert_int_equal (cf_gpg_conversation_key_import (w->bob.gpg, block, len, on_key, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  free (block);
}

static void
test_delete (void **state)
{
  struct answer a, sealed;
  struct cf_fpr key;
  char hex[CF_FPR_HEX_SIZE], *command;
  int i;

  (void) state;
  exchange (&w->alice, NULL, alice_pass, &key);
  for (i = 0; i < 2; i++) {
    answer_init (w, &a);
    assert_int_equal (cf_gpg_conversation_key_delete (w->alice.gpg, &key, on_done, &a, NULL), 0);
    answer_wait (&a);
    assert_int_equal (a.err, 0);
  }
  command = cf_sprintf ("! gpg --homedir $DIR/alice.c -k %s 2>/dev/null && ! test -e "
                        "$DIR/alice.c/openpgp-revocs.d/%s.rev && test $(ls $DIR/alice.c/private-keys-v1.d | wc -l) = 4",
                        cf_fpr_hex (&key, hex), hex);
  world_shell (w, command);
  free (command);
  seal (&sealed, &key, to_bob, 2, "hello", 5);
  assert_code (sealed.err, GPG_ERR_NO_PUBKEY);
  answer_clear (&sealed);
}

static struct {
  gpg_error_t err;
  struct cf_fpr fprs[64];
  size_t count;
} pairs;

static void
on_pairs (void *arg, gpg_error_t err, const struct cf_fpr *fprs, size_t count)
{
  pairs.err = err;
  pairs.count = count;
  assert_true (count <= sizeof pairs.fprs / sizeof *pairs.fprs);
  for (size_t i = 0; i < count; i++)
    pairs.fprs[i] = fprs[i];
  on_done (arg, err);
}

static bool
is_listed (const struct cf_fpr *fpr)
{
  for (size_t i = 0; i < pairs.count; i++)
    if (cf_fpr_equal (&pairs.fprs[i], fpr))
      return true;
  return false;
}

/* Pairs are told, also one whose mark was lost; not public keys, nor what somebody put there by hand. */
static void
test_pairs (void **state)
{
  struct answer a;
  struct cf_fpr key;
  char hex[CF_FPR_HEX_SIZE], *command;

  (void) state;
  exchange (&w->alice, NULL, alice_pass, &key);
  command = cf_sprintf ("rm $DIR/alice.c/frozen/%s && gpg --homedir $DIR/alice.c --batch --pinentry-mode loopback "
                        "--passphrase '' --quick-generate-key mine ed25519 2>/dev/null",
                        cf_fpr_hex (&key, hex));
  world_shell (w, command);
  free (command);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_keys (w->alice.gpg, on_pairs, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (pairs.err, 0);
  assert_true (is_listed (&key) && is_listed (&alice_key) && !is_listed (&bob_key));
  command = cf_sprintf ("test %zu = $(( $(gpg --homedir $DIR/alice.c --with-colons -K 2>/dev/null | grep -c ^sec) - 1 ))",
                        pairs.count);
  world_shell (w, command);
  free (command);
  answer_clear (&a);
  assert_int_equal (cf_gpg_conversation_key_delete (w->alice.gpg, &key, on_done, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  assert_int_equal (cf_gpg_conversation_keys (w->alice.gpg, on_pairs, &a, NULL), 0);
  answer_wait (&a);
  assert_false (is_listed (&key));
  answer_clear (&a);
  world_shell (w, "gpg --homedir $DIR/alice.c --batch --yes --delete-secret-and-public-key "
                  "$(gpg --homedir $DIR/alice.c --with-colons -K mine | sed -n 's/^fpr:*\\([0-9A-F]*\\):.*/\\1/p' | head -1)");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_round_trip),       cmocka_unit_test (test_sender_opens),
    cmocka_unit_test (test_wrong_signer),     cmocka_unit_test (test_recipients_differ),
    cmocka_unit_test (test_by_hand_is_right), cmocka_unit_test (test_clock_ahead),
    cmocka_unit_test (test_symmetric_recipient),
    cmocka_unit_test (test_no_signature),     cmocka_unit_test (test_two_signatures),
    cmocka_unit_test (test_sha1_signature),   cmocka_unit_test (test_no_integrity),
    cmocka_unit_test (test_bomb),             cmocka_unit_test (test_signed_only),
    cmocka_unit_test (test_two_messages),     cmocka_unit_test (test_flipped),
    cmocka_unit_test (test_wrong_passphrase), cmocka_unit_test (test_limits),
    cmocka_unit_test (test_many_at_once),     cmocka_unit_test (test_cancel_running),
    cmocka_unit_test (test_no_descriptors_left), cmocka_unit_test (test_agent_ended),
    cmocka_unit_test (test_own_key_reflected), cmocka_unit_test (test_delete),
    cmocka_unit_test (test_pairs),
    cmocka_unit_test (test_revoked_signer),   cmocka_unit_test (test_expired_signer),
    cmocka_unit_test (test_subkey_signer),    cmocka_unit_test (test_two_literals),
  };

  return cmocka_run_group_tests_name ("gpg/envelope", tests, setup, world_end);
}
