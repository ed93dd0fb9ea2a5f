/* SPDX-License-Identifier: GPL-3.0-or-later */
/* choice.c - combo boxes that do nothing by accident: GTK's choose when somebody who scrolls comes past. */

#include <config.h>

#include "ui/gtk/choice.h"

#define CHARS_MIN 8

static gboolean
on_scroll (GtkWidget *choice)
{
  g_signal_stop_emission_by_name (choice, "scroll-event");
  return GDK_EVENT_PROPAGATE;
}

void
cf_choice_tame (GtkComboBox *choice)
{
  GList *cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (choice));

  for (GList *cell = cells; cell; cell = cell->next)
    g_object_set (cell->data, "ellipsize", PANGO_ELLIPSIZE_END, "width-chars", CHARS_MIN, NULL);
  g_list_free (cells);
  g_signal_connect (choice, "scroll-event", G_CALLBACK (on_scroll), NULL);
}
