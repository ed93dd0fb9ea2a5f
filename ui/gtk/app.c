/* SPDX-License-Identifier: GPL-3.0-or-later */
/* app.c - one instance for each home, its command line and its window. */

#include <config.h>

#include <handy.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "ui/gtk/app.h"
#include "ui/gtk/window.h"

#define APP_ID "im.confab.Confab"

struct _CfApp {
  GtkApplication parent;
  char *home; /* as --home says; NULL: the daemon's own choice */
  struct cf_model *model;
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

void
cf_app_report (CfApp *app, const struct cf_client_error *error)
{
  cf_window_report (get_window (app), error);
}

void
cf_app_show_conversation (CfApp *app, const char *conversation, const char *message)
{
  CfWindow *window = get_window (app);

  cf_window_show_conversation (window, conversation, message);
  gtk_window_present (GTK_WINDOW (window));
}

/* ---- the one instance ---- */

/* Another home is another person's desk: it gets an instance of its own, beside that of the default home. */
static gboolean
is_default_home (const char *home)
{
  char *here = NULL, *usual = NULL;
  gboolean same = TRUE;

  if (!cf_paths_home (home, &here)) {
    char *env = g_strdup (g_getenv ("CONFAB_HOME"));

    g_unsetenv ("CONFAB_HOME");
    same = !cf_paths_home (NULL, &usual) && !strcmp (here, usual);
    if (env)
      g_setenv ("CONFAB_HOME", env, TRUE);
    g_free (env);
  }
  free (here);
  free (usual);
  return same;
}

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

static void
cf_app_startup (GApplication *application)
{
  cf_gtk_register_resource ();
  G_APPLICATION_CLASS (cf_app_parent_class)->startup (application);
  hdy_init ();
}

static void
cf_app_activate (GApplication *application)
{
  gtk_window_present (GTK_WINDOW (get_window (CF_APP (application))));
}

static void
cf_app_finalize (GObject *object)
{
  g_free (CF_APP (object)->home);
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
}

static void
cf_app_init (CfApp *app)
{
  static const GOptionEntry entries[] = {
    { "home", 0, 0, G_OPTION_ARG_FILENAME, NULL, "Where Confab keeps its things", "FOLDER" },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, "Print the version", NULL },
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
