/* SPDX-License-Identifier: GPL-3.0-or-later */
/* choice.h - combo boxes that do nothing by accident. */
#ifndef CF_UI_GTK_CHOICE_H
#define CF_UI_GTK_CHOICE_H

#include <gtk/gtk.h>

/* The wheel scrolls what CHOICE stands in, and does not choose; its text is cut where there is no room for it. */
void cf_choice_tame (GtkComboBox *choice);

#endif
