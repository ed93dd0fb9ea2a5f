/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bye.c - the last word of a tunnel; see bye.h. */
#include "net/bye.h"

#include <string.h>

#include "base/text.h"

size_t
cf_bye_write (uint8_t out[CF_BYE_MAX], gpg_error_t why, const char *reason)
{
  size_t len = reason ? cf_text_cut (reason, strlen (reason), CF_BYE_REASON_MAX) : 0;
  unsigned int code = gpg_err_code (why);

  out[0] = (uint8_t) (code >> 8);
  out[1] = (uint8_t) code;
  if (len)
    memcpy (out + CF_BYE_CODE_LEN, reason, len);
  return CF_BYE_CODE_LEN + len;
}

gpg_error_t
cf_bye_read (const uint8_t *data, size_t len, gpg_error_t *r_why, char **r_reason)
{
  if (len < CF_BYE_CODE_LEN || len > CF_BYE_MAX)
    return cf_err (CF_ERR_PROTOCOL);
  *r_why = cf_err ((gpg_err_code_t) (data[0] << 8 | data[1]));
  *r_reason = NULL;
  if (len > CF_BYE_CODE_LEN)
    *r_reason = cf_text_display (data + CF_BYE_CODE_LEN, len - CF_BYE_CODE_LEN, false);
  return 0;
}
