/* SPDX-License-Identifier: GPL-3.0-or-later */
/* app.c - one instance for each home, its command line, its model and its window. */

#include <config.h>

#include <glib-unix.h>
#include <handy.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/gtk/app.h"
#include "ui/gtk/notify.h"
#include "ui/gtk/pasted.h"
#include "ui/gtk/thumbnail.h"
#include "ui/gtk/window.h"

#define APP_ID "im.confab.Confab"

struct _CfApp {
  GtkApplication parent;
  char *home; /* as --home says; NULL: the daemon's own choice */
  struct cf_model *model;
  struct cf_model_listener *listener;
  guint dispatching;
  CfNotify *notify;
  CfPasted *pasted;
  CfThumbnails *thumbnails;
  GHashTable *traced; /* NULL: nobody wants to know */
};

G_DEFINE_TYPE (CfApp, cf_app, GTK_TYPE_APPLICATION)

extern void cf_gtk_register_resource (void); /* made by glib-compile-resources */

static CfWindow *
get_window (CfApp *app)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (app));

  for (; windows; windows = windows->next)
    if (CF_IS_WINDOW (windows->data))
      return CF_WINDOW (windows->data);
  return cf_window_new (app);
}

struct cf_model *
cf_app_model (CfApp *app)
{
  return app->model;
}

CfPasted *
cf_app_pasted (CfApp *app)
{
  return app->pasted;
}

CfThumbnails *
cf_app_thumbnails (CfApp *app)
{
  return app->thumbnails;
}

/* ---- for widgets ---- */

void
cf_app_report (CfApp *app, const struct cf_client_error *error)
{
  cf_window_report (get_window (app), error);
}

static void
on_call_done (void *arg, const struct cf_client_error *error)
{
  if (error->err)
    cf_app_report (arg, error);
}

void
cf_app_call (CfApp *app, const char *verb, const char *const *words)
{
  static const struct cf_call_handler handler = { .done = on_call_done };
  gpg_error_t err = cf_session_call (cf_model_session (app->model), verb, words, NULL, &handler, app, NULL);
  const struct cf_err_info *info = cf_err_info (err);

  if (err)
    cf_app_report (app, &(struct cf_client_error) {
                            .err = err, .name = info->name, .message = info->message, .hint = info->hint });
}

void
cf_app_show_conversation (CfApp *app, const char *conversation, const char *message)
{
  CfWindow *window = get_window (app);

  cf_window_show_conversation (window, conversation, message);
  gtk_window_present (GTK_WINDOW (window));
}

/* The kernel's clock ticks since this process was made: more than main() could know. */
static double
get_age_ms (void)
{
  char *stat = NULL, *after;
  unsigned long long start = 0;
  double now_ms = (double) g_get_monotonic_time () / 1000;

  if (g_file_get_contents ("/proc/self/stat", &stat, NULL, NULL) && (after = strrchr (stat, ')'))) {
    char **fields = g_strsplit (after + 2, " ", -1);

    if (g_strv_length (fields) > 19)
      start = g_ascii_strtoull (fields[19], NULL, 10);
    g_strfreev (fields);
  }
  g_free (stat);
  return now_ms - (double) start * 1000 / (double) sysconf (_SC_CLK_TCK);
}

static void
on_painted (GdkFrameClock *clock, char *what)
{
  g_printerr ("confab-gtk: %s drawn after %.0f ms\n", what, get_age_ms ());
  g_signal_handlers_disconnect_by_func (clock, on_painted, what);
  g_free (what);
}

void
cf_app_trace (CfApp *app, const char *what)
{
  GtkWindow *window;
  GdkFrameClock *clock;

  if (!app->traced || !g_hash_table_add (app->traced, g_strdup (what)))
    return;
  g_printerr ("confab-gtk: %s after %.0f ms\n", what, get_age_ms ());
  window = gtk_application_get_active_window (GTK_APPLICATION (app));
  clock = window ? gtk_widget_get_frame_clock (GTK_WIDGET (window)) : NULL;
  if (clock)
    g_signal_connect (clock, "after-paint", G_CALLBACK (on_painted), g_strdup (what));
}

const char *
cf_app_home (CfApp *app)
{
  return app->home;
}

/* ---- the one instance ---- */

