/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_contrast.c - what is written can be read: the contrast of every style of text, in light and dark.
 *
 * Each place is a path of CSS nodes, as the inspector shows them.  What GTK draws below the text is drawn here, the
 * text's colour laid over it, and the ratio computed as WCAG 2 defines it: 4.5 for text, 3 for large text, icons and
 * marks.  What cannot be used is exempt there, and here.
 */
#include <config.h>

#include <gtk/gtk.h>
#include <handy.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ui/client/words.h"

#define SIZE 64 /* of what is drawn, in pixels */
#define DEPTH_MAX 12
#define TEXT 4.5
#define MARK 3.0
#define W "window.background "
#define T W "scrolledwindow timeline message"

extern void cf_gtk_register_resource (void); /* made by glib-compile-resources */

static const struct {
  const char *path;
  double least, alpha; /* alpha: what the text has beside its style; 0: none */
} places[] = {
  { W "label", TEXT, 0 },
  { W "label.dim-label", TEXT, 0 },
  { W "label.cf-title", TEXT, 0 },
  { W "label.cf-section", TEXT, 0 },
  { W "label.cf-fingerprint-small", TEXT, 0 },
  { W "label.cf-fact-title", TEXT, 0 },
  { W "label.cf-note", TEXT, 0 },
  { W "label.cf-warning", TEXT, 0 },
  { W "label.cf-wrong", TEXT, 0 },
  { W "label.cf-bad", TEXT, 0 },
  { W "label.cf-badge", TEXT, 0 },
  { W "image.cf-good", MARK, 0 },
  { W "image.dim-label", MARK, 0 },
  { W "headerbar.titlebar label.title", TEXT, 0 },
  { W "headerbar.titlebar label.subtitle.dim-label", TEXT, 0 },
  { W "headerbar.titlebar button.image-button image", MARK, 0 },
  { W "list.cf-list row.activatable label.cf-name", TEXT, 0 },
  { W "list.cf-list row.activatable label.cf-line", TEXT, 0 },
  { W "list.cf-list row.activatable:hover label.cf-line", TEXT, 0 },
  { W "list.cf-list row.activatable:selected label.cf-name", TEXT, 0 },
  { W "list.cf-list row.activatable:selected label.cf-line", TEXT, 0 },
  { W "list.cf-list row.activatable:selected:hover label.cf-line", TEXT, 0 },
  { W "list.cf-list row.activatable.cf-warned label.cf-line", TEXT, 0 },
  { W "list.cf-list row.activatable label.cf-pill", TEXT, 0 },
  { W "list.cf-list row.activatable:selected label.cf-pill", TEXT, 0 },
  { W "list.content row.activatable label.title", TEXT, 0 },
  { W "list.content row.activatable label.subtitle", TEXT, 0 },
  { W "preferencesgroup label.dim-label", TEXT, 0 },
  { W "box.cf-key-bar label", TEXT, 0 },
  { W "button.suggested-action label", TEXT, 0 },
  { W "button.suggested-action:hover label", TEXT, 0 },
  { W "button.destructive-action label", TEXT, 0 },
  { W "button.destructive-action:hover label", TEXT, 0 },
  { W "button label", TEXT, 0 },
  { W "label:link", TEXT, 0 },
  { W "label selection", TEXT, 0 },
  { W "entry", TEXT, 0 },
  { W "entry selection", TEXT, 0 },
  { T " label", TEXT, 0 },
  { T " label", TEXT, 0.75 }, /* when it was said */
  { T " label:link", TEXT, 0 },
  { T " label selection", TEXT, 0 },
  { T " label.message-state", TEXT, 0 },
  { T " label.message-deleted", TEXT, 0 },
  { T " label.day-separator", TEXT, 0 },
  { T " label.unread-line", TEXT, 0 },
  { T " box.message-trouble label", TEXT, 0 },
  { T " box.message-trouble button label", TEXT, 0 },
  { T " button.quote.flat label.quote-author", TEXT, 0 },
  { T " button.quote.flat label.quote-text", TEXT, 0 },
  { T " button.quote.flat:hover label.quote-text", TEXT, 0 },
  { T " button.pill label", TEXT, 0 },
  { T " button.pill.own label", TEXT, 0 },
  { T " button.show-more label", TEXT, 0 },
  { T ".acting label.message-state", TEXT, 0 },
  { T ".acting label:link", TEXT, 0 },
  { T ".flash label", TEXT, 0 },
  { T ".flash label.message-state", TEXT, 0 },
  { T ".notice label", TEXT, 0 },
  { T ".notice image", MARK, 0 },
  { W "label.typing", TEXT, 0 },
  { W "box.composer box.composer-frame textview text", TEXT, 0 },
  { W "box.composer box.composer-frame textview text selection", TEXT, 0 },
  { W "box.composer box.composer-frame label.composer-hint", TEXT, 0 },
  { W "box.composer label.composer-too-long", TEXT, 0 },
  { "menu menuitem:hover label", TEXT, 0 },
  { "popover.background modelbutton.flat:hover label", TEXT, 0 },
  { "tooltip.background label", TEXT, 0 },
};

