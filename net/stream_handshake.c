/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_handshake.c - a QUIC connection whose handshake took place in one head.
 *
 * The tunnel has agreed on keys and knows who is there: QUIC's own handshake could add nothing but time, and code
 * that listens to strangers.  So each end plays both roles against itself, in memory, and keeps its own.  What comes
 * out is the same at both ends, whatever version of ngtcp2 they have: the parameters below; connection ids without a
 * byte; packet 0 of each side, which has said that the handshake is over and has been acknowledged.  The next is 1.
 *
 * Cryptography is none.  The tag is the number of the packet, of which the packet itself has the last bytes only: one
 * that was so late that it would be taken for another is dropped, as a real tag would see to.
 * Spec: doc/protocol.md, "Streams over datagrams".
 */
#include <assert.h>
#include <string.h>

#include "net/stream_priv.h"

#define INITIAL_TAG_LEN 16 /* so ngtcp2 wants it */
#define FLIGHT_LEN 1200    /* as large as QUIC wants the first datagrams */
#define HOPS_MAX 16

static const uint8_t no_iv[8]; /* so the nonce is the number */
static const ngtcp2_crypto_aead_ctx no_aead;
static const ngtcp2_crypto_cipher_ctx no_cipher;

gpg_error_t
cf_stream_error (int rv)
{
  if (!rv)
    return 0;
  return cf_err (rv == NGTCP2_ERR_NOMEM ? GPG_ERR_ENOMEM : CF_ERR_PROTOCOL);
}

/* No cryptography. */

static int
encrypt (uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain,
         size_t plain_len, const uint8_t *nonce, size_t nonce_len, const uint8_t *ad, size_t ad_len)
{
  uint8_t *tag = dest + plain_len;

  (void) ctx;
  (void) ad;
  (void) ad_len;
  if (dest != plain)
    memmove (dest, plain, plain_len);
  memset (tag, 0, aead->max_overhead);
  memcpy (tag, nonce + nonce_len - CF_STREAM_TAG_LEN, CF_STREAM_TAG_LEN);
  return 0;
}

static int
decrypt (uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *sealed,
         size_t sealed_len, const uint8_t *nonce, size_t nonce_len, const uint8_t *ad, size_t ad_len)
{
  size_t len = sealed_len - aead->max_overhead;

  (void) ctx;
  (void) ad;
  (void) ad_len;
  if (sealed_len < aead->max_overhead
      || memcmp (sealed + len, nonce + nonce_len - CF_STREAM_TAG_LEN, CF_STREAM_TAG_LEN))
    return NGTCP2_ERR_DECRYPT;
  memmove (dest, sealed, len);
  return 0;
}

static int
hp_mask (uint8_t *dest, const ngtcp2_crypto_cipher *hp, const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample)
{
  (void) hp;
  (void) ctx;
  (void) sample;
  memset (dest, 0, 5);
  return 0;
}

static void
delete_aead (ngtcp2_conn *conn, ngtcp2_crypto_aead_ctx *ctx, void *user)
{
  (void) conn;
  (void) ctx;
  (void) user;
}

static void
delete_cipher (ngtcp2_conn *conn, ngtcp2_crypto_cipher_ctx *ctx, void *user)
{
  (void) conn;
  (void) ctx;
  (void) user;
}

static void
roll_dice (uint8_t *dest, size_t len, const ngtcp2_rand_ctx *ctx)
{
  cf_env_random (ctx->native_handle, dest, len);
}

/* ngtcp2 prepares the next key early; stream_rules.c sees to it that it is never asked for. */
static int
update_key (ngtcp2_conn *conn, uint8_t *rx_secret, uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv,
            ngtcp2_crypto_aead_ctx *tx, uint8_t *tx_iv, const uint8_t *rx_now, const uint8_t *tx_now,
            size_t secret_len, void *user)
{
  (void) conn;
  (void) rx_now;
  (void) tx_now;
  (void) user;
  memset (rx_secret, 0, secret_len);
  memset (tx_secret, 0, secret_len);
  *rx = *tx = no_aead;
  memcpy (rx_iv, no_iv, sizeof no_iv);
  memcpy (tx_iv, no_iv, sizeof no_iv);
  return 0;
}

