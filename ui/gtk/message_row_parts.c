/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row_parts.c - what a few messages have beside their text: a quote, reactions, trouble. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/message_row_private.h"
#include "ui/gtk/message_row_text.h"

#define PILLS_MAX 8
#define QUOTE_LINES 2

static void
set_name (GtkWidget *widget, const char *name)
{
  atk_object_set_name (gtk_widget_get_accessible (widget), name);
}

static bool
is_own (const json_t *json)
{
  return !strcmp (cf_row_text (json, "direction"), "out");
}

/* ---- what it answers to ---- */

static void
on_quote (GtkWidget *button, CfMessageRow *row)
{
  cf_message_row_act (row, CF_ACT_JUMP, g_object_get_data (G_OBJECT (button), "message"));
}

static char *
quoted_text (const json_t *quote)
{
  const char *text = cf_row_text (quote, "text");
  char *shown, *copy;

  if (cf_row_true (quote, "deleted"))
    return g_strdup (_ ("This message was deleted"));
  shown = cf_text_display (text, strlen (text), false);
  copy = g_strdup (shown ? shown : "");
  free (shown);
  return copy;
}

GtkWidget *
cf_message_row_quote_new (CfMessageRow *row, const json_t *json, const char *peer)
{
  const json_t *quote = json_object_get (json, "quote");
  GtkWidget *button, *box, *label;
  const char *author;
  char *text, *name;

  if (!json_is_object (quote))
    return NULL;
  author = is_own (quote) ? _ ("You") : peer;
  text = quoted_text (quote);
  button = gtk_button_new ();
  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_container_add (GTK_CONTAINER (box), cf_message_row_label (author, "quote-author"));
  label = cf_message_row_label (text, "quote-text");
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_line_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (GTK_LABEL (label), QUOTE_LINES);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_container_add (GTK_CONTAINER (box), label);
  gtk_container_add (GTK_CONTAINER (button), box);
  gtk_style_context_add_class (gtk_widget_get_style_context (button), "quote");
  gtk_style_context_add_class (gtk_widget_get_style_context (button), "flat");
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  /* Translators: read aloud: author, text of the message that this one answers. */
  name = g_strdup_printf (_ ("In reply to %s: %s"), author, text);
  set_name (button, name);
  g_object_set_data_full (G_OBJECT (button), "message", g_strdup (cf_row_text (quote, "message")), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (on_quote), row);
  gtk_widget_show_all (button);
  g_free (name);
  g_free (text);
  return button;
}

/* ---- reactions ---- */

struct pill {
  const char *emoji; /* as it came */
  int count;
  bool own;
  GString *names;
};

static void
on_pill (GtkWidget *button, CfMessageRow *row)
{
  bool own = g_object_get_data (G_OBJECT (button), "own") != NULL;

  cf_message_row_act (row, CF_ACT_REACT, own ? "" : g_object_get_data (G_OBJECT (button), "emoji"));
}

static GtkWidget *
pill_new (CfMessageRow *row, const struct pill *pill)
{
  GtkWidget *button = gtk_button_new ();
  char *shown = cf_text_display (pill->emoji, strlen (pill->emoji), false);
  char *label = pill->count > 1 ? g_strdup_printf ("%s %d", shown ? shown : "", pill->count) : g_strdup (shown ? shown : "");
  /* Translators: read aloud: an emoji, and those who reacted with it. */
  char *name = g_strdup_printf (_ ("%s from %s"), shown ? shown : "", pill->names->str);

  gtk_button_set_label (GTK_BUTTON (button), label);
  gtk_widget_set_tooltip_text (button, pill->names->str);
  set_name (button, name);
  gtk_style_context_add_class (gtk_widget_get_style_context (button), "pill");
  if (pill->own)
    gtk_style_context_add_class (gtk_widget_get_style_context (button), "own");
  g_object_set_data_full (G_OBJECT (button), "emoji", g_strdup (pill->emoji), g_free);
  g_object_set_data (G_OBJECT (button), "own", pill->own ? button : NULL);
  g_signal_connect (button, "clicked", G_CALLBACK (on_pill), row);
  gtk_widget_show (button);
  g_free (name);
  g_free (label);
  free (shown);
  return button;
}

GtkWidget *
cf_message_row_reactions_new (CfMessageRow *row, const json_t *json, const char *peer)
{
  const json_t *reactions = json_object_get (json, "reactions"), *reaction;
  struct pill pills[PILLS_MAX];
  GtkWidget *box;
  size_t i, n = 0;

  json_array_foreach (reactions, i, reaction) {
    const char *emoji = cf_row_text (reaction, "emoji");
    size_t k = 0;

    while (k < n && strcmp (pills[k].emoji, emoji))
      k++;
    if (!*emoji || k == PILLS_MAX)
      continue;
    if (k == n)
      pills[n++] = (struct pill){ emoji, 0, false, g_string_new (NULL) };
    pills[k].count++;
    pills[k].own |= is_own (reaction);
    g_string_append_printf (pills[k].names, "%s%s", pills[k].names->len ? ", " : "", is_own (reaction) ? _ ("You") : peer);
  }
  if (!n)
    return NULL;
  box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  for (i = 0; i < n; i++) {
    gtk_container_add (GTK_CONTAINER (box), pill_new (row, &pills[i]));
    g_string_free (pills[i].names, TRUE);
  }
  gtk_widget_show (box);
  return box;
}

/* ---- trouble ---- */

static void
on_again (CfMessageRow *row)
{
  cf_message_row_act (row, CF_ACT_AGAIN, NULL);
}

GtkWidget *
cf_message_row_trouble_new (CfMessageRow *row, const json_t *json)
{
  GtkWidget *box, *label, *button;

  if (!is_own (json) || strcmp (cf_row_text (json, "state"), "failed"))
    return NULL;
  box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  label = cf_message_row_label (_ ("The other side did not get this message."), NULL);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_set_hexpand (label, TRUE);
  button = gtk_button_new_with_label (_ ("Write again"));
  gtk_widget_set_tooltip_text (button, _ ("Puts the text where you write"));
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (on_again), row);
  gtk_container_add (GTK_CONTAINER (box), gtk_image_new_from_icon_name ("dialog-error-symbolic", GTK_ICON_SIZE_BUTTON));
  gtk_container_add (GTK_CONTAINER (box), label);
  gtk_container_add (GTK_CONTAINER (box), button);
  gtk_style_context_add_class (gtk_widget_get_style_context (box), "message-trouble");
  gtk_widget_show_all (box);
  return box;
}
