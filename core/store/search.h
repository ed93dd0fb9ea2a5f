/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search.h - words as the index of messages has them.
 *
 * The index splits where a letter meets what is none, which finds no word in a
 * script that writes without spaces: there each character becomes a word.  Case,
 * compatibility forms and ligatures are folded away, so that "STRASSE" is found
 * by "Straße".  Messages and what is looked for go through the same function.
 */
#ifndef CF_CORE_STORE_SEARCH_H
#define CF_CORE_STORE_SEARCH_H

#include <stddef.h>

/* TEXT (LEN bytes) for the index.  The caller frees.  NULL: ENOMEM. */
char *cf_search_fold (const char *text, size_t len);

/* What a person typed as an expression of the index: all of the words must occur, in any order; of the last one, if it has
   three letters or more, its beginning is enough.  The caller frees.  NULL: no words, too long, or ENOMEM. */
char *cf_search_match (const char *words);

#endif
