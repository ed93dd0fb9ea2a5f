/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_tunnel.c - two ends of a tunnel; the input is what becomes of their bytes, their clock and their messages.
 *
 * Operations: carry so many bytes, flip one, put foreign ones in, send a message, let time go by, let the carrier
 * fill, say goodbye.  Whatever happens, what one end hears on a channel is what the other said there, from the first
 * word on, and what is held for it is bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/cipher.h"
#include "net/device_key.h"
#include "net/tunnel.h"
#include "tests/fuzz/fuzz.h"

#define WIRE_MAX (8u << 20)
#define SAID_MAX 64
#define SAID_BYTES_MAX (CF_MESSAGE_TALK_MAX + 1)
#define STEPS_MAX 48

struct end {
  struct cf_tunnel *tunnel;
  struct cf_buf out;
  bool ready, closed, full;
  bool lies; /* what it wrote was altered where no tag protects it */
  struct {
    uint32_t len;
    uint8_t first;
  } said[CF_CHANNEL_COUNT][SAID_MAX];
  size_t said_count[CF_CHANNEL_COUNT], heard_count[CF_CHANNEL_COUNT];
  struct end *other;
};

struct world {
  struct cf_env env;
  uint64_t seed;
  struct cf_tunnel_guard *guard;
  struct end ends[2];
  bool touched[2]; /* what end I wrote was altered on its way */
  size_t bytes_left; /* that may be said, or most of the time goes into copying */
};

/* Every message is a piece of this. */
static uint8_t alphabet[SAID_BYTES_MAX + 256];

static void
fill_alphabet (void)
{
  for (size_t i = 0; !alphabet[1] && i < sizeof alphabet; i++)
    alphabet[sizeof alphabet - 1 - i] = (uint8_t) (sizeof alphabet - 1 - i);
}

static void
on_output (void *arg, const uint8_t *data, size_t len)
{
  struct end *e = arg;

  FUZZ_CHECK (!e->closed && !cf_buf_add (&e->out, data, len));
}

static void
on_ready (void *arg)
{
  struct end *e = arg;

  FUZZ_CHECK (!e->ready && !e->closed && cf_tunnel_is_ready (e->tunnel));
  e->ready = true;
}

static void
on_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct end *e = arg, *from = e->other;
  size_t n = e->heard_count[channel]++;

  FUZZ_CHECK (e->ready && !e->closed && len <= SAID_BYTES_MAX);
  if (from->lies)
    return;
  FUZZ_CHECK (n < from->said_count[channel]);
  FUZZ_CHECK (len == from->said[channel][n].len);
  FUZZ_CHECK (!len || !memcmp (data, alphabet + from->said[channel][n].first, len));
}

static void
on_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct end *e = arg;

  (void) err;
  FUZZ_CHECK (!e->closed && (!reason || strlen (reason) < 1000));
  e->closed = true;
}

static size_t
on_queued (void *arg)
{
  return ((struct end *) arg)->full ? CF_TUNNEL_AHEAD : 0;
}

static const struct cf_tunnel_handler handler = {
  .output = on_output, .ready = on_ready, .message = on_message, .closed = on_closed, .queued = on_queued
};

/* Up to LEN bytes of FROM to the other end, one of them altered if MASK. */
static void
carry (struct world *w, int from, size_t len, size_t at, uint8_t mask)
{
  struct end *e = &w->ends[from];
  uint8_t *copy;

  if (len > cf_buf_len (&e->out))
    len = cf_buf_len (&e->out);
  if (!len)
    return;
  copy = fuzz_copy (cf_buf_data (&e->out), len);
  cf_buf_consume (&e->out, len);
  if (mask) {
    copy[at % len] ^= mask;
    w->touched[from] = true;
    e->lies |= fuzz_lax_tags;
  }
  cf_tunnel_input (e->other->tunnel, copy, len);
  free (copy);
}

