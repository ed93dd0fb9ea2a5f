/* SPDX-License-Identifier: GPL-3.0-or-later */
/* add_contact_dialog.h - a new contact: from an address, a picture of its code, the camera, or a key file. */
#ifndef CF_UI_GTK_ADD_CONTACT_DIALOG_H
#define CF_UI_GTK_ADD_CONTACT_DIALOG_H

#include "ui/gtk/app.h"

G_BEGIN_DECLS

/* ADDRESS (may be NULL) stands in the entry, and is looked at, but is not added before the person says so: it may come
   from a link that anybody made. */
void cf_add_contact_dialog_show (CfApp *app, GtkWindow *parent, const char *address);

G_END_DECLS

#endif
