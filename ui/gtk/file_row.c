/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_row.c - a file in a timeline, or in the list of what is under way. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"
#include "ui/gtk/file_row_private.h"
#include "ui/gtk/progress_ring.h"
#include "ui/gtk/thumbnail.h"
#include "ui/gtk/wrap_box.h"

#define MIN_WIDTH_PX 180
#define WIDTH_CHARS 60
#define SIGN_PX 40
#define LARGE (100 * 1000 * 1000)       /* bytes from which on the room that there is is told */
#define SPARE (64 * 1024 * 1024)        /* that the daemon leaves free */

struct _CfFileRow {
  GtkBox parent;
  CfApp *app; /* borrowed */
  json_t *transfer;
  char *looks_like; /* the type of contents that its icon shows; NULL: of no known type */
  int wish;         /* how wide, in pixels: of words of this size */
  int64_t space;    /* free where it would go; -1: not known */
  bool space_asked, picture_asked;
  GtkWidget *sender, *picture, *sign, *ring, *pause, *resume, *cancel;
  GtkImage *icon, *picture_image;
  GtkLabel *sender_name, *name, *state, *note;
  GtkWidget *words;                  /* the buttons with words */
  GtkWidget *buttons[CF_FILE_DEEDS]; /* all of them */
};

G_DEFINE_TYPE (CfFileRow, cf_file_row, GTK_TYPE_BOX)

/* ---- what it is ---- */

/* "type/subtype" and nothing else, since it becomes the name of an icon. */
static bool
is_media_type (const char *type)
{
  return type[strspn (type, "abcdefghijklmnopqrstuvwxyz0123456789.+-/")] == 0 && strchr (type, '/')
         && strchr (type, '/') == strrchr (type, '/');
}

static void
show_icon (CfFileRow *row)
{
  const char *type = cf_row_text (row->transfer, "media_type");
  char *content = cf_transfer_directory (row->transfer) ? g_strdup ("inode/directory")
                  : is_media_type (type)                ? g_content_type_from_mime_type (type)
                                                        : NULL;
  GIcon *icon;

  if (gtk_image_get_storage_type (row->icon) != GTK_IMAGE_EMPTY && !g_strcmp0 (content, row->looks_like)) {
    g_free (content); /* the same as before: it is not loaded again whenever some bytes have come */
    return;
  }
  g_free (row->looks_like);
  row->looks_like = content;
  icon = content && !g_content_type_is_unknown (content) ? g_content_type_get_symbolic_icon (content)
                                                         : g_themed_icon_new ("text-x-generic-symbolic");
  if (G_IS_THEMED_ICON (icon))
    g_themed_icon_append_name (G_THEMED_ICON (icon), "text-x-generic-symbolic");
  gtk_image_set_from_gicon (row->icon, icon, GTK_ICON_SIZE_LARGE_TOOLBAR);
  g_object_unref (icon);
}

/* ---- how it stands ---- */

static bool
is_moving (const json_t *transfer)
{
  enum cf_transfer_state state = cf_transfer_state (transfer);

  return state == CF_TRANSFER_ACTIVE || state == CF_TRANSFER_PAUSED || state == CF_TRANSFER_VERIFYING;
}

static void
show_progress (CfFileRow *row, const char *name)
{
  GtkProgressBar *bar = GTK_PROGRESS_BAR (row->ring);

  gtk_widget_set_visible (row->ring, is_moving (row->transfer));
  gtk_progress_bar_set_fraction (bar, cf_transfer_fraction (row->transfer));
  cf_progress_ring_set_idle (CF_PROGRESS_RING (row->ring), cf_transfer_state (row->transfer) == CF_TRANSFER_PAUSED);
  atk_object_set_name (gtk_widget_get_accessible (row->ring), name);
}

static bool
is_asked (const json_t *transfer)
{
  return cf_transfer_state (transfer) == CF_TRANSFER_OFFERED && cf_transfer_incoming (transfer);
}

/* What there is to say beside the state: what can be done, or what one should know before. */
static char *
note_of (CfFileRow *row, bool *r_warning)
{
  int64_t size = cf_row_number (row->transfer, "size"), takes = size + SPARE;
  bool asked = is_asked (row->transfer) && row->space >= 0, fits = row->space > takes;
  char *room, *wish, *note;

  *r_warning = asked && !fits;
  if (!asked || (size < LARGE && fits))
    return cf_words_transfer_hint (row->transfer);
  room = cf_words_size (row->space);
  wish = cf_words_size (takes);
  note = fits ? g_strdup_printf (_ ("%s are free in the download folder."), room)
              : g_strdup_printf (_ ("Too little room: it takes %s, and %s are free in the download folder. Make room, or "
                                    "save it to another folder."),
                                 wish, room);
  free (wish);
  free (room);
  return note;
}

static void
show_note (CfFileRow *row)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (row->note));
  bool warning;
  char *note = note_of (row, &warning);

  if (warning)
    gtk_style_context_add_class (style, "cf-warning");
  else
    gtk_style_context_remove_class (style, "cf-warning");
  gtk_label_set_text (row->note, note);
  gtk_widget_set_visible (GTK_WIDGET (row->note), *note != 0);
  free (note);
}

