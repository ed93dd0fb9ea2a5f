/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_datagrams.c - stories of two who reach each other by datagrams alone, over paths of every kind; and of better ways
 * that take over. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/links.h"
#include "tests/sim/file_story.h"
#include "tests/sim/link_story.h"

/* Alice and Bob talk, and no stream gets from one to the other. */
static struct pair
begin (uint64_t seed, enum sim_streams streams)
{
  struct pair p;

  pair_begin (&p, seed);
  p.sim->streams = streams;
  pair_open (&p);
  for (int i = 0; i < 2; i++) {
    struct sim_node *node = i ? p.b : p.a;

    assert_int_equal (mkdir (path_of (node, ""), 0700), 0);
    assert_int_equal (sim_do (node, "CONFIG", NULL, "download-dir", path_of (node, ""), NULL), 0);
  }
  return p;
}

static struct cf_way *
way_of (struct sim_node *node, struct sim_node *to)
{
  struct cf_link *link = cf_links_find (node->core->links, &to->fpr);

  return link ? link->up : NULL;
}

static enum cf_rank
rank_of (struct sim_node *node, struct sim_node *to)
{
  struct cf_way *way = way_of (node, to);

  return way ? cf_way_rank (way) : CF_RANK_NONE;
}

static bool
is_delivered (void *arg)
{
  struct pair *p = arg;

  return (all_in_state (p->a, p->id, "out", "delivered") || all_in_state (p->a, p->id, "out", "read"))
         && (all_in_state (p->b, p->id, "out", "delivered") || all_in_state (p->b, p->id, "out", "read"));
}

/* COUNT texts each way, as fast as they are typed by a machine; then all of them are there, in order, once. */
static void
chat (struct pair *p, int count, uint64_t patience_ms)
{
  char text[16], *want = calloc (1, 16 * (size_t) count + 1), *have;

  assert_non_null (want);
  for (int i = 0; i < count; i++) {
    snprintf (text, sizeof text, "t%d", i);
    strcat (strcat (want, i ? " " : ""), text);
    say (p->a, p->id, text, "--wait=queued");
    say (p->b, p->id, text, "--wait=queued");
    sim_run (p->sim, sim_random (p->sim, 200));
  }
  assert_true (sim_run_until (p->sim, patience_ms, is_delivered, p));
  for (int i = 0; i < 2; i++) {
    have = texts (i ? p->a : p->b, p->id, "in");
    assert_true (strlen (have) >= strlen (want)); /* the name of a file may be before them */
    assert_string_equal (have + strlen (have) - strlen (want), want);
    free (have);
  }
  free (want);
}

static void
test_streams_blocked (void **state)
{
  static const enum sim_streams kinds[] = { SIM_STREAMS_REFUSED, SIM_STREAMS_LOST };

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    struct pair p = begin (1 + i, kinds[i]);

    assert_int_equal (rank_of (p.a, p.b), CF_RANK_LAN_DATAGRAMS);
    assert_string_equal (cf_link_route (p.a->core, &p.b->fpr), "lan");
    chat (&p, 20, 60000);
    pair_free (&p);
  }
}

/* Q3: a tenth is lost, up to 300 ms of delay turn the order round, some come twice. */
static void
test_bad_path (void **state)
{
  (void) state;
  for (uint64_t seed = 10; seed < 13; seed++) {
    struct pair p = begin (seed, SIM_STREAMS_REFUSED);
    const size_t size = 2 * BLOCK + 99;
    char t[ID_SIZE];

    p.sim->latency_ms = 20;
    p.sim->jitter_ms = 300;
    p.sim->loss_permille = 100;
    p.sim->dup_permille = 50;
    chat (&p, 30, 120000);
    make_file (path_of (p.a, "song.ogg"), size, 1);
    offer (p.a, p.id, path_of (p.a, "song.ogg"), t);
    assert_true (wait_offer (p.b, t));
    assert_int_equal (accept_file (p.b, t), 0);
    assert_true (wait_state (p.a, t, "done", 300000));
    assert_true (is_file (path_of (p.b, "song.ogg"), size, 1));
    pair_free (&p);
  }
}

