/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.c - the frame: what state all is in, what is chosen, what folds, the headers, and the bar that tells of
 * trouble.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/add_contact_dialog.h"
#include "ui/gtk/address_dialog.h"
#include "ui/gtk/conversation_actions.h"
#include "ui/gtk/conversation_view.h"
#include "ui/gtk/demo_bar.h"
#include "ui/gtk/empty_view.h"
#include "ui/gtk/first_run.h"
#include "ui/gtk/open_dialog.h"
#include "ui/gtk/people_dialog.h"
#include "ui/gtk/request_view.h"
#include "ui/gtk/search_view.h"
#include "ui/gtk/reach_dialog.h"
#include "ui/gtk/security_panel.h"
#include "ui/gtk/settings_dialog.h"
#include "ui/gtk/shortcuts.h"
#include "ui/gtk/sidebar.h"
#include "ui/gtk/slim_bin.h"
#include "ui/gtk/state_page.h"
#include "ui/gtk/transfers_button.h"
#include "ui/gtk/window.h"

#define LEFT_MIN 260
#define LEFT_MAX 360
#define ROOMY 420 /* a window narrower than this has no room for more than the name in its header */
#define TROUBLE_SHOWN_S 20u

struct _CfWindow {
  HdyApplicationWindow parent;
  CfApp *app; /* borrowed: it owns the window */
  struct cf_model_listener *listener;
  char *conversation; /* that is shown; NULL: none */
  char *address;      /* of a contact to be added once that is possible; NULL: none */
  guint trouble_timer;
  gboolean ready; /* it has been */
  gboolean finding; /* words are sought everywhere, in the place of what is chosen */
  GtkStack *states; /* "state", "first-run", "main" */
  HdyLeaflet *leaflet;
  HdyHeaderBar *left_header, *right_header;
  GtkWidget *left, *right;
  GtkStack *pages; /* "empty", "request", "conversation" and others */
  HdyFlap *flap;
  GtkLabel *own_name, *own_state, *name, *security;
  GtkMenuButton *new_button, *menu_button, *conversation_button;
  GtkToggleButton *jump_button, *shield;
  GtkWidget *find_button, *transfers_place;
  GtkInfoBar *trouble;
  GtkLabel *trouble_message, *trouble_hint;
  GtkWidget *state_page, *sidebar, *demo_bar, *request_view, *view;
  GtkWidget *route; /* around SECURITY */
  GtkWidget *first_run, *security_panel, *search_view; /* NULL: not needed yet */
};

G_DEFINE_TYPE (CfWindow, cf_window, HDY_TYPE_APPLICATION_WINDOW)

/* ---- trouble ---- */

static void
hide_trouble (CfWindow *window)
{
  g_clear_handle_id (&window->trouble_timer, g_source_remove);
  gtk_info_bar_set_revealed (window->trouble, FALSE);
}

static void
on_trouble_response (CfWindow *window)
{
  hide_trouble (window);
}

static gboolean
on_trouble_old (gpointer data)
{
  CfWindow *window = data;

  window->trouble_timer = 0;
  hide_trouble (window);
  return G_SOURCE_REMOVE;
}

/* As high as its text is in the width that there is.  (An overlay gives its child the height of its favourite width.) */
static gboolean
on_place_trouble (CfWindow *window, GtkWidget *child, GdkRectangle *place, GtkWidget *overlay)
{
  int width = gtk_widget_get_allocated_width (overlay), least, natural;

  if (child != GTK_WIDGET (window->trouble))
    return FALSE;
  gtk_widget_get_preferred_width (child, &least, &natural);
  place->width = MAX (least, MIN (natural, width));
  gtk_widget_get_preferred_height_for_width (child, place->width, NULL, &natural);
  place->height = MIN (natural, gtk_widget_get_allocated_height (overlay));
  place->x = (width - place->width) / 2;
  place->y = 0;
  return TRUE;
}

