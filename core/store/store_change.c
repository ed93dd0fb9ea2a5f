/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_change.c - SQL of what is said about a message later; the tables are made in store_message.c. */
#include "core/store/store_message.h"

gpg_error_t
cf_store_reactions (struct cf_store *store, int64_t row,
                    gpg_error_t (*each) (void *arg, bool outgoing, const char *emoji), void *arg)
{
  struct cf_stmt *s = cf_stmt (store, "SELECT outgoing, emoji FROM reaction WHERE message = ?1 ORDER BY outgoing");
  gpg_error_t err;

  cf_bind_int (s, 1, row);
  while (cf_stmt_step (s, &err)) {
    err = each (arg, cf_column_int (s, 0) != 0, cf_column_text (s, 1));
    if (err) {
      cf_stmt_reset (s);
      break;
    }
  }
  return err;
}