/* Marks that are drawn without text: what, on which ground. */
static const struct {
  const char *mark, *ground;
} marks[] = {
  { "cf_mark", "theme_base_color" }, /* rings of focus, the line of a quote */
  { "cf_mark", "theme_bg_color" },
  { "cf_error", "theme_base_color" },
};

/* ---- colours ---- */

static double
linear (double c)
{
  return c <= 0.03928 ? c / 12.92 : pow ((c + 0.055) / 1.055, 2.4);
}

static double
luminance (const GdkRGBA *c)
{
  return 0.2126 * linear (c->red) + 0.7152 * linear (c->green) + 0.0722 * linear (c->blue);
}

static double
contrast (const GdkRGBA *a, const GdkRGBA *b)
{
  double x = luminance (a), y = luminance (b);

  return (fmax (x, y) + 0.05) / (fmin (x, y) + 0.05);
}

static GdkRGBA
over (const GdkRGBA *front, double alpha, const GdkRGBA *ground)
{
  return (GdkRGBA){ front->red * alpha + ground->red * (1 - alpha), front->green * alpha + ground->green * (1 - alpha),
                    front->blue * alpha + ground->blue * (1 - alpha), 1 };
}

/* ---- a place ---- */

/* One node: "name.class.class:state". */
static void
append_node (GtkWidgetPath *path, const char *node, GtkStateFlags base, GtkStateFlags *r_state)
{
  static const struct {
    const char *name;
    GtkStateFlags flag;
  } states[] = { { "hover", GTK_STATE_FLAG_PRELIGHT }, { "selected", GTK_STATE_FLAG_SELECTED }, { "link", GTK_STATE_FLAG_LINK } };
  char **by_state = g_strsplit (node, ":", -1), **classes = g_strsplit (by_state[0], ".", -1);

  gtk_widget_path_append_type (path, G_TYPE_NONE);
  gtk_widget_path_iter_set_object_name (path, -1, classes[0]);
  for (char **class = classes + 1; *class; class++)
    gtk_widget_path_iter_add_class (path, -1, *class);
  *r_state = base;
  for (char **state = by_state + 1; *state; state++)
    for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
      if (!strcmp (*state, states[i].name))
        *r_state |= states[i].flag;
  gtk_widget_path_iter_set_state (path, -1, *r_state);
  g_strfreev (classes);
  g_strfreev (by_state);
}

static GdkRGBA
pixel (cairo_surface_t *surface, int x, int y)
{
  const uint8_t *at = cairo_image_surface_get_data (surface) + y * cairo_image_surface_get_stride (surface) + x * 4;
  uint32_t argb;

  memcpy (&argb, at, sizeof argb);
  return (GdkRGBA){ (argb >> 16 & 255) / 255.0, (argb >> 8 & 255) / 255.0, (argb & 255) / 255.0, 1 };
}

