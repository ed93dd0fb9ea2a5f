/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gtk_scroll.c - what scrolling through 10,000 messages costs (P10), beside as many bare labels.
 *
 * A window as large as people have it, rows made of a history like theirs, fetched in pages of 60 and 300 kept, as the
 * client does; scrolled from the newest to the oldest as fast as a hard flick does.  A frame is measured by the frame
 * clock: from its begin to the end of its painting, and from one to the next.
 */

#include <config.h>

#include <gtk/gtk.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ui/client/timeline.h"
#include "ui/client/words.h"
#include "ui/gtk/message_row.h"
#include "ui/gtk/timeline_view.h"

#define MESSAGES 10000
#define STEP_PX 600 /* a frame: 36,000 pixels a second */
#define FRAME_MS 33.0
#define START_UTC_MS 1762000000000ll

struct bench {
  GtkWidget *window, *view; /* view: NULL for the baseline */
  GtkAdjustment *adjustment;
  size_t first, last; /* the messages in VIEW: FIRST ... LAST - 1 */
  bool running;
  gint64 began, before, cpu_began;
  double first_ms;
  GArray *works, *cpus, *gaps; /* double, ms */
};

static json_t *history;

/* ---- a history ---- */

static json_t *
message_new (unsigned i)
{
  static const char *const texts[] = {
    "Yes.",
    "Are you coming to the meeting tomorrow, or shall we write down what was said?",
    "I have looked at it again: see https://example.org/minutes/2026?page=3 for what they decided.",
    "👍",
    "It is a long story. First nobody answered, then everybody did, and in the end we agreed that the best would be to "
    "meet once more on Thursday, with everybody who was there the last time, and to bring the papers along.",
    "שלום, מה שלומך?",
    "One\nTwo\nThree",
    "ok",
  };
  static const char *const states[] = { "delivered", "read", "sent" };
  bool out = i / 3 % 2;
  char id[40], when[CF_TIME_SIZE];
  json_t *row;

  g_snprintf (id, sizeof id, "%032x", i);
  cf_time_format (START_UTC_MS + (int64_t) i * 47000, when);
  row = json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "message", id, "conversation", "c0ffee", "direction",
                   out ? "out" : "in", "author", out ? "A0" : "B1", "sent_at", when, "received_at", when, "text",
                   texts[i * 7 / 3 % G_N_ELEMENTS (texts)], "state", states[i / 5 % 3], "signature", "valid");
  if (i % 11 == 0)
    json_object_set_new (row, "reactions",
                         json_pack ("[{s:s, s:s, s:s}]", "emoji", "👍", "author", "B1", "direction", "in"));
  if (i % 13 == 0 && i)
    json_object_set_new (row, "quote",
                         json_pack ("{s:s, s:s, s:s, s:s, s:b}", "message", "00", "author", "B1", "direction", "in",
                                    "text", "Are you coming to the meeting tomorrow?", "deleted", 0));
  return row;
}

static GtkWidget *
make_row (gpointer arg, guint at)
{
  struct bench *b = arg;
  size_t i = b->first + at;
  json_t *json = json_array_get (history, i), *before = i ? json_array_get (history, i - 1) : NULL;
  bool out = !strcmp (json_string_value (json_object_get (json, "direction")), "out");
  struct cf_message_row_place place = { .continues = before && cf_words_same_group (before, json),
                                        .day = !cf_words_same_day (before, json),
                                        .author = out ? "You" : "Bettina Sommer",
                                        .name = "Bettina Sommer",
                                        .peer = "Bettina Sommer" };

  return cf_message_row_new (json, &place);
}

static void
on_near_start (CfTimelineView *view, struct bench *b)
{
  size_t count = MIN (b->first, CF_TIMELINE_PAGE);

  if (!count)
    return;
  b->first -= count;
  cf_timeline_view_insert (view, 0, (guint) count);
  if (b->last - b->first > CF_TIMELINE_MAX) {
    size_t gone = b->last - b->first - CF_TIMELINE_MAX;

    cf_timeline_view_set_follow (view, false);
    b->last -= gone;
    cf_timeline_view_remove (view, CF_TIMELINE_MAX, (guint) gone);
  }
}

/* ---- frames ---- */

static double
cpu_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}

static void
on_before (GdkFrameClock *clock, struct bench *b)
{
  double gap = (double) (g_get_monotonic_time () - b->before) / 1000;

  (void) clock;
  if (b->before)
    g_array_append_val (b->gaps, gap);
  b->before = g_get_monotonic_time ();
  b->cpu_began = (gint64) (cpu_ms () * 1000);
}

static void
on_after (GdkFrameClock *clock, struct bench *b)
{
  double work = (double) (g_get_monotonic_time () - b->before) / 1000, cpu = cpu_ms () - (double) b->cpu_began / 1000;

  (void) clock;
  g_array_append_val (b->works, work);
  g_array_append_val (b->cpus, cpu);
}

