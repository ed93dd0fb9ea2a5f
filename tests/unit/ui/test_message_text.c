/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_message_text.c - links, emoji and folds of a message's text. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ui/gtk/message_row_text.h"

#define LINKS 8

/* TEXT has the one link WANT; NULL: none. */
static void
check_link (const char *text, const char *want)
{
  struct cf_text_range links[LINKS];
  size_t n = cf_message_text_links (text, links, LINKS);

  if (!want) {
    assert_int_equal (n, 0);
    return;
  }
  assert_int_equal (n, 1);
  assert_int_equal (links[0].end - links[0].start, strlen (want));
  assert_memory_equal (text + links[0].start, want, strlen (want));
}

static void
test_links (void **state)
{
  (void) state;
  check_link ("see https://example.org/a?b=c#d.", "https://example.org/a?b=c#d");
  check_link ("(HTTPS://example.org/x_(y))", "HTTPS://example.org/x_(y)");
  check_link ("mailto:ana@example.org, please", "mailto:ana@example.org");
  check_link ("confab:ABC", "confab:ABC");
  check_link ("\xe2\x86\x92http://b\xc3\xbc" "cher.example/\xe4\xb8\xad!", "http://b\xc3\xbc" "cher.example/\xe4\xb8\xad");
  check_link ("https://a\xe2\x80\xae" "b", "https://a"); /* an override ends it */
  check_link ("<a href=\"https://example.org\">", "https://example.org");
  check_link ("javascript:alert(1) file:///etc/passwd data:x", NULL);
  check_link ("xhttps://example.org", NULL);
  check_link ("https://", NULL);
  check_link ("https://...", NULL);
}

static void
test_links_bounded (void **state)
{
  struct cf_text_range links[2];

  (void) state;
  assert_int_equal (cf_message_text_links ("http://a http://b http://c", links, 2), 2);
}

static void
test_matches (void **state)
{
  struct cf_text_range m[LINKS];

  (void) state;
  assert_int_equal (cf_message_text_matches ("Über den Fluß, ÜBER", "über", m, LINKS), 2);
  assert_int_equal (m[0].start, 0);
  assert_int_equal (m[0].end, strlen ("Über"));
  assert_int_equal (cf_message_text_matches ("aaa", "", m, LINKS), 0);
  assert_int_equal (cf_message_text_matches ("one two one", "two one", m, LINKS), 3);
}

static void
test_emoji (void **state)
{
  (void) state;
  assert_true (cf_message_text_is_emoji ("👍"));
  assert_true (cf_message_text_is_emoji ("❤️ 🎉"));
  assert_true (cf_message_text_is_emoji ("👩‍👩‍👧‍👦"));
  assert_false (cf_message_text_is_emoji ("👍 ok"));
  assert_false (cf_message_text_is_emoji (""));
  assert_false (cf_message_text_is_emoji ("12"));
  assert_false (cf_message_text_is_emoji ("👍👍👍👍👍👍👍"));
}

static void
test_fold (void **state)
{
  char text[10001];
  size_t cut;

  (void) state;
  assert_int_equal (cf_message_text_fold ("short"), 5);
  for (size_t i = 0; i + 1 < sizeof text; i += 2)
    memcpy (text + i, "\xc3\xbc", 2);
  text[sizeof text - 1] = 0;
  cut = cf_message_text_fold (text);
  assert_in_range (cut, 1000, 5000);
  assert_int_equal (text[cut] & 0xc0, 0xc0); /* between two letters */
  memset (text, '\n', 200);
  text[200] = 0;
  assert_in_range (cf_message_text_fold (text), 1, 100);
}

static void
test_direction (void **state)
{
  (void) state;
  assert_int_equal (cf_message_text_direction ("yes, שלום"), 1);
  assert_int_equal (cf_message_text_direction ("14:30 - שלום, yes"), -1);
  assert_int_equal (cf_message_text_direction ("(مرحبا)"), -1);
  assert_int_equal (cf_message_text_direction ("你好"), 1);
  assert_int_equal (cf_message_text_direction ("14:30 👍"), 0);
  assert_int_equal (cf_message_text_direction (""), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_links), cmocka_unit_test (test_links_bounded), cmocka_unit_test (test_matches),
    cmocka_unit_test (test_emoji), cmocka_unit_test (test_fold), cmocka_unit_test (test_direction),
  };

  cmocka_set_message_output (CM_OUTPUT_TAP);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
