/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_packets.c - the outline of OpenPGP data, and armor on and off. */
#include <stdlib.h>
#include <string.h>

#include "core/armor.h"
#include "gpg/packets.h"
#include "tests/fuzz/fuzz.h"

/* What our armor makes of a message, dearmor undoes. */
static void
check_armor (const uint8_t *data, size_t len)
{
  size_t size = cf_armor_size (len);
  char *text = malloc (size);

  FUZZ_CHECK (text);
  cf_armor (data, len, text);
  FUZZ_CHECK (strlen (text) == size - 1);
  size--;
  FUZZ_CHECK (!cf_packets_dearmor ((uint8_t *) text, &size));
  FUZZ_CHECK (size == len && !memcmp (text, data, len));
  free (text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_packets_message message = { .key_count = 0 };
  uint8_t *copy = fuzz_copy (data, len);
  size_t copy_len = len;

  if (!cf_packets_message (data, len, &message)) {
    FUZZ_CHECK (message.key_count + message.symmetric_count <= CF_GPG_RECIPIENTS_MAX && len > 2 && data[0] & 0x80);
    FUZZ_CHECK (cf_packets_block (data, len)); /* nothing is both */
  }
  if (!cf_packets_dearmor (copy, &copy_len)) {
    FUZZ_CHECK (copy_len <= len);
    (void) !cf_packets_message (copy, copy_len, &message);
    (void) !cf_packets_block (copy, copy_len);
  }
  free (copy);
  check_armor (data, len);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t message[] = { 0x84, 10, 3, 1, 2, 3, 4, 5, 6, 7, 8, 18, 0xc1, 10, 3, 8, 7, 6, 5, 4,
                                     3, 2, 1, 18, 0xd2, 2, 1, 0 };
  static const uint8_t partial[] = { 0xc1, 10, 3, 8, 7, 6, 5, 4, 3, 2, 1, 18, 0xd2, 0xe0, 1, 0xe0, 2, 1, 3 };
  static const uint8_t symmetric[] = { 0x8c, 4, 4, 9, 3, 8, 0xd2, 0xff, 0, 0, 0, 2, 1, 0 };
  static const uint8_t block[] = { 0x98, 3, 4, 0, 0, 0xb4, 2, 'a', 'b', 0x88, 1, 4, 0xb9, 0, 1, 4 };
  static const uint8_t secret[] = { 0x94, 3, 4, 0, 0, 0xb4, 1, 'a' };
  char text[256];

  emit ("message", message, sizeof message);
  emit ("partial", partial, sizeof partial);
  emit ("symmetric", symmetric, sizeof symmetric);
  emit ("block", block, sizeof block);
  emit ("secret", secret, sizeof secret);
  FUZZ_CHECK (cf_armor_size (sizeof message) <= sizeof text);
  cf_armor (message, sizeof message, text);
  emit ("armor", text, strlen (text));
  emit ("armor-crlf", "-----BEGIN PGP MESSAGE-----\r\nVersion: 1\r\n\r\nhAoDAQI=\r\n=abcd\r\n-----END", 68);
}
