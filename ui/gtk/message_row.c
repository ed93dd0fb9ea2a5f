/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_row.c - one message in a timeline.
 *
 *     ------------------ Tuesday ------------------     (the first one of its day)
 *     --------------- New messages ----------------     (the first one unread)
 *     (A)  Ana  5 minutes ago
 *          | You: who is there?                         (a quote)
 *          The text.                    edited  Read    (text; what became of it)
 *          [+1 2]                                       (reactions)
 *
 * Rows are many, and each has few of these parts; so they are put together here, not by a template.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"
#include "ui/gtk/avatar.h"
#include "ui/gtk/file_row.h"
#include "ui/gtk/message_row_private.h"
#include "ui/gtk/message_row_text.h"

#define MIN_WIDTH_PX 200
#define TIME_ALPHA 0xbfff /* three quarters: enough contrast in light and dark */
#define FLASH_MS 1600
#define NAME_TEXT_MAX 300 /* characters of a message in its accessible name */

struct _CfMessageRow {
  GtkContainer parent;
  json_t *json;
  struct cf_message_row_place place; /* its names are ours */
  GtkWidget *parts[CF_PARTS];        /* each may be NULL */
  guint flash;                       /* a source */
};

G_DEFINE_TYPE (CfMessageRow, cf_message_row, GTK_TYPE_CONTAINER)

enum { ACT, LAST_SIGNAL };
static guint signals[LAST_SIGNAL];

static int64_t
now_utc_ms (void)
{
  return g_get_real_time () / 1000;
}

static bool
is_own (const json_t *json)
{
  return !strcmp (cf_row_text (json, "direction"), "out");
}

static bool
has_state (const json_t *json, const char *state)
{
  return !strcmp (cf_row_text (json, "state"), state);
}

/* Said loudly, not as somebody's message. */
static bool
is_notice (const json_t *json)
{
  return cf_row_true (json, "notice") || !strcmp (cf_row_text (json, "signature"), "bad");
}

GtkWidget *
cf_message_row_label (const char *text, const char *style_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_text (GTK_LABEL (label), text);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (style_class)
    gtk_style_context_add_class (gtk_widget_get_style_context (label), style_class);
  gtk_widget_show (label);
  return label;
}

void
cf_message_row_act (CfMessageRow *row, enum cf_message_act act, const char *detail)
{
  g_signal_emit (row, signals[ACT], 0, (int) act, detail);
}

/* PART may be NULL. */
static void
add_part (CfMessageRow *row, enum cf_message_part which, GtkWidget *part)
{
  row->parts[which] = part;
  if (part)
    gtk_widget_set_parent (part, GTK_WIDGET (row));
}

/* ---- above the message ---- */

static void
say_day (CfMessageRow *row)
{
  int64_t sent;
  char *text;

  if (!row->parts[CF_PART_DAY] || !cf_row_utc_ms (row->json, "sent_at", &sent))
    return;
  text = cf_words_day (sent, now_utc_ms ());
  gtk_label_set_text (GTK_LABEL (row->parts[CF_PART_DAY]), text);
  free (text);
}

static void
add_separator (CfMessageRow *row, enum cf_message_part which, const char *text, const char *style_class)
{
  GtkWidget *label = cf_message_row_label (text, style_class);

  gtk_label_set_xalign (GTK_LABEL (label), 0.5);
  add_part (row, which, label);
}

static void
add_unread_line (CfMessageRow *row)
{
  char *more = g_strdup_printf (ngettext ("New messages · %u more above", "New messages · %u more above", row->place.more),
                                row->place.more);

  add_separator (row, CF_PART_UNREAD, row->place.more ? more : _ ("New messages"), "unread-line");
  g_free (more);
}

static void
add_separators (CfMessageRow *row)
{
  if (row->place.day)
    add_separator (row, CF_PART_DAY, "", "day-separator");
  say_day (row);
  if (row->place.unread)
    add_unread_line (row);
}

/* ---- who, when, and what became of it ---- */

