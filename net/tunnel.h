/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tunnel.h - the secure channel over one byte stream: Noise XK, records, channels.
 *
 * Sans I/O: it is given bytes, it hands back bytes and messages.  It does not
 * know identities; who a device key belongs to is decided above (core/link).
 *
 *   initiator  NEW --start--> WAIT2 --message 2--> READY
 *   responder  NEW --message 1--> WAIT3 --message 3--> READY
 *   any --error, close, silence of CF_PATH_LOST_MS--> CLOSED
 *
 * A responder sends no byte before a message 1 opened under its device key, is
 * within CF_CLOCK_SLACK_MS of its clock, and was not seen before.
 * Spec: doc/protocol.md, "Tunnel".
 */
#ifndef CF_NET_TUNNEL_H
#define CF_NET_TUNNEL_H

#include <stdbool.h>

#include "base/env.h"
#include "net/proto.h"

struct cf_tunnel;
struct cf_tunnel_guard; /* which first messages a responder has seen: against replays */

enum cf_channel { CF_CHANNEL_CONTROL, CF_CHANNEL_TALK, CF_CHANNEL_BULK, CF_CHANNEL_COUNT };
extern const size_t cf_message_max[CF_CHANNEL_COUNT]; /* bytes of one message, over either carrier */

/* Callbacks come from inside cf_tunnel_start, _input, _send, _drained, _close and from timers.  A callback must not
   free the tunnel: free it in a later turn (a zero timer).  It may send and close; output may only close, and
   queued may call nothing. */
struct cf_tunnel_handler {
  void (*output) (void *arg, const uint8_t *data, size_t len);
  void (*ready) (void *arg);
  void (*message) (void *arg, enum cf_channel channel, const uint8_t *data, size_t len);
  /* Once.  ERR 0: the other side said goodbye; REASON is its word for it, fit to show (may be NULL).
     ETIMEDOUT: the path is lost, or the handshake took too long; CF_ERR_PROTOCOL, CHECKSUM, TOO_LARGE and others:
     what came in was wrong; otherwise what cf_tunnel_close was given. */
  void (*closed) (void *arg, gpg_error_t err, const char *reason);
  /* How many bytes of output wait in the carrier (cf_net_ops.queued).  With it, talk and bulk messages wait in the
     tunnel while more than CF_TUNNEL_AHEAD bytes wait there, so that control overtakes talk and talk overtakes
     bulk; the owner calls cf_tunnel_drained when the carrier has drained.  NULL: everything leaves at once. */
  size_t (*queued) (void *arg);
  /* May a message on CHANNEL that has come in part be longer than config.large_min?  Asked with each record
     that would make it so: who the other end is, and is to us, may change meanwhile.  NULL: it may. */
  bool (*large) (void *arg, enum cf_channel channel);
};

struct cf_tunnel_config {
  bool initiator;
  const uint8_t *own_secret;    /* X25519, CF_DEVICE_KEY_LEN; copied into secret memory */
  const uint8_t *own_public;
  const uint8_t *remote_public; /* initiator only */
  struct cf_tunnel_guard *guard; /* responder only; shared by all its tunnels */
  bool control_only;             /* nothing may come on other channels until cf_tunnel_open: who is not known yet
                                    costs no more memory than a HELLO */
  const char *suite;             /* initiator only: as cf_tunnel_suite; NULL: the best for this processor */
  uint32_t rekey_records;        /* 0: CF_REKEY_RECORDS; for tests, the same at both ends */
  uint32_t idle_ms;              /* 0: CF_PING_IDLE_MS; silence after which this end asks for a sign of life; the
                                    path is lost as much later as with that */
  uint32_t large_min;            /* 0: CF_MESSAGE_STRANGER_MAX; longer messages need handler.large's consent */
};

gpg_error_t cf_tunnel_new (struct cf_env *env, const struct cf_tunnel_config *config,
                           const struct cf_tunnel_handler *handler, void *arg, struct cf_tunnel **r_tunnel) CF_MUST_CHECK;
void cf_tunnel_free (struct cf_tunnel *tunnel);

void cf_tunnel_start (struct cf_tunnel *tunnel); /* initiator: message 1 leaves; responder: deadline runs */
void cf_tunnel_input (struct cf_tunnel *tunnel, const uint8_t *data, size_t len);

void cf_tunnel_open (struct cf_tunnel *tunnel); /* the other end is known: it may use every channel */

/* Send one message, at most the channel's limit; DATA is copied.  Errors: TOO_LARGE, ENOTCONN (not ready, closed),
   LIMIT_REACHED (CF_TUNNEL_QUEUE_MAX bytes wait on this channel; never without handler.queued). */
gpg_error_t cf_tunnel_send (struct cf_tunnel *tunnel, enum cf_channel channel, const void *data, size_t len) CF_MUST_CHECK;

/* Bytes of messages that wait on CHANNEL for the carrier. */
size_t cf_tunnel_waiting (const struct cf_tunnel *tunnel, enum cf_channel channel);

/* The carrier has room: what waits goes on. */
void cf_tunnel_drained (struct cf_tunnel *tunnel);

/* The network has changed: ask for a sign of life, and take the path for lost if none comes within CF_PROBE_MS. */
void cf_tunnel_probe (struct cf_tunnel *tunnel);

/* Say goodbye (when ready) with WHY's code and a reason (NULL: none; cut to CF_BYE_REASON_MAX) and close; closed is
   called with WHY, or CANCELED when that is 0.  Nothing happens when it is closed already. */
void cf_tunnel_close (struct cf_tunnel *tunnel, gpg_error_t why, const char *reason);

/* The code in the other side's goodbye, its mere claim; 0 before. */
gpg_error_t cf_tunnel_peer_code (const struct cf_tunnel *tunnel);

bool cf_tunnel_is_ready (const struct cf_tunnel *tunnel);
const uint8_t *cf_tunnel_remote_key (const struct cf_tunnel *tunnel);     /* when ready; CF_DEVICE_KEY_LEN */
const uint8_t *cf_tunnel_handshake_hash (const struct cf_tunnel *tunnel); /* when ready; 64 bytes */
const char *cf_tunnel_suite (const struct cf_tunnel *tunnel);             /* as cf_suite_name */
uint32_t cf_tunnel_suite_bit (const struct cf_tunnel *tunnel);            /* as in HELLO */

gpg_error_t cf_tunnel_guard_new (struct cf_env *env, struct cf_tunnel_guard **r_guard) CF_MUST_CHECK;
void cf_tunnel_guard_free (struct cf_tunnel_guard *guard);

#endif
