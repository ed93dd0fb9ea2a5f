/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan_view.h - what the camera sees, until a code is found in it; or why there is nothing to see.
 *
 * The camera is on while the widget is mapped, and at no other time.  Signal "found" (const char *text).
 */
#ifndef CF_UI_GTK_SCAN_VIEW_H
#define CF_UI_GTK_SCAN_VIEW_H

#include <gtk/gtk.h>

#include "ui/gtk/scan.h"

G_BEGIN_DECLS

#define CF_TYPE_SCAN_VIEW (cf_scan_view_get_type ())
G_DECLARE_FINAL_TYPE (CfScanView, cf_scan_view, CF, SCAN_VIEW, GtkStack)

/* Another source of pictures than the camera; static. */
void cf_scan_view_set_source (CfScanView *view, const struct cf_scan_source *source);

G_END_DECLS

#endif
