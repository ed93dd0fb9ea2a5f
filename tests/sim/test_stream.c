/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_stream.c - streams over paths that lose, double, delay and overtake, in virtual time: every byte, in order, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/wire.h"

#define KIB 1024
#define MIB (1024 * KIB)
#define MS 1000 /* us */

static const struct wire_path lan = { .delay_us = 200, .rate = 125000000, .queue = MIB };

static uint64_t
ms (const struct wire *w)
{
  return w->now_us / 1000 - 5000;
}

static void
trust (struct wire *w)
{
  for (int i = 0; i < 2; i++)
    cf_stream_trust (w->ends[i].stream);
}

static void
say (struct wire_end *e, enum cf_channel channel, size_t len)
{
  assert_int_equal (wire_say (e, channel, len), 0);
}

/* The first datagram has data in it: there is nothing to wait for. */
static void
test_first_datagram (void **state)
{
  struct wire w;

  (void) state;
  wire_begin (&w, 1, &lan, 1400);
  for (int i = 0; i < 2; i++)
    say (&w.ends[i], CF_CHANNEL_CONTROL, 100);
  assert_true (wire_run (&w, 1, wire_is_through));
  assert_int_equal (w.ends[0].datagrams, 1);
  wire_end (&w);
}

/* Both say this and that on all channels, a little at a time. */
static void
talk (struct wire *w, int rounds, size_t bulk)
{
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < 2; i++) {
      say (&w->ends[i], CF_CHANNEL_CONTROL, 1 + wire_random (w, 300));
      say (&w->ends[i], CF_CHANNEL_TALK, 1 + wire_random (w, 5000));
      say (&w->ends[i], CF_CHANNEL_BULK, 1 + wire_random (w, (uint32_t) bulk));
      wire_run (w, wire_random (w, 200), NULL);
    }
}

static const struct {
  const char *name;
  struct wire_path path;
  size_t datagram_max;
  uint32_t most_s; /* for about 1.3 MiB each way */
} paths[] = {
  { "a LAN", { .delay_us = 200, .rate = 125000000, .queue = MIB }, 1400, 5 },
  { "loopback", { .delay_us = 20 }, 65000, 5 },
  { "20 ms, 1 % lost", { .delay_us = 10 * MS, .loss = 10, .rate = 12500000, .queue = 200 * KIB }, 1400, 8 },
  { "100 ms, 10 % lost", { .delay_us = 50 * MS, .loss = 100, .rate = 12500000, .queue = 200 * KIB }, 1400, 30 },
  { "300 ms, 30 % lost", { .delay_us = 150 * MS, .loss = 300 }, 1400, 90 },
  { "300 ms of jitter", { .delay_us = 20 * MS, .jitter_us = 300 * MS, .loss = 20 }, 1400, 60 },
  { "every fifth one twice", { .delay_us = 20 * MS, .jitter_us = 10 * MS, .doubled = 200 }, 1400, 8 },
  { "all of it", { .delay_us = 50 * MS, .jitter_us = 300 * MS, .loss = 100, .doubled = 100, .rate = 1250000,
                   .queue = 100 * KIB }, 1400, 200 },
  { "100 KB/s, short queue", { .delay_us = 40 * MS, .rate = 100000, .queue = 16 * KIB }, 1400, 40 },
  { "1 MB/s, long queue", { .delay_us = 40 * MS, .rate = 1000000, .queue = MIB }, 1400, 10 },
  { "nothing above 1,050 bytes", { .delay_us = 20 * MS, .size = 1050 }, 1400, 8 },
  { "nothing above 9,000 bytes", { .delay_us = 20, .size = 9000 }, 65000, 5 },
};

static void
test_paths (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    struct cf_stream_figures figures;
    struct wire w;
    uint64_t begun;

    wire_begin (&w, i + 1, &paths[i].path, paths[i].datagram_max);
    trust (&w);
    begun = ms (&w);
    talk (&w, 20, 120 * KIB);
    if (!wire_run (&w, paths[i].most_s * 1000, wire_is_through))
      fail_msg ("%s: not through after %llu ms; errors %u, %u", paths[i].name, (unsigned long long) (ms (&w) - begun),
                w.ends[0].err, w.ends[1].err);
    cf_stream_figures (w.ends[0].stream, &figures);
    printf ("# %s: %llu ms; %llu datagrams, %llu lost; rtt %llu us, datagrams of %zu\n", paths[i].name,
            (unsigned long long) (ms (&w) - begun), (unsigned long long) w.ends[0].datagrams,
            (unsigned long long) w.ends[0].dropped, (unsigned long long) figures.rtt_us, figures.datagram);
    wire_end (&w);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_first_datagram),
    cmocka_unit_test (test_paths),
  };

  return cmocka_run_group_tests_name ("stream", tests, NULL, NULL);
}
