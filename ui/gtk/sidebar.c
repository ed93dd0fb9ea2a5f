/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sidebar.c - the list follows the model.
 *
 * What changes is noted; once the loop has nothing better to do, "settle" walks
 * the lists of the model in their order, makes rows that are missing, shows
 * anew those that were noted, drops those that are gone, and only sorts when
 * the order is another one.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/conversation_actions.h"
#include "ui/gtk/sidebar.h"

#define NEARBY_SHOWN 6        /* until one asks for all of them: a crowd must not bury the conversations */
#define NEARBY_SHOWN_MAX 200
#define MORE_ID ""
#define TIMES_MS 30000u

struct _CfSidebar {
  GtkBox parent;
  CfApp *app;
  struct cf_model_listener *listener;
  GHashTable *rows;  /* key (see get_key) to CfListRow, which the list owns */
  GHashTable *dirty; /* ids to be shown anew */
  GHashTable *seen;  /* keys met by the walk under way */
  gboolean all_dirty, all_nearby, was_empty, moved;
  guint settling, times;
  char *needle; /* casefolded */
  HdySearchBar *search_bar;
  GtkSearchEntry *search;
  GtkListBox *list;
  GtkLabel *nothing;
};

G_DEFINE_TYPE (CfSidebar, cf_sidebar, GTK_TYPE_BOX)

static guint chosen_signal, empty_signal;

/* ---- following the model ---- */

static gboolean
holds_conversations (enum cf_section section)
{
  return section == CF_SECTION_PINNED || section == CF_SECTION_CONVERSATIONS;
}

/* A request and the conversation that comes of it may have the same id, and are different rows. */
static char *
get_key (enum cf_section section, const char *id)
{
  return g_strconcat (holds_conversations (section) ? "c" : section == CF_SECTION_NEARBY ? "p" : "r", id, NULL);
}

static CfListRow *
get_row (CfSidebar *sidebar, enum cf_section section, const char *id, unsigned rank, gboolean *r_made)
{
  char *key = get_key (section, id);
  CfListRow *row = g_hash_table_lookup (sidebar->rows, key);

  *r_made = !row;
  if (!row) {
    row = cf_list_row_new (section, id);
    gtk_list_box_row_set_selectable (GTK_LIST_BOX_ROW (row), holds_conversations (section));
    cf_list_row_set_rank (row, rank);
    g_hash_table_insert (sidebar->rows, g_strdup (key), row);
    gtk_container_add (GTK_CONTAINER (sidebar->list), GTK_WIDGET (row));
    sidebar->moved = TRUE;
  } else if (cf_list_row_section (row) != section || cf_list_row_rank (row) != rank) {
    cf_list_row_set_section (row, section);
    cf_list_row_set_rank (row, rank);
    sidebar->moved = TRUE;
  }
  g_hash_table_add (sidebar->seen, key);
  return row;
}

static void
take (CfSidebar *sidebar, enum cf_section section, const char *id, const json_t *data, unsigned rank)
{
  gboolean made;
  CfListRow *row = get_row (sidebar, section, id, rank, &made);

  if (made || sidebar->all_dirty || g_hash_table_contains (sidebar->dirty, id))
    cf_list_row_show (row, data, cf_model_typing (cf_app_model (sidebar->app), id));
}

/* PEERS takes those who are in the list by this, and need no row of their own nearby. */
static void
take_requests (CfSidebar *sidebar, struct cf_model *model, GHashTable *peers)
{
  unsigned rank = 0;

  for (const json_t *data = NULL; (data = cf_model_next (model, CF_MODEL_REQUESTS, data));) {
    take (sidebar, CF_SECTION_REQUESTS, cf_row_text (data, "request"), data, rank++);
    g_hash_table_add (peers, g_strdup (cf_row_text (data, "fingerprint")));
  }
}

