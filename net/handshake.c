/* SPDX-License-Identifier: GPL-3.0-or-later */
/* handshake.c - clear bytes and the three Noise messages; see handshake.h.
 *
 * Lengths are fixed, so nothing that arrives before authentication says how
 * much memory it wants.  Spec: doc/protocol.md, "Handshake".
 */
#include "net/handshake.h"

#include <assert.h>
#include <string.h>

#include "base/secmem.h"
#include "net/tunnel_guard.h"

#define MAGIC_LEN 4

static const char prologue_name[] = "confab tunnel";

_Static_assert (CF_NOISE_MESSAGE3_LEN >= CF_HANDSHAKE_MESSAGE1_LEN && CF_NOISE_MESSAGE3_LEN >= CF_NOISE_MESSAGE2_LEN,
                "message 3 is the longest");

struct cf_handshake {
  struct cf_env *env;
  struct cf_tunnel_guard *guard; /* responder */
  bool initiator;
  bool has_clear; /* the clear bytes are known */
  enum cf_suite suite;
  unsigned int next; /* the message that comes in next: 1, 2, 3; 0: none */
  uint8_t own_secret[CF_DEVICE_KEY_LEN], own_public[CF_DEVICE_KEY_LEN];
  uint8_t remote_public[CF_DEVICE_KEY_LEN]; /* initiator */
  uint8_t clear[CF_TUNNEL_CLEAR_LEN];
  struct cf_noise *noise;
  uint8_t in[CF_NOISE_MESSAGE3_LEN];
  size_t in_len;
};

gpg_error_t
cf_handshake_new (struct cf_env *env, const struct cf_tunnel_config *config, struct cf_handshake **r_handshake)
{
  struct cf_handshake *hs;
  gpg_error_t err;

  assert (config->initiator ? config->remote_public != NULL : config->guard != NULL);
  err = cf_secmem_new (&hs, sizeof *hs);
  if (err)
    return err;
  hs->env = env;
  hs->guard = config->guard;
  hs->initiator = config->initiator;
  memcpy (hs->own_secret, config->own_secret, CF_DEVICE_KEY_LEN);
  memcpy (hs->own_public, config->own_public, CF_DEVICE_KEY_LEN);
  if (hs->initiator) {
    hs->suite = cf_suite_by_name (config->suite);
    memcpy (hs->remote_public, config->remote_public, CF_DEVICE_KEY_LEN);
  } else
    hs->next = 1;
  *r_handshake = hs;
  return 0;
}

void
cf_handshake_free (struct cf_handshake *handshake)
{
  if (!handshake)
    return;
  cf_noise_free (handshake->noise);
  cf_secmem_free (handshake);
}

enum cf_suite
cf_handshake_suite (const struct cf_handshake *handshake)
{
  return handshake->suite;
}

const struct cf_noise *
cf_handshake_noise (const struct cf_handshake *handshake)
{
  return handshake->noise;
}

void
cf_handshake_time (const struct cf_env *env, uint8_t r_time[CF_HANDSHAKE_TIME_LEN])
{
  for (int i = 0; i < CF_HANDSHAKE_TIME_LEN; i++)
    r_time[i] = (uint8_t) ((uint64_t) env->now_utc_ms >> (56 - 8 * i));
}

gpg_error_t
cf_handshake_accept (struct cf_tunnel_guard *guard, const struct cf_noise *noise,
                     const uint8_t time[CF_HANDSHAKE_TIME_LEN])
{
  uint64_t sent_utc_ms = 0;

  for (int i = 0; i < CF_HANDSHAKE_TIME_LEN; i++)
    sent_utc_ms = sent_utc_ms << 8 | time[i];
  if (sent_utc_ms > INT64_MAX)
    return cf_err (GPG_ERR_TOO_YOUNG);
  return cf_tunnel_guard_accept (guard, cf_noise_remote_ephemeral (noise), (int64_t) sent_utc_ms);
}

/* The clear bytes are settled: they go into the prologue. */
static gpg_error_t
begin_noise (struct cf_handshake *hs)
{
  gpg_error_t err;
  uint8_t prologue[sizeof prologue_name - 1 + CF_TUNNEL_CLEAR_LEN];
  uint8_t ephemeral[CF_NOISE_DH_LEN];
  struct cf_noise_config config = {
    .suite = hs->suite,
    .initiator = hs->initiator,
    .static_secret = hs->own_secret,
    .static_public = hs->own_public,
    .ephemeral_secret = ephemeral,
    .remote_static = hs->initiator ? hs->remote_public : NULL,
    .prologue = prologue,
    .prologue_len = sizeof prologue,
  };

  memcpy (prologue, prologue_name, sizeof prologue_name - 1);
  memcpy (prologue + sizeof prologue_name - 1, hs->clear, CF_TUNNEL_CLEAR_LEN);
  cf_env_random (hs->env, ephemeral, sizeof ephemeral);
  err = cf_noise_new (&config, &hs->noise);
  cf_wipe (ephemeral, sizeof ephemeral);
  return err;
}

