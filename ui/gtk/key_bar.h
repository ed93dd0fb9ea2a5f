/* SPDX-License-Identifier: GPL-3.0-or-later */
/* key_bar.h - what stands in the composer's place while nothing can be written: what happened, and what can be done. */
#ifndef CF_UI_GTK_KEY_BAR_H
#define CF_UI_GTK_KEY_BAR_H

#include <jansson.h>
#include <stdbool.h>

#include "ui/gtk/app.h"

G_BEGIN_DECLS

#define CF_TYPE_KEY_BAR (cf_key_bar_get_type ())
G_DECLARE_FINAL_TYPE (CfKeyBar, cf_key_bar, CF, KEY_BAR, GtkBin)

GtkWidget *cf_key_bar_new (CfApp *app);
/* Say how CONVERSATION_ROW stands, NULL: there is none.  True: the bar is to be shown and the composer is not. */
bool cf_key_bar_update (CfKeyBar *bar, const json_t *conversation_row);
/* Warn of who is near and passes for the other side of CONVERSATION_ROW (NULL: there is none).  True: the bar is to be
   shown, the composer too. */
bool cf_key_bar_warn (CfKeyBar *bar, const json_t *conversation_row);

G_END_DECLS

#endif
