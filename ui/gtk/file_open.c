/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_open.c - which files may be opened, and with what. */

#include <config.h>

#include "ui/client/i18n.h"
#include "ui/gtk/choice_dialog.h"
#include "ui/gtk/file_open.h"

#define ATTRIBUTES                                                                                                     \
  G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_CONTENT_TYPE "," G_FILE_ATTRIBUTE_UNIX_MODE

/* ---- what might run ---- */

/* Ends of names, in lower case.  The list is long because desktops are: what opens these starts, installs or follows
   them. */
static const char *const endings[] = {
  ".desktop", ".sh", ".bash", ".zsh", ".csh", ".fish", ".run", ".bin", ".appimage", ".flatpakref",
  ".flatpak", ".flatpakrepo", ".snap", ".deb", ".rpm", ".exe", ".com", ".bat", ".cmd", ".msi", ".msix",
  ".scr", ".pif", ".cpl", ".lnk", ".url", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".wsh", ".hta",
  ".ps1", ".psm1", ".reg", ".inf", ".jar", ".jnlp", ".class", ".py", ".pyc", ".pyw", ".pyz", ".pl",
  ".rb", ".php", ".tcl", ".lua", ".awk", ".so", ".dll", ".ko", ".service", ".directory", ".webloc",
  ".app", ".dmg", ".pkg", ".apk", ".xpi", ".crx", ".command", ".workflow", ".action", ".mobileconfig",
};

/* Types, with all that descend from them. */
static const char *const types[] = {
  "application/x-executable",
  "application/x-pie-executable",
  "application/x-sharedlib",
  "application/x-object",
  "application/x-desktop",
  "application/x-shellscript",
  "application/x-ms-dos-executable",
  "application/x-msdos-program",
  "application/x-msdownload",
  "application/x-dosexec",
  "application/vnd.microsoft.portable-executable",
  "application/x-msi",
  "application/x-ms-shortcut",
  "application/x-mswinurl",
  "application/x-java",
  "application/x-java-archive",
  "application/java-archive",
  "application/x-java-jnlp-file",
  "application/vnd.appimage",
  "application/x-iso9660-appimage",
  "application/vnd.flatpak",
  "application/vnd.flatpak.ref",
  "application/vnd.flatpak.repo",
  "application/vnd.snap",
  "application/vnd.debian.binary-package",
  "application/x-deb",
  "application/x-rpm",
  "application/vnd.android.package-archive",
  "application/x-perl",
  "application/x-python-bytecode",
  "application/x-ruby",
  "application/x-php",
  "application/x-awk",
  "text/x-python",
  "text/x-python3",
  "text/x-lua",
  "text/x-tcl",
  "application/javascript",
  "text/javascript",
};

bool
cf_file_runs (const char *name, const char *content_type)
{
  char *low = g_ascii_strdown (name, -1);
  bool runs = false;

  for (size_t i = 0; !runs && i < G_N_ELEMENTS (endings); i++)
    runs = g_str_has_suffix (low, endings[i]);
  for (size_t i = 0; content_type && !runs && i < G_N_ELEMENTS (types); i++)
    runs = g_content_type_equals (content_type, types[i]) || g_content_type_is_a (content_type, types[i]);
  g_free (low);
  return runs;
}

/* ---- its folder ---- */

static void
report (CfApp *app, const char *message, const char *hint)
{
  cf_app_report (app, &(struct cf_client_error){
                          .err = cf_err (GPG_ERR_GENERAL), .name = "", .message = message, .hint = hint });
}

static void
on_launched (GObject *source, GAsyncResult *result, gpointer data)
{
  CfApp *app = data;
  GError *error = NULL;

  (void) source;
  if (!g_app_info_launch_default_for_uri_finish (result, &error)) {
    report (app, _("No program could be found that opens this."), error->message);
    g_error_free (error);
  }
  g_object_unref (app);
}

static void
launch (CfApp *app, GFile *file)
{
  GdkAppLaunchContext *context = gdk_display_get_app_launch_context (gdk_display_get_default ());
  char *uri = g_file_get_uri (file);

  gdk_app_launch_context_set_timestamp (context, gtk_get_current_event_time ());
  g_app_info_launch_default_for_uri_async (uri, G_APP_LAUNCH_CONTEXT (context), NULL, on_launched, g_object_ref (app));
  g_free (uri);
  g_object_unref (context);
}