void
cf_window_report (CfWindow *window, const struct cf_client_error *error)
{
  char *message = cf_words_message (error), *remedy = cf_words_remedy (error);

  gtk_label_set_text (window->trouble_message, message);
  gtk_label_set_text (window->trouble_hint, remedy);
  gtk_widget_set_visible (GTK_WIDGET (window->trouble_hint), *remedy != 0);
  free (message);
  free (remedy);
  hide_trouble (window);
  gtk_info_bar_set_revealed (window->trouble, TRUE);
  window->trouble_timer = g_timeout_add_seconds (TROUBLE_SHOWN_S, on_trouble_old, window);
}

/* ---- what is chosen ---- */

static const json_t *
get_conversation (CfWindow *window)
{
  return window->conversation
             ? cf_model_get (cf_app_model (window->app), CF_MODEL_CONVERSATIONS, window->conversation)
             : NULL;
}

/* What is said of the conversation of ROW (NULL: none) is also the way to how its peer is reached. */
static void
show_route (CfWindow *window, const json_t *row)
{
  char *name = row ? cf_words_name (row) : NULL, *security = row ? cf_words_security (row) : NULL;
  /* Translators: %s is a name. */
  char *what = row ? g_strdup_printf (_("How you reach %s"), name) : NULL;
  char *tip = row ? g_strconcat (security, "\n", what, NULL) : NULL;

  gtk_label_set_text (window->security, row ? security : "");
  gtk_widget_set_tooltip_text (window->route, tip);
  atk_object_set_description (gtk_widget_get_accessible (window->route), what ? what : "");
  gtk_widget_set_visible (window->route, row != NULL);
  free (name);
  free (security);
  g_free (what);
  g_free (tip);
}

static void
show_header (CfWindow *window, const json_t *row)
{
  char *name = row ? cf_words_name (row) : NULL;
  gboolean open = row && strcmp (cf_row_text (row, "state"), "requested");
  GMenuModel *menu = row ? cf_conversation_menu_new (row, TRUE) : NULL;

  gtk_label_set_text (window->name, name ? name : "");
  show_route (window, open ? row : NULL);
  gtk_widget_set_visible (GTK_WIDGET (window->conversation_button), row != NULL);
  gtk_widget_set_visible (window->find_button, open && !hdy_leaflet_get_folded (window->leaflet)); /* no room */
  gtk_widget_set_visible (GTK_WIDGET (window->shield), open);
  if (!open)
    gtk_toggle_button_set_active (window->shield, FALSE);
  if (!gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (window->conversation_button))) /* not under the pointer */
    gtk_menu_button_set_menu_model (window->conversation_button, menu);
  g_clear_object (&menu);
  free (name);
}

/* What stands at the right for the chosen conversation, or for none. */
static void
show_content (CfWindow *window)
{
  const json_t *row = window->finding ? NULL : get_conversation (window);
  gboolean requested = row && !strcmp (cf_row_text (row, "state"), "requested");

  show_header (window, row);
  if (window->finding) {
    gtk_label_set_text (window->name, _("Find in all conversations"));
    gtk_stack_set_visible_child (window->pages, window->search_view);
    return;
  }
  if (requested)
    cf_request_view_show (CF_REQUEST_VIEW (window->request_view), row);
  cf_conversation_view_show (CF_CONVERSATION_VIEW (window->view), row && !requested ? window->conversation : NULL);
  gtk_stack_set_visible_child_name (window->pages, !row ? "empty" : requested ? "request" : "conversation");
}

/* Made when it is first wanted. */
static void
show_panel (CfWindow *window)
{
  gboolean wanted = gtk_toggle_button_get_active (window->shield);

  if (!window->security_panel && wanted) {
    window->security_panel = cf_security_panel_new (window->app);
    gtk_widget_show (window->security_panel);
    hdy_flap_set_flap (window->flap, window->security_panel);
  }
  if (window->security_panel)
    cf_security_panel_show (CF_SECURITY_PANEL (window->security_panel), wanted ? window->conversation : NULL);
}

