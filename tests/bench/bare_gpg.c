/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bare_gpg.c - what the OpenPGP operations under Confab cost by themselves.
 *
 * Usage: bare_gpg [N [BYTES]]      makes a throw-away home, times each operation N times (default 25) with one
 * context, on a text of BYTES (default 200).  Prints a JSON object: operation -> median in milliseconds.  The
 * baseline that the other benches divide by.
 */

#include <gpgme.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CHECK(call)                                                                                          \
  do {                                                                                                       \
    gpgme_error_t e_ = (call);                                                                               \
    if (e_) {                                                                                                \
      fprintf (stderr, "bare_gpg.c:%d: %s\n", __LINE__, gpgme_strerror (e_));                                \
      exit (1);                                                                                              \
    }                                                                                                        \
  } while (0)

enum { OP_SEAL, OP_OPEN, OP_SIGN, OP_VERIFY, OP_MAKE, OP_DECRYPT, OP_LIST, OP_COUNT };
static const char *const op_names[OP_COUNT] = { "sign_encrypt", "decrypt_verify", "sign", "verify",
                                                "make_key",     "decrypt",        "list" };

static double
now_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static char home[] = "/tmp/cf-bare.XXXXXX";

static void
remove_home (void)
{
  char command[256];

  snprintf (command, sizeof command, "gpgconf --homedir %s --kill all; rm -rf %s", home, home);
  if (system (command))
    fprintf (stderr, "bare_gpg: %s is left over\n", home);
}

/* As Confab's own home has it.  Without it each new key would make gpg compute the web of trust anew, at the
   next decrypt+verify: 35 ms that Confab does not spend either. */
static void
write_conf (void)
{
  char path[64];
  FILE *f;

  snprintf (path, sizeof path, "%s/gpg.conf", home);
  f = fopen (path, "w");
  if (!f || fputs ("trust-model always\nno-auto-check-trustdb\n", f) < 0 || fclose (f))
    exit (1);
}

/* One operation of GPGME's: an Ed25519 primary with a cv25519 subkey. */
static char *
make_key (gpgme_ctx_t ctx, const char *name)
{
  char params[512];

  snprintf (params, sizeof params,
            "<GnupgKeyParms format=\"internal\">\n%%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\n"
            "Key-Usage: sign,cert\nSubkey-Type: ecdh\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\n"
            "Name-Real: %s\nExpire-Date: 0\n</GnupgKeyParms>\n",
            name);
  CHECK (gpgme_op_genkey (ctx, params, NULL, NULL));
  return strdup (gpgme_op_genkey_result (ctx)->fpr);
}

static gpgme_key_t
new_recipient (gpgme_ctx_t ctx, const char *name)
{
  char *fpr = make_key (ctx, name);
  gpgme_key_t key;

  CHECK (gpgme_get_key (ctx, fpr, &key, 1));
  free (fpr);
  return key;
}

static gpgme_data_t
data_of (const char *text, size_t len)
{
  gpgme_data_t data;

  CHECK (text ? gpgme_data_new_from_mem (&data, text, len, 1) : gpgme_data_new (&data));
  return data;
}

/* What is done with keys alone. */
static void
time_keys (gpgme_ctx_t ctx, const char *fpr, int round, double *t[OP_COUNT])
{
  gpgme_key_t key;
  char name[64];
  double begun;

  begun = now_ms ();
  CHECK (gpgme_op_keylist_start (ctx, fpr, 0));
  CHECK (gpgme_op_keylist_next (ctx, &key));
  gpgme_key_unref (key);
  gpgme_op_keylist_end (ctx);
  t[OP_LIST][round] = now_ms () - begun;

  snprintf (name, sizeof name, "round %d", round);
  begun = now_ms ();
  free (make_key (ctx, name));
  t[OP_MAKE][round] = now_ms () - begun;
}

