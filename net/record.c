/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record.c - sealing and opening the records of a tunnel; see record.h. */
#include "net/record.h"

#include <string.h>

/* Of a fragment, in the cipher's first block; what follows is sealed from where it is. */
#define FIRST_LEN (CF_CIPHER_BLOCK_LEN - CF_RECORD_HEAD_LEN)

void
cf_record_stream_init (struct cf_record_stream *stream, struct cf_cipher *cipher, uint32_t rekey_records,
                       uint64_t now_ms)
{
  stream->cipher = cipher;
  stream->under_key = 0;
  stream->rekey_records = rekey_records;
  stream->key_since_ms = now_ms;
}

void
cf_record_stream_done (struct cf_record_stream *stream)
{
  cf_cipher_free (stream->cipher);
  stream->cipher = NULL;
}

static gpg_error_t
next_key (struct cf_record_stream *stream, uint64_t now_ms)
{
  stream->under_key = 0;
  stream->key_since_ms = now_ms;
  return cf_cipher_rekey (stream->cipher);
}

gpg_error_t
cf_record_seal (struct cf_record_stream *stream, uint64_t now_ms, uint8_t channel, uint8_t flags, const void *fragment,
                size_t len, uint8_t out[CF_RECORD_MAX], size_t *r_len)
{
  gpg_error_t err;
  size_t plain_len = CF_RECORD_HEAD_LEN + len;
  size_t body_len = plain_len + CF_CIPHER_TAG_LEN;
  uint8_t *plain = out + CF_RECORD_LENGTH_LEN;

  if (len > CF_RECORD_FRAGMENT_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (stream->under_key + 1 >= stream->rekey_records || now_ms - stream->key_since_ms >= CF_REKEY_MS)
    flags |= CF_RECORD_REKEY;
  out[0] = (uint8_t) (body_len >> 8);
  out[1] = (uint8_t) body_len;
  plain[0] = channel;
  plain[1] = flags;
  if (len)
    memcpy (plain + CF_RECORD_HEAD_LEN, fragment, len > FIRST_LEN ? FIRST_LEN : len);
  if (len > FIRST_LEN)
    err = cf_cipher_seal_long (stream->cipher, out, CF_RECORD_LENGTH_LEN, plain, (const uint8_t *) fragment + FIRST_LEN,
                               len - FIRST_LEN, plain + plain_len);
  else
    err = cf_cipher_seal (stream->cipher, out, CF_RECORD_LENGTH_LEN, plain, plain_len, plain + plain_len);
  if (err)
    return err;
  stream->under_key++;
  if (flags & CF_RECORD_REKEY)
    err = next_key (stream, now_ms);
  if (err)
    return err;
  *r_len = CF_RECORD_LENGTH_LEN + body_len;
  return 0;
}

size_t
cf_record_body_len (const uint8_t length[CF_RECORD_LENGTH_LEN])
{
  size_t len = (size_t) (length[0] << 8 | length[1]);

  return len >= CF_RECORD_BODY_MIN && len <= CF_RECORD_BODY_MAX ? len : 0;
}

gpg_error_t
cf_record_open (struct cf_record_stream *stream, const uint8_t *data, size_t len, uint8_t *plain,
                struct cf_record *r_record)
{
  gpg_error_t err;
  const uint8_t *sealed = data + CF_RECORD_LENGTH_LEN;
  size_t plain_len = len - CF_RECORD_LENGTH_LEN - CF_CIPHER_TAG_LEN;
  uint8_t flags;

  plain += CF_RECORD_LENGTH_LEN; /* where it is in DATA: both may be one */
  err = cf_cipher_open (stream->cipher, data, CF_RECORD_LENGTH_LEN, sealed, plain_len, sealed + plain_len, plain);
  if (err)
    return err;
  stream->under_key++;
  flags = plain[1];
  if (flags & CF_RECORD_REKEY)
    err = next_key (stream, 0); /* the clock is the sender's business */
  else if (stream->under_key >= stream->rekey_records)
    err = cf_err (GPG_ERR_LIMIT_REACHED);
  if (err)
    return err;
  r_record->channel = plain[0];
  r_record->flags = flags & (uint8_t) ~CF_RECORD_REKEY;
  r_record->fragment = plain + CF_RECORD_HEAD_LEN;
  r_record->fragment_len = plain_len - CF_RECORD_HEAD_LEN;
  return 0;
}

void
cf_record_refused (struct cf_env *env, gpg_error_t err)
{
  if (gpg_err_code (err) == CF_ERR_PROTOCOL)
    cf_refused (env, CF_REFUSED_RECORD_RULE);
  else if (gpg_err_code (err) == GPG_ERR_TOO_LARGE)
    cf_refused (env, CF_REFUSED_RECORD_LARGE);
}