static void
take_conversations (CfSidebar *sidebar, struct cf_model *model, GHashTable *peers)
{
  unsigned rank = 0;

  for (const json_t *data = NULL; (data = cf_model_next (model, CF_MODEL_CONVERSATIONS, data));) {
    const char *peer = cf_row_text (data, "peer"), *state = cf_row_text (data, "state");

    if (!strcmp (state, "requested") && !cf_row_true (data, "asked"))
      continue; /* it is among the requests */
    take (sidebar, cf_row_true (data, "pinned") ? CF_SECTION_PINNED : CF_SECTION_CONVERSATIONS,
          cf_row_text (data, "conversation"), data, rank++);
    if (strcmp (state, "closed"))
      g_hash_table_add (peers, g_strdup (peer));
  }
}

/* Contacts before strangers, whatever those call themselves. */
static unsigned
take_nearby (CfSidebar *sidebar, struct cf_model *model, GHashTable *peers, gboolean contacts, unsigned rank)
{
  unsigned max = sidebar->all_nearby || *sidebar->needle ? NEARBY_SHOWN_MAX : NEARBY_SHOWN;

  for (const json_t *data = NULL; (data = cf_model_next (model, CF_MODEL_PEERS, data));) {
    const char *id = cf_row_text (data, "fingerprint");

    if (cf_row_true (data, "contact") != contacts || cf_row_true (data, "blocked")
        || g_hash_table_contains (peers, id))
      continue;
    if (rank < max)
      take (sidebar, CF_SECTION_NEARBY, id, data, rank);
    rank++;
  }
  return rank;
}

static void
show_more (CfSidebar *sidebar, unsigned count)
{
  gboolean made;
  CfListRow *row;

  if (sidebar->all_nearby || *sidebar->needle || count <= NEARBY_SHOWN)
    return;
  row = get_row (sidebar, CF_SECTION_NEARBY, MORE_ID, G_MAXUINT, &made);
  cf_list_row_show_more (row, count - NEARBY_SHOWN);
}

static void
drop_unseen (CfSidebar *sidebar)
{
  GHashTableIter iter;
  gpointer key, row;

  g_hash_table_iter_init (&iter, sidebar->rows);
  while (g_hash_table_iter_next (&iter, &key, &row))
    if (!g_hash_table_contains (sidebar->seen, key)) {
      g_hash_table_iter_remove (&iter);
      gtk_widget_destroy (row);
      sidebar->moved = TRUE;
    }
}

static void
tell_empty (CfSidebar *sidebar)
{
  struct cf_model *model = cf_app_model (sidebar->app);
  gboolean empty = !g_hash_table_size (sidebar->rows) && cf_model_complete (model, CF_MODEL_CONVERSATIONS)
                   && cf_model_complete (model, CF_MODEL_PEERS);

  gtk_label_set_text (sidebar->nothing, *sidebar->needle ? _("Nobody of that name") : empty ? _("Nobody nearby") : "");
  if (empty != sidebar->was_empty) {
    sidebar->was_empty = empty;
    g_signal_emit (sidebar, empty_signal, 0, empty);
  }
}

static void
settle (CfSidebar *sidebar)
{
  struct cf_model *model = cf_app_model (sidebar->app);
  GHashTable *peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  unsigned count;

  g_clear_handle_id (&sidebar->settling, g_source_remove);
  sidebar->moved = FALSE;
  take_requests (sidebar, model, peers);
  take_conversations (sidebar, model, peers);
  count = take_nearby (sidebar, model, peers, TRUE, 0);
  count = take_nearby (sidebar, model, peers, FALSE, count);
  show_more (sidebar, count);
  drop_unseen (sidebar);
  g_hash_table_destroy (peers);
  g_hash_table_remove_all (sidebar->seen);
  g_hash_table_remove_all (sidebar->dirty);
  sidebar->all_dirty = FALSE;
  if (sidebar->moved) {
    gtk_list_box_invalidate_sort (sidebar->list);
    gtk_list_box_invalidate_headers (sidebar->list);
  }
  tell_empty (sidebar);
  if (g_hash_table_size (sidebar->rows))
    cf_app_trace (sidebar->app, "list");
}

static gboolean
on_settle (gpointer data)
{
  CfSidebar *sidebar = data;

  sidebar->settling = 0;
  settle (sidebar);
  return G_SOURCE_REMOVE;
}

