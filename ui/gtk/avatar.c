/* SPDX-License-Identifier: GPL-3.0-or-later */
/* avatar.c - drawn here, not HdyAvatar: that one takes its colour from the name, which anybody can choose. */

#include <config.h>

#include <stdlib.h>

#include "ui/client/words.h"
#include "ui/gtk/avatar.h"

#define SIZE_DEFAULT 40

struct _CfAvatar {
  GtkDrawingArea parent;
  int size;
  uint32_t rgb;
  char *initials;      /* of words.h */
  PangoLayout *layout; /* of them; NULL: not made yet */
};

G_DEFINE_TYPE (CfAvatar, cf_avatar, GTK_TYPE_DRAWING_AREA)

enum { PROP_SIZE = 1 };

static PangoLayout *
layout_new (CfAvatar *avatar)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (avatar), avatar->initials);
  PangoFontDescription *font = pango_font_description_copy (
      pango_context_get_font_description (gtk_widget_get_pango_context (GTK_WIDGET (avatar))));

  pango_font_description_set_weight (font, PANGO_WEIGHT_SEMIBOLD);
  pango_font_description_set_absolute_size (font, avatar->size * 0.4 * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  return layout;
}

static void
draw_initials (CfAvatar *avatar, cairo_t *cr, double width, double height)
{
  int w, h;

  if (!avatar->layout)
    avatar->layout = layout_new (avatar);
  pango_layout_get_pixel_size (avatar->layout, &w, &h);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_move_to (cr, (width - w) / 2, (height - h) / 2);
  pango_cairo_show_layout (cr, avatar->layout);
}

static gboolean
cf_avatar_draw (GtkWidget *widget, cairo_t *cr)
{
  CfAvatar *avatar = CF_AVATAR (widget);
  double width = gtk_widget_get_allocated_width (widget), height = gtk_widget_get_allocated_height (widget);

  cairo_arc (cr, width / 2, height / 2, avatar->size / 2.0, 0, 2 * G_PI);
  cairo_set_source_rgb (cr, (avatar->rgb >> 16 & 0xff) / 255.0, (avatar->rgb >> 8 & 0xff) / 255.0,
                        (avatar->rgb & 0xff) / 255.0);
  cairo_fill (cr);
  if (avatar->initials)
    draw_initials (avatar, cr, width, height);
  return FALSE;
}

static void
cf_avatar_style_updated (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (cf_avatar_parent_class)->style_updated (widget);
  g_clear_object (&CF_AVATAR (widget)->layout); /* perhaps another font */
}

static void
cf_avatar_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  CfAvatar *avatar = CF_AVATAR (object);

  if (id == PROP_SIZE) {
    avatar->size = g_value_get_int (value);
    gtk_widget_set_size_request (GTK_WIDGET (avatar), avatar->size, avatar->size);
  } else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
cf_avatar_finalize (GObject *object)
{
  free (CF_AVATAR (object)->initials);
  g_clear_object (&CF_AVATAR (object)->layout);
  G_OBJECT_CLASS (cf_avatar_parent_class)->finalize (object);
}

static void
cf_avatar_class_init (CfAvatarClass *class)
{
  G_OBJECT_CLASS (class)->finalize = cf_avatar_finalize;
  G_OBJECT_CLASS (class)->set_property = cf_avatar_set_property;
  GTK_WIDGET_CLASS (class)->draw = cf_avatar_draw;
  GTK_WIDGET_CLASS (class)->style_updated = cf_avatar_style_updated;
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (class), ATK_ROLE_IMAGE);
  g_object_class_install_property (
      G_OBJECT_CLASS (class), PROP_SIZE,
      g_param_spec_int ("size", NULL, NULL, 8, 256, SIZE_DEFAULT, G_PARAM_WRITABLE | G_PARAM_CONSTRUCT));
}

static void
cf_avatar_init (CfAvatar *avatar)
{
  avatar->rgb = cf_words_rgb (0);
  gtk_widget_set_valign (GTK_WIDGET (avatar), GTK_ALIGN_CENTER);
  gtk_widget_set_halign (GTK_WIDGET (avatar), GTK_ALIGN_CENTER);
}

GtkWidget *
cf_avatar_new (int size)
{
  return g_object_new (CF_TYPE_AVATAR, "size", size, "visible", TRUE, NULL);
}

void
cf_avatar_set (CfAvatar *avatar, const char *fingerprint, const char *name)
{
  char *initials = cf_words_initials (name ? name : "");
  uint32_t rgb = cf_words_rgb (cf_words_color (fingerprint ? fingerprint : ""));

  if (rgb != avatar->rgb || g_strcmp0 (initials, avatar->initials))
    gtk_widget_queue_draw (GTK_WIDGET (avatar));
  g_clear_object (&avatar->layout);
  free (avatar->initials);
  avatar->initials = initials;
  avatar->rgb = rgb;
}