static void
find_everywhere (CfWindow *window)
{
  if (!window->search_view) {
    window->search_view = cf_search_view_new (window->app);
    gtk_widget_show (window->search_view);
    gtk_stack_add_named (window->pages, window->search_view, "search");
  }
  window->finding = TRUE;
  show_content (window);
  hdy_leaflet_set_visible_child (window->leaflet, window->right);
  cf_search_view_focus (CF_SEARCH_VIEW (window->search_view));
}

static void
choose (CfWindow *window, const char *conversation)
{
  window->finding = FALSE;
  if (g_strcmp0 (window->conversation, conversation)) {
    g_free (window->conversation);
    window->conversation = g_strdup (conversation);
    show_panel (window);
  }
  show_content (window);
}

void
cf_window_show_conversation (CfWindow *window, const char *conversation, const char *message)
{
  choose (window, conversation);
  if (message)
    cf_conversation_view_jump (CF_CONVERSATION_VIEW (window->view), message);
  cf_sidebar_select (CF_SIDEBAR (window->sidebar), conversation);
  hdy_leaflet_set_visible_child (window->leaflet, conversation ? window->right : window->left);
}

const char *
cf_window_conversation (CfWindow *window)
{
  gboolean seen = !hdy_leaflet_get_folded (window->leaflet)
                  || hdy_leaflet_get_visible_child (window->leaflet) == window->right;

  return seen && !window->finding && gtk_widget_get_visible (GTK_WIDGET (window)) ? window->conversation : NULL;
}

void
cf_window_answer (CfWindow *window, const char *request)
{
  const json_t *row = cf_model_get (cf_app_model (window->app), CF_MODEL_REQUESTS, request);

  if (row)
    cf_open_dialog_show (window->app, GTK_WINDOW (window), cf_row_text (row, "fingerprint"), request,
                         strcmp (cf_row_text (row, "purpose"), "verify") ? CF_ACCEPT : CF_VERIFY);
}

void
cf_window_add_contact (CfWindow *window, const char *address)
{
  if (window->ready)
    cf_add_contact_dialog_show (window->app, GTK_WINDOW (window), address);
  else {
    g_free (window->address);
    window->address = g_strdup (address);
  }
}

/* Walking through the list by keys goes on in it, though what is shown would like to have the focus. */
static void
choose_in_list (CfWindow *window, const char *conversation)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (window));
  GdkEvent *event = gtk_get_current_event ();
  gboolean walks = event && gdk_event_get_event_type (event) == GDK_KEY_PRESS && focus
                   && gtk_widget_is_ancestor (focus, window->sidebar);

  choose (window, conversation);
  if (walks)
    gtk_widget_grab_focus (focus);
  if (event)
    gdk_event_free (event);
}

static void
on_chosen (CfWindow *window, int section, const char *id, gboolean entered)
{
  switch ((enum cf_section) section) {
  case CF_SECTION_REQUESTS:
    cf_window_answer (window, id);
    break;
  case CF_SECTION_NEARBY:
  case CF_SECTION_CONTACTS:
    cf_open_dialog_show (window->app, GTK_WINDOW (window), id, NULL, CF_OPEN);
    break;
  case CF_SECTION_PINNED:
  case CF_SECTION_CONVERSATIONS:
    choose_in_list (window, id);
    if (entered)
      hdy_leaflet_set_visible_child (window->leaflet, window->right);
  }
}

/* ---- the model ---- */

static void
show_self (CfWindow *window)
{
  struct cf_model *model = cf_app_model (window->app);
  const json_t *status = cf_model_status (model);
  const char *visibility = cf_row_text (status, "visibility");
  char *name = status ? cf_words_name (status) : g_strdup ("");

  gtk_label_set_text (window->own_name, *name ? name : _("Confab"));
  gtk_label_set_text (window->own_state, !strcmp (visibility, "nobody")     ? _("Seen by nobody")
                                         : !strcmp (visibility, "contacts") ? _("Seen by contacts")
                                                                            : _("Seen by everyone nearby"));
  gtk_widget_set_visible (GTK_WIDGET (window->own_state), *visibility != 0);
  free (name);
}

