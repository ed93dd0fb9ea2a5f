/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_stream.c - what streams over datagrams cost by themselves: two ends in one process, in memory.
 *
 *   bench_stream [MEBIBYTES]
 *
 * Both ends' work is in each figure: writing, packets, reading, acknowledgements.  Beside it, what the copies that
 * cannot be spared cost: in and out of a queue, in and out of a packet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secmem.h"
#include "net/stream.h"

#define CHUNK 65536
#define BATCH 64 /* datagrams between two looks at the clock, as many as a system call takes */

struct end {
  struct cf_stream *stream;
  bool awake;
  uint64_t heard, datagrams;
};

static uint8_t chunk[CHUNK], datagram[BATCH][CF_STREAM_DATAGRAM_MAX];

static double
seconds (clockid_t id)
{
  struct timespec ts;

  clock_gettime (id, &ts);
  return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

static void
on_received (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  (void) channel;
  (void) data;
  ((struct end *) arg)->heard += len;
}

static void
on_wake (void *arg)
{
  ((struct end *) arg)->awake = true;
}

static void
on_drained (void *arg, enum cf_channel channel)
{
  (void) arg;
  (void) channel;
}

static void
on_failed (void *arg, gpg_error_t err)
{
  (void) arg;
  fprintf (stderr, "bench_stream: %s\n", gpg_strerror (err));
  exit (1);
}

/* A batch of what FROM has for TO. */
static void
carry (struct cf_env *env, struct end *from, struct end *to)
{
  size_t len[BATCH], n = 0;

  cf_env_system_refresh (env);
  while (n < BATCH && (len[n] = cf_stream_output (from->stream, datagram[n], sizeof datagram[n])))
    n++;
  from->awake = n == BATCH;
  from->datagrams += n;
  cf_env_system_refresh (env);
  for (size_t i = 0; i < n; i++)
    cf_stream_input (to->stream, datagram[i], len[i]);
}

static void
bench (size_t size, uint64_t bytes, double copies)
{
  static const struct cf_stream_handler handler = {
    .received = on_received, .wake = on_wake, .drained = on_drained, .failed = on_failed
  };
  struct cf_env env;
  struct end ends[2];
  struct cf_stream_figures figures;
  uint64_t said = 0;
  double begun, cpu, wall;

  memset (ends, 0, sizeof ends);
  cf_env_system_init (&env, CF_LOG_ERROR);
  for (int i = 0; i < 2; i++) {
    struct cf_stream_config config = { .initiator = !i, .datagram_min = size < 1200 ? size : 1200,
                                       .datagram_max = size, .rtt_ms = 1 };

    if (cf_stream_new (&env, &config, &handler, &ends[i], &ends[i].stream))
      exit (1);
    cf_stream_trust (ends[i].stream);
  }
  begun = seconds (CLOCK_MONOTONIC);
  cpu = seconds (CLOCK_PROCESS_CPUTIME_ID);
  while (ends[1].heard < bytes) {
    while (said < bytes && cf_stream_waiting (ends[0].stream, CF_CHANNEL_BULK) < CF_TUNNEL_BULK_LOW) {
      if (cf_stream_write (ends[0].stream, CF_CHANNEL_BULK, chunk, CHUNK))
        exit (1);
      said += CHUNK;
    }
    for (int i = 0; i < 2; i++)
      if (ends[i].awake)
        carry (&env, &ends[i], &ends[!i]);
    cf_env_system_refresh (&env);
    cf_timers_run (&env);
  }
  wall = seconds (CLOCK_MONOTONIC) - begun;
  cpu = seconds (CLOCK_PROCESS_CPUTIME_ID) - cpu;
  cf_stream_figures (ends[0].stream, &figures);
  printf ("%6zu bytes a datagram: %7.1f MB/s, %.3f CPU-s a GB (%.1f times the copies); %llu datagrams there, %llu back; "
          "rtt %llu us, window %llu KiB\n",
          figures.datagram, (double) bytes / wall / 1e6, cpu / (double) bytes * 1e9, cpu / (double) bytes * 1e9 / copies,
          (unsigned long long) ends[0].datagrams, (unsigned long long) ends[1].datagrams,
          (unsigned long long) figures.rtt_us, (unsigned long long) figures.window / 1024);
  fflush (stdout);
  for (int i = 0; i < 2; i++)
    cf_stream_free (ends[i].stream);
}

/* CPU seconds a GB of the three copies: into the queue, into a packet, out of it. */
static double
bench_copies (uint64_t bytes)
{
  static uint8_t queue[1 << 20], packet[CHUNK];
  double cpu = seconds (CLOCK_PROCESS_CPUTIME_ID);

  for (uint64_t n = 0; n < bytes; n += CHUNK) {
    uint8_t *p = queue + n % sizeof queue;

    memcpy (p, chunk, CHUNK);
    memcpy (packet, p, CHUNK);
    memcpy (chunk, packet, CHUNK);
    __asm__ volatile ("" : : "r"(chunk) : "memory");
  }
  cpu = (seconds (CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double) bytes * 1e9;
  printf ("three copies of each byte: %.3f CPU-s a GB\n", cpu);
  return cpu;
}

int
main (int argc, char **argv)
{
  static const size_t sizes[] = { 1024, 1400, 8900, 65000 };
  uint64_t bytes = (argc > 1 ? strtoull (argv[1], NULL, 10) : 512) << 20;
  double copies;

  if (!bytes || cf_secmem_setup ())
    return 2;
  copies = bench_copies (bytes);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    bench (sizes[i], bytes, copies);
  return 0;
}