/* What QUIC can do and we never let it do. */

static int
never_retry (ngtcp2_conn *conn, const ngtcp2_pkt_hd *hd, void *user)
{
  (void) conn;
  (void) hd;
  (void) user;
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

static int
never_new_id (ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token, size_t cid_len, void *user)
{
  (void) conn;
  (void) cid;
  (void) token;
  (void) cid_len;
  (void) user;
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

static int
never_challenge (ngtcp2_conn *conn, uint8_t *data, void *user)
{
  (void) conn;
  (void) data;
  (void) user;
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

static int
never_version (ngtcp2_conn *conn, uint32_t version, const ngtcp2_cid *cid, void *user)
{
  (void) conn;
  (void) version;
  (void) cid;
  (void) user;
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

/* The handshake that takes place in one head. */

static int
install_initial (ngtcp2_conn *conn)
{
  ngtcp2_crypto_ctx ctx = { .aead.max_overhead = INITIAL_TAG_LEN, .max_encryption = UINT64_MAX,
                            .max_decryption_failure = UINT64_MAX };

  ngtcp2_conn_set_initial_crypto_ctx (conn, &ctx);
  return ngtcp2_conn_install_initial_key (conn, &no_aead, no_iv, &no_cipher, &no_aead, no_iv, &no_cipher, sizeof no_iv);
}

static int
install_handshake (ngtcp2_conn *conn)
{
  ngtcp2_crypto_ctx ctx = { .aead.max_overhead = CF_STREAM_TAG_LEN, .max_encryption = UINT64_MAX,
                            .max_decryption_failure = UINT64_MAX };
  int rv;

  ngtcp2_conn_set_crypto_ctx (conn, &ctx);
  rv = ngtcp2_conn_install_rx_handshake_key (conn, &no_aead, no_iv, sizeof no_iv, &no_cipher);
  return rv ? rv : ngtcp2_conn_install_tx_handshake_key (conn, &no_aead, no_iv, sizeof no_iv, &no_cipher);
}

static int
install_rx (ngtcp2_conn *conn)
{
  return ngtcp2_conn_install_rx_key (conn, no_iv, sizeof no_iv, &no_aead, no_iv, sizeof no_iv, &no_cipher);
}

static int
install_tx (ngtcp2_conn *conn)
{
  return ngtcp2_conn_install_tx_key (conn, no_iv, sizeof no_iv, &no_aead, no_iv, sizeof no_iv, &no_cipher);
}

static int
submit_params (ngtcp2_conn *conn, cf_ngtcp2_level level)
{
  uint8_t params[256];
  ngtcp2_ssize len = ngtcp2_conn_encode_local_transport_params (conn, params, sizeof params);

  return len < 0 ? (int) len : ngtcp2_conn_submit_crypto_data (conn, level, params, (size_t) len);
}

static int
client_initial (ngtcp2_conn *conn, void *user)
{
  int rv = install_initial (conn);

  (void) user;
  return rv ? rv : submit_params (conn, CF_LEVEL_INITIAL);
}

static int
server_initial (ngtcp2_conn *conn, const ngtcp2_cid *dcid, void *user)
{
  (void) dcid;
  (void) user;
  return install_initial (conn);
}

/* Server: the client's parameters.  Ours follow, and a byte in the first packet, as a ServerHello would. */
static int
server_answers (ngtcp2_conn *conn, const uint8_t *data, size_t len)
{
  int rv = cf_ngtcp2_decode_params (conn, data, len);

  if (!rv)
    rv = install_handshake (conn);
  if (!rv)
    rv = ngtcp2_conn_submit_crypto_data (conn, CF_LEVEL_INITIAL, no_iv, 1);
  if (!rv)
    rv = install_tx (conn);
  return rv ? rv : submit_params (conn, CF_LEVEL_HANDSHAKE);
}

/* Client: the server's parameters. */
static int
client_finishes (ngtcp2_conn *conn, const uint8_t *data, size_t len)
{
  int rv = cf_ngtcp2_decode_params (conn, data, len);

  if (!rv)
    rv = install_rx (conn);
  if (!rv)
    rv = install_tx (conn);
  if (!rv)
    rv = ngtcp2_conn_submit_crypto_data (conn, CF_LEVEL_HANDSHAKE, no_iv, 1);
  if (!rv)
    cf_ngtcp2_handshake_completed (conn);
  return rv;
}

static int
received_crypto (ngtcp2_conn *conn, cf_ngtcp2_level level, uint64_t offset, const uint8_t *data, size_t len, void *user)
{
  bool server = ngtcp2_conn_is_server (conn);
  int rv;

  (void) offset;
  (void) user;
  if (level == CF_LEVEL_INITIAL)
    return server ? server_answers (conn, data, len) : install_handshake (conn);
  if (level != CF_LEVEL_HANDSHAKE)
    return NGTCP2_ERR_CALLBACK_FAILURE;
  if (!server)
    return client_finishes (conn, data, len);
  rv = install_rx (conn);
  if (!rv)
    cf_ngtcp2_handshake_completed (conn);
  return rv;
}

/* How many packets in a datagram of the handshake have a short header: none or one, the last. */
static unsigned int
short_packets (const uint8_t *data, size_t len)
{
  while (len && data[0] & 0x80) {
    ngtcp2_pkt_hd hd;
    ngtcp2_ssize n = ngtcp2_pkt_decode_hd_long (&hd, data, len);

    if (n < 0 || (size_t) n + hd.len > len)
      return 0;
    data += (size_t) n + hd.len;
    len -= (size_t) n + hd.len;
  }
  return len > 0;
}

/* All that FROM has to say at TS, to TO half an RTT later. */
static int
carry (ngtcp2_conn *from, ngtcp2_conn *to, const ngtcp2_path *path, ngtcp2_tstamp ts, ngtcp2_duration half_rtt,
       unsigned int *r_short)
{
  uint8_t datagram[FLIGHT_LEN];
  ngtcp2_pkt_info sent, seen = { 0 }; /* without marks of congestion, as later */
  ngtcp2_ssize n;
  int rv = 0;

  if (ngtcp2_conn_get_expiry (from) <= ts)
    rv = ngtcp2_conn_handle_expiry (from, ts);
  while (!rv && (n = ngtcp2_conn_write_pkt (from, NULL, &sent, datagram, sizeof datagram, ts))) {
    if (n < 0)
      return (int) n;
    *r_short += short_packets (datagram, (size_t) n);
    rv = ngtcp2_conn_read_pkt (to, path, &seen, datagram, (size_t) n, ts + half_rtt);
  }
  return rv;
}

/* CONNS are client and server.  They take turns until both are done: each has sent one packet of the kind that we
   go on with, the server's first, and the client's acknowledges it. */
static int
shake_hands (ngtcp2_conn *conns[2], const ngtcp2_path *path, ngtcp2_tstamp ts, ngtcp2_duration rtt)
{
  unsigned int shorts[2] = { 0, 0 };
  int rv = 0;

  for (int hop = 0; !rv && hop < HOPS_MAX && !(shorts[0] && shorts[1]); hop++) {
    int from = hop & 1;

    if (shorts[1]) /* the client's acknowledgement takes its time */
      ts += CF_STREAM_ACK_DELAY_MS * NGTCP2_MILLISECONDS;
    rv = carry (conns[from], conns[!from], path, ts, rtt / 2, &shorts[from]);
    ts += rtt / 2;
  }
  if (!rv && (shorts[0] != 1 || shorts[1] != 1))
    rv = NGTCP2_ERR_INTERNAL;
  return rv;
}

static void
fill (ngtcp2_callbacks *cb, ngtcp2_settings *settings, ngtcp2_transport_params *params, size_t datagram_max,
      struct cf_env *env)
{
  cb->client_initial = client_initial;
  cb->recv_client_initial = server_initial;
  cb->recv_crypto_data = received_crypto;
  cb->encrypt = encrypt;
  cb->decrypt = decrypt;
  cb->hp_mask = hp_mask;
  cb->recv_retry = never_retry;
  cb->rand = roll_dice;
  cb->get_new_connection_id = never_new_id;
  cb->update_key = update_key;
  cb->delete_crypto_aead_ctx = delete_aead;
  cb->delete_crypto_cipher_ctx = delete_cipher;
  cb->get_path_challenge_data = never_challenge;
  cb->version_negotiation = never_version;

  ngtcp2_settings_default (settings);
  settings->cc_algo = NGTCP2_CC_ALGO_BBR;
  settings->max_tx_udp_payload_size = datagram_max > FLIGHT_LEN ? datagram_max : FLIGHT_LEN;
  settings->no_tx_udp_payload_size_shaping = 1; /* what passes is for stream_size.c to say */
  settings->no_pmtud = 1;
  settings->rand_ctx.native_handle = env;

  ngtcp2_transport_params_default (params);
  params->initial_max_data = CF_CHANNEL_COUNT * CF_STREAM_WINDOW_STRANGER;
  params->initial_max_stream_data_uni = CF_STREAM_WINDOW_STRANGER;
  params->initial_max_streams_uni = CF_CHANNEL_COUNT;
  params->max_ack_delay = CF_STREAM_ACK_DELAY_MS * NGTCP2_MILLISECONDS;
}

gpg_error_t
cf_stream_handshake (const ngtcp2_callbacks *callbacks, void *user, bool initiator, size_t datagram_max,
                     ngtcp2_tstamp now, uint32_t rtt_ms, const ngtcp2_path *path, struct cf_env *env,
                     ngtcp2_conn **r_conn)
{
  ngtcp2_duration rtt = rtt_ms * NGTCP2_MILLISECONDS;
  ngtcp2_callbacks cb = *callbacks;
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_conn *conns[2] = { NULL, NULL };
  ngtcp2_cid first, none = { 0 };
  static const uint8_t first_id[8];
  int rv;

  ngtcp2_cid_init (&first, first_id, sizeof first_id);
  fill (&cb, &settings, &params, datagram_max, env);
  settings.initial_ts = now - 4 * rtt - 4 * CF_STREAM_ACK_DELAY_MS * NGTCP2_MILLISECONDS;
  settings.initial_rtt = rtt;
  rv = ngtcp2_conn_client_new (&conns[0], &first, &none, path, NGTCP2_PROTO_VER_V1, &cb, &settings, &params, NULL, user);
  if (rv)
    goto leave;
  params.original_dcid = first;
#if CF_NGTCP2_1
  params.original_dcid_present = 1;
#endif
  rv = ngtcp2_conn_server_new (&conns[1], &none, &none, path, NGTCP2_PROTO_VER_V1, &cb, &settings, &params, NULL, user);
  if (rv)
    goto leave;
  rv = shake_hands (conns, path, settings.initial_ts, rtt);
  if (rv)
    goto leave;
  *r_conn = conns[!initiator];
  conns[!initiator] = NULL;

leave:
  ngtcp2_conn_del (conns[0]);
  ngtcp2_conn_del (conns[1]);
  return rv == NGTCP2_ERR_NOMEM ? cf_err (GPG_ERR_ENOMEM) : rv ? cf_err (GPG_ERR_INTERNAL) : 0;
}
