/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pasted.c - the life of a picture that was pasted. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/transfers.h"
#include "ui/gtk/pasted.h"

#define TRIES 100 /* names, of pictures within one second */

struct cf_pasted {
  struct cf_model *model;
  struct cf_model_listener *listener;
  char *dir;
  bool swept; /* what an earlier run left behind */
};

static bool
is_ours (CfPasted *pasted, const char *path)
{
  char *dir = g_path_get_dirname (path);
  bool ours = !strcmp (dir, pasted->dir);

  g_free (dir);
  return ours;
}

void
cf_pasted_drop (CfPasted *pasted, const char *path)
{
  if (is_ours (pasted, path))
    g_unlink (path);
}

/* ---- writing ---- */

static int
make (CfPasted *pasted, char **r_path)
{
  GDateTime *now = g_date_time_new_now_local ();
  /* Translators: a file's name; the date and time follow as they are. */
  char *stem = g_date_time_format (now, "%Y-%m-%d %H-%M-%S"), *name, *path = NULL;
  int fd = -1;

  for (int i = 1; fd < 0 && i <= TRIES; i++) {
    name = i == 1 ? g_strdup_printf ("%s %s.png", _ ("Picture"), stem)
                  : g_strdup_printf ("%s %s (%d).png", _ ("Picture"), stem, i);
    path = g_build_filename (pasted->dir, name, NULL);
    fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    g_free (name);
    if (fd < 0) {
      int saved = errno;

      g_clear_pointer (&path, g_free);
      errno = saved;
      if (saved != EEXIST)
        break;
    }
  }
  *r_path = path;
  g_free (stem);
  g_date_time_unref (now);
  return fd;
}

char *
cf_pasted_save (CfPasted *pasted, GdkPixbuf *picture, GError **error)
{
  GOutputStream *stream;
  char *path = NULL;
  gboolean written;
  int fd = g_mkdir_with_parents (pasted->dir, 0700) ? -1 : make (pasted, &path);

  pasted->swept = true; /* from now on, no transfer may be known of what lies there */
  if (fd < 0) {
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
    return NULL;
  }
  stream = g_unix_output_stream_new (fd, TRUE);
  /* Speed before size: somebody waits. */
  written = gdk_pixbuf_save_to_stream (picture, stream, "png", NULL, error, "compression", "1", NULL)
            && g_output_stream_close (stream, NULL, error);
  g_object_unref (stream);
  if (!written) {
    g_unlink (path);
    g_clear_pointer (&path, g_free);
  }
  return path;
}

/* ---- removing ---- */

static void
drop_if_over (CfPasted *pasted, const json_t *transfer)
{
  const char *path = cf_row_text (transfer, "path");

  /* One that failed may be tried again. */
  if (transfer && cf_transfer_ended (transfer) && cf_transfer_state (transfer) != CF_TRANSFER_FAILED
      && !cf_transfer_incoming (transfer) && *path)
    cf_pasted_drop (pasted, path);
}

static bool
is_needed (CfPasted *pasted, const char *path)
{
  for (const json_t *row = NULL; (row = cf_transfer_next (pasted->model, NULL, row));)
    if (!cf_transfer_ended (row) && !strcmp (cf_row_text (row, "path"), path))
      return true;
  return false;
}

/* Once it is known which transfers there are, and before anything was pasted. */
static void
sweep (CfPasted *pasted)
{
  GDir *dir = g_dir_open (pasted->dir, 0, NULL);
  const char *name;

  pasted->swept = true;
  while (dir && (name = g_dir_read_name (dir))) {
    char *path = g_build_filename (pasted->dir, name, NULL);

    if (!is_needed (pasted, path))
      g_unlink (path);
    g_free (path);
  }
  if (dir)
    g_dir_close (dir);
}

static void
on_changed (void *arg, enum cf_model_list list, const char *id)
{
  CfPasted *pasted = arg;

  if (list != CF_MODEL_TRANSFERS)
    return;
  if (id)
    drop_if_over (pasted, cf_model_get (pasted->model, CF_MODEL_TRANSFERS, id));
  else if (!pasted->swept && cf_model_complete (pasted->model, CF_MODEL_TRANSFERS))
    sweep (pasted);
}

CfPasted *
cf_pasted_new (CfApp *app)
{
  static const struct cf_model_handler handler = { .changed = on_changed };
  CfPasted *pasted = g_new0 (CfPasted, 1);

  pasted->model = cf_app_model (app);
  pasted->dir = g_build_filename (g_get_user_cache_dir (), g_application_get_application_id (G_APPLICATION (app)),
                                  "pasted", NULL);
  if (cf_model_listen (pasted->model, &handler, pasted, &pasted->listener))
    g_error ("no memory for what is pasted");
  return pasted;
}

void
cf_pasted_free (CfPasted *pasted)
{
  if (!pasted)
    return;
  cf_model_unlisten (pasted->model, pasted->listener);
  g_free (pasted->dir);
  g_free (pasted);
}