static gboolean
is_default_home (const char *home)
{
  char *here = NULL, *usual = NULL, *env = g_strdup (g_getenv ("CONFAB_HOME"));
  gboolean same = TRUE;

  if (!cf_paths_home (home, &here)) {
    g_unsetenv ("CONFAB_HOME");
    same = !cf_paths_home (NULL, &usual) && !strcmp (here, usual);
    if (env)
      g_setenv ("CONFAB_HOME", env, TRUE);
  }
  g_free (env);
  free (here);
  free (usual);
  return same;
}

/* Another home is another person's desk: it gets an instance of its own, beside that of the default home. */
static void
name_instance (CfApp *app)
{
  char *home = NULL, *sum, *id;

  if (is_default_home (app->home) || cf_paths_home (app->home, &home))
    return;
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, home, -1);
  sum[8] = 0;
  id = g_strconcat (APP_ID ".Home", sum, NULL);
  g_application_set_application_id (G_APPLICATION (app), id);
  g_free (id);
  g_free (sum);
  free (home);
}

static gint
cf_app_handle_local_options (GApplication *application, GVariantDict *options)
{
  CfApp *app = CF_APP (application);

  if (g_variant_dict_contains (options, "version")) {
    g_print ("confab-gtk %s\n", PACKAGE_VERSION);
    return 0;
  }
  g_variant_dict_lookup (options, "home", "^ay", &app->home);
  name_instance (app);
  return -1; /* go on */
}

/* ---- the model ---- */

static gboolean
on_session (gint fd, GIOCondition condition, gpointer session)
{
  (void) fd;
  (void) condition;
  cf_session_dispatch (session);
  return G_SOURCE_CONTINUE;
}

static void
apply_theme (CfApp *app)
{
  const char *theme = cf_model_setting (app->model, "theme");

  hdy_style_manager_set_color_scheme (hdy_style_manager_get_default (),
                                      !strcmp (theme, "dark")    ? HDY_COLOR_SCHEME_FORCE_DARK
                                      : !strcmp (theme, "light") ? HDY_COLOR_SCHEME_FORCE_LIGHT
                                                                 : HDY_COLOR_SCHEME_PREFER_LIGHT);
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  (void) id;
  if (list == CF_MODEL_SETTINGS)
    apply_theme (arg);
}

/* Before the toolkit: while that begins, the daemon is asked, or if it does not run, begins too. */
static void
start_model (CfApp *app)
{
  struct cf_session_config config = { .home = app->home, .start_daemon = true };
  gpg_error_t err = cf_model_new (&config, &app->model);

  if (err)
    g_error ("%s", cf_err_info (err)->message);
  cf_session_dispatch (cf_model_session (app->model));
}

static void
follow_model (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  gpg_error_t err = cf_model_listen (app->model, &handler, app, &app->listener);

  if (err)
    g_error ("%s", cf_err_info (err)->message);
  apply_theme (app);
  app->dispatching = g_unix_fd_add (cf_session_fd (cf_model_session (app->model)), G_IO_IN, on_session,
                                    cf_model_session (app->model));
}

/* ---- actions ---- */

static void
on_quit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  (void) action;
  (void) parameter;
  g_application_quit (data);
}

static void
on_show (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  (void) action;
  cf_app_show_conversation (data, g_variant_get_string (parameter, NULL), NULL);
}

static void
on_answer (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  CfWindow *window = get_window (data);

  (void) action;
  gtk_window_present (GTK_WINDOW (window));
  cf_window_answer (window, g_variant_get_string (parameter, NULL));
}

static void
on_mark_read (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *words[] = { g_variant_get_string (parameter, NULL), NULL };

  (void) action;
  cf_app_call (data, "READ", words);
}

