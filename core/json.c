/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.c - values of rows and events; what is not there is null. */
#include "core/json.h"

#include "base/text.h"

json_t *
cf_json_text (const char *text)
{
  return text ? json_string (text) : json_null ();
}

json_t *
cf_json_time (int64_t utc_ms)
{
  char text[CF_TIME_SIZE];

  return utc_ms ? json_string (cf_time_format (utc_ms, text)) : json_null ();
}

json_t *
cf_json_fpr (const struct cf_fpr *fpr)
{
  char hex[CF_FPR_HEX_SIZE];

  return cf_fpr_is_none (fpr) ? json_null () : json_string (cf_fpr_hex (fpr, hex));
}
