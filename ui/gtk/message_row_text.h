/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row_text.h - what can be seen in the text of a message: links, emoji, where a long one is folded.
 *
 * Texts are hostile UTF-8.  Nothing here makes markup of them; links are ranges of bytes.
 */
#ifndef CF_UI_GTK_MESSAGE_ROW_TEXT_H
#define CF_UI_GTK_MESSAGE_ROW_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct cf_text_range {
  size_t start, end; /* bytes */
};

/* Links of http, https, mailto and confab, in order; at most MAX are looked for.  How many there are. */
size_t cf_message_text_links (const char *text, struct cf_text_range *links, size_t max);

/* Where WORDS of a search (parted by blanks) occur, whatever their case; in order, not overlapping. */
size_t cf_message_text_matches (const char *text, const char *words, struct cf_text_range *matches, size_t max);

/* Nothing but a few emoji, to be shown large. */
bool cf_message_text_is_emoji (const char *text);

/* How much of TEXT is shown before somebody asks for all of it: its length, or less. */
size_t cf_message_text_fold (const char *text);

/* Which way the first letter runs: 1 from left to right, -1 from right to left, 0: there is none. */
int cf_message_text_direction (const char *text);

/* As text between texts of another direction: isolated, so that neither turns the other around.  Caller frees. */
char *cf_message_text_isolate (const char *text);

#endif
