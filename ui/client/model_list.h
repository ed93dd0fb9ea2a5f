/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model_list.h - one list of a model: rows by id, in the order in which they are shown. */
#ifndef CF_UI_CLIENT_MODEL_LIST_H
#define CF_UI_CLIENT_MODEL_LIST_H

#include "ui/client/model.h"

#define CF_MODEL_ROWS_MAX 20000

struct cf_rows {
  enum cf_model_list list;
  json_t **rows; /* our own references */
  size_t count, cap;
};

void cf_rows_done (struct cf_rows *rows);
/* The id of ROW in LIST, borrowed; NULL: it has none, and is no row. */
const char *cf_rows_id (enum cf_model_list list, const json_t *row);
json_t *cf_rows_get (const struct cf_rows *rows, const char *id); /* borrowed; NULL: there is none */
/* Where ROW stands; false: it does not. */
bool cf_rows_at (const struct cf_rows *rows, const json_t *row, size_t *r_at);
/* Add ROW, or put it in the place of the one with its id; ROW is stolen, also on error.
   Errors: INV_DATA (no row), LIMIT_REACHED, ENOMEM. */
gpg_error_t cf_rows_put (struct cf_rows *rows, json_t *row) CF_MUST_CHECK;
bool cf_rows_remove (struct cf_rows *rows, const char *id); /* false: there was none */

#endif
