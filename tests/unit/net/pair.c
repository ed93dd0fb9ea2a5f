/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pair.c - two ends of a tunnel in a world of their own; see pair.h. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/device_key.h"

static void
roll (void *arg, void *buf, size_t len)
{
  struct pair *p = arg;
  uint8_t *out = buf;

  while (len--) { /* xorshift64* */
    p->dice ^= p->dice >> 12;
    p->dice ^= p->dice << 25;
    p->dice ^= p->dice >> 27;
    *out++ = (uint8_t) ((p->dice * 0x2545f4914f6cdd1dULL) >> 56);
  }
}

static void
on_output (void *arg, const uint8_t *data, size_t len)
{
  struct end *e = arg;

  assert_int_equal (cf_buf_add (&e->out, data, len), 0);
  if (e->count_queue)
    e->carrier_queue += len;
}

static void
on_ready (void *arg)
{
  struct end *e = arg;

  assert_false (e->ready);
  e->ready = true;
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct end *e = arg;
  struct cf_wr wr;

  cf_wr_init (&wr, &e->messages);
  cf_wr_u8 (&wr, (uint8_t) channel);
  cf_wr_blob32 (&wr, data, len);
  assert_int_equal (cf_wr_finish (&wr), 0);
  e->message_count++;
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct end *e = arg;

  e->closed++;
  e->closed_err = err;
  strncpy (e->reason, reason ? reason : "", sizeof e->reason - 1);
}

static size_t
on_queued (void *arg)
{
  return ((struct end *) arg)->carrier_queue;
}

static const struct cf_tunnel_handler handler = {
  .output = on_output, .ready = on_ready, .message = on_message, .closed = on_closed, .queued = on_queued
};

static void
end_init (struct end *e)
{
  memset (e, 0, sizeof *e);
  cf_buf_init (&e->out, PAIR_WIRE_MAX);
  cf_buf_init (&e->messages, PAIR_WIRE_MAX);
}

void
pair_world (struct pair *p, uint64_t seed)
{
  memset (p, 0, sizeof *p);
  p->dice = seed;
  p->env.now_ms = 5000;
  p->env.now_utc_ms = 1800000000000;
  p->env.random = roll;
  p->env.random_arg = p;
  p->env.log_level = CF_LOG_ERROR;
  for (int i = 0; i < 2; i++)
    cf_device_key_new (&p->env, p->secret[i], p->public[i]);
  assert_int_equal (cf_tunnel_guard_new (&p->env, &p->guard), 0);
}

void
pair_responder (struct pair *p, struct end *end)
{
  struct cf_tunnel_config config = { .own_secret = p->secret[1], .own_public = p->public[1], .guard = p->guard };

  end_init (end);
  assert_int_equal (cf_tunnel_new (&p->env, &config, &handler, end, &end->tunnel), 0);
  cf_tunnel_start (end->tunnel);
}

void
pair_init (struct pair *p, const char *suite, uint32_t rekey_records)
{
  struct cf_tunnel_config config = { .initiator = true,
                                     .own_secret = p->secret[0],
                                     .own_public = p->public[0],
                                     .remote_public = p->public[1],
                                     .suite = suite,
                                     .rekey_records = rekey_records };

  end_init (&p->a);
  end_init (&p->b);
  assert_int_equal (cf_tunnel_new (&p->env, &config, &handler, &p->a, &p->a.tunnel), 0);
  config = (struct cf_tunnel_config){ .own_secret = p->secret[1], .own_public = p->public[1], .guard = p->guard,
                                      .rekey_records = p->responder_rekey_records ? p->responder_rekey_records
                                                                                  : rekey_records };
  assert_int_equal (cf_tunnel_new (&p->env, &config, &handler, &p->b, &p->b.tunnel), 0);
}

static bool
carry (struct end *from, struct end *to, size_t chunk)
{
  size_t len = cf_buf_len (&from->out);
  uint8_t *copy;

  if (!len)
    return false;
  if (len > chunk)
    len = chunk;
  copy = malloc (len); /* exactly as long, for the sanitizer */
  memcpy (copy, cf_buf_data (&from->out), len);
  cf_buf_consume (&from->out, len);
  from->carried += len;
  cf_tunnel_input (to->tunnel, copy, len);
  free (copy);
  return true;
}

void
pair_run (struct pair *p, size_t chunk)
{
  while (carry (&p->a, &p->b, chunk) | carry (&p->b, &p->a, chunk))
    ;
}

void
pair_connect (struct pair *p)
{
  cf_tunnel_start (p->a.tunnel);
  cf_tunnel_start (p->b.tunnel);
  pair_run (p, SIZE_MAX);
  assert_true (p->a.ready);
  assert_true (p->b.ready);
}

void
pair_wait (struct pair *p, uint64_t ms, bool carried)
{
  for (uint64_t t = 0; t < ms; t += 100) {
    p->env.now_ms += 100;
    p->env.now_utc_ms += 100;
    cf_timers_run (&p->env);
    if (carried)
      pair_run (p, SIZE_MAX);
  }
}

void
end_done (struct end *end)
{
  cf_tunnel_free (end->tunnel);
  cf_buf_done (&end->out);
  cf_buf_done (&end->messages);
}

void
pair_done (struct pair *p)
{
  if (p->a.tunnel)
    end_done (&p->a);
  if (p->b.tunnel)
    end_done (&p->b);
  cf_tunnel_guard_free (p->guard);
}

uint32_t
pair_below (struct pair *p, uint32_t bound)
{
  return cf_env_random_below (&p->env, bound);
}
