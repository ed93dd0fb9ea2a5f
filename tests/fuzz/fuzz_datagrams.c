/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_datagrams.c - two ports for datagrams; the input is what becomes of what they send, and what else arrives there.
 *
 * Operations: a datagram arrives, is lost, comes twice, is altered; foreign ones come, first messages and questions to
 * the mirror with right MACs among them; messages and unreliable datagrams are sent, time goes by, an end says goodbye.
 * Whatever happens, a channel gives what the other end said there, in order, from the first word on; what was not sent is
 * not heard; a port holds no tunnel that nobody took; and who has not proved where he is gets no more bytes than he sent.
 * The first byte says whether tags of any content are right, and whether the tunnel is up when the input begins.
 */
#include <stdlib.h>
#include <string.h>

#include "net/device_key.h"
#include "net/dgram.h"
#include "net/dgram_door.h"
#include "net/dgram_mirror.h"
#include "net/dgram_proto.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/snapshot.h"

#define FLYING_MAX 64
#define SAID_MAX 32
#define SAID_BYTES_MAX 20000
#define STEPS_MAX 64
#define QUIET 12 /* rounds of 5 ms without a datagram: longer than an acknowledgement waits */

struct flying {
  int from;
  size_t len;
  uint8_t *data;
};

struct world;

struct end {
  struct cf_net net; /* first */
  struct world *world;
  int number;
  struct cf_addr addr;
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  struct cf_tunnel_guard *guard;
  struct cf_dgram_port *port;
  struct cf_dgram *tunnel; /* the one that was dialled, or the first to be accepted */
  bool ready, closed;
  size_t said[CF_CHANNEL_COUNT][SAID_MAX]; /* lengths */
  size_t said_count[CF_CHANNEL_COUNT], heard_count[CF_CHANNEL_COUNT];
  size_t plains;           /* unreliable ones that were sent */
  size_t received, sent;   /* bytes, before it is ready */
  struct end *other;
};

struct world {
  struct cf_env env;
  uint64_t seed;
  struct end ends[2];
  struct flying flying[FLYING_MAX];
  size_t flying_count;
  bool strange; /* something came in that nobody here made, and tags of any content are right */
};

static struct world world;
static uint8_t alphabet[SAID_BYTES_MAX + 256];

static void
fly (struct end *e, const uint8_t *data, size_t len)
{
  struct world *w = e->world;

  if (w->flying_count == FLYING_MAX)
    return; /* lost */
  w->flying[w->flying_count++] = (struct flying){ e->number, len, fuzz_copy (data, len) };
}

static gpg_error_t
op_send (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  struct end *e = (struct end *) net;

  if (!e->ready) {
    e->sent += len;
    FUZZ_CHECK (e->number == 0 || e->sent <= e->received); /* the other one dials */
  }
  if (cf_addr_equal (to, &e->other->addr))
    fly (e, data, len);
  return 0;
}

static gpg_error_t
op_send_many (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len, size_t segment)
{
  const uint8_t *p = data;
  gpg_error_t err = 0;

  for (; len; p += segment, len -= segment) {
    segment = segment < len ? segment : len;
    err = op_send (net, to, p, segment);
  }
  return err;
}

static const struct cf_net_ops ops = { .send_datagram = op_send, .send_datagrams = op_send_many };

/* ---- what a tunnel says ---- */

static void
on_ready (void *arg)
{
  struct end *e = arg;

  FUZZ_CHECK (!e->ready && !e->closed);
  e->ready = true;
  cf_dgram_open (e->tunnel, true);
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct end *e = arg, *from = e->other;
  size_t n = e->heard_count[channel]++;

  FUZZ_CHECK (e->ready && !e->closed && len <= cf_message_max[channel]);
  if (e->world->strange)
    return;
  FUZZ_CHECK (n < from->said_count[channel] && len == from->said[channel][n]);
  FUZZ_CHECK (!len || !memcmp (data, alphabet + n, len));
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct end *e = arg;

  (void) err;
  FUZZ_CHECK (!e->closed && (!reason || strlen (reason) < 1000));
  e->closed = true;
}

static void
on_datagram (void *arg, const uint8_t *data, size_t len)
{
  struct end *e = arg;

  FUZZ_CHECK (e->ready && !e->closed && len <= CF_DATAGRAM_PLAIN_MAX);
  FUZZ_CHECK (e->world->strange || (e->other->plains && (!len || !memcmp (data, alphabet, len))));
}

static const struct cf_dgram_handler handler
    = { .ready = on_ready, .message = on_message, .closed = on_closed, .datagram = on_datagram };

static bool
on_own (void *arg, const uint8_t **r_secret, const uint8_t **r_public)
{
  struct end *e = arg;

  *r_secret = e->secret;
  *r_public = e->public;
  return true;
}

