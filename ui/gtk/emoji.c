/* SPDX-License-Identifier: GPL-3.0-or-later */
/* emoji.c - choosing an emoji. */

#include <config.h>

#include "ui/client/i18n.h"
#include "ui/gtk/emoji.h"

struct _CfEmojiPopover {
  GtkPopover parent;
  GtkWidget *entry; /* what GTK's own chooser writes into */
};

G_DEFINE_TYPE (CfEmojiPopover, cf_emoji_popover, GTK_TYPE_POPOVER)

enum { CHOSEN, LAST_SIGNAL };
static guint signals[LAST_SIGNAL];

static const struct {
  const char *emoji, *name;
} usual[] = {
  { "👍", N_ ("Thumbs up") }, { "❤️", N_ ("Heart") },       { "😂", N_ ("Laughing") },
  { "😮", N_ ("Surprised") }, { "😢", N_ ("Sad") },         { "🙏", N_ ("Thank you") },
  { "🎉", N_ ("Party") },     { "✅", N_ ("Check mark") },
};

static void
choose (CfEmojiPopover *self, const char *emoji)
{
  g_signal_emit (self, signals[CHOSEN], 0, emoji);
  gtk_popover_popdown (GTK_POPOVER (self));
}

static void
on_usual (GtkWidget *button, CfEmojiPopover *self)
{
  choose (self, gtk_button_get_label (GTK_BUTTON (button)));
}

static void
on_entry (CfEmojiPopover *self)
{
  char *text = g_strdup (gtk_entry_get_text (GTK_ENTRY (self->entry)));

  if (*text)
    choose (self, text);
  g_free (text);
}

/* GTK 3 keeps its chooser to itself, but for the entries that it opens it for. */
static void
on_more (CfEmojiPopover *self)
{
  gtk_widget_show (self->entry);
  gtk_widget_grab_focus (self->entry);
  g_signal_emit_by_name (self->entry, "insert-emoji");
}

static GtkWidget *
button_new (const char *label, const char *name)
{
  GtkWidget *button = gtk_button_new_with_label (label);

  gtk_style_context_add_class (gtk_widget_get_style_context (button), "flat");
  gtk_style_context_add_class (gtk_widget_get_style_context (button), "emoji");
  gtk_widget_set_tooltip_text (button, name);
  atk_object_set_name (gtk_widget_get_accessible (button), name);
  return button;
}

static void
cf_emoji_popover_class_init (CfEmojiPopoverClass *class)
{
  signals[CHOSEN] = g_signal_new ("chosen", CF_TYPE_EMOJI_POPOVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                  1, G_TYPE_STRING);
  (void) class;
}

static void
cf_emoji_popover_init (CfEmojiPopover *self)
{
  GtkWidget *grid = gtk_grid_new (), *more = button_new ("…", _ ("All emoji"));
  int i;

  for (i = 0; i < (int) G_N_ELEMENTS (usual); i++) {
    GtkWidget *button = button_new (usual[i].emoji, gettext (usual[i].name));

    g_signal_connect (button, "clicked", G_CALLBACK (on_usual), self);
    gtk_grid_attach (GTK_GRID (grid), button, i % 4, i / 4, 1, 1);
  }
  g_signal_connect_swapped (more, "clicked", G_CALLBACK (on_more), self);
  gtk_grid_attach (GTK_GRID (grid), more, 0, 2, 4, 1);
  self->entry = gtk_entry_new ();
  gtk_entry_set_width_chars (GTK_ENTRY (self->entry), 4);
  gtk_entry_set_input_hints (GTK_ENTRY (self->entry), GTK_INPUT_HINT_EMOJI);
  atk_object_set_name (gtk_widget_get_accessible (self->entry), _ ("Emoji"));
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (on_entry), self);
  gtk_grid_attach (GTK_GRID (grid), self->entry, 0, 3, 4, 1);
  gtk_container_set_border_width (GTK_CONTAINER (grid), 6);
  gtk_widget_set_no_show_all (self->entry, TRUE);
  gtk_widget_show_all (grid);
  gtk_container_add (GTK_CONTAINER (self), grid);
}

GtkWidget *
cf_emoji_popover_new (GtkWidget *relative_to)
{
  return g_object_new (CF_TYPE_EMOJI_POPOVER, "relative-to", relative_to, NULL);
}
