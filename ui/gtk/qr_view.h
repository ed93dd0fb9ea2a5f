/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr_view.h - a QR code, painted: dark on light with its quiet zone whatever the theme is, each module whole pixels. */
#ifndef CF_UI_GTK_QR_VIEW_H
#define CF_UI_GTK_QR_VIEW_H

#include <gtk/gtk.h>

#include "base/err.h"
#include "ui/client/qr.h"

G_BEGIN_DECLS

#define CF_TYPE_QR_VIEW (cf_qr_view_get_type ())
G_DECLARE_FINAL_TYPE (CfQrView, cf_qr_view, CF, QR_VIEW, GtkDrawingArea)

GtkWidget *cf_qr_view_new (void);
/* NULL: nothing.  Errors: those of cf_qr_new; then it shows nothing. */
gpg_error_t cf_qr_view_set (CfQrView *view, const char *text) CF_MUST_CHECK;

/* Paint QR with its quiet zone, MODULE units a module, from the origin on. */
void cf_qr_paint (cairo_t *cairo, const struct cf_qr *qr, double module);
/* Units on a side that it takes so. */
double cf_qr_side (const struct cf_qr *qr, double module);

enum cf_qr_file { CF_QR_PNG, CF_QR_SVG };
/* TEXT as a picture in a file that replaces PATH once it is whole.  Errors: those of cf_qr_new; errno's. */
gpg_error_t cf_qr_save (const char *text, enum cf_qr_file form, const char *path) CF_MUST_CHECK;

G_END_DECLS

#endif