static void
on_space (GtkWidget *widget, int64_t bytes)
{
  CF_FILE_ROW (widget)->space = bytes;
  show_note (CF_FILE_ROW (widget));
}

static void
ask_space (CfFileRow *row)
{
  char *dir;

  if (row->space_asked || !is_asked (row->transfer))
    return;
  row->space_asked = true;
  dir = cf_file_download_dir (row->app);
  cf_file_space (GTK_WIDGET (row), dir, on_space);
  g_free (dir);
}

/* ---- what it looks like ---- */

static void
on_picture (GtkWidget *widget, GdkPixbuf *picture)
{
  gtk_image_set_from_pixbuf (CF_FILE_ROW (widget)->picture_image, picture);
  gtk_widget_show (CF_FILE_ROW (widget)->picture);
}

/* Of files that lie whole at their place; in a list of transfers there is no room for pictures. */
static void
ask_picture (CfFileRow *row)
{
  const json_t *t = row->transfer;

  if (row->picture_asked || gtk_widget_get_visible (row->sender) || cf_transfer_directory (t)
      || !(cf_transfer_deeds (t) & CF_TRANSFER_CAN_OPEN)
      || !cf_thumbnail_may_be (cf_row_text (t, "media_type"), cf_row_number (t, "size")))
    return;
  row->picture_asked = true;
  cf_thumbnails_get (cf_app_thumbnails (row->app), cf_row_text (t, "path"), GTK_WIDGET (row), on_picture);
}

/* ---- what can be done ---- */

/* Where the focus was on a button that is of no more use, it goes to the next one that is. */
static void
show_deeds (CfFileRow *row)
{
  unsigned deeds = cf_file_deeds (row->transfer);
  GtkWidget *first = NULL;
  bool lost = false, words = false;

  for (int i = 0; i < CF_FILE_DEEDS; i++) {
    GtkWidget *button = row->buttons[i];
    bool can = deeds & 1u << i;

    lost |= !can && gtk_widget_has_focus (button);
    words |= can && gtk_widget_get_parent (button) == row->words;
    gtk_widget_set_visible (button, can);
    if (can && !first)
      first = button;
  }
  gtk_widget_set_visible (row->words, words);
  if (lost && first)
    gtk_widget_grab_focus (first);
}

static void
show (CfFileRow *row)
{
  char *name = cf_words_transfer_name (row->transfer), *state = cf_words_transfer (row->transfer);
  char *spoken = g_strdup_printf ("%s: %s", name, state);

  gtk_label_set_text (row->name, name);
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->name), name);
  gtk_label_set_text (row->state, state);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (row)), spoken);
  for (int i = 0; i < CF_FILE_DEEDS; i++)
    atk_object_set_description (gtk_widget_get_accessible (row->buttons[i]), name);
  show_icon (row);
  show_progress (row, name);
  show_note (row);
  show_deeds (row);
  ask_space (row);
  ask_picture (row);
  atk_object_set_name (gtk_widget_get_accessible (row->picture), name);
  g_free (spoken);
  free (state);
  free (name);
}

static void
deed (CfFileRow *row, enum cf_file_deed what)
{
  cf_file_do (GTK_WIDGET (row), row->app, row->transfer, what);
}

static void
on_pause (CfFileRow *row)
{
  deed (row, CF_FILE_PAUSE);
}

static void
on_resume (CfFileRow *row)
{
  deed (row, CF_FILE_RESUME);
}

static void
on_cancel (CfFileRow *row)
{
  deed (row, CF_FILE_CANCEL);
}

static void
on_open (CfFileRow *row)
{
  deed (row, CF_FILE_OPEN);
}

static void
on_sender (CfFileRow *row)
{
  GtkWidget *popover = gtk_widget_get_ancestor (GTK_WIDGET (row), GTK_TYPE_POPOVER);

  if (popover)
    gtk_popover_popdown (GTK_POPOVER (popover));
  cf_app_show_conversation (row->app, cf_row_text (row->transfer, "conversation"), cf_row_text (row->transfer, "message"));
}

static void
on_word (GtkWidget *button, CfFileRow *row)
{
  for (int i = 0; i < CF_FILE_DEEDS; i++)
    if (row->buttons[i] == button)
      deed (row, (enum cf_file_deed) i);
}

