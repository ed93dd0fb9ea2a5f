/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tui_screen.c - what is on the screen: the frame at every size, scrolling, the client's own lines. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "ui/tui/frame.h"
#include "ui/tui/must.h"
#include "ui/tui/paper.h"
#include "ui/tui/scroll.h"

static int
set_up (void **state)
{
  (void) state;
  return setlocale (LC_CTYPE, "C.UTF-8") && !cf_secmem_setup () ? 0 : -1;
}

static void
assert_row (const struct cf_grid *grid, int row, const char *text)
{
  char *got = cf_grid_row (grid, row);

  assert_string_equal (got, text);
  free (got);
}

/* ---- scrolling ---- */

static size_t sizes[] = { 1, 3, 2, 10, 1, 1, 4 };

static size_t
lines_of (void *arg, size_t at)
{
  (void) arg;
  return sizes[at];
}

static const struct cf_scroll_source source = { sizeof sizes / sizeof *sizes, lines_of, NULL };

static void
assert_top (struct cf_scroll *scroll, int rows, size_t at, size_t line, int row)
{
  struct cf_scroll_top top;

  assert_true (cf_scroll_top (scroll, &source, rows, &top));
  assert_int_equal (top.at, at);
  assert_int_equal (top.line, line);
  assert_int_equal (top.row, row);
}

static void
test_scroll (void **state)
{
  struct cf_scroll scroll;

  (void) state;
  cf_scroll_init (&scroll);
  assert_top (&scroll, 5, 5, 0, 0);   /* 1 of block 5 and 4 of block 6 */
  assert_top (&scroll, 30, 0, 0, 8);  /* 22 lines in all: bottom-aligned */
  cf_scroll_by (&scroll, &source, -1, true);
  assert_top (&scroll, 5, 4, 0, 0);
  assert_false (scroll.follows);
  cf_scroll_by (&scroll, &source, -6, true); /* into block 3 */
  assert_top (&scroll, 5, 3, 4, 0);
  cf_scroll_by (&scroll, &source, -100, true);
  assert_top (&scroll, 5, 0, 0, 0);   /* as far as there is something */
  cf_scroll_by (&scroll, &source, 100, false);
  assert_false (scroll.follows);      /* what is there is not the newest */
  cf_scroll_by (&scroll, &source, 1, true);
  assert_true (scroll.follows);
}

/* A step up and a step down again are no step, from wherever. */
static void
test_scroll_back (void **state)
{
  struct cf_scroll scroll, before;
  struct cf_scroll_top a, b;

  (void) state;
  for (long start = 0; start < 17; start++)
    for (long by = 1; by < 17 - start; by++) {
      cf_scroll_init (&scroll);
      cf_scroll_by (&scroll, &source, -start, false);
      before = scroll;
      cf_scroll_top (&scroll, &source, 5, &a);
      cf_scroll_by (&scroll, &source, -by, false);
      cf_scroll_by (&scroll, &source, by, false);
      cf_scroll_top (&scroll, &source, 5, &b);
      assert_int_equal (a.at, b.at);
      assert_int_equal (a.line, b.line);
      (void) before;
    }
}

static void
test_scroll_changes (void **state)
{
  struct cf_scroll scroll;

  (void) state;
  cf_scroll_init (&scroll);
  cf_scroll_by (&scroll, &source, -5, true);
  assert_int_equal (scroll.at, 4);
  cf_scroll_inserted (&scroll, 0, 60); /* a page above: nothing moves */
  assert_int_equal (scroll.at, 64);
  cf_scroll_removed (&scroll, 0, 60);
  assert_int_equal (scroll.at, 4);
  cf_scroll_inserted (&scroll, 7, 1); /* below: nothing either */
  assert_int_equal (scroll.at, 4);
  cf_scroll_removed (&scroll, 3, 3); /* it is gone itself */
  assert_int_equal (scroll.at, 2);
}

static void
test_scroll_show (void **state)
{
  struct cf_scroll scroll;

  (void) state;
  cf_scroll_init (&scroll);
  cf_scroll_show (&scroll, &source, 5, 5, true); /* to be seen: nothing moves */
  assert_top (&scroll, 5, 5, 0, 0);
  cf_scroll_show (&scroll, &source, 2, 5, true); /* its top to the top */
  assert_top (&scroll, 5, 2, 0, 0);
  cf_scroll_show (&scroll, &source, 6, 5, true);
  assert_true (scroll.follows);
  cf_scroll_to (&scroll, &source, 3, 5); /* higher than the screen: its top */
  assert_top (&scroll, 5, 3, 0, 0);
}

/* ---- the client's own lines ---- */

static void
test_paper (void **state)
{
  struct cf_paper *paper = cf_paper_new ();
  const struct cf_area area = { 0, 0, 4, 20 };
  struct cf_scroll scroll;
  struct cf_grid grid;

  (void) state;
  cf_grid_init (&grid, 4, 20);
  cf_scroll_init (&scroll);
  cf_paper_draw (paper, &scroll, &grid, &area); /* nothing is there */
  cf_paper_add (paper, 0, 6, "14:05", "one two three four");
  cf_paper_add (paper, 0, 6, "a long label", "x");
  assert_int_equal (cf_paper_lines (paper, 20, 100), 4);
  cf_paper_draw (paper, &scroll, &grid, &area);
  assert_row (&grid, 0, "14:05 one two three");
  assert_row (&grid, 1, "      four");
  assert_row (&grid, 2, "a long label");
  assert_row (&grid, 3, "      x");
  for (int i = 0; i < CF_PAPER_MAX + 10; i++)
    cf_paper_add (paper, 0, 0, "", "line");
  assert_int_equal (cf_paper_count (paper), CF_PAPER_MAX);
  cf_paper_free (paper);
  cf_grid_done (&grid);
}