/* A file that is to be shown in its folder. */
struct showing {
  CfApp *app;
  GFile *file;
};

/* There is no file manager that can point at a file: then at least the folder. */
static void
on_shown (GObject *bus, GAsyncResult *result, gpointer data)
{
  struct showing *s = data;
  GVariant *answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, NULL);
  GFile *folder = g_file_get_parent (s->file);

  if (!answer && folder)
    launch (s->app, folder);
  if (answer)
    g_variant_unref (answer);
  g_clear_object (&folder);
  g_object_unref (s->file);
  g_object_unref (s->app);
  g_free (s);
}

void
cf_file_open_folder (CfApp *app, const char *path)
{
  GDBusConnection *bus = g_application_get_dbus_connection (G_APPLICATION (app));
  GFile *file = g_file_new_for_path (path), *folder = g_file_get_parent (file);
  struct showing *s;
  char *uri;

  if (!bus) {
    launch (app, folder ? folder : file);
  } else {
    const char *uris[] = { NULL, NULL };

    s = g_new (struct showing, 1);
    *s = (struct showing){ g_object_ref (app), g_object_ref (file) };
    uris[0] = uri = g_file_get_uri (file);
    g_dbus_connection_call (bus, "org.freedesktop.FileManager1", "/org/freedesktop/FileManager1",
                            "org.freedesktop.FileManager1", "ShowItems", g_variant_new ("(^ass)", uris, ""), NULL,
                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_shown, s);
    g_free (uri);
  }
  g_clear_object (&folder);
  g_object_unref (file);
}

/* ---- a file ---- */

struct opening {
  CfApp *app;
  GWeakRef parent;
  GFile *file;
};

static void
opening_free (struct opening *o)
{
  g_object_unref (o->app);
  g_object_unref (o->file);
  g_weak_ref_clear (&o->parent);
  g_free (o);
}

static void
on_warned (GtkDialog *dialog, int response, CfApp *app)
{
  if (response == GTK_RESPONSE_ACCEPT)
    cf_file_open_folder (app, g_object_get_data (G_OBJECT (dialog), "path"));
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static void
warn (struct opening *o, GtkWindow *parent)
{
  CfChoiceDialog *dialog = cf_choice_dialog_new (
      parent, _ ("This can run as a program"),
      _ ("Confab does not start programs, or what may install or lead to one, that came in a conversation. Look at it in "
         "its folder, and start it there only if you know what it does and who sent it."),
      _ ("Open folder"), FALSE);

  g_object_set_data_full (G_OBJECT (dialog), "path", g_file_get_path (o->file), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_warned), o->app, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static bool
is_executable (GFileInfo *info)
{
  return g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR
         && (g_file_info_get_attribute_uint32 (info, G_FILE_ATTRIBUTE_UNIX_MODE) & 0111);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  struct opening *o = data;
  GtkWindow *parent = g_weak_ref_get (&o->parent);
  GFileInfo *info = g_file_query_info_finish (G_FILE (source), result, NULL);
  GFileType type = info ? g_file_info_get_file_type (info) : G_FILE_TYPE_UNKNOWN;
  char *name = g_file_get_basename (o->file);

  if (!info)
    report (o->app, _ ("The file is not there any more."), _ ("It was moved or removed. Its folder may show where."));
  else if (type == G_FILE_TYPE_DIRECTORY)
    launch (o->app, o->file);
  else if (type != G_FILE_TYPE_REGULAR || is_executable (info)
           || cf_file_runs (name, g_file_info_get_content_type (info)))
    warn (o, parent);
  else
    launch (o->app, o->file);
  g_free (name);
  g_clear_object (&info);
  g_clear_object (&parent);
  opening_free (o);
}

void
cf_file_open (CfApp *app, GtkWindow *parent, const char *path)
{
  struct opening *o = g_new0 (struct opening, 1);

  o->app = g_object_ref (app);
  g_weak_ref_init (&o->parent, parent);
  o->file = g_file_new_for_path (path);
  g_file_query_info_async (o->file, ATTRIBUTES, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, G_PRIORITY_DEFAULT, NULL,
                           on_looked, o);
}