static gboolean
scroll (GtkWidget *widget, GdkFrameClock *clock, gpointer arg)
{
  struct bench *b = arg;
  double value = gtk_adjustment_get_value (b->adjustment);

  (void) widget;
  (void) clock;
  if (value <= gtk_adjustment_get_lower (b->adjustment) && !b->first) {
    b->running = false;
    return G_SOURCE_REMOVE;
  }
  gtk_adjustment_set_value (b->adjustment, value - STEP_PX);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_first_draw (GtkWidget *widget, cairo_t *cr, struct bench *b)
{
  (void) widget;
  (void) cr;
  if (!b->first_ms)
    b->first_ms = (double) (g_get_monotonic_time () - b->began) / 1000;
  return FALSE;
}

static int
by_size (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
print_times (const char *what, GArray *times)
{
  double *t = (double *) times->data;
  guint n = times->len, over = 0;

  qsort (t, n, sizeof *t, by_size);
  for (guint i = 0; i < n; i++)
    over += t[i] > FRAME_MS;
  g_print ("  %-28s median %5.1f  p99 %5.1f  worst %5.1f ms; over %.0f ms: %u of %u\n", what, n ? t[n / 2] : 0,
           n ? t[n - 1 - n / 100] : 0, n ? t[n - 1] : 0, FRAME_MS, over, n);
}

static GtkWidget *
labels_new (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  for (size_t i = 0; i < MESSAGES; i++) {
    GtkWidget *label = gtk_label_new (json_string_value (json_object_get (json_array_get (history, i), "text")));

    gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
    gtk_label_set_xalign (GTK_LABEL (label), 0);
    gtk_container_add (GTK_CONTAINER (box), label);
  }
  return box;
}

static void
settle (void)
{
  while (gtk_events_pending ())
    gtk_main_iteration ();
}

static void
run (const char *title, bool bare)
{
  struct bench b = { .running = true };
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);

  b.works = g_array_new (FALSE, FALSE, sizeof (double));
  b.cpus = g_array_new (FALSE, FALSE, sizeof (double));
  b.gaps = g_array_new (FALSE, FALSE, sizeof (double));
  b.last = bare ? 0 : MESSAGES;
  b.first = bare ? 0 : MESSAGES - CF_TIMELINE_PAGE;
  b.began = g_get_monotonic_time ();
  b.window = gtk_window_new (GTK_WINDOW_TOPLEVEL);
  gtk_window_set_default_size (GTK_WINDOW (b.window), 700, 800);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  if (bare) {
    gtk_container_add (GTK_CONTAINER (scrolled), labels_new ());
  } else {
    b.view = cf_timeline_view_new (make_row, &b);
    g_signal_connect (b.view, "near-start", G_CALLBACK (on_near_start), &b);
    gtk_container_add (GTK_CONTAINER (scrolled), b.view);
    cf_timeline_view_insert (CF_TIMELINE_VIEW (b.view), 0, (guint) (b.last - b.first));
  }
  gtk_container_add (GTK_CONTAINER (b.window), scrolled);
  b.adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  g_signal_connect_after (scrolled, "draw", G_CALLBACK (on_first_draw), &b);
  gtk_widget_show_all (b.window);
  while (!b.first_ms)
    gtk_main_iteration ();
  settle ();
  gtk_adjustment_set_value (b.adjustment, gtk_adjustment_get_upper (b.adjustment));
  settle ();
  g_signal_connect (gtk_widget_get_frame_clock (b.window), "before-paint", G_CALLBACK (on_before), &b);
  g_signal_connect (gtk_widget_get_frame_clock (b.window), "after-paint", G_CALLBACK (on_after), &b);
  gtk_widget_add_tick_callback (b.window, scroll, &b, NULL);
  while (b.running)
    gtk_main_iteration ();
  g_print ("%s\n  first frame %.0f ms\n", title, b.first_ms);
  print_times ("from one frame to the next", b.gaps);
  print_times ("work of a frame", b.works);
  print_times ("processor time of a frame", b.cpus);
  g_signal_handlers_disconnect_by_data (gtk_widget_get_frame_clock (b.window), &b);
  gtk_widget_destroy (b.window);
  settle ();
  g_array_unref (b.works);
  g_array_unref (b.cpus);
  g_array_unref (b.gaps);
}

int
main (int argc, char **argv)
{
  if (!gtk_init_check (&argc, &argv)) {
    g_printerr ("gtk_scroll: no display\n");
    return 77;
  }
  history = json_array ();
  for (unsigned i = 0; i < MESSAGES; i++)
    json_array_append_new (history, message_new (i));
  run ("10,000 messages", false);
  if (argc < 2) /* an argument: without the baseline, which takes minutes */
    run ("baseline: 10,000 bare labels in a box", true);
  json_decref (history);
  return 0;
}
