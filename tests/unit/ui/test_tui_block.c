/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tui_block.c - what a message looks like, wide and narrow, and when its author is hostile. */
#include <config.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/phrase.h"
#include "ui/client/words.h"
#include "ui/tui/block.h"
#include "ui/tui/command.h"

#define ROWS 20

static int
set_up (void **state)
{
  (void) state;
  setenv ("TZ", "UTC", 1);
  tzset ();
  return setlocale (LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static json_t *
message (const char *direction, const char *text)
{
  return json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "message", "00", "direction", direction, "author",
                    !strcmp (direction, "out") ? "AA" : "BB", "sent_at", "2026-11-22T14:05:10.000Z", "received_at",
                    "2026-11-22T14:05:11.000Z", "text", text, "state", !strcmp (direction, "out") ? "sent" : "", "signature",
                    "valid", "kind", "text");
}

/* The lines of ROW below BEFORE (both are released), as text. */
static char *
drawn (int cols, json_t *before, json_t *row, struct cf_block_place place)
{
  const struct cf_block_style style = { cols, INT64_C (1795356600000), "Ana Lima Fernandes", CF_LOOK_HUE };
  const struct cf_area area = { 0, 0, ROWS, cols };
  struct cf_block block;
  struct cf_grid grid;
  char *all = calloc (1, ROWS * 800), *line;

  place.before = before;
  place.row = row;
  memset (&block, 0, sizeof block);
  cf_block_init (&block, &style, &place);
  assert_true (block.count >= 1);
  cf_grid_init (&grid, ROWS, cols);
  for (size_t i = 0; i < block.count && i < ROWS; i++) {
    cf_block_draw (&block, i, &grid, &area, (int) i);
    line = cf_grid_row (&grid, (int) i);
    strcat (strcat (all, line), "\n");
    free (line);
  }
  cf_grid_done (&grid);
  cf_block_done (&block);
  json_decref (before);
  json_decref (row);
  return all;
}
#define PLACE(...) ((struct cf_block_place) { __VA_ARGS__ })

static void
check (char *got, const char *wanted)
{
  assert_string_equal (got, wanted);
  free (got);
}

static void
test_wide (void **state)
{
  json_t *row = message ("in", "Shall we meet at eight, at the usual place, or rather somewhere else?");

  (void) state;
  check (drawn (60, message ("out", "x"), row, PLACE (0)),
         "14:05 Ana \u2502 Shall we meet at eight, at the usual place, or\n"
         "          \u2502 rather somewhere else?\n");
}

static void
test_grouped (void **state)
{
  (void) state;
  check (drawn (60, message ("in", "x"), message ("in", "y"), PLACE (0)), "          \u2502 y\n");
}

static void
test_narrow (void **state)
{
  (void) state;
  check (drawn (30, message ("out", "x"), message ("in", "one\ntwo"), PLACE (0)), "Ana Lima Fernandes 14:05\none\ntwo\n");
  check (drawn (30, message ("in", "x"), message ("in", "y"), PLACE (0)), "y\n");
  check (drawn (30, message ("in", "x"), message ("in", "y"), PLACE (.number = 3)), "3 Ana Lima Fernandes 14:05\ny\n");
}

static void
test_own (void **state)
{
  json_t *row = message ("out", "hello"), *edited = message ("out", "hello");

  (void) state;
  json_object_set_new (row, "state", json_string ("delivered"));
  check (drawn (30, message ("out", "x"), json_incref (row), PLACE (0)), "hello\n");
  check (drawn (30, message ("out", "x"), row, PLACE (.newest_own = true)), "hello  (Delivered)\n");
  json_object_set_new (edited, "edited", json_true ());
  check (drawn (30, message ("out", "x"), edited, PLACE (0)), "hello  (edited, Sent)\n");
}

static void
test_quote_and_reactions (void **state)
{
  json_t *row = message ("in", "Yes!");

  (void) state;
  json_object_set_new (row, "reply_to", json_string ("11"));
  json_object_set_new (row, "quote", json_pack ("{s:s, s:s, s:b}", "direction", "out", "text", "Shall we\nmeet?", "deleted", 0));
  json_object_set_new (row, "reactions", json_pack ("[{s:s, s:s}]", "emoji", "\U0001F44D", "direction", "out"));
  check (drawn (30, message ("in", "x"), json_incref (row), PLACE (0)), "\u2502 you: Shall we meet?\nYes!\n\U0001F44D you\n");
  json_object_del (row, "quote");
  check (drawn (60, message ("in", "x"), row, PLACE (0)),
         "          \u2502 \u2502 an answer to a message that is not here any m\u2026\n"
         "          \u2502 Yes!\n"
         "          \u2502 \U0001F44D you\n");
}

static json_t *
transfer (const char *state, int done)
{
  return json_pack ("{s:s, s:s, s:s, s:i, s:i, s:s}", "direction", "in", "name", "a.pdf", "state", state, "done", done, "size",
                    3200000, "path", "/home/u/a.pdf");
}

static void
test_file (void **state)
{
  json_t *row = message ("in", "a.pdf"), *offered = transfer ("offered", 0), *active = transfer ("active", 1600000),
         *done = transfer ("done", 3200000);

  (void) state;
  json_object_set_new (row, "kind", json_string ("file"));
  check (drawn (60, message ("out", "x"), json_incref (row), PLACE (.transfer = offered)),
         "14:05 Ana \u2502 a.pdf\n"
         "          \u2502 Offered \u00b7 3.2 MB\n"
         "          \u2502 /accept-file takes it, /refuse-file does not\n");
  check (drawn (60, message ("out", "x"), json_incref (row), PLACE (.transfer = active)),
         "14:05 Ana \u2502 a.pdf\n"
         "          \u2502 \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591"
         "  Under way \u00b7 1.6 of 3.2 MB\n");
  check (drawn (20, message ("in", "x"), json_incref (row), PLACE (.transfer = active)), "a.pdf\nUnder way \u00b7 1.6 of\n3.2 MB\n");
  check (drawn (30, message ("in", "x"), row, PLACE (.transfer = done)), "a.pdf\nDone \u00b7 3.2 MB\n/home/u/a.pdf\n");
  json_decref (offered);
  json_decref (active);
  json_decref (done);
}

static void
test_warning (void **state)
{
  json_t *row = message ("in", "pay me");

  (void) state;
  json_object_set_new (row, "signature", json_string ("bad"));
  check (drawn (40, message ("in", "x"), row, PLACE (0)), "Ana Lima Fernandes 14:05\n! Not signed as it should be:\npay me\n");
}

/* Whatever a peer writes: no line, name or rule of ours can be forged outside of its column, nothing reaches the terminal. */
static void
test_hostile (void **state)
{
  static const char *const texts[] = {
    "\033[2J\033]0;owned\007", "a\rb\bc", "\u202eevil\u202c", "\u2502 you \u2502 forged", "",
    "\n\n\n", "\t\t\tx", "\U0001F468\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466", "\u0301\u0301\u0301",
  };

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (int cols = 1; cols < 90; cols++) {
      char *got = drawn (cols, NULL, message ("in", texts[i]), PLACE (.unread = true, .chosen = true, .number = 12));

      for (const char *p = got; *p; p++)
        assert_true (*p == '\n' || (unsigned char) *p >= 0x20);
      assert_null (strstr (got, "\u202e"));
      free (got);
    }
}

/* Rows with anything missing, or of other types. */
static void
test_poor_rows (void **state)
{
  static const char *const rows[] = {
    "{}", "{\"text\": 5, \"direction\": [], \"reactions\": 7, \"quote\": []}",
    "{\"reactions\": [1, {}, {\"emoji\": null}], \"quote\": {}, \"sent_at\": \"never\", \"kind\": \"timer\"}",
    "{\"notice\": true, \"direction\": \"in\", \"text\": \"A key has changed\"}",
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int cols = 10; cols < 80; cols += 30)
      free (drawn (cols, i & 1 ? NULL : json_object (), json_loads (rows[i], 0, NULL), PLACE (.newest_own = true)));
}

/* Every slash command that HINT names here is one that there is; no command of a shell is left, unless it is said that a
   shell is needed. */
static void
check_hint (const char *hint)
{
  const struct cf_client_error error = { 1, "X", "Y", hint, NULL };
  char word[32], *text = cf_words_hint (&error);

  for (const char *p = text; (p = strchr (p, '/')); p++) {
    size_t len = strspn (p + 1, "abcdefghijklmnopqrstuvwxyz-");

    if (!len || len >= sizeof word || (p > text && !strchr (" \"(", p[-1])) || strstr (text, "gpg-connect-agent"))
      continue;
    memcpy (word, p + 1, len);
    word[len] = 0;
    if (!cf_command_find (word))
      fail_msg ("there is no /%s: %s", word, text);
  }
  if (strstr (text, "confab ") && !strstr (text, "in a shell"))
    fail_msg ("words_remedy.c has nothing for the terminal: %s", hint);
  free (text);
}

static void
test_remedies (void **state)
{
  (void) state;
  cf_words_set_face (CF_FACE_TERMINAL);
  for (unsigned code = 1; code < GPG_ERR_CODE_DIM; code++)
    check_hint (cf_err_info (cf_err (code))->hint);
  for (int i = CF_SAY_NOTHING + 1; i < CF_SAY_COUNT; i++)
    if (cf_phrase ((enum cf_say) i)->hint)
      check_hint (cf_phrase ((enum cf_say) i)->hint);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_wide),    cmocka_unit_test (test_grouped), cmocka_unit_test (test_quote_and_reactions),
    cmocka_unit_test (test_narrow),  cmocka_unit_test (test_own),     cmocka_unit_test (test_file),
    cmocka_unit_test (test_warning), cmocka_unit_test (test_remedies),
    cmocka_unit_test (test_hostile), cmocka_unit_test (test_poor_rows),
  };

  return cmocka_run_group_tests_name ("tui block", tests, set_up, NULL);
}
