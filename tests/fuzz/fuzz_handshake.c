/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_handshake.c - the first bytes of a tunnel: raw to either side, and real ones altered on their way.
 *
 * A side that says "message N was right" for bytes that were altered is broken.  Raw bytes may even be
 * right here, where secrets are sums; without tags they are read to their end.
 */
#include <stdlib.h>
#include <string.h>

#include "net/device_key.h"
#include "net/handshake.h"
#include "tests/fuzz/fuzz.h"

struct side {
  struct cf_handshake *hs;
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  bool failed;
  unsigned message; /* the last that was right */
};

struct flip {
  uint8_t message, at, mask; /* message 0: none */
};

/* LEN bytes to SIDE in pieces of CHUNK; what it answers into REPLY. */
static size_t
feed (struct side *side, const uint8_t *data, size_t len, size_t chunk, uint8_t reply[CF_HANDSHAKE_REPLY_MAX])
{
  struct cf_handshake_step result;
  size_t reply_len = 0;

  while (len && !side->failed) {
    size_t n = chunk && chunk < len ? chunk : len;
    uint8_t *copy = fuzz_copy (data, n);

    if (cf_handshake_input (side->hs, copy, n, &result))
      side->failed = true;
    else {
      FUZZ_CHECK (result.used <= n && result.reply_len <= CF_HANDSHAKE_REPLY_MAX);
      FUZZ_CHECK (result.used || result.message);
      if (result.message)
        side->message = result.message;
      if (result.reply_len)
        memcpy (reply, result.reply, result.reply_len);
      reply_len = result.reply_len ? result.reply_len : reply_len;
      data += result.used;
      len -= result.used;
    }
    free (copy);
    if (result.message == 3 || result.message == 2)
      break;
  }
  return reply_len;
}

/* Message N of the conversation, perhaps altered; true if it was. */
static bool
alter (const struct flip *flip, unsigned n, uint8_t *data, size_t len)
{
  if (flip->message != n || !flip->mask)
    return false;
  data[flip->at % len] ^= flip->mask;
  return true;
}

static void
run_real (struct side *a, struct side *b, const struct flip *flip, size_t chunk)
{
  uint8_t first[CF_HANDSHAKE_FIRST_LEN], two[CF_HANDSHAKE_REPLY_MAX], three[CF_HANDSHAKE_REPLY_MAX], none[CF_HANDSHAKE_REPLY_MAX];
  size_t two_len, three_len;
  bool bad;

  FUZZ_CHECK (!cf_handshake_first (a->hs, first));
  bad = alter (flip, 1, first, sizeof first);
  two_len = feed (b, first, sizeof first, chunk, two);
  FUZZ_CHECK (bad ? b->failed && !two_len : b->message == 1 && two_len == CF_NOISE_MESSAGE2_LEN);
  if (bad)
    return;
  bad = alter (flip, 2, two, two_len);
  three_len = feed (a, two, two_len, chunk, three);
  FUZZ_CHECK (bad ? a->failed && !three_len : a->message == 2 && three_len == CF_NOISE_MESSAGE3_LEN);
  if (bad)
    return;
  bad = alter (flip, 3, three, three_len);
  FUZZ_CHECK (!feed (b, three, three_len, chunk, none));
  FUZZ_CHECK (bad ? b->failed : b->message == 3);
  FUZZ_CHECK (bad
              || !memcmp (cf_noise_hash (cf_handshake_noise (a->hs)), cf_noise_hash (cf_handshake_noise (b->hs)),
                          CF_NOISE_HASH_LEN));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  uint8_t how = fuzz_u8 (&in), reply[CF_HANDSHAKE_REPLY_MAX];
  uint8_t at = fuzz_u8 (&in), mask = fuzz_u8 (&in);
  struct flip flip = { how >> 1 & 3, at, mask };
  size_t chunk = fuzz_u8 (&in);
  uint64_t seed = how & 15;
  struct side sides[2] = { { .failed = false }, { .failed = false } };
  struct cf_tunnel_guard *guard;
  struct cf_env env;

  fuzz_lax_tags = how & 16;
  fuzz_env_init (&env, &seed);
  FUZZ_CHECK (!cf_tunnel_guard_new (&env, &guard));
  for (int i = 0; i < 2; i++)
    cf_device_key_new (&env, sides[i].secret, sides[i].public);
  for (int i = 0; i < 2; i++) {
    struct cf_tunnel_config config = { .initiator = !i, .own_secret = sides[i].secret, .own_public = sides[i].public,
                                       .remote_public = i ? NULL : sides[1].public, .guard = i ? guard : NULL,
                                       .suite = i ? NULL : how & 8 ? "AESGCM" : "ChaChaPoly" };

    FUZZ_CHECK (!cf_handshake_new (&env, &config, &sides[i].hs));
  }
  if (how & 1 && !fuzz_lax_tags)
    run_real (&sides[0], &sides[1], &flip, chunk);
  else { /* raw, to the initiator that has spoken or to the responder */
    uint8_t first[CF_HANDSHAKE_FIRST_LEN];
    struct side *side = &sides[how >> 1 & 1];

    if (side == &sides[0])
      FUZZ_CHECK (!cf_handshake_first (side->hs, first));
    feed (side, in.p, in.left, chunk, reply);
  }
  for (int i = 0; i < 2; i++)
    cf_handshake_free (sides[i].hs);
  cf_tunnel_guard_free (guard);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  uint8_t real[4] = { 1, 5, 1, 7 }, raw[256] = { 2, 0, 0, 3, 'C', 'f', 'T', 'u', 1, 1 };

  emit ("right", real, 1);
  real[0] = 1 | 1 << 1;
  emit ("flip-1", real, 4);
  real[0] = 1 | 2 << 1;
  emit ("flip-2", real, 4);
  real[0] = 1 | 3 << 1 | 8;
  emit ("flip-3", real, 4);
  emit ("raw-responder", raw, 128);
  raw[0] = 0;
  emit ("raw-initiator", raw, 60);
  raw[0] = 16;
  emit ("lax-initiator", raw, sizeof raw);
  raw[0] = 16 | 2;
  emit ("lax-responder", raw, sizeof raw);
}