/* Unreliable ones, as they come to Bob. */
static struct {
  size_t count, bytes;
  uint8_t last[CF_LINK_DATAGRAM_MAX];
} came;

static void
hear (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  (void) arg, (void) peer;
  came.count++;
  came.bytes += len;
  memcpy (came.last, data, len);
}

static void
listen_to_datagrams (struct sim_node *node)
{
  static struct cf_link_handler handler;

  handler = *node->core->links->handler;
  handler.datagram = hear;
  cf_links_set_handler (node->core->links, &handler, node->core);
  memset (&came, 0, sizeof came);
}

/* What may be lost: on datagrams some of it is; on a stream nothing, until too much is before it. */
static void
test_unreliable (void **state)
{
  static const enum sim_streams kinds[] = { SIM_STREAMS_PASS, SIM_STREAMS_REFUSED };
  uint8_t data[CF_LINK_DATAGRAM_MAX + 1] = { 0 };

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    struct pair p = begin (60 + i, kinds[i]);
    struct cf_core *core = p.a->core;

    assert_string_equal (cf_link_carrier (core, &p.b->fpr), i ? "udp" : "tcp");
    listen_to_datagrams (p.b);
    data[0] = 7;
    assert_int_equal (cf_link_datagram_send (core, &p.b->fpr, data, 1), 0);
    sim_run (p.sim, 100);
    assert_int_equal (came.count, 1);
    assert_int_equal (came.last[0], 7);
    assert_int_equal (cf_link_datagram_send (core, &p.b->fpr, data, CF_LINK_DATAGRAM_MAX), 0);
    sim_run (p.sim, 100);
    assert_int_equal (came.bytes, 1 + CF_LINK_DATAGRAM_MAX);
    assert_int_equal (gpg_err_code (cf_link_datagram_send (core, &p.b->fpr, data, 0)), GPG_ERR_INV_LENGTH);
    assert_int_equal (gpg_err_code (cf_link_datagram_send (core, &p.b->fpr, data, sizeof data)), GPG_ERR_TOO_LARGE);
    p.sim->loss_permille = 200;
    memset (&came, 0, sizeof came);
    for (int k = 0; k < 200; k++) {
      assert_int_equal (cf_link_datagram_send (core, &p.b->fpr, data, 160), 0);
      sim_run (p.sim, 20);
    }
    p.sim->loss_permille = 0;
    sim_run (p.sim, 1000);
    if (i)
      assert_in_range (came.count, 120, 190);
    else
      assert_int_equal (came.count, 200);
    sim_cut (p.sim, p.a, p.b, true);
    sim_run (p.sim, 60000);
    assert_int_equal (gpg_err_code (cf_link_datagram_send (core, &p.b->fpr, data, 1)), GPG_ERR_ENOTCONN);
    pair_free (&p);
  }
}

/* Where the stream does not get on, what comes too late is not even sent, and the queue does not grow. */
static void
test_unreliable_behind (void **state)
{
  struct pair p = begin (62, SIM_STREAMS_PASS);
  uint8_t data[CF_LINK_DATAGRAM_MAX] = { 0 };
  size_t sent = 0;

  (void) state;
  listen_to_datagrams (p.b);
  sim_cut (p.sim, p.a, p.b, true); /* what is written waits */
  for (int k = 0; k < 1000; k++)
    sent += !cf_link_datagram_send (p.a->core, &p.b->fpr, data, sizeof data);
  assert_in_range (sent, 50, 200);
  assert_int_equal (gpg_err_code (cf_link_datagram_send (p.a->core, &p.b->fpr, data, sizeof data)), GPG_ERR_EAGAIN);
  sim_cut (p.sim, p.a, p.b, false);
  sim_run (p.sim, 1000);
  assert_int_equal (came.count, sent);
  assert_int_equal (cf_link_datagram_send (p.a->core, &p.b->fpr, data, sizeof data), 0);
  pair_free (&p);
}

