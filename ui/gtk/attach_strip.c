/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attach_strip.c - files that are to be sent. */

#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/client/i18n.h"
#include "ui/client/words.h"
#include "ui/gtk/attach_strip.h"
#include "ui/gtk/pasted.h"
#include "ui/gtk/thumbnail.h"
#include "ui/gtk/wrap_box.h"

#define NAME_CHARS 24
#define ICON_PX 32
#define HEIGHT_MAX 170 /* of the strip; the rest scrolls */
#define ATTRIBUTES                                                                                                     \
  G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_STANDARD_CONTENT_TYPE         \
                                 "," G_FILE_ATTRIBUTE_ACCESS_CAN_READ

struct _CfAttachStrip {
  GtkBox parent;
  CfApp *app; /* borrowed */
  GtkWidget *items; /* widgets with the data "path" */
  GtkScrolledWindow *scrolled;
  int height;   /* of what is in it */
  guint resize; /* a source */
};

G_DEFINE_TYPE (CfAttachStrip, cf_attach_strip, GTK_TYPE_BOX)

enum { CHANGED, LAST_SIGNAL };
static guint signals[LAST_SIGNAL];

static void
report (CfAttachStrip *strip, const char *message, const char *hint)
{
  cf_app_report (strip->app, &(struct cf_client_error){
                                 .err = cf_err (GPG_ERR_GENERAL), .name = "", .message = message, .hint = hint });
}

static void
changed (CfAttachStrip *strip)
{
  gtk_widget_set_visible (GTK_WIDGET (strip), cf_attach_strip_count (strip) > 0);
  g_signal_emit (strip, signals[CHANGED], 0);
}

guint
cf_attach_strip_count (CfAttachStrip *strip)
{
  GList *items = gtk_container_get_children (GTK_CONTAINER (strip->items));
  guint count = g_list_length (items);

  g_list_free (items);
  return count;
}

char **
cf_attach_strip_take (CfAttachStrip *strip)
{
  GList *items = gtk_container_get_children (GTK_CONTAINER (strip->items));
  GPtrArray *paths = g_ptr_array_new ();

  for (GList *i = items; i; i = i->next) {
    g_ptr_array_add (paths, g_strdup (g_object_get_data (i->data, "path")));
    gtk_widget_destroy (i->data);
  }
  g_ptr_array_add (paths, NULL);
  g_list_free (items);
  changed (strip);
  return (char **) g_ptr_array_free (paths, FALSE);
}

/* ---- one of them ---- */

static void
on_remove (GtkWidget *item)
{
  CfAttachStrip *strip = CF_ATTACH_STRIP (gtk_widget_get_ancestor (item, CF_TYPE_ATTACH_STRIP));

  cf_pasted_drop (cf_app_pasted (strip->app), g_object_get_data (G_OBJECT (item), "path"));
  gtk_widget_child_focus (GTK_WIDGET (strip), GTK_DIR_TAB_FORWARD); /* to the next one, if there is one */
  gtk_widget_destroy (item);
  changed (strip);
}

static gboolean
on_key (GtkWidget *item, GdkEventKey *event)
{
  if (event->keyval != GDK_KEY_Delete && event->keyval != GDK_KEY_BackSpace)
    return GDK_EVENT_PROPAGATE;
  on_remove (item);
  return GDK_EVENT_STOP;
}

static void
on_thumbnail (GtkWidget *image, GdkPixbuf *picture)
{
  int width = gdk_pixbuf_get_width (picture), height = gdk_pixbuf_get_height (picture), most = MAX (width, height);
  int small_width = MAX (width * ICON_PX / most, 1), small_height = MAX (height * ICON_PX / most, 1);
  GdkPixbuf *small = gdk_pixbuf_scale_simple (picture, small_width, small_height, GDK_INTERP_BILINEAR);

  if (small)
    gtk_image_set_from_pixbuf (GTK_IMAGE (image), small);
  g_clear_object (&small);
}

static GtkWidget *
new_icon (CfAttachStrip *strip, const char *path, GFileInfo *info)
{
  const char *type = g_file_info_get_content_type (info);
  GIcon *icon = g_content_type_get_symbolic_icon (type ? type : "application/octet-stream");
  GtkWidget *image = gtk_image_new_from_gicon (icon, GTK_ICON_SIZE_LARGE_TOOLBAR);

  gtk_widget_set_size_request (image, ICON_PX, ICON_PX);
  if (type && cf_thumbnail_may_be (type, g_file_info_get_size (info)))
    cf_thumbnails_get (cf_app_thumbnails (strip->app), path, image, on_thumbnail);
  g_object_unref (icon);
  return image;
}

static char *
size_of (GFileInfo *info)
{
  return g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY ? strdup (_ ("Folder"))
                                                                    : cf_words_size (g_file_info_get_size (info));
}