gpg_error_t
cf_handshake_first (struct cf_handshake *handshake, uint8_t out[CF_HANDSHAKE_FIRST_LEN])
{
  struct cf_handshake *hs = handshake;
  gpg_error_t err;
  uint8_t payload[CF_HANDSHAKE_TIME_LEN];
  size_t len;

  memcpy (hs->clear, CF_TUNNEL_MAGIC, MAGIC_LEN);
  hs->clear[4] = CF_PROTO_VERSION;
  hs->clear[5] = (uint8_t) hs->suite;
  hs->has_clear = true;
  memcpy (out, hs->clear, CF_TUNNEL_CLEAR_LEN);
  cf_handshake_time (hs->env, payload);
  err = begin_noise (hs);
  if (!err)
    err = cf_noise_write (hs->noise, payload, sizeof payload, out + CF_TUNNEL_CLEAR_LEN, CF_HANDSHAKE_MESSAGE1_LEN,
                          &len);
  if (!err)
    hs->next = 2;
  return err;
}

static gpg_error_t
take_clear (struct cf_handshake *hs)
{
  const uint8_t *p = hs->in;

  if (memcmp (p, CF_TUNNEL_MAGIC, MAGIC_LEN))
    return cf_err (CF_ERR_PROTOCOL);
  if (p[4] != CF_PROTO_VERSION)
    return cf_err (GPG_ERR_UNKNOWN_VERSION);
  if (p[5] >= CF_SUITE_COUNT)
    return cf_err (GPG_ERR_UNSUPPORTED_ALGORITHM);
  hs->suite = (enum cf_suite) p[5];
  memcpy (hs->clear, p, CF_TUNNEL_CLEAR_LEN);
  hs->has_clear = true;
  return 0;
}

/* Authenticate, look at the time, look whether it is new; only then answer. */
static gpg_error_t
take_message1 (struct cf_handshake *hs, struct cf_handshake_step *step)
{
  gpg_error_t err;
  uint8_t payload[CF_HANDSHAKE_TIME_LEN];
  size_t len;

  err = begin_noise (hs);
  if (!err)
    err = cf_noise_read (hs->noise, hs->in, CF_HANDSHAKE_MESSAGE1_LEN, payload, sizeof payload, &len);
  if (!err)
    err = cf_handshake_accept (hs->guard, hs->noise, payload);
  if (err)
    return err;
  return cf_noise_write (hs->noise, NULL, 0, step->reply, sizeof step->reply, &step->reply_len);
}

static gpg_error_t
take_message2 (struct cf_handshake *hs, struct cf_handshake_step *step)
{
  gpg_error_t err;
  size_t len;

  err = cf_noise_read (hs->noise, hs->in, CF_NOISE_MESSAGE2_LEN, NULL, 0, &len);
  if (err)
    return err;
  return cf_noise_write (hs->noise, NULL, 0, step->reply, sizeof step->reply, &step->reply_len);
}

static gpg_error_t
take_message (struct cf_handshake *hs, struct cf_handshake_step *step)
{
  size_t len;

  switch (hs->next) {
  case 1:
    return take_message1 (hs, step);
  case 2:
    return take_message2 (hs, step);
  default:
    return cf_noise_read (hs->noise, hs->in, CF_NOISE_MESSAGE3_LEN, NULL, 0, &len);
  }
}

gpg_error_t
cf_handshake_input (struct cf_handshake *handshake, const uint8_t *data, size_t len, struct cf_handshake_step *r_step)
{
  static const size_t lengths[] = { 0, CF_HANDSHAKE_MESSAGE1_LEN, CF_NOISE_MESSAGE2_LEN, CF_NOISE_MESSAGE3_LEN };
  struct cf_handshake *hs = handshake;
  gpg_error_t err;
  size_t want;

  memset (r_step, 0, sizeof *r_step);
  if (!hs->next)
    return cf_err (GPG_ERR_INV_STATE);
  want = (hs->has_clear ? lengths[hs->next] : CF_TUNNEL_CLEAR_LEN) - hs->in_len;
  r_step->used = want < len ? want : len;
  memcpy (hs->in + hs->in_len, data, r_step->used);
  hs->in_len += r_step->used;
  if (r_step->used < want)
    return 0;
  hs->in_len = 0;
  if (!hs->has_clear)
    return take_clear (hs);
  err = take_message (hs, r_step);
  if (err)
    return err;
  r_step->message = hs->next;
  hs->next = hs->next == 1 ? 3 : 0;
  return 0;
}

void
cf_handshake_refused (struct cf_env *env, gpg_error_t err)
{
  static const struct { gpg_err_code_t code; enum cf_refusal reason; } reasons[] = {
    { CF_ERR_PROTOCOL, CF_REFUSED_HANDSHAKE_FOREIGN },
    { GPG_ERR_UNKNOWN_VERSION, CF_REFUSED_HANDSHAKE_VERSION },
    { GPG_ERR_UNSUPPORTED_ALGORITHM, CF_REFUSED_HANDSHAKE_SUITE },
    { GPG_ERR_CHECKSUM, CF_REFUSED_HANDSHAKE_FORGED },
    { GPG_ERR_BAD_PUBKEY, CF_REFUSED_HANDSHAKE_POINT },
    { GPG_ERR_TOO_YOUNG, CF_REFUSED_HANDSHAKE_TIME },
    { GPG_ERR_TOO_OLD, CF_REFUSED_HANDSHAKE_TIME },
    { GPG_ERR_DUP_VALUE, CF_REFUSED_HANDSHAKE_REPLAYED },
  };

  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (gpg_err_code (err) == reasons[i].code)
      cf_refused (env, reasons[i].reason);
}