static void
on_state (void *arg, enum cf_session_state state, const struct cf_client_error *why)
{
  CfWindow *window = arg;

  switch (state) {
  case CF_SESSION_READY:
    window->ready = TRUE;
    gtk_stack_set_visible_child_name (window->states, "main");
    if (window->address)
      cf_window_add_contact (window, window->address);
    g_clear_pointer (&window->address, g_free);
    break;
  case CF_SESSION_NO_IDENTITY:
    if (!window->first_run) {
      window->first_run = cf_first_run_new (window->app);
      gtk_stack_add_named (window->states, window->first_run, "first-run");
    }
    if (gtk_stack_get_visible_child (window->states) != window->first_run)
      cf_first_run_begin (CF_FIRST_RUN (window->first_run));
    gtk_stack_set_visible_child (window->states, window->first_run);
    break;
  case CF_SESSION_CONNECTING:
    if (window->ready) /* it comes back; what was known stays on the screen */
      break;
    /* fall through */
  case CF_SESSION_LOCKED:
  case CF_SESSION_DOWN:
    cf_state_page_show (CF_STATE_PAGE (window->state_page), state, why);
    gtk_stack_set_visible_child (window->states, window->state_page);
  }
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfWindow *window = arg;

  if (list == CF_MODEL_STATUS || list == CF_MODEL_SETTINGS)
    show_self (window);
  if (list == CF_MODEL_CONVERSATIONS && (!id || !g_strcmp0 (id, window->conversation))) {
    if (window->conversation && !get_conversation (window))
      cf_window_show_conversation (window, NULL, NULL);
    else
      show_content (window);
  }
}

/* What went wrong without anybody waiting for it.  Who has the dialog about a person in front reads it there. */
static void
on_event (void *arg, const json_t *event)
{
  CfWindow *window = arg;
  struct cf_client_error error = { .err = cf_err (GPG_ERR_GENERAL), .name = cf_row_text (event, "error"),
                                   .message = cf_row_text (event, "message"), .hint = cf_row_text (event, "hint"),
                                   .row = event };

  if (!strcmp (cf_row_text (event, "event"), "error") && *error.message
      && !cf_open_dialog_is_about (window->app, cf_row_text (event, "fingerprint")))
    cf_window_report (window, &error);
}

/* ---- keys ---- */

static void
leave (CfWindow *window)
{
  if (window->finding) {
    cf_window_show_conversation (window, window->conversation, NULL);
    return;
  }
  if (cf_window_conversation (window) && cf_conversation_view_leave (CF_CONVERSATION_VIEW (window->view)))
    return;
  if (cf_sidebar_is_searching (CF_SIDEBAR (window->sidebar)))
    cf_sidebar_stop_searching (CF_SIDEBAR (window->sidebar));
  else if (gtk_toggle_button_get_active (window->shield))
    gtk_toggle_button_set_active (window->shield, FALSE);
  else if (hdy_leaflet_get_folded (window->leaflet))
    hdy_leaflet_set_visible_child (window->leaflet, window->left);
}

/* After shortcuts, and what has the focus: what nobody wanted is written into the conversation. */
static gboolean
cf_window_key_press_event (GtkWidget *widget, GdkEventKey *event)
{
  CfWindow *window = CF_WINDOW (widget);

  if (!(window->finding && event->keyval == GDK_KEY_Escape) /* a search entry would keep it for itself */
      && GTK_WIDGET_CLASS (cf_window_parent_class)->key_press_event (widget, event))
    return GDK_EVENT_STOP;
  if (event->keyval == GDK_KEY_Escape) {
    leave (window);
    return GDK_EVENT_STOP;
  }
  return cf_window_conversation (window)
         && cf_conversation_view_type (CF_CONVERSATION_VIEW (window->view), event);
}