static void
add_attribute (PangoAttrList *list, PangoAttribute *attribute, size_t start, size_t end)
{
  attribute->start_index = (guint) start;
  attribute->end_index = (guint) end;
  pango_attr_list_insert (list, attribute);
}

/* The author, and smaller when it was: one label, since each costs. */
static void
say_header (CfMessageRow *row, const char *title)
{
  char *name = cf_message_text_isolate (title), *time = NULL, *text;
  PangoAttrList *list = pango_attr_list_new ();
  int64_t sent;

  if (cf_row_utc_ms (row->json, "sent_at", &sent))
    time = cf_words_ago (sent, now_utc_ms ());
  text = g_strdup_printf ("%s  %s", name, time ? time : "");
  add_attribute (list, pango_attr_weight_new (PANGO_WEIGHT_BOLD), 0, strlen (name));
  add_attribute (list, pango_attr_scale_new (PANGO_SCALE_SMALL), strlen (name), strlen (text));
  add_attribute (list, pango_attr_foreground_alpha_new (TIME_ALPHA), strlen (name), strlen (text));
  gtk_label_set_text (GTK_LABEL (row->parts[CF_PART_HEADER]), text);
  gtk_label_set_attributes (GTK_LABEL (row->parts[CF_PART_HEADER]), list);
  pango_attr_list_unref (list);
  g_free (text);
  free (time);
  g_free (name);
}

static const char *
header_title (CfMessageRow *row)
{
  if (cf_row_true (row->json, "notice"))
    return cf_words_notice (row->json);
  return is_notice (row->json) ? _ ("Not to be trusted: the signature is wrong") : row->place.author;
}

static const char *
ticks (const json_t *json)
{
  if (has_state (json, "read") || has_state (json, "delivered"))
    return "✓✓";
  if (has_state (json, "sent"))
    return "✓";
  if (has_state (json, "held"))
    return "◐";
  return has_state (json, "failed") ? "✗" : "○";
}

static void
append (GString *text, const char *part)
{
  g_string_append_printf (text, "%s%s", text->len ? " · " : "", part);
}

static void
say_state (CfMessageRow *row)
{
  GString *text = g_string_new (NULL);
  GtkWidget *label = row->parts[CF_PART_STATE];
  int64_t vanishes;

  if (cf_row_true (row->json, "edited") && !cf_row_true (row->json, "deleted"))
    append (text, _ ("edited"));
  if (cf_row_utc_ms (row->json, "expires_at", &vanishes)) {
    char *left = cf_words_left ((vanishes - now_utc_ms ()) / 1000);
    /* Translators: a message that will be gone after this time. */
    char *words = g_strdup_printf (_ ("vanishes in %s"), left);

    append (text, words);
    g_free (words);
    free (left);
  }
  if (is_own (row->json) && !cf_row_true (row->json, "deleted")) {
    bool words = row->place.says_state || has_state (row->json, "failed") || has_state (row->json, "queued")
                 || has_state (row->json, "held");
    char *part = g_strconcat (ticks (row->json), words ? " " : "", words ? cf_words_state (row->json) : "", NULL);

    append (text, part);
    g_free (part);
  }
  gtk_widget_set_tooltip_text (label, is_own (row->json) && has_state (row->json, "held")
                                          ? _ ("Sealed, at a public node, until it is fetched there")
                                          : NULL);
  gtk_label_set_text (GTK_LABEL (label), text->str);
  gtk_widget_set_visible (label, text->len > 0);
  g_string_free (text, TRUE);
}

/* ---- the message ---- */

static void
add_text (CfMessageRow *row, bool plain)
{
  char *text = cf_words_text (row->json);

  if (*text)
    add_part (row, CF_PART_BODY, cf_message_row_body_new (row, text, plain));
  free (text);
}

