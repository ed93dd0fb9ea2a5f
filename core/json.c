/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.c - values of rows and events; what is not there is null. */
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

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

struct text {
  char *data;
  size_t len, size;
  bool failed;
};

static int
add_text (const char *data, size_t len, void *arg)
{
  struct text *t = arg;
  char *larger;

  if (t->failed)
    return -1;
  if (t->size - t->len <= len) {
    larger = realloc (t->data, 2 * (t->len + len) + 64);
    if (!larger) {
      t->failed = true;
      return -1;
    }
    t->data = larger;
    t->size = 2 * (t->len + len) + 64;
  }
  memcpy (t->data + t->len, data, len);
  t->len += len;
  t->data[t->len] = 0;
  return 0;
}

char *
cf_json_dump (const json_t *value, size_t flags)
{
  struct text t = { NULL, 0, 0, false };

  if (!json_dump_callback (value, add_text, &t, flags) && !t.failed)
    return t.data;
  free (t.data);
  return NULL;
}