static void
say (struct world *w, struct end *e, enum cf_channel channel, size_t len, uint8_t first)
{
  size_t n = e->said_count[channel];
  gpg_error_t err;

  if (n == SAID_MAX || cf_buf_len (&e->out) >= WIRE_MAX / 2)
    return;
  if (len > SAID_BYTES_MAX)
    len = SAID_BYTES_MAX;
  if (len > w->bytes_left)
    len %= 256;
  w->bytes_left -= len < w->bytes_left ? len : w->bytes_left;
  e->said[channel][n].len = (uint32_t) len;
  e->said[channel][n].first = first;
  e->said_count[channel]++;
  err = cf_tunnel_send (e->tunnel, channel, alphabet + first, len);
  FUZZ_CHECK (err ? !e->ready || e->closed || e->full || len > CF_MESSAGE_CONTROL_MAX : e->ready);
  if (err)
    e->said_count[channel]--;
}

/* DATA as from FROM; without tags, the inside of a record. */
static void
put_in (struct world *w, int from, const uint8_t *data, size_t len)
{
  static const uint8_t tag[CF_CIPHER_TAG_LEN];
  struct end *e = &w->ends[from];
  uint8_t head[2] = { 0, (uint8_t) (len + sizeof tag) };

  if (!len)
    return;
  head[0] = len + sizeof tag > 255;
  w->touched[from] = true;
  e->lies |= fuzz_lax_tags;
  if (fuzz_lax_tags && e->other->ready)
    cf_tunnel_input (e->other->tunnel, head, sizeof head);
  cf_tunnel_input (e->other->tunnel, data, len);
  if (fuzz_lax_tags && e->other->ready)
    cf_tunnel_input (e->other->tunnel, tag, sizeof tag);
}

static void
step (struct world *w, struct fuzz_in *in)
{
  uint8_t op = fuzz_u8 (in);
  int i = op >> 7;
  struct end *e = &w->ends[i];
  uint8_t channel;
  const uint8_t *data;
  size_t len;

  switch (op % 8) {
  case 0: carry (w, i, SIZE_MAX, 0, 0); break;
  case 1: carry (w, i, fuzz_u8 (in), 0, 0); break;
  case 2: {
    size_t n = (size_t) fuzz_u8 (in) << (op >> 3 & 7), at = fuzz_u8 (in);

    carry (w, i, n, at, fuzz_u8 (in));
    break;
  }
  case 3:
    data = fuzz_bytes (in, fuzz_u8 (in), &len);
    put_in (w, i, data, len);
    break;
  case 4:
    len = (size_t) fuzz_u8 (in) << (op >> 3 & 15);
    channel = fuzz_u8 (in) % CF_CHANNEL_COUNT;
    say (w, e, (enum cf_channel) channel, len, fuzz_u8 (in));
    break;
  case 5: fuzz_env_run (&w->env, 1u << (fuzz_u8 (in) % 16)); break;
  case 6:
    e->full = fuzz_u8 (in) & 1;
    if (!e->full)
      cf_tunnel_drained (e->tunnel);
    break;
  default:
    if (!(fuzz_u8 (in) & 7))
      cf_tunnel_close (e->tunnel, cf_err (GPG_ERR_CANCELED), op & 8 ? "a reason" : NULL);
    else
      carry (w, !i, SIZE_MAX, 0, 0);
    break;
  }
}

