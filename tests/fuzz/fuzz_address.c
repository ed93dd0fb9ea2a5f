/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_address.c - addresses that people give one another: what parses is formatted to one form that parses alike. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/address.h"
#include "tests/fuzz/fuzz.h"

static void
check_same (const struct cf_address *a, const char *text)
{
  struct cf_address back;
  char *again = cf_address_format (a);

  FUZZ_CHECK (again && !strcasecmp (text, again));
  FUZZ_CHECK (!cf_address_parse (again, &back));
  FUZZ_CHECK (cf_fpr_equal (&a->fpr, &back.fpr) && a->has_device == back.has_device);
  FUZZ_CHECK (!memcmp (a->device_key, back.device_key, sizeof a->device_key));
  free (again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_address address = { .has_device = true };
  char *text = fuzz_string (data, len), *made;

  if (!cf_address_parse (text, &address))
    check_same (&address, text);
  free (text);
  /* And values that no fuzzer finds the checksum of. */
  address = (struct cf_address) { .has_device = len & 1, .fpr = { .version = len & 2 ? 5 : 4 } };
  address.fpr.len = len & 2 ? 32 : 20;
  memcpy (address.fpr.bytes, data, len < address.fpr.len ? len : address.fpr.len);
  if (address.has_device)
    memcpy (address.device_key, data, len < CF_DEVICE_KEY_LEN ? len : CF_DEVICE_KEY_LEN);
  made = cf_address_format (&address);
  FUZZ_CHECK (made);
  check_same (&address, made);
  free (made);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  struct cf_address address = { .fpr = { .version = 4, .len = 20, .bytes = { 1, 2, 3, 0xab } } };

  for (int i = 0; i < 4; i++) {
    static const char *const names[] = { "bare-4", "full-4", "bare-5", "full-5" };
    char *text;

    address.has_device = i & 1;
    address.fpr.version = i & 2 ? 5 : 4;
    address.fpr.len = i & 2 ? 32 : 20;
    memset (address.device_key, i & 1 ? 0xcd : 0, sizeof address.device_key);
    text = cf_address_format (&address);
    FUZZ_CHECK (text);
    emit (names[i], text, strlen (text));
    free (text);
  }
}
