/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row.h - the fields of a row of the daemon.  None of these minds a field that is missing or of another type, nor a
   ROW that is NULL. */
#ifndef CF_UI_CLIENT_ROW_H
#define CF_UI_CLIENT_ROW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* As it came, borrowed; "" when it is not there.  Peers wrote parts of it: it is text, never markup, and goes through
   cf_text_display before a terminal sees it. */
const char *cf_row_text (const json_t *row, const char *key);
bool cf_row_true (const json_t *row, const char *key);
int64_t cf_row_number (const json_t *row, const char *key); /* 0 when it is not there */
/* A time as ms since 1970; false: there is none. */
bool cf_row_utc_ms (const json_t *row, const char *key, int64_t *r_utc_ms);
/* The row that EVENT holds, without what makes it an event; a new reference.  NULL: ENOMEM. */
json_t *cf_row_of_event (const json_t *event);

#endif
