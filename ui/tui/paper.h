/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paper.h - lines that the client itself writes: the console of window 1, and answers to commands.
 *
 * A paragraph has a look and an indentation of its own; the first word of it may be
 * a label in another look ("14:05", "fingerprint").  Beyond a maximum the oldest go.
 */
#ifndef CF_UI_TUI_PAPER_H
#define CF_UI_TUI_PAPER_H

#include "ui/tui/cell.h"
#include "ui/tui/scroll.h"
#include "ui/tui/wrap.h"

#define CF_PAPER_MAX 2000 /* paragraphs */

struct cf_paper;

struct cf_paper *cf_paper_new (void);
void cf_paper_free (struct cf_paper *paper); /* NULL is fine */
void cf_paper_clear (struct cf_paper *paper);
size_t cf_paper_count (const struct cf_paper *paper);
/* LABEL (muted, or ""), then TEXT of several lines from column INDENT on, also those that are wrapped.  Text that must
   keep its lines as they are (a QR code) is RAW: cut, not wrapped. */
void cf_paper_add (struct cf_paper *paper, unsigned look, int indent, const char *label, const char *text);
void cf_paper_add_raw (struct cf_paper *paper, unsigned look, const char *text);
/* Draw into AREA where SCROLL stands. */
void cf_paper_draw (struct cf_paper *paper, struct cf_scroll *scroll, struct cf_grid *grid, const struct cf_area *area);
void cf_paper_scroll (struct cf_paper *paper, struct cf_scroll *scroll, int columns, long rows);
/* Lines that it takes, counted up to MAX. */
size_t cf_paper_lines (struct cf_paper *paper, int columns, size_t max);

#endif