static bool
on_accepted (void *arg, struct cf_dgram *tunnel, const struct cf_addr *from)
{
  struct end *e = arg;

  (void) from;
  if (e->tunnel)
    return false;
  e->tunnel = tunnel;
  cf_dgram_set_handler (tunnel, &handler, e);
  return true;
}

static void
on_mirrored (void *arg, const uint8_t *answer, size_t len)
{
  (void) arg;
  FUZZ_CHECK (len == CF_MIRROR_ANSWER_LEN && cf_dgram_kind (answer, len) == CF_DATAGRAM_MIRROR_SAY);
}

static const struct cf_dgram_port_handler port_handler
    = { .own = on_own, .accepted = on_accepted, .mirrored = on_mirrored, .is_mirror = true };

/* ---- what becomes of datagrams ---- */

/* An end that has closed still has its tunnel, until it is freed: no other is there. */
static void
arrive (struct end *to, const struct cf_addr *from, const uint8_t *data, size_t len)
{
  uint8_t *copy = fuzz_copy (data, len);

  if (!to->ready)
    to->received += len;
  if (cf_dgram_port_is_ours (copy, len))
    cf_dgram_port_input (to->port, from, copy, len);
  free (copy);
  FUZZ_CHECK (cf_dgram_port_count (to->port) <= 1);
}

/* The one with that NUMBER arrives, MASK over its byte AT; it flies on if it STAYS. */
static void
land (struct world *w, size_t number, size_t at, uint8_t mask, bool stays)
{
  struct flying f;

  if (!w->flying_count)
    return;
  number %= w->flying_count;
  f = w->flying[number];
  f.data = fuzz_copy (f.data, f.len);
  if (!stays) {
    free (w->flying[number].data);
    memmove (&w->flying[number], &w->flying[number + 1], (w->flying_count - number - 1) * sizeof f);
    w->flying_count--;
  }
  if (mask && f.len) {
    f.data[at % f.len] ^= mask;
    w->strange |= fuzz_lax_tags;
  }
  arrive (&w->ends[!f.from], &w->ends[f.from].addr, f.data, f.len);
  free (f.data);
}

static void
foreign (struct world *w, struct fuzz_in *in, struct end *to)
{
  static const struct cf_addr elsewhere = { .family = 4, .bytes = { 198, 51, 100, 9 }, .port = 9999 };
  uint8_t data[CF_DATAGRAM_FIRST_LEN] = "CfD", what = fuzz_u8 (in);
  const struct cf_addr *from = what & 0x80 ? &elsewhere : &to->other->addr;
  size_t len;
  const uint8_t *bytes = fuzz_bytes (in, sizeof data - 4, &len);

  w->strange |= fuzz_lax_tags;
  data[3] = what & 7;
  if (len)
    memcpy (data + 4, bytes, len);
  len += 4;
  if (what & 0x10) { /* as long, and with the MACs, as it has to be */
    len = data[3] == CF_DATAGRAM_FIRST ? CF_DATAGRAM_FIRST_LEN : data[3] == CF_DATAGRAM_COOKIE ? CF_COOKIE_ANSWER_LEN
          : data[3] == CF_DATAGRAM_MIRROR_SAY ? CF_MIRROR_ANSWER_LEN : len;
    cf_door_sign (data, to->public, NULL);
  }
  if (what & 0x20) {
    cf_mirror_ask (&w->env, to->public, data);
    len = CF_MIRROR_QUESTION_LEN;
  }
  arrive (to, from, data, len);
}

static void
say (struct fuzz_in *in, struct end *e, enum cf_channel channel)
{
  size_t n = e->said_count[channel], len = fuzz_u32 (in) % SAID_BYTES_MAX;

  if (!e->tunnel || n == SAID_MAX || cf_dgram_send (e->tunnel, channel, alphabet + n, len))
    return;
  e->said[channel][n] = len;
  e->said_count[channel]++;
}

static void
say_plain (struct fuzz_in *in, struct end *e)
{
  size_t len = fuzz_u32 (in) % (CF_DATAGRAM_PLAIN_MAX + 2);

  if (e->tunnel && !cf_dgram_send_plain (e->tunnel, alphabet, len)) {
    FUZZ_CHECK (len <= CF_DATAGRAM_PLAIN_MAX);
    e->plains++;
  }
}

/* A good path, for a second or until all is said. */
static void
go_on (struct world *w)
{
  for (int i = 0, quiet = 0; i < 200 && quiet < QUIET; i++) {
    quiet = w->flying_count ? 0 : quiet + 1;
    while (w->flying_count)
      land (w, 0, 0, 0, false);
    fuzz_env_run (&w->env, 5);
  }
}

