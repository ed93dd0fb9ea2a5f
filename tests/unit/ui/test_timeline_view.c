/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_timeline_view.c - what one reads does not move, whatever comes and goes above and below. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "ui/gtk/timeline_view.h"

#define WIDTH 300
#define HEIGHT 400

static GtkWidget *window;
static CfTimelineView *view;
static GtkAdjustment *adjustment;
static unsigned made;

/* Rows of different heights, which nobody can guess. */
static GtkWidget *
make (gpointer arg, guint at)
{
  GtkWidget *row = gtk_drawing_area_new ();

  (void) arg;
  (void) at;
  gtk_widget_set_size_request (row, -1, 20 + (int) (made++ * 37 % 90));
  gtk_widget_show (row);
  return row;
}

static gboolean
ask_for_frame (gpointer arg)
{
  (void) arg;
  gtk_widget_queue_draw (window);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_draw (GtkWidget *widget, gpointer cr, gpointer drawn)
{
  (void) widget;
  (void) cr;
  *(gboolean *) drawn = TRUE;
  return FALSE;
}

/* Until what is pending is done, and a frame is drawn: rows are measured by its layout.  It is asked for again and again:
   one that is asked for before the window is on the screen may never come. */
static void
settle (void)
{
  gboolean drawn = FALSE;
  gulong handler;
  guint timer;

  while (gtk_events_pending ())
    gtk_main_iteration ();
  if (!gtk_widget_get_mapped (window))
    return;
  handler = g_signal_connect (window, "draw", G_CALLBACK (on_draw), &drawn);
  timer = g_timeout_add (20, ask_for_frame, NULL);
  while (!drawn)
    gtk_main_iteration ();
  g_source_remove (timer);
  g_signal_handler_disconnect (window, handler);
}

static int
place_of (GtkWidget *row)
{
  GdkRectangle place;

  cf_timeline_view_place (view, (guint) cf_timeline_view_index (view, row), &place);
  return place.y;
}

static GtkWidget *
seen_row (guint *r_at)
{
  guint first, last;

  assert_true (cf_timeline_view_visible (view, &first, &last));
  *r_at = (first + last) / 2;
  return cf_timeline_view_widget (view, *r_at);
}

static int
set_up (void **state)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);

  (void) state;
  window = gtk_window_new (GTK_WINDOW_TOPLEVEL);
  gtk_window_set_default_size (GTK_WINDOW (window), WIDTH, HEIGHT);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_EXTERNAL);
  view = CF_TIMELINE_VIEW (cf_timeline_view_new (make, NULL));
  gtk_container_add (GTK_CONTAINER (scrolled), GTK_WIDGET (view));
  gtk_container_add (GTK_CONTAINER (window), scrolled);
  adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  cf_timeline_view_insert (view, 0, 100);
  gtk_widget_show_all (window);
  settle ();
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  gtk_widget_destroy (window);
  while (gtk_events_pending ())
    gtk_main_iteration ();
  return 0;
}

static void
test_begins_at_end (void **state)
{
  (void) state;
  assert_true (cf_timeline_view_at_end (view));
  cf_timeline_view_insert (view, 100, 1); /* who looks at the end goes on seeing it */
  settle ();
  assert_true (cf_timeline_view_at_end (view));
  assert_int_equal (gtk_adjustment_get_value (adjustment),
                    gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment));
}

static void
test_scrolls_exactly (void **state)
{
  guint at;

  (void) state;
  for (int i = 0; i < 40; i++) {
    GtkWidget *row = seen_row (&at);
    int before = place_of (row);

    gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 71);
    assert_int_equal (place_of (row), before + 71);
    settle ();
    assert_int_equal (place_of (row), before + 71);
  }
}

static void
test_pages_do_not_move (void **state)
{
  guint at;

  (void) state;
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 3000);
  for (int i = 0; i < 10; i++) {
    GtkWidget *row;
    int before;

    gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 150);
    settle ();
    row = seen_row (&at);
    before = place_of (row);
    cf_timeline_view_insert (view, 0, 60);
    assert_int_equal (place_of (row), before);
    cf_timeline_view_set_follow (view, false);
    cf_timeline_view_remove (view, cf_timeline_view_count (view) - 20, 20);
    settle ();
    assert_int_equal (place_of (row), before);
    cf_timeline_view_remove (view, 0, 10);
    cf_timeline_view_insert (view, cf_timeline_view_count (view), 20);
    settle ();
    assert_int_equal (place_of (row), before);
  }
}

static void
test_heights_do_not_move (void **state)
{
  guint at;
  GtkWidget *row;
  int before;

  (void) state;
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 900);
  settle ();
  seen_row (&at);
  assert_true (cf_timeline_view_visible (view, &at, &(guint){ 0 }));
  row = cf_timeline_view_widget (view, at);
  before = place_of (row);
  gtk_widget_set_size_request (cf_timeline_view_widget (view, at + 1), -1, 300);
  if (at > 0 && cf_timeline_view_widget (view, at - 1))
    gtk_widget_set_size_request (cf_timeline_view_widget (view, at - 1), -1, 300);
  settle ();
  assert_int_equal (place_of (row), before);
}

static void
count_child (GtkWidget *widget, gpointer arg)
{
  (void) widget;
  (*(guint *) arg)++;
}

/* Widgets of removed rows are destroyed a few at a time, but they are. */
static void
test_removed_rows_go (void **state)
{
  guint there = 0, left = 0;

  (void) state;
  for (int i = 0; i < 30; i++) {
    gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 150);
    settle ();
  }
  gtk_container_foreach (GTK_CONTAINER (view), count_child, &there);
  assert_true (there > 50);
  cf_timeline_view_remove (view, 10, 90);
  settle ();
  settle (); /* what is pending includes their destruction */
  gtk_container_foreach (GTK_CONTAINER (view), count_child, &left);
  assert_true (left <= 10);
}

static void
test_few_lie_below (void **state)
{
  GdkRectangle place;

  (void) state;
  cf_timeline_view_remove (view, 2, 98);
  settle ();
  cf_timeline_view_place (view, 1, &place);
  assert_int_equal (place.y + place.height, gtk_widget_get_allocated_height (GTK_WIDGET (view)));
  cf_timeline_view_clear (view);
  settle ();
  assert_false (cf_timeline_view_visible (view, &(guint){ 0 }, &(guint){ 0 }));
}

static void
test_reveal (void **state)
{
  GdkRectangle place;

  (void) state;
  cf_timeline_view_reveal (view, 10, 0);
  settle ();
  cf_timeline_view_place (view, 10, &place);
  assert_int_equal (place.y, 0);
  cf_timeline_view_reveal (view, 99, 0.5);
  settle ();
  cf_timeline_view_place (view, 99, &place);
  assert_int_equal (place.y + place.height, gtk_widget_get_allocated_height (GTK_WIDGET (view)));
  assert_true (cf_timeline_view_at_end (view));
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_begins_at_end, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_scrolls_exactly, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_pages_do_not_move, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_heights_do_not_move, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_removed_rows_go, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_few_lie_below, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_reveal, set_up, tear_down),
  };

  if (!gtk_init_check (&argc, &argv)) {
    puts ("1..0 # SKIP no display");
    return 0;
  }
  cmocka_set_message_output (CM_OUTPUT_TAP);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