static GtkWidget *
new_label (const char *text, const char *class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), NAME_CHARS);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), class);
  return label;
}

static GtkWidget *
new_remove (GtkWidget *item, const char *name)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("window-close-symbolic", GTK_ICON_SIZE_BUTTON);
  /* Translators: of a file that is to be sent. */
  char *label = g_strdup_printf (_ ("Do not send %s"), name);

  gtk_button_set_relief (GTK_BUTTON (button), GTK_RELIEF_NONE);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, _ ("Take it out"));
  atk_object_set_name (gtk_widget_get_accessible (button), label);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (on_remove), item);
  g_free (label);
  return button;
}

static void
add_item (CfAttachStrip *strip, const char *path, GFileInfo *info)
{
  GtkWidget *item = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8), *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  char *base = g_path_get_basename (path), *valid = g_filename_display_name (base);
  char *name = cf_text_display (valid, strlen (valid), false), *size = size_of (info);
  char *spoken = g_strdup_printf ("%s, %s", name ? name : "", size);

  g_object_set_data_full (G_OBJECT (item), "path", g_strdup (path), g_free);
  gtk_widget_set_valign (words, GTK_ALIGN_CENTER);
  gtk_container_add (GTK_CONTAINER (words), new_label (name ? name : "", "cf-name"));
  gtk_container_add (GTK_CONTAINER (words), new_label (size, "cf-note"));
  gtk_container_add (GTK_CONTAINER (item), new_icon (strip, path, info));
  gtk_container_add (GTK_CONTAINER (item), words);
  gtk_container_add (GTK_CONTAINER (item), new_remove (item, name ? name : ""));
    gtk_widget_set_tooltip_text (item, name);
  gtk_style_context_add_class (gtk_widget_get_style_context (item), "attachment");
  atk_object_set_name (gtk_widget_get_accessible (item), spoken);
  atk_object_set_role (gtk_widget_get_accessible (item), ATK_ROLE_LIST_ITEM);
  g_signal_connect (item, "key-press-event", G_CALLBACK (on_key), NULL);
  gtk_widget_show_all (item);
  gtk_container_add (GTK_CONTAINER (strip->items), item);
  g_free (spoken);
  free (size);
  free (name);
  g_free (valid);
  g_free (base);
}

/* ---- putting in ---- */

static bool
is_there (CfAttachStrip *strip, const char *path)
{
  GList *items = gtk_container_get_children (GTK_CONTAINER (strip->items));
  bool there = false;

  for (GList *i = items; i && !there; i = i->next)
    there = !strcmp (g_object_get_data (i->data, "path"), path);
  g_list_free (items);
  return there;
}

void
cf_attach_strip_add (CfAttachStrip *strip, const char *path)
{
  GFile *file = g_file_new_for_path (path);
  GFileInfo *info = g_file_query_info (file, ATTRIBUTES, G_FILE_QUERY_INFO_NONE, NULL, NULL);
  GFileType type = info ? g_file_info_get_file_type (info) : G_FILE_TYPE_UNKNOWN;
  char *shown = g_filename_display_name (path);

  if (!info)
    report (strip, _ ("There is no such file."), shown);
  else if (type != G_FILE_TYPE_REGULAR && type != G_FILE_TYPE_DIRECTORY)
    report (strip, _ ("Only files and folders can be sent."), shown);
  else if (!g_file_info_get_attribute_boolean (info, G_FILE_ATTRIBUTE_ACCESS_CAN_READ))
    report (strip, _ ("You may not read this file."), shown);
  else if (cf_attach_strip_count (strip) >= CF_ATTACH_MAX)
    report (strip, _ ("That is too much at once."), _ ("Send these first, or put them into a folder and send that."));
  else if (!is_there (strip, path))
    add_item (strip, path, info);
  changed (strip);
  g_free (shown);
  g_clear_object (&info);
  g_object_unref (file);
}

bool
cf_attach_strip_add_uris (CfAttachStrip *strip, char **uris)
{
  bool added = false;

  for (; uris && *uris; uris++) {
    GFile *file = g_file_new_for_uri (*uris);
    char *path = g_file_get_path (file);

    if (path)
      cf_attach_strip_add (strip, path);
    else if (added)
      report (strip, _ ("This is not a file of this machine."), _ ("Save it to a folder first."));
    added |= path != NULL;
    g_free (path);
    g_object_unref (file);
  }
  return added;
}

/* ---- the clipboard ---- */

struct pasting {
  GWeakRef strip;
  void (*words) (gpointer arg);
  gpointer arg; /* lives as long as the strip */
};

static void
end_pasting (struct pasting *p, CfAttachStrip *strip)
{
  g_clear_object (&strip);
  g_weak_ref_clear (&p->strip);
  g_free (p);
}