static void
settle_soon (CfSidebar *sidebar)
{
  if (!sidebar->settling) /* before the next frame is drawn */
    sidebar->settling = g_idle_add_full (GDK_PRIORITY_REDRAW - 10, on_settle, sidebar, NULL);
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfSidebar *sidebar = arg;

  if (list != CF_MODEL_PEERS && list != CF_MODEL_REQUESTS && list != CF_MODEL_CONVERSATIONS)
    return;
  if (id)
    g_hash_table_add (sidebar->dirty, g_strdup (id));
  else
    sidebar->all_dirty = TRUE;
  settle_soon (sidebar);
}

static gboolean
on_times (gpointer data)
{
  CfSidebar *sidebar = data;
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, sidebar->rows);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    cf_list_row_refresh_time (row);
  return G_SOURCE_CONTINUE;
}

/* ---- choosing ---- */

static gboolean
is_conversation (CfListRow *row)
{
  return holds_conversations (cf_list_row_section (row));
}

static void
on_selected (CfSidebar *sidebar, GtkListBoxRow *row)
{
  if (row && CF_IS_LIST_ROW (row) && is_conversation (CF_LIST_ROW (row)))
    g_signal_emit (sidebar, chosen_signal, 0, (int) cf_list_row_section (CF_LIST_ROW (row)),
                   cf_list_row_id (CF_LIST_ROW (row)), FALSE);
}

static void
on_activated (CfSidebar *sidebar, GtkListBoxRow *row)
{
  const char *id = cf_list_row_id (CF_LIST_ROW (row));

  if (!strcmp (id, MORE_ID)) {
    sidebar->all_nearby = TRUE;
    settle_soon (sidebar);
    return;
  }
  g_signal_emit (sidebar, chosen_signal, 0, (int) cf_list_row_section (CF_LIST_ROW (row)), id, TRUE);
}

void
cf_sidebar_select (CfSidebar *sidebar, const char *conversation)
{
  char *key = get_key (CF_SECTION_CONVERSATIONS, conversation ? conversation : "");
  CfListRow *row;

  if (sidebar->settling)
    settle (sidebar); /* it may be a new one */
  row = conversation ? g_hash_table_lookup (sidebar->rows, key) : NULL;
  g_free (key);
  if (row)
    gtk_list_box_select_row (sidebar->list, GTK_LIST_BOX_ROW (row));
  else
    gtk_list_box_unselect_all (sidebar->list);
}

static void
choose (CfSidebar *sidebar, CfListRow *row)
{
  gtk_list_box_select_row (sidebar->list, GTK_LIST_BOX_ROW (row));
  g_signal_emit (sidebar, chosen_signal, 0, (int) cf_list_row_section (row), cf_list_row_id (row), TRUE);
}

void
cf_sidebar_step (CfSidebar *sidebar, int step, gboolean unread)
{
  GtkListBoxRow *selected = gtk_list_box_get_selected_row (sidebar->list), *row;
  int at = selected ? gtk_list_box_row_get_index (selected) : step > 0 ? -1 : G_MAXINT;

  if (at == G_MAXINT)
    at = (int) g_hash_table_size (sidebar->rows);
  while ((row = gtk_list_box_get_row_at_index (sidebar->list, at + step)) && at + step >= 0) {
    at += step;
    if (gtk_widget_get_child_visible (GTK_WIDGET (row)) && is_conversation (CF_LIST_ROW (row))
        && (!unread || cf_list_row_unread (CF_LIST_ROW (row)))) {
      choose (sidebar, CF_LIST_ROW (row));
      return;
    }
  }
}

void
cf_sidebar_go (CfSidebar *sidebar, int number)
{
  GtkListBoxRow *row;

  for (int at = 0; (row = gtk_list_box_get_row_at_index (sidebar->list, at)); at++)
    if (gtk_widget_get_child_visible (GTK_WIDGET (row)) && is_conversation (CF_LIST_ROW (row)) && !--number) {
      choose (sidebar, CF_LIST_ROW (row));
      return;
    }
}

/* ---- narrowing it ---- */