/* One round: each operation once on TEXT, timed into T[op]. */
static void
one_round (gpgme_ctx_t ctx, gpgme_key_t recipients[3], const char *text, size_t len, int round, double *t[OP_COUNT])
{
  gpgme_encrypt_flags_t flags = GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_COMPRESS;
  gpgme_data_t plain, sealed, opened, signature, alone;
  double begun;

  plain = data_of (text, len);
  sealed = data_of (NULL, 0);
  begun = now_ms ();
  CHECK (gpgme_op_encrypt_sign (ctx, recipients, flags, plain, sealed));
  t[OP_SEAL][round] = now_ms () - begun;

  gpgme_data_seek (sealed, 0, SEEK_SET);
  opened = data_of (NULL, 0);
  begun = now_ms ();
  CHECK (gpgme_op_decrypt_verify (ctx, sealed, opened));
  t[OP_OPEN][round] = now_ms () - begun;

  gpgme_data_seek (plain, 0, SEEK_SET);
  signature = data_of (NULL, 0);
  begun = now_ms ();
  CHECK (gpgme_op_sign (ctx, plain, signature, GPGME_SIG_MODE_DETACH));
  t[OP_SIGN][round] = now_ms () - begun;

  gpgme_data_seek (plain, 0, SEEK_SET);
  gpgme_data_seek (signature, 0, SEEK_SET);
  begun = now_ms ();
  CHECK (gpgme_op_verify (ctx, signature, plain, NULL));
  t[OP_VERIFY][round] = now_ms () - begun;

  gpgme_data_seek (plain, 0, SEEK_SET);
  alone = data_of (NULL, 0);
  CHECK (gpgme_op_encrypt (ctx, recipients, flags, plain, alone));
  gpgme_data_seek (alone, 0, SEEK_SET);
  gpgme_data_release (opened);
  opened = data_of (NULL, 0);
  begun = now_ms ();
  CHECK (gpgme_op_decrypt (ctx, alone, opened));
  t[OP_DECRYPT][round] = now_ms () - begun;
  time_keys (ctx, recipients[0]->fpr, round, t);

  gpgme_data_release (plain);
  gpgme_data_release (sealed);
  gpgme_data_release (opened);
  gpgme_data_release (signature);
  gpgme_data_release (alone);
}

int
main (int argc, char **argv)
{
  int n = argc > 1 ? atoi (argv[1]) : 25;
  size_t len = argc > 2 ? (size_t) atol (argv[2]) : 200;
  char *text = calloc (1, len + 1);
  gpgme_key_t recipients[3] = { NULL };
  double *t[OP_COUNT];
  gpgme_ctx_t ctx;

  if (n < 1 || !text || !mkdtemp (home))
    return 1;
  atexit (remove_home);
  write_conf ();
  setlocale (LC_ALL, "");
  gpgme_check_version (NULL);
  CHECK (gpgme_new (&ctx));
  CHECK (gpgme_set_protocol (ctx, GPGME_PROTOCOL_OpenPGP));
  CHECK (gpgme_ctx_set_engine_info (ctx, GPGME_PROTOCOL_OpenPGP, NULL, home));
  gpgme_set_offline (ctx, 1);
  recipients[0] = new_recipient (ctx, "number one");
  recipients[1] = new_recipient (ctx, "number two");
  CHECK (gpgme_signers_add (ctx, recipients[1]));
  for (int op = 0; op < OP_COUNT; op++)
    if (!(t[op] = calloc ((size_t) n, sizeof (double))))
      return 1;
  for (int i = 0; i < n; i++)
    one_round (ctx, recipients, text, len, i, t);
  for (int op = 0; op < OP_COUNT; op++) {
    qsort (t[op], (size_t) n, sizeof (double), compare);
    printf ("%s\"%s\": %.2f", op ? ", " : "{", op_names[op], t[op][n / 2]);
    free (t[op]);
  }
  puts ("}");
  gpgme_key_unref (recipients[0]);
  gpgme_key_unref (recipients[1]);
  gpgme_release (ctx);
  free (text);
  return 0;
}