/* Killed, and there again; the other end hears nothing of it, unlike on a stream. */
static void
test_crash (void **state)
{
  struct pair p = begin (20, SIM_STREAMS_REFUSED);

  (void) state;
  chat (&p, 3, 60000);
  for (int i = 0; i < 4; i++) {
    struct sim_node *node = i % 2 ? p.a : p.b;

    sim_node_crash (node, i / 2 == 0);
    sim_run (p.sim, sim_random (p.sim, 15000));
    assert_int_equal (sim_node_start (node), 0);
    assert_true (sim_run_until (p.sim, 60000, is_delivered, &p));
  }
  say (p.a, p.id, "after", "--wait=queued");
  assert_true (sim_run_until (p.sim, 60000, is_delivered, &p));
  assert_texts (p.b, p.id, "in", "t0 t1 t2 after");
  pair_free (&p);
}

static bool
nobody_up (void *arg)
{
  struct pair *p = arg;

  return !way_of (p->a, p->b) && !way_of (p->b, p->a);
}

/* A dead path is noticed within 10 s, and one that comes back is used again. */
static void
test_path_cut (void **state)
{
  struct pair p = begin (30, SIM_STREAMS_LOST);

  (void) state;
  sim_cut (p.sim, p.a, p.b, true);
  assert_true (sim_run_until (p.sim, 10000, nobody_up, &p));
  say (p.a, p.id, "later", "--wait=queued");
  sim_run (p.sim, 60000);
  sim_cut (p.sim, p.a, p.b, false);
  assert_true (sim_run_until (p.sim, 30000, is_delivered, &p));
  assert_texts (p.b, p.id, "in", "later");
  pair_free (&p);
}

static bool
on_stream (void *arg)
{
  struct pair *p = arg;

  return rank_of (p->a, p->b) == CF_RANK_LAN && rank_of (p->b, p->a) == CF_RANK_LAN;
}

/* Streams get through after all, in the middle of talk and of a file: they take over, nothing is lost or doubled. */
static void
test_better_way (void **state)
{
  (void) state;
  for (uint64_t seed = 40; seed < 44; seed++) {
    struct pair p = begin (seed, SIM_STREAMS_REFUSED);
    const size_t size = 40 * BLOCK + 7;
    char t[ID_SIZE];

    p.sim->latency_ms = 20; /* the file takes some time */
    make_file (path_of (p.a, "film.mkv"), size, 2);
    offer (p.a, p.id, path_of (p.a, "film.mkv"), t);
    assert_true (wait_offer (p.b, t));
    assert_int_equal (accept_file (p.b, t), 0);
    assert_int_equal (rank_of (p.a, p.b), CF_RANK_LAN_DATAGRAMS);
    p.sim->streams = SIM_STREAMS_PASS;
    chat (&p, 60, 60000);
    assert_true (sim_run_until (p.sim, 30000, on_stream, &p));
    say (p.a, p.id, "on", "--wait=queued");
    assert_true (sim_run_until (p.sim, 60000, is_delivered, &p));
    assert_true (wait_state (p.a, t, "done", 300000));
    assert_true (is_file (path_of (p.b, "film.mkv"), size, 2));
    sim_run (p.sim, 60000);
    assert_true (on_stream (&p)); /* and nobody looks for more */
    pair_free (&p);
  }
}

/* Neither is on a link of the other: both carriers side by side, and what is up stays. */
static void
test_far (void **state)
{
  struct pair p = begin (50, SIM_STREAMS_PASS);
  uint64_t dialled;

  (void) state;
  p.sim->far = true;
  cf_link_drop (p.a->core, &p.b->fpr, 0, NULL);
  sim_run (p.sim, 10000);
  assert_int_equal (rank_of (p.a, p.b), CF_RANK_DIRECT);
  assert_string_equal (cf_link_route (p.b->core, &p.a->fpr), "direct");
  dialled = p.a->core->links->counts.dialled + p.b->core->links->counts.dialled;
  sim_run (p.sim, 30000);
  assert_int_equal (p.a->core->links->counts.dialled + p.b->core->links->counts.dialled, dialled);
  pair_free (&p);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_streams_blocked), cmocka_unit_test (test_bad_path),   cmocka_unit_test (test_unreliable), cmocka_unit_test (test_unreliable_behind),
    cmocka_unit_test (test_crash),
    cmocka_unit_test (test_path_cut),        cmocka_unit_test (test_better_way), cmocka_unit_test (test_far),
  };

  return cmocka_run_group_tests_name ("datagrams", tests, NULL, NULL);
}
