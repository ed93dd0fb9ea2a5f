/* SPDX-License-Identifier: GPL-3.0-or-later */
/* avatar.h - a disc with initials, in the colour of a fingerprint: the same for one key in every client. */
#ifndef CF_UI_GTK_AVATAR_H
#define CF_UI_GTK_AVATAR_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define CF_TYPE_AVATAR (cf_avatar_get_type ())
G_DECLARE_FINAL_TYPE (CfAvatar, cf_avatar, CF, AVATAR, GtkDrawingArea)

/* SIZE in pixels; in a template: <object class="CfAvatar"> with property "size". */
GtkWidget *cf_avatar_new (int size);
/* Both may be NULL. */
void cf_avatar_set (CfAvatar *avatar, const char *fingerprint, const char *name);

G_END_DECLS

#endif
