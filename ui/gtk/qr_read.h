/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr_read.h - what a QR code in a picture says.
 *
 * Pictures come from anywhere and are not trusted: only PNG and JPEG are looked
 * at, of a bounded size, in a thread of their own.  Nor is what a code says: it
 * comes out as valid UTF-8 without control characters, and is checked by
 * whoever uses it.
 */
#ifndef CF_UI_GTK_QR_READ_H
#define CF_UI_GTK_QR_READ_H

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

G_BEGIN_DECLS

#define CF_QR_SIDE_MAX 4096 /* px of a picture that is looked at; larger ones are made smaller before */

/* Is there anything that can read codes in this build? */
bool cf_qr_can_read (void);

/* What a code in a picture of WIDTH x HEIGHT bytes, 0 black, 255 white, says; an address before anything else.
   Caller g_frees.  NULL: there is none. */
char *cf_qr_read_gray (const uint8_t *gray, unsigned width, unsigned height);

/* The same for the file PATH, which may take a second; now. */
gpg_error_t cf_qr_read_file (const char *path, char **r_text) CF_MUST_CHECK;

/* In a thread.  Finish gives text for g_free, or NULL and an error of cf_qr_read_file:
   INV_OBJ (no PNG or JPEG, or damaged), TOO_LARGE, NO_DATA (no code in it), NOT_SUPPORTED, errno's. */
void cf_qr_read_file_async (const char *path, GCancellable *cancel, GAsyncReadyCallback done, gpointer arg);
char *cf_qr_read_file_finish (GAsyncResult *result, gpg_error_t *r_err);

G_END_DECLS

#endif
