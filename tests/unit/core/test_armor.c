/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_armor.c - the armor is what gpg takes: bytes to armor, and back by gpg itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/armor.h"

/* RFC 4880's CRC of nothing, and a vector made with gpg --enarmor. */
static void
test_vector (void **state)
{
  char out[200];

  (void) state;
  assert_true (cf_armor_size (5) <= sizeof out);
  cf_armor ("hello", 5, out);
  assert_string_equal (out, "-----BEGIN PGP MESSAGE-----\n\naGVsbG8=\n=R/WK\n-----END PGP MESSAGE-----\n");
}

static void
test_gpg_takes_it (void **state)
{
  uint8_t data[1000], back[1001];
  char dir[] = "/tmp/cf-armor-XXXXXX", path[64], command[200];
  size_t len, i;

  (void) state;
  if (system ("gpg --version >/dev/null 2>&1") != 0)
    skip ();
  assert_non_null (mkdtemp (dir));
  snprintf (path, sizeof path, "%s/a", dir);
  for (len = 1; len < sizeof data; len = len * 2 + 1) {
    char *armor = malloc (cf_armor_size (len));
    FILE *file = fopen (path, "w");

    for (i = 0; i < len; i++)
      data[i] = (uint8_t) (i * 7 + len);
    cf_armor (data, len, armor);
    assert_true (strlen (armor) < cf_armor_size (len));
    fputs (armor, file);
    fclose (file);
    free (armor);
    snprintf (command, sizeof command, "gpg --homedir %s --batch --quiet --no-autostart --dearmor <%s 2>/dev/null", dir,
              path);
    file = popen (command, "r");
    assert_non_null (file);
    assert_int_equal (fread (back, 1, sizeof back, file), len);
    assert_int_equal (pclose (file), 0);
    assert_memory_equal (data, back, len);
  }
  snprintf (command, sizeof command, "rm -rf %s", dir);
  assert_int_equal (system (command), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_vector),
    cmocka_unit_test (test_gpg_takes_it),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
