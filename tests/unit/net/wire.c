/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c - see wire.h. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "net/device_key.h"

#define GOT_MAX (64 * 1024 * 1024)

struct flying {
  struct cf_timer timer;
  struct wire *wire;
  struct cf_addr from, to;
  size_t len;
  uint8_t data[];
};

static uint8_t
roll_byte (struct wire *w)
{
  w->dice ^= w->dice >> 12; /* xorshift64* */
  w->dice ^= w->dice << 25;
  w->dice ^= w->dice >> 27;
  return (uint8_t) ((w->dice * 0x2545f4914f6cdd1dULL) >> 56);
}

static void
roll (void *arg, void *buf, size_t len)
{
  uint8_t *out = buf;

  while (len--)
    *out++ = roll_byte (arg);
}

uint64_t
wire_random (struct wire *wire, uint64_t below)
{
  uint64_t n = 0;

  roll (wire, &n, sizeof n);
  return n % below;
}

/* --- the path --- */

static struct wire_host *
host_at (struct wire *w, const struct cf_addr *addr)
{
  for (size_t i = 0; i < WIRE_HOSTS; i++)
    if (cf_addr_equal (&w->hosts[i].addr, addr))
      return &w->hosts[i];
  return NULL;
}

void
wire_inject (struct wire *wire, const struct cf_addr *from, const struct cf_addr *to, const uint8_t *data, size_t len)
{
  struct wire_host *host = host_at (wire, to);

  if (!host)
    return;
  host->received_bytes += len;
  assert_true (cf_dgram_port_is_ours (data, len) || len < 8 || memcmp (data, "CfD", 3));
  cf_dgram_port_input (host->port, from, data, len);
}

static void
arrives (void *arg)
{
  struct flying *f = arg;

  if (!f->wire->cut)
    wire_inject (f->wire, &f->from, &f->to, f->data, f->len);
  free (f);
}

static void
fly (struct wire *w, const struct cf_addr *from, const struct cf_addr *to, const uint8_t *data, size_t len)
{
  struct flying *f = calloc (1, sizeof *f + len);

  assert_non_null (f);
  f->wire = w;
  f->from = *from;
  f->to = *to;
  f->len = len;
  memcpy (f->data, data, len);
  cf_timer_init (&f->timer, arrives, f);
  cf_timer_after (&w->env, &f->timer, w->latency_ms + (w->jitter_ms ? wire_random (w, w->jitter_ms) : 0));
}

static gpg_error_t
op_send (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  struct wire_host *host = (struct wire_host *) net;
  struct wire *w = host->wire;
  uint8_t copy[65536];

  assert_true (len <= sizeof copy);
  memcpy (copy, data, len);
  host->sent++;
  host->sent_bytes += len;
  if (w->kept_count < WIRE_KEPT) {
    struct wire_kept *k = &w->kept[w->kept_count++];

    *k = (struct wire_kept){ .from = host->addr, .to = *to, .len = len, .data = malloc (len) };
    assert_non_null (k->data);
    memcpy (k->data, copy, len);
  }
  if (w->pass && !w->pass (w, &host->addr, to, copy, len))
    return 0;
  if (w->loss_permille && wire_random (w, 1000) < w->loss_permille)
    return 0;
  fly (w, &host->addr, to, copy, len);
  if (w->dup_permille && wire_random (w, 1000) < w->dup_permille)
    fly (w, &host->addr, to, copy, len);
  return 0;
}

static gpg_error_t
op_send_many (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len, size_t segment)
{
  const uint8_t *p = data;

  assert_true (segment && len <= CF_NET_BATCH_MAX);
  for (; len; p += segment, len -= segment) {
    if (segment > len)
      segment = len;
    assert_int_equal (op_send (net, to, p, segment), 0);
  }
  return 0;
}

static const struct cf_net_ops ops = { .send_datagram = op_send, .send_datagrams = op_send_many };

/* --- what tunnels say --- */

static void
on_ready (void *arg)
{
  ((struct wire_host *) arg)->ready++;
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct wire_host *host = arg;
  struct cf_wr wr;

  cf_wr_init (&wr, &host->got[channel]);
  cf_wr_blob32 (&wr, data, len);
  assert_int_equal (cf_wr_finish (&wr), 0);
  host->messages++;
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct wire_host *host = arg;

  host->closed++;
  host->closed_err = err;
  strncpy (host->reason, reason ? reason : "", sizeof host->reason - 1);
}

static bool
on_large (void *arg, enum cf_channel channel)
{
  (void) channel;
  return !((struct wire_host *) arg)->strict;
}

static void
on_room (void *arg)
{
  ((struct wire_host *) arg)->rooms++;
}

static void
on_plain (void *arg, const uint8_t *data, size_t len)
{
  struct wire_host *host = arg;

  host->plains++;
  cf_buf_clear (&host->plain);
  assert_int_equal (cf_buf_add (&host->plain, data, len), 0);
}

static const struct cf_dgram_handler handler = { on_ready, on_message, on_closed, on_large, on_room, on_plain };

static bool
on_own (void *arg, const uint8_t **r_secret, const uint8_t **r_public)
{
  struct wire_host *host = arg;

  *r_secret = host->secret;
  *r_public = host->public;
  return true;
}

static bool
on_accepted (void *arg, struct cf_dgram *tunnel, const struct cf_addr *from)
{
  struct wire_host *host = arg;

  (void) from;
  if (host->refuses)
    return false;
  host->accepted++;
  wire_tidy (host);
  host->tunnel = tunnel;
  cf_dgram_set_handler (tunnel, &handler, host);
  return true;
}

static const struct cf_dgram_port_handler port_handler = { .own = on_own, .accepted = on_accepted };
static const struct cf_dgram_port_handler mirror_handler
    = { .own = on_own, .accepted = on_accepted, .is_mirror = true };

