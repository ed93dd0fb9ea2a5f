/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row.c - the fields of a row of the daemon. */

#include <config.h>

#include "base/text.h"
#include "ui/client/row.h"

const char *
cf_row_text (const json_t *row, const char *key)
{
  const char *text = json_string_value (json_object_get (row, key));

  return text ? text : "";
}

bool
cf_row_true (const json_t *row, const char *key)
{
  return json_is_true (json_object_get (row, key));
}

int64_t
cf_row_number (const json_t *row, const char *key)
{
  return json_integer_value (json_object_get (row, key));
}

bool
cf_row_utc_ms (const json_t *row, const char *key, int64_t *r_utc_ms)
{
  return !cf_time_parse (cf_row_text (row, key), r_utc_ms);
}

json_t *
cf_row_of_event (const json_t *event)
{
  json_t *row = json_copy ((json_t *) (uintptr_t) event);

  json_object_del (row, "event");
  json_object_del (row, "cursor");
  json_object_del (row, "at");
  return row;
}
