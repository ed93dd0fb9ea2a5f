/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_peerlist.c - what a contact file says, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/peerlist.h"

#define LINES(text) text, sizeof text - 1

static struct cf_peerlist_reader reader;
static struct cf_peerlist_line line;
static gpg_error_t err;

static bool
next (void)
{
  return cf_peerlist_next (&reader, &line, &err);
}

static void
assert_place (const char *expected, unsigned long number)
{
  char text[CF_ADDR_TEXT_SIZE];

  assert_true (next ());
  assert_int_equal (err, 0);
  assert_string_equal (cf_addr_format (&line.addr, text), expected);
  assert_int_equal (line.number, number);
}

static void
assert_bad (gpg_err_code_t code, unsigned long number)
{
  assert_true (next ());
  assert_int_equal (gpg_err_code (err), code);
  assert_int_equal (line.number, number);
  assert_int_equal (line.addr.family, 0);
}

static void
test_lines (void **state)
{
  static const char text[] = "\xef\xbb\xbf# friends\r\n"
                             "192.0.2.7:7077\tAlice  # at home\r\n"
                             "\n"
                             "   [2001:db8::7]:7077 Bob, at work\n"
                             "\t# nobody\n"
                             "[::ffff:192.0.2.8]:1\n"
                             "192.0.2.9:65535";

  (void) state;
  cf_peerlist_init (&reader, text, sizeof text - 1);
  assert_place ("192.0.2.7:7077", 2);
  assert_int_equal (line.text_len, strlen ("192.0.2.7:7077\tAlice  # at home\r"));
  assert_place ("[2001:db8::7]:7077", 4);
  assert_place ("192.0.2.8:1", 6);
  assert_place ("192.0.2.9:65535", 7);
  assert_false (next ());
  assert_false (next ());
}

static void
test_names (void **state)
{
  (void) state;
  cf_peerlist_init (&reader, LINES ("Home.Example.ORG:7077 Carol\nlocalhost:1\nxn--bcher-kva.example:2\na:3\n"));
  assert_true (next ());
  assert_int_equal (err, 0);
  assert_int_equal (line.addr.family, 0);
  assert_string_equal (line.host, "home.example.org");
  assert_int_equal (line.addr.port, 7077);
  assert_true (next () && !err);
  assert_true (next () && !err);
  assert_true (next () && !err);
  assert_string_equal (line.host, "a");
  assert_false (next ());
}

static void
test_malformed (void **state)
{
  static const char *const bad[] = {
    "Alice",         "192.0.2.7",        "192.0.2.7:0",     "192.0.2.7:65536", "192.0.2.7:+1",  "192.0.2.7: 7077",
    "192.0.2:7077",  "192.0.2.256:7077", "2001:db8::7:70",  "[2001:db8::7]",   "[::g]:7077",    ":7077",
    "-a.example:1",  "a-.example:1",     "a..example:1",    ".example:1",      "example.:1",    "ex_ample:1",
    "example:",      "example:123456",   "example:1x",      "a:1:2",           "1.2.3.4.5:80",  "*:80",
  };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    cf_peerlist_init (&reader, bad[i], strlen (bad[i]));
    assert_bad (GPG_ERR_INV_VALUE, 1);
    assert_false (next ());
  }
}

/* What is wrong in one line is no reason not to read the next. */
static void
test_hostile (void **state)
{
  char *text = malloc (3 * CF_PEERLIST_LINE_MAX);
  size_t len = 0;

  (void) state;
  assert_non_null (text);
  memset (text, 'a', CF_PEERLIST_LINE_MAX + 1);
  len = CF_PEERLIST_LINE_MAX + 1;
  memcpy (text + len, LINES ("\n192.0.2.7:7077 \xff\n192.0.2.7:7077 \0 x\n"));
  len += strlen ("\n192.0.2.7:7077 \xff\n192.0.2.7:7077 ") + strlen (" x\n") + 1;
  memset (text + len, 'b', 300);
  memcpy (text + len + 300, LINES (":1\n192.0.2.7:7077\n"));
  len += 300 + strlen (":1\n192.0.2.7:7077\n");
  cf_peerlist_init (&reader, text, len);
  assert_bad (GPG_ERR_LINE_TOO_LONG, 1);
  assert_bad (GPG_ERR_BAD_DATA, 2);
  assert_bad (GPG_ERR_BAD_DATA, 3);
  assert_bad (GPG_ERR_INV_VALUE, 4);
  assert_place ("192.0.2.7:7077", 5);
  assert_false (next ());
  free (text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_lines),
    cmocka_unit_test (test_names),
    cmocka_unit_test (test_malformed),
    cmocka_unit_test (test_hostile),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
