/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_discovery.c - the machine of "who's there" under a stream of datagrams, with a clock.
 *
 * Input is a schedule: an operation byte and what it needs.  Whatever comes, answers stay within their limits, never
 * outweigh questions, and beacons leave at least CF_BEACON_LEAST_MS apart.
 */
#include <stdlib.h>
#include <string.h>

#include "net/discovery.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX 32

struct world {
  struct cf_net net; /* first */
  struct cf_env env;
  uint64_t seed;
  struct cf_discovery *discovery;
  size_t bytes_in;     /* of questions */
  size_t answers, bytes_out;
  uint64_t started_ms, broadcast_ms;
  bool visible;
};

static gpg_error_t
op_send (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  struct world *w = (struct world *) net;
  struct cf_beacon beacon;

  FUZZ_CHECK (w->visible && to->port && !cf_beacon_decode (data, len, &beacon) && beacon.answer);
  w->answers++;
  w->bytes_out += len;
  FUZZ_CHECK (w->bytes_out <= w->bytes_in);
  FUZZ_CHECK (w->answers <= CF_ANSWER_ALL_BURST + (w->env.now_ms - w->started_ms) / CF_ANSWER_ALL_MS);
  return 0;
}

static gpg_error_t
op_broadcast (struct cf_net *net, const void *data, size_t len)
{
  struct world *w = (struct world *) net;
  struct cf_beacon beacon;

  FUZZ_CHECK (w->visible && !cf_beacon_decode (data, len, &beacon) && !beacon.answer);
  FUZZ_CHECK (!w->broadcast_ms || w->env.now_ms - w->broadcast_ms >= CF_BEACON_LEAST_MS);
  w->broadcast_ms = w->env.now_ms;
  return 0;
}

static void
on_heard (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr)
{
  FUZZ_CHECK (((struct world *) arg)->discovery && beacon->tcp_port == addr->port);
}

static const struct cf_net_ops ops = { .send_datagram = op_send, .broadcast = op_broadcast };

static struct cf_beacon
make_beacon (uint8_t who, bool answer)
{
  struct cf_beacon beacon = { .answer = answer, .tcp_port = 7000, .udp_port = 7001, .name = "Zo\xc3\xab" };

  memset (beacon.device_key, who, sizeof beacon.device_key);
  beacon.identity.version = 4;
  beacon.identity.len = 20;
  memset (beacon.identity.bytes, who, 20);
  return beacon;
}

static void
give (struct world *w, struct fuzz_in *in, const uint8_t *data, size_t len)
{
  uint8_t host = fuzz_u8 (in), port = fuzz_u8 (in);
  struct cf_addr from = { .family = 4, .bytes = { 10, 0, 0, host }, .port = port };
  uint8_t *copy = fuzz_copy (data, len);

  w->bytes_in += len;
  cf_discovery_datagram (w->discovery, &from, copy, len);
  free (copy);
}

/* A well-formed beacon with one byte changed; or unchanged, over and over. */
static void
give_beacon (struct world *w, struct fuzz_in *in, unsigned times)
{
  uint8_t who = fuzz_u8 (in), answer = fuzz_u8 (in) & 1, at, mask;
  struct cf_beacon beacon = make_beacon (who, answer);
  struct cf_buf out;
  uint8_t *copy;
  size_t len;

  cf_buf_init (&out, CF_BEACON_MAX);
  if (!cf_beacon_encode (&beacon, &out)) {
    len = cf_buf_len (&out);
    copy = fuzz_copy (cf_buf_data (&out), len);
    if (times == 1) {
      at = fuzz_u8 (in);
      mask = fuzz_u8 (in);
      copy[at % len] ^= mask;
    }
    while (times--)
      give (w, in, copy, len);
    free (copy);
  }
  cf_buf_done (&out);
}

static void
step (struct world *w, struct fuzz_in *in)
{
  struct cf_beacon own = make_beacon (1, false);
  const uint8_t *data;
  size_t len;

  switch (fuzz_u8 (in) % 8) {
  case 0:
    data = fuzz_bytes (in, fuzz_u8 (in), &len);
    give (w, in, data, len);
    break;
  case 1: give_beacon (w, in, 1); break;
  case 2: give_beacon (w, in, fuzz_u8 (in) % 64); break;
  case 3: fuzz_env_run (&w->env, 1ull << (fuzz_u8 (in) % 19)); break;
  case 4: fuzz_env_run (&w->env, fuzz_u8 (in)); break;
  case 5: cf_discovery_network_changed (w->discovery); break;
  case 6:
    w->visible = fuzz_u8 (in) & 1;
    cf_discovery_set_visibility (w->discovery, w->visible ? CF_VISIBLE_EVERYONE : CF_VISIBLE_NOBODY);
    break;
  default:
    own.tcp_port = fuzz_u8 (in);
    own.name[0] = (char) fuzz_u8 (in);
    (void) !cf_discovery_set_own (w->discovery, &own);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct world w = { .net.ops = &ops, .visible = true };
  struct cf_discovery_config config = { .own = make_beacon (1, false), .heard = on_heard, .arg = &w };
  struct fuzz_in in = { data, len };
  struct cf_discovery_counts counts;

  fuzz_env_init (&w.env, &w.seed);
  w.started_ms = w.env.now_ms;
  FUZZ_CHECK (!cf_discovery_new (&w.env, &w.net, &config, &w.discovery));
  cf_discovery_start (w.discovery);
  for (int n = 0; in.left && n < STEPS_MAX; n++)
    step (&w, &in);
  cf_discovery_counts (w.discovery, &counts);
  FUZZ_CHECK (counts.answered == w.answers);
  cf_discovery_free (w.discovery);
  FUZZ_CHECK (cf_timers_next (&w.env) == UINT64_MAX);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t questions[] = { 1, 2, 0, 0, 0, 9, 80, 2, 3, 0, 200, 4, 200, 1, 4, 0, 0, 0, 9, 81 };
  static const uint8_t life[] = { 3, 17, 5, 4, 10, 5, 6, 0, 3, 15, 6, 1, 7, 9, 'x', 3, 18, 0, 4, 'C', 'F', 'B', '1', 1, 1 };
  static const uint8_t hidden[] = { 6, 0, 3, 15, 1, 2, 0, 0, 0, 9, 80, 2, 3, 0, 4 };
  static const uint8_t own[] = { 1, 1, 0, 0, 0, 1, 1, 1, 5, 1, 7, 7, 2, 9, 3, 20 };

  emit ("questions", questions, sizeof questions);
  emit ("life", life, sizeof life);
  emit ("hidden", hidden, sizeof hidden);
  emit ("own", own, sizeof own);
}