static void
step (struct world *w, struct fuzz_in *in)
{
  uint8_t op = fuzz_u8 (in), how = fuzz_u8 (in);
  struct end *e = &w->ends[how & 1];
  size_t at;

  switch (op % 10) {
  case 0: land (w, how, 0, 0, false); break;
  case 1: land (w, how, 0, 0, true); break;
  case 2:
    at = fuzz_u32 (in);
    land (w, how, at, fuzz_u8 (in), op & 0x10);
    break;
  case 3: /* lost */
    if (w->flying_count)
      free (w->flying[--w->flying_count].data);
    break;
  case 4: foreign (w, in, e); break;
  case 5: fuzz_env_run (&w->env, (uint64_t) how * how); break;
  case 6: say (in, e, (enum cf_channel) ((how >> 1) % CF_CHANNEL_COUNT)); break;
  case 7: say_plain (in, e); break;
  case 8:
    if (e->tunnel && how & 0x80)
      cf_dgram_close (e->tunnel, 0, "that is all");
    else if (e->tunnel)
      cf_dgram_probe (e->tunnel);
    break;
  default: go_on (w); break;
  }
}

/* ---- the world ---- */

static void
build (int which)
{
  struct cf_dgram_config config = { 0 };
  struct world *w = &world;

  for (size_t i = 0; !alphabet[1] && i < sizeof alphabet; i++)
    alphabet[sizeof alphabet - 1 - i] = (uint8_t) (sizeof alphabet - 1 - i);
  memset (w, 0, sizeof *w);
  fuzz_lax_tags = which & 1;
  fuzz_env_init (&w->env, &w->seed);
  for (int i = 0; i < 2; i++) {
    struct end *e = &w->ends[i];

    e->net.ops = &ops;
    e->world = w;
    e->number = i;
    e->other = &w->ends[!i];
    e->addr = (struct cf_addr){ .family = 4, .bytes = { 192, 0, 2, (uint8_t) (i + 1) }, .port = 7000 };
    cf_device_key_new (&w->env, e->secret, e->public);
    FUZZ_CHECK (!cf_tunnel_guard_new (&w->env, &e->guard));
    FUZZ_CHECK (!cf_dgram_port_new (&w->env, &e->net, e->guard, &port_handler, e, &e->port));
  }
  config.own_secret = w->ends[0].secret;
  config.own_public = w->ends[0].public;
  config.remote_public = w->ends[1].public;
  FUZZ_CHECK (!cf_dgram_dial (w->ends[0].port, &w->ends[1].addr, &config, &handler, &w->ends[0], &w->ends[0].tunnel));
  if (which & 2) {
    go_on (w);
    FUZZ_CHECK (w->ends[0].ready && w->ends[1].ready);
  }
}

static void
finish (struct world *w)
{
  for (int i = 0; i < 2; i++) {
    cf_dgram_free (w->ends[i].tunnel);
    FUZZ_CHECK (!cf_dgram_port_count (w->ends[i].port));
    cf_dgram_port_free (w->ends[i].port);
    cf_tunnel_guard_free (w->ends[i].guard);
  }
  while (w->flying_count)
    free (w->flying[--w->flying_count].data);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  static bool begun;

  if (!begun) {
    fuzz_snapshot_add (&world, sizeof world);
    fuzz_snapshot_add (&fuzz_lax_tags, sizeof fuzz_lax_tags);
  }
  begun = true;
  fuzz_snapshot_begin (fuzz_u8 (&in) & 3, build, NULL);
  for (int i = 0; in.left && i < STEPS_MAX; i++)
    step (&world, &in);
  if (!fuzz_snapshots || fuzz_is_slow (data, len))
    finish (&world);
  fuzz_lax_tags = false;
  fuzz_arena_leave ();
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t
      talk[] = { 0, 9, 0, 6, 0, 0, 0, 0x10, 0, 6, 3, 0, 0, 0x40, 0, 9, 0, 7, 0, 0, 0, 0, 9, 9, 0, 6, 4, 0, 0, 1, 1, 9, 0,
                 8, 0x81, 9, 0 },
      bad_path[] = { 0, 1, 0, 3, 0, 5, 30, 0, 0, 0, 0, 0, 0, 9, 0, 6, 2, 0, 0, 0x4e, 0, 3, 0, 1, 0, 0, 1, 5, 40, 9, 0 },
      altered[] = { 0, 2, 0, 0, 0, 0, 20, 1, 5, 25, 9, 0, 6, 1, 0, 0, 1, 0, 0x12, 0, 0, 0, 0, 18, 8, 9, 0 },
      guests[] = { 0, 4, 1, 0x11, 4, 1, 0x91, 4, 1, 0xa6, 4, 0, 0xb6, 4, 1, 0x14, 4, 0, 0x17, 5, 255, 9, 0 },
      lax[] = { 1, 9, 0, 7, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 16, 3, 9, 0, 6, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 17, 7, 9, 0 };

  emit ("talk", talk, sizeof talk);
  emit ("bad-path", bad_path, sizeof bad_path);
  emit ("altered", altered, sizeof altered);
  emit ("guests", guests, sizeof guests);
  emit ("lax", lax, sizeof lax);
}
