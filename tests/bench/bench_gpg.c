/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_gpg.c - what gpg/ costs over bare GPGME on the same home and keys.
 *
 * Prints medians in milliseconds and the ratio, engine to bare, taken in turns
 * in one run:  bench_gpg [ROUNDS]
 */
#include <event2/event.h>
#include <gpgme.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secmem.h"
#include "base/text.h"
#include "gpg/gpg.h"

#define ROUNDS_MAX 1000
#define PLAIN "A message of the usual length, as people write it to one another all day.\n"

static struct event_base *base;
static struct cf_gpg *gpg;
static uint8_t passphrase[CF_GPG_PASSPHRASE_LEN];
static char hex_passphrase[2 * CF_GPG_PASSPHRASE_LEN + 2];
static struct cf_fpr fpr;
static uint8_t sealed[65536];
static size_t sealed_len;
static int done;

static void
check (gpg_error_t err, const char *what)
{
  if (!err)
    return;
  fprintf (stderr, "bench_gpg: %s: %s\n", what, gpg_strerror (err));
  exit (1);
}

static double
now_ms (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}

static int
compare (const void *a, const void *b)
{
  const double *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

static double
median (double *values, int n)
{
  qsort (values, (size_t) n, sizeof *values, compare);
  return values[n / 2];
}

static void
wait_done (void)
{
  for (done = 0; !done;)
    event_base_loop (base, EVLOOP_ONCE);
}

static void
on_key (void *arg, gpg_error_t err, const struct cf_fpr *key, const uint8_t *block, size_t len)
{
  (void) arg;
  (void) block;
  (void) len;
  check (err, "key");
  fpr = *key;
  done = 1;
}

static void
on_bytes (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  check (err, "envelope");
  if (arg && len <= sizeof sealed) {
    memcpy (sealed, data, len);
    sealed_len = len;
  }
  done = 1;
}

static double
engine_seal (const struct cf_gpg_envelope_keys *keys)
{
  double start = now_ms ();

  check (cf_gpg_envelope_seal (gpg, keys, PLAIN, sizeof PLAIN - 1, on_bytes, sealed, NULL), "seal");
  wait_done ();
  return now_ms () - start;
}

static double
engine_open (const struct cf_gpg_envelope_keys *keys)
{
  double start = now_ms ();

  check (cf_gpg_envelope_open (gpg, keys, sealed, sealed_len, on_bytes, NULL, NULL), "open");
  wait_done ();
  return now_ms () - start;
}

static gpgme_error_t
give (void *hook, const char *hint, const char *info, int bad, int fd)
{
  (void) hook;
  (void) hint;
  (void) info;
  (void) bad;
  return gpgme_io_writen (fd, hex_passphrase, sizeof hex_passphrase - 1) ? gpg_error_from_syserror () : 0;
}

static gpgme_ctx_t
bare_context (const char *home)
{
  gpgme_ctx_t ctx;

  check (gpgme_new (&ctx), "context");
  check (gpgme_ctx_set_engine_info (ctx, GPGME_PROTOCOL_OpenPGP, NULL, home), "home");
  check (gpgme_set_pinentry_mode (ctx, GPGME_PINENTRY_MODE_LOOPBACK), "pinentry");
  gpgme_set_passphrase_cb (ctx, give, NULL);
  return ctx;
}

static double
bare_seal (gpgme_ctx_t ctx, gpgme_key_t key)
{
  gpgme_key_t to[] = { key, NULL };
  gpgme_data_t in, out;
  double start = now_ms ();

  check (gpgme_data_new_from_mem (&in, PLAIN, sizeof PLAIN - 1, 0), "data");
  check (gpgme_data_new (&out), "data");
  check (gpgme_op_encrypt_sign (ctx, to, GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_COMPRESS, in, out), "bare seal");
  gpgme_data_release (in);
  gpgme_data_release (out);
  return now_ms () - start;
}

static double
bare_open (gpgme_ctx_t ctx)
{
  gpgme_data_t in, out;
  double start = now_ms ();

  check (gpgme_data_new_from_mem (&in, (const char *) sealed, sealed_len, 0), "data");
  check (gpgme_data_new (&out), "data");
  check (gpgme_op_decrypt_verify (ctx, in, out), "bare open");
  gpgme_data_release (in);
  gpgme_data_release (out);
  return now_ms () - start;
}

static void
print (const char *what, double *engine, double *bare, int n)
{
  double e = median (engine, n), b = median (bare, n);

  printf ("%-20s engine %6.2f ms   bare %6.2f ms   ratio %.3f\n", what, e, b, e / b);
}

int
main (int argc, char **argv)
{
  static double es[ROUNDS_MAX], eo[ROUNDS_MAX], bs[ROUNDS_MAX], bo[ROUNDS_MAX];
  int i, n = argc > 1 ? atoi (argv[1]) : 50;
  char dir[] = "/tmp/cfb-XXXXXX", *home, *command, hex[CF_FPR_HEX_SIZE];
  struct cf_gpg_config config = { 0 };
  struct cf_gpg_envelope_keys keys = { &fpr, passphrase, &fpr, &fpr, 1 };
  struct cf_env env;
  gpgme_ctx_t ctx;
  gpgme_key_t key;
  double start;

  if (n < 1 || n > ROUNDS_MAX || !mkdtemp (dir))
    return 1;
  check (cf_secmem_setup (), "memory");
  base = event_base_new ();
  cf_env_system_init (&env, CF_LOG_WARN);
  cf_env_random (&env, passphrase, sizeof passphrase);
  cf_hex (passphrase, sizeof passphrase, hex_passphrase);
  strcat (hex_passphrase, "\n");
  home = cf_sprintf ("%s/c", dir);
  config.conversation_home = home;
  check (cf_gpg_new (&env, base, &config, &gpg), "engine");
  cf_gpg_free (gpg);
  start = now_ms ();
  check (cf_gpg_new (&env, base, &config, &gpg), "engine");
  printf ("%-20s %.2f ms\n", "start, home made", now_ms () - start);
  check (cf_gpg_conversation_key_new (gpg, passphrase, on_key, NULL, NULL), "key");
  wait_done ();
  ctx = bare_context (home);
  check (gpgme_get_key (ctx, cf_fpr_hex (&fpr, hex), &key, 0), "key");
  check (gpgme_signers_add (ctx, key), "signer");
  engine_seal (&keys); /* fills the cache */
  for (i = 0; i < n; i++) {
    es[i] = engine_seal (&keys);
    bs[i] = bare_seal (ctx, key);
    eo[i] = engine_open (&keys);
    bo[i] = bare_open (ctx);
  }
  print ("sign and encrypt", es, bs, n);
  print ("decrypt and verify", eo, bo, n);
  /* Sorted by now: the middle ones are the medians. */
  printf ("%-20s engine %6.2f ms   bare %6.2f ms   ratio %.3f\n", "both", es[n / 2] + eo[n / 2], bs[n / 2] + bo[n / 2],
          (es[n / 2] + eo[n / 2]) / (bs[n / 2] + bo[n / 2]));
  gpgme_key_unref (key);
  gpgme_release (ctx);
  cf_gpg_free (gpg);
  event_base_free (base);
  command = cf_sprintf ("rm -rf %s", dir);
  i = command ? system (command) : 1;
  free (command);
  free (home);
  return i ? 1 : 0;
}