static void
add_actions (CfApp *app)
{
  static const GActionEntry entries[] = {
    { .name = "quit", .activate = on_quit },
    { .name = "show", .activate = on_show, .parameter_type = "s" },           /* a conversation */
    { .name = "answer", .activate = on_answer, .parameter_type = "s" },       /* a request */
    { .name = "mark-read", .activate = on_mark_read, .parameter_type = "s" }, /* a conversation */
  };
  static const struct {
    const char *action, *keys[3];
  } keys[] = {
    { "app.quit", { "<Primary>q" } },
    { "win.new", { "<Primary>n" } },
    { "win.jump", { "<Primary>k" } },
    { "win.find", { "<Primary>f" } },
    { "win.find-everywhere", { "<Primary><Shift>f" } },
    { "win.attach", { "<Primary>o" } },
    { "win.attach-folder", { "<Primary><Shift>o" } },
    { "win.close", { "<Primary>w" } },
    { "win.settings", { "<Primary>comma" } },
    { "win.shortcuts", { "<Primary>question", "<Primary>F1" } },
    { "win.step(1)", { "<Alt>Down" } },
    { "win.step(-1)", { "<Alt>Up" } },
    { "win.step-unread(1)", { "<Alt><Shift>Down" } },
    { "win.step-unread(-1)", { "<Alt><Shift>Up" } },
    { "win.menu", { "F10" } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (app), entries, G_N_ELEMENTS (entries), app);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (app), keys[i].action, (const char *const *) keys[i].keys);
  for (int i = 1; i <= 9; i++) {
    char action[16], key[16];
    const char *const accels[] = { key, NULL };

    g_snprintf (action, sizeof action, "win.go(%d)", i);
    g_snprintf (key, sizeof key, "<Primary>%d", i);
    gtk_application_set_accels_for_action (GTK_APPLICATION (app), action, accels);
  }
}

/* ---- the class ---- */

static void
add_style (void)
{
  GtkCssProvider *provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/im/confab/Confab/style.css");
  gtk_style_context_add_provider_for_screen (gdk_screen_get_default (), GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_object_unref (provider);
}

static void
cf_app_startup (GApplication *application)
{
  CfApp *app = CF_APP (application);

  start_model (app);
  cf_gtk_register_resource ();
  G_APPLICATION_CLASS (cf_app_parent_class)->startup (application);
  if (g_getenv ("CONFAB_GTK_TRACE"))
    app->traced = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  hdy_init ();
  add_style ();
  gtk_window_set_default_icon_name (APP_ID);
  follow_model (app);
  add_actions (app);
  app->notify = cf_notify_new (app);
  app->pasted = cf_pasted_new (app);
  app->thumbnails = cf_thumbnails_new ();
  g_application_hold (application); /* with the window closed it still tells of what comes */
  cf_app_trace (app, "startup");
}

static void
cf_app_activate (GApplication *application)
{
  gtk_window_present (GTK_WINDOW (get_window (CF_APP (application))));
}

/* "confab:..." links: somebody's address. */
static void
cf_app_open (GApplication *application, GFile **files, int count, const char *hint)
{
  CfWindow *window = get_window (CF_APP (application));

  (void) hint;
  gtk_window_present (GTK_WINDOW (window));
  if (count) { /* one dialog at a time */
    char *uri = g_file_get_uri (files[0]);

    cf_window_add_contact (window, uri);
    g_free (uri);
  }
}

/* Widgets first, they listen to the model. */
static void
cf_app_shutdown (GApplication *application)
{
  CfApp *app = CF_APP (application);
  GList *windows;

  while ((windows = gtk_application_get_windows (GTK_APPLICATION (app))))
    gtk_widget_destroy (windows->data);
  cf_notify_free (app->notify);
  app->notify = NULL;
  g_clear_pointer (&app->pasted, cf_pasted_free);
  g_clear_pointer (&app->thumbnails, cf_thumbnails_free);
  g_clear_handle_id (&app->dispatching, g_source_remove);
  cf_model_free (app->model);
  app->model = NULL;
  G_APPLICATION_CLASS (cf_app_parent_class)->shutdown (application);
}

static void
cf_app_finalize (GObject *object)
{
  CfApp *app = CF_APP (object);

  g_free (app->home);
  g_clear_pointer (&app->traced, g_hash_table_destroy);
  G_OBJECT_CLASS (cf_app_parent_class)->finalize (object);
}

static void
cf_app_class_init (CfAppClass *class)
{
  GApplicationClass *application = G_APPLICATION_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_app_finalize;
  application->handle_local_options = cf_app_handle_local_options;
  application->startup = cf_app_startup;
  application->activate = cf_app_activate;
  application->open = cf_app_open;
  application->shutdown = cf_app_shutdown;
}

static void
cf_app_init (CfApp *app)
{
  static const GOptionEntry entries[] = {
    { "home", 0, 0, G_OPTION_ARG_FILENAME, NULL, N_("Where Confab keeps its things"), N_("FOLDER") },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version"), NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (app), entries);
}

CfApp *
cf_app_new (void)
{
  return g_object_new (CF_TYPE_APP, "application-id", APP_ID, "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/im/confab/Confab", NULL);
}
