/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slim_bin.c - a GtkBin with another wish. */

#include <config.h>

#include "ui/gtk/slim_bin.h"

struct _CfSlimBin {
  GtkBin parent;
};

G_DEFINE_TYPE (CfSlimBin, cf_slim_bin, GTK_TYPE_BIN)

static void
get_preferred_width (GtkWidget *widget, int *minimum, int *natural)
{
  GTK_WIDGET_CLASS (cf_slim_bin_parent_class)->get_preferred_width (widget, minimum, natural);
  *natural = *minimum;
}

static void
get_preferred_width_for_height (GtkWidget *widget, int height, int *minimum, int *natural)
{
  GTK_WIDGET_CLASS (cf_slim_bin_parent_class)->get_preferred_width_for_height (widget, height, minimum, natural);
  *natural = *minimum;
}

static void
cf_slim_bin_class_init (CfSlimBinClass *class)
{
  GTK_WIDGET_CLASS (class)->get_preferred_width = get_preferred_width;
  GTK_WIDGET_CLASS (class)->get_preferred_width_for_height = get_preferred_width_for_height;
}

static void
cf_slim_bin_init (CfSlimBin *bin)
{
  (void) bin;
}
