/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thumbnail.c - asking confab-thumbnail, a few at a time, and keeping what was seen lately. */

#include <config.h>

#include <fcntl.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "ui/gtk/thumbnail.h"

#define PROGRAM "confab-thumbnail"
#define HEAD_LEN 8
#define BYTES_MAX (HEAD_LEN + CF_THUMBNAIL_PX * CF_THUMBNAIL_PX * 4)
#define AT_ONCE 2
#define WAITING_MAX 200
#define KEPT_MAX 64
#define FILE_MAX (64 * 1000 * 1000) /* of the picture itself */

struct cf_thumbnails {
  char *program; /* NULL: there is none */
  GQueue waiting;
  unsigned running;
  GCancellable *ended;
  GHashTable *kept; /* "PATH\nSIZE\nTIME" -> GdkPixbuf */
  GQueue order;     /* their keys, the one kept longest first; those of KEPT */
};

struct asking {
  CfThumbnails *thumbnails;
  char *path, *key;
  GWeakRef widget;
  cf_thumbnail_fn done;
  GSubprocess *process;
  GCancellable *ended;
  uint8_t *data; /* BYTES_MAX + 1, while PROCESS runs */
};

bool
cf_thumbnail_may_be (const char *media_type, int64_t size)
{
  return g_str_has_prefix (media_type, "image/") && size > 0 && size <= FILE_MAX;
}

GdkPixbuf *
cf_thumbnail_parse (const uint8_t *data, size_t len)
{
  size_t width, height;
  GBytes *pixels;
  GdkPixbuf *picture;

  if (len < HEAD_LEN || memcmp (data, "CFTH", 4))
    return NULL;
  width = (size_t) data[4] << 8 | data[5];
  height = (size_t) data[6] << 8 | data[7];
  if (!width || !height || width > CF_THUMBNAIL_PX || height > CF_THUMBNAIL_PX || len != HEAD_LEN + width * height * 4)
    return NULL;
  pixels = g_bytes_new (data + HEAD_LEN, len - HEAD_LEN);
  picture = gdk_pixbuf_new_from_bytes (pixels, GDK_COLORSPACE_RGB, TRUE, 8, (int) width, (int) height, (int) width * 4);
  g_bytes_unref (pixels);
  return picture;
}

/* ---- what was seen lately ---- */

/* Another content under the same path is another picture. */
static char *
key_of (const char *path, const struct stat *st)
{
  return g_strdup_printf ("%s\n%lld\n%lld.%09ld", path, (long long) st->st_size, (long long) st->st_mtim.tv_sec,
                          (long) st->st_mtim.tv_nsec);
}

static void
keep (CfThumbnails *t, const char *key, GdkPixbuf *picture)
{
  char *copy;

  if (g_hash_table_contains (t->kept, key))
    return;
  if (g_queue_get_length (&t->order) >= KEPT_MAX)
    g_hash_table_remove (t->kept, g_queue_pop_head (&t->order));
  copy = g_strdup (key);
  g_hash_table_insert (t->kept, copy, g_object_ref (picture));
  g_queue_push_tail (&t->order, copy);
}

/* ---- one of them ---- */

static void next (CfThumbnails *t);

static void
asking_free (struct asking *a)
{
  g_weak_ref_clear (&a->widget);
  g_clear_object (&a->process);
  g_clear_object (&a->ended);
  g_free (a->path);
  g_free (a->key);
  g_free (a->data);
  g_free (a);
}

static void
on_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  struct asking *a = data;
  CfThumbnails *t = g_cancellable_is_cancelled (a->ended) ? NULL : a->thumbnails; /* NULL: they have gone */
  GtkWidget *widget = g_weak_ref_get (&a->widget);
  size_t len = 0;
  gboolean whole = g_input_stream_read_all_finish (G_INPUT_STREAM (stream), result, &len, NULL);
  GdkPixbuf *picture = t && whole ? cf_thumbnail_parse (a->data, len) : NULL;

  g_subprocess_force_exit (a->process); /* it has ended, or says too much */
  if (picture)
    keep (t, a->key, picture);
  if (picture && widget)
    a->done (widget, picture);
  if (t) {
    t->running--;
    next (t);
  }
  g_clear_object (&picture);
  g_clear_object (&widget);
  asking_free (a);
}

/* A regular file, by nobody's link. */
static int
open_file (const char *path, struct stat *st)
{
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd >= 0 && (fstat (fd, st) || !S_ISREG (st->st_mode) || st->st_size > FILE_MAX)) {
    close (fd);
    fd = -1;
  }
  return fd;
}

static bool
start (struct asking *a)
{
  CfThumbnails *t = a->thumbnails;
  GSubprocessLauncher *launcher;
  char *environment[] = { NULL };
  struct stat st;
  int fd = open_file (a->path, &st);

  if (fd < 0)
    return false;
  a->key = key_of (a->path, &st);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_set_environ (launcher, environment);
  g_subprocess_launcher_take_stdin_fd (launcher, fd);
  a->process = g_subprocess_launcher_spawn (launcher, NULL, t->program, NULL);
  g_object_unref (launcher);
  if (!a->process)
    return false;
  t->running++;
  a->data = g_malloc (BYTES_MAX + 1);
  g_input_stream_read_all_async (g_subprocess_get_stdout_pipe (a->process), a->data, BYTES_MAX + 1, G_PRIORITY_LOW,
                                 a->ended, on_read, a);
  return true;
}

static void
next (CfThumbnails *t)
{
  struct asking *a;

  while (t->running < AT_ONCE && (a = g_queue_pop_head (&t->waiting)))
    if (!start (a))
      asking_free (a);
}

static GdkPixbuf *
kept_of (CfThumbnails *t, const char *path)
{
  struct stat st;
  char *key = lstat (path, &st) ? NULL : key_of (path, &st);
  GdkPixbuf *picture = key ? g_hash_table_lookup (t->kept, key) : NULL;

  g_free (key);
  return picture;
}

void
cf_thumbnails_get (CfThumbnails *t, const char *path, GtkWidget *widget, cf_thumbnail_fn done)
{
  GdkPixbuf *kept = kept_of (t, path);
  struct asking *a;

  if (kept)
    done (widget, kept);
  if (kept || !t->program || g_queue_get_length (&t->waiting) >= WAITING_MAX)
    return;
  a = g_new0 (struct asking, 1);
  a->thumbnails = t;
  a->path = g_strdup (path);
  a->done = done;
  a->ended = g_object_ref (t->ended);
  g_weak_ref_init (&a->widget, widget);
  g_queue_push_tail (&t->waiting, a);
  next (t);
}

/* ---- all of them ---- */

CfThumbnails *
cf_thumbnails_new (void)
{
  CfThumbnails *t = g_new0 (CfThumbnails, 1);

  t->program = cf_paths_program (PROGRAM); /* PATH is no place to look for a sandbox */
  t->ended = g_cancellable_new ();
  g_queue_init (&t->waiting);
  g_queue_init (&t->order);
  t->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  return t;
}

void
cf_thumbnails_free (CfThumbnails *t)
{
  if (!t)
    return;
  g_cancellable_cancel (t->ended);
  g_object_unref (t->ended);
  g_queue_clear_full (&t->waiting, (GDestroyNotify) asking_free);
  g_queue_clear (&t->order);
  g_hash_table_destroy (t->kept);
  free (t->program);
  g_free (t);
}