static void
add_words (CfFileRow *row)
{
  static const struct {
    enum cf_file_deed deed;
    const char *label;
  } words[] = {
    { CF_FILE_ACCEPT, N_ ("Accept") },       { CF_FILE_ACCEPT_TO, N_ ("Save to…") },
    { CF_FILE_REFUSE, N_ ("Refuse") },       { CF_FILE_OPEN, N_ ("Open") },
    { CF_FILE_OPEN_FOLDER, N_ ("Open folder") }, { CF_FILE_AGAIN, N_ ("Try again") },
  };

  row->words = cf_wrap_box_new (6);
  gtk_widget_set_no_show_all (row->words, TRUE);
  for (size_t i = 0; i < G_N_ELEMENTS (words); i++) {
    GtkWidget *button = gtk_button_new_with_label (_ (words[i].label));

    gtk_style_context_add_class (gtk_widget_get_style_context (button), "file-deed");
    g_signal_connect (button, "clicked", G_CALLBACK (on_word), row);
    gtk_container_add (GTK_CONTAINER (row->words), button);
    row->buttons[words[i].deed] = button;
  }
  gtk_style_context_add_class (gtk_widget_get_style_context (row->buttons[CF_FILE_ACCEPT]), "suggested-action");
  gtk_container_add (GTK_CONTAINER (row), row->words);
}

/* ---- a widget ---- */

/* As wide as is good to read, whatever its words are just now; narrow where it must. */
static void
cf_file_row_get_preferred_width (GtkWidget *widget, int *minimum, int *natural)
{
  int wish = CF_FILE_ROW (widget)->wish;

  GTK_WIDGET_CLASS (cf_file_row_parent_class)->get_preferred_width (widget, minimum, natural);
  *minimum = MAX (MIN (*minimum, wish), MIN_WIDTH_PX);
  *natural = MAX (*minimum, wish);
}

static void
cf_file_row_style_updated (GtkWidget *widget)
{
  PangoFontMetrics *metrics = pango_context_get_metrics (gtk_widget_get_pango_context (widget), NULL, NULL);

  CF_FILE_ROW (widget)->wish = PANGO_PIXELS (pango_font_metrics_get_approximate_char_width (metrics) * WIDTH_CHARS);
  pango_font_metrics_unref (metrics);
  GTK_WIDGET_CLASS (cf_file_row_parent_class)->style_updated (widget);
}

static void
cf_file_row_finalize (GObject *object)
{
  json_decref (CF_FILE_ROW (object)->transfer);
  g_free (CF_FILE_ROW (object)->looks_like);
  G_OBJECT_CLASS (cf_file_row_parent_class)->finalize (object);
}

static void
cf_file_row_class_init (CfFileRowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_file_row_finalize;
  widget->style_updated = cf_file_row_style_updated;
  widget->get_preferred_width = cf_file_row_get_preferred_width;
  gtk_widget_class_set_accessible_role (widget, ATK_ROLE_PANEL);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/file_row.ui");
#define BIND(name) gtk_widget_class_bind_template_child (widget, CfFileRow, name)
  BIND (picture);
  BIND (picture_image);
  BIND (sign);
  BIND (icon);
  BIND (sender);
  BIND (sender_name);
  BIND (name);
  BIND (state);
  BIND (note);
  BIND (pause);
  BIND (resume);
  BIND (cancel);
#undef BIND
  gtk_widget_class_bind_template_callback (widget, on_sender);
  gtk_widget_class_bind_template_callback (widget, on_open);
  gtk_widget_class_bind_template_callback (widget, on_pause);
  gtk_widget_class_bind_template_callback (widget, on_resume);
  gtk_widget_class_bind_template_callback (widget, on_cancel);
}

static void
cf_file_row_init (CfFileRow *row)
{
  GtkWidget *pictures[3];

  gtk_widget_init_template (GTK_WIDGET (row));
  row->space = -1;
  cf_file_row_style_updated (GTK_WIDGET (row));
  row->ring = cf_progress_ring_new (SIGN_PX);
  gtk_container_add (GTK_CONTAINER (row->sign), row->ring);
  gtk_widget_set_size_request (row->sign, SIGN_PX, SIGN_PX);
  gtk_widget_set_size_request (GTK_WIDGET (row->icon), SIGN_PX, SIGN_PX);
  row->buttons[CF_FILE_PAUSE] = pictures[0] = row->pause;
  row->buttons[CF_FILE_RESUME] = pictures[1] = row->resume;
  row->buttons[CF_FILE_CANCEL] = pictures[2] = row->cancel;
  for (size_t i = 0; i < G_N_ELEMENTS (pictures); i++) {
    char *name = gtk_widget_get_tooltip_text (pictures[i]);

    atk_object_set_name (gtk_widget_get_accessible (pictures[i]), name);
    g_free (name);
  }
  add_words (row);
}

GtkWidget *
cf_file_row_new (CfApp *app, const json_t *transfer, const char *sender)
{
  CfFileRow *row = g_object_new (CF_TYPE_FILE_ROW, "visible", TRUE, NULL);

  row->app = app;
  if (sender) {
    gtk_label_set_text (row->sender_name, sender);
    gtk_widget_show (row->sender);
  }
  row->transfer = json_incref ((json_t *) transfer);
  show (row);
  return GTK_WIDGET (row);
}

void
cf_file_row_set (CfFileRow *row, const json_t *transfer)
{
  json_incref ((json_t *) transfer);
  json_decref (row->transfer);
  row->transfer = (json_t *) transfer;
  show (row);
}

const char *
cf_file_row_transfer (CfFileRow *row)
{
  return cf_row_text (row->transfer, "transfer");
}
