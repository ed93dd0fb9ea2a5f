/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfers_button.c - files on their way, of all conversations.
 *
 * What has ended while the list is open stays in it until it is closed, so that nothing goes from under the pointer.
 */

#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"
#include "ui/gtk/file_row.h"
#include "ui/gtk/message_row_text.h"
#include "ui/gtk/progress_ring.h"
#include "ui/gtk/transfers_button.h"

#define RING_PX 26
#define ICON_PX 12
#define WIDTH_PX 400
#define EDGE_PX 50       /* around the list, when the window is narrow */
#define HEIGHT_MAX 420 /* of the list; the rest scrolls */

struct _CfTransfersButton {
  GtkMenuButton parent;
  CfApp *app; /* borrowed */
  struct cf_model_listener *listener;
  GtkWidget *ring, *popover, *list, *rows;
  GtkLabel *total;
};

G_DEFINE_TYPE (CfTransfersButton, cf_transfers_button, GTK_TYPE_MENU_BUTTON)

/* ---- all of them in one ---- */

struct sum {
  unsigned waiting;              /* not ended */
  struct cf_transfer_sum moving; /* of these, what is under way */
};

static struct sum
sum_up (struct cf_model *model)
{
  struct sum sum = { 0 };

  for (const json_t *t = NULL; (t = cf_transfer_next (model, NULL, t));) {
    enum cf_transfer_state state = cf_transfer_state (t);

    sum.waiting += !cf_transfer_ended (t);
    if (state != CF_TRANSFER_ACTIVE && state != CF_TRANSFER_VERIFYING)
      continue;
    cf_transfer_sum_add (&sum.moving, t);
  }
  return sum;
}

/* "3.2 of 10 MB · 12 MB/s · 5 s left" */
static char *
total_words (const struct cf_transfer_sum *sum)
{
  char *size, *rate, *left, *text;

  if (!sum->count)
    return g_strdup (_ ("None is under way now."));
  size = cf_words_size_of (sum->done, sum->size);
  if (!sum->rate) {
    text = g_strdup (size);
    free (size);
    return text;
  }
  rate = cf_words_rate (sum->rate);
  left = cf_words_time_left (cf_transfer_sum_eta (sum));
  text = g_strjoin (" · ", size, rate, left, NULL);
  free (left);
  free (rate);
  free (size);
  return text;
}

static void
show_total (CfTransfersButton *self)
{
  struct sum sum = sum_up (cf_app_model (self->app));
  const struct cf_transfer_sum *moving = &sum.moving;
  char *words = total_words (moving);
  /* Translators: on the button of all files that are under way: how many, and how far they are. */
  char *name = g_strdup_printf (ngettext ("%u file on its way: %s", "%u files on their way: %s", sum.waiting), sum.waiting,
                                words);

  gtk_label_set_text (self->total, words);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->ring),
                                 moving->size ? (double) moving->done / (double) moving->size : 0);
  cf_progress_ring_set_idle (CF_PROGRESS_RING (self->ring), !moving->count);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), name);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self)), name);
  gtk_widget_set_visible (GTK_WIDGET (self), sum.waiting || gtk_widget_get_visible (self->popover));
  g_free (name);
  g_free (words);
}

/* ---- the list ---- */

static GtkWidget *
find_row (CfTransfersButton *self, const char *id)
{
  GList *rows = gtk_container_get_children (GTK_CONTAINER (self->rows));
  GtkWidget *found = NULL;

  for (GList *i = rows; i && !found; i = i->next)
    if (!strcmp (cf_file_row_transfer (i->data), id))
      found = i->data;
  g_list_free (rows);
  return found;
}

/* Whose it is: the conversation has his name. */
static char *
whose (CfTransfersButton *self, const json_t *transfer)
{
  const json_t *row = cf_model_get (cf_app_model (self->app), CF_MODEL_CONVERSATIONS,
                                    cf_row_text (transfer, "conversation"));
  char *name = cf_words_name (row ? row : transfer), *isolated = cf_message_text_isolate (name);
  char *text = g_strdup_printf (cf_transfer_incoming (transfer) ? _ ("From %s") : _ ("To %s"), isolated);

  g_free (isolated);
  free (name);
  return text;
}