/* ---- the frame ---- */

static char item_texts[][32] = { "Confab", "Conversations", "Ana Lima with a long name", "Bob" };

static struct cf_item items[] = {
  { .kind = CF_ITEM_WINDOW, .number = 1, .text = item_texts[0] },
  { .kind = CF_ITEM_HEADING, .text = item_texts[1] },
  { .kind = CF_ITEM_WINDOW, .number = 2, .unread = 3, .text = item_texts[2] },
  { .kind = CF_ITEM_WINDOW, .number = 3, .active = true, .text = item_texts[3] },
};

static struct cf_frame
frame_with (struct cf_edit *edit)
{
  return (struct cf_frame) {
    .title = "Bob", .title_more = "Verified by password", .title_right = "muted", .items = items, .item_count = 4,
    .list = true, .notice = "", .status = "alice", .status_right = "F1 help", .question = "", .edit = edit,
  };
}

static void
draw (const struct cf_frame *frame, struct cf_grid *grid)
{
  struct cf_layout layout;

  cf_grid_clear (grid);
  cf_frame_layout (frame, grid->rows, grid->cols, &layout);
  cf_frame_draw (frame, &layout, grid);
}

static void
test_frame (void **state)
{
  struct cf_edit *edit = cf_edit_new (false);
  struct cf_frame frame = frame_with (edit);
  struct cf_grid grid;

  (void) state;
  cf_edit_insert (edit, "hello", 5);
  cf_grid_init (&grid, 10, 80);
  draw (&frame, &grid);
  assert_row (&grid, 0, " Bob  Verified by password                                                muted");
  assert_row (&grid, 1, " 1 Confab           \u2502");
  assert_row (&grid, 2, "Conversations       \u2502");
  assert_row (&grid, 3, " 2 Ana Lima with \u2026 3\u2502");
  assert_row (&grid, 4, " 3 Bob              \u2502");
  assert_row (&grid, 8, " alice                                                                  F1 help");
  assert_row (&grid, 9, "> hello");
  assert_int_equal (grid.cursor_row, 9);
  assert_int_equal (grid.cursor_col, 7);
  frame.notice = "something happened";
  frame.question = "Is it so?";
  draw (&frame, &grid);
  assert_row (&grid, 8, "Is it so?");
  assert_row (&grid, 7, " alice                                                                  F1 help");
  cf_grid_done (&grid);
  cf_edit_free (edit);
}

/* At every size: nothing is drawn outside, the cursor is on the screen, and the input line can be seen. */
static void
test_every_size (void **state)
{
  struct cf_edit *edit = cf_edit_new (false), *secret = cf_edit_new (true);
  struct cf_frame frame = frame_with (edit);
  struct cf_layout layout;
  struct cf_grid grid;

  (void) state;
  for (int i = 0; i < 30; i++)
    cf_edit_insert (edit, "words \u4f60\n", 10);
  cf_edit_insert (secret, "something long that is a secret", 31);
  frame.notice = "a notice that takes several lines in a narrow place, and goes on";
  frame.question = "Password that you have agreed on with Bob <bob@example.org>\nIt is not shown";
  for (int rows = 1; rows <= 30; rows++)
    for (int cols = 1; cols <= 100; cols += 3)
      for (int round = 0; round < 2; round++) {
        frame.edit = round ? secret : edit;
        cf_grid_init (&grid, rows, cols);
        cf_frame_layout (&frame, rows, cols, &layout);
        assert_true (layout.body.rows >= 0 && layout.body.cols >= 0);
        assert_true (layout.body.row + layout.body.rows <= rows);
        assert_true (layout.input.rows >= 1 && layout.input.row + layout.input.rows == rows);
        cf_frame_draw (&frame, &layout, &grid);
        assert_true (grid.cursor_row >= 0 && grid.cursor_row < rows);
        assert_true (grid.cursor_col >= 0 && grid.cursor_col < cols);
        cf_grid_done (&grid);
      }
  cf_edit_free (edit);
  cf_edit_free (secret);
}

static void
test_secret_is_hidden (void **state)
{
  struct cf_edit *edit = cf_edit_new (true);
  struct cf_frame frame = frame_with (edit);
  struct cf_grid grid;

  (void) state;
  cf_edit_insert (edit, "s\u00e9same", 7);
  cf_grid_init (&grid, 5, 40);
  draw (&frame, &grid);
  assert_row (&grid, 4, "> \u2022\u2022\u2022\u2022\u2022\u2022");
  assert_int_equal (grid.cursor_col, 8);
  cf_grid_done (&grid);
  cf_edit_free (edit);
}

static void
test_click (void **state)
{
  struct cf_edit *edit = cf_edit_new (false);
  struct cf_frame frame = frame_with (edit);
  struct cf_layout layout;

  (void) state;
  cf_frame_layout (&frame, 24, 80, &layout);
  assert_ptr_equal (cf_frame_item_at (&frame, &layout, 3, 2), &items[2]);
  assert_null (cf_frame_item_at (&frame, &layout, 3, 50));
  assert_null (cf_frame_item_at (&frame, &layout, 0, 2));
  assert_null (cf_frame_item_at (&frame, &layout, 9, 2));
  cf_edit_free (edit);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_scroll),      cmocka_unit_test (test_scroll_back),
    cmocka_unit_test (test_scroll_show), cmocka_unit_test (test_scroll_changes),
    cmocka_unit_test (test_paper),       cmocka_unit_test (test_frame),
    cmocka_unit_test (test_every_size),  cmocka_unit_test (test_secret_is_hidden),
    cmocka_unit_test (test_click),
  };

  return cmocka_run_group_tests_name ("tui screen", tests, set_up, NULL);
}
