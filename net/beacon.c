/* SPDX-License-Identifier: GPL-3.0-or-later */
/* beacon.c - open beacons as bytes. */
#include "net/beacon.h"

#include <sodium.h>
#include <string.h>

#include "base/text.h"

enum beacon_kind { BEACON_QUESTION = 1, BEACON_ANSWER = 2 };

gpg_error_t
cf_beacon_check (const struct cf_beacon *beacon)
{
  size_t name_len = strnlen (beacon->name, sizeof beacon->name);

  if (!beacon->tcp_port || cf_fpr_is_none (&beacon->identity)
      || sodium_is_zero (beacon->device_key, sizeof beacon->device_key))
    return cf_err (GPG_ERR_INV_VALUE);
  if (name_len > CF_NAME_MAX || !cf_text_is_utf8 (beacon->name, name_len))
    return cf_err (GPG_ERR_INV_NAME);
  return 0;
}

gpg_error_t
cf_beacon_encode (const struct cf_beacon *beacon, struct cf_buf *out)
{
  static const uint8_t zero[CF_BEACON_QUESTION_LEN];
  struct cf_buf own;
  struct cf_wr wr;
  gpg_error_t err;

  err = cf_beacon_check (beacon);
  if (err)
    return err;
  cf_buf_init (&own, CF_BEACON_QUESTION_LEN);
  cf_wr_init (&wr, &own);
  cf_wr_bytes (&wr, CF_BEACON_MAGIC, 4);
  cf_wr_u8 (&wr, CF_PROTO_VERSION);
  cf_wr_u8 (&wr, beacon->answer ? BEACON_ANSWER : BEACON_QUESTION);
  cf_wr_u16 (&wr, beacon->tcp_port);
  cf_wr_u16 (&wr, beacon->udp_port);
  cf_wr_bytes (&wr, beacon->device_key, CF_DEVICE_KEY_LEN);
  cf_wr_fpr (&wr, &beacon->identity);
  cf_wr_blob16 (&wr, beacon->name, strlen (beacon->name));
  if (!beacon->answer && !wr.err)
    cf_wr_bytes (&wr, zero, CF_BEACON_QUESTION_LEN - cf_buf_len (&own));
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_buf_add (out, cf_buf_data (&own), cf_buf_len (&own));
  cf_buf_done (&own);
  return err;
}

/* What follows the kind.  Latches its errors in RD. */
static void
decode_body (struct cf_rd *rd, struct cf_beacon *beacon)
{
  const uint8_t *name, *padding;
  size_t name_len, padding_len;

  beacon->tcp_port = cf_rd_u16 (rd);
  beacon->udp_port = cf_rd_u16 (rd);
  cf_rd_bytes (rd, beacon->device_key, CF_DEVICE_KEY_LEN);
  cf_rd_fpr (rd, &beacon->identity);
  cf_rd_blob16 (rd, &name, &name_len, CF_NAME_MAX);
  if (!rd->err && !cf_text_is_utf8 (name, name_len))
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_NAME));
  if (!rd->err && name_len)
    memcpy (beacon->name, name, name_len);
  if (!beacon->answer) {
    cf_rd_rest (rd, &padding, &padding_len);
    if (!rd->err && !sodium_is_zero (padding, padding_len))
      cf_rd_fail (rd, cf_err (GPG_ERR_BAD_DATA));
  }
}

gpg_error_t
cf_beacon_decode (const void *data, size_t len, struct cf_beacon *r_beacon)
{
  struct cf_beacon beacon = { 0 };
  struct cf_rd rd;
  uint8_t magic[4], kind;
  gpg_error_t err;

  cf_rd_init (&rd, data, len);
  cf_rd_bytes (&rd, magic, sizeof magic);
  if (rd.err || memcmp (magic, CF_BEACON_MAGIC, sizeof magic))
    return cf_err (GPG_ERR_BAD_DATA);
  if (cf_rd_u8 (&rd) != CF_PROTO_VERSION)
    return cf_err (GPG_ERR_UNKNOWN_VERSION);
  kind = cf_rd_u8 (&rd);
  if (kind != BEACON_QUESTION && kind != BEACON_ANSWER)
    return cf_err (GPG_ERR_BAD_DATA);
  beacon.answer = kind == BEACON_ANSWER;
  if (!beacon.answer && len != CF_BEACON_QUESTION_LEN)
    return cf_err (GPG_ERR_INV_LENGTH);
  decode_body (&rd, &beacon);
  err = cf_rd_finish (&rd);
  if (!err)
    err = cf_beacon_check (&beacon);
  if (!err)
    *r_beacon = beacon;
  return err;
}
