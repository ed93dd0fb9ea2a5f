/* SPDX-License-Identifier: GPL-3.0-or-later */
/* accessible.h - what widgets keep from assistive technology. */
#ifndef CF_UI_GTK_ACCESSIBLE_H
#define CF_UI_GTK_ACCESSIBLE_H

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Rows and groups of preferences, and status pages, inside WIDGET tell their titles and subtitles as names and descriptions, now and when
   they change.  Once, after the template is there. */
void cf_accessible_tell_titles (GtkWidget *widget);
/* A list of which LABEL is the placeholder describes itself with its words while they are shown.  Once. */
void cf_accessible_tell_placeholder (GtkLabel *label);

G_END_DECLS

#endif
