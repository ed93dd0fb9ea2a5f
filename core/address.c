/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address.c - addresses as text; see address.h for the form. */
#include "core/address.h"

#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/secmem.h"
#include "base/text.h"

#define SCHEME "confab:"
#define CHECK_LEN 4
#define DEVICE_DIGITS (2 * CF_DEVICE_KEY_LEN)
#define TOKEN_DIGITS (2 * CF_ADDRESS_TOKEN_LEN)

static gpg_error_t
checksum (const struct cf_address *address, uint8_t r_check[CF_HASH_LEN])
{
  gpg_error_t err;
  struct cf_buf fpr;
  struct cf_wr wr;
  struct cf_hash hash;

  cf_buf_init (&fpr, 1 + CF_FPR_MAX);
  cf_wr_init (&wr, &fpr);
  cf_wr_fpr (&wr, &address->fpr);
  err = cf_wr_finish (&wr);
  if (!err) {
    cf_hash_init (&hash, NULL, "address");
    cf_hash_add (&hash, cf_buf_data (&fpr), cf_buf_len (&fpr));
    cf_hash_add (&hash, address->device_key, CF_DEVICE_KEY_LEN);
    if (address->has_token)
      cf_hash_add (&hash, address->token, CF_ADDRESS_TOKEN_LEN);
    cf_hash_final (&hash, r_check);
  }
  cf_buf_done (&fpr);
  return err;
}

char *
cf_address_format (const struct cf_address *address)
{
  char fpr[CF_FPR_HEX_SIZE], device[DEVICE_DIGITS + 1], token[TOKEN_DIGITS + 1] = "", check[2 * CHECK_LEN + 1];
  uint8_t sum[CF_HASH_LEN];

  cf_fpr_hex (&address->fpr, fpr);
  if (!address->has_device)
    return cf_sprintf (SCHEME "%s", fpr);
  if (checksum (address, sum))
    return NULL;
  if (address->has_token)
    cf_hex_upper (address->token, CF_ADDRESS_TOKEN_LEN, token);
  return cf_sprintf (SCHEME "%s:%s%s%s:%s", fpr, cf_hex_upper (address->device_key, CF_DEVICE_KEY_LEN, device),
                     *token ? ":" : "", token, cf_hex_upper (sum, CHECK_LEN, check));
}

/* LEN bytes in digits at *TEXT, which then is behind them and the END after them. */
static gpg_error_t
take_digits (const char **text, uint8_t *out, size_t len, char end)
{
  char digits[DEVICE_DIGITS + 1];

  if (strnlen (*text, 2 * len + 1) < 2 * len || (*text)[2 * len] != end)
    return cf_err (GPG_ERR_INV_URI);
  memcpy (digits, *text, 2 * len);
  digits[2 * len] = 0;
  *text += 2 * len + 1;
  return cf_unhex (digits, out, len) ? cf_err (GPG_ERR_INV_URI) : 0;
}

/* "DEVICE:CHECK" or "DEVICE:TOKEN:CHECK" for the fingerprint that ADDRESS has. */
static gpg_error_t
parse_device (const char *text, struct cf_address *address)
{
  gpg_error_t err;
  uint8_t check[CHECK_LEN], sum[CF_HASH_LEN];

  err = take_digits (&text, address->device_key, CF_DEVICE_KEY_LEN, ':');
  if (!err && strchr (text, ':')) {
    err = take_digits (&text, address->token, CF_ADDRESS_TOKEN_LEN, ':');
    address->has_token = true;
  }
  if (!err)
    err = take_digits (&text, check, CHECK_LEN, 0);
  if (err)
    return err;
  err = checksum (address, sum);
  if (!err && !cf_ct_equal (sum, check, CHECK_LEN))
    err = cf_err (GPG_ERR_CHECKSUM);
  address->has_device = true;
  return err;
}

gpg_error_t
cf_address_parse (const char *text, struct cf_address *r_address)
{
  gpg_error_t err = 0;
  struct cf_address address = { 0 };
  char fpr[CF_FPR_HEX_SIZE];
  size_t len;

  if (strncasecmp (text, SCHEME, strlen (SCHEME)))
    return cf_err (GPG_ERR_INV_URI);
  text += strlen (SCHEME);
  len = strcspn (text, ":");
  if ((len != 40 && len != 64) || strspn (text, "0123456789abcdefABCDEF") != len)
    return cf_err (GPG_ERR_INV_URI);
  memcpy (fpr, text, len);
  fpr[len] = 0;
  if (cf_fpr_parse (fpr, &address.fpr))
    return cf_err (GPG_ERR_INV_URI);
  if (text[len])
    err = parse_device (text + len + 1, &address);
  if (!err)
    *r_address = address;
  return err;
}
