/* SPDX-License-Identifier: GPL-3.0-or-later */
/* first_run.h - who are you: one of the keys that are there, or a new one.  One page, and nothing happens unasked. */
#ifndef CF_UI_GTK_FIRST_RUN_H
#define CF_UI_GTK_FIRST_RUN_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_FIRST_RUN (cf_first_run_get_type ())
G_DECLARE_FINAL_TYPE (CfFirstRun, cf_first_run, CF, FIRST_RUN, GtkBox)

GtkWidget *cf_first_run_new (CfApp *app);
/* Look which keys there are, again. */
void cf_first_run_begin (CfFirstRun *page);

G_END_DECLS

#endif
