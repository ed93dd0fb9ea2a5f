/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model_list.c - rows by id, in the order in which they are shown. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ui/client/model_list.h"

const char *
cf_rows_id (enum cf_model_list list, const json_t *row)
{
  static const char *const keys[] = { "fingerprint", "fingerprint", "request", "conversation", "key", "transfer" };
  const char *id = cf_row_text (row, keys[list]);

  return *id ? id : NULL;
}

/* ---- order ---- */

static const char *
shown_name (const json_t *row)
{
  const char *name = cf_row_text (row, "name");

  return *name ? name : cf_row_text (row, "user_id");
}

/* Times of one form compare as text. */
static int
newest_first (const json_t *a, const json_t *b)
{
  int pinned = cf_row_true (b, "pinned") - cf_row_true (a, "pinned");

  return pinned ? pinned : strcmp (cf_row_text (b, "last_activity"), cf_row_text (a, "last_activity"));
}

static int
under_way_first (const json_t *a, const json_t *b)
{
  int ended = (*cf_row_text (a, "ended_at") != 0) - (*cf_row_text (b, "ended_at") != 0);

  return ended ? ended : strcmp (cf_row_text (b, "offered_at"), cf_row_text (a, "offered_at"));
}

/* < 0: A stands before B. */
static int
compare (enum cf_model_list list, const json_t *a, const json_t *b)
{
  int order = 0;

  switch (list) {
  case CF_MODEL_CONVERSATIONS: order = newest_first (a, b); break;
  case CF_MODEL_REQUESTS: order = strcmp (cf_row_text (a, "since"), cf_row_text (b, "since")); break;
  case CF_MODEL_PEERS:
  case CF_MODEL_CONTACTS: order = strcasecmp (shown_name (a), shown_name (b)); break;
  case CF_MODEL_TRANSFERS: order = under_way_first (a, b); break;
  case CF_MODEL_SETTINGS:
  case CF_MODEL_STATUS: return 0; /* as they came */
  }
  return order ? order : strcmp (cf_rows_id (list, a), cf_rows_id (list, b));
}

/* Where ROW belongs: behind all that do not stand behind it. */
static size_t
place (const struct cf_rows *rows, const json_t *row)
{
  size_t low = 0, high = rows->count;

  while (low < high) {
    size_t mid = low + (high - low) / 2;

    if (compare (rows->list, rows->rows[mid], row) <= 0)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

/* ---- rows ---- */

void
cf_rows_done (struct cf_rows *rows)
{
  for (size_t i = 0; i < rows->count; i++)
    json_decref (rows->rows[i]);
  free (rows->rows);
  rows->rows = NULL;
  rows->count = rows->cap = 0;
}

static bool
find (const struct cf_rows *rows, const char *id, size_t *r_at)
{
  for (size_t i = 0; i < rows->count; i++)
    if (!strcmp (cf_rows_id (rows->list, rows->rows[i]), id)) {
      *r_at = i;
      return true;
    }
  return false;
}

json_t *
cf_rows_get (const struct cf_rows *rows, const char *id)
{
  size_t at;

  return find (rows, id, &at) ? rows->rows[at] : NULL;
}

bool
cf_rows_at (const struct cf_rows *rows, const json_t *row, size_t *r_at)
{
  for (size_t i = 0; i < rows->count; i++)
    if (rows->rows[i] == row) {
      *r_at = i;
      return true;
    }
  return false;
}

static void
take_out (struct cf_rows *rows, size_t at)
{
  json_decref (rows->rows[at]);
  rows->count--;
  memmove (rows->rows + at, rows->rows + at + 1, (rows->count - at) * sizeof *rows->rows);
}

gpg_error_t
cf_rows_put (struct cf_rows *rows, json_t *row)
{
  const char *id = cf_rows_id (rows->list, row);
  gpg_error_t err = id ? 0 : cf_err (GPG_ERR_INV_DATA);
  size_t at;

  if (!err && find (rows, id, &at)) {
    if (!compare (rows->list, rows->rows[at], row) || rows->list == CF_MODEL_SETTINGS) {
      json_decref (rows->rows[at]);
      rows->rows[at] = row;
      return 0;
    }
    take_out (rows, at);
  }
  if (!err && rows->count >= CF_MODEL_ROWS_MAX)
    err = cf_err (GPG_ERR_LIMIT_REACHED);
  if (!err && rows->count == rows->cap) {
    size_t cap = rows->cap ? rows->cap * 2 : 16;
    json_t **more = realloc (rows->rows, cap * sizeof *more);

    if (more) {
      rows->rows = more;
      rows->cap = cap;
    } else
      err = cf_err_errno ();
  }
  if (err) {
    json_decref (row);
    return err;
  }
  at = place (rows, row);
  memmove (rows->rows + at + 1, rows->rows + at, (rows->count - at) * sizeof *rows->rows);
  rows->rows[at] = row;
  rows->count++;
  return 0;
}

bool
cf_rows_remove (struct cf_rows *rows, const char *id)
{
  size_t at;

  if (!find (rows, id, &at))
    return false;
  take_out (rows, at);
  return true;
}
