/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_tunnel.c - how fast the tunnel is, beside what it stands on.
 *
 * Prints MB/s (10^6 bytes) of payload: memory copies, the AEADs alone, the
 * record layer, and one TCP connection over loopback bare and with the tunnel,
 * a process at each end.  Not a test: numbers depend on the machine.
 *
 *     tests/bench/bench_tunnel [megabytes]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/secmem.h"
#include "net/record.h"
#include "net/tunnel.h"

#define CHUNK CF_MESSAGE_BULK_MAX

static uint8_t data[CHUNK], copy[CHUNK];
static double tcp_mbs;

static double
seconds (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

static double
report (const char *what, const char *suite, size_t bytes, double begun, double of)
{
  double mbs = (double) bytes / 1e6 / (seconds () - begun);

  printf ("%-34s %-10s %8.0f MB/s", what, suite, mbs);
  if (of > 0)
    printf ("   %.2f", mbs / of);
  printf ("\n");
  return mbs;
}

static void
need (gpg_error_t err)
{
  if (err) {
    fprintf (stderr, "bench_tunnel: %s\n", gpg_strerror (err));
    exit (1);
  }
}

static void
bench_memory (size_t bytes)
{
  double begun = seconds ();

  for (size_t n = 0; n < bytes; n += CHUNK) {
    memcpy (copy, data, CHUNK);
    __asm__ volatile ("" : : "r" (copy) : "memory");
  }
  report ("memcpy, 256 KiB", "", bytes, begun, 0);
}

static void
bench_cipher (enum cf_suite suite, size_t bytes)
{
  static const uint8_t key[CF_CIPHER_KEY_LEN] = { 1 };
  struct cf_cipher *c = NULL;
  uint8_t tag[CF_CIPHER_TAG_LEN];
  double begun;

  need (cf_cipher_new (suite, key, &c));
  begun = seconds ();
  for (size_t n = 0; n < bytes; n += CF_RECORD_PLAIN_MAX)
    need (cf_cipher_seal (c, "ad", 2, data, CF_RECORD_PLAIN_MAX, tag));
  report ("seal, 16 KiB", cf_suite_name (suite), bytes, begun, 0);
  cf_cipher_free (c);
}

static void
bench_records (enum cf_suite suite, size_t bytes)
{
  static const uint8_t key[CF_CIPHER_KEY_LEN] = { 1 };
  static uint8_t record[CF_RECORD_MAX];
  struct cf_cipher *a = NULL, *b = NULL;
  struct cf_record_stream tx, rx;
  struct cf_record got;
  size_t len;
  double begun;

  need (cf_cipher_new (suite, key, &a));
  need (cf_cipher_new (suite, key, &b));
  cf_record_stream_init (&tx, a, CF_REKEY_RECORDS, 0);
  cf_record_stream_init (&rx, b, CF_REKEY_RECORDS, 0);
  begun = seconds ();
  for (size_t n = 0; n < bytes; n += CF_RECORD_FRAGMENT_MAX) {
    need (cf_record_seal (&tx, 0, CF_CHANNEL_BULK, 0, data, CF_RECORD_FRAGMENT_MAX, record, &len));
    need (cf_record_open (&rx, record, len, record, &got));
  }
  report ("records sealed and opened", cf_suite_name (suite), bytes, begun, 0);
  cf_record_stream_done (&tx);
  cf_record_stream_done (&rx);
}

/* One end of a tunnel over a blocking socket. */
struct end {
  struct cf_env env;
  struct cf_tunnel *tunnel;
  int fd;
  bool ready;
  size_t received;
};

static void
write_all (int fd, const uint8_t *p, size_t len)
{
  while (len) {
    ssize_t n = write (fd, p, len);

    if (n <= 0)
      exit (1);
    p += n;
    len -= (size_t) n;
  }
}

static void
on_random (void *arg, void *buf, size_t len)
{
  (void) arg;
  randombytes_buf (buf, len);
}

static void
on_output (void *arg, const uint8_t *p, size_t len)
{
  write_all (((struct end *) arg)->fd, p, len);
}

static void
on_ready (void *arg)
{
  ((struct end *) arg)->ready = true;
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *p, size_t len)
{
  (void) channel;
  (void) p;
  ((struct end *) arg)->received += len;
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  (void) arg;
  (void) reason;
  need (err);
}

static const struct cf_tunnel_handler handler = {
  .output = on_output, .ready = on_ready, .message = on_message, .closed = on_closed
};

static void
pump (struct end *e)
{
  ssize_t n = read (e->fd, copy, sizeof copy);

  if (n <= 0)
    exit (1);
  cf_tunnel_input (e->tunnel, copy, (size_t) n);
}

static void
end_init (struct end *e, int fd, bool initiator, const char *suite)
{
  static const uint8_t secret[CF_DEVICE_KEY_LEN] = { 5 };
  struct cf_tunnel_guard *guard = NULL;
  uint8_t public[CF_DEVICE_KEY_LEN];
  struct cf_tunnel_config config = { .initiator = initiator, .own_secret = secret, .own_public = public,
                                     .remote_public = public, .suite = suite };

  crypto_scalarmult_curve25519_base (public, secret);
  memset (e, 0, sizeof *e);
  e->fd = fd;
  e->env.random = on_random;
  e->env.now_utc_ms = 1;
  need (cf_tunnel_guard_new (&e->env, &guard)); /* the process is short-lived */
  config.guard = guard;
  need (cf_tunnel_new (&e->env, &config, &handler, e, &e->tunnel));
  cf_tunnel_start (e->tunnel);
  while (!e->ready)
    pump (e);
}

/* The sending process: BYTES, bare when SUITE is NULL. */
static void
sender (int fd, const char *suite, size_t bytes)
{
  struct end e;

  if (suite)
    end_init (&e, fd, true, suite);
  for (size_t n = 0; n < bytes; n += CHUNK)
    if (suite)
      need (cf_tunnel_send (e.tunnel, CF_CHANNEL_BULK, data, CHUNK));
    else
      write_all (fd, data, CHUNK);
  if (read (fd, copy, 1) < 0) /* until the other side has it all */
    _exit (1);
  _exit (0);
}

static void
bench_tcp (const char *suite, size_t bytes)
{
  struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t addr_len = sizeof addr;
  int listener = socket (AF_INET, SOCK_STREAM, 0), fd;
  struct end e;
  double begun, mbs;
  size_t got = 0;
  pid_t pid;

  if (listener < 0 || bind (listener, (struct sockaddr *) &addr, sizeof addr) || listen (listener, 1)
      || getsockname (listener, (struct sockaddr *) &addr, &addr_len))
    exit (1);
  fflush (stdout);
  pid = fork ();
  if (!pid) {
    fd = socket (AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect (fd, (struct sockaddr *) &addr, sizeof addr))
      _exit (1);
    sender (fd, suite, bytes);
  }
  fd = accept (listener, NULL, NULL);
  if (pid < 0 || fd < 0)
    exit (1);
  if (suite)
    end_init (&e, fd, false, NULL);
  begun = seconds ();
  while ((suite ? e.received : got) < bytes)
    if (suite)
      pump (&e);
    else {
      ssize_t n = read (fd, copy, sizeof copy);

      if (n <= 0)
        exit (1);
      got += (size_t) n;
    }
  mbs = report (suite ? "tunnel over TCP loopback" : "TCP loopback, bare", suite ? suite : "", bytes, begun,
                suite ? tcp_mbs : 0);
  if (!suite)
    tcp_mbs = mbs;
  close (fd);
  close (listener);
  waitpid (pid, NULL, 0);
}

int
main (int argc, char **argv)
{
  size_t megabytes = argc > 1 ? strtoul (argv[1], NULL, 10) : 1024;
  size_t bytes = megabytes * 1024 * 1024;

  if (!megabytes || cf_secmem_setup ())
    return 2;
  bench_memory (bytes);
  for (int s = 0; s < CF_SUITE_COUNT; s++)
    bench_cipher ((enum cf_suite) s, bytes);
  for (int s = 0; s < CF_SUITE_COUNT; s++)
    bench_records ((enum cf_suite) s, bytes);
  bench_tcp (NULL, bytes);
  for (int s = 0; s < CF_SUITE_COUNT; s++)
    bench_tcp (cf_suite_name ((enum cf_suite) s), bytes);
  return 0;
}
