/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_ngtcp2.h - one name for what ngtcp2 0.12 and 1.x call differently. */
#ifndef CF_NET_STREAM_NGTCP2_H
#define CF_NET_STREAM_NGTCP2_H

#include <ngtcp2/ngtcp2.h>

#if NGTCP2_VERSION_NUM >= 0x010000
#define CF_NGTCP2_1 1
typedef ngtcp2_encryption_level cf_ngtcp2_level;
#define CF_LEVEL_INITIAL NGTCP2_ENCRYPTION_LEVEL_INITIAL
#define CF_LEVEL_HANDSHAKE NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE
#define cf_ngtcp2_handshake_completed ngtcp2_conn_tls_handshake_completed
#define cf_ngtcp2_decode_params ngtcp2_conn_decode_and_set_remote_transport_params
#else
#define CF_NGTCP2_1 0
typedef ngtcp2_crypto_level cf_ngtcp2_level;
#define CF_LEVEL_INITIAL NGTCP2_CRYPTO_LEVEL_INITIAL
#define CF_LEVEL_HANDSHAKE NGTCP2_CRYPTO_LEVEL_HANDSHAKE
#define cf_ngtcp2_handshake_completed ngtcp2_conn_handshake_completed
#define cf_ngtcp2_decode_params ngtcp2_conn_decode_remote_transport_params
#endif

/* What the two tell about a connection; RATE (bytes a nanosecond) is 0 where it is not told. */
struct cf_ngtcp2_info {
  uint64_t rtt_ns, window, flight;
  double rate;
};

static inline struct cf_ngtcp2_info
cf_ngtcp2_info (ngtcp2_conn *conn)
{
#if CF_NGTCP2_1
  ngtcp2_conn_info stat;

  ngtcp2_conn_get_conn_info (conn, &stat);
  return (struct cf_ngtcp2_info){ stat.smoothed_rtt, stat.cwnd, stat.bytes_in_flight, 0 };
#else
  ngtcp2_conn_stat stat;

  ngtcp2_conn_get_conn_stat (conn, &stat);
  return (struct cf_ngtcp2_info){ stat.smoothed_rtt, stat.cwnd, stat.bytes_in_flight, stat.pacing_rate };
#endif
}

#endif
