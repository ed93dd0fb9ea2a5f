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

/* As much bulk as the queue takes, again and again. */
static bool
more_bulk (struct wire *w)
{
  struct wire_end *e = &w->ends[0];

  while (!e->failed && cf_stream_waiting (e->stream, CF_CHANNEL_BULK) < CF_TUNNEL_BULK_LOW)
    say (e, CF_CHANNEL_BULK, 64 * KIB);
  return e->failed || e->other->failed;
}

/* Bytes a second of bulk, once it has found its pace. */
static uint64_t
bulk_rate (struct wire *w, uint64_t warm_ms, uint64_t run_ms)
{
  uint64_t before;

  assert_false (more_bulk (w));
  assert_false (wire_run (w, warm_ms, more_bulk));
  before = w->ends[1].heard[CF_CHANNEL_BULK];
  assert_false (wire_run (w, run_ms, more_bulk));
  return (w->ends[1].heard[CF_CHANNEL_BULK] - before) * 1000 / run_ms;
}

/* A stranger's windows are small; whom we know gets what a fast and far path needs. */
static void
test_windows (void **state)
{
  static const struct wire_path far = { .delay_us = 50 * MS, .rate = 125000000, .queue = 4 * MIB };
  struct wire w;
  uint64_t rate;

  (void) state;
  for (int known = 0; known < 2; known++) {
    wire_begin (&w, 3, &far, 1400);
    if (known)
      trust (&w);
    rate = bulk_rate (&w, 1500, 400);
    printf ("# 1 Gbit/s, 100 ms, %s: %llu KB/s\n", known ? "known" : "a stranger", (unsigned long long) rate / 1000);
    assert_true (known ? rate > 30000000 : rate < 2 * CF_STREAM_WINDOW_STRANGER * 10);
    assert_true (cf_stream_unacked (w.ends[0].stream, CF_CHANNEL_BULK) <= CF_STREAM_FLIGHT_MAX);
    wire_end (&w);
  }
}

/* Random loss is no congestion. */
static void
test_rate_with_loss (void **state)
{
  static const struct wire_path lossy = { .delay_us = 10 * MS, .loss = 5, .rate = 125000000, .queue = MIB };
  struct wire w;
  uint64_t rate;

  (void) state;
  wire_begin (&w, 4, &lossy, 1400);
  trust (&w);
  rate = bulk_rate (&w, 700, 300);
  printf ("# 1 Gbit/s, 20 ms, 0.5 %% lost: %llu KB/s\n", (unsigned long long) rate / 1000);
  assert_true (rate > 50000000);
  wire_end (&w);
}

/* Nor is it that packets overtake each other, by as much as twice the shortest way. */
static void
test_rate_with_jitter (void **state)
{
  static const struct wire_path restless = { .delay_us = 5 * MS, .jitter_us = 20 * MS, .loss = 5, .rate = 5000000,
                                             .queue = MIB };
  struct wire w;
  uint64_t rate;

  (void) state;
  wire_begin (&w, 5, &restless, 1400);
  trust (&w);
  rate = bulk_rate (&w, 6000, 2000);
  printf ("# 5 MB/s, 10 ms, up to 20 ms of jitter each way: %llu KB/s\n", (unsigned long long) rate / 1000);
  assert_true (rate > 4000000);
  wire_end (&w);
}

/* A busy machine looks at its clock late.  That is no reason to believe that the path carries less, and less again. */
static void
test_busy_machine (void **state)
{
  static const struct wire_path path = { .delay_us = 10 * MS, .loss = 5, .rate = 20000000, .queue = MIB };

  (void) state;
  for (uint32_t late = 10; late <= 30; late += 20) {
    struct wire w;
    uint64_t rate;

    wire_begin (&w, 9, &path, 1400);
    w.late_us = late * MS;
    trust (&w);
    rate = bulk_rate (&w, 2000, 2000);
    printf ("# 20 MB/s, 20 ms, up to %u ms late: %llu KB/s\n", late, (unsigned long long) rate / 1000);
    assert_true (rate > 5000000);
    wire_end (&w);
  }
}

/* A word of talk while bulk takes all there is. */
static void
test_talk_beside_bulk (void **state)
{
  static const struct {
    struct wire_path path;
    uint64_t most_ms;
  } lines[] = {
    { { .delay_us = 10 * MS, .rate = 12500000, .queue = MIB }, 80 },
    { { .delay_us = 20 * MS, .rate = 1250000, .queue = 512 * KIB }, 160 },
  };

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    struct wire w;
    uint64_t worst = 0;

    wire_begin (&w, 5, &lines[i].path, 1400);
    trust (&w);
    (void) bulk_rate (&w, 4000, 1000);
    for (int word = 0; word < 20; word++) {
      uint64_t begun = w.now_us, most = w.ends[0].said[CF_CHANNEL_TALK] + 400;

      say (&w.ends[0], CF_CHANNEL_TALK, 400);
      while (w.ends[1].heard[CF_CHANNEL_TALK] < most)
        assert_false (wire_run (&w, 1, more_bulk));
      if (w.now_us - begun > worst)
        worst = w.now_us - begun;
      wire_run (&w, 50 + wire_random (&w, 50), more_bulk);
    }
    printf ("# talk beside bulk, %llu KB/s, %llu ms there: %llu ms at worst\n",
            (unsigned long long) lines[i].path.rate / 1000, (unsigned long long) lines[i].path.delay_us / MS,
            (unsigned long long) worst / MS);
    assert_true (worst / MS <= lines[i].most_ms);
    wire_end (&w);
  }
}

