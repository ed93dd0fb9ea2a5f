/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hello.c - KEY?, KEY, HELLO and the bytes of a device statement and of its revocation; see hello.h.
 *
 *   KEY?    kind  token:16
 *   KEY     kind            versions:4 suites:4            statement block name [revocation]
 *   HELLO   kind  token:16  versions:4 suites:4  expected  statement block name [revocation]
 *
 * statement = identity, device key:32, device number:16, not before:8,
 * not after:8, signature (length:2); block (length:4); name (length:2);
 * revocation = before:8, signature (length:2).
 * Spec: doc/protocol.md, "Hello".
 */
#include "net/hello.h"

#include <string.h>

#include "base/text.h"

gpg_error_t
cf_device_bytes (const struct cf_device_statement *st, struct cf_buf *out)
{
  static const char title[] = "confab device v1";
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, 0);
  cf_wr_bytes (&wr, title, sizeof title - 1);
  cf_wr_u16 (&wr, (uint16_t) (1 + st->identity.len));
  cf_wr_fpr (&wr, &st->identity);
  cf_wr_blob16 (&wr, st->device_key, sizeof st->device_key);
  cf_wr_blob16 (&wr, st->device_number, sizeof st->device_number);
  cf_wr_u16 (&wr, 8);
  cf_wr_u64 (&wr, (uint64_t) st->not_before_utc_ms);
  cf_wr_u16 (&wr, 8);
  cf_wr_u64 (&wr, (uint64_t) st->not_after_utc_ms);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_revocation_bytes (const struct cf_fpr *identity, int64_t before_utc_ms, struct cf_buf *out)
{
  static const char title[] = "confab revoke v1";
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, 0);
  cf_wr_bytes (&wr, title, sizeof title - 1);
  cf_wr_u16 (&wr, (uint16_t) (1 + identity->len));
  cf_wr_fpr (&wr, identity);
  cf_wr_u16 (&wr, 8);
  cf_wr_u64 (&wr, (uint64_t) before_utc_ms);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_device_check_times (const struct cf_device_statement *st, int64_t now_utc_ms)
{
  int64_t from = st->not_before_utc_ms, to = st->not_after_utc_ms;

  if (from < 0 || to <= from || to - from > CF_STATEMENT_SPAN_MS)
    return cf_err (GPG_ERR_INV_TIME);
  if (from > now_utc_ms + CF_STATEMENT_EARLY_MS)
    return cf_err (GPG_ERR_TOO_YOUNG);
  if (now_utc_ms >= to)
    return cf_err (GPG_ERR_CERT_EXPIRED);
  return 0;
}

gpg_error_t
cf_key_ask_encode (const uint8_t token[CF_ADDRESS_TOKEN_LEN], struct cf_buf *out)
{
  static const uint8_t none[CF_ADDRESS_TOKEN_LEN];
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, CF_CONTROL_KEY_ASK);
  cf_wr_bytes (&wr, token ? token : none, CF_ADDRESS_TOKEN_LEN);
  return cf_wr_finish (&wr);
}

