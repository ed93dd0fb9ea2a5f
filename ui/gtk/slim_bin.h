/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slim_bin.h - holds one widget, and wishes to be no wider than that widget must be.
 *
 * A leaflet folds as soon as its parts do not get the width that they wish for: a long line in one of them would fold
 * it.  In here what matters is only the width without which nothing can be shown.
 */
#ifndef CF_UI_GTK_SLIM_BIN_H
#define CF_UI_GTK_SLIM_BIN_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_SLIM_BIN (cf_slim_bin_get_type ())
G_DECLARE_FINAL_TYPE (CfSlimBin, cf_slim_bin, CF, SLIM_BIN, GtkBin)

G_END_DECLS

#endif