/* --- life --- */

int
wire_setup (void **state)
{
  (void) state;
  return cf_secmem_setup () ? -1 : 0;
}

struct wire *
wire_new (uint64_t seed)
{
  struct wire *wire = calloc (1, sizeof *wire);

  assert_non_null (wire);
  wire->dice = seed;
  wire->latency_ms = 1;
  wire->env.now_ms = 5000;
  wire->env.now_utc_ms = 1800000000000;
  wire->env.random = roll;
  wire->env.random_arg = wire;
  wire->env.log_level = CF_LOG_ERROR;
  for (size_t i = 0; i < WIRE_HOSTS; i++) {
    struct wire_host *h = &wire->hosts[i];

    h->wire = wire;
    h->net.ops = &ops;
    h->addr = (struct cf_addr){ .family = 4, .bytes = { 192, 0, 2, (uint8_t) (i + 1) }, .port = 7000 };
    cf_device_key_new (&wire->env, h->secret, h->public);
    for (int c = 0; c < CF_CHANNEL_COUNT; c++)
      cf_buf_init (&h->got[c], GOT_MAX);
    cf_buf_init (&h->plain, CF_DATAGRAM_PLAIN_MAX);
    assert_int_equal (cf_tunnel_guard_new (&wire->env, &h->guard), 0);
    assert_int_equal (cf_dgram_port_new (&wire->env, &h->net, h->guard, i == WIRE_MIRROR ? &mirror_handler : &port_handler,
                                        h, &h->port), 0);
  }
  return wire;
}

void
wire_tidy (struct wire_host *host)
{
  cf_dgram_free (host->tunnel);
  host->tunnel = NULL;
}

void
wire_free (struct wire *wire)
{
  wire->cut = true; /* what still flies is freed by its timer */
  for (size_t i = 0; i < WIRE_HOSTS; i++)
    wire_tidy (&wire->hosts[i]);
  wire->env.now_ms += 60000;
  cf_timers_run (&wire->env);
  for (size_t i = 0; i < WIRE_HOSTS; i++) {
    struct wire_host *h = &wire->hosts[i];

    assert_int_equal (cf_dgram_port_count (h->port), 0);
    cf_dgram_port_free (h->port);
    cf_tunnel_guard_free (h->guard);
    for (int c = 0; c < CF_CHANNEL_COUNT; c++)
      cf_buf_done (&h->got[c]);
    cf_buf_done (&h->plain);
  }
  for (size_t i = 0; i < wire->kept_count; i++)
    free (wire->kept[i].data);
  free (wire);
}

static void
step (struct wire *w, uint64_t end_ms)
{
  uint64_t next = cf_timers_next (&w->env);

  if (next > end_ms)
    next = end_ms;
  if (next > w->env.now_ms) {
    w->env.now_utc_ms += (int64_t) (next - w->env.now_ms);
    w->env.now_ms = next;
  }
  cf_timers_run (&w->env);
}

void
wire_run (struct wire *wire, uint64_t ms)
{
  uint64_t end_ms = wire->env.now_ms + ms;

  while (wire->env.now_ms < end_ms || cf_timers_next (&wire->env) <= end_ms)
    step (wire, end_ms);
}

bool
wire_until (struct wire *wire, uint64_t ms, bool (*done) (struct wire *wire))
{
  uint64_t end_ms = wire->env.now_ms + ms;

  while (!done (wire) && wire->env.now_ms < end_ms)
    step (wire, end_ms);
  return done (wire);
}

void
wire_dial (struct wire *wire, size_t from, size_t to)
{
  struct wire_host *a = &wire->hosts[from], *b = &wire->hosts[to];
  struct cf_dgram_config config = { .own_secret = a->secret, .own_public = a->public, .remote_public = b->public };

  wire_tidy (a);
  assert_int_equal (cf_dgram_dial (a->port, &b->addr, &config, &handler, a, &a->tunnel), 0);
}

bool
wire_joined (struct wire *wire)
{
  const struct wire_host *h = wire->hosts;

  return h[0].tunnel && cf_dgram_is_ready (h[0].tunnel) && h[1].tunnel && cf_dgram_is_ready (h[1].tunnel);
}

void
wire_join (struct wire *wire)
{
  wire_dial (wire, 0, 1);
  assert_true (wire_until (wire, CF_HANDSHAKE_MS, wire_joined));
  cf_dgram_open (wire->hosts[0].tunnel, true);
  cf_dgram_open (wire->hosts[1].tunnel, true);
}

static void
fill (uint8_t *data, size_t len, uint8_t seed)
{
  for (size_t i = 0; i < len; i++)
    data[i] = (uint8_t) (i * 7 + (i >> 8) + seed);
}

void
wire_say (struct wire_host *host, enum cf_channel channel, size_t len, uint8_t seed)
{
  uint8_t *data = malloc (len + 1);

  assert_non_null (data);
  fill (data, len, seed);
  assert_int_equal (cf_dgram_send (host->tunnel, channel, data, len), 0);
  free (data);
}

void
wire_expect (struct wire_host *host, enum cf_channel channel, size_t len, uint8_t seed)
{
  uint8_t *data = malloc (len + 1);
  struct cf_buf *got = &host->got[channel];
  const uint8_t *p = cf_buf_data (got);

  assert_non_null (data);
  fill (data, len, seed);
  assert_true (cf_buf_len (got) >= 4 + len);
  assert_int_equal ((size_t) p[0] << 24 | (size_t) p[1] << 16 | (size_t) p[2] << 8 | p[3], len);
  if (len)
    assert_memory_equal (p + 4, data, len);
  cf_buf_consume (got, 4 + len);
  free (data);
}