/* What a decoder would refuse is our own mistake when we encode it. */
static gpg_error_t
check_lengths (const struct cf_hello *hello, size_t name_len)
{
  const struct cf_device_statement *d = &hello->device;

  if (!hello->versions || !hello->suites || !d->signature_len || !hello->block_len)
    return cf_err (GPG_ERR_INV_VALUE);
  if (d->signature_len > CF_SIGNATURE_MAX || hello->revocation.signature_len > CF_SIGNATURE_MAX
      || hello->block_len > CF_BLOCK_MAX || name_len > CF_NAME_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (d->not_before_utc_ms < 0 || d->not_after_utc_ms < 0
      || (hello->revocation.signature_len && hello->revocation.before_utc_ms <= 0))
    return cf_err (GPG_ERR_INV_TIME);
  if (!cf_text_is_utf8 (hello->name, name_len))
    return cf_err (GPG_ERR_INV_VALUE);
  return 0;
}

gpg_error_t
cf_hello_encode (enum cf_control kind, const struct cf_hello *hello, struct cf_buf *out)
{
  const struct cf_device_statement *d = &hello->device;
  gpg_error_t err;
  struct cf_wr wr;
  size_t name_len = strnlen (hello->name, sizeof hello->name);

  if (kind != CF_CONTROL_KEY && kind != CF_CONTROL_HELLO)
    return cf_err (GPG_ERR_INV_VALUE);
  if ((kind == CF_CONTROL_KEY) != cf_fpr_is_none (&hello->expected))
    return cf_err (GPG_ERR_INV_VALUE);
  err = check_lengths (hello, name_len);
  if (err)
    return err;
  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, (uint8_t) kind);
  if (kind == CF_CONTROL_HELLO)
    cf_wr_bytes (&wr, hello->token, sizeof hello->token);
  cf_wr_u32 (&wr, hello->versions);
  cf_wr_u32 (&wr, hello->suites);
  if (kind == CF_CONTROL_HELLO)
    cf_wr_fpr (&wr, &hello->expected);
  cf_wr_fpr (&wr, &d->identity);
  cf_wr_bytes (&wr, d->device_key, sizeof d->device_key);
  cf_wr_bytes (&wr, d->device_number, sizeof d->device_number);
  cf_wr_u64 (&wr, (uint64_t) d->not_before_utc_ms);
  cf_wr_u64 (&wr, (uint64_t) d->not_after_utc_ms);
  cf_wr_blob16 (&wr, d->signature, d->signature_len);
  cf_wr_blob32 (&wr, hello->block, hello->block_len);
  cf_wr_blob16 (&wr, hello->name, name_len);
  if (hello->revocation.signature_len) {
    cf_wr_u64 (&wr, (uint64_t) hello->revocation.before_utc_ms);
    cf_wr_blob16 (&wr, hello->revocation.signature, hello->revocation.signature_len);
  }
  return cf_wr_finish (&wr);
}

static int64_t
rd_time (struct cf_rd *rd)
{
  uint64_t t = cf_rd_u64 (rd);

  if (t > INT64_MAX) {
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_TIME));
    return 0;
  }
  return (int64_t) t;
}

/* What has none ends before it: an empty one would be a second encoding of the same. */
static void
rd_revocation (struct cf_rd *rd, struct cf_revocation *r)
{
  if (rd->err || !rd->left)
    return;
  r->before_utc_ms = rd_time (rd);
  cf_rd_blob16 (rd, &r->signature, &r->signature_len, CF_SIGNATURE_MAX);
  if (!rd->err && !r->signature_len)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
}

static void
rd_hello (struct cf_rd *rd, bool is_hello, struct cf_hello *r)
{
  struct cf_device_statement *d = &r->device;
  const uint8_t *name = NULL;
  size_t name_len = 0;
  gpg_error_t err;

  if (is_hello)
    cf_rd_bytes (rd, r->token, sizeof r->token);
  r->versions = cf_rd_u32 (rd);
  r->suites = cf_rd_u32 (rd);
  if (is_hello)
    cf_rd_fpr (rd, &r->expected);
  cf_rd_fpr (rd, &d->identity);
  cf_rd_bytes (rd, d->device_key, sizeof d->device_key);
  cf_rd_bytes (rd, d->device_number, sizeof d->device_number);
  d->not_before_utc_ms = rd_time (rd);
  d->not_after_utc_ms = rd_time (rd);
  cf_rd_blob16 (rd, &d->signature, &d->signature_len, CF_SIGNATURE_MAX);
  cf_rd_blob32 (rd, &r->block, &r->block_len, CF_BLOCK_MAX);
  cf_rd_blob16 (rd, &name, &name_len, CF_NAME_MAX);
  rd_revocation (rd, &r->revocation);
  if (rd->err)
    return;
  if (name_len)
    memcpy (r->name, name, name_len); /* the NUL is there: R was zero */
  err = check_lengths (r, name_len);
  if (err)
    cf_rd_fail (rd, err);
}

gpg_error_t
cf_hello_decode (const void *data, size_t len, enum cf_control *r_kind, struct cf_hello *r_hello)
{
  gpg_error_t err;
  struct cf_rd rd;
  struct cf_hello hello = { 0 };
  uint8_t kind;

  cf_rd_init (&rd, data, len);
  kind = cf_rd_u8 (&rd);
  if (kind == CF_CONTROL_KEY || kind == CF_CONTROL_HELLO)
    rd_hello (&rd, kind == CF_CONTROL_HELLO, &hello);
  else if (kind == CF_CONTROL_KEY_ASK)
    cf_rd_bytes (&rd, hello.token, sizeof hello.token);
  else
    cf_rd_fail (&rd, cf_err (CF_ERR_PROTOCOL));
  err = cf_rd_finish (&rd);
  if (err)
    return err;
  *r_kind = (enum cf_control) kind;
  *r_hello = hello;
  return 0;
}