static void
add_message (CfMessageRow *row)
{
  if (!row->place.continues) {
    add_part (row, CF_PART_AVATAR, cf_avatar_new (CF_MESSAGE_AVATAR_PX));
    cf_avatar_set (CF_AVATAR (row->parts[CF_PART_AVATAR]), cf_row_text (row->json, "author"), row->place.name);
    add_part (row, CF_PART_HEADER, cf_message_row_label ("", NULL));
    gtk_label_set_ellipsize (GTK_LABEL (row->parts[CF_PART_HEADER]), PANGO_ELLIPSIZE_END);
    say_header (row, header_title (row));
  }
  add_part (row, CF_PART_QUOTE, cf_message_row_quote_new (row, row->json, row->place.peer));
  if (row->place.transfer)
    add_part (row, CF_PART_BODY, cf_file_row_new (row->place.app, row->place.transfer, NULL));
  else
    add_text (row, cf_row_true (row->json, "deleted"));
  add_part (row, CF_PART_STATE, cf_message_row_label ("", "message-state"));
  say_state (row);
  add_part (row, CF_PART_REACTIONS, cf_message_row_reactions_new (row, row->json, row->place.peer));
  if (!row->place.transfer) /* a file says itself what went wrong, and what can be done */
    add_part (row, CF_PART_TROUBLE, cf_message_row_trouble_new (row, row->json));
}

/* A warning: an icon, what it is about in words, and what came with it. */
static void
add_notice (CfMessageRow *row)
{
  GtkWidget *icon = gtk_image_new_from_icon_name ("dialog-warning-symbolic", GTK_ICON_SIZE_LARGE_TOOLBAR);

  gtk_widget_show (icon);
  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  add_part (row, CF_PART_AVATAR, icon);
  add_part (row, CF_PART_HEADER, cf_message_row_label ("", NULL));
  gtk_label_set_line_wrap (GTK_LABEL (row->parts[CF_PART_HEADER]), TRUE);
  say_header (row, header_title (row));
  add_text (row, !cf_row_true (row->json, "notice"));
}

static void
destroy_part (GtkWidget *part, gpointer arg)
{
  (void) arg;
  gtk_widget_destroy (part);
}

static void
build (CfMessageRow *row)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (row));

  gtk_container_foreach (GTK_CONTAINER (row), destroy_part, NULL);
  gtk_style_context_remove_class (style, "notice");
  add_separators (row);
  if (is_notice (row->json)) {
    gtk_style_context_add_class (style, "notice");
    add_notice (row);
  } else {
    add_message (row);
  }
  gtk_widget_queue_resize (GTK_WIDGET (row));
}

/* ---- what it says to those who do not see ---- */

/* Its text; of a file what it is, but not how far, which would be said over and over. */
static char *
spoken_text (const json_t *json)
{
  const json_t *file = json_object_get (json, "attachment");
  char *name, *kind, *text;

  if (!json_is_object (file) || cf_row_true (json, "deleted"))
    return cf_words_text (json);
  name = cf_words_transfer_name (file);
  kind = cf_words_transfer_kind (file);
  text = g_strdup_printf ("%s, %s, %s", name, kind, cf_words_transfer_state (file));
  free (kind);
  free (name);
  return text;
}

static char *
accessible_text (CfMessageRow *row)
{
  const char *state = is_own (row->json) ? cf_words_state (row->json) : "";
  char *text = spoken_text (row->json), *time = NULL, *start, *name;
  int64_t sent;

  if (cf_row_utc_ms (row->json, "sent_at", &sent))
    time = cf_words_time (sent, now_utc_ms ());
  start = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), NAME_TEXT_MAX));
  if (is_notice (row->json)) /* Translators: read aloud: time, text */
    name = g_strdup_printf (_ ("Warning, %s: %s"), time ? time : "", start);
  else if (*state) /* Translators: read aloud: author, time, "Delivered", text */
    name = g_strdup_printf (_ ("%s, %s, %s: %s"), row->place.author, time ? time : "", state, start);
  else /* Translators: read aloud: author, time, text */
    name = g_strdup_printf (_ ("%s, %s: %s"), row->place.author, time ? time : "", start);
  g_free (start);
  free (time);
  free (text);
  return name;
}

