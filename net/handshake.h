/* SPDX-License-Identifier: GPL-3.0-or-later */
/* handshake.h - the first bytes of a tunnel, until both ends have keys.
 *
 *   initiator -> responder   magic:4 version:1 suite:1, message 1 (56)
 *   responder -> initiator   message 2 (48)
 *   initiator -> responder   message 3 (64)
 *
 * Bytes in, bytes out; deadlines and what comes after are tunnel.c's.
 */
#ifndef CF_NET_HANDSHAKE_H
#define CF_NET_HANDSHAKE_H

#include "net/noise.h"
#include "net/tunnel.h"

#define CF_HANDSHAKE_TIME_LEN 8
#define CF_HANDSHAKE_MESSAGE1_LEN (CF_NOISE_MESSAGE1_LEN + CF_HANDSHAKE_TIME_LEN)
#define CF_HANDSHAKE_FIRST_LEN (CF_TUNNEL_CLEAR_LEN + CF_HANDSHAKE_MESSAGE1_LEN)
#define CF_HANDSHAKE_REPLY_MAX CF_NOISE_MESSAGE3_LEN

struct cf_handshake; /* secret memory */

/* What one step came to. */
struct cf_handshake_step {
  size_t used;          /* of the input */
  unsigned int message; /* 1, 2, 3: that message was complete and right; 0: none was yet */
  uint8_t reply[CF_HANDSHAKE_REPLY_MAX];
  size_t reply_len;     /* 0: nothing to send */
};

/* CONFIG as for cf_tunnel_new; what it points to, but for the guard, is copied.  Errors: ENOMEM. */
gpg_error_t cf_handshake_new (struct cf_env *env, const struct cf_tunnel_config *config,
                              struct cf_handshake **r_handshake) CF_MUST_CHECK;
void cf_handshake_free (struct cf_handshake *handshake); /* NULL is fine */

/* Initiator: the clear bytes and message 1. */
gpg_error_t cf_handshake_first (struct cf_handshake *handshake, uint8_t out[CF_HANDSHAKE_FIRST_LEN]) CF_MUST_CHECK;

/* Take bytes up to the end of the next message.  An error is final, and nothing is to be answered.
   Errors: those of cf_noise_read and cf_tunnel_guard_accept; CF_ERR_PROTOCOL (not our magic), UNKNOWN_VERSION,
   UNSUPPORTED_ALGORITHM (suite). */
gpg_error_t cf_handshake_input (struct cf_handshake *handshake, const uint8_t *data, size_t len,
                                struct cf_handshake_step *r_step) CF_MUST_CHECK;

/* Count why a handshake, on a stream or in datagrams, was refused; other errors are troubles of our own. */
void cf_handshake_refused (struct cf_env *env, gpg_error_t err);

enum cf_suite cf_handshake_suite (const struct cf_handshake *handshake);
/* For the split, the hash and the remote key, after the last message. */
const struct cf_noise *cf_handshake_noise (const struct cf_handshake *handshake);

/* What the handshake over datagrams does alike: the time in a first message, and, of one that NOISE has opened, whether it
   is near ours and the message new.  Errors: those of cf_tunnel_guard_accept. */
void cf_handshake_time (const struct cf_env *env, uint8_t r_time[CF_HANDSHAKE_TIME_LEN]);
gpg_error_t cf_handshake_accept (struct cf_tunnel_guard *guard, const struct cf_noise *noise,
                                 const uint8_t time[CF_HANDSHAKE_TIME_LEN]) CF_MUST_CHECK;

#endif