static void
begin (struct world *w, uint8_t how)
{
  uint8_t secret[2][CF_DEVICE_KEY_LEN], public[2][CF_DEVICE_KEY_LEN];

  w->seed = how & 7;
  fuzz_lax_tags = how & 8;
  w->bytes_left = how == 0x54 ? 3u << 19 : 1u << 13; /* the longest there are cost a thousand others */
  fuzz_env_init (&w->env, &w->seed);
  FUZZ_CHECK (!cf_tunnel_guard_new (&w->env, &w->guard));
  for (int i = 0; i < 2; i++)
    cf_device_key_new (&w->env, secret[i], public[i]);
  for (int i = 0; i < 2; i++) {
    struct cf_tunnel_config config = { .initiator = !i, .own_secret = secret[i], .own_public = public[i],
                                       .remote_public = i ? NULL : public[1], .guard = i ? w->guard : NULL,
                                       .suite = i ? NULL : how & 1 ? "AESGCM" : "ChaChaPoly",
                                       .rekey_records = how & 2 ? 3 : 0 };

    cf_buf_init (&w->ends[i].out, WIRE_MAX);
    w->ends[i].other = &w->ends[!i];
    FUZZ_CHECK (!cf_tunnel_new (&w->env, &config, &handler, &w->ends[i], &w->ends[i].tunnel));
  }
  for (int i = 0; i < 2; i++)
    cf_tunnel_start (w->ends[i].tunnel);
  for (int i = 0; how & 4 && i < 4; i++)
    carry (w, i & 1, SIZE_MAX, 0, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct world *w = calloc (1, sizeof *w);
  struct fuzz_in in = { data, len };

  FUZZ_CHECK (w);
  fill_alphabet ();
  begin (w, fuzz_u8 (&in));
  for (int n = 0; in.left && n < STEPS_MAX && !(w->ends[0].closed && w->ends[1].closed); n++)
    step (w, &in);
  /* An honest carrier delivers all of it. */
  if (!w->touched[0] && !w->touched[1] && !w->ends[0].closed && !w->ends[1].closed) {
    for (int i = 0; i < 2; i++) {
      w->ends[i].full = false;
      cf_tunnel_drained (w->ends[i].tunnel);
    }
    for (int i = 0; i < 6; i++)
      carry (w, i & 1, SIZE_MAX, 0, 0);
    for (int i = 0; i < 2 * CF_CHANNEL_COUNT; i++)
      FUZZ_CHECK (w->ends[i & 1].said_count[i >> 1] == w->ends[!(i & 1)].heard_count[i >> 1]);
  }
  for (int i = 0; i < 2; i++) {
    cf_tunnel_free (w->ends[i].tunnel);
    cf_buf_done (&w->ends[i].out);
  }
  cf_tunnel_guard_free (w->guard);
  FUZZ_CHECK (cf_timers_next (&w->env) == UINT64_MAX);
  free (w);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t handshake[] = { 0, 0, 0x80, 0, 4, 9, 1, 1, 0, 0x84, 9, 0, 7, 0x80 };
  static const uint8_t talk[] = { 6, 4, 200, 1, 3, 0x7c, 99, 1, 9, 0x7c, 9, 2, 5, 0, 0x84, 3, 0, 1, 0x81, 7, 0x81, 255, 5, 13, 0 };
  static const uint8_t pings[] = { 5, 5, 13, 0, 0x80, 5, 13, 0, 0x80, 5, 12, 0x80, 0, 5, 14 };
  static const uint8_t full[] = { 0x54, 6, 1, 4, 7, 1, 2, 0x5c, 9, 2, 3, 4, 9, 0, 1, 0, 6, 0, 0, 7, 0 };
  static const uint8_t flip[] = { 7, 4, 20, 1, 2, 2, 255, 9, 4, 0x80, 0x83, 5, 0, 18, 1, 2, 3, 0 };
  /* Pieces of a message, a ping, a pong, a BYE, a channel that there is not. */
  static const uint8_t inside[] = { 12, 3, 6, 0, 1, 1, 2, 3, 4, 3, 4, 0, 0, 5, 6, 0x83, 3, 255, 0, 1, 0x83, 3, 255, 0, 2,
                                    3, 3, 9, 0, 1, 3, 9, 255, 0, 3, 1, 2, 3, 'w', 'h', 'y' };

  emit ("handshake", handshake, sizeof handshake);
  emit ("talk", talk, sizeof talk);
  emit ("pings", pings, sizeof pings);
  emit ("full", full, sizeof full);
  emit ("flip", flip, sizeof flip);
  emit ("inside", inside, sizeof inside);
}