static gboolean
filter (GtkListBoxRow *row, gpointer data)
{
  return cf_list_row_matches (CF_LIST_ROW (row), CF_SIDEBAR (data)->needle);
}

static void
on_search_changed (CfSidebar *sidebar)
{
  g_free (sidebar->needle);
  sidebar->needle = g_utf8_casefold (gtk_entry_get_text (GTK_ENTRY (sidebar->search)), -1);
  settle (sidebar);
  gtk_list_box_invalidate_filter (sidebar->list);
}

static void
on_search_activate (CfSidebar *sidebar)
{
  GtkListBoxRow *row;

  on_search_changed (sidebar); /* GTK tells of what was typed a moment later */
  for (int at = 0; (row = gtk_list_box_get_row_at_index (sidebar->list, at)); at++)
    if (cf_list_row_matches (CF_LIST_ROW (row), sidebar->needle)) {
      g_object_ref (row);
      cf_sidebar_stop_searching (sidebar);
      if (is_conversation (CF_LIST_ROW (row)))
        choose (sidebar, CF_LIST_ROW (row));
      else
        on_activated (sidebar, row);
      g_object_unref (row);
      return;
    }
}

static gboolean
on_search_key (CfSidebar *sidebar, GdkEventKey *event)
{
  if (event->keyval != GDK_KEY_Down)
    return GDK_EVENT_PROPAGATE;
  return gtk_widget_child_focus (GTK_WIDGET (sidebar->list), GTK_DIR_TAB_FORWARD);
}

void
cf_sidebar_jump (CfSidebar *sidebar)
{
  hdy_search_bar_set_search_mode (sidebar->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (sidebar->search));
}

gboolean
cf_sidebar_is_searching (CfSidebar *sidebar)
{
  return hdy_search_bar_get_search_mode (sidebar->search_bar);
}

void
cf_sidebar_stop_searching (CfSidebar *sidebar)
{
  GtkListBoxRow *selected = gtk_list_box_get_selected_row (sidebar->list);

  if (gtk_widget_is_focus (GTK_WIDGET (sidebar->search))) { /* which is about to disappear */
    if (selected)
      gtk_widget_grab_focus (GTK_WIDGET (selected));
    else
      gtk_widget_child_focus (GTK_WIDGET (sidebar->list), GTK_DIR_TAB_FORWARD);
  }
  hdy_search_bar_set_search_mode (sidebar->search_bar, FALSE);
  gtk_entry_set_text (GTK_ENTRY (sidebar->search), "");
  on_search_changed (sidebar);
}

HdySearchBar *
cf_sidebar_search_bar (CfSidebar *sidebar)
{
  return sidebar->search_bar;
}

/* ---- the menu of a row ---- */

static gboolean
pop_up (CfSidebar *sidebar, GtkListBoxRow *row, const GdkEvent *event)
{
  const json_t *data;
  GMenuModel *model;
  GtkWidget *menu;

  if (!row || !is_conversation (CF_LIST_ROW (row)))
    return GDK_EVENT_PROPAGATE;
  data = cf_model_get (cf_app_model (sidebar->app), CF_MODEL_CONVERSATIONS, cf_list_row_id (CF_LIST_ROW (row)));
  if (!data)
    return GDK_EVENT_PROPAGATE;
  model = cf_conversation_menu_new (data, FALSE);
  menu = gtk_menu_new_from_model (model);
  g_object_unref (model);
  gtk_menu_attach_to_widget (GTK_MENU (menu), GTK_WIDGET (row), NULL);
  g_signal_connect (menu, "selection-done", G_CALLBACK (gtk_widget_destroy), NULL);
  if (event)
    gtk_menu_popup_at_pointer (GTK_MENU (menu), event);
  else
    gtk_menu_popup_at_widget (GTK_MENU (menu), GTK_WIDGET (row), GDK_GRAVITY_SOUTH, GDK_GRAVITY_NORTH, NULL);
  return GDK_EVENT_STOP;
}

static gboolean
on_button (CfSidebar *sidebar, GdkEventButton *event)
{
  if (!gdk_event_triggers_context_menu ((GdkEvent *) event))
    return GDK_EVENT_PROPAGATE;
  return pop_up (sidebar, gtk_list_box_get_row_at_y (sidebar->list, (int) event->y), (GdkEvent *) event);
}