static void
show_transfer (CfTransfersButton *self, const json_t *transfer)
{
  GtkWidget *row = find_row (self, cf_row_text (transfer, "transfer"));
  char *name;

  if (row) {
    cf_file_row_set (CF_FILE_ROW (row), transfer);
  } else if (!cf_transfer_ended (transfer)) {
    name = whose (self, transfer);
    row = cf_file_row_new (self->app, transfer, name);
    gtk_widget_set_halign (row, GTK_ALIGN_FILL);
    gtk_container_add (GTK_CONTAINER (self->rows), row);
    g_free (name);
  }
}

static void
remove_row (GtkWidget *row, gpointer rows)
{
  (void) rows;
  gtk_widget_destroy (row);
}

static void
fill (CfTransfersButton *self)
{
  struct cf_model *model = cf_app_model (self->app);

  gtk_container_foreach (GTK_CONTAINER (self->rows), remove_row, NULL);
  for (const json_t *t = NULL; (t = cf_transfer_next (model, NULL, t));)
    show_transfer (self, t);
}

static void
on_toggled (CfTransfersButton *self)
{
  int room = gtk_widget_get_allocated_width (gtk_widget_get_toplevel (GTK_WIDGET (self))) - EDGE_PX;

  if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self))) {
    gtk_widget_set_size_request (self->list, MIN (WIDTH_PX, room), -1);
    fill (self);
  } else
    show_total (self);
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfTransfersButton *self = arg;
  bool open = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self));
  const json_t *transfer = id ? cf_model_get (cf_app_model (self->app), list, id) : NULL;

  if (list != CF_MODEL_TRANSFERS)
    return;
  if (open && transfer)
    show_transfer (self, transfer);
  else if (open)
    fill (self);
  show_total (self);
}

/* ---- a widget ---- */

static void
cf_transfers_button_destroy (GtkWidget *widget)
{
  CfTransfersButton *self = CF_TRANSFERS_BUTTON (widget);

  if (self->listener)
    cf_model_unlisten (cf_app_model (self->app), self->listener);
  self->listener = NULL;
  GTK_WIDGET_CLASS (cf_transfers_button_parent_class)->destroy (widget);
}

static void
cf_transfers_button_class_init (CfTransfersButtonClass *class)
{
  GTK_WIDGET_CLASS (class)->destroy = cf_transfers_button_destroy;
}

static GtkWidget *
new_list (CfTransfersButton *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  GtkWidget *total = gtk_label_new (NULL);

  self->total = GTK_LABEL (total);
  gtk_label_set_xalign (self->total, 0);
  gtk_style_context_add_class (gtk_widget_get_style_context (total), "cf-name");
  gtk_style_context_add_class (gtk_widget_get_style_context (total), "cf-digits");
  self->rows = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scrolled), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scrolled), HEIGHT_MAX);
  gtk_container_add (GTK_CONTAINER (scrolled), self->rows);
  gtk_container_add (GTK_CONTAINER (box), total);
  gtk_container_add (GTK_CONTAINER (box), scrolled);
  g_object_set (box, "margin", 10, NULL);
  gtk_widget_show_all (box);
  return box;
}

static void
cf_transfers_button_init (CfTransfersButton *self)
{
  GtkWidget *picture = gtk_overlay_new ();
  GtkWidget *icon = gtk_image_new_from_icon_name ("mail-attachment-symbolic", GTK_ICON_SIZE_BUTTON);

  self->ring = cf_progress_ring_new (RING_PX);
  gtk_image_set_pixel_size (GTK_IMAGE (icon), ICON_PX);
  gtk_container_add (GTK_CONTAINER (picture), self->ring);
  gtk_overlay_add_overlay (GTK_OVERLAY (picture), icon);
  gtk_widget_show_all (picture);
  gtk_container_add (GTK_CONTAINER (self), picture);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (self)), "transfers");
  gtk_widget_set_no_show_all (GTK_WIDGET (self), TRUE);
  self->popover = gtk_popover_new (GTK_WIDGET (self));
  self->list = new_list (self);
  gtk_container_add (GTK_CONTAINER (self->popover), self->list);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (self), self->popover);
  g_signal_connect (self, "toggled", G_CALLBACK (on_toggled), NULL);
}

GtkWidget *
cf_transfers_button_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfTransfersButton *self = g_object_new (CF_TYPE_TRANSFERS_BUTTON, NULL);

  self->app = app;
  if (cf_model_listen (cf_app_model (app), &handler, self, &self->listener))
    g_error ("no memory for transfers");
  show_total (self);
  return GTK_WIDGET (self);
}
