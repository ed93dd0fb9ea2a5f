/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_address.c - addresses as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/address.h"

#define FPR "0123456789ABCDEF0123456789ABCDEF01234567"

static struct cf_address
sample (void)
{
  struct cf_address a = { .has_device = true };

  assert_int_equal (cf_fpr_parse (FPR, &a.fpr), 0);
  for (size_t i = 0; i < sizeof a.device_key; i++)
    a.device_key[i] = (uint8_t) (i * 7);
  return a;
}

static struct cf_address
with_token (void)
{
  struct cf_address a = sample ();

  a.has_token = true;
  memset (a.token, 0xde, sizeof a.token);
  return a;
}

static void
test_comes_back (void **state)
{
  struct cf_address a = sample (), b = { 0 };
  char *text = cf_address_format (&a);

  (void) state;
  assert_non_null (text);
  /* The example of doc/protocol.md, "Test vectors". */
  assert_string_equal (text, "confab:" FPR
                             ":00070E151C232A31383F464D545B626970777E858C939AA1A8AFB6BDC4CBD2D9"
                             ":9A889C48");
  assert_int_equal (cf_address_parse (text, &b), 0);
  assert_true (cf_fpr_equal (&a.fpr, &b.fpr));
  assert_true (b.has_device);
  assert_memory_equal (a.device_key, b.device_key, sizeof a.device_key);
  assert_false (b.has_token); /* as addresses were before there were tokens */
  for (char *p = text; *p; p++)
    *p = (char) tolower ((unsigned char) *p);
  assert_int_equal (cf_address_parse (text, &b), 0);
  free (text);
}

static void
test_token (void **state)
{
  struct cf_address a = with_token (), b = { 0 };
  char *text = cf_address_format (&a);

  (void) state;
  /* The other example of doc/protocol.md, "Test vectors". */
  assert_string_equal (text, "confab:" FPR
                             ":00070E151C232A31383F464D545B626970777E858C939AA1A8AFB6BDC4CBD2D9"
                             ":DEDEDEDEDEDEDEDEDEDEDEDEDEDEDEDE:A3DF2EF5");
  assert_int_equal (cf_address_parse (text, &b), 0);
  assert_true (b.has_device && b.has_token);
  assert_memory_equal (a.device_key, b.device_key, sizeof a.device_key);
  assert_memory_equal (a.token, b.token, sizeof a.token);
  free (text);
}

static void
test_bare_fingerprint (void **state)
{
  struct cf_address a = sample (), b = { 0 };
  char *text;

  (void) state;
  a.has_device = false;
  text = cf_address_format (&a);
  assert_string_equal (text, "confab:" FPR);
  assert_int_equal (cf_address_parse (text, &b), 0);
  assert_false (b.has_device);
  free (text);
}

/* Every single wrong digit is noticed, and every shorter text. */
static void
check_damage (const struct cf_address *a)
{
  struct cf_address b = { 0 };
  char *text = cf_address_format (a), *copy;
  size_t len = strlen (text);

  for (size_t i = strlen ("confab:"); i < len; i++) {
    char was = text[i];

    text[i] = was == '0' ? '1' : '0';
    assert_int_not_equal (cf_address_parse (text, &b), 0);
    text[i] = was;
  }
  for (size_t cut = 0; cut < len; cut++) {
    copy = strndup (text, cut);
    if (cut == strlen ("confab:" FPR))
      assert_int_equal (cf_address_parse (copy, &b), 0);
    else
      assert_int_not_equal (cf_address_parse (copy, &b), 0);
    free (copy);
  }
  free (text);
}

static void
test_damage_is_noticed (void **state)
{
  struct cf_address plain = sample (), tokened = with_token ();

  (void) state;
  check_damage (&plain);
  check_damage (&tokened);
}

static void
test_others_are_refused (void **state)
{
  static const char *const texts[]
      = { "", "confab:", "confab:x", "xmpp:" FPR, FPR, "confab:" FPR ":", "confab:" FPR "::", "confab:" FPR ":::", "confab: " FPR };
  struct cf_address b;

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_int_equal (gpg_err_code (cf_address_parse (texts[i], &b)), GPG_ERR_INV_URI);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_comes_back),
    cmocka_unit_test (test_token),
    cmocka_unit_test (test_bare_fingerprint),
    cmocka_unit_test (test_damage_is_noticed),
    cmocka_unit_test (test_others_are_refused),
  };

  return cmocka_run_group_tests_name ("address", tests, NULL, NULL);
}
