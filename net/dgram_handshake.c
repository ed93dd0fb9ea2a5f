/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_handshake.c - the three Noise messages in datagrams; see dgram_handshake.h.
 *
 * A Noise state that has read a forgery is spent.  So each end keeps what its
 * state was made of (ephemeral key, time, the other end's messages so far), and
 * makes it again after one: the same inputs give the same state.
 */
#include "net/dgram_handshake.h"

#include <string.h>

#include "base/secmem.h"
#include "net/dgram_proto.h"
#include "net/handshake.h"

static const char prologue_name[] = "confab datagrams";

struct cf_dgram_handshake {
  bool initiator;
  enum cf_suite suite;
  uint32_t index, remote_index;
  unsigned int next; /* the message that comes in next: 2, 3; 0: none */
  unsigned int forgeries;
  uint8_t own_secret[CF_DEVICE_KEY_LEN], own_public[CF_DEVICE_KEY_LEN];
  uint8_t remote_public[CF_DEVICE_KEY_LEN]; /* initiator */
  uint8_t ephemeral[CF_NOISE_DH_LEN];
  uint8_t time[CF_HANDSHAKE_TIME_LEN]; /* initiator */
  struct cf_noise *noise;
  uint8_t first[CF_DATAGRAM_FIRST_LEN];
  uint8_t out[CF_DGRAM_THIRD_LEN]; /* second or third message */
  size_t out_len;                  /* 0: the first one is what is to be sent */
};

/* --- the Noise state --- */

static gpg_error_t
begin_noise (struct cf_dgram_handshake *hs)
{
  uint8_t prologue[sizeof prologue_name - 1 + CF_DGRAM_FIRST_CLEAR];
  struct cf_noise_config config = {
    .suite = hs->suite,
    .initiator = hs->initiator,
    .static_secret = hs->own_secret,
    .static_public = hs->own_public,
    .ephemeral_secret = hs->ephemeral,
    .remote_static = hs->initiator ? hs->remote_public : NULL,
    .prologue = prologue,
    .prologue_len = sizeof prologue,
  };

  memcpy (prologue, prologue_name, sizeof prologue_name - 1);
  memcpy (prologue + sizeof prologue_name - 1, hs->first, CF_DGRAM_FIRST_CLEAR);
  cf_noise_free (hs->noise);
  hs->noise = NULL;
  return cf_noise_new (&config, &hs->noise);
}

/* Initiator: the state in which message 2 is waited for, and message 1. */
static gpg_error_t
make_first (struct cf_dgram_handshake *hs)
{
  size_t len;
  gpg_error_t err = begin_noise (hs);

  if (!err)
    err = cf_noise_write (hs->noise, hs->time, sizeof hs->time, hs->first + CF_DGRAM_FIRST_CLEAR,
                          CF_HANDSHAKE_MESSAGE1_LEN, &len);
  return err;
}

/* Responder: message 1 is read; its time is that of the message. */
static gpg_error_t
read_first (struct cf_dgram_handshake *hs)
{
  size_t len;
  gpg_error_t err = begin_noise (hs);

  if (!err)
    err = cf_noise_read (hs->noise, hs->first + CF_DGRAM_FIRST_CLEAR, CF_HANDSHAKE_MESSAGE1_LEN, hs->time,
                         sizeof hs->time, &len);
  return err;
}

/* Responder: the state in which message 3 is waited for, and message 2. */
static gpg_error_t
make_second (struct cf_dgram_handshake *hs)
{
  gpg_error_t err;
  uint8_t index[CF_DGRAM_INDEX_LEN];
  size_t len = 0;

  cf_dgram_put_index (index, hs->index);
  cf_dgram_head (hs->out, CF_DATAGRAM_SECOND, hs->remote_index);
  err = cf_noise_write (hs->noise, index, sizeof index, hs->out + CF_DGRAM_HEAD_LEN,
                        sizeof hs->out - CF_DGRAM_HEAD_LEN, &len);
  if (!err)
    hs->out_len = CF_DGRAM_HEAD_LEN + len;
  return err;
}

static gpg_error_t
take_second (struct cf_dgram_handshake *hs, const uint8_t *data, size_t len)
{
  gpg_error_t err;
  uint8_t index[CF_DGRAM_INDEX_LEN];
  size_t index_len = 0, out_len = 0;

  err = cf_noise_read (hs->noise, data + CF_DGRAM_HEAD_LEN, len - CF_DGRAM_HEAD_LEN, index, sizeof index, &index_len);
  if (err)
    return err;
  hs->remote_index = cf_dgram_index_at (index);
  cf_dgram_head (hs->out, CF_DATAGRAM_THIRD, hs->remote_index);
  err = cf_noise_write (hs->noise, NULL, 0, hs->out + CF_DGRAM_HEAD_LEN, sizeof hs->out - CF_DGRAM_HEAD_LEN, &out_len);
  if (!err)
    hs->out_len = CF_DGRAM_HEAD_LEN + out_len;
  return err;
}

/* After a forgery, the state as it was before. */
static gpg_error_t
start_again (struct cf_dgram_handshake *hs)
{
  gpg_error_t err;

  if (++hs->forgeries > CF_DGRAM_FORGERIES_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  if (hs->initiator)
    return make_first (hs);
  err = read_first (hs);
  return err ? err : make_second (hs);
}

gpg_error_t
cf_dgram_handshake_take (struct cf_dgram_handshake *handshake, const uint8_t *data, size_t len)
{
  struct cf_dgram_handshake *hs = handshake;
  gpg_error_t err, again;
  size_t none;

  if (hs->next != cf_dgram_kind (data, len))
    return cf_err (GPG_ERR_INV_STATE);
  if (len != (hs->next == CF_DATAGRAM_SECOND ? CF_DGRAM_SECOND_LEN : CF_DGRAM_THIRD_LEN))
    return cf_err (GPG_ERR_INV_LENGTH);
  if (hs->next == CF_DATAGRAM_SECOND)
    err = take_second (hs, data, len);
  else
    err = cf_noise_read (hs->noise, data + CF_DGRAM_HEAD_LEN, len - CF_DGRAM_HEAD_LEN, NULL, 0, &none);
  if (!err) {
    hs->next = 0;
    return 0;
  }
  again = start_again (hs);
  return again ? again : err;
}

gpg_error_t
cf_dgram_handshake_cookie (struct cf_dgram_handshake *handshake, const uint8_t *data, size_t len)
{
  struct cf_dgram_handshake *hs = handshake;
  uint8_t cookie[CF_COOKIE_LEN];
  gpg_error_t err;

  if (hs->next != CF_DATAGRAM_SECOND)
    return cf_err (GPG_ERR_INV_STATE);
  if (len != CF_COOKIE_ANSWER_LEN)
    return cf_err (GPG_ERR_INV_LENGTH);
  err = cf_door_read_cookie (data, hs->first, hs->remote_public, cookie);
  if (!err)
    cf_door_sign (hs->first, hs->remote_public, cookie);
  cf_wipe (cookie, sizeof cookie);
  return err;
}

/* --- life --- */

static gpg_error_t
handshake_new (struct cf_env *env, const struct cf_dgram_keys *keys, uint32_t index,
               struct cf_dgram_handshake **r_handshake)
{
  struct cf_dgram_handshake *hs;
  gpg_error_t err = cf_secmem_new (&hs, sizeof *hs);

  if (err)
    return err;
  hs->index = index;
  memcpy (hs->own_secret, keys->own_secret, CF_DEVICE_KEY_LEN);
  memcpy (hs->own_public, keys->own_public, CF_DEVICE_KEY_LEN);
  cf_env_random (env, hs->ephemeral, sizeof hs->ephemeral);
  *r_handshake = hs;
  return 0;
}

gpg_error_t
cf_dgram_handshake_dial (struct cf_env *env, const struct cf_dgram_keys *keys, enum cf_suite suite, uint32_t index,
                         struct cf_dgram_handshake **r_handshake)
{
  struct cf_dgram_handshake *hs;
  gpg_error_t err = handshake_new (env, keys, index, &hs);

  if (err)
    return err;
  hs->initiator = true;
  hs->suite = suite;
  hs->next = CF_DATAGRAM_SECOND;
  memcpy (hs->remote_public, keys->remote_public, CF_DEVICE_KEY_LEN);
  memcpy (hs->first, CF_DATAGRAM_MAGIC, CF_DATAGRAM_MAGIC_LEN);
  hs->first[3] = CF_DATAGRAM_FIRST;
  hs->first[4] = CF_PROTO_VERSION;
  hs->first[5] = (uint8_t) suite;
  cf_dgram_put_index (hs->first + 6, index);
  cf_handshake_time (env, hs->time);
  err = make_first (hs);
  if (err) {
    cf_dgram_handshake_free (hs);
    return err;
  }
  cf_door_sign (hs->first, hs->remote_public, NULL);
  *r_handshake = hs;
  return 0;
}

/* Authenticate, look at the time, look whether it is new; only then answer. */
static gpg_error_t
answer_first (struct cf_dgram_handshake *hs, struct cf_tunnel_guard *guard)
{
  gpg_error_t err;

  if (hs->first[4] != CF_PROTO_VERSION)
    return cf_err (GPG_ERR_UNKNOWN_VERSION);
  if (hs->first[5] >= CF_SUITE_COUNT)
    return cf_err (GPG_ERR_UNSUPPORTED_ALGORITHM);
  hs->suite = (enum cf_suite) hs->first[5];
  hs->remote_index = cf_dgram_first_index (hs->first);
  err = read_first (hs);
  if (!err)
    err = cf_handshake_accept (guard, hs->noise, hs->time);
  return err ? err : make_second (hs);
}

gpg_error_t
cf_dgram_handshake_answer (struct cf_env *env, const struct cf_dgram_keys *keys, struct cf_tunnel_guard *guard,
                           uint32_t index, const uint8_t first[CF_DATAGRAM_FIRST_LEN],
                           struct cf_dgram_handshake **r_handshake)
{
  struct cf_dgram_handshake *hs;
  gpg_error_t err = handshake_new (env, keys, index, &hs);

  if (err)
    return err;
  memcpy (hs->first, first, CF_DATAGRAM_FIRST_LEN);
  hs->next = CF_DATAGRAM_THIRD;
  err = answer_first (hs, guard);
  if (err) {
    cf_dgram_handshake_free (hs);
    return err;
  }
  *r_handshake = hs;
  return 0;
}

void
cf_dgram_handshake_free (struct cf_dgram_handshake *handshake)
{
  if (!handshake)
    return;
  cf_noise_free (handshake->noise);
  cf_secmem_free (handshake);
}

/* --- questions --- */

const uint8_t *
cf_dgram_handshake_out (const struct cf_dgram_handshake *handshake, size_t *r_len)
{
  *r_len = handshake->out_len ? handshake->out_len : sizeof handshake->first;
  return handshake->out_len ? handshake->out : handshake->first;
}

/* The second MAC is no part of it: the same message may come with a cookie later. */
bool
cf_dgram_handshake_is_of (const struct cf_dgram_handshake *handshake, const uint8_t first[CF_DATAGRAM_FIRST_LEN])
{
  return !handshake->initiator && !memcmp (handshake->first, first, CF_DATAGRAM_MAC2_AT);
}

uint32_t
cf_dgram_handshake_remote_index (const struct cf_dgram_handshake *handshake)
{
  return handshake->remote_index;
}

enum cf_suite
cf_dgram_handshake_suite (const struct cf_dgram_handshake *handshake)
{
  return handshake->suite;
}

const struct cf_noise *
cf_dgram_handshake_noise (const struct cf_dgram_handshake *handshake)
{
  return handshake->noise;
}