/* Where there is little room, who it is and how safe is said rather than how to make the window smaller or larger. */
static void
on_folded (CfWindow *window)
{
  const char *decoration = NULL, *button;
  char *layout;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (window)), "gtk-decoration-layout", &layout, NULL);
  button = layout ? strstr (layout, "close") : NULL;
  if (hdy_leaflet_get_folded (window->leaflet) && button)
    decoration = button < layout + strcspn (layout, ":") ? "close:" : ":close";
  hdy_header_bar_set_decoration_layout (window->left_header, decoration);
  hdy_header_bar_set_decoration_layout (window->right_header, decoration);
  g_free (layout);
  show_header (window, get_conversation (window));
}

/* The list takes 3 of 10 parts, between its limits. */
static gboolean
on_configure (CfWindow *window, GdkEventConfigure *event)
{
  int width = CLAMP (event->width * 3 / 10, LEFT_MIN, LEFT_MAX), now;

  gtk_widget_get_size_request (window->left, &now, NULL);
  if (width != now)
    gtk_widget_set_size_request (window->left, width, -1);
  gtk_widget_set_visible (window->transfers_place, event->width >= ROOMY);
  return GDK_EVENT_PROPAGATE;
}

/* ---- actions ---- */

static void
on_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  CfWindow *window = data;
  const char *name = g_action_get_name (G_ACTION (action));

  (void) parameter;
  if (!strcmp (name, "jump")) {
    hdy_leaflet_set_visible_child (window->leaflet, window->left);
    cf_sidebar_jump (CF_SIDEBAR (window->sidebar));
  } else if (!strcmp (name, "find")) {
    if (cf_window_conversation (window))
      cf_conversation_view_find (CF_CONVERSATION_VIEW (window->view));
  } else if (!strcmp (name, "find-everywhere")) {
    if (window->ready)
      find_everywhere (window);
  } else if (!strcmp (name, "attach") || !strcmp (name, "attach-folder")) {
    if (cf_window_conversation (window))
      cf_conversation_view_attach (CF_CONVERSATION_VIEW (window->view), !strcmp (name, "attach-folder"));
  } else if (!strcmp (name, "close"))
    gtk_window_close (GTK_WINDOW (window));
  else if (!strcmp (name, "back"))
    leave (window);
  else if (!strcmp (name, "add-contact"))
    cf_window_add_contact (window, NULL);
  else if (!strcmp (name, "security"))
    gtk_toggle_button_set_active (window->shield, window->conversation != NULL);
  else if (!strcmp (name, "demo"))
    cf_demo_bar_begin (CF_DEMO_BAR (window->demo_bar));
  else if (!strcmp (name, "menu"))
    gtk_button_clicked (GTK_BUTTON (window->menu_button));
}

static void
on_dialog (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const struct {
    const char *name;
    void (*show) (CfApp *app, GtkWindow *parent);
  } dialogs[] = {
    { "new", cf_people_dialog_show },       { "settings", cf_settings_dialog_show },
    { "address", cf_address_dialog_show },  { "network", cf_settings_dialog_show_network },
    { "shortcuts", cf_shortcuts_show },
  };
  CfWindow *window = data;

  (void) parameter;
  for (gsize i = 0; i < G_N_ELEMENTS (dialogs); i++)
    if (window->ready && !strcmp (g_action_get_name (G_ACTION (action)), dialogs[i].name))
      dialogs[i].show (window->app, GTK_WINDOW (window));
}

static void
on_reach (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  CfWindow *window = data;
  const json_t *row = get_conversation (window);
  char *name = row ? cf_words_name (row) : NULL;

  (void) action;
  (void) parameter;
  if (row)
    cf_reach_dialog_show (window->app, GTK_WINDOW (window), cf_row_text (row, "peer"), name);
  free (name);
}