/* The worst contrast of text at PATH, for there may be a gradient below it.  All of it is in the state BASE, too. */
static double
measure (const char *path_text, double alpha, GtkStateFlags base)
{
  char **nodes = g_strsplit (path_text, " ", DEPTH_MAX);
  GtkWidgetPath *path = gtk_widget_path_new ();
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, SIZE, SIZE);
  cairo_t *cr = cairo_create (surface);
  GtkStyleContext *context = NULL;
  GtkStateFlags state = 0;
  double worst = 21;
  GdkRGBA color;

  for (char **node = nodes; *node; node++) {
    GtkStyleContext *inner = gtk_style_context_new ();
    double opacity;

    append_node (path, *node, base, &state);
    gtk_style_context_set_path (inner, path);
    gtk_style_context_set_parent (inner, context);
    gtk_style_context_set_state (inner, state);
    gtk_render_background (inner, cr, 0, 0, SIZE, SIZE);
    gtk_style_context_get (inner, state, "opacity", &opacity, NULL);
    alpha *= opacity;
    g_clear_object (&context);
    context = inner;
  }
  gtk_style_context_get_color (context, state, &color);
  cairo_surface_flush (surface);
  for (int y = SIZE / 4; y <= SIZE * 3 / 4; y++) {
    GdkRGBA ground = pixel (surface, SIZE / 2, y), text = over (&color, color.alpha * alpha, &ground);

    worst = fmin (worst, contrast (&text, &ground));
  }
  g_object_unref (context);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  gtk_widget_path_free (path);
  g_strfreev (nodes);
  return worst;
}

static void
use_theme (bool dark)
{
  hdy_style_manager_set_color_scheme (hdy_style_manager_get_default (),
                                      dark ? HDY_COLOR_SCHEME_FORCE_DARK : HDY_COLOR_SCHEME_FORCE_LIGHT);
}

static int
look_at_places (GtkStateFlags base)
{
  int bad = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    double ratio = measure (places[i].path, places[i].alpha > 0 ? places[i].alpha : 1, base);

    if (base && !g_str_has_prefix (places[i].path, W)) /* menus are never behind */
      continue;
    if (ratio < places[i].least) {
      print_message ("%.2f, not %.1f: %s%s\n", ratio, places[i].least, places[i].path,
                     base ? ", the window not in front" : "");
      bad++;
    }
  }
  return bad;
}

static int
look_at_marks (void)
{
  GtkWidget *window = gtk_window_new (GTK_WINDOW_TOPLEVEL);
  GtkStyleContext *context = gtk_widget_get_style_context (window);
  int bad = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++) {
    GdkRGBA mark, ground;

    assert_true (gtk_style_context_lookup_color (context, marks[i].mark, &mark));
    assert_true (gtk_style_context_lookup_color (context, marks[i].ground, &ground));
    if (contrast (&mark, &ground) < MARK) {
      print_message ("%.2f, not %.1f: %s on %s\n", contrast (&mark, &ground), MARK, marks[i].mark, marks[i].ground);
      bad++;
    }
  }
  gtk_widget_destroy (window);
  return bad;
}

static void
test_light (void **state)
{
  (void) state;
  use_theme (false);
  assert_int_equal (look_at_places (0) + look_at_places (GTK_STATE_FLAG_BACKDROP) + look_at_marks (), 0);
}

static void
test_dark (void **state)
{
  (void) state;
  use_theme (true);
  assert_int_equal (look_at_places (0) + look_at_places (GTK_STATE_FLAG_BACKDROP) + look_at_marks (), 0);
}

/* Initials are white, and small in a list. */
static void
test_avatars (void **state)
{
  const GdkRGBA white = { 1, 1, 1, 1 };

  (void) state;
  for (unsigned i = 0; i < CF_WORDS_COLORS; i++) {
    uint32_t rgb = cf_words_rgb (i);
    GdkRGBA color = { (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, 1 };

    assert_true (contrast (&white, &color) >= TEXT);
  }
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_light),
    cmocka_unit_test (test_dark),
    cmocka_unit_test (test_avatars),
  };
  GtkCssProvider *provider;
  int failed;

  if (!gtk_init_check (&argc, &argv)) {
    puts ("1..0 # SKIP no display");
    return 0;
  }
  hdy_init ();
  cf_gtk_register_resource ();
  provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (provider, "/im/confab/Confab/style.css");
  gtk_style_context_add_provider_for_screen (gdk_screen_get_default (), GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  cmocka_set_message_output (CM_OUTPUT_TAP);
  failed = cmocka_run_group_tests (tests, NULL, NULL);
  g_object_unref (provider);
  return failed;
}