static void
on_picture (GtkClipboard *clipboard, GdkPixbuf *picture, gpointer data)
{
  struct pasting *p = data;
  CfAttachStrip *strip = g_weak_ref_get (&p->strip);
  GError *error = NULL;
  char *path = strip && picture ? cf_pasted_save (cf_app_pasted (strip->app), picture, &error) : NULL;

  (void) clipboard;
  if (path)
    cf_attach_strip_add (strip, path);
  else if (error)
    report (strip, _ ("The picture could not be kept for sending."), error->message);
  g_clear_error (&error);
  g_free (path);
  end_pasting (p, strip);
}

static void
on_uris (GtkClipboard *clipboard, char **uris, gpointer data)
{
  struct pasting *p = data;
  CfAttachStrip *strip = g_weak_ref_get (&p->strip);

  (void) clipboard;
  if (strip && !cf_attach_strip_add_uris (strip, uris))
    p->words (p->arg);
  end_pasting (p, strip);
}

/* Files before words, since a file manager gives their names too; words before pictures, since an office program gives a
   picture of them too. */
static void
on_targets (GtkClipboard *clipboard, GdkAtom *targets, int count, gpointer data)
{
  struct pasting *p = data;
  CfAttachStrip *strip = g_weak_ref_get (&p->strip);

  if (strip && count > 0 && gtk_targets_include_uri (targets, count)) {
    gtk_clipboard_request_uris (clipboard, on_uris, p);
    g_object_unref (strip);
    return;
  }
  if (strip && count > 0 && gtk_targets_include_image (targets, count, FALSE)
      && !gtk_targets_include_text (targets, count)) {
    gtk_clipboard_request_image (clipboard, on_picture, p);
    g_object_unref (strip);
    return;
  }
  if (strip)
    p->words (p->arg);
  end_pasting (p, strip);
}

void
cf_attach_strip_paste (CfAttachStrip *strip, GtkClipboard *clipboard, void (*words) (gpointer arg), gpointer arg)
{
  struct pasting *p = g_new0 (struct pasting, 1);

  g_weak_ref_init (&p->strip, strip);
  p->words = words;
  p->arg = arg;
  gtk_clipboard_request_targets (clipboard, on_targets, p);
}

/* ---- a widget ---- */

static gboolean
on_resize (gpointer data)
{
  CfAttachStrip *strip = data;

  strip->resize = 0;
  gtk_scrolled_window_set_min_content_height (strip->scrolled, MIN (strip->height, HEIGHT_MAX));
  return G_SOURCE_REMOVE;
}

/* What scrolls does not ask how high its content is at its width, so it is told; once this layout is done. */
static void
on_allocate (GtkWidget *items, GdkRectangle *place, CfAttachStrip *strip)
{
  int height;

  gtk_widget_get_preferred_height_for_width (items, place->width, NULL, &height);
  if (height != strip->height && !strip->resize)
    strip->resize = g_idle_add (on_resize, strip);
  strip->height = height;
}

static void
cf_attach_strip_destroy (GtkWidget *widget)
{
  g_clear_handle_id (&CF_ATTACH_STRIP (widget)->resize, g_source_remove);
  GTK_WIDGET_CLASS (cf_attach_strip_parent_class)->destroy (widget);
}

static void
cf_attach_strip_class_init (CfAttachStripClass *class)
{
  GTK_WIDGET_CLASS (class)->destroy = cf_attach_strip_destroy;
  signals[CHANGED] = g_signal_new ("changed", CF_TYPE_ATTACH_STRIP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
cf_attach_strip_init (CfAttachStrip *strip)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);

  strip->items = cf_wrap_box_new (6);
  atk_object_set_role (gtk_widget_get_accessible (strip->items), ATK_ROLE_LIST);
  atk_object_set_name (gtk_widget_get_accessible (strip->items), _ ("To be sent"));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  strip->scrolled = GTK_SCROLLED_WINDOW (scrolled);
  g_signal_connect (strip->items, "size-allocate", G_CALLBACK (on_allocate), strip);
  gtk_container_add (GTK_CONTAINER (scrolled), strip->items);
  gtk_widget_set_hexpand (scrolled, TRUE);
  gtk_widget_show_all (scrolled);
  gtk_container_add (GTK_CONTAINER (strip), scrolled);
  gtk_widget_set_no_show_all (GTK_WIDGET (strip), TRUE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (strip)), "attach-strip");
}

GtkWidget *
cf_attach_strip_new (CfApp *app)
{
  CfAttachStrip *strip = g_object_new (CF_TYPE_ATTACH_STRIP, NULL);

  strip->app = app;
  return GTK_WIDGET (strip);
}
