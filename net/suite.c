/* SPDX-License-Identifier: GPL-3.0-or-later */
/* suite.c - the names of suites; what they do is cipher.c's. */
#include <assert.h>
#include <string.h>

#include "net/cipher.h"

const char *
cf_suite_name (enum cf_suite suite)
{
  static const char *const names[CF_SUITE_COUNT] = { "AESGCM", "ChaChaPoly", "AESOCB" };

  return names[suite];
}

enum cf_suite
cf_suite_by_name (const char *name)
{
  for (int i = 0; name && i < CF_SUITE_COUNT; i++)
    if (!strcmp (name, cf_suite_name ((enum cf_suite) i)))
      return (enum cf_suite) i;
  assert (!name); /* a name that does not exist is our own mistake */
  return cf_suite_best ();
}