/* Made when somebody asks: most people have nothing that reads to them. */
static AtkObject *
cf_message_row_get_accessible (GtkWidget *widget)
{
  AtkObject *object = GTK_WIDGET_CLASS (cf_message_row_parent_class)->get_accessible (widget);
  CfMessageRow *row = CF_MESSAGE_ROW (widget);

  if (row->json && !atk_object_get_name (object)) {
    char *name = accessible_text (row);

    atk_object_set_name (object, name);
    g_free (name);
  }
  return object;
}

static void
renew_accessible (CfMessageRow *row)
{
  AtkObject *object = GTK_WIDGET_CLASS (cf_message_row_parent_class)->get_accessible (GTK_WIDGET (row));
  char *name;

  if (!atk_object_get_name (object))
    return;
  name = accessible_text (row);
  if (strcmp (name, atk_object_get_name (object))) /* who reads aloud is told of each change */
    atk_object_set_name (object, name);
  g_free (name);
}

/* Is the point where one looks for the time, not where one reads? */
static bool
is_beside_text (CfMessageRow *row, int x, int y)
{
  GtkWidget *text = row->parts[CF_PART_BODY];
  GtkAllocation self, place;

  if (!text)
    return true;
  gtk_widget_get_allocation (GTK_WIDGET (row), &self);
  gtk_widget_get_allocation (text, &place);
  x += self.x - place.x;
  y += self.y - place.y;
  return x < 0 || y < 0 || x >= place.width || y >= place.height;
}

/* When it was sent, to the second. */
static gboolean
cf_message_row_query_tooltip (GtkWidget *widget, gint x, gint y, gboolean keyboard, GtkTooltip *tooltip)
{
  CfMessageRow *row = CF_MESSAGE_ROW (widget);
  int64_t sent;
  char *text;

  if (!cf_row_utc_ms (row->json, "sent_at", &sent) || (!keyboard && !is_beside_text (row, x, y)))
    return FALSE;
  text = cf_words_time_full (sent);
  gtk_tooltip_set_text (tooltip, text);
  free (text);
  return TRUE;
}

/* ---- a widget ---- */

static int
arrange (CfMessageRow *row, int width, GtkAllocation places[CF_PARTS])
{
  bool rtl = gtk_widget_get_direction (GTK_WIDGET (row)) == GTK_TEXT_DIR_RTL;

  return cf_message_row_arrange (row->parts, width, row->place.continues, rtl, places);
}

static void
cf_message_row_preferred (GtkWidget *widget, gint *minimum, gint *natural)
{
  (void) widget;
  *minimum = *natural = MIN_WIDTH_PX;
}

static void
cf_message_row_preferred_height_for_width (GtkWidget *widget, gint width, gint *minimum, gint *natural)
{
  GtkAllocation places[CF_PARTS];

  *minimum = *natural = arrange (CF_MESSAGE_ROW (widget), width, places);
}

