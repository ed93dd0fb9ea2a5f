/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo_bar.h - somebody to try everything with: "confab demo" beside this program, and what there is to do with it. */
#ifndef CF_UI_GTK_DEMO_BAR_H
#define CF_UI_GTK_DEMO_BAR_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_DEMO_BAR (cf_demo_bar_get_type ())
G_DECLARE_FINAL_TYPE (CfDemoBar, cf_demo_bar, CF, DEMO_BAR, GtkBin)

/* Hidden while there is no demonstration; it ends with the bar, and with the program however that ends. */
GtkWidget *cf_demo_bar_new (CfApp *app);
/* Begin one, unless there is one. */
void cf_demo_bar_begin (CfDemoBar *bar);
void cf_demo_bar_end (CfDemoBar *bar);

G_END_DECLS

#endif