static gboolean
on_popup_menu (CfSidebar *sidebar)
{
  GtkWidget *focus = gtk_container_get_focus_child (GTK_CONTAINER (sidebar->list));

  return pop_up (sidebar, focus ? GTK_LIST_BOX_ROW (focus) : gtk_list_box_get_selected_row (sidebar->list), NULL);
}

/* ---- the class ---- */

static void
cf_sidebar_dispose (GObject *object)
{
  CfSidebar *sidebar = CF_SIDEBAR (object);

  if (sidebar->listener)
    cf_model_unlisten (cf_app_model (sidebar->app), sidebar->listener);
  sidebar->listener = NULL;
  g_clear_handle_id (&sidebar->settling, g_source_remove);
  g_clear_handle_id (&sidebar->times, g_source_remove);
  G_OBJECT_CLASS (cf_sidebar_parent_class)->dispose (object);
}

static void
cf_sidebar_finalize (GObject *object)
{
  CfSidebar *sidebar = CF_SIDEBAR (object);

  g_hash_table_destroy (sidebar->rows);
  g_hash_table_destroy (sidebar->dirty);
  g_hash_table_destroy (sidebar->seen);
  g_free (sidebar->needle);
  G_OBJECT_CLASS (cf_sidebar_parent_class)->finalize (object);
}

static void
cf_sidebar_class_init (CfSidebarClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_sidebar_dispose;
  G_OBJECT_CLASS (class)->finalize = cf_sidebar_finalize;
  chosen_signal = g_signal_new ("chosen", CF_TYPE_SIDEBAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                G_TYPE_INT, G_TYPE_STRING, G_TYPE_BOOLEAN);
  empty_signal = g_signal_new ("empty", CF_TYPE_SIDEBAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                               G_TYPE_BOOLEAN);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/sidebar.ui");
  gtk_widget_class_bind_template_child (widget, CfSidebar, search_bar);
  gtk_widget_class_bind_template_child (widget, CfSidebar, search);
  gtk_widget_class_bind_template_child (widget, CfSidebar, list);
  gtk_widget_class_bind_template_child (widget, CfSidebar, nothing);
  gtk_widget_class_bind_template_callback (widget, on_search_changed);
  gtk_widget_class_bind_template_callback (widget, on_search_activate);
  gtk_widget_class_bind_template_callback (widget, on_search_key);
  gtk_widget_class_bind_template_callback (widget, cf_sidebar_stop_searching);
  gtk_widget_class_bind_template_callback (widget, on_selected);
  gtk_widget_class_bind_template_callback (widget, on_activated);
  gtk_widget_class_bind_template_callback (widget, on_button);
  gtk_widget_class_bind_template_callback (widget, on_popup_menu);
}

static void
cf_sidebar_init (CfSidebar *sidebar)
{
  sidebar->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sidebar->dirty = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sidebar->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sidebar->needle = g_strdup ("");
  gtk_widget_init_template (GTK_WIDGET (sidebar));
  cf_accessible_tell_placeholder (sidebar->nothing);
  hdy_search_bar_connect_entry (sidebar->search_bar, GTK_ENTRY (sidebar->search));
  gtk_list_box_set_header_func (sidebar->list, cf_list_row_header, NULL, NULL);
  gtk_list_box_set_sort_func (sidebar->list, cf_list_row_compare, NULL, NULL);
  gtk_list_box_set_filter_func (sidebar->list, filter, sidebar, NULL);
  sidebar->times = g_timeout_add (TIMES_MS, on_times, sidebar);
}

GtkWidget *
cf_sidebar_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfSidebar *sidebar = g_object_new (CF_TYPE_SIDEBAR, NULL);

  sidebar->app = app;
  if (cf_model_listen (cf_app_model (app), &handler, sidebar, &sidebar->listener))
    g_error ("no memory for the list");
  sidebar->all_dirty = TRUE;
  settle_soon (sidebar);
  return GTK_WIDGET (sidebar);
}
