/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people_dialog.h - with whom: everybody nearby and every contact, and how to get more of them. */
#ifndef CF_UI_GTK_PEOPLE_DIALOG_H
#define CF_UI_GTK_PEOPLE_DIALOG_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

/* Who is chosen is shown, if there is a conversation, else asked for one.  PARENT has the actions win.add-contact and
   win.address. */
void cf_people_dialog_show (CfApp *app, GtkWindow *parent);

G_END_DECLS

#endif
