/* SPDX-License-Identifier: GPL-3.0-or-later */
/* edit.h - the line that is being typed: text, cursor, what was cut, what was typed before.
 *
 * The text is UTF-8 and may have several lines (from a paste, or Alt+Enter).
 * The cursor stands between clusters (cell.h).  A secret one keeps what is
 * typed in secret memory, cuts nothing out and remembers nothing.
 */
#ifndef CF_UI_TUI_EDIT_H
#define CF_UI_TUI_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#define CF_EDIT_MAX (256 * 1024)   /* bytes: the longest message */
#define CF_EDIT_SECRET_MAX 1024    /* bytes of a password */
#define CF_EDIT_HISTORY_MAX 200    /* lines remembered */

struct cf_edit;

struct cf_edit *cf_edit_new (bool secret);
void cf_edit_free (struct cf_edit *edit); /* wipes; NULL is fine */

/* Never NULL; borrowed until the next change. */
const char *cf_edit_text (const struct cf_edit *edit);
size_t cf_edit_len (const struct cf_edit *edit);
size_t cf_edit_cursor (const struct cf_edit *edit); /* in bytes */
bool cf_edit_is_secret (const struct cf_edit *edit);

/* TEXT at the cursor.  What the terminal must not get is left out, but for newlines and tabs (of a secret, a newline
   ends it).  False: something had no room, or was no text. */
bool cf_edit_insert (struct cf_edit *edit, const char *text, size_t len);
void cf_edit_set (struct cf_edit *edit, const char *text); /* the cursor behind it */
void cf_edit_clear (struct cf_edit *edit);                 /* wipes a secret */
/* LEN bytes from BEGIN on become TEXT, the cursor behind it. */
void cf_edit_replace (struct cf_edit *edit, size_t begin, size_t len, const char *text);

enum cf_edit_move {
  CF_EDIT_LEFT,
  CF_EDIT_RIGHT,
  CF_EDIT_WORD_LEFT,
  CF_EDIT_WORD_RIGHT,
  CF_EDIT_LINE_START,
  CF_EDIT_LINE_END,
  CF_EDIT_LINE_UP,
  CF_EDIT_LINE_DOWN,
};
/* False: the cursor is there already. */
bool cf_edit_move (struct cf_edit *edit, enum cf_edit_move move);
/* Delete, or cut (so that it can be put back), from the cursor to where MOVE would take it. */
void cf_edit_delete (struct cf_edit *edit, enum cf_edit_move move);
void cf_edit_cut (struct cf_edit *edit, enum cf_edit_move move);
void cf_edit_put_back (struct cf_edit *edit);
void cf_edit_swap (struct cf_edit *edit); /* the two clusters around the cursor */

/* What was typed, which is remembered if it is not empty, and clears the line.  Caller frees. */
char *cf_edit_take (struct cf_edit *edit);
/* Remember TEXT, and nothing twice in a row. */
void cf_edit_remember (struct cf_edit *edit, const char *text);
/* Show what was typed before, or after; what stands there now comes back at the end.  False: there is no more. */
bool cf_edit_older (struct cf_edit *edit);
bool cf_edit_newer (struct cf_edit *edit);

#endif
