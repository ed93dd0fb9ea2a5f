/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream.h - ordered byte streams over datagrams that get lost, doubled, delayed and reordered.
 *
 * One for a tunnel; it carries one stream for each channel, both ways.  Sans I/O: it is given datagrams and hands
 * back datagrams, and a path that is authentic and secret carries them: what comes in was sealed by the peer, who may
 * still be hostile.  Loss, flow and congestion (BBR) are ngtcp2's, a QUIC connection whose handshake is imagined:
 * both ends know its outcome (stream_handshake.c), so data leaves with the first datagram.  What else QUIC can do does
 * not get in (stream_rules.c).
 *
 *   OPEN --a broken rule, no progress for CF_STREAM_STALL_MS, no memory--> FAILED
 *
 * Memory, a stream: what waits to leave, CF_TUNNEL_QUEUE_MAX a channel; what has left and is not acknowledged,
 * CF_STREAM_FLIGHT_MAX a channel; what came out of order, the window of its channel (CF_STREAM_WINDOW_STRANGER each,
 * until cf_stream_trust) and CF_STREAM_GAPS_MAX notes of gaps.
 * Spec: doc/protocol.md, "Streams over datagrams".
 */
#ifndef CF_NET_STREAM_H
#define CF_NET_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/env.h"
#include "net/proto.h"
#include "net/tunnel.h"

struct cf_stream;

/* Callbacks come from inside cf_stream_input, _output, _write, _trust, _path_changed and from timers.  None may free
   the stream (free it in a later turn), nor call cf_stream_input or _output; all may write. */
struct cf_stream_handler {
  /* The next LEN bytes of CHANNEL, in order, each once. */
  void (*received) (void *arg, enum cf_channel channel, const uint8_t *data, size_t len);
  /* cf_stream_output may have something to give: call it until it gives nothing, now or soon.  It comes often; only
     remember it. */
  void (*wake) (void *arg);
  /* Fewer than CF_TUNNEL_AHEAD bytes wait on CHANNEL again. */
  void (*drained) (void *arg, enum cf_channel channel);
  /* Once; afterwards nothing comes and nothing leaves.  ETIMEDOUT: no progress; CF_ERR_PROTOCOL: the peer broke a
     rule, counted as record.rule; ENOMEM. */
  void (*failed) (void *arg, gpg_error_t err);
};

struct cf_stream_config {
  bool initiator;      /* of the tunnel */
  size_t datagram_min; /* bytes that surely pass, at least CF_STREAM_DATAGRAM_MIN */
  size_t datagram_max; /* what may pass is looked for up to this, at most CF_STREAM_DATAGRAM_MAX; 0: datagram_min */
  uint32_t rtt_ms;     /* a first guess, as from the tunnel's handshake; rather too long than too short; 0: unknown */
};

/* Errors: ENOMEM, INV_ARG (sizes), INTERNAL (this ngtcp2 cannot be used). */
gpg_error_t cf_stream_new (struct cf_env *env, const struct cf_stream_config *config,
                           const struct cf_stream_handler *handler, void *arg, struct cf_stream **r_stream) CF_MUST_CHECK;
void cf_stream_free (struct cf_stream *stream); /* NULL is fine */

/* One datagram of the peer's, opened. */
void cf_stream_input (struct cf_stream *stream, const uint8_t *data, size_t len);

/* The next datagram, to be sealed and sent now: its length, at most MAX (at least CF_STREAM_DATAGRAM_MIN); 0: nothing
   may leave now, and wake says when to ask again. */
size_t cf_stream_output (struct cf_stream *stream, uint8_t *out, size_t max);

/* Queue LEN bytes, which are copied.  What leaves first is control, then talk, then bulk.  Errors: LIMIT_REACHED (more
   than CF_TUNNEL_QUEUE_MAX bytes would wait on this channel; nothing was taken), ENOTCONN (failed), ENOMEM. */
gpg_error_t cf_stream_write (struct cf_stream *stream, enum cf_channel channel, const void *data, size_t len) CF_MUST_CHECK;

/* Bytes on CHANNEL that have not left; that have, and are not acknowledged. */
size_t cf_stream_waiting (const struct cf_stream *stream, enum cf_channel channel);
size_t cf_stream_unacked (const struct cf_stream *stream, enum cf_channel channel);

/* The other end is known: its windows become CF_STREAM_WINDOW_..., large enough for fast and far paths. */
void cf_stream_trust (struct cf_stream *stream);

/* Datagrams take another path from now on: the size that passes is looked for again. */
void cf_stream_path_changed (struct cf_stream *stream);

struct cf_stream_figures {
  uint64_t rtt_us;  /* smoothed */
  uint64_t rate;    /* bytes a second that the path seems to carry; 0: not known */
  uint64_t window;  /* bytes that may be under way */
  uint64_t flight;  /* bytes that are under way */
  size_t datagram;  /* bytes that pass, as far as is known */
};
void cf_stream_figures (const struct cf_stream *stream, struct cf_stream_figures *r_figures);

#endif