static void
on_go (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  CfSidebar *sidebar = CF_SIDEBAR (CF_WINDOW (data)->sidebar);
  const char *name = g_action_get_name (G_ACTION (action));
  int number = g_variant_get_int32 (parameter);

  if (!strcmp (name, "go"))
    cf_sidebar_go (sidebar, number);
  else
    cf_sidebar_step (sidebar, number, !strcmp (name, "step-unread"));
}

static void
on_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  (void) action;
  (void) parameter;
  gtk_show_about_dialog (GTK_WINDOW (data), "program-name", "Confab", "version", PACKAGE_VERSION, "comments",
                         _("Conversations between people who know each other, sealed with their PGP keys"),
                         "license-type", GTK_LICENSE_GPL_3_0, "logo-icon-name", "im.confab.Confab", NULL);
}

static void
add_actions (CfWindow *window)
{
  static const GActionEntry entries[] = {
    { .name = "jump", .activate = on_action },
    { .name = "find", .activate = on_action },
    { .name = "find-everywhere", .activate = on_action },
    { .name = "attach", .activate = on_action },
    { .name = "attach-folder", .activate = on_action },
    { .name = "close", .activate = on_action },
    { .name = "back", .activate = on_action },
    { .name = "menu", .activate = on_action },
    { .name = "security", .activate = on_action },
    { .name = "reach", .activate = on_reach },
    { .name = "add-contact", .activate = on_action },
    { .name = "demo", .activate = on_action },
    { .name = "about", .activate = on_about },
    { .name = "new", .activate = on_dialog },
    { .name = "settings", .activate = on_dialog },
    { .name = "network", .activate = on_dialog },
    { .name = "address", .activate = on_dialog },
    { .name = "shortcuts", .activate = on_dialog },
    { .name = "go", .activate = on_go, .parameter_type = "i" },
    { .name = "step", .activate = on_go, .parameter_type = "i" },
    { .name = "step-unread", .activate = on_go, .parameter_type = "i" },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
  cf_conversation_actions_add (GTK_WINDOW (window), window->app);
}

/* ---- the class ---- */

static gboolean
on_map_traced (CfWindow *window)
{
  cf_app_trace (window->app, "window");
  return GDK_EVENT_PROPAGATE;
}

static void
cf_window_dispose (GObject *object)
{
  CfWindow *window = CF_WINDOW (object);

  if (window->listener)
    cf_model_unlisten (cf_app_model (window->app), window->listener);
  window->listener = NULL;
  g_clear_handle_id (&window->trouble_timer, g_source_remove);
  G_OBJECT_CLASS (cf_window_parent_class)->dispose (object);
}

static void
cf_window_finalize (GObject *object)
{
  g_free (CF_WINDOW (object)->conversation);
  g_free (CF_WINDOW (object)->address);
  G_OBJECT_CLASS (cf_window_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget)
{
  gtk_widget_class_bind_template_child (widget, CfWindow, states);
  gtk_widget_class_bind_template_child (widget, CfWindow, leaflet);
  gtk_widget_class_bind_template_child (widget, CfWindow, left_header);
  gtk_widget_class_bind_template_child (widget, CfWindow, right_header);
  gtk_widget_class_bind_template_child (widget, CfWindow, left);
  gtk_widget_class_bind_template_child (widget, CfWindow, right);
  gtk_widget_class_bind_template_child (widget, CfWindow, pages);
  gtk_widget_class_bind_template_child (widget, CfWindow, flap);
  gtk_widget_class_bind_template_child (widget, CfWindow, own_name);
  gtk_widget_class_bind_template_child (widget, CfWindow, own_state);
  gtk_widget_class_bind_template_child (widget, CfWindow, name);
  gtk_widget_class_bind_template_child (widget, CfWindow, security);
  gtk_widget_class_bind_template_child (widget, CfWindow, route);
  gtk_widget_class_bind_template_child (widget, CfWindow, new_button);
  gtk_widget_class_bind_template_child (widget, CfWindow, menu_button);
  gtk_widget_class_bind_template_child (widget, CfWindow, conversation_button);
  gtk_widget_class_bind_template_child (widget, CfWindow, jump_button);
  gtk_widget_class_bind_template_child (widget, CfWindow, shield);
  gtk_widget_class_bind_template_child (widget, CfWindow, find_button);
  gtk_widget_class_bind_template_child (widget, CfWindow, transfers_place);
  gtk_widget_class_bind_template_child (widget, CfWindow, trouble);
  gtk_widget_class_bind_template_child (widget, CfWindow, trouble_message);
  gtk_widget_class_bind_template_child (widget, CfWindow, trouble_hint);
}

static void
cf_window_class_init (CfWindowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_window_dispose;
  G_OBJECT_CLASS (class)->finalize = cf_window_finalize;
  g_type_ensure (CF_TYPE_SLIM_BIN);
  widget->key_press_event = cf_window_key_press_event;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/window.ui");
  bind_children (widget);
  gtk_widget_class_bind_template_callback (widget, on_trouble_response);
  gtk_widget_class_bind_template_callback (widget, on_place_trouble);
  gtk_widget_class_bind_template_callback (widget, on_configure);
  gtk_widget_class_bind_template_callback (widget, on_folded);
  gtk_widget_class_bind_template_callback (widget, show_panel);
  gtk_widget_class_bind_template_callback (widget, gtk_widget_hide_on_delete);
}

static void
cf_window_init (CfWindow *window)
{
  gtk_widget_init_template (GTK_WIDGET (window));
}

/* The bar's own button has a picture only. */
static void
name_close (GtkWidget *widget, gpointer name)
{
  if (GTK_IS_BUTTON (widget))
    atk_object_set_name (gtk_widget_get_accessible (widget), name);
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), name_close, name);
}

