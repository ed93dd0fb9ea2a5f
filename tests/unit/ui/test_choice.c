/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_choice.c - who scrolls past a choice does not choose. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "ui/gtk/choice.h"

/* What is chosen of three after one step of the wheel. */
static int
after_wheel (bool tame)
{
  GtkWidget *window = gtk_window_new (GTK_WINDOW_TOPLEVEL), *choice = gtk_combo_box_text_new ();
  GdkEvent *event = gdk_event_new (GDK_SCROLL);
  int active;

  for (int i = 0; i < 3; i++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (choice), NULL, "for good");
  gtk_combo_box_set_active (GTK_COMBO_BOX (choice), 1);
  if (tame)
    cf_choice_tame (GTK_COMBO_BOX (choice));
  gtk_container_add (GTK_CONTAINER (window), choice);
  gtk_widget_show_all (window);
  event->scroll.window = g_object_ref (gtk_widget_get_window (choice));
  event->scroll.direction = GDK_SCROLL_DOWN;
  gtk_widget_event (choice, event);
  active = gtk_combo_box_get_active (GTK_COMBO_BOX (choice));
  gdk_event_free (event);
  gtk_widget_destroy (window);
  return active;
}

static void
test_wheel (void **state)
{
  (void) state;
  assert_int_equal (after_wheel (false), 2); /* GTK's own way: else this would test nothing */
  assert_int_equal (after_wheel (true), 1);
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_wheel) };

  if (!gtk_init_check (&argc, &argv)) {
    puts ("1..0 # SKIP no display");
    return 0;
  }
  cmocka_set_message_output (CM_OUTPUT_TAP);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
