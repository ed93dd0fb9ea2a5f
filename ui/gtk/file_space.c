/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_space.c - where files go, and how much room is there. */

#include <config.h>

#include <string.h>
#include <sys/statvfs.h>

#include "base/paths.h"
#include "ui/client/model.h"
#include "ui/gtk/file_row_private.h"

/* As the daemon finds it: it is the daemon that puts files there. */
char *
cf_file_download_dir (CfApp *app)
{
  const char *set = cf_model_setting (cf_app_model (app), "download-dir");
  char *usual;

  if (*set == '/')
    return g_strdup (set);
  return cf_paths_downloads (&usual) ? g_build_filename (g_get_home_dir (), "Downloads", NULL) : usual;
}

struct looking {
  GWeakRef widget;
  cf_file_space_fn done;
  char *path;
};

/* A file system may be far away and slow: asked in a thread.  What does not exist yet will be made below what does. */
static void
look (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  char *at = g_strdup (((struct looking *) data)->path), *parent;
  struct statvfs fs;
  int rc;

  (void) source;
  (void) cancellable;
  while ((rc = statvfs (at, &fs)) && strcmp (at, "/") && strcmp (at, ".")) {
    parent = g_path_get_dirname (at);
    g_free (at);
    at = parent;
  }
  g_task_return_int (task, rc ? -1 : (gssize) ((guint64) fs.f_bavail * fs.f_frsize));
  g_free (at);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  struct looking *l = data;
  GtkWidget *widget = g_weak_ref_get (&l->widget);

  (void) source;
  if (widget)
    l->done (widget, g_task_propagate_int (G_TASK (result), NULL));
  g_clear_object (&widget);
  g_weak_ref_clear (&l->widget);
  g_free (l->path);
  g_free (l);
}

void
cf_file_space (GtkWidget *widget, const char *path, cf_file_space_fn done)
{
  struct looking *l = g_new0 (struct looking, 1);
  GTask *task = g_task_new (NULL, NULL, on_looked, l);

  g_weak_ref_init (&l->widget, widget);
  l->done = done;
  l->path = g_strdup (path);
  g_task_set_task_data (task, l, NULL);
  g_task_run_in_thread (task, look);
  g_object_unref (task);
}