/* The path becomes another, there and back, while everything is under way. */
static void
test_path_changes (void **state)
{
  static const struct wire_path ways[] = {
    { .delay_us = MS, .rate = 25000000, .queue = MIB },
    { .delay_us = 60 * MS, .rate = 1250000, .queue = 128 * KIB, .loss = 20, .size = 1300 },
    { .delay_us = 5 * MS, .rate = 12500000, .queue = 256 * KIB },
    { .delay_us = 150 * MS, .rate = 2500000, .queue = 256 * KIB, .size = 1100 },
  };
  struct wire w;

  (void) state;
  wire_begin (&w, 6, &ways[0], 1400);
  trust (&w);
  for (int change = 0; change < 5; change++) {
    const struct wire_path *way = &ways[change % 4];
    uint64_t before = w.ends[1].heard[CF_CHANNEL_BULK], rate;

    for (int i = 0; i < 2; i++) {
      w.ends[i].path = *way;
      w.ends[i].busy_us = 0;
      cf_stream_path_changed (w.ends[i].stream);
      say (&w.ends[i], CF_CHANNEL_TALK, 1 + wire_random (&w, 3000));
    }
    assert_false (more_bulk (&w));
    assert_false (wire_run (&w, 2000, more_bulk));
    rate = (w.ends[1].heard[CF_CHANNEL_BULK] - before) / 2;
    printf ("# way %d: %llu KB/s of %llu\n", change % 4, (unsigned long long) rate / 1000,
            (unsigned long long) way->rate / 1000);
    assert_true (rate > way->rate / 20);
  }
  assert_true (wire_run (&w, 20000, wire_is_through));
  wire_end (&w);
}

static bool
both_failed (struct wire *w)
{
  return w->ends[0].failed && w->ends[1].failed;
}

/* A cut that is mended, with a word about it or without: everything arrives, soon.  One that is not: both ends that wait say so. */
static void
test_cut (void **state)
{
  for (int mended = 0; mended < 3; mended++) {
    struct wire w;
    uint64_t begun;

    (void) state;
    wire_begin (&w, 7, &lan, 1400);
    trust (&w);
    talk (&w, 3, 300 * KIB);
    w.ends[0].path.cut = w.ends[1].path.cut = true;
    talk (&w, 3, 300 * KIB);
    if (mended) {
      wire_run (&w, 8000, NULL);
      w.ends[0].path.cut = w.ends[1].path.cut = false;
      for (int i = 0; mended == 1 && i < 2; i++)
        cf_stream_path_changed (w.ends[i].stream);
      begun = ms (&w);
      assert_true (wire_run (&w, mended == 1 ? 1000 : 5000, wire_is_through));
      printf ("# through %llu ms after the path was mended\n", (unsigned long long) (ms (&w) - begun));
    } else {
      assert_true (wire_run (&w, CF_STREAM_STALL_MS + 2000, both_failed));
      for (int i = 0; i < 2; i++)
        assert_int_equal (gpg_err_code (w.ends[i].err), GPG_ERR_ETIMEDOUT);
    }
    wire_end (&w);
  }
}

/* Idle for hours costs nothing, and is no failure. */
static void
test_idle (void **state)
{
  struct wire w;
  uint64_t datagrams;

  (void) state;
  wire_begin (&w, 8, &lan, 1024);
  talk (&w, 3, 3 * KIB);
  wire_run (&w, 5000, NULL);
  assert_true (wire_is_through (&w));
  datagrams = w.ends[0].datagrams + w.ends[1].datagrams;
  assert_true (cf_timers_next (&w.env) == UINT64_MAX);
  wire_run (&w, 3 * 3600 * 1000, NULL);
  assert_int_equal (w.ends[0].datagrams + w.ends[1].datagrams, datagrams);
  talk (&w, 3, 3 * KIB);
  assert_true (wire_run (&w, 1000, wire_is_through));
  wire_end (&w);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_first_datagram), cmocka_unit_test (test_paths),
    cmocka_unit_test (test_windows),        cmocka_unit_test (test_rate_with_loss),
    cmocka_unit_test (test_talk_beside_bulk), cmocka_unit_test (test_path_changes),
    cmocka_unit_test (test_cut),            cmocka_unit_test (test_idle),
    cmocka_unit_test (test_busy_machine),   cmocka_unit_test (test_rate_with_jitter),
  };

  return cmocka_run_group_tests_name ("stream", tests, NULL, NULL);
}
