/* SPDX-License-Identifier: GPL-3.0-or-later */
/* armor.c - OpenPGP messages as text; only the way out: nothing here reads armor. */
#include "core/armor.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define ARMOR_LINE 64
#define BEGIN_LINE "-----BEGIN PGP MESSAGE-----\n\n"
#define END_LINE "-----END PGP MESSAGE-----\n"

/* CRC-24 as RFC 4880, 6.1 gives it. */
static uint32_t
crc24 (const uint8_t *p, size_t len)
{
  uint32_t crc = 0xb704ce;
  int i;

  while (len--) {
    crc ^= (uint32_t) *p++ << 16;
    for (i = 0; i < 8; i++) {
      crc <<= 1;
      if (crc & 0x1000000)
        crc ^= 0x1864cfb;
    }
  }
  return crc & 0xffffff;
}

size_t
cf_armor_size (size_t len)
{
  size_t bytes = ARMOR_LINE / 4 * 3; /* of a line */

  return sizeof BEGIN_LINE - 1 + (len + 2) / 3 * 4 + (len + bytes - 1) / bytes + sizeof "=abcd\n" - 1 + sizeof END_LINE;
}

void
cf_armor (const void *data, size_t len, char *out)
{
  const uint8_t *p = data;
  uint32_t crc = crc24 (p, len);
  uint8_t crc_bytes[3] = { (uint8_t) (crc >> 16), (uint8_t) (crc >> 8), (uint8_t) crc };
  char digits[ARMOR_LINE + 1];

  out = stpcpy (out, BEGIN_LINE);
  while (len) {
    size_t n = len < ARMOR_LINE / 4 * 3 ? len : ARMOR_LINE / 4 * 3;

    out = stpcpy (out, sodium_bin2base64 (digits, sizeof digits, p, n, sodium_base64_VARIANT_ORIGINAL));
    *out++ = '\n';
    p += n;
    len -= n;
  }
  *out++ = '=';
  out = stpcpy (out, sodium_bin2base64 (digits, sizeof digits, crc_bytes, 3, sodium_base64_VARIANT_ORIGINAL));
  *out++ = '\n';
  strcpy (out, END_LINE);
}