static GtkSizeRequestMode
cf_message_row_request_mode (GtkWidget *widget)
{
  (void) widget;
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
cf_message_row_size_allocate (GtkWidget *widget, GtkAllocation *place)
{
  CfMessageRow *row = CF_MESSAGE_ROW (widget);
  GtkAllocation places[CF_PARTS];

  gtk_widget_set_allocation (widget, place);
  arrange (row, place->width, places);
  for (int i = 0; i < CF_PARTS; i++)
    if (row->parts[i] && gtk_widget_get_visible (row->parts[i])) {
      places[i].x += place->x;
      places[i].y += place->y;
      gtk_widget_size_allocate (row->parts[i], &places[i]);
    }
}

static gboolean
cf_message_row_draw (GtkWidget *widget, cairo_t *cr)
{
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  int width = gtk_widget_get_allocated_width (widget), height = gtk_widget_get_allocated_height (widget);

  gtk_render_background (style, cr, 0, 0, width, height);
  gtk_render_frame (style, cr, 0, 0, width, height);
  return GTK_WIDGET_CLASS (cf_message_row_parent_class)->draw (widget, cr);
}

static void
cf_message_row_forall (GtkContainer *container, gboolean internals, GtkCallback callback, gpointer data)
{
  CfMessageRow *row = CF_MESSAGE_ROW (container);

  (void) internals;
  for (int i = 0; i < CF_PARTS; i++)
    if (row->parts[i])
      callback (row->parts[i], data);
}

static void
cf_message_row_remove (GtkContainer *container, GtkWidget *part)
{
  CfMessageRow *row = CF_MESSAGE_ROW (container);

  for (int i = 0; i < CF_PARTS; i++)
    if (row->parts[i] == part) {
      row->parts[i] = NULL;
      gtk_widget_unparent (part);
    }
}

static gboolean
cf_message_row_popup_menu (GtkWidget *widget)
{
  cf_message_row_act (CF_MESSAGE_ROW (widget), CF_ACT_MENU, NULL);
  return TRUE;
}

/* Does the part AT take the focus?  A text is read in its row, and need not have it. */
static bool
focus_part (CfMessageRow *row, int at, GtkDirectionType direction)
{
  GtkWidget *part = row->parts[at];

  return part && gtk_widget_get_visible (part) && !GTK_IS_LABEL (part) && gtk_widget_child_focus (part, direction);
}

/* The row first, then what is in it, part by part.  (GtkContainer looks into none that can have the focus itself.) */
static gboolean
cf_message_row_focus (GtkWidget *widget, GtkDirectionType direction)
{
  CfMessageRow *row = CF_MESSAGE_ROW (widget);
  GtkWidget *inside = gtk_container_get_focus_child (GTK_CONTAINER (widget));
  bool back = direction == GTK_DIR_TAB_BACKWARD, here = gtk_widget_has_focus (widget);
  int at = -1;

  if (here && back)
    return FALSE;
  if (inside && gtk_widget_child_focus (inside, direction))
    return TRUE;
  for (int i = 0; inside && i < CF_PARTS; i++)
    if (row->parts[i] == inside)
      at = i;
  if (here || inside)
    for (at += back ? -1 : 1; at >= 0 && at < CF_PARTS; at += back ? -1 : 1)
      if (focus_part (row, at, direction))
        return TRUE;
  if (!back && (here || inside))
    return FALSE;
  gtk_widget_grab_focus (widget);
  return TRUE;
}

static gboolean
stop_flash (gpointer data)
{
  CfMessageRow *row = data;

  row->flash = 0;
  gtk_style_context_remove_class (gtk_widget_get_style_context (GTK_WIDGET (row)), "flash");
  return G_SOURCE_REMOVE;
}

static void
drop_names (struct cf_message_row_place *place)
{
  g_free ((char *) place->author);
  g_free ((char *) place->name);
  g_free ((char *) place->peer);
}

static void
take_place (CfMessageRow *row, const struct cf_message_row_place *place)
{
  struct cf_message_row_place before = row->place;

  row->place = *place;
  row->place.author = g_strdup (place->author ? place->author : "");
  row->place.name = g_strdup (place->name ? place->name : "");
  row->place.peer = g_strdup (place->peer ? place->peer : "");
  drop_names (&before);
}

static void
cf_message_row_finalize (GObject *object)
{
  CfMessageRow *row = CF_MESSAGE_ROW (object);

  if (row->flash)
    g_source_remove (row->flash);
  json_decref (row->json);
  drop_names (&row->place);
  G_OBJECT_CLASS (cf_message_row_parent_class)->finalize (object);
}

static void
cf_message_row_class_init (CfMessageRowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_message_row_finalize;
  GTK_CONTAINER_CLASS (class)->forall = cf_message_row_forall;
  GTK_CONTAINER_CLASS (class)->remove = cf_message_row_remove;
  widget->get_preferred_width = cf_message_row_preferred;
  widget->get_preferred_height = cf_message_row_preferred;
  widget->get_preferred_height_for_width = cf_message_row_preferred_height_for_width;
  widget->get_request_mode = cf_message_row_request_mode;
  widget->size_allocate = cf_message_row_size_allocate;
  widget->draw = cf_message_row_draw;
  widget->focus = cf_message_row_focus;
  widget->popup_menu = cf_message_row_popup_menu;
  widget->query_tooltip = cf_message_row_query_tooltip;
  widget->get_accessible = cf_message_row_get_accessible;
  gtk_widget_class_set_accessible_role (widget, ATK_ROLE_LIST_ITEM);
  gtk_widget_class_set_css_name (widget, "message");
  signals[ACT] = g_signal_new ("act", CF_TYPE_MESSAGE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                               G_TYPE_INT, G_TYPE_STRING);
}

static void
cf_message_row_init (CfMessageRow *row)
{
  gtk_widget_set_has_window (GTK_WIDGET (row), FALSE);
  gtk_widget_set_can_focus (GTK_WIDGET (row), TRUE);
  gtk_widget_set_has_tooltip (GTK_WIDGET (row), TRUE);
}

GtkWidget *
cf_message_row_new (json_t *json, const struct cf_message_row_place *place)
{
  CfMessageRow *row = g_object_new (CF_TYPE_MESSAGE_ROW, "visible", TRUE, NULL);

  row->json = json_incref (json);
  take_place (row, place);
  build (row);
  return GTK_WIDGET (row);
}

/* Does B differ from A in nothing but the state, its own or that of its file, so that only that need be said anew? */
static bool
only_state_differs (const json_t *a, const json_t *b)
{
  static const char *const states[] = { "state", "attachment" };
  json_t *like = json_copy ((json_t *) a);
  bool same = like != NULL;

  for (size_t i = 0; same && i < G_N_ELEMENTS (states); i++)
    if (json_object_get (b, states[i]))
      same = !json_object_set (like, states[i], json_object_get (b, states[i]));
  same = same && json_equal (like, b);
  json_decref (like);
  return same && !has_state (a, "failed") && !has_state (b, "failed");
}

/* Is the same sort of thing, text or file, shown already? */
static bool
has_same_body (CfMessageRow *row, const struct cf_message_row_place *place)
{
  GtkWidget *body = row->parts[CF_PART_BODY];

  return (place->transfer != NULL) == (body && CF_IS_FILE_ROW (body));
}

static bool
same_place (const struct cf_message_row_place *a, const struct cf_message_row_place *b)
{
  return a->continues == b->continues && a->day == b->day && a->unread == b->unread &&
         !g_strcmp0 (a->author, b->author) && !g_strcmp0 (a->peer, b->peer);
}

void
cf_message_row_set (CfMessageRow *row, json_t *json, const struct cf_message_row_place *place)
{
  bool small = row->parts[CF_PART_STATE] && same_place (&row->place, place) && has_same_body (row, place)
               && only_state_differs (row->json, json);

  json_incref (json);
  json_decref (row->json);
  row->json = json;
  take_place (row, place);
  if (small) {
    say_state (row);
    if (place->transfer)
      cf_file_row_set (CF_FILE_ROW (row->parts[CF_PART_BODY]), place->transfer);
  } else {
    build (row);
  }
  renew_accessible (row);
}

const json_t *
cf_message_row_json (CfMessageRow *row)
{
  return row->json;
}

void
cf_message_row_tick (CfMessageRow *row)
{
  say_day (row);
  if (row->parts[CF_PART_HEADER])
    say_header (row, header_title (row));
  if (row->parts[CF_PART_STATE])
    say_state (row);
}

void
cf_message_row_flash (CfMessageRow *row)
{
  if (row->flash)
    g_source_remove (row->flash);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (row)), "flash");
  row->flash = g_timeout_add (FLASH_MS, stop_flash, row);
}

void
cf_message_row_mark (CfMessageRow *row, const char *words)
{
  if (row->parts[CF_PART_BODY] && !CF_IS_FILE_ROW (row->parts[CF_PART_BODY]))
    cf_message_row_body_mark (row->parts[CF_PART_BODY], words);
}
