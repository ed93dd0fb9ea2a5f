/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr.h - text as a QR code: the matrix, for whoever can paint, and lines of characters for a terminal.
 *
 * Made by libqrencode; a build without it says NOT_SUPPORTED to everything.
 */
#ifndef CF_UI_CLIENT_QR_H
#define CF_UI_CLIENT_QR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define CF_QR_QUIET 4       /* light modules that a reader wants around the code, on each side */
#define CF_QR_TEXT_MAX 2048 /* bytes; more makes a code that no camera reads from a screen */

struct cf_qr;

/* TEXT, well-formed UTF-8, in the smallest code that holds it, with as much error correction as still fits in that
   size.  An address ("confab:...") is written in upper case: it means the same, and takes a third less room.
   Errors: NOT_SUPPORTED (built without libqrencode), INV_VALUE (empty), TOO_LARGE, ENOMEM. */
gpg_error_t cf_qr_new (const char *text, struct cf_qr **r_qr) CF_MUST_CHECK;
void cf_qr_free (struct cf_qr *qr);

/* Modules on a side, from 21 to 177, without the quiet zone. */
int cf_qr_size (const struct cf_qr *qr);
/* Is the module in column X, row Y dark?  Outside of the code everything is light. */
bool cf_qr_dark (const struct cf_qr *qr, int x, int y);

/* How lines are drawn; a terminal that takes neither gets "##" for a dark module. */
enum cf_qr_look {
  CF_QR_BLOCKS = 1,  /* half blocks of UTF-8, two modules a character */
  CF_QR_COLORS = 2   /* escape sequences: black on white whatever the terminal's own colours are */
};

/* The code with its quiet zone, lines ended by newlines; LOOK is enum cf_qr_look, or-ed.  Without colours the paper is
   taken to be light.  Caller frees.  NULL: ENOMEM. */
char *cf_qr_draw (const struct cf_qr *qr, unsigned look);
/* Columns and lines that it takes. */
int cf_qr_columns (const struct cf_qr *qr, unsigned look);
int cf_qr_lines (const struct cf_qr *qr, unsigned look);

#endif
