/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_file.c - what each step of a file costs, on its way out of one disk's cache and into another's.
 *
 * Prints MB/s (10^6 bytes a second of processor time, the best of some rounds)
 * of each step alone and of all that one side does.  The tunnel is
 * bench_tunnel's.  Not a test: numbers depend on the machine.
 *
 *     tests/bench/bench_file [megabytes [directory]]
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/secmem.h"
#include "core/file/block.h"
#include "core/file/sink.h"
#include "core/file/source.h"

#define ROUNDS 5

static uint8_t block[CF_FILE_BLOCK], tag[CF_FILE_TAG_LEN];
static const uint8_t key[CF_FILE_KEY_LEN] = { 1 }, id[CF_FILE_ID_LEN] = { 2 };
static uint8_t run[CF_FILE_RUN_LEN];

static struct {
  char path[300], dir[200];
  uint64_t blocks;
  struct cf_file_source *source;
  struct cf_file_sink *sink;
  struct cf_file_seal *seal, *open;
  int fd, out;
} b;

static double
seconds (clockid_t clock)
{
  struct timespec ts;

  clock_gettime (clock, &ts);
  return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

static void
need (gpg_error_t err)
{
  if (err) {
    fprintf (stderr, "bench_file: %s\n", gpg_strerror (err));
    exit (1);
  }
}

/* One round of EACH over all blocks; the best of some. */
static void
measure (const char *what, void (*begin) (void), void (*each) (uint64_t index))
{
  double best = 0, wall = 0, used, passed;

  for (int round = 0; round < ROUNDS; round++) {
    if (begin)
      begin ();
    used = seconds (CLOCK_PROCESS_CPUTIME_ID);
    passed = seconds (CLOCK_MONOTONIC);
    for (uint64_t i = 0; i < b.blocks; i++)
      each (i);
    used = (double) b.blocks * CF_FILE_BLOCK / 1e6 / (seconds (CLOCK_PROCESS_CPUTIME_ID) - used);
    passed = (double) b.blocks * CF_FILE_BLOCK / 1e6 / (seconds (CLOCK_MONOTONIC) - passed);
    best = used > best ? used : best;
    wall = passed > wall ? passed : wall;
  }
  printf ("%-44s %8.0f MB/s   (by the clock %.0f)\n", what, best, wall);
  fflush (stdout);
}

/* --- steps --- */

static void
new_run (void)
{
  cf_file_seal_free (b.seal);
  cf_file_seal_free (b.open);
  run[0]++;
  need (cf_file_seal_new (key, id, run, cf_file_suite (), &b.seal));
  need (cf_file_seal_new (key, id, run, cf_file_suite (), &b.open));
}

static void
step_pread (uint64_t index)
{
  if (pread (b.fd, block, sizeof block, (off_t) (index * sizeof block)) != sizeof block)
    exit (1);
}

static void
step_read (uint64_t index)
{
  bool changed;
  size_t len;

  need (cf_file_source_read (b.source, index, block, &len, &changed));
}

static void
step_leaf (uint64_t index)
{
  uint8_t leaf[CF_FILE_HASH_LEN];

  block[0] = (uint8_t) index;
  cf_file_leaf (block, sizeof block, leaf);
}

static void
step_seal (uint64_t index)
{
  need (cf_file_block_seal (b.seal, CF_FILE_FRAME_BLOCK, index, 0, 0, block, sizeof block, tag));
}

/* Whatever comes out: the time is that of opening. */
static void
step_open (uint64_t index)
{
  (void) !cf_file_block_open (b.open, CF_FILE_FRAME_BLOCK, index, 0, 0, block, sizeof block, tag);
}

static void
step_pwrite (uint64_t index)
{
  if (pwrite (b.out, block, sizeof block, (off_t) (index * sizeof block)) != sizeof block)
    exit (1);
}

static void
step_write (uint64_t index)
{
  need (cf_file_sink_write (b.sink, index, block, sizeof block));
}

static void
step_out (uint64_t index)
{
  step_read (index);
  step_leaf (index);
  step_seal (index);
}

static void
step_in (uint64_t index)
{
  step_open (index);
  step_leaf (index);
  step_write (index);
}

static void
new_out (void)
{
  if (b.out >= 0)
    close (b.out);
  b.out = open (b.dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (b.out < 0)
    need (cf_err_errno ());
}

static void
new_sink (void)
{
  struct cf_file_offer o;
  uint8_t hash[CF_FILE_HASH_LEN];
  size_t skipped;

  if (b.sink)
    cf_file_sink_discard (b.sink);
  cf_file_sink_free (b.sink);
  b.sink = NULL;
  memset (&o, 0, sizeof o);
  cf_file_source_describe (b.source, &o, &skipped, hash);
  need (cf_file_sink_open (b.dir, id, &o, NULL, &b.sink));
  new_run ();
}

int
main (int argc, char **argv)
{
  unsigned long megabytes = argc > 1 ? strtoul (argv[1], NULL, 10) : 256;

  need (cf_secmem_setup ());
  snprintf (b.dir, sizeof b.dir, "%s/cf-bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
  if (!mkdtemp (b.dir))
    need (cf_err_errno ());
  b.blocks = megabytes * 1000000 / CF_FILE_BLOCK;
  b.out = -1;
  snprintf (b.path, sizeof b.path, "%s/file", b.dir);
  b.fd = open (b.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  for (uint64_t i = 0; i < b.blocks; i++) {
    memset (block, (int) i, sizeof block);
    if (write (b.fd, block, sizeof block) != sizeof block)
      need (cf_err_errno ());
  }
  need (cf_file_source_open (b.path, &b.source));

  measure ("pread", NULL, step_pread);
  measure ("read (and look first)", NULL, step_read);
  measure ("leaf (BLAKE2b)", NULL, step_leaf);
  measure (cf_file_suite () == CF_FILE_SUITE_OCB ? "seal (AES-256-OCB)" : "seal (ChaCha20-Poly1305)", new_run, step_seal);
  measure ("open", new_run, step_open);
  measure ("pwrite", new_out, step_pwrite);
  measure ("write", new_sink, step_write);
  measure ("out: read, leaf, seal", new_run, step_out);
  measure ("in: open, leaf, write", new_sink, step_in);

  cf_file_sink_discard (b.sink);
  cf_file_sink_free (b.sink);
  cf_file_source_free (b.source);
  cf_file_seal_free (b.seal);
  cf_file_seal_free (b.open);
  unlink (b.path);
  rmdir (b.dir);
  return 0;
}