static void
add_parts (CfWindow *window)
{
  CfApp *app = window->app;

  gtk_container_forall (GTK_CONTAINER (window->trouble), name_close, _("Close"));
  window->state_page = cf_state_page_new (app);
  gtk_stack_add_named (window->states, window->state_page, "state");
  window->sidebar = cf_sidebar_new (app);
  gtk_container_add (GTK_CONTAINER (window->left), window->sidebar);
  window->demo_bar = cf_demo_bar_new (app);
  gtk_box_pack_end (GTK_BOX (window->left), window->demo_bar, FALSE, FALSE, 0);
  g_signal_connect_swapped (window->sidebar, "chosen", G_CALLBACK (on_chosen), window);
  g_object_bind_property (cf_sidebar_search_bar (CF_SIDEBAR (window->sidebar)), "search-mode-enabled",
                          window->jump_button, "active", G_BINDING_BIDIRECTIONAL);
  gtk_stack_add_named (window->pages, cf_empty_view_new (app), "empty");
  window->request_view = cf_request_view_new (app);
  gtk_stack_add_named (window->pages, window->request_view, "request");
  gtk_container_add (GTK_CONTAINER (window->transfers_place), cf_transfers_button_new (app));
  window->view = cf_conversation_view_new (app);
  gtk_widget_show (window->view);
  gtk_stack_add_named (window->pages, window->view, "conversation");
}

CfWindow *
cf_window_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .state = on_state, .changed = on_changed, .event = on_event };
  CfWindow *window = g_object_new (CF_TYPE_WINDOW, "application", app, NULL);
  struct cf_session *session = cf_model_session (cf_app_model (app));

  window->app = app;
  add_actions (window);
  add_parts (window);
  if (cf_model_listen (cf_app_model (app), &handler, window, &window->listener))
    g_error ("no memory for the window");
  g_signal_connect (window, "map-event", G_CALLBACK (on_map_traced), NULL);
  on_state (window, cf_session_state (session), cf_session_why (session));
  show_self (window);
  show_content (window);
  return window;
}
